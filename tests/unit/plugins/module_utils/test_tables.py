# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._tables import (
    TableOptions,
    association_name,
    check_options,
    check_selection,
    describe_rule,
    select_tables,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    OTHER,
    PARTNER,
    ROLE,
    Data,
    id_of,
    options,
    record,
    table,
)

LEAST: dict[str, Any] = {
    "state": "present",
    "include": ["part_*"],
    "exclude": [],
    "configured_table_ids": [],
    "max_tables": 25,
    "name_prefix": "",
    "role": ROLE,
    "description": None,
    "tags": None,
    "purge_tags": True,
    "compare_role": False,
    "recreate": False,
    "purge": False,
    "analysis_rule": True,
    "result_receivers": None,
    "additional_analyses": None,
    "region": "us-east-1",
}
TABLES = [table("part_02"), table("dim_day"), table("part_01"), table("Part_03"), table("part_n_a")]


def names(tables: list[Data]) -> list[str]:
    return [one["name"] for one in tables]


class TestCheckOptions:
    def test_least(self) -> None:
        assert check_options(LEAST) == TableOptions(include=("part_*",), role=ROLE)

    def test_lists_become_tuples_and_none_stays(self) -> None:
        checked = check_options({**LEAST, "result_receivers": [], "additional_analyses": None, "tags": {}})
        assert checked.result_receivers == ()
        assert checked.additional_analyses is None
        assert checked.tags == {}

    def test_ids_alone(self) -> None:
        checked = check_options({**LEAST, "include": [], "configured_table_ids": [id_of("x")]})
        assert checked.configured_table_ids == (id_of("x"),)

    def test_absent_needs_no_role(self) -> None:
        assert check_options({**LEAST, "state": "absent", "role": None}).state == "absent"

    def test_one_table_is_enough(self) -> None:
        assert check_options({**LEAST, "max_tables": 1}).max_tables == 1

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"max_tables": 0}, "max_tables: 0 must be at least 1"),
            ({"max_tables": -3}, "max_tables: -3 must be at least 1"),
            ({"configured_table_ids": ["part_01"]}, "configured_table_ids: 'part_01' is not an id"),
            ({"configured_table_ids": [id_of("x"), id_of("x")]}, "configured_table_ids: .* stands twice"),
            ({"include": ["a", "a"]}, "include: 'a' stands twice"),
            ({"exclude": ["a", "a"]}, "exclude: 'a' stands twice"),
            ({"result_receivers": [PARTNER, PARTNER]}, f"result_receivers: '{PARTNER}' stands twice"),
            ({"result_receivers": ["AMC"]}, "result_receivers: 'AMC' is not an AWS account id"),
            ({"result_receivers": ["44445555666"]}, "result_receivers: '44445555666' is not an AWS account id"),
            ({"additional_analyses": ["*"]}, r"additional_analyses: '\*' is not the ARN"),
            ({"description": "x" * 256}, "description: has 256 characters, AWS allows 255"),
            ({"description": "a\x00"}, "description: .* holds a control character"),
            ({"tags": {"aws:x": "y"}}, "tags: 'aws:x'"),
            ({"tags": {"team": 1}}, r"tags\.team: is a number; write it in quotes"),
            ({"role": "a role"}, "role: 'a role' is not the name"),
            ({"role": "arn:aws:iam::1:role/x"}, "role: 'arn:aws:iam::1:role/x' is not the ARN of an IAM role"),
            ({"purge": True}, "purge: needs a name_prefix"),
        ],
    )
    def test_refused(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(CleanRoomsError, match=f"^{message}"):
            check_options({**LEAST, **changes})

    def test_purge_with_prefix(self) -> None:
        assert check_options({**LEAST, "purge": True, "name_prefix": "acx_"}).purge is True


class TestSelectTables:
    def test_sorted_by_name(self) -> None:
        assert names(select_tables(options(), record(), TABLES)) == ["part_01", "part_02", "part_n_a"]

    def test_exclude(self) -> None:
        chosen = select_tables(options(exclude=("part_n_*", "part_02")), record(), TABLES)
        assert names(chosen) == ["part_01"]

    def test_exclude_everything(self) -> None:
        assert select_tables(options(exclude=("*",)), record(), TABLES) == []

    def test_several_globs_take_a_table_once(self) -> None:
        assert names(select_tables(options(include=("part_01", "part_0*", "*1")), record(), TABLES)) == [
            "part_01",
            "part_02",
        ]

    def test_ids_come_besides_and_whatever_exclude_says(self) -> None:
        chosen = select_tables(
            options(include=("part_01",), exclude=("*day",), configured_table_ids=(TABLES[1]["id"], TABLES[2]["id"])),
            record(),
            TABLES,
        )
        assert names(chosen) == ["dim_day", "part_01"]

    def test_one_name_is_sorted_by_id(self) -> None:
        twins = [table("part_01", key=key) for key in "abc"]
        chosen = select_tables(options(), record(), twins)
        assert [one["id"] for one in chosen] == sorted(one["id"] for one in twins)

    def test_own_include_stands_in(self) -> None:
        assert names(select_tables(options(), record(include=("dim_*",)), TABLES)) == ["dim_day"]
        assert names(select_tables(options(exclude=("dim_*",)), record(include=("dim_*",)), TABLES)) == []

    def test_own_exclude_stands_in(self) -> None:
        chosen = select_tables(options(exclude=("part_01",)), record(exclude=("part_02",)), TABLES)
        assert names(chosen) == ["part_01", "part_n_a"]

    def test_own_empty_lists_stand_in_too(self) -> None:
        assert select_tables(options(), record(include=()), TABLES) == []
        assert len(select_tables(options(exclude=("*",)), record(exclude=()), TABLES)) == 3

    def test_own_include_does_not_take_ids_away(self) -> None:
        chosen = select_tables(options(configured_table_ids=(TABLES[1]["id"],)), record(include=()), TABLES)
        assert names(chosen) == ["dim_day"]

    def test_no_tables(self) -> None:
        assert select_tables(options(), record(), []) == []


class TestCheckSelection:
    def test_right(self) -> None:
        check_selection(options(exclude=("part_n_a",)), [record()], TABLES)

    def test_no_records(self) -> None:
        check_selection(options(), [], TABLES)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"include": ("part_*", "prat_*")}, r"include: 'prat_\*' matches none of the 5 configured tables"),
            ({"exclude": ("part_n_b",)}, "exclude: 'part_n_b' matches none"),
            (
                {"configured_table_ids": (id_of("x"),)},
                "configured_table_ids: .* is no configured table of this account",
            ),
            ({"name_prefix": "-"}, "name_prefix with the table's name: '-Part_03' is not a name AWS allows"),
            ({"name_prefix": "acx."}, "name_prefix with the table's name: 'acx.Part_03' is not a name AWS allows"),
            ({"name_prefix": "ä"}, "name_prefix with the table's name: 'äPart_03' is not a name AWS allows"),
            ({"name_prefix": "a" * 125}, "name_prefix with the table's name: .* has 132 characters, AWS allows 128"),
        ],
    )
    def test_refused(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(CleanRoomsError, match=f"^{message}"):
            check_selection(options(**{"include": ("[Pp]art_*",), **changes}), [record()], TABLES)

    def test_own_globs(self) -> None:
        with pytest.raises(CleanRoomsError, match=r"^tables\.include of AMC \(.*\): 'dmi_\*' matches none"):
            check_selection(options(), [record(), record(include=("dmi_*",))], TABLES)
        with pytest.raises(CleanRoomsError, match=r"^tables\.exclude of AMC \(.*\): 'part_9' matches none"):
            check_selection(options(), [record(exclude=("part_9",))], TABLES)

    def test_name_that_only_one_record_selects(self) -> None:
        tables = [*TABLES, table("dim.region")]
        check_selection(options(), [record()], tables)
        with pytest.raises(CleanRoomsError, match=r"'acx_dim\.region' is not a name AWS allows"):
            check_selection(options(), [record(), record(include=("dim*",))], tables)

    def test_two_tables_of_one_name(self) -> None:
        twins = [table("part_01", key="a"), table("part_01", key="b")]
        with pytest.raises(CleanRoomsError) as caught:
            check_selection(options(), [record()], [*TABLES[:2], *twins])
        for twin in twins:
            assert twin["id"] in str(caught.value.message)
        assert "'part_01' is the name of two configured tables" in str(caught.value.message)

    def test_two_tables_of_one_name_that_are_not_selected(self) -> None:
        twins = [table("dim_day", key="a"), table("dim_day", key="b")]
        check_selection(options(), [record()], [table("part_01"), *twins])

    def test_id_picks_one_of_two_tables_of_one_name(self) -> None:
        twins = [table("part_01", key="a"), table("part_01", key="b")]
        chosen = options(exclude=("part_01",), configured_table_ids=(twins[1]["id"],))
        check_selection(chosen, [record()], twins)
        assert select_tables(chosen, record(), twins) == [twins[1]]

    def test_names_that_only_case_tells_apart(self) -> None:
        check_selection(options(include=("*",)), [record()], [table("part"), table("PART")])


def test_association_name() -> None:
    assert association_name(options(), table("part_01")) == "acx_part_01"
    assert association_name(options(name_prefix=""), table("part_01")) == "part_01"


def test_describe_rule_sorts() -> None:
    assert describe_rule("LIST", [OTHER, PARTNER], ("b", "a")) == {
        "type": "LIST",
        "result_receivers": [PARTNER, OTHER],
        "additional_analyses": ["a", "b"],
    }
