# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Judges whether a collaboration stands as its record and the options say, and what to do where it does not.

Pure: nothing here talks to AWS. What differs comes from the same plans that would mend it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ._errors import printable
from ._namespaces import NamespaceOptions, NamespaceState, arn_of, plan_namespace
from ._plan import ANALYSIS_RULE, NAMESPACE_ASSOCIATION, TABLE_ASSOCIATION, Plan
from ._plan_rules import names_unreviewed
from ._plan_tables import plan_tables
from ._record import Record
from ._tables import TableOptions, TableState, association_name, is_covered, select_tables, table_refusal
from ._trust import not_supported, unreviewed_receivers

Data = dict[str, Any]
UNREVIEWED_RECEIVER = "unreviewed_receiver"
READY, NOT_READY, DIFFERS, MISSING = "ready", "not_ready", "differs", "missing"
LEFT_OUT, REFUSED, UNSELECTED = "left_out", "refused", "unselected"
STATES = (UNREVIEWED_RECEIVER, READY, NOT_READY, DIFFERS, MISSING, LEFT_OUT, REFUSED, UNSELECTED)
SYNC = "Run the playbook sync."
SYNC_ROLES = "Run the playbook sync with -e cleanrooms_check_role=true."
SYNC_NAMES = "Run the playbook sync with -e cleanrooms_recreate=true."
TERRAFORM = "Change the configured table where it is made, for example in Terraform."
REMAKE = "Make the intermediate table anew, or remove it."
# What to do about each code of AWS's SchemaStatusReasonCode.
ADVICE = {
    "ANALYSIS_RULE_MISSING": f"The configured table has no analysis rule of its own. {TERRAFORM}",
    "ANALYSIS_TEMPLATES_NOT_CONFIGURED": f"The table's analysis rule allows no analysis. {TERRAFORM}",
    "ANALYSIS_PROVIDERS_NOT_CONFIGURED": f"The table's analysis rule allows no account to query. {TERRAFORM}",
    "DIFFERENTIAL_PRIVACY_POLICY_NOT_CONFIGURED": "Add a differential privacy policy to the membership in the console.",
    "ID_MAPPING_TABLE_NOT_POPULATED": "Run the ID mapping workflow of the ID mapping table.",
    "COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED": f"The association has no collaboration analysis rule. {SYNC}",
    "ADDITIONAL_ANALYSES_NOT_CONFIGURED": "Name the additional analyses in cleanrooms_additional_analyses.",
    "RESULT_RECEIVERS_NOT_CONFIGURED": f"The collaboration analysis rule names nobody. {SYNC}",
    "ADDITIONAL_ANALYSES_NOT_ALLOWED": f"The table's own rule allows none: name none, or else {TERRAFORM}",
    "RESULT_RECEIVERS_NOT_ALLOWED": f"A receiver in the rule is no member who can receive results. {SYNC}",
    "ANALYSIS_RULE_TYPES_NOT_COMPATIBLE": "The table's own rule has another type now. Remove this, then sync.",
    "INTERMEDIATE_TABLE_NOT_POPULATED": "Run the query that fills the intermediate table.",
    "INTERMEDIATE_TABLE_ANALYSIS_RULE_MISSING": "Give the intermediate table an analysis rule.",
    "INTERMEDIATE_TABLE_BASE_TABLE_REMOVED": REMAKE,
    "INTERMEDIATE_TABLE_INHERITED_CONSTRAINTS_VIOLATED": REMAKE,
    "INTERMEDIATE_TABLE_DISALLOWED_BY_DATA_PROVIDER": "Ask the provider of the base table.",
    "INTERMEDIATE_TABLE_RETENTION_PERIOD_EXPIRED": REMAKE,
}
UNKNOWN_CODE = "This version does not know this reason of AWS; look for a newer one."
UNKNOWN_SCHEMA = "AWS does not list the table in this collaboration yet"
WAIT = "Moments after the association that is usual; look again, or raise wait_timeout."
# With a rule that is as it should be, AWS says this only until it has caught up with its own rules.
MAY_PASS = {"COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED", "RESULT_RECEIVERS_NOT_CONFIGURED"}
LOOK_AT_MEMBERS = "Ask your partner who they are."
TAKE_OUT = "Take the account out of the rule, in the AWS console for example; or confirm it with the playbook record."
NEWER = "Look for a newer version of this collection, or exclude the table."
ADVICE_OF_STATE = {
    DIFFERS: SYNC,
    REFUSED: SYNC_NAMES,
    MISSING: SYNC,
    LEFT_OUT: "Ask AWS for a higher quota and raise cleanrooms_max_tables, or exclude tables.",
    UNSELECTED: "Run the playbook sync with -e cleanrooms_purge=true to take it back, or select it.",
}


