# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that cannot be read, or hold what this version does not know: nothing more is shared, nothing is deleted."""

from __future__ import annotations

from typing import Any

import pytest
from engine_world import (
    LEAVE,
    NAMESPACE,
    NAMESPACES,
    PARTNER,
    PROVIDER,
    TABLES,
    Data,
    World,
    joined,
    ours,
    records,
    scenario,
)

STRANGER = "999900001111"
SHARED = ours("part_{01..03}")
PAGE: Data = {"text": "<html>The proxy wants you to log in.</html>"}
RECEIVES: Data = {"account": STRANGER, "display_name": "Stranger", "abilities": ["CAN_RECEIVE_RESULTS"]}
KEYS = {
    "ListMembers": "memberSummaries",
    "ListConfiguredTables": "configuredTableSummaries",
    "ListConfiguredTableAssociations": "configuredTableAssociationSummaries",
    "ListMemberships": "membershipSummaries",
}
BAD_PAGES: dict[str, Any] = {"no list": {}, "not an object": [], "object": {"*": {}}, "string": {"*": ""}}
BAD_PAGES |= {"null": {"*": None}, "odd item": {"*": ["x"]}}


def odd(world: World, operation: str, times: int | None = None, **answer: Any) -> None:
    world.fault(operation, answer=answer, times=times)


# What is there, and the call that would do harm if the list counted as empty: share, repair, purge.
HARM: list[tuple[str, bool, str, Data]] = [
    ("ListMembers", False, "table_association", TABLES),
    ("ListMembers", True, "table_association", TABLES),
    ("ListMembers", False, "namespace_association", NAMESPACES),
    ("ListConfiguredTables", True, "table_association", {**TABLES, "include": ["part_01"], "purge": True}),
    ("ListConfiguredTableAssociations", True, "table_association", TABLES),
    ("ListMemberships", True, "table_association", TABLES),
]


@pytest.mark.parametrize("bad", ["a page of a proxy", *BAD_PAGES])
@pytest.mark.parametrize(("operation", "there", "module", "options"), HARM)
def test_a_list_without_its_items_is_an_error(
    world: World, operation: str, there: bool, module: str, options: Data, bad: str
) -> None:
    call = {**options, "collaborations": world.join(associations=[SHARED] if there else [])}
    before = world.shared()
    page = BAD_PAGES.get(bad)
    body = {KEYS[operation]: page["*"]} if isinstance(page, dict) and page else page
    odd(world, operation, **(PAGE if page is None else {"json": body}))
    for check in (True, False):
        result = world.run(module, check=check, fails=True, **call)
        assert not result.get("changed")
        assert operation in str(result)
    assert (world.shared(), world.writes()) == (before, [])


@pytest.mark.parametrize("operation", ["ListMembers", "ListConfiguredTables"])
def test_the_second_page_counts_too(world: World, operation: str) -> None:
    wanted = world.join(associations=[SHARED])
    world.control.settings(page_size=1)
    world.fault(operation, parameters={"nextToken": "*"}, answer=PAGE, times=None)
    answer = world.run("table_association", fails=True, **TABLES, collaborations=wanted, purge=True)
    assert f"{operation} answered UnreadableAnswerError: it is not an object of JSON" in answer["msg"]
    assert not world.writes()


def test_nothing_is_accepted_or_left_where_who_and_what_is_there_cannot_be_read(world: World) -> None:
    world.invite(members=[{"account": PROVIDER, "display_name": "Provider"}, RECEIVES])
    world.control.settings(page_size=2)
    world.fault("ListMembers", parameters={"nextToken": "*"}, answer=PAGE, times=None)
    world.run("invitation", fails=True, trusted_creators=[PARTNER], allowed_members=[])
    (record,) = world.join(associations=[ours("part_01", name="by_hand")])
    odd(world, "ListConfiguredTableAssociations", json={})
    answer = world.run("invitation", fails=True, collaboration_ids=[record["collaboration_id"]], **LEAVE)
    assert "configuredTableAssociationSummaries is missing" in answer["msg"]
    assert not world.writes()


def test_our_own_account_must_be_among_the_members(world: World) -> None:
    wanted = world.join()
    odd(world, "ListMembers", without=["memberSummaries.1"])
    answer = world.run("table_association", fails=True, **TABLES, collaborations=wanted)
    assert f"memberSummaries does not name this account, {PROVIDER}" in answer["msg"]
    assert not world.writes()


