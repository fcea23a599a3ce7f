# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Associating: tables with their rules and the ID namespace, and what keeps them from being shared."""

from __future__ import annotations

from typing import Any

import pytest
from engine_world import (
    NAMESPACE,
    NAMESPACE_ARN,
    OTHER,
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


def test_associates_with_rules_everywhere_and_only_once(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(collaborations=3, memberships=joined(3)))
    foretold = run("table_association", check=True, collaborations=records(emulator), **TABLES)
    assert writes(emulator) == []
    real = run("table_association", collaborations=records(emulator), **TABLES)
    assert sorted(set(shared(emulator).values())) == [(f"part_0{number}", ROLE, (PARTNER,)) for number in (1, 2, 3)]
    assert len(shared(emulator)) == 9
    for collaboration in real["collaborations"]:
        for association in collaboration["associations"]:
            assert association.pop("id")
            assert association.pop("arn")
    assert foretold == real
    again = run("table_association", collaborations=records(emulator), **TABLES)
    assert (again["changed"], again["diff"]) == (False, [])
    assert [one["summary"]["unchanged"] for one in again["collaborations"]] == [3, 3, 3]


def test_requests_do_not_grow_with_the_tables(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(2, "part_{01..25}", memberships=joined(2)))
    run("table_association", collaborations=records(emulator), **TABLES)
    emulator.control.clear_log()
    run("table_association", collaborations=records(emulator), **TABLES)
    assert {name: sum(by.values()) for name, by in emulator.control.counts()["requests"].items()} == {
        "ListMemberships": 1,
        "ListConfiguredTables": 1,
        "GetRole": 1,
        "ListMembers": 2,
        "ListConfiguredTableAssociations": 2,
        "BatchGetSchemaAnalysisRule": 2,
    }


def test_tables_over_the_limit_are_named_and_those_there_keep_their_places(emulator: Emulator, run: RunModule) -> None:
    there = [{"tables": ["part_05"], "role": ROLE, "prefix": "acx_"}]
    emulator.reset(scenario(1, "part_{01..05}", memberships=joined(associations=there)))
    answer = run("table_association", collaborations=records(emulator), max_tables=3, **TABLES)
    assert sorted(name for _membership, name in shared(emulator)) == ["acx_part_01", "acx_part_02", "acx_part_05"]
    (found,) = answer["collaborations"]
    assert [one["name"] for one in found["actions"] if one["action"] == "leave_out"] == ["acx_part_03", "acx_part_04"]
    assert "left out acx_part_03, acx_part_04: max_tables is 3 and 1 were associated" in str(answer["warnings"])


def test_a_record_has_its_own_tables_and_receivers(emulator: Emulator, run: RunModule) -> None:
    base = scenario(collaborations=2, memberships=joined(2))
    for collaboration in base["collaborations"]:
        reader = {"account": OTHER, "display_name": "Other", "status": "ACTIVE", "abilities": ["CAN_RECEIVE_RESULTS"]}
        collaboration["members"].append(reader)
    emulator.reset(base)
    first, second = records(emulator, members=[PARTNER, OTHER])
    first.update(tables={"include": ["part_*"], "exclude": ["part_02", "part_03"]}, result_receivers=[OTHER])
    run("table_association", collaborations=[first, second], **TABLES)
    receivers = sorted(who for _table, _role, who in shared(emulator).values())
    assert receivers == [(PARTNER, OTHER)] * 3 + [(OTHER,)]
    by_collaboration = [
        {one["name"]: one["analysis_rule"]["result_receivers"] for one in collaboration["associations"]}
        for collaboration in run("table_association", collaborations=[first, second], **TABLES)["collaborations"]
    ]
    assert by_collaboration == [
        {"acx_part_01": [OTHER]},
        {f"acx_part_0{number}": [PARTNER, OTHER] for number in (1, 2, 3)},
    ]


def test_nothing_more_is_shared_when_members_changed(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(collaborations=2, memberships=joined(2)))
    changed, same = records(emulator)
    newcomer = {"collaboration": "Collaboration 1", "account": OTHER, "display_name": "New\u009b one"}
    emulator.control.add(members=[newcomer])
    answers = [
        run("table_association", collaborations=[changed, same], **TABLES),
        run("namespace_association", collaborations=[changed, same], **NAMESPACES),
    ]
    for answer in answers:
        refused, done = answer["collaborations"]
        (action,) = refused["actions"]
        assert action["reason"].startswith(f"members changed: {OTHER} (New\\x9b one)")
        assert (refused["changed"], refused["summary"]["refused"], done["changed"]) == (False, 1, True)
    confirmed = {**changed, "members": [PARTNER, OTHER]}
    assert run("table_association", collaborations=[confirmed], **TABLES)["changed"]


def test_a_record_without_pinned_members_shares_nothing(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined()))
    (record,) = records(emulator)
    del record["members"]
    answer = run("table_association", collaborations=[record], **TABLES)
    assert answer["collaborations"][0]["actions"][0]["reason"].startswith("members not confirmed")
    assert writes(emulator) == []
    membership_id = answer["collaborations"][0]["membership_id"]
    assert run("table_association", membership_id=membership_id, **TABLES)["changed"]


