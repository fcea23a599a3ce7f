# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same calls to the emulator and to moto, which others wrote after the same AWS: answers of one shape."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import boto3
from botocore.exceptions import ClientError
from contract_world import QUERIES, RECEIVES, Data, unknown
from emulator_world import PROVIDER, EmulatorWorld
from moto import mock_aws

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
COLLABORATION: Data = {
    "members": [{"accountId": PROVIDER, "displayName": "Provider", "memberAbilities": []}],
    "creatorMemberAbilities": [QUERIES, RECEIVES],
    "creatorDisplayName": "The partner",
    "queryLogStatus": "DISABLED",
}
GLUE = {"tableName": "crm", "databaseName": "lake"}
TABLE: Data = {"tableReference": {"glue": GLUE}, "allowedColumns": ["id"], "analysisMethod": "DIRECT_QUERY"}
NAMED: Data = {"name": "One", "description": "Two", "tags": {"team": "data"}}
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


def shape_of(answer: Data) -> Any:
    """An answer with ID for each UUID, within ARNs too, and TIME for each time."""
    return json.loads(UUID.sub("ID", json.dumps(answer, default=lambda _time: "TIME")))


def make_call(client: Any, answers: Data, operation: str, /, note: str = "", **parameters: Any) -> Any:
    """Makes a call and notes its answer; returns what that holds besides its metadata."""
    step = f"{operation}, {note}" if note else operation
    try:
        answer = getattr(client, operation)(**parameters)
    except ClientError as error:
        answers[step] = ("error", error.response["Error"]["Code"])
        return None
    answers[step] = (answer.pop("ResponseMetadata")["HTTPStatusCode"], shape_of(answer))
    return next(iter(answer.values()), None)


def answers_of(client: Any) -> Data:
    """What comes back of a collaboration, its creator's membership and a table, from creation to deletion."""
    answers: Data = {}
    call = partial(make_call, client, answers)
    key = {"collaborationIdentifier": call("create_collaboration", **COLLABORATION, **NAMED)["id"]}
    call("get_collaboration", **key)
    call("list_members", **key)
    call("list_collaborations", note="invited", memberStatus="INVITED")
    membership = call("create_membership", **key, queryLogStatus="DISABLED", tags={"a": "b"})
    call("list_collaborations", note="joined", memberStatus="ACTIVE")
    call("list_members", note="joined", **key)
    within = {"membershipIdentifier": membership["id"]}
    call("get_membership", **within)
    call("list_memberships")
    call("update_membership", **within, queryLogStatus="ENABLED")
    call("list_tags_for_resource", note="membership", resourceArn=membership["arn"])
    call("update_collaboration", **key, name="Renamed", description="Still two")
    for verb in ("get", "update", "delete"):
        call(f"{verb}_collaboration", note="unknown", collaborationIdentifier=unknown())
        call(f"{verb}_membership", note="unknown", membershipIdentifier=unknown())
    call("delete_collaboration", **key)
    table = call("create_configured_table", **TABLE, **NAMED)
    own, resource = {"configuredTableIdentifier": table["id"]}, {"resourceArn": table["arn"]}
    call("get_configured_table", **own)
    call("list_configured_tables")
    call("update_configured_table", **own, name="renamed", description="Customers of today")
    call("tag_resource", **resource, tags={"team": "other", "more": "1"})
    call("list_tags_for_resource", note="tagged", **resource)
    call("untag_resource", **resource, tagKeys=["more"])
    call("list_tags_for_resource", note="untagged", **resource)
    call("delete_configured_table", **own)
    for operation in ("get_configured_table", "delete_configured_table"):
        call(operation, note="deleted", **own)
    return answers


def test_the_same_calls_are_answered_alike(world: EmulatorWorld) -> None:
    ours = answers_of(world.client("123456789012"))  # the account that moto plays
    with mock_aws():
        theirs = answers_of(boto3.client("cleanrooms", region_name="us-east-1"))
    assert list(ours) == list(theirs)
    assert len(ours) >= 30
    differing = {step: (ours[step], theirs[step]) for step in ours if ours[step] != theirs[step]}
    assert set(differing) == set(DIFFERENCES), {step: differing[step] for step in set(differing) - set(DIFFERENCES)}
