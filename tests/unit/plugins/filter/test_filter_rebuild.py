# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.acx.cleanrooms.plugins.filter.rebuild import (
    BACK,
    CONFIRM,
    DISAGREE,
    NOT_JOINED,
    NOT_THIS_ACCOUNT,
    TWICE,
    UNCONFIRMED,
    rebuilt_record,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import STATUSES

Data = dict[str, Any]
AMC, PANEL, PROVIDER = "210987654321", "666677778888", "111122223333"


def collaboration_id(number: int) -> str:
    return f"{number}1111111-90ab-cdef-1234-567890abcdef"


def membership_id(number: int) -> str:
    return f"{number}9999999-90ab-cdef-1234-567890abcdef"


def member(account: str, name: str = "who") -> Data:
    return {"account_id": account, "display_name": name, "status": "ACTIVE", "abilities": ["CAN_QUERY"], "pays_for": []}


def membership(number: int, **more: Any) -> Data:
    """What cleanrooms_membership_info answers."""
    return {
        "name": f"Name {number}",
        "collaboration_id": collaboration_id(number),
        "membership_id": membership_id(number),
        "status": "active",
        "members": [member(AMC), member(PROVIDER)],
        **more,
    }


def record(number: int, **more: Any) -> Data:
    """A whole record, as people may have edited it."""
    return {
        "name": f"Mine {number}",
        "collaboration_id": collaboration_id(number),
        "membership_id": membership_id(number),
        "status": "active",
        "members": [AMC],
        **more,
    }


def collaborations(records: list[Data], memberships: list[Data]) -> list[Data]:
    found: list[Data] = rebuilt_record(records, memberships)["collaborations"]
    return found


def test_what_is_not_recorded_is_added_without_members_and_shown_with_them() -> None:
    found = rebuilt_record([], [membership(1), membership(2, status="deleted")])
    assert found["collaborations"] == [
        {"name": "Name 1", "collaboration_id": collaboration_id(1), "membership_id": membership_id(1)}
        | {"status": "active"},
        {"name": "Name 2", "collaboration_id": collaboration_id(2), "membership_id": membership_id(2)}
        | {"status": "deleted"},
    ]
    assert found["lines"] == [
        f"{collaboration_id(1)}: added; {UNCONFIRMED}: Name 1",
        f"    {AMC}  active  can query  -  who",
        f"    {PROVIDER}  active  can query  -  who",
        f"{collaboration_id(2)}: added: Name 2",
        CONFIRM,
    ]


def test_what_is_being_confirmed_is_not_shown() -> None:
    found = rebuilt_record([], [membership(1)], [collaboration_id(1)])
    assert found["lines"] == [f"{collaboration_id(1)}: added: Name 1"]


@pytest.mark.parametrize("pinned", [{}, {"members": []}, {"members": None}])
def test_members_that_were_never_confirmed_are_shown_again(pinned: Data) -> None:
    written = record(1)
    del written["members"]
    found = rebuilt_record([{**written, **pinned}], [membership(1)])
    assert found["collaborations"] == [{**written, **pinned}]
    assert found["lines"][0] == f"{collaboration_id(1)}: {UNCONFIRMED}: Mine 1"
    assert found["lines"][-1] == CONFIRM


def test_a_record_that_is_right_is_left_alone() -> None:
    found = rebuilt_record([record(1)], [membership(1)])
    assert found == {"collaborations": [record(1)], "lines": ["The record says what AWS says."]}


@pytest.mark.parametrize("missing", ["name", "collaboration_id", "membership_id"])
@pytest.mark.parametrize("empty", [None, ""])
def test_names_and_ids_that_are_missing_are_completed(missing: str, empty: str | None) -> None:
    expected = {**record(1), missing: membership(1)[missing]}
    assert collaborations([{**record(1), missing: empty}], [membership(1)]) == [expected]
    short = {key: value for key, value in record(1).items() if key != missing}
    assert collaborations([short], [membership(1)]) == [expected]


@pytest.mark.parametrize(
    ("recorded", "aws", "becomes"),
    [
        ("active", "removed", "removed"),
        ("active", "deleted", "deleted"),
        ("removed", "deleted", "deleted"),
        ("active", None, "left"),
        ("inactive", "removed", "inactive"),
        ("inactive", None, "inactive"),
        ("left", "removed", "left"),
        ("removed", None, "removed"),
        ("left", "active", "left"),
    ],
)
def test_the_status_follows_aws_unless_people_decided(recorded: str, aws: str | None, becomes: str) -> None:
    listed = [membership(2)] + ([membership(1, status=aws)] if aws else [])
    found = collaborations([record(1, status=recorded), record(2)], listed)
    assert found[0] == record(1, status=becomes)


def test_one_without_a_status_is_active() -> None:
    without = record(1)
    del without["status"]
    assert collaborations([without, record(2)], [membership(2)])[0]["status"] == "left"
    assert collaborations([without], [membership(1)]) == [without]


