# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds a scenario's things in the store."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

from .builder_memberships import add_associations, add_namespace_association, find_account
from .faults import parse_fault
from .scenario import DEFAULT_COLUMNS, Scenario, ScenarioError, check_shapes, expand, need
from .store import ACTIVE, INVITED, REMOVED, Collaboration, IdNamespace, Member, Membership, Role, Store

if TYPE_CHECKING:
    from .service import Service

# Seeded things are older than any lag or delay, and every run says the same.
SEED_TIME = 1735732800.0


def apply_scenario(service: Service, scenario: Scenario, *, seeding: bool) -> None:
    """Adds the scenario to what the service holds. Seeded things are old, those added later are of now."""
    check_shapes("scenario", scenario)
    builder = Builder(service.store, scenario, SEED_TIME if seeding else round(time.time(), 3), seeding=seeding)
    builder.build()
    service.settings.merge(scenario.get("settings", {}))
    service.faults.add([parse_fault(fault, service.store) for fault in scenario.get("faults", [])])


def table_policy(rule_type: str, columns: list[str], providers: list[str]) -> dict[str, Any]:
    """A plain analysis rule of the type."""
    bodies: dict[str, dict[str, Any]] = {
        "CUSTOM": {"allowedAnalyses": ["ANY_QUERY"], "allowedAnalysisProviders": providers},
        "LIST": {"joinColumns": columns[:1], "listColumns": columns[1:]},
        "AGGREGATION": {
            "aggregateColumns": [{"columnNames": columns[:1], "function": "COUNT_DISTINCT"}],
            "joinColumns": columns[:1],
            "dimensionColumns": columns[1:],
            "scalarFunctions": [],
            "outputConstraints": [{"columnName": columns[0], "minimum": 2, "type": "COUNT_DISTINCT"}],
        },
    }
    return {"v1": {rule_type.lower(): bodies[rule_type]}}


