# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans that nothing of ours can be queried in a collaboration whose record is suspended. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._plan import ANALYSIS_RULE, Action, Flow, Plan
from ._record import SUSPENDED, Record

Data = dict[str, Any]
REASON = "the record's status is suspended"


def with_rules(associations: Iterable[Data]) -> list[Data]:
    """Return the associations that have a rule, so that partners can query them."""
    return [one for one in associations if one.get("analysisRuleTypes")]


def plan_suspension(record: Record, associations: Iterable[Data], tables: Iterable[Data]) -> Plan:
    """Return the plan that deletes the rules of all associations of the membership, and keeps the associations.

    A rule goes whatever its type and the name of its association are, and whether or not it can be read: nothing of
    this account can be queried there then.
    """
    plan = Plan(record, accounts=frozenset())
    names = {table["id"]: table["name"] for table in tables}
    associations = list(associations)
    ruled = [one["id"] for one in with_rules(associations)]
    for one in associations:
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
