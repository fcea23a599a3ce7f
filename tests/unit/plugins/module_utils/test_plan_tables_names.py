# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for associations under a wrong name, and for names that other tables hold."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import ANALYSIS_RULE, TABLE_ASSOCIATION
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    OTHER,
    OWN,
    ROLE,
    STRANGER,
    Data,
    association,
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
    made,
    plan_of,
    steps,
)

ANALYSIS = f"arn:aws:cleanrooms-ml:us-east-1:{OWN}:membership/*/configured-model-algorithm-association/*"


def remake(old: str, new: str) -> list[tuple[str, str, str]]:
    return [("delete", TABLE_ASSOCIATION, old), *made(new)]


OLD = association(ONE, "by hand")
DETAILS = {OLD["id"]: {"roleArn": ROLE, "description": "mine"}}


class TestWrongName:
    def test_is_reported(self) -> None:
        plan = plan_of(options(), state(OLD), [ONE])
        assert decisions(plan) == [("skip", TABLE_ASSOCIATION, "by hand")]
        assert "acx_part_01" in plan.decisions[0].reason
        assert "recreate: true" in plan.decisions[0].reason
        assert [item["name"] for item in plan.items] == ["by hand"]

    def test_its_rule_is_kept_right_all_the_same(self) -> None:
        plan = plan_of(options(), state(OLD, rules={OLD["id"]: rule(STRANGER)}), [ONE])
        assert steps(plan) == [[("update", ANALYSIS_RULE, "by hand")]]

    def test_is_made_again(self) -> None:
        there = state(OLD, details=DETAILS, tags={OLD["id"]: {"Team": "x"}})
        plan = plan_of(options(recreate=True), there, [ONE])
        assert steps(plan) == [remake("by hand", "acx_part_01")]
        flow = plan.flows[0]
        assert (flow.counts_as, flow.lane != "") == ("repaired", True)
        assert flow.item == {
            "name": "acx_part_01",
            "configured_table_id": ONE["id"],
            "configured_table_name": "part_01",
            "role_arn": ROLE,
            "description": "mine",
            "tags": {"Team": "x"},
            "analysis_rule": rule(),
        }
        # The rule is a new one, on an association whose id is not known yet.
        assert "configuredTableAssociationIdentifier" not in plan.actions[2].request

    def test_description_and_tags_that_are_given_stand_in(self) -> None:
        there = state(OLD, details=DETAILS, tags={OLD["id"]: {"Team": "x"}})
        request = plan_of(options(recreate=True, description="new", tags={"a": "b"}), there, [ONE]).actions[1].request
        assert (request["description"], request["tags"]) == ("new", {"a": "b"})

    def test_tags_that_are_not_purged_come_along(self) -> None:
        there = state(OLD, details=DETAILS, tags={OLD["id"]: {"Team": "x", "a": "0"}})
        request = plan_of(options(recreate=True, tags={"a": "b"}, purge_tags=False), there, [ONE]).actions[1].request
        assert request["tags"] == {"Team": "x", "a": "b"}

    def test_tags_that_only_aws_may_set_do_not_come_along(self) -> None:
        there = state(OLD, details=DETAILS, tags={OLD["id"]: {"Team": "x", "aws:stack": "y"}})
        plan = plan_of(options(recreate=True), there, [ONE])
        assert plan.actions[1].request["tags"] == {"Team": "x"}
        assert (plan.flows[0].item or {})["tags"] == {"Team": "x"}

    def test_additional_analyses_come_along(self) -> None:
        there = state(OLD, details=DETAILS, rules={OLD["id"]: rule(STRANGER, analyses=(ANALYSIS,))})
        assert plan_of(options(recreate=True), there, [ONE]).actions[2].after == rule(analyses=(ANALYSIS,))

    def test_rule_comes_along_when_rules_are_switched_off(self) -> None:
        there = state(OLD, details=DETAILS, rules={OLD["id"]: rule(OTHER)})
        plan = plan_of(options(recreate=True, analysis_rule=False), there, [ONE])
        assert steps(plan) == [remake("by hand", "acx_part_01")]
        assert plan.actions[2].after == rule(OTHER)

    def test_without_a_rule_when_rules_are_switched_off(self) -> None:
        bare = association(ONE, "by hand", None)
        plan = plan_of(options(recreate=True, analysis_rule=False), state(bare), [ONE])
        assert steps(plan) == [remake("by hand", "acx_part_01")[:2]]

    def test_limit_counts_it_once(self) -> None:
        plan = plan_of(options(recreate=True, max_tables=1), state(OLD), [ONE, TWO])
        assert steps(plan) == [remake("by hand", "acx_part_01")]
        assert decisions(plan) == [("leave_out", TABLE_ASSOCIATION, "acx_part_02")]

    def test_one_at_a_time(self) -> None:
        old = [association(one, one["name"]) for one in (ONE, TWO, THREE)]
        plan = plan_of(options(recreate=True), state(*old))
        assert steps(plan) == [remake(f"part_0{number}", f"acx_part_0{number}") for number in (1, 2, 3)]
        assert len({flow.lane for flow in plan.flows}) == 1
        assert plan.flows[0].lane


