# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import (
    ANALYSIS_RULE,
    DONE,
    FAILED,
    MEMBERSHIP,
    NOT_TRIED,
    PLANNED,
    TABLE_ASSOCIATION,
    UNCHANGED,
    Action,
    Flow,
    Plan,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._result import (
    SUMMARY_KEYS,
    failures,
    is_change,
    results,
    summarize,
    warnings,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    COLLABORATION,
    record,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    MEMBERSHIP as JOINED,
)


def action(name: str = "a", outcome: str = PLANNED, error: str = "", **more: Any) -> Action:
    given = {"action": "create", "resource": TABLE_ASSOCIATION, "reason": "because", "after": {"role_arn": "r"}}
    return Action(**{**given, "name": name, "outcome": outcome, "error": error, **more})


def flow(*actions: Action, counts_as: str = "associated", **more: Any) -> Flow:
    return Flow(list(actions), counts_as, **more)


def plan_of(*flows: Flow, **more: Any) -> Plan:
    return Plan(record(), list(flows), **more)


class TestChange:
    @pytest.mark.parametrize(
        ("outcome", "expected"),
        [(PLANNED, True), (DONE, True), (UNCHANGED, False), (FAILED, False), (NOT_TRIED, False)],
    )
    @pytest.mark.parametrize("kind", ["create", "update", "delete"])
    def test_writes(self, kind: str, outcome: str, expected: bool) -> None:
        assert is_change(action(outcome=outcome, action=kind)) is expected

    @pytest.mark.parametrize("kind", ["skip", "leave_out", "refuse"])
    def test_decisions(self, kind: str) -> None:
        assert is_change(action(action=kind)) is False


class TestShape:
    @pytest.mark.parametrize("number", [0, 1, 2])
    def test_is_the_same_for_any_number(self, number: int) -> None:
        answer = results([plan_of(flow(action()))] * number, "associations")
        assert set(answer) == {"changed", "collaborations", "diff"}
        assert len(answer["collaborations"]) == len(answer["diff"]) == number
        assert answer["changed"] is (number > 0)

    def test_of_one(self) -> None:
        (one,) = results([plan_of(flow(action()), facts={"creator_account_id": "c"})], "associations")["collaborations"]
        assert one == {
            "name": "AMC",
            "collaboration_id": COLLABORATION,
            "membership_id": JOINED,
            "status": "active",
            "creator_account_id": "c",
            "changed": True,
            "actions": [
                {"action": "create", "resource": TABLE_ASSOCIATION, "name": "a", "reason": "because", "changed": True}
            ],
            "summary": {**dict.fromkeys(SUMMARY_KEYS, 0), "associated": 1},
            "associations": [],
        }

    def test_order_is_that_of_the_plans(self) -> None:
        plans = [Plan(record(name=name)) for name in "cab"]
        assert [one["name"] for one in results(plans)["collaborations"]] == ["c", "a", "b"]

    def test_plans_may_be_an_iterator(self) -> None:
        answer = results(iter([plan_of(flow(action(outcome=FAILED, error="Boom."), counts_as="associated"))]))
        assert answer["failed"] is True
        assert len(answer["collaborations"]) == 1

    def test_no_membership_yet(self) -> None:
        assert "membership_id" not in results([Plan(record(membership_id=""))])["collaborations"][0]

    def test_no_resources_without_their_key(self) -> None:
        plan = plan_of(flow(action(), item={"name": "x"}))
        assert "associations" not in results([plan])["collaborations"][0]

    def test_resources_are_those_that_are_there_now(self) -> None:
        plan = plan_of(
            flow(action(), item={"name": "c"}),
            flow(action(outcome=FAILED, error="Boom."), item={"name": "b"}),
            flow(action(outcome=DONE, action="delete"), counts_as="removed"),
            items=[{"name": "d"}, {"name": "a"}],
        )
        assert [one["name"] for one in results([plan], "x")["collaborations"][0]["x"]] == ["a", "c", "d"]

    def test_facts_of_a_flow_hold_when_it_went_well(self) -> None:
        accepted = flow(action(outcome=DONE), facts={"status": "active"})
        failed = flow(action(outcome=FAILED, error="Boom."), facts={"status": "active"})
        asked = {"status": "invited"}
        assert results([plan_of(accepted, facts=asked)])["collaborations"][0]["status"] == "active"
        assert results([plan_of(failed, facts=asked)])["collaborations"][0]["status"] == "invited"


class TestSummary:
    def test_adds_up(self) -> None:
        plan = plan_of(
            flow(action(), action()),
            flow(action(), counts_as="repaired"),
            flow(action(outcome=UNCHANGED), counts_as="associated"),
            flow(action(outcome=DONE), action(outcome=FAILED, error="Boom.")),
            flow(action(outcome=NOT_TRIED, error="Not tried.")),
            items=[{"name": "x"}, {"name": "y"}],
        )
        for kind in ("skip", "leave_out", "leave_out", "refuse"):
            plan.decide(kind, TABLE_ASSOCIATION, "z", "because")
        assert summarize(plan) == {
            **dict.fromkeys(SUMMARY_KEYS, 0),
            "associated": 1,
            "repaired": 1,
            "unchanged": 3,
            "failed": 2,
            "skipped": 1,
            "left_out": 2,
            "refused": 1,
        }

    def test_one_that_could_not_be_planned(self) -> None:
        plan = plan_of(error="Boom.")
        assert summarize(plan) == {**dict.fromkeys(SUMMARY_KEYS, 0), "failed": 1}
        assert results([plan])["collaborations"][0]["error"] == "Boom."

    def test_half_done_is_a_change_and_a_failure(self) -> None:
        plan = plan_of(flow(action(outcome=DONE), action(outcome=FAILED, error="Boom.", resource=ANALYSIS_RULE)))
        answer = results([plan])
        assert (answer["changed"], answer["failed"]) == (True, True)
        assert answer["collaborations"][0]["changed"] is True