class Builder:
    """Builds one scenario's things in a store."""

    def __init__(self, store: Store, scenario: Scenario, now: float, *, seeding: bool) -> None:
        self.store = store
        self.scenario = scenario
        self.now = now
        self.seeding = seeding

    def each(self, kind: str) -> list[dict[str, Any]]:
        return list(self.scenario.get(kind, []))

    def build(self) -> None:
        for account in self.each("accounts"):
            self.add_account(account)
        for role in self.each("roles"):
            for name in expand(need("roles", role, "names")):
                self.add_role(self.account(need("roles", role, "account")), name, role.get("path", "/"))
        for namespace in self.each("id_namespaces"):
            self.add_id_namespace(namespace)
        for table in self.each("configured_tables"):
            for name in expand(need("configured_tables", table, "names")):
                self.add_table(table, name)
        for collaboration in self.each("collaborations"):
            self.add_collaboration(collaboration)
        for member in self.each("members"):
            self.set_member(member)
        for membership in self.each("memberships"):
            self.add_membership(membership)

    def account(self, name: Any) -> str:
        """The id of an account given by id or by the name that a scenario gave it."""
        return find_account(self.store, name)

    def region(self, data: dict[str, Any]) -> str:
        return str(data.get("region") or self.scenario.get("region") or "us-east-1")

    def add_account(self, data: dict[str, Any]) -> None:
        account_id = self.account(need("accounts", data, "id"))
        self.store.accounts[data.get("name", account_id)] = account_id
        for key in data.get("access_keys", []):
            self.store.access_keys[key] = account_id

    def add_role(self, account_id: str, name: str, path: str) -> None:
        role = Role(account_id, name, path, self.now, None if self.seeding else self.now)
        self.store.roles[role.arn] = role

    def add_id_namespace(self, data: dict[str, Any]) -> None:
        account_id = self.account(need("id_namespaces", data, "account"))
        name = need("id_namespaces", data, "name")
        arn = f"arn:aws:entityresolution:{self.region(data)}:{account_id}:idnamespace/{name}"
        self.store.id_namespaces[arn] = IdNamespace(arn, name, data.get("type", "SOURCE"))

    def add_table(self, data: dict[str, Any], name: str) -> None:
        account_id = self.account(need("configured_tables", data, "account"))
        columns = data.get("columns") or DEFAULT_COLUMNS
        glue_name = re.sub(r"[^a-zA-Z0-9_]", "_", name)
        table = self.store.add_table(
            account_id,
            self.region(data),
            name,
            self.now,
            id=data.get("id"),
            description=data.get("description"),
            table_reference={"glue": {"tableName": glue_name, "databaseName": data.get("database", "cleanrooms")}},
            allowed_columns=columns,
            analysis_method=data.get("analysis_method", "DIRECT_QUERY"),
            tags=dict(data.get("tags", {})),
        )
        rule_type = data.get("rule_type", "CUSTOM")
        if rule_type != "none":
            everybody = {*self.store.accounts.values()} - {account_id}
            providers = [self.account(one) for one in data.get("providers", sorted(everybody) or [account_id])]
            policy = table_policy(rule_type, columns, providers)
            if "rule" in data:
                policy = {"v1": {rule_type.lower(): data["rule"]}}
            table.rule = self.store.new_rule(rule_type, policy, self.now)

    def add_collaboration(self, data: dict[str, Any]) -> None:
        creator = self.account(need("collaborations", data, "creator"))
        name = need("collaborations", data, "name")
        region = self.region(data)
        collaboration = Collaboration(
            id=data.get("id") or self.store.new_id("collaboration", region, creator, name),
            account_id=creator,
            region=region,
            name=name,
            description=data.get("description", name),
            creator_display_name=data.get("creator_display_name", creator),
            query_log_status=data.get("query_log_status", "DISABLED"),
            options=dict(data.get("options", {})),
            tags=dict(data.get("tags", {})),
            sequence=self.store.next_sequence(),
            create_time=self.now,
            update_time=self.now,
        )
        if collaboration.id in self.store.collaborations:
            raise ScenarioError(f"There is already a collaboration {collaboration.id}.")
        self.store.collaborations[collaboration.id] = collaboration
        creating_member = {
            "account": creator,
            "display_name": collaboration.creator_display_name,
            "abilities": data.get("creator_abilities", ["CAN_QUERY", "CAN_RECEIVE_RESULTS"]),
            "pays": data.get("creator_pays"),
            "status": ACTIVE if data.get("creator_joined", True) else INVITED,
        }
        members = [creating_member, *data.get("members", [])]
        payers = [member for member in members if member.get("pays") or member.get("payment")]
        for member in members:
            pays_by_default = not payers and "CAN_QUERY" in member.get("abilities", [])
            self.put_member(collaboration, {**member, "pays": True} if pays_by_default else member)
        if data.get("status", "active") == "deleted":
            self.store.delete_collaboration(collaboration, self.now)

    def put_member(self, collaboration: Collaboration, data: dict[str, Any]) -> None:
        """Adds a member, or changes what is given of one that is there."""
        account_id = self.account(need("members", data, "account"))
        member = collaboration.members.get(account_id)
        if member is None:
            member = collaboration.members[account_id] = Member(
                account_id=account_id,
                display_name=data.get("display_name", account_id),
                abilities=[],
                payment={"queryCompute": {"isResponsible": False}},
                sequence=self.store.next_sequence(),
                create_time=self.now,
                update_time=self.now,
            )
        member.display_name = data.get("display_name", member.display_name)
        member.abilities = list(data.get("abilities", member.abilities))
        member.ml_abilities = data.get("ml_abilities", member.ml_abilities)
        if data.get("pays") is not None:
            member.payment = {**member.payment, "queryCompute": {"isResponsible": data["pays"]}}
        member.payment = data.get("payment", member.payment)
        member.update_time = self.now
        if "status" in data:
            self.put_status(collaboration, member, data["status"])

    def put_status(self, collaboration: Collaboration, member: Member, status: str) -> None:
        if status == ACTIVE:
            if member.status != ACTIVE:
                self.join(collaboration, member.account_id, {})
        elif status == REMOVED:
            self.store.remove_member(collaboration, member.account_id, self.now)
        else:
            self.store.memberships.pop(member.membership_id or "", None)
            member.status, member.membership_id = status, None

    def collaboration(self, data: dict[str, Any]) -> Collaboration:
        """The collaboration given by id, or by a name that only one in the Region has."""
        wanted = need("members and memberships", data, "collaboration")
        region = self.region(data)
        found = [
            one for one in self.store.collaborations.values() if one.region == region and wanted in (one.id, one.name)
        ]
        if len(found) != 1:
            raise ScenarioError(f"There are {len(found)} collaborations '{wanted}' in {region}; give the id of one.")
        return found[0]

    def set_member(self, data: dict[str, Any]) -> None:
        self.put_member(self.collaboration(data), data)

    def join(self, collaboration: Collaboration, account_id: str, data: dict[str, Any]) -> Membership:
        member = collaboration.members.get(account_id)
        if member is None:
            raise ScenarioError(f"{account_id} is no member of collaboration '{collaboration.name}'.")
        return self.store.add_membership(
            collaboration,
            account_id,
            self.now,
            id=data.get("id"),
            query_log_status=data.get("query_log_status", "DISABLED"),
            payment={"queryCompute": dict(member.payment["queryCompute"])},
            options=dict(data.get("options", {})),
            tags=dict(data.get("tags", {})),
        )

    def add_membership(self, data: dict[str, Any]) -> None:
        """Joins, unless the account has joined, and adds associations. The status comes last."""
        collaboration = self.collaboration(data)
        account_id = self.account(need("memberships", data, "account"))
        member = collaboration.members.get(account_id)
        if member and member.membership_id:
            membership = self.store.memberships[member.membership_id]
        else:
            membership = self.join(collaboration, account_id, data)
        add_associations(self.store, membership, data.get("associations", []), self.now)
        for namespace in data.get("id_namespaces", []):
            add_namespace_association(self.store, membership, namespace, self.now)
        if data.get("status", ACTIVE) != ACTIVE:
            membership.status = data["status"]