def test_members_that_left_drop_out_of_the_receivers(emulator: Emulator, run: RunModule) -> None:
    base = scenario(memberships=joined())
    reader = {"account": OTHER, "display_name": "Other", "status": "ACTIVE", "abilities": ["CAN_RECEIVE_RESULTS"]}
    base["collaborations"][0]["members"].append(reader)
    emulator.reset(base)
    run("table_association", collaborations=records(emulator, members=[PARTNER, OTHER]), **TABLES)
    emulator.control.add(members=[{"collaboration": "Collaboration 1", "account": OTHER, "status": "LEFT"}])
    answer = run("table_association", collaborations=records(emulator, members=[PARTNER, OTHER]), **TABLES)
    assert answer["collaborations"][0]["summary"]["repaired"] == 3
    assert {who for _table, _role, who in shared(emulator).values()} == {(PARTNER,)}


@pytest.mark.parametrize(
    ("receiver", "why"),
    [
        (PROVIDER, "is this account itself"),
        (OTHER, "is no member"),
        ("222222222222", "is a member who cannot receive results"),
    ],
)
def test_receivers_that_cannot_be_are_errors_before_any_write(
    emulator: Emulator, run: RunModule, receiver: str, why: str
) -> None:
    base = scenario(memberships=joined())
    base["collaborations"][0]["members"].append({"account": "2" * 12, "display_name": "Panel", "status": "ACTIVE"})
    emulator.reset(base)
    collaborations = records(emulator, members=[PARTNER, "2" * 12], result_receivers=[receiver])
    answer = run("table_association", fails=True, collaborations=collaborations, **TABLES)
    assert f"result_receivers: '{receiver}' {why}" in answer["msg"]
    assert f"members that can receive are {PARTNER}" in answer["msg"]
    assert writes(emulator) == []


def test_no_receiver_no_rule_and_it_is_said(emulator: Emulator, run: RunModule) -> None:
    base = scenario(memberships=joined())
    base["collaborations"][0]["creator_abilities"] = []
    emulator.reset(base)
    answer = run("table_association", collaborations=records(emulator), **TABLES)
    assert {who for _table, _role, who in shared(emulator).values()} == {()}
    assert "no active member can receive results" in str(answer["warnings"])
    assert not run("table_association", collaborations=records(emulator), **TABLES)["changed"]


def test_check_mode_plans_a_pending_invitation_as_accepted(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario())
    tables = run("table_association", check=True, collaborations=records(emulator), **TABLES)
    namespaces = run("namespace_association", check=True, collaborations=records(emulator), **NAMESPACES)
    assert tables["collaborations"][0]["summary"]["associated"] == 3
    assert namespaces["collaborations"][0]["summary"]["associated"] == 1
    answer = run("table_association", fails=True, collaborations=records(emulator), **TABLES)
    assert "accept the invitation first" in answer["msg"]
    assert writes(emulator) == []


def test_only_active_collaborations_are_worked_on(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(collaborations=4, memberships=joined(4)))
    base = records(emulator)
    base[0]["status"] = "inactive"
    base[1]["auto_associate_tables"] = False
    removed = {"collaboration": "Collaboration 3", "account": PROVIDER, "status": "REMOVED"}
    emulator.control.add(members=[removed])
    answer = run("table_association", collaborations=base, **TABLES)
    assert [one["status"] for one in answer["collaborations"]] == ["inactive", "active", "removed", "active"]
    assert [one["summary"]["associated"] for one in answer["collaborations"]] == [0, 0, 0, 3]
    assert not answer.get("warnings")


def test_namespace_step_by_step(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined()))
    steps: list[tuple[Data, str]] = [
        ({**NAMESPACES, "description": "Ours", "tags": {"Team": "data"}}, "associated"),
        ({**NAMESPACES, "description": "Ours now", "allow_use_as_dimension_column": True}, "repaired"),
        ({**NAMESPACES, "tags": {"team": "data"}}, "repaired"),
        ({**NAMESPACES, "name": "RenamedNamespace"}, "repaired"),
        ({"name": "RenamedNamespace", "state": "absent"}, "removed"),
    ]
    for wanted, ends_as in steps:
        foretold = run("namespace_association", check=True, collaborations=records(emulator), **wanted)
        real = run("namespace_association", collaborations=records(emulator), **wanted)
        assert real["collaborations"][0]["summary"][ends_as] == 1
        for answer in (foretold, real):
            for one in answer["collaborations"][0]["id_namespace_associations"]:
                one.pop("id", None)
                one.pop("arn", None)
        assert foretold == real
        assert not run("namespace_association", collaborations=records(emulator), **wanted)["changed"]
    assert emulator.control.state()["id_namespace_associations"] == []


def test_name_of_the_namespace_held_by_another(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined(id_namespaces=[{"name": NAMESPACE, "namespace": "Another"}])))
    answer = run("namespace_association", collaborations=records(emulator), **NAMESPACES)
    assert "the name is held by the association of another ID namespace" in str(answer["warnings"])
    assert run("namespace_association", collaborations=records(emulator), recreate=True, **NAMESPACES)["changed"]
    (found,) = emulator.control.state()["id_namespace_associations"]
    assert NAMESPACE_ARN in str(found)


def test_absent_takes_back_what_is_ours(emulator: Emulator, run: RunModule) -> None:
    there: list[Any] = [
        {"tables": ["part_01", "part_02"], "role": ROLE, "prefix": "acx_"},
        {"tables": ["part_03"], "role": ROLE, "name": "by_hand"},
    ]
    emulator.reset(scenario(memberships=joined(associations=there)))
    wanted = {"include": ["part_01", "part_03"], "name_prefix": "acx_", "state": "absent"}
    answer = run("table_association", collaborations=records(emulator), **wanted)
    assert sorted(name for _membership, name in shared(emulator)) == ["acx_part_02", "by_hand"]
    assert "by_hand: does not start with acx_" in str(answer["warnings"])
    assert not run("table_association", collaborations=records(emulator), **wanted)["changed"]
