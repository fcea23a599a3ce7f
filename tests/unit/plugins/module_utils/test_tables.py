# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Options of table associations, and which tables they select."""

from __future__ import annotations

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _tables as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples as s
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import Data, options, record, table

PARTNER, ROLE, X = s.PARTNER, s.ROLE, s.id_of("x")
LEAST: Data = {
    **dict.fromkeys(("description", "tags", "result_receivers", "additional_analyses")),
    **dict.fromkeys(("check_role", "recreate", "purge"), False),
    "state": "present", "include": ["part_*"], "exclude": [], "configured_table_ids": [], "max_tables": 25,
    "name_prefix": "", "role": ROLE, "purge_tags": True, "analysis_rule": True, "region": "us-east-1",
}  # fmt: skip
DIM, TWINS = table("dim_day"), [table("part_01", key=key) for key in "ab"]
TABLES = [table("part_02"), DIM, table("part_01"), table("Part_03"), table("part_n_a")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, {}),
        ({"result_receivers": [], "tags": {}}, {"result_receivers": (), "tags": {}}),
        ({"include": [], "configured_table_ids": [X]}, {"include": (), "configured_table_ids": (X,)}),
        ({"state": "absent", "role": None}, {"state": "absent", "role": None}),
        ({"max_tables": 1}, {"max_tables": 1}),
        ({"purge": True, "name_prefix": "acx_"}, {"purge": True, "name_prefix": "acx_"}),
    ],
)
def test_options(changes: Data, expected: Data) -> None:
    given = {"include": ("part_*",), "role": ROLE, **expected}
    assert code.check_options({**LEAST, **changes}) == code.TableOptions(**given)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_tables": 0}, "max_tables: 0 must be at least 1"),
        ({"max_tables": -3}, "max_tables: -3 must be at least 1"),
        ({"configured_table_ids": ["part_01"]}, "configured_table_ids: 'part_01' is not an id"),
        ({"configured_table_ids": [X, X]}, "configured_table_ids: .* stands twice"),
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
        ({"role": None}, "role: is null"),
        ({"role": "a role"}, "role: 'a role' is not the name"),
        ({"role": "arn:aws:iam::1:role/x"}, "role: 'arn:aws:iam::1:role/x' is not the ARN of an IAM role"),
        ({"purge": True}, "purge: needs a name_prefix"),
    ],
)
def test_options_refused(changes: Data, message: str) -> None:
    with pytest.raises(CleanRoomsError, match=f"^{message}"):
        code.check_options({**LEAST, **changes})


IDS = (DIM["id"], TABLES[2]["id"])
# Options, what the record says, and the names of the tables selected.
SELECTIONS: dict[str, tuple[Data, Data, str]] = {
    "sorted by name": ({}, {}, "part_01 part_02 part_n_a"),
    "exclude": ({"exclude": ("part_n_*", "part_02")}, {}, "part_01"),
    "exclude everything": ({"exclude": ("*",)}, {}, ""),
    "several globs take a table once": ({"include": ("part_01", "part_0*", "*1")}, {}, "part_01 part_02"),
    "ids, whatever exclude says": (
        {"include": ("part_01",), "exclude": ("*day",), "configured_table_ids": IDS}, {}, "dim_day part_01"
    ),
    "own include": ({}, {"include": ("dim_*",)}, "dim_day"),
    "own include, excluded": ({"exclude": ("dim_*",)}, {"include": ("dim_*",)}, ""),
    "own exclude": ({"exclude": ("part_01",)}, {"exclude": ("part_02",)}, "part_01 part_n_a"),
    "own exclude takes ids away": (
        {"include": ("part_01",), "configured_table_ids": IDS}, {"exclude": ("dim_*",)}, "part_01"
    ),
    "own empty include": ({}, {"include": ()}, ""),
    "own empty exclude": ({"exclude": ("*",)}, {"exclude": ()}, "part_01 part_02 part_n_a"),
    "own include takes no ids away": ({"configured_table_ids": IDS[:1]}, {"include": ()}, "dim_day"),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "own", "names"), SELECTIONS.values(), ids=SELECTIONS)
def test_selection(wanted: Data, own: Data, names: str) -> None:
    chosen = code.select_tables(options(**wanted), record(**own), iter(TABLES))
    assert " ".join(one["name"] for one in chosen) == names
    assert code.select_tables(options(**wanted), record(**own), []) == []


def test_selection_of_one_name() -> None:
    assert code.select_tables(options(), record(), TWINS) == sorted(TWINS, key=lambda one: str(one["id"]))
    chosen = options(exclude=("part_01",), configured_table_ids=(TWINS[1]["id"],))
    assert code.select_tables(chosen, record(), TWINS) == [TWINS[1]]
    code.check_record_selection(chosen, record(), TWINS)


