# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that keep the record: what modules answered is put into it, and it is written so that it never runs.

Partners choose the names in it. A name such as C({{ lookup('pipe', '...') }}) in a plain vars file would be carried
out at the next play, so that every free text is written with the tag C(!unsafe).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain, printable
from ansible_collections.acx.cleanrooms.plugins.module_utils._failures import causes_of_failure
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import KEYS, STATUSES, merge_records, parse_records
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import check_account_ids, check_uuids
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_file import COLLABORATIONS, PENDING, open_record
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._yaml import FreeText, RecordDumper, plain

Data = dict[str, Any]
PENDING_KEYS = ("name", "collaboration_id", "creator_account_id", "creator_display_name", "members", "reason")
# What has just been checked to be an id, an account id or a status. Everything else is free text.
CHECKED_KEYS = ("collaboration_id", "membership_id", "status", "members", "result_receivers", "creator_account_id")
ACCEPTED = "accepted; its tables and ID namespace are not associated yet"
NOT_OURS = (
    "is a membership that is not in the record; name it with cleanrooms_accept to have its present members pinned"
)
HEADER = """\
---
# The AWS Clean Rooms collaborations of {host}. acx.cleanrooms keeps this file, and you may edit it.
# What you write here stays, comments and templates apart: they go when something new is recorded. Use notes instead.
# Partners choose names; the tag !unsafe keeps Ansible from taking a text for a template.
"""


def _marked(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _marked(inner, item) for inner, item in value.items()}
    if isinstance(value, list):
        return [_marked(key, item) for item in value]
    return FreeText(value) if isinstance(value, str) and key not in CHECKED_KEYS else value


def _ordered(entry: Mapping[str, Any], keys: Iterable[str]) -> Data:
    return {key: _marked(key, entry[key]) for key in keys if entry.get(key) is not None}


def _check_pending(pending: Iterable[Mapping[str, Any]]) -> None:
    for index, entry in enumerate(pending):
        option = f"cleanrooms_pending_invitations[{index}]"
        unknown = set(entry) - set(PENDING_KEYS)
        if unknown:
            raise CleanRoomsError(
                f"{option}: {min(unknown)!r} is no key of it; known keys are {', '.join(PENDING_KEYS)}"
            )
        check_uuids(f"{option}.collaboration_id", [str(entry.get("collaboration_id"))])
        check_account_ids(f"{option}.creator_account_id", [str(entry.get("creator_account_id"))])
        check_account_ids(f"{option}.members", entry.get("members") or ())


def _checked(records: Iterable[Mapping[str, Any]]) -> list[Data]:
    """Return records as plain data. Raises AnsibleFilterError for one that cannot be right."""
    every: list[Data] = plain(records)
    try:
        parse_records(every, "cleanrooms_collaborations")
    except CleanRoomsError as error:
        raise AnsibleFilterError(explain(error)) from error
    return every


def record_yaml(records: Iterable[Mapping[str, Any]], pending: Iterable[Mapping[str, Any]], host: str) -> str:
    """Return the text of the record file; it loads to the same records and pending invitations, and is no template."""
    records, pending = _checked(records), plain(pending)
    try:
        _check_pending(pending)
    except CleanRoomsError as error:
        raise AnsibleFilterError(explain(error)) from error
    content = {
        "cleanrooms_collaborations": [_ordered(record, KEYS) for record in records],
        "cleanrooms_pending_invitations": [_ordered(entry, PENDING_KEYS) for entry in pending],
    }
    text: str = yaml.dump(content, Dumper=RecordDumper, sort_keys=False, width=sys.maxsize)
    return HEADER.format(host=host) + text


def recorded(path: str, key: str) -> list[Any]:
    """Return what a record file holds under a key; an empty list where there is no file. No text in it is a template.

    Raises AnsibleFilterError for a file that is there and cannot be read.
    """
    try:
        file = open_record(path)
    except CleanRoomsError as error:
        # Without its causes, which Ansible would print after it: those of YAML have many lines.
        raise AnsibleFilterError(explain(error)) from None
    return list(wrap_var({COLLABORATIONS: file.records, PENDING: file.pending}[key]))


