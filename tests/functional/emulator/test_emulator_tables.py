# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configured tables, their own analysis rules, and tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator_world import PARTNER, World

Refused = Callable[..., dict[str, Any]]
UNKNOWN = "00000000-0000-0000-0000-000000000000"
TABLE: dict[str, Any] = {
    "name": "part_new",
    "tableReference": {"glue": {"tableName": "part_new", "databaseName": "lake"}},
    "allowedColumns": ["id", "segment"],
    "analysisMethod": "DIRECT_QUERY",
}
CUSTOM = {"v1": {"custom": {"allowedAnalyses": ["ANY_QUERY"], "allowedAnalysisProviders": [PARTNER]}}}
LIST = {"v1": {"list": {"joinColumns": ["id"], "listColumns": ["segment"]}}}


def test_a_table_from_creation_to_deletion(world: World, refused: Refused) -> None:
    client = world.client()
    table = client.create_configured_table(**TABLE, description="new", tags={"a": "b"})["configuredTable"]
    identity = {"configuredTableIdentifier": table["id"]}
    assert (table["analysisRuleTypes"], table["description"]) == ([], "new")
    rule = client.create_configured_table_analysis_rule(
        **identity, analysisRuleType="CUSTOM", analysisRulePolicy=CUSTOM
    )["analysisRule"]
    assert rule["policy"] == CUSTOM
    summary = client.list_configured_tables()["configuredTableSummaries"][-1]
    assert (summary["name"], summary["analysisRuleTypes"]) == ("part_new", ["CUSTOM"])
    changed = client.update_configured_table(**identity, name="part_renamed")["configuredTable"]
    assert (changed["name"], changed["description"]) == ("part_renamed", "new")
    client.delete_configured_table_analysis_rule(**identity, analysisRuleType="CUSTOM")
    assert client.get_configured_table(**identity)["configuredTable"]["analysisRuleTypes"] == []
    client.delete_configured_table(**identity)
    refused(client.exceptions.ResourceNotFoundException, client.get_configured_table, **identity)


def test_names_of_tables_are_not_unique(world: World) -> None:
    client = world.client()
    first, second = (client.create_configured_table(**TABLE)["configuredTable"]["id"] for _number in range(2))
    assert first != second


def test_an_associated_table_cannot_be_deleted(world: World, refused: Refused) -> None:
    client = world.client()
    world.associate(world.join(), "part_01")
    response = refused(
        client.exceptions.ConflictException,
        client.delete_configured_table,
        configuredTableIdentifier=world.table_id("part_01"),
    )
    assert (response["reason"], response["resourceType"]) == ("SUBRESOURCES_EXIST", "CONFIGURED_TABLE")


def test_a_table_has_one_rule_of_one_type(world: World, refused: Refused) -> None:
    client = world.client()
    identity = {"configuredTableIdentifier": world.table_id("part_01")}
    response = refused(
        client.exceptions.ConflictException,
        client.create_configured_table_analysis_rule,
        **identity,
        analysisRuleType="LIST",
        analysisRulePolicy=LIST,
    )
    assert response["reason"] == "ALREADY_EXISTS"
    refused(
        client.exceptions.ValidationException,
        client.update_configured_table_analysis_rule,
        **identity,
        analysisRuleType="CUSTOM",
        analysisRulePolicy=LIST,
    )
    missing = client.exceptions.ResourceNotFoundException
    refused(missing, client.get_configured_table_analysis_rule, **identity, analysisRuleType="LIST")
    rule = client.get_configured_table_analysis_rule(**identity, analysisRuleType="CUSTOM")["analysisRule"]
    assert rule["policy"] == CUSTOM


def test_tables_of_others_are_not_found(world: World, refused: Refused) -> None:
    client = world.client()
    refused(
        client.exceptions.ResourceNotFoundException,
        client.get_configured_table,
        configuredTableIdentifier=world.table_id("crm"),
    )
    assert "crm" not in [one["name"] for one in client.list_configured_tables()["configuredTableSummaries"]]


def test_tags_of_everything_that_is_ours(world: World, refused: Refused) -> None:
    client = world.client()
    membership_id = world.join()
    association = world.associate(membership_id, "part_01", tags={"Old": "1", "camelCase": "2"})
    namespace = world.add_namespace(membership_id)
    membership = client.get_membership(membershipIdentifier=membership_id)["membership"]
    table = client.get_configured_table(configuredTableIdentifier=world.table_id("part_01"))["configuredTable"]
    schema_arn = f"{membership['arn']}/configuredtableassociation/{association['id']}"
    for arn in (membership["arn"], table["arn"], namespace["arn"], association["arn"], schema_arn):
        client.tag_resource(resourceArn=arn, tags={"Team": "Data", "Old": "x"})
        client.untag_resource(resourceArn=arn, tagKeys=["Old", "none"])
        assert client.list_tags_for_resource(resourceArn=arn)["tags"]["Team"] == "Data"
    tags = client.list_tags_for_resource(resourceArn=association["arn"])["tags"]
    assert tags == {"Team": "Data", "camelCase": "2"}
    missing = client.exceptions.ResourceNotFoundException
    refused(missing, client.list_tags_for_resource, resourceArn=f"{membership['arn'][:-36]}{UNKNOWN}")
    partner = world.client(PARTNER)
    refused(missing, partner.list_tags_for_resource, resourceArn=membership["arn"])
    refused(client.exceptions.ValidationException, client.list_tags_for_resource, resourceArn="arn:aws:s3:::bucket")
