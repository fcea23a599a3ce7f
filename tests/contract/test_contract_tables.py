# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Associations of tables, their collaboration analysis rules, and what partners see of them."""

from __future__ import annotations

import pytest
from contract_world import QUERIES, RECEIVES, Data, World, identify, listed, refused, row, unknown

UNIQUE = "model (ConflictException, ALREADY_EXISTS)"
ASSOCIATIONS = "list_configured_table_associations"
AUDIENCE = "arn:aws:cleanrooms:us-east-1:*:membership/*/configuredaudiencemodelassociation/*"
Status = list[tuple[str, str, list[str]]]
READY: Status = [("DIRECT_ANALYSIS", "READY", [])]


def not_ready(*codes: str, analysis: str = "DIRECT_ANALYSIS") -> Status:
    return [(analysis, "NOT_READY", list(codes))]


def statuses(world: World, membership: Data) -> Status:
    """What the partner reads of the one schema: (analysis type, status, reason codes) for each kind of analysis."""
    answer = world.partner.batch_get_schema(collaborationIdentifier=membership["collaborationId"], names=["acx_part"])
    return [
        (one["analysisType"], one["status"], [reason["code"] for reason in one["reasons"]])
        for one in answer["schemas"][0]["schemaStatusDetails"]
    ]


@row("an association: its table", source=UNIQUE, sure="guess")
def test_an_association_from_creation_to_deletion(world: World) -> None:
    provider, membership, table = world.provider, world.join(), world.table()
    association = world.associate(membership, table, description="first", tags={"a": "b"})
    expected = {"configuredTableId": table, "name": "acx_part", "roleArn": world.roles[0], "description": "first"}
    assert {key: association[key] for key in expected} == expected
    assert "childResources" not in association
    (summary,) = listed(provider, ASSOCIATIONS, membershipIdentifier=membership["id"])
    assert summary == {key: association[key] for key in summary}
    assert {"roleArn", "description"}.isdisjoint(summary)
    provider.delete_configured_table_association(**identify(association))
    refused("ResourceNotFoundException", provider.get_configured_table_association, **identify(association))
    assert world.associate(membership, table)["id"] != association["id"]


@row("an association: its table", source=UNIQUE, sure="guess")
def test_name_and_table_are_unique_in_a_membership(world: World) -> None:
    membership, table = world.join(), world.table()
    first = world.associate(membership, table)
    for other_table, name in ((world.table(), "acx_part"), (table, "another")):
        response = refused("ConflictException", world.associate, membership=membership, table_id=other_table, name=name)
        assert (response["reason"], response["resourceId"]) == ("ALREADY_EXISTS", first["id"])
        assert response["resourceType"] == "CONFIGURED_TABLE_ASSOCIATION"
    world.associate(world.join(), table)


@row("an association: its table", source=UNIQUE, sure="guess")
def test_an_association_needs_our_membership_table_and_role(world: World) -> None:
    membership, table, foreign = world.join(), world.table(), world.table(client=world.partner)
    (partners,) = (
        one["id"]
        for one in listed(world.partner, "list_memberships")
        if one["collaborationId"] == membership["collaborationId"]
    )
    for kind, parameters in (
        ("MEMBERSHIP", {"membership": {"id": unknown()}}),
        ("MEMBERSHIP", {"membership": {"id": partners}}),
        ("CONFIGURED_TABLE", {"table_id": unknown()}),
        ("CONFIGURED_TABLE", {"table_id": foreign}),
    ):
        values = {"membership": membership, "table_id": table, **parameters}
        assert refused("ResourceNotFoundException", world.associate, **values)["resourceType"] == kind
    association = world.associate(membership, table)
    for role in (world.roles[0] + "-typo", world.roles[0].replace(world.provider_id, world.partner_id)):
        for call, parameters in (
            (world.associate, {"membership": membership, "table_id": world.table(), "name": "other"}),
            (world.provider.update_configured_table_association, identify(association)),
        ):
            response = refused("ValidationException", call, **parameters, roleArn=role)
            assert response["reason"] == "INVALID_CONFIGURATION"
            assert role in response["Error"]["Message"]


@row("an update keeps", source="model", sure="documented")
def test_an_update_of_an_association_keeps_what_is_not_given(world: World) -> None:
    membership = world.join()
    table, namespace = world.associate(membership, description="first"), world.namespace(membership)
    mapping = {"allowUseAsDimensionColumn": True}
    for number, (kind, association, changes) in enumerate(
        (
            ("configured_table", table, {"roleArn": world.roles[1], "description": "second"}),
            ("id_namespace", namespace, {"name": "Renamed", "description": "new", "idMappingConfig": mapping}),
        )
    ):
        answer = ("configuredTableAssociation", "idNamespaceAssociation")[number]
        for key, value in changes.items():
            getattr(world.provider, f"update_{kind}_association")(**identify(association), **{key: value})
        found = getattr(world.provider, f"get_{kind}_association")(**identify(association))[answer]
        assert found == {**association, **changes, "updateTime": found["updateTime"]}


