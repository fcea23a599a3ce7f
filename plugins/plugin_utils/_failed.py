# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stays of the result of a task that failed, which Ansible prints whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.filter.summary import NOTED, RECEIVERS, RESOURCES, SUSPENDED

Data = dict[str, Any]
KEPT = ("name", "collaboration_id", "membership_id", "status", "changed", "summary", "error")
DECISIONS = (*NOTED, "leave_out", "warn")


def shortened(result: Data) -> Data:
    """Return a failed result with what succeeded cut down to names, ids, status and counts.

    What failed, or was refused, keeps its reason, and a rule who receives or does not any more: that is what the filter
    P(acx.cleanrooms.summary#filter) tells.
    """
    found = result.get("collaborations")
    if not result.get("failed") or not isinstance(found, list):
        return result
    return {**result, "collaborations": [_short(one) if "actions" in one else one for one in found]}


def _short(entry: Mapping[str, Any]) -> Data:
    short = {key: entry[key] for key in KEPT if key in entry}
    told = entry.get("status") == SUSPENDED
    short["actions"] = [one for one in entry["actions"] if told or _is_told(one)]
    # The filter tells tables from namespaces by these keys.
    return short | {key: [{"name": one["name"]} for one in entry[key]] for key in RESOURCES if key in entry}


def _is_told(action: Mapping[str, Any]) -> bool:
    """Return whether a line of the summary tells of an action by its name or reason."""
    return "error" in action or action["action"] in DECISIONS or any(key in action for key in RECEIVERS)
