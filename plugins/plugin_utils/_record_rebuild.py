# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record is completed from the memberships that AWS lists. Pure: nothing is written.

What people wrote is kept, and completing pins no members: whoever is found is shared with only after a person confirms.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, printable

from ._record_merge import IN_FORCE
from ._record_text import IDS, Content
from ._wording import aligned, member_row

Data = dict[str, Any]
UNKNOWN = "unknown"
EMPTY = (None, "")
NOT_THIS_ACCOUNT = (
    "AWS lists none of the recorded memberships, so that nothing was changed. Look at the credentials,"
    " cleanrooms_profile and cleanrooms_region. If they are right, set status to left in the record of what was left"
)
DISAGREE = "the recorded collaboration_id and membership_id do not belong together, mend them"
TWICE = "it stands twice in the record, remove one"
BACK = "AWS has an active membership again, set status to active to share there"
UNREADABLE = "AWS's answer about it cannot be read, so that nothing was changed"
NOT_JOINED = "AWS lists no membership there, accept the invitation or set status to left"
UNCONFIRMED = "its members are not confirmed"
CONFIRM = (
    "Nothing more is shared there until -e cleanrooms_confirm_members=<collaboration id> -e"
    " cleanrooms_confirm_accounts=<account id>:<ability>+<ability>,... confirms the members."
)
AS_ON_AWS = "The record says what AWS says."


def completed(
    content: Content, memberships: Iterable[Data], confirmed: Collection[str] = ()
) -> tuple[Content, list[str]]:
    """Return the record as AWS has the memberships, and lines on what is new and who the members are.

    C(memberships) are as M(acx.cleanrooms.cleanrooms_membership_info) returns them; of C(confirmed) collaborations the
    members are not shown. Raises C(CleanRoomsError) where AWS lists none of the recorded memberships.
    """
    listed = list(memberships)
    # Whoever was removed and invited again has two memberships in one collaboration; the active one counts.
    current = {one["collaboration_id"]: one for one in sorted(listed, key=_weight) if one["collaboration_id"]}
    places = {one["membership_id"]: one["collaboration_id"] for one in listed if all(one[key] for key in IDS)}
    unreadable = [one for one in listed if not all(one[key] for key in IDS)]
    check_account(content, listed)
    merged = copy.deepcopy(content.records)
    notes: list[list[str]] = [[] for _record in merged]
    # Those that stand whole in another entry are not filled in: people must say which entry counts.
    taken = {record.get("collaboration_id") for record in merged if record.get("collaboration_id")}
    seen: set[str] = set()
    for record, noted in zip(merged, notes, strict=True):
        key = str(record.get("collaboration_id") or places.get(record.get("membership_id", ""), ""))
        place = places.get(record.get("membership_id", ""), key)
        if place != key:
            noted.append(DISAGREE)
        elif key and (key in seen or (not record.get("collaboration_id") and key in taken)):
            noted.append(TWICE)
        else:
            noted.extend(_complete(record, current.get(key), bool(unreadable)))
        seen |= {key, place}
    for key in dict.fromkeys(places.values()):
        if key not in seen and current[key]["status"] != UNKNOWN:
            merged.append({name: current[key][name] for name in ("name", *IDS, "status")})
            notes.append(["added"])
    return replace(content, records=merged), _lines(merged, notes, current, confirmed)


def check_account(content: Content, memberships: Iterable[Mapping[str, Any]]) -> None:
    """Raise C(CleanRoomsError) where AWS lists none of the recorded memberships: credentials of another account."""
    listed = list(memberships)
    collaborations = {one["collaboration_id"] for one in listed}
    ids = {one["membership_id"] for one in listed}
    due = any(record.get("status", "active") in IN_FORCE for record in content.records)
    if not due or not all(all(one[key] for key in IDS) for one in listed):
        return
    for record in content.records:
        joined = record.get("membership_id")
        if joined in ids if joined else record["collaboration_id"] in collaborations:
            return
    raise CleanRoomsError(NOT_THIS_ACCOUNT)


def _weight(membership: Data) -> int:
    return {"active": 2, UNKNOWN: 1}.get(membership["status"], 0)


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
    for key in ("name", *IDS):
        stale = key == "membership_id" and status in IN_FORCE and record.get(key) != found[key]
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


def _lines(
    records: list[Data], notes: list[list[str]], current: Mapping[str, Data], confirmed: Collection[str]
) -> list[str]:
    lines, to_confirm = [], False
    for record, noted in zip(records, notes, strict=True):
        key = record.get("collaboration_id") or record.get("membership_id")
        found = current.get(str(key), {})
        active = bool(found) and (record.get("status") or "active") == "active"
        unconfirmed = active and record.get("members") is None and key not in confirmed
        to_confirm = to_confirm or unconfirmed
        facts = [*noted, UNCONFIRMED] if unconfirmed else noted
        if facts or "error" in found:
            lines.append(": ".join(filter(None, [key, "; ".join(facts), record.get("name")])))
        if unconfirmed:
            lines += [f"    {row}" for row in aligned([member_row(one) for one in found.get("members", [])])]
        if "error" in found:
            lines.append(f"    failed: {found['error']}")
    lines += [CONFIRM] if to_confirm else []
    return [printable(line) for line in lines]
