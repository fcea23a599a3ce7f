# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Associations of tables, their collaboration analysis rules, and what partners see of them."""

from __future__ import annotations

import pytest
from contract_world import QUERIES, RECEIVES, Data, World, identify, ids, keys, listed, refused, row, unknown

AUDIENCE = "arn:aws:cleanrooms:us-east-1:*:membership/*/configuredaudiencemodelassociation/*"
Status = list[tuple[str, str, list[str]]]
READY: Status = [("DIRECT_ANALYSIS", "READY", [])]


def not_ready(*codes: str, analysis: str = "DIRECT_ANALYSIS") -> Status:
    return [(analysis, "NOT_READY", list(codes))]


def statuses(world: World, collaboration_id: str) -> Status:
    """What the partner reads of the one schema: (analysis type, status, reason codes) for each kind of analysis."""
    answer = world.partner.batch_get_schema(collaborationIdentifier=collaboration_id, names=["acx_part"])
    details = answer["schemas"][0]["schemaStatusDetails"]
    return [(one["analysisType"], one["status"], [reason["code"] for reason in one["reasons"]]) for one in details]


@row("an association: its table")
def test_an_association_from_creation_to_deletion(world: World) -> None:
    provider, membership, table, other = world.provider, world.join(), world.table(), world.table()
    association = world.associate(membership, table, description="first", tags={"a": "b"})
    expected = {"configuredTableId": table, "name": "acx_part", "roleArn": world.roles[0], "description": "first"}
    assert {key: association[key] for key in expected} == expected
    assert "childResources" not in association
    (summary,) = listed(provider, "list_configured_table_associations", membershipIdentifier=membership["id"])
    assert summary == {key: association[key] for key in summary}
    assert {"roleArn", "description"}.isdisjoint(summary)
    for values in ({"table_id": other}, {"table_id": table, "name": "another"}):
        response = refused("ConflictException", world.associate, membership=membership, **values)
        assert (response["reason"], response["resourceId"]) == ("ALREADY_EXISTS", association["id"])
        assert response["resourceType"] == "CONFIGURED_TABLE_ASSOCIATION"
    provider.delete_configured_table_association(**identify(association))
    refused("ResourceNotFoundException", provider.get_configured_table_association, **identify(association))
    assert world.associate(membership, table)["id"] != association["id"]
    world.associate(world.join(), table)


@row("an association: its table")
def test_an_association_needs_our_membership_table_and_role(world: World) -> None:
    membership, table, foreign = world.join(), world.table(), world.table(client=world.partner)
    partners = world.partner.get_collaboration(collaborationIdentifier=membership["collaborationId"])["collaboration"]
    for kind, membership_id, table_id in (
        ("MEMBERSHIP", unknown(), table),
        ("MEMBERSHIP", partners["membershipId"], table),
        ("CONFIGURED_TABLE", membership["id"], unknown()),
        ("CONFIGURED_TABLE", membership["id"], foreign),
    ):
        values = {"membership": {"id": membership_id}, "table_id": table_id}
        assert refused("ResourceNotFoundException", world.associate, **values)["resourceType"] == kind
    update, own = world.provider.update_configured_table_association, identify(world.associate(membership))
    for role in (world.roles[0] + "-typo", world.roles[0].replace(world.provider_id, world.partner_id)):
        create = {"membership": membership, "table_id": table, "name": "other"}
        for call, parameters in ((world.associate, create), (update, own)):
            response = refused("ValidationException", call, **parameters, roleArn=role)
            assert (response["reason"], role in response["Error"]["Message"]) == ("INVALID_CONFIGURATION", True)


@row("a collaboration analysis rule")
@pytest.mark.parametrize(("rule_type", "other"), [("CUSTOM", "LIST"), ("LIST", "CUSTOM"), ("AGGREGATION", "CUSTOM")])
def test_a_rule_has_the_type_of_its_table(world: World, rule_type: str, other: str) -> None:
    provider, membership, partner = world.provider, world.join(), [world.partner_id]
    association = world.associate(membership, world.table(rule_type))
    values = {"association": association, "receivers": partner}
    assert refused("ValidationException", world.rule, **values, rule_type=other)["reason"] == "INVALID_CONFIGURATION"
    key = {**identify(association), "analysisRuleType": rule_type}
    wrong = {"analysisRulePolicy": {"v1": {other.lower(): {"allowedResultReceivers": partner}}}}
    refused("ValidationException", provider.create_configured_table_association_analysis_rule, **key, **wrong)
    refused("ResourceNotFoundException", provider.get_configured_table_association_analysis_rule, **key)
    rule = world.rule(association, partner, rule_type)
    assert rule["policy"] == {"v1": {rule_type.lower(): {"allowedResultReceivers": partner}}}
    assert provider.get_configured_table_association_analysis_rule(**key)["analysisRule"] == rule
    response = refused("ConflictException", world.rule, **values, rule_type=rule_type)
    assert (response["reason"], response["resourceId"]) == ("ALREADY_EXISTS", association["id"])
    assert statuses(world, membership["collaborationId"]) == READY
    requests = [{"name": "acx_part", "type": rule_type}]
    answer = provider.batch_get_schema_analysis_rule(**keys(membership)[1], schemaAnalysisRuleRequests=requests)
    (shown,) = answer["analysisRules"]
    assert (shown["policy"], shown["collaborationPolicy"]) == (world.policy(rule_type), rule["policy"])
    assert shown["consolidatedPolicy"] == world.policy(rule_type, allowedResultReceivers=partner)


