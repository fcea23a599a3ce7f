# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers on order: bodies of any kind, and real answers with parts taken out or put in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError
from emulator_world import PANEL, PARTNER, PROVIDER, World, send

from emulator import ControlError

Refused = Callable[..., dict[str, Any]]
PAGE = "<html>Zoë's proxy<br></html>"


def members(world: World, **parameters: Any) -> dict[str, Any]:
    """The answer to ListMembers as it is on the wire."""
    path = f"/collaborations/{world.collaboration_id}/members"
    query = "&".join(f"{name}={value}" for name, value in parameters.items())
    status, _headers, body = send(world, "GET", f"{path}?{query}")
    assert status == 200
    answer: dict[str, Any] = json.loads(body)
    return answer


@pytest.mark.parametrize(
    ("answer", "status", "content_type", "body"),
    [
        ({"text": PAGE}, 200, "text/html", PAGE.encode()),
        ({"text": PAGE, "status": 407, "content_type": "text/plain"}, 407, "text/plain", PAGE.encode()),
        ({"text": ""}, 200, "text/html", b""),
        ({"text": "\ud83d"}, 200, "text/html", b"\xed\xa0\xbd"),
        ({"json": [1]}, 200, "application/json", b"[1]"),
        ({"json": None, "status": 503}, 503, "application/json", b"null"),
        ({"json": {"name": "\ud83d"}}, 200, "application/json", rb'{"name": "\ud83d"}'),
    ],
)
@pytest.mark.parametrize("service", ["cleanrooms", "sts", "iam"])
def test_any_body_in_place_of_the_answer(
    world: World, service: str, answer: dict[str, Any], status: int, content_type: str, body: bytes
) -> None:
    number = world.control.fault(answer=answer)
    answered, headers, sent = send(world, "GET", "/memberships", service=service)
    assert (answered, headers["Content-Type"], sent) == (status, content_type, body)
    assert [(entry["fault"], entry["status"]) for entry in world.control.log()] == [(number, status)]
    assert world.control.faults()[0]["answer"] == answer


@pytest.mark.parametrize(("when", "joined"), [("before", "INVITED"), ("after", "ACTIVE")])
@pytest.mark.parametrize("answer", [{"text": PAGE}, {"json": 5}])
def test_the_operation_is_carried_out_only_before_a_body_that_comes_after(
    world: World, answer: dict[str, Any], when: str, joined: str
) -> None:
    world.control.fault(operation="CreateMembership", when=when, answer=answer)
    with pytest.raises((AttributeError, KeyError, TypeError, ResponseParserError)):
        world.join()
    assert [one["status"] for one in members(world)["memberSummaries"]] == ["ACTIVE", joined, "ACTIVE"]


def test_parts_are_taken_out_and_put_in(world: World) -> None:
    for order, expected in (
        ({"without": ["memberSummaries"]}, {}),
        ({"without": ["memberSummaries.0", "memberSummaries.1"]}, [PANEL]),
        ({"without": ["memberSummaries.*"]}, []),
        ({"without": ["memberSummaries.*.accountId"]}, [None] * 3),
        ({"without": ["memberSummaries.0.accountId"]}, [None, PROVIDER, PANEL]),
        ({"set": {"memberSummaries.1.accountId": 5}}, [PARTNER, 5, PANEL]),
        ({"set": {"memberSummaries.*.accountId": "\ud83d"}}, ["\ud83d"] * 3),
        ({"set": {"memberSummaries": None}}, {"memberSummaries": None}),
        ({"set": {"nextToken": "t"}, "without": ["memberSummaries"]}, {"nextToken": "t"}),
        (
            {"without": ["memberSummaries.0"], "set": {"memberSummaries.1.accountId": [], "memberSummaries.2": {}}},
            [[], None],
        ),
    ):
        world.control.fault(operation="ListMembers", answer=order)
        answer = members(world)
        found = answer.get("memberSummaries")
        assert (answer if found is None else [one.get("accountId") for one in found]) == expected
    assert [one["accountId"] for one in members(world)["memberSummaries"]] == [PARTNER, PROVIDER, PANEL]


def test_a_member_that_the_answer_lacks_is_set_where_the_model_has_it(world: World) -> None:
    world.control.fault(operation="ListMembers", answer={"set": {"memberSummaries.1.membershipId": "M"}})
    assert members(world)["memberSummaries"][1]["membershipId"] == "M"
    world.control.fault(operation="GetMembership", answer={"set": {"membership.paymentConfiguration.jobCompute": 5}})
    identity = {"membershipIdentifier": world.join()}
    status, _headers, body = send(world, "GET", f"/memberships/{identity['membershipIdentifier']}")
    assert (status, json.loads(body)["membership"]["paymentConfiguration"]["jobCompute"]) == (200, 5)


