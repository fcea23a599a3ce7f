# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts a report in the order in which the page shows it; everything that a partner chose is made printable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import printable

from ._wording import OPEN, words

Data = dict[str, Any]
# The states of a table: symbol, words and meaning. A table without a state in a collaboration is C(none).
UNREVIEWED = "unreviewed_receiver"
STATES = {
    UNREVIEWED: ("‼", OPEN, "its rule names a result receiver who is not among the reviewed members"),
    "ready": ("✓", "ready", "associated as recorded, and AWS lets it be queried"),
    "not_ready": ("!", "not ready", "associated as recorded, but AWS does not let it be queried"),
    "differs": ("≠", "differs", "associated, but not as recorded"),
    "missing": ("✗", "missing", "to be shared, but not associated"),
    "left_out": ("⊖", "left out", "to be shared, but the quota of tables is used up"),
    "refused": ("⊘", "refused", "not shared, for the reason given"),
    "unselected": ("+", "not selected", "associated, but no longer among the tables to be shared"),
    "none": ("·", "not here", "neither to be shared in this collaboration nor associated"),
}
# What is said of a whole collaboration, by the key of its reason.
WHOLE = {"error": "could not be read", "refused": "refused", "reason": "not as recorded"}


def page(report: Mapping[str, Any]) -> Data:
    """Return what the template of the page needs, in its order."""
    shown: Data = _printable(report)
    names = sorted({table["name"] for one in shown["collaborations"] for table in one["tables"]})
    columns = {name: index for index, name in enumerate(names)}
    every = [_collaboration(one, f"c{index}", columns) for index, one in enumerate(shown["collaborations"], 1)]
    counts = Counter(table["state"] for one in every for table in one["tables"])
    return {
        **shown,
        "looked_at_text": time_text(shown["looked_at"]),
        "changes_since_text": time_text(shown["changes_since"]),
        "collaborations": every,
        "columns": names,
        "rows": [one for one in every if one["tables"] or one["whole"]],
        "others": [one for one in every if not one["tables"] and not one["whole"]],
        "attention": sorted((one for one in every if one["brief"]), key=lambda one: not one["unreviewed"]),
        "headline": headline(shown),
        "counts": {state: counts[state] for state in STATES if counts[state]},
        "states": STATES,
    }


def headline(report: Mapping[str, Any]) -> str:
    """Return how the collaborations stand, in one sentence."""
    every = report["collaborations"]
    number, good = len(every), sum(one["as_recorded"] for one in every)
    if not every:
        return "No collaboration is recorded."
    if number == 1:
        return f"The collaboration {'stands' if good else 'does not stand'} as recorded."
    if number == good:
        return f"All {number} collaborations stand as recorded."
    return f"{good} of {number} collaborations stand{'s' if good == 1 else ''} as recorded."


def time_text(time: str) -> str:
    """Return a time of ISO 8601 as people read it; one without a zone is in UTC, and what is no time stays as it is."""
    try:
        moment = datetime.fromisoformat(time)
        moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (OverflowError, ValueError):
        return time
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _printable(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _printable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_printable(item) for item in value]
    return printable(value) if isinstance(value, str) else value


def _collaboration(entry: Data, anchor: str, columns: Mapping[str, int]) -> Data:
    """Return a collaboration with its cells in the order of the columns, and its faults by their reasons."""
    tables = [{**table, "anchor": f"{anchor}-t{columns[table['name']]}"} for table in entry["tables"]]
    by_name = {table["name"]: table for table in tables}
    whole = [(word, entry[key]) for key, word in WHOLE.items() if key in entry]
    whole += [("not reviewed", one) for one in entry.get("unreviewed", [])]
    namespace = entry.get("id_namespace")
    counts = Counter(table["state"] for table in tables)
    brief = list(dict.fromkeys(word for word, _reason in whole))
    first = [f"{counts[UNREVIEWED]} {STATES[UNREVIEWED][1]}"] if counts[UNREVIEWED] else []
    # Where the whole collaboration is refused, that says it all of its tables too.
    said = {"ready", UNREVIEWED, *brief}
    brief = first + brief
    brief += [f"{counts[state]} {STATES[state][1]}" for state in STATES if counts[state] and state not in said]
    if namespace and namespace["state"] not in said:
        brief.append(f"ID namespace {words(namespace['state'])}")
    if not brief and not entry["as_recorded"]:
        brief = ["not as recorded"]
    return {
        **entry,
        "anchor": anchor,
        "title": entry["name"] or entry.get("collaboration_id") or "without a name",
        "tables": tables,
        "cells": [by_name.get(name) for name in columns],
        "whole": whole,
        "faults": _faults(tables),
        "brief": ", ".join(brief),
        "ready": counts["ready"],
        "unreviewed": counts[UNREVIEWED],
        "receivers": _receivers(tables),
        "review": _review(entry.get("reviewed", {})),
    }


def _review(reviewed: Data) -> str:
    """Return when and by whom the members were reviewed, as far as the record says; else an empty string."""
    parts = ["on " + time_text(reviewed["at"])] if reviewed.get("at") else []
    parts += ["by " + reviewed["by"]] if reviewed.get("by") else []
    return " ".join(parts)


def reason_text(thing: Mapping[str, Any]) -> str:
    """Return why a table or ID namespace is as it is and what to do, as one text."""
    return " ".join(
        f"{reason['message'].rstrip('.')}. {reason.get('advice') or ''}".strip() for reason in thing["reasons"]
    )


def _faults(tables: Iterable[Data]) -> list[Data]:
    """Return the tables that are not ready, together where state and reasons are the same."""
    faults: dict[tuple[str, str], Data] = {}
    for table in tables:
        if table["state"] != "ready":
            fault = {"state": table["state"], "reasons": table["reasons"], "tables": []}
            faults.setdefault((table["state"], reason_text(table)), fault)["tables"].append(table)
    return sorted(faults.values(), key=lambda fault: list(STATES).index(fault["state"]))


def _receivers(tables: Iterable[Data]) -> list[tuple[list[str], list[str]]]:
    """Return each set of result receivers with the names of its tables."""
    names: dict[tuple[str, ...], list[str]] = {}
    for table in tables:
        if "result_receivers" in table:
            names.setdefault(tuple(table["result_receivers"]), []).append(table["name"])
    return [(list(receivers), tables_of) for receivers, tables_of in names.items()]
