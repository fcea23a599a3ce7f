# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that turn what the modules answered into a summary, and into lines for people.

Partners choose names, so that every line has whatever is not printable escaped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import printable
from ansible_collections.acx.cleanrooms.plugins.module_utils._failures import causes_of_failure
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._wording import counted, label

Data = dict[str, Any]
RESOURCES = {"associations": "tables", "id_namespace_associations": "namespaces"}
# How a thing ended, by the keys of the modules' summaries, and how a line calls it.
WORDS = {
    "accepted": "accepted",
    "associated": "associated",
    "repaired": "repaired",
    "new_receiver": "new receivers in {}",
    "receiver_removed": "receivers removed from {}",
    "suspended": "{} deleted",
    "removed": "removed",
    "left": "left",
    "unchanged": "unchanged",
    "left_out": "left out",
    "skipped": "skipped",
    "refused": "refused",
    "failed": "failed",
}
# Those of them that a line has in numbers, in its order; the others are told otherwise.
DONE = [word for word in WORDS if word not in ("accepted", "left", "left_out")]
CHECK_MODE = "Nothing was written. What a run without --check would do:"
NOTED = {"refuse": "refused", "skip": "skipped"}
SUSPENDED = "suspended"
WHOLE = (*NOTED.values(), SUSPENDED)
# Of the accounts in an action's C(new_receivers) and C(removed_receivers): the key of the counts that they explain.
RECEIVERS = {"new_receivers": "new_receiver", "removed_receivers": "receiver_removed"}
RECEIVER_WORDS = {"new_receiver": "new receiver {} in {}", "receiver_removed": "receiver removed: {} from {}"}


def summary(results: Iterable[Mapping[str, Any]], named: Iterable[str] = ()) -> Data:
    """Return one entry for each collaboration in the results of tasks, the totals, and what failed as a whole.

    It C(failed) where something failed, where an active collaboration or something in it is refused, and where one of
    C(named), which a person asked for by its id, is refused. An invitation that stays pending fails nothing else.

    An entry has C(name), C(collaboration_id), C(membership_id); whether it was C(changed); C(whole), which is
    C(refused), C(skipped) or C(suspended) where that happened to the collaboration as a whole; how the C(invitation),
    the C(tables) and the C(namespaces) ended, as numbers; for which accounts, in C(receivers); the names that were
    C(left_out); C(notes) on what was refused or skipped; those of them that are C(refusals) and fail the run; and the
    C(errors).
    """
    entries: list[Data] = []
    failures: list[str] = []
    for result in results:
        if "collaboration_id" in result:
            raise AnsibleFilterError(
                "summary: give the results of tasks as they are registered, not their collaborations"
            )
        found = _collaborations_in(result)
        for one in found:
            _add(_entry_for(entries, one), one, list(named))
        # With an error in a collaboration the message only repeats it.
        if "msg" in result and not any("error" in one for one in found):
            failures.append(str(result["msg"]))
        elif "not_recorded" in result:
            failures.append(str(result["not_recorded"]))
    totals: dict[str, dict[str, int]] = {}
    for resource in ("invitation", "tables", "namespaces"):
        totals[resource] = {word: sum(entry[resource].get(word, 0) for entry in entries) for word in WORDS}
    totals["collaborations"] = {word: sum(entry["whole"] == word for entry in entries) for word in WHOLE}
    totals["collaborations"]["failed"] = sum(bool(entry["errors"]) for entry in entries)
    changed = any(entry["changed"] for entry in entries)
    failures = list(dict.fromkeys(failures))
    failed = bool(failures) or any(entry["errors"] or entry["refusals"] for entry in entries)
    return {"changed": changed, "failed": failed} | {
        "collaborations": entries,
        "totals": totals,
        "failures": failures,
    }


