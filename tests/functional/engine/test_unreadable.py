# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that cannot be read, or hold what this version does not know: nothing more is shared, nothing is deleted."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

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

STRANGER = "999900001111"
SHARED: Data = {"tables": ["part_{01..03}"], "role": ROLE, "prefix": "acx_"}
PAGE: Data = {"text": "<html>The proxy wants you to log in.</html>"}
NAMESPACES: Data = {"name": NAMESPACE, "id_namespace_arn": NAMESPACE_ARN}


def stranger_in(number: int = 1, **more: Any) -> Data:
    """A member whom nobody reviewed, who may receive results."""
    return {
        "collaboration": f"Collaboration {number}",
        "account": STRANGER,
        "display_name": "Stranger",
        "abilities": ["CAN_RECEIVE_RESULTS"],
        "status": "ACTIVE",
        **more,
    }


def state_of(emulator: Emulator) -> list[Any]:
    """What is shared and joined."""
    return [shared(emulator), sorted(one["id"] for one in emulator.control.state()["memberships"])]


# The list of each kind of thing, and the calls of modules that would do harm if it counted as empty.
LISTS: dict[str, tuple[str, str, Data]] = {
    "ListMembers when sharing": ("ListMembers", "table_association", TABLES),
    "ListMembers when repairing": ("ListMembers", "table_association", {**TABLES, "include": ["part_0[12]"]}),
    "ListMembers for the namespace": ("ListMembers", "namespace_association", NAMESPACES),
    "ListConfiguredTables with purge": (
        "ListConfiguredTables",
        "table_association",
        {**TABLES, "include": [], "configured_table_ids": [], "purge": True},
    ),
    "ListConfiguredTableAssociations": ("ListConfiguredTableAssociations", "table_association", TABLES),
    "ListMemberships": ("ListMemberships", "table_association", TABLES),
}
BAD_PAGES: dict[str, Data] = {
    "a page of a proxy": PAGE,
    "no list": {"json": {}},
    "an object for the list": {"json": {"{key}": {}}},
    "a string for the list": {"json": {"{key}": ""}},
    "null for the list": {"json": {"{key}": None}},
    "a list for the body": {"json": []},
    "an item that is no object": {"json": {"{key}": ["x"]}},
}
KEYS = {
    "ListMembers": "memberSummaries",
    "ListConfiguredTables": "configuredTableSummaries",
    "ListConfiguredTableAssociations": "configuredTableAssociationSummaries",
    "ListMemberships": "membershipSummaries",
}


@pytest.mark.parametrize("bad", BAD_PAGES)
@pytest.mark.parametrize("case", LISTS)
def test_a_list_without_its_items_is_an_error(emulator: Emulator, run: RunModule, case: str, bad: str) -> None:
    operation, module, options = LISTS[case]
    emulator.reset(scenario(memberships=joined(associations=[SHARED]), members=[stranger_in()]))
    if module == "namespace_association" or case == "ListMembers when sharing":
        emulator.reset(scenario(memberships=joined(), members=[stranger_in()]))
    call = {**options, "collaborations": records(emulator, members=[PARTNER, STRANGER])}
    if options.get("include") == []:
        call["include"] = ["part_01"]
    before = state_of(emulator)
    answer = {
        kind: {name.replace("{key}", KEYS[operation]): item for name, item in value.items()}
        if isinstance(value, dict)
        else value
        for kind, value in BAD_PAGES[bad].items()
    }
    emulator.control.fault(operation=operation, answer=answer, times=None)
    for check in (True, False):
        result = run(module, check=check, fails=None, **call)
        assert not result.get("changed")
        whole = bad == "an item that is no object" and operation in ("ListConfiguredTables", "ListMemberships")
        assert whole or result["failed"], "it went on as if nothing were there"
        assert operation in str(result)
    assert state_of(emulator) == before
    assert not writes(emulator)


