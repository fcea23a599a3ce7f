# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules answered, or somebody edited meanwhile, is put into the record."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.acx.cleanrooms.plugins.module_utils._record import STATUSES
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_merge import (
    ACCEPTED,
    HIDDEN,
    NOT_OURS,
    TABLES_DONE,
    foretold,
    merged_edits,
    with_foretold,
    with_invitations,
    with_results,
)
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_text import Content
from ansible_collections.acx.cleanrooms.tests.unit.plugins.plugin_utils.record_samples import (
    AMC,
    BOTH,
    PANEL,
    Data,
    accepted,
    associated,
    collaboration_id,
    member,
    membership,
    membership_id,
    pending,
    record,
    refused,
    review,
    unreadable,
)

NAMESPACE = "id_namespace_associations"


def records_after(result: Data, *records: Data, waiting: list[Data] | None = None) -> list[Data]:
    return with_results(Content(list(records), waiting or []), [result])[0].records


def pending_after(results: list[Data], *waiting: Data, **options: Any) -> list[Data]:
    return with_results(Content([], list(waiting)), results, **options)[0].pending


def test_an_accepted_collaboration_gets_a_record_with_its_members() -> None:
    keys = ("name", "collaboration_id", "membership_id", "status", "reviewed", "members")
    assert records_after(accepted()) == [{key: accepted()[key] for key in keys}]


@pytest.mark.parametrize(
    ("seen", "kept", "receivers"),
    [
        ({}, [member(AMC, BOTH), member(PANEL, BOTH)], [AMC, PANEL]),
        ({"members": [member(AMC, BOTH)]}, [member(AMC, BOTH)], [AMC]),
        ({"members": [member(), member(PANEL, ["CAN_QUERY"])]}, [member(), member(PANEL, ["CAN_QUERY"])], [AMC]),
        ({"members": []}, [], []),
        ({"members": None}, [], []),
    ],
)
def test_only_what_was_seen_before_is_recorded(seen: Data, kept: list[Data], receivers: list[str]) -> None:
    """Whoever joined, or got an ability, between the look and the acceptance is for a person to confirm."""
    now = accepted(members=[member(AMC, BOTH), member(PANEL, BOTH)], reviewed=review(AMC, PANEL))
    (found,) = records_after(now, waiting=[pending(**seen)])
    assert (found["members"], found["reviewed"]["receivers"]) == (kept, receivers)


@pytest.mark.parametrize("result", [refused(), accepted(error="e"), associated(error="e")])
def test_what_is_pending_or_failed_gets_no_record(result: Data) -> None:
    assert records_after(result) == []


@pytest.mark.parametrize(
    ("recorded", "told", "then"),
    [
        ("active", "deleted", "deleted"),
        ("active", "removed", "removed"),
        ("inactive", "active", "inactive"),
        ("suspended", "active", "suspended"),
        ("suspended", "suspended", "suspended"),
        ("suspended", "removed", "removed"),
        ("suspended", "absent", "left"),
        ("inactive", "left", "left"),
        ("left", "active", "active"),
        ("active", "absent", "left"),
        ("inactive", "absent", "left"),
        ("deleted", "absent", "deleted"),
    ],
)
def test_the_status_follows_aws_but_what_a_person_switched_off(recorded: str, told: str, then: str) -> None:
    written = record(name="mine", notes="n", status=recorded)
    result = accepted(status=told, members=[member(PANEL)], summary={"accepted": 0})
    assert records_after(result, written) == [{**written, "status": then}]


def test_what_people_wrote_is_completed_and_not_replaced() -> None:
    written = {"collaboration_id": collaboration_id(), "auto_associate_tables": False, "name": "mine"}
    added = {"membership_id": membership_id(), "reviewed": review(AMC), "members": [member()]}
    assert records_after(accepted(), written) == [{**written, **added}]
    by_membership = {"membership_id": membership_id(), "members": []}
    (found,) = records_after(accepted(), by_membership)
    assert found == {**by_membership, "name": "Name 1", "collaboration_id": collaboration_id()}


