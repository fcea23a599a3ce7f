# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Carries out plans, several requests at a time, and notes on every action how it ended."""

from __future__ import annotations

import dataclasses
import itertools
import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from . import _api as api
from ._errors import CleanRoomsError, code_of, explain, is_of_credentials, may_be_written, response_of
from ._plan import (
    ANALYSIS_RULE,
    DONE,
    FAILED,
    MEMBERSHIP,
    NAMESPACE_ASSOCIATION,
    NOT_TRIED,
    PLANNED,
    TABLE_ASSOCIATION,
    TAGS,
    UNCHANGED,
    Action,
    Flow,
    Plan,
)
from ._settle import settle

Data = dict[str, Any]
OPERATIONS: dict[tuple[str, str], Callable[..., Any]] = {
    ("create", MEMBERSHIP): api.create_membership,
    ("update", MEMBERSHIP): api.update_membership,
    ("delete", MEMBERSHIP): api.delete_membership,
    ("create", TABLE_ASSOCIATION): api.create_table_association,
    ("update", TABLE_ASSOCIATION): api.update_table_association,
    ("delete", TABLE_ASSOCIATION): api.delete_table_association,
    ("create", ANALYSIS_RULE): api.create_association_rule,
    ("update", ANALYSIS_RULE): api.update_association_rule,
    ("delete", ANALYSIS_RULE): api.delete_association_rule,
    ("create", NAMESPACE_ASSOCIATION): api.create_namespace_association,
    ("update", NAMESPACE_ASSOCIATION): api.update_namespace_association,
    ("delete", NAMESPACE_ASSOCIATION): api.delete_namespace_association,
    ("update", TAGS): api.set_tags,
    ("delete", TAGS): api.remove_tags,
}
# After one of these the same kind of action in the same membership can only fail again.
FINAL = ("AccessDeniedException", "ServiceQuotaExceededException", "INVALID_STATE")
ALREADY = "ALREADY_EXISTS"
SHARING = ("create", "update")
# After so long a collaboration's members are looked at again before something more is shared there.
OLD_SECONDS = 15.0
EVERYTHING = ("", "", "")
# Noted once a write whose answer was lost was looked for, with patience, and not found: the next are looked for once.
LOST = ("", "", "lost")
# What is over, with the error that ended it: (collaboration id, action, resource) -> error. EVERYTHING is over when the
# credentials are no longer good.
Closed = dict[tuple[str, str, str], str]


def apply(client: Any, plans: Iterable[Plan], workers: int, ask_again: Callable[[Plan], str] | None = None) -> None:
    """Carry out the plans. Nothing is raised for an action that fails: it holds its error, and the others go on.

    C(ask_again) answers why nothing may be shared any more, or an empty string. It is asked before a write that comes
    long after the last look at the members: many other collaborations, or slow writes in this one, had their turn.
    """
    closed: Closed = {}
    with ThreadPoolExecutor(workers) as pool:
        running = []
        for plan in plans:
            trust = Trust(plan, ask_again)
            running += [pool.submit(_apply_lane, client, trust, lane, closed) for lane in _lanes(plan)]
    for future in running:
        future.result()


class Trust:
    """Remembers, for all flows of one plan, whether the members are still those that the plan was made for."""

    def __init__(self, plan: Plan, ask_again: Callable[[Plan], str] | None) -> None:
        self.plan = plan
        self.ask_again = ask_again
        self.lock = threading.Lock()
        self.looked_at = plan.made_at
        self.answer = ""

    def refusal(self) -> str:
        """Return why nothing may be shared, asking again if the last look was long ago. A refusal stands."""
        with self.lock:
            if self.ask_again and not self.answer and time.monotonic() - self.looked_at > OLD_SECONDS:
                try:
                    self.answer = self.ask_again(self.plan)
                except CleanRoomsError as error:
                    self.answer = explain(error, collaboration=self.plan.record.label)
                self.looked_at = time.monotonic()
            return self.answer


def _kind(plan: Plan, action: Action) -> tuple[str, str, str]:
    return plan.record.collaboration_id, action.action, action.resource


def _lanes(plan: Plan) -> list[list[Flow]]:
    lanes: dict[object, list[Flow]] = {}
    for flow in plan.flows:
        lanes.setdefault(flow.lane or id(flow), []).append(flow)
    return list(lanes.values())


def _apply_lane(client: Any, trust: Trust, lane: list[Flow], closed: Closed) -> None:
    # Who may not receive is taken out first, whatever becomes of the members and of the rest.
    for one in lane:
        first = itertools.takewhile(lambda action: action.narrows, one.actions)
        _apply_actions(client, trust, one, len(list(first)), closed)
    for position, flow in enumerate(lane):
        rest = [action for action in flow.actions if action.outcome == PLANNED]
        refusal = trust.refusal() if any(_shares(action) for action in rest) else ""
        if refusal:
            _give_up(rest, trust.plan.record.label)
            rest[0].outcome, rest[0].error = FAILED, f"Not done: {refusal}"
        else:
            _apply_actions(client, trust, flow, len(flow.actions), closed)
        if flow.failed:
            for later in lane[position + 1 :]:
                _give_up(later.actions, flow.actions[0].name)
            return