@pytest.mark.parametrize("differs", [False, True])
def test_items_that_come_twice_count_once(world: World, differs: bool) -> None:
    """A list may shift between two pages; what is not the same the second time is not known."""
    (record,) = world.join()
    summaries = world.client().list_members(collaborationIdentifier=record["collaboration_id"])["memberSummaries"]
    members = [{**one, "createTime": 1, "updateTime": 1} for one in summaries]
    again = [{**one, "displayName": "Another"} if differs else one for one in members]
    odd(world, "ListMembers", json={"memberSummaries": members + again})
    answer = world.run("membership_info", fails=differs, details=["members"])
    assert differs or len(answer["memberships"][0]["members"]) == 2
    assert not differs or "is there twice, and differs" in answer["msg"]


@pytest.mark.parametrize(
    ("put", "said"),
    [
        ({"status": "PENDING_ACCEPTANCE"}, "status PENDING_ACCEPTANCE is not supported by this version"),
        ({"abilities": ["CAN_SEE_ALL"]}, "ability CAN_SEE_ALL is not supported by this version"),
        ({"mlAbilities": {"customMLMemberAbilities": ["CAN_TRAIN"]}}, "ability CAN_TRAIN is not supported"),
    ],
)
def test_a_member_whom_this_version_does_not_know(world: World, put: Data, said: str) -> None:
    wanted = world.join(2, others=({**RECEIVES, "status": "ACTIVE"},))
    parts = {"set": {f"memberSummaries.2.{key}": value for key, value in put.items()}}
    world.fault("ListMembers", wanted[0], answer=parts, times=None)
    for answer in (
        world.settle("table_association", **TABLES, collaborations=wanted),
        world.settle("namespace_association", **NAMESPACES, collaborations=wanted),
    ):
        one, other = answer["collaborations"]
        assert (one["summary"]["refused"], one["changed"], other["changed"]) == (1, False, True)
        assert said in one["actions"][0]["reason"]


def test_a_table_of_an_unknown_rule_type_keeps_its_rule(world: World) -> None:
    wanted = world.join(associations=[ours("part_01")])
    before = world.shared()
    odd(world, "ListConfiguredTables", set={"configuredTableSummaries.*.analysisRuleTypes": ["SPARK"]})
    call = {**TABLES, "collaborations": wanted, "recreate": True, "name_prefix": "new_"}
    (answer,) = world.settle("table_association", **call)["collaborations"]
    assert (answer["summary"]["refused"], world.shared()) == (3, before)
    assert "rule of type SPARK is not supported by this version" in str(answer["actions"])


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"v2": {"custom": {"allowedResultReceivers": [PARTNER]}}}, "policy with version v2 is not supported"),
        ({"v1": {"custom": {"allowedResultReceivers": [], "noise": 1}}}, "policy with noise is not supported"),
        ({"v1": {"custom": {"allowedResultReceivers": "all"}}}, "allowedResultReceivers is a string, not a list"),
    ],
)
def test_one_rule_that_is_not_known_stops_that_table_alone(world: World, policy: Data, said: str) -> None:
    wanted = world.join(associations=[{**SHARED, "rule": {"receivers": []}}])
    odd(world, "BatchGetSchemaAnalysisRule", set={"analysisRules.0.collaborationPolicy": policy})
    (answer,) = world.settle("table_association", **TABLES, collaborations=wanted)["collaborations"]
    assert answer["summary"]["refused"] == 1
    assert said in str(answer["actions"])
    assert [receivers for _table, _role, receivers in world.shared().values()] == [(), (PARTNER,), (PARTNER,)]
    (entry,) = world.run("readiness_info", **TABLES, collaborations=wanted)["collaborations"]
    assert [one["state"] for one in entry["tables"]] == ["refused", "ready", "ready"]


