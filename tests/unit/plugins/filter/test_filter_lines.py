# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.acx.cleanrooms.plugins.filter.lines import (
    failure_text,
    invitation_lines,
    membership_lines,
    summary,
    summary_lines,
)

ONE = "11111111-90ab-cdef-1234-567890abcdef"
TWO = "22222222-90ab-cdef-1234-567890abcdef"
LABEL = f"AMC ({ONE})"


def result(kind: str = "associations", actions: list[dict[str, Any]] | None = None, **counts: int) -> dict[str, Any]:
    """A module's result of one collaboration; C(kind) is the key of its list of resources, empty for an invitation."""
    answer = {"name": "AMC", "collaboration_id": ONE, "status": "active", "actions": actions or [], "summary": counts}
    return {**answer, kind: []} if kind else answer


def action(action: str, name: str, reason: str = "", **more: str) -> dict[str, Any]:
    return {"action": action, "resource": "configured_table_association", "name": name, "reason": reason, **more}


def lines(*results: dict[str, Any]) -> list[str]:
    return summary_lines(summary(results))


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
    (entry,) = summary([named, {**failed, "membership_id": TWO}])["collaborations"]
    assert (entry["name"], entry["tables"], entry["namespaces"]) == ("AMC", {"associated": 1}, {"failed": 1})


def test_what_was_refused_or_skipped_is_said_once_for_each_reason() -> None:
    whole = action("refuse", LABEL, "members changed: 1")
    assert lines(result(actions=[whole], refused=1), result("id_namespace_associations", [whole], refused=1))[0] == (
        f"{LABEL}: refused: members changed: 1"
    )
    skipped = [action("skip", name, "no receiver") for name in ("acx_a", "acx_b")]
    assert lines(result(actions=skipped, associated=2, skipped=2))[:2] == [
        f"{LABEL}: 2 associated",
        "    skipped acx_a, acx_b: no receiver",
    ]


def test_an_invitation_that_is_refused_stays_pending() -> None:
    refused = {**result("", [action("refuse", LABEL, "not trusted")], refused=1), "status": "invited"}
    assert lines(refused) == [
        f"{LABEL}: stays pending: not trusted",
        "Total: 1 collaboration, 1 invitation left pending",
    ]


def test_each_cause_of_failure_is_told_once_with_the_names() -> None:
    cause = "Failed to create the association '{}' in collaboration {}: AccessDenied. Grant it."
    failures = [action("create", name, error=cause.format(name, LABEL)) for name in ("acx_a", "acx_b")]
    failures.append(action("create", "acx_c", error="Not tried after: something"))
    failed = {**result(actions=failures, failed=3), "error": "all of it"}
    told = "acx_a, acx_b: Failed to create the association: AccessDenied. Grant it."
    assert lines(failed)[:2] == [f"{LABEL}: 3 failed", f"    failed: {told}"]
    assert failure_text(summary([failed, {**result(), "collaboration_id": TWO}])) == (
        f"1 of 2 collaborations failed, the others are done.\n{LABEL}: {told}"
    )


def test_a_failure_before_anything_was_planned_is_told_as_it_is() -> None:
    assert lines({**result(failed=1), "error": "ListMembers answered no"})[1] == "    failed: ListMembers answered no"


def test_nothing_done_is_said_too() -> None:
    assert lines(result()) == [f"{LABEL}: nothing done", "Total: 1 collaboration"]
    assert lines() == ["Total: 0 collaborations"]


def test_names_are_escaped() -> None:
    hostile = {**result(associated=1), "name": "A\x1b[31m\nMC"}
    assert lines(hostile)[0] == f"A\\x1b[31m\\nMC ({ONE}): 1 associated"


def test_names_stand_last_where_people_judge() -> None:
    member = {"account_id": "1" * 12, "display_name": "x, invited: trusted", "status": "ACTIVE"}
    invitation = {
        "name": "trusted creator 1",
        "collaboration_id": ONE,
        "creator_account_id": "1" * 12,
        "creator_display_name": "AMC",
        "members": [{**member, "abilities": ["CAN_QUERY"], "pays_for": ["queryCompute"]}],
    }
    assert invitation_lines([invitation], []) == [
        f"creator not trusted: 111111111111 invites to {ONE}: trusted creator 1, by AMC",
        "    111111111111, active, can query, pays for queryCompute: x, invited: trusted",
    ]
    assert invitation_lines([{**invitation, "error": "no"}], ["1" * 12])[0].startswith("trusted creator 111111111111 ")
    assert invitation_lines([], []) == ["No invitation is pending."]


def test_what_the_record_and_aws_do_not_agree_on() -> None:
    membership = {"name": "AMC", "collaboration_id": ONE, "membership_id": "m", "status": "active"}
    described = {"associations": [{"ready": True}, {"ready": False}], "id_namespace_associations": [{}]}
    assert membership_lines([{**membership, **described}], [{"collaboration_id": TWO, "name": "Gone"}]) == [
        f"{LABEL}: active, not in the record, 2 associated, 1 ready to be queried, 1 namespace",
        f"Gone ({TWO}): recorded as active, but there is no membership",
    ]
    assert membership_lines([], []) == ["No collaboration is joined or recorded."]
