# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One collaboration's failure hides nothing and stops nothing; a run that was cut off is taken up by the next."""

from __future__ import annotations

import os
import signal
import time

import pytest
from playbooks_world import AMC, PANEL, PARTNER, PROVIDER, STRANGER, Workplace


def test_access_denied_in_one_leaves_the_others_done(workplace: Workplace) -> None:
    control = workplace.emulator.control
    amc = workplace.id_of("AMC Collaboration")
    control.fault(
        operation="ListMembers",
        parameters={"collaborationIdentifier": amc},
        skip=2,  # the looks before and at acceptance
        error={"code": "AccessDeniedException", "message": "No identity-based policy allows it"},
        times=None,
    )
    run = workplace.play("process_invitations", "-e", "cleanrooms_batch_size=1", fails=True)
    assert workplace.counts() == (4, 4, 1)
    assert f"AMC Collaboration ({amc}): accepted, 1 failed, 1 namespace failed" in run.summary
    failed = [line for line in run.summary if line.startswith("    failed: ")]
    assert failed
    assert all("No identity-based policy allows it. Grant cleanrooms:ListMembers." in line for line in failed)
    assert "1 of 3 collaborations failed, the others are done." in run.output
    pending = {one["creator_account_id"]: one["reason"] for one in workplace.record["cleanrooms_pending_invitations"]}
    assert set(pending) == {AMC, STRANGER}
    assert "Grant cleanrooms:ListMembers." in pending[AMC]

    control.clear_faults()
    run = workplace.play("process_invitations")
    assert f"AMC Collaboration ({amc}): 4 associated, 1 namespace associated" in run.summary
    assert workplace.counts() == (8, 8, 2)
    assert [one["creator_account_id"] for one in workplace.record["cleanrooms_pending_invitations"]] == [STRANGER]


def test_a_batch_that_is_refused_keeps_nothing_from_the_others_and_the_record(workplace: Workplace) -> None:
    workplace.share_with_partners()
    wrong, right = workplace.record["cleanrooms_collaborations"]
    wrong["tables"] = {"include": ["prat_*"]}
    del right["membership_id"]
    workplace.write_vars(file="collaborations", cleanrooms_collaborations=[wrong, right])
    tables = [{"account": PROVIDER, "names": ["part_05"]}]
    workplace.emulator.control.add(configured_tables=tables)
    run = workplace.play("sync", "-e", "cleanrooms_batch_size=1", fails=True)
    assert any(line.startswith("Partner Collaboration (") and "1 associated" in line for line in run.summary)
    assert workplace.counts() == (9, 9, 2)
    _before, _task, end = run.output.partition("Fail when something failed")
    assert "1 of 2 collaborations failed, the others are done." in end
    assert "tables.include of AMC Collaboration" in end
    assert "'prat_*' matches none" in end
    assert "membership_id" in workplace.record["cleanrooms_collaborations"][1]


def test_nothing_is_accepted_or_shared_where_the_policy_cannot_be_right(workplace: Workplace) -> None:
    run = workplace.play("process_invitations", "-e", "cleanrooms_namespace_arn=arn:wrong", fails=True)
    assert "id_namespace_arn: 'arn:wrong'" in run.output
    # As where somebody turned the last receiver in the list into a comment.
    run = workplace.play("process_invitations", "-e", '{"cleanrooms_result_receivers": null}', fails=True)
    assert "is null; write [] for none, or remove the variable" in run.output
    assert workplace.writes() == []


@pytest.mark.parametrize("playbook", ["accept", "leave"])
def test_a_record_that_cannot_be_kept_is_seen_before_what_cannot_be_undone(workplace: Workplace, playbook: str) -> None:
    workplace.share_with_partners()
    (amc, _other) = workplace.record["cleanrooms_collaborations"]
    workplace.write_vars(file="collaborations", cleanrooms_collaborations=[{**amc, "tables": {"include": None}}])
    free, joined = workplace.id_of("Free data"), amc["collaboration_id"]
    named = {"accept": f"cleanrooms_accept={free}", "leave": f"cleanrooms_leave={joined}"}[playbook]
    run = workplace.play(playbook, "-e", named, "-e", f"cleanrooms_confirm_leaving={joined}", fails=True)
    assert "cleanrooms_collaborations[0].tables.include: is null" in run.output
    assert workplace.writes() == []


def test_a_run_killed_after_accepting_is_taken_up(workplace: Workplace) -> None:
    workplace.emulator.control.fault(operation="CreateMembership", when="after", hang=20, times=None)
    process = workplace.start("process_invitations")
    deadline = time.monotonic() + 60
    while len(workplace.joined()) < 2:
        assert time.monotonic() < deadline, "nothing was accepted"
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert workplace.record["cleanrooms_collaborations"] == []

    # Who came in after the invitation was looked at is not pinned.
    workplace.emulator.control.clear_faults()
    workplace.emulator.control.add(members=[{"collaboration": "Partner Collaboration", "account": PANEL}])
    run = workplace.play("process_invitations")
    members = {one["name"]: one["members"] for one in workplace.record["cleanrooms_collaborations"]}
    assert members == {"AMC Collaboration": [AMC], "Partner Collaboration": [PARTNER]}
    assert workplace.counts() == (4, 4, 1)
    assert any("refused: members changed" in line and PANEL in line for line in run.summary)


def test_nothing_is_shared_with_members_who_came_later(workplace: Workplace) -> None:
    names = ("AMC Collaboration", "Partner Collaboration")
    workplace.emulator.control.add(
        memberships=[{"account": PROVIDER, "collaboration": name} for name in names],
        members=[{"collaboration": names[0], "account": PANEL, "display_name": "Panel"}],
    )
    records = [
        {"collaboration_id": workplace.id_of(name), "members": [creator]}
        for name, creator in zip(names, (AMC, PARTNER), strict=True)
    ]
    records.append({"name": "Old", "collaboration_id": "0" * 8 + records[0]["collaboration_id"][8:], "status": "left"})
    workplace.write_vars(file="collaborations", cleanrooms_collaborations=records)
    run = workplace.play("sync")
    assert workplace.counts() == (4, 4, 1)
    (refused,) = (line for line in run.summary if "members changed" in line)
    assert refused.startswith(
        f"AMC Collaboration ({records[0]['collaboration_id']}): refused: members changed: {PANEL}"
    )
    assert any(line.startswith("Old (") and "the record's status is left" in line for line in run.summary)
    assert workplace.record["cleanrooms_collaborations"][0]["members"] == [AMC]
