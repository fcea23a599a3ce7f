# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configured table associations and their collaboration analysis rules."""

from __future__ import annotations

from typing import Any

from .errors import ServiceError, conflict, invalid_configuration, not_found, quota_exceeded
from .model import has_member
from .operations_tables import check_policy
from .registry import (
    Answer,
    Context,
    Parameters,
    can_receive_results,
    check_role,
    operation,
    own_membership,
    own_table,
    page,
    present,
)
from .store import ACTIVE, Association, Membership, Rule


def describe(context: Context, association: Association) -> Answer:
    children = [
        {"resourceType": "INTERMEDIATE_TABLE", "resourceName": name, "ownerAccountId": context.account_id}
        for name in association.intermediate_tables
    ]
    return present(
        **summarise(context, association),
        configuredTableArn=context.arn(f"configuredtable/{association.configured_table_id}"),
        roleArn=association.role_arn,
        description=association.description,
        childResources=children if children and has_member("ConfiguredTableAssociation", "childResources") else None,
    )


def summarise(context: Context, association: Association) -> Answer:
    return {
        "id": association.id,
        "arn": arn(context, association),
        "name": association.name,
        "configuredTableId": association.configured_table_id,
        "membershipId": association.membership_id,
        "membershipArn": context.arn(f"membership/{association.membership_id}"),
        "createTime": association.create_time,
        "updateTime": association.update_time,
        "analysisRuleTypes": [association.rule.type] if association.rule else [],
    }


def arn(context: Context, association: Association) -> str:
    return context.arn(f"configuredtableassociation/{association.membership_id}/{association.id}")


def describe_rule(context: Context, association: Association, rule: Rule) -> Answer:
    return {
        "membershipIdentifier": association.membership_id,
        "configuredTableAssociationId": association.id,
        "configuredTableAssociationArn": arn(context, association),
        "policy": rule.policy,
        "type": rule.type,
        "createTime": rule.create_time,
        "updateTime": rule.update_time,
    }


def own_association(context: Context, parameters: Parameters) -> tuple[Membership, Association]:
    membership = own_membership(context, parameters["membershipIdentifier"])
    association_id = parameters["configuredTableAssociationIdentifier"]
    if association_id not in membership.associations:
        raise not_found("CONFIGURED_TABLE_ASSOCIATION", association_id)
    return membership, membership.associations[association_id]


def check_active(membership: Membership) -> None:
    if membership.status != ACTIVE:
        raise conflict("INVALID_STATE", f"The membership is {membership.status}.", "MEMBERSHIP", membership.id)


@operation("ListConfiguredTableAssociations")
def list_associations(context: Context, parameters: Parameters) -> Answer:
    membership = own_membership(context, parameters["membershipIdentifier"])
    found, token = page(context, parameters, membership.associations.values())
    summaries = [summarise(context, association) for association in found]
    for association, summary in zip(found, summaries, strict=True):
        if association.rule and not context.is_listed(association.rule):
            summary["analysisRuleTypes"] = []
    return present(configuredTableAssociationSummaries=summaries, nextToken=token)


@operation("GetConfiguredTableAssociation")
def get_association(context: Context, parameters: Parameters) -> Answer:
    _membership, association = own_association(context, parameters)
    return {"configuredTableAssociation": describe(context, association)}


@operation("CreateConfiguredTableAssociation")
def create_association(context: Context, parameters: Parameters) -> Answer:
    membership = own_membership(context, parameters["membershipIdentifier"])
    check_active(membership)
    table = own_table(context, parameters["configuredTableIdentifier"])
    check_role(context, parameters["roleArn"])
    for other in membership.associations.values():
        same = "name" if other.name == parameters["name"] else "table"
        if same == "name" or other.configured_table_id == table.id:
            message = f"The membership already has an association of this {same}: {other.name} ({other.id})."
            raise conflict("ALREADY_EXISTS", message, "CONFIGURED_TABLE_ASSOCIATION", other.id)
    quota = context.settings.table_associations_per_membership
    if len(membership.associations) >= quota:
        raise quota_exceeded("Table associations per membership", quota)
    association = context.store.add_association(
        membership,
        parameters["name"],
        context.now,
        configured_table_id=table.id,
        description=parameters.get("description"),
        role_arn=parameters["roleArn"],
        tags=dict(parameters.get("tags", {})),
    )
    return {"configuredTableAssociation": describe(context, association)}


