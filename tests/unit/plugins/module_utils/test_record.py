# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import datetime
from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import (
    KEYS,
    NEVER_NULL,
    STATUSES,
    Record,
    merge_records,
    parse_record,
    parse_records,
    records_of,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    COLLABORATION,
    MEMBERSHIP,
    OTHER,
    PARTNER,
    id_of,
)

IDENTITY = {"collaboration_id": COLLABORATION}


def refusal_of(value: Any) -> str:
    with pytest.raises(CleanRoomsError) as caught:
        parse_record(value, "collaborations[3]")
    return str(caught.value.message)


class TestParseRecord:
    def test_everything(self) -> None:
        value = {
            "name": "AMC",
            "collaboration_id": COLLABORATION,
            "membership_id": MEMBERSHIP,
            "status": "inactive",
            "auto_associate_tables": False,
            "auto_associate_namespace": False,
            "tables": {"include": ["part_*"], "exclude": ["part_n_a"]},
            "result_receivers": [PARTNER],
            "members": [PARTNER, OTHER],
            "notes": "call them first",
        }
        before = copy.deepcopy(value)
        assert parse_record(value, "x") == Record(
            name="AMC",
            collaboration_id=COLLABORATION,
            membership_id=MEMBERSHIP,
            status="inactive",
            auto_associate_tables=False,
            auto_associate_namespace=False,
            include=("part_*",),
            exclude=("part_n_a",),
            result_receivers=(PARTNER,),
            members=(PARTNER, OTHER),
            notes="call them first",
        )
        assert value == before

    def test_least(self) -> None:
        assert parse_record(IDENTITY, "x") == Record(collaboration_id=COLLABORATION)
        assert parse_record({"membership_id": MEMBERSHIP}, "x") == Record(membership_id=MEMBERSHIP)

    def test_defaults_share_nothing_with_members_that_nobody_judged(self) -> None:
        parsed = parse_record(IDENTITY, "x")
        assert parsed.pinned is True
        assert parsed.members is None
        assert (parsed.status, parsed.auto_associate_tables, parsed.auto_associate_namespace) == ("active", True, True)

    @pytest.mark.parametrize("key", sorted(set(KEYS) - {"collaboration_id", *NEVER_NULL}))
    def test_null_that_shares_no_more_is_as_if_not_there(self, key: str) -> None:
        assert parse_record({**IDENTITY, key: None}, "x") == parse_record(IDENTITY, "x")

    @pytest.mark.parametrize(
        ("key", "hint"),
        [
            ("status", ""),
            ("auto_associate_tables", ""),
            ("auto_associate_namespace", ""),
            ("tables", ""),
            ("result_receivers", " ([] for none)"),
        ],
    )
    def test_null_that_would_share_more(self, key: str, hint: str) -> None:
        """As where somebody turned the last entry of a list into a comment."""
        message = refusal_of({**IDENTITY, key: None})
        assert message == f"collaborations[3].{key}: is null; write what is meant{hint}, or remove the key"

    @pytest.mark.parametrize("key", ["include", "exclude"])
    def test_null_in_tables(self, key: str) -> None:
        message = refusal_of({**IDENTITY, "tables": {key: None}})
        assert message.startswith(f"collaborations[3].tables.{key}: is null; write what is meant ([] for none)")

    @pytest.mark.parametrize("key", ["members", "result_receivers"])
    def test_empty_list_is_not_the_same_as_no_list(self, key: str) -> None:
        assert getattr(parse_record({**IDENTITY, key: []}, "x"), key) == ()
        assert getattr(parse_record(IDENTITY, "x"), key) is None

    @pytest.mark.parametrize("key", ["include", "exclude"])
    def test_empty_globs_are_not_the_same_as_no_globs(self, key: str) -> None:
        assert getattr(parse_record({**IDENTITY, "tables": {key: []}}, "x"), key) == ()

    @pytest.mark.parametrize("status", STATUSES)
    def test_each_status(self, status: str) -> None:
        assert parse_record({**IDENTITY, "status": status}, "x").status == status

    @pytest.mark.parametrize("status", ["ACTIVE", "Active", "", "gone", "active "])
    def test_other_status(self, status: str) -> None:
        message = refusal_of({**IDENTITY, "status": status})
        assert message.startswith(f"collaborations[3].status: {status!r} is not one of active, inactive, left")

    @pytest.mark.parametrize(
        ("wrong", "near"),
        [
            ("collaboraton_id", "collaboration_id"),
            ("membership-id", "membership_id"),
            ("auto_asociate_tables", "auto_associate_tables"),
            ("member", "members"),
            ("result_receiver", "result_receivers"),
            ("Status", "status"),
            ("note", "notes"),
            ("table", "tables"),
            ("collab", "collaboration_id"),
        ],
    )
    def test_unknown_key_names_the_nearest(self, wrong: str, near: str) -> None:
        message = refusal_of({**IDENTITY, wrong: "x"})
        assert message == f"collaborations[3]: {wrong!r} is no key of a collaboration's record; did you mean {near!r}?"

    @pytest.mark.parametrize("wrong", ["xyzzy", "", 7, True, 1.5, "\u202e\x1b" * 9])
    def test_unknown_key_like_no_other_names_all(self, wrong: Any) -> None:
        message = refusal_of({**IDENTITY, wrong: "x"})
        assert f"{wrong!r} is no key" in message
        assert ", ".join(KEYS) in message

    def test_unknown_key_in_tables(self) -> None:
        message = refusal_of({**IDENTITY, "tables": {"excludes": ["x"]}})
        assert message.startswith("collaborations[3].tables: 'excludes' is no key")
        assert message.endswith("did you mean 'exclude'?")

    @pytest.mark.parametrize(
        ("key", "value", "right"),
        [
            ("name", 12, "a number; write it in quotes"),
            ("name", ["AMC"], "a list; write it in quotes"),
            ("name", datetime.date(2026, 1, 1), "a date or time; write it in quotes"),
            ("notes", {"a": 1}, "a dictionary; write it in quotes"),
            ("status", True, "true or false; write it in quotes"),
            ("collaboration_id", 123, "a number; write it in quotes"),
            ("membership_id", 1.5, "a number; write it in quotes"),
            ("auto_associate_tables", "yes", "a string; it must be true or false"),
            ("auto_associate_tables", 1, "a number; it must be true or false"),
            ("auto_associate_namespace", "false", "a string; it must be true or false"),
            ("tables", ["part_*"], "a list; it must be a dictionary"),
            ("tables", "part_*", "a string; it must be a dictionary"),
            ("members", PARTNER, "a string; it must be a list"),
            ("members", {PARTNER: 1}, "a dictionary; it must be a list"),
            ("result_receivers", int(PARTNER), "a number; it must be a list"),
        ],
    )
    def test_wrong_type(self, key: str, value: Any, right: str) -> None:
        assert refusal_of({**IDENTITY, key: value}) == f"collaborations[3].{key}: is {right}"

    @pytest.mark.parametrize(
        ("value", "kind"),
        [("part_*", "a string"), ({"a": 1}, "a dictionary"), (3, "a number"), (True, "true or false")],
    )
    def test_wrong_type_in_tables(self, value: Any, kind: str) -> None:
        message = refusal_of({**IDENTITY, "tables": {"include": value}})
        assert message == f"collaborations[3].tables.include: is {kind}; it must be a list"

    @pytest.mark.parametrize("key", ["members", "result_receivers"])
    @pytest.mark.parametrize(
        ("item", "kind"),
        [
            (0o12345670123, "a number"),  # YAML of 012345670123
            (True, "true or false"),
            (None, "null"),
            (12.0, "a number"),
            ([PARTNER], "a list"),
            ({}, "a dictionary"),
        ],
    )
    def test_item_that_is_no_string(self, key: str, item: Any, kind: str) -> None:
        message = refusal_of({**IDENTITY, key: [PARTNER, item]})
        assert message == f"collaborations[3].{key}: is {kind}; write account ids in quotes, 12 digits"

    @pytest.mark.parametrize("key", ["include", "exclude"])
    def test_glob_that_is_no_string(self, key: str) -> None:
        message = refusal_of({**IDENTITY, "tables": {key: [1]}})
        assert message == f"collaborations[3].tables.{key}: is a number; write it in quotes"

    @pytest.mark.parametrize("key", ["members", "result_receivers"])
    def test_item_twice(self, key: str) -> None:
        message = refusal_of({**IDENTITY, key: [PARTNER, OTHER, PARTNER]})
        assert message == f"collaborations[3].{key}: {PARTNER!r} stands twice; name it once"

    def test_glob_twice(self) -> None:
        message = refusal_of({**IDENTITY, "tables": {"include": ["a*", "a*"]}})
        assert message == "collaborations[3].tables.include: 'a*' stands twice; name it once"

    @pytest.mark.parametrize("key", ["members", "result_receivers"])
    @pytest.mark.parametrize(
        "account", ["", "11112222333", "1111222233334", f"{PARTNER}\n", f" {PARTNER}", "\u0664" * 12, "44445555666x"]
    )
    def test_account_that_is_none(self, key: str, account: str) -> None:
        message = refusal_of({**IDENTITY, key: [account]})
        assert message.startswith(f"collaborations[3].{key}: {account!r} is not an AWS account id of 12 digits")

    def test_account_may_begin_with_zero(self) -> None:
        assert parse_record({**IDENTITY, "members": ["000000000001"]}, "x").members == ("000000000001",)

    @pytest.mark.parametrize("key", ["collaboration_id", "membership_id"])
    @pytest.mark.parametrize(
        "wrong",
        [
            COLLABORATION.upper(),
            COLLABORATION[:-1],
            COLLABORATION + "0",
            COLLABORATION + "\n",
            COLLABORATION.replace("-", ""),
            "{{ lookup('pipe', 'id') }}",
            f"../{COLLABORATION}",
            "AMC Collaboration",
        ],
    )
    def test_id_that_is_none(self, key: str, wrong: str) -> None:
        message = refusal_of({**IDENTITY, key: wrong})
        assert message.startswith(f"collaborations[3].{key}: {wrong!r} is not an id as AWS gives it")

    @pytest.mark.parametrize("value", [{}, {"name": "AMC"}, {"collaboration_id": "", "membership_id": None}])
    def test_no_identity(self, value: dict[str, Any]) -> None:
        message = refusal_of(value)
        assert message.startswith("collaborations[3]: has neither collaboration_id nor membership_id")

    @pytest.mark.parametrize("value", ["AMC", 3, None, [IDENTITY], True])
    def test_no_dictionary(self, value: Any) -> None:
        message = refusal_of(value)
        assert message == f"collaborations[3]: {value!r} is not a dictionary with the keys of a collaboration's record"


