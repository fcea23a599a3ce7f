# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock is one run's, and free when that run has ended."""

from __future__ import annotations

import json
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from ansible_collections.acx.cleanrooms.plugins.lookup.run_lock import (
    process_of_this_run,
    read_holder,
    release,
    start_of,
    take,
    take_within,
)

STALE = 3600.0


def ended_process() -> int:
    """Return the id of a process that was and is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def write(path: Path, host: str, pid: int, age: float = 0.0, started: str | None = None) -> None:
    started = start_of(pid) if started is None else started
    holder = {"host": host, "pid": pid, "started": started, "since": time.time() - age}
    path.write_text(json.dumps(holder), encoding="utf-8")


def test_the_first_takes_it_and_may_ask_again(tmp_path: Path) -> None:
    path = tmp_path / "made" / "on the way" / "x.lock"
    assert take(path, STALE) == ""
    assert take(path, STALE) == ""
    assert json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid()


def test_a_run_that_lives_keeps_it(tmp_path: Path) -> None:
    write(tmp_path / "x.lock", socket.gethostname(), os.getppid())
    before = (tmp_path / "x.lock").read_bytes()
    assert f"process {os.getppid()} on {socket.gethostname()}, since 20" in take(tmp_path / "x.lock", STALE)
    assert (tmp_path / "x.lock").read_bytes() == before


@pytest.mark.parametrize("age", [0.0, STALE * 2])
def test_a_run_elsewhere_keeps_it_for_a_time(tmp_path: Path, age: float) -> None:
    write(tmp_path / "x.lock", "another-machine", 1, age)
    assert bool(take(tmp_path / "x.lock", STALE)) is (age == 0)


def test_a_run_that_ended_leaves_it(tmp_path: Path) -> None:
    write(tmp_path / "x.lock", socket.gethostname(), ended_process())
    assert take(tmp_path / "x.lock", STALE) == ""


def test_a_later_process_with_the_same_id_does_not_keep_it(tmp_path: Path) -> None:
    """After a restart of the machine, for example."""
    write(tmp_path / "x.lock", socket.gethostname(), os.getppid(), started="before")
    assert take(tmp_path / "x.lock", STALE) == ""


def test_a_process_that_may_be_the_same_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without /proc, or one that hides other users' processes."""
    write(tmp_path / "x.lock", socket.gethostname(), os.getppid())
    monkeypatch.setattr(Path, "read_text", refuse)
    assert take(tmp_path / "x.lock", STALE) != ""


def refuse(*_arguments: object, **_more: object) -> str:
    raise FileNotFoundError


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"host": 1}', '{"host": "a", "pid": "b", "started": "", "since": 0}']
)
def test_what_is_no_lock_holds_nothing(content: str) -> None:
    assert read_holder(content) is None


def test_only_the_run_that_holds_it_lets_go(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    release(path)
    assert not path.exists()
    take(path, STALE)
    release(path)
    assert path.read_text(encoding="utf-8") == ""
    write(path, "another-machine", os.getpid())
    before = path.read_bytes()
    release(path)
    assert path.read_bytes() == before


def test_children_stand_for_the_run() -> None:
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=lambda: queue.put(process_of_this_run()))
    child.start()
    assert queue.get() == os.getpid()
    child.join()


def test_it_waits(tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    write(path, socket.gethostname(), os.getppid())
    start = time.monotonic()
    assert take_within(path, 0.5, STALE) != ""
    assert time.monotonic() - start >= 0.5
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1)"]) as process:
        write(path, socket.gethostname(), process.pid)
        threading.Thread(target=process.wait).start()
        assert take_within(path, 60, STALE) == ""
