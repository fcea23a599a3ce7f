# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new inventory, from nothing and from an old configuration file; then it is worked with."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playbooks_world import (
    AMC,
    CHECKOUT,
    PARTNER,
    PARTNERS,
    PROVIDER,
    ROLE,
    STRANGER,
    Run,
    Workplace,
    accounts,
    finished,
    load_record,
)

NAME = "{{ lookup('pipe', 'touch $HOME/canary') }}"
EXAMPLE = CHECKOUT / "inventory"
NAMESPACE = "arn:aws:entityresolution:us-east-1:111122223333:idnamespace/ACXIdNamespace"


@pytest.fixture
def bare(workplace: Workplace) -> Iterator[Workplace]:
    """A workplace without an inventory. Nothing may have been carried out that a name said."""
    shutil.rmtree(workplace.inventory)
    yield workplace
    assert not (workplace.folder / "canary").exists()


def old_file(workplace: Workplace) -> Path:
    """A configuration file of the old scripts, with memberships that AWS has."""
    control = workplace.emulator.control
    control.add(memberships=[{"account": PROVIDER, "collaboration": name} for name in PARTNERS])
    switches = {"status": "active", "auto_associate_tables": True, "auto_associate_namespace": True}
    partner = workplace.record_of("Partner Collaboration", PARTNER)["membership_id"]
    amc, free = workplace.id_of("AMC Collaboration"), workplace.id_of("Free data")
    content = {
        "defaults": {
            "region": "us-east-1",
            "role_name": ROLE,
            "table_prefix": "part_",
            "database": "db",
            "id_namespace_name": "ACXIdNamespace",
            "id_namespace_arn": NAMESPACE,
        },
        "collaborations": [
            {"name": NAME, "collaboration_id": amc, "membership_id": "abc-123", **switches},
            {"name": "P", "membership_id": partner, "notes": NAME, "tier": NAME, **switches},
            {"name": "AMC Collaboration", "membership_id": "abc-123", "status": "active"},
        ],
        "pending_invitations": [{"name": NAME, "collaborationId": free, "creatorAccountId": STRANGER}],
    }
    path = workplace.folder / "collaboration-config.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def migrating(bare: Workplace, path: Path) -> list[str]:
    """The playbook with what it is to carry over."""
    return ["init", "-e", f"cleanrooms_inventory={bare.inventory}", "-e", f"cleanrooms_migrate={path}"]


def test_an_inventory_from_an_installed_collection_never_overwrites(bare: Workplace, tmp_path: Path) -> None:
    path = tmp_path / "installed"
    install = ["ansible-galaxy", "collection", "install", "--force", "--no-deps", "-p", str(path), str(CHECKOUT)]
    finished(bare.start_command(bare.folder, install, {}), fails=False)
    assert not (path / "ansible_collections/acx/cleanrooms/inventory/host_vars").exists()

    def run(*arguments: str) -> Run:
        command = ["ansible-playbook", "acx.cleanrooms.init", "-e", "cleanrooms_inventory=my-inventory", *arguments]
        return finished(bare.start_command(bare.folder, command, {"ANSIBLE_COLLECTIONS_PATH": str(path)}), fails=False)

    first = ("-e", f"cleanrooms_trusted_creators={AMC},{PARTNER}", "-e", f"cleanrooms_id_namespace_arn={NAMESPACE}")
    predicted = run(*first, "--check", "--diff")
    assert "would write my-inventory/hosts.yml" in predicted.output
    assert f"+cleanrooms_id_namespace_arn: {NAMESPACE}" in predicted.output
    assert not bare.inventory.exists()
    written = run(*first)
    assert written.changed == predicted.changed
    assert (bare.inventory / "hosts.yml").read_text("utf-8") == (EXAMPLE / "hosts.yml").read_text("utf-8")
    policy = bare.inventory / "group_vars/cleanrooms.yml"
    policy.write_text(policy.read_text("utf-8") + "# mine\n", "utf-8")

    before = tree(bare.inventory)
    second = run("-e", "cleanrooms_host=second", "-e", "cleanrooms_region=us-west-2")
    assert "wrote my-inventory/hosts_second.yml" in second.output
    assert "left alone: my-inventory/group_vars/cleanrooms.yml, which is there" in second.output
    assert {path: text for path, text in tree(bare.inventory).items() if path in before} == before
    again = run("-e", "cleanrooms_host=second", "-e", "cleanrooms_region=eu-west-1")
    assert again.changed == 0
    assert "host_vars/second/settings.yml, which is there and says something else; --diff shows what" in again.output

    assert set(bare.play("list").stats) == {"provider", "second"}
    regions = {entry["region"] for entry in bare.emulator.control.log("ListCollaborations")}
    assert regions == {"us-east-1", "us-west-2"}


def test_an_old_configuration_is_carried_over_and_worked_with(bare: Workplace) -> None:
    path = old_file(bare)
    command = migrating(bare, path)
    predicted = bare.play(*command, "--check", "--diff")
    assert not bare.inventory.exists()
    migrated = bare.play(*command)
    assert migrated.changed == predicted.changed
    assert "Carried over: collaborations: 2 (2 active), pending invitations: 1." in migrated.output
    for place in (
        "defaults.database",
        "collaborations[0].membership_id",
        "collaborations[1].tier",
        "collaborations[2]",
    ):
        assert f'"Kept aside: {place}: ' in migrated.output
    kept = load_record(bare.inventory / "host_vars/provider/migrated.yml")["cleanrooms_migrated"]
    assert [one["value"] for one in kept] == [
        "db",
        "abc-123",
        NAME,
        {"name": "AMC Collaboration", "membership_id": "abc-123", "status": "active"},
    ]
    before = tree(bare.inventory)
    again = bare.play(*command)
    assert (again.changed, tree(bare.inventory)) == (0, before)
    assert again.output.count("left alone: ") == 7

    bare.write_vars(file="faster", cleanrooms_requests_per_second=500)
    shown = bare.play("record")
    amc, partner = bare.id_of("AMC Collaboration"), bare.id_of("Partner Collaboration")
    assert f'"{amc}: membership_id completed; its members are not confirmed: \\\\x7b{NAME[1:]}"' in shown.output
    assert f'"{partner}: collaboration_id completed; its members are not confirmed: P"' in shown.output
    named = ",".join(f"{one}:CAN_QUERY+CAN_RECEIVE_RESULTS" for one in (AMC, PARTNER))
    confirm = ("-e", f"cleanrooms_confirm_members={amc},{partner}")
    bare.play("associate", *confirm, "-e", f"cleanrooms_confirm_accounts={named}")
    assert bare.counts() == (8, 8, 2)
    records = bare.record["cleanrooms_collaborations"]
    assert {one["name"]: accounts(one) for one in records} == {NAME: [AMC], "P": [PARTNER]}
    assert bare.record_named("P")["notes"] == NAME


def test_a_broken_file_is_one_clear_line_and_nothing_is_written(bare: Workplace) -> None:
    path = bare.folder / "old.json"
    path.write_text('{"collaborations": {}}', "utf-8")
    run = bare.play(
        "init", "-e", f"cleanrooms_inventory={bare.inventory}", "-e", f"cleanrooms_migrate={path}", fails=True
    )
    line = f"cleanrooms_migrate: {path}: collaborations must be a list of dictionaries, and is {{}}"
    assert f'"msg": "{line}"' in run.output
    assert not bare.inventory.exists()


def tree(folder: Path) -> dict[Path, str]:
    """The texts of all files below a folder."""
    return {path: path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}
