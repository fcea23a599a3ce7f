# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One story with every operation in it, each with all members that the service model gives its request."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from botocore import xform_name
from contract_world import QUERIES, RECEIVES, Data, World

Place = tuple[str | int, ...]

STEPS = """
partner: CreateCollaboration GetCollaboration UpdateCollaboration
provider: ListCollaborations CreateMembership GetMembership UpdateMembership ListMemberships ListMembers
provider: TagResource ListTagsForResource UntagResource
provider: CreateConfiguredTable GetConfiguredTable UpdateConfiguredTable ListConfiguredTables
provider: CreateConfiguredTableAnalysisRule UpdateConfiguredTableAnalysisRule GetConfiguredTableAnalysisRule
provider: CreateConfiguredTableAssociation GetConfiguredTableAssociation UpdateConfiguredTableAssociation
provider: CreateConfiguredTableAssociationAnalysisRule UpdateConfiguredTableAssociationAnalysisRule
provider: GetConfiguredTableAssociationAnalysisRule ListConfiguredTableAssociations
partner: ListSchemas GetSchema BatchGetSchema BatchGetSchemaAnalysisRule
provider: DeleteConfiguredTableAssociationAnalysisRule DeleteConfiguredTableAssociation
provider: CreateIdNamespaceAssociation GetIdNamespaceAssociation UpdateIdNamespaceAssociation
provider: ListIdNamespaceAssociations DeleteIdNamespaceAssociation
provider: DeleteConfiguredTableAnalysisRule DeleteConfiguredTable DeleteMembership
partner: DeleteMember DeleteCollaboration
"""


def tell(world: World, call: Callable[[Any, str, Data], Data]) -> None:
    """Makes the story's calls, one after the other, until call raises StopIteration."""
    known = known_values(world)
    with suppress(StopIteration):
        for line in STEPS.split("\n")[1:-1]:
            who, operations = line.split(": ")
            for operation in operations.split():
                client = getattr(world, who)
                answer = call(client, operation, request(client, operation, known))
                for kind, one in answer.items():
                    if operation.startswith("Create") and "id" in one:
                        known |= {f"{kind}Identifier": one["id"], "resourceArn": one["arn"]}
                if operation == "CreateCollaboration":
                    world.join(known["collaborationIdentifier"], client=client)


def known_values(world: World) -> Data:
    """What members of these names hold, wherever they are."""
    return {
        **world.glue,
        "maxResults": 100,
        "accountId": world.third_id,
        "roleArn": world.roles[0],
        "inputReferenceArn": world.namespaces[0],
        "name": "acx_part",
        "names": ["acx_part", "nothing"],
        "creatorMemberAbilities": [RECEIVES],
        "memberAbilities": [QUERIES, RECEIVES],
        "bucket": "results",
        "allowedColumns": [*world.columns],
        "analysisMethod": "MULTIPLE",
        "analysisRuleType": "CUSTOM",
        "type": "CUSTOM",
        "allowedAnalyses": ["ANY_QUERY"],
        "additionalAnalyses": "ALLOWED",
        "allowedAdditionalAnalyses": [],
        "allowedAnalysisProviders": [world.partner_id],
        "allowedResultReceivers": [world.third_id],
        "tagKeys": ["a"],
        "members": [{"accountId": world.provider_id}, {"accountId": world.third_id, "memberAbilities": [RECEIVES]}],
        "creatorPaymentConfiguration": {"isResponsible": False},
    }


def request(client: Any, operation: str, known: Data) -> Data:
    shape = client.meta.service_model.operation_model(operation).input_shape
    return {name: value for name, value in full(shape, known).items() if name != "nextToken"}


def full(shape: Any, known: Data) -> Any:
    """A value with every member of the shape; of a union, the kind that tables, rules and places here are of."""
    if shape.type_name == "structure":
        names = [name for name in shape.members if name in ("glue", "s3", "v1", "custom")]
        chosen = names if getattr(shape, "is_tagged_union", False) else shape.members
        return {name: member_value(shape.members[name], name, known) for name in chosen}
    if shape.type_name == "list":
        return [full(shape.member, known)]
    plain = {"map": {"a": "b"}, "boolean": True, "integer": 2, "string": "acx_part"}
    return next(iter(getattr(shape, "enum", [])), plain[shape.type_name])


def member_value(shape: Any, name: str, known: Data) -> Any:
    value = known.get(name)
    if name == "members":
        return [full(shape.member, {**known, **one}) for one in known["members"]]
    if isinstance(value, dict):
        return full(shape, {**known, **value})
    others = getattr(shape, "enum", []) and value not in shape.enum
    return full(shape, known) if value is None or others else value


def send(world: World, client: Any, operation: str, parameters: Data) -> Data:
    answer: Data = getattr(client, xform_name(operation))(**parameters)
    if operation in ("CreateCollaboration", "CreateConfiguredTable"):
        world.made += [value["id"] for value in answer.values() if "id" in value]
    return answer


def optional_paths(shape: Any, value: Any, path: Place = ()) -> Iterator[Place]:
    """Where the value has members that the model says are optional."""
    if shape.type_name == "list":
        for number, item in enumerate(value):
            yield from optional_paths(shape.member, item, (*path, number))
    elif shape.type_name == "structure":
        for name in set(value) & set(shape.members):
            if name not in shape.required_members and not getattr(shape, "is_tagged_union", False):
                yield (*path, name)
            yield from optional_paths(shape.members[name], value[name], (*path, name))


def without(value: Any, path: Place) -> Any:
    """A copy without the member at the path."""
    whole = inner = copy.deepcopy(value)
    for part in path[:-1]:
        inner = inner[part]
    del inner[path[-1]]
    return whole
