# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who may receive: the members pinned in the record, and the result receivers of the collaboration analysis rules.

Members are dictionaries as ListMembers answers them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._errors import CleanRoomsError, printable
from ._record import Record

PRESENT = ("ACTIVE", "INVITED")
GONE = ("LEFT", "REMOVED")
RECEIVE = "CAN_RECEIVE_RESULTS"
ABILITIES = (
    "CAN_QUERY",
    RECEIVE,
    "CAN_RUN_JOB",
    "CAN_EXPORT_QUERY_ANALYSIS_LOG",
    "CAN_RECEIVE_MODEL_OUTPUT",
    "CAN_RECEIVE_INFERENCE_OUTPUT",
)


def describe_member(member: dict[str, Any]) -> str:
    """Return an account id with its display name, which the inviter chose."""
    return f"{member['accountId']} ({printable(member['displayName'])})"


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


def unreviewed_receivers(record: Record, receivers: Iterable[str], own_account: str) -> list[str]:
    """Return which receivers of a rule are not among the members that the record pins.

    Our own account needs no review. None without a record: then nobody is pinned.
    """
    return sorted(set(receivers) - {*(record.members or ()), own_account}) if record.pinned else []


def members_refusal(record: Record, members: Iterable[dict[str, Any]], own_account: str) -> str:
    """Return why nothing may be shared with a collaboration's present members, or an empty string.

    Every account that is or may become a member must be pinned in the record; our own account needs no pin.
    """
    members = list(members)
    unknown = unknown_refusal(members)
    if unknown or not record.pinned:
        return unknown
    others = [member for member in members if member["accountId"] != own_account and member["status"] in PRESENT]
    if record.members is None:
        return (
            "members not confirmed: the record pins no members; after a look at them write"
            f" members: [{', '.join(repr(member['accountId']) for member in others)}] into it"
            f" (present: {', '.join(map(describe_member, others)) or 'nobody else'})"
        )
    strangers = [member for member in others if member["accountId"] not in record.members]
    if strangers:
        return (
            f"members changed: {', '.join(map(describe_member, strangers))} not among the members pinned in the record;"
            " add the account id to members once it is confirmed"
        )
    return ""


def result_receivers(
    wanted: Iterable[str] | None, members: Iterable[dict[str, Any]], own_account: str
) -> tuple[str, ...]:
    """Return the sorted account ids that a rule names.

    Without C(wanted): every other active member that can receive results. An explicit list is checked: raises
    C(CleanRoomsError) for our own account, an account that is no active member, or one that cannot receive results.
    """
    by_account = {member["accountId"]: member for member in members}
    if wanted is None:
        return tuple(
            sorted(
                account
                for account, member in by_account.items()
                if account != own_account and member["status"] == "ACTIVE" and RECEIVE in member["abilities"]
            )
        )
    able = result_receivers(None, by_account.values(), own_account)
    for account in wanted:
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
    return tuple(sorted(set(wanted)))
