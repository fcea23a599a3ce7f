# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accepting and leaving: what stays pending and why, what is asked of AWS in which order, and what keeps it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from engine_world import LEAVE, NAMESPACE, OTHER, PARTNER, PROVIDER, Data, World, member, ours

US: Data = {"display_name": "Provider", "account": "111122223333"}
TRUSTING: Data = {"trusted_creators": [PARTNER]}
ADD_MEMBER: Data = {"autoApprovedChangeTypes": ["ADD_MEMBER"]}
THIRD: Data = {"account": OTHER, "display_name": "Other"}


def test_accepts_by_id_and_returns_what_a_record_needs(world: World) -> None:
    (wanted,) = world.invite(options=ADD_MEMBER)
    call: Data = {"collaboration_ids": [wanted["collaboration_id"]], "allowed_receivers": [PARTNER]}
    call["accept_auto_approved_changes"] = ["ADD_MEMBER"]
    answer = world.settle("invitation", **call)
    (found,) = answer["collaborations"]
    assert (found["status"], found["membership_id"]) == ("active", world.membership()["id"])
    known = [{**member(PARTNER), "display_name": "Partner"}]
    assert (found["members"], found["summary"]["accepted"]) == (known, 1)
    assert datetime.fromisoformat(found["reviewed"].pop("at")).utcoffset() == timedelta()
    reviewed = {"by": f"arn:aws:iam::{PROVIDER}:user/emulator", "own_abilities": [], "own_payments": []}
    assert found["reviewed"] == {**reviewed, "auto_approved_changes": ["ADD_MEMBER"], "receivers": [PARTNER]}
    assert answer["diff"][0]["after"].startswith('membership "Collaboration 1"')
    assert '"collaboration": {"auto_approved_changes": ["ADD_MEMBER"]}' in answer["diff"][0]["after"]
    assert wanted["collaboration_id"] in answer["diff"][0]["after_header"]
    again = world.run("invitation", **call)
    assert again["collaborations"][0]["members"] == known
    assert {**again["collaborations"][0]["reviewed"], "at": ""} == {**found["reviewed"], "at": ""}
    assert world.writes() == ["CreateMembership"]


def test_what_cannot_be_reviewed_is_not_accepted(world: World) -> None:
    unreadable, well = world.invite(2)
    world.fault("GetCollaboration", within=unreadable, times=None)
    answer = world.run("invitation", fails=True, **TRUSTING)
    assert "Grant cleanrooms:GetCollaboration" in answer["msg"]
    found = {one["collaboration_id"]: one for one in answer["collaborations"]}
    assert world.writes() == ["CreateMembership"]
    assert "reviewed" not in found[unreadable["collaboration_id"]]
    assert found[well["collaboration_id"]]["membership_id"] == world.membership()["id"]
    world.fault("GetCallerIdentity", times=None)
    world.run("invitation", fails=True, collaboration_ids=[unreadable["collaboration_id"]])
    assert len(world.writes()) == 1


def test_without_ids_and_creators_all_stay_pending_and_are_told(world: World) -> None:
    world.invite(2)
    answer = world.run("invitation")
    assert [one["status"] for one in answer["collaborations"]] == ["invited", "invited"]
    for one in answer["collaborations"]:
        assert one["actions"][0]["reason"].startswith(f"the creator {PARTNER} (Partner) is not among trusted_creators")
        assert not {"members", "reviewed"} & set(one)
    assert world.requests() == {"ListCollaborations": 1, "ListMemberships": 1, "GetCallerIdentity": 1}