NO_NAME, NOT_ALLOWED = "name_prefix with the table's name: ", "is not a name AWS allows"
TWO = f"include: 'part_01' is the name of two configured tables, {TWINS[0]['id']} and {TWINS[1]['id']}; rename one, or"
NO_TABLE = f"configured_table_ids: '{X}' is no configured table of this account and Region"
PARTS, REGION, A = {"include": ("[Pp]art_*",)}, [*TABLES, table("dim.r")], "a" * 125
CASED, TWICE = [table("part"), table("PART")], [TABLES[0], *TWINS]
TAKEN_BACK = {"state": "absent", "include": ("gone",), "configured_table_ids": (X,)}
# Options, what another record says, the tables, and how the message begins; none where they are right.
CHECKS: dict[str, tuple[Data, Data, list[Data], str]] = {
    "right": ({"exclude": ("part_n_a",)}, {}, TABLES, ""),
    "include": ({"include": ("part_*", "prat_*")}, {}, TABLES, "include: 'prat_*' matches none of the 5 configured"),
    "exclude": ({"exclude": ("part_n_b",)}, {}, TABLES, "exclude: 'part_n_b' matches none"),
    "id": ({"configured_table_ids": (X,)}, {}, TABLES, NO_TABLE),
    "nothing to select": ({"include": ()}, {}, TABLES, "include: is empty, and so is configured_table_ids;"),
    "an id suffices": ({"include": (), "configured_table_ids": IDS}, {}, TABLES, ""),
    "to take back, include may name what is gone": (TAKEN_BACK, {}, TABLES, ""),
    "to take back, exclude may not": ({**TAKEN_BACK, "exclude": ("gone",)}, {}, TABLES, "exclude: 'gone' matches none"),
    "prefix hyphen": ({**PARTS, "name_prefix": "-"}, {}, TABLES, f"{NO_NAME}'-Part_03' {NOT_ALLOWED}"),
    "prefix dot": ({**PARTS, "name_prefix": "acx."}, {}, TABLES, f"{NO_NAME}'acx.Part_03' {NOT_ALLOWED}"),
    "prefix umlaut": ({**PARTS, "name_prefix": "ä"}, {}, TABLES, f"{NO_NAME}'äPart_03' {NOT_ALLOWED}"),
    "prefix too long": (
        {**PARTS, "name_prefix": A},
        {},
        TABLES,
        f"{NO_NAME}'{A}Part_03' has 132 characters",
    ),
    "own include": ({}, {"include": ("dmi_*",)}, TABLES, f"tables.include of {record().label}: 'dmi_*' matches none"),
    "own exclude": ({}, {"exclude": ("part_9",)}, TABLES, f"tables.exclude of {record().label}: 'part_9' matches none"),
    "a name that no record selects": ({}, {}, REGION, ""),
    "a name that one record selects": ({}, {"include": ("dim*",)}, REGION, f"{NO_NAME}'acx_dim.r' {NOT_ALLOWED}"),
    "two tables of one name": ({}, {}, TWICE, TWO),
    "two tables of one name, not selected": ({"include": ("part_02",)}, {}, TWICE, ""),
    "names that only case tells apart": ({"include": ("*",)}, {}, CASED, ""),
}


@pytest.mark.parametrize(("wanted", "own", "tables", "message"), CHECKS.values(), ids=CHECKS)
def test_check_selection(wanted: Data, own: Data, tables: list[Data], message: str) -> None:
    records = [record(), record(**own)]
    # Without a record, what the options alone would select is checked.
    for given in (records, [] if not own else records[::-1]):
        told = ""
        try:
            code.check_selection(options(**wanted), iter(given), tables)
            for one in given:
                code.check_record_selection(options(**wanted), one, tables)
        except CleanRoomsError as error:
            told = str(error.message)
        assert (told[: len(message)], bool(told)) == (message, bool(message))


def test_include_of_records_suffices() -> None:
    code.check_selection(options(include=()), [record(include=("dim*",))], TABLES)


def test_names_and_rules() -> None:
    assert code.association_name(options(), DIM) == "acx_dim_day"
    assert code.association_name(options(name_prefix=""), DIM) == "dim_day"
    sides = {"result_receivers": [PARTNER, s.OTHER], "additional_analyses": ["a", "b"]}
    assert code.describe_rule("LIST", [s.OTHER, PARTNER], ("b", "a")) == {"type": "LIST", **sides}
