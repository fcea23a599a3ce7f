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

import boto3
import pytest
from engine_world import (
    NAMESPACE,
    NAMESPACE_ARN,
    PARTNER,
    PROVIDER,
    ROLE,
    TABLES,
    Data,
    RunModule,
    joined,
    records,
    scenario,
    shared,
    writes,
)

from emulator import Emulator

ROLE_ARN = f"arn:aws:iam::{PROVIDER}:role/{ROLE}"


def boto3_client(emulator: Emulator, account: str = PROVIDER) -> Any:
    """A plain client, without anything of the collection."""
    return boto3.client(
        "cleanrooms",
        endpoint_url=emulator.url,
        region_name="us-east-1",
        aws_access_key_id=f"AKIA{account}",
        aws_secret_access_key="any",
    )


def aws(emulator: Emulator, account: str, *arguments: str) -> Data:
    """Run the AWS CLI, which has a model of AWS Clean Rooms of its own, and return its answer."""
    command = [Path(sys.executable).with_name("aws"), "cleanrooms", *arguments, "--output", "json"]
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ACCESS_KEY_ID": f"AKIA{account}",
        "AWS_SECRET_ACCESS_KEY": "any",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    answer: Data = json.loads(ended.stdout)
    return answer


def share(emulator: Emulator, run: RunModule) -> tuple[str, str]:
    """Accept an invitation and share three tables and the ID namespace; the ids of collaboration and membership."""
    emulator.reset(scenario())
    run("invitation", trusted_creators=[PARTNER])
    run("table_association", collaborations=records(emulator), description="Ours", tags={"team": "data"}, **TABLES)
    run("namespace_association", collaborations=records(emulator), name=NAMESPACE, id_namespace_arn=NAMESPACE_ARN)
    (membership,) = boto3_client(emulator).list_memberships()["membershipSummaries"]
    return membership["collaborationId"], membership["id"]


def test_boto3_sees_what_the_modules_made(emulator: Emulator, run: RunModule) -> None:
    collaboration_id, membership_id = share(emulator, run)
    client, within = boto3_client(emulator), {"membershipIdentifier": membership_id}
    assert client.list_collaborations(memberStatus="INVITED")["collaborationList"] == []
    listed = client.list_configured_table_associations(**within)["configuredTableAssociationSummaries"]
    assert sorted(one["name"] for one in listed) == ["acx_part_01", "acx_part_02", "acx_part_03"]
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
    members = client.list_members(collaborationIdentifier=collaboration_id)["memberSummaries"]
    assert {one["accountId"]: one["status"] for one in members} == {PARTNER: "ACTIVE", PROVIDER: "ACTIVE"}


def test_the_partner_can_query_what_the_modules_made(emulator: Emulator, run: RunModule) -> None:
    collaboration_id, _membership_id = share(emulator, run)
    partner, within = boto3_client(emulator, PARTNER), {"collaborationIdentifier": collaboration_id}
    schemas = partner.list_schemas(**within)["schemaSummaries"]
    assert {one["creatorAccountId"] for one in schemas} == {PROVIDER}
    tables = sorted(one["name"] for one in schemas if one["type"] == "TABLE")
    assert tables == ["acx_part_01", "acx_part_02", "acx_part_03"]
    for name in tables:
        (status,) = partner.get_schema(**within, name=name)["schema"]["schemaStatusDetails"]
        assert (status["status"], status["analysisType"]) == ("READY", "DIRECT_ANALYSIS")


def test_the_aws_cli_sees_what_the_modules_made(emulator: Emulator, run: RunModule) -> None:
    collaboration_id, membership_id = share(emulator, run)
    within = ("--membership-identifier", membership_id)
    listed = aws(emulator, PROVIDER, "list-configured-table-associations", *within)
    names = sorted(one["name"] for one in listed["configuredTableAssociationSummaries"])
    assert names == ["acx_part_01", "acx_part_02", "acx_part_03"]
    found = aws(
        emulator, PARTNER, "get-schema", "--collaboration-identifier", collaboration_id, "--name", "acx_part_01"
    )
    assert found["schema"]["schemaStatusDetails"][0]["status"] == "READY"


