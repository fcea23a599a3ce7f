# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and errors on the wire: what boto3 and other clients see."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from check_requests import violations
from contract_story import send, tell
from contract_world import Data, refused, unknown
from emulator_world import OUTSIDER, PARTNER, PROVIDER, ROLES, EmulatorWorld

from emulator import ControlError, Emulator
from emulator.registry import OPERATIONS


def test_what_broke_the_model_is_found_in_the_log(world: EmulatorWorld) -> None:
    """As tools/integration looks for it after all targets."""
    world.control.fault(operation="ListMemberships", error={"status": 500})
    refused("500", world.provider.list_memberships)
    refused("ResourceNotFoundException", world.provider.get_membership, membershipIdentifier=unknown())
    assert violations(world.control.log()) == []
    refused("ValidationException", world.provider.get_membership, membershipIdentifier="short")
    (found,) = violations(world.control.log())
    assert found.startswith('GetMembership {"membershipIdentifier": "short"}: membershipIdentifier: ')


def test_the_story_of_the_contract_tests_has_every_operation(world: EmulatorWorld) -> None:
    told: set[str] = set()

    def call(client: Any, operation: str, parameters: Data) -> Data:
        told.add(operation)
        return send(world, client, operation, parameters)

    tell(world, call)
    assert told == set(OPERATIONS)


NOWHERE = "00000000-0000-0000-0000-000000000000"
RULE = f"/memberships/{NOWHERE}/configuredTableAssociations/{NOWHERE}/analysisRule"
UNION = b'{"analysisRuleType": "CUSTOM", "analysisRulePolicy": {"v1": %b}}'
BROKEN, INVALID, UNKNOWN = "SerializationException", "ValidationException", "UnknownOperationException"


@pytest.mark.parametrize(
    ("request_line", "body", "service", "status", "code", "said"),
    [
        ("POST /memberships", b"{", "cleanrooms", 400, BROKEN, "not JSON"),
        pytest.param("POST /memberships", b"[" * 100_000, "cleanrooms", 400, BROKEN, "not JSON", id="deep"),
        ("POST /memberships", b"\xff", "cleanrooms", 400, BROKEN, "not JSON"),
        ("POST /memberships", b"[]", "cleanrooms", 400, BROKEN, "not a JSON object"),
        ("POST /memberships", b'{"colour": "red"}', "cleanrooms", 400, INVALID, "colour: CreateMembershipInput has no"),
        (f"PATCH {RULE}/CUSTOM", b'{"membershipIdentifier": "x"}', "cleanrooms", 400, INVALID, "not belong into the"),
        (f"POST {RULE}", UNION % b"{}", "cleanrooms", 400, INVALID, "analysisRulePolicy.v1: Exactly one of list"),
        (f"POST {RULE}", UNION % b'{"custom": {}, "list": {}}', "cleanrooms", 400, INVALID, "v1: Exactly one of list"),
        (f"POST {RULE}", UNION % b'{"unknown": {}}', "cleanrooms", 400, INVALID, "v1.unknown"),
        ("GET /memberships?maxResults=many", b"", "cleanrooms", 400, INVALID, "maxResults: 'many' is not a number"),
        ("GET /collaborations?memberStatus=LEFT", b"", "cleanrooms", 400, INVALID, "memberStatus: Must be one of"),
        ("GET /nowhere", b"", "cleanrooms", 404, UNKNOWN, "no operation GET /nowhere"),
        ("GET /", b"", "s3", 501, UNKNOWN, "no service s3, only cleanrooms, iam, sts"),
        (f"GET /memberships/{NOWHERE}/analysistemplates", b"", "cleanrooms", 501, UNKNOWN, "It has BatchGetSchema, "),
        ("POST /", b"Action=\xff", "sts", 400, None, "InvalidAction"),
        ("GET /_emulator/nothing", b"", "", 400, None, "no GET /_emulator/nothing"),
        ("POST /_emulator/faults", b"\xff", "", 400, None, "codec can't decode"),
        ("PUT /_emulator/settings", b"[1]", "", 400, None, "must be a JSON object"),
    ],
)
def test_what_makes_no_sense_is_said_clearly(
    world: EmulatorWorld, request_line: str, body: bytes, service: str, status: int, code: str | None, said: str
) -> None:
    answered, headers, answer = world.send(*request_line.split(" "), body, service)
    assert (answered, headers.get("x-amzn-ErrorType")) == (status, code)
    assert said in answer.decode()


def test_a_header_that_is_broken_gets_an_answer(world: EmulatorWorld) -> None:
    connection = http.client.HTTPConnection(urlsplit(world.url).netloc)
    connection.putrequest("GET", "/memberships")
    connection.putheader("Content-Length", "many")
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


