# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans what has to be done for the configured tables of one collaboration. Pure: nothing here talks to AWS."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._plan import ANALYSIS_RULE, TABLE_ASSOCIATION, Action, Flow, Plan, difference, plan_tags, without_empty
from ._plan_rules import RulePlanner, address_of
from ._record import Record
from ._tables import TableOptions, TableState, association_name, select_tables, table_refusal
from ._trust import members_refusal

Data = dict[str, Any]
# All that takes an association away to make another goes through one lane: never more than one table is away.
MENDING = "mending"


def plan_tables(record: Record, options: TableOptions, state: TableState, tables: Iterable[Data]) -> Plan:
    """Return the plan for one collaboration.

    Raises C(CleanRoomsError) for result receivers that cannot be.
    """
    planner = TablePlanner(record, options, state, tables)
    if options.state == "absent":
        planner.plan_removal()
        return planner.plan
    refusal = state.refusal or members_refusal(record, state.members, state.own_account)
    if refusal:
        planner.plan.decide("refuse", TABLE_ASSOCIATION, record.label, refusal)
        return planner.plan
    planner.plan_presence()
    return planner.plan


class TablePlanner:
    """Holds what the steps of one plan share: what is wanted, what is there, and the plan as it grows."""

    def __init__(self, record: Record, options: TableOptions, state: TableState, tables: Iterable[Data]) -> None:
        self.plan = Plan(record)
        self.options = options
        self.state = state
        tables = list(tables)
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
            self.plan.decide("refuse", ANALYSIS_RULE, association["name"], f"{why}; nothing is changed there")
            self.plan.items.append(self._item_of(table, association))
        else:
            name = association_name(self.options, table)
            self.plan.decide("refuse", TABLE_ASSOCIATION, name, f"{why}; it is not associated")
        return True

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
        self.plan.flows.append(Flow([self._deletion(association, reason)], "removed", lane=lane))

    def _deletion(self, association: Data, reason: str) -> Action:
        # Nothing goes whose table AWS does not list.
        before = {"configured_table_name": self.table_names[association["configuredTableId"]]}
        return Action(
            "delete", TABLE_ASSOCIATION, association["name"], reason, address_of(self.state, association), before=before
        )

    # Associations that stay

    def _compare(self, table: Data, association: Data) -> None:
        name = association["name"]
        item = self._item_of(table, association)
        actions = self._compare_association(association, item) + self._compare_tags(association, item)
        rule = self.rules.plan_rule(table, name, self.state.rules.get(association["id"]), association)
        if rule:
            item["analysis_rule"] = rule[-1].after
        actions += rule
        item = without_empty(item)
        if actions:
            self.plan.flows.append(Flow(actions, "repaired", item))
        else:
            self.plan.items.append(item)

    def _item_of(self, table: Data, association: Data) -> Data:
        item: Data = {
            "name": association["name"],
            "id": association["id"],
            "arn": association["arn"],
            "configured_table_id": table["id"],
            "configured_table_name": table["name"],
        }
        details = self.state.details.get(association["id"])
        if details:
            item["role_arn"] = details["roleArn"]
            if details.get("description"):
                item["description"] = details["description"]
        if association["id"] in self.state.tags:
            item["tags"] = self.state.tags[association["id"]]
        if association["id"] in self.state.rules:
            item["analysis_rule"] = self.state.rules[association["id"]]
        return item

    def _compare_association(self, association: Data, item: Data) -> list[Action]:
        if not self.options.check_role:
            return []
        wanted: Data = {"role_arn": self.options.role}
        if self.options.description is not None:
            wanted["description"] = self.options.description
        before = {key: item.get(key, "") for key in wanted}
        if before == wanted:
            return []
        request = address_of(self.state, association)
        for key, parameter in (("role_arn", "roleArn"), ("description", "description")):
            if key in wanted and before[key] != wanted[key]:
                request[parameter] = wanted[key]
        item.update(wanted)
        return [
            Action(
                "update", TABLE_ASSOCIATION, association["name"], difference(before, wanted), request, before, wanted
            )
        ]

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
        old = self._item_of(table, association)
        name = association_name(self.options, table)
        reason = f"should be {name}, and a name cannot be changed"
        item, create = self._creation(table, f"is associated as {old['name']}", old)
        rule = self.rules.plan_rule(table, name, self.state.rules.get(association["id"]), None)
        why_not = self.rules.refuse_to_make_again(table, rule[-1].after) if rule else ""
        if why_not:
            self.plan.decide("refuse", TABLE_ASSOCIATION, old["name"], f"should be {name}, but its rule {why_not}")
            self.plan.items.append(without_empty(old))
            return
        if rule:
            item["analysis_rule"] = rule[-1].after
        actions = [self._deletion(association, reason), create, *rule]
        self.plan.flows.append(Flow(actions, "repaired", item, MENDING))
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
            item, create = self._creation(table, "not associated yet", {})
            rule = self.rules.plan_rule(table, name, None, None)
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

    def _creation(self, table: Data, reason: str, old: Data) -> tuple[Data, Action]:
        name = association_name(self.options, table)
        item: Data = {"name": name, "configured_table_id": table["id"], "configured_table_name": table["name"]}
        item["role_arn"] = self.options.role
        request: Data = {
            "membershipIdentifier": self.state.membership_id,
            "configuredTableIdentifier": table["id"],
            "name": name,
            "roleArn": self.options.role,
        }
        description, tags = self.options.description, self.options.tags
        if description is None:
            description = old.get("description")
        # Tags that begin with aws: are AWS's own, and no request may set them.
        kept = {key: value for key, value in old.get("tags", {}).items() if not key.lower().startswith("aws:")}
        if tags is None or not self.options.purge_tags:
            tags = kept | (tags or {})
        for key, value in (("description", description), ("tags", tags)):
            if value:
                item[key] = request[key] = value
        after = {key: value for key, value in item.items() if key not in ("name", "configured_table_id")}
        return item, Action("create", TABLE_ASSOCIATION, name, reason, request, after=after)
