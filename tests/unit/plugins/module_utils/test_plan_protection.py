# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Receivers whom nobody reviewed go from the rules, also where nothing else is done; who receives newly is told."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Action, Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_rules import note_unknown_receivers, policy_of
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_tables import plan_protection, plan_tables
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import Review
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples as s
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import OTHER, OWN, PARTNER, STRANGER

A, B = s.table("part_a"), s.table("part_b")
OURS = s.association(A, "acx_part_a")
TAKEN_OUT = f"its rule names {STRANGER}, whom nobody reviewed as a receiver"
WHO_IS_THERE = [*s.MEMBERS, s.member(STRANGER, name="S")]


def state(*receivers: str, **changes: Any) -> Any:
    return s.state(OURS, rules={OURS["id"]: s.rule(*receivers)}, **changes)


def the_only(plan: Plan) -> Action:
    (flow,) = plan.flows
    (action,) = flow.actions
    return action


@pytest.mark.parametrize(
    ("receivers", "changes", "kept"),
    [
        ((PARTNER, STRANGER), {"refusal": "ListMembers cannot be read"}, [PARTNER]),
        ((PARTNER, STRANGER), {"members": WHO_IS_THERE}, [PARTNER]),
        ((STRANGER,), {"refusal": "ListMembers cannot be read"}, []),
        ((STRANGER,), {"members": WHO_IS_THERE}, []),
        # Who has left is refused by AWS in an update.
        ((PARTNER, STRANGER), {"members": [s.MEMBERS[0], s.member(PARTNER, "LEFT"), s.member(STRANGER)]}, []),
    ],
)
def test_a_refused_collaboration_loses_who_was_not_reviewed(receivers: Any, changes: Any, kept: list[str]) -> None:
    found = state(*receivers, **changes)
    for plan in (plan_tables(s.record(), s.options(), found, [A, B]), Plan(s.record())):
        if not plan.flows:
            plan_protection(plan, s.options(), found, [A, B])
            assert plan.decisions == []
        else:
            (refused,) = plan.decisions
            assert (refused.action, refused.resource) == ("refuse", "configured_table_association")
            assert refused.name == s.record().label
            assert refused.reason == changes.get("refusal") or refused.reason.startswith("members changed: ")
        action = the_only(plan)
        before = s.rule(*receivers)
        after = {**before, "result_receivers": kept} if kept else None
        assert (action.action, action.resource) == ("update" if kept else "delete", "collaboration_analysis_rule")
        assert (action.name, action.reason, action.before, action.after) == ("acx_part_a", TAKEN_OUT, before, after)
        assert (action.removed_receivers, action.narrows, plan.flows[0].counts_as) == (
            (STRANGER,),
            True,
            "receiver_removed",
        )
        request = {
            "membershipIdentifier": s.MEMBERSHIP,
            "configuredTableAssociationIdentifier": OURS["id"],
            "analysisRuleType": "CUSTOM",
        }
        assert action.request == request | ({"analysisRulePolicy": policy_of(after)} if after else {})


@pytest.mark.parametrize(
    ("options", "found", "table"),
    [
        ({"analysis_rule": False}, state(STRANGER), A),
        ({}, state(PARTNER), A),
        ({}, state(PARTNER, OWN), A),
        ({}, state(STRANGER, unsupported={OURS["id"]: "a rule of type X"}), A),
        ({}, s.state(OURS, rules={}), A),
        # No table that the policy selects or excludes.
        ({"include": ("other",), "exclude": ()}, state(STRANGER), A),
    ],
)
def test_a_rule_that_stays_as_it_is(options: Any, found: Any, table: Any) -> None:
    plan = Plan(s.record())
    plan_protection(plan, s.options(**options), found, [table])
    assert (plan.flows, plan.decisions) == ([], [])


def test_own_gains_are_told_and_stop_nothing() -> None:
    gained = [s.member(OWN, abilities=("CAN_QUERY",)), s.member(PARTNER)]
    reviewed = Review(receivers=(PARTNER,), own_abilities=(), own_payments=())
    plan = plan_tables(s.record(reviewed=reviewed), s.options(), s.state(members=gained), [A])
    (told,) = plan.decisions
    assert (told.action, told.resource, told.name) == ("warn", "membership", OWN)
    assert told.reason.startswith("this account has CAN_QUERY since the review; confirm")
    assert plan.accounts == frozenset({OWN, PARTNER})
    assert [flow.counts_as for flow in plan.flows] == ["associated"]
    # Where the members cannot be read, nothing is known.
    unread = plan_tables(s.record(reviewed=reviewed), s.options(), s.state(refusal="no"), [A])
    assert (unread.accounts, [one.action for one in unread.decisions]) == (None, ["refuse"])


@pytest.mark.parametrize(
    ("plans", "options", "told"),
    [
        ([(None, {PARTNER})], {}, [STRANGER]),
        ([(None, {PARTNER, STRANGER})], {}, []),
        ([((PARTNER,), {PARTNER}), (None, {OTHER})], {}, [STRANGER]),
        ([((PARTNER,), {PARTNER})], {}, []),
        ([(None, {PARTNER}), (None, None)], {}, []),
        ([(None, {PARTNER})], {"state": "absent"}, []),
        ([(None, {PARTNER})], {"analysis_rule": False}, []),
        ([(None, {PARTNER})], {"members_elsewhere": (STRANGER,)}, []),
        ([], {}, []),
    ],
)
def test_who_is_a_member_in_no_collaboration(plans: Any, options: Any, told: list[str]) -> None:
    given = [
        Plan(s.record(result_receivers=own), accounts=who if who is None else frozenset(who)) for own, who in plans
    ]
    note_unknown_receivers(given, s.options(result_receivers=(PARTNER, STRANGER), **options))
    said = [one for plan in given for one in plan.decisions]
    assert [(one.action, one.resource, one.name) for one in said] == [
        ("skip", "collaboration_analysis_rule", account) for account in told
    ]
    using = [plan for plan in given if plan.record.result_receivers is None]
    assert said == (using[0].decisions if using else [])
