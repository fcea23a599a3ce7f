# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may receive: the members pinned in the record, and the result receivers of the collaboration analysis rules.

Members are dictionaries as ListMembers answers them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ._errors import CleanRoomsError, printable
from ._record import Record
from ._validate import ABILITIES

PRESENT = ("ACTIVE", "INVITED")
GONE = ("LEFT", "REMOVED")
RECEIVE = "CAN_RECEIVE_RESULTS"
NOT_REVIEWED = "can receive results and was not reviewed as a receiver, so that no rule names it"


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


def how_to_confirm(record: Record) -> str:
    """Return what a person does to confirm the members of a record's collaboration."""
    return (
        "confirm them, after a look, with: ansible-playbook acx.cleanrooms.record -e"
        f" cleanrooms_confirm_members={record.collaboration_id or '<collaboration id>'}"
    )


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


def members_refusal(record: Record, members: Iterable[dict[str, Any]], own_account: str) -> str:
    """Return why nothing may be shared with a collaboration's present members, or an empty string.

    Every account that is or may become a member must be among the record's members; our own account need not.
    """
    members = list(members)
    unknown = unknown_refusal(members)
    if unknown or not record.pinned:
        return unknown
    others = [member for member in members if member["accountId"] != own_account and member["status"] in PRESENT]
    if record.members is None:
        present = ", ".join(map(describe_member, others)) or "nobody else"
        return f"members not confirmed: the record has no members; {how_to_confirm(record)} (present: {present})"
    strangers = [member for member in others if member["accountId"] not in record.accounts]
    if strangers:
        return (
            f"members changed: {', '.join(map(describe_member, strangers))} not among the members of the record;"
            f" {how_to_confirm(record)}"
        )
    return ""


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
) -> tuple[tuple[str, ...], list[str]]:
    """Return the sorted account ids that a rule names, and who is left out because nobody reviewed it as a receiver.

    Without C(wanted): every other active member that can receive results. An explicit list is checked: raises
    C(CleanRoomsError) for our own account, an account that is no active member, or one that cannot receive results.
    """
    by_account = {member["accountId"]: member for member in members}
    able = sorted(member["accountId"] for member in able_members(by_account.values(), own_account))
    for account in wanted or ():
        member = by_account.get(account)
        if account == own_account:
            why = "is this account itself, which AWS refuses as a receiver"
        elif member is None or member["status"] != "ACTIVE":
            why = f"is {'no member' if member is None else member['status'].lower() + ', not an active member'}"
        elif RECEIVE not in member["abilities"]:
            why = "is a member who cannot receive results"
        else:
            continue
        raise CleanRoomsError(
            f"result_receivers: {account!r} {why}; members that can receive are {', '.join(able) or 'none'}"
        )
    named = able if wanted is None else sorted(set(wanted))
    unreviewed = unreviewed_receivers(record, named, own_account)
    left_out = [describe_member(by_account[account]) for account in unreviewed]
    return tuple(account for account in named if account not in unreviewed), left_out


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