@pytest.mark.parametrize(
    ("operation", "parts"),
    [
        ("ListMemberships", {"set": {"membershipSummaries.0.status": "FROZEN"}}),
        ("ListMemberships", {"without": ["membershipSummaries.0.id"]}),
        ("ListMemberships", {"without": ["membershipSummaries.0.collaborationId"]}),
        ("ListMemberships", {"set": {"membershipSummaries.0.createTime": "yesterday"}}),
        ("ListMembers", {"without": ["memberSummaries.0.accountId"]}),
    ],
)
def test_one_odd_value_stops_one_collaboration(world: World, operation: str, parts: Data) -> None:
    wanted = world.join(2)
    first = world.membership()["collaboration_id"]
    where = [one["collaboration_id"] for one in wanted].index(first)
    world.fault(operation, wanted[where] if operation == "ListMembers" else None, answer=parts, times=None)
    answer = world.run("table_association", fails=True, **TABLES, collaborations=wanted)
    ended = answer["collaborations"]
    assert ended[1 - where]["summary"]["associated"] == 3
    assert operation in ended[where]["error"] or "status FROZEN" in ended[where]["error"]
    assert answer["changed"]
    verdicts = world.run("readiness_info", fails=True, **TABLES, collaborations=wanted)["collaborations"]
    assert ["error" in one for one in verdicts] == [place == where for place in (0, 1)]
    memberships = world.run("membership_info", fails=True)["memberships"]
    assert sorted("error" in one for one in memberships) == [False, True]


def test_half_a_surrogate_in_a_strangers_invitation(world: World) -> None:
    world.invite(2)
    odd(world, "ListCollaborations", set={"collaborationList.*.name": "half \ud83d"})
    answer = world.run("invitation", trusted_creators=[PARTNER])
    assert [one["name"] for one in answer["collaborations"]] == ["half \\ud83d"] * 2


def test_an_unreviewed_receiver_is_told_while_the_collaboration_is_refused(world: World) -> None:
    first = ours("part_01", rule={"receivers": [PARTNER, STRANGER]})
    by_hand = ours("part_03", name="by_hand", rule={"receivers": [STRANGER]})
    second = ours("part_02", rule={"receivers": [PARTNER]})
    world.join(others=({**RECEIVES, "status": "ACTIVE"},), associations=[first, second, by_hand])
    call = {**TABLES, "include": ["part_0[12]"], "collaborations": records(world.emulator)}
    (entry,) = world.run("readiness_info", **call)["collaborations"]
    assert "members changed" in entry["refused"]
    told = [("acx_part_01", "unreviewed_receiver"), ("by_hand", "unreviewed_receiver"), ("acx_part_02", "ready")]
    assert [(one["name"], one["state"]) for one in entry["tables"]] == told
    assert f"its rule names {STRANGER}" in entry["tables"][0]["reasons"][0]["message"]
    # Where nobody knows who is there, the rules are looked at all the same.
    odd(world, "ListMembers", **PAGE)
    (entry,) = world.run("readiness_info", fails=True, **call)["collaborations"]
    assert [(one["name"], one["state"]) for one in entry["tables"]] == told


def test_an_association_of_an_unlisted_table_stops_a_purge(world: World) -> None:
    wanted = world.join(associations=[SHARED])
    odd(world, "ListConfiguredTables", without=["configuredTableSummaries.2"])
    call = {**TABLES, "include": ["part_01"], "purge": True, "collaborations": wanted}
    answer = world.settle("table_association", **call)
    assert not answer["changed"]
    assert "AWS does not list its configured table" in str(answer["collaborations"][0]["actions"])


def test_a_membership_that_is_gone_may_answer_access_denied(world: World) -> None:
    world.join()
    world.fault("GetMembership")
    gone = "00000000-0000-4000-8000-000000000000"
    said = world.run("table_association", fails=True, **TABLES, membership_id=gone)["msg"]
    told = "There is no such membership in this account and Region, or cleanrooms:GetMembership is not permitted."
    assert told in said


@pytest.mark.parametrize("keys", [("status",), ("id",), ("id", "collaborationId")])
def test_a_membership_that_cannot_be_read_may_be_one_that_was_left(world: World, keys: tuple[str, ...]) -> None:
    left = [{**one, "status": "left"} for one in world.join(associations=[SHARED])]
    odd(world, "ListMemberships", without=[f"membershipSummaries.0.{key}" for key in keys])
    (entry,) = world.run("readiness_info", fails=True, **TABLES, collaborations=left)["collaborations"]
    assert f"membershipSummaries[0].{keys[0]} is missing" in entry["error"]
    assert not entry["as_recorded"]


def test_a_removed_membership_does_not_stand_for_one_that_cannot_be_read(world: World) -> None:
    """An account that was removed and invited again has two in one collaboration; here the newer one has no id."""
    world.emulator.reset(scenario(2, memberships=[{**joined(2)[0], "status": "REMOVED"}, joined(2)[1]]))
    first, second = records(world.emulator)
    own = [one for one in world.control.state()["memberships"] if one["account_id"] == PROVIDER]
    place = [one["collaboration_id"] for one in own].index(second["collaboration_id"])
    odd(world, "ListMemberships", without=[f"membershipSummaries.{place}.{key}" for key in ("id", "collaborationId")])
    answer = world.run("table_association", fails=True, **TABLES, collaborations=[first])
    assert answer["collaborations"][0]["status"] == "active", "the record would be closed"
    world.run("invitation", fails=True, collaboration_ids=[first["collaboration_id"]], **LEAVE)
    assert not world.writes()


