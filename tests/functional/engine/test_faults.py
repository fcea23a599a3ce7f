# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of AWS and of the network: nothing twice, nothing lost, the second run all ok, every failure named."""

from __future__ import annotations

import pytest
from engine_world import (
    LEAVE,
    NAMESPACE,
    NAMESPACES,
    PARTNER,
    PROVIDER,
    TABLES,
    WRITES,
    Data,
    World,
    member,
    ours,
    without,
)

from ansible_collections.acx.cleanrooms.plugins.module_utils import _pacing

BEFORE_AND_AFTER: list[Data] = [
    {"when": when, **fault} for when in ("before", "after") for fault in ({"error": {"status": 500}}, {"drop": True})
]
PLAIN: Data = {"tables": ["part_01"]}


def state_of(world: World) -> Data:
    """What is there, without times and running numbers."""
    state = world.emulator.control.state()
    passing = ("create_time", "update_time", "sequence", "id", "membership_id")
    kinds = ("memberships", "table_associations", "id_namespace_associations")
    return {kind: sorted(without(state[kind], *passing), key=str) for kind in kinds}


@pytest.mark.parametrize("operation", WRITES)
def test_one_fault_in_one_write(world: World, operation: str) -> None:
    """A 500 and a dropped connection, before and after the write: the result is as without."""
    module, call = world.begin(operation)
    assert world.run(module, **call)["changed"]
    assert operation in world.writes()
    wanted = state_of(world)
    for fault in BEFORE_AND_AFTER:
        world.begin(operation)
        world.fault(operation, **fault)
        assert world.run(module, **call)["changed"], fault
        assert state_of(world) == wanted, fault
        assert not world.run(module, **call)["changed"], fault


@pytest.mark.parametrize("quota", [40, 20])
def test_throttling_at_the_set_rate_and_at_half_of_it(world: World, quota: int) -> None:
    wanted = world.join(2, "part_{01..15}")
    world.control.settings(requests_per_second=quota, burst=1)
    world.tables(wanted, requests_per_second=40)
    assert [receivers for _table, _role, receivers in world.shared().values()] == [(PARTNER,)] * 30
    assert not world.tables(wanted, requests_per_second=40)["changed"]


def test_a_role_that_is_not_known_yet(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_pacing, "ROLE_DELAY_SECONDS", 0.2)
    wanted = world.join()
    world.control.settings(iam_delay_seconds=1)
    world.tables(wanted)
    assert len(world.shared()) == 3


def test_lists_that_lag(world: World) -> None:
    world.invite()
    world.control.settings(list_lag_seconds=2)
    (accepted,) = world.run("invitation", trusted_creators=[PARTNER])["collaborations"]
    wanted = [{key: accepted[key] for key in ("name", "collaboration_id", "membership_id", "members")}]
    assert world.tables(wanted)["changed"]
    assert world.namespaces(wanted)["changed"]
    again = world.tables(wanted)
    assert (again["changed"], again["collaborations"][0]["summary"]["unchanged"]) == (False, 3)
    assert len(world.shared()) == 3


@pytest.mark.parametrize(
    ("operation", "grant"),
    [
        ("CreateConfiguredTableAssociation", ", and iam:PassRole"),
        ("CreateConfiguredTableAssociationAnalysisRule", "."),
        ("ListConfiguredTableAssociations", "."),
        ("ListMembers", "."),
    ],
)
def test_access_denied_in_one_collaboration(world: World, operation: str, grant: str) -> None:
    wanted = world.join(3, "part_{01..05}")
    world.fault(operation, within=wanted[1], times=None)
    answer = world.tables(wanted, fails=True)
    assert [one["summary"]["associated"] for one in answer["collaborations"]][::2] == [5, 5]
    assert answer["collaborations"][1]["summary"]["failed"] >= 1
    assert f"Grant cleanrooms:{operation}{grant}" in answer["msg"]
    assert "Collaboration 2" in answer["msg"]
    assert "Collaboration 3" not in answer["msg"]
    world.control.clear_faults()
    world.tables(wanted)
    assert len(world.shared()) == 15


def test_quota_reached_midway(world: World) -> None:
    wanted = world.join(2, "part_{01..12}")
    world.control.settings(table_associations_per_membership=10)
    answer = world.tables(wanted, fails=True, max_tables=12)
    for one in answer["collaborations"]:
        assert one["summary"] == {**dict.fromkeys(one["summary"], 0), "associated": 10, "failed": 2}
    assert any(one["status"] == 402 for one in world.control.log("CreateConfiguredTableAssociation"))
    assert "is 10; ask for more in the Service Quotas console" in answer["msg"]
    left = [action["name"] for action in answer["collaborations"][0]["actions"] if action.get("error")]
    assert all(name in answer["msg"] for name in left)
    assert len(world.shared()) == 20


