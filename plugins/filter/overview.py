# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that show pending invitations and collaborations as aligned tables, readable at a glance.

What a partner chose, a name, stands last in each line and has whatever is not printable escaped. So it can neither pass
for one of our words nor, however wide its characters are, push a column out of line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import printable
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._wording import (
    NOTHING,
    abilities_text,
    aligned,
    counted,
    member_row,
    words,
)

Data = Mapping[str, Any]
INVITATION_HEADER = ("trusted", "creator", "collaboration id", "you pay for", "you may", "name, by whom")
MEMBERSHIP_HEADER = (
    "on AWS",
    "recorded",
    "tables",
    "ready",
    "free",
    "ID namespaces",
    "collaboration id",
    "name",
)


def invitation_lines(invitations: Iterable[Data], trusted_creators: Iterable[str] = ()) -> list[str]:
    """Return a table of pending invitations: trusted or not, who invites, what we would pay and may do.

    Below each one stand what is unusual in how it was set up, and the members: what each may do, and who pays.
    """
    invitations, trusted_creators = list(invitations), set(trusted_creators)
    if not invitations:
        return ["No invitation is pending."]
    heading, *rows = aligned([INVITATION_HEADER, *(_invitation_row(one, trusted_creators) for one in invitations)])
    members = iter(aligned([member_row(member) for one in invitations for member in one.get("members", [])]))
    lines = [heading]
    for invitation, row in zip(invitations, rows, strict=True):
        lines.append(row)
        lines += [f"    {fact}" for fact in _settings(invitation)]
        lines += [f"    {next(members)}" for _member in invitation.get("members", [])]
        if "error" in invitation:
            lines.append(f"    failed: {invitation['error']}")
    trusted = sum(one["creator_account_id"] in trusted_creators for one in invitations)
    total = f"{counted(len(invitations), 'invitation')} pending, {trusted} from trusted creators"
    return [printable(line) for line in [*lines, total]]


def _invitation_row(invitation: Data, trusted_creators: set[str]) -> tuple[str, ...]:
    creator = invitation["creator_account_id"]
    return (
        "yes" if creator in trusted_creators else "no",
        creator,
        invitation["collaboration_id"],
        ", ".join(invitation.get("pays_for", [])) or NOTHING,
        abilities_text(invitation.get("abilities", [])),
        f"{invitation['name']}, by {invitation['creator_display_name']}",
    )


def _settings(invitation: Data) -> list[str]:
    """Return what is set, or unusual, in how a collaboration was set up."""
    facts = []
    if invitation.get("auto_approved_changes"):
        facts.append(f"changes without asking: {', '.join(invitation['auto_approved_changes'])}")
    if invitation.get("allowed_result_regions"):
        facts.append(f"results only to {', '.join(invitation['allowed_result_regions'])}")
    if "data_encryption_metadata" in invitation:
        rules = [f"{words(key)}: {'yes' if on else 'no'}" for key, on in invitation["data_encryption_metadata"].items()]
        facts.append(f"encrypted tables, {', '.join(rules)}")
    if invitation.get("analytics_engine", "SPARK") != "SPARK":
        facts.append(f"queries run on {words(invitation['analytics_engine'])}")
    logged = [
        ("job logs", invitation.get("job_log_status") == "ENABLED"),
        ("metrics", invitation.get("metrics_enabled")),
    ]
    possible = [name for name, on in logged if on]
    return facts + ([f"possible: {', '.join(possible)}"] if possible else [])


def membership_lines(memberships: Iterable[Data], records: Iterable[Data], max_tables: int = 25) -> list[str]:
    """Return a table of the collaborations: their status and counts on AWS, and what the record says.

    Below each one stands what nobody reviewed, whoever receives unreviewed first, and what could not be read.
    C(max_tables) is how many tables a membership may hold. A record whose collaboration we are not in has a line too.
    """
    memberships, records = list(memberships), list(records)
    rows: list[tuple[str | int, ...]] = [MEMBERSHIP_HEADER]
    rows += [_membership_row(one, _recorded(one, records), max_tables) for one in memberships]
    alone = [record for record in records if _recorded(record, memberships) == "missing"]
    # A membership that does not say which one it is may be any of these.
    unclear = any(not (one["collaboration_id"] and one["membership_id"]) for one in memberships)
    absent = "unknown" if unclear else "missing"
    rows += [_record_row(record, absent) for record in alone]
    if len(rows) == 1:
        return ["No collaboration is joined or recorded."]
    lines = aligned(rows)
    for place, membership in reversed(list(enumerate(memberships, 2))):
        failed = [f"failed: {membership['error']}"] if "error" in membership else []
        lines[place:place] = [f"    {one}" for one in [*membership.get("unreviewed", ()), *failed]]
    return [printable(line) for line in [*lines, _membership_total(memberships, records, alone, absent)]]


def _recorded(one: Data, others: Iterable[Data]) -> str:
    """Return the status of the same collaboration among others, or C(missing)."""
    for other in others:
        for key in ("collaboration_id", "membership_id"):
            if one.get(key) and one[key] == other.get(key):
                return str(other.get("status", "active"))
    return "missing"


def _membership_row(membership: Data, recorded: str, max_tables: int) -> tuple[str | int, ...]:
    counts: tuple[str | int, ...] = (NOTHING,) * 4
    if "id_namespace_associations" in membership:  # what is read last
        number = len(membership["associations"])
        ready = sum(association["ready"] for association in membership["associations"])
        counts = (number, ready, max(0, max_tables - number), len(membership["id_namespace_associations"]))
    return membership["status"], recorded, *counts, membership["collaboration_id"], membership["name"]


def _record_row(record: Data, absent: str) -> tuple[str, ...]:
    identity = record.get("collaboration_id") or record.get("membership_id") or NOTHING
    return absent, record.get("status", "active"), *(NOTHING,) * 4, identity, record.get("name", "")


def _membership_total(memberships: Sequence[Data], records: Sequence[Data], alone: Sequence[Data], absent: str) -> str:
    word = "not joined" if absent == "missing" else "not found, which may be those that cannot be read"
    statuses = Counter(membership["status"] for membership in memberships) + Counter({word: len(alone)})
    parts = [", ".join(f"{number} {status}" for status, number in statuses.items())]
    unrecorded = sum(_recorded(membership, records) == "missing" for membership in memberships)
    parts += [f"{unrecorded} not in the record"] if unrecorded else []
    changed = sum("unreviewed" in membership for membership in memberships)
    parts += [f"{changed} not as reviewed"] if changed else []
    tables = [table for membership in memberships for table in membership.get("associations", [])]
    parts.append(f"{counted(len(tables), 'table')} associated, {sum(table.get('ready', 0) for table in tables)} ready")
    return f"{counted(len(memberships) + len(alone), 'collaboration')}: {'; '.join(parts)}"


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"invitation_lines": invitation_lines, "membership_lines": membership_lines}
