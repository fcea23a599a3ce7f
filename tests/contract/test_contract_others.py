# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ID namespaces, tags, quotas, pages, and what a request may be."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
from contract_story import Place, optional_paths, send, tell, without
from contract_world import Data, World, identify, ids, keys, listed, refused, row, unknown

README = Path(__file__).parents[1] / "emulator" / "README.md"
# The rows of "what is modelled" that have no test, by their first words.
NOTES = {
    "IAM_SYNCHRONIZATION_DELAY": "How long AWS takes to know a new role is chance; the emulator's setting is tested.",
    "intermediate tables": "They are made by a query that runs, which the emulator has not; its scenarios have them.",
}


@row("ID namespace associations")
@row("an association with an ID namespace")
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


@row("tags")
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


@row("quotas and their names")
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


@row("pages:")
def test_every_list_has_pages_and_tokens_of_its_own(world: World) -> None:
    provider, membership = world.provider, world.join()
    key, identity = keys(membership)
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


@row("requests that break the model")
@pytest.mark.parametrize(
    ("kind", "parameters", "field"),
    [
        ("collaboration", {"creatorMemberAbilities": ["CAN_FLY"]}, "creatorMemberAbilities[0]"),
        ("collaboration", {"queryLogStatus": "ON"}, "queryLogStatus"),
        ("collaboration", {"members": [{"accountId": "1", "memberAbilities": []}]}, "members[0].accountId"),
        ("collaboration", {"members": [{"accountId": "1" * 12}]}, "members[0].memberAbilities"),
        ("collaboration", {"isMetricsEnabled": "yes"}, "isMetricsEnabled"),
        *(("collaboration", {"name": name}, "name") for name in ("   ", "line\nbreak", "bell\a")),
        *(
            ("association", {"name": name}, "name")
            for name in ("acx_part.01", "ab-", "a--b", "x" * 129, "good\n", 7, None)
        ),
        ("association", {"roleArn": "arn:aws:iam::1:role/x"}, "roleArn"),
        ("association", {"roleArn": "arn:aws:iam:eu-west-1::role/some-role"}, "roleArn"),
        ("association", {"table_id": "not-a-uuid"}, "configuredTableIdentifier"),
        ("association", {"description": "d" * 256}, "description"),
        ("association", {"tags": {"key": "v" * 257}}, "tags.key"),
        ("association", {"tags": {f"key{number}": "" for number in range(201)}}, "tags"),
    ],
)
def test_requests_that_break_the_model(world: World, kind: str, parameters: Data, field: str) -> None:
    call, values = world.collaborate, parameters
    if kind == "association":
        call, values = world.associate, {"membership": {"id": unknown()}, "table_id": unknown(), **parameters}
    response = refused("ValidationException", call, **values)
    assert (response["reason"], response["ResponseMetadata"]["HTTPStatusCode"]) == ("FIELD_VALIDATION_FAILED", 400)
    assert field in [entry["name"] for entry in response["fieldList"]]


@row("names of")
def test_names_of_collaborations_are_almost_free_and_those_of_associations_are_not(world: World) -> None:
    for name in ("Zoë & Søn", "{{ lookup('pipe', 'id') }} <script>", "日本", "party 🎉", "tab\tin"):
        identity = world.collaborate(name=name)
        assert world.provider.get_collaboration(collaborationIdentifier=identity)["collaboration"]["name"] == name
    membership = world.join()
    for name in ("ab-b c-d", "_", "UPPER_lower 9", "x" * 128):
        assert world.associate(membership, name=name)["name"] == name


@row("optional members")
def test_each_optional_member_can_be_left_out(world: World) -> None:
    left_out: list[tuple[str, Place]] = []

    def note(client: Any, operation: str, parameters: Data) -> Data:
        shape = client.meta.service_model.operation_model(operation).input_shape
        left_out.extend((operation, path) for path in optional_paths(shape, parameters))
        return send(world, client, operation, parameters)

    tell(world, note)
    assert len(left_out) > 100
    for wanted, path in left_out:

        def call(client: Any, operation: str, parameters: Data, wanted: str = wanted, path: Place = path) -> Data:
            if operation == wanted:
                send(world, client, operation, without(parameters, path))
                raise StopIteration
            return send(world, client, operation, parameters) if operation.startswith("Create") else {}

        tell(world, call)
        world.clear()


def test_every_row_of_what_is_modelled_has_tests_or_a_note_and_every_test_a_row() -> None:
    table = README.read_text(encoding="utf-8").partition("| rule | source |\n| --- | --- |\n")[2].partition("\n\n")[0]
    rules = [line.removeprefix("| ") for line in table.splitlines()]
    files = [importlib.import_module(path.stem) for path in Path(__file__).parent.glob("test_*.py")]
    tests = [value for file in files for name, value in vars(file).items() if name.startswith("test_")]
    marks = [mark for test in tests for mark in getattr(test, "pytestmark", []) if mark.name == "row"]
    tested = {mark.args[0] for mark in marks}
    assert not tested & set(NOTES)
    for rule in rules:
        assert [rule.startswith(start) for start in tested | set(NOTES)].count(True) == 1, rule
    for start in tested | set(NOTES):
        assert [rule.startswith(start) for rule in rules].count(True) == 1, f"{start} names no row, or several."