def updated_records(
    records: Iterable[Mapping[str, Any]], results: Iterable[Mapping[str, Any]], pending: Iterable[Mapping[str, Any]]
) -> list[Data]:
    """Return the records with what the modules' results say of each collaboration put in.

    Failed ones and invitations that stay pending add nothing. Of a collaboration that was seen as pending, only those
    members are pinned who were there then, if they were seen.
    """
    every = _checked(records)
    seen = {entry["collaboration_id"]: entry["members"] or [] for entry in plain(pending) if "members" in entry}
    joined = {
        one.get("collaboration_id")
        for one in every
        if one.get("membership_id") and one.get("status", "active") in ("active", "inactive")
    }
    found = []
    for result in plain(results):
        # A run that left and was cut off before it could record that finds no membership any more.
        if result.get("status") == "absent" and result["collaboration_id"] in joined:
            result["status"] = "left"
        if "error" in result or result.get("status") not in STATUSES:
            continue
        if "members" in result:
            known = seen.get(result["collaboration_id"], result["members"])
            result["members"] = [member for member in result["members"] if member in known]
        found.append(result)
    return merge_records(every, found)


def failed_results(records: Iterable[Mapping[str, Any]], error: str) -> list[Data]:
    """Return for each record what a module answers where it failed: for a task that failed as a whole."""
    nothing = {"changed": False, "actions": [], "summary": {}, "error": error}
    keys = ("name", "collaboration_id", "membership_id")
    return [{key: record.get(key) or "" for key in keys} | nothing for record in plain(records)]


def updated_pending(
    pending: Iterable[Mapping[str, Any]],
    results: Iterable[Mapping[str, Any]],
    records: Iterable[Mapping[str, Any]],
    invitations: Iterable[Mapping[str, Any]] | None = None,
    memberships: Iterable[Mapping[str, Any]] = (),
) -> list[Data]:
    """Return the invitations that are not dealt with yet, each with the reason where one is known.

    One is dealt with once its tables or its ID namespace were tried without a failure. C(invitations) are all pending
    ones, where they were read; then one that is neither pending nor joined any more is forgotten.
    """
    entries: dict[str, Data] = {entry["collaboration_id"]: entry for entry in plain(pending)}
    if invitations is not None:
        recorded = {record.get("collaboration_id") for record in plain(records)}
        entries = _refreshed(entries, recorded, plain(invitations), plain(memberships))
    found: list[Data] = plain(results)
    failed = {result["collaboration_id"] for result in found if "error" in result}
    for result in found:
        _note_result(entries, failed, result)
    return list(entries.values())


def _refreshed(
    entries: dict[str, Data], recorded: set[str | None], invitations: list[Data], memberships: list[Data]
) -> dict[str, Data]:
    joined = {one["collaboration_id"] for one in memberships if one["status"] == "active"}
    kept = {key: entry for key, entry in entries.items() if key in recorded or key in joined}
    # What cannot be read says nothing new; if it does not even say which collaboration it is about, all stay.
    unread = [one for one in invitations if not one["creator_account_id"]]
    unread += [one for one in memberships if one["status"] == "unknown"]
    unreadable = [one["collaboration_id"] for one in unread]
    kept = entries | kept if "" in unreadable else {key: entries[key] for key in unreadable if key in entries} | kept
    for key in (joined - recorded) & set(kept):
        kept[key]["reason"] = NOT_OURS
    for invitation in invitations:
        if not invitation["creator_account_id"]:
            continue
        entry = {key: invitation[key] for key in PENDING_KEYS if key in invitation}
        if "members" in invitation:
            present = [one for one in invitation["members"] if one["status"] in ("ACTIVE", "INVITED")]
            entry["members"] = sorted(one["account_id"] for one in present)
        key = invitation["collaboration_id"]
        kept[key] = {**entries.get(key, {}), **entry}
    return kept


def _note_result(entries: dict[str, Data], failed: set[str], result: Data) -> None:
    key = result["collaboration_id"]
    if "error" in result:
        if key in entries:
            entries[key]["reason"] = " ".join(causes_of_failure(result))
    elif result["status"] in ("left", "absent"):
        entries.pop(key, None)
    elif result["status"] == "invited":
        entries[key] = {**_entry_of(result), **entries.get(key, {}), "reason": result["actions"][-1]["reason"]}
    elif "associations" in result or "id_namespace_associations" in result:
        if key not in failed:
            entries.pop(key, None)
    elif result["summary"]["accepted"] or key in entries:
        entries[key] = {**_entry_of(result), **entries.get(key, {}), "reason": ACCEPTED}


