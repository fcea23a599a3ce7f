# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for associations whose rule, role, description or tags are wrong."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import ANALYSIS_RULE, TABLE_ASSOCIATION, TAGS, Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._tables import TableOptions
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    MEMBERSHIP,
    OWN,
    PARTNER,
    ROLE,
    STRANGER,
    Data,
    association,
    member,
    options,
    rule,
    state,
    table,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.table_plans import (
    ONE,
    THREE,
    TWO,
    decisions,
    plan_of,
    steps,
)

THERE = association(ONE, "acx_part_01")
OTHER_ROLE = f"arn:aws:iam::{OWN}:role/other"
ANALYSIS = f"arn:aws:cleanrooms-ml:us-east-1:{OWN}:membership/*/configured-model-algorithm-association/*"


class TestRules:
    def plan(self, current: Data | None, own_type: str | None = "CUSTOM", **changes: Any) -> Plan:
        there = association(ONE, "acx_part_01", current and current["type"])
        rules = {there["id"]: current} if current else {}
        return plan_of(options(**changes), state(there, rules=rules), [table("part_01", own_type)])

    def test_missing(self) -> None:
        plan = self.plan(None)
        (action,) = plan.actions
        assert (action.action, action.resource, action.before, action.after) == ("create", ANALYSIS_RULE, None, rule())
        assert action.request["configuredTableAssociationIdentifier"] == association(ONE, "acx_part_01")["id"]
        assert plan.flows[0].counts_as == "repaired"
        assert (plan.flows[0].item or {})["analysis_rule"] == rule()

    def test_wrong_receivers(self) -> None:
        (action,) = self.plan(rule(STRANGER)).actions
        assert (action.action, action.before, action.after) == ("update", rule(STRANGER), rule())
        assert STRANGER in action.reason
        assert PARTNER in action.reason

    def test_one_receiver_too_many(self) -> None:
        assert [one.action for one in self.plan(rule(PARTNER, STRANGER)).actions] == ["update"]

    @pytest.mark.parametrize("own_type", ["CUSTOM", "LIST", "AGGREGATION"])
    def test_type_follows_the_table(self, own_type: str) -> None:
        (action,) = self.plan(None, own_type).actions
        assert action.request["analysisRuleType"] == own_type
        assert list(action.request["analysisRulePolicy"]["v1"]) == [own_type.lower()]

    def test_wrong_type(self) -> None:
        plan = self.plan(rule(rule_type="LIST", analyses=(ANALYSIS,)))
        assert steps(plan) == [[("delete", ANALYSIS_RULE, "acx_part_01"), ("create", ANALYSIS_RULE, "acx_part_01")]]
        remove, create = plan.actions
        assert remove.request["analysisRuleType"] == "LIST"
        assert "analysisRulePolicy" not in remove.request
        assert create.request["analysisRuleType"] == "CUSTOM"
        assert create.after == rule(analyses=(ANALYSIS,))

    def test_additional_analyses_are_kept(self) -> None:
        assert self.plan(rule(analyses=(ANALYSIS,))).actions == []
        (action,) = self.plan(rule(STRANGER, analyses=(ANALYSIS,))).actions
        assert action.after == rule(analyses=(ANALYSIS,))

    def test_additional_analyses_may_be_taken_away(self) -> None:
        (action,) = self.plan(rule(analyses=(ANALYSIS,)), additional_analyses=()).actions
        assert (action.action, action.after) == ("update", rule())

    def test_additional_analyses_may_be_added(self) -> None:
        (action,) = self.plan(rule(), additional_analyses=(ANALYSIS,)).actions
        assert (action.action, action.after) == ("update", rule(analyses=(ANALYSIS,)))
        assert self.plan(rule(analyses=(ANALYSIS,)), additional_analyses=(ANALYSIS,)).actions == []

    def test_order_in_options_is_no_difference(self) -> None:
        both = (ANALYSIS, ANALYSIS.replace("us-east-1", "eu-west-1"))
        assert self.plan(rule(analyses=both), additional_analyses=tuple(reversed(both))).actions == []

    def test_table_has_no_rule_of_its_own(self) -> None:
        plan = self.plan(None, None)
        assert plan.flows == []
        assert decisions(plan) == [("skip", ANALYSIS_RULE, "acx_part_01")]
        assert "no analysis rule of its own" in plan.decisions[0].reason

    def test_table_has_no_rule_of_its_own_any_more(self) -> None:
        plan = self.plan(rule(STRANGER), None)
        assert plan.flows == []
        assert plan.items[0]["analysis_rule"] == rule(STRANGER)

    @pytest.mark.parametrize("current", [None, rule(STRANGER)])
    def test_switched_off(self, current: Data | None) -> None:
        plan = self.plan(current, analysis_rule=False)
        assert (plan.flows, plan.decisions) == ([], [])

    def test_unchanged(self) -> None:
        plan = self.plan(rule())
        assert (plan.actions, len(plan.items)) == ([], 1)


