# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests and errors on the wire: what boto3 and other clients see."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from check_requests import violations
from emulator_world import OUTSIDER, PARTNER, PROVIDER, World, send

from emulator import ControlError, Emulator
from emulator.registry import OPERATIONS

Refused = Callable[..., dict[str, Any]]
UNKNOWN = "00000000-0000-0000-0000-000000000000"


def send_json(world: World, method: str, path: str, body: bytes = b"", service: str = "cleanrooms") -> Any:
    """A request that boto3 would not send: (status, headers, parsed body)."""
    status, headers, answer = send(world, method, path, body, service)
    return status, headers, json.loads(answer or b"{}")


def test_an_error_is_the_modelled_exception_with_its_members(world: World, refused: Refused) -> None:
    client = world.client()
    response = refused(client.exceptions.ResourceNotFoundException, client.get_membership, membershipIdentifier=UNKNOWN)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert response["resourceId"] == UNKNOWN
    assert response["resourceType"] == "MEMBERSHIP"
    assert UNKNOWN in response["Error"]["Message"]
    assert response["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(
    ("parameters", "field", "complaint"),
    [
        ({"name": "acx_part.01"}, "name", "pattern"),
        ({"name": "ab-"}, "name", "pattern"),
        ({"name": "a--b"}, "name", "pattern"),
        ({"name": "x" * 129}, "name", "128 characters"),
        ({"name": "good\n"}, "name", "pattern"),
        ({"name": 7}, "name", "string"),
        ({"name": None}, "name", "required"),
        ({"roleArn": "arn:aws:iam::1:role/x"}, "roleArn", "at least 32"),
        ({"roleArn": "arn:aws:iam::111122223333:user/some-user"}, "roleArn", "pattern"),
        ({"configuredTableIdentifier": "not-a-uuid"}, "configuredTableIdentifier", "36"),
        ({"description": "d" * 256}, "description", "255"),
        ({"tags": {"key": "v" * 257}}, "tags.key", "256"),
        ({"tags": {f"key{number}": "" for number in range(201)}}, "tags", "200 entries"),
    ],
)
def test_requests_are_checked_against_the_model(
    world: World, refused: Refused, parameters: dict[str, Any], field: str, complaint: str
) -> None:
    client = world.client()
    membership_id = world.join()
    values = {
        "membershipIdentifier": membership_id,
        "configuredTableIdentifier": UNKNOWN,
        "name": "acx_part_01",
        "roleArn": "arn:aws:iam::111122223333:role/cleanrooms-glue-s3-access",
        **parameters,
    }
    values = {name: value for name, value in values.items() if value is not None}
    response = refused(client.exceptions.ValidationException, client.create_configured_table_association, **values)
    assert response["reason"] == "FIELD_VALIDATION_FAILED"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert [entry for entry in response["fieldList"] if entry["name"] == field and complaint in entry["message"]]


def test_what_broke_the_model_is_found_in_the_log(world: World, refused: Refused) -> None:
    """As tools/integration looks for it after all targets."""
    client = world.client()
    world.control.fault(operation="ListMemberships", error={"status": 500})
    refused(ClientError, client.list_memberships)
    refused(client.exceptions.ResourceNotFoundException, client.get_membership, membershipIdentifier=UNKNOWN)
    assert violations(world.control.log()) == []
    refused(client.exceptions.ValidationException, client.get_membership, membershipIdentifier="short")
    (found,) = violations(world.control.log())
    assert found.startswith('GetMembership {"membershipIdentifier": "short"}: membershipIdentifier: ')


def test_names_that_the_pattern_allows_are_accepted(world: World) -> None:
    membership_id = world.join()
    for table, name in (
        ("part_01", "ab-b c-d"),
        ("part_02", "_"),
        ("part_03", "UPPER_lower 9"),
        ("part_04", "x" * 128),
    ):
        assert world.associate(membership_id, table, name=name)["name"] == name


@pytest.mark.parametrize("name", ["Zoë & Søn", "{{ lookup('pipe', 'id') }} <script>", "日本", "party 🎉", "tab\tin"])
def test_collaboration_names_are_almost_free(world: World, name: str) -> None:
    created = world.client(PARTNER).create_collaboration(**collaboration(name=name))["collaboration"]
    assert (
        world.client(PARTNER).get_collaboration(collaborationIdentifier=created["id"])["collaboration"]["name"] == name
    )