def _entry_of(result: Data) -> Data:
    return {key: result[key] for key in PENDING_KEYS if key in result}


def confirmed_records(
    records: Iterable[Mapping[str, Any]],
    memberships: Iterable[Mapping[str, Any]],
    confirmed: Iterable[str],
    accounts: Iterable[str] | None = None,
) -> list[Data]:
    """Return the records with the present members of the confirmed collaborations pinned, in place of those before.

    C(accounts) are the only ones who may be pinned; C(None) means that any may.
    """
    every: list[Data] = plain(records)
    found = {one["collaboration_id"]: one for one in plain(memberships) if "members" in one}
    for key in confirmed:
        wanted = [record for record in every if record.get("collaboration_id") == key]
        if not wanted or key not in found:
            raise AnsibleFilterError(
                f"cleanrooms_confirm_members: {key!r} is not the collaboration_id of a record with an active"
                " membership; the playbook list shows them"
            )
        members = [one["account_id"] for one in _others(found[key])]
        # Before ansible-core 2.19 a template that comes to none is an empty text.
        anyone = accounts is None or accounts == ""
        strangers = [] if anyone else [member for member in members if member not in list(accounts or ())]
        if strangers:
            raise AnsibleFilterError(
                f"cleanrooms_confirm_members: {key} has members whom you did not name, {', '.join(strangers)}; look at"
                " them, and name each in cleanrooms_confirm_accounts who may be there. Nothing was confirmed"
            )
        wanted[0]["members"] = members
    return every


def _others(membership: Data) -> list[Data]:
    """Return everyone else who is or may become a member."""
    present = [one for one in membership["members"] if one["status"] in ("ACTIVE", "INVITED")]
    return sorted((one for one in present if one["account_id"] != membership["account_id"]), key=_account_id)


def _account_id(member: Data) -> str:
    return str(member["account_id"])


def confirmation_lines(memberships: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return what to print of the members that are confirmed. Those of memberships that are over are not read."""
    lines = []
    for membership in (one for one in plain(memberships) if "members" in one):
        members = [f"{one['account_id']} ({one['display_name']})" for one in _others(membership)]
        lines.append(f"{membership['name']} ({membership['collaboration_id']}): members are {', '.join(members)}")
    return [printable(line) for line in lines]


def chosen_records(records: Iterable[Mapping[str, Any]], only: str | Iterable[str]) -> list[Data]:
    """Return the records whose collaboration id or membership id is named; all of them where nothing is named."""
    every = _checked(records)
    wanted = id_list(only)
    for one in wanted:
        if not any(one in _ids(record) for record in every):
            raise AnsibleFilterError(
                f"cleanrooms_only: {one!r} is the collaboration_id or membership_id of no record in"
                " cleanrooms_collaborations; the playbook list shows them"
            )
    return [record for record in every if not wanted or not _ids(record).isdisjoint(wanted)]


def _ids(record: Data) -> set[str]:
    return {record[key] for key in ("collaboration_id", "membership_id") if record.get(key)}


def id_list(ids: str | Iterable[str] | None) -> list[str]:
    """Return ids given as a list, as one text, or as texts with commas between them, each once.

    Raises AnsibleFilterError for null: what was emptied by mistake must not count as left out.
    """
    if ids is None:
        raise AnsibleFilterError("is null; write [] for none, or remove the variable")
    texts = [ids] if isinstance(ids, str) else ids
    listed = [part.strip() for text in texts for part in str(text).split(",")]
    return list(dict.fromkeys(filter(None, listed)))


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {
            "chosen_records": chosen_records,
            "confirmation_lines": confirmation_lines,
            "confirmed_records": confirmed_records,
            "failed_results": failed_results,
            "id_list": id_list,
            "recorded": recorded,
            "record_yaml": record_yaml,
            "updated_pending": updated_pending,
            "updated_records": updated_records,
        }