@pytest.mark.parametrize("chosen", [{"parameters": {"nextToken": "*"}}, {"skip": 1}])
@pytest.mark.parametrize("answer", [{"without": ["memberSummaries"]}, {"text": PAGE}])
def test_the_second_page_alone_is_changed(world: World, chosen: dict[str, Any], answer: dict[str, Any]) -> None:
    world.control.settings(page_size=1)
    world.control.fault(operation="ListMembers", answer=answer, **chosen)
    first = members(world)
    assert [one["accountId"] for one in first["memberSummaries"]] == [PARTNER]
    _status, _headers, second = send(
        world, "GET", f"/collaborations/{world.collaboration_id}/members?nextToken={first['nextToken']}"
    )
    if "text" in answer:
        assert second == PAGE.encode()
    else:
        assert set(json.loads(second)) == {"nextToken"}
    assert len(members(world, nextToken=first["nextToken"])["memberSummaries"]) == 1


def test_what_was_carried_out_stays(world: World) -> None:
    world.control.fault(operation="CreateMembership", when="before", answer={"without": ["membership.id"]})
    with pytest.raises(KeyError, match="id"):
        world.join()
    assert len(world.client().list_memberships()["membershipSummaries"]) == 1


def test_iam_and_sts_answers_are_changed_too(world: World) -> None:
    sts, iam = world.client(service="sts"), world.client(service="iam")
    world.control.fault(operation="GetCallerIdentity", answer={"without": ["Account"], "set": {"UserId": 5}})
    identity = sts.get_caller_identity()
    assert (identity.get("Account"), identity["UserId"]) == (None, "5")
    role = {"Path": None, "Tags": [{"Key": "a", "Value": "b"}]}
    world.control.fault(operation="GetRole", answer={"set": {"Role": role}})
    answered = iam.get_role(RoleName="cleanrooms-glue-s3-access")["Role"]
    assert answered == {"Path": "", "Tags": [{"Key": "a", "Value": "b"}]}
    world.control.fault(operation="GetRole", answer={"text": PAGE, "status": 403})
    with pytest.raises(ResponseParserError):
        iam.get_role(RoleName="cleanrooms-glue-s3-access")


@pytest.mark.parametrize(
    "answer",
    [
        {"without": ["memberSummariez"]},
        {"without": ["memberSummaries.3"]},
        {"without": ["memberSummaries.first"]},
        {"without": ["memberSummaries.1.membershipId"]},
        {"without": ["memberSummaries.0.status.code"]},
        {"set": {"memberSummaries.*.statuss": "ACTIVE"}},
        {"set": {"members.0.status": "ACTIVE"}},
        {"set": {"memberSummaries.0.status": "LEFT"}, "without": ["nextToken"]},
    ],
)
def test_a_path_that_is_not_there_is_answered_and_counted(
    world: World, refused: Refused, answer: dict[str, Any]
) -> None:
    client = world.client()
    world.control.fault(operation="ListMembers", answer=answer)
    response = refused(
        client.exceptions.InternalServerException,
        client.list_members,
        collaborationIdentifier=world.collaboration_id,
    )
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert "is not in the answer to ListMembers" in response["Error"]["Message"]
    assert world.control.counts()["violations"] == [response["Error"]["Message"]]
    world.control.reset()


def test_a_path_that_is_not_there_in_sts(world: World) -> None:
    world.control.fault(answer={"set": {"Acount": "1"}})
    with pytest.raises(ClientError, match="'Acount' is not in the answer to GetCallerIdentity"):
        world.client(service="sts").get_caller_identity()
    world.control.reset()


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("text", "must be a mapping"),
        ({}, "one of 'text', 'json', or"),
        ({"status": 200}, "one of 'text', 'json', or"),
        ({"text": "", "json": 1}, "one of 'text', 'json', or"),
        ({"text": "", "without": ["a"]}, "one of 'text', 'json', or"),
        ({"json": 1, "content_type": "x"}, "not 'content_type'"),
        ({"set": {"a": 1}, "status": 200}, "not 'status'"),
        ({"text": 5}, "'answer.text' is a text, not 5"),
        ({"text": "", "content_type": "a\r\nb: c"}, "ASCII"),
        ({"text": "", "status": "403"}, "no HTTP status '403'"),
        ({"text": "", "status": 999}, "no HTTP status 999"),
        ({"json": 1, "status": 204}, "no HTTP status 204"),
        ({"without": "memberSummaries"}, "list of paths"),
        ({"set": ["a"]}, "mapping from paths"),
        ({"without": [5]}, "is a text like .*, not 5"),
        ({"without": ["a..b"]}, "'a..b' in 'answer' has an empty part"),
        ({"set": {"": 1}}, "has an empty part"),
        ({"without": []}, "takes nothing out"),
    ],
)
def test_answers_that_make_no_sense_are_refused(world: World, answer: Any, complaint: str) -> None:
    with pytest.raises(ControlError, match=complaint):
        world.control.fault(answer=answer)
    with pytest.raises(ControlError, match="only one of 'drop', 'error' and 'answer'"):
        world.control.fault(answer={"json": 1}, drop=True)
    assert world.control.faults() == []
