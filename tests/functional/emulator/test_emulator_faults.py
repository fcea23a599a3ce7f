# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on order."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from emulator_world import PARTNER, PROVIDER, World

from emulator import ControlError

Refused = Callable[..., dict[str, Any]]


def associated(world: World) -> list[str]:
    return [one["name"] for one in world.control.state()["table_associations"]]


def test_an_error_before_the_write(world: World, refused: Refused) -> None:
    membership_id = world.join()
    number = world.control.fault(
        operation="CreateConfiguredTableAssociation",
        error={
            "code": "AccessDeniedException",
            "message": "Not today.",
            "members": {"reason": "INSUFFICIENT_PERMISSIONS"},
        },
    )
    denied = world.client().exceptions.AccessDeniedException
    response = refused(denied, lambda: world.associate(membership_id, "part_01"))
    assert response["Error"]["Message"] == "Not today."
    assert response["reason"] == "INSUFFICIENT_PERMISSIONS"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert associated(world) == []
    assert world.control.log()[-1]["fault"] == number
    world.associate(membership_id, "part_01")
    assert world.control.log()[-1]["fault"] is None


def test_an_error_after_the_write(world: World) -> None:
    membership_id = world.join()
    world.control.fault(
        operation="CreateConfiguredTableAssociation", when="after", error={"code": "InternalServerException"}
    )
    with pytest.raises(world.client().exceptions.InternalServerException):
        world.associate(membership_id, "part_01")
    assert associated(world) == ["acx_part_01"]
    with pytest.raises(world.client().exceptions.ConflictException):
        world.associate(membership_id, "part_01")


@pytest.mark.parametrize(("when", "applied"), [("before", []), ("after", ["acx_part_01"])])
def test_a_dropped_connection(world: World, when: str, applied: list[str]) -> None:
    membership_id = world.join()
    world.control.fault(operation="CreateConfigured*", when=when, drop=True)
    with pytest.raises(ConnectionClosedError):
        world.associate(membership_id, "part_01")
    assert associated(world) == applied
    assert world.control.log()[-1]["status"] == 0


@pytest.mark.parametrize("status", [500, 503])
def test_a_bare_status(world: World, status: int) -> None:
    world.control.fault(operation="ListMemberships", error={"status": status})
    with pytest.raises(ClientError) as caught:
        world.client().list_memberships()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert caught.value.response["Error"]["Code"] == str(status)


def test_hanging(world: World) -> None:
    world.control.fault(operation="ListMemberships", hang=0.3)
    world.client().list_memberships()
    world.client().list_memberships()
    slow, fast = (entry["duration_ms"] for entry in world.control.log("ListMemberships"))
    assert slow >= 300 > fast


