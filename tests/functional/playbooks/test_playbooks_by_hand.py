# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One thing at a time: list, accept by id, associate one; what people wrote in the record stays."""

from __future__ import annotations

from playbooks_world import AMC, PANEL, STRANGER, Workplace, load_record

NEW = "Free data"


def test_list_accept_and_associate_what_is_named(workplace: Workplace) -> None:
    panel = {"account": PANEL, "display_name": "Panel", "abilities": ["CAN_RECEIVE_RESULTS"]}
    workplace.emulator.control.add(members=[{"collaboration": NEW, **panel}])
    new, amc = workplace.id_of(NEW), workplace.id_of("AMC Collaboration")
    run = workplace.play("list")
    assert run.changed == 0
    assert workplace.writes() == []
    for line in (
        "trusted  creator       collaboration id                      you pay for  you may  name, by whom",
        f"yes      {AMC}  {amc}  -            -        AMC Collaboration, by {AMC}",
        f"no       {STRANGER}  {new}  -            -        Free data, by {STRANGER}",
        f"    {STRANGER}  active   can query, can receive results  pays for queryCompute  {STRANGER}",
        f"    {PANEL}  invited  can receive results             -                      Panel",
        "3 invitations pending, 2 from trusted creators",
        "No collaboration is joined or recorded.",
    ):
        assert f'"{line}"' in run.output

    accepted = workplace.play("accept", "-e", f"cleanrooms_accept={new},{amc}")
    assert accepted.summary == [
        f"Free data ({new}): accepted",
        f"AMC Collaboration ({amc}): accepted",
        "Total: 2 collaborations, 2 accepted",
    ]
    assert workplace.joined() == {new, amc}
    assert workplace.counts() == (0, 0, 0)
    records = {one["collaboration_id"]: one for one in workplace.record["cleanrooms_collaborations"]}
    assert {key: record["members"] for key, record in records.items()} == {new: [PANEL, STRANGER], amc: [AMC]}

    tables = workplace.play("associate", "-e", f"cleanrooms_only={new}", "--tags", "tables")
    assert tables.summary[0] == f"Free data ({new}): 4 associated"
    assert workplace.counts() == (4, 4, 0)
    whole = workplace.play("associate", "-e", f"cleanrooms_only={records[new]['membership_id']}")
    assert whole.summary[0] == f"Free data ({new}): 4 unchanged, 1 namespace associated"
    assert workplace.counts() == (4, 4, 1)
    assert [one["collaboration_id"] for one in workplace.record["cleanrooms_pending_invitations"]] == [amc]


def test_what_is_missing_or_misspelt_is_said(workplace: Workplace) -> None:
    nothing = workplace.play("accept", fails=True)
    assert "Name the collaborations to accept by their ids" in nothing.output
    unknown = workplace.play("associate", "-e", "cleanrooms_only=12345678", fails=True)
    assert "cleanrooms_only: '12345678' is the collaboration_id or membership_id of no record" in unknown.output
    role = workplace.play("process_invitations", "-e", "cleanrooms_role=misspelt", fails=True)
    assert "role: 'misspelt' does not exist in this account" in role.output
    assert workplace.writes() == []


def test_what_people_wrote_in_the_record_stays(workplace: Workplace) -> None:
    wanted = workplace.id_of("AMC Collaboration")
    written = {
        "name": "Our friends at {{ company }}",
        "collaboration_id": wanted,
        "auto_associate_namespace": False,
        "tables": {"include": ["part_0*"], "exclude": ["part_02"]},
        "notes": "Ask Ann\nbefore changes: 100%",
    }
    workplace.write_vars(file="collaborations", cleanrooms_collaborations=[written], company="AMC")
    before = workplace.record_file.read_text(encoding="utf-8")
    workplace.play("process_invitations")

    record = workplace.record["cleanrooms_collaborations"][0]
    expected = {**written, "name": "Our friends at AMC", "status": "active", "members": [AMC]}
    assert {key: value for key, value in record.items() if key != "membership_id"} == expected
    assert workplace.counts() == (3 + 4, 3 + 4, 1)
    backup = sorted(workplace.record_file.parent.glob("collaborations.yml.*~"), key=lambda one: one.stat().st_mtime)[0]
    assert backup.read_text(encoding="utf-8") == before
    assert load_record(backup)["cleanrooms_collaborations"] == [written]

    text = "# My own order and comments\n" + workplace.record_file.read_text(encoding="utf-8").replace(
        "active", "'active'"
    )
    workplace.record_file.write_text(text, encoding="utf-8")
    assert workplace.play("process_invitations").changed == 0
    assert workplace.record_file.read_text(encoding="utf-8") == text