def _give_up(actions: Iterable[Action], failed: str) -> None:
    for action in actions:
        if action.outcome == PLANNED:
            action.outcome, action.error = NOT_TRIED, f"Not tried, because '{failed}' failed before it."


def _shares(action: Action) -> bool:
    return action.action in SHARING and not action.narrows


def _apply_actions(client: Any, trust: Trust, flow: Flow, number: int, closed: Closed) -> None:
    """Carry out the first actions of a flow, those of them that are not carried out yet."""
    plan, association_id = trust.plan, ""
    for position, action in enumerate(flow.actions[:number]):
        if action.outcome != PLANNED:
            continue
        over = _what_is_over(plan, flow, position, closed)
        # What was deleted to be made again was shared before.
        again = _shares(action) and position > 0 and not _deleted(flow.actions[:position])
        refusal = trust.refusal() if again and not over else ""
        if over:
            action.outcome, action.error = NOT_TRIED, f"Not tried after: {over}"
        elif refusal:
            action.outcome, action.error = FAILED, f"Not done: {refusal}"
        else:
            if association_id and action.resource == ANALYSIS_RULE:
                action.request.setdefault("configuredTableAssociationIdentifier", association_id)
            made = _perform(client, plan, action, closed)
            if made and action.action == "create":
                association_id = made["id"] if action.resource == TABLE_ASSOCIATION else association_id
                _note_ids(plan, flow, action, made)
        if action.outcome in (FAILED, NOT_TRIED):
            _give_up(flow.actions[position + 1 :], action.name)
            _say_what_is_gone(flow.actions[:position], action)
            return


def _what_is_over(plan: Plan, flow: Flow, position: int, closed: Closed) -> str:
    """Return the error after which an action is not tried, or an empty string."""
    action = flow.actions[position]
    if _deleted(flow.actions[:position]):
        # What was deleted to be made again is tried in any case: the place that was full may be free by that.
        return ""
    # Nothing is deleted when what should follow is known to fail, and nothing created that would stay half done.
    whole = action.action in ("create", "delete") and not action.narrows
    further = flow.actions[position:] if whole else [action]
    kinds = [EVERYTHING, *(_kind(plan, one) for one in further)]
    return next((closed[kind] for kind in kinds if kind in closed), "")


def _deleted(actions: Iterable[Action]) -> list[str]:
    ended = [one for one in actions if one.action == "delete" and one.outcome in (DONE, UNCHANGED)]
    return [one.name for one in ended if one.resource != TAGS and not one.narrows]


def _say_what_is_gone(before: list[Action], failed: Action) -> None:
    gone = _deleted(before)
    if not gone:
        return
    failed.outcome = FAILED
    failed.error += f" {', '.join(gone)} is deleted already, so that this is missing"
    if failed.action == "create":
        failed.error += f" until a run makes it again, as {json.dumps(failed.after)}"
    failed.error += "."


def _note_ids(plan: Plan, flow: Flow, action: Action, made: Data) -> None:
    if action.resource == MEMBERSHIP:
        plan.record = dataclasses.replace(plan.record, membership_id=made["id"])
    if flow.item is not None and "id" in made:
        flow.item.update(id=made["id"], arn=made["arn"])
        if action.outcome == UNCHANGED:
            # Somebody else made it: what the lists do not show is not known to be as we wanted it.
            for key in ("role_arn", "description", "tags"):
                flow.item.pop(key, None)


def _perform(client: Any, plan: Plan, action: Action, closed: Closed) -> Data | None:
    try:
        made = OPERATIONS[action.action, action.resource](client, **action.request)
        action.outcome = DONE
        return made or None
    except CleanRoomsError as error:
        # On a retry it was most likely our own first try that did it, and so where AWS did not say no; otherwise
        # somebody else.
        unclear = may_be_written(error)
        retried = response_of(error).get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0
        as_wanted = DONE if retried or unclear else UNCHANGED
        if _is_gone(error, action):
            action.outcome = as_wanted
            return None
        settled = None
        try:
            if unclear or (action.action == "create" and _may_be_there(error)):
                # A retry would have met what an earlier try made.
                settled = settle(client, action, patient=not retried and LOST not in closed)
                if unclear and settled is None:
                    closed[LOST] = explain(error)
        except CleanRoomsError as second:
            action.uncertain = unclear
            error = error if action.uncertain else second
        if settled is not None:
            action.outcome = as_wanted
            return settled or None
        _note_failure(plan, action, error, closed)
        return None


def _note_failure(plan: Plan, action: Action, error: CleanRoomsError, closed: Closed) -> None:
    action.outcome = FAILED
    action.error = explain(error, action.name, plan.record.label)
    if action.uncertain:
        action.error += " Whether it was written is not known; run again."
    if is_of_credentials(error):
        closed[EVERYTHING] = action.error
    elif code_of(error) in FINAL or response_of(error).get("reason") in FINAL:
        closed[_kind(plan, action)] = action.error


def _is_gone(error: CleanRoomsError, action: Action) -> bool:
    """Return whether what is to be deleted is not there any more."""
    return code_of(error) == "ResourceNotFoundException" and action.action == "delete" and action.resource != TAGS


def _may_be_there(error: CleanRoomsError) -> bool:
    return code_of(error) == "ConflictException" and response_of(error).get("reason", ALREADY) == ALREADY
