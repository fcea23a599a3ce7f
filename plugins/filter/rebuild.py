# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A filter that rebuilds or completes the record from the memberships that AWS lists.

What people wrote is kept, and no members are pinned: whoever is found is shared with only after somebody confirms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import printable
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._wording import aligned, member_row
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._yaml import plain

Data = dict[str, Any]
IDS = ("name", "collaboration_id", "membership_id")
UNKNOWN = "unknown"
EMPTY = (None, "")
NOT_THIS_ACCOUNT = (
    "AWS lists none of the recorded memberships, so that nothing was changed. Look at the credentials,"
    " cleanrooms_profile and cleanrooms_region. If they are right, set status to left in the record of what was left."
)
DISAGREE = "the recorded collaboration_id and membership_id do not belong together, mend them"
TWICE = "it stands twice in the record, remove one"
BACK = "AWS has an active membership again, set status to active to share there"
UNREADABLE = "AWS's answer about it cannot be read, so that nothing was changed"
NOT_JOINED = "AWS lists no membership there, accept the invitation or set status to left"
UNCONFIRMED = "its members are not confirmed"
CONFIRM = "Nothing more is shared there until -e cleanrooms_confirm_members=<collaboration id> confirms the members."


def rebuilt_record(
    records: Iterable[Mapping[str, Any]], memberships: Iterable[Mapping[str, Any]], confirmed: Iterable[str] = ()
) -> Data:
    """Return the C(collaborations) of the record as AWS has them, and C(lines) on what is new and who the members are.

    Where AWS lists none of the recorded memberships there is a C(problem) alone. Of C(confirmed) collaborations the
    members are not shown.
    """
    listed: list[Data] = plain(memberships)
    # Whoever was removed and invited again has two memberships in one collaboration; the active one counts.
    current = {one["collaboration_id"]: one for one in sorted(listed, key=_weight) if one["collaboration_id"]}
    places = {one["membership_id"]: one["collaboration_id"] for one in listed if all(one[key] for key in IDS[1:])}
    unreadable = [one for one in listed if not all(one[key] for key in IDS[1:])]
    merged: list[Data] = plain(records)
    notes: list[list[str]] = [[] for _record in merged]
    due = [record for record in merged if record.get("status", "active") in ("active", "inactive")]
    if due and not unreadable and not any(_is_listed(record, current, places) for record in merged):
        return {"problem": NOT_THIS_ACCOUNT}
    seen: set[str] = set()
    for record, noted in zip(merged, notes, strict=True):
        key = str(record.get("collaboration_id") or places.get(record.get("membership_id", ""), ""))
        place = places.get(record.get("membership_id", ""), key)
        if place != key:
            noted.append(DISAGREE)
        elif key and key in seen:
            noted.append(TWICE)
        else:
            noted.extend(_complete(record, current.get(key), bool(unreadable)))
        seen |= {key, place}
    for key in dict.fromkeys(places.values()):
        if key not in seen and current[key]["status"] != UNKNOWN:
            merged.append({name: current[key][name] for name in (*IDS, "status")})
            notes.append(["added"])
    return {"collaborations": merged, "lines": _lines(merged, notes, current, set(confirmed))}


def _weight(membership: Data) -> int:
    return {"active": 2, UNKNOWN: 1}.get(membership["status"], 0)


def _is_listed(record: Data, current: Mapping[str, Data], places: Mapping[str, str]) -> bool:
    if record.get("membership_id"):
        return record["membership_id"] in places
    return record.get("collaboration_id") in current


def _complete(record: Data, found: Data | None, unreadable: bool) -> list[str]:
    """Put what AWS says into a record; return what was done and what to do.

    C(unreadable) says that a membership is there of which not both ids can be read.
    """
    status = record.get("status") or "active"
    over = found is None or found["status"] != "active"
    if (found and found["status"] == UNKNOWN) or (unreadable and status == "active" and over):
        return [UNREADABLE]
    if found is None and status == "active":
        # Without a membership it was never joined, as far as anybody knows: its invitation may be pending.
        return _note_status(record, "left") if record.get("membership_id") else [NOT_JOINED]
    if found is None:
        return []
    notes = []
    for key in IDS:
        stale = key == "membership_id" and status in ("active", "inactive") and record.get(key) != found[key]
        if record.get(key) in EMPTY or stale:
            record[key] = found[key]
            notes.append(f"{key} completed")
    if found["status"] == "active":
        return notes + ([BACK] if status in ("left", "removed", "deleted") else [])
    if status in ("active", "removed", "deleted") and status != found["status"]:
        notes += _note_status(record, found["status"])
    return notes


def _note_status(record: Data, status: str) -> list[str]:
    before = record.get("status") or "active"
    record["status"] = status
    return [f"was {before} and is {status}"]


def _lines(records: list[Data], notes: list[list[str]], current: Mapping[str, Data], confirmed: set[str]) -> list[str]:
    lines, to_confirm = [], False
    for record, noted in zip(records, notes, strict=True):
        key = record.get("collaboration_id") or record.get("membership_id")
        found = current.get(str(key), {})
        active = bool(found) and (record.get("status") or "active") == "active"
        unconfirmed = active and not record.get("members") and key not in confirmed
        to_confirm = to_confirm or unconfirmed
        facts = [*noted, UNCONFIRMED] if unconfirmed else noted
        if facts or "error" in found:
            lines.append(": ".join(filter(None, [key, "; ".join(facts), record.get("name")])))
        if unconfirmed:
            lines += [f"    {row}" for row in aligned([member_row(one) for one in found.get("members", [])])]
        if "error" in found:
            lines.append(f"    failed: {found['error']}")
    lines += [CONFIRM] if to_confirm else []
    return [printable(line) for line in lines] or ["The record says what AWS says."]


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"rebuilt_record": rebuilt_record}