class TestFailure:
    def test_none(self) -> None:
        assert "msg" not in results([plan_of(flow(action(outcome=DONE)))])
        assert "failed" not in results([])

    def test_message_holds_every_error_once(self) -> None:
        first = plan_of(
            flow(action("a", FAILED, "Boom a.")), flow(action("b", FAILED, "Boom.")), flow(action("c", FAILED, "Boom."))
        )
        answer = results([first, plan_of(flow(action("d", DONE))), plan_of(error="Bang.")])
        assert answer["failed"] is True
        assert answer["msg"].startswith("2 of 3 collaborations failed")
        for error in ("Boom a.", "Boom.", "Bang."):
            assert answer["msg"].count(error) == 1
        assert len(answer["collaborations"]) == 3

    def test_what_was_not_tried_is_named(self) -> None:
        plan = plan_of(
            flow(action("a", FAILED, "Boom.")),
            flow(action("b", NOT_TRIED, "x"), action("b", NOT_TRIED, "x", resource=ANALYSIS_RULE)),
            flow(action("c", NOT_TRIED, "y")),
        )
        text = " ".join(failures(plan))
        assert text.startswith("Boom.")
        assert text.endswith("Not tried after that: b, c.")

    def test_rest_of_a_flow_is_not_named_again(self) -> None:
        plan = plan_of(flow(action("a", FAILED, "Boom."), action("a", NOT_TRIED, "x", resource=ANALYSIS_RULE)))
        assert failures(plan) == ["Boom."]

    def test_errors_of_actions_are_told(self) -> None:
        plan = plan_of(flow(action("a", FAILED, "Boom.")))
        (told,) = results([plan])["collaborations"][0]["actions"]
        assert (told["error"], told["changed"]) == ("Boom.", False)


class TestDiff:
    def test_create_update_delete(self) -> None:
        plan = plan_of(
            flow(action("a", after={"name": "a", "role_arn": "r"})),
            flow(action("b", action="update", before={"role_arn": "r"}, after={"role_arn": "s"})),
            flow(action("c", action="delete", before={"role_arn": "r"}, after=None)),
        )
        (diff,) = results([plan])["diff"]
        assert diff["before_header"] == diff["after_header"] == record().label
        assert diff["before"].splitlines() == [
            'configured_table_association "b": {"role_arn": "r"}',
            'configured_table_association "c": {"role_arn": "r"}',
        ]
        assert diff["after"].splitlines() == [
            'configured_table_association "a": {"role_arn": "r"}',
            'configured_table_association "b": {"role_arn": "s"}',
        ]

    def test_only_what_changes(self) -> None:
        plan = plan_of(flow(action(outcome=FAILED, error="Boom.")), flow(action(outcome=UNCHANGED)))
        plan.decide("skip", TABLE_ASSOCIATION, "z", "because")
        assert results([plan])["diff"] == []

    def test_strangers_strings_stay_on_their_line(self) -> None:
        evil = 'x"\n+fake \x1b[2J{{ y }}'
        plan = Plan(record(name=evil), [flow(action(evil, after={"creator": evil}))])
        (diff,) = results([plan])["diff"]
        assert len(diff["after"].splitlines()) == 1
        assert diff["after"].strip().isprintable()
        assert diff["after_header"].isprintable()


class TestWarnings:
    def test_one_line_for_each_reason(self) -> None:
        plan = plan_of()
        for name in ("b", "a"):
            plan.decide("leave_out", TABLE_ASSOCIATION, name, "full")
        plan.decide("skip", ANALYSIS_RULE, "c", "no receiver")
        label = record().label
        assert warnings([plan]) == [f"{label}: left out b, a: full", f"{label}: skipped c: no receiver"]

    def test_refusal_of_the_whole(self) -> None:
        plan = plan_of()
        plan.decide("refuse", TABLE_ASSOCIATION, record().label, "members changed")
        assert warnings([plan]) == [f"{record().label}: refused: members changed"]

    def test_collaboration_that_is_over_is_no_reason_to_warn(self) -> None:
        plan = plan_of()
        plan.over = True
        plan.decide("skip", MEMBERSHIP, record().label, "the record's status is left")
        assert warnings([plan]) == []

    def test_collaborations_are_told_apart(self) -> None:
        plans = [Plan(record(name=name)) for name in ("A", "B")]
        for plan in plans:
            plan.decide("leave_out", TABLE_ASSOCIATION, "x", "full")
        assert [line[:2] for line in warnings(plans)] == ["A ", "B "]

    def test_changes_are_none(self) -> None:
        assert warnings([plan_of(flow(action()))]) == []
