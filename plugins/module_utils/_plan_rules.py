# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans the collaboration analysis rules of one collaboration. Pure: nothing here talks to AWS."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from ._plan import ANALYSIS_RULE, Action, Plan, difference
from ._record import Record
from ._tables import TableOptions, TableState, describe_rule, table_refusal
from ._trust import (
    NO_MEMBER,
    NOT_REVIEWED,
    Missing,
    able_members,
    allowed_receivers,
    removable_receivers,
    result_receivers,
    unreviewed_receivers,
)

Data = dict[str, Any]
LISTS = ("result_receivers", "additional_analyses")
MEMBER_OF_NONE = "result_receivers names it, and it is a member in no collaboration of this run"


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
        self.receivers: tuple[str, ...] = ()

    def find_receivers(self) -> None:
        """Find who receives, and note who is named, or able to, and does not."""
        if not self.options.analysis_rule:
            return
        record = self.plan.record
        named = named_receivers(record, self.options)
        self.receivers, missing = result_receivers(record, named, self.state.members, self.state.own_account)
        for one in missing_here(record, missing):
            self.plan.decide("skip", ANALYSIS_RULE, one.name, one.why)

    def take_out(self, table: Data, association: Data, selected: bool = False) -> list[Action]:
        """Return what takes those receivers out of a rule whom nobody reviewed, and whoever AWS would refuse there.

        Where nobody is left, the rule goes: without receivers it would be of no use. C(selected) tables keep only those
        who are to receive.
        """
        rule, own = self.state.rules.get(association["id"]), self.state.own_account
        if rule is None or not self.options.analysis_rule or association["id"] in self.state.unsupported:
            return []
        removed = removable_receivers(self.plan.record, rule["result_receivers"], own)
        if not removed:
            return []
        able = {one["accountId"] for one in able_members(self.state.members, own)}
        left: Collection[str] = self.receivers if selected else able
        if self.state.refusal:
            left = allowed_receivers(self.plan.record) - {own}
        kept = [one for one in rule["result_receivers"] if one in left and one not in removed]
        fits = rule["type"] in table["analysisRuleTypes"] or table_refusal(table)
        after = {**rule, "result_receivers": kept} if kept and fits else None
        reason = names_unreviewed(removed)
        request = {**address_of(self.state, association), "analysisRuleType": rule["type"]}
        if after:
            request["analysisRulePolicy"] = policy_of(after)
        action = Action("update" if after else "delete", ANALYSIS_RULE, association["name"], reason, request)
        action.before, action.after, action.narrows, action.removed_receivers = rule, after, True, tuple(removed)
        return [action]

    def plan_rule(
        self, table: Data, name: str, association: Data | None, taken: Sequence[Action] = (), *, again: bool = False
    ) -> list[Action]:
        """Return what makes the rule right after C(taken), what was taken out of it before.

        C(association) is the one that is there; with C(again), it is made again before the rule is.
        """
        was = self.state.rules.get(association["id"]) if association else None
        current = taken[-1].after if taken else was
        after = self._wanted_rule(table, name, was, current)
        if not again and current == after:
            return []
        if after is None:
            return [] if again or association is None else self._withdrawal(table, name, current, association)
        request: Data = {"membershipIdentifier": self.state.membership_id, "analysisRuleType": after["type"]}
        if association and not again:
            request.update(address_of(self.state, association))
        write = {**request, "analysisRulePolicy": policy_of(after)}
        known = was["result_receivers"] if was else ()
        # A table that is associated only now is told as that.
        new = tuple(one for one in after["result_receivers"] if one not in known) if association else ()
        told = f"new receiver {', '.join(new)}" if new else ""
        if current is None or again:
            missing = "has no rule yet" if was is None or again else "has no rule any more"
            reason = "; ".join(filter(None, [missing, told]))
            return [Action("create", ANALYSIS_RULE, name, reason, write, after=after, new_receivers=new)]
        if current["type"] == after["type"]:
            reason = ": ".join(filter(None, [told, difference(current, after)]))
            action = Action("update", ANALYSIS_RULE, name, reason, write, current, after, new_receivers=new)
            action.narrows = all(set(after[key]) <= set(current[key]) for key in LISTS)
            return [action]
        reason = f"the configured table's analysis rule is {after['type']} now, not {current['type']}"
        remove = {**request, "analysisRuleType": current["type"]}
        told = "; ".join(filter(None, [reason, told]))
        return [
            Action("delete", ANALYSIS_RULE, name, reason, remove, before=current),
            Action("create", ANALYSIS_RULE, name, told, write, after=after, new_receivers=new),
        ]

    def refuse_to_make_again(self, table: Data, rule: Data | None) -> str:
        """Return why a rule that is kept as it is cannot, or must not, be made again, or an empty string."""
        if rule is None:
            return ""
        if rule["type"] not in table["analysisRuleTypes"]:
            return f"of type {rule['type']} could not be made again"
        unreviewed = unreviewed_receivers(self.plan.record, rule["result_receivers"], self.state.own_account)
        return f"names {', '.join(unreviewed)}, whom nobody reviewed as a receiver" if unreviewed else ""

    def _withdrawal(self, table: Data, name: str, current: Data | None, association: Data) -> list[Action]:
        if current is None or not table["analysisRuleTypes"]:
            return []
        request = {**address_of(self.state, association), "analysisRuleType": current["type"]}
        reason = f"nobody may receive results any more, and the rule names {current['result_receivers']}"
        return [Action("delete", ANALYSIS_RULE, name, reason, request, before=current, narrows=True)]

    def _wanted_rule(self, table: Data, name: str, was: Data | None, current: Data | None) -> Data | None:
        if not self.options.analysis_rule:
            return current
        if not table["analysisRuleTypes"]:
            reason = "the configured table has no analysis rule of its own, so that it cannot be queried"
        elif not self.receivers:
            reason = "no active member can receive results, so that there is no rule and nobody can query"
            named = named_receivers(self.plan.record, self.options)
            if any(one.reason.startswith(NOT_REVIEWED) for one in self.plan.decisions):
                reason = "nobody who may receive results was reviewed, so that there is no rule and nobody can query"
            elif named is not None:
                told = "names nobody who may receive results" if named else "is empty"
                reason = f"result_receivers {told}, so that there is no rule and nobody can query"
        else:
            analyses = self.options.additional_analyses
            if analyses is None:
                analyses = tuple(was["additional_analyses"]) if was else ()
            return describe_rule(table["analysisRuleTypes"][0], self.receivers, analyses)
        self.plan.decide("skip", ANALYSIS_RULE, name, reason)
        return None


