# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What modules answered, or somebody edited meanwhile, is put into the record. Pure: nothing here reads or writes."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._failures import causes_of_failure
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import KEYS, STATUSES
from ansible_collections.acx.cleanrooms.plugins.module_utils._trust import RECEIVE

from ._record_text import IDS, PENDING_KEYS, Content

Data = dict[str, Any]
ACTIVE = "active"
# Of a collaboration in which this account should have a membership.
IN_FORCE = (ACTIVE, "suspended", "inactive")
ACCEPTED = "accepted; its tables and ID namespace are not associated yet"
TABLES_DONE = "its tables are associated, its ID namespace is not yet"
NOT_OURS = (
    "is a membership that is not in the record; name it with cleanrooms_accept to have its present members pinned"
)
# What Ansible puts in the place of a secret, wherever its letters occur: in the midst of a text, and for a whole one.
MASKS = ("********", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER")
HIDDEN = "(name hidden)"
LABELS = ("name", "creator_display_name", "display_name", "by", "reason")


def with_results(
    content: Content,
    results: Iterable[Mapping[str, Any]],
    *,
    limit: Collection[str] | None = None,
    namespace_follows: bool = False,
) -> tuple[Content, list[str]]:
    """Return the record with what a module's results say of each collaboration put in, and warnings.

    What people wrote is kept: only C(membership_id) and C(status) follow what was found, and members are recorded where
    there are none yet. A failed result adds nothing but its reason, to an invitation that is not dealt with yet.
    C(limit) are the accounts that may receive now, where a record does not say, and C(None) means that any may.
    C(namespace_follows) says that an invitation is dealt with only when its ID namespace is, too.
    """
    records, pending = copy.deepcopy(content.records), copy.deepcopy(content.pending)
    warnings: list[str] = []
    for found in results:
        result, warning = without_masks(copy.deepcopy(dict(found)))
        warnings += [warning] if warning else []
        if result is not None:
            _put(records, pending, result, limit)
            _note(records, pending, result, namespace_follows)
    return replace(content, records=records, pending=pending), warnings


def without_masks(result: Data) -> tuple[Data | None, str]:
    """Return a result without what Ansible put in the place of a secret, and what to warn of.

    An id or a word of AWS's that is not known is nothing to record; a name is only a label.
    """
    text = " ".join(str(result.get(key, "")) for key in ("name", *IDS)).strip()
    spoilt = [key for key in (*IDS, "status", "creator_account_id", "members", "reviewed") if _spoilt(result.get(key))]
    if spoilt:
        return None, (
            f"{text}: not recorded, because Ansible hides a secret that occurs in its {spoilt[0]}; take credentials"
            " that are longer, or a profile"
        )
    hidden = [label for label in _labels(result) if _masked(label)]
    if not hidden:
        return result, ""
    masked: Data = _hidden(result)
    return masked, f"{text}: recorded as {HIDDEN}, because Ansible hides a secret that occurs in a name"


def unclear(membership: Data) -> Data:
    """Return a membership of which nothing is known but that it is there, as cleanrooms_membership_info has it."""
    return {**membership, **dict.fromkeys(("name", *IDS), ""), "status": "unknown"}


def _masked(value: Any) -> bool:
    return isinstance(value, str) and any(mask in value for mask in MASKS)


def _spoilt(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(_masked(key) or (key not in LABELS and _spoilt(item)) for key, item in value.items())
    return any(map(_spoilt, value)) if isinstance(value, list) else _masked(value)


def _labels(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from [item] if key in LABELS else _labels(item)
    elif isinstance(value, list):
        for item in value:
            yield from _labels(item)


def _hidden(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: HIDDEN if key in LABELS and _masked(item) else _hidden(item) for key, item in value.items()}
    return [_hidden(item) for item in value] if isinstance(value, list) else value


def find(entries: Iterable[Data], one: Mapping[str, Any]) -> Data | None:
    """Return the entry that is about the same collaboration, by the first id that both have."""
    for entry in entries:
        for key in IDS:
            if entry.get(key) and one.get(key):
                if entry[key] == one[key]:
                    return entry
                break
    return None


def limited(review: Data, record: Mapping[str, Any], limit: Collection[str] | None) -> Data:
    """Return a review with the receivers that were possible under the limit that held, so that none comes without one.

    Else the members could be confirmed in one edit of the file and the limit be removed in another, and nobody would
    have looked at both.
    """
    own = record.get("result_receivers")
    now = limit if own is None else own
    return {**review, "receivers": [one for one in review["receivers"] if now is None or one in now]}


def _put(records: list[Data], pending: list[Data], result: Data, limit: Collection[str] | None) -> None:
    known = find(records, result)
    status = result.get("status")
    if status == "absent" and known and known.get("membership_id") and known.get("status", ACTIVE) in IN_FORCE:
        # A run that left and was cut off before it could record that finds no membership any more.
        status = result["status"] = "left"
    if "error" in result or status not in STATUSES:
        return
    if "members" in result:
        _as_seen(result, find(pending, result))
    if "reviewed" in result:
        result["reviewed"] = limited(result["reviewed"], known or {}, limit)
    if known is None:
        records.append({key: result[key] for key in KEYS if result.get(key) not in (None, "")})
        return
    for key in ("name", *IDS):
        if result.get(key) and (key == "membership_id" or not known.get(key)):
            known[key] = result[key]
    # What a person switched off stays so.
    if status != ACTIVE or known.get("status", ACTIVE) not in IN_FORCE:
        known["status"] = status
    if known.get("members") is None and "members" in result:
        known.update({key: result[key] for key in ("reviewed", "members") if key in result})


def _as_seen(result: Data, entry: Data | None) -> None:
    """Leave only the members, abilities and receivers that were there when the invitation was seen as pending."""
    if entry is None or "members" not in entry:
        return
    seen = {one["account_id"]: set(one.get("abilities") or ()) for one in entry["members"] or ()}
    result["members"] = [
        {**one, "abilities": [ability for ability in one["abilities"] if ability in seen[one["account_id"]]]}
        for one in result["members"]
        if one["account_id"] in seen
    ]
    if "reviewed" in result:
        receivers = [one for one in result["reviewed"]["receivers"] if RECEIVE in seen.get(one, ())]
        result["reviewed"] = {**result["reviewed"], "receivers": receivers}


def _note(records: list[Data], pending: list[Data], result: Data, namespace_follows: bool) -> None:
    """Put into the pending invitations what a result says."""
    entry = find(pending, result)
    if "error" in result:
        if entry:
            entry["reason"] = " ".join(causes_of_failure(result))
    elif result["status"] == "invited":
        _keep_pending(pending, entry, result, result["actions"][-1]["reason"])
    elif result["status"] in ("left", "absent"):
        pending[:] = [one for one in pending if one is not entry]
    elif "associations" in result and namespace_follows and entry:
        entry["reason"] = TABLES_DONE
    elif "associations" in result or "id_namespace_associations" in result:
        pending[:] = [one for one in pending if one is not entry]
    elif result["summary"]["accepted"] or entry:
        _keep_pending(pending, entry, result, ACCEPTED)


def _keep_pending(pending: list[Data], entry: Data | None, result: Data, reason: str) -> None:
    if entry is None:
        entry = {}
        pending.append(entry)
    entry.update({key: result[key] for key in PENDING_KEYS if result.get(key) not in (None, "")})
    entry["reason"] = reason


def with_invitations(
    content: Content, results: Sequence[Mapping[str, Any]], memberships: Sequence[Mapping[str, Any]] = ()
) -> Content:
    """Return the record without the pending invitations that are neither pending on AWS nor joined any more.

    C(results) are about all pending ones; C(memberships) are those in collaborations whose invitation is gone.
    """
    recorded = {record.get("collaboration_id") for record in content.records}
    listed = {one["collaboration_id"] for one in results}
    joined = {one["collaboration_id"] for one in memberships if one["status"] == ACTIVE}
    unread = {one["collaboration_id"] for one in memberships if one["status"] == "unknown"}
    # What cannot be read says nothing new; if it does not even say which collaboration it is about, all stay.
    if "" in listed | unread:
        return content
    kept = []
    for entry in content.pending:
        key = entry["collaboration_id"]
        if key in joined - recorded - listed:
            kept.append({**entry, "reason": NOT_OURS})
        elif key in recorded | listed | unread:
            kept.append(entry)
    return replace(content, pending=kept)


def foretold(before: Content, after: Content) -> Data:
    """Return what a task in check mode would have recorded, for the tasks after it: only what differs."""
    told: Data = {"collaborations": [one for one in after.records if one not in before.records]}
    return told if after.pending == before.pending else {**told, "pending_invitations": after.pending}


def with_foretold(content: Content, told: Mapping[str, Any]) -> Content:
    """Return the record as a task before would have left it, by what it foretold."""
    records = list(content.records)
    for record in told["collaborations"]:
        known = find(records, record)
        if known is None:
            records.append(record)
        else:
            records[records.index(known)] = record
    return replace(content, records=records, pending=told.get("pending_invitations", content.pending))


def merged_edits(base: Content, mine: Content, theirs: Content) -> Content:
    """Return C(theirs), what somebody made of C(base) meanwhile, with what we made of it put in.

    Key by key: whoever changed one has it; where both did, what shares less stands. Who was taken out stays out. Nobody
    may receive who could not by what one of the two sides says alone.
    """
    return Content(
        _merged_entries(base.records, mine.records, theirs.records, KEYS),
        _merged_entries(base.pending, mine.pending, theirs.pending, PENDING_KEYS),
        theirs.version,
    )


def _merged_entries(base: list[Data], mine: list[Data], theirs: list[Data], keys: Iterable[str]) -> list[Data]:
    merged = []
    for entry in theirs:
        before, ours = find(base, entry), find(mine, entry)
        if ours is not None:
            merged.append(_merged_entry(before or {}, ours, entry, keys))
        elif before is None or before != entry:
            merged.append(entry)
    return merged + [entry for entry in mine if find(base, entry) is None and find(theirs, entry) is None]


def _merged_entry(base: Data, mine: Data, theirs: Data, keys: Iterable[str]) -> Data:
    merged: Data = {}
    for key in keys:
        before, ours, other = base.get(key), mine.get(key), theirs.get(key)
        value = other if ours in (before, other) else ours if other == before else _narrower(key, ours, other)
        if value is not None:
            merged[key] = value
    more = _receivers(merged) - _receivers(mine) - _receivers(theirs)
    if more and "reviewed" in merged:
        merged["reviewed"] = limited(merged["reviewed"], {}, _receivers(merged) - more)
    elif more:
        merged["members"] = [
            {**one, "abilities": [ability for ability in one["abilities"] if ability != RECEIVE]}
            if one["account_id"] in more
            else one
            for one in merged["members"]
        ]
    return merged


def _receivers(record: Data) -> set[str]:
    """Return the accounts that may receive by what a record says."""
    if record.get("status", ACTIVE) != ACTIVE:
        return set()
    able = {one["account_id"] for one in record.get("members") or () if RECEIVE in one.get("abilities", ())}
    limit = record.get("result_receivers")
    found = set(record["reviewed"]["receivers"]) if record.get("reviewed") else able
    accounts = {one["account_id"] for one in record.get("members") or ()}
    return {one for one in found & accounts if limit is None or one in limit}


def _narrower(key: str, ours: Any, theirs: Any) -> Any:
    """Return what shares less, of a key that both sides changed; what theirs says where that makes no difference."""
    if key == "status":
        if "suspended" in (ours, theirs) and {ours, theirs} <= {None, *IN_FORCE}:
            return "suspended"
        return ours if theirs in (None, ACTIVE) else theirs
    if key == "reviewed":
        if theirs is None or ours is None:
            return ours or theirs
        lists = {name: [one for one in value if one in theirs.get(name, ())] for name, value in _lists(ours).items()}
        return {**ours, **lists}
    if key == "members":
        if theirs is None or ours is None:
            return None
        abilities = {one["account_id"]: one.get("abilities") or [] for one in ours}
        return [
            {**one, "abilities": [ability for ability in one.get("abilities") or [] if ability in abilities[account]]}
            for one in theirs
            if (account := one["account_id"]) in abilities
        ]
    return theirs


def _lists(review: Data) -> dict[str, list[str]]:
    return {name: value for name, value in review.items() if isinstance(value, list)}
