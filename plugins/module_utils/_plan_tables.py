# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans what has to be done for the configured tables of one collaboration. Pure: nothing here talks to AWS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._plan import (
    ANALYSIS_RULE,
    MEMBERSHIP,
    TABLE_ASSOCIATION,
    Action,
    Flow,
    Plan,
    plan_tags,
    without_empty,
)
from ._plan_associations import compare_association, creation, item_of
from ._plan_rules import RulePlanner, address_of, counts_as
from ._record import Record
from ._review import own_gains
from ._tables import TableOptions, TableState, association_name, is_covered, select_tables, table_refusal
from ._trust import members_refusal

Data = dict[str, Any]
# All that takes an association away to make another goes through one lane: never more than one table is away.
MENDING = "mending"


def plan_tables(record: Record, options: TableOptions, state: TableState, tables: Iterable[Data]) -> Plan:
    """Return the plan for one collaboration.

    Where it is refused, receivers whom nobody reviewed are taken out of the rules all the same.
    """
    planner = TablePlanner(record, options, state, tables)
    if options.state == "absent":
        planner.plan_removal()
        return planner.plan
    if not state.refusal:
        planner.plan.accounts = frozenset(member["accountId"] for member in state.members)
        gains = own_gains(record, state.members, state.own_account)
        if gains:
            planner.plan.decide("warn", MEMBERSHIP, state.own_account, gains)
    refusal = state.refusal or members_refusal(record, state.members, state.own_account)
    if refusal:
        planner.plan_protection()
        planner.plan.decide("refuse", TABLE_ASSOCIATION, record.label, refusal)
        return planner.plan
    planner.plan_presence()
    planner.plan_protection()
    return planner.plan


def plan_protection(plan: Plan, options: TableOptions, state: TableState, tables: Iterable[Data]) -> None:
    """Add to a plan what takes receivers out of the rules whom nobody reviewed, and nothing else."""
    planner = TablePlanner(plan.record, options, state, tables)
    planner.plan_protection()
    plan.flows += planner.plan.flows


