# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans the collaboration analysis rules of one collaboration. Pure: nothing here talks to AWS."""

from __future__ import annotations

from typing import Any

from ._plan import ANALYSIS_RULE, Action, Plan, difference
from ._record import Record
from ._tables import TableOptions, TableState, describe_rule
from ._trust import NOT_REVIEWED, how_to_confirm, result_receivers, unreviewed_receivers

Data = dict[str, Any]


def address_of(state: TableState, association: Data) -> Data:
    """Return the parameters of a request that name an association."""
    return {
        "membershipIdentifier": state.membership_id,
        "configuredTableAssociationIdentifier": association["id"],
    }


def named_receivers(record: Record, options: TableOptions) -> tuple[str, ...] | None:
    """Return the accounts that a person named as result receivers of a collaboration; C(None) where nobody did."""
    return options.result_receivers if record.result_receivers is None else record.result_receivers


class RulePlanner:
    """Holds what the rules of one plan share: what is wanted, what is there, and who receives."""

    def __init__(self, plan: Plan, options: TableOptions, state: TableState) -> None:
        self.plan = plan
        self.options = options
        self.state = state
        self.named_receivers: tuple[str, ...] | None = None
        self.receivers: tuple[str, ...] = ()
        self.unreviewed: list[str] = []

    def find_receivers(self) -> None:
        """Find who receives; raise C(CleanRoomsError) for result receivers that cannot be."""
        if self.options.analysis_rule:
            self.named_receivers = named_receivers(self.plan.record, self.options)
            self.receivers, self.unreviewed = result_receivers(
                self.plan.record, self.named_receivers, self.state.members, self.state.own_account
            )
            for member in self.unreviewed:
                self.plan.decide("skip", ANALYSIS_RULE, member, f"{NOT_REVIEWED}; {how_to_confirm(self.plan.record)}")

    def plan_rule(self, table: Data, name: str, current: Data | None, association: Data | None) -> list[Action]:
        """Return what makes the rule right; C(association) is None where the association is (again) to be made."""
        after = self._wanted_rule(table, name, current)
        if association and current == after:
            return []
        if after is None:
            return self._withdrawal(name, current, association) if table["analysisRuleTypes"] else []
        request: Data = {"membershipIdentifier": self.state.membership_id, "analysisRuleType": after["type"]}
        if association:
            request.update(address_of(self.state, association))
        policy = {
            "allowedResultReceivers": after["result_receivers"],
            "allowedAdditionalAnalyses": after["additional_analyses"],
        }
        write = {**request, "analysisRulePolicy": {"v1": {after["type"].lower(): policy}}}
        if current is None or association is None:
            return [Action("create", ANALYSIS_RULE, name, "has no rule yet", write, after=after)]
        if current["type"] == after["type"]:
            return [Action("update", ANALYSIS_RULE, name, difference(current, after), write, current, after)]
        reason = f"the configured table's analysis rule is {after['type']} now, not {current['type']}"
        remove = {**request, "analysisRuleType": current["type"]}
        return [
            Action("delete", ANALYSIS_RULE, name, reason, remove, before=current),
            Action("create", ANALYSIS_RULE, name, reason, write, after=after),
        ]

    def refuse_to_make_again(self, table: Data, rule: Data | None) -> str:
        """Return why a rule that is kept as it is cannot, or must not, be made again, or an empty string."""
        if rule is None:
            return ""
        if rule["type"] not in table["analysisRuleTypes"]:
            return f"of type {rule['type']} could not be made again"
        unreviewed = unreviewed_receivers(self.plan.record, rule["result_receivers"], self.state.own_account)
        return f"names {', '.join(unreviewed)}, whom nobody reviewed as a receiver" if unreviewed else ""

    def _withdrawal(self, name: str, current: Data | None, association: Data | None) -> list[Action]:
        if current is None or association is None:
            return []
        request = {**address_of(self.state, association), "analysisRuleType": current["type"]}
        reason = f"nobody may receive results any more, and the rule names {current['result_receivers']}"
        return [Action("delete", ANALYSIS_RULE, name, reason, request, before=current)]

    def _wanted_rule(self, table: Data, name: str, current: Data | None) -> Data | None:
        if not self.options.analysis_rule:
            return current
        if not table["analysisRuleTypes"]:
            reason = "the configured table has no analysis rule of its own, so that it cannot be queried"
        elif not self.receivers:
            reason = "no active member can receive results, so that there is no rule and nobody can query"
            if self.unreviewed:
                reason = "nobody who may receive results was reviewed, so that there is no rule and nobody can query"
            elif self.named_receivers is not None:
                reason = "result_receivers is empty, so that there is no rule and nobody can query"
        else:
            analyses = self.options.additional_analyses
            if analyses is None:
                analyses = tuple(current["additional_analyses"]) if current else ()
            return describe_rule(table["analysisRuleTypes"][0], self.receivers, analyses)
        self.plan.decide("skip", ANALYSIS_RULE, name, reason)
        return None
