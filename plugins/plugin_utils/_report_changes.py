# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells in short sentences what differs between two reports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import printable

from ._wording import label, words

Data = dict[str, Any]
# How many names a sentence holds before it only counts them.
FEW = 6
JOINED = {"ACTIVE": "joined", "INVITED": "was invited", "LEFT": "left", "REMOVED": "was removed"}
LISTS = {"pending_invitations": ("is pending", "is no longer pending"), "unrecorded": ("is not in the record", "")}


def changes_between(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return one sentence for each difference between two reports that people should know of.

    Raises C(AttributeError), C(KeyError) or C(TypeError) for what is no report.
    """
    sentences: list[str] = []
    old, new = _by_id(before["collaborations"]), _by_id(now["collaborations"])
    for key, entry in new.items():
        told = _of_collaboration(old[key], entry) if key in old else ["new"]
        sentences += [f"{label(entry)}: {sentence}" for sentence in told]
    sentences += [f"{label(entry)}: no longer in the record" for key, entry in old.items() if key not in new]
    for kind, (came, went) in LISTS.items():
        old, new = _by_id(before[kind]), _by_id(now[kind])
        noun = "invitation" if kind == "pending_invitations" else "membership"
        sentences += [f"{label(new[key])}: {noun} {came}" for key in new if key not in old]
        sentences += [f"{label(old[key])}: {noun} {went}" for key in old if went and key not in new]
    return [printable(sentence) for sentence in sentences]


def _by_id(entries: Iterable[Data]) -> dict[str, Data]:
    return {str(one.get("collaboration_id") or one.get("membership_id") or one["name"]): one for one in entries}


def _of_collaboration(before: Data, now: Data) -> list[str]:
    sentences = []
    if now["name"] != before["name"]:
        sentences.append(f"was called {before['name']}")
    if now["status"] != before["status"]:
        sentences.append(f"{now['status']}, was {before['status']}")
    for key, came, went in (
        ("error", "could not be read: ", "could be read again"),
        ("refused", "refused: ", "no longer refused"),
        ("reason", "", ""),
    ):
        if now.get(key) != before.get(key):
            sentences.append(f"{came}{now[key]}" if key in now else went)
    sentences += [
        f"not reviewed: {one}" for one in now.get("unreviewed", []) if one not in before.get("unreviewed", [])
    ]
    if "members" in before and "members" in now:
        sentences += _of_members(before["members"], now["members"])
    # What could not be read, then or now, cannot be compared; who receives unreviewed is told all the same.
    if "error" in before or "error" in now:
        alarming = [one for one in now["tables"] if one["state"] == "unreviewed_receiver"]
        names = {one["name"] for one in alarming}
        sentences += _of_tables((one for one in before["tables"] if one["name"] in names), alarming)
    else:
        sentences += _of_tables(before["tables"], now["tables"])
        sentences += _of_namespace(before.get("id_namespace"), now.get("id_namespace"))
    return list(filter(None, sentences))


def _of_members(before: Iterable[Data], now: Iterable[Data]) -> list[str]:
    old, new = ({one["account_id"]: one for one in members} for members in (before, now))
    sentences = []
    for account, member in new.items():
        known = old.get(account)
        if known is None or known["status"] != member["status"]:
            sentences.append(f"member {account} {JOINED.get(member['status'], 'is ' + member['status'])}")
        rights, rights_before = _rights(member), _rights(known) if known else ""
        if known is not None and rights != rights_before:
            sentences.append(f"member {account}: {rights}; was {rights_before}")
    return sentences + [f"member {account} is gone" for account in old if account not in new]


def _rights(member: Data) -> str:
    """Return what a member may do and pays for."""
    rights = sorted(words(one) for one in member["abilities"])
    return ", ".join(rights + [f"pays for {one}" for one in sorted(member["pays_for"])]) or "no abilities"


def _of_tables(before: Iterable[Data], now: Iterable[Data]) -> list[str]:
    old, new = ({one["name"]: one for one in tables} for tables in (before, now))
    told: dict[str, list[str]] = {}
    for name, table in new.items():
        state = words(table["state"])
        if name not in old:
            told.setdefault(f"new and {state}", []).append(name)
            continue
        if table["state"] != old[name]["state"]:
            told.setdefault(f"{state}, was {words(old[name]['state'])}", []).append(name)
        receivers, receivers_before = table.get("result_receivers"), old[name].get("result_receivers")
        if receivers is not None and receivers_before is not None and receivers != receivers_before:
            change = f"for result receivers {_listed(receivers)}, was for {_listed(receivers_before)}"
            told.setdefault(change, []).append(name)
    gone = [name for name in old if name not in new]
    if gone:
        told["gone"] = gone
    return [f"{_named(names)} {'is' if len(names) == 1 else 'are'} {change}" for change, names in told.items()]


def _listed(receivers: Iterable[str]) -> str:
    return ", ".join(receivers) or "nobody"


def _named(names: list[str]) -> str:
    return ", ".join(names) if len(names) <= FEW else f"{len(names)} tables ({', '.join(names[:2])}, ...)"


def _of_namespace(before: Data | None, now: Data | None) -> list[str]:
    if now is None or before is None:
        return [f"ID namespace {one['name']} is {word}" for one, word in ((now, "new"), (before, "gone")) if one]
    if now["state"] != before["state"]:
        return [f"ID namespace {now['name']} is {words(now['state'])}, was {words(before['state'])}"]
    return []
