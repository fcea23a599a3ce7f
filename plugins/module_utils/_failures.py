# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells the failures of one collaboration briefly: each cause once, with the names of all that failed for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ._errors import printable
from ._record import Record

NOT_TRIED = "Not tried"


def causes_of_failure(result: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return, for a module's result of one collaboration, the names of what failed by the cause.

    Empty where nothing failed. What was not tried, because something before it failed, is not among it.
    """
    if "error" not in result:
        return {}
    causes: dict[str, list[str]] = {}
    for action in result.get("actions", []):
        name, cause = action["name"], action.get("error", NOT_TRIED)
        if not cause.startswith(NOT_TRIED):
            cause = without_label(cause.replace(printable(f" '{name}'"), ""), result)
            causes.setdefault(cause, []).append(name)
    return causes or {without_label(result["error"], result): []}


def without_label(error: str, entry: Mapping[str, Any]) -> str:
    """Return an error without the collaboration's name and id, for where they stand before it already."""
    ids = {key: entry[key] for key in ("collaboration_id", "membership_id") if entry.get(key)}
    label = Record(name=entry.get("name", ""), **ids).label
    if not ids:
        return error  # a name alone may be any word
    first = rf"(^|\. ){re.escape(label)}: "
    return re.sub(first, r"\1", error.replace(f" in collaboration {label}", ""))
