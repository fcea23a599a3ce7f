# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares what a record's review keeps, beside the members, with what is there now. Pure: nothing here talks to AWS.

A record without a review, which a person wrote, has nothing to compare.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ._acceptance import TAKING_AWAY, payments_of
from ._errors import printable
from ._record import Record
from ._trust import abilities_of, how_to_confirm


def own_gains(record: Record, members: Iterable[Mapping[str, Any]], own_account: str) -> str:
    """Return what this account may do or pays for by now and nobody reviewed, or an empty string."""
    own = next((dict(one) for one in members if one["accountId"] == own_account), None)
    if record.reviewed is None or own is None:
        return ""
    abilities = [one for one in abilities_of(own) if one not in record.reviewed.own_abilities]
    payments = [one for one in payments_of(own) if one not in record.reviewed.own_payments]
    gains = [f"has {', '.join(abilities)}"] if abilities else []
    gains += [f"pays for {', '.join(payments)}"] if payments else []
    if not gains:
        return ""
    return printable(f"this account {' and '.join(gains)} since the review; {how_to_confirm(record, {})}")


def wider_approval(record: Record, collaboration: Mapping[str, Any]) -> str:
    """Return which changes the creator may make without asking by now and nobody reviewed, or an empty string.

    C(collaboration) is what GetCollaboration answers.
    """
    known = record.reviewed.auto_approved_changes if record.reviewed else ()
    types = [one for one in collaboration.get("autoApprovedChangeTypes", []) if one not in known]
    wider = ", ".join(one for one in types if not one.startswith(TAKING_AWAY))
    if record.reviewed is None or not wider:
        return ""
    told = f"changes of type {wider} are approved automatically since the review"
    return printable(f"{told}, nobody is asked about them; {how_to_confirm(record, {})}")
