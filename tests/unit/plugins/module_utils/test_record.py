# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records: what they mean, what is refused in them and with which words, and how found ones are merged into them."""

from __future__ import annotations

import copy
import datetime
from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _record
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import Record, merge_records, parse_record
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import Data

PARTNER, OTHER, MEMBERSHIP, COLLABORATION = samples.PARTNER, samples.OTHER, samples.MEMBERSHIP, samples.COLLABORATION
IDENTITY = {"collaboration_id": COLLABORATION}
X, Y = {"collaboration_id": samples.id_of("x")}, {"collaboration_id": samples.id_of("y")}
JOINED = {"membership_id": MEMBERSHIP}
ACCOUNTS, GLOBS, IDS = ("members", "result_receivers"), ("include", "exclude"), ("collaboration_id", "membership_id")


def test_everything() -> None:
    switches = {"auto_associate_tables": False, "auto_associate_namespace": False}
    plain = {"name": "AMC", **IDENTITY, **JOINED, **switches, "status": "inactive", "notes": "call them first"}
    tables = {"include": ["part_*"], "exclude": ["part_n_a"]}
    value = {**plain, "tables": tables, "result_receivers": [PARTNER], "members": [PARTNER, OTHER]}
    before = copy.deepcopy(value)
    lists = {"include": ("part_*",), "exclude": ("part_n_a",), "result_receivers": (PARTNER,)}
    assert parse_record(value, "x") == Record(**plain, **lists, members=(PARTNER, OTHER))
    assert value == before


@pytest.mark.parametrize(
    ("value", "key", "expected"),
    [
        *(({}, key, None) for key in (*ACCOUNTS, *GLOBS)),
        *(({key: []}, key, ()) for key in ACCOUNTS),
        *(({"tables": {key: []}}, key, ()) for key in GLOBS),
        *(({key: None}, key, getattr(Record(), key)) for key in ("name", "membership_id", "members", "notes")),
        *(({"status": status}, "status", status) for status in _record.STATUSES),
        ({"members": ["000000000001"]}, "members", ("000000000001",)),
        *(({}, key, True) for key in ("auto_associate_tables", "auto_associate_namespace", "pinned")),
        ({}, "status", "active"),
    ],
)
def test_what_a_key_means(value: Data, key: str, expected: Any) -> None:
    record = parse_record({**IDENTITY, **value}, "x")
    assert getattr(record, key) == expected
    assert record == Record(collaboration_id=COLLABORATION, **{key: expected})


def test_every_key_that_may_be_null_was_tried() -> None:
    assert {"name", "membership_id", "members", "notes", *IDENTITY} == {*_record.KEYS} - {*_record.NEVER_NULL}
    assert parse_record({**JOINED, "collaboration_id": None}, "x") == Record(membership_id=MEMBERSHIP)


