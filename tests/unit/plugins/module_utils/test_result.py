# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules answer, from plans and how their actions ended."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _plan
from ansible_collections.acx.cleanrooms.plugins.module_utils import _result as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._info import answer_of
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Action, Flow, Plan
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import Data, record

PLANNED, DONE, UNCHANGED, FAILED, NOT_TRIED = _plan.PLANNED, _plan.DONE, _plan.UNCHANGED, _plan.FAILED, _plan.NOT_TRIED
TABLE = _plan.TABLE_ASSOCIATION
BOOM, RULE = {"outcome": FAILED, "error": "Boom."}, {"resource": _plan.ANALYSIS_RULE}
AFTER_THAT = " Not tried after that: b, c."
LABEL, NONE = record().label, dict.fromkeys(code.SUMMARY_KEYS, 0)


def action(name: str = "a", outcome: str = PLANNED, error: str = "", **more: Any) -> Action:
    given = {"action": "create", "resource": TABLE, "reason": "because", "after": {"role_arn": "r"}}
    return Action(**{**given, "name": name, "outcome": outcome, "error": error, **more})


def flow(*actions: Action, counts_as: str = "associated", **more: Any) -> Flow:
    return Flow(list(actions), counts_as, **more)


def plan_of(*flows: Flow, decided: str = "", **more: Any) -> Plan:
    """Return a plan; C(decided) are decisions, each with the resource's name and the reason after it."""
    plan = Plan(more.pop("record", record()), list(flows), **more)
    for kind, name, why in (one.split(" ", 2) for one in decided.split("; ") if one):
        plan.decide(kind, TABLE, LABEL if name == "all" else name, why)
    return plan


def result_of(*flows: Flow, items_key: str = "", **more: Any) -> Data:
    """Return the result of the one collaboration of a plan."""
    (one,) = code.results([plan_of(*flows, **more)], items_key)["collaborations"]
    return dict(one)


@pytest.mark.parametrize("outcome", [PLANNED, DONE, UNCHANGED, FAILED, NOT_TRIED])
@pytest.mark.parametrize("kind", ["create", "update", "delete", "skip", "leave_out", "refuse"])
def test_change(kind: str, outcome: str) -> None:
    written = kind in ("create", "update", "delete") and outcome in (PLANNED, DONE)
    assert code.is_change(action(outcome=outcome, action=kind)) is written


@pytest.mark.parametrize("names", ["", "a", "cab"])
def test_shape_is_the_same_for_any_number(names: str) -> None:
    answer = code.results((plan_of(flow(action()), record=record(name=name)) for name in names), "associations")
    assert set(answer) == {"changed", "collaborations", "diff"}
    assert [one["name"] for one in answer["collaborations"]] == list(names)
    assert (len(answer["diff"]), answer["changed"]) == (len(names), bool(names))


def test_one_collaboration() -> None:
    ids = {"name": "AMC", "collaboration_id": samples.COLLABORATION, "membership_id": samples.MEMBERSHIP}
    told = {"action": "create", "resource": TABLE, "name": "a", "reason": "because", "changed": True}
    more = {"creator_account_id": "c", "status": "active", "changed": True, "actions": [told], "associations": []}
    one = result_of(flow(action()), facts={"creator_account_id": "c"}, items_key="associations")
    assert one == {**ids, **more, "summary": {**NONE, "associated": 1}}
    # No membership yet; and no resources without their key.
    assert "membership_id" not in result_of(record=record(membership_id=""))
    assert "associations" not in result_of(flow(action(), item={"name": "x"}))


def test_resources_are_those_that_are_there_now() -> None:
    gone = flow(action(outcome=DONE, action="delete"), counts_as="removed")
    flows = [flow(action(), item={"name": "c"}), flow(action(**BOOM), item={"name": "b"}), gone]
    found = result_of(*flows, items=[{"name": "d"}, {"name": "a"}], items_key="x")["x"]
    assert [one["name"] for one in found] == ["a", "c", "d"]


@pytest.mark.parametrize(("ended", "status"), [({"outcome": DONE}, "active"), (BOOM, "invited")])
def test_facts_of_a_flow_hold_when_it_went_well(ended: Data, status: str) -> None:
    one = flow(action(**ended), facts={"status": "active"})
    assert result_of(one, facts={"status": "invited"})["status"] == status


def test_summary() -> None:
    ended = (
        [action(outcome=UNCHANGED)],
        [action(outcome=DONE), action(**BOOM)],
        [action(outcome=NOT_TRIED)],
    )
    flows = [flow(action(), action()), flow(action(), counts_as="repaired"), *(flow(*actions) for actions in ended)]
    decided = "skip z no; leave_out z no; leave_out z no; refuse z no"
    done = {"associated": 1, "repaired": 1, "unchanged": 3, "failed": 2, "skipped": 1, "left_out": 2, "refused": 1}
    assert code.summarize(plan_of(*flows, items=[{"name": "x"}, {"name": "y"}], decided=decided)) == {**NONE, **done}