@row("a table without a rule", source="user guide, analysis-rules", sure="documented")
def test_a_table_without_a_rule(world: World) -> None:
    membership = world.join()
    association = world.associate(membership, world.table(None))
    assert statuses(world, membership) == not_ready("ANALYSIS_RULE_MISSING")
    refused("ValidationException", world.rule, association=association, receivers=[])


@row("a collaboration analysis rule", source="user guide, add-collaboration-analysis-rule", sure="guess")
@pytest.mark.parametrize("rule_type", ["CUSTOM", "LIST", "AGGREGATION"])
def test_a_rule_has_the_type_of_its_table(world: World, rule_type: str) -> None:
    provider, membership, partner = world.provider, world.join(), [world.partner_id]
    association = world.associate(membership, world.table(rule_type))
    key = {**identify(association), "analysisRuleType": rule_type}
    other = "LIST" if rule_type == "CUSTOM" else "CUSTOM"
    create, get = (
        getattr(provider, f"{verb}_configured_table_association_analysis_rule") for verb in ("create", "get")
    )
    response = refused("ValidationException", world.rule, association=association, receivers=partner, rule_type=other)
    assert response["reason"] == "INVALID_CONFIGURATION"
    wrong = {"v1": {other.lower(): {"allowedResultReceivers": partner}}}
    refused("ValidationException", create, **key, analysisRulePolicy=wrong)
    refused("ResourceNotFoundException", get, **key)
    rule = world.rule(association, partner, rule_type)
    assert rule["policy"] == {"v1": {rule_type.lower(): {"allowedResultReceivers": partner}}}
    assert get(**key)["analysisRule"] == rule
    response = refused("ConflictException", world.rule, association=association, receivers=[], rule_type=rule_type)
    assert (response["reason"], response["resourceId"]) == ("ALREADY_EXISTS", association["id"])
    request = [{"name": "acx_part", "type": rule_type}]
    (shown,) = provider.batch_get_schema_analysis_rule(
        collaborationIdentifier=membership["collaborationId"], schemaAnalysisRuleRequests=request
    )["analysisRules"]
    own = world.policy(rule_type)
    body = {**own["v1"][rule_type.lower()], "allowedResultReceivers": partner}
    assert (shown["policy"], shown["collaborationPolicy"]) == (own, rule["policy"])
    assert shown["consolidatedPolicy"] == {"v1": {rule_type.lower(): body}}


@row("receivers are other members", source="user guide, add-collaboration-analysis-rule", sure="guess")
def test_receivers_are_other_members_who_can_receive(world: World) -> None:
    third = world.member((RECEIVES,), world.third_id)
    identity = world.collaborate(creatorMemberAbilities=[QUERIES], members=[world.member((RECEIVES,)), third])
    association = world.associate(world.join(identity))
    for receivers in ([world.provider_id], [world.partner_id], [world.third_id, world.partner_id]):
        response = refused("ValidationException", world.rule, association=association, receivers=receivers)
        assert response["reason"] == "INVALID_CONFIGURATION"
        assert receivers[-1] in response["Error"]["Message"]
    world.rule(association, [world.third_id])
    assert statuses(world, {"collaborationId": identity}) == READY
    world.partner.delete_member(collaborationIdentifier=identity, accountId=world.third_id)
    assert statuses(world, {"collaborationId": identity}) == not_ready("RESULT_RECEIVERS_NOT_ALLOWED")
    update = world.provider.update_configured_table_association_analysis_rule
    policy = {"v1": {"custom": {"allowedResultReceivers": [world.third_id]}}}
    refused(
        "ValidationException", update, **identify(association), analysisRuleType="CUSTOM", analysisRulePolicy=policy
    )


@row("receivers are other members", source="user guide, add-collaboration-analysis-rule", sure="guess")
def test_who_left_is_no_receiver(world: World) -> None:
    invited = world.member((RECEIVES,), world.partner_id)
    identity = world.collaborate(creator=world.provider, creatorMemberAbilities=[QUERIES, RECEIVES], members=[invited])
    leaving = world.join(identity, client=world.partner)
    (own,) = (one for one in listed(world.provider, "list_memberships") if one["collaborationId"] == identity)
    association = world.associate(own)
    world.partner.delete_membership(membershipIdentifier=leaving["id"])
    refused("ValidationException", world.rule, association=association, receivers=[world.partner_id])


@row("a rule without receivers", source="model", sure="documented")
@row("`analysisRuleTypes`", source="model, by the types of the lists", sure="guess")
def test_a_rule_from_creation_to_deletion(world: World) -> None:
    provider, membership = world.provider, world.join()
    association = world.associate(membership)
    key = {**identify(association), "analysisRuleType": "CUSTOM"}
    update, delete = (
        getattr(provider, f"{verb}_configured_table_association_analysis_rule") for verb in ("update", "delete")
    )

    def types() -> list[list[str]]:
        """Of the association, as its own account sees it, and of its schema."""
        within = {"membershipIdentifier": membership["id"]}
        schemas = {"collaborationIdentifier": membership["collaborationId"]}
        found = [*listed(provider, ASSOCIATIONS, **within), *listed(world.partner, "list_schemas", **schemas)]
        return [one["analysisRuleTypes"] for one in found]

    assert types() == [[], ["CUSTOM"]]
    assert statuses(world, membership) == not_ready("COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED")
    world.rule(association, [])
    assert types() == [["CUSTOM"], ["CUSTOM"]]
    assert statuses(world, membership) == not_ready("RESULT_RECEIVERS_NOT_CONFIGURED")
    policy = {"v1": {"custom": {"allowedResultReceivers": [world.partner_id]}}}
    assert update(**key, analysisRulePolicy=policy)["analysisRule"]["policy"] == policy
    assert statuses(world, membership) == READY
    delete(**key)
    refused("ResourceNotFoundException", delete, **key)
    refused("ResourceNotFoundException", update, **key, analysisRulePolicy=policy)
    assert types() == [[], ["CUSTOM"]]


