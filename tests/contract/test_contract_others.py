# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ID namespaces, configured tables, tags, quotas and pages."""

from __future__ import annotations

from typing import Any

import pytest
from contract_world import World, identify, listed, refused, row, unknown

NAMESPACES = "list_id_namespace_associations"


@row("ID namespace associations", source="model", sure="guess")
def test_a_namespace_from_creation_to_deletion(world: World) -> None:
    provider, membership = world.provider, world.join()
    association = world.namespace(membership, tags={"a": "b"})
    reference = {"inputReferenceArn": world.namespaces[0], "manageResourcePolicies": True}
    assert association["inputReferenceConfig"] == reference
    assert association["inputReferenceProperties"]["idNamespaceType"] == "SOURCE"
    assert association["collaborationId"] == membership["collaborationId"]
    assert {"idMappingConfig", "description"}.isdisjoint(association)
    (summary,) = listed(provider, NAMESPACES, membershipIdentifier=membership["id"])
    assert (summary["name"], summary["id"]) == (association["name"], association["id"])
    provider.delete_id_namespace_association(**identify(association))
    for call in (provider.get_id_namespace_association, provider.delete_id_namespace_association):
        refused("ResourceNotFoundException", call, **identify(association))


@row("ID namespace associations", source="model", sure="guess")
def test_name_and_namespace_are_unique_in_a_membership(world: World) -> None:
    membership = world.join()
    first = world.namespace(membership)
    for number, name in ((1, first["name"]), (0, "Another")):
        response = refused("ConflictException", world.namespace, membership=membership, number=number, name=name)
        assert (response["reason"], response["resourceId"]) == ("ALREADY_EXISTS", first["id"])
    second = world.namespace(membership, 1)
    update = world.provider.update_id_namespace_association
    refused("ValidationException", update, **identify(second), name=first["name"])
    assert update(**identify(second), name=second["name"])["idNamespaceAssociation"]["name"] == second["name"]
    missing = {"inputReferenceArn": world.namespaces[0] + "x", "manageResourcePolicies": True}
    response = refused("ValidationException", world.namespace, membership=membership, inputReferenceConfig=missing)
    assert response["reason"] == "INVALID_CONFIGURATION"


@row("an association with an ID namespace", source="the model has no type for it", sure="guess")
def test_an_unknown_association_with_a_namespace(world: World) -> None:
    key = {"membershipIdentifier": world.join()["id"], "idNamespaceAssociationIdentifier": unknown()}
    response = refused("ResourceNotFoundException", world.provider.get_id_namespace_association, **key)
    assert (response["resourceType"], response["resourceId"]) == ("MEMBERSHIP", key["idNamespaceAssociationIdentifier"])


@row("configured tables", source="model (ConflictException)", sure="guess")
def test_a_configured_table_from_creation_to_deletion(world: World) -> None:
    provider, table = world.provider, world.table(None)
    key = {"configuredTableIdentifier": table}
    found = provider.get_configured_table(**key)["configuredTable"]
    assert (found["analysisRuleTypes"], found["allowedColumns"]) == ([], world.columns)
    changed = provider.update_configured_table(**key, description="new")["configuredTable"]
    assert (changed["name"], changed["description"]) == (found["name"], "new")
    custom = {"analysisRuleType": "CUSTOM", "analysisRulePolicy": world.policy("CUSTOM")}
    rule = provider.create_configured_table_analysis_rule(**key, **custom)["analysisRule"]
    assert rule["policy"] == custom["analysisRulePolicy"]
    (summary,) = (one for one in listed(provider, "list_configured_tables") if one["id"] == table)
    assert (summary["name"], summary["analysisRuleTypes"]) == (found["name"], ["CUSTOM"])
    create, update, get, delete = (
        getattr(provider, f"{verb}_configured_table_analysis_rule") for verb in ("create", "update", "get", "delete")
    )
    other = {"analysisRuleType": "LIST", "analysisRulePolicy": world.policy("LIST")}
    assert refused("ConflictException", create, **key, **other)["reason"] == "ALREADY_EXISTS"
    refused("ValidationException", update, **key, **{**custom, "analysisRulePolicy": other["analysisRulePolicy"]})
    refused("ResourceNotFoundException", get, **key, analysisRuleType="LIST")
    assert get(**key, analysisRuleType="CUSTOM")["analysisRule"] == rule
    empty: dict[str, Any] = {"v1": {"custom": {"allowedAnalyses": []}}}
    assert update(**key, **{**custom, "analysisRulePolicy": empty})["analysisRule"]["policy"] == empty
    delete(**key, analysisRuleType="CUSTOM")
    assert provider.get_configured_table(**key)["configuredTable"]["analysisRuleTypes"] == []
    provider.delete_configured_table(**key)
    refused("ResourceNotFoundException", provider.get_configured_table, **key)


@row("configured tables", source="model (ConflictException)", sure="guess")
def test_configured_tables_are_our_own_and_stay_while_associated(world: World) -> None:
    provider, table, twin = world.provider, world.table(), world.table(client=world.partner)
    refused("ResourceNotFoundException", provider.get_configured_table, configuredTableIdentifier=twin)
    assert twin not in [one["id"] for one in listed(provider, "list_configured_tables")]
    assert world.table() != table
    world.associate(world.join(), table)
    response = refused("ConflictException", provider.delete_configured_table, configuredTableIdentifier=table)
    assert (response["reason"], response["resourceType"]) == ("SUBRESOURCES_EXIST", "CONFIGURED_TABLE")