class TestRoleAndDescription:
    def plan(self, role: str = ROLE, description: str | None = None, **changes: Any) -> Plan:
        details: Data = {"roleArn": role}
        if description is not None:
            details["description"] = description
        there = state(THERE, details={THERE["id"]: details})
        return plan_of(options(**{"compare_role": True, **changes}), there, [ONE])

    def test_wrong_role(self) -> None:
        plan = self.plan(OTHER_ROLE)
        (action,) = plan.actions
        assert action.request == {
            "membershipIdentifier": MEMBERSHIP,
            "configuredTableAssociationIdentifier": THERE["id"],
            "roleArn": ROLE,
        }
        assert (action.before, action.after) == ({"role_arn": OTHER_ROLE}, {"role_arn": ROLE})
        assert (plan.flows[0].item or {})["role_arn"] == ROLE

    @pytest.mark.parametrize("there", [None, "", "old"])
    def test_description_that_is_not_given_is_left_alone(self, there: str | None) -> None:
        assert self.plan(description=there).actions == []

    def test_description_is_kept_when_the_role_changes(self) -> None:
        plan = self.plan(OTHER_ROLE, "old")
        assert "description" not in plan.actions[0].request
        assert (plan.flows[0].item or {})["description"] == "old"

    @pytest.mark.parametrize("there", [None, "old"])
    def test_description_that_is_given(self, there: str | None) -> None:
        details = {"roleArn": ROLE, **({"description": there} if there else {})}
        plan = plan_of(
            options(compare_role=True, description="new"), state(THERE, details={THERE["id"]: details}), [ONE]
        )
        (action,) = plan.actions
        assert action.request["description"] == "new"
        assert "roleArn" not in action.request
        assert (plan.flows[0].item or {})["description"] == "new"

    def test_description_may_be_taken_away(self) -> None:
        details = {"roleArn": ROLE, "description": "old"}
        chosen = options(compare_role=True, description="")
        plan = plan_of(chosen, state(THERE, details={THERE["id"]: details}), [ONE])
        assert plan.actions[0].request["description"] == ""
        assert "description" not in (plan.flows[0].item or {})
        assert plan_of(chosen, state(THERE, details={THERE["id"]: {"roleArn": ROLE}}), [ONE]).actions == []

    def test_switched_off(self) -> None:
        assert self.plan(OTHER_ROLE, compare_role=False).actions == []

    def test_all_at_once(self) -> None:
        bad = association(ONE, "acx_part_01", None)
        there = state(bad, details={bad["id"]: {"roleArn": OTHER_ROLE}}, tags={bad["id"]: {"old": "x"}})
        plan = plan_of(options(compare_role=True, tags={"new": "y"}), there, [ONE])
        assert steps(plan) == [
            [
                ("update", TABLE_ASSOCIATION, "acx_part_01"),
                ("update", TAGS, "acx_part_01"),
                ("delete", TAGS, "acx_part_01"),
                ("create", ANALYSIS_RULE, "acx_part_01"),
            ]
        ]


class TestTags:
    def plan(self, current: dict[str, str], wanted: dict[str, str] | None, purge: bool = True) -> Plan:
        there = state(THERE, tags={THERE["id"]: current})
        return plan_of(options(tags=wanted, purge_tags=purge), there, [ONE])

    @pytest.mark.parametrize(
        ("current", "wanted", "purge"),
        [
            ({"a": "1"}, {"a": "1"}, True),
            ({"a": "1"}, None, True),
            ({"a": "1"}, {}, False),
            ({}, {}, True),
            ({"a": "1", "b": "2"}, {"a": "1"}, False),
            ({"a": "1", "aws:stack": "x"}, {"a": "1"}, True),
            ({"aws:stack": "x"}, {}, True),
        ],
    )
    def test_unchanged(self, current: dict[str, str], wanted: dict[str, str] | None, purge: bool) -> None:
        assert self.plan(current, wanted, purge).actions == []

    @pytest.mark.parametrize(
        ("current", "wanted", "purge", "to_set", "to_remove", "after"),
        [
            ({}, {"a": "1"}, True, {"a": "1"}, [], {"a": "1"}),
            ({"a": "1"}, {"a": "2"}, False, {"a": "2"}, [], {"a": "2"}),
            ({"a": "1", "b": "2"}, {"b": "2"}, True, {}, ["a"], {"b": "2"}),
            ({"a": "1"}, {}, True, {}, ["a"], {}),
            ({"a": "1"}, {"A": "1"}, True, {"A": "1"}, ["a"], {"A": "1"}),
            ({"a": "1"}, {"A": "1"}, False, {"A": "1"}, [], {"a": "1", "A": "1"}),
            ({"a": "1", "aws:stack": "x"}, {}, True, {}, ["a"], {"aws:stack": "x"}),
        ],
    )
    def test_changed(
        self,
        current: dict[str, str],
        wanted: dict[str, str],
        purge: bool,
        to_set: dict[str, str],
        to_remove: list[str],
        after: dict[str, str],
    ) -> None:
        plan = self.plan(current, wanted, purge)
        setting = [{"resourceArn": THERE["arn"], "tags": to_set}] if to_set else []
        removing = [{"resourceArn": THERE["arn"], "tagKeys": to_remove}] if to_remove else []
        assert [one.request for one in plan.actions] == setting + removing
        assert (plan.actions[0].before, plan.actions[-1].after) == (current, after)
        assert (plan.flows[0].item or {}).get("tags", {}) == after


@pytest.mark.parametrize(
    "chosen", [options(recreate=True), options(recreate=True, purge=True), options(compare_role=True), options()]
)
def test_what_is_right_is_left_alone(chosen: TableOptions) -> None:
    there = [association(one, f"acx_{one['name']}") for one in (ONE, TWO, THREE)]
    details = {one["id"]: {"roleArn": ROLE} for one in there}
    plan = plan_of(chosen, state(*there, details=details, members=[member(OWN), member(PARTNER)]))
    assert plan.actions == []
    assert [item["name"] for item in plan.items] == [one["name"] for one in there]