class TestParseRecords:
    def test_none(self) -> None:
        assert parse_records([]) == []

    def test_order_is_kept(self) -> None:
        ids = [id_of(str(number)) for number in range(5)]
        assert [one.collaboration_id for one in parse_records({"collaboration_id": one} for one in ids)] == ids

    def test_place_in_the_list_is_named(self) -> None:
        with pytest.raises(CleanRoomsError, match=r"^collaborations\[1\]: 'nme' is no key"):
            parse_records([IDENTITY, {"nme": 1}])

    @pytest.mark.parametrize("key", ["collaboration_id", "membership_id"])
    def test_same_id_twice(self, key: str) -> None:
        with pytest.raises(CleanRoomsError, match=rf"^collaborations\.{key}: '{COLLABORATION}' stands twice"):
            parse_records([{key: COLLABORATION, "name": "A"}, {key: COLLABORATION, "name": "B"}])

    def test_same_name_twice_is_no_matter(self) -> None:
        assert len(parse_records([{**IDENTITY, "name": "A"}, {"membership_id": MEMBERSHIP, "name": "A"}])) == 2

    def test_many_without_the_other_id_are_no_duplicates(self) -> None:
        assert len(parse_records([{"collaboration_id": id_of("a")}, {"collaboration_id": id_of("b")}])) == 2