@row("receivers are other members")
def test_receivers_are_other_members_who_can_receive(world: World) -> None:
    invited = [world.member((RECEIVES,)), world.member((RECEIVES,), world.third_id)]
    identity = world.collaborate(creatorMemberAbilities=[QUERIES], members=invited)
    association = world.associate(world.join(identity))
    for receivers in ([world.provider_id], [world.partner_id], [world.third_id, world.partner_id]):
        response = refused("ValidationException", world.rule, association=association, receivers=receivers)
        assert (response["reason"], receivers[-1] in response["Error"]["Message"]) == ("INVALID_CONFIGURATION", True)
    rule = world.rule(association, [world.third_id])
    assert statuses(world, identity) == READY
    world.partner.delete_member(collaborationIdentifier=identity, accountId=world.third_id)
    assert statuses(world, identity) == not_ready("RESULT_RECEIVERS_NOT_ALLOWED")
    same = {**identify(association), "analysisRuleType": "CUSTOM", "analysisRulePolicy": rule["policy"]}
    refused("ValidationException", world.provider.update_configured_table_association_analysis_rule, **same)
    invited = [world.member((RECEIVES,), world.partner_id)]
    identity = world.collaborate(creator=world.provider, members=invited)
    leaving = world.join(identity, client=world.partner)
    own = world.provider.get_collaboration(collaborationIdentifier=identity)["collaboration"]["membershipId"]
    association = world.associate({"id": own})
    world.partner.delete_membership(membershipIdentifier=leaving["id"])
    refused("ValidationException", world.rule, association=association, receivers=[world.partner_id])


@row("a rule without receivers")
@row("`analysisRuleTypes`")
def test_a_rule_from_creation_to_deletion(world: World) -> None:
    provider, membership = world.provider, world.join()
    identity, association = membership["collaborationId"], world.associate(membership)
    key = {**identify(association), "analysisRuleType": "CUSTOM"}
    update = provider.update_configured_table_association_analysis_rule
    delete = provider.delete_configured_table_association_analysis_rule

    def types() -> list[list[str]]:
        """Of the association, as its own account sees it, and of its schema."""
        own = listed(provider, "list_configured_table_associations", membershipIdentifier=membership["id"])
        schemas = listed(world.partner, "list_schemas", collaborationIdentifier=identity)
        return [one["analysisRuleTypes"] for one in (*own, *schemas)]

    assert types() == [[], ["CUSTOM"]]
    assert statuses(world, identity) == not_ready("COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED")
    world.rule(association, [])
    assert types() == [["CUSTOM"], ["CUSTOM"]]
    assert statuses(world, identity) == not_ready("RESULT_RECEIVERS_NOT_CONFIGURED")
    policy = {"v1": {"custom": {"allowedResultReceivers": [world.partner_id]}}}
    assert update(**key, analysisRulePolicy=policy)["analysisRule"]["policy"] == policy
    assert statuses(world, identity) == READY
    delete(**key)
    refused("ResourceNotFoundException", delete, **key)
    refused("ResourceNotFoundException", update, **key, analysisRulePolicy=policy)
    assert types() == [[], ["CUSTOM"]]


@row("reasons of NOT_READY")
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
        ({}, [], READY),
    ],
)
def test_the_rule_of_the_table_counts(world: World, body: Data, additional: list[str], expected: Status) -> None:
    membership = world.join()
    association = world.associate(membership, world.table(**body))
    world.rule(association, [world.partner_id], allowedAdditionalAnalyses=additional)
    assert statuses(world, membership["collaborationId"]) == expected


