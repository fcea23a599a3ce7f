# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs that are killed, and runs at the same time, each in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from engine_world import PARTNER, ROLE, TABLES, Data, World

from emulator import Emulator

MODULE = "ansible_collections.acx.cleanrooms.plugins.modules.cleanrooms_table_association"


@pytest.fixture
def running() -> Iterator[Emulator]:
    """An emulator of its own: requests of a killed run may hang in it longer than the test."""
    with Emulator({}) as emulator:
        yield emulator


def start(connection: Data, wanted: list[Data]) -> subprocess.Popen[str]:
    """Start the module with its arguments on standard input, as a process that can be killed."""
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**connection, **TABLES, "collaborations": wanted}})
    process = subprocess.Popen([sys.executable, "-m", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    process.stdin.write(arguments)
    process.stdin.close()
    process.stdin = None
    return process


@pytest.mark.parametrize("after", [0, 1, 4, 9, 14])
def test_killed_after_some_writes_and_run_again(world: World, connection: Data, after: int) -> None:
    wanted = world.join(1, "part_{01..08}")
    world.control.fault(operation="Create*", skip=after, hang=30, drop=True, times=None)
    process = start(connection, wanted)
    deadline = time.monotonic() + 30
    while not world.control.log("ListMembers") or len(world.control.log("Create*")) < after:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()
    world.control.clear_faults()
    assert world.tables(wanted)["changed"]
    assert world.by_name() == {f"acx_part_0{n}": (f"part_0{n}", ROLE, (PARTNER,)) for n in range(1, 9)}
    assert not world.tables(wanted)["changed"]


def test_two_runs_at_once_on_the_same_account(world: World, connection: Data) -> None:
    wanted = world.join(2, "part_{01..15}")
    world.control.settings(write_latency_ms=50)
    both = [start(connection, wanted) for _run in range(2)]
    answers = [json.loads(process.communicate(timeout=60)[0]) for process in both]
    assert not [answer["msg"] for answer in answers if answer.get("failed")]
    assert any(answer["changed"] for answer in answers)
    assert [who for _table, _role, who in world.shared().values()] == [(PARTNER,)] * 30
    assert sum(one["summary"]["associated"] for answer in answers for one in answer["collaborations"]) >= 30
    assert not world.tables(wanted)["changed"]