class TablePlanner:
    """Holds what the steps of one plan share: what is wanted, what is there, and the plan as it grows."""

    def __init__(self, record: Record, options: TableOptions, state: TableState, tables: Iterable[Data]) -> None:
        self.plan = Plan(record)
        self.options = options
        self.state = state
        tables = list(tables)
        self.tables = {table["id"]: table for table in tables}
        self.table_names = {table["id"]: table["name"] for table in tables}
        self.selected = select_tables(options, record, tables)
        self.by_table = {association["configuredTableId"]: association for association in state.associations}
        self.by_name = {association["name"]: association for association in state.associations}
        self.rules = RulePlanner(self.plan, options, state)
        # Names whose holder goes in the mending lane.
        self.freed_names: set[str] = set()
        # Lanes in which an association that goes leaves a place behind; each stands for one place not taken yet.
        self.freed_places: list[str] = []

    def plan_presence(self) -> None:
        """Plan that every selected table is associated as the options say."""
        self.rules.find_receivers()
        if self.options.purge:
            self._purge()
        misnamed = []
        for table in self.selected:
            association = self.by_table.get(table["id"])
            if association is None or self._refuse_table(table, association):
                continue
            if association["name"] != association_name(self.options, table):
                misnamed.append(table)
            else:
                self._compare(table, association)
        self._rename(misnamed)
        missing = [table for table in self.selected if table["id"] not in self.by_table]
        self._associate([table for table in missing if not self._refuse_table(table, None)])

    def _refuse_table(self, table: Data, association: Data | None) -> bool:
        """Note why nothing is changed for a table that has, or is to have, what this version does not know."""
        why = table_refusal(table) if self.options.analysis_rule or self.options.recreate else table.get("problem")
        if association:
            why = why or self.state.unsupported.get(association["id"])
        if not why:
            return False
        if association:
            taken = self.rules.take_out(table, association)
            done = "nothing else" if taken else "nothing"
            self.plan.decide("refuse", ANALYSIS_RULE, association["name"], f"{why}; {done} is changed there")
            self._keep(table, association, taken)
        else:
            name = association_name(self.options, table)
            self.plan.decide("refuse", TABLE_ASSOCIATION, name, f"{why}; it is not associated")
        return True

    def plan_protection(self) -> None:
        """Plan that no rule of a table which is covered, and not planned yet, names a receiver whom nobody reviewed."""
        key = "configuredTableAssociationIdentifier"
        done = {action.request.get(key) for flow in self.plan.flows for action in flow.actions}
        for association in self.state.associations:
            table = self.tables.get(association["configuredTableId"])
            if table and association["id"] not in done and is_covered(self.options, self.plan.record, table):
                taken = self.rules.take_out(table, association)
                if taken:
                    self.plan.flows.append(Flow(taken, "receiver_removed"))

    def _keep(self, table: Data, association: Data, taken: list[Action]) -> None:
        """Plan that an association stays as it is, but for receivers that are taken out of its rule."""
        item = item_of(self.state, table, association)
        if taken:
            item["analysis_rule"] = taken[-1].after
            self.plan.flows.append(Flow(taken, "receiver_removed", without_empty(item)))
        else:
            self.plan.items.append(without_empty(item))

    # Associations that go

    def _purge(self) -> None:
        unlisted = [one for one in self.state.associations if one["configuredTableId"] not in self.table_names]
        for association in unlisted:
            reason = (
                f"AWS does not list its configured table {association['configuredTableId']}; nothing is purged here"
            )
            self.plan.decide("refuse", TABLE_ASSOCIATION, association["name"], reason)
        if unlisted:
            return
        tables = {table["id"] for table in self.selected}
        names = {association_name(self.options, table) for table in self.selected}
        for association in self.state.associations:
            name = association["name"]
            if association["configuredTableId"] in tables or not name.startswith(self.options.name_prefix):
                continue
            reason = "its table is not selected any more"
            if name in names:
                self._free_name(association, reason)
            else:
                lane = f"purge {name}"
                self._remove(association, reason, lane)
                self.freed_places.append(lane)

    def _free_name(self, holder: Data, reason: str) -> None:
        self._remove(holder, reason, MENDING)
        self.freed_names.add(holder["name"])
        self.freed_places.append(MENDING)

    def plan_removal(self) -> None:
        """Plan that the associations of the selected tables under our prefix go."""
        for table in self.selected:
            association = self.by_table.get(table["id"])
            if association is None:
                continue
            if association["name"].startswith(self.options.name_prefix):
                self._remove(association, "state is absent")
            else:
                reason = f"does not start with {self.options.name_prefix}, so that it is not ours"
                self.plan.decide("skip", TABLE_ASSOCIATION, association["name"], reason)

    def _remove(self, association: Data, reason: str, lane: str = "") -> None:
        table = self.tables[association["configuredTableId"]]
        # Where everything is taken back, the rules are not looked at.
        taken = self.rules.take_out(table, association) if self.options.state == "present" else []
        self.plan.flows.append(Flow([*taken, self._deletion(association, reason)], "removed", lane=lane))

    def _deletion(self, association: Data, reason: str) -> Action:
        # Nothing goes whose table AWS does not list.
        before = {"configured_table_name": self.table_names[association["configuredTableId"]]}
        return Action(
            "delete", TABLE_ASSOCIATION, association["name"], reason, address_of(self.state, association), before=before
        )

    # Associations that stay

    def _compare(self, table: Data, association: Data) -> None:
        name = association["name"]
        item = item_of(self.state, table, association)
        taken = self.rules.take_out(table, association, selected=True)
        rule = self.rules.plan_rule(table, name, association, taken)
        ruled = [*taken, *rule]
        if ruled:
            item["analysis_rule"] = ruled[-1].after
        # What only takes receivers away comes first: it is done whatever becomes of the rest.
        actions = [one for one in ruled if one.narrows]
        actions += compare_association(self.options, self.state, association, item) + self._compare_tags(
            association, item
        )
        actions += [one for one in ruled if not one.narrows]
        item = without_empty(item)
        if actions:
            self.plan.flows.append(Flow(actions, counts_as(actions), item))
        else:
            self.plan.items.append(item)

    def _compare_tags(self, association: Data, item: Data) -> list[Action]:
        if self.options.tags is None:
            return []
        current = self.state.tags[association["id"]]
        actions, item["tags"] = plan_tags(association, current, self.options.tags, self.options.purge_tags)
        return actions

    # Associations under a wrong name

    def _rename(self, misnamed: list[Data]) -> None:
        if not self.options.recreate:
            for table in misnamed:
                association = self.by_table[table["id"]]
                reason = (
                    f"is associated under this name, not as {association_name(self.options, table)}; a name cannot be"
                    " changed, recreate: true makes the association again"
                )
                self.plan.decide("skip", TABLE_ASSOCIATION, association["name"], reason)
                self._compare(table, association)
            return
        while misnamed:
            ready = next((table for table in misnamed if self._make_free(association_name(self.options, table))), None)
            if ready is None:
                break
            misnamed.remove(ready)
            self._recreate(ready)
        for table in misnamed:
            reason = f"should be {association_name(self.options, table)}, but these names are held in a circle"
            association = self.by_table[table["id"]]
            self.plan.decide("refuse", TABLE_ASSOCIATION, association["name"], f"{reason}; remove one of them first")
            self._compare(table, association)

    def _make_free(self, name: str) -> bool:
        """Return whether a name is free when the mending lane comes to it; what holds it unselected goes for that."""
        holder = self.by_name.get(name)
        if holder is None or name in self.freed_names:
            return True
        own_table = holder["configuredTableId"]
        if not self.options.recreate or any(table["id"] == own_table for table in self.selected):
            return False
        if own_table not in self.table_names:
            return False  # whether it is selected is not known
        self._free_name(holder, "holds the name of another table, and its own is not selected")
        return True

    def _recreate(self, table: Data) -> None:
        association = self.by_table[table["id"]]
        old = item_of(self.state, table, association)
        name = association_name(self.options, table)
        reason = f"should be {name}, and a name cannot be changed"
        item, create = creation(self.options, self.state, table, f"is associated as {old['name']}", old)
        taken = self.rules.take_out(table, association, selected=True)
        rule = self.rules.plan_rule(table, name, association, again=True)
        after = rule[-1].after if rule else None
        why_not = self.rules.refuse_to_make_again(table, after)
        if why_not:
            self.plan.decide("refuse", TABLE_ASSOCIATION, old["name"], f"should be {name}, but its rule {why_not}")
            self.plan.items.append(without_empty(old))
            return
        if after:
            item["analysis_rule"] = after
        actions = [*taken, self._deletion(association, reason), create, *rule]
        self.plan.flows.append(Flow(actions, counts_as(actions), item, MENDING))
        self.freed_names.add(old["name"])

    # Associations that are missing

    def _associate(self, missing: list[Data]) -> None:
        places = self.options.max_tables - len(self.state.associations)
        for table in missing:
            name = association_name(self.options, table)
            if not self._make_free(name):
                self._refuse_name(name)
                continue
            lane = MENDING if name in self.by_name else ""
            while places < 0 and self.freed_places:
                # There are more than max_tables: what goes makes no place yet.
                self.freed_places.pop(0)
                places += 1
            if places > 0:
                places -= 1
            elif self.freed_places:
                lane = self._take_freed_place(lane)
            else:
                self._leave_out(name)
                continue
            item, create = creation(self.options, self.state, table, "not associated yet", {})
            rule = self.rules.plan_rule(table, name, None)
            if rule:
                item["analysis_rule"] = rule[-1].after
            self.plan.flows.append(Flow([create, *rule], "associated", item, lane))

    def _take_freed_place(self, lane: str) -> str:
        """Return the lane that comes to a freed place, and to the name for which C(lane) waits already."""
        freed = lane if lane in self.freed_places else self.freed_places[0]
        self.freed_places.remove(freed)
        if lane:
            for flow in self.plan.flows:
                flow.lane = lane if flow.lane == freed else flow.lane
        return lane or freed

    def _refuse_name(self, name: str) -> None:
        held = self.by_name[name]["configuredTableId"]
        reason = f"the name is held by the association of another table, {self.table_names.get(held, '')} ({held})"
        self.plan.decide("refuse", TABLE_ASSOCIATION, name, f"{reason}; recreate: true mends that")

    def _leave_out(self, name: str) -> None:
        reason = (
            f"max_tables is {self.options.max_tables} and {len(self.state.associations)} were associated before; raise"
            " it once AWS has raised the quota of this account"
        )
        self.plan.decide("leave_out", TABLE_ASSOCIATION, name, reason)
