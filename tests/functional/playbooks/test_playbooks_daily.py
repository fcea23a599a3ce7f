# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The day's work: each part is done whatever happens to the others, by one run at a time."""

from __future__ import annotations

import json
import os
from pathlib import Path

from playbooks_world import AMC, PANEL, PROVIDER, Data, Workplace, collaboration, member

from ansible_collections.acx.cleanrooms.plugins.module_utils._lock import held

DENIED = {"code": "AccessDeniedException", "message": "No."}


def report_of(workplace: Workplace) -> Data:
    report: Data = json.loads((workplace.folder / "reports/provider/report.json").read_text(encoding="utf-8"))
    return report


def test_a_day_and_the_next(workplace: Workplace) -> None:
    """Accepted, associated, verified and reported in one run; the second changes nothing."""
    first = workplace.play("daily")
    assert first.changed > 0
    assert workplace.joined() == {workplace.id_of("AMC Collaboration"), workplace.id_of("Partner Collaboration")}
    assert workplace.counts() == (8, 8, 2)
    assert "Total: 2 of 2 collaborations as recorded: 8 ready" in first.output
    assert report_of(workplace)["account_id"] == PROVIDER

    control, written = workplace.emulator.control, workplace.writes()
    second = workplace.play("daily", "--diff")
    assert (second.changed, workplace.writes()) == (0, written)

    # On the third day one invitation cannot be accepted, one collaboration answers in part, and one has a new member.
    control.add(
        collaborations=[collaboration("Third", AMC), collaboration("Fourth", AMC)],
        configured_tables=[{"account": PROVIDER, "names": ["part_05"]}],
        members=[{"collaboration": "Partner Collaboration", "account": PANEL, "display_name": "Panel"}],
    )
    control.fault(operation="CreateMembership", error=DENIED, times=1)
    (amc, _partner) = workplace.record["cleanrooms_collaborations"]
    membership = {"membershipIdentifier": amc["membership_id"]}
    within = {"collaborationIdentifier": amc["collaboration_id"]}
    control.fault(operation="CreateConfiguredTableAssociation", parameters=membership, error=DENIED, times=None)
    control.fault(operation="BatchGetSchema", parameters=within, error=DENIED, times=None)
    third = workplace.play("daily", fails=True)
    assert len(workplace.joined()) == 3
    assert workplace.counts()[0] == 8 + 5
    for operation in ("CreateMembership", "CreateConfiguredTableAssociation", "BatchGetSchema"):
        assert f"Grant cleanrooms:{operation}" in third.text
    assert "1 of 3 collaborations could not be read; the report tells of the others." in third.text
    assert "2 of 3 collaborations are not as recorded." in third.text
    assert f"members changed: {PANEL} (Panel)" in third.text
    assert sorted(one["as_recorded"] for one in report_of(workplace)["collaborations"]) == [False, False, True]


def test_parts_that_fail_whole_keep_no_other_from_its_work(workplace: Workplace) -> None:
    """Invitations cannot be listed, and what to tolerate is misspelt: what is joined is still kept up."""
    control = workplace.emulator.control
    control.add(memberships=[{"account": PROVIDER, "collaboration": "AMC Collaboration"}])
    record = {"collaboration_id": workplace.id_of("AMC Collaboration"), "members": [member(AMC)]}
    workplace.write_vars(file="collaborations", cleanrooms_collaborations=[record])
    control.fault(operation="ListCollaborations", error=DENIED, times=None)
    run = workplace.play("daily", "-e", '{"cleanrooms_tolerated_states": ["mising"]}', fails=True)
    assert workplace.counts() == (4, 4, 1)
    _before, _task, end = run.output.partition("Fail when something failed")
    assert "Grant cleanrooms:ListCollaborations" in end
    assert "value of tolerated_states must be one or more of" in end


def test_one_run_at_a_time(workplace: Workplace) -> None:
    """A second one says so and ends; other playbooks wait, and fail when that lasts too long."""
    lock = Path(f"{workplace.record_file}.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with held(str(lock), 0, "cleanrooms_invitation"):
        content = lock.read_text(encoding="utf-8")
        second = workplace.play("daily")
        assert f"Another run is at work: cleanrooms_invitation, process {os.getpid()} on" in second.text
        assert (second.changed, second.output.count("Show the summary")) == (0, 0)
        failed = workplace.play("sync", "-e", "cleanrooms_lock_wait=1", fails=True)
        assert "Nothing was done." in failed.text
        assert workplace.writes() == []
        assert lock.read_text(encoding="utf-8") == content
        assert "Another run is at work" not in workplace.play("sync", "--check").text
    assert "Another run is at work" not in workplace.play("sync").text