def test_a_bug_is_answered_and_counted(
    world: EmulatorWorld, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the service and in the control API; the connection stays."""
    monkeypatch.setitem(OPERATIONS, "ListMemberships", lambda _context, parameters: parameters["nothing"])
    monkeypatch.setitem(OPERATIONS, "ListCollaborations", lambda _context, _parameters: {"collaborationList": [{}]})
    response = refused("InternalServerException", world.provider.list_memberships)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert response["Error"]["Message"].startswith("Bug of the emulator: ListMemberships: KeyError('nothing') in test_")
    assert world.control.log()[-1]["error"] == "InternalServerException"
    response = refused("InternalServerException", world.provider.list_collaborations)
    assert "breaks the model: collaborationList[0].id: This member is required." in response["Error"]["Message"]
    assert world.provider.list_configured_tables()["configuredTableSummaries"] == []
    monkeypatch.setattr(emulator.service, "settings", None)
    with pytest.raises(ControlError, match="Bug of the emulator: PUT /_emulator/settings: AttributeError"):
        world.control.settings(page_size=1)
    monkeypatch.undo()
    assert len(world.control.counts()["violations"]) == 3
    world.control.reset()


def test_a_null_is_a_member_that_is_not_given(world: EmulatorWorld) -> None:
    values = {"name": "New", "description": None, "creatorDisplayName": "P", "creatorMemberAbilities": []}
    members = [world.member(account=PARTNER, paymentConfiguration=None)]
    request = json.dumps({**values, "members": members, "queryLogStatus": "DISABLED"})
    status, _headers, body = world.send("POST", "/collaborations", request.encode())
    assert (status, "description" in json.loads(body)["collaboration"]) == (200, False)


def test_who_asks_follows_from_the_access_key(world: EmulatorWorld) -> None:
    for key, account in (("AKIAPROVIDER", PROVIDER), (PROVIDER, PROVIDER), (f"AKIA{OUTSIDER}XYZ", OUTSIDER)):
        assert world.client(key, service="sts").get_caller_identity()["Account"] == account
    response = refused("UnrecognizedClientException", world.client("AKIAUNKNOWN").list_memberships)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    for headers, code in (({}, "MissingAuthenticationTokenException"), ({"Authorization": "x"}, "IncompleteSignature")):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(urllib.request.Request(f"{world.url}/memberships", headers=headers))
        assert caught.value.headers["x-amzn-ErrorType"].startswith(code)


def test_regions_are_apart(world: EmulatorWorld) -> None:
    membership = world.join()
    elsewhere = world.client(region="eu-west-1")
    assert elsewhere.list_collaborations()["collaborationList"] == []
    assert elsewhere.list_memberships()["membershipSummaries"] == []
    refused("ResourceNotFoundException", elsewhere.get_membership, membershipIdentifier=membership["id"])
    created = world.collaborate(creator=world.client(PARTNER, "eu-west-1"))
    (found,) = elsewhere.list_collaborations()["collaborationList"]
    assert (found["id"], ":eu-west-1:" in found["arn"]) == (created, True)


def test_iam_and_sts_answer_at_the_same_address(world: EmulatorWorld) -> None:
    iam = world.client(service="iam")
    role = iam.get_role(RoleName="one")["Role"]
    assert role["Arn"] == ROLES[0]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"] == "cleanrooms.amazonaws.com"
    assert "<none>" in refused("NoSuchEntity", iam.get_role, RoleName="<none>")["Error"]["Message"]
    refused("NoSuchEntity", world.client(PARTNER, service="iam").get_role, RoleName="one")
    refused("InvalidAction", iam.list_users)


def test_every_request_is_logged(world: EmulatorWorld) -> None:
    identity = world.collaborate()
    world.control.clear_log()
    membership = world.join(identity)
    response = refused("ResourceNotFoundException", world.provider.get_membership, membershipIdentifier=identity)
    assert (response["ResponseMetadata"]["HTTPStatusCode"], response["resourceId"]) == (404, identity)
    assert response["ResponseMetadata"]["RequestId"]
    joined, failed = world.control.log()
    assert (joined["operation"], joined["status"], joined["error"]) == ("CreateMembership", 200, None)
    assert (joined["account"], joined["region"], joined["service"]) == (PROVIDER, "us-east-1", "cleanrooms")
    assert joined["parameters"]["queryLogStatus"] == "DISABLED"
    assert joined["duration_ms"] >= 0
    assert (failed["status"], failed["error"]) == (404, "ResourceNotFoundException")
    assert [entry["operation"] for entry in world.control.log("Get*")] == ["GetMembership"]
    counts = world.control.counts()
    assert counts["requests"] == {"CreateMembership": {"200": 1}, "GetMembership": {"404": 1}}
    assert counts["resources"]["memberships"] == 2
    assert membership["id"] in [one["id"] for one in world.control.state()["memberships"]]


def test_operations_are_carried_out_one_after_the_other(world: EmulatorWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """So of two creates at once one wins, and the other is a conflict."""
    inside: list[str] = []
    together: list[int] = []

    def slow(context: Any, _parameters: Data) -> Data:
        inside.append(context.operation)
        time.sleep(0.02)
        together.append(len(inside))
        inside.pop()
        return {"membershipSummaries": []}

    monkeypatch.setitem(OPERATIONS, "ListMemberships", slow)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _number: world.provider.list_memberships(), range(4)))
    assert together == [1] * 4
