# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One story with every operation in it, each with all members that a request can have."""

from __future__ import annotations

import copy
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import Any

from botocore import xform_name
from contract_world import PAYS, PAYS_NOT, QUERIES, RECEIVES, Data, World

Story = Generator[tuple[Any, str, Data], Any, Any]
Path = tuple[str | int, ...]

TAGS = {"tags": {"a": "b"}}
LEARNING = {name: {"isResponsible": False} for name in ("modelTraining", "modelInference")}
BOTH = {"jobCompute": {"isResponsible": False}, "machineLearning": LEARNING}
MODELS = {"customMLMemberAbilities": ["CAN_RECEIVE_MODEL_OUTPUT"]}
ENCRYPTION = ("allowCleartext", "allowDuplicates", "allowJoinsOnColumnsWithDifferentNames", "preserveNulls")
LOGS = {"queryLogStatus": "ENABLED", "jobLogStatus": "ENABLED"}


def tell(world: World, call: Callable[[Any, str, Data], Data]) -> None:
    """Makes the story's calls, one after the other, until call raises StopIteration."""
    story, answer = whole_story(world), None
    with suppress(StopIteration):
        while True:
            answer = call(*story.send(answer))


def send(world: World, client: Any, operation: str, parameters: Data) -> Data:
    answer: Data = getattr(client, xform_name(operation))(**parameters)
    if operation in ("CreateCollaboration", "CreateConfiguredTable"):
        world.made += [value["id"] for value in answer.values() if "id" in value]
    return answer


def optional_paths(shape: Any, value: Any, path: Path = ()) -> Iterator[Path]:
    """Where the value has members that the model says are optional."""
    if shape.type_name == "list":
        for number, item in enumerate(value):
            yield from optional_paths(shape.member, item, (*path, number))
    elif shape.type_name == "structure":
        for name in set(value) & set(shape.members):
            if name not in shape.required_members and not getattr(shape, "is_tagged_union", False):
                yield (*path, name)
            yield from optional_paths(shape.members[name], value[name], (*path, name))


def without(value: Any, path: Path) -> Any:
    """A copy without the member at the path."""
    whole = inner = copy.deepcopy(value)
    for part in path[:-1]:
        inner = inner[part]
    del inner[path[-1]]
    return whole


def whole_story(world: World) -> Story:
    key = yield from tell_of_a_collaboration(world)
    membership = yield from tell_of_a_membership(world, key)
    table = yield from tell_of_a_table(world)
    yield from tell_of_an_association(world, membership, key, table)
    yield from tell_of_a_namespace(world, membership)
    yield world.provider, "DeleteConfiguredTableAnalysisRule", {**table, "analysisRuleType": "CUSTOM"}
    yield world.provider, "DeleteConfiguredTable", table
    yield world.provider, "DeleteMembership", membership
    yield world.partner, "DeleteMember", {**key, "accountId": world.third_id}
    yield world.partner, "DeleteCollaboration", key


def tell_of_a_collaboration(world: World) -> Story:
    shared = {"description": "d", "analyticsEngine": "SPARK"}
    values = {
        "name": "Story",
        "creatorDisplayName": "Creator",
        "creatorMemberAbilities": [RECEIVES],
        "creatorMLMemberAbilities": MODELS,
        "creatorPaymentConfiguration": {**PAYS_NOT, **BOTH},
        "members": [
            world.member((QUERIES, RECEIVES), mlMemberAbilities=MODELS, paymentConfiguration={**PAYS, **BOTH}),
            world.member((RECEIVES,), world.third_id),
        ],
        **LOGS,
        "dataEncryptionMetadata": dict.fromkeys(ENCRYPTION, True),
        "autoApprovedChangeRequestTypes": ["ADD_MEMBER"],
        "allowedResultRegions": ["us-east-1"],
        "isMetricsEnabled": True,
    }
    collaboration = (yield world.partner, "CreateCollaboration", {**values, **shared, **TAGS})["collaboration"]
    key = {"collaborationIdentifier": collaboration["id"]}
    world.join(collaboration["id"], client=world.partner)
    yield world.partner, "GetCollaboration", key
    yield world.partner, "UpdateCollaboration", {**key, **shared, "name": "Renamed"}
    yield world.provider, "ListCollaborations", {"maxResults": 100, "memberStatus": "INVITED"}
    return key


