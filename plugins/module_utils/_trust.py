# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may receive: the members pinned in the record, and the result receivers of the collaboration analysis rules.

Members are dictionaries as ListMembers answers them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ._errors import printable
from ._record import Record
from ._validate import ABILITIES

PRESENT = ("ACTIVE", "INVITED")
GONE = ("LEFT", "REMOVED")
RECEIVE = "CAN_RECEIVE_RESULTS"
NOT_REVIEWED = "can receive results and was not reviewed as a receiver, so that no rule names it"
OWN_ACCOUNT = "is this account itself, which AWS refuses as a receiver"
NO_MEMBER = "is no member here"
UNABLE = "is a member who cannot receive results"
NOT_ACTIVE = {"INVITED": "is invited and has not joined yet", "LEFT": "has left", "REMOVED": "was removed"}


class Missing(NamedTuple):
    """An account that no rule names although somebody may expect it; C(name) has its display name too."""

    account: str
    name: str
    why: str


def describe_member(member: dict[str, Any]) -> str:
    """Return an account id with its display name, which the inviter chose."""
    return f"{member['accountId']} ({member['displayName']})"


def abilities_of(member: dict[str, Any]) -> list[str]:
    """Return what a member may do beyond contributing data."""
    return [*member["abilities"], *member.get("mlAbilities", {}).get("customMLMemberAbilities", [])]


def not_supported(what: str) -> str:
    """Return how a value that this version does not know is refused, for example C(status PENDING)."""
    return f"{what} is not supported by this version"


def unknown_refusal(members: Iterable[dict[str, Any]]) -> str:
    """Return which status or ability of a member this version does not know, or an empty string.

    Nobody can say what such a member may see, so that nothing may be shared with it.
    """
    for member in members:
        if member["status"] not in PRESENT + GONE:
            return f"{describe_member(member)}: {not_supported('status ' + printable(member['status']))}"
        unknown = [ability for ability in abilities_of(member) if ability not in ABILITIES]
        if unknown and member["status"] in PRESENT:
            return f"{describe_member(member)}: {not_supported('ability ' + printable(unknown[0]))}"
    return ""


def confirm_command(collaboration_id: str, new: Mapping[str, Iterable[str]]) -> str:
    """Return the command by which a person confirms accounts with abilities in a collaboration."""
    accounts = ",".join(":".join(filter(None, [account, "+".join(what)])) for account, what in new.items())
    command = f"ansible-playbook acx.cleanrooms.record -e cleanrooms_confirm_members={collaboration_id}"
    return f"{command} -e cleanrooms_confirm_accounts={accounts}" if accounts else command


def how_to_confirm(record: Record, new: Mapping[str, Iterable[str]]) -> str:
    """Return what a person does to confirm accounts with abilities, those that are new, in a collaboration."""
    command = confirm_command(record.collaboration_id or "<collaboration id>", new)
    return f"confirm them, after a look, with: {command}"


def allowed_receivers(record: Record) -> frozenset[str]:
    """Return the accounts that rules may name: the recorded members that were reviewed as receivers.

    In a record that a person wrote, without a review, they are the members with the ability to receive results.
    """
    if record.reviewed is not None:
        # Whoever was taken out of the members afterwards is no receiver any more.
        return frozenset(record.reviewed.receivers).intersection(record.accounts)
    return frozenset(member.account_id for member in record.members or () if RECEIVE in member.abilities)


def unreviewed_receivers(record: Record, receivers: Iterable[str], own_account: str) -> list[str]:
    """Return which receivers of a rule nobody reviewed.

    Our own account needs no review. None without a record: then nobody is recorded.
    """
    return sorted(set(receivers) - allowed_receivers(record) - {own_account}) if record.pinned else []


def removable_receivers(record: Record, receivers: Iterable[str], own_account: str) -> list[str]:
    """Return which receivers are taken out of a rule, because nobody reviewed them.

    None where the record has no members yet: until somebody looked at the collaboration, what is there stays.
    """
    return unreviewed_receivers(record, receivers, own_account) if record.members is not None else []