@pytest.mark.usefixtures("eight_workers")
def test_a_membership_that_ends_midway(world: World) -> None:
    wanted = world.join(2, "part_{01..20}")
    end = {"members": [{"collaboration": "Collaboration 1", "account": PROVIDER, "status": "REMOVED"}]}
    operation = "CreateConfiguredTableAssociation"
    world.fault(operation, within=wanted[0], skip=3, scenario=end)
    answer = world.tables(wanted, fails=True)
    ended, other = answer["collaborations"]
    assert ended["summary"]["failed"] >= 17
    assert "INVALID_STATE" not in answer["msg"]
    assert "The membership or collaboration is no longer active" in answer["msg"]
    assert other["summary"]["associated"] == 20
    refused = [one for one in world.control.log(operation) if one["status"] == 409]
    assert len(refused) <= 8, "the same kind of action goes on being tried"
    again = world.tables(wanted)
    assert [one["status"] for one in again["collaborations"]] == ["removed", "active"]
    assert not again["changed"]


def test_a_collaboration_that_its_creator_deleted(world: World) -> None:
    wanted = world.join(2)
    world.client(PARTNER).delete_collaboration(collaborationIdentifier=wanted[0]["collaboration_id"])
    for answer in (world.tables(wanted), world.namespaces(wanted)):
        assert [one["status"] for one in answer["collaborations"]] == ["deleted", "active"]


@pytest.mark.usefixtures("eight_workers")
def test_one_acceptance_that_is_denied_leaves_the_others_accepted(world: World) -> None:
    wanted = world.invite(6)
    world.fault("CreateMembership", within=wanted[1], times=None)
    ids = [one["collaboration_id"] for one in wanted]
    answer = world.run("invitation", fails=True, collaboration_ids=ids, allowed_receivers=[PARTNER])
    assert [one["status"] for one in answer["collaborations"]] == ["active", "invited"] + ["active"] * 4
    assert answer["changed"]
    assert "membership_id" not in answer["collaborations"][1]
    assert "Grant cleanrooms:CreateMembership" in answer["msg"]
    assert "Collaboration 2" in answer["msg"]


def test_every_table_that_failed_is_named(world: World) -> None:
    wanted = world.join(1, "part_{01..12}")
    world.fault("CreateConfiguredTableAssociationAnalysisRule", times=None)
    answer = world.tables(wanted, fails=True)
    assert answer["collaborations"][0]["summary"]["failed"] == 12
    assert [f"acx_part_{number:02}" for number in range(1, 13) if f"acx_part_{number:02}" not in answer["msg"]] == []


def test_one_collaboration_in_two_records_is_an_error(world: World) -> None:
    first, second = world.join(2)
    twin = {
        "membership_id": world.membership(first)["id"],
        "members": [member(PARTNER)],
        "tables": {"include": ["part_01"]},
    }
    # Also where one of them forbids what the other allows.
    for status in ("active", "inactive"):
        wanted = [first, {**twin, "status": status}, second]
        looked = world.run("readiness_info", fails=True, collaborations=wanted, **TABLES)
        answer = world.tables(wanted, fails=True)
        for found in (answer, looked):
            assert found["msg"].count("two records mean this collaboration") == 2
        assert {membership for membership, _name in world.shared()} == {world.membership(second)["id"]}


def test_leaving_goes_on_where_it_stopped(world: World) -> None:
    there = {"associations": [ours("part_01", "part_02")], "id_namespaces": [{"name": NAMESPACE}]}
    call = {**LEAVE, "collaboration_ids": [world.join(**there)[0]["collaboration_id"]]}
    world.fault("DeleteIdNamespaceAssociation")
    stopped = world.run("invitation", fails=True, **call)
    assert stopped["collaborations"][0]["status"] == "active"
    assert world.membership()
    assert "Grant cleanrooms:DeleteIdNamespaceAssociation" in stopped["msg"]
    assert world.run("invitation", **call)["collaborations"][0]["status"] == "left"


@pytest.mark.parametrize(
    ("module", "operation"),
    [
        ("table_association", "DeleteConfiguredTableAssociation"),
        ("namespace_association", "DeleteIdNamespaceAssociation"),
    ],
)
def test_what_another_client_deleted_first_is_no_change(world: World, module: str, operation: str) -> None:
    wanted = world.join(associations=[ours("part_01")], id_namespaces=[{"name": NAMESPACE}])
    world.fault(operation, error={"code": "ResourceNotFoundException", "message": "gone"})
    options = {"table_association": TABLES, "namespace_association": NAMESPACES}[module]
    answer = world.run(module, collaborations=wanted, state="absent", **options)
    (summary,) = (one["summary"] for one in answer["collaborations"])
    assert (answer["changed"], summary["removed"], summary["unchanged"]) == (False, 0, 1)
