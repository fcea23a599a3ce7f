# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members are confirmed: the accounts and abilities that a person names, and no others. Pure: nothing is written.

What is there and was neither recorded nor named stays unconfirmed, so that nothing is confirmed that nobody has seen.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, printable
from ansible_collections.acx.cleanrooms.plugins.module_utils._trust import PRESENT, RECEIVE, confirm_command, review_of
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import ABILITIES, check_account_ids

from ._record_merge import limited
from ._record_text import Content
from ._wording import abilities_text, aligned, counted, member_row

Data = dict[str, Any]
Named = dict[str, list[str]]
CONFIRM = "confirm (cleanrooms_confirm_members)"
ACCOUNTS = "confirm_accounts (cleanrooms_confirm_accounts)"
# Abilities that let a member have what comes out: the policy gives them by itself to allowed receivers alone.
RECEIVING = (RECEIVE, "CAN_RECEIVE_MODEL_OUTPUT", "CAN_RECEIVE_INFERENCE_OUTPUT")
NOTHING = "nothing"


@dataclass(frozen=True)
class Policy:
    """Who may be confirmed: C(named) by a person, C(None) where nobody is named, or else by the two allowed lists.

    Those count the first time only, while a record has no members. C(limit) are the accounts that may receive where a
    record does not say; C(None) means that any may.
    """

    named: Named | None = None
    allowed_members: Collection[str] = ()
    allowed_receivers: Collection[str] = ()
    limit: Collection[str] | None = None

    def granted(self, member: Mapping[str, Any], *, first: bool) -> list[str] | None:
        """Return the abilities that a member may be confirmed with; C(None) where nobody speaks for it."""
        account = member["account_id"]
        if self.named is not None:
            return self.named.get(account)
        if not first or account not in self.allowed_members:
            return None
        receives = account in self.allowed_receivers
        return [one for one in member["abilities"] if receives or one not in RECEIVING]


@dataclass
class Confirmation:
    """What is confirmed of one collaboration: C(record) as it becomes, and what is there and stays unconfirmed."""

    record: Data
    membership: Data
    members: list[Data] = field(default_factory=list)
    receivers: list[str] = field(default_factory=list)
    missing: list[Data] = field(default_factory=list)

    @property
    def label(self) -> str:
        """Return what lines call the collaboration."""
        return f"{self.membership['name']} ({self.membership['collaboration_id']})"


def named_accounts(texts: Iterable[str]) -> Named:
    """Return the abilities by account of texts like C(666677778888:CAN_QUERY+CAN_RECEIVE_RESULTS), or an account alone.

    Raises C(CleanRoomsError) for what is neither.
    """
    named: Named = {}
    for text in texts:
        account, colon, rest = text.partition(":")
        check_account_ids(ACCOUNTS, [account])
        abilities = [one.strip() for one in rest.split("+")] if colon else []
        unknown = [one for one in abilities if one not in ABILITIES]
        if unknown:
            raise CleanRoomsError(
                f"{ACCOUNTS}: {unknown[0]!r} in {text!r} is no ability that is known; write <account id>, or <account"
                f" id>:<ability>+<ability>, of {', '.join(ABILITIES)}"
            )
        named.setdefault(account, []).extend(abilities)
    return named