def test_one_that_was_never_joined_has_not_left() -> None:
    waiting = record(1)
    del waiting["membership_id"]
    found = rebuilt_record([waiting, record(2)], [membership(2)])
    assert found["collaborations"][0] == waiting
    assert found["lines"] == [f"{collaboration_id(1)}: {NOT_JOINED}: Mine 1"]


def test_one_that_came_back_is_for_people_to_decide() -> None:
    found = rebuilt_record([record(1, status="left")], [membership(1)])
    assert found["lines"] == [f"{collaboration_id(1)}: {BACK}: Mine 1"]


def test_the_active_one_of_two_memberships_counts() -> None:
    old, new = membership(1, status="removed"), membership(1, membership_id=membership_id(7))
    for listed in ([old, new], [new, old]):
        assert collaborations([record(1)], listed) == [record(1, membership_id=membership_id(7))]
        assert collaborations([], listed)[0]["membership_id"] == membership_id(7)


def test_another_account_or_region_changes_nothing() -> None:
    for listed in ([], [membership(2)], [membership(1, membership_id=membership_id(7))]):
        assert rebuilt_record([record(1)], listed) == {"problem": NOT_THIS_ACCOUNT}
        assert rebuilt_record([record(1, status="inactive")], listed) == {"problem": NOT_THIS_ACCOUNT}
    assert collaborations([record(1, status="left")], []) == [record(1, status="left")]
    assert rebuilt_record([record(1)], [membership(1, status="removed")])["collaborations"][0]["status"] == "removed"


def test_ids_that_do_not_belong_together_are_left_alone() -> None:
    mixed = record(1, membership_id=membership_id(2))
    found = rebuilt_record([mixed], [membership(1), membership(2)])
    assert found["collaborations"] == [mixed]
    assert found["lines"] == [f"{collaboration_id(1)}: {DISAGREE}: Mine 1"]


def test_one_that_stands_twice_is_left_alone() -> None:
    second = {"name": "again", "membership_id": membership_id(1), "status": "active", "members": [AMC]}
    found = rebuilt_record([record(1), second], [membership(1)])
    assert found["collaborations"] == [record(1), second]
    assert found["lines"] == [f"{membership_id(1)}: {TWICE}: again"]


def test_names_cannot_write_lines_of_their_own() -> None:
    listed = [membership(1, name="a\nb\x9b", members=[member(AMC, "c\nd")], error="e\nf")]
    found = rebuilt_record([], listed)
    assert all(line.isprintable() for line in found["lines"])
    assert f"{collaboration_id(1)}: added; {UNCONFIRMED}: a\\nb\\x9b" in found["lines"]
    assert "    failed: e\\nf" in found["lines"]
    assert found["collaborations"][0]["name"] == "a\nb\x9b"


NUMBERS = st.integers(1, 4)
RECORDS = st.builds(
    lambda number, keys, status, more: (
        {key: value for key, value in record(number).items() if key in keys or key == "collaboration_id"}
        | {"status": status}
        | more
    ),
    NUMBERS,
    st.sets(st.sampled_from(["name", "membership_id", "members"])),
    st.sampled_from(STATUSES),
    st.fixed_dictionaries(
        {},
        optional={
            "notes": st.text(),
            "tables": st.just({"include": ["part_*"]}),
            "auto_associate_tables": st.booleans(),
            "result_receivers": st.just([AMC]),
        },
    ),
)
MEMBERSHIPS = st.builds(
    lambda number, status, other: membership(number, status=status, membership_id=membership_id(number + other)),
    NUMBERS,
    st.sampled_from(["active", "removed", "deleted"]),
    st.sampled_from([0, 5]),
)


@given(
    st.lists(RECORDS, max_size=4, unique_by=lambda one: one["collaboration_id"]),
    st.lists(MEMBERSHIPS, max_size=6, unique_by=lambda one: one["membership_id"]),
)
def test_nothing_that_people_wrote_is_lost_and_a_second_time_changes_nothing(
    records: list[Data], memberships: list[Data]
) -> None:
    found = rebuilt_record(records, memberships)
    if "problem" in found:
        assert found == {"problem": NOT_THIS_ACCOUNT}
        return
    after = found["collaborations"]
    for before, now in zip(records, after, strict=False):
        kept = {key: value for key, value in before.items() if key not in ("status", "membership_id")}
        assert {key: now[key] for key in kept} == kept
        assert now["status"] == before["status"] or before["status"] in ("active", "removed", "deleted")
        assert before["status"] == "active" or now["status"] != "active"
    assert all("members" not in one for one in after[len(records) :])
    assert {one["collaboration_id"] for one in memberships} <= {one["collaboration_id"] for one in after}
    assert collaborations(after, memberships) == after
