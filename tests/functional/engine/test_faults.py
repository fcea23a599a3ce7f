# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults of AWS and of the network: nothing twice, nothing lost, the second run all ok, every failure named."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
from engine_world import (
    NAMESPACE,
    NAMESPACE_ARN,
    PARTNER,
    PROVIDER,
    ROLE,
    TABLES,
    Data,
    RunModule,
    joined,
    records,
    scenario,
    shared,
    writes,
)

from emulator import Emulator

NAMESPACES: Data = {"name": NAMESPACE, "id_namespace_arn": NAMESPACE_ARN}
FAULTS: dict[str, Data] = {
    "500 before": {"when": "before", "error": {"status": 500}},
    "500 after": {"when": "after", "error": {"status": 500}},
    "dropped before": {"when": "before", "drop": True},
    "dropped after": {"when": "after", "drop": True},
}


def there(**more: Any) -> list[Data]:
    """One membership with one table, its rule and the namespace as they should be unless told otherwise."""
    association = {"tables": ["part_01"], "role": ROLE, "name": "acx_part_01", **more.pop("association", {})}
    namespace = {"name": NAMESPACE, **more.pop("namespace", {})}
    return joined(associations=[association], id_namespaces=[namespace], **more)


# For each kind of write: what is there before, and the module call that needs that write.
LEAVE: Data = {
    "state": "absent",
    "confirm_leaving": True,
    "name_prefix": "acx_",
    "id_namespace_name": NAMESPACE,
}
WRITES: dict[str, tuple[list[Data], str, Data]] = {
    "CreateMembership": ([], "invitation", {"trusted_creators": [PARTNER]}),
    "UpdateMembership": (there(), "invitation", {"query_log_status": "ENABLED"}),
    "DeleteMembership": (there(), "invitation", LEAVE),
    "CreateConfiguredTableAssociation": (joined(), "table_association", TABLES),
    "UpdateConfiguredTableAssociation": (
        there(association={"role": "another-role"}),
        "table_association",
        {**TABLES, "compare_role": True},
    ),
    "DeleteConfiguredTableAssociation": (
        there(association={"name": "by_hand"}),
        "table_association",
        {**TABLES, "recreate": True},
    ),
    "CreateConfiguredTableAssociationAnalysisRule": (joined(), "table_association", TABLES),
    "UpdateConfiguredTableAssociationAnalysisRule": (
        there(association={"rule": {"receivers": []}}),
        "table_association",
        TABLES,
    ),
    "DeleteConfiguredTableAssociationAnalysisRule": (
        there(),
        "table_association",
        {**TABLES, "result_receivers": []},
    ),
    "TagResource": (there(), "table_association", {**TABLES, "tags": {"team": "data"}}),
    "UntagResource": (there(association={"tags": {"old": "1"}}), "table_association", {**TABLES, "tags": {}}),
    "CreateIdNamespaceAssociation": (joined(), "namespace_association", NAMESPACES),
    "UpdateIdNamespaceAssociation": (there(namespace={"description": "old"}), "namespace_association", {}),
    "DeleteIdNamespaceAssociation": (there(), "namespace_association", {"state": "absent"}),
}


def arguments(emulator: Emulator, module: str, options: Data) -> Data:
    """The call with what belongs to the emulator's one collaboration."""
    if module == "invitation":
        named = "trusted_creators" not in options
        return {**options, **({"collaboration_ids": [records(emulator)[0]["collaboration_id"]]} if named else {})}
    if module == "namespace_association":
        options = {**NAMESPACES, **(options or {"description": "new"})}
    return {**options, "collaborations": records(emulator)}


