# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job, by the commands of the README: a look, check mode, the real run, and new tables; then a full quota.

The runs are made once; each test looks at what came of them.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Any

import pytest
from playbooks_world import AMC, CHECKOUT, PARTNER, PROVIDER, STRANGER, Run, Workplace

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(ansible-playbook .*)$", README.replace("\\\n", ""), re.MULTILINE)
BOTH = ("AMC Collaboration", "Partner Collaboration")


@dataclass(frozen=True)
class Act:
    """One run and what there was after it."""

    run: Run
    counts: tuple[int, int, int]
    joined: set[str]
    writes: list[str]
    record: str
    content: dict[str, Any]


def perform(workplace: Workplace, command: str) -> Act:
    workplace.emulator.control.clear_log()
    run = workplace.type(command)
    there = workplace.record_file.exists()
    return Act(
        run,
        workplace.counts(),
        workplace.joined(),
        workplace.writes(),
        workplace.record_file.read_text(encoding="utf-8") if there else "",
        workplace.record if there else {},
    )


@pytest.fixture(scope="module")
def acts(shared_workplace: Workplace) -> dict[str, Act]:
    workplace, tables = shared_workplace, {"account": PROVIDER, "names": ["part_new_{1,2}"]}
    look, check, real, sync = COMMANDS
    playbooks = shlex.quote(str(CHECKOUT / "playbooks"))
    acts = {
        "list": perform(workplace, look),
        "check": perform(workplace, check),
        "real": perform(workplace, real),
        "again": perform(workplace, f"ansible-playbook -i my-inventory {playbooks}/process_invitations.yml"),
    }
    workplace.emulator.control.add(configured_tables=[tables])
    acts["sync"] = perform(workplace, sync)
    workplace.emulator.control.add(configured_tables=[{"account": PROVIDER, "names": ["part_over", "part_under"]}])
    acts["quota"] = perform(workplace, f"{sync} -e cleanrooms_max_tables=7")
    return acts


def test_a_look_shows_all_invitations(acts: dict[str, Act]) -> None:
    assert acts["list"].run.changed == 0
    assert "3 invitations pending, 2 from trusted creators" in acts["list"].run.output


def test_check_mode_writes_nothing(acts: dict[str, Act]) -> None:
    assert acts["check"].writes == []
    assert acts["check"].joined == set()
    assert acts["check"].record == ""


def test_check_mode_foretells_the_real_run(acts: dict[str, Act]) -> None:
    heading, *lines = acts["check"].run.summary
    assert heading == "Nothing was written. What a run without --check would do:"
    assert lines == acts["real"].run.summary


def test_the_diff_names_what_would_be_made(acts: dict[str, Act]) -> None:
    output = acts["check"].run.output
    for word in ('+membership "AMC Collaboration"', '"acx_part_01"', '"ACXIdNamespace"', "+cleanrooms_collaborations:"):
        assert word in output


def test_partners_are_accepted_and_get_tables_rules_and_namespace(
    acts: dict[str, Act], shared_workplace: Workplace
) -> None:
    assert acts["real"].joined == {shared_workplace.id_of(name) for name in BOTH}
    assert acts["real"].counts == (8, 8, 2)
    assert acts["real"].run.summary[-1] == (
        "Total: 3 collaborations, 2 accepted, 8 associated, 2 namespaces associated, 1 invitation left pending"
    )


def test_every_association_has_its_rule_and_can_be_queried(acts: dict[str, Act], shared_workplace: Workplace) -> None:
    assert acts["quota"].counts == (14, 14, 2)
    assert shared_workplace.play("list").output.count("active  active         7      7    18              1  ") == 2


def test_the_record_pins_the_members(acts: dict[str, Act], shared_workplace: Workplace) -> None:
    records = {record["name"]: record for record in acts["real"].content["cleanrooms_collaborations"]}
    assert {name: record["members"] for name, record in records.items()} == dict(
        zip(BOTH, ([AMC], [PARTNER]), strict=True)
    )
    for name, record in records.items():
        assert record["collaboration_id"] == shared_workplace.id_of(name)
        assert record["status"] == "active"
        assert record["membership_id"]


def test_the_stranger_stays_pending_with_the_reason(acts: dict[str, Act]) -> None:
    for act in ("real", "again", "quota"):
        (pending,) = acts[act].content["cleanrooms_pending_invitations"]
        assert pending["creator_account_id"] == STRANGER
        assert f"the creator {STRANGER} ({STRANGER}) is not among trusted_creators" in pending["reason"]
    assert any("stays pending" in line for line in acts["again"].run.summary)


def test_the_record_file_explains_itself_and_is_private(acts: dict[str, Act], shared_workplace: Workplace) -> None:
    assert acts["real"].record.startswith("---\n# The AWS Clean Rooms collaborations of provider.")
    assert shared_workplace.record_file.stat().st_mode & 0o777 == 0o600


def test_a_second_run_changes_nothing(acts: dict[str, Act]) -> None:
    assert acts["again"].run.changed == 0
    assert acts["again"].writes == []
    assert acts["again"].record == acts["real"].record


def test_sync_adds_the_new_tables_everywhere(acts: dict[str, Act]) -> None:
    assert acts["sync"].counts == (12, 12, 2)
    assert acts["sync"].run.summary[-1] == (
        "Total: 2 collaborations, 4 associated, 8 unchanged, 2 namespaces unchanged"
    )
    assert acts["sync"].record == acts["real"].record


def test_tables_over_the_limit_are_named(acts: dict[str, Act]) -> None:
    for name in BOTH:
        (line,) = (line for line in acts["quota"].run.summary if line.startswith(name))
        assert line.endswith(": 1 associated, 6 unchanged, 1 namespace unchanged, 1 left out (acx_part_under)")