@row("reasons of NOT_READY", source="model", sure="documented")
@pytest.mark.parametrize(
    ("body", "additional", "expected"),
    [
        ({"allowedAnalyses": []}, [], not_ready("ANALYSIS_TEMPLATES_NOT_CONFIGURED")),
        ({"allowedAnalysisProviders": []}, [], not_ready("ANALYSIS_PROVIDERS_NOT_CONFIGURED")),
        (
            {"differentialPrivacy": {"columns": [{"name": "id"}]}},
            [],
            not_ready("DIFFERENTIAL_PRIVACY_POLICY_NOT_CONFIGURED"),
        ),
        ({"additionalAnalyses": "NOT_ALLOWED"}, [AUDIENCE], not_ready("ADDITIONAL_ANALYSES_NOT_ALLOWED")),
        (
            {"additionalAnalyses": "ALLOWED"},
            [],
            READY + not_ready("ADDITIONAL_ANALYSES_NOT_CONFIGURED", analysis="ADDITIONAL_ANALYSIS"),
        ),
        ({"additionalAnalyses": "ALLOWED"}, [AUDIENCE], [*READY, ("ADDITIONAL_ANALYSIS", "READY", [])]),
        ({"additionalAnalyses": "REQUIRED"}, [AUDIENCE], [("ADDITIONAL_ANALYSIS", "READY", [])]),
    ],
)
def test_the_rule_of_the_table_counts(world: World, body: Data, additional: list[str], expected: Status) -> None:
    membership = world.join()
    association = world.associate(membership, world.table(**body))
    world.rule(association, [world.partner_id], allowedAdditionalAnalyses=additional)
    assert statuses(world, membership) == expected


@row("reasons of NOT_READY", source="model", sure="documented")
def test_a_table_of_another_type_than_its_rule(world: World) -> None:
    membership, table = world.join(), world.table()
    key = {"configuredTableIdentifier": table}
    world.rule(world.associate(membership, table), [world.partner_id])
    world.provider.delete_configured_table_analysis_rule(**key, analysisRuleType="CUSTOM")
    assert statuses(world, membership) == not_ready("ANALYSIS_RULE_MISSING")
    other = {"analysisRuleType": "LIST", "analysisRulePolicy": world.policy("LIST")}
    world.provider.create_configured_table_analysis_rule(**key, **other)
    assert statuses(world, membership) == not_ready("ANALYSIS_RULE_TYPES_NOT_COMPATIBLE")


@row("schemas are the associations", source="model", sure="documented")
def test_schemas_are_what_members_see_of_a_table(world: World) -> None:
    provider, partner, membership = world.provider, world.partner, world.join()
    association = world.associate(membership)
    key = {"collaborationIdentifier": membership["collaborationId"]}
    (summary,) = listed(partner, "list_schemas", **key)
    assert (summary["name"], summary["type"], summary["creatorAccountId"]) == ("acx_part", "TABLE", world.provider_id)
    assert summary["resourceArn"] == f"{membership['arn']}/configuredtableassociation/{association['id']}"
    assert listed(partner, "list_schemas", **key, schemaType="ID_MAPPING_TABLE") == []
    schema = partner.get_schema(**key, name="acx_part")["schema"]
    assert [column["name"] for column in schema["columns"]] == world.columns
    refused("ResourceNotFoundException", partner.get_schema, **key, name="nothing")
    answer = provider.batch_get_schema(**key, names=["nothing", "acx_part", "nothing"])
    assert answer["schemas"] == [schema]
    assert [error["name"] for error in answer["errors"]] == ["nothing"]
    for names in ([f"name_{number}" for number in range(26)], []):
        refused("ValidationException", provider.batch_get_schema, **key, names=names)
    requests = [
        {"name": name, "type": of} for name, of in (("acx_part", "CUSTOM"), ("acx_part", "LIST"), ("x", "LIST"))
    ]
    rules = provider.batch_get_schema_analysis_rule(**key, schemaAnalysisRuleRequests=requests)
    assert [one["name"] for one in rules["analysisRules"]] == ["acx_part"]
    assert {"collaborationPolicy", "consolidatedPolicy"}.isdisjoint(rules["analysisRules"][0])
    assert [(error["name"], error["type"]) for error in rules["errors"]] == [("acx_part", "LIST"), ("x", "LIST")]
