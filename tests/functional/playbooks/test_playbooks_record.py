# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lost record is rebuilt from AWS, and what AWS has otherwise is put in, while nothing is shared unconfirmed."""

from __future__ import annotations

import shutil

import yaml
from jinja2 import Environment
from playbooks_world import AMC, CHECKOUT, PANEL, PARTNER, PROVIDER, Data, Workplace, load_record

CALLER = f"arn:aws:iam::{PROVIDER}:user/emulator"


def records(workplace: Workplace) -> list[Data]:
    """The records in the order of their names."""
    return sorted(workplace.record["cleanrooms_collaborations"], key=lambda one: str(one["name"]))


def test_a_lost_record_is_rebuilt_and_nothing_is_shared_unconfirmed(workplace: Workplace) -> None:
    workplace.share_with_partners()
    before = workplace.record["cleanrooms_collaborations"]
    workplace.record_file.unlink()
    lost = workplace.play("sync", fails=True).text
    assert "holds no collaboration, and AWS has 2 memberships of this account" in lost
    assert "the playbook record completes the record" in lost
    workplace.emulator.control.add(
        configured_tables=[{"account": PROVIDER, "names": ["part_05"]}],
        members=[{"collaboration": "AMC Collaboration", "account": PANEL, "display_name": "Panel"}],
    )
    predicted = workplace.play("record", "--check", "--diff")
    amc, partner = (record["collaboration_id"] for record in before)
    assert f"+    collaboration_id: {amc}" in predicted.output
    assert not workplace.record_file.exists()
    rebuilt = workplace.play("record")
    assert f'"{amc}: added; its members are not confirmed: AMC Collaboration"' in rebuilt.output
    assert f'"    {PANEL}  ' in rebuilt.output
    unpinned = sorted(
        ({key: value for key, value in record.items() if key != "members"} for record in before),
        key=lambda one: str(one["name"]),
    )
    assert records(workplace) == unpinned
    assert (workplace.play("record").changed, workplace.writes()) == (0, [])

    refused = workplace.play("sync", fails=True)
    assert sum("refused: " in line for line in refused.summary) == 2
    assert workplace.counts() == (8, 8, 2)
    confirmed = workplace.play("record", "-e", f"cleanrooms_confirm_members={partner}")
    assert f"Partner Collaboration ({partner}): confirmed are" in confirmed.output
    assert (
        f"    {PARTNER}  active  can query, can receive results  pays for queryCompute  {PARTNER}" in confirmed.output
    )
    first, second = records(workplace)
    assert (first, second["members"]) == (unpinned[0], before[1]["members"])
    assert (second["reviewed"]["receivers"], second["reviewed"]["by"]) == ([PARTNER], CALLER)
    named = f"cleanrooms_confirm_accounts={AMC}:CAN_QUERY+CAN_RECEIVE_RESULTS,{PANEL}"
    workplace.play("sync", "-e", f"cleanrooms_confirm_members={amc}", "-e", named)
    assert workplace.counts() == (10, 10, 2)
    assert workplace.record_named("AMC Collaboration")["reviewed"]["receivers"] == [AMC]


def test_the_record_is_kept_and_found_outside_of_the_inventory(workplace: Workplace) -> None:
    """On a volume that outlives the container, with the playbook and the variables of AWX."""
    volume = workplace.folder / "volume"
    (play,) = yaml.safe_load((CHECKOUT / "docs/awx/configure.yml").read_text(encoding="utf-8"))
    (inventory,) = (task["awx.awx.inventory"] for task in play["tasks"] if "awx.awx.inventory" in task)
    render = Environment(autoescape=False).from_string
    variables: Data = {key: render(text).render(awx_folder=volume) for key, text in inventory["variables"].items()}
    workplace.write_vars(file="record", **variables)
    shutil.copy(CHECKOUT / "docs/awx/run.yml", workplace.folder)
    command = "ansible-playbook -i my-inventory run.yml -e cleanrooms_playbook="

    assert workplace.type(f"{command}process_invitations").changed > 0
    assert not workplace.record_file.exists()
    records = load_record(volume / "provider/collaborations.yml")["cleanrooms_collaborations"]
    assert {one["name"] for one in records} == {"AMC Collaboration", "Partner Collaboration"}
    writes = workplace.writes()
    sync = workplace.type(f"{command}sync")
    assert sync.summary[-1].startswith("Total: 2 collaborations, 8 unchanged, 2 namespaces unchanged")
    assert (sync.changed, workplace.writes()) == (0, writes)
    workplace.type(f"{command}report -e cleanrooms_only={records[0]['collaboration_id']}")
    assert [path.parent.name for path in volume.rglob("report.html")] == ["selected"]


def test_no_cache_of_facts_brings_an_old_record_back(workplace: Workplace) -> None:
    """What a person edits between two runs holds, though Ansible keeps facts of the first."""
    workplace.share_with_partners()
    cache = {"ANSIBLE_CACHE_PLUGIN": "jsonfile", "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(workplace.folder / "cache")}
    workplace.play("sync", **cache)
    text = workplace.record_file.read_text(encoding="utf-8")
    workplace.record_file.write_text(text.replace("status: active", "status: inactive"), encoding="utf-8")
    workplace.emulator.control.add(configured_tables=[{"account": PROVIDER, "names": ["part_05"]}])
    run = workplace.play("sync", **cache)
    assert (run.summary[-1], workplace.counts()) == ("Total: 2 collaborations (2 skipped)", (8, 8, 2))
    assert {one["status"] for one in workplace.record["cleanrooms_collaborations"]} == {"inactive"}


def test_an_exported_inventory_works_on_the_same_record(workplace: Workplace) -> None:
    """The export has lost the tags that keep names from being templates, and nothing in it is carried out."""
    name = "{{ 6 * 7 }} Partner A"
    workplace.emulator.control.add(
        collaborations=[{"name": name, "creator": PANEL, "members": [{"account": PROVIDER}]}]
    )
    workplace.play("process_invitations")
    before = workplace.record_file.read_text(encoding="utf-8")
    workplace.type("ansible-inventory -i my-inventory --list --yaml --output exported.yml")
    command = (
        f"ansible-playbook -i exported.yml {CHECKOUT}/playbooks/process_invitations.yml -e cleanrooms_record_file="
    )
    run = workplace.type(command + str(workplace.record_file))
    assert (run.changed, workplace.record_file.read_text(encoding="utf-8")) == (0, before)
    assert "42 Partner A" not in run.output
    assert "6 * 7 }} Partner A" in before
