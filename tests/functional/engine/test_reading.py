# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules that only read: how much they ask, what they say of what they could not read, and how they wait."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import pytest
from engine_world import (
    CALLS,
    NAMESPACE,
    OTHER,
    PARTNER,
    PROVIDER,
    ROLE,
    Data,
    World,
    joined,
    member,
    ours,
    records,
    scenario,
)

from ansible_collections.acx.cleanrooms.plugins.module_utils import _read_readiness

SHARED: Data = {"associations": [ours("part_{01..03}", description="Ours")], "id_namespaces": [{"name": NAMESPACE}]}
LISTS = {"ListConfiguredTables", "ListConfiguredTableAssociations"}
REQUESTS = {
    "members": {"ListMembers"},
    "settings": {"GetCollaboration"},
    "associations": LISTS,
    "analysis_rules": {*LISTS, "BatchGetSchemaAnalysisRule"},
    "readiness": {*LISTS, "BatchGetSchema"},
    "roles": {*LISTS, "GetConfiguredTableAssociation"},
    "id_namespace_associations": {"ListIdNamespaceAssociations"},
}
WANTED: Data = {**CALLS["readiness_info"], "name_prefix": "acx_"}


@pytest.mark.parametrize("detail", REQUESTS)
def test_only_what_is_wanted_is_read(world: World, detail: str) -> None:
    world.join(**SHARED)
    world.run("membership_info", details=[detail])
    assert set(world.requests()) == {"ListMemberships", *REQUESTS[detail]}


def test_roles_come_with_the_description(world: World) -> None:
    world.join(**SHARED)
    (found,) = world.run("membership_info", details=["roles"])["memberships"]
    role = f"arn:aws:iam::{PROVIDER}:role/{ROLE}"
    assert [(one["role_arn"], one["description"]) for one in found["associations"]] == [(role, "Ours")] * 3


def test_of_a_membership_that_is_over_nothing_more_is_read(world: World) -> None:
    world.join(status="REMOVED", **SHARED)
    (found,) = world.run("membership_info")["memberships"]
    assert (found["status"], "associations" in found) == ("removed", False)
    assert set(world.requests()) == {"ListMemberships", "ListConfiguredTables"}


@pytest.mark.parametrize(
    ("module", "operation"),
    [
        ("membership_info", "ListMembers"),
        ("membership_info", "ListConfiguredTableAssociations"),
        ("invitation_info", "GetCollaboration"),
        ("readiness_info", "BatchGetSchema"),
    ],
)
def test_one_that_cannot_be_read_keeps_none_of_the_others_back(world: World, module: str, operation: str) -> None:
    wanted = world.invite(3) if module == "invitation_info" else world.join(3, **SHARED)
    world.fault(operation, within=wanted[1], times=None)
    options = {"collaborations": wanted, **WANTED} if module == "readiness_info" else {}
    answer = world.run(module, fails=True, **options)
    found = answer[{"membership_info": "memberships", "invitation_info": "invitations"}.get(module, "collaborations")]
    assert {one["name"] for one in found if "error" in one} == {"Collaboration 2"}
    assert f"Grant cleanrooms:{operation}" in answer["msg"]
    assert f"Collaboration 2 ({wanted[1]['collaboration_id']})" in answer["msg"]
    assert "Collaboration 3" not in answer["msg"]
    assert [one.get("as_recorded") for one in found] == (
        [True, False, True] if module == "readiness_info" else [None] * 3
    )
    assert world.writes() == []


# cleanrooms_readiness_info


def states(entry: Data) -> dict[str, str]:
    return {verdict["name"]: verdict["state"] for verdict in entry["tables"]}


def look(world: World, wanted: list[Data], **more: Any) -> list[Data]:
    """Look at everything; nothing may have been written."""
    before = world.writes()
    answer = world.run("readiness_info", collaborations=wanted, **{**WANTED, **more})
    assert (world.writes(), answer["changed"]) == (before, False)
    return list(answer["collaborations"])


def test_five_requests_for_each_collaboration_however_many_tables(world: World) -> None:
    wanted = world.join(4, **SHARED)
    for entry in look(world, wanted):
        assert (entry["as_recorded"], states(entry)) == (True, {f"acx_part_0{n}": "ready" for n in (1, 2, 3)})
        assert entry["id_namespace"] == {"name": NAMESPACE, "state": "ready", "reasons": []}
    each = ("Members", "ConfiguredTableAssociations", "IdNamespaceAssociations")
    assert world.requests() == {
        **dict.fromkeys(["GetRole", "ListConfiguredTables", "ListMemberships"], 1),
        **dict.fromkeys(["BatchGetSchemaAnalysisRule", "BatchGetSchema", *(f"List{one}" for one in each)], 4),
    }


def test_one_membership_and_tables_by_their_ids(world: World) -> None:
    wanted = world.join(**SHARED)
    ids = {table["name"]: table["id"] for table in world.control.state()["configured_tables"]}
    call = {"configured_table_ids": [ids["part_02"]], "name_prefix": "acx_", "role": ROLE}
    answer = world.run("readiness_info", membership_id=world.membership(wanted[0])["id"], **call)
    unselected = {"acx_part_01": "unselected", "acx_part_03": "unselected"}
    assert states(answer["collaborations"][0]) == {**unselected, "acx_part_02": "ready"}


