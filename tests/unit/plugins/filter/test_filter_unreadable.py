# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the record becomes where an answer of AWS about it cannot be read: nothing that is not known is written."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.filter.overview import membership_lines
from ansible_collections.acx.cleanrooms.plugins.filter.rebuild import UNREADABLE, rebuilt_record
from ansible_collections.acx.cleanrooms.plugins.filter.records import updated_pending
from ansible_collections.acx.cleanrooms.plugins.filter.summary import summary
from ansible_collections.acx.cleanrooms.plugins.filter.verification import verification_failure, verification_lines

Data = dict[str, Any]
ONE, TWO = (f"{number}1111111-90ab-cdef-1234-567890abcdef" for number in (1, 2))
JOINED_ONE, JOINED_TWO, OLD = (f"{number}9999999-90ab-cdef-1234-567890abcdef" for number in (1, 2, 3))
GOOD: Data = {"name": "Two", "collaboration_id": TWO, "membership_id": JOINED_TWO, "status": "active", "members": []}
RECORD_TWO: Data = {**GOOD, "members": ["210987654321"]}


def unreadable(collaboration_id: str = "", membership_id: str = "") -> Data:
    """What cleanrooms_membership_info answers of an item that cannot be read, with the ids that it has."""
    ids = {"collaboration_id": collaboration_id, "membership_id": membership_id}
    return {"name": "", **ids, "status": "unknown", "creator_account_id": "", "error": "Failed to read a list."}


@pytest.mark.parametrize(
    "item", [unreadable(ONE, JOINED_ONE), unreadable(ONE), unreadable("", JOINED_ONE), unreadable()]
)
@pytest.mark.parametrize("keys", [("collaboration_id", "membership_id"), ("collaboration_id",), ("membership_id",)])
@pytest.mark.parametrize("alone", [False, True])
def test_no_record_is_called_left(item: Data, keys: tuple[str, ...], alone: bool) -> None:
    ids = {"collaboration_id": ONE, "membership_id": JOINED_ONE}
    record = {"name": "One", **{key: ids[key] for key in keys}, "status": "active", "members": ["210987654321"]}
    records, memberships = ([record], [item]) if alone else ([record, RECORD_TWO], [GOOD, item])
    found = rebuilt_record(records, memberships)
    assert found["collaborations"] == records
    assert any(UNREADABLE in line and "One" in line for line in found["lines"])


def test_the_membership_of_before_does_not_stand_for_one_that_cannot_be_read() -> None:
    """An account that was removed and invited again has two memberships."""
    record = {"name": "One", "collaboration_id": ONE, "membership_id": JOINED_ONE, "status": "active"}
    removed = {**GOOD, "name": "One", "collaboration_id": ONE, "membership_id": OLD, "status": "removed"}
    assert rebuilt_record([record], [removed, unreadable("", JOINED_ONE)])["collaborations"] == [record]


def test_two_records_that_aws_does_not_list_are_not_the_same() -> None:
    records = [{"name": one, "membership_id": one, "status": "active"} for one in (JOINED_ONE, OLD)]
    found = rebuilt_record([*records, RECORD_TWO], [GOOD])
    assert [one["status"] for one in found["collaborations"]] == ["left", "left", "active"]


@pytest.mark.parametrize("item", [unreadable(ONE, JOINED_ONE), unreadable(ONE), unreadable("", JOINED_ONE)])
def test_an_invitation_whose_membership_cannot_be_read_stays(item: Data) -> None:
    """It holds who was a member when it was looked at: later nobody else is pinned."""
    pending = {"collaboration_id": ONE, "name": "One", "creator_account_id": "210987654321", "members": []}
    assert updated_pending([pending], [], [], [], [item]) == [pending]


def test_a_membership_that_cannot_be_read_is_not_called_unrecorded() -> None:
    item = {**unreadable(), "name": "One", "error": "ListMemberships answered UnreadableAnswerError."}
    verified = {"collaborations": [], "unrecorded": [item]}
    assert verification_failure(verified) == "One (no id): ListMemberships answered UnreadableAnswerError."
    assert verification_lines(verified)[0] == verification_failure(verified)


def test_a_record_that_may_be_what_cannot_be_read_is_not_called_missing() -> None:
    membership = {**unreadable(), "name": "?", "status": "unknown"}
    lines = membership_lines([membership], [RECORD_TWO])
    assert "not joined" not in lines[-1]
    assert any(line.startswith("unknown") and line.endswith("Two") for line in lines)
    assert any(line.startswith("missing") for line in membership_lines([], [RECORD_TWO]))


def test_an_invitation_without_an_id_counts_once() -> None:
    """Two modules of a run tell it: the one that lists invitations, and the one that accepts them."""
    told = {**unreadable(), "name": "One"}
    assert len(summary([told, {**told, "error": "Failed again."}])["collaborations"]) == 1
    assert len(summary([told, {**told, "name": "Two"}, {**told, "collaboration_id": ONE}])["collaborations"]) == 3