@pytest.mark.parametrize("name", ["   ", "line\nbreak", "bell\a"])
def test_some_collaboration_names_are_refused(world: World, refused: Refused, name: str) -> None:
    client = world.client(PARTNER)
    refused(client.exceptions.ValidationException, client.create_collaboration, **collaboration(name=name))


def collaboration(**parameters: Any) -> dict[str, Any]:
    return {
        "name": "New",
        "description": "New",
        "members": [{"accountId": PROVIDER, "memberAbilities": [], "displayName": "Provider"}],
        "creatorMemberAbilities": ["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
        "creatorDisplayName": "Partner",
        "queryLogStatus": "DISABLED",
        **parameters,
    }


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"creatorMemberAbilities": ["CAN_FLY"]}, "creatorMemberAbilities[0]"),
        ({"queryLogStatus": "ON"}, "queryLogStatus"),
        ({"members": [{"accountId": "1", "memberAbilities": [], "displayName": "x"}]}, "members[0].accountId"),
        ({"members": [{"accountId": PROVIDER, "displayName": "x"}]}, "members[0].memberAbilities"),
        ({"isMetricsEnabled": "yes"}, "isMetricsEnabled"),
    ],
)
def test_nested_members_are_named_by_their_path(
    world: World, refused: Refused, parameters: dict[str, Any], field: str
) -> None:
    client = world.client(PARTNER)
    response = refused(
        client.exceptions.ValidationException, client.create_collaboration, **collaboration(**parameters)
    )
    assert field in [entry["name"] for entry in response["fieldList"]]


def test_a_union_has_exactly_one_member(world: World) -> None:
    path = f"/memberships/{UNKNOWN}/configuredTableAssociations/{UNKNOWN}/analysisRule"
    for policy in ({}, {"custom": {}, "list": {}}, {"unknown": {}}):
        body = {"analysisRuleType": "CUSTOM", "analysisRulePolicy": {"v1": policy}}
        status, headers, answer = send_json(world, "POST", path, json.dumps(body).encode())
        assert (status, headers["x-amzn-ErrorType"]) == (400, "ValidationException")
        assert answer["fieldList"][0]["name"].startswith("analysisRulePolicy.v1")


def test_members_that_the_model_does_not_know_are_refused(world: World) -> None:
    body = json.dumps({"collaborationIdentifier": UNKNOWN, "queryLogStatus": "DISABLED", "colour": "red"}).encode()
    status, _headers, answer = send_json(world, "POST", "/memberships", body)
    assert status == 400
    assert [entry["name"] for entry in answer["fieldList"]] == ["colour"]


def test_a_body_that_is_not_json_is_refused(world: World) -> None:
    for body in (b"{", b"[]", b"\xff"):
        status, headers, _answer = send_json(world, "POST", "/memberships", body)
        assert (status, headers["x-amzn-ErrorType"]) == (400, "SerializationException")


def test_numbers_in_the_query_are_checked(world: World, refused: Refused) -> None:
    client = world.client()
    for bad in (0, 101, "many"):
        response = refused(client.exceptions.ValidationException, client.list_memberships, maxResults=bad)
        assert [entry["name"] for entry in response["fieldList"]] == ["maxResults"]
    refused(client.exceptions.ValidationException, client.list_collaborations, memberStatus="LEFT")


def test_what_is_not_there_is_said_clearly(world: World) -> None:
    status, headers, answer = send_json(world, "GET", "/nowhere")
    assert (status, headers["x-amzn-ErrorType"]) == (404, "UnknownOperationException")
    assert "/nowhere" in answer["message"]
    with pytest.raises(ClientError, match="does not implement ListAnalysisTemplates") as caught:
        world.client().list_analysis_templates(membershipIdentifier=UNKNOWN)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert send_json(world, "GET", "/", service="s3")[0] == 501


def test_who_asks_must_be_known(world: World) -> None:
    with pytest.raises(ClientError) as caught:
        world.client("AKIAUNKNOWN").list_memberships()
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    with pytest.raises(urllib.error.HTTPError) as unsigned:
        urllib.request.urlopen(f"{world.url}/memberships")
    assert unsigned.value.code == 403
    assert unsigned.value.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def test_accounts_follow_from_the_access_key(world: World) -> None:
    for key, account in (("AKIAPROVIDER", PROVIDER), (PROVIDER, PROVIDER), (f"AKIA{OUTSIDER}XYZ", OUTSIDER)):
        assert world.client(key, service="sts").get_caller_identity()["Account"] == account
    assert world.client("AKIAPROVIDER").list_collaborations()["collaborationList"]
    assert world.client(OUTSIDER).list_collaborations()["collaborationList"] == []
    assert world.client(PARTNER).list_memberships()["membershipSummaries"]