class TestRecordsOf:
    def test_membership(self) -> None:
        assert records_of({"membership_id": MEMBERSHIP, "collaborations": None}) == [
            Record(membership_id=MEMBERSHIP, pinned=False)
        ]

    @pytest.mark.parametrize("wrong", ["", "AMC", MEMBERSHIP + "\n"])
    def test_membership_that_is_none(self, wrong: str) -> None:
        with pytest.raises(CleanRoomsError, match=r"^membership_id: "):
            records_of({"membership_id": wrong, "collaborations": None})

    def test_null(self) -> None:
        with pytest.raises(CleanRoomsError, match=r"^collaborations: is null"):
            records_of({"membership_id": None, "collaborations": None})

    def test_collaborations(self) -> None:
        assert records_of({"membership_id": None, "collaborations": [IDENTITY]}) == [
            Record(collaboration_id=COLLABORATION)
        ]
        assert records_of({"membership_id": None, "collaborations": []}) == []


class TestLabel:
    def test_name_and_id(self) -> None:
        assert Record(name="AMC", collaboration_id="c", membership_id="m").label == "AMC (c)"
        assert Record(name="AMC", membership_id="m").label == "AMC (m)"

    def test_id_alone(self) -> None:
        assert Record(collaboration_id="c").label == "c"
        assert Record(membership_id="m").label == "m"

    def test_strangers_name_cannot_command_a_terminal(self) -> None:
        label = Record(name="\x1b[2J\r\nAMC\u202e\x9b1m", collaboration_id="c").label
        assert label == "\\x1b[2J\\r\\nAMC\\u202e\\x9b1m (c)"
        assert label.isprintable()