@pytest.mark.parametrize(
    ("spoilt", "what"),
    [
        ({"collaboration_id": "1111********"}, "collaboration_id"),
        ({"status": "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"}, "status"),
        ({"members": [member("2109********")]}, "members"),
        ({"members": [member(AMC, ["CAN_********"])]}, "members"),
        ({"reviewed": review("********0123")}, "reviewed"),
    ],
)
def test_an_id_that_holds_a_mask_stops_its_record_alone(spoilt: Data, what: str) -> None:
    content, warnings = with_results(Content(), [accepted(**spoilt), accepted(2)])
    assert [one["name"] for one in content.records] == ["Name 2"]
    assert len(warnings) == 1
    assert f"Ansible hides a secret that occurs in its {what}" in warnings[0]


def test_a_name_that_holds_a_mask_is_hidden_and_told() -> None:
    hidden = accepted(name="Any comp********", members=[member(display_name="********"), member(PANEL)])
    content, warnings = with_results(Content(), [hidden])
    assert content.records[0]["name"] == HIDDEN
    assert [one["display_name"] for one in content.records[0]["members"]] == [HIDDEN, "Name of 666"]
    assert warnings == [
        f"Any comp******** {collaboration_id()} {membership_id()}: recorded as (name hidden), because Ansible hides a"
        " secret that occurs in a name"
    ]


@pytest.mark.parametrize(
    ("own", "limit", "may"),
    [(None, None, [AMC, PANEL]), (None, [AMC], [AMC]), ([PANEL], [AMC], [PANEL]), (None, [], [])],
)
def test_receivers_are_reviewed_under_the_limit_that_holds(own: Any, limit: Any, may: list[str]) -> None:
    """So the limit can go in another edit of the file, and shares no more."""
    known = {"collaboration_id": collaboration_id(), "result_receivers": own}
    now = accepted(members=[member(), member(PANEL)], reviewed=review(AMC, PANEL))
    (found,) = with_results(Content([known]), [now], limit=limit)[0].records
    assert found["reviewed"]["receivers"] == may


# Pending invitations


def test_an_invitation_that_stays_pending_is_recorded_with_its_members_and_the_reason() -> None:
    assert pending_after([refused("r")]) == [pending(members=[member()], reason="r")]
    before = pending(members=[member(PANEL)], reason="old", name="old")
    assert pending_after([refused("r")], before) == [pending(members=[member()], reason="r")]


@pytest.mark.parametrize(
    ("results", "reason"),
    [
        ([accepted()], ACCEPTED),
        ([accepted(changed=False, summary={"accepted": 0, "repaired": 1})], ACCEPTED),
        ([accepted(), associated()], None),
        ([accepted(), associated(NAMESPACE)], None),
        ([accepted(), associated(error="cause")], "cause"),
        ([accepted(status="left", summary={"accepted": 0})], None),
        ([accepted(status="absent")], None),
    ],
)
def test_how_long_an_invitation_stays_pending(results: list[Data], reason: str | None) -> None:
    found = pending_after(results, pending(members=[member()]))
    assert [one["reason"] for one in found] == ([] if reason is None else [reason])


def test_where_an_id_namespace_follows_the_tables_alone_are_not_all() -> None:
    (entry,) = pending_after([accepted(), associated()], pending(), namespace_follows=True)
    assert entry["reason"] == TABLES_DONE
    assert pending_after([associated(NAMESPACE)], entry, namespace_follows=True) == []
    (failed,) = pending_after([associated(NAMESPACE, error="cause")], entry, namespace_follows=True)
    assert failed["reason"] == "cause"


def test_accepting_an_old_membership_again_is_not_pending() -> None:
    assert pending_after([accepted(summary={"accepted": 0, "repaired": 1})]) == []


@pytest.mark.parametrize(
    ("results", "memberships", "reason"),
    [
        ([], [], None),  # withdrawn
        ([refused()], [], "r"),
        ([], [membership()], NOT_OURS),
        ([], [membership(status="removed")], None),
        ([], [unreadable(collaboration_id(), membership_id())], "r"),
        ([], [unreadable(collaboration_id())], "r"),
        ([], [unreadable("", membership_id())], "r"),
        ([{"collaboration_id": "", "error": "e"}], [], "r"),
        ([{"collaboration_id": collaboration_id(), "error": "e"}], [], "r"),
    ],
)
def test_what_is_gone_is_forgotten_unless_it_cannot_be_read(
    results: list[Data], memberships: list[Data], reason: str | None
) -> None:
    found = with_invitations(Content([], [pending(reason="r")]), results, memberships).pending
    assert [one["reason"] for one in found] == ([] if reason is None else [reason])


