# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One collaboration's failure hides nothing and stops nothing; a run that was cut off is taken up by the next."""

from __future__ import annotations

import os
import re
import signal
import time

from playbooks_world import AMC, PANEL, PARTNER, STRANGER, Workplace, accounts


def test_access_denied_in_one_leaves_the_others_done(workplace: Workplace) -> None:
    control = workplace.emulator.control
    amc = workplace.id_of("AMC Collaboration")
    control.fault(
        operation="ListMembers",
        parameters={"collaborationIdentifier": amc},
        skip=3,  # the looks at the invitation, before it is accepted, and at acceptance
        error={"code": "AccessDeniedException", "message": "No identity-based policy allows it"},
        times=None,
    )
    run = workplace.play("process_invitations", fails=True)
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


def test_a_run_killed_after_accepting_is_taken_up(workplace: Workplace) -> None:
    control = workplace.emulator.control
    control.fault(operation="CreateMembership", when="after", hang=20, times=None)
    process = workplace.start("process_invitations")
    deadline = time.monotonic() + 60
    while len(workplace.joined()) < 2:
        assert time.monotonic() < deadline, "nothing was accepted"
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert workplace.record["cleanrooms_collaborations"] == []

    # Who came in after the invitation was looked at is not pinned.
    control.clear_faults()
    control.add(members=[{"collaboration": "Partner Collaboration", "account": PANEL}])
    run = workplace.play("process_invitations", fails=True)
    members = {one["name"]: accounts(one) for one in workplace.record["cleanrooms_collaborations"]}
    assert members == {"AMC Collaboration": [AMC], "Partner Collaboration": [PARTNER]}
    assert workplace.counts() == (4, 4, 1)
    assert any("refused: members changed" in line and PANEL in line for line in run.summary)


SITE = """\
- ansible.builtin.import_playbook: acx.cleanrooms.sync
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.replace:
        path: "{{ playbook_dir }}/my-inventory/host_vars/provider/collaborations.yml"
        regexp: "status: active"
        replace: "status: inactive"
- ansible.builtin.import_playbook: acx.cleanrooms.sync
"""


def test_a_later_play_of_a_run_takes_the_record_as_it_is_then(workplace: Workplace) -> None:
    """Another run, or a person by hand, writes the record between two plays of one run, which both write it."""
    workplace.share_with_partners()
    records = workplace.record["cleanrooms_collaborations"]
    memberships = [record.pop("membership_id") for record in records]
    workplace.write_vars(file="collaborations", cleanrooms_collaborations=records)
    (workplace.folder / "site.yml").write_text(SITE, encoding="utf-8")
    run = workplace.type("ansible-playbook -i my-inventory site.yml")
    first, later = re.findall(r'"(Total: .*)"', run.output)
    assert first.startswith("Total: 2 collaborations, 8 unchanged, 2 namespaces unchanged")
    assert later == "Total: 2 collaborations (2 skipped)"
    found = workplace.record["cleanrooms_collaborations"]
    assert {(one["status"], one["membership_id"]) for one in found} == {("inactive", one) for one in memberships}
