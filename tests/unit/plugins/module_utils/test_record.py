# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records: what they mean, and what is refused in them, with which words."""

from __future__ import annotations

import copy
import datetime
from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _record
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import Record, RecordedMember, Review, parse_record
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import Data

PARTNER, OTHER, MEMBERSHIP, COLLABORATION = samples.PARTNER, samples.OTHER, samples.MEMBERSHIP, samples.COLLABORATION
IDENTITY = {"collaboration_id": COLLABORATION}
X, Y = {"collaboration_id": samples.id_of("x")}, {"collaboration_id": samples.id_of("y")}
JOINED = {"membership_id": MEMBERSHIP}
MEMBER, LEAST = {"account_id": PARTNER, "abilities": ["CAN_QUERY"], "display_name": "AMC"}, {"account_id": OTHER}
ACCOUNTS, GLOBS, IDS = ("result_receivers",), ("include", "exclude"), ("collaboration_id", "membership_id")


def test_everything() -> None:
    switches = {"auto_associate_tables": False, "auto_associate_namespace": False}
    plain = {"name": "AMC", **IDENTITY, **JOINED, **switches, "status": "inactive", "notes": "call them first"}
    tables = {"include": ["part_*"], "exclude": ["part_n_a"]}
    changes = {
        "own_abilities": ["CAN_QUERY"],
        "own_payments": ["queryCompute"],
        "auto_approved_changes": ["ADD_MEMBER"],
    }
    reviewed = {"at": "2026-11-27", "by": "arn", **changes, "receivers": [PARTNER]}
    value = {**plain, "tables": tables, "result_receivers": [PARTNER], "reviewed": reviewed, "members": [MEMBER, LEAST]}
    before = copy.deepcopy(value)
    lists = {"include": ("part_*",), "exclude": ("part_n_a",), "result_receivers": (PARTNER,)}
    review = Review((PARTNER,), "2026-11-27", "arn", ("CAN_QUERY",), ("queryCompute",), ("ADD_MEMBER",))
    members = (RecordedMember(PARTNER, ("CAN_QUERY",), "AMC"), RecordedMember(OTHER))
    record = parse_record(value, "x")
    assert record == Record(**plain, **lists, reviewed=review, members=members)
    assert record.accounts == (PARTNER, OTHER)
    assert value == before


