# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.filter.summary import (
    failure_text,
    summary,
    summary_lines,
)

ONE = "11111111-90ab-cdef-1234-567890abcdef"
TWO = "22222222-90ab-cdef-1234-567890abcdef"
LABEL = f"AMC ({ONE})"


def result(kind: str = "associations", actions: list[dict[str, Any]] | None = None, **counts: int) -> dict[str, Any]:
    """A module's result of one collaboration; C(kind) is the key of its list of resources, empty for an invitation."""
    answer = {"name": "AMC", "collaboration_id": ONE, "status": "active", "actions": actions or [], "summary": counts}
    answer["changed"] = bool(counts.get("associated"))
    return {**answer, kind: []} if kind else answer


def action(action: str, name: str, reason: str = "", **more: str) -> dict[str, Any]:
    return {"action": action, "resource": "configured_table_association", "name": name, "reason": reason, **more}


def told(*results: dict[str, Any], named: tuple[str, ...] = ()) -> dict[str, Any]:
    """The summary of one task with these results of collaborations."""
    return summary([{"collaborations": list(results)}], named)


def lines(*results: dict[str, Any]) -> list[str]:
    return summary_lines(told(*results))


def test_results_of_one_collaboration_make_one_line() -> None:
    left_out = [action("leave_out", name, "max_tables is 25") for name in ("acx_b", "acx_c")]
    assert lines(
        result("", accepted=1),
        result(actions=left_out, associated=25, left_out=2, unchanged=0),
        result("id_namespace_associations", associated=1),
    ) == [
        f"{LABEL}: accepted, 25 associated, 1 namespace associated, 2 left out (acx_b, acx_c)",
        "Total: 1 collaboration, 1 accepted, 25 associated, 1 namespace associated, 2 left out",
    ]


def test_a_result_without_the_collaboration_id_is_found_by_its_membership() -> None:
    named = {**result(associated=1), "membership_id": TWO}
    failed = {**result("id_namespace_associations", failed=1), "collaboration_id": "", "name": "", "error": "no"}
    (entry,) = told(named, {**failed, "membership_id": TWO})["collaborations"]
    assert (entry["name"], entry["tables"], entry["namespaces"]) == ("AMC", {"associated": 1}, {"failed": 1})


def test_what_was_refused_or_skipped_is_said_once_for_each_reason() -> None:
    whole = action("refuse", LABEL, "members changed: 1")
    assert lines(result(actions=[whole], refused=1), result("id_namespace_associations", [whole], refused=1)) == [
        f"{LABEL}: refused: members changed: 1",
        "Total: 1 collaboration (1 refused)",
    ]
    skipped = [action("skip", name, "no receiver") for name in ("acx_a", "acx_b")]
    assert lines(result(actions=skipped, associated=2, skipped=2)) == [
        f"{LABEL}: 2 associated, 2 skipped",
        "    skipped acx_a, acx_b: no receiver",
        "Total: 1 collaboration, 2 associated, 2 skipped",
    ]
    taken = [action("refuse", "acx_a", "the name is taken")]
    assert lines(result(actions=taken, refused=1), result("id_namespace_associations", taken, refused=1)) == [
        f"{LABEL}: 1 refused, 1 namespace refused",
        "    refused acx_a: the name is taken",
        "Total: 1 collaboration, 1 refused, 1 namespace refused",
    ]


def test_the_totals_hold_every_word_of_every_kind() -> None:
    whole = [action("refuse", LABEL, "members changed: 1")]
    over = {**result(actions=[action("skip", f"B ({TWO})", "left")], skipped=1), "collaboration_id": TWO, "name": "B"}
    words = ("associated", "repaired", "new_receiver", "receiver_removed", "suspended", "removed", "unchanged")
    words = (*words, "left_out", "skipped", "refused", "failed")
    third = {**result(**dict.fromkeys(words, 2)), "collaboration_id": "3", "name": "C", "error": "no"}
    found = told(result(actions=whole, refused=1), over, third)
    assert found["totals"]["tables"] == {"accepted": 0, "left": 0, **dict.fromkeys(words, 2)}
    assert found["totals"]["namespaces"] == dict.fromkeys(found["totals"]["tables"], 0)
    assert found["totals"]["collaborations"] == {"refused": 1, "skipped": 1, "suspended": 0, "failed": 1}
    assert [entry["whole"] for entry in found["collaborations"]] == ["refused", "skipped", ""]
    assert [entry["changed"] for entry in found["collaborations"]] == [False, False, True]
    assert summary_lines(found)[-1] == (
        "Total: 3 collaborations (1 refused, 1 skipped), 2 associated, 2 repaired, new receivers in 2 rules, receivers"
        " removed from 2 rules, 2 rules deleted, 2 removed, 2 unchanged, 2 skipped, 2 refused, 2 failed, 2 left out,"
        " failures in 1"
    )


