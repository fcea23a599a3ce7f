# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a review keeps beside the members, compared with what is there, and what is planned of a suspended record."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _review as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import ANALYSIS_RULE, Action
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_rules import note_unknown_receivers
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_suspended import plan_suspension
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_tables import plan_tables
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import Review
from ansible_collections.acx.cleanrooms.plugins.module_utils._trust import how_to_confirm
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples as s
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import Data

PAYS = {"paymentConfiguration": {"queryCompute": {"isResponsible": True}}}
MODEL = {"mlAbilities": {"customMLMemberAbilities": ["CAN_RECEIVE_MODEL_OUTPUT"]}}
HOW = f"; {how_to_confirm(s.record(), {})}"


@pytest.mark.parametrize(
    ("review", "own", "told"),
    [
        (None, s.member(s.OWN, **PAYS), ""),
        (Review(()), s.member(s.OWN, abilities=()), ""),
        (Review(()), s.member(s.PARTNER), ""),
        (Review((), own_abilities=s.BOTH, own_payments=("queryCompute",)), s.member(s.OWN, **PAYS), ""),
        (Review((), own_abilities=s.BOTH, own_payments=("queryCompute",)), s.member(s.OWN, abilities=()), ""),
        (Review((), own_abilities=("CAN_QUERY",)), s.member(s.OWN), "has CAN_RECEIVE_RESULTS"),
        (Review((), own_abilities=s.BOTH), s.member(s.OWN, **MODEL), "has CAN_RECEIVE_MODEL_OUTPUT"),
        (Review(()), s.member(s.OWN, abilities=(), **PAYS), "pays for queryCompute"),
        (Review(()), s.member(s.OWN, abilities=("CAN_QUERY",), **PAYS), "has CAN_QUERY and pays for queryCompute"),
    ],
)
def test_what_our_own_account_gained(review: Review | None, own: Data, told: str) -> None:
    expected = f"this account {told} since the review{HOW}" if told else ""
    assert code.own_gains(s.record(reviewed=review), [own], s.OWN) == expected
    plan = plan_tables(s.record(reviewed=review), s.options(), s.state(members=[own]), [])
    warned = [(one.resource, one.name, one.reason) for one in plan.decisions if one.action == "warn"]
    assert warned == ([("membership", s.OWN, expected)] if told else [])


@pytest.mark.parametrize(
    ("known", "types", "wider"),
    [
        ((), None, ""),
        ((), ["REVOKE_RECEIVE_RESULTS_ABILITY"], ""),
        (("ADD_MEMBER",), ["ADD_MEMBER"], ""),
        (("ADD_MEMBER",), [], ""),
        ((), ["ADD_MEMBER", "GRANT_\n"], "ADD_MEMBER, GRANT_\\n"),
        (("ADD_MEMBER",), ["ADD_MEMBER", "EDIT_AUTO_APPROVED_CHANGE_TYPES"], "EDIT_AUTO_APPROVED_CHANGE_TYPES"),
    ],
)
def test_changes_that_are_approved_automatically(known: tuple[str, ...], types: Any, wider: str) -> None:
    told = code.wider_approval(
        s.record(reviewed=Review((), auto_approved_changes=known)),
        {"autoApprovedChangeTypes": types} if types is not None else {},
    )
    start = f"changes of type {wider} are approved automatically since the review, nobody is asked about them"
    assert told == (f"{start}{HOW}" if wider else "")
    assert code.wider_approval(s.record(), {"autoApprovedChangeTypes": types or []}) == ""


def test_rules_of_a_suspended_collaboration_go() -> None:
    """Whatever their types and names are."""
    there = [s.association(s.table(name), name) for name in ("acx_a", "theirs")]
    there += [s.association(s.table("b"), "acx_b", "NEW"), s.association(s.table("c"), "acx_c", None)]
    plan = plan_suspension(s.record(status="suspended"), there, [s.table("b")])
    deleted = ("acx_a", "acx_b", "theirs")
    assert sorted(s.outline(plan)) == [f"suspended: delete rule {name}" for name in deleted]
    assert [item["name"] for item in plan.items] == ["acx_c"]
    assert {flow.item["configured_table_name"] for flow in plan.flows if flow.item} == {"b", ""}
    kept = [{**one, "analysisRuleTypes": []} for one in there]
    assert plan_suspension(s.record(), kept, []).flows == []


UNKNOWN = "333344445555"


@pytest.mark.parametrize("more", [{}, {"analysis_rule": False}, {"state": "absent"}])
@pytest.mark.parametrize(
    ("own", "wanted", "members", "told"),
    [
        ([None, None], (UNKNOWN,), [s.MEMBERS, s.MEMBERS], [UNKNOWN]),
        ([(s.PARTNER,), None], (UNKNOWN,), [s.MEMBERS, s.MEMBERS], [UNKNOWN]),
        # Each has a list of its own.
        ([(s.PARTNER,), (s.PARTNER,)], (UNKNOWN,), [s.MEMBERS, s.MEMBERS], []),
        ([None, None], (UNKNOWN,), [s.MEMBERS, [*s.MEMBERS, s.member(UNKNOWN, "LEFT")]], []),
        ([None, None], (s.PARTNER, s.OWN), [s.MEMBERS, s.MEMBERS], []),
        ([None, None], None, [s.MEMBERS, s.MEMBERS], []),
        # Of one nobody knows who is there.
        ([None, None], (UNKNOWN,), [s.MEMBERS, None], []),
        ([], (UNKNOWN,), [], []),
    ],
)
def test_a_receiver_who_is_a_member_nowhere_is_named_once(
    own: Any, wanted: Any, members: Any, told: list[str], more: Data
) -> None:
    options = s.options(result_receivers=wanted, **more)
    plans = [
        plan_tables(
            s.record(result_receivers=listed), options, s.state(members=found or [], refusal="" if found else "no"), []
        )
        for listed, found in zip(own, members, strict=True)
    ]
    before = [len(plan.decisions) for plan in plans]
    note_unknown_receivers(plans, options)
    noted = [one for plan, number in zip(plans, before, strict=True) for one in plan.decisions[number:]]
    why = "result_receivers names it, and it is a member in no collaboration of this run"
    assert noted == [Action("skip", ANALYSIS_RULE, one, why) for one in told if not more]
