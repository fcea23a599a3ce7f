# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records, pending invitations, and what the modules answer."""

from __future__ import annotations

from typing import Any

Data = dict[str, Any]
AMC, PANEL, PROVIDER = "210987654321", "666677778888", "111122223333"
BOTH = ["CAN_QUERY", "CAN_RECEIVE_RESULTS"]


def collaboration_id(number: int = 1) -> str:
    return f"{number}1111111-90ab-cdef-1234-567890abcdef"


def membership_id(number: int = 1) -> str:
    return f"{number}9999999-90ab-cdef-1234-567890abcdef"


def member(account: str = AMC, abilities: list[str] = BOTH, **more: Any) -> Data:
    return {"account_id": account, "abilities": abilities, "display_name": f"Name of {account[:3]}", **more}


def review(*receivers: str, **more: Any) -> Data:
    changes = {"own_abilities": [], "own_payments": [], "auto_approved_changes": []}
    by = "arn:aws:iam::111122223333:user/op"
    return {"at": "2026-11-27T12:00:00+00:00", "by": by, **changes, "receivers": list(receivers), **more}


def record(number: int = 1, **more: Any) -> Data:
    """A whole record, as people may have edited it."""
    ids = {"collaboration_id": collaboration_id(number), "membership_id": membership_id(number)}
    return {"name": f"Mine {number}", **ids, "status": "active", "members": [member()], **more}


def pending(number: int = 1, **more: Any) -> Data:
    """A recorded pending invitation."""
    creator = {"creator_account_id": AMC, "creator_display_name": "AMC"}
    return {"name": f"Name {number}", "collaboration_id": collaboration_id(number), **creator, **more}


def accepted(number: int = 1, **more: Any) -> Data:
    """What cleanrooms_invitation answers for a collaboration that it accepted."""
    found = {"membership_id": membership_id(number), "status": "active", "members": [member()], "reviewed": review(AMC)}
    return {**pending(number), **found, "changed": True, "actions": [], "summary": {"accepted": 1}, **more}


def refused(reason: str = "why not", **more: Any) -> Data:
    """What it answers for one that stays pending."""
    action = {"action": "refuse", "resource": "membership", "name": "AMC", "reason": reason}
    answer = accepted(status="invited", changed=False, actions=[action], summary={"accepted": 0}, **more)
    return {key: value for key, value in answer.items() if key not in ("membership_id", "reviewed")}


def associated(key: str = "associations", **more: Any) -> Data:
    """What the association modules answer for the same collaboration."""
    ids = {"collaboration_id": collaboration_id(), "membership_id": membership_id()}
    return {"name": "AMC", **ids, "status": "active", "actions": [], "summary": {}, key: [], **more}


def membership(number: int = 1, **more: Any) -> Data:
    """What cleanrooms_membership_info answers."""
    ids = {"collaboration_id": collaboration_id(number), "membership_id": membership_id(number)}
    members = [member(one, status="ACTIVE", pays_for=[]) for one in (AMC, PROVIDER)]
    own = {"account_id": PROVIDER, "abilities": [], "pays_for": ["queryCompute"], "creator_account_id": AMC}
    return {"name": f"Name {number}", **ids, "status": "active", **own, "members": members, **more}


def unreadable(collaboration: str = "", membership: str = "") -> Data:
    """What it answers of an item that cannot be read, with the ids that it has."""
    ids = {"collaboration_id": collaboration, "membership_id": membership}
    return {"name": "", **ids, "status": "unknown", "creator_account_id": "", "error": "Failed to read a list."}
