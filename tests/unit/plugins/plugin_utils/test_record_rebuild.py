# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record is completed from what AWS lists, and nothing that people wrote is lost."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import STATUSES
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_rebuild import (
    BACK,
    CONFIRM,
    DISAGREE,
    NOT_JOINED,
    NOT_THIS_ACCOUNT,
    TWICE,
    UNCONFIRMED,
    UNREADABLE,
    completed,
)
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_text import Content
from ansible_collections.acx.cleanrooms.tests.unit.plugins.plugin_utils.record_samples import (
    AMC,
    PROVIDER,
    Data,
    collaboration_id,
    member,
    membership,
    membership_id,
    record,
    unreadable,
)


def rebuilt(records: list[Data], memberships: list[Data], confirmed: Any = ()) -> tuple[list[Data], list[str]]:
    content, lines = completed(Content(records), memberships, confirmed)
    return content.records, lines


def test_what_is_not_recorded_is_added_without_members_and_shown_with_them() -> None:
    keys = ("name", "collaboration_id", "membership_id", "status")
    listed = [membership(1), membership(2, status="deleted")]
    records, lines = rebuilt([], listed)
    assert records == [{key: one[key] for key in keys} for one in listed]
    assert lines == [
        f"{collaboration_id(1)}: added; {UNCONFIRMED}: Name 1",
        f"    {AMC}  active  can query, can receive results  -  Name of 210",
        f"    {PROVIDER}  active  can query, can receive results  -  Name of 111",
        f"{collaboration_id(2)}: added: Name 2",
        CONFIRM,
    ]
    # Of what is being confirmed they are shown there.
    assert rebuilt([], [membership(1)], [collaboration_id(1)])[1] == [f"{collaboration_id(1)}: added: Name 1"]


WAITING = {key: value for key, value in record().items() if key != "membership_id"}
UNPINNED = {key: value for key, value in record().items() if key != "members"}


@pytest.mark.parametrize(
    ("written", "listed", "said"),
    [
        (record(), [membership()], None),
        (UNPINNED, [membership()], UNCONFIRMED),
        # One that was never joined has not left.
        (WAITING, [], NOT_JOINED),
        (record(status="left"), [membership()], BACK),
        (record(membership_id=membership_id(2)), [membership()], DISAGREE),
    ],
)
def test_what_is_left_alone_and_why(written: Data, listed: list[Data], said: str | None) -> None:
    records, lines = rebuilt([written, record(2)], [*listed, membership(2)])
    assert records == [written, record(2)]
    assert (lines[:1] == [f"{collaboration_id()}: {said}: Mine 1"]) == (said is not None)
    assert (CONFIRM in lines) == (said == UNCONFIRMED)


@pytest.mark.parametrize("missing", ["name", "collaboration_id", "membership_id"])
@pytest.mark.parametrize("empty", [None, "", "no key"])
def test_names_and_ids_that_are_missing_are_completed(missing: str, empty: str | None) -> None:
    short = record(**{missing: empty})
    if empty == "no key":
        del short[missing]
    assert rebuilt([short], [membership()])[0] == [{**record(), missing: membership()[missing]}]


@pytest.mark.parametrize(
    ("recorded", "aws", "becomes"),
    [
        ("active", "removed", "removed"),
        ("active", "deleted", "deleted"),
        ("removed", "deleted", "deleted"),
        ("active", None, "left"),
        (None, None, "left"),
        ("inactive", "removed", "inactive"),
        ("inactive", None, "inactive"),
        ("left", "removed", "left"),
        ("removed", None, "removed"),
        ("left", "active", "left"),
    ],
)
def test_the_status_follows_aws_unless_people_decided(recorded: str | None, aws: str | None, becomes: str) -> None:
    listed = [membership(2)] + ([membership(1, status=aws)] if aws else [])
    assert rebuilt([record(1, status=recorded), record(2)], listed)[0][0] == record(1, status=becomes)


def test_the_active_one_of_two_memberships_counts() -> None:
    old, new = membership(1, status="removed"), membership(1, membership_id=membership_id(7))
    for listed in ([old, new], [new, old]):
        assert rebuilt([record(1)], listed)[0] == [record(1, membership_id=membership_id(7))]
        assert rebuilt([], listed)[0][0]["membership_id"] == membership_id(7)


@pytest.mark.parametrize("status", ["active", "inactive"])
@pytest.mark.parametrize("listed", [[], [membership(2)], [membership(1, membership_id=membership_id(7))]])
def test_another_account_or_region_changes_nothing(status: str, listed: list[Data]) -> None:
    with pytest.raises(CleanRoomsError, match=NOT_THIS_ACCOUNT[:40]):
        rebuilt([record(1, status=status)], listed)
    assert rebuilt([record(1, status="left")], [])[0] == [record(1, status="left")]


def test_one_that_stands_twice_is_left_alone() -> None:
    second = {"name": "again", "membership_id": membership_id(1), "status": "active", "members": [member()]}
    records = [record(1), second]
    assert rebuilt(records, [membership(1)]) == (records, [f"{membership_id(1)}: {TWICE}: again"])


@pytest.mark.parametrize("collaboration", [collaboration_id(), ""])
@pytest.mark.parametrize("joined", [membership_id(), ""])
@pytest.mark.parametrize("missing", ["", "collaboration_id", "membership_id"])
@pytest.mark.parametrize("alone", [False, True])
def test_none_that_may_be_what_cannot_be_read_is_called_left(
    collaboration: str, joined: str, missing: str, alone: bool
) -> None:
    item = unreadable(collaboration, joined)
    written = {key: value for key, value in record(1).items() if key != missing}
    records = [written] if alone else [written, record(2)]
    found, lines = rebuilt(records, [item] if alone else [membership(2), item])
    assert found == records
    assert any(UNREADABLE in line and "Mine 1" in line for line in lines)


def test_the_membership_of_before_does_not_stand_for_one_that_cannot_be_read() -> None:
    """An account that was removed and invited again has two memberships."""
    removed = membership(1, membership_id=membership_id(3), status="removed")
    assert rebuilt([record(1)], [removed, unreadable("", membership_id(1))])[0] == [record(1)]


def test_two_records_that_aws_does_not_list_are_not_the_same() -> None:
    records = [{"membership_id": membership_id(number), "status": "active"} for number in (1, 3)]
    found, _lines = rebuilt([*records, record(2)], [membership(2)])
    assert [one["status"] for one in found] == ["left", "left", "active"]


def test_names_cannot_write_lines_of_their_own() -> None:
    stranger = member(display_name="c\nd", status="ACTIVE", pays_for=[])
    listed = [membership(1, name="a\nb\x9b", members=[stranger], error="e\nf")]
    _records, lines = rebuilt([], listed)
    assert all(line.isprintable() for line in lines)
    assert f"{collaboration_id(1)}: added; {UNCONFIRMED}: a\\nb\\x9b" in lines
    assert "    failed: e\\nf" in lines


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
    try:
        after, _lines = rebuilt(records, memberships)
    except CleanRoomsError:
        return  # the credentials of another account
    for before, now in zip(records, after, strict=False):
        kept = {key: value for key, value in before.items() if key not in ("status", "membership_id")}
        assert {key: now[key] for key in kept} == kept
        assert now["status"] == before["status"] or before["status"] in ("active", "removed", "deleted")
        assert before["status"] == "active" or now["status"] != "active"
    assert all("members" not in one for one in after[len(records) :])
    assert {one["collaboration_id"] for one in memberships} <= {one["collaboration_id"] for one in after}
    assert rebuilt(after, memberships)[0] == after
