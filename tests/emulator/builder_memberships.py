# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The associations of a scenario's memberships."""

from __future__ import annotations

import re
from typing import Any

from .registry import can_receive_results
from .scenario import ScenarioError, expand, need
from .store import ACTIVE, Association, ConfiguredTable, Membership, Rule, Store


def find_account(store: Store, name: str | int) -> str:
    """The id of an account given by id or by the name that a scenario gave it."""
    account_id = f"{name:012d}" if isinstance(name, int) else store.accounts.get(name, name)
    if not re.fullmatch(r"\d{12}", account_id, re.ASCII):
        raise ScenarioError(f"There is no account '{name}'; an account id has 12 digits.")
    return account_id


def add_associations(store: Store, membership: Membership, items: list[dict[str, Any]], now: float) -> None:
    tables: dict[str, ConfiguredTable] = {}
    for table in store.tables.values():
        if (table.account_id, table.region) == (membership.account_id, membership.region):
            tables.setdefault(table.name, table)
            tables[table.id] = table
    for item in items:
        names = expand(need("associations", item, "tables"))
        if len(names) > 1 and ("name" in item or "id" in item):
            raise ScenarioError(f"'name' and 'id' are for one table, not for {len(names)}: {item!r}.")
        for name in names:
            if name not in tables:
                raise ScenarioError(f"{membership.account_id} has no configured table '{name}'.")
            add_association(store, membership, item, tables[name], now)


def add_association(
    store: Store, membership: Membership, item: dict[str, Any], table: ConfiguredTable, now: float
) -> Association:
    """Nothing is checked against the service's rules, so that a scenario can hold what must be repaired."""
    role = need("associations", item, "role")
    association = store.add_association(
        membership,
        item.get("name") or f"{item.get('prefix', '')}{table.name}",
        now,
        id=item.get("id"),
        configured_table_id=table.id,
        description=item.get("description"),
        role_arn=role if role.startswith("arn:") else f"arn:aws:iam::{membership.account_id}:role/{role}",
        tags=dict(item.get("tags", {})),
        intermediate_tables=list(item.get("intermediate_tables", [])),
    )
    association.rule = collaboration_rule(store, membership, item.get("rule", {}), table, now)
    return association


def collaboration_rule(
    store: Store, membership: Membership, data: dict[str, Any] | str, table: ConfiguredTable, now: float
) -> Rule | None:
    """The rule described; by default of the table's type, with every active member who can receive results."""
    if isinstance(data, str):
        return None
    collaboration = store.collaborations[membership.collaboration_id]
    receivers = [
        account_id
        for account_id, member in collaboration.members.items()
        if member.status == ACTIVE and can_receive_results(collaboration, account_id, membership.account_id)
    ]
    rule_type = data.get("type") or (table.rule.type if table.rule else "CUSTOM")
    body: dict[str, Any] = {
        "allowedResultReceivers": [find_account(store, one) for one in data.get("receivers", receivers)]
    }
    if data.get("additional_analyses"):
        body["allowedAdditionalAnalyses"] = data["additional_analyses"]
    return store.new_rule(rule_type, {"v1": {rule_type.lower(): body}}, now)


def add_namespace_association(store: Store, membership: Membership, item: dict[str, Any], now: float) -> None:
    """namespace names an ID namespace of the account; arn names any."""
    prefix = f"arn:aws:entityresolution:{membership.region}:{membership.account_id}:idnamespace/"
    arn = item.get("arn") or prefix + item.get("namespace", need("membership_id_namespaces", item, "name"))
    if arn not in store.id_namespaces:
        raise ScenarioError(f"There is no ID namespace {arn}.")
    store.add_namespace_association(
        membership,
        need("membership_id_namespaces", item, "name"),
        now,
        id=item.get("id"),
        description=item.get("description"),
        input_reference={
            "inputReferenceArn": arn,
            "manageResourcePolicies": item.get("manage_resource_policies", False),
        },
        namespace_type=store.id_namespaces[arn].type,
        id_mapping_config=item.get("id_mapping_config"),
        tags=dict(item.get("tags", {})),
    )
