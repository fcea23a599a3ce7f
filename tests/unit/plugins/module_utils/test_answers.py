# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The boundary where answers become data, with a real client of botocore whose HTTP answers are put in by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ansible_collections.acx.cleanrooms.plugins.module_utils import _answers
from ansible_collections.acx.cleanrooms.plugins.module_utils import _api as api
from ansible_collections.acx.cleanrooms.plugins.module_utils._answers import (
    filled,
    moment,
    payments,
    read,
    read_items,
    unknown_members,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import (
    CleanRoomsError,
    UnreadableAnswerError,
    explain,
    is_of_credentials,
    may_be_written,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.wire import Wire

Data = dict[str, Any]
OWN, PARTNER = "111122223333", "444455556666"
ID = "00000000-0000-4000-8000-000000000001"
PAGE = "<html>Log in here.</html>"


# Reading


SHAPE: Data = {"a?": str, "b": {"c?": [str], "d?": {"e?": bool}}}


@pytest.mark.parametrize(
    ("value", "unknown"),
    [
        ({"a": "x", "b": {"c": [], "d": {"e": True}}}, []),
        ({"a": {"noise": 1}, "b": {"c": [{"noise": 1}]}}, []),  # no object by the shape, which reading refuses
        ({"b": {}, "z": 1, "null": None}, ["z"]),
        ({"b": {"y": {}, "d": {"x": False}}, "z": []}, ["z", "y", "x"]),
        (None, []),
    ],
)
def test_members_that_an_update_would_drop(value: Any, unknown: list[str]) -> None:
    assert unknown_members(SHAPE, value) == unknown


@pytest.mark.parametrize(
    ("shape", "value", "found"),
    [
        ({"a": str}, {"a": "x", "unknown": [1]}, {"a": "x", "unknown": [1]}),
        ({"a?": str}, {}, {}),
        ({"a?": str}, {"a": None}, {}),
        ({"a": {"b": [int]}}, {"a": {"b": [1, 2]}}, {"a": {"b": [1, 2]}}),
        ([filled], [], []),
        ({"at": moment}, {"at": 0}, {"at": datetime(1970, 1, 1, tzinfo=UTC)}),
        ({}, {"a": None}, {"a": None}),
    ],
)
def test_what_is_read(shape: Any, value: Any, found: Any) -> None:
    assert read(shape, value) == found


@pytest.mark.parametrize(
    ("shape", "value", "said"),
    [
        ({"a": str}, {}, "a is missing"),
        ({"a": str}, {"a": None}, "a is missing"),
        ({"a": {"b": str}}, {"a": {}}, "a.b is missing"),
        ({"a": {"b": str}}, {"a": []}, "a is a list, not an object"),
        ({"a": [str]}, {"a": ["x", 5]}, "a[1] is a number, not a string"),
        ({"a": [str]}, {"a": {}}, "a is an object, not a list"),
        ({"a": int}, {"a": True}, "a is true or false, not a number"),
        ({"a": bool}, {"a": 1}, "a is a number, not true or false"),
        ({"a?": str}, {"a": 1.5}, "a is a number, not a string"),
        ({"a": filled}, {"a": ""}, "a is '', not a string that is not empty"),
        ({"a": _answers.uuid}, {"a": "{{ x }}\n"}, "a is '\\x7b{ x }}\\n', not an id as AWS gives it"),
        ({"a": filled}, {"a": 5}, "a is a number, not a string"),
        ({}, None, "it is null, not an object"),
        ({}, "text", "it is a string, not an object"),
        (_answers.tags, {"team": None}, "team is null, not a string"),
    ],
)
def test_what_cannot_be_read(shape: Any, value: Any, said: str) -> None:
    with pytest.raises(UnreadableAnswerError) as caught:
        read(shape, value)
    assert str(caught.value).removeprefix(".") == said


def test_reading_leaves_the_answer_as_it_was() -> None:
    answer = {"a": None, "b": {"c": None}}
    read({"a?": str, "b": {"c?": str}}, answer)
    assert answer == {"a": None, "b": {"c": None}}


A, B = {"id": "a", "n": 1}, {"id": "b", "n": 1}


@pytest.mark.parametrize(
    ("items", "good", "bad"),
    [
        ([A, B], ["a", "b"], []),
        ([A, B, dict(A)], ["a", "b"], []),
        ([A, B, {"id": "a", "n": 2}], ["b"], ["items: id a is there twice, and differs"]),
        ([A, B, {"id": "a"}], ["b"], ["items[2].n is missing"]),
        ([{"id": "a"}, A, B], ["b"], ["items[0].n is missing"]),
        ([A, {"n": 1}], ["a"], ["items[1].id is missing"]),
        ([A, "x", None], ["a"], ["items[1] is a string, not an object", "items[2] is null, not an object"]),
        ([A, {"id": [], "n": 1}], ["a"], ["items[1].id is a list, not a string"]),
        ([], [], []),
    ],
)
def test_items_of_a_list(items: list[Any], good: list[str], bad: list[str]) -> None:
    found, errors = read_items({"n": int}, items, "items")
    assert [one["id"] for one in found] == good
    assert [str(error) for error in errors] == bad
    assert all(isinstance(error.item, dict) for error in errors)


NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        1735689600,
        1735689600.0,
        "2025-01-01T00:00:00Z",
        "2025-01-01T01:00:00+01:00",
        "2025-01-01T00:00:00",
        "2025-01-01",
    ],
)
def test_a_time(value: Any) -> None:
    assert moment(value, "at") == NEW_YEAR


