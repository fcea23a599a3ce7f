# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lock of an account: held by a process, told to those who wait, and never in the place of another file."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _lock as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._lock import LockedError, held

HOLDER = """
import sys, time
sys.path[:0] = {path!r}
from ansible_collections.acx.cleanrooms.plugins.module_utils._lock import held
with held({lock!r}, 0, "cleanrooms_invitation"):
    print("held", flush=True)
    time.sleep(60)
"""
Holder = Callable[[], AbstractContextManager["subprocess.Popen[str]"]]


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / "collaborations.yml.lock"


@pytest.fixture
def holder(lock: Path) -> Holder:
    """Another process that holds the lock."""

    @contextmanager
    def start() -> Iterator[subprocess.Popen[str]]:
        command = [sys.executable, "-c", HOLDER.format(path=sys.path, lock=str(lock))]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "held\n"
            try:
                yield process
            finally:
                process.kill()

    return start


def test_what_a_lock_says_while_it_is_held_and_afterwards(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in code.RUNS:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JOB_ID", "1234")
    with held(str(lock), 0, "cleanrooms_invitation"):
        about = json.loads(lock.read_text(encoding="utf-8"))
    assert about.pop("since").endswith("+00:00")
    assert about == {"host": platform.node(), "process": os.getpid(), "run": "cleanrooms_invitation of 1234"}
    assert lock.read_bytes() == b""
    with held(str(lock), 0, "again"):
        assert lock.read_bytes() != b""


def test_another_run_is_waited_for_and_then_named(lock: Path, holder: Holder) -> None:
    with holder() as process:
        with pytest.raises(LockedError) as caught, held(str(lock), 0.1, "cleanrooms_record"):
            pass
        for part in ("cleanrooms_invitation", f"process {process.pid} on {platform.node()}", "since 2", "lock_wait"):
            assert part in str(caught.value)
        assert json.loads(lock.read_text(encoding="utf-8"))["process"] == process.pid
    # A run that was killed has let go of it, whatever the file says, also of a time to come.
    about = json.loads(lock.read_text(encoding="utf-8"))
    lock.write_text(json.dumps({**about, "since": "2999-01-01T00:00:00+00:00"}), encoding="utf-8")
    with held(str(lock), 0, "cleanrooms_record"):
        assert json.loads(lock.read_text(encoding="utf-8"))["process"] == os.getpid()


def test_it_is_had_as_soon_as_the_other_ends(lock: Path, holder: Holder, monkeypatch: pytest.MonkeyPatch) -> None:
    with holder() as process:
        clock = SimpleNamespace(monotonic=time.monotonic, sleep=lambda _seconds: (process.kill(), process.wait()))
        monkeypatch.setattr(code, "time", clock)
        with held(str(lock), 30, "cleanrooms_record"):
            assert process.returncode is not None


@pytest.mark.parametrize("text", ["cleanrooms_collaborations: []\n", "{}", '{"host": "a"}', "x" * 5000, "[]", "\xff"])
def test_a_file_that_is_no_lock_is_left_as_it_is(lock: Path, text: str) -> None:
    lock.write_text(text, encoding="latin-1")
    with (
        pytest.raises(CleanRoomsError, match="is no lock of this collection, and was left as it is"),
        held(str(lock), 0, "run"),
    ):
        pass
    assert lock.read_text(encoding="latin-1") == text


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: path.symlink_to(path.with_name("elsewhere")), "is a link"),
        (lambda path: path.mkdir(), "cannot be opened: Is a directory"),
        (os.mkfifo, "is no lock of this collection"),
        (lambda path: path.parent.rmdir(), "cannot be opened: No such file or directory"),
    ],
)
def test_what_cannot_be_a_lock(lock: Path, make: Callable[[Path], None], why: str) -> None:
    lock.parent.joinpath("elsewhere").write_text("precious", encoding="utf-8") if why == "is a link" else None
    make(lock)
    with pytest.raises(CleanRoomsError, match=why), held(str(lock), 0, "run"):
        pass
    if why == "is a link":
        assert lock.read_text(encoding="utf-8") == "precious"


def test_a_file_system_without_locks(lock: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_file: int, _operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", refuse)
    with (
        pytest.raises(CleanRoomsError, match=r"cannot be locked: No locks available; name a file in a folder"),
        held(str(lock), 0, "run"),
    ):
        pass


@pytest.mark.parametrize("path", ["\n", " ", "lock", "~/lock", "/tmp/\x00", "/tmp/a\nb"])
def test_what_is_no_path(path: str) -> None:
    with pytest.raises(CleanRoomsError, match="is no path in full; nothing was done"), held(path, 0, "run"):
        pass


@pytest.mark.parametrize("path", [None, ""])
def test_without_a_path_there_is_no_lock(path: str | None, tmp_path: Path) -> None:
    with held(path, 0, "run"):
        assert list(tmp_path.iterdir()) == []
