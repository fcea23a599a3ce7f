# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that turn what the modules answered into a summary, and into lines for people.

Partners choose names, so that every line has whatever is not printable escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import printable
from ansible_collections.acx.cleanrooms.plugins.module_utils._failures import causes_of_failure

Data = dict[str, Any]
RESOURCES = {"associations": "tables", "id_namespace_associations": "namespaces"}
# How a thing ended, by the keys of the modules' summaries, and how a line calls it.
WORDS = {
    "accepted": "accepted",
    "associated": "associated",
    "repaired": "repaired",
    "removed": "removed",
    "left": "left",
    "unchanged": "unchanged",
    "left_out": "left out",
    "refused": "refused",
    "skipped": "skipped",
    "failed": "failed",
}
CHECK_MODE = "Nothing was written. What a run without --check would do:"
NOTED = {"refuse": "refused", "skip": "skipped"}


def summary(results: Iterable[Mapping[str, Any]]) -> Data:
    """Return one entry for each collaboration in the modules' results, and the totals.

    An entry has C(name), C(collaboration_id), C(membership_id); how the C(invitation), the C(tables) and the
    C(namespaces) ended, as numbers; the names that were C(left_out); C(notes) on what was refused or skipped; and the
    C(errors).
    """
    entries: list[Data] = []
    for result in results:
        entry = _entry_for(entries, result)
        for key in ("name", "collaboration_id", "membership_id"):
            entry[key] = entry[key] or result.get(key, "")
        resource = next((word for key, word in RESOURCES.items() if key in result), "invitation")
        for word, number in result.get("summary", {}).items():
            entry[resource][word] = entry[resource].get(word, 0) + number
        actions = result.get("actions", [])
        entry["left_out"] += [action["name"] for action in actions if action["action"] == "leave_out"]
        entry["notes"] = list(dict.fromkeys([*entry["notes"], *_notes(result, actions)]))
        for cause, names in causes_of_failure(result).items():
            entry["errors"].append(f"{', '.join(names)}: {cause}" if names else cause)
    totals: dict[str, dict[str, int]] = {}
    for resource in ("invitation", "tables", "namespaces"):
        totals[resource] = {word: sum(entry[resource].get(word, 0) for entry in entries) for word in WORDS}
    return {"collaborations": entries, "totals": totals}


def _entry_for(entries: list[Data], result: Mapping[str, Any]) -> Data:
    for entry in entries:
        for key in ("collaboration_id", "membership_id"):
            if entry[key] and entry[key] == result.get(key):
                return entry
    entries.append(
        {"name": "", "collaboration_id": "", "membership_id": "", "invitation": {}, "tables": {}, "namespaces": {}}
        | {"left_out": [], "notes": [], "errors": []}
    )
    return entries[-1]