@pytest.mark.parametrize(
    "value", ["yesterday", "", None, True, [], {}, 1e400, float("nan"), -1e18, 10**400, "9999-99-99"]
)
def test_no_time(value: Any) -> None:
    with pytest.raises(UnreadableAnswerError, match="at is not a time"):
        moment(value, "at")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, ""),
        ({"queryCompute": {"isResponsible": True}}, ""),
        ({"machineLearning": {"modelTraining": {"isResponsible": False}}}, ""),
        ({"queryCompute": {}}, ""),
        ([], "p is a list, not an object"),
        ({"queryCompute": None}, "p.queryCompute is null, not an object"),
        ({"queryCompute": {"isResponsible": "yes"}}, "p.queryCompute.isResponsible is a string, not true or false"),
        ({"machineLearning": {"modelTraining": {}}}, "p.machineLearning.modelTraining.isResponsible is missing"),
        ({"machineLearning": {"modelTraining": 1}}, "p.machineLearning.modelTraining is a number, not an object"),
    ],
)
def test_payments(value: Any, said: str) -> None:
    if not said:
        assert payments(value, "p") == value
        return
    with pytest.raises(UnreadableAnswerError) as caught:
        payments(value, "p")
    assert str(caught.value) == said


# What the client's events make of answers


def deep(levels: int) -> str:
    return '{"membership":' * levels + "1" + "}" * levels


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (PAGE, "it is not an object of JSON but begins with '<html>Log in here.</html>'"),
        ("[]", "it is not an object of JSON but begins with '[]'"),
        ("null", "it is not an object of JSON but begins with 'null'"),
        (b"\xff\xfe", r"it is not an object of JSON but begins with '\\xff\\xfe'"),
        ("", "membership is missing"),
        ("{}", "membership is missing"),
        ('{"membership": []}', "membership is a list, not an object"),
        ('{"nextToken": 5}', "nextToken is not a string"),
        (deep(_answers.DEEPEST + 1), "it is not an object of JSON but begins with"),
        (deep(100_000), "it is not an object of JSON but begins with"),
        ("9" * 5000, "it is not an object of JSON but begins with"),
    ],
)
def test_an_answer_that_is_none(body: Any, said: str) -> None:
    with pytest.raises(CleanRoomsError) as caught:
        api.get_membership(Wire(body).client, ID)
    assert f"Failed to read the membership: GetMembership answered UnreadableAnswerError: {said}" in explain(
        caught.value
    )
    assert may_be_written(caught.value)
    assert not is_of_credentials(caught.value)


def member(account: str, **more: Any) -> Data:
    return {"accountId": account, "displayName": "M", "status": "ACTIVE", "abilities": [], **more}


def test_an_answer_as_it_came() -> None:
    """botocore's own reading would turn the first time into a datetime and drop what it does not know."""
    first = {"memberSummaries": [member(OWN, createTime="odd", displayName="half \ud83d")], "nextToken": "t"}
    second = {"memberSummaries": [member(PARTNER, isNew=True)], "nextToken": None}
    wire = Wire(json.dumps(first), second)
    members = api.list_members(wire.client, ID, OWN)
    assert [one["displayName"] for one in members] == ["half \\ud83d", "M"]
    assert members[1]["isNew"]
    assert wire.asked == ["ListMembers"] * 2


NAME, LABEL = "{{ x }}\u202e", "\\x7b{ x }}\\u202e"
ALWAYS = {"collaborationName", "collaborationCreatorDisplayName", "creatorDisplayName", "displayName"}
CHOSEN: Data = dict.fromkeys((*ALWAYS, "name", "description", "message"), NAME)
INVITED = {**CHOSEN, "id": ID, "creatorAccountId": PARTNER, "createTime": 0}
OURS = {**CHOSEN, "id": ID, "arn": "x", "configuredTableId": "x"}
STATUS = {"status": "NOT_READY", "analysisType": "DIRECT_ANALYSIS", "reasons": [{**CHOSEN, "code": "x"}]}


