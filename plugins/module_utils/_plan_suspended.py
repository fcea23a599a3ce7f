# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans that nothing of ours can be queried in a collaboration whose record is suspended. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._plan import ANALYSIS_RULE, Action, Flow, Plan
from ._record import Record
from ._tables import TableOptions

Data = dict[str, Any]
SUSPENDED = "suspended"
REASON = "the record's status is suspended"


def ruled_of_ours(options: TableOptions, associations: Iterable[Data]) -> list[Data]:
    """Return the associations under our prefix that have a rule, so that partners can query them."""
    ours = [one for one in associations if one["name"].startswith(options.name_prefix)]
    return [one for one in ours if one.get("analysisRuleTypes")]


def plan_suspension(
    record: Record, options: TableOptions, associations: Iterable[Data], tables: Iterable[Data]
) -> Plan:
    """Return the plan that deletes the rules of the associations under our prefix, and keeps the associations.

    A rule goes whatever its type is, and whether or not it can be read.
    """
    plan = Plan(record, accounts=frozenset())
    names = {table["id"]: table["name"] for table in tables}
    associations = list(associations)
    ruled = [one["id"] for one in ruled_of_ours(options, associations)]
    for one in associations:
        if not one["name"].startswith(options.name_prefix):
            continue
        item = {
            "name": one["name"],
            "id": one["id"],
            "arn": one["arn"],
            "configured_table_id": one["configuredTableId"],
        }
        item["configured_table_name"] = names.get(one["configuredTableId"], "")
        if one["id"] not in ruled:
            plan.items.append(item)
            continue
        actions = []
        for kind in one["analysisRuleTypes"]:
            request = {"membershipIdentifier": record.membership_id, "analysisRuleType": kind}
            request["configuredTableAssociationIdentifier"] = one["id"]
            before = {"type": kind}
            actions.append(Action("delete", ANALYSIS_RULE, one["name"], REASON, request, before, narrows=True))
        plan.flows.append(Flow(actions, SUSPENDED, item))
    return plan
