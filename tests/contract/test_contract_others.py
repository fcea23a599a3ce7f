# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ID namespaces, tags, quotas, pages, and what a request may be."""

from __future__ import annotations

from typing import Any

import pytest
from contract_story import Path, optional_paths, send, tell, without
from contract_world import Data, World, identify, ids, listed, refused, row, unknown


@row("ID namespace associations", source="model", sure="guess")
@row("an association with an ID namespace", source="the model has no type for it", sure="guess")
def test_a_namespace_from_creation_to_deletion(world: World) -> None:
    provider, membership = world.provider, world.join()
    first = world.namespace(membership)
    reference = {"inputReferenceArn": world.namespaces[0], "manageResourcePolicies": True}
    assert first["inputReferenceConfig"] == reference
    assert first["inputReferenceProperties"]["idNamespaceType"] == "SOURCE"
    assert first["collaborationId"] == membership["collaborationId"]
    assert {"idMappingConfig", "description"}.isdisjoint(first)
    assert ids(provider, "list_id_namespace_associations", membershipIdentifier=membership["id"]) == [first["id"]]
    for number, name in ((1, first["name"]), (0, "Another")):
        response = refused("ConflictException", world.namespace, membership=membership, number=number, name=name)
        assert (response["reason"], response["resourceId"]) == ("ALREADY_EXISTS", first["id"])
    second = world.namespace(membership, 1)
    update = provider.update_id_namespace_association
    refused("ValidationException", update, **identify(second), name=first["name"])
    assert update(**identify(second), name=second["name"])["idNamespaceAssociation"]["name"] == second["name"]
    missing = {**reference, "inputReferenceArn": world.namespaces[0] + "x"}
    response = refused("ValidationException", world.namespace, membership=membership, inputReferenceConfig=missing)
    assert response["reason"] == "INVALID_CONFIGURATION"
    provider.delete_id_namespace_association(**identify(first))
    for call in (provider.get_id_namespace_association, provider.delete_id_namespace_association):
        response = refused("ResourceNotFoundException", call, **identify(first))
        assert (response["resourceType"], response["resourceId"]) == ("MEMBERSHIP", first["id"])


@row("tags", source="model", sure="guess")
def test_tags_of_everything_that_is_ours(world: World) -> None:
    provider, partner, membership, table = world.provider, world.partner, world.join(), world.table()
    association = world.associate(membership, table, tags={"Old": "1", "camelCase": "2"})
    schema_arn = f"{membership['arn']}/configuredtableassociation/{association['id']}"
    table_arn = provider.get_configured_table(configuredTableIdentifier=table)["configuredTable"]["arn"]
    ours = (membership["arn"], table_arn, world.namespace(membership)["arn"], association["arn"], schema_arn)
    collaboration = membership["collaborationArn"]
    for client, arn in (*((provider, arn) for arn in ours), (partner, collaboration)):
        client.tag_resource(resourceArn=arn, tags={"Team": "Data", "Old": "x"})
        client.untag_resource(resourceArn=arn, tagKeys=["Old", "none"])
        assert client.list_tags_for_resource(resourceArn=arn)["tags"]["Team"] == "Data"
    tags = provider.list_tags_for_resource(resourceArn=association["arn"])["tags"]
    assert tags == {"Team": "Data", "camelCase": "2"}
    nothing = membership["arn"].replace(membership["id"], unknown())
    for client, arn in ((provider, nothing), (partner, membership["arn"]), (provider, collaboration)):
        refused("ResourceNotFoundException", client.list_tags_for_resource, resourceArn=arn)
    refused("ValidationException", provider.list_tags_for_resource, resourceArn="arn:aws:s3:::bucket")


@row("quotas and their names", source="user guide, clean-rooms-quotas", sure="documented")
def test_table_associations_have_a_quota(world: World) -> None:
    """The other quotas would need ten ID namespaces, 100 memberships or 250 tables."""
    membership, tables = world.join(), [world.table(None) for _number in range(26)]
    for number, table in enumerate(tables[:25]):
        world.associate(membership, table, f"acx_{number}")
    values = {"membership": membership, "name": "acx_26"}
    refused("ConflictException", world.associate, **values, table_id=tables[0])
    response = refused("ServiceQuotaExceededException", world.associate, **values, table_id=tables[25])
    assert (response["quotaName"], response["quotaValue"]) == ("Table associations per membership", 25.0)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 402


