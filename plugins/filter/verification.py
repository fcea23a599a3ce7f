# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that put together what M(acx.cleanrooms.cleanrooms_readiness_info) found, and tell it to people."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import printable
from ansible_collections.acx.cleanrooms.plugins.module_utils._failures import without_label
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._wording import OPEN, label

Data = dict[str, Any]
# How lines call the states of tables, in the order of a line.
UNREVIEWED = "unreviewed_receiver"
WORDS = {
    UNREVIEWED: OPEN,
    "ready": "ready",
    "not_ready": "not ready",
    "differs": "differs",
    "missing": "missing",
    "left_out": "left out",
    "refused": "refused",
    "unselected": "not selected",
}
# What an entry may hold a list of, each one a line, and how the line begins.
LISTS = {"unreviewed": "not reviewed", "receivers_missing": "no receiver"}
MEMBER_OF_NONE = "result receiver {}: result_receivers names it, and it is a member in no collaboration"
UNRECORDED = "not in the record; the playbook record adds it, with nothing shared"


def verification(looked: Mapping[str, Any], looked_at: str) -> Data:
    """Return what M(acx.cleanrooms.cleanrooms_readiness_info) found, with the pending invitations of the record."""
    return {
        "account_id": looked["account_id"],
        "region": looked["region"],
        "looked_at": looked_at,
        "collaborations": list(looked["collaborations"]),
        "unrecorded": list(looked["other_memberships"]),
        "unknown_receivers": list(looked.get("unknown_receivers", [])),
        "pending_invitations": list(looked.get("record", {}).get("pending_invitations", [])),
    }


def verification_lines(verified: Mapping[str, Any]) -> list[str]:
    """Return what to print: a line for each collaboration, what is not as it should be below it, and the total."""
    lines = []
    entries = verified["collaborations"]
    for entry in entries:
        lines.append(f"{label(entry)}: {'as recorded' if entry['as_recorded'] else 'NOT as recorded'}{_counts(entry)}")
        lines += [f"    {line}" for line in _things(entry, UNREVIEWED) + _others(entry)]
    lines += [*_of_none(verified), *map(_unrecorded, verified["unrecorded"])]
    good = sum(entry["as_recorded"] for entry in entries)
    lines.append(f"Total: {good} of {len(entries)} collaborations as recorded{_counts(*entries)}")
    return [printable(line) for line in lines]


def verification_failure(verified: Mapping[str, Any], tolerate_unrecorded: bool = False) -> str:
    """Return the message with which the gate fails, or an empty text where everything is as recorded.

    An active membership that is not in the record fails it too, unless C(tolerate_unrecorded), and so does a result
    receiver who is a member in no collaboration.
    """
    entries = verified["collaborations"]
    bad = [entry for entry in entries if not entry["as_recorded"]]
    unrecorded = [] if tolerate_unrecorded else verified["unrecorded"]
    unknown = _of_none(verified)
    if not bad and not unrecorded and not unknown:
        return ""
    lines = [f"{len(bad)} of {len(entries)} collaborations are not as recorded."] if bad else []
    # First of all, in every collaboration, who receives and was not reviewed.
    lines += [f"{label(entry)}: {reason}" for entry in bad for reason in _things(entry, UNREVIEWED)]
    lines += [*unknown, *map(_unrecorded, unrecorded)]
    lines += [f"{label(entry)}: {reason}" for entry in bad for reason in _others(entry)]
    return "\n".join(printable(line) for line in lines)


def _of_none(verified: Mapping[str, Any]) -> list[str]:
    return [MEMBER_OF_NONE.format(account) for account in verified.get("unknown_receivers", ())]


def _unrecorded(membership: Mapping[str, Any]) -> str:
    # Of one that cannot be read it is not known whether the record has it.
    return f"{label(membership)}: {membership.get('error', UNRECORDED)}"


def _counts(*entries: Mapping[str, Any]) -> str:
    states = [table["state"] for entry in entries for table in entry["tables"]]
    parts = [f"{states.count(state)} {word}" for state, word in WORDS.items() if state in states]
    if len(entries) == 1 and entries[0]["status"] != "active":
        parts.append(f"status {entries[0]['status']}")
    elif len(entries) == 1 and "id_namespace" in entries[0]:
        parts.append(f"ID namespace {WORDS[entries[0]['id_namespace']['state']]}")
    return f": {', '.join(parts)}" if parts else ""


def _others(entry: Mapping[str, Any]) -> list[str]:
    """Return one line for each reason other than a receiver who was not reviewed."""
    lines = [f"{key}: {without_label(entry[key], entry)}" for key in ("reason", "refused", "error") if key in entry]
    lines += [f"{word}: {one}" for key, word in LISTS.items() for one in entry.get(key, [])]
    return lines + _things(entry, *(state for state in WORDS if state != UNREVIEWED))


def _things(entry: Mapping[str, Any], *states: str) -> list[str]:
    """Return one line for each reason of what is in one of the states, with the names of everything it holds for."""
    names: dict[tuple[str, str], list[str]] = {}
    things = [*entry["tables"], *([entry["id_namespace"]] if "id_namespace" in entry else [])]
    for thing in things:
        for reason in thing["reasons"]:
            # Why everything is refused stands above.
            if thing["state"] in states and reason["message"] not in (entry.get("refused"), entry.get("error")):
                said = ": ".join(filter(None, [reason.get("code"), reason["message"]])).rstrip(".")
                text = f"{said}. {reason['advice']}".rstrip()
                names.setdefault((WORDS[thing["state"]], text), []).append(thing["name"])
    return [f"{word}: {', '.join(listed)}: {text}" for (word, text), listed in names.items()]


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "verification": verification,
            "verification_failure": verification_failure,
            "verification_lines": verification_lines,
        }
