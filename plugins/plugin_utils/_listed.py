# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares memberships, as M(acx.cleanrooms.cleanrooms_membership_info) describes them, with their records. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._acceptance import member_of
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_rules import names_unreviewed
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import parse_record
from ansible_collections.acx.cleanrooms.plugins.module_utils._review import own_gains, wider_approval
from ansible_collections.acx.cleanrooms.plugins.module_utils._trust import members_refusal, unreviewed_receivers

from ._wording import OPEN


def unreviewed(recorded: Mapping[str, Any] | None, membership: Mapping[str, Any]) -> list[str]:
    """Return what nobody reviewed in a membership, one text each: receivers first. What was not read is not compared.

    Nothing is said of a membership that is not recorded: nobody reviewed it at all.
    """
    if recorded is None:
        return []
    own = membership["account_id"]
    record = replace(parse_record(recorded, "record"), collaboration_id=membership["collaboration_id"])
    open_to: dict[str, list[str]] = {}
    for one in membership.get("associations", ()):
        receivers = unreviewed_receivers(record, one.get("analysis_rule", {}).get("result_receivers", ()), own)
        if receivers:
            open_to.setdefault(names_unreviewed(receivers), []).append(one["name"])
    told = [f"{OPEN}: {', '.join(names)}: {reason}" for reason, names in open_to.items()]
    if "members" in membership:
        members = [member_of(one) for one in membership["members"]]
        told += [members_refusal(record, members, own), own_gains(record, members, own)]
    told.append(wider_approval(record, {"autoApprovedChangeTypes": membership.get("auto_approved_changes", ())}))
    return [one for one in told if one]
