# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How lines for people call things, and how they stand below each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

NOTHING = "-"


OPEN = "open to an unreviewed receiver"


def words(state: str) -> str:
    """Return how people say a state or an ability: C(not_ready) is C(not ready)."""
    return OPEN if state == "unreviewed_receiver" else state.replace("_", " ").lower()


def label(entry: Mapping[str, Any]) -> str:
    """Return what lines call a collaboration: its name and its id, as far as it has them."""
    identity = entry.get("collaboration_id") or entry.get("membership_id") or "no id"
    return f"{entry['name']} ({identity})" if entry.get("name") else str(identity)


def abilities_text(abilities: Iterable[str]) -> str:
    """Return what a member may do."""
    return ", ".join(map(words, abilities)) or NOTHING


def member_row(member: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the row of a member: account id, status, abilities, what it pays for, and the name it chose."""
    pays = f"pays for {', '.join(member['pays_for'])}" if member["pays_for"] else NOTHING
    return (
        member["account_id"],
        member["status"].lower(),
        abilities_text(member["abilities"]),
        pays,
        member["display_name"],
    )


def aligned(rows: Sequence[Sequence[str | int]]) -> list[str]:
    """Return one line for each row, the columns below each other; numbers stand right, the last column is as it is."""
    if not rows:
        return []
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]) - 1)]
    numbers = [any(isinstance(row[column], int) for row in rows) for column in range(len(rows[0]) - 1)]
    lines = []
    for *cells, last in rows:
        parts = [
            str(cell).rjust(width) if number else str(cell).ljust(width)
            for cell, width, number in zip(cells, widths, numbers, strict=True)
        ]
        lines.append("  ".join([*parts, str(last)]).rstrip())
    return lines


def counted(number: int, singular: str) -> str:
    """Return a number and its noun, in the plural where that is right."""
    return f"{number} {singular}{'' if number == 1 else 's'}"