@pytest.mark.parametrize("operation", ["ListMembers", "ListConfiguredTables"])
def test_the_second_page_counts_too(emulator: Emulator, run: RunModule, operation: str) -> None:
    emulator.reset(scenario(memberships=joined(associations=[SHARED]), settings={"page_size": 1}))
    emulator.control.fault(operation=operation, parameters={"nextToken": "*"}, answer=PAGE, times=None)
    call = {**TABLES, "collaborations": records(emulator), "purge": True, "result_receivers": []}
    answer = run("table_association", fails=True, **call)
    assert f"{operation} answered UnreadableAnswerError: it is not an object of JSON" in answer["msg"]
    assert not writes(emulator)


def test_nothing_is_accepted_where_the_second_page_of_members_cannot_be_read(
    emulator: Emulator, run: RunModule
) -> None:
    emulator.reset(scenario(members=[stranger_in(status="INVITED")], settings={"page_size": 2}))
    emulator.control.fault(operation="ListMembers", parameters={"nextToken": "*"}, answer=PAGE, times=None)
    run("invitation", fails=True, trusted_creators=[PARTNER], allowed_members=[])
    assert not writes(emulator)


def test_nobody_leaves_where_what_hangs_there_cannot_be_read(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined(associations=[{**SHARED, "prefix": "by_hand_"}])))
    emulator.control.fault(operation="ListConfiguredTableAssociations", answer={"json": {}}, times=None)
    leave: Data = {"state": "absent", "confirm_leaving": True, "name_prefix": "acx_"}
    answer = run("invitation", fails=True, collaboration_ids=[records(emulator)[0]["collaboration_id"]], **leave)
    assert "configuredTableAssociationSummaries is missing" in answer["msg"]
    assert not writes(emulator)


def test_our_own_account_must_be_among_the_members(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined()))
    emulator.control.fault(operation="ListMembers", answer={"without": ["memberSummaries.1"]}, times=None)
    answer = run("table_association", fails=True, **TABLES, collaborations=records(emulator))
    assert f"memberSummaries does not name this account, {PROVIDER}" in answer["msg"]
    assert not writes(emulator)


@pytest.mark.parametrize("differs", [False, True])
def test_items_that_come_twice_count_once(emulator: Emulator, run: RunModule, differs: bool) -> None:
    """A list may shift between two pages; what is not the same the second time is not known."""
    emulator.reset(scenario(memberships=joined()))
    (record,) = records(emulator)
    request = urllib.request.Request(f"{emulator.url}/collaborations/{record['collaboration_id']}/members")
    request.add_header(
        "Authorization", f"AWS4-HMAC-SHA256 Credential={PROVIDER}/20250101/us-east-1/cleanrooms/aws4_request"
    )
    with urllib.request.urlopen(request) as answer:
        members = json.load(answer)["memberSummaries"]
    again = [{**member, "displayName": "Another" if differs else member["displayName"]} for member in members]
    emulator.control.fault(operation="ListMembers", answer={"json": {"memberSummaries": members + again}}, times=None)
    answered = run("membership_info", fails=differs, details=["members"])
    assert differs or len(answered["memberships"][0]["members"]) == 2
    assert not differs or "is there twice, and differs" in answered["msg"]


