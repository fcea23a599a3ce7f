# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lost record is rebuilt from AWS, and what AWS has otherwise is put in, while nothing is shared unconfirmed."""

from __future__ import annotations

from typing import Any

from playbooks_world import AMC, PANEL, PARTNER, PROVIDER, Workplace


def records(workplace: Workplace) -> dict[str, dict[str, Any]]:
    """The records by their names."""
    return {one["name"]: one for one in workplace.record["cleanrooms_collaborations"]}


def test_a_lost_record_is_rebuilt_and_nothing_is_shared_unconfirmed(workplace: Workplace) -> None:
    workplace.share_with_partners()
    before = records(workplace)
    workplace.record_file.unlink()
    workplace.emulator.control.add(
        configured_tables=[{"account": PROVIDER, "names": ["part_05"]}],
        members=[{"collaboration": "AMC Collaboration", "account": PANEL, "display_name": "Panel"}],
    )
    workplace.emulator.control.clear_log()
    foretold = workplace.play("record", "--check", "--diff")
    assert "+    collaboration_id: " + before["AMC Collaboration"]["collaboration_id"] in foretold.output
    assert not workplace.record_file.exists()
    rebuilt = workplace.play("record")
    amc = workplace.id_of("AMC Collaboration")
    assert f'"{amc}: added; its members are not confirmed: AMC Collaboration"' in rebuilt.output
    assert f'"    {PANEL}  ' in rebuilt.output
    unpinned = {name: {**one} for name, one in before.items()}
    for record in unpinned.values():
        del record["members"]
    assert records(workplace) == unpinned
    assert workplace.writes() == []
    again = workplace.play("record")
    assert again.changed == 0

    refused = workplace.play("sync")
    assert sum("refused: " in line for line in refused.summary) == 2
    assert workplace.counts() == (8, 8, 2)
    partner = workplace.id_of("Partner Collaboration")
    foretold = workplace.play("record", "-e", f"cleanrooms_confirm_members={partner}", "--check", "--diff")
    assert f"+      - '{PARTNER}'" in foretold.output
    confirmed = workplace.play("record", "-e", f"cleanrooms_confirm_members={partner}")
    assert f"members are {PARTNER} ({PARTNER})" in confirmed.output
    assert records(workplace)["Partner Collaboration"] == before["Partner Collaboration"]
    assert "members" not in records(workplace)["AMC Collaboration"]
    workplace.play("sync", "-e", f"cleanrooms_confirm_members={amc}")
    assert workplace.counts() == (10, 10, 2)
    assert records(workplace)["AMC Collaboration"]["members"] == sorted([AMC, PANEL])
    assert workplace.play("sync").changed == 0


def test_what_ended_is_recorded_and_what_people_wrote_is_kept(workplace: Workplace) -> None:
    names = ("AMC Collaboration", "Partner Collaboration", "Free data")
    workplace.emulator.control.add(memberships=[{"account": PROVIDER, "collaboration": name} for name in names])
    amc, partner, free = (workplace.id_of(name) for name in names)
    joined = {one["collaboration_id"]: one["id"] for one in workplace.emulator.control.state()["memberships"]}
    gone = "0" * 8 + amc[8:]
    mine = {"name": "mine", "notes": "{{ no template }}", "tables": {"include": ["part_01"]}, "members": [AMC]}
    workplace.write_vars(
        file="collaborations",
        cleanrooms_collaborations=[
            {**mine, "membership_id": joined[amc], "status": "active"},
            {"name": "off", "collaboration_id": partner, "status": "inactive"},
            {"name": "gone", "collaboration_id": gone, "membership_id": gone, "status": "active"},
        ],
    )
    text = workplace.record_file.read_text(encoding="utf-8").replace("'{{", "!unsafe '{{")
    workplace.record_file.write_text(text, encoding="utf-8")
    workplace.emulator.control.add(members=[{"collaboration": names[0], "account": PROVIDER, "status": "REMOVED"}])
    workplace.play("record")
    assert workplace.record["cleanrooms_collaborations"] == [
        {**mine, "collaboration_id": amc, "membership_id": joined[amc], "status": "removed"},
        {"name": "off", "collaboration_id": partner, "membership_id": joined[partner], "status": "inactive"},
        {"name": "gone", "collaboration_id": gone, "membership_id": gone, "status": "left"},
        {"name": "Free data", "collaboration_id": free, "membership_id": joined[free], "status": "active"},
    ]
    before = workplace.record_file.read_text(encoding="utf-8")
    elsewhere = workplace.play("record", "-e", "cleanrooms_region=eu-west-1", fails=True)
    assert "AWS lists none of the recorded memberships, so that nothing was changed." in elsewhere.output
    assert workplace.record_file.read_text(encoding="utf-8") == before
