# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same calls to the emulator and to moto, which others wrote after the same AWS: answers of one shape."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

import boto3
from botocore.exceptions import ClientError
from emulator_world import PROVIDER, World
from moto import mock_aws

# The account that moto plays.
ACCOUNT = "123456789012"
UNKNOWN = "00000000-0000-0000-0000-000000000000"
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
COLLABORATION: dict[str, Any] = {
    "name": "Partner",
    "description": "Two members",
    "members": [{"accountId": PROVIDER, "displayName": "Provider", "memberAbilities": []}],
    "creatorMemberAbilities": ["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
    "creatorDisplayName": "The partner",
    "queryLogStatus": "DISABLED",
    "tags": {"team": "data"},
}
TABLE: dict[str, Any] = {
    "name": "crm",
    "description": "Customers",
    "tableReference": {"glue": {"tableName": "crm", "databaseName": "lake"}},
    "allowedColumns": ["id", "segment"],
    "analysisMethod": "DIRECT_QUERY",
    "tags": {"team": "data"},
}
# Where the two differ, and why the emulator is as it is; tests/emulator/README.md has the sources.
DIFFERENCES = {
    "list_members": "who can query pays, says the model of PaymentConfiguration; in moto everyone does",
    "list_members, joined": "the same",
    "get_collaboration, unknown": "the model has no ResourceNotFoundException there",
    "update_collaboration, unknown": "the same",
    "delete_collaboration, unknown": "the same",
    "delete_collaboration": "the model's status is 204; moto's is 200",
    "delete_configured_table": "the same",
}


class Recorder:
    """Makes calls and keeps what came back, with ids and times taken out."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.answers: dict[str, Any] = {}

    def call(self, operation: str, /, note: str = "", **parameters: Any) -> Any:
        """Make one call; return what the answer holds besides its metadata."""
        step = f"{operation}, {note}" if note else operation
        try:
            answer = getattr(self.client, operation)(**parameters)
        except ClientError as error:
            self.answers[step] = ("error", error.response["Error"]["Code"])
            return None
        status = answer.pop("ResponseMetadata")["HTTPStatusCode"]
        self.answers[step] = (status, shape_of(answer))
        return next(iter(answer.values()), None)


def shape_of(value: Any) -> Any:
    """Return a value with C(ID) for each UUID, within ARNs too, and C(TIME) for each time."""
    if isinstance(value, dict):
        return {key: shape_of(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape_of(item) for item in value]
    if isinstance(value, datetime):
        return "TIME"
    return UUID.sub("ID", value) if isinstance(value, str) else value


def work_collaborations(recorder: Recorder) -> None:
    """A collaboration and the creator's membership, from creation to deletion."""
    call = recorder.call
    collaboration = call("create_collaboration", **COLLABORATION)
    identity = {"collaborationIdentifier": collaboration["id"]}
    call("get_collaboration", **identity)
    call("list_members", **identity)
    call("list_collaborations", note="invited", memberStatus="INVITED")
    membership = call("create_membership", **identity, queryLogStatus="DISABLED", tags={"a": "b"})
    call("list_collaborations", note="joined", memberStatus="ACTIVE")
    call("list_members", note="joined", **identity)
    within = {"membershipIdentifier": membership["id"]}
    call("get_membership", **within)
    call("list_memberships")
    call("update_membership", **within, queryLogStatus="ENABLED")
    call("list_tags_for_resource", note="membership", resourceArn=membership["arn"])
    call("update_collaboration", **identity, name="Renamed", description="Still two")
    for operation in ("get_collaboration", "update_collaboration", "delete_collaboration"):
        call(operation, note="unknown", collaborationIdentifier=UNKNOWN)
    for operation in ("get_membership", "update_membership", "delete_membership"):
        call(operation, note="unknown", membershipIdentifier=UNKNOWN)
    call("delete_collaboration", **identity)


def work_tables(recorder: Recorder) -> None:
    """A configured table with its tags, from creation to deletion."""
    call = recorder.call
    table = call("create_configured_table", **TABLE)
    identity = {"configuredTableIdentifier": table["id"]}
    call("get_configured_table", **identity)
    call("list_configured_tables")
    call("update_configured_table", **identity, name="crm_renamed", description="Customers of today")
    resource = {"resourceArn": table["arn"]}
    call("tag_resource", **resource, tags={"team": "other", "more": "1"})
    call("list_tags_for_resource", note="tagged", **resource)
    call("untag_resource", **resource, tagKeys=["more"])
    call("list_tags_for_resource", note="untagged", **resource)
    call("delete_configured_table", **identity)
    for operation in ("get_configured_table", "delete_configured_table"):
        call(operation, note="deleted", **identity)


def answers_of(client: Any) -> dict[str, Any]:
    recorder = Recorder(client)
    work_collaborations(recorder)
    work_tables(recorder)
    return recorder.answers


def test_the_same_calls_are_answered_alike(world: World) -> None:
    ours = answers_of(world.client(ACCOUNT))
    with mock_aws():
        theirs = answers_of(boto3.client("cleanrooms", region_name="us-east-1"))
    assert list(ours) == list(theirs)
    assert len(ours) >= 30
    differing = {step: (ours[step], theirs[step]) for step in ours if ours[step] != theirs[step]}
    assert set(differing) == set(DIFFERENCES), {step: differing[step] for step in set(differing) - set(DIFFERENCES)}