class TestMergeRecords:
    def test_new_ones_come_last_with_the_keys_of_a_record_alone(self) -> None:
        found = {**IDENTITY, "membership_id": MEMBERSHIP, "name": "AMC", "status": "active", "changed": True}
        merged = merge_records([{"collaboration_id": id_of("x")}], [found])
        assert merged == [
            {"collaboration_id": id_of("x")},
            {"name": "AMC", **IDENTITY, "membership_id": MEMBERSHIP, "status": "active"},
        ]

    def test_status_and_membership_follow_what_was_found(self) -> None:
        known = {**IDENTITY, "membership_id": id_of("old"), "status": "active"}
        found = {**IDENTITY, "membership_id": MEMBERSHIP, "status": "removed"}
        assert merge_records([known], [found]) == [found]

    def test_what_people_wrote_stays(self) -> None:
        known = {**IDENTITY, "name": "Ours", "notes": "n", "members": [PARTNER], "auto_associate_tables": False}
        found = {**IDENTITY, "name": "Theirs", "notes": "m", "members": [OTHER], "auto_associate_tables": True}
        assert merge_records([known], [found]) == [known]

    def test_members_pinned_as_nobody_stay(self) -> None:
        known = {**IDENTITY, "members": []}
        assert merge_records([known], [{**IDENTITY, "members": [OTHER]}])[0]["members"] == []

    @pytest.mark.parametrize("known", [{}, {"name": ""}, {"name": None}])
    def test_what_nobody_wrote_is_filled_in(self, known: dict[str, Any]) -> None:
        merged = merge_records([{**IDENTITY, **known}], [{**IDENTITY, "name": "AMC", "members": [OTHER]}])
        assert merged == [{**IDENTITY, "name": "AMC", "members": [OTHER]}]

    def test_membership_tells_where_the_collaboration_is_unknown(self) -> None:
        merged = merge_records([{"membership_id": MEMBERSHIP}], [{**IDENTITY, "membership_id": MEMBERSHIP}])
        assert merged == [{**IDENTITY, "membership_id": MEMBERSHIP}]

    def test_collaboration_counts_before_membership(self) -> None:
        known = {"collaboration_id": id_of("x"), "membership_id": MEMBERSHIP}
        assert len(merge_records([known], [{**IDENTITY, "membership_id": MEMBERSHIP}])) == 2

    def test_ids_of_two_kinds_tell_nothing(self) -> None:
        found = [{"collaboration_id": id_of("x"), "name": ""}, {"collaboration_id": id_of("y")}]
        merged = merge_records([{"membership_id": id_of("m")}], found)
        assert merged == [
            {"membership_id": id_of("m")},
            {"collaboration_id": id_of("x")},
            {"collaboration_id": id_of("y")},
        ]

    def test_name_never_tells(self) -> None:
        merged = merge_records([{**IDENTITY, "name": "AMC"}], [{"collaboration_id": id_of("x"), "name": "AMC"}])
        assert len(merged) == 2

    def test_same_one_found_twice_is_put_in_once(self) -> None:
        assert merge_records([], [IDENTITY, IDENTITY]) == [IDENTITY]

    def test_input_is_left_alone(self) -> None:
        known = [{**IDENTITY, "status": "active"}]
        before = copy.deepcopy(known)
        merge_records(known, [{**IDENTITY, "status": "left"}])
        assert known == before

    def test_unknown_keys_of_people_stay(self) -> None:
        known = {**IDENTITY, "mine": 1}
        assert merge_records([known], [{**IDENTITY, "status": "active"}]) == [{**known, "status": "active"}]
