# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configured table associations and their collaboration analysis rules: which tables, and what has to be done.

Pure: nothing here talks to AWS. Tables, associations and members are dictionaries as AWS answers them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ._errors import CleanRoomsError
from ._plan import ANALYSIS_RULE, TABLE_ASSOCIATION, Action, Flow, Plan
from ._record import Record
from ._trust import members_refusal, result_receivers
from ._validate import (
    DESCRIPTION_LENGTH,
    check_account_ids,
    check_additional_analyses,
    check_association_name,
    check_globs,
    check_no_duplicates,
    check_role,
    check_tags,
    check_text,
    check_uuids,
    matches,
    options_from,
)

Data = dict[str, Any]


@dataclass(frozen=True)
class TableOptions:
    """The options of C(cleanrooms_table_association) that say what is wanted in every collaboration."""

    state: str = "present"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    configured_table_ids: tuple[str, ...] = ()
    max_tables: int = 25
    name_prefix: str = ""
    role: str | None = None
    description: str | None = None
    tags: dict[str, str] | None = None
    analysis_rule: bool = True
    result_receivers: tuple[str, ...] | None = None
    additional_analyses: tuple[str, ...] | None = None


@dataclass(frozen=True)
class TableState:
    """What is there for one collaboration; C(membership_id) is empty while an invitation is not accepted yet.

    C(rules) holds, by association id, a dictionary with C(type), C(result_receivers) and C(additional_analyses).
    """

    own_account: str
    membership_id: str = ""
    members: list[Data] = field(default_factory=list)
    associations: list[Data] = field(default_factory=list)
    rules: dict[str, Data] = field(default_factory=dict)


def check_options(params: Mapping[str, Any]) -> TableOptions:
    """Return the module's options; raise C(CleanRoomsError) for a value that cannot be right."""
    if not params["include"] and not params["configured_table_ids"]:
        raise CleanRoomsError("include: is empty, and so is configured_table_ids; name at least one table or glob")
    if params["max_tables"] < 1:
        raise CleanRoomsError(f"max_tables: {params['max_tables']} must be at least 1; AWS's default quota is 25")
    check_uuids("configured_table_ids", params["configured_table_ids"])
    for option in ("include", "exclude", "configured_table_ids", "result_receivers"):
        check_no_duplicates(option, params[option] or ())
    check_account_ids("result_receivers", params["result_receivers"] or ())
    check_additional_analyses("additional_analyses", params["additional_analyses"] or ())
    check_text("description", params["description"], DESCRIPTION_LENGTH)
    check_tags("tags", params["tags"])
    if params["role"] is not None:
        check_role("role", params["role"])
    return options_from(TableOptions, params)


# Which tables


def select_tables(options: TableOptions, record: Record, tables: Iterable[Data]) -> list[Data]:
    """Return the configured tables that a collaboration is to have, sorted by name and id.

    A record's own C(include) or C(exclude) stands in for the option of that name.
    """
    include = options.include if record.include is None else record.include
    exclude = options.exclude if record.exclude is None else record.exclude
    chosen = [
        table
        for table in tables
        if (matches(table["name"], include) and not matches(table["name"], exclude))
        or table["id"] in options.configured_table_ids
    ]
    return sorted(chosen, key=lambda table: (table["name"], table["id"]))


def check_selection(options: TableOptions, records: Iterable[Record], tables: list[Data]) -> None:
    """Raise C(CleanRoomsError) when a glob or id names no table, or a selected table cannot be associated by name."""
    names = [table["name"] for table in tables]
    ids = {table["id"] for table in tables}
    check_globs("include", options.include, names)
    check_globs("exclude", options.exclude, names)
    for table_id in options.configured_table_ids:
        if table_id not in ids:
            raise CleanRoomsError(
                f"configured_table_ids: {table_id!r} is no configured table of this account and Region"
            )
    for record in records:
        check_globs(f"tables.include of {record.label}", record.include or (), names)
        check_globs(f"tables.exclude of {record.label}", record.exclude or (), names)
        _check_names(options, select_tables(options, record, tables))


def _check_names(options: TableOptions, selected: list[Data]) -> None:
    by_name: dict[str, str] = {}
    for table in selected:
        check_association_name("name_prefix with the table's name", association_name(options, table))
        if table["name"] in by_name:
            raise CleanRoomsError(
                f"include: {table['name']!r} is the name of two configured tables, {by_name[table['name']]} and"
                f" {table['id']}; rename one, or exclude the name and put the id of the right one into"
                " configured_table_ids"
            )
        by_name[table["name"]] = table["id"]


def association_name(options: TableOptions, table: Data) -> str:
    """Return the name under which partners query a table."""
    return f"{options.name_prefix}{table['name']}"


# What has to be done


def plan_tables(record: Record, options: TableOptions, state: TableState, tables: Iterable[Data]) -> Plan:
    """Return the plan for one collaboration: nothing here, nothing more than its record and the options say.

    Raises C(CleanRoomsError) for result receivers that cannot be.
    """
    plan = Plan(record)
    selected = select_tables(options, record, tables)
    if options.state == "absent":
        _plan_removal(plan, options, state, selected)
        return plan
    refusal = members_refusal(record, state.members, state.own_account)
    if refusal:
        plan.decide("refuse", TABLE_ASSOCIATION, record.label, refusal)
        return plan
    wanted = record.result_receivers if record.result_receivers is not None else options.result_receivers
    receivers = result_receivers(wanted, state.members, state.own_account) if options.analysis_rule else ()
    by_table = {association["configuredTableId"]: association for association in state.associations}
    by_name = {association["name"]: association for association in state.associations}
    places = options.max_tables - len(state.associations)
    for table in selected:
        name = association_name(options, table)
        association = by_table.get(table["id"])
        if association:
            _plan_existing(plan, options, state, table, association, receivers)
        elif name in by_name:
            held = by_name[name]["configuredTableId"]
            reason = f"the name is held by the association of another configured table, {held}"
            plan.decide("refuse", TABLE_ASSOCIATION, name, reason)
        elif places <= 0:
            reason = (
                f"max_tables is {options.max_tables} and {len(state.associations)} were associated before;"
                " raise it once AWS has raised the quota of this account"
            )
            plan.decide("leave_out", TABLE_ASSOCIATION, name, reason)
        else:
            places -= 1
            _plan_new(plan, options, state, table, receivers)
    return plan