def members_refusal(record: Record, members: Iterable[dict[str, Any]], own_account: str) -> str:
    """Return why nothing may be shared with a collaboration's present members, or an empty string.

    Every account that is or may become a member must be among the record's members, with all that it may do; our own
    account need not.
    """
    members = list(members)
    unknown = unknown_refusal(members)
    if unknown or not record.pinned:
        return unknown
    others = [member for member in members if member["accountId"] != own_account and member["status"] in PRESENT]
    if record.members is None:
        present = ", ".join(map(describe_member, others)) or "nobody else"
        confirm = how_to_confirm(record, {one["accountId"]: abilities_of(one) for one in others})
        return f"members not confirmed: the record has no members; {confirm} (present: {present})"
    reviewed = {member.account_id: member.abilities for member in record.members}
    new: dict[str, list[str]] = {}
    strangers, grown = [], []
    for member in others:
        account, known = member["accountId"], reviewed.get(member["accountId"])
        gained = [ability for ability in abilities_of(member) if ability not in (known or ())]
        told = ", ".join(gained)
        if known is None:
            strangers.append(describe_member(member) + (f" with {told}" if told else ""))
        elif gained:
            grown.append(f"{describe_member(member)} was given {told}")
        if known is None or gained:
            new[account] = gained
    if not new:
        return ""
    parts = [f"{', '.join(strangers)} not among the members of the record"] if strangers else []
    parts += [f"{', '.join(grown)} since the review"] if grown else []
    return f"members changed: {'; '.join(parts)}; {how_to_confirm(record, new)}"


def not_members(record: Record, members: Iterable[dict[str, Any]]) -> list[str]:
    """Return which recorded members AWS does not list as members at all, not even as such who left."""
    listed = {member["accountId"] for member in members}
    return [account for account in record.accounts if account not in listed]


def able_members(members: Iterable[dict[str, Any]], own_account: str) -> list[dict[str, Any]]:
    """Return the other active members that can receive results."""
    others = [member for member in members if member["accountId"] != own_account]
    return [member for member in others if member["status"] == "ACTIVE" and RECEIVE in member["abilities"]]


def result_receivers(
    record: Record, wanted: Iterable[str] | None, members: Iterable[dict[str, Any]], own_account: str
) -> tuple[tuple[str, ...], list[Missing]]:
    """Return the sorted account ids that a rule names, and whom it leaves out although somebody may expect them.

    They are the active members that can receive results and were reviewed as receivers; of these, the ones in
    C(wanted), where that is given.
    """
    by_account = {member["accountId"]: member for member in members}
    able = [member["accountId"] for member in able_members(by_account.values(), own_account)]
    named = sorted(set(able if wanted is None else wanted))
    allowed = allowed_receivers(record)
    missing = []
    for account in named:
        member = by_account.get(account)
        why = _why_missing(member, account == own_account)
        if not why and record.pinned and account not in allowed:
            why = f"{NOT_REVIEWED}; {how_to_confirm(record, {account: [RECEIVE]})}"
        if why:
            missing.append(Missing(account, describe_member(member) if member else account, why))
    left_out = {one.account for one in missing}
    return tuple(account for account in named if account not in left_out), missing


def _why_missing(member: dict[str, Any] | None, own: bool) -> str:
    """Return why AWS lets an account receive nothing in a collaboration, or an empty string."""
    if own:
        return OWN_ACCOUNT
    if member is None:
        return NO_MEMBER
    if member["status"] != "ACTIVE":
        return NOT_ACTIVE[member["status"]]
    return "" if RECEIVE in member["abilities"] else UNABLE


def recorded_members(members: Iterable[dict[str, Any]], own_account: str) -> list[dict[str, Any]]:
    """Return everyone else who is or may become a member, as a record has them."""
    others = [one for one in members if one["status"] in PRESENT and one["accountId"] != own_account]
    return [
        {"account_id": one["accountId"], "abilities": abilities_of(one), "display_name": one["displayName"]}
        for one in sorted(others, key=lambda one: str(one["accountId"]))
    ]


def review_of(
    members: Iterable[dict[str, Any]], own: dict[str, Any], collaboration: dict[str, Any], caller: str
) -> dict[str, Any]:
    """Return what a record keeps of a review: the receivers among its members, and what this account may do and pays.

    C(own) has C(abilities) and C(payments); C(collaboration) is what GetCollaboration answers; C(caller) is the ARN of
    who reviews.
    """
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "by": caller,
        "own_abilities": own["abilities"],
        "own_payments": own["payments"],
        "auto_approved_changes": collaboration.get("autoApprovedChangeTypes", []),
        "receivers": [one["account_id"] for one in members if RECEIVE in one["abilities"]],
    }