NULL, NO_KEY = "is null; write what is meant", "is no key of a collaboration's record"
NEAREST = {
    "collaboraton_id": "collaboration_id", "membership-id": "membership_id", "table": "tables", "note": "notes",
    "auto_asociate_tables": "auto_associate_tables", "member": "members", "result_receiver": "result_receivers",
    "Status": "status", "collab": "collaboration_id",
}  # fmt: skip
QUOTED, BOOLEAN = "; write it in quotes", "; it must be true or false"
LIST, DICTIONARY = "; it must be a list", "; it must be a dictionary"
WRONG_TYPES: list[tuple[str, Any, str]] = [
    ("name", 12, f"a number{QUOTED}"), ("name", ["AMC"], f"a list{QUOTED}"), ("status", True, f"true or false{QUOTED}"),
    ("name", datetime.date(2026, 1, 1), f"a date or time{QUOTED}"), ("notes", {"a": 1}, f"a dictionary{QUOTED}"),
    ("collaboration_id", 123, f"a number{QUOTED}"), ("membership_id", 1.5, f"a number{QUOTED}"),
    ("auto_associate_tables", "yes", f"a string{BOOLEAN}"), ("auto_associate_tables", 1, f"a number{BOOLEAN}"),
    ("auto_associate_namespace", "false", f"a string{BOOLEAN}"), ("tables", ["part_*"], f"a list{DICTIONARY}"),
    ("tables", "part_*", f"a string{DICTIONARY}"), ("members", PARTNER, f"a string{LIST}"),
    ("members", {PARTNER: 1}, f"a dictionary{LIST}"), ("result_receivers", int(PARTNER), f"a number{LIST}"),
]  # fmt: skip
NO_IDS = [
    COLLABORATION.upper(), COLLABORATION[:-1], COLLABORATION + "0", COLLABORATION + "\n", f"../{COLLABORATION}",
    COLLABORATION.replace("-", ""), "{{ lookup('pipe', 'id') }}", "AMC Collaboration",
]  # fmt: skip
NO_ACCOUNTS = ["", "11112222333", "1111222233334", f"{PARTNER}\n", f" {PARTNER}", "\u0664" * 12, "44445555666x"]
NO_STATUSES, UNKNOWN = ["ACTIVE", "Active", "", "gone", "active "], ["xyzzy", "", 7, True, 1.5, "\u202e\x1b" * 9]
STATUSES = "active, inactive, left, removed, deleted"
# The first is what YAML makes of 012345670123.
NO_TEXTS: list[tuple[Any, str]] = [
    (0o12345670123, "a number"), (True, "true or false"), (None, "null"), (12.0, "a number"), ([PARTNER], "a list"),
    ({}, "a dictionary"),
]  # fmt: skip
# What is put into a record, and how the message begins after the name of the option.
REFUSED: list[tuple[dict[Any, Any], str]] = [
    *(({key: None}, f".{key}: {NULL}, or remove the key") for key in _record.NEVER_NULL[:4]),
    ({"result_receivers": None}, f".result_receivers: {NULL} ([] for none), or remove the key"),
    *(({"tables": {key: None}}, f".tables.{key}: {NULL} ([] for none), or remove the key") for key in GLOBS),
    *(({"status": one}, f".status: {one!r} is not one of {STATUSES}") for one in NO_STATUSES),
    *(({wrong: "x"}, f": {wrong!r} {NO_KEY}; did you mean {near!r}?") for wrong, near in NEAREST.items()),
    *(({wrong: "x"}, f": {wrong!r} {NO_KEY}; known keys are {', '.join(_record.KEYS)}") for wrong in UNKNOWN),
    ({"tables": {"excludes": ["x"]}}, f".tables: 'excludes' {NO_KEY}; did you mean 'exclude'?"),
    *(({key: one}, f".{key}: is {what}") for key, one, what in WRONG_TYPES),
    *(
        ({"tables": {"include": one}}, f".tables.include: is {what}{LIST}")
        for one, what in (("part_*", "a string"), ({"a": 1}, "a dictionary"), (3, "a number"), (True, "true or false"))
    ),
    *(
        ({key: [PARTNER, one]}, f".{key}: is {what}; write account ids in quotes, 12 digits")
        for key in ACCOUNTS
        for one, what in NO_TEXTS
    ),
    *(({"tables": {key: [1]}}, f".tables.{key}: is a number{QUOTED}") for key in GLOBS),
    *(({key: [PARTNER, OTHER, PARTNER]}, f".{key}: {PARTNER!r} stands twice; name it once") for key in ACCOUNTS),
    *(({"tables": {key: ["a*", "a*"]}}, f".tables.{key}: 'a*' stands twice; name it once") for key in GLOBS),
    *(({key: [one]}, f".{key}: {one!r} is not an AWS account id of 12") for key in ACCOUNTS for one in NO_ACCOUNTS),
    *(({key: wrong}, f".{key}: {wrong!r} is not an id as AWS gives it") for key in IDS for wrong in NO_IDS),
    ({"collaboration_id": "", "membership_id": None}, ": has neither collaboration_id nor membership_id; the name"),
]


@pytest.mark.parametrize(("value", "message"), REFUSED, ids=[samples.plain(message) for _value, message in REFUSED])
def test_refused(value: dict[Any, Any], message: str) -> None:
    with pytest.raises(CleanRoomsError) as caught:
        parse_record({**IDENTITY, **value}, "collaborations[3]")
    assert str(caught.value.message).startswith(f"collaborations[3]{message}")


@pytest.mark.parametrize("value", ["AMC", 3, None, [IDENTITY], True, {}, {"name": "AMC"}])
def test_no_record(value: Any) -> None:
    with pytest.raises(CleanRoomsError) as caught:
        parse_record(value, "x")
    told = "has neither" if isinstance(value, dict) else f"{value!r} is not a dictionary with the keys"
    assert str(caught.value.message).startswith(f"x: {told}")


