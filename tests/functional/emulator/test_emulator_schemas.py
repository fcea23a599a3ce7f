# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemas: what partners see, and why a table is not ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from emulator_world import OUTSIDER, PARTNER, PROVIDER, World

Refused = Callable[..., dict[str, Any]]
AUDIENCE = "arn:aws:cleanrooms:us-east-1:*:membership/*/configuredaudiencemodelassociation/*"


def details(world: World, name: str) -> list[tuple[str, str, list[str]]]:
    """(analysis type, status, reason codes) for each kind of analysis."""
    answer = world.client(PARTNER).batch_get_schema(collaborationIdentifier=world.collaboration_id, names=[name])
    (schema,) = answer["schemas"]
    return [
        (one["analysisType"], one["status"], [reason["code"] for reason in one["reasons"]])
        for one in schema["schemaStatusDetails"]
    ]


def not_ready(*codes: str) -> list[tuple[str, str, list[str]]]:
    return [("DIRECT_ANALYSIS", "NOT_READY", list(codes))]


READY = [("DIRECT_ANALYSIS", "READY", [])]


def test_a_table_is_ready_when_everything_is_there(world: World) -> None:
    association = world.associate(world.join(), "part_01")
    assert details(world, "acx_part_01") == not_ready("COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED")
    world.add_rule(association, [])
    assert details(world, "acx_part_01") == not_ready("RESULT_RECEIVERS_NOT_CONFIGURED")
    world.client().update_configured_table_association_analysis_rule(
        membershipIdentifier=association["membershipId"],
        configuredTableAssociationIdentifier=association["id"],
        analysisRuleType="CUSTOM",
        analysisRulePolicy={"v1": {"custom": {"allowedResultReceivers": [PARTNER]}}},
    )
    assert details(world, "acx_part_01") == READY


@pytest.mark.parametrize(
    ("rule_type", "rule", "codes"),
    [
        ("none", {}, ["ANALYSIS_RULE_MISSING"]),
        ("CUSTOM", {"rule": {"allowedAnalyses": []}}, ["ANALYSIS_TEMPLATES_NOT_CONFIGURED"]),
        ("CUSTOM", {"rule": {"allowedAnalyses": ["ANY_QUERY"]}}, ["ANALYSIS_PROVIDERS_NOT_CONFIGURED"]),
        (
            "CUSTOM",
            {
                "rule": {
                    "allowedAnalyses": ["ANY_QUERY"],
                    "allowedAnalysisProviders": [PARTNER],
                    "differentialPrivacy": {"columns": [{"name": "id"}]},
                }
            },
            ["DIFFERENTIAL_PRIVACY_POLICY_NOT_CONFIGURED"],
        ),
        ("LIST", {}, []),
        ("AGGREGATION", {}, []),
    ],
)
def test_the_rule_of_the_table_counts(world: World, rule_type: str, rule: dict[str, Any], codes: list[str]) -> None:
    world.join()
    world.control.add(
        configured_tables=[{"account": PROVIDER, "names": "special", "rule_type": rule_type, **rule}],
        memberships=[
            {
                "collaboration": "Partner",
                "account": PROVIDER,
                "associations": [{"tables": "special", "role": "cleanrooms-glue-s3-access"}],
            }
        ],
    )
    assert details(world, "special") == (not_ready(*codes) if codes else READY)


def test_a_table_of_another_type_than_its_rule_is_not_ready(world: World) -> None:
    client = world.client()
    world.add_rule(world.associate(world.join(), "part_01"), [PARTNER])
    identity = {"configuredTableIdentifier": world.table_id("part_01")}
    client.delete_configured_table_analysis_rule(**identity, analysisRuleType="CUSTOM")
    assert details(world, "acx_part_01") == not_ready("ANALYSIS_RULE_MISSING")
    policy = {"v1": {"list": {"joinColumns": ["id"], "listColumns": ["segment"]}}}
    client.create_configured_table_analysis_rule(**identity, analysisRuleType="LIST", analysisRulePolicy=policy)
    assert details(world, "acx_part_01") == not_ready("ANALYSIS_RULE_TYPES_NOT_COMPATIBLE")


def test_a_receiver_who_loses_the_right_makes_a_table_not_ready(world: World) -> None:
    member = {"collaboration": "Partner", "account": OUTSIDER, "abilities": ["CAN_RECEIVE_RESULTS"]}
    world.control.add(members=[{**member, "status": "ACTIVE"}])
    world.add_rule(world.associate(world.join(), "part_01"), [OUTSIDER])
    assert details(world, "acx_part_01") == READY
    world.control.add(members=[{**member, "abilities": []}])
    assert details(world, "acx_part_01") == not_ready("RESULT_RECEIVERS_NOT_ALLOWED")


