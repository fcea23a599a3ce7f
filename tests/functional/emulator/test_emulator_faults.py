# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on order."""

from __future__ import annotations

import socket
import struct
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from contract_world import keys, refused
from emulator_world import PARTNER, PROVIDER, EmulatorWorld, outcome

from emulator import ControlError

CREATE = "CreateConfiguredTableAssociation"


def associated(world: EmulatorWorld) -> list[str]:
    return [one["name"] for one in world.control.state()["table_associations"]]


@pytest.mark.parametrize(
    ("fault", "expected", "status", "applied"),
    [
        ({"error": {"code": "AccessDeniedException"}}, "AccessDeniedException", 403, []),
        ({"error": {"code": "InternalServerException"}, "when": "after"}, "InternalServerException", 500, ["acx_part"]),
        ({"error": {"code": "Odd", "status": 418}}, "Odd", 418, []),
        ({"error": {"status": 503}}, "503", 503, []),
        ({"drop": True}, "dropped", 0, []),
        ({"drop": True, "when": "after"}, "dropped", 0, ["acx_part"]),
    ],
)
def test_errors_and_dropped_connections(
    world: EmulatorWorld, fault: dict[str, Any], expected: str, status: int, applied: list[str]
) -> None:
    values = {"membership": world.join(), "table_id": world.table()}
    number = world.control.fault(operation="CreateConfiguredTableAss*", **fault)
    assert outcome(world.associate, **values) == expected
    assert associated(world) == applied
    assert [world.control.log()[-1][key] for key in ("fault", "status")] == [number, status]
    assert outcome(world.associate, **values) == ("ConflictException" if applied else "ok")
    assert world.control.log()[-1]["fault"] is None


def test_an_error_has_its_message_and_members(world: EmulatorWorld) -> None:
    error = {"code": "AccessDeniedException", "message": "Not today.", "members": {"reason": "SOME_REASON"}}
    world.control.fault(operation="ListMemberships", error=error)
    response = refused("AccessDeniedException", world.provider.list_memberships)
    assert (response["Error"]["Message"], response["reason"]) == ("Not today.", "SOME_REASON")
    world.control.fault(operation="GetRole", error={"code": "AccessDenied", "status": 403})
    refused("AccessDenied", world.client(service="iam").get_role, RoleName="one")


def test_hanging(world: EmulatorWorld) -> None:
    world.control.fault(operation="ListMemberships", hang=0.3)
    world.provider.list_memberships()
    world.provider.list_memberships()
    slow, fast = (entry["duration_ms"] for entry in world.control.log("ListMemberships"))
    assert slow >= 300 > fast


def test_a_client_that_is_killed_is_no_violation(world: EmulatorWorld) -> None:
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
    deadline = time.monotonic() + 10
    while len(world.control.log()) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [entry["status"] for entry in world.control.log()] == [200, 200]


def test_skip_times_and_clearing(world: EmulatorWorld) -> None:
    throttled = {"operation": "ListMem*", "error": {"code": "ThrottlingException"}}
    world.control.fault(**throttled, skip=1, times=2)
    outcomes = [outcome(world.provider.list_memberships) for _number in range(4)]
    assert outcomes == ["ok", "ThrottlingException", "ThrottlingException", "ok"]
    world.control.fault(**throttled, times=None)
    assert {outcome(world.provider.list_memberships) for _number in range(4)} == {"ThrottlingException"}
    assert len(world.control.faults()) == 2
    world.control.clear_faults()
    assert (outcome(world.provider.list_memberships), world.control.faults()) == ("ok", [])


