# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members that changed and are confirmed, drift that is mended on request, and leaving."""

from __future__ import annotations

from playbooks_world import AMC, PANEL, Workplace


def status_of(workplace: Workplace, name: str) -> str:
    """What the record says of a collaboration."""
    (record,) = (one for one in workplace.record["cleanrooms_collaborations"] if one["name"] == name)
    return str(record["status"])


def test_members_that_changed_are_refused_until_confirmed(workplace: Workplace) -> None:
    workplace.share_with_partners()
    newcomer = {"collaboration": "AMC Collaboration", "account": PANEL, "display_name": "Panel", "status": "ACTIVE"}
    workplace.emulator.control.add(
        members=[newcomer], configured_tables=[{"account": "111122223333", "names": ["part_05"]}]
    )
    refused = workplace.play("sync")
    assert any(f"members changed: {PANEL} (Panel)" in line for line in refused.summary)
    assert workplace.counts()[0] == 4 + 5
    identity = workplace.id_of("AMC Collaboration")
    foretold = workplace.play("sync", "-e", f"cleanrooms_confirm_members={identity}", "--check", "--diff")
    assert f"+      - '{PANEL}'" in foretold.output
    assert workplace.counts()[0] == 4 + 5
    unseen = ("-e", f"cleanrooms_confirm_members={identity}", "-e", f"cleanrooms_confirm_accounts={AMC}")
    assert f"members whom you did not name, {PANEL}" in workplace.play("sync", *unseen, fails=True).output
    seen = (*unseen[:2], "-e", f"cleanrooms_confirm_accounts={AMC},{PANEL}")
    confirmed = workplace.play("sync", *seen)
    assert f"members are {AMC} ({AMC}), {PANEL} (Panel)" in confirmed.output
    assert workplace.counts()[0] == 5 + 5
    (record,) = (one for one in workplace.record["cleanrooms_collaborations"] if one["collaboration_id"] == identity)
    assert record["members"] == sorted([AMC, PANEL])


def test_drift_is_mended_on_request(workplace: Workplace) -> None:
    workplace.share_with_partners()
    workplace.write_vars(
        file="mend", cleanrooms_name_prefix="new_", cleanrooms_recreate=True, cleanrooms_compare_role=True
    )
    mended = workplace.play("sync")
    assert "8 repaired" in mended.summary[-1]
    names = {one["name"] for one in workplace.emulator.control.state()["table_associations"]}
    assert names == {f"new_part_0{number}" for number in range(1, 5)}
    assert workplace.play("sync").changed == 0


def test_leaving_needs_the_id_twice_and_keeps_the_history(workplace: Workplace) -> None:
    workplace.share_with_partners()
    identity = workplace.id_of("AMC Collaboration")
    unconfirmed = workplace.play("leave", "-e", f"cleanrooms_leave={identity}")
    assert any("leaving is for good" in line for line in unconfirmed.summary)
    assert workplace.counts() == (8, 8, 2)
    both = ("-e", f"cleanrooms_leave={identity}", "-e", f"cleanrooms_confirm_leaving={identity}")
    foretold = workplace.play("leave", *both, "--check", "--diff")
    assert "Total: 1 collaboration, 1 left" in foretold.summary
    assert workplace.counts() == (8, 8, 2)
    left = workplace.play("leave", *both)
    assert f"AMC Collaboration ({identity}): left" in left.summary
    assert workplace.counts() == (4, 4, 1)
    assert identity not in workplace.joined()
    assert status_of(workplace, "AMC Collaboration") == "left"
    again = workplace.play("leave", *both)
    assert again.changed == 0
    other = workplace.id_of("Partner Collaboration")
    both = ("-e", f"cleanrooms_leave={other}", "-e", f"cleanrooms_confirm_leaving={other}")
    elsewhere = workplace.play("leave", *both, AWS_ACCESS_KEY_ID=f"AKIA{PANEL}", fails=True)
    assert "AWS lists none of the recorded memberships" in elsewhere.output
    assert status_of(workplace, "Partner Collaboration") == "active"
    synced = workplace.play("sync")
    assert (synced.changed, status_of(workplace, "AMC Collaboration")) == (0, "left")


def test_a_run_cut_off_between_leaving_and_recording_is_taken_up_again(workplace: Workplace) -> None:
    workplace.share_with_partners()
    identity = workplace.id_of("AMC Collaboration")
    both = ("-e", f"cleanrooms_leave={identity}", "-e", f"cleanrooms_confirm_leaving={identity}")
    before = workplace.record_file.read_text(encoding="utf-8")
    workplace.play("leave", *both)
    workplace.record_file.write_text(before, encoding="utf-8")
    workplace.play("leave", *both)
    assert status_of(workplace, "AMC Collaboration") == "left"


def test_what_ended_elsewhere_is_recorded_and_no_error(workplace: Workplace) -> None:
    workplace.share_with_partners()
    gone = {"collaboration": "AMC Collaboration", "account": "111122223333", "status": "REMOVED"}
    workplace.emulator.control.add(members=[gone])
    workplace.play("sync")
    assert status_of(workplace, "AMC Collaboration") == "removed"
    assert workplace.play("sync").changed == 0