@pytest.mark.parametrize(
    ("put", "said"),
    [
        ({"memberSummaries.*.status": "PENDING_ACCEPTANCE"}, "status PENDING_ACCEPTANCE is not supported"),
        ({"memberSummaries.0.abilities": ["CAN_SEE_ALL"]}, "ability CAN_SEE_ALL is not supported"),
        (
            {"memberSummaries.0.mlAbilities": {"customMLMemberAbilities": ["CAN_TRAIN"]}},
            "ability CAN_TRAIN is not supported",
        ),
    ],
)
def test_a_member_whom_this_version_does_not_know(emulator: Emulator, run: RunModule, put: Data, said: str) -> None:
    emulator.reset(scenario(2, memberships=joined(2), members=[stranger_in()]))
    first, _second = records(emulator)
    emulator.control.fault(
        operation="ListMembers",
        parameters={"collaborationIdentifier": first["collaboration_id"]},
        answer={"set": put},
        times=None,
    )
    call = {**TABLES, "collaborations": records(emulator, members=[PARTNER, STRANGER])}
    predicted = run("table_association", check=True, **call)
    answer = run("table_association", **call)
    one, other = answer["collaborations"]
    assert one["summary"]["refused"] == 1
    assert said in one["actions"][0]["reason"]
    assert other["summary"]["associated"] == 3
    assert [entry["actions"] for entry in predicted["collaborations"]] == [
        entry["actions"] for entry in answer["collaborations"]
    ]
    assert not run("table_association", **call)["changed"]
    namespace = run("namespace_association", **NAMESPACES, collaborations=call["collaborations"])
    assert [entry["summary"]["refused"] for entry in namespace["collaborations"]] == [1, 0]


def test_a_table_of_an_unknown_rule_type_keeps_its_rule(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined(associations=[{**SHARED, "tables": ["part_01"]}])))
    before = shared(emulator)
    emulator.control.fault(
        operation="ListConfiguredTables",
        answer={"set": {"configuredTableSummaries.*.analysisRuleTypes": ["SPARK"]}},
        times=None,
    )
    call = {**TABLES, "collaborations": records(emulator), "recreate": True, "name_prefix": "new_"}
    for check in (True, False):
        answer = run("table_association", check=check, **call)
        assert not answer["changed"]
        assert answer["collaborations"][0]["summary"]["refused"] == 3
        assert "rule of type SPARK is not supported by this version" in str(answer["collaborations"][0]["actions"])
    assert shared(emulator) == before


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ({"v2": {"custom": {"allowedResultReceivers": [PARTNER]}}}, "policy with version v2 is not supported"),
        (
            {"v1": {"custom": {"allowedResultReceivers": [PARTNER], "noise": 1}}},
            "policy with noise is not supported",
        ),
        ({"v1": {"custom": {"allowedResultReceivers": "all"}}}, "allowedResultReceivers is a string, not a list"),
    ],
)
def test_one_rule_that_is_not_known_stops_that_table_alone(
    emulator: Emulator, run: RunModule, policy: Data, said: str
) -> None:
    rule = {"receivers": []}
    emulator.reset(scenario(memberships=joined(associations=[{**SHARED, "rule": rule}])))
    emulator.control.fault(
        operation="BatchGetSchemaAnalysisRule",
        answer={"set": {"analysisRules.0.collaborationPolicy": policy}},
        times=None,
    )
    call = {**TABLES, "collaborations": records(emulator)}
    for _run in range(2):
        answer = run("table_association", **call)["collaborations"][0]
        assert answer["summary"]["refused"] == 1
        assert said in str(answer["actions"])
    assert [receivers for _table, _role, receivers in shared(emulator).values()] == [(), (PARTNER,), (PARTNER,)]
    verdicts = run("readiness_info", **TABLES, collaborations=call["collaborations"])["collaborations"][0]["tables"]
    assert [verdict["state"] for verdict in verdicts] == ["refused", "ready", "ready"]


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
def test_one_odd_value_stops_one_collaboration(emulator: Emulator, run: RunModule, operation: str, parts: Data) -> None:
    emulator.reset(scenario(2, memberships=joined(2)))
    listed = records(emulator)
    membership = emulator.control.state()["memberships"][0]
    where = [one["collaboration_id"] for one in listed].index(membership["collaboration_id"])
    parameters = {"collaborationIdentifier": membership["collaboration_id"]} if operation == "ListMembers" else {}
    emulator.control.fault(operation=operation, parameters=parameters, answer=parts, times=None)
    answer = run("table_association", fails=True, **TABLES, collaborations=listed)
    ended = answer["collaborations"]
    assert ended[1 - where]["summary"]["associated"] == 3
    assert operation in ended[where]["error"] or "status FROZEN" in ended[where]["error"]
    assert answer["changed"]
    verdicts = run("readiness_info", fails=True, **TABLES, collaborations=listed)["collaborations"]
    assert verdicts[1 - where]["as_recorded"]
    assert "error" in verdicts[where]
    memberships = run("membership_info", fails=True)["memberships"]
    assert sorted("error" in one for one in memberships) == [False, True]