def test_one_that_could_not_be_planned() -> None:
    found = result_of(error="Boom.")
    assert (found["summary"], found["error"]) == ({**NONE, "failed": 1}, "Boom.")


def test_half_done_is_a_change_and_a_failure() -> None:
    answer = code.results([plan_of(flow(action(outcome=DONE), action(**BOOM, **RULE)))])
    assert (answer["changed"], answer["failed"], answer["collaborations"][0]["changed"]) == (True, True, True)
    done, failed = answer["collaborations"][0]["actions"]
    assert ("error" in done, failed["error"], failed["changed"]) == (False, "Boom.", False)


def test_message_holds_every_error_once() -> None:
    first = plan_of(flow(action("a", FAILED, "Boom a.")), flow(action("b", **BOOM)), flow(action("c", **BOOM)))
    answer = code.results([first, plan_of(flow(action("d", DONE))), plan_of(error="Bang.")])
    assert answer["msg"] == "2 of 3 collaborations failed, the others are done. Boom a. Boom. Bang."
    assert (answer["failed"], len(answer["collaborations"])) == (True, 3)
    assert code.results(iter([plan_of(error="Bang.")]))["msg"] == "1 of 1 collaborations failed. Bang."
    assert not {"msg", "failed"} & {*code.results([plan_of(flow(action(outcome=DONE)))]), *code.results([])}


@pytest.mark.parametrize(("names", "told"), [("", ""), ("b", " Not tried after that: b."), ("bc", AFTER_THAT)])
def test_what_was_not_tried_is_named(names: str, told: str) -> None:
    # The rest of a flow that failed is not named again.
    failed = flow(action("a", **BOOM), action("a", NOT_TRIED, "x", **RULE))
    rest = {"b": [action("b", NOT_TRIED, "x", **RULE)]}
    flows = [flow(action(name, NOT_TRIED, "x"), *rest.get(name, [])) for name in names]
    assert " ".join(code.failures(plan_of(failed, *flows))) == f"Boom.{told}"


def test_diff() -> None:
    r, s = {"role_arn": "r"}, {"role_arn": "s"}
    changed = [
        flow(action("a", after={"name": "a", **r})),
        flow(action("b", action="update", before=r, after=s)),
        flow(action("c", action="delete", before=r, after=None)),
    ]
    others = [flow(action("d", **BOOM)), flow(action("e", outcome=UNCHANGED))]
    lines = [f'{TABLE} "{name}": {{"role_arn": "{role}"}}\n' for name, role in ("br", "cr", "ar", "bs")]
    told = {"before": "".join(lines[:2]), "after": "".join(lines[2:])}
    diff = code.results([plan_of(*changed, *others, decided="skip z because")])["diff"]
    assert diff == [{"before_header": LABEL, "after_header": LABEL, **told}]
    assert code.results([plan_of(*others, decided="skip z because")])["diff"] == []


def test_strangers_strings_stay_on_their_line_of_the_diff() -> None:
    evil = 'x"\n+fake \x1b[2J{{ y }}'
    told = flow(action(evil, after={"creator": evil}, reason=evil))
    answer = code.results([plan_of(told, record=record(name=evil))])
    assert answer["collaborations"][0]["actions"][0]["reason"] == 'x"\\n+fake \\x1b[2J\\x7b{ y }}'
    (diff,) = answer["diff"]
    assert len(diff["after"].splitlines()) == 1
    assert (diff["after"].strip() + diff["after_header"]).isprintable()


@pytest.mark.parametrize(
    ("decided", "expected"),
    [
        ("leave_out b full; leave_out a full; skip c no receiver", ["left out b, a: full", "skipped c: no receiver"]),
        ("refuse all members changed", ["refused: members changed"]),
        ("", []),
    ],
)
def test_warnings(decided: str, expected: list[str]) -> None:
    assert code.warnings([plan_of(flow(action()), decided=decided)]) == [f"{LABEL}: {one}" for one in expected]
    # That a collaboration is over is no reason to warn, nor to stop there.
    other = plan_of(record=record(name="B"), decided="leave_out x full")
    told = code.warnings(iter([plan_of(decided=decided, over=True), other]))
    assert told == [f"{record(name='B').label}: left out x: full"]


@pytest.mark.parametrize("entries", [[], [{"name": "a"}], [{"name": "a"}, {"name": "b"}]])
def test_answer_of_info_modules(entries: list[Data]) -> None:
    assert answer_of("memberships", entries) == {"changed": False, "memberships": entries}
    failed = [{"name": "a", "error": "Boom a."}, *entries, {"name": "c", "error": "Boom c."}]
    message = f"2 of {len(failed)} memberships could not be read whole. Boom a. Boom c."
    assert answer_of("memberships", failed) == {"changed": False, "memberships": failed, "failed": True, "msg": message}
