# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ID namespace associations."""

from __future__ import annotations

from .errors import ServiceError, conflict, invalid_configuration, quota_exceeded
from .registry import Answer, Context, Parameters, operation, own_membership, page, present
from .store import ACTIVE, IdNamespaceAssociation, Membership


def describe(context: Context, membership: Membership, association: IdNamespaceAssociation) -> Answer:
    properties = {"idNamespaceType": association.namespace_type, "idMappingWorkflowsSupported": []}
    return present(
        **{**summarise(context, membership, association), "inputReferenceProperties": properties},
        idMappingConfig=association.id_mapping_config,
    )


def summarise(context: Context, membership: Membership, association: IdNamespaceAssociation) -> Answer:
    collaboration = context.store.collaborations[membership.collaboration_id]
    return present(
        id=association.id,
        arn=context.arn(f"membership/{membership.id}/idnamespaceassociation/{association.id}"),
        membershipId=membership.id,
        membershipArn=context.arn(f"membership/{membership.id}"),
        collaborationId=collaboration.id,
        collaborationArn=context.arn(f"collaboration/{collaboration.id}", collaboration.account_id),
        name=association.name,
        description=association.description,
        createTime=association.create_time,
        updateTime=association.update_time,
        inputReferenceConfig=association.input_reference,
        inputReferenceProperties={"idNamespaceType": association.namespace_type},
    )


def own_association(context: Context, parameters: Parameters) -> tuple[Membership, IdNamespaceAssociation]:
    """The model has no resource type of its own for these; their membership's stands in."""
    membership = own_membership(context, parameters["membershipIdentifier"])
    association_id = parameters["idNamespaceAssociationIdentifier"]
    if association_id not in membership.namespaces:
        raise ServiceError(
            "ResourceNotFoundException",
            f"The ID namespace association {association_id} does not exist.",
            resourceId=association_id,
            resourceType="MEMBERSHIP",
        )
    return membership, membership.namespaces[association_id]


@operation("ListIdNamespaceAssociations")
def list_associations(context: Context, parameters: Parameters) -> Answer:
    membership = own_membership(context, parameters["membershipIdentifier"])
    found, token = page(context, parameters, membership.namespaces.values())
    summaries = [summarise(context, membership, association) for association in found]
    return present(idNamespaceAssociationSummaries=summaries, nextToken=token)


@operation("GetIdNamespaceAssociation")
def get_association(context: Context, parameters: Parameters) -> Answer:
    membership, association = own_association(context, parameters)
    return {"idNamespaceAssociation": describe(context, membership, association)}


@operation("CreateIdNamespaceAssociation")
def create_association(context: Context, parameters: Parameters) -> Answer:
    membership = own_membership(context, parameters["membershipIdentifier"])
    if membership.status != ACTIVE:
        raise conflict("INVALID_STATE", f"The membership is {membership.status}.", "MEMBERSHIP", membership.id)
    reference = parameters["inputReferenceConfig"]
    namespace = context.store.id_namespaces.get(reference["inputReferenceArn"])
    if namespace is None:
        raise invalid_configuration(f"The ID namespace {reference['inputReferenceArn']} does not exist.")
    for other in membership.namespaces.values():
        same = "name" if other.name == parameters["name"] else "ID namespace"
        if same == "name" or other.input_reference["inputReferenceArn"] == namespace.arn:
            message = f"The membership already has an association of this {same}: {other.name} ({other.id})."
            raise conflict("ALREADY_EXISTS", message, resource_id=other.id)
    quota = context.settings.id_namespace_associations_per_membership
    if len(membership.namespaces) >= quota:
        raise quota_exceeded("ID namespace associations per membership", quota)
    association = context.store.add_namespace_association(
        membership,
        parameters["name"],
        context.now,
        description=parameters.get("description"),
        input_reference=reference,
        namespace_type=namespace.type,
        id_mapping_config=parameters.get("idMappingConfig"),
        tags=dict(parameters.get("tags", {})),
    )
    return {"idNamespaceAssociation": describe(context, membership, association)}


@operation("UpdateIdNamespaceAssociation")
def update_association(context: Context, parameters: Parameters) -> Answer:
    """The operation has no ConflictException in the model: conflicts are ValidationExceptions."""
    membership, association = own_association(context, parameters)
    if membership.status != ACTIVE:
        raise invalid_configuration(f"The membership is {membership.status}.")
    name = parameters.get("name", association.name)
    if any(other.name == name and other is not association for other in membership.namespaces.values()):
        raise invalid_configuration(f"The membership already has an ID namespace association {name}.")
    association.name = name
    association.description = parameters.get("description", association.description)
    association.id_mapping_config = parameters.get("idMappingConfig", association.id_mapping_config)
    association.update_time = context.now
    return {"idNamespaceAssociation": describe(context, membership, association)}


@operation("DeleteIdNamespaceAssociation")
def delete_association(context: Context, parameters: Parameters) -> Answer:
    membership, association = own_association(context, parameters)
    del membership.namespaces[association.id]
    return {}
