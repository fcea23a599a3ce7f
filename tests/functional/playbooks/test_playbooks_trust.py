# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members that changed and are confirmed, and leaving."""

from __future__ import annotations

from playbooks_world import AMC, PANEL, PROVIDER, ROLE, Workplace, accounts


def test_members_that_changed_are_refused_until_confirmed(workplace: Workplace) -> None:
    workplace.share_with_partners()
    newcomer = {"collaboration": "AMC Collaboration", "account": PANEL, "display_name": "Panel", "status": "ACTIVE"}
    newcomer["abilities"] = ["CAN_RECEIVE_RESULTS"]
    tables = {"account": PROVIDER, "names": ["part_05"]}
    workplace.emulator.control.add(members=[newcomer], configured_tables=[tables])
    refused = workplace.play("sync", fails=True)
    assert any(f"members changed: {PANEL} (Panel)" in line for line in refused.summary)
    assert workplace.counts()[0] == 4 + 5
    listed = workplace.play("list")
    assert f"members changed: {PANEL} (Panel) with CAN_RECEIVE_RESULTS" in listed.text
    assert "2 active; 1 not as reviewed; 9 tables associated, 9 ready" in listed.text
    identity = workplace.id_of("AMC Collaboration")
    confirm = ("-e", f"cleanrooms_confirm_members={identity}")
    named = ("-e", f"cleanrooms_confirm_accounts={PANEL}:CAN_RECEIVE_RESULTS")
    unseen = workplace.play("sync", *confirm, fails=True)
    assert f"{' '.join(confirm)} {' '.join(named)} (leave out what is not right)" in unseen.output
    predicted = workplace.play("sync", *confirm, *named, "--check", "--diff")
    assert f"+      - account_id: '{PANEL}'" in predicted.output
    assert workplace.counts()[0] == 4 + 5
    confirmed = workplace.play("sync", *confirm, *named)
    for run in (predicted, confirmed):
        assert f"{PANEL} (Panel) becomes result receiver of 4 tables" in run.output
    assert workplace.counts()[0] == 5 + 5
    assert accounts(workplace.record_named("AMC Collaboration")) == sorted([AMC, PANEL])


def test_leaving_needs_the_id_twice_and_keeps_the_history(workplace: Workplace) -> None:
    """In one collaboration there is something that is not ours, which goes too, as the variable says."""
    by_hand = {"tables": ["dim_region"], "role": ROLE, "name": "by_hand"}
    workplace.share_with_partners()
    workplace.emulator.control.add(
        memberships=[{"account": PROVIDER, "collaboration": "AMC Collaboration", "associations": [by_hand]}]
    )
    workplace.write_vars(file="policy", cleanrooms_leave_force=True)
    identity, before = workplace.id_of("AMC Collaboration"), workplace.record_file.read_text(encoding="utf-8")
    suspend = ("suspend", "-e", f"cleanrooms_only={identity}")
    assert "+    status: suspended" in workplace.play(*suspend, "--check", "--diff").output
    assert f"AMC Collaboration ({identity}): suspended, 5 rules deleted" in workplace.play(*suspend).summary
    assert (workplace.play(*suspend).changed, workplace.counts()) == (0, (9, 4, 2))
    free = ("-e", f"cleanrooms_accept={workplace.id_of('Free data')}", "-e", '{"cleanrooms_allowed_members": []}')
    pending = workplace.play("accept", *free, fails=True, ANSIBLE_SHOW_CUSTOM_STATS="1")
    assert "allowed_members does not hold" in pending.text.partition("CUSTOM STATS")[2]
    assert "stays pending: allowed_members does not hold" in pending.text.partition("Fail when something failed")[2]
    unconfirmed = workplace.play("leave", "-e", f"cleanrooms_leave={identity}", fails=True)
    assert any("leaving is for good" in line for line in unconfirmed.summary)
    assert workplace.counts() == (9, 4, 2)
    both = ("-e", f"cleanrooms_leave={identity}", "-e", f"cleanrooms_confirm_leaving={identity}")
    predicted = workplace.play("leave", *both, "--check", "--diff")
    assert "Total: 1 collaboration, 1 left" in predicted.summary
    assert workplace.counts() == (9, 4, 2)
    left = workplace.play("leave", *both)
    assert f"AMC Collaboration ({identity}): left" in left.summary
    assert workplace.counts() == (4, 4, 1)
    assert workplace.joined() == {workplace.id_of("Partner Collaboration")}
    assert workplace.record_named("AMC Collaboration")["status"] == "left"

    # A run that was cut off between leaving and recording is taken up again.
    workplace.record_file.write_text(before, encoding="utf-8")
    workplace.play("leave", *both)
    assert workplace.record_named("AMC Collaboration")["status"] == "left"

    other = workplace.id_of("Partner Collaboration")
    both = ("-e", f"cleanrooms_leave={other}", "-e", f"cleanrooms_confirm_leaving={other}")
    elsewhere = workplace.play("leave", *both, AWS_ACCESS_KEY_ID=f"AKIA{PANEL}", fails=True)
    assert "AWS lists none of the recorded memberships" in elsewhere.output
    assert workplace.record_named("Partner Collaboration")["status"] == "active"
