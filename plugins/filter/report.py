# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that make the report: a page, JSON and CSV of the same data, and lines for the terminal.

Partners choose names, and such a name may be HTML, a template, or a formula of a spreadsheet. Each filter escapes what
its format would obey.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jinja2

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import printable
from ansible_collections.acx.cleanrooms.plugins.module_utils._failures import without_label
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._report_changes import changes_between
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._report_page import headline, page, reason_text, time_text
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._wording import label
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._yaml import plain

Data = dict[str, Any]
COLUMNS = (
    "account",
    "region",
    "collaboration",
    "collaboration_id",
    "membership_id",
    "status",
    "table",
    "association",
    "state",
    "reasons",
    "receivers",
    "reviewed_at",
    "reviewed_by",
)
# What a spreadsheet takes for the beginning of a formula, in either width of Japanese writing.
FORMULAS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def report_data(verification: Mapping[str, Any], host: str, previous: Mapping[str, Any]) -> Data:
    """Return the content of the report: what C(verification) holds, the host, and what changed.

    C(changes) is what changed between the last report that was different and the one before it, at C(changes_since):
    a report in which nothing is new keeps what C(previous) says. Both are empty where there is no previous report of
    the same account and Region.
    """
    report: Data = {"host": str(host), **plain(verification)}
    before: Data = plain(previous)
    if any(before.get(key) != report[key] for key in ("account_id", "region")):
        return {**report, "changes": [], "changes_since": ""}
    changes, since = changes_between(before, report), before["looked_at"]
    if not changes:
        changes, since = before["changes"], before["changes_since"]
    return {**report, "changes": changes, "changes_since": since}


def previous_report(text: str) -> Data:
    """Return the report that a JSON file holds; an empty one where the file holds no report."""
    try:
        report: Data = json.loads(plain(text))
        changes_between(report, report)
        time_text(report["looked_at"] + report["changes_since"])
        [printable(change) for change in report["changes"]]
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return {}
    return report


def report_json(report: Mapping[str, Any]) -> str:
    """Return the report as JSON.

    It begins with an empty line, because ansible-core 2.18 takes what begins with a brace for a dictionary, and then
    writes that in a way of its own.
    """
    return f"\n{json.dumps(plain(report), indent=2)}\n"


def report_html(report: Mapping[str, Any], template: str) -> str:
    """Return the report as a page.

    The template is rendered here and not by Ansible, whose templates do not escape what they put in.
    """
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["reason_text"] = reason_text
    return environment.from_string(str(template)).render(page(plain(report)))


def report_csv(report: Mapping[str, Any]) -> str:
    """Return the report as CSV: a row for each table of each collaboration; one for a collaboration without tables."""
    report = plain(report)
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in report["collaborations"]:
        common = [report["account_id"], report["region"], one["name"], one.get("collaboration_id", "")]
        common += [one.get("membership_id", ""), one["status"]]
        review = [one.get("reviewed", {}).get(key, "") for key in ("at", "by")]
        writer.writerows([_cell(value) for value in common + rest + review] for rest in _table_cells(one))
    return text.getvalue()


def _table_cells(collaboration: Data) -> Iterable[list[str]]:
    for table in collaboration["tables"]:
        receivers = " ".join(table.get("result_receivers", []))
        names = [table["configured_table_name"], table["name"]]
        yield [*names, table["state"], reason_text(table), receivers]
    if not collaboration["tables"] or "error" in collaboration:
        reasons = [collaboration[key] for key in ("error", "refused", "reason") if key in collaboration]
        yield ["", "", "", " ".join(reasons), ""]


def _cell(value: str) -> str:
    text = printable(value)
    return f"'{text}" if text.lstrip().startswith(FORMULAS) else text


def report_lines(report: Mapping[str, Any], path: str, check_mode: bool = False) -> list[str]:
    """Return what to print of the report: how the collaborations stand, what changed, and where the page is."""
    report = plain(report)
    lines = [headline(report)]
    if report["changes"]:
        lines.append(f"What changed since {time_text(report['changes_since'])}:")
        lines += [f"    {change}" for change in report["changes"]]
    else:
        lines.append("No report before differs from this one.")
    lines.append(f"{'Not written in check mode' if check_mode else 'The page'}: {path}")
    return [printable(line) for line in lines]


def report_failure(report: Mapping[str, Any]) -> str:
    """Return the message with which the play fails: what could not be read. An empty text where everything could."""
    every = plain(report)["collaborations"]
    unread = [one for one in every if "error" in one]
    if not unread:
        return ""
    lines = [f"{len(unread)} of {len(every)} collaborations could not be read; the report tells of the others."]
    lines += [f"{label(one)}: {without_label(one['error'], one)}" for one in unread]
    return "\n".join(map(printable, lines))


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "previous_report": previous_report,
            "report_csv": report_csv,
            "report_data": report_data,
            "report_failure": report_failure,
            "report_html": report_html,
            "report_json": report_json,
            "report_lines": report_lines,
        }
