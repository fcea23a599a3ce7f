# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import (
    DONE,
    FAILED,
    NOT_TRIED,
    PLANNED,
    TABLE_ASSOCIATION,
    TAGS,
    UNCHANGED,
    Action,
    Flow,
    Plan,
    difference,
    plan_tags,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import record

RESOURCE = {"name": "acx_part_01", "arn": "arn:x"}


class TestTags:
    @pytest.mark.parametrize("purge", [True, False])
    def test_equal(self, purge: bool) -> None:
        assert plan_tags(RESOURCE, {"a": "1"}, {"a": "1"}, purge) == ([], {"a": "1"})

    def test_add_and_change(self) -> None:
        actions, after = plan_tags(RESOURCE, {"a": "1", "b": "1"}, {"a": "2", "c": "3"}, False)
        assert after == {"a": "2", "b": "1", "c": "3"}
        request = {"resourceArn": "arn:x", "tags": {"a": "2", "c": "3"}}
        assert actions == [Action("update", TAGS, "acx_part_01", "tags differ", request, {"a": "1", "b": "1"}, after)]

    def test_purge(self) -> None:
        (action,), after = plan_tags(RESOURCE, {"z": "1", "b": "1", "a": "1"}, {"a": "1"}, True)
        assert (action.action, action.request["tagKeys"], after) == ("delete", ["b", "z"], {"a": "1"})

    def test_set_and_purge_are_two_writes(self) -> None:
        actions, after = plan_tags(RESOURCE, {"a": "1"}, {"b": "2"}, True)
        both = {"a": "1", "b": "2"}
        assert [(one.action, one.before, one.after) for one in actions] == [
            ("update", {"a": "1"}, both),
            ("delete", both, after),
        ]

    def test_tags_of_aws_are_never_removed(self) -> None:
        assert plan_tags(RESOURCE, {"aws:cloudformation:stack-name": "x"}, {}, True)[0] == []

    def test_case_of_keys_counts(self) -> None:
        _action, after = plan_tags(RESOURCE, {"Team": "x"}, {"team": "x"}, True)
        assert after == {"team": "x"}

    def test_input_is_left_alone(self) -> None:
        current = {"a": "1"}
        plan_tags(RESOURCE, current, {"b": "2"}, True)
        assert current == {"a": "1"}


class TestDifference:
    def test_only_what_differs(self) -> None:
        assert difference({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 4}) == "b is 2, not 4"

    def test_several(self) -> None:
        assert difference({"a": 1, "b": 2}, {"a": 2, "b": 1}) == "a is 1, not 2; b is 2, not 1"

    def test_none(self) -> None:
        assert difference({"a": 1}, {"a": 1}) == ""


class TestFlow:
    @pytest.mark.parametrize(
        ("outcomes", "failed"),
        [
            ([PLANNED, PLANNED], False),
            ([DONE, UNCHANGED], False),
            ([DONE, FAILED], True),
            ([NOT_TRIED], True),
            ([], False),
        ],
    )
    def test_failed(self, outcomes: list[str], failed: bool) -> None:
        actions = [Action("create", TABLE_ASSOCIATION, "x", "y", outcome=outcome) for outcome in outcomes]
        assert Flow(actions, "associated").failed is failed


def test_actions_come_in_the_order_of_the_plan_and_decisions_last() -> None:
    plan = Plan(record())
    plan.decide("skip", TABLE_ASSOCIATION, "c", "because")
    plan.flows = [Flow([Action("create", TABLE_ASSOCIATION, name, "y")], "associated") for name in ("b", "a")]
    assert [one.name for one in plan.actions] == ["b", "a", "c"]


def test_plans_share_nothing() -> None:
    Plan(record()).decide("skip", TABLE_ASSOCIATION, "c", "because")
    assert Plan(record()).decisions == []
