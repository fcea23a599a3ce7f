# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configured tables and their own analysis rules."""

from __future__ import annotations

from typing import Any

from .errors import ServiceError, conflict, quota_exceeded, validation_failed
from .registry import Answer, Context, Parameters, operation, own_table, page, present
from .store import Association, ConfiguredTable, Rule


def describe(context: Context, table: ConfiguredTable) -> Answer:
    return present(
        **summarise(context, table),
        description=table.description,
        tableReference=table.table_reference,
        allowedColumns=table.allowed_columns,
    )


def summarise(context: Context, table: ConfiguredTable) -> Answer:
    return present(
        id=table.id,
        arn=context.arn(f"configuredtable/{table.id}"),
        name=table.name,
        createTime=table.create_time,
        updateTime=table.update_time,
        analysisRuleTypes=[table.rule.type] if table.rule else [],
        analysisMethod=table.analysis_method,
        selectedAnalysisMethods=table.selected_analysis_methods,
    )


def describe_rule(context: Context, table: ConfiguredTable, rule: Rule) -> Answer:
    return {
        "configuredTableId": table.id,
        "configuredTableArn": context.arn(f"configuredtable/{table.id}"),
        "policy": rule.policy,
        "type": rule.type,
        "createTime": rule.create_time,
        "updateTime": rule.update_time,
    }


def check_policy(rule_type: str, policy: dict[str, Any]) -> None:
    """A policy's kind must be that of the rule's type: {"v1": {"custom": ...}} for CUSTOM."""
    ((kind, _body),) = policy["v1"].items()
    if kind.upper() != rule_type:
        raise validation_failed([("analysisRulePolicy.v1", f"A policy of kind {kind} does not fit type {rule_type}.")])


def associations_of(context: Context, table: ConfiguredTable) -> list[Association]:
    return [
        association
        for membership in context.store.memberships.values()
        if membership.account_id == table.account_id
        for association in membership.associations.values()
        if association.configured_table_id == table.id
    ]


@operation("ListConfiguredTables")
def list_tables(context: Context, parameters: Parameters) -> Answer:
    found, token = page(context, parameters, tables_of(context))
    return present(configuredTableSummaries=[summarise(context, table) for table in found], nextToken=token)


def tables_of(context: Context) -> list[ConfiguredTable]:
    owner = (context.account_id, context.region)
    return [table for table in context.store.tables.values() if (table.account_id, table.region) == owner]


@operation("GetConfiguredTable")
def get_table(context: Context, parameters: Parameters) -> Answer:
    table = own_table(context, parameters["configuredTableIdentifier"])
    return {"configuredTable": describe(context, table)}


@operation("CreateConfiguredTable")
def create_table(context: Context, parameters: Parameters) -> Answer:
    quota = context.settings.configured_tables_per_account
    if len(tables_of(context)) >= quota:
        raise quota_exceeded("Configured tables per account", quota)
    table = context.store.add_table(
        context.account_id,
        context.region,
        parameters["name"],
        context.now,
        description=parameters.get("description"),
        table_reference=parameters["tableReference"],
        allowed_columns=parameters["allowedColumns"],
        analysis_method=parameters["analysisMethod"],
        selected_analysis_methods=parameters.get("selectedAnalysisMethods"),
        tags=dict(parameters.get("tags", {})),
    )
    return {"configuredTable": describe(context, table)}


@operation("UpdateConfiguredTable")
def update_table(context: Context, parameters: Parameters) -> Answer:
    table = own_table(context, parameters["configuredTableIdentifier"])
    table.name = parameters.get("name", table.name)
    table.description = parameters.get("description", table.description)
    table.table_reference = parameters.get("tableReference", table.table_reference)
    table.allowed_columns = parameters.get("allowedColumns", table.allowed_columns)
    table.analysis_method = parameters.get("analysisMethod", table.analysis_method)
    table.selected_analysis_methods = parameters.get("selectedAnalysisMethods", table.selected_analysis_methods)
    table.update_time = context.now
    return {"configuredTable": describe(context, table)}


@operation("DeleteConfiguredTable")
def delete_table(context: Context, parameters: Parameters) -> Answer:
    table = own_table(context, parameters["configuredTableIdentifier"])
    associations = associations_of(context, table)
    if associations:
        message = f"The configured table is associated {len(associations)} times, for example as {associations[0].id}."
        raise conflict("SUBRESOURCES_EXIST", message, "CONFIGURED_TABLE", table.id)
    del context.store.tables[table.id]
    return {}


@operation("CreateConfiguredTableAnalysisRule")
def create_rule(context: Context, parameters: Parameters) -> Answer:
    table = own_table(context, parameters["configuredTableIdentifier"])
    check_policy(parameters["analysisRuleType"], parameters["analysisRulePolicy"])
    if table.rule:
        message = f"The configured table already has an analysis rule of type {table.rule.type}."
        raise conflict("ALREADY_EXISTS", message, "CONFIGURED_TABLE", table.id)
    table.rule = context.store.new_rule(parameters["analysisRuleType"], parameters["analysisRulePolicy"], context.now)
    table.update_time = context.now
    return {"analysisRule": describe_rule(context, table, table.rule)}


def own_rule(table: ConfiguredTable, rule_type: str) -> Rule:
    if table.rule is None or table.rule.type != rule_type:
        raise ServiceError(
            "ResourceNotFoundException",
            f"The configured table has no analysis rule of type {rule_type}.",
            resourceId=table.id,
            resourceType="CONFIGURED_TABLE",
        )
    return table.rule


@operation("GetConfiguredTableAnalysisRule")
def get_rule(context: Context, parameters: Parameters) -> Answer:
    table = own_table(context, parameters["configuredTableIdentifier"])
    rule = own_rule(table, parameters["analysisRuleType"])
    return {"analysisRule": describe_rule(context, table, rule)}


@operation("UpdateConfiguredTableAnalysisRule")
def update_rule(context: Context, parameters: Parameters) -> Answer:
    table = own_table(context, parameters["configuredTableIdentifier"])
    rule = own_rule(table, parameters["analysisRuleType"])
    check_policy(rule.type, parameters["analysisRulePolicy"])
    rule.policy, rule.update_time = parameters["analysisRulePolicy"], context.now
    return {"analysisRule": describe_rule(context, table, rule)}


@operation("DeleteConfiguredTableAnalysisRule")
def delete_rule(context: Context, parameters: Parameters) -> Answer:
    table = own_table(context, parameters["configuredTableIdentifier"])
    own_rule(table, parameters["analysisRuleType"])
    table.rule, table.update_time = None, context.now
    return {}