def _collaborations_in(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what a task did in each collaboration, and the invitations and memberships that it could not read."""
    looked_at = [*result.get("invitations", []), *result.get("memberships", [])]
    return [*result.get("collaborations", []), *(one for one in looked_at if "error" in one)]


def _add(entry: Data, result: Mapping[str, Any], named: Sequence[str]) -> None:
    for key in ("name", "collaboration_id", "membership_id"):
        entry[key] = entry[key] or result.get(key, "")
    entry["changed"] = entry["changed"] or result.get("changed", False)
    actions = result.get("actions", [])
    counts = dict(result.get("summary", {}))
    # An invitation that stays pending is no collaboration yet.
    for action in actions if result.get("status") != "invited" else []:
        if action["action"] in NOTED and _is_whole(result, action):
            entry["whole"] = NOTED[action["action"]]
            counts[entry["whole"]] -= 1
    if result.get("status") == SUSPENDED:
        entry["whole"] = SUSPENDED
    resource = next((word for key, word in RESOURCES.items() if key in result), "invitation")
    for word, number in counts.items():
        entry[resource][word] = entry[resource].get(word, 0) + number
    for action in actions:
        for key, word in RECEIVERS.items() if action.get("changed") else ():
            for account in action.get(key, ()):
                entry["receivers"][word][account] = entry["receivers"][word].get(account, 0) + 1
    entry["left_out"] += [action["name"] for action in actions if action["action"] == "leave_out"]
    entry["notes"] = list(dict.fromkeys([*entry["notes"], *_notes(result, actions)]))
    if result.get("status") != "invited" or result["collaboration_id"] in named:
        refusals = _notes(result, [action for action in actions if action["action"] == "refuse"])
        entry["refusals"] = list(dict.fromkeys([*entry["refusals"], *refusals]))
    causes = causes_of_failure(result).items()
    errors = [f"{', '.join(names)}: {cause}" if names else cause for cause, names in causes]
    entry["errors"] = list(dict.fromkeys([*entry["errors"], *errors]))


def _is_whole(result: Mapping[str, Any], action: Mapping[str, Any]) -> bool:
    """Return whether a decision is about the collaboration as a whole: then it bears the collaboration's label."""
    return str(result["collaboration_id"] or result.get("membership_id")) in action["name"]


def _entry_for(entries: list[Data], result: Mapping[str, Any]) -> Data:
    # Of what cannot be read there may be no id, and then the name is all there is to tell it by.
    for entry in [] if result.get("collaboration_id") or result.get("membership_id") else entries:
        if not entry["collaboration_id"] and not entry["membership_id"] and entry["name"] == result.get("name"):
            return entry
    for entry in entries:
        for key in ("collaboration_id", "membership_id"):
            if entry[key] and entry[key] == result.get(key):
                return entry
    entries.append(
        {"name": "", "collaboration_id": "", "membership_id": "", "changed": False, "whole": ""}
        | {"invitation": {}, "tables": {}, "namespaces": {}, "left_out": [], "notes": [], "refusals": [], "errors": []}
        | {"receivers": {word: {} for word in RECEIVER_WORDS}}
    )
    return entries[-1]


def _notes(result: Mapping[str, Any], actions: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one note for each reason for which something was refused or skipped, with the names of the things."""
    names: dict[tuple[str, str], list[str]] = {}
    suspended = result.get("status") == SUSPENDED
    for action in actions:
        whole = _is_whole(result, action)
        # That all of it is suspended is said already.
        if action["action"] in (*NOTED, "warn") and not (whole and suspended):
            names.setdefault((action["action"], action["reason"]), []).extend([] if whole else [action["name"]])
    invited = result.get("status") == "invited"
    notes = [
        f"{'stays pending' if invited else ' '.join([NOTED.get(action, ''), ', '.join(things)]).strip()}: {reason}"
        for (action, reason), things in names.items()
    ]
    deleted = [one["name"] for one in actions if one["action"] == "delete"] if suspended else []
    return notes + ([f"its rule is deleted: {', '.join(deleted)}"] if deleted else [])


def summary_lines(summary: Mapping[str, Any], check_mode: bool = False) -> list[str]:
    """Return what to print of C(summary): a line for each collaboration, what was not done below it, and the totals."""
    lines = [CHECK_MODE] if check_mode else []
    for entry in summary["collaborations"]:
        parts = ([SUSPENDED] if entry["whole"] == SUSPENDED else []) + _counted(entry)
        if entry["left_out"]:
            parts.append(f"{len(entry['left_out'])} left out ({', '.join(entry['left_out'])})")
        notes = entry["notes"]
        # A single note on a collaboration where nothing else happened reads best on its own line.
        if notes and not parts and not entry["errors"]:
            parts, notes = notes[:1], notes[1:]
        lines.append(f"{label(entry)}: {', '.join(parts) or 'nothing done'}")
        lines += [f"    {note}" for note in notes]
        lines += [f"    failed: {error}" for error in entry["errors"]]
    lines += [f"Failed: {failure}" for failure in summary["failures"]]
    lines.append(_total_line(summary))
    return [printable(line) for line in lines]


def failure_text(summary: Mapping[str, Any]) -> str:
    """Return the message with which a play fails: what failed, and what was refused. Empty where nothing was."""
    entries = summary["collaborations"]
    failed = [entry for entry in entries if entry["errors"]]
    refused = [entry for entry in entries if entry["refusals"]]
    others = ", the others are done" if len(failed) < len(entries) else ""
    lines = list(summary["failures"])
    lines += [f"{len(failed)} of {counted(len(entries), 'collaboration')} failed{others}."] if failed else []
    lines += [f"{label(entry)}: {error}" for entry in failed for error in entry["errors"]]
    lines += [f"In {len(refused)} of {counted(len(entries), 'collaboration')} something is refused."] if refused else []
    lines += [f"{label(entry)}: {refusal}" for entry in refused for refusal in entry["refusals"]]
    return "\n".join(printable(line) for line in lines)


def _counted(counts: Mapping[str, Any]) -> list[str]:
    parts = [word for word in ("accepted", "left") if counts["invitation"].get(word)]
    for resource, singular, plural in (("tables", "", ""), ("namespaces", "namespace ", "namespaces ")):
        for key in DONE:
            number, accounts = counts[resource].get(key, 0), counts.get("receivers", {}).get(key)
            if accounts and resource == "tables":
                parts += [RECEIVER_WORDS[key].format(one, counted(rules, "rule")) for one, rules in accounts.items()]
            elif number and "{}" in WORDS[key]:
                parts.append(WORDS[key].format(counted(number, "rule")))
            elif number:
                parts.append(f"{number} {singular if number == 1 else plural}{WORDS[key]}")
    return parts


def _total_line(summary: Mapping[str, Any]) -> str:
    totals = summary["totals"]
    number = len(summary["collaborations"])
    wholes = [f"{totals['collaborations'][word]} {word}" for word in WHOLE if totals["collaborations"][word]]
    parts = [f"{counted(number, 'collaboration')}" + (f" ({', '.join(wholes)})" if wholes else "")]
    accepted, pending = totals["invitation"]["accepted"], totals["invitation"]["refused"]
    parts += [f"{accepted} accepted"] if accepted else []
    parts += [f"{totals['invitation']['left']} left"] if totals["invitation"]["left"] else []
    parts += _counted({**totals, "invitation": {}})
    left_out = totals["tables"]["left_out"]
    parts += [f"{left_out} left out"] if left_out else []
    parts += [f"{counted(pending, 'invitation')} left pending"] if pending else []
    failed = totals["collaborations"]["failed"]
    parts += [f"failures in {failed}"] if failed else []
    return f"Total: {', '.join(parts)}"


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "failure_text": failure_text,
            "summary": summary,
            "summary_lines": summary_lines,
        }