def test_half_a_surrogate_in_a_strangers_invitation(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(2))
    emulator.control.fault(
        operation="ListCollaborations", answer={"set": {"collaborationList.*.name": "half \ud83d"}}, times=None
    )
    answer = run("invitation", trusted_creators=[PARTNER])
    assert [one["name"] for one in answer["collaborations"]] == ["half \\ud83d"] * 2
    assert answer["changed"]


WRITES: dict[str, tuple[Data, str, Data]] = {
    "CreateMembership": ({}, "invitation", {"trusted_creators": [PARTNER]}),
    "CreateConfiguredTableAssociation": ({"memberships": joined()}, "table_association", TABLES),
    "CreateConfiguredTableAssociationAnalysisRule": ({"memberships": joined()}, "table_association", TABLES),
    "UpdateConfiguredTableAssociation": (
        {"memberships": joined(associations=[{**SHARED, "role": "another-role"}])},
        "table_association",
        {**TABLES, "compare_role": True},
    ),
    "UpdateConfiguredTableAssociationAnalysisRule": (
        {"memberships": joined(associations=[{**SHARED, "rule": {"receivers": []}}])},
        "table_association",
        TABLES,
    ),
    "DeleteConfiguredTableAssociationAnalysisRule": (
        {"memberships": joined(associations=[SHARED])},
        "table_association",
        {**TABLES, "result_receivers": []},
    ),
    "DeleteConfiguredTableAssociation": (
        {"memberships": joined(associations=[SHARED])},
        "table_association",
        {**TABLES, "state": "absent"},
    ),
    "TagResource": (
        {"memberships": joined(associations=[SHARED])},
        "table_association",
        {**TABLES, "tags": {"team": "data"}},
    ),
    "CreateIdNamespaceAssociation": ({"memberships": joined()}, "namespace_association", NAMESPACES),
    "UpdateIdNamespaceAssociation": (
        {"memberships": joined(id_namespaces=[{"name": NAMESPACE, "description": "old"}])},
        "namespace_association",
        {**NAMESPACES, "description": "new"},
    ),
    "DeleteIdNamespaceAssociation": (
        {"memberships": joined(id_namespaces=[{"name": NAMESPACE}])},
        "namespace_association",
        {**NAMESPACES, "state": "absent"},
    ),
}


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", WRITES)
def test_a_write_whose_answer_cannot_be_read(
    emulator: Emulator, run: RunModule, monkeypatch: pytest.MonkeyPatch, operation: str, when: str
) -> None:
    """What was carried out counts as changed, what was not fails; the run after it brings the rest."""
    monkeypatch.setattr(
        "ansible_collections.acx.cleanrooms.plugins.module_utils._settle.LOOK_AGAIN_SECONDS", (0.0, 0.01)
    )
    there, module, options = WRITES[operation]
    emulator.reset(scenario(**there))
    call = options if module == "invitation" else {**options, "collaborations": records(emulator)}
    emulator.control.fault(operation=operation, when=when, answer=PAGE)
    answer = run(module, fails=when == "before", **call)
    assert answer["changed"] or (when == "before" and len(writes(emulator)) == 1)
    if when == "before":
        assert f"{operation} answered UnreadableAnswerError: it is not an object of JSON" in answer["msg"]
        assert run(module, **call)["changed"]
    assert not run(module, **call)["changed"]