def confirmed_members(
    content: Content, memberships: Iterable[Data], confirm: Iterable[str], review: Mapping[str, Any], policy: Policy
) -> tuple[Content, list[str]]:
    """Return the record with members of some collaborations confirmed, and lines on who they are and what follows.

    C(review) says C(by) whom; by collaboration id in C(auto_approved_changes) what the creator lets change without
    asking, and in C(tables) how many tables are associated. Raises C(CleanRoomsError), with nothing confirmed, for a
    collaboration without a record and an active membership; for who or what is named and is not there; and where nobody
    is named and somebody, or an ability, is new.
    """
    records, listed = copy.deepcopy(content.records), list(memberships)
    looks = [_look(*_found(records, listed, key), policy) for key in dict.fromkeys(confirm)]
    _check_named(looks, policy.named or {})
    new = [one for one in looks if one.missing]
    if policy.named is None and new:
        said = [f"{one.label}: {', '.join(map(_member_text, one.missing))}" for one in new]
        # Whoever the policy allows must be named with the others, because it does not count beside names.
        commands = " and ".join(
            _command(one, _others(one.membership) if one.record.get("members") is None else one.missing) for one in new
        )
        raise CleanRoomsError(
            f"{CONFIRM}: nothing was confirmed, because you did not name who and what is new in {'; '.join(said)}."
            f" Look at them, and confirm what is right with: {commands} (leave out what is not right)"
        )
    lines = [line for one in looks for line in _confirm(one, review, policy.limit)]
    return replace(content, records=records), [printable(line) for line in lines]


def _found(records: list[Data], listed: list[Data], key: str) -> tuple[Data, Data]:
    """Return the record and the membership of a collaboration."""
    record = next((one for one in records if one.get("collaboration_id") == key), None)
    there = [one for one in listed if one["collaboration_id"] == key]
    membership = next((one for one in there if "members" in one), None)
    unread = [one["error"] for one in there if "error" in one]
    if unread and membership is None:
        raise CleanRoomsError(f"{CONFIRM}: {unread[0]}".rstrip("."))
    if record is None or membership is None:
        raise CleanRoomsError(
            f"{CONFIRM}: {key!r} is not the collaboration_id of a record with an active membership; the playbook list"
            " shows them"
        )
    return record, membership


def _look(record: Data, membership: Data, policy: Policy) -> Confirmation:
    """Return what of the present members was recorded, or may be confirmed now, and what is missing for the rest."""
    look = Confirmation(record, membership)
    first = record.get("members") is None
    recorded = {one["account_id"]: one.get("abilities") or [] for one in record.get("members") or ()}
    reviewed = _reviewed_receivers(record)
    for one in _others(membership):
        account, granted = one["account_id"], policy.granted(one, first=first)
        known = account in recorded or granted is not None
        able = [each for each in one["abilities"] if each in recorded.get(account, ()) or each in (granted or ())]
        if known:
            look.members.append({**one, "abilities": able})
        if RECEIVE in able and (account in reviewed or RECEIVE in (granted or ())):
            look.receivers.append(account)
        missing = [each for each in one["abilities"] if each not in able]
        if RECEIVE in able and account not in look.receivers and _within(account, record, policy.limit):
            missing.append(RECEIVE)
        if missing or not known:
            look.missing.append({**one, "abilities": missing})
    return look


def _reviewed_receivers(record: Data) -> set[str]:
    """Return the accounts that were reviewed as receivers; in a record that a person wrote, who is able to receive."""
    members = record.get("members") or ()
    if record.get("reviewed"):
        return {one["account_id"] for one in members} & set(record["reviewed"]["receivers"])
    return {one["account_id"] for one in members if RECEIVE in (one.get("abilities") or ())}


def _within(account: str, record: Data, limit: Collection[str] | None) -> bool:
    return bool(limited({"receivers": [account]}, record, limit)["receivers"])


def _check_named(looks: list[Confirmation], named: Named) -> None:
    """Raise C(CleanRoomsError) for a named account that is no member, or a named ability that one does not have."""
    for account, abilities in named.items():
        there = [(look, one) for look in looks for one in _others(look.membership) if one["account_id"] == account]
        if not there:
            raise CleanRoomsError(
                f"{ACCOUNTS}: {account} is no other member of {', '.join(look.label for look in looks)}; nothing was"
                " confirmed"
            )
        for look, one in there:
            lacking = [ability for ability in abilities if ability not in one["abilities"]]
            if lacking:
                raise CleanRoomsError(
                    f"{ACCOUNTS}: {account} does not have {lacking[0]} in {look.label}; nothing was confirmed. Where"
                    " collaborations differ, confirm one at a time"
                )