def test_what_is_recorded_stays_pending_until_it_is_finished() -> None:
    content = Content([record()], [pending(reason="r")])
    assert with_invitations(content, []) == content


# Edits of a person during a run


PARTS = st.fixed_dictionaries(
    {},
    optional={
        "status": st.sampled_from(STATUSES),
        "members": st.sampled_from([[], [member()], [member(PANEL)], [member(), member(PANEL)], [member(PANEL, [])]]),
        "reviewed": st.sampled_from([(), (AMC,), (AMC, PANEL)]).map(lambda one: review(*one)),
        "result_receivers": st.sampled_from([[], [AMC], [PANEL]]),
        "notes": st.sampled_from(["a", "b"]),
    },
)


def receivers(entry: Data) -> set[str]:
    """Who would receive, by a record alone."""
    may = {
        one["account_id"] for one in entry.get("members", []) if entry.get("reviewed") or BOTH[1] in one["abilities"]
    }
    may &= set(entry.get("reviewed", {}).get("receivers", may)) & set(entry.get("result_receivers", may))
    return may if entry.get("status", "active") == "active" else set()


@given(PARTS, PARTS, PARTS)
def test_an_edit_is_kept_and_nobody_receives_who_could_not_on_one_side(base: Data, mine: Data, theirs: Data) -> None:
    ids = {"collaboration_id": collaboration_id()}
    contents = [Content([{**ids, **one}]) for one in (base, mine, theirs)]
    (merged,) = merged_edits(*contents).records
    assert receivers(merged) <= receivers(mine) | receivers(theirs)
    if mine == base:
        assert merged == {**ids, **theirs}
    if theirs == base:
        assert merged == {**ids, **mine}
    if theirs.get("notes") != base.get("notes"):
        assert merged.get("notes") == theirs.get("notes")


@pytest.mark.parametrize(
    ("key", "base", "mine", "theirs", "merged"),
    [
        ("status", "active", "removed", "inactive", "inactive"),
        ("status", "active", "suspended", "inactive", "suspended"),
        ("status", "active", "inactive", "suspended", "suspended"),
        ("status", "active", "removed", "suspended", "suspended"),
        ("status", "active", "suspended", "left", "left"),
        ("status", "inactive", "removed", "active", "removed"),
        ("members", None, [member(), member(PANEL)], [member(PANEL, ["CAN_QUERY"])], [member(PANEL, ["CAN_QUERY"])]),
        ("members", [member()], [member(), member(PANEL)], None, None),
        ("reviewed", review(), review(AMC), review(AMC, PANEL, at="later"), review(AMC)),
        ("reviewed", review(), review(AMC), None, review(AMC)),
        ("name", "a", "b", "c", "c"),
    ],
)
def test_where_both_changed_a_key_what_shares_less_stands(
    key: str, base: Any, mine: Any, theirs: Any, merged: Any
) -> None:
    ids = {"collaboration_id": collaboration_id()}
    contents = [Content([{**ids, key: one}]) for one in (base, mine, theirs)]
    assert merged_edits(*contents).records[0].get(key) == merged


def test_who_was_taken_out_stays_out_and_who_was_added_stays() -> None:
    base = Content([record(1), record(2)], [pending(5), pending(6)])
    mine = Content([record(1, status="left"), record(2), record(3)], [pending(6)])
    theirs = Content([record(2), record(4)], [pending(5), pending(6), pending(7)])
    merged = merged_edits(base, mine, theirs)
    assert merged.records == [record(2), record(4), record(3)]
    assert merged.pending == [pending(6), pending(7)]


@pytest.mark.parametrize(
    ("after", "told"),
    [
        (Content([record(1), record(2)], [pending(3)]), {"collaborations": []}),
        (Content([record(1), record(2, status="left")], [pending(3)]), {"collaborations": [record(2, status="left")]}),
        (Content([record(1), record(2), record(4)], []), {"collaborations": [record(4)], "pending_invitations": []}),
    ],
)
def test_only_what_differs_is_foretold(after: Content, told: Data) -> None:
    before = Content([record(1), record(2)], [pending(3)])
    assert foretold(before, after) == told
    assert with_foretold(before, told) == after
