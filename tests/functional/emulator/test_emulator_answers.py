# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers on order: bodies of any kind, and real answers with parts taken out or put in."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.parsers import ResponseParserError
from contract_world import Data, refused
from emulator_world import OUTSIDER, PARTNER, PROVIDER, EmulatorWorld

PAGE = "<html>Zoë's proxy<br></html>"


def invite(world: EmulatorWorld) -> str:
    """The path of the members of a collaboration of three."""
    identity = world.collaborate(members=[world.member(), world.member(account=OUTSIDER)])
    return f"/collaborations/{identity}/members"


def get(world: EmulatorWorld, path: str) -> Any:
    status, _headers, body = world.send("GET", path)
    assert status == 200
    return json.loads(body)


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
    world: EmulatorWorld, service: str, answer: Data, status: int, content_type: str, body: bytes
) -> None:
    number = world.control.fault(answer=answer)
    answered, headers, sent = world.send("GET", "/memberships", service=service)
    assert (answered, headers["Content-Type"], sent) == (status, content_type, body)
    assert [(entry["fault"], entry["status"]) for entry in world.control.log()] == [(number, status)]
    assert world.control.faults()[0]["answer"] == answer


@pytest.mark.parametrize(
    ("answer", "when", "joined"),
    [
        ({"text": PAGE}, "before", 0),
        ({"text": PAGE}, "after", 1),
        ({"json": {}}, "before", 0),
        ({"json": {}}, "after", 1),
        ({"without": ["membership"]}, "before", 1),
        ({"set": {"membership": 5}}, "after", 1),
    ],
)
def test_whether_the_operation_is_carried_out(world: EmulatorWorld, answer: Data, when: str, joined: int) -> None:
    identity = world.collaborate()
    world.control.fault(operation="CreateMembership", when=when, answer=answer)
    with pytest.raises((AttributeError, KeyError, TypeError, ResponseParserError)):
        world.join(identity)["id"]
    assert len(world.provider.list_memberships()["membershipSummaries"]) == joined


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ({"without": ["memberSummaries"]}, {}),
        ({"without": ["memberSummaries.0", "memberSummaries.1"]}, [OUTSIDER]),
        ({"without": ["memberSummaries.*"]}, []),
        ({"without": ["memberSummaries.*.accountId"]}, [None] * 3),
        ({"without": ["memberSummaries.0.accountId"]}, [None, PROVIDER, OUTSIDER]),
        ({"set": {"memberSummaries.1.accountId": 5}}, [PARTNER, 5, OUTSIDER]),
        ({"set": {"memberSummaries.*.accountId": "\ud83d"}}, ["\ud83d"] * 3),
        ({"set": {"memberSummaries": None}}, {"memberSummaries": None}),
        ({"set": {"nextToken": "t"}, "without": ["memberSummaries"]}, {"nextToken": "t"}),
        (
            {"without": ["memberSummaries.0"], "set": {"memberSummaries.1.accountId": [], "memberSummaries.2": {}}},
            [[], None],
        ),
    ],
)
def test_parts_are_taken_out_and_put_in(world: EmulatorWorld, order: Data, expected: Any) -> None:
    path = invite(world)
    world.control.fault(operation="ListMembers", answer=order)
    answer = get(world, path)
    found = answer.get("memberSummaries")
    assert (answer if found is None else [one.get("accountId") for one in found]) == expected
    # What the answer lacks can be set where the model has it.
    world.control.fault(operation="ListMembers", answer={"set": {"memberSummaries.1.membershipId": [1]}})
    members = get(world, path)["memberSummaries"]
    assert [one["accountId"] for one in members] == [PARTNER, PROVIDER, OUTSIDER]
    assert members[1]["membershipId"] == [1]


def test_iam_and_sts_answers_are_changed_too(world: EmulatorWorld) -> None:
    sts, iam = world.client(service="sts"), world.client(service="iam")
    world.control.fault(operation="GetCallerIdentity", answer={"without": ["Account"], "set": {"UserId": 5}})
    identity = sts.get_caller_identity()
    assert (identity.get("Account"), identity["UserId"]) == (None, "5")
    tags = [{"Key": "a", "Value": "b"}]
    world.control.fault(operation="GetRole", answer={"set": {"Role": {"Path": None, "Tags": tags}}})
    assert iam.get_role(RoleName="one")["Role"] == {"Path": "", "Tags": tags}
    world.control.fault(operation="GetRole", answer={"text": PAGE, "status": 403})
    with pytest.raises(ResponseParserError):
        iam.get_role(RoleName="one")


@pytest.mark.parametrize(
    ("service", "answer"),
    [
        ("sts", {"set": {"Acount": "1"}}),
        ("cleanrooms", {"without": ["memberSummariez"]}),
        ("cleanrooms", {"without": ["memberSummaries.3"]}),
        ("cleanrooms", {"without": ["memberSummaries.first"]}),
        ("cleanrooms", {"without": ["memberSummaries.1.membershipId"]}),
        ("cleanrooms", {"without": ["memberSummaries.0.status.code"]}),
        ("cleanrooms", {"set": {"memberSummaries.*.statuss": "ACTIVE"}}),
        ("cleanrooms", {"set": {"members.0.status": "ACTIVE"}}),
        ("cleanrooms", {"set": {"memberSummaries.0.status": "LEFT"}, "without": ["nextToken"]}),
    ],
)
def test_a_path_that_is_not_there_is_answered_and_counted(world: EmulatorWorld, service: str, answer: Data) -> None:
    call, key = world.provider.list_members, {"collaborationIdentifier": world.collaborate()}
    if service == "sts":
        call, key = world.client(service="sts").get_caller_identity, {}
    world.control.fault(answer=answer)
    response = refused("InternalServerException", call, **key)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert " is not in the answer to " in response["Error"]["Message"]
    assert world.control.counts()["violations"] == [response["Error"]["Message"]]
    world.control.reset()