def readiness_of(schema: Mapping[str, Any] | None) -> Data:
    """Return C(ready), and AWS's reasons in C(not_ready_reasons), for one schema as BatchGetSchema answers it.

    Direct queries count; a table that allows additional analyses only is judged by those. A schema that AWS does not
    know yet, moments after the association, is not ready and has no reasons.
    """
    schema = schema or {}
    if "problem" in schema:
        return {"ready": False, "not_ready_reasons": [{"message": f"its state cannot be read: {schema['problem']}"}]}
    every = schema.get("schemaStatusDetails", [])
    details = [one for one in every if one["analysisType"] == "DIRECT_ANALYSIS"]
    details = details or [one for one in every if one["analysisType"] == "ADDITIONAL_ANALYSIS"]
    reasons = {
        reason["code"]: {"code": reason["code"], "message": reason["message"]}
        for detail in details
        for reason in detail.get("reasons", [])
    }
    unknown = [] if details else [f"analysis of type {one['analysisType']}" for one in every]
    unknown += [f"status {one['status']}" for one in details if one["status"] not in ("READY", "NOT_READY")]
    ready = not unknown and any(detail["status"] == "READY" for detail in details)
    told = [{"message": not_supported(printable(one))} for one in dict.fromkeys(unknown)]
    return {"ready": ready, "not_ready_reasons": [] if ready else told + list(reasons.values())}


def judge_tables(
    record: Record, options: TableOptions, state: TableState, tables: Iterable[Data], schemas: Mapping[str, Data]
) -> list[Data]:
    """Return a verdict on each selected table, and on each association under our prefix that is not selected.

    Any other association has one where its rule names a receiver whom nobody reviewed; what has, comes first.
    C(schemas) are BatchGetSchema's answers by name.
    """
    tables = list(tables)
    plan = plan_tables(record, options, state, tables)
    unreviewed = {verdict["name"]: verdict for verdict in judge_receivers(record, options, state, tables)}
    by_table = {association["configuredTableId"]: association for association in state.associations}
    verdicts = []
    for table in select_tables(options, record, tables):
        association = by_table.pop(table["id"], None)
        if association is None:
            verdicts.append(_absent_table(plan, table, association_name(options, table)))
            continue
        verdict = _present_table(plan, table, association, state, schemas.get(association["name"]))
        first = unreviewed.pop(association["name"], None)
        verdicts.append(_with_receivers(verdict, first) if first else verdict)
    names = {table["id"]: table["name"] for table in tables}
    for association in by_table.values():
        ours = options.name_prefix and association["name"].startswith(options.name_prefix)
        if ours and association["name"] not in unreviewed:
            reason = _reason("it is associated, and its table is not selected", UNSELECTED)
            verdict = {"name": association["name"], "state": UNSELECTED, "reasons": [reason]}
            verdicts.append({**verdict, "configured_table_name": names.get(association["configuredTableId"], "")})
    verdicts += unreviewed.values()
    return sorted(verdicts, key=lambda one: (one["state"] != UNREVIEWED_RECEIVER, str(one["name"])))


def _with_receivers(verdict: Data, unreviewed: Data) -> Data:
    """Return the verdict on a selected table with, first, what C(judge_receivers) says of its rule."""
    first = unreviewed["reasons"][0]
    others = [one for one in verdict["reasons"] if one["message"] != first["message"]]
    return {**verdict, "state": UNREVIEWED_RECEIVER, "reasons": [first, *others]}


def judge_receivers(record: Record, options: TableOptions, state: TableState, tables: Iterable[Data]) -> list[Data]:
    """Return a verdict on each association, selected or not, whose rule names a receiver whom nobody reviewed."""
    by_id = {table["id"]: table for table in tables}
    # As C(removable_receivers): in a record without members yet, nobody is taken out.
    works = record.members is not None and record.status == "active" and record.auto_associate_tables
    verdicts = []
    for association in sorted(state.associations, key=lambda one: str(one["name"])):
        receivers = state.rules.get(association["id"], {}).get("result_receivers", [])
        unreviewed = unreviewed_receivers(record, receivers, state.own_account)
        table = by_id.get(association["configuredTableId"])
        mended = works and options.analysis_rule and table and is_covered(options, record, table)
        if unreviewed:
            verdicts.append(
                {
                    "name": association["name"],
                    "configured_table_name": table["name"] if table else "",
                    "state": UNREVIEWED_RECEIVER,
                    "reasons": [{"message": names_unreviewed(unreviewed), "advice": SYNC if mended else TAKE_OUT}],
                    "result_receivers": receivers,
                }
            )
    return verdicts


def _reason(message: str, state: str) -> Data:
    return {"message": message, "advice": ADVICE_OF_STATE[state]}


def _advice(reason: Data) -> str:
    return ADVICE.get(reason["code"], UNKNOWN_CODE) if "code" in reason else ""


def _refusal(plan: Plan) -> str | None:
    """Return why the whole collaboration is refused, or C(None)."""
    label = plan.record.label
    return next((one.reason for one in plan.decisions if one.action == "refuse" and one.name == label), None)


