# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Turns plans, carried out or not, into what a module answers: results, diff, warnings and the failure's message."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ._errors import printable
from ._plan import DONE, FAILED, PLANNED, Action, Plan

Data = dict[str, Any]
SUMMARY_KEYS = (
    "accepted",
    "associated",
    "unchanged",
    "repaired",
    "new_receiver",
    "receiver_removed",
    "suspended",
    "removed",
    "left",
    "skipped",
    "left_out",
    "refused",
    "failed",
)
# A decision that only tells something, and counts as nothing.
WARN = "warn"
SUMMARY_OF_DECISION = {"skip": "skipped", "leave_out": "left_out", "refuse": "refused"}
DECISION_WORDS = {"skip": "skipped", "leave_out": "left out", "refuse": "refused", WARN: ""}


def is_change(action: Action) -> bool:
    """Return whether an action wrote something, may have written, or would in a run that is not check mode."""
    return (action.outcome in (DONE, PLANNED) or action.uncertain) and action.action not in DECISION_WORDS


def results(plans: Iterable[Plan], items_key: str = "") -> Data:
    """Return everything a module answers; C(items_key) names the list of resources in each collaboration.

    With C(msg) and C(failed) where something failed: then the module must fail, with all of it.
    """
    plans = list(plans)
    answer: Data = {
        "changed": any(is_change(action) for plan in plans for action in plan.actions),
        "collaborations": [describe_plan(plan, items_key) for plan in plans],
        "diff": [diff for diff in map(_diff, plans) if diff],
    }
    message = failure_message(plans)
    if message:
        answer.update(msg=message, failed=True)
    return answer


def describe_plan(plan: Plan, items_key: str) -> Data:
    """Return the result of one collaboration."""
    record = plan.record
    result: Data = {
        "name": record.name,
        "collaboration_id": record.collaboration_id,
        "status": record.status,
        **plan.facts,
        **{key: value for flow in plan.flows if not flow.failed for key, value in flow.facts.items()},
        "changed": any(is_change(action) for action in plan.actions),
        "actions": [_describe_action(action) for action in plan.actions],
        "summary": summarize(plan),
    }
    if record.membership_id:
        result["membership_id"] = record.membership_id
    if items_key:
        made = [flow.item for flow in plan.flows if flow.item and not flow.failed]
        result[items_key] = sorted(plan.items + made, key=lambda item: str(item["name"]))
    errors = failures(plan)
    if errors:
        result["error"] = " ".join(errors)
    return result


def summarize(plan: Plan) -> dict[str, int]:
    """Return how many things ended in which way, by the keys of C(SUMMARY_KEYS)."""
    counts = dict.fromkeys(SUMMARY_KEYS, 0)
    counts["unchanged"] = len(plan.items)
    for flow in plan.flows:
        written = any(is_change(action) for action in flow.actions)
        counts["failed" if flow.failed else flow.counts_as if written else "unchanged"] += 1
    for decision in plan.decisions:
        if decision.action != WARN:
            counts[SUMMARY_OF_DECISION[decision.action]] += 1
    counts["failed"] += bool(plan.error)
    return counts


def failures(plan: Plan) -> list[str]:
    """Return the errors of one collaboration, each once; things not tried are named in one sentence."""
    errors = [plan.error] if plan.error else []
    errors += [action.error for action in plan.actions if action.outcome == FAILED]
    skipped = [flow.actions[0].name for flow in plan.flows if flow.failed and not _has_failed(flow.actions)]
    if skipped:
        errors.append(f"Not tried after that: {', '.join(skipped)}.")
    return list(dict.fromkeys(errors))


def _has_failed(actions: list[Action]) -> bool:
    return any(action.outcome == FAILED for action in actions)


def failure_message(plans: Iterable[Plan]) -> str:
    """Return the message with which the task fails, or an empty string where nothing failed."""
    plans = list(plans)
    failed = [plan for plan in plans if failures(plan)]
    if not failed:
        return ""
    errors = " ".join(error for plan in failed for error in failures(plan))
    others = ", the others are done" if len(failed) < len(plans) else ""
    return f"{len(failed)} of {len(plans)} collaborations failed{others}. {errors}"


def warnings(plans: Iterable[Plan]) -> list[str]:
    """Return one line for each reason in each collaboration for which something was not done.

    That a whole collaboration is skipped, because its record or AWS says that it is over, is no reason to warn.
    """
    lines = []
    for plan in plans:
        names: dict[tuple[str, str], list[str]] = {}
        for decision in plan.decisions:
            if plan.over:
                continue
            names.setdefault((decision.action, decision.reason), []).append(decision.name)
        for (action, reason), things in names.items():
            listed = [] if things == [plan.record.label] else [", ".join(things)]
            words = " ".join(filter(None, [DECISION_WORDS[action], *listed]))
            lines.append(f"{plan.record.label}: {words}: {reason}")
    return lines


def _describe_action(action: Action) -> Data:
    entry: Data = {
        "action": action.action,
        "resource": action.resource,
        "name": action.name,
        "reason": printable(action.reason),
        "changed": is_change(action),
    }
    for key in ("new_receivers", "removed_receivers"):
        if getattr(action, key):
            entry[key] = list(getattr(action, key))
    if action.error:
        entry["error"] = action.error
    return entry


def _diff(plan: Plan) -> Data | None:
    changes = [action for action in plan.actions if is_change(action)]
    if not changes:
        return None
    return {
        "before_header": plan.record.label,
        "after_header": plan.record.label,
        "before": "".join(_line(action, action.before) for action in changes),
        "after": "".join(_line(action, action.after) for action in changes),
    }


def _line(action: Action, content: Data | None) -> str:
    if content is None:
        return ""
    fields = {key: value for key, value in content.items() if key != "name"}
    return f"{action.resource} {json.dumps(action.name)}: {json.dumps(fields)}\n"