def test_a_write_that_nobody_can_look_at_may_have_been_made(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined(), tables="part_01"))
    emulator.control.fault(
        operation="CreateConfiguredTableAssociation",
        when="after",
        answer=PAGE,
    )
    emulator.control.fault(operation="ListConfiguredTableAssociations", skip=1, answer=PAGE, times=None)
    answer = run("table_association", fails=True, **TABLES, collaborations=records(emulator))
    assert answer["changed"]
    assert "Whether it was written is not known; run again." in answer["msg"]


def test_an_unreviewed_receiver_is_told_while_the_collaboration_is_refused(emulator: Emulator, run: RunModule) -> None:
    first: Data = {**SHARED, "tables": ["part_01"], "rule": {"receivers": [PARTNER, STRANGER]}}
    second: Data = {**SHARED, "tables": ["part_02"], "rule": {"receivers": [PARTNER]}}
    by_hand = {"tables": ["part_03"], "role": ROLE, "name": "by_hand", "rule": {"receivers": [STRANGER]}}
    emulator.reset(scenario(members=[stranger_in()], memberships=joined(associations=[first, second, by_hand])))
    call: Data = {**TABLES, "include": ["part_0[12]"], "collaborations": records(emulator)}
    entry = run("readiness_info", **call)["collaborations"][0]
    assert "members changed" in entry["refused"]
    assert [(one["name"], one["state"]) for one in entry["tables"]] == [
        ("acx_part_01", "unreviewed_receiver"),
        ("by_hand", "unreviewed_receiver"),
        ("acx_part_02", "ready"),
    ]
    assert f"its rule names {STRANGER}" in entry["tables"][0]["reasons"][0]["message"]
    # Where nobody knows who is there, the rules are looked at all the same.
    emulator.control.fault(operation="ListMembers", answer=PAGE, times=None)
    entry = run("readiness_info", fails=True, **call)["collaborations"][0]
    assert [one["state"] for one in entry["tables"]] == ["unreviewed_receiver", "unreviewed_receiver", "ready"]


def test_an_association_of_an_unlisted_table_stops_a_purge(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined(associations=[SHARED])))
    emulator.control.fault(
        operation="ListConfiguredTables", answer={"without": ["configuredTableSummaries.2"]}, times=None
    )
    call: Data = {**TABLES, "include": ["part_01"], "purge": True, "collaborations": records(emulator)}
    answer = run("table_association", **call)
    assert not answer["changed"]
    assert "AWS does not list its configured table" in str(answer["collaborations"][0]["actions"])


def test_a_membership_that_is_gone_may_answer_access_denied(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined()))
    emulator.control.fault(operation="GetMembership", error={"code": "AccessDeniedException", "message": "No."})
    gone = "00000000-0000-4000-8000-000000000000"
    answer = run("table_association", fails=True, **TABLES, membership_id=gone)
    assert (
        "There is no such membership in this account and Region, or cleanrooms:GetMembership is not permitted."
        in (answer["msg"])
    )


def test_a_body_of_another_shape_in_an_error(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined()))
    for body in ([], "x", {"message": 5, "reason": ["x"], "quotaValue": "many", "code": {}}):
        emulator.control.clear_faults()
        emulator.control.fault(
            operation="CreateConfiguredTableAssociation", answer={"json": body, "status": 403}, times=None
        )
        answer = run("table_association", fails=True, **TABLES, collaborations=records(emulator))
        assert "CreateConfiguredTableAssociation answered" in answer["msg"]


CHANGED: Data = {
    **TABLES,
    "compare_role": True,
    "description": "new",
    "tags": {"a": "c"},
    "purge": True,
    "recreate": True,
}
VERIFIED: Data = {**TABLES, "namespace_name": NAMESPACE, "id_namespace_arn": NAMESPACE_ARN}
CALLS: dict[str, Data] = {
    "table_association": CHANGED,
    "namespace_association": {
        **NAMESPACES,
        "description": "new",
        "tags": {"a": "c"},
        "allow_use_as_dimension_column": True,
    },
    "invitation": {"trusted_creators": [PARTNER], "accept_payment": True, "accept_abilities": ["CAN_QUERY"]},
    "readiness_info": VERIFIED,
}
# Of every answer, so many places, each with one of these in its stead; None takes it out.
PLACES = 3
ODD = (None, 5, [5], {"odd": 5}, True)