@pytest.mark.parametrize(
    ("ask", "answer", "more"),
    [
        (api.list_invitations, {"collaborationList": [INVITED]}, {"name", "description"}),
        # One that cannot be read.
        (api.list_invitations, {"collaborationList": [{**INVITED, "id": ""}]}, {"name", "description"}),
        (api.get_collaboration, {"collaboration": {**CHOSEN, "queryLogStatus": "x"}}, {"name", "description"}),
        (api.batch_get_schemas, {"schemas": [{"name": "a", "schemaStatusDetails": [STATUS]}]}, {"message"}),
        # The names of what requests send back come as they are.
        (api.list_table_associations, {"configuredTableAssociationSummaries": [OURS]}, set()),
    ],
)
def test_what_partners_chose_is_escaped(ask: Any, answer: Data, more: set[str]) -> None:
    arguments = {api.list_invitations: (), api.batch_get_schemas: (ID, ["a"])}.get(ask, (ID,))
    found = str(ask(Wire(answer).client, *arguments))
    assert {key for key in CHOSEN if f"'{key}': {LABEL!r}" in found} == ALWAYS | more
    assert {key for key in CHOSEN if f"'{key}': {NAME!r}" in found} == CHOSEN.keys() - ALWAYS - more


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ({}, "memberSummaries is missing"),
        ({"memberSummaries": None}, "memberSummaries is missing"),
        ({"memberSummaries": ""}, "memberSummaries is a string, not a list"),
        ({"memberSummaries": [{}]}, "memberSummaries[1].accountId is missing"),
        (PAGE, "it is not an object of JSON"),
    ],
)
def test_a_second_page_without_its_list(second: Any, said: str) -> None:
    with pytest.raises(CleanRoomsError) as caught:
        api.list_members(Wire({"memberSummaries": [member(OWN)], "nextToken": "t"}, second).client, ID, OWN)
    assert f"ListMembers answered UnreadableAnswerError: {said}" in explain(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (403, PAGE, "answered HTTP status 403: '<html>Log in here.</html>'. It is not from AWS"),
        (300, PAGE, "answered HTTP status 300: "),
        (403, "", "answered HTTP status 403: "),
        (403, [], "answered HTTP status 403: '[]'. It is not from AWS"),
        (403, deep(100_000), "answered HTTP status 403: "),
        (403, {"Code": 5, "__type": 7, "message": 5}, "answered HTTP status 403: 5."),
        (403, {"code": {}, "message": ["x"]}, "answered HTTP status 403: "),
        (403, {"code": "AccessDeniedException", "message": "N\ud83d"}, r"AccessDeniedException: N\ud83d. "),
        (400, {"code": "ValidationException", "message": "No.", "fieldList": "x"}, "answered ValidationException: No."),
        (400, {"code": "ConflictException", "message": "No.", "reason": ["x"]}, "answered ConflictException: No."),
        *(
            (
                402,
                {"code": "ServiceQuotaExceededException", "message": "No.", "quotaName": "Q", "quotaValue": value},
                told,
            )
            for value, told in (
                (25, "Q is 25; ask for more"),
                ("many", "Q is used up; ask for more"),
                (10**400, "Q is used up; ask for more"),
                (float("nan"), "Q is used up; ask for more"),
            )
        ),
    ],
)
def test_an_error_of_any_form(status: int, body: Any, said: str) -> None:
    with pytest.raises(CleanRoomsError) as caught:
        api.update_membership(Wire((status, body)).client, membershipIdentifier=ID)
    assert said in explain(caught.value)
    assert not is_of_credentials(caught.value)
    # A refusal of AWS's own has a code; what has none may come from a proxy behind which it was written.
    assert may_be_written(caught.value) == ("HTTP status" in explain(caught.value))


def test_schemas_without_a_name() -> None:
    """Which of those that were asked for it is cannot be told, so that none of them is just not there."""
    known = {"name": "a", "schemaStatusDetails": []}
    found = {
        str(name): api.batch_get_schemas(Wire({"schemas": [known, {"name": name}]}).client, ID, ["a", "b", "c"])
        for name in ([], None, "b", "other")
    }
    problems = {key: {one["name"]: "problem" in one for one in schemas} for key, schemas in found.items()}
    assert problems.pop("b") == {"a": False, "b": True}
    assert set(problems) == {"[]", "None", "other"}
    assert all(one == {"a": False, "b": True, "c": True} for one in problems.values())


# Which errors are of the credentials


class SSOError(Exception):
    """As botocore's, by name."""


class BotoCoreError(Exception):
    """As botocore's, by name."""


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (RuntimeError("Credentials were refreshed, but the refreshed credentials are still expired."), True),
        (FileNotFoundError("no-such-program"), True),
        (json.JSONDecodeError("Expecting value", "Log in", 0), True),
        (ValueError("Unsupported host 'x'"), True),
        (SSOError("No."), True),
        (BotoCoreError("The network."), False),
        (ValueError("Invalid endpoint: x"), False),
        (ValueError("Port out of range 0-65535"), False),
        (TypeError("Got unexpected keyword argument 'x'"), False),
        (UnreadableAnswerError("x is missing"), False),
        (ClientError({"Error": {"Code": "ExpiredTokenException"}}, "ListMembers"), True),
        (ClientError({"Error": {"Code": "AccessDenied"}}, "AssumeRole"), True),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "ListMembers"), False),
        (None, False),
    ],
)
def test_errors_of_the_credentials(raised: Exception | None, expected: bool) -> None:
    error = CleanRoomsError(message="Failed to list the members", exception=raised)
    assert is_of_credentials(error) == expected
    assert ("credentials" in explain(error)) == expected
