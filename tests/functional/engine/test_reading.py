# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The modules that only read: how much they read, and what they say of what they could not read."""

from __future__ import annotations

import pytest
from engine_world import NAMESPACE, PARTNER, PROVIDER, ROLE, Data, RunModule, joined, records, scenario, writes

from emulator import Emulator

SHARED = {
    "associations": [
        {"tables": ["part_01"], "role": ROLE, "prefix": "acx_", "description": "Ours"},
        {"tables": ["part_02"], "role": ROLE, "prefix": "acx_", "rule": "none"},
    ],
    "id_namespaces": [{"name": NAMESPACE}],
}
REQUESTS = {
    "members": {"ListMembers"},
    "associations": {"ListConfiguredTables", "ListConfiguredTableAssociations"},
    "analysis_rules": {"ListConfiguredTables", "ListConfiguredTableAssociations", "BatchGetSchemaAnalysisRule"},
    "readiness": {"ListConfiguredTables", "ListConfiguredTableAssociations", "BatchGetSchema"},
    "roles": {"ListConfiguredTables", "ListConfiguredTableAssociations", "GetConfiguredTableAssociation"},
    "id_namespace_associations": {"ListIdNamespaceAssociations"},
}


def refuse(emulator: Emulator, operation: str, collaboration: Data) -> None:
    """Refuse an operation for one collaboration."""
    wanted = {"collaborationIdentifier": collaboration["collaboration_id"]}
    emulator.control.fault(operation=operation, parameters=wanted, error={"code": "AccessDeniedException"}, times=None)


@pytest.mark.parametrize("detail", REQUESTS)
def test_only_what_is_wanted_is_read(emulator: Emulator, run: RunModule, detail: str) -> None:
    emulator.reset(scenario(memberships=joined(**SHARED)))
    run("membership_info", details=[detail])
    assert set(emulator.control.counts()["requests"]) == {"ListMemberships", *REQUESTS[detail]}


def test_everything(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined(**SHARED)))
    (membership,) = run("membership_info", details=list(REQUESTS))["memberships"]
    first, second = membership["associations"]
    assert (first["name"], first["configured_table_name"], first["description"]) == ("acx_part_01", "part_01", "Ours")
    assert (first["ready"], first["analysis_rule"]["result_receivers"]) == (True, [PARTNER])
    assert first["role_arn"] == second["role_arn"] == f"arn:aws:iam::{PROVIDER}:role/{ROLE}"
    assert (second["ready"], "analysis_rule" in second, "description" in second) == (False, False, False)
    assert [one["code"] for one in second["not_ready_reasons"]] == ["COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED"]
    assert [one["name"] for one in membership["id_namespace_associations"]] == [NAMESPACE]


def test_one_that_cannot_be_read_keeps_none_of_the_others_back(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(3, memberships=joined(3, **SHARED)))
    bad = records(emulator)[1]
    refuse(emulator, "ListMembers", bad)
    answer = run("membership_info", fails=True)
    assert answer["msg"].startswith("1 of 3 memberships could not be read whole.")
    assert f"{bad['name']} ({bad['collaboration_id']})" in answer["msg"]
    found = {one["name"]: ("error" in one, "associations" in one) for one in answer["memberships"]}
    assert found == {
        "Collaboration 1": (False, True),
        "Collaboration 2": (True, False),
        "Collaboration 3": (False, True),
    }


def test_of_a_membership_that_is_over_nothing_more_is_read(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined(**SHARED)))
    emulator.control.add(members=[{"collaboration": "Collaboration 1", "account": PROVIDER, "status": "REMOVED"}])
    (membership,) = run("membership_info")["memberships"]
    assert membership["status"] == "removed"
    assert not {"members", "associations", "id_namespace_associations"} & set(membership)


def test_invitations(emulator: Emulator, run: RunModule) -> None:
    start = scenario(3)
    start["collaborations"][0]["description"] = "Why we ask"
    start["collaborations"][0]["members"][0].update(abilities=["CAN_QUERY"], pays=True)
    emulator.reset(start)
    wanted = records(emulator)
    found = {one["name"]: one for one in run("invitation_info")["invitations"]}
    first, second, third = (found[f"Collaboration {number}"] for number in (1, 2, 3))
    assert (first["description"], first["abilities"], first["pays_for"]) == (
        "Why we ask",
        ["CAN_QUERY"],
        ["queryCompute"],
    )
    assert (second["abilities"], third["query_log_status"]) == ([], "DISABLED")
    assert {one["account_id"]: one["status"] for one in first["members"]} == {PARTNER: "ACTIVE", PROVIDER: "INVITED"}
    (one,) = run("invitation_info", collaboration_ids=[wanted[1]["collaboration_id"]])["invitations"]
    assert one["name"] == "Collaboration 2"
    refuse(emulator, "GetCollaboration", wanted[0])
    answer = run("invitation_info", fails=True)
    assert [one["name"] for one in answer["invitations"] if "error" in one] == ["Collaboration 1"]
    assert writes(emulator) == []