def _plan_new(plan: Plan, options: TableOptions, state: TableState, table: Data, receivers: tuple[str, ...]) -> None:
    name = association_name(options, table)
    item: Data = {
        "name": name,
        "configured_table_id": table["id"],
        "configured_table_name": table["name"],
        "role_arn": options.role,
    }
    request: Data = {
        "membershipIdentifier": state.membership_id,
        "configuredTableIdentifier": table["id"],
        "name": name,
        "roleArn": options.role,
    }
    for key in ("description", "tags"):
        value = getattr(options, key)
        if value:
            item[key] = request[key] = value
    after = {key: value for key, value in item.items() if key != "configured_table_id"}
    actions = [Action("create", TABLE_ASSOCIATION, name, "not associated yet", request, after=after)]
    rule = _plan_rule(plan, options, state, table, None, receivers, name)
    plan.flows.append(Flow(actions + rule, "associated", item))
    if rule:
        item["analysis_rule"] = rule[-1].after


def _plan_existing(
    plan: Plan,
    options: TableOptions,
    state: TableState,
    table: Data,
    association: Data,
    receivers: tuple[str, ...],
) -> None:
    name = association["name"]
    item: Data = {
        "name": name,
        "id": association["id"],
        "arn": association["arn"],
        "configured_table_id": table["id"],
        "configured_table_name": table["name"],
    }
    if association["id"] in state.rules:
        item["analysis_rule"] = state.rules[association["id"]]
    if name != association_name(options, table):
        reason = f"is associated under this name, not as {association_name(options, table)}, and names cannot change"
        plan.decide("skip", TABLE_ASSOCIATION, name, reason)
    actions = _plan_rule(plan, options, state, table, association, receivers, name)
    if actions:
        item["analysis_rule"] = actions[-1].after
        plan.flows.append(Flow(actions, "repaired", item))
    else:
        plan.items.append(item)


def _plan_rule(
    plan: Plan,
    options: TableOptions,
    state: TableState,
    table: Data,
    association: Data | None,
    receivers: tuple[str, ...],
    name: str,
) -> list[Action]:
    if not options.analysis_rule:
        return []
    if not table["analysisRuleTypes"]:
        reason = "the configured table has no analysis rule of its own, so that it cannot be queried"
        plan.decide("skip", ANALYSIS_RULE, name, reason)
        return []
    if not receivers:
        reason = "no active member can receive results, so that no rule can name one and the table cannot be queried"
        plan.decide("skip", ANALYSIS_RULE, name, reason)
        return []
    rule_type = table["analysisRuleTypes"][0]
    current = state.rules.get(association["id"]) if association else None
    analyses = options.additional_analyses
    if analyses is None:
        analyses = tuple(current["additional_analyses"]) if current else ()
    after = describe_rule(rule_type, receivers, analyses)
    if current == after:
        return []
    request: Data = {"membershipIdentifier": state.membership_id, "analysisRuleType": rule_type}
    if association:
        request["configuredTableAssociationIdentifier"] = association["id"]
    policy = {"allowedResultReceivers": list(receivers), "allowedAdditionalAnalyses": sorted(analyses)}
    write = {**request, "analysisRulePolicy": {"v1": {rule_type.lower(): policy}}}
    if current is None:
        return [Action("create", ANALYSIS_RULE, name, "has no rule yet", write, after=after)]
    if current["type"] == rule_type:
        return [Action("update", ANALYSIS_RULE, name, _difference(current, after), write, current, after)]
    reason = f"the configured table's analysis rule is {rule_type} now"
    remove = {**request, "analysisRuleType": current["type"]}
    return [
        Action("delete", ANALYSIS_RULE, name, reason, remove, before=current),
        Action("create", ANALYSIS_RULE, name, reason, write, after=after),
    ]


def describe_rule(rule_type: str, receivers: Iterable[str], analyses: Iterable[str]) -> Data:
    """Return a collaboration analysis rule in the shape of results."""
    return {"type": rule_type, "result_receivers": sorted(receivers), "additional_analyses": sorted(analyses)}


def _difference(current: Data, after: Data) -> str:
    return "; ".join(f"{key} are {current[key]}, not {after[key]}" for key in after if current[key] != after[key])


def _plan_removal(plan: Plan, options: TableOptions, state: TableState, selected: list[Data]) -> None:
    names = {table["id"]: table["name"] for table in selected}
    for association in state.associations:
        table_name = names.get(association["configuredTableId"])
        if table_name is None:
            continue
        name = association["name"]
        if not name.startswith(options.name_prefix):
            plan.decide("skip", TABLE_ASSOCIATION, name, f"does not start with {options.name_prefix}, so not ours")
            continue
        request = {
            "membershipIdentifier": state.membership_id,
            "configuredTableAssociationIdentifier": association["id"],
        }
        before = {"name": name, "configured_table_name": table_name}
        plan.flows.append(
            Flow([Action("delete", TABLE_ASSOCIATION, name, "state is absent", request, before=before)], "removed")
        )