@pytest.mark.parametrize(
    ("chosen", "meets"),
    [
        ({"parameters": {"name": "acx_part*"}}, True),
        ({"parameters": {"name": "acx_x*"}}, False),
        ({"parameters": {"tags": {"Team": "D*"}}}, True),
        ({"parameters": {"tags": {"Other": "*"}}}, False),
        ({"parameters": {"description": "*"}}, False),
        ({"account": PROVIDER}, True),
        ({"account": int(PROVIDER)}, True),
        ({"account": PARTNER}, False),
        ({"account": "partner"}, False),
        ({"region": "us-east-1"}, True),
        ({"region": "eu-west-1"}, False),
    ],
)
def test_which_calls_are_met(world: EmulatorWorld, chosen: dict[str, Any], meets: bool) -> None:
    membership = world.join()
    world.control.fault(operation=CREATE, error={"code": "ConflictException"}, **chosen)
    found = outcome(world.associate, membership=membership, tags={"Team": "Data"})
    assert found == ("ConflictException" if meets else "ok")


def test_parameters_inside_lists_and_of_later_pages(world: EmulatorWorld) -> None:
    key = keys(world.join())[1]
    world.control.fault(operation="BatchGetSchema", parameters={"names": ["b*"]}, error={"code": "ThrottlingException"})
    get = world.provider.batch_get_schema
    assert [outcome(get, **key, names=names) for names in (["a"], ["a", "bc"])] == ["ok", "ThrottlingException"]
    world.control.settings(page_size=1)
    world.control.fault(parameters={"nextToken": "*"}, error={"code": "ThrottlingException"})
    first = world.provider.list_members(**key)
    assert outcome(world.provider.list_members, **key, nextToken=first["nextToken"]) == "ThrottlingException"


def test_a_fault_after_the_write_waits_for_a_call_that_succeeds(world: EmulatorWorld) -> None:
    membership, table = world.join(), world.table()
    world.associate(membership, table)
    world.control.fault(operation=CREATE, when="after", drop=True)
    assert outcome(world.associate, membership=membership, table_id=table) == "ConflictException"
    assert outcome(world.associate, membership=membership, name="other") == "dropped"


def test_the_world_can_change_midway(world: EmulatorWorld) -> None:
    membership = world.join()
    removed = {"collaboration": "Contract", "account": "provider", "status": "REMOVED"}
    world.control.fault(operation=CREATE, skip=1, scenario={"members": [removed]})
    world.associate(membership)
    response = refused("ConflictException", world.associate, membership=membership, name="other")
    assert "REMOVED" in response["Error"]["Message"]
    assert associated(world) == ["acx_part"]


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
        ({"error": {"code": "X\r\nY: Z"}}, "texts as code and message"),
        ({"error": {"code": "X", "message": 5}}, "texts as code and message"),
        ({"error": {"code": "X", "members": []}}, "a mapping as members"),
        ({"drop": True, "time": 3}, "no 'time'"),
        ({"drop": True, "operation": 5}, "must be a text"),
        ({"drop": True, "account": "nobody"}, "no account 'nobody'"),
        ({"scenario": {"members": 5}}, "must be a list"),
        ({"answer": "text"}, "must be a mapping"),
        ({"answer": {}}, "one of 'text', 'json', or"),
        ({"answer": {"text": "", "json": 1}}, "one of 'text', 'json', or"),
        ({"answer": {"text": "", "without": ["a"]}}, "one of 'text', 'json', or"),
        ({"answer": {"json": 1, "content_type": "x"}}, "not 'content_type'"),
        ({"answer": {"set": {"a": 1}, "status": 200}}, "not 'status'"),
        ({"answer": {"text": 5}}, "'answer.text' is a text, not 5"),
        ({"answer": {"text": "", "content_type": "a\r\nb: c"}}, "ASCII"),
        ({"answer": {"text": "", "status": "403"}}, "no HTTP status '403'"),
        ({"answer": {"json": 1, "status": 204}}, "no HTTP status 204"),
        ({"answer": {"without": "memberSummaries"}}, "list of paths"),
        ({"answer": {"set": ["a"]}}, "mapping from paths"),
        ({"answer": {"without": [5]}}, "is a text like .*, not 5"),
        ({"answer": {"without": ["a..b"]}}, "'a..b' in 'answer' has an empty part"),
        ({"answer": {"without": []}}, "takes nothing out"),
    ],
)
def test_faults_that_make_no_sense_are_refused(world: EmulatorWorld, fault: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ControlError, match=complaint):
        world.control.fault(**fault)
    assert world.control.faults() == []