def _command(look: Confirmation, members: Iterable[Data]) -> str:
    """Return the command that confirms members; abilities that this version does not know cannot be confirmed."""
    new = {one["account_id"]: [what for what in one["abilities"] if what in ABILITIES] for one in members}
    return confirm_command(look.membership["collaboration_id"], new)


def _confirm(look: Confirmation, review: Mapping[str, Any], limit: Collection[str] | None) -> list[str]:
    """Put what is confirmed into the record; return lines on it."""
    record, membership = look.record, look.membership
    before, reviewed = _reviewed_receivers(record), _review(look, review)
    now = limited({**reviewed, "receivers": look.receivers}, record, limit)
    lines = [f"{look.label}: confirmed are"]
    lines += [f"    {row}" for row in aligned([member_row(one) for one in look.members])] or ["    no other members"]
    if look.missing:
        lines += [f"    not confirmed: {_member_text(one)}" for one in look.missing]
        lines.append(f"    to confirm that too, after a look: {_command(look, look.missing)}")
    lines += _receiver_lines(look, before, now["receivers"], review["tables"].get(membership["collaboration_id"], 0))
    lines += _own_lines(record.get("reviewed") or {}, now)
    members = [{name: one[name] for name in ("account_id", "abilities", "display_name")} for one in look.members]
    if members != record.get("members") or _without_moment(now) != _without_moment(record.get("reviewed")):
        record.update(reviewed=now, members=members)
    return lines


def _review(look: Confirmation, review: Mapping[str, Any]) -> Data:
    own = {"abilities": look.membership["abilities"], "payments": look.membership["pays_for"]}
    changes = review["auto_approved_changes"].get(look.membership["collaboration_id"], [])
    return review_of([], own, {"autoApprovedChangeTypes": changes}, review["by"])


def _receiver_lines(look: Confirmation, before: Collection[str], now: Collection[str], tables: int) -> list[str]:
    """Return who becomes a result receiver, and of how much; C(before) and C(now) are the reviewed receivers."""
    shared = f"result receiver of {counted(tables, 'table') if tables else 'every table that is shared there'}"
    limited_away = "no result receiver, because result_receivers or cleanrooms_result_receivers leaves it out"
    new = [one for one in look.members if one["account_id"] in look.receivers and one["account_id"] not in before]
    lines = []
    for one in new:
        when = " once it has joined" if one["status"] == "INVITED" else ""
        lines.append(f"    {_name(one)} becomes {shared + when if one['account_id'] in now else limited_away}")
    return lines


def _own_lines(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """Return lines on what this account may do and pays for, and what may change unasked, where that is new."""
    words = {
        "own_abilities": "this account may do",
        "own_payments": "this account pays for",
        "auto_approved_changes": "may change there without asking us",
    }
    return [
        f"    {said}: {', '.join(now[key]) or NOTHING}, was {', '.join(before.get(key) or []) or NOTHING}"
        for key, said in words.items()
        if sorted(now[key]) != sorted(before.get(key) or [])
    ]


def _member_text(member: Mapping[str, Any]) -> str:
    return f"{_name(member)}: {abilities_text(member['abilities']) if member['abilities'] else 'no abilities'}"


def _name(member: Mapping[str, Any]) -> str:
    return f"{member['account_id']} ({member['display_name']})"


def _without_moment(review: Mapping[str, Any] | None) -> Data:
    return {key: value for key, value in (review or {}).items() if key not in ("at", "by")}


def _others(membership: Data) -> list[Data]:
    """Return everyone else who is or may become a member."""
    present = [one for one in membership["members"] if one["status"] in PRESENT]
    others = [one for one in present if one["account_id"] != membership["account_id"]]
    return sorted(others, key=lambda one: str(one["account_id"]))