@row("pages:", source="model, MaxResults", sure="guess")
def test_every_list_has_pages_and_tokens_of_its_own(world: World) -> None:
    provider, membership = world.provider, world.join()
    key, identity = (
        {"membershipIdentifier": membership["id"]},
        {"collaborationIdentifier": membership["collaborationId"]},
    )
    associations = [world.associate(membership, name=f"acx_{number}") for number in range(4)]
    for number in range(2):
        world.namespace(membership, number)
    world.join()
    for operation, parameters in (
        ("list_collaborations", {}),
        ("list_members", identity),
        ("list_memberships", {}),
        ("list_configured_tables", {}),
        ("list_id_namespace_associations", key),
        ("list_schemas", identity),
        ("list_configured_table_associations", key),
    ):
        call = getattr(provider, operation)
        first = call(**parameters, maxResults=1)
        items = next(name for name, value in first.items() if isinstance(value, list))
        rest = call(**parameters, maxResults=100, nextToken=first["nextToken"])
        assert len(first[items]) == 1
        assert first[items] + rest[items] == listed(provider, operation, **parameters)[: 1 + len(rest[items])]
        for wrong in ({"maxResults": 0}, {"maxResults": 101}, {"nextToken": first["nextToken"][:-6] + "AAAAAA"}):
            response = refused("ValidationException", call, **parameters, **wrong)
            assert [entry["name"] for entry in response["fieldList"]] == [*wrong]
    token = call(**key, maxResults=2)["nextToken"]
    provider.delete_configured_table_association(**identify(associations[0]))
    assert [one["id"] for one in call(**key, nextToken=token)[items]] == [one["id"] for one in associations[2:]]
    for other in (provider.list_collaborations, provider.list_configured_tables, world.partner.list_memberships):
        for bad in (token, "nonsense", "AAAA", "ä"):
            refused("ValidationException", other, nextToken=bad)


@row("requests that break the model", source="model", sure="guess")
@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ({"creatorMemberAbilities": ["CAN_FLY"]}, "creatorMemberAbilities[0]"),
        ({"queryLogStatus": "ON"}, "queryLogStatus"),
        ({"members": [{"accountId": "1", "memberAbilities": [], "displayName": "x"}]}, "members[0].accountId"),
        ({"members": [{"accountId": "1" * 12, "displayName": "x"}]}, "members[0].memberAbilities"),
        ({"isMetricsEnabled": "yes"}, "isMetricsEnabled"),
        ({"name": "   "}, "name"),
        ({"name": "line\nbreak"}, "name"),
        ({"name": "bell\a"}, "name"),
        ({"association": {"name": "acx_part.01"}}, "name"),
        ({"association": {"name": "ab-"}}, "name"),
        ({"association": {"name": "a--b"}}, "name"),
        ({"association": {"name": "x" * 129}}, "name"),
        ({"association": {"name": "good\n"}}, "name"),
        ({"association": {"name": 7}}, "name"),
        ({"association": {"name": None}}, "name"),
        ({"association": {"roleArn": "arn:aws:iam::1:role/x"}}, "roleArn"),
        ({"association": {"roleArn": "arn:aws:iam:eu-west-1::role/some-role"}}, "roleArn"),
        ({"association": {"configuredTableIdentifier": "not-a-uuid"}}, "configuredTableIdentifier"),
        ({"association": {"description": "d" * 256}}, "description"),
        ({"association": {"tags": {"key": "v" * 257}}}, "tags.key"),
        ({"association": {"tags": {f"key{number}": "" for number in range(201)}}}, "tags"),
    ],
)
def test_requests_that_break_the_model(world: World, parameters: Data, field: str) -> None:
    call = world.provider.create_configured_table_association
    if "association" in parameters:
        values = {"membershipIdentifier": unknown(), "configuredTableIdentifier": unknown(), "name": "acx_part"}
        parameters = {**values, "roleArn": world.roles[0], **parameters["association"]}
    else:
        call = world.collaborate
    response = refused("ValidationException", call, **parameters)
    assert (response["reason"], response["ResponseMetadata"]["HTTPStatusCode"]) == ("FIELD_VALIDATION_FAILED", 400)
    assert field in [entry["name"] for entry in response["fieldList"]]


@row("names of", source="model, CollaborationName", sure="documented")
@pytest.mark.parametrize("name", ["Zoë & Søn", "{{ lookup('pipe', 'id') }} <script>", "日本", "party 🎉", "tab\tin"])
def test_names_of_collaborations_are_almost_free(world: World, name: str) -> None:
    identity = world.collaborate(name=name)
    assert world.provider.get_collaboration(collaborationIdentifier=identity)["collaboration"]["name"] == name


@row("names of", source="model, CollaborationName", sure="documented")
def test_names_of_associations(world: World) -> None:
    membership = world.join()
    for name in ("ab-b c-d", "_", "UPPER_lower 9", "x" * 128):
        assert world.associate(membership, name=name)["name"] == name


@row("optional members", source="model", sure="documented")
def test_each_optional_member_can_be_left_out(world: World) -> None:
    left_out: list[tuple[str, Path]] = []

    def note(client: Any, operation: str, parameters: Data) -> Data:
        shape = client.meta.service_model.operation_model(operation).input_shape
        left_out.extend((operation, path) for path in optional_paths(shape, parameters))
        return send(world, client, operation, parameters)

    tell(world, note)
    assert len(left_out) > 100
    for wanted, path in left_out:

        def call(client: Any, operation: str, parameters: Data, wanted: str = wanted, path: Path = path) -> Data:
            if operation == wanted:
                send(world, client, operation, without(parameters, path))
                raise StopIteration
            return send(world, client, operation, parameters) if operation.startswith("Create") else {}

        tell(world, call)
        world.clear()
