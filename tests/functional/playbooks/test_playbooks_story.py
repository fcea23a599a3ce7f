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

import pytest
from playbooks_world import AMC, CHECKOUT, PANEL, PARTNERS, PROVIDER, STRANGER, Data, Run, Workplace

README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^(ansible-playbook .*)$", README.replace("\\\n", ""), re.MULTILINE)


@dataclass(frozen=True)
class Act:
    """One run and what there was after it."""

    run: Run
    counts: tuple[int, int, int]
    joined: set[str]
    writes: list[str]
    record: str
    content: Data


def perform(workplace: Workplace, command: str) -> Act:
    workplace.emulator.control.clear_log()
    run = workplace.type(command)
    there = workplace.record_file.exists()
    record = workplace.record_file.read_text(encoding="utf-8") if there else ""
    content = workplace.record if there else {}
    return Act(run, workplace.counts(), workplace.joined(), workplace.writes(), record, content)


@pytest.fixture(scope="module")
def acts(shared_workplace: Workplace) -> dict[str, Act]:
    workplace, control = shared_workplace, shared_workplace.emulator.control
    panel = {"account": PANEL, "display_name": "Panel", "abilities": ["CAN_RECEIVE_RESULTS"]}
    control.add(members=[{"collaboration": "Free data", **panel}])
    look, check, real, sync = COMMANDS
    again = shlex.join(["ansible-playbook", "-i", "my-inventory", f"{CHECKOUT}/playbooks/process_invitations.yml"])
    commands = {"list": look, "check": check, "real": real, "again": again}
    acts = {name: perform(workplace, command) for name, command in commands.items()}
    control.add(configured_tables=[{"account": PROVIDER, "names": ["part_new_{1,2}", "part_over", "part_under"]}])
    acts["sync"] = perform(workplace, f"{sync} -e cleanrooms_max_tables=7")
    acts["end"] = perform(workplace, look)
    return acts


def test_a_look_shows_all_invitations_and_changes_nothing(acts: dict[str, Act], shared_workplace: Workplace) -> None:
    assert (acts["list"].run.changed, acts["list"].writes) == (0, [])
    amc, free = (shared_workplace.id_of(name) for name in ("AMC Collaboration", "Free data"))
    for line in (
        "trusted  creator       collaboration id                      you pay for  you may  name, by whom",
        f"yes      {AMC}  {amc}  -            -        AMC Collaboration, by {AMC}",
        f"no       {STRANGER}  {free}  -            -        Free data, by {STRANGER}",
        f"    {STRANGER}  active   can query, can receive results  pays for queryCompute  {STRANGER}",
        f"    {PANEL}  invited  can receive results             -                      Panel",
        "3 invitations pending, 2 from trusted creators",
        "No collaboration is joined or recorded.",
    ):
        assert f'"{line}"' in acts["list"].run.output


def test_check_mode_writes_nothing_and_predicts_the_real_run(acts: dict[str, Act]) -> None:
    check = acts["check"]
    assert (check.writes, check.joined, check.record) == ([], set(), "")
    heading, *lines = check.run.summary
    assert heading == "Nothing was written. What a run without --check would do:"
    assert lines == acts["real"].run.summary
    for word in ('+membership "AMC Collaboration"', '"acx_part_01"', '"ACXIdNamespace"', "+cleanrooms_collaborations:"):
        assert word in check.run.output


def test_partners_are_accepted_and_get_tables_rules_and_namespace(
    acts: dict[str, Act], shared_workplace: Workplace
) -> None:
    assert acts["real"].joined == {shared_workplace.id_of(name) for name in PARTNERS}
    assert acts["real"].counts == (8, 8, 2)
    assert acts["real"].run.summary[-1] == (
        "Total: 3 collaborations, 2 accepted, 8 associated, 2 namespaces associated, 1 invitation left pending"
    )


def test_the_record_pins_the_members_explains_itself_and_is_private(
    acts: dict[str, Act], shared_workplace: Workplace
) -> None:
    assert acts["real"].record.startswith("---\n# The AWS Clean Rooms collaborations of provider.")
    assert shared_workplace.record_file.stat().st_mode & 0o777 == 0o600
    records = {one["name"]: one for one in acts["real"].content["cleanrooms_collaborations"]}
    for name, partner in PARTNERS.items():
        assert records[name].pop("reviewed")["receivers"] == [partner]
        assert records[name] == shared_workplace.record_of(name, partner)


def test_the_stranger_stays_pending_with_the_reason(acts: dict[str, Act]) -> None:
    for act in ("real", "again", "sync"):
        (pending,) = acts[act].content["cleanrooms_pending_invitations"]
        assert pending["creator_account_id"] == STRANGER
        assert f"the creator {STRANGER} ({STRANGER}) is not among trusted_creators" in pending["reason"]
    assert any("stays pending" in line for line in acts["again"].run.summary)


def test_a_second_run_changes_nothing(acts: dict[str, Act]) -> None:
    again = acts["again"]
    assert (again.run.changed, again.writes, again.record) == (0, [], acts["real"].record)


def test_sync_adds_new_tables_that_can_be_queried_and_names_those_over_the_limit(acts: dict[str, Act]) -> None:
    sync = acts["sync"]
    assert (sync.counts, sync.record) == ((14, 14, 2), acts["real"].record)
    for name in PARTNERS:
        (line,) = (line for line in sync.run.summary if line.startswith(name))
        assert line.endswith(": 3 associated, 4 unchanged, 1 namespace unchanged, 1 left out (acx_part_under)")
    assert sync.run.summary[-1].startswith("Total: 2 collaborations, 6 associated, 8 unchanged, 2 namespaces unchanged")
    assert acts["end"].run.output.count("active  active         7      7    18              1  ") == 2