def half_done(emulator: Emulator) -> None:
    """Two collaborations joined, with two of three tables shared as they should not be, and one to join."""
    there = {**SHARED, "tables": ["part_{01..02}"], "tags": {"a": "b"}, "description": "old"}
    namespace = {"name": NAMESPACE, "description": "old"}
    emulator.reset(scenario(3, memberships=joined(2, associations=[there], id_namespaces=[namespace])))


def places_in(value: Any, path: str = "") -> list[str]:
    """The dotted paths of everything in an answer; of a list, of its first item."""
    inside = value.items() if isinstance(value, dict) else list(enumerate(value))[:1] if isinstance(value, list) else []
    found = []
    for key, item in inside:
        here = f"{path}.{key}" if path else str(key)
        found += [here, *places_in(item, here)]
    return found


@pytest.mark.parametrize("module", CALLS)
def test_any_part_of_an_answer_may_be_missing_or_odd(
    emulator: Emulator, run: RunModule, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    """Nothing is shared that would not be shared without it, nothing is deleted, and what was written is told."""
    monkeypatch.setattr("ansible_collections.acx.cleanrooms.plugins.module_utils._settle.LOOK_AGAIN_SECONDS", (0.0,))
    half_done(emulator)
    call = CALLS[module] if module == "invitation" else {**CALLS[module], "collaborations": records(emulator)[:2]}
    answers: dict[str, Any] = {}
    with monkeypatch.context() as patch:
        execute = emulator.service.execute

        def noted(request: Any) -> Any:
            answer = execute(request)
            if request.service == "cleanrooms":
                answers.setdefault(request.operation, json.loads(json.dumps(answer)))
            return answer

        patch.setattr(emulator.service, "execute", noted)
        run(module, **call)
    best = shared(emulator)
    tried = 0
    for operation, answer in sorted(answers.items()):
        paths = places_in(answer)
        for path in paths[:: max(1, len(paths) // PLACES)]:
            tried += 1
            odd = ODD[tried % len(ODD)]
            half_done(emulator)
            before = emulator.control.state()
            shared_before = shared(emulator)
            parts = {"without": [path]} if odd is None else {"set": {path: odd}}
            emulator.control.fault(operation=operation, answer=parts, times=None)
            result = run(module, fails=None, **call)
            there, what = shared(emulator), (operation, parts)
            assert result.get("changed", False) == (emulator.control.state() != before), what
            assert not set(shared_before) - set(there), what
            for name, (table, role, receivers) in there.items():
                assert (table, role) in [best[name][:2], shared_before.get(name, ())[:2]], what
                assert set(receivers) <= set(best[name][2]), what
    assert tried > PLACES


@pytest.mark.parametrize("operation", WRITES)
def test_an_error_page_of_a_proxy_may_hide_a_write(
    emulator: Emulator, run: RunModule, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    """An error without a code is none of AWS's: the proxy may have let the request through."""
    monkeypatch.setattr("ansible_collections.acx.cleanrooms.plugins.module_utils._settle.LOOK_AGAIN_SECONDS", (0.0,))
    there, module, options = WRITES[operation]
    emulator.reset(scenario(**there))
    call = options if module == "invitation" else {**options, "collaborations": records(emulator)}
    emulator.control.fault(operation=operation, when="after", answer={**PAGE, "status": 403}, times=None)
    assert run(module, **call)["changed"]
    emulator.control.clear_faults()
    assert not run(module, **call)["changed"]


@pytest.mark.parametrize(
    "parts", [{"without": ["membershipSummaries.0.arn"]}, {"set": {"membershipSummaries.0.status": "NEW"}}]
)
def test_an_acceptance_that_cannot_be_told_counts_as_changed(emulator: Emulator, run: RunModule, parts: Data) -> None:
    emulator.reset(scenario())
    emulator.control.fault(operation="CreateMembership", answer={"without": ["membership.id"]}, times=None)
    emulator.control.fault(operation="ListMemberships", skip=1, answer=parts, times=None)
    answer = run("invitation", fails=True, trusted_creators=[PARTNER])
    assert answer["changed"]
    assert "Whether it was written is not known; run again." in answer["msg"]
    assert answer["collaborations"][0]["status"] == "invited"


@pytest.mark.parametrize("keys", [("status",), ("id",), ("id", "collaborationId")])
def test_a_membership_that_cannot_be_read_may_be_one_that_was_left(
    emulator: Emulator, run: RunModule, keys: tuple[str, ...]
) -> None:
    emulator.reset(scenario(memberships=joined(associations=[SHARED])))
    without = [f"membershipSummaries.0.{key}" for key in keys]
    emulator.control.fault(operation="ListMemberships", answer={"without": without}, times=None)
    left = records(emulator, status="left")
    (entry,) = run("readiness_info", fails=True, **TABLES, collaborations=left)["collaborations"]
    assert f"membershipSummaries[0].{keys[0]} is missing" in entry["error"]
    assert not entry["as_recorded"]


def test_a_removed_membership_does_not_stand_for_one_that_cannot_be_read(emulator: Emulator, run: RunModule) -> None:
    """An account that was removed and invited again has two in one collaboration; here the newer one has no id."""
    emulator.reset(scenario(2, memberships=[{**joined(2)[0], "status": "REMOVED"}, joined(2)[1]]))
    first, second = records(emulator)
    ours = [one for one in emulator.control.state()["memberships"] if one["account_id"] == PROVIDER]
    place = [one["collaboration_id"] for one in ours].index(second["collaboration_id"])
    places = [f"membershipSummaries.{place}.{key}" for key in ("id", "collaborationId")]
    emulator.control.fault(operation="ListMemberships", answer={"without": places}, times=None)
    answer = run("table_association", fails=True, **TABLES, collaborations=[first])
    assert answer["collaborations"][0]["status"] == "active", "the record would be closed"
    leave: Data = {"state": "absent", "confirm_leaving": True, "collaboration_ids": [first["collaboration_id"]]}
    run("invitation", fails=True, **leave)
    assert not writes(emulator)


def test_a_table_that_cannot_be_read_is_told_where_its_name_is_missed(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined()))
    emulator.control.fault(
        operation="ListConfiguredTables", answer={"without": ["configuredTableSummaries.*.name"]}, times=1
    )
    call: Data = {**TABLES, "collaborations": records(emulator)}
    assert "configuredTableSummaries[0].name is missing" in run("table_association", fails=True, **call)["msg"]
    names = {f"configuredTableSummaries.{place}.name": None for place in (0, 1)}
    emulator.control.fault(operation="ListConfiguredTables", answer={"set": names}, times=None)
    for module in ("table_association", "readiness_info"):
        answer = run(module, fails=True, **{**call, "include": ["part_*", "dim_*"]})
        assert "include: 'dim_*' matches none of the 1 configured tables" in answer["msg"]
        assert "configuredTableSummaries[0].name is missing" in answer["msg"]
    assert not writes(emulator)


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"endpoint_url": "not a url"}, "Invalid endpoint: not a url. Write endpoint_url as https://<host>"),
        ({"endpoint_url": "http://127.0.0.1:99999"}, "Port out of range 0-65535. Write endpoint_url as https://<host>"),
        ({"aws_config": {"nonsense": 1}}, "unexpected keyword argument 'nonsense'. Look at aws_config"),
    ],
)
def test_an_option_of_the_connection_is_no_matter_of_credentials(run: RunModule, option: Data, said: str) -> None:
    assert said in run("membership_info", fails=True, **option)["msg"]