def tell_of_a_membership(world: World, key: Data) -> Story:
    provider, pays = world.provider, {**PAYS, **BOTH}
    place = {"s3": {"resultFormat": "CSV", "bucket": "results", "keyPrefix": "a/"}}
    results = {"outputConfiguration": place, "roleArn": world.roles[0]}
    query = {"outputConfiguration": {"s3": {**place["s3"], "singleFileOutput": True}}, "roleArn": world.roles[0]}
    more = {**LOGS, "defaultResultConfiguration": query, "defaultJobResultConfiguration": results}
    payment = {"paymentConfiguration": pays, "isMetricsEnabled": True}
    membership = (yield provider, "CreateMembership", {**key, **more, **payment, **TAGS})["membership"]
    within = {"membershipIdentifier": membership["id"]}
    yield provider, "GetMembership", within
    yield provider, "UpdateMembership", {**within, **more, "membershipPaymentConfiguration": pays}
    yield provider, "ListMemberships", {"maxResults": 100, "status": "ACTIVE"}
    yield provider, "ListMembers", {**key, "maxResults": 100}
    yield provider, "TagResource", {"resourceArn": membership["arn"], **TAGS}
    yield provider, "ListTagsForResource", {"resourceArn": membership["arn"]}
    yield provider, "UntagResource", {"resourceArn": membership["arn"], "tagKeys": ["a"]}
    return within


def tell_of_a_table(world: World) -> Story:
    provider = world.provider
    values = {
        "name": "part",
        "description": "d",
        "tableReference": {"glue": {**world.glue, "region": "us-east-1"}},
        "allowedColumns": world.columns,
        "analysisMethod": "MULTIPLE",
        "selectedAnalysisMethods": ["DIRECT_QUERY", "DIRECT_JOB"],
    }
    table = (yield provider, "CreateConfiguredTable", {**values, **TAGS})["configuredTable"]
    key = {"configuredTableIdentifier": table["id"]}
    yield provider, "GetConfiguredTable", key
    yield provider, "UpdateConfiguredTable", {**key, **values}
    yield provider, "ListConfiguredTables", {"maxResults": 100}
    more = {"additionalAnalyses": "ALLOWED", "disallowedOutputColumns": world.columns[:1]}
    rule = {"analysisRuleType": "CUSTOM", "analysisRulePolicy": world.policy("CUSTOM", **more)}
    yield provider, "CreateConfiguredTableAnalysisRule", {**key, **rule}
    yield provider, "UpdateConfiguredTableAnalysisRule", {**key, **rule}
    yield provider, "GetConfiguredTableAnalysisRule", {**key, "analysisRuleType": "CUSTOM"}
    return key


def tell_of_an_association(world: World, membership: Data, key: Data, table: Data) -> Story:
    provider, name = world.provider, "ConfiguredTableAssociation"
    values = {"roleArn": world.roles[0], "description": "d"}
    association = yield provider, f"Create{name}", {**membership, **table, **values, "name": "acx_part", **TAGS}
    ours = {**membership, "configuredTableAssociationIdentifier": association["configuredTableAssociation"]["id"]}
    yield provider, f"Get{name}", ours
    yield provider, f"Update{name}", {**ours, **values}
    body = {"allowedResultReceivers": [world.third_id], "allowedAdditionalAnalyses": []}
    rule = {"analysisRuleType": "CUSTOM", "analysisRulePolicy": {"v1": {"custom": body}}}
    yield provider, f"Create{name}AnalysisRule", {**ours, **rule}
    yield provider, f"Update{name}AnalysisRule", {**ours, **rule}
    yield provider, f"Get{name}AnalysisRule", {**ours, "analysisRuleType": "CUSTOM"}
    yield provider, f"List{name}s", {**membership, "maxResults": 100}
    yield world.partner, "ListSchemas", {**key, "maxResults": 100, "schemaType": "TABLE"}
    yield world.partner, "GetSchema", {**key, "name": "acx_part"}
    yield world.partner, "BatchGetSchema", {**key, "names": ["acx_part", "nothing"]}
    requests = [{"name": "acx_part", "type": "CUSTOM"}, {"name": "nothing", "type": "LIST"}]
    yield world.partner, "BatchGetSchemaAnalysisRule", {**key, "schemaAnalysisRuleRequests": requests}
    yield provider, f"Delete{name}AnalysisRule", {**ours, "analysisRuleType": "CUSTOM"}
    yield provider, f"Delete{name}", ours


def tell_of_a_namespace(world: World, membership: Data) -> Story:
    provider, name = world.provider, "IdNamespaceAssociation"
    reference = {"inputReferenceArn": world.namespaces[0], "manageResourcePolicies": True}
    values = {"name": "Namespace", "description": "d", "idMappingConfig": {"allowUseAsDimensionColumn": True}}
    create = {**membership, **values, "inputReferenceConfig": reference, **TAGS}
    association = (yield provider, f"Create{name}", create)["idNamespaceAssociation"]
    ours = {**membership, "idNamespaceAssociationIdentifier": association["id"]}
    yield provider, f"Get{name}", ours
    yield provider, f"Update{name}", {**ours, **values}
    yield provider, f"List{name}s", {**membership, "maxResults": 100}
    yield provider, f"Delete{name}", ours
