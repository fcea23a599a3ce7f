# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What plans are made of: tags, differences, flows."""

from __future__ import annotations

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _plan as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import TABLE_ASSOCIATION, TAGS, Action, Flow, Plan
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import record

Tags = dict[str, str]
DONE, FAILED, NOT_TRIED, PLANNED, UNCHANGED = code.DONE, code.FAILED, code.NOT_TRIED, code.PLANNED, code.UNCHANGED


# Tags that are there, wanted ones, whether to purge, the tags set and the keys removed.
@pytest.mark.parametrize(
    ("current", "wanted", "purge", "to_set", "to_remove"),
    [
        ({"a": "1"}, {"a": "1"}, True, {}, []),
        ({"a": "1"}, {"a": "1"}, False, {}, []),
        ({"a": "1"}, {}, False, {}, []),
        ({}, {}, True, {}, []),
        ({"a": "1", "b": "2"}, {"a": "1"}, False, {}, []),
        ({"a": "1", "aws:stack": "x"}, {"a": "1"}, True, {}, []),
        ({"aws:cloudformation:stack-name": "x"}, {}, True, {}, []),
        ({}, {"a": "1"}, True, {"a": "1"}, []),
        ({"a": "1", "b": "1"}, {"a": "2", "c": "3"}, False, {"a": "2", "c": "3"}, []),
        ({"z": "1", "b": "1", "a": "1"}, {"a": "1"}, True, {}, ["b", "z"]),
        ({"a": "1"}, {}, True, {}, ["a"]),
        ({"a": "1"}, {"b": "2"}, True, {"b": "2"}, ["a"]),
        ({"Team": "x"}, {"team": "x"}, True, {"team": "x"}, ["Team"]),
        ({"Team": "x"}, {"team": "x"}, False, {"team": "x"}, []),
        ({"a": "1", "aws:stack": "x"}, {}, True, {}, ["a"]),
    ],
)
def test_tags(current: Tags, wanted: Tags, purge: bool, to_set: Tags, to_remove: list[str]) -> None:
    before = dict(current)
    both = {**current, **to_set}
    after = {key: value for key, value in both.items() if key not in to_remove}
    setting = Action("update", TAGS, "x", "tags differ", {"resourceArn": "arn:x", "tags": to_set}, current, both)
    keys = {"resourceArn": "arn:x", "tagKeys": to_remove}
    removing = Action("delete", TAGS, "x", "tags that are not wanted", keys, both, after)
    expected = [setting] * bool(to_set) + [removing] * bool(to_remove)
    assert code.plan_tags({"name": "x", "arn": "arn:x"}, current, wanted, purge) == (expected, after)
    assert current == before


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 4}, "b is 2, not 4"),
        ({"a": 1, "b": 2}, {"a": 2, "b": 1}, "a is 1, not 2; b is 2, not 1"),
        ({"a": 1}, {"a": 1}, ""),
    ],
)
def test_difference(before: dict[str, int], after: dict[str, int], told: str) -> None:
    assert code.difference(before, after) == told


@pytest.mark.parametrize(
    ("outcomes", "failed"),
    [([PLANNED, PLANNED], False), ([DONE, UNCHANGED], False), ([DONE, FAILED], True), ([NOT_TRIED], True), ([], False)],
)
def test_flow_failed(outcomes: list[str], failed: bool) -> None:
    actions = [Action("create", TABLE_ASSOCIATION, "x", "y", outcome=outcome) for outcome in outcomes]
    assert Flow(actions, "associated").failed is failed


def test_actions_come_in_the_order_of_the_plan_and_decisions_last() -> None:
    plan = Plan(record())
    plan.decide("skip", TABLE_ASSOCIATION, "c", "because")
    plan.flows = [Flow([Action("create", TABLE_ASSOCIATION, name, "y")], "associated") for name in ("b", "a")]
    assert [one.name for one in plan.actions] == ["b", "a", "c"]
    assert Plan(record()).decisions == [], "plans share nothing"


def test_empty_is_none() -> None:
    item = {"name": "", "description": "", "tags": {}, "analysis_rule": None}
    assert code.without_empty(item) == {"name": ""}