def test_a_client_that_is_killed_is_no_violation(world: World) -> None:
    url = urlsplit(world.url)
    for wait in (0.0, 0.2):
        world.control.fault(hang=0.1)
        with socket.create_connection((str(url.hostname), int(url.port or 0))) as connection:
            scope = f"{PROVIDER}/20260101/us-east-1/cleanrooms/aws4_request"
            header = f"Authorization: AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
            connection.sendall(f"GET /memberships HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
            time.sleep(wait)
            # Closing without lingering resets the connection, as the end of a killed process may.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    time.sleep(0.2)
    assert [entry["status"] for entry in world.control.log()] == [200, 200]


def test_skip_and_times(world: World) -> None:
    world.control.fault(operation="ListMemberships", skip=1, times=2, error={"code": "ThrottlingException"})
    outcomes = []
    for _number in range(5):
        try:
            world.client().list_memberships()
            outcomes.append("ok")
        except ClientError as error:
            outcomes.append(error.response["Error"]["Code"])
    assert outcomes == ["ok", "ThrottlingException", "ThrottlingException", "ok", "ok"]


def test_always_until_cleared(world: World) -> None:
    world.control.fault(operation="ListMem*", times=None, error={"code": "ThrottlingException"})
    for _number in range(5):
        with pytest.raises(world.client().exceptions.ThrottlingException):
            world.client().list_memberships()
    assert len(world.control.faults()) == 1
    world.control.clear_faults()
    world.client().list_memberships()
    assert world.control.faults() == []


@pytest.mark.parametrize(
    ("chosen", "meets"),
    [
        ({"parameters": {"name": "acx_part_*"}}, True),
        ({"parameters": {"name": "acx_x*"}}, False),
        ({"parameters": {"tags": {"Team": "D*"}}}, True),
        ({"parameters": {"tags": {"Other": "*"}}}, False),
        ({"parameters": {"description": "*"}}, False),
        ({"account": "111122223333"}, True),
        ({"account": 111122223333}, True),
        ({"account": "partner"}, False),
        ({"account": PARTNER}, False),
        ({"region": "us-east-1"}, True),
        ({"region": "eu-west-1"}, False),
    ],
)
def test_which_calls_are_met(world: World, chosen: dict[str, Any], meets: bool) -> None:
    membership_id = world.join()
    world.control.fault(operation="CreateConfiguredTableAssociation", error={"code": "ConflictException"}, **chosen)
    if meets:
        with pytest.raises(world.client().exceptions.ConflictException, match="Fault"):
            world.associate(membership_id, "part_01", tags={"Team": "Data"})
    else:
        world.associate(membership_id, "part_01", tags={"Team": "Data"})


def test_parameters_inside_lists(world: World) -> None:
    world.join()
    world.control.fault(operation="BatchGetSchema", parameters={"names": ["b*"]}, error={"code": "ThrottlingException"})
    request = {"collaborationIdentifier": world.collaboration_id}
    world.client().batch_get_schema(**request, names=["a"])
    with pytest.raises(world.client().exceptions.ThrottlingException):
        world.client().batch_get_schema(**request, names=["a", "bc"])


def test_a_fault_after_the_write_waits_for_a_call_that_succeeds(world: World) -> None:
    membership_id = world.join()
    world.associate(membership_id, "part_01")
    world.control.fault(operation="CreateConfiguredTableAssociation", when="after", drop=True)
    with pytest.raises(world.client().exceptions.ConflictException):
        world.associate(membership_id, "part_01")
    with pytest.raises(ConnectionClosedError):
        world.associate(membership_id, "part_02")


def test_the_world_can_change_midway(world: World) -> None:
    membership_id = world.join()
    world.control.fault(
        operation="CreateConfiguredTableAssociation",
        skip=1,
        scenario={"members": [{"collaboration": "Partner", "account": PROVIDER, "status": "REMOVED"}]},
    )
    world.associate(membership_id, "part_01")
    with pytest.raises(world.client().exceptions.ConflictException, match="REMOVED"):
        world.associate(membership_id, "part_02")
    assert associated(world) == ["acx_part_01"]


def test_faults_reach_iam_too(world: World) -> None:
    world.control.fault(operation="GetRole", error={"code": "AccessDenied", "status": 403})
    with pytest.raises(ClientError) as caught:
        world.client(service="iam").get_role(RoleName="cleanrooms-glue-s3-access")
    assert caught.value.response["Error"]["Code"] == "AccessDenied"


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({"operation": "Get*"}, "needs 'hang', 'drop', 'error', 'answer' or 'scenario'"),
        ({"drop": True, "when": "during"}, "must be before or after"),
        ({"drop": True, "error": {"code": "X"}}, "only one of 'drop', 'error' and 'answer'"),
        ({"error": {"message": "no code"}}, "code and/or status"),
        ({"error": {"status": 999}}, "no HTTP status 999"),
        ({"error": {"code": 5}}, "texts as code and message"),
        ({"error": {"code": "ä"}}, "texts as code and message"),
        ({"error": {"code": "X", "message": 5}}, "texts as code and message"),
        ({"error": {"code": "X", "members": []}}, "a mapping as members"),
        ({"drop": True, "time": 3}, "no 'time'"),
        ({"drop": True, "operation": 5}, "must be a text"),
        ({"drop": True, "account": "nobody"}, "no account 'nobody'"),
        ({"scenario": {"members": 5}}, "must be a list"),
        ({"drop": True, "skip": "one"}, "'skip' of 'faults' is 'one'"),
    ],
)
def test_faults_that_make_no_sense_are_refused(world: World, fault: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ControlError, match=complaint):
        world.control.fault(**fault)
    assert world.control.faults() == []
