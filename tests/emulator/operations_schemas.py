# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Schemas: what the members of a collaboration see of each other's tables, and whether they can be queried."""

from __future__ import annotations

from typing import Any

from .errors import not_found
from .model import has_member
from .registry import Answer, Context, Parameters, can_receive_results, joined_collaboration, operation, page, present
from .store import ACTIVE, Association, Collaboration, ConfiguredTable, Rule, in_order

Reason = tuple[str, str]


def visible_schemas(context: Context, collaboration: Collaboration) -> dict[str, Association]:
    """The associations of all active members, by name. The first of a name wins."""
    associations = [
        association
        for member in collaboration.members.values()
        if member.status == ACTIVE and member.membership_id
        for association in context.store.memberships[member.membership_id].associations.values()
        if context.is_listed(association)
    ]
    return {association.name: association for association in reversed(in_order(associations))}


def table_of(context: Context, association: Association) -> ConfiguredTable:
    return context.store.tables[association.configured_table_id]


def shown_rule(context: Context, association: Association) -> Rule | None:
    """The collaboration analysis rule, once lists show it."""
    return association.rule if association.rule and context.is_listed(association.rule) else None


def summarise(context: Context, collaboration: Collaboration, association: Association) -> Answer:
    table = table_of(context, association)
    owner = association.account_id
    resource_arn = context.arn(
        f"membership/{association.membership_id}/configuredtableassociation/{association.id}", owner
    )
    return present(
        name=association.name,
        type="TABLE",
        creatorAccountId=owner,
        createTime=association.create_time,
        updateTime=association.update_time,
        collaborationId=collaboration.id,
        collaborationArn=context.arn(f"collaboration/{collaboration.id}", collaboration.account_id),
        analysisRuleTypes=[table.rule.type] if table.rule else [],
        analysisMethod=table.analysis_method,
        selectedAnalysisMethods=table.selected_analysis_methods,
        resourceArn=resource_arn if has_member("Schema", "resourceArn") else None,
    )


def describe(context: Context, collaboration: Collaboration, association: Association) -> Answer:
    table = table_of(context, association)
    return {
        **summarise(context, collaboration, association),
        "description": association.description or "",
        "columns": [{"name": name, "type": "string"} for name in table.allowed_columns],
        "partitionKeys": [],
        "schemaStatusDetails": status_details(context, collaboration, association),
    }


def status_details(context: Context, collaboration: Collaboration, association: Association) -> list[Answer]:
    """One entry for each kind of analysis that the table's own rule allows."""
    table_rule = table_of(context, association).rule
    if table_rule is None:
        missing = ("ANALYSIS_RULE_MISSING", "The configured table has no analysis rule.")
        return [status_detail("DIRECT_ANALYSIS", None, [missing])]
    additional = table_rule.body.get("additionalAnalyses", "NOT_ALLOWED")
    common = table_reasons(table_rule) + rule_reasons(context, association, table_rule)
    details = []
    if additional != "REQUIRED":
        reasons = common + direct_reasons(context, collaboration, association, additional)
        details.append(status_detail("DIRECT_ANALYSIS", table_rule.type, reasons))
    if additional != "NOT_ALLOWED":
        reasons = common + additional_reasons(context, association)
        details.append(status_detail("ADDITIONAL_ANALYSIS", table_rule.type, reasons))
    return details


def status_detail(analysis_type: str, rule_type: str | None, reasons: list[Reason]) -> Answer:
    return present(
        status="NOT_READY" if reasons else "READY",
        reasons=[{"code": code, "message": message} for code, message in reasons],
        analysisRuleType=rule_type,
        analysisType=analysis_type,
    )


def table_reasons(rule: Rule) -> list[Reason]:
    """What the table's own rule lacks; only CUSTOM rules can lack anything."""
    reasons: list[Reason] = []
    if rule.type != "CUSTOM":
        return reasons
    analyses = rule.body["allowedAnalyses"]
    if not analyses:
        reasons.append(("ANALYSIS_TEMPLATES_NOT_CONFIGURED", "The analysis rule allows no analysis."))
    if "ANY_QUERY" in analyses and not rule.body.get("allowedAnalysisProviders"):
        reasons.append(("ANALYSIS_PROVIDERS_NOT_CONFIGURED", "The analysis rule allows nobody to query."))
    if "differentialPrivacy" in rule.body:
        reasons.append(("DIFFERENTIAL_PRIVACY_POLICY_NOT_CONFIGURED", "There is no differential privacy policy."))
    return reasons