REFUSED = action("refuse", LABEL, "not trusted")


@pytest.mark.parametrize(
    ("task", "named", "text"),
    [
        ({"collaborations": [result(unchanged=1)]}, (), ""),
        ({"collaborations": [result(associated=1)], "msg": "twice"}, (), "twice"),
        ({"skipped": True}, (), ""),
        ({"msg": "exclude: 'x' matches nothing."}, (), "exclude: 'x' matches nothing."),
        (
            {"collaborations": [{**result(), "error": "no"}, {**result(), "collaboration_id": TWO}], "msg": "1 of 2"},
            (),
            f"1 of 2 collaborations failed, the others are done.\n{LABEL}: no",
        ),
        (
            {"collaborations": [result(associated=1)], "msg": "Not written. 1 of 2", "not_recorded": "Not written."},
            (),
            "Not written. 1 of 2",
        ),
        ({"collaborations": [result("", [REFUSED], refused=1) | {"status": "invited"}]}, (), ""),
        ({"collaborations": [result("", [REFUSED], refused=1) | {"status": "invited"}]}, (TWO,), ""),
        (
            {"collaborations": [result("", [REFUSED], refused=1) | {"status": "invited"}]},
            (ONE,),
            f"In 1 of 1 collaboration something is refused.\n{LABEL}: stays pending: not trusted",
        ),
        (
            {"collaborations": [result(actions=[action("refuse", "acx_a", "its rule"), action("skip", "acx_b", "b")])]},
            (),
            f"In 1 of 1 collaboration something is refused.\n{LABEL}: refused acx_a: its rule",
        ),
        ({"collaborations": [result(actions=[action("leave_out", "acx_a", "25")], left_out=1)]}, (), ""),
        ({"memberships": [{"name": "A", "collaboration_id": ONE}]}, (), ""),
        (
            {"invitations": [{"name": "A", "collaboration_id": ONE, "error": "unread"}], "msg": "1 of 1"},
            (),
            f"1 of 1 collaboration failed.\nA ({ONE}): unread",
        ),
    ],
)
def test_what_fails_a_run(task: dict[str, Any], named: tuple[str, ...], text: str) -> None:
    found = summary([task, {}], named)
    assert (failure_text(found), found["failed"]) == (text, bool(text))


def rule(action: str, name: str, changed: bool = True, **accounts: list[str]) -> dict[str, Any]:
    return {"action": action, "resource": "rule", "name": name, "reason": "", "changed": changed, **accounts}


def test_receivers_are_named_with_the_number_of_their_rules() -> None:
    grown = [rule("update", name, new_receivers=["1", "2"]) for name in ("acx_a", "acx_b")]
    grown.append(rule("update", "acx_c", new_receivers=["1"], removed_receivers=["3"]))
    grown.append(rule("update", "acx_d", changed=False, new_receivers=["4"]))
    assert lines(result(actions=grown, new_receiver=3, failed=1)) == [
        f"{LABEL}: new receiver 1 in 3 rules, new receiver 2 in 2 rules, receiver removed: 3 from 1 rule, 1 failed",
        "Total: 1 collaboration, new receivers in 3 rules, 1 failed",
    ]
    refused = [rule("delete", "acx_a", removed_receivers=["3"]), action("refuse", LABEL, "members changed: 1")]
    assert lines(result(actions=refused, receiver_removed=1, refused=1)) == [
        f"{LABEL}: receiver removed: 3 from 1 rule",
        "    refused: members changed: 1",
        "Total: 1 collaboration (1 refused), receivers removed from 1 rule",
    ]