def test_a_table_that_cannot_be_read_is_told_where_its_name_is_missed(world: World) -> None:
    call: Data = {**TABLES, "collaborations": world.join()}
    odd(world, "ListConfiguredTables", 1, without=["configuredTableSummaries.*.name"])
    assert "configuredTableSummaries[0].name is missing" in world.run("table_association", fails=True, **call)["msg"]
    odd(world, "ListConfiguredTables", set={f"configuredTableSummaries.{place}.name": None for place in (0, 1)})
    for module in ("table_association", "readiness_info"):
        said = world.run(module, fails=True, **{**call, "include": ["part_*", "dim_*"]})["msg"]
        assert "include: 'dim_*' matches none of the 1 configured tables" in said
        assert "configuredTableSummaries[0].name is missing" in said
    assert not world.writes()


# Of every answer, so many places, each with one of these in its stead; None takes it out.
PLACES = 3
ODD = (None, 5, [5], {"odd": 5}, True)
SAMPLED: dict[str, Data] = {
    "table_association": {
        **TABLES,
        "check_role": True,
        "description": "new",
        "tags": {"a": "c"},
        "purge": True,
        "recreate": True,
    },
    "namespace_association": {**NAMESPACES, "description": "new", "tags": {}, "allow_use_as_dimension_column": True},
    "invitation": {"trusted_creators": [PARTNER], "accept_payment": True, "accept_abilities": ["CAN_QUERY"]},
    "readiness_info": {**TABLES, "id_namespace_name": NAMESPACE, "id_namespace_arn": NAMESPACES["id_namespace_arn"]},
}


def half_done(world: World) -> None:
    """Two collaborations joined, with two of three tables shared as they should not be, and one to join."""
    there = ours("part_{01..02}", tags={"a": "b"}, description="old")
    namespace = {"name": NAMESPACE, "description": "old", "tags": {"a": "b"}}
    world.emulator.reset(scenario(3, memberships=joined(2, associations=[there], id_namespaces=[namespace])))


def places_in(value: Any, path: str = "") -> list[str]:
    """The dotted paths of everything in an answer; of a list, of its first item."""
    inside = value.items() if isinstance(value, dict) else list(enumerate(value))[:1] if isinstance(value, list) else []
    found = []
    for key, item in inside:
        here = f"{path}.{key}" if path else str(key)
        found += [here, *places_in(item, here)]
    return found


@pytest.mark.parametrize("module", SAMPLED)
def test_any_part_of_an_answer_may_be_missing_or_odd(
    world: World, monkeypatch: pytest.MonkeyPatch, hurry: None, module: str
) -> None:
    """Nothing is shared that would not be shared without it, nothing is deleted, and what was written is told."""
    half_done(world)
    call = dict(SAMPLED[module])
    if module != "invitation":
        call["collaborations"] = records(world.emulator)[:2]
    answers: dict[str, list[str]] = {}
    with monkeypatch.context() as patch:
        execute = world.emulator.service.execute

        def noted(request: Any) -> Any:
            answer = execute(request)
            if request.service == "cleanrooms":
                answers.setdefault(request.operation, places_in(answer))
            return answer

        patch.setattr(world.emulator.service, "execute", noted)
        world.run(module, **call)
    best, tried = world.shared(), 0
    for operation, paths in sorted(answers.items()):
        for path in paths[:: max(1, len(paths) // PLACES)]:
            tried += 1
            value = ODD[tried % len(ODD)]
            parts: Data = {"without": [path]} if value is None else {"set": {path: value}}
            half_done(world)
            state, before = world.control.state(), world.shared()
            world.fault(operation, answer=parts, times=None)
            result = world.run(module, fails=None, **call)
            there, what = world.shared(), (operation, parts)
            assert result.get("changed", False) == (world.control.state() != state), what
            assert not set(before) - set(there), what
            for name, (table, role, receivers) in there.items():
                assert (table, role) in [best[name][:2], before.get(name, ())[:2]], what
                assert set(receivers) <= set(best[name][2]), what
    assert tried > PLACES