def test_what_differs_is_as_recorded_after_the_modules_that_write(world: World) -> None:
    there = [ours("part_01", role="another-role"), ours("part_02", name="by_hand")]
    wanted = world.join(2, associations=there)
    differs = {"acx_part_01": "differs", "by_hand": "differs", "acx_part_03": "missing"}
    assert [(one["as_recorded"], states(one)) for one in look(world, wanted, check_role=True)] == [(False, differs)] * 2
    analyses = [f"arn:aws:cleanrooms-ml:us-east-1:{PARTNER}:membership/*/configured-model-algorithm-association/*"]
    world.tables(wanted, check_role=True, recreate=True)
    world.namespaces(wanted)
    assert [one["as_recorded"] for one in look(world, wanted, check_role=True)] == [True, True]
    (entry, _other) = look(world, wanted, additional_analyses=analyses)
    assert set(states(entry).values()) == {"differs"}
    assert "additional_analyses is []" in entry["tables"][0]["reasons"][0]["message"]


def test_with_members_who_changed_what_is_shared_is_looked_at_and_the_rest_refused(world: World) -> None:
    wanted = world.join(associations=[ours("part_01")])
    world.control.add(members=[{"collaboration": "Collaboration 1", "account": OTHER}])
    for tolerated in ([], ["refused"]):
        (entry,) = look(world, wanted, tolerated_states=tolerated)
        assert states(entry) == {"acx_part_01": "ready", "acx_part_02": "refused", "acx_part_03": "refused"}
        assert entry["refused"].startswith("members changed: 777788889999")
        assert "cleanrooms_confirm_members" in entry["tables"][1]["reasons"][0]["message"]
        assert (entry["id_namespace"]["state"], entry["as_recorded"]) == ("refused", False)


@pytest.mark.parametrize("tables", [True, False])
def test_recorded_members_who_are_none_are_not_as_recorded(world: World, tables: bool) -> None:
    (record,) = world.join(**SHARED)
    world.control.add(members=[{"collaboration": "Collaboration 1", "account": OTHER, "status": "LEFT"}])
    record.update(auto_associate_tables=tables, members=[member(PARTNER), member(OTHER)])
    assert look(world, [record])[0]["as_recorded"]
    record["members"].append(member("666677778888"))
    (entry,) = look(world, [record], tolerated_states=["refused", "differs"])
    assert not entry["as_recorded"]
    assert entry["reason"].startswith("the record has members who are none, 666677778888; they may come from a merge")
    odd = {"json": {"memberSummaries": [{}]}}
    world.fault("ListMembers", answer=odd, times=None)
    (entry,) = world.run("readiness_info", fails=True, collaborations=[record], **WANTED)["collaborations"]
    assert "reason" not in entry


def test_what_is_over_or_switched_off_and_what_a_record_only_calls_over(world: World) -> None:
    """What is shared in a membership that the record calls over stays shared: to look away would hide it."""
    world.emulator.reset(scenario(7, memberships=joined(6, **SHARED)))
    world.control.add(members=[{"collaboration": "Collaboration 1", "account": PROVIDER, "status": "REMOVED"}])
    wanted = records(world.emulator)
    for record, status in zip(wanted[1:], ["inactive", "active", "left", "removed", "deleted", "left"], strict=True):
        record["status"] = status
    wanted[2]["auto_associate_tables"] = False
    entries = look(world, wanted)
    told = ["removed", "inactive", "active", "left", "removed", "deleted", "left"]
    assert [one["status"] for one in entries] == told
    assert [one["as_recorded"] for one in entries] == [False, True, True, False, False, False, True]
    assert [one["tables"] for one in entries] == [[]] * 7
    assert "REMOVED" in entries[0]["reason"]
    assert entries[2]["id_namespace"]["state"] == "ready"
    for one in entries[3:6]:
        assert f"the record says {one['status']}, but the membership " in one["reason"]
    assert "reason" not in entries[6]


def test_what_cannot_be_right_in_a_record_is_a_reason_and_hides_nothing(world: World) -> None:
    wrong, well = world.join(2, **SHARED)
    wrong.update(tables={"exclude": ["prat_01"]}, result_receivers=[OTHER])
    wrong, well = look(world, [wrong, well])
    for said in ("tables.exclude of Collaboration 1", "'prat_01' matches none", f"{OTHER} is no member here"):
        assert said in wrong["reason"]
    assert (set(states(wrong).values()), "error" in wrong) == ({"differs"}, False)
    assert (wrong["as_recorded"], well["as_recorded"]) == (False, True)


@pytest.mark.parametrize("fails_once", [False, True], ids=["well", "after a look that failed"])
def test_it_waits_for_what_was_just_associated(world: World, monkeypatch: pytest.MonkeyPatch, fails_once: bool) -> None:
    naps = []

    def sleep(seconds: float) -> None:
        """Let AWS catch up while it waits for the second time."""
        naps.append(seconds)
        world.control.settings(readiness_delay_seconds=0 if len(naps) > 1 else 600)

    monkeypatch.setattr(_read_readiness, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))
    wanted = world.join(id_namespaces=[{"name": NAMESPACE}])
    world.control.settings(readiness_delay_seconds=600)
    world.tables(wanted)
    (entry,) = look(world, wanted)
    assert set(states(entry).values()) == {"not_ready"}
    if fails_once:
        world.fault("BatchGetSchema", skip=1)
    world.control.clear_log()
    (entry,) = look(world, wanted, wait_timeout=20)
    assert (entry["as_recorded"], "error" in entry) == (True, False)
    assert (len(naps), world.requests()["BatchGetSchema"]) == (2, 3)
    assert world.requests()["ListConfiguredTableAssociations"] == 1


def test_it_does_not_wait_for_what_does_not_pass(world: World) -> None:
    tables = [{"account": PROVIDER, "names": ["part_{01..03}"], "providers": []}]
    world.emulator.reset(scenario(configured_tables=tables, memberships=joined(**SHARED)))
    (entry,) = look(world, records(world.emulator), wait_timeout=600)
    assert set(states(entry).values()) == {"not_ready"}
    assert world.requests()["BatchGetSchema"] == 1
