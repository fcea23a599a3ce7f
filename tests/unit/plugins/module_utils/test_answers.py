# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The boundary where answers become data, with a real client of botocore whose HTTP answers are put in by hand."""

from __future__ import annotations

import functools
import json
from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from ansible_collections.acx.cleanrooms.plugins.module_utils import _api as api
from ansible_collections.acx.cleanrooms.plugins.module_utils import _settle
from ansible_collections.acx.cleanrooms.plugins.module_utils._answers import (
    DEEPEST,
    filled,
    keep_raw_answers,
    moment,
    payments,
    read,
    read_items,
    tags,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import (
    CleanRoomsError,
    UnreadableAnswerError,
    explain,
    is_of_credentials,
    may_be_written,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import (
    ANALYSIS_RULE,
    MEMBERSHIP,
    NAMESPACE_ASSOCIATION,
    TABLE_ASSOCIATION,
    TAGS,
    Action,
)

Data = dict[str, Any]
OWN, PARTNER = "111122223333", "444455556666"
ID = "00000000-0000-4000-8000-000000000001"
ARN = f"arn:aws:cleanrooms:us-east-1:{OWN}:membership/{ID}"
PAGE = "<html>Log in here.</html>"


@functools.cache
def the_client() -> Any:
    """A client; to make one takes long."""
    client = botocore.session.Session().create_client(
        "cleanrooms", "us-east-1", aws_access_key_id="none", aws_secret_access_key="none"
    )
    keep_raw_answers(client)
    return client


class Wire:
    """A client whose requests never leave the machine: C(answers) are what the service says, one after the other."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.client = the_client()
        self.client.meta.events.unregister("before-send.cleanrooms", unique_id="wire")
        self.client.meta.events.register("before-send.cleanrooms", self._answer, unique_id="wire")

    def _answer(self, request: Any, event_name: str, **_kwargs: Any) -> AWSResponse:
        self.asked.append(event_name.rpartition(".")[2])
        answer = self.answers.pop(0)
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        content = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        response = AWSResponse(request.url, status, {}, None)
        response._content = content
        return response


# Reading


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
        ({"a": filled}, {"a": 5}, "a is a number, not a string"),
        ({}, None, "it is null, not an object"),
        ({}, "text", "it is a string, not an object"),
        (tags, {"team": None}, "team is null, not a string"),
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
        (deep(DEEPEST + 1), "it is not an object of JSON but begins with"),
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


# Whether a write was carried out


ASSOCIATION = {"id": ID, "arn": "arn", "name": "acx_t", "configuredTableId": "t"}
NAMESPACE = {
    "id": "ns",
    "arn": "arn",
    "name": "N",
    "inputReferenceConfig": {"inputReferenceArn": "urn", "manageResourcePolicies": True},
}
JOINED = {
    "id": ID,
    "arn": ARN,
    "collaborationId": ID,
    "collaborationName": "C",
    "collaborationCreatorAccountId": PARTNER,
    "collaborationCreatorDisplayName": "P",
    "status": "ACTIVE",
    "createTime": 0,
    "memberAbilities": [],
}
ADDRESS = {"membershipIdentifier": ID, "configuredTableAssociationIdentifier": ID}
RULE = {"type": "CUSTOM", "result_receivers": [PARTNER], "additional_analyses": []}
POLICY = {"v1": {"custom": {"allowedResultReceivers": [PARTNER]}}}
GONE = (404, {"code": "ResourceNotFoundException", "message": "No."})
ACCEPT = Action("create", MEMBERSHIP, "C", "", {"collaborationIdentifier": ID})
ASSOCIATE = Action(
    "create",
    TABLE_ASSOCIATION,
    "acx_t",
    "",
    {"membershipIdentifier": ID, "configuredTableIdentifier": "t", "name": "acx_t"},
)
RULE_REQUEST = {**ADDRESS, "analysisRuleType": "CUSTOM"}
ALLOW = Action("create", ANALYSIS_RULE, "acx_t", "", RULE_REQUEST, after=RULE)
RENAME = Action(
    "update",
    NAMESPACE_ASSOCIATION,
    "N",
    "",
    {"membershipIdentifier": ID, "idNamespaceAssociationIdentifier": ID, "name": "new"},
)
NAME_IT = Action(
    "create",
    NAMESPACE_ASSOCIATION,
    "N",
    "",
    {"membershipIdentifier": ID, "name": "N", "inputReferenceConfig": {"inputReferenceArn": "urn"}},
)
TAG = Action("update", TAGS, "acx_t", "", {"resourceArn": ARN, "tags": {"a": "1"}})
UNTAG = Action("delete", TAGS, "acx_t", "", {"resourceArn": ARN, "tagKeys": ["b"]})
LEAVE = Action("delete", MEMBERSHIP, "C", "", {"membershipIdentifier": ID})


def memberships(**more: Any) -> Data:
    return {"membershipSummaries": [{**JOINED, **more}]}


def associations(**more: Any) -> Data:
    return {"configuredTableAssociationSummaries": [{**ASSOCIATION, **more}]}


def rule(policy: Data) -> Data:
    return {"analysisRule": {"type": "CUSTOM", "policy": policy}}


@pytest.mark.parametrize(
    ("action", "answers", "found"),
    [
        (ACCEPT, [memberships()], True),
        (ACCEPT, [memberships(status="REMOVED"), memberships()], True),
        (ACCEPT, [{"membershipSummaries": []}] * 2, False),
        (ACCEPT, [memberships(status="NEW")], None),
        (ACCEPT, [memberships(arn=5)], None),
        (ASSOCIATE, [{"configuredTableAssociationSummaries": []}, associations()], True),
        (ASSOCIATE, [associations(name="other")], False),
        (ASSOCIATE, [associations(configuredTableId="other")], False),
        (ASSOCIATE, [{}], None),
        (ALLOW, [rule(POLICY)], True),
        (ALLOW, [GONE, rule(POLICY)], True),
        (ALLOW, [GONE] * 2, False),
        (ALLOW, [rule({"v1": {"custom": {}}})], False),
        (ALLOW, [rule({"v2": {}})], None),
        (Action("update", ANALYSIS_RULE, "acx_t", "", RULE_REQUEST, after=RULE), [rule(POLICY)], True),
        (Action("update", ANALYSIS_RULE, "acx_t", "", RULE_REQUEST, after=RULE), [rule({"v1": {"custom": {}}})], False),
        (Action("delete", ANALYSIS_RULE, "acx_t", "", RULE_REQUEST), [GONE], True),
        (Action("delete", ANALYSIS_RULE, "acx_t", "", RULE_REQUEST), [rule(POLICY)], False),
        (NAME_IT, [{"idNamespaceAssociationSummaries": [NAMESPACE]}], True),
        (NAME_IT, [{"idNamespaceAssociationSummaries": [{**NAMESPACE, "name": "other"}]}], False),
        (RENAME, [{"idNamespaceAssociation": {"name": "new"}}], True),
        (RENAME, [{"idNamespaceAssociation": {"name": "N"}}], False),
        (RENAME, [GONE], False),
        (TAG, [{"tags": {"a": "1", "b": "2"}}], True),
        (TAG, [{"tags": {"a": "2"}}], False),
        (UNTAG, [{"tags": {"a": "1"}}], True),
        (UNTAG, [{"tags": {"b": "1"}}], False),
        (LEAVE, [GONE], True),
        (LEAVE, [(403, {"code": "AccessDeniedException", "message": "No."})], None),
    ],
)
def test_what_a_fresh_look_says(
    monkeypatch: pytest.MonkeyPatch, action: Action, answers: list[Any], found: bool | None
) -> None:
    """True: it was written; False: it was not; None: that cannot be told, which is an error."""
    monkeypatch.setattr(_settle, "LOOK_AGAIN_SECONDS", (0.0, 0.0))
    wire = Wire(*answers)
    if found is None:
        with pytest.raises(CleanRoomsError):
            _settle.settle(wire.client, action)
    else:
        assert (_settle.settle(wire.client, action) is not None) == found
    assert not wire.answers


def test_a_look_after_retries_does_not_wait() -> None:
    wire = Wire({"configuredTableAssociationSummaries": []})
    assert _settle.settle(wire.client, ASSOCIATE, patient=False) is None
    assert wire.asked == ["ListConfiguredTableAssociations"]
