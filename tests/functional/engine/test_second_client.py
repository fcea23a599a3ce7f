# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the modules made, looked at with other clients; and what other clients made, taken over by the modules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from engine_world import NAMESPACE, NAMESPACE_ARN, PARTNER, PROVIDER, ROLE, TABLES, Data, World

ROLE_ARN = f"arn:aws:iam::{PROVIDER}:role/{ROLE}"
NAMES = ["acx_part_01", "acx_part_02", "acx_part_03"]


def aws(world: World, account: str, *arguments: str) -> Data:
    """Run the AWS CLI, which has a model of AWS Clean Rooms of its own, and return its answer."""
    command = [Path(sys.executable).with_name("aws"), "cleanrooms", *arguments, "--output", "json"]
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": world.emulator.url,
        "AWS_ACCESS_KEY_ID": f"AKIA{account}",
        "AWS_SECRET_ACCESS_KEY": "q7ZkX0wVb3",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    answer: Data = json.loads(ended.stdout)
    return answer


@pytest.fixture
def shared(world: World) -> tuple[str, str]:
    """Accept an invitation and share three tables and the ID namespace; the ids of collaboration and membership."""
    wanted = world.invite()
    world.run("invitation", trusted_creators=[PARTNER])
    world.tables(wanted, description="Ours", tags={"team": "data"})
    world.namespaces(wanted)
    (membership,) = world.client().list_memberships()["membershipSummaries"]
    return membership["collaborationId"], membership["id"]


def test_boto3_sees_what_the_modules_made(world: World, shared: tuple[str, str]) -> None:
    client, within = world.client(), {"membershipIdentifier": shared[1]}
    assert client.list_collaborations(memberStatus="INVITED")["collaborationList"] == []
    listed = client.list_configured_table_associations(**within)["configuredTableAssociationSummaries"]
    assert sorted(one["name"] for one in listed) == NAMES
    tables = {one["id"]: one["name"] for one in client.list_configured_tables()["configuredTableSummaries"]}
    for one in listed:
        identity = {**within, "configuredTableAssociationIdentifier": one["id"]}
        read = client.get_configured_table_association(**identity)["configuredTableAssociation"]
        assert (read["roleArn"], read["description"]) == (ROLE_ARN, "Ours")
        assert f"acx_{tables[read['configuredTableId']]}" == one["name"]
        rule = client.get_configured_table_association_analysis_rule(**identity, analysisRuleType="CUSTOM")
        assert rule["analysisRule"]["policy"]["v1"]["custom"]["allowedResultReceivers"] == [PARTNER]
        assert client.list_tags_for_resource(resourceArn=one["arn"])["tags"] == {"team": "data"}
    (namespace,) = client.list_id_namespace_associations(**within)["idNamespaceAssociationSummaries"]
    assert (namespace["name"], namespace["inputReferenceConfig"]["inputReferenceArn"]) == (NAMESPACE, NAMESPACE_ARN)
    members = client.list_members(collaborationIdentifier=shared[0])["memberSummaries"]
    assert {one["accountId"]: one["status"] for one in members} == {PARTNER: "ACTIVE", PROVIDER: "ACTIVE"}


def test_the_partner_can_query_what_the_modules_made(world: World, shared: tuple[str, str]) -> None:
    partner, within = world.client(PARTNER), {"collaborationIdentifier": shared[0]}
    schemas = partner.list_schemas(**within)["schemaSummaries"]
    assert {one["creatorAccountId"] for one in schemas} == {PROVIDER}
    assert sorted(one["name"] for one in schemas if one["type"] == "TABLE") == NAMES
    for name in NAMES:
        (status,) = partner.get_schema(**within, name=name)["schema"]["schemaStatusDetails"]
        assert (status["status"], status["analysisType"]) == ("READY", "DIRECT_ANALYSIS")


def test_the_aws_cli_sees_what_the_modules_made(world: World, shared: tuple[str, str]) -> None:
    listed = aws(world, PROVIDER, "list-configured-table-associations", "--membership-identifier", shared[1])
    assert sorted(one["name"] for one in listed["configuredTableAssociationSummaries"]) == NAMES
    found = aws(world, PARTNER, "get-schema", "--collaboration-identifier", shared[0], "--name", NAMES[0])
    assert found["schema"]["schemaStatusDetails"][0]["status"] == "READY"


@pytest.mark.parametrize("rule_type", ["CUSTOM", "LIST"])
def test_a_table_associated_by_hand_is_taken_over(world: World, rule_type: str) -> None:
    """It was associated in the console: own name and description, tags, no rule."""
    (record,) = world.join(1, "part_02")
    world.control.add(configured_tables=[{"account": PROVIDER, "names": ["part_01"], "rule_type": rule_type}])
    client, within = world.client(), {"membershipIdentifier": world.membership()["id"]}
    tables = {one["name"]: one["id"] for one in client.list_configured_tables()["configuredTableSummaries"]}
    made = client.create_configured_table_association(
        **within,
        configuredTableIdentifier=tables["part_01"],
        name="by_hand",
        roleArn=ROLE_ARN,
        description="Made in the console",
        tags={"owner": "somebody"},
    )["configuredTableAssociation"]
    world.control.clear_log()
    (found,) = world.settle("table_association", collaborations=[record], **TABLES)["collaborations"]
    create = "CreateConfiguredTableAssociation"
    assert [world.writes().count(f"{create}{kind}") for kind in ("", "AnalysisRule")] == [1, 2]
    receivers = {name: found[2] for name, found in world.by_name().items()}
    assert receivers == {"by_hand": (PARTNER,), "acx_part_02": (PARTNER,)}
    assert (found["summary"]["associated"], found["summary"]["new_receiver"]) == (1, 1)
    identity: dict[str, Any] = {**within, "configuredTableAssociationIdentifier": made["id"]}
    kept = client.get_configured_table_association(**identity)["configuredTableAssociation"]
    assert (kept["name"], kept["description"]) == ("by_hand", "Made in the console")
    assert client.list_tags_for_resource(resourceArn=kept["arn"])["tags"] == {"owner": "somebody"}
    rule = client.get_configured_table_association_analysis_rule(**identity, analysisRuleType=rule_type)
    assert list(rule["analysisRule"]["policy"]["v1"]) == [rule_type.lower()]


def test_a_namespace_associated_by_hand_is_taken_over(world: World) -> None:
    wanted = world.join()
    world.client().create_id_namespace_association(
        membershipIdentifier=world.membership()["id"],
        name="ByHand",
        description="Made in the console",
        inputReferenceConfig={"inputReferenceArn": NAMESPACE_ARN, "manageResourcePolicies": True},
    )
    world.control.clear_log()
    assert world.namespaces(wanted)["changed"]
    assert world.writes() == ["UpdateIdNamespaceAssociation"]
    (found,) = world.control.state()["id_namespace_associations"]
    assert (found["name"], found["description"]) == (NAMESPACE, "Made in the console")
    assert not world.namespaces(wanted)["changed"]


def test_a_collaboration_joined_by_hand_is_not_joined_again(world: World) -> None:
    world.invite()
    client = world.client()
    (pending,) = client.list_collaborations(memberStatus="INVITED")["collaborationList"]
    made = client.create_membership(collaborationIdentifier=pending["id"], queryLogStatus="DISABLED")["membership"]
    world.control.clear_log()
    answer = world.run("invitation", collaboration_ids=[pending["id"]])
    assert (answer["changed"], answer["collaborations"][0]["membership_id"]) == (False, made["id"])
    assert world.writes() == []
