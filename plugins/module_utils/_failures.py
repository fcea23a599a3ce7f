# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells the failures of one collaboration briefly: each cause once, with the names of all that failed for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._record import Record

NOT_TRIED = "Not tried"


def failure_lines(result: Mapping[str, Any]) -> list[str]:
    """Return one line for each cause in a module's result of one collaboration; none where nothing failed."""
    if "error" not in result:
        return []
    label = Record(name=result["name"], collaboration_id=result["collaboration_id"]).label
    causes: dict[str, list[str]] = {}
    for action in result.get("actions", []):
        if "error" in action:
            cause = action["error"].replace(f" '{action['name']}'", "").replace(f" in collaboration {label}", "")
            names = causes.setdefault(NOT_TRIED if cause.startswith(NOT_TRIED) else cause, [])
            names += [action["name"]] if action["name"] not in names else []
    failed = {name for cause, names in causes.items() if cause != NOT_TRIED for name in names}
    not_tried = [name for name in causes.pop(NOT_TRIED, []) if name not in failed]
    lines = [f"{', '.join(names)}: {cause}" for cause, names in causes.items()]
    lines += [f"{', '.join(not_tried)}: not tried after that"] if not_tried else []
    return lines or [result["error"]]