@pytest.mark.parametrize(
    ("additional", "allowed", "expected"),
    [
        ("NOT_ALLOWED", [AUDIENCE], not_ready("ADDITIONAL_ANALYSES_NOT_ALLOWED")),
        ("ALLOWED", [], [*READY, ("ADDITIONAL_ANALYSIS", "NOT_READY", ["ADDITIONAL_ANALYSES_NOT_CONFIGURED"])]),
        ("ALLOWED", [AUDIENCE], [*READY, ("ADDITIONAL_ANALYSIS", "READY", [])]),
        ("REQUIRED", [AUDIENCE], [("ADDITIONAL_ANALYSIS", "READY", [])]),
    ],
)
def test_additional_analyses_have_a_status_of_their_own(
    world: World, additional: str, allowed: list[str], expected: list[tuple[str, str, list[str]]]
) -> None:
    client = world.client()
    identity = {"configuredTableIdentifier": world.table_id("part_01"), "analysisRuleType": "CUSTOM"}
    policy = client.get_configured_table_analysis_rule(**identity)["analysisRule"]["policy"]
    policy["v1"]["custom"]["additionalAnalyses"] = additional
    client.update_configured_table_analysis_rule(**identity, analysisRulePolicy=policy)
    world.add_rule(world.associate(world.join(), "part_01"), [PARTNER], allowedAdditionalAnalyses=allowed)
    assert details(world, "acx_part_01") == expected


def test_a_batch_names_what_is_unknown(world: World, refused: Refused) -> None:
    client = world.client()
    world.associate(world.join(), "part_01")
    answer = client.batch_get_schema(
        collaborationIdentifier=world.collaboration_id, names=["nothing", "acx_part_01", "nothing"]
    )
    assert [schema["name"] for schema in answer["schemas"]] == ["acx_part_01"]
    assert [error["name"] for error in answer["errors"]] == ["nothing"]
    assert answer["schemas"][0]["creatorAccountId"] == PROVIDER
    many = [f"name_{number}" for number in range(26)]
    for names in (many, []):
        refused(
            client.exceptions.ValidationException,
            client.batch_get_schema,
            collaborationIdentifier=world.collaboration_id,
            names=names,
        )


def test_schemas_are_for_active_members(world: World, refused: Refused) -> None:
    for account in (PROVIDER, OUTSIDER):
        client = world.client(account)
        refused(
            client.exceptions.AccessDeniedException,
            client.list_schemas,
            collaborationIdentifier=world.collaboration_id,
        )
    membership_id = world.join()
    world.associate(membership_id, "part_01")
    partner = world.client(PARTNER)
    (summary,) = partner.list_schemas(collaborationIdentifier=world.collaboration_id)["schemaSummaries"]
    assert (summary["name"], summary["analysisRuleTypes"]) == ("acx_part_01", ["CUSTOM"])
    assert f"membership/{membership_id}/configuredtableassociation/" in summary["resourceArn"]
    schema = partner.get_schema(collaborationIdentifier=world.collaboration_id, name="acx_part_01")["schema"]
    assert [column["name"] for column in schema["columns"]] == ["id", "segment", "day"]
    assert (
        partner.list_schemas(collaborationIdentifier=world.collaboration_id, schemaType="ID_MAPPING_TABLE")[
            "schemaSummaries"
        ]
        == []
    )
    refused(
        partner.exceptions.ResourceNotFoundException,
        partner.get_schema,
        collaborationIdentifier=world.collaboration_id,
        name="nothing",
    )


def test_a_batch_of_rules_shows_the_three_policies(world: World) -> None:
    membership_id = world.join()
    world.add_rule(world.associate(membership_id, "part_01"), [PARTNER])
    world.associate(membership_id, "part_02")
    world.associate(membership_id, "bare")
    answer = world.client().batch_get_schema_analysis_rule(
        collaborationIdentifier=world.collaboration_id,
        schemaAnalysisRuleRequests=[
            {"name": "acx_part_01", "type": "CUSTOM"},
            {"name": "acx_part_01", "type": "LIST"},
            {"name": "acx_part_02", "type": "CUSTOM"},
            {"name": "acx_bare", "type": "CUSTOM"},
            {"name": "nothing", "type": "CUSTOM"},
        ],
    )
    first, second = answer["analysisRules"]
    own = {"allowedAnalyses": ["ANY_QUERY"], "allowedAnalysisProviders": [PARTNER]}
    assert first["policy"] == {"v1": {"custom": own}}
    assert first["collaborationPolicy"] == {"v1": {"custom": {"allowedResultReceivers": [PARTNER]}}}
    assert first["consolidatedPolicy"] == {"v1": {"custom": {**own, "allowedResultReceivers": [PARTNER]}}}
    assert second["name"] == "acx_part_02"
    assert {"collaborationPolicy", "consolidatedPolicy"}.isdisjoint(second)
    assert [(error["name"], error["type"]) for error in answer["errors"]] == [
        ("acx_part_01", "LIST"),
        ("acx_bare", "CUSTOM"),
        ("nothing", "CUSTOM"),
    ]


def test_consolidated_policies_of_the_other_types_fit_the_model(world: World) -> None:
    membership_id = world.join()
    for table, rule_type in (("a_list", "LIST"), ("an_aggregation", "AGGREGATION")):
        world.add_rule(world.associate(membership_id, table), [PARTNER], rule_type)
        answer = world.client().batch_get_schema_analysis_rule(
            collaborationIdentifier=world.collaboration_id,
            schemaAnalysisRuleRequests=[{"name": f"acx_{table}", "type": rule_type}],
        )
        policy = answer["analysisRules"][0]["consolidatedPolicy"]["v1"][rule_type.lower()]
        assert policy["allowedResultReceivers"] == [PARTNER]
        assert "joinColumns" in policy