def by_hand(emulator: Emulator, rule_type: str) -> str:
    """Associate one table as somebody does it in the console: own name and description, tags, no rule."""
    emulator.reset(
        scenario(memberships=joined(), tables="part_{02..03}")
        | {
            "configured_tables": [
                {"account": PROVIDER, "names": ["part_01"], "rule_type": rule_type},
                {"account": PROVIDER, "names": ["part_02"]},
            ]
        }
    )
    client = boto3_client(emulator)
    (membership,) = client.list_memberships()["membershipSummaries"]
    (table,) = (one for one in client.list_configured_tables()["configuredTableSummaries"] if one["name"] == "part_01")
    made = client.create_configured_table_association(
        membershipIdentifier=membership["id"],
        configuredTableIdentifier=table["id"],
        name="by_hand",
        roleArn=ROLE_ARN,
        description="Made in the console",
        tags={"owner": "somebody"},
    )
    emulator.control.clear_log()
    return str(made["configuredTableAssociation"]["id"])


@pytest.mark.parametrize("rule_type", ["CUSTOM", "LIST"])
def test_a_table_associated_by_hand_is_taken_over(emulator: Emulator, run: RunModule, rule_type: str) -> None:
    association_id = by_hand(emulator, rule_type)
    call = {"collaborations": records(emulator), **TABLES}
    answer = run("table_association", **call)
    assert [writes(emulator).count(f"CreateConfiguredTableAssociation{kind}") for kind in ("", "AnalysisRule")] == [
        1,
        2,
    ]
    receivers = {name: found[2] for (_membership, name), found in shared(emulator).items()}
    assert receivers == {"by_hand": (PARTNER,), "acx_part_02": (PARTNER,)}
    (summary,) = (one["summary"] for one in answer["collaborations"])
    assert (summary["associated"], summary["repaired"]) == (1, 1)
    client = boto3_client(emulator)
    (membership,) = client.list_memberships()["membershipSummaries"]
    identity = {"membershipIdentifier": membership["id"], "configuredTableAssociationIdentifier": association_id}
    kept = client.get_configured_table_association(**identity)["configuredTableAssociation"]
    assert (kept["name"], kept["description"]) == ("by_hand", "Made in the console")
    assert client.list_tags_for_resource(resourceArn=kept["arn"])["tags"] == {"owner": "somebody"}
    rule = client.get_configured_table_association_analysis_rule(**identity, analysisRuleType=rule_type)
    assert list(rule["analysisRule"]["policy"]["v1"]) == [rule_type.lower()]
    assert not run("table_association", **call)["changed"]


def test_a_namespace_associated_by_hand_is_taken_over(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined()))
    client = boto3_client(emulator)
    (membership,) = client.list_memberships()["membershipSummaries"]
    client.create_id_namespace_association(
        membershipIdentifier=membership["id"],
        name="ByHand",
        description="Made in the console",
        inputReferenceConfig={"inputReferenceArn": NAMESPACE_ARN, "manageResourcePolicies": True},
    )
    emulator.control.clear_log()
    call = {"collaborations": records(emulator), "name": NAMESPACE, "id_namespace_arn": NAMESPACE_ARN}
    assert run("namespace_association", **call)["changed"]
    assert writes(emulator) == ["UpdateIdNamespaceAssociation"]
    (found,) = emulator.control.state()["id_namespace_associations"]
    assert (found["name"], found["description"]) == (NAMESPACE, "Made in the console")
    assert not run("namespace_association", **call)["changed"]


def test_a_collaboration_joined_by_hand_is_not_joined_again(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario())
    client = boto3_client(emulator)
    (pending,) = client.list_collaborations(memberStatus="INVITED")["collaborationList"]
    made = client.create_membership(collaborationIdentifier=pending["id"], queryLogStatus="DISABLED")["membership"]
    emulator.control.clear_log()
    answer = run("invitation", collaboration_ids=[pending["id"]])
    assert (answer["changed"], answer["collaborations"][0]["membership_id"]) == (False, made["id"])
    assert writes(emulator) == []
