# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a plan is made of. Check mode, diff, C(changed), the summary and the tests all come from a plan.

A plan says what is to be done for one collaboration: flows of actions that write, and decisions that do not. Making a
plan reads nothing and writes nothing; C(_apply) carries it out and notes on each action how it ended.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags

from ._record import Record

MEMBERSHIP = "membership"
TABLE_ASSOCIATION = "configured_table_association"
ANALYSIS_RULE = "collaboration_analysis_rule"
NAMESPACE_ASSOCIATION = "id_namespace_association"
TAGS = "tags"

# How an action may end.
PLANNED, DONE, UNCHANGED, FAILED, NOT_TRIED = "planned", "done", "unchanged", "failed", "not_tried"


@dataclass
class Action:
    """One write to AWS, or one decision not to write.

    C(action) is C(create), C(update) or C(delete); decisions are C(skip), C(leave_out), C(refuse) and C(warn).
    C(request) holds the parameters of the AWS operation; the id of something that an earlier action of the same flow
    makes is put in when it is known. C(before) and C(after) describe the resource for the diff; C(None): not there.
    C(uncertain) is a failed one that may have been carried out: neither its answer nor a fresh look could be read.
    Of a rule, C(new_receivers) are the accounts that receive by it and did not before, and C(removed_receivers) those
    that are taken out because nobody reviewed them. One that C(narrows) a rule only takes away: those at the beginning
    of a flow are done first, whatever became of the members.
    """

    action: str
    resource: str
    name: str
    reason: str
    request: dict[str, Any] = field(default_factory=dict)
    before: dict[str, Any] | None = None
    after: dict[str, Any] | None = None
    outcome: str = PLANNED
    error: str = ""
    uncertain: bool = False
    narrows: bool = False
    new_receivers: tuple[str, ...] = ()
    removed_receivers: tuple[str, ...] = ()


@dataclass
class Flow:
    """Actions for one thing, done one after the other; when one fails, the rest is not tried.

    C(counts_as) is the key of the summary that the thing adds to when all went well. C(item) is the resource as it
    will be; apply adds the ids that AWS gives. C(facts) are true of the collaboration when all went well. Flows of one
    C(lane) are done one after the other, in the order of the plan, and a failure ends the lane; flows without a lane
    need not wait for anything.
    """

    actions: list[Action]
    counts_as: str
    item: dict[str, Any] | None = None
    lane: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def failed(self) -> bool:
        """Return whether an action failed or was not tried."""
        return any(action.outcome in (FAILED, NOT_TRIED) for action in self.actions)


@dataclass
class Plan:
    """What is to be done for one collaboration.

    C(items) are the resources that need nothing done. C(error) is set when the collaboration could not be planned,
    and then the flows only take receivers away. C(over) is true of one that is not worked on, because its record or AWS
    says so. C(accounts) are those that AWS lists as members; C(None) where they are not known. C(made_at) is the moment
    of C(time.monotonic) before its collaboration was read.
    """

    record: Record
    flows: list[Flow] = field(default_factory=list)
    decisions: list[Action] = field(default_factory=list)
    items: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    over: bool = False
    accounts: frozenset[str] | None = None
    made_at: float = field(default_factory=time.monotonic, compare=False)

    def decide(self, action: str, resource: str, name: str, reason: str) -> None:
        """Note something that is not written, and why."""
        self.decisions.append(Action(action, resource, name, reason))

    @property
    def actions(self) -> list[Action]:
        """Return all actions in the order of the plan, decisions last."""
        return [action for flow in self.flows for action in flow.actions] + self.decisions


def difference(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return in words in which keys of C(after) the two differ."""
    return "; ".join(f"{key} is {before[key]}, not {after[key]}" for key in after if before[key] != after[key])


def plan_tags(
    resource: dict[str, Any], current: dict[str, str], wanted: dict[str, str], purge: bool
) -> tuple[list[Action], dict[str, str]]:
    """Return what makes the tags of a resource (with C(name) and C(arn)) right, and the tags after it."""
    to_set, to_remove = compare_aws_tags(current, wanted, purge)
    name, arn, actions = resource["name"], resource["arn"], []
    both = current | to_set
    after = {key: value for key, value in both.items() if key not in to_remove}
    if to_set:
        request = {"resourceArn": arn, "tags": to_set}
        actions.append(Action("update", TAGS, name, "tags differ", request, current, both))
    if to_remove:
        request = {"resourceArn": arn, "tagKeys": sorted(to_remove)}
        actions.append(Action("delete", TAGS, name, "tags that are not wanted", request, both, after))
    return actions, after


def without_empty(item: dict[str, Any]) -> dict[str, Any]:
    """Return a resource without an empty description, tags or rule: to AWS they are the same as none."""
    return {key: value for key, value in item.items() if key not in ("description", "tags", "analysis_rule") or value}