# The same name twice is no matter.
@pytest.mark.parametrize("values", [[], [Y, X, IDENTITY], [{**X, "name": "A"}, {**JOINED, "name": "A"}]])
def test_order_of_records(values: list[Data]) -> None:
    assert _record.parse_records(iter(values)) == [Record(**value) for value in values]
    assert _record.records_of({"membership_id": None, "collaborations": values}) == [Record(**one) for one in values]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([IDENTITY, {"nme": 1}], "collaborations[1]: 'nme' is no key"),
        *(([{key: COLLABORATION}] * 2, f"collaborations.{key}: {COLLABORATION!r} stands twice") for key in IDS),
        (None, "collaborations: is null, and there is no membership_id"),
    ],
)
def test_refused_records(values: Any, message: str) -> None:
    with pytest.raises(CleanRoomsError) as caught:
        _record.records_of({"membership_id": None, "collaborations": values})
    assert str(caught.value.message).startswith(message)


def test_membership_without_a_record() -> None:
    given = {**JOINED, "collaborations": None}
    assert _record.records_of(given) == [Record(membership_id=MEMBERSHIP, pinned=False)]
    for wrong in ("", "AMC", MEMBERSHIP + "\n"):
        with pytest.raises(CleanRoomsError, match=r"^membership_id: .* is not an id"):
            _record.records_of({**given, "membership_id": wrong})


@pytest.mark.parametrize(
    ("record", "label"),
    [
        (Record(name="AMC", collaboration_id="c", membership_id="m"), "AMC (c)"),
        (Record(name="AMC", membership_id="m"), "AMC (m)"),
        (Record(collaboration_id="c"), "c"),
        (Record(membership_id="m"), "m"),
        # A stranger's name cannot command a terminal.
        (Record(name="\x1b[2J\r\nAMC\u202e\x9b1m", collaboration_id="c"), "\\x1b[2J\\r\\nAMC\\u202e\\x9b1m (c)"),
    ],
)
def test_label(record: Record, label: str) -> None:
    assert record.label == label


THEIRS = {**IDENTITY, "name": "Theirs", "notes": "m", "members": [OTHER], "auto_associate_tables": True}
OURS = {**IDENTITY, "name": "Ours", "notes": "n", "members": [PARTNER], "auto_associate_tables": False}
FOUND = {"name": "AMC", **IDENTITY, **JOINED, "status": "removed"}
# Records, what was found, and the records after that.
MERGES: dict[str, tuple[list[Data], list[Data], list[Data]]] = {
    "new ones come last, with the keys of a record": ([X], [{**FOUND, "changed": True}], [X, FOUND]),
    "status and membership follow": ([{**FOUND, "membership_id": "old", "status": "active"}], [FOUND], [FOUND]),
    "what people wrote stays": ([OURS], [THEIRS], [OURS]),
    "members pinned as nobody stay": ([{**OURS, "members": []}], [THEIRS], [{**OURS, "members": []}]),
    "nobody wrote it": ([IDENTITY], [THEIRS], [THEIRS]),
    "nobody wrote a name, but an empty one": ([{**IDENTITY, "name": ""}], [THEIRS], [THEIRS]),
    "nobody wrote a name, but null": ([{**IDENTITY, "name": None}], [THEIRS], [THEIRS]),
    "membership tells where the collaboration is unknown": ([JOINED], [FOUND], [FOUND]),
    "collaboration counts before membership": ([{**X, **JOINED}], [FOUND], [{**X, **JOINED}, FOUND]),
    "ids of two kinds tell nothing": ([JOINED], [{**X, "name": ""}, Y], [JOINED, X, Y]),
    "name never tells": ([{**X, "name": "AMC"}], [FOUND], [{**X, "name": "AMC"}, FOUND]),
    "found twice, put in once": ([], [IDENTITY, IDENTITY], [IDENTITY]),
    "unknown keys of people stay": ([{"mine": 1, **IDENTITY}], [FOUND], [{"mine": 1, **FOUND}]),
}


@pytest.mark.parametrize(("known", "found", "merged"), MERGES.values(), ids=MERGES)
def test_merge(known: list[Data], found: list[Data], merged: list[Data]) -> None:
    before = copy.deepcopy((known, found))
    assert merge_records(known, found) == merged
    assert (known, found) == before