def _absent_table(plan: Plan, table: Data, name: str) -> Data:
    verdict = {"name": name, "configured_table_name": table["name"], "state": MISSING}
    decision = next((one for one in plan.decisions if one.name == name and one.resource == TABLE_ASSOCIATION), None)
    if _refusal(plan):
        verdict["state"] = REFUSED
        return {**verdict, "reasons": [{"message": _refusal(plan), "advice": LOOK_AT_MEMBERS}]}
    if decision and table_refusal(table):
        verdict["state"] = REFUSED
        return {**verdict, "reasons": [{"message": decision.reason, "advice": NEWER}]}
    if decision:
        verdict["state"] = LEFT_OUT if decision.action == "leave_out" else REFUSED
        return {**verdict, "reasons": [_reason(decision.reason, verdict["state"])]}
    return {**verdict, "reasons": [_reason("it is not associated", MISSING)]}


def _present_table(plan: Plan, table: Data, association: Data, state: TableState, schema: Data | None) -> Data:
    # Of what is there, only role and description are updated in the association itself.
    differing = [
        {"message": action.reason, "advice": SYNC_ROLES if action.resource == TABLE_ASSOCIATION else SYNC}
        for flow in plan.flows
        if flow.item and flow.item["configured_table_id"] == table["id"]
        for action in flow.actions
    ]
    decided = [one for one in plan.decisions if one.name == association["name"]]
    named = [one for one in decided if one.resource == TABLE_ASSOCIATION]
    differing += [{"message": one.reason, "advice": SYNC_NAMES} for one in named]
    unknown = table_refusal(table) or state.unsupported.get(association["id"])
    readiness = readiness_of(schema)
    reasons = [{"message": unknown, "advice": NEWER}] if unknown else []
    reasons += differing
    reasons += [{**one, "advice": _advice(one)} for one in readiness["not_ready_reasons"]]
    rules = [one for one in decided if one.resource == ANALYSIS_RULE and one.action != "refuse"]
    reasons += [{"message": one.reason, "advice": ""} for one in rules]
    if not readiness["ready"] and not reasons:
        reasons.append({"message": UNKNOWN_SCHEMA, "advice": WAIT})
    as_it_is = READY if readiness["ready"] else NOT_READY
    verdict = {
        "name": association["name"],
        "configured_table_name": table["name"],
        "state": REFUSED if unknown else DIFFERS if differing else as_it_is,
        "reasons": reasons,
    }
    details, rule = state.details.get(association["id"]), state.rules.get(association["id"])
    if details:
        verdict["role_arn"] = details["roleArn"]
    if rule:
        verdict["result_receivers"] = rule["result_receivers"]
    return verdict


def may_pass(verdict: Data) -> bool:
    """Return whether a table is not ready for a reason that passes when AWS has caught up with what is there."""
    codes = {reason.get("code") for reason in verdict["reasons"]}
    return verdict["state"] == NOT_READY and bool(
        codes & MAY_PASS or verdict["reasons"][0]["message"] == UNKNOWN_SCHEMA
    )


def judge_namespace(record: Record, options: NamespaceOptions, state: NamespaceState) -> Data:
    """Return a verdict on the ID namespace association of one collaboration."""
    plan = plan_namespace(record, options, state)
    present = any(arn_of(one) == options.id_namespace_arn for one in state.associations)
    verdict: Data = {"name": options.name, "state": READY, "reasons": []}
    refusal = _refusal(plan)
    if refusal:
        if not present:
            verdict.update(state=REFUSED, reasons=[{"message": refusal, "advice": LOOK_AT_MEMBERS}])
        return verdict
    # What is only skipped, a setting that AWS cannot change, is no matter of the record.
    reasons = [one.reason for one in plan.actions if one.resource == NAMESPACE_ASSOCIATION and one.action != "skip"]
    if not present:
        verdict["state"] = MISSING
        reasons = reasons if plan.decisions else ["it is not associated"]
    elif reasons:
        verdict["state"] = DIFFERS
    return {**verdict, "reasons": [_reason(reason, verdict["state"]) for reason in reasons]}


def is_as_recorded(entry: Mapping[str, Any], record: Record, options: TableOptions, tolerated: Iterable[str]) -> bool:
    """Return whether nothing in a collaboration's entry is other than it should be.

    A state of a table or an ID namespace among C(tolerated) is no fault; members who changed always are one. Where
    nobody is to receive results, a table that is not ready is as it should be.
    """
    receivers = record.result_receivers if record.result_receivers is not None else options.result_receivers
    fine = {READY, *tolerated} | ({NOT_READY} if receivers == () else set())
    verdicts = [*entry["tables"], *([entry["id_namespace"]] if "id_namespace" in entry else [])]
    whole = any(key in entry for key in ("error", "reason", "refused", "unreviewed"))
    return not whole and all(verdict["state"] in fine for verdict in verdicts)