def names_unreviewed(accounts: Iterable[str]) -> str:
    """Return what is wrong with a rule that names these accounts."""
    return f"its rule names {', '.join(accounts)}, whom nobody reviewed as a receiver"


def policy_of(rule: Data) -> Data:
    """Return a rule as AWS takes it."""
    policy = {
        "allowedResultReceivers": rule["result_receivers"],
        "allowedAdditionalAnalyses": rule["additional_analyses"],
    }
    return {"v1": {rule["type"].lower(): policy}}


def counts_as(actions: Iterable[Action]) -> str:
    """Return the key of the summary for what is done to a table that is associated already."""
    actions = list(actions)
    if any(one.new_receivers for one in actions):
        return "new_receiver"
    return "receiver_removed" if any(one.removed_receivers for one in actions) else "repaired"


def missing_here(record: Record, missing: Iterable[Missing]) -> list[Missing]:
    """Return who is to be named in a collaboration as missing.

    A list of the options is for many collaborations, each with other members: see C(unknown_receivers).
    """
    return [one for one in missing if one.why != NO_MEMBER or record.result_receivers is not None]


def unknown_receivers(
    options: TableOptions, records: Iterable[Record], accounts: Iterable[Collection[str] | None]
) -> list[str]:
    """Return which accounts of the option C(result_receivers) are a member in no collaboration.

    C(accounts) are those that AWS lists in each; nothing is known where one of them is C(None). The option says nothing
    where every record has a list of its own, or rules are not looked at.
    """
    records, listed = list(records), list(accounts)
    known = {*options.members_elsewhere, *(account for record in records for account in record.accounts)}
    for one in listed:
        known.update(one or ())
    used = options.analysis_rule and any(record.result_receivers is None for record in records)
    return sorted(set(options.result_receivers or ()) - known) if used and listed and None not in listed else []


def note_unknown_receivers(plans: Iterable[Plan], options: TableOptions) -> None:
    """Note, in the first collaboration that the option C(result_receivers) is for, who is a member in none.

    Where tables are taken back, the plans do not say who the members are.
    """
    plans = list(plans)
    worked = [plan for plan in plans if not plan.over]
    using = [plan for plan in worked if plan.record.result_receivers is None]
    if not using:
        return
    for account in unknown_receivers(options, [plan.record for plan in plans], [plan.accounts for plan in worked]):
        using[0].decide("skip", ANALYSIS_RULE, account, MEMBER_OF_NONE)