@row("tags", source="model", sure="guess")
def test_tags_of_everything_that_is_ours(world: World) -> None:
    provider, partner, membership, table = world.provider, world.partner, world.join(), world.table()
    association = world.associate(membership, table, tags={"Old": "1", "camelCase": "2"})
    collaboration = partner.get_collaboration(collaborationIdentifier=membership["collaborationId"])["collaboration"]
    schema_arn = f"{membership['arn']}/configuredtableassociation/{association['id']}"
    table_arn = provider.get_configured_table(configuredTableIdentifier=table)["configuredTable"]["arn"]
    ours = (membership["arn"], table_arn, world.namespace(membership)["arn"], association["arn"], schema_arn)
    for client, arn in (*((provider, arn) for arn in ours), (partner, collaboration["arn"])):
        client.tag_resource(resourceArn=arn, tags={"Team": "Data", "Old": "x"})
        client.untag_resource(resourceArn=arn, tagKeys=["Old", "none"])
        assert client.list_tags_for_resource(resourceArn=arn)["tags"]["Team"] == "Data"
    tags = provider.list_tags_for_resource(resourceArn=association["arn"])["tags"]
    assert tags == {"Team": "Data", "camelCase": "2"}
    nothing = membership["arn"].replace(membership["id"], unknown())
    for client, arn in ((provider, nothing), (partner, membership["arn"]), (provider, collaboration["arn"])):
        refused("ResourceNotFoundException", client.list_tags_for_resource, resourceArn=arn)


@row("quotas and their names", source="user guide, clean-rooms-quotas", sure="documented")
def test_table_associations_have_a_quota(world: World) -> None:
    """The other quotas would need ten ID namespaces, 100 memberships or 250 tables."""
    membership, tables = world.join(), [world.table(None) for _number in range(26)]
    for number, table in enumerate(tables[:25]):
        world.associate(membership, table, f"acx_{number}")
    refused("ConflictException", world.associate, membership=membership, table_id=tables[0], name="acx_26")
    response = refused(
        "ServiceQuotaExceededException", world.associate, membership=membership, table_id=tables[25], name="acx_26"
    )
    assert (response["quotaName"], response["quotaValue"]) == ("Table associations per membership", 25.0)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 402


@row("pages:", source="model, MaxResults", sure="documented")
def test_every_list_has_pages(world: World) -> None:
    provider, membership = world.provider, world.join()
    within, key = {"membershipIdentifier": membership["id"]}, {"collaborationIdentifier": membership["collaborationId"]}
    for number in range(2):
        world.associate(membership, name=f"acx_{number}")
        world.namespace(membership, number)
    world.join()
    for operation, parameters in (
        ("list_collaborations", {}),
        ("list_members", key),
        ("list_memberships", {}),
        ("list_configured_tables", {}),
        ("list_configured_table_associations", within),
        (NAMESPACES, within),
        ("list_schemas", key),
    ):
        call = getattr(provider, operation)
        first = call(**parameters, maxResults=1)
        items = next(name for name, value in first.items() if isinstance(value, list))
        rest = call(**parameters, maxResults=100, nextToken=first["nextToken"])
        assert len(first[items]) == 1
        assert first[items] + rest[items] == listed(provider, operation, **parameters)[: 1 + len(rest[items])]
        for limit in (0, 101):
            response = refused("ValidationException", call, **parameters, maxResults=limit)
            assert [entry["name"] for entry in response["fieldList"]] == ["maxResults"]


@row("pages:", source="model, MaxResults", sure="documented")
def test_tokens_are_bound_to_their_request(world: World) -> None:
    provider, membership = world.provider, world.join()
    world.table(client=world.partner)
    associations = [world.associate(membership, name=f"acx_{number}") for number in range(4)]
    call, within = provider.list_configured_table_associations, {"membershipIdentifier": membership["id"]}
    token = call(**within, maxResults=2)["nextToken"]
    provider.delete_configured_table_association(**identify(associations[0]))
    rest = call(**within, nextToken=token)["configuredTableAssociationSummaries"]
    assert [one["id"] for one in rest] == [one["id"] for one in associations[2:]]
    for bad in ("nonsense", "AAAA", token[:-6] + "AAAAAA", "ä"):
        response = refused("ValidationException", call, **within, nextToken=bad)
        assert [entry["name"] for entry in response["fieldList"]] == ["nextToken"]
    for other in (provider.list_collaborations, provider.list_configured_tables, world.partner.list_memberships):
        refused("ValidationException", other, nextToken=token)


@row("requests that break the model", source="model", sure="guess")
@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"creatorMemberAbilities": ["CAN_FLY"]}, "creatorMemberAbilities[0]"),
        ({"queryLogStatus": "ON"}, "queryLogStatus"),
        ({"members": [{"accountId": "1" * 12, "memberAbilities": [], "displayName": "   "}]}, "members[0].displayName"),
        ({"name": "line\nbreak"}, "name"),
        ({"name": "bell\a"}, "name"),
    ],
)
def test_requests_that_break_the_model(world: World, parameters: dict[str, Any], field: str) -> None:
    response = refused("ValidationException", world.collaborate, **parameters)
    assert (response["reason"], response["ResponseMetadata"]["HTTPStatusCode"]) == ("FIELD_VALIDATION_FAILED", 400)
    assert field in [entry["name"] for entry in response["fieldList"]]


@row("names of collaborations", source="model, CollaborationName", sure="documented")
@pytest.mark.parametrize("name", ["Zoë & Søn", "{{ lookup('pipe', 'id') }} <script>", "日本", "party 🎉", "tab\tin"])
def test_names_of_collaborations_are_almost_free(world: World, name: str) -> None:
    identity = world.collaborate(name=name)
    assert world.provider.get_collaboration(collaborationIdentifier=identity)["collaboration"]["name"] == name