@pytest.mark.parametrize(
    ("members", "options", "reason"),
    [
        (
            [US, {**THIRD, "abilities": ["CAN_RECEIVE_RESULTS"]}],
            TRUSTING,
            f"allowed_receivers does not hold {OTHER} (Other) with CAN_RECEIVE_RESULTS",
        ),
        (
            [US, {**THIRD, "ml_abilities": {"customMLMemberAbilities": ["CAN_RECEIVE_INFERENCE_OUTPUT"]}}],
            {**TRUSTING, "allowed_members": [OTHER]},
            f"allowed_receivers does not hold {OTHER} (Other) with CAN_RECEIVE_INFERENCE_OUTPUT",
        ),
        ([US], {"trusted_creators": [OTHER]}, f"the creator {PARTNER} (Partner) is not among trusted_creators"),
        (
            [US, THIRD],
            {**TRUSTING, "allowed_members": []},
            f"allowed_members does not hold {OTHER} (Other)",
        ),
        ([{**US, "abilities": ["CAN_QUERY"]}], TRUSTING, "it gives this account CAN_QUERY"),
        (
            [{**US, "pays": True}],
            TRUSTING,
            "it makes this account pay for queryCompute, and accept_payment is not set",
        ),
    ],
)
def test_refuses_and_leaves_pending(world: World, members: list[Any], options: Data, reason: str) -> None:
    world.invite(members=members, creator_pays=not members[0].get("pays", False))
    answer = world.settle("invitation", **options)
    (found,) = answer["collaborations"]
    assert (found["status"], answer["changed"], found["summary"]["refused"]) == ("invited", False, 1)
    assert found["actions"][0]["reason"].startswith(reason)
    assert reason in str(answer["warnings"])
    assert world.writes() == []


def test_named_by_id_is_judged_too(world: World) -> None:
    (wanted,) = world.invite(members=[{**US, "pays": True}], creator_pays=False)
    call: Data = {"collaboration_ids": [wanted["collaboration_id"]]}
    for wider in ({}, {"accept_payment": True}, {"allowed_receivers": [PARTNER]}):
        assert not world.run("invitation", **call, **wider)["changed"]
    assert world.run("invitation", accept_payment=True, allowed_receivers=[PARTNER], **call)["changed"]
    assert world.membership()["payment"]["queryCompute"]["isResponsible"] is True


@pytest.mark.parametrize("named", [True, False])
def test_what_may_change_without_asking_keeps_it_pending(world: World, named: bool) -> None:
    approved = ["ADD_MEMBER", "REVOKE_RECEIVE_RESULTS_ABILITY"]
    (wanted,) = world.invite(options={"autoApprovedChangeTypes": approved})
    call: Data = {"allowed_receivers": [PARTNER], "collaboration_ids": [wanted["collaboration_id"]]}
    call = call if named else TRUSTING
    (refused,) = world.settle("invitation", **call)["collaborations"]
    assert refused["actions"][0]["reason"] == (
        "it may change without asking by ADD_MEMBER, which accept_auto_approved_changes does not allow"
    )
    assert world.writes() == []
    (found,) = world.run("invitation", accept_auto_approved_changes=["ADD_MEMBER"], **call)["collaborations"]
    assert found["reviewed"]["auto_approved_changes"] == approved


def test_a_type_of_change_that_this_version_does_not_know_is_not_accepted(world: World) -> None:
    world.invite()
    changes = {"collaboration": {"queryLogStatus": "DISABLED", "autoApprovedChangeTypes": ["ADD_ALL"]}}
    world.fault("GetCollaboration", answer={"json": changes}, times=None)
    (found,) = world.run("invitation", accept_auto_approved_changes=["ADD_MEMBER"], **TRUSTING)["collaborations"]
    assert "auto-approved ADD_ALL is not supported by this version" in found["actions"][0]["reason"]
    assert world.writes() == []


def test_contributors_without_abilities_are_recorded_and_receive_nothing(world: World) -> None:
    world.invite(members=[US, THIRD])
    (found,) = world.run("invitation", **TRUSTING)["collaborations"]
    assert [(one["account_id"], one["abilities"]) for one in found["members"]][1] == (OTHER, [])
    assert found["reviewed"]["receivers"] == [PARTNER]


