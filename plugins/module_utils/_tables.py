# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Configured table associations: the options, which tables they select, and what there is to compare with.

Pure: nothing here talks to AWS. Tables, associations and members are dictionaries as AWS answers them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ._errors import CleanRoomsError, printable
from ._record import Record
from ._trust import not_supported
from ._validate import (
    DESCRIPTION_LENGTH,
    check_account_ids,
    check_additional_analyses,
    check_association_name,
    check_given,
    check_globs,
    check_no_duplicates,
    check_role,
    check_tags,
    check_text,
    check_uuids,
    matches,
    options_from,
)

Data = dict[str, Any]
UNNAMED = "a configured table that cannot be read"
RULE_TYPES = ("CUSTOM", "LIST", "AGGREGATION")


@dataclass(frozen=True)
class TableOptions:
    """The options of C(cleanrooms_table_association) that say what is wanted in every collaboration."""

    state: str = "present"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    configured_table_ids: tuple[str, ...] = ()
    max_tables: int = 25
    name_prefix: str = ""
    role: str | None = None
    description: str | None = None
    tags: dict[str, str] | None = None
    purge_tags: bool = True
    analysis_rule: bool = True
    result_receivers: tuple[str, ...] | None = None
    members_elsewhere: tuple[str, ...] = ()
    additional_analyses: tuple[str, ...] | None = None
    check_role: bool = False
    recreate: bool = False
    purge: bool = False


@dataclass(frozen=True)
class TableState:
    """What is there for one collaboration; C(membership_id) is empty while an invitation is not accepted yet.

    By association id: C(rules) as C(describe_rule) makes them, C(details) as GetConfiguredTableAssociation answers, and
    C(tags); of the last two only those that the options need. C(unsupported) says why a rule cannot be compared.
    C(refusal) says why the members are not known, and then nothing may be shared.
    """

    own_account: str
    membership_id: str = ""
    members: list[Data] = field(default_factory=list)
    associations: list[Data] = field(default_factory=list)
    rules: dict[str, Data] = field(default_factory=dict)
    details: dict[str, Data] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    unsupported: dict[str, str] = field(default_factory=dict)
    refusal: str = ""


def check_options(params: Mapping[str, Any]) -> TableOptions:
    """Return the module's options; raise C(CleanRoomsError) for a value that cannot be right."""
    if params["max_tables"] < 1:
        raise CleanRoomsError(f"max_tables: {params['max_tables']} must be at least 1; AWS's default quota is 25")
    check_uuids("configured_table_ids", params["configured_table_ids"])
    for option in ("include", "exclude", "configured_table_ids", "result_receivers"):
        check_no_duplicates(option, params[option] or ())
    check_account_ids("result_receivers", params["result_receivers"] or ())
    check_additional_analyses("additional_analyses", params["additional_analyses"] or ())
    check_text("description", params["description"], DESCRIPTION_LENGTH)
    check_tags("tags", params["tags"])
    if params.get("state") != "absent":
        check_given(params, "role")
    if params["role"] is not None:
        check_role("role", params["role"])
    if params["purge"] and not params["name_prefix"]:
        raise CleanRoomsError("purge: needs a name_prefix, which tells our associations from those of others")
    return options_from(TableOptions, params)


# Which tables


def select_tables(options: TableOptions, record: Record, tables: Iterable[Data]) -> list[Data]:
    """Return the configured tables that a collaboration is to have, sorted by name and id.

    A record's own C(include) or C(exclude) stands in for the option of that name.
    """
    include = options.include if record.include is None else record.include
    exclude = options.exclude if record.exclude is None else record.exclude
    chosen = [
        table
        for table in tables
        if (matches(table["name"], include) and not matches(table["name"], exclude))
        or (table["id"] in options.configured_table_ids and not matches(table["name"], record.exclude or ()))
    ]
    return sorted(chosen, key=lambda table: (table["name"], table["id"]))


def is_covered(options: TableOptions, record: Record, table: Data) -> bool:
    """Return whether the options or the record say of a configured table that it is shared, or that it is not."""
    globs = (*options.include, *options.exclude, *(record.include or ()), *(record.exclude or ()))
    return matches(table["name"], globs) or table["id"] in options.configured_table_ids


def check_selection(options: TableOptions, records: Iterable[Record], tables: list[Data]) -> None:
    """Raise C(CleanRoomsError) when a glob or id of the options names no table.

    What a record selects is checked where it is planned, so that one that is misspelt stops no other. Without a record,
    what the options alone would select is checked.
    """
    records = list(records)
    check_globs_and_ids(options, records or [Record()], tables)
    if not records:
        check_record_selection(options, Record(), tables)


def check_globs_and_ids(options: TableOptions, records: list[Record], tables: list[Data]) -> None:
    """Raise C(CleanRoomsError) when a glob or id of the options names no table, or nothing says what to select.

    To take tables back, include may name what is not there any more.
    """
    names = [table["name"] for table in tables]
    ids = {table["id"] for table in tables}
    if not options.configured_table_ids and not all(record.include or options.include for record in records):
        raise CleanRoomsError("include: is empty, and so is configured_table_ids; name at least one table or glob")
    check_globs("exclude", options.exclude, names)
    if options.state == "absent":
        return
    check_globs("include", options.include, names)
    for table_id in options.configured_table_ids:
        if table_id not in ids:
            raise CleanRoomsError(
                f"configured_table_ids: {table_id!r} is no configured table of this account and Region"
            )


def check_record_selection(options: TableOptions, record: Record, tables: list[Data]) -> None:
    """Raise C(CleanRoomsError) when a record's own glob names no table, or its tables cannot be associated by name."""
    if options.state == "absent":
        return
    names = [table["name"] for table in tables]
    check_globs(f"tables.include of {record.label}", record.include or (), names)
    check_globs(f"tables.exclude of {record.label}", record.exclude or (), names)
    selected = select_tables(options, record, tables)
    by_name: dict[str, str] = {}
    for table in selected:
        check_association_name("name_prefix with the table's name", association_name(options, table))
        if table["name"] in by_name:
            raise CleanRoomsError(
                f"include: {table['name']!r} is the name of two configured tables, {by_name[table['name']]} and"
                f" {table['id']}; rename one, or exclude the name and put the id of the right one into"
                " configured_table_ids"
            )
        by_name[table["name"]] = table["id"]


@contextmanager
def also_telling(problems: Iterable[str], tables: Iterable[Data]) -> Iterator[None]:
    """Tell, with an error of what was selected, which tables could not be read: it may be the cause."""
    try:
        yield
    except CleanRoomsError as error:
        told = " ".join([*problems, *(str(table["problem"]) for table in tables if "problem" in table)])
        raise (CleanRoomsError(f"{error.message}. {told}") if told else error) from error


def table_refusal(table: Data) -> str:
    """Return why nothing can be done for a configured table as AWS describes it, or an empty string."""
    types = table["analysisRuleTypes"]
    if "problem" in table:
        return str(table["problem"])
    if types[1:] or any(one not in RULE_TYPES for one in types):
        return not_supported(f"the configured table's analysis rule of type {printable(', '.join(types))}")
    return ""


def association_name(options: TableOptions, table: Data) -> str:
    """Return the name under which partners query a table."""
    return f"{options.name_prefix}{table['name']}"


def describe_rule(rule_type: str, receivers: Iterable[str], analyses: Iterable[str]) -> Data:
    """Return a collaboration analysis rule in the shape of results."""
    return {"type": rule_type, "result_receivers": sorted(receivers), "additional_analyses": sorted(analyses)}
