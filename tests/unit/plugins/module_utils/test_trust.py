# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._trust import (
    describe_member,
    members_refusal,
    result_receivers,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    OTHER,
    OWN,
    PARTNER,
    STRANGER,
    Data,
    member,
    record,
)

US = member(OWN, abilities=())


class TestMembersRefusal:
    def test_as_pinned(self) -> None:
        assert members_refusal(record(), [US, member(PARTNER)], OWN) == ""

    def test_pinned_one_has_left(self) -> None:
        pinned = record(members=(PARTNER, OTHER))
        assert members_refusal(pinned, [US, member(PARTNER), member(OTHER, "LEFT")], OWN) == ""
        assert members_refusal(pinned, [US, member(PARTNER)], OWN) == ""

    @pytest.mark.parametrize("status", ["LEFT", "REMOVED"])
    def test_stranger_who_is_no_member_any_more(self, status: str) -> None:
        assert members_refusal(record(), [US, member(PARTNER), member(STRANGER, status)], OWN) == ""

    @pytest.mark.parametrize("status", ["ACTIVE", "INVITED"])
    def test_stranger(self, status: str) -> None:
        refusal = members_refusal(record(), [US, member(PARTNER), member(STRANGER, status, name="AMC")], OWN)
        assert refusal == (
            f"members changed: {STRANGER} (AMC) not among the members pinned in the record; add the account id to"
            " members once it is confirmed"
        )

    def test_stranger_who_can_do_nothing_counts(self) -> None:
        assert members_refusal(record(), [member(STRANGER, abilities=())], OWN)

    def test_all_strangers_are_named(self) -> None:
        refusal = members_refusal(record(members=()), [US, member(PARTNER), member(STRANGER)], OWN)
        assert PARTNER in refusal
        assert STRANGER in refusal
        assert OWN not in refusal

    def test_members_are_told_apart(self) -> None:
        members = [US, member(PARTNER, name="P"), member(STRANGER, name="S")]
        both = f"{PARTNER} (P), {STRANGER} (S)"
        assert f"(present: {both})" in members_refusal(record(members=None), members, OWN)
        assert members_refusal(record(members=()), members, OWN).startswith(f"members changed: {both} not among")
        with pytest.raises(CleanRoomsError, match=f"members that can receive are {PARTNER}, {STRANGER}$"):
            result_receivers([OTHER], members, OWN)

    def test_stranger_who_calls_itself_the_partner(self) -> None:
        refusal = members_refusal(record(), [member(PARTNER, "LEFT", name="AMC"), member(STRANGER, name="AMC")], OWN)
        assert refusal.startswith(f"members changed: {STRANGER} (AMC)")

    def test_display_names_cannot_command_a_terminal(self) -> None:
        refusal = members_refusal(record(), [member(STRANGER, name="\x1b[2JAMC\n")], OWN)
        assert "\\x1b[2JAMC\\n" in refusal
        assert refusal.isprintable()

    def test_nothing_pinned(self) -> None:
        refusal = members_refusal(record(members=None), [US, member(PARTNER), member(OTHER, "INVITED")], OWN)
        assert refusal.startswith("members not confirmed: the record pins no members")
        assert f"members: ['{PARTNER}', '{OTHER}']" in refusal
        assert f"{PARTNER} (Member {PARTNER})" in refusal
        assert OWN not in refusal

    def test_nothing_pinned_and_nobody_else_there(self) -> None:
        refusal = members_refusal(record(members=None), [US, member(PARTNER, "LEFT")], OWN)
        assert "members: []" in refusal
        assert "(present: nobody else)" in refusal
        assert PARTNER not in refusal

    def test_pinned_as_nobody(self) -> None:
        assert members_refusal(record(members=()), [US], OWN) == ""
        assert members_refusal(record(members=()), [US, member(PARTNER)], OWN) != ""

    def test_our_own_account_needs_no_pin_and_is_none(self) -> None:
        assert members_refusal(record(members=(OWN,)), [US], OWN) == ""
        assert PARTNER in members_refusal(record(members=(OWN,)), [US, member(PARTNER)], OWN)

    @pytest.mark.parametrize("members", [None, ()])
    def test_membership_named_without_a_record(self, members: tuple[str, ...] | None) -> None:
        assert members_refusal(record(pinned=False, members=members), [US, member(STRANGER)], OWN) == ""


class TestReceivers:
    def test_every_other_active_member_that_can(self) -> None:
        members = [
            member(OWN),
            member(STRANGER),
            member(PARTNER),
            member(OTHER, abilities=("CAN_QUERY",)),
            member("000000000001", "INVITED"),
            member("000000000002", "LEFT"),
            member("000000000003", "REMOVED"),
        ]
        assert result_receivers(None, members, OWN) == (PARTNER, STRANGER)

    @pytest.mark.parametrize("members", [[], [member(OWN)], [US, member(PARTNER, abilities=())]])
    def test_nobody(self, members: list[Data]) -> None:
        assert result_receivers(None, members, OWN) == ()

    def test_members_may_be_an_iterator(self) -> None:
        assert result_receivers([PARTNER], iter([US, member(PARTNER)]), OWN) == (PARTNER,)

    def test_explicit_list_is_sorted_and_may_be_a_part(self) -> None:
        members = [US, member(PARTNER), member(OTHER), member(STRANGER)]
        assert result_receivers([STRANGER, PARTNER], members, OWN) == (PARTNER, STRANGER)

    def test_explicit_list_that_is_empty(self) -> None:
        assert result_receivers([], [US, member(PARTNER)], OWN) == ()

    @pytest.mark.parametrize(
        ("account", "why"),
        [
            (OWN, "is this account itself, which AWS refuses as a receiver"),
            ("000000000001", "is no member"),
            ("000000000002", "is left, not an active member"),
            ("000000000003", "is removed, not an active member"),
            ("000000000004", "is invited, not an active member"),
            (OTHER, "is a member who cannot receive results"),
        ],
    )
    def test_receiver_that_cannot_be(self, account: str, why: str) -> None:
        members = [
            member(OWN),
            member(PARTNER),
            member("000000000002", "LEFT"),
            member("000000000003", "REMOVED"),
            member("000000000004", "INVITED"),
            member(OTHER, abilities=("CAN_QUERY",)),
        ]
        with pytest.raises(CleanRoomsError) as caught:
            result_receivers([PARTNER, account], members, OWN)
        assert caught.value.message == f"result_receivers: '{account}' {why}; members that can receive are {PARTNER}"

    def test_receiver_where_nobody_can(self) -> None:
        with pytest.raises(CleanRoomsError, match=r"members that can receive are none$"):
            result_receivers([PARTNER], [US], OWN)


def test_describe_member() -> None:
    assert describe_member(member(PARTNER, name="A\tB")) == f"{PARTNER} (A\\tB)"
