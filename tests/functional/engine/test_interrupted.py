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
from typing import Any

import pytest
from engine_world import PARTNER, ROLE, TABLES, Data, joined, records, scenario, shared

from emulator import Emulator


@pytest.fixture
def running() -> Iterator[Emulator]:
    """An emulator of its own: requests of a killed run may hang in it longer than the test."""
    with Emulator({}) as emulator:
        yield emulator


MODULE = "ansible_collections.acx.cleanrooms.plugins.modules.cleanrooms_table_association"


def start(connection: Data, **options: Any) -> subprocess.Popen[str]:
    """Start C(cleanrooms_table_association) with its arguments on standard input, as a process that can be killed."""
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**connection, **TABLES, **options}})
    process = subprocess.Popen([sys.executable, "-m", MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin
    process.stdin.write(arguments)
    process.stdin.close()
    process.stdin = None
    return process


def answer_of(process: subprocess.Popen[str]) -> Data:
    out, _err = process.communicate(timeout=60)
    answer: Data = json.loads(out)
    assert not answer.get("failed"), answer["msg"]
    return answer


@pytest.mark.parametrize("after", [0, 1, 4, 9, 14])
def test_killed_after_some_writes_and_run_again(emulator: Emulator, connection: Data, after: int) -> None:
    emulator.reset(scenario(1, "part_{01..08}", memberships=joined()))
    emulator.control.fault(operation="Create*", skip=after, hang=30, drop=True, times=None)
    process = start(connection, collaborations=records(emulator))
    deadline = time.monotonic() + 30
    while not emulator.control.log("ListMembers") or len(emulator.control.log("Create*")) < after:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.wait()
    emulator.control.clear_faults()
    again = answer_of(start(connection, collaborations=records(emulator)))
    assert again["changed"]
    assert len(shared(emulator)) == 8
    assert set(shared(emulator).values()) == {(f"part_0{number}", ROLE, (PARTNER,)) for number in range(1, 9)}
    assert not answer_of(start(connection, collaborations=records(emulator)))["changed"]


def test_two_runs_at_once_on_the_same_account(emulator: Emulator, connection: Data) -> None:
    emulator.reset(scenario(2, "part_{01..15}", memberships=joined(2)))
    emulator.control.settings(write_latency_ms=50)
    both = [start(connection, collaborations=records(emulator)) for _run in range(2)]
    answers = [answer_of(process) for process in both]
    assert any(answer["changed"] for answer in answers)
    assert len(shared(emulator)) == 30
    assert {who for _table, _role, who in shared(emulator).values()} == {(PARTNER,)}
    associated = sum(one["summary"]["associated"] for answer in answers for one in answer["collaborations"])
    assert associated >= 30
    assert not answer_of(start(connection, collaborations=records(emulator)))["changed"]
