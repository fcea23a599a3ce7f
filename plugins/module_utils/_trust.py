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
RECEIVE = "CAN_RECEIVE_RESULTS"


def describe_member(member: dict[str, Any]) -> str:
    """Return an account id with its display name, which the inviter chose."""
    return f"{member['accountId']} ({printable(member['displayName'])})"


def members_refusal(record: Record, members: Iterable[dict[str, Any]], own_account: str) -> str:
    """Return why nothing may be shared with a collaboration's present members, or an empty string.

    Every account that is or may become a member must be pinned in the record; our own account needs no pin.
    """
    if not record.pinned:
        return ""
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