def rule_reasons(context: Context, association: Association, table_rule: Rule) -> list[Reason]:
    rule = shown_rule(context, association)
    if rule is None or context.now < rule.update_time + context.settings.readiness_delay_seconds:
        return [("COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED", "There is no collaboration analysis rule.")]
    if rule.type != table_rule.type:
        return [("ANALYSIS_RULE_TYPES_NOT_COMPATIBLE", f"The table is {table_rule.type}, its rule here {rule.type}.")]
    return []


def direct_reasons(
    context: Context, collaboration: Collaboration, association: Association, additional: str
) -> list[Reason]:
    rule = shown_rule(context, association)
    if rule is None:
        return []
    receivers = rule.body.get("allowedResultReceivers", [])
    reasons: list[Reason] = []
    if not receivers:
        reasons.append(("RESULT_RECEIVERS_NOT_CONFIGURED", "Nobody may receive results."))
    refused = [one for one in receivers if not can_receive_results(collaboration, one, association.account_id)]
    if refused:
        reasons.append(("RESULT_RECEIVERS_NOT_ALLOWED", f"Cannot receive results: {', '.join(refused)}."))
    if additional == "NOT_ALLOWED" and rule.body.get("allowedAdditionalAnalyses"):
        reasons.append(("ADDITIONAL_ANALYSES_NOT_ALLOWED", "The table allows no additional analyses."))
    return reasons


def additional_reasons(context: Context, association: Association) -> list[Reason]:
    rule = shown_rule(context, association)
    if rule is None or rule.body.get("allowedAdditionalAnalyses"):
        return []
    return [("ADDITIONAL_ANALYSES_NOT_CONFIGURED", "The rule allows no additional analysis.")]


@operation("ListSchemas")
def list_schemas(context: Context, parameters: Parameters) -> Answer:
    collaboration = joined_collaboration(context, parameters["collaborationIdentifier"], (ACTIVE,))
    schemas = visible_schemas(context, collaboration)
    if parameters.get("schemaType", "TABLE") != "TABLE":
        schemas = {}
    found, token = page(context, parameters, schemas.values())
    summaries = [summarise(context, collaboration, association) for association in found]
    return present(schemaSummaries=summaries, nextToken=token)


@operation("GetSchema")
def get_schema(context: Context, parameters: Parameters) -> Answer:
    collaboration = joined_collaboration(context, parameters["collaborationIdentifier"], (ACTIVE,))
    association = visible_schemas(context, collaboration).get(parameters["name"])
    if association is None:
        raise not_found("CONFIGURED_TABLE_ASSOCIATION", parameters["name"])
    return {"schema": describe(context, collaboration, association)}


@operation("BatchGetSchema")
def batch_get_schema(context: Context, parameters: Parameters) -> Answer:
    collaboration = joined_collaboration(context, parameters["collaborationIdentifier"], (ACTIVE,))
    schemas = visible_schemas(context, collaboration)
    names = dict.fromkeys(parameters["names"])
    return {
        "schemas": [describe(context, collaboration, schemas[name]) for name in names if name in schemas],
        "errors": [batch_error(f"There is no schema {name}.", name=name) for name in names if name not in schemas],
    }


def batch_error(message: str, **identity: str) -> Answer:
    return {**identity, "code": "ResourceNotFoundException", "message": message}


@operation("BatchGetSchemaAnalysisRule")
def batch_get_rule(context: Context, parameters: Parameters) -> Answer:
    collaboration = joined_collaboration(context, parameters["collaborationIdentifier"], (ACTIVE,))
    schemas = visible_schemas(context, collaboration)
    rules, errors = [], []
    for request in parameters["schemaAnalysisRuleRequests"]:
        name, rule_type = request["name"], request["type"]
        association = schemas.get(name)
        table_rule = table_of(context, association).rule if association else None
        if association is None or table_rule is None or table_rule.type != rule_type:
            errors.append(batch_error(f"{name} has no analysis rule of type {rule_type}.", name=name, type=rule_type))
        else:
            rules.append(describe_rule(context, collaboration, association, table_rule))
    return {"analysisRules": rules, "errors": errors}


def describe_rule(context: Context, collaboration: Collaboration, association: Association, table_rule: Rule) -> Answer:
    rule = shown_rule(context, association)
    consolidated: dict[str, Any] | None = None
    if rule and rule.type == table_rule.type:
        ((kind, body),) = table_rule.policy["v1"].items()
        consolidated = {"v1": {kind: {**body, **rule.body}}}
    return present(
        collaborationId=collaboration.id,
        type=table_rule.type,
        name=association.name,
        createTime=table_rule.create_time,
        updateTime=table_rule.update_time,
        policy=table_rule.policy,
        collaborationPolicy=rule.policy if rule else None,
        consolidatedPolicy=consolidated,
    )