def state_of(emulator: Emulator) -> Data:
    """What is there, without times and running numbers."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict):
            passing = ("create_time", "update_time", "sequence", "id", "membership_id")
            return {key: plain(content) for key, content in value.items() if key not in passing}
        return [plain(one) for one in value] if isinstance(value, list) else value

    state = emulator.control.state()
    kinds = ("memberships", "table_associations", "id_namespace_associations")
    return {kind: sorted((plain(one) for one in state[kind]), key=str) for kind in kinds}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("operation", WRITES)
def test_one_fault_in_one_write(emulator: Emulator, run: RunModule, operation: str, fault: str) -> None:
    memberships, module, options = WRITES[operation]
    emulator.reset(scenario(1, "part_01", memberships=memberships))
    call = arguments(emulator, module, options)
    assert run(module, **call)["changed"]
    assert operation in writes(emulator)
    wanted = state_of(emulator)
    emulator.reset(scenario(1, "part_01", memberships=memberships))
    emulator.control.fault(operation=operation, **FAULTS[fault])
    answer = run(module, **call)
    assert answer["changed"]
    assert state_of(emulator) == wanted
    assert not run(module, **call)["changed"]


@pytest.mark.parametrize("quota", [40, 20])
def test_throttling_at_the_set_rate_and_at_half_of_it(emulator: Emulator, run: RunModule, quota: int) -> None:
    emulator.reset(scenario(2, "part_{01..25}", memberships=joined(2)))
    emulator.control.settings(requests_per_second=quota, burst=1)
    run("table_association", collaborations=records(emulator), requests_per_second=40, **TABLES)
    assert len(shared(emulator)) == 50
    assert {who for _table, _role, who in shared(emulator).values()} == {(PARTNER,)}
    assert not run("table_association", collaborations=records(emulator), requests_per_second=40, **TABLES)["changed"]


def test_a_role_that_is_not_known_yet(emulator: Emulator, run: RunModule, monkeypatch: pytest.MonkeyPatch) -> None:
    from ansible_collections.acx.cleanrooms.plugins.module_utils import _pacing  # noqa: PLC0415

    monkeypatch.setattr(_pacing, "ROLE_DELAY_SECONDS", 0.2)
    emulator.reset(scenario(memberships=joined()))
    emulator.control.settings(iam_delay_seconds=1)
    run("table_association", collaborations=records(emulator), **TABLES)
    assert len(shared(emulator)) == 3


def test_lists_that_lag(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario())
    emulator.control.settings(list_lag_seconds=2)
    (accepted,) = run("invitation", trusted_creators=[PARTNER])["collaborations"]
    keys = ("name", "collaboration_id", "membership_id", "members")
    collaborations = [{key: accepted[key] for key in keys}]
    assert run("table_association", collaborations=collaborations, **TABLES)["changed"]
    assert run("namespace_association", collaborations=collaborations, **NAMESPACES)["changed"]
    again = run("table_association", collaborations=collaborations, **TABLES)
    assert not again["changed"]
    assert again["collaborations"][0]["summary"]["unchanged"] == 3
    assert len(shared(emulator)) == 3


@pytest.mark.parametrize(
    ("operation", "grant"),
    [
        ("CreateConfiguredTableAssociation", "Grant cleanrooms:CreateConfiguredTableAssociation, and iam:PassRole"),
        (
            "CreateConfiguredTableAssociationAnalysisRule",
            "Grant cleanrooms:CreateConfiguredTableAssociationAnalysisRule.",
        ),
        ("ListConfiguredTableAssociations", "Grant cleanrooms:ListConfiguredTableAssociations."),
        ("ListMembers", "Grant cleanrooms:ListMembers."),
    ],
)
def test_access_denied_in_one_collaboration(emulator: Emulator, run: RunModule, operation: str, grant: str) -> None:
    emulator.reset(scenario(3, "part_{01..05}", memberships=joined(3)))
    wanted = records(emulator)
    membership = next(
        one["id"]
        for one in emulator.control.state()["memberships"]
        if one["collaboration_id"] == wanted[1]["collaboration_id"] and one["account_id"] == PROVIDER
    )
    parameters = (
        {"collaborationIdentifier": wanted[1]["collaboration_id"]}
        if operation == "ListMembers"
        else {"membershipIdentifier": membership}
    )
    error = {"code": "AccessDeniedException", "message": "is not authorized"}
    emulator.control.fault(operation=operation, parameters=parameters, error=error, times=None)
    answer = run("table_association", fails=True, collaborations=wanted, **TABLES)
    assert [one["summary"]["associated"] for one in answer["collaborations"]][::2] == [5, 5]
    assert answer["collaborations"][1]["summary"]["failed"] >= 1
    assert grant in answer["msg"]
    assert "Collaboration 2" in answer["msg"]
    assert "Collaboration 3" not in answer["msg"]
    emulator.control.clear_faults()
    run("table_association", collaborations=wanted, **TABLES)
    assert len(shared(emulator)) == 15


def test_quota_reached_midway(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(2, "part_{01..12}", memberships=joined(2)))
    emulator.control.settings(table_associations_per_membership=10)
    wanted = records(emulator)
    answer = run("table_association", fails=True, collaborations=wanted, max_tables=12, **TABLES)
    assert [one["summary"] for one in answer["collaborations"]] == [
        {**dict.fromkeys(answer["collaborations"][0]["summary"], 0), "associated": 10, "failed": 2}
    ] * 2
    quota = emulator.control.log("CreateConfiguredTableAssociation")
    assert any(one["status"] == 402 for one in quota)
    assert "is 10; ask for more in the Service Quotas console" in answer["msg"]
    left = [action["name"] for action in answer["collaborations"][0]["actions"] if action.get("error")]
    assert all(name in answer["msg"] for name in left)
    assert len(shared(emulator)) == 20


def test_a_membership_that_ends_midway(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(2, "part_{01..20}", memberships=joined(2)))
    wanted = records(emulator)
    membership = next(
        one["id"]
        for one in emulator.control.state()["memberships"]
        if one["collaboration_id"] == wanted[0]["collaboration_id"] and one["account_id"] == PROVIDER
    )
    end = {"members": [{"collaboration": "Collaboration 1", "account": PROVIDER, "status": "REMOVED"}]}
    operation, parameters = "CreateConfiguredTableAssociation", {"membershipIdentifier": membership}
    emulator.control.fault(operation=operation, parameters=parameters, skip=3, scenario=end)
    answer = run("table_association", fails=True, collaborations=wanted, requests_per_second=5, **TABLES)
    ended, other = answer["collaborations"]
    assert ended["summary"]["failed"] >= 17
    assert "INVALID_STATE" not in answer["msg"]
    assert "The membership or collaboration is no longer active" in answer["msg"]
    assert other["summary"]["associated"] == 20
    refused = [one for one in emulator.control.log(operation) if one["status"] == 409]
    assert len(refused) <= 8, "the same kind of action goes on being tried"
    again = run("table_association", collaborations=wanted, **TABLES)
    assert [one["status"] for one in again["collaborations"]] == ["removed", "active"]
    assert not again["changed"]


def test_a_collaboration_that_its_creator_deleted(emulator: Emulator, run: RunModule, connection: Data) -> None:
    emulator.reset(scenario(2, memberships=joined(2)))
    wanted = records(emulator)
    partner = boto3.client(
        "cleanrooms",
        endpoint_url=emulator.url,
        region_name="us-east-1",
        aws_access_key_id=f"AKIA{PARTNER}",
        aws_secret_access_key="not-a-real-secret",
    )
    partner.delete_collaboration(collaborationIdentifier=wanted[0]["collaboration_id"])
    for module, options in (("table_association", TABLES), ("namespace_association", NAMESPACES)):
        answer = run(module, collaborations=wanted, **options)
        assert [one["status"] for one in answer["collaborations"]] == ["deleted", "active"]


def test_one_acceptance_that_is_denied_leaves_the_others_accepted(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(collaborations=6))
    ids = [record["collaboration_id"] for record in records(emulator)]
    error = {"code": "AccessDeniedException", "message": "no"}
    emulator.control.fault(
        operation="CreateMembership", parameters={"collaborationIdentifier": ids[0]}, error=error, times=None
    )
    answer = run("invitation", fails=True, collaboration_ids=ids, requests_per_second=5)
    assert [one["status"] for one in answer["collaborations"]] == ["invited"] + ["active"] * 5


def test_every_table_that_failed_is_named(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(1, "part_{01..12}", memberships=joined()))
    error = {"code": "AccessDeniedException", "message": "no"}
    emulator.control.fault(operation="CreateConfiguredTableAssociationAnalysisRule", error=error, times=None)
    answer = run("table_association", fails=True, collaborations=records(emulator), **TABLES)
    assert answer["collaborations"][0]["summary"]["failed"] == 12
    assert [f"acx_part_{number:02}" for number in range(1, 13) if f"acx_part_{number:02}" not in answer["msg"]] == []


def test_one_collaboration_in_two_records_is_an_error(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(2, memberships=joined(2)))
    first, second = records(emulator)
    membership = run("membership_info", collaboration_ids=[first["collaboration_id"]], details=[])["memberships"][0]
    twin = {"membership_id": membership["membership_id"], "members": [PARTNER], "tables": {"include": ["part_01"]}}
    answer = run("table_association", fails=True, collaborations=[first, twin, second], **TABLES)
    assert answer["msg"].count("two records mean this collaboration") == 2
    assert [one["summary"]["associated"] for one in answer["collaborations"]] == [0, 0, 3]


def test_an_absent_membership_is_not_called_left(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario())
    pending = records(emulator)[0]["collaboration_id"]
    answer = run("invitation", state="absent", collaboration_ids=[pending], confirm_leaving=True)
    assert (answer["collaborations"][0]["status"], answer["changed"]) == ("absent", False)


def test_a_table_is_taken_back_from_inactive_records_too(emulator: Emulator, run: RunModule) -> None:
    associations = [{"tables": ["part_01", "part_02"], "role": ROLE, "prefix": "acx_"}]
    emulator.reset(scenario(2, memberships=joined(2, associations=associations)))
    first, second = records(emulator)
    wanted = [{**first, "status": "inactive"}, {**second, "auto_associate_tables": False}]
    run("table_association", collaborations=wanted, include=["part_01", "gone_*"], name_prefix="acx_", state="absent")
    assert {name for _membership, name in shared(emulator)} == {"acx_part_02"}