def test_how_a_collaboration_was_set_up_is_shown(world: World) -> None:
    encryption = {"allowCleartext": True, "allowDuplicates": False, "preserveNulls": True}
    options: Data = {"analyticsEngine": "SPARK", "isMetricsEnabled": True, "jobLogStatus": "ENABLED", **ADD_MEMBER}
    options["dataEncryptionMetadata"] = {**encryption, "allowJoinsOnColumnsWithDifferentNames": False}
    world.invite(options={**options, "allowedResultRegions": ["us-east-1"]})
    (found,) = world.run("invitation_info")["invitations"]
    shown = {
        "auto_approved_changes": ["ADD_MEMBER"],
        "data_encryption_metadata": {
            "allow_cleartext": True,
            "allow_duplicates": False,
            "allow_joins_on_columns_with_different_names": False,
            "preserve_nulls": True,
        },
        "allowed_result_regions": ["us-east-1"],
        "analytics_engine": "SPARK",
        "metrics_enabled": True,
        "job_log_status": "ENABLED",
    }
    assert {key: found[key] for key in shown} == shown
    predicted = world.run("invitation", check=True, accept_auto_approved_changes=["ADD_MEMBER"], **TRUSTING)
    after = predicted["diff"][0]["after"]
    assert json.loads(after.partition(": ")[2])["collaboration"] == shown


def test_an_unknown_id_fails_before_the_first_write(world: World) -> None:
    (known,) = world.invite()
    unknown = "00000000-0000-0000-0000-000000000000"
    answer = world.run("invitation", fails=True, collaboration_ids=[known["collaboration_id"], unknown])
    assert f"collaboration_ids: '{unknown}'" in answer["msg"]
    assert world.writes() == []


def to_leave(world: World, *more: Data) -> Data:
    """Begin with tables, rules and a namespace that are ours, and C(more); return the call that leaves."""
    there = [ours("part_01", "part_02"), *more]
    (record,) = world.join(associations=there, id_namespaces=[{"name": NAMESPACE}])
    return {**LEAVE, "collaboration_ids": [record["collaboration_id"]]}


def test_leaves_when_confirmed_what_is_ours_first_and_the_membership_last(world: World) -> None:
    call = to_leave(world)
    refused = world.run("invitation", **{**call, "confirm_leaving": False})
    assert "leaving is for good" in refused["collaborations"][0]["actions"][0]["reason"]
    assert world.writes() == []
    left = world.settle("invitation", **call)
    assert any("for good" in action["reason"] for action in left["collaborations"][0]["actions"])
    assert left["collaborations"][0]["status"] == "left"
    assert world.writes() == [
        *["DeleteConfiguredTableAssociation"] * 2,
        "DeleteIdNamespaceAssociation",
        "DeleteMembership",
    ]
    again = world.run("invitation", **call)
    assert (again["changed"], again["collaborations"][0]["status"]) == (False, "absent")


def test_refuses_to_leave_what_is_not_ours_unless_forced(world: World) -> None:
    call = to_leave(world, ours("part_03", name="by_hand"))
    refused = world.run("invitation", **call)
    assert "by_hand is not ours" in refused["collaborations"][0]["actions"][0]["reason"]
    assert world.writes() == []
    assert world.run("invitation", force=True, **call)["collaborations"][0]["status"] == "left"


def test_what_hangs_on_it_and_aws_keeps_is_said(world: World) -> None:
    call = to_leave(world, ours("part_03", intermediate_tables=["made_of_it"]))
    answer = world.run("invitation", fails=True, **call)
    assert "Something else was made from it (an intermediate table, or an association)" in answer["msg"]
    assert world.membership()


def test_an_absent_membership_is_not_called_left(world: World) -> None:
    (pending,) = world.invite()
    answer = world.run("invitation", **LEAVE, collaboration_ids=[pending["collaboration_id"]])
    assert (answer["collaborations"][0]["status"], answer["changed"]) == ("absent", False)