@pytest.mark.parametrize(
    ("value", "key", "expected"),
    [
        *(({}, key, None) for key in ("members", "reviewed", *ACCOUNTS, *GLOBS)),
        ({"members": []}, "members", ()),
        ({"members": [{**LEAST, "display_name": None}]}, "members", (RecordedMember(OTHER),)),
        ({"reviewed": {"receivers": []}}, "reviewed", Review(())),
        *(({key: []}, key, ()) for key in ACCOUNTS),
        *(({"tables": {key: []}}, key, ()) for key in GLOBS),
        *(({key: None}, key, getattr(Record(), key)) for key in ("name", "membership_id", "members", "notes")),
        *(({"status": status}, "status", status) for status in _record.STATUSES),
        ({"result_receivers": ["000000000001"]}, "result_receivers", ("000000000001",)),
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
    # Ansible puts null for what was left out: what a user wrote so is refused before, as it was written.
    nulls = {
        **dict.fromkeys(_record.KEYS),
        **IDENTITY,
        "tables": {"include": None},
        "members": [{**LEAST, "abilities": None}],
    }
    given = {"membership_id": None, "collaborations": [nulls]}
    assert _record.records_of(given) == [Record(collaboration_id=COLLABORATION, members=(RecordedMember(OTHER),))]
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
    ("members", {PARTNER: 1}, f"a dictionary{LIST}"), ("reviewed", [], f"a list{DICTIONARY}"),
    ("result_receivers", int(PARTNER), f"a number{LIST}"),
]  # fmt: skip
NO_IDS = [
    COLLABORATION.upper(), COLLABORATION[:-1], COLLABORATION + "0", COLLABORATION + "\n", f"../{COLLABORATION}",
    COLLABORATION.replace("-", ""), "{{ lookup('pipe', 'id') }}", "AMC Collaboration",
]  # fmt: skip
NO_ACCOUNTS = ["", "11112222333", "1111222233334", f"{PARTNER}\n", f" {PARTNER}", "\u0664" * 12, "44445555666x"]
NO_STATUSES, UNKNOWN = ["ACTIVE", "Active", "", "gone", "active "], ["xyzzy", "", 7, True, 1.5, "\u202e\x1b" * 9]
STATUSES = "active, suspended, inactive, left, removed, deleted"
# The first is what YAML makes of 012345670123.
NO_TEXTS: list[tuple[Any, str]] = [
    (0o12345670123, "a number"), (True, "true or false"), (None, "null"), (12.0, "a number"), ([PARTNER], "a list"),
    ({}, "a dictionary"),
]  # fmt: skip
NO_MEMBERS: list[tuple[Any, str]] = [
    (PARTNER, "a string"), (0o12345670123, "a number"), (None, "null"), ([PARTNER], "a list"), (True, "true or false"),
]  # fmt: skip
FORM = "{account_id: '210987654321', abilities: [CAN_QUERY], display_name: Partner}"
# What is put into a record, and how the message begins after the name of the option.
REFUSED: list[tuple[dict[Any, Any], str]] = [
    *(({key: None}, f".{key}: {NULL}, or remove the key") for key in _record.NEVER_NULL[:4]),
    ({"reviewed": None}, f".reviewed: {NULL}, or remove the key"),
    ({"reviewed": {"receivers": None}}, f".reviewed.receivers: {NULL} ([] for none), or remove the key"),
    ({"reviewed": {}}, ".reviewed: has no receivers"),
    ({"reviewed": {"receivers": [], "on": "x"}}, f".reviewed: 'on' {NO_KEY}"),
    ({"reviewed": {"receivers": [1]}}, ".reviewed.receivers: is a number; write account ids in quotes, 12 digits"),
    ({"reviewed": {"receivers": ["AMC"]}}, ".reviewed.receivers: 'AMC' is not an AWS account id of 12"),
    *(
        ({"members": [MEMBER, one]}, f".members[entry 2]: is {what}; write a member as {FORM}, the id in quotes")
        for one, what in NO_MEMBERS
    ),
    ({"members": [{}]}, ".members[entry 1]: has no account_id"),
    ({"members": [{"account_id": None}]}, f".members[entry 1].account_id: {NULL}, or remove the key"),
    (
        {"members": [{"account_id": 0o12345670123}]},
        ".members[entry 1].account_id: is a number; write account ids in quotes",
    ),
    ({"members": [{"account_id": "AMC"}]}, ".members[AMC].account_id: 'AMC' is not an AWS account id of 12"),
    (
        {"members": [{**LEAST, "status": "ACTIVE"}]},
        f".members[{LEAST['account_id']}]: 'status' {NO_KEY}; known keys are account_id, disp",
    ),
    (
        {"members": [{**LEAST, "abilities": None}]},
        f".members[{LEAST['account_id']}].abilities: {NULL} ([] for none), or remove the key",
    ),
    (
        {"members": [{**LEAST, "abilities": "CAN_QUERY"}]},
        f".members[{LEAST['account_id']}].abilities: is a string{LIST}",
    ),
    ({"members": [{**LEAST, "abilities": [1]}]}, f".members[{OTHER}].abilities: is a number{QUOTED}"),
    (
        {"members": [{**LEAST, "abilities": ["CAN_FLY"]}]},
        f".members[{LEAST['account_id']}].abilities: 'CAN_FLY' is not supported by this",
    ),
    ({"members": [MEMBER, LEAST, {**MEMBER, "abilities": []}]}, f".members: {PARTNER!r} stands twice; name it once"),
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
        ([IDENTITY, {"nme": 1}], "collaborations[entry 2]: 'nme' is no key"),
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
    ("value", "label"),
    [
        ({"name": "AMC", "collaboration_id": "c", "membership_id": "m"}, "AMC (c)"),
        ({"name": "AMC", "membership_id": "m"}, "AMC (m)"),
        ({"name": "AMC"}, "AMC"),
        ({"collaboration_id": "c"}, "c"),
        ({"membership_id": "m"}, "m"),
        # A stranger's name cannot command a terminal.
        ({"name": "\x1b[2J\r\nAMC\u202e\x9b1m", "collaboration_id": "c"}, "\\x1b[2J\\r\\nAMC\\u202e\\x9b1m (c)"),
    ],
)
def test_label(value: Data, label: str) -> None:
    assert Record(**value).label == _record.label_of(value, 1) == label


def test_members_of_a_pending_invitation() -> None:
    with pytest.raises(CleanRoomsError) as caught:
        _record.parse_members("AMC", "x.members")
    assert caught.value.message == f"x.members: is a string{LIST}"


@pytest.mark.parametrize("option", ["record", "only", "suspend"])
def test_what_is_for_the_action_plugin(option: str) -> None:
    with pytest.raises(CleanRoomsError, match=f"^{option}: is for the action plugin of this module"):
        _record.records_of({"membership_id": None, "collaborations": [], option: ""})