def _notes(result: Mapping[str, Any], actions: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one note for each reason for which something was refused or skipped, with the names of the things."""
    names: dict[tuple[str, str], list[str]] = {}
    for action in actions:
        if action["action"] in NOTED:
            whole = str(result["collaboration_id"] or result.get("membership_id")) in action["name"]
            names.setdefault((action["action"], action["reason"]), []).extend([] if whole else [action["name"]])
    invited = result.get("status") == "invited"
    return [
        f"{'stays pending' if invited else ' '.join([NOTED[action], ', '.join(things)]).strip()}: {reason}"
        for (action, reason), things in names.items()
    ]


def summary_lines(summary: Mapping[str, Any], check_mode: bool = False) -> list[str]:
    """Return what to print of C(summary): a line for each collaboration, what was not done below it, and the totals."""
    lines = [CHECK_MODE] if check_mode else []
    for entry in summary["collaborations"]:
        parts = _counted(entry)
        if entry["left_out"]:
            parts.append(f"{len(entry['left_out'])} left out ({', '.join(entry['left_out'])})")
        notes = entry["notes"]
        # A single note on a collaboration where nothing else happened reads best on its own line.
        if notes and not parts and not entry["errors"]:
            parts, notes = notes[:1], notes[1:]
        lines.append(f"{_label(entry)}: {', '.join(parts) or 'nothing done'}")
        lines += [f"    {note}" for note in notes]
        lines += [f"    failed: {error}" for error in entry["errors"]]
    lines.append(_total_line(summary))
    return [printable(line) for line in lines]


def failure_text(summary: Mapping[str, Any]) -> str:
    """Return the message with which a play fails: each collaboration in which something failed, and what failed."""
    failed = [entry for entry in summary["collaborations"] if entry["errors"]]
    number = len(summary["collaborations"])
    lines = [f"{len(failed)} of {number} collaboration{'' if number == 1 else 's'} failed, the others are done."]
    lines += [f"{_label(entry)}: {error}" for entry in failed for error in entry["errors"]]
    return "\n".join(printable(line) for line in lines)


def _label(entry: Mapping[str, Any]) -> str:
    identity = entry["collaboration_id"] or entry.get("membership_id") or "no id"
    return f"{entry['name']} ({identity})" if entry["name"] else str(identity)


def _counted(counts: Mapping[str, Any]) -> list[str]:
    parts = [word for word in ("accepted", "left") if counts["invitation"].get(word)]
    for resource, singular, plural in (("tables", "", ""), ("namespaces", "namespace ", "namespaces ")):
        for key in ("associated", "repaired", "removed", "unchanged", "failed"):
            number = counts[resource].get(key, 0)
            if number:
                parts.append(f"{number} {singular if number == 1 else plural}{WORDS[key]}")
    return parts


def _total_line(summary: Mapping[str, Any]) -> str:
    totals = summary["totals"]
    number = len(summary["collaborations"])
    parts = [f"{number} collaboration{'' if number == 1 else 's'}"]
    accepted, pending = totals["invitation"]["accepted"], totals["invitation"]["refused"]
    parts += [f"{accepted} accepted"] if accepted else []
    parts += [f"{totals['invitation']['left']} left"] if totals["invitation"]["left"] else []
    parts += _counted({**totals, "invitation": {}})
    left_out = totals["tables"]["left_out"]
    parts += [f"{left_out} left out"] if left_out else []
    parts += [f"{pending} invitation{'' if pending == 1 else 's'} left pending"] if pending else []
    failed = sum(bool(entry["errors"]) for entry in summary["collaborations"])
    parts += [f"failures in {failed}"] if failed else []
    return f"Total: {', '.join(parts)}"


def invitation_lines(invitations: Iterable[Mapping[str, Any]], trusted_creators: Iterable[str] = ()) -> list[str]:
    """Return what to print of pending invitations: who invites, who is in, what each may do, and who pays.

    What the inviter chose stands last in each line, so that no name can pass for one of our words.
    """
    trusted_creators = list(trusted_creators)
    lines = []
    for invitation in invitations:
        creator = invitation["creator_account_id"]
        trust = "trusted creator" if creator in trusted_creators else "creator not trusted:"
        names = f"{invitation['name']}, by {invitation['creator_display_name']}"
        lines.append(f"{trust} {creator} invites to {invitation['collaboration_id']}: {names}")
        for member in invitation.get("members", []):
            facts = [member["account_id"], member["status"].lower()]
            facts += [ability.lower().replace("_", " ") for ability in member["abilities"]]
            facts += [f"pays for {what}" for what in member["pays_for"]]
            lines.append(f"    {', '.join(facts)}: {member['display_name']}")
        if "error" in invitation:
            lines.append(f"    failed: {invitation['error']}")
    return [printable(line) for line in lines] or ["No invitation is pending."]


def membership_lines(memberships: Iterable[Mapping[str, Any]], records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what to print of the collaborations: their status and counts in AWS, and what the record says besides."""
    memberships, records = list(memberships), list(records)
    recorded = {record.get(key) for record in records for key in ("collaboration_id", "membership_id")}
    lines = []
    for membership in memberships:
        parts = [membership["status"]]
        if membership["collaboration_id"] not in recorded and membership["membership_id"] not in recorded:
            parts.append("not in the record")
        if "associations" in membership:
            ready = sum(association["ready"] for association in membership["associations"])
            namespaces = len(membership["id_namespace_associations"])
            parts += [f"{len(membership['associations'])} associated", f"{ready} ready to be queried"]
            parts += [f"{namespaces} namespace{'' if namespaces == 1 else 's'}"]
        lines.append(f"{_label(membership)}: {', '.join(parts)}")
        if "error" in membership:
            lines.append(f"    failed: {membership['error']}")
    present = {membership[key] for membership in memberships for key in ("collaboration_id", "membership_id")}
    for record in records:
        if record.get("collaboration_id") not in present and record.get("membership_id") not in present:
            label = _label({"name": "", "collaboration_id": "", **record})
            lines.append(f"{label}: recorded as {record.get('status', 'active')}, but there is no membership")
    return [printable(line) for line in lines] or ["No collaboration is joined or recorded."]


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "failure_text": failure_text,
            "invitation_lines": invitation_lines,
            "membership_lines": membership_lines,
            "summary": summary,
            "summary_lines": summary_lines,
        }