def test_regions_are_apart(world: World, refused: Refused) -> None:
    membership_id = world.join()
    elsewhere = world.client(region="eu-west-1")
    assert elsewhere.list_collaborations()["collaborationList"] == []
    assert elsewhere.list_memberships()["membershipSummaries"] == []
    assert elsewhere.list_configured_tables()["configuredTableSummaries"] == []
    refused(
        elsewhere.exceptions.ResourceNotFoundException, elsewhere.get_membership, membershipIdentifier=membership_id
    )
    created = world.client(PARTNER, "eu-west-1").create_collaboration(**collaboration())["collaboration"]
    assert ":eu-west-1:" in created["arn"]
    assert [one["id"] for one in elsewhere.list_collaborations()["collaborationList"]] == [created["id"]]


def test_iam_and_sts_answer_at_the_same_address(world: World) -> None:
    iam = world.client(service="iam")
    role = iam.get_role(RoleName="cleanrooms-glue-s3-access")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{PROVIDER}:role/cleanrooms-glue-s3-access"
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"] == "cleanrooms.amazonaws.com"
    with pytest.raises(iam.exceptions.NoSuchEntityException, match="<none>"):
        iam.get_role(RoleName="<none>")
    with pytest.raises(world.client(PARTNER, service="iam").exceptions.NoSuchEntityException):
        world.client(PARTNER, service="iam").get_role(RoleName="cleanrooms-glue-s3-access")
    with pytest.raises(ClientError) as caught:
        iam.list_users()
    assert caught.value.response["Error"]["Code"] == "InvalidAction"


def test_every_request_is_logged(world: World) -> None:
    world.control.clear_log()
    membership_id = world.join()
    with pytest.raises(ClientError):
        world.client().get_membership(membershipIdentifier=UNKNOWN)
    joined, failed = world.control.log()
    assert (joined["operation"], joined["status"], joined["error"]) == ("CreateMembership", 200, None)
    assert (joined["account"], joined["region"], joined["service"]) == (PROVIDER, "us-east-1", "cleanrooms")
    assert joined["parameters"]["queryLogStatus"] == "DISABLED"
    assert joined["duration_ms"] >= 0
    assert (failed["status"], failed["error"]) == (404, "ResourceNotFoundException")
    assert [entry["operation"] for entry in world.control.log("Get*")] == ["GetMembership"]
    counts = world.control.counts()
    assert counts["requests"] == {"CreateMembership": {"200": 1}, "GetMembership": {"404": 1}}
    assert counts["resources"]["memberships"] == 3
    assert membership_id in [one["id"] for one in world.control.state()["memberships"]]


def test_a_bug_is_answered_and_counted(
    world: World, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, refused: Refused
) -> None:
    """In the service and in the control API; the connection stays."""
    monkeypatch.setitem(OPERATIONS, "ListMemberships", lambda _context, parameters: parameters["nothing"])
    client = world.client()
    response = refused(client.exceptions.InternalServerException, client.list_memberships)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert response["Error"]["Message"].startswith("Bug of the emulator: ListMemberships: KeyError('nothing') in test_")
    assert world.control.log()[-1]["error"] == "InternalServerException"
    assert client.list_collaborations()["collaborationList"]
    monkeypatch.setattr(emulator.service, "settings", None)
    with pytest.raises(ControlError, match="Bug of the emulator: PUT /_emulator/settings: AttributeError"):
        world.control.settings(page_size=1)
    monkeypatch.undo()
    assert len(world.control.counts()["violations"]) == 2
    world.control.reset()


def test_headers_and_bodies_that_are_broken_get_an_answer(world: World) -> None:
    connection = http.client.HTTPConnection(urlsplit(world.url).netloc)
    connection.putrequest("GET", "/memberships")
    connection.putheader("Content-Length", "many")
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()
    assert send(world, "POST", "/", b"Action=\xff", service="sts")[0] == 400
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(urllib.request.Request(f"{world.url}/_emulator/faults", data=b"\xff", method="POST"))
    assert caught.value.code == 400


def test_a_null_is_a_member_that_is_not_given(world: World) -> None:
    members = [{"accountId": PARTNER, "memberAbilities": [], "displayName": "P", "paymentConfiguration": None}]
    body = json.dumps(collaboration(description=None, members=members)).encode()
    status, _headers, answer = send_json(world, "POST", "/collaborations", body)
    assert status == 200
    assert "description" not in answer["collaboration"]