class TestHeldName:
    DIM = table("dim_day")
    RECREATE = options(recreate=True)

    def test_by_another_table_is_refused(self) -> None:
        plan = plan_of(options(), state(association(self.DIM, "acx_part_01")), [ONE, self.DIM])
        assert plan.flows == []
        assert decisions(plan) == [("refuse", TABLE_ASSOCIATION, "acx_part_01")]
        assert f"dim_day ({self.DIM['id']})" in plan.decisions[0].reason

    def test_by_a_table_that_is_gone(self) -> None:
        plan = plan_of(options(), state(association(self.DIM, "acx_part_01")), [ONE])
        assert decisions(plan) == [("refuse", TABLE_ASSOCIATION, "acx_part_01")]

    @pytest.mark.parametrize("limit", [1, 25])
    def test_is_made_free(self, limit: int) -> None:
        chosen = options(recreate=True, max_tables=limit)
        plan = plan_of(chosen, state(association(self.DIM, "acx_part_01")), [ONE, self.DIM])
        assert steps(plan) == [[("delete", TABLE_ASSOCIATION, "acx_part_01")], made("acx_part_01")]
        assert plan.flows[0].lane == plan.flows[1].lane != ""

    def test_is_made_free_for_one_that_is_misnamed(self) -> None:
        there = state(association(ONE, "old"), association(self.DIM, "acx_part_01"))
        plan = plan_of(self.RECREATE, there, [ONE, self.DIM])
        assert steps(plan) == [[("delete", TABLE_ASSOCIATION, "acx_part_01")], remake("old", "acx_part_01")]

    @pytest.mark.parametrize("changes", [{"recreate": True}, {"recreate": True, "purge": True}])
    def test_place_that_is_left_over_is_taken(self, changes: dict[str, Any]) -> None:
        there = state(association(ONE, "old"), association(self.DIM, "acx_part_01"))
        plan = plan_of(options(max_tables=2, **changes), there, [ONE, TWO, self.DIM])
        assert steps(plan) == [
            [("delete", TABLE_ASSOCIATION, "acx_part_01")],
            remake("old", "acx_part_01"),
            made("acx_part_02"),
        ]
        assert len({flow.lane for flow in plan.flows}) == 1

    def test_name_and_place_that_are_freed_by_two_others(self) -> None:
        there = state(association(TWO, "acx_part_01"), association(self.DIM, "acx_dim_day"))
        plan = plan_of(options(max_tables=2, recreate=True, purge=True), there, [ONE, TWO, self.DIM])
        assert steps(plan) == [
            [("delete", TABLE_ASSOCIATION, "acx_dim_day")],
            remake("acx_part_01", "acx_part_02"),
            made("acx_part_01"),
        ]
        assert len({flow.lane for flow in plan.flows}) == 1

    def test_by_a_selected_one_that_moves_away_first(self) -> None:
        there = state(association(ONE, "acx_part_02"), association(TWO, "acx_part_03"))
        plan = plan_of(self.RECREATE, there, [ONE, TWO])
        assert steps(plan) == [remake("acx_part_02", "acx_part_01"), remake("acx_part_03", "acx_part_02")]

    def test_by_a_selected_one_that_comes_later_and_moves_away_first(self) -> None:
        there = state(association(ONE, "acx_part_03"), association(TWO, "acx_part_01"), association(THREE, "old"))
        plan = plan_of(self.RECREATE, there)
        assert steps(plan) == [
            remake("acx_part_01", "acx_part_02"),
            remake("acx_part_03", "acx_part_01"),
            remake("old", "acx_part_03"),
        ]

    def test_by_a_selected_one_that_moves_away_for_a_missing_one(self) -> None:
        plan = plan_of(self.RECREATE, state(association(TWO, "acx_part_01")), [ONE, TWO])
        assert steps(plan) == [remake("acx_part_01", "acx_part_02"), made("acx_part_01")]
        assert plan.flows[0].lane == plan.flows[1].lane

    @pytest.mark.parametrize("extra", [[], [association(THREE, "old")]])
    def test_in_a_circle(self, extra: list[Data]) -> None:
        there = state(association(ONE, "acx_part_02"), association(TWO, "acx_part_01"), *extra)
        plan = plan_of(self.RECREATE, there)
        assert steps(plan) == [remake("old", "acx_part_03")] if extra else [made("acx_part_03")]
        assert ("refuse", TABLE_ASSOCIATION, "acx_part_01") in decisions(plan)
        assert ("refuse", TABLE_ASSOCIATION, "acx_part_02") in decisions(plan)
        assert all("in a circle" in one.reason for one in plan.decisions)

    def test_missing_one_whose_name_is_held_in_a_circle_waits(self) -> None:
        four = table("part_04")
        there = state(
            association(ONE, "acx_part_02"), association(TWO, "acx_part_01"), association(THREE, "acx_part_04")
        )
        plan = plan_of(self.RECREATE, there, [ONE, TWO, THREE, four])
        assert steps(plan) == [remake("acx_part_04", "acx_part_03"), made("acx_part_04")]

    def test_without_recreate_nothing_that_shares_goes(self) -> None:
        there = state(association(TWO, "acx_part_01"), association(self.DIM, "acx_part_03"))
        plan = plan_of(options(), there, [ONE, TWO, THREE, self.DIM])
        assert all(action.action != "delete" for action in plan.actions)
        assert ("refuse", TABLE_ASSOCIATION, "acx_part_01") in decisions(plan)
        assert ("refuse", TABLE_ASSOCIATION, "acx_part_03") in decisions(plan)