@operation("UpdateConfiguredTableAssociation")
def update_association(context: Context, parameters: Parameters) -> Answer:
    membership, association = own_association(context, parameters)
    check_active(membership)
    if "roleArn" in parameters:
        check_role(context, parameters["roleArn"])
    association.role_arn = parameters.get("roleArn", association.role_arn)
    association.description = parameters.get("description", association.description)
    association.update_time = context.now
    return {"configuredTableAssociation": describe(context, association)}


@operation("DeleteConfiguredTableAssociation")
def delete_association(context: Context, parameters: Parameters) -> Answer:
    membership, association = own_association(context, parameters)
    if association.intermediate_tables:
        raise conflict(
            "SUBRESOURCES_EXIST",
            f"Intermediate tables depend on the association: {', '.join(association.intermediate_tables)}.",
            "CONFIGURED_TABLE_ASSOCIATION",
            association.id,
        )
    del membership.associations[association.id]
    return {}


def check_receivers(context: Context, membership: Membership, policy: dict[str, Any]) -> None:
    """Receivers are other members who can receive results; they need not have joined yet."""
    collaboration = context.store.collaborations[membership.collaboration_id]
    ((_kind, body),) = policy["v1"].items()
    refused = [
        account_id
        for account_id in body.get("allowedResultReceivers", [])
        if not can_receive_results(collaboration, account_id, membership.account_id)
    ]
    if refused:
        raise invalid_configuration(
            f"allowedResultReceivers: {', '.join(refused)}: not another member of the collaboration who can "
            "receive results."
        )


@operation("CreateConfiguredTableAssociationAnalysisRule")
def create_rule(context: Context, parameters: Parameters) -> Answer:
    membership, association = own_association(context, parameters)
    check_active(membership)
    rule_type, policy = parameters["analysisRuleType"], parameters["analysisRulePolicy"]
    check_policy(rule_type, policy)
    table = context.store.tables[association.configured_table_id]
    table_type = table.rule.type if table.rule else "none"
    if rule_type != table_type:
        raise invalid_configuration(
            f"The analysis rule type of the configured table is {table_type}; the collaboration analysis rule "
            f"cannot be {rule_type}."
        )
    check_receivers(context, membership, policy)
    if association.rule:
        raise conflict(
            "ALREADY_EXISTS",
            f"The association already has a collaboration analysis rule of type {association.rule.type}.",
            "CONFIGURED_TABLE_ASSOCIATION",
            association.id,
        )
    association.rule = context.store.new_rule(rule_type, policy, context.now)
    return {"analysisRule": describe_rule(context, association, association.rule)}


def own_rule(association: Association, rule_type: str) -> Rule:
    if association.rule is None or association.rule.type != rule_type:
        raise ServiceError(
            "ResourceNotFoundException",
            f"The association has no collaboration analysis rule of type {rule_type}.",
            resourceId=association.id,
            resourceType="CONFIGURED_TABLE_ASSOCIATION",
        )
    return association.rule


@operation("GetConfiguredTableAssociationAnalysisRule")
def get_rule(context: Context, parameters: Parameters) -> Answer:
    _membership, association = own_association(context, parameters)
    rule = own_rule(association, parameters["analysisRuleType"])
    return {"analysisRule": describe_rule(context, association, rule)}


@operation("UpdateConfiguredTableAssociationAnalysisRule")
def update_rule(context: Context, parameters: Parameters) -> Answer:
    membership, association = own_association(context, parameters)
    check_active(membership)
    rule = own_rule(association, parameters["analysisRuleType"])
    policy = parameters["analysisRulePolicy"]
    check_policy(rule.type, policy)
    check_receivers(context, membership, policy)
    rule.policy, rule.update_time = policy, context.now
    return {"analysisRule": describe_rule(context, association, rule)}


@operation("DeleteConfiguredTableAssociationAnalysisRule")
def delete_rule(context: Context, parameters: Parameters) -> Answer:
    _membership, association = own_association(context, parameters)
    own_rule(association, parameters["analysisRuleType"])
    association.rule = None
    return {}