def test_what_is_suspended_is_said_once_and_rules_that_were_there_are_named() -> None:
    skipped = [action("skip", LABEL, "the record's status is suspended")]
    namespace = {**result("id_namespace_associations", skipped, skipped=1), "status": "suspended"}
    for actions, counts, told in (
        ([], {"unchanged": 2}, ["suspended, 2 unchanged"]),
        ([rule("delete", "acx_a")], {"suspended": 1}, ["suspended, 1 rule deleted", "its rule is deleted: acx_a"]),
    ):
        first, *rest = lines({**result(actions=actions, **counts), "status": "suspended"}, namespace)[:-1]
        assert [first.removeprefix(f"{LABEL}: "), *map(str.strip, rest)] == told
    assert lines(namespace) == [f"{LABEL}: suspended", "Total: 1 collaboration (1 suspended)"]


def test_a_warning_counts_as_nothing() -> None:
    assert lines(result(actions=[action("warn", "1", "this account may CAN_QUERY")], unchanged=1)) == [
        f"{LABEL}: 1 unchanged",
        "    1: this account may CAN_QUERY",
        "Total: 1 collaboration, 1 unchanged",
    ]


def test_leaving_that_is_refused_is_no_invitation() -> None:
    refused = result("", [action("refuse", LABEL, "leaving is for good")], refused=1)
    assert lines(refused) == [f"{LABEL}: refused: leaving is for good", "Total: 1 collaboration (1 refused)"]


def test_an_invitation_that_is_refused_stays_pending() -> None:
    refused = {**result("", [action("refuse", LABEL, "not trusted")], refused=1), "status": "invited"}
    assert lines(refused) == [
        f"{LABEL}: stays pending: not trusted",
        "Total: 1 collaboration, 1 invitation left pending",
    ]


def test_each_cause_of_failure_is_told_once_with_the_names() -> None:
    cause = "Failed to create the association '{}' in collaboration {}: AccessDenied. Grant it."
    names = {"acx_a": "acx_a", "{{ b": "\\x7b{ b"}
    failures = [action("create", name, error=cause.format(shown, LABEL)) for name, shown in names.items()]
    failures.append(action("create", "acx_c", error="Not tried after: something"))
    failed = {**result(actions=failures, failed=3), "error": "all of it"}
    cause = "acx_a, \\x7b{ b: Failed to create the association: AccessDenied. Grant it."
    assert lines(failed)[:2] == [f"{LABEL}: 3 failed", f"    failed: {cause}"]
    assert failure_text(told(failed, {**result(), "collaboration_id": TWO})) == (
        f"1 of 2 collaborations failed, the others are done.\n{LABEL}: {cause}"
    )


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (f"Failed to list the members in collaboration {LABEL}: no.", "Failed to list the members: no."),
        (f"{LABEL}: no. {LABEL}: no.", "no. no."),
        (f"tables.include of {LABEL}: no.", f"tables.include of {LABEL}: no."),
    ],
)
def test_what_a_collaboration_is_called_stands_once_in_its_line(error: str, told: str) -> None:
    failed = {**result(failed=1), "error": error}
    assert lines(failed)[1] == f"    failed: {told}"
    assert failure_text(summary([{"collaborations": [failed]}])).splitlines()[1] == f"{LABEL}: {told}"


def test_a_failure_before_anything_was_planned_is_told_as_it_is() -> None:
    failed = {"error": "ListMembers answered no"}
    both = (result(failed=1) | failed, result("id_namespace_associations", failed=1) | failed)
    assert lines(*both) == [
        f"{LABEL}: 1 failed, 1 namespace failed",
        "    failed: ListMembers answered no",
        "Total: 1 collaboration, 1 failed, 1 namespace failed, failures in 1",
    ]


def test_nothing_done_is_said_too() -> None:
    assert lines(result()) == [f"{LABEL}: nothing done", "Total: 1 collaboration"]
    assert lines() == ["Total: 0 collaborations"]


def test_names_are_escaped() -> None:
    hostile = {**result(associated=1), "name": "A\x1b[31m\nMC"}
    assert lines(hostile)[0] == f"A\\x1b[31m\\nMC ({ONE}): 1 associated"


def test_an_invitation_without_an_id_counts_once() -> None:
    """Two modules of a run tell it: the one that lists invitations, and the one that accepts them."""
    one = {"name": "One", "collaboration_id": "", "membership_id": "", "status": "unknown", "error": "Failed."}
    assert len(told(one, {**one, "error": "Failed again."})["collaborations"]) == 1
    assert len(told(one, {**one, "name": "Two"}, {**one, "collaboration_id": "1"})["collaborations"]) == 3
