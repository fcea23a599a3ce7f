# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With whom nothing is shared, and who receives."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _trust as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import Review
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    Data,
    member,
    members_of,
    record,
    recorded,
)

OWN, PARTNER, OTHER, STRANGER = samples.OWN, samples.PARTNER, samples.OTHER, samples.STRANGER
CANNOT = ("CAN_QUERY",)


def confirm(new: str) -> str:
    return (
        "confirm them, after a look, with: ansible-playbook acx.cleanrooms.record -e"
        f" cleanrooms_confirm_members={samples.COLLABORATION}{new and f' -e cleanrooms_confirm_accounts={new}'}"
    )


def changed(names: str, new: str) -> str:
    return f"members changed: {names} not among the members of the record; {confirm(new)}"


def grown(names: str, new: str) -> str:
    return f"members changed: {names} since the review; {confirm(new)}"


def unpinned(present: str, new: str) -> str:
    return f"members not confirmed: the record has no members; {confirm(new)} (present: {present})"


P, S, SOMEBODY = f"{PARTNER} (P)", f"{STRANGER} (S)", f"{STRANGER} (Member {STRANGER})"
WITH, DOES = "with CAN_QUERY, CAN_RECEIVE_RESULTS", "CAN_QUERY+CAN_RECEIVE_RESULTS"
MODEL = {"customMLMemberAbilities": ["CAN_RECEIVE_MODEL_OUTPUT"]}
# The members that the record pins, those that are there, and why nothing is shared with them.
REFUSALS: dict[str, tuple[Any, list[Data], str]] = {
    "as pinned": ((PARTNER,), members_of("us P"), ""),
    "a pinned one has left": ((PARTNER, OTHER), members_of("us P O:LEFT"), ""),
    "a pinned one is not there": ((PARTNER, OTHER), members_of("us P"), ""),
    "a stranger left": ((PARTNER,), members_of("us P S:LEFT"), ""),
    "a stranger was removed": ((PARTNER,), members_of("us P S:REMOVED"), ""),
    "a stranger": ((PARTNER,), members_of("us P S"), changed(f"{S} {WITH}", f"{STRANGER}:{DOES}")),
    "a stranger is invited": ((PARTNER,), members_of("us P S:INVITED"), changed(f"{S} {WITH}", f"{STRANGER}:{DOES}")),
    "a stranger who can do nothing": ((PARTNER,), [member(STRANGER, abilities=(), name="S")], changed(S, STRANGER)),
    "a stranger who calls itself the partner": (
        (PARTNER,), [member(PARTNER, "LEFT", name="AMC"), member(STRANGER, name="AMC")],
        changed(f"{STRANGER} (AMC) {WITH}", f"{STRANGER}:{DOES}"),
    ),
    "all strangers are named": ((), members_of("us P S"),
                              changed(f"{P} {WITH}, {S} {WITH}", f"{PARTNER}:{DOES},{STRANGER}:{DOES}")),
    "pinned as nobody": ((), members_of("us"), ""),
    "our own account needs no pin": ((OWN,), members_of("us"), ""),
    "our own account is no pin": ((OWN,), members_of("us P"), changed(f"{P} {WITH}", f"{PARTNER}:{DOES}")),
    "nothing is pinned": (None, members_of("us P S:INVITED"),
                          unpinned(f"{P}, {S}", f"{PARTNER}:{DOES},{STRANGER}:{DOES}")),
    "nothing is pinned, nobody is there": (None, members_of("us P:LEFT"), unpinned("nobody else", "")),
    "an ability came": (recorded(PARTNER, abilities=CANNOT), members_of("us P"),
                        grown(f"{P} was given CAN_RECEIVE_RESULTS", f"{PARTNER}:CAN_RECEIVE_RESULTS")),
    "an ability came to two": (
        recorded(PARTNER, STRANGER, abilities=CANNOT), members_of("us P S"),
        grown(
            f"{P} was given CAN_RECEIVE_RESULTS, {S} was given CAN_RECEIVE_RESULTS",
            f"{PARTNER}:CAN_RECEIVE_RESULTS,{STRANGER}:CAN_RECEIVE_RESULTS",
        ),
    ),
    "an ability came to one who is invited": (
        recorded(PARTNER, abilities=()), members_of("P:INVITED"),
        grown(f"{P} was given CAN_QUERY, CAN_RECEIVE_RESULTS", f"{PARTNER}:{DOES}"),
    ),
    "an ability of ML came": (
        (PARTNER,), [member(PARTNER, name="P", mlAbilities=MODEL)],
        grown(f"{P} was given CAN_RECEIVE_MODEL_OUTPUT", f"{PARTNER}:CAN_RECEIVE_MODEL_OUTPUT"),
    ),
    "an ability went": ((PARTNER,), [member(PARTNER, abilities=())], ""),
    "one with a new ability left": (recorded(PARTNER, abilities=()), members_of("P:LEFT"), ""),
    "our own abilities are reviewed elsewhere": ((PARTNER,), [member(OWN), *members_of("P")], ""),
    "both": (
        recorded(PARTNER, abilities=CANNOT), members_of("P S"),
        f"members changed: {S} {WITH} not among the members of the record; {P} was given CAN_RECEIVE_RESULTS since the"
        f" review; {confirm(f'{PARTNER}:CAN_RECEIVE_RESULTS,{STRANGER}:{DOES}')}",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("pinned", "members", "why"), REFUSALS.values(), ids=REFUSALS)
def test_refusal(pinned: Any, members: list[Data], why: str) -> None:
    assert code.members_refusal(record(members=pinned), iter(members), OWN) == why
    # A membership named without a record has no pins to compare.
    assert code.members_refusal(record(members=pinned, pinned=False), members, OWN) == ""


def test_a_record_without_the_id_leaves_a_place_for_it() -> None:
    told = code.how_to_confirm(record(collaboration_id=""), {})
    assert told == confirm("").replace(samples.COLLABORATION, "<collaboration id>")


EVERYBODY = [
    member(OWN), member(STRANGER), member(PARTNER), member(OTHER, abilities=CANNOT), member("000000000001", "INVITED"),
    member("000000000002", "LEFT"), member("000000000003", "REMOVED"),
]  # fmt: skip


REVIEWED = Review((PARTNER,))


@pytest.mark.parametrize(
    ("wanted", "known", "members", "expected", "missing"),
    [
        (None, {"members": (PARTNER, STRANGER, OTHER)}, EVERYBODY, (PARTNER, STRANGER), []),
        (None, {"members": None, "pinned": False}, EVERYBODY, (PARTNER, STRANGER), []),
        (None, {}, [], (), []),
        (None, {"members": (OWN,)}, [member(OWN)], (), []),
        (None, {}, [member(PARTNER, abilities=())], (), []),
        ([STRANGER, PARTNER], {"members": (PARTNER, STRANGER)}, EVERYBODY, (PARTNER, STRANGER), []),
        ([PARTNER], {}, EVERYBODY, (PARTNER,), []),
        ([], {}, members_of("us P"), (), []),
        # Whom nobody reviewed as a receiver: an ability that came later, or one that a merge of two edits brings in.
        (
            None,
            {"members": recorded(PARTNER) + recorded(STRANGER, abilities=CANNOT)},
            EVERYBODY,
            (PARTNER,),
            [SOMEBODY],
        ),
        (None, {"members": (PARTNER, STRANGER), "reviewed": REVIEWED}, EVERYBODY, (PARTNER,), [SOMEBODY]),
        ([STRANGER], {"members": (PARTNER, STRANGER), "reviewed": REVIEWED}, EVERYBODY, (), [SOMEBODY]),
        (None, {"members": (), "reviewed": Review(())}, members_of("us P"), (), [P]),
        # A review counts, and not what the members can do by the record.
        (None, {"members": recorded(PARTNER, abilities=()), "reviewed": REVIEWED}, members_of("us P"), (PARTNER,), []),
    ],
)
def test_receivers(
    wanted: list[str] | None, known: Data, members: list[Data], expected: tuple[str, ...], missing: list[str]
) -> None:
    found, left_out = code.result_receivers(record(**known), wanted, iter(members), OWN)
    assert (found, [one.name for one in left_out]) == (expected, missing)
    for one in left_out:
        assert one.why == f"{code.NOT_REVIEWED}; {confirm(f'{one.account}:CAN_RECEIVE_RESULTS')}"


@pytest.mark.parametrize(
    ("known", "unreviewed"),
    [
        ({}, [STRANGER]),
        ({"members": None}, [PARTNER, STRANGER]),
        ({"reviewed": Review((STRANGER,)), "members": (PARTNER, STRANGER)}, [PARTNER]),
        # Who was taken out of the members is no receiver any more.
        ({"reviewed": Review((PARTNER, STRANGER))}, [STRANGER]),
        ({"pinned": False}, []),
    ],
)
def test_receivers_of_a_rule_whom_nobody_reviewed(known: Data, unreviewed: list[str]) -> None:
    assert code.unreviewed_receivers(record(**known), [STRANGER, PARTNER, OWN], OWN) == unreviewed


def test_recorded_members_who_are_none() -> None:
    known = record(members=(PARTNER, OTHER, STRANGER))
    assert code.not_members(known, members_of("us P:LEFT O:REMOVED")) == [STRANGER]
    assert code.not_members(record(members=None), members_of("us")) == []


def test_what_a_review_keeps() -> None:
    kept = code.recorded_members([*EVERYBODY, member(OWN)], OWN)
    assert [one["account_id"] for one in kept] == ["000000000001", PARTNER, OTHER, STRANGER]
    assert kept[2] == {"account_id": OTHER, "abilities": ["CAN_QUERY"], "display_name": f"Member {OTHER}"}
    review = code.review_of(kept, {"abilities": ["CAN_QUERY"], "payments": ["p"]}, {}, "arn")
    assert review.pop("at").endswith("+00:00")
    assert review == {
        "by": "arn",
        "own_abilities": ["CAN_QUERY"],
        "own_payments": ["p"],
        "auto_approved_changes": [],
        "receivers": ["000000000001", PARTNER, STRANGER],
    }
    changes = {"autoApprovedChangeTypes": ["ADD_MEMBER"]}
    assert code.review_of([], {"abilities": [], "payments": []}, changes, "")["auto_approved_changes"] == ["ADD_MEMBER"]


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (OWN, "is this account itself, which AWS refuses as a receiver"),
        ("000000000009", "is no member here"),
        ("000000000001", "is invited and has not joined yet"),
        ("000000000002", "has left"),
        ("000000000003", "was removed"),
        (OTHER, "is a member who cannot receive results"),
    ],
)
def test_receiver_that_cannot_be(account: str, why: str) -> None:
    """Whoever is named and cannot receive is told, and stops nobody else."""
    for wanted, expected in (([PARTNER, account], (PARTNER,)), ([account], ())):
        found, missing = code.result_receivers(record(), wanted, EVERYBODY, OWN)
        assert (found, [(one.account, one.why) for one in missing]) == (expected, [(account, why)])


def test_whom_nobody_reviewed_is_taken_out_where_somebody_looked() -> None:
    assert code.removable_receivers(record(), [STRANGER, PARTNER, OWN], OWN) == [STRANGER]
    assert code.removable_receivers(record(members=()), [STRANGER, PARTNER], OWN) == [PARTNER, STRANGER]
    assert code.removable_receivers(record(members=None), [STRANGER], OWN) == []
    assert code.removable_receivers(record(pinned=False), [STRANGER], OWN) == []