@row("a table without a rule")
@row("reasons of NOT_READY")
def test_the_rule_of_the_table_comes_and_goes(world: World) -> None:
    membership, table, key = world.join(), world.table(None), {"analysisRuleType": "CUSTOM"}
    association, own = world.associate(membership, table), {"configuredTableIdentifier": table}
    create, delete = (
        getattr(world.provider, f"{verb}_configured_table_analysis_rule") for verb in ("create", "delete")
    )
    assert statuses(world, membership["collaborationId"]) == not_ready("ANALYSIS_RULE_MISSING")
    refused("ValidationException", world.rule, association=association, receivers=[])
    create(**own, **key, analysisRulePolicy=world.policy("CUSTOM"))
    world.rule(association, [world.partner_id])
    delete(**own, **key)
    assert statuses(world, membership["collaborationId"]) == not_ready("ANALYSIS_RULE_MISSING")
    create(**own, analysisRuleType="LIST", analysisRulePolicy=world.policy("LIST"))
    ((_analysis, status, codes),) = statuses(world, membership["collaborationId"])
    assert (status, codes[0]) == ("NOT_READY", "ANALYSIS_RULE_TYPES_NOT_COMPATIBLE")


@row("schemas are the associations")
def test_schemas_are_what_members_see_of_a_table(world: World) -> None:
    provider, partner, membership = world.provider, world.partner, world.join()
    association, key = world.associate(membership), keys(membership)[1]
    (summary,) = listed(partner, "list_schemas", **key)
    assert (summary["name"], summary["type"], summary["creatorAccountId"]) == ("acx_part", "TABLE", world.provider_id)
    assert summary["resourceArn"] == f"{membership['arn']}/configuredtableassociation/{association['id']}"
    assert listed(partner, "list_schemas", **key, schemaType="ID_MAPPING_TABLE") == []
    schema = partner.get_schema(**key, name="acx_part")["schema"]
    assert [column["name"] for column in schema["columns"]] == [*world.columns]
    refused("ResourceNotFoundException", partner.get_schema, **key, name="nothing")
    answer = provider.batch_get_schema(**key, names=["nothing", "acx_part", "nothing"])
    assert (answer["schemas"], [error["name"] for error in answer["errors"]]) == ([schema], ["nothing"])
    for names in ([f"name_{number}" for number in range(26)], []):
        refused("ValidationException", provider.batch_get_schema, **key, names=names)
    requests = [{"name": name, "type": of} for name in ("acx_part", "x") for of in ("CUSTOM", "LIST")]
    rules = provider.batch_get_schema_analysis_rule(**key, schemaAnalysisRuleRequests=requests)
    assert [one["name"] for one in rules["analysisRules"]] == ["acx_part"]
    assert {"collaborationPolicy", "consolidatedPolicy"}.isdisjoint(rules["analysisRules"][0])
    assert [{"name": error["name"], "type": error["type"]} for error in rules["errors"]] == requests[1:]


@row("configured tables")
def test_a_configured_table_from_creation_to_deletion(world: World) -> None:
    provider, table, foreign = world.provider, world.table(None), world.table(client=world.partner)
    key = {"configuredTableIdentifier": table}
    found = provider.get_configured_table(**key)["configuredTable"]
    assert (found["analysisRuleTypes"], found["allowedColumns"]) == ([], [*world.columns])
    changed = provider.update_configured_table(**key, description="new")["configuredTable"]
    assert (changed["name"], changed["description"]) == (found["name"], "new")
    create, update, get, delete = (
        getattr(provider, f"{verb}_configured_table_analysis_rule") for verb in ("create", "update", "get", "delete")
    )
    custom, lists = {**key, "analysisRuleType": "CUSTOM"}, {**key, "analysisRuleType": "LIST"}
    own, other = ({"analysisRulePolicy": world.policy(of)} for of in ("CUSTOM", "LIST"))
    rule = create(**custom, **own)["analysisRule"]
    assert (rule["policy"], get(**custom)["analysisRule"]) == (own["analysisRulePolicy"], rule)
    assert refused("ConflictException", create, **lists, **other)["reason"] == "ALREADY_EXISTS"
    refused("ValidationException", update, **custom, **other)
    refused("ResourceNotFoundException", get, **lists)
    empty = world.policy("CUSTOM", allowedAnalyses=[])
    assert update(**custom, analysisRulePolicy=empty)["analysisRule"]["policy"] == empty
    (summary,) = (one for one in listed(provider, "list_configured_tables") if one["id"] == table)
    assert (summary["name"], summary["analysisRuleTypes"]) == (found["name"], ["CUSTOM"])
    delete(**custom)
    association = world.associate(world.join(), table)
    response = refused("ConflictException", provider.delete_configured_table, **key)
    assert (response["reason"], response["resourceType"]) == ("SUBRESOURCES_EXIST", "CONFIGURED_TABLE")
    provider.delete_configured_table_association(**identify(association))
    provider.delete_configured_table(**key)
    for not_ours in (table, foreign):
        refused("ResourceNotFoundException", provider.get_configured_table, configuredTableIdentifier=not_ours)
        assert not_ours not in ids(provider, "list_configured_tables")
