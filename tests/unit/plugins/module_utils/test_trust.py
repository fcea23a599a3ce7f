# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""With whom nothing is shared, and who receives."""

from __future__ import annotations

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _trust as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import Data, member, members_of, record

OWN, PARTNER, OTHER, STRANGER = samples.OWN, samples.PARTNER, samples.OTHER, samples.STRANGER
CANNOT = ("CAN_QUERY",)


def changed(*names: str) -> str:
    return (
        f"members changed: {', '.join(names)} not among the members pinned in the record; add the account id to members"
        " once it is confirmed"
    )


def unpinned(accounts: str, present: str) -> str:
    return (
        f"members not confirmed: the record pins no members; after a look at them write members: [{accounts}] into it"
        f" (present: {present})"
    )


P, S = f"{PARTNER} (P)", f"{STRANGER} (S)"
# The members that the record pins, those that are there, and why nothing is shared with them.
REFUSALS: dict[str, tuple[tuple[str, ...] | None, list[Data], str]] = {
    "as pinned": ((PARTNER,), members_of("us P"), ""),
    "a pinned one has left": ((PARTNER, OTHER), members_of("us P O:LEFT"), ""),
    "a pinned one is not there": ((PARTNER, OTHER), members_of("us P"), ""),
    "a stranger left": ((PARTNER,), members_of("us P S:LEFT"), ""),
    "a stranger was removed": ((PARTNER,), members_of("us P S:REMOVED"), ""),
    "a stranger": ((PARTNER,), members_of("us P S"), changed(S)),
    "a stranger is invited": ((PARTNER,), members_of("us P S:INVITED"), changed(S)),
    "a stranger who can do nothing": ((PARTNER,), [member(STRANGER, abilities=(), name="S")], changed(S)),
    "a stranger who calls itself the partner": (
        (PARTNER,), [member(PARTNER, "LEFT", name="AMC"), member(STRANGER, name="AMC")], changed(f"{STRANGER} (AMC)")
    ),
    "a stranger whose name would command a terminal": (
        (PARTNER,), [member(STRANGER, name="\x1b[2JAMC\n")], changed(f"{STRANGER} (\\x1b[2JAMC\\n)")
    ),
    "all strangers are named": ((), members_of("us P S"), changed(P, S)),
    "pinned as nobody": ((), members_of("us"), ""),
    "our own account needs no pin": ((OWN,), members_of("us"), ""),
    "our own account is no pin": ((OWN,), members_of("us P"), changed(P)),
    "nothing is pinned": (None, members_of("us P S:INVITED"), unpinned(f"'{PARTNER}', '{STRANGER}'", f"{P}, {S}")),
    "nothing is pinned, nobody is there": (None, members_of("us P:LEFT"), unpinned("", "nobody else")),
}  # fmt: skip


@pytest.mark.parametrize(("pinned", "members", "why"), REFUSALS.values(), ids=REFUSALS)
def test_refusal(pinned: tuple[str, ...] | None, members: list[Data], why: str) -> None:
    assert code.members_refusal(record(members=pinned), iter(members), OWN) == why
    assert why.isprintable()
    # A membership named without a record has no pins to compare.
    assert code.members_refusal(record(members=pinned, pinned=False), members, OWN) == ""


EVERYBODY = [
    member(OWN), member(STRANGER), member(PARTNER), member(OTHER, abilities=CANNOT), member("000000000001", "INVITED"),
    member("000000000002", "LEFT"), member("000000000003", "REMOVED"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "members", "expected"),
    [
        (None, EVERYBODY, (PARTNER, STRANGER)),
        (None, [], ()),
        (None, [member(OWN)], ()),
        (None, [member(PARTNER, abilities=())], ()),
        ([STRANGER, PARTNER], EVERYBODY, (PARTNER, STRANGER)),
        ([PARTNER], EVERYBODY, (PARTNER,)),
        ([], members_of("us P"), ()),
    ],
)
def test_receivers(wanted: list[str] | None, members: list[Data], expected: tuple[str, ...]) -> None:
    assert code.result_receivers(wanted, iter(members), OWN) == expected


@pytest.mark.parametrize(
    ("account", "why"),
    [
        (OWN, "is this account itself, which AWS refuses as a receiver"),
        ("000000000009", "is no member"),
        ("000000000001", "is invited, not an active member"),
        ("000000000002", "is left, not an active member"),
        ("000000000003", "is removed, not an active member"),
        (OTHER, "is a member who cannot receive results"),
    ],
)
def test_receiver_that_cannot_be(account: str, why: str) -> None:
    for wanted, members, able in (
        ([PARTNER, account], EVERYBODY, f"{PARTNER}, {STRANGER}"),
        ([account], [one for one in EVERYBODY if one["accountId"] not in (PARTNER, STRANGER)], "none"),
    ):
        with pytest.raises(CleanRoomsError) as caught:
            code.result_receivers(wanted, members, OWN)
        assert caught.value.message == f"result_receivers: '{account}' {why}; members that can receive are {able}"


def test_describe_member() -> None:
    assert code.describe_member(member(PARTNER, name="A\tB")) == f"{PARTNER} (A\\tB)"
