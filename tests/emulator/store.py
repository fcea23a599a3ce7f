# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the service holds: one store for all accounts and Regions, as plain records."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

SEED: UUID = uuid5(NAMESPACE_URL, "acx.cleanrooms/emulator")

INVITED = "INVITED"
ACTIVE = "ACTIVE"
LEFT = "LEFT"
REMOVED = "REMOVED"
COLLABORATION_DELETED = "COLLABORATION_DELETED"


@dataclass(kw_only=True)
class Record:
    """What every held thing has. sequence is the order of creation, by which lists are sorted."""

    sequence: int
    create_time: float
    update_time: float


@dataclass(kw_only=True)
class Resource(Record):
    """A thing with an id, owned by an account in a Region."""

    id: str
    account_id: str
    region: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(kw_only=True)
class Member(Record):
    """An account in a collaboration. payment is AWS's PaymentConfiguration."""

    account_id: str
    display_name: str
    abilities: list[str]
    payment: dict[str, Any]
    ml_abilities: dict[str, Any] | None = None
    status: str = INVITED
    membership_id: str | None = None


@dataclass(kw_only=True)
class Collaboration(Resource):
    """account_id is the creator's. options are members of AWS's Collaboration that nothing depends on."""

    name: str
    description: str | None
    creator_display_name: str
    query_log_status: str
    options: dict[str, Any] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    deleted: bool = False


@dataclass(kw_only=True)
class Rule(Record):
    """An analysis rule; policy is AWS's union, {"v1": {"custom": {...}}}."""

    type: str
    policy: dict[str, Any]

    @property
    def body(self) -> dict[str, Any]:
        """The policy without its two wrappers."""
        ((_kind, body),) = self.policy["v1"].items()
        return dict(body)


@dataclass(kw_only=True)
class ConfiguredTable(Resource):
    name: str
    description: str | None
    table_reference: dict[str, Any]
    allowed_columns: list[str]
    analysis_method: str
    selected_analysis_methods: list[str] | None = None
    rule: Rule | None = None


@dataclass(kw_only=True)
class Association(Resource):
    """A configured table association. intermediate_tables are names of tables made from it by others."""

    membership_id: str
    configured_table_id: str
    name: str
    description: str | None
    role_arn: str
    rule: Rule | None = None
    intermediate_tables: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class IdNamespaceAssociation(Resource):
    membership_id: str
    name: str
    description: str | None
    input_reference: dict[str, Any]
    namespace_type: str
    id_mapping_config: dict[str, Any] | None = None


@dataclass(kw_only=True)
class Membership(Resource):
    """options are members of AWS's Membership that nothing depends on."""

    collaboration_id: str
    query_log_status: str
    payment: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)
    status: str = ACTIVE
    associations: dict[str, Association] = field(default_factory=dict)
    namespaces: dict[str, IdNamespaceAssociation] = field(default_factory=dict)


@dataclass
class Role:
    """An IAM role. known_since starts the synchronisation delay: its creation, or its first use if it was seeded."""

    account_id: str
    name: str
    path: str
    create_time: float
    known_since: float | None = None

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::{self.account_id}:role{self.path}{self.name}"


@dataclass
class IdNamespace:
    """An ID namespace of AWS Entity Resolution."""

    arn: str
    name: str
    type: str


class Store:
    """All records, by id; account ids by their name and by access key. Whoever reads or writes holds the lock."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.clear()

    def clear(self) -> None:
        self.accounts: dict[str, str] = {}
        self.access_keys: dict[str, str] = {}
        self.collaborations: dict[str, Collaboration] = {}
        self.memberships: dict[str, Membership] = {}
        self.tables: dict[str, ConfiguredTable] = {}
        self.roles: dict[str, Role] = {}
        self.id_namespaces: dict[str, IdNamespace] = {}
        self._sequence = 0
        self._names: Counter[tuple[str, ...]] = Counter()

    def next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def new_id(self, *names: str) -> str:
        """A UUID that follows from the names alone; asked again for the same names, another one."""
        self._names[names] += 1
        return str(uuid5(SEED, "/".join((*names, str(self._names[names])))))

    def remove_member(self, collaboration: Collaboration, account_id: str, now: float) -> None:
        """The member's associations stay in its membership, but are no longer the collaboration's schemas."""
        member = collaboration.members[account_id]
        member.status, member.update_time = REMOVED, now
        membership = self.memberships.get(member.membership_id or "")
        if membership:
            membership.status, membership.update_time = REMOVED, now

    def delete_collaboration(self, collaboration: Collaboration, now: float) -> None:
        collaboration.deleted, collaboration.update_time = True, now
        for member in collaboration.members.values():
            membership = self.memberships.get(member.membership_id or "")
            if membership and membership.status == ACTIVE:
                membership.status, membership.update_time = COLLABORATION_DELETED, now

    def add_association(self, membership: Membership, name: str, now: float, **values: Any) -> Association:
        association = Association(
            id=values.pop("id", None) or self.new_id("association", membership.id, name),
            account_id=membership.account_id,
            region=membership.region,
            membership_id=membership.id,
            name=name,
            sequence=self.next_sequence(),
            create_time=now,
            update_time=now,
            **values,
        )
        membership.associations[association.id] = association
        return association

    def add_namespace_association(
        self, membership: Membership, name: str, now: float, **values: Any
    ) -> IdNamespaceAssociation:
        association = IdNamespaceAssociation(
            id=values.pop("id", None) or self.new_id("idnamespaceassociation", membership.id, name),
            account_id=membership.account_id,
            region=membership.region,
            membership_id=membership.id,
            name=name,
            sequence=self.next_sequence(),
            create_time=now,
            update_time=now,
            **values,
        )
        membership.namespaces[association.id] = association
        return association

    def add_membership(self, collaboration: Collaboration, account_id: str, now: float, **values: Any) -> Membership:
        """The account joins: its member becomes ACTIVE."""
        membership = Membership(
            id=values.pop("id", None) or self.new_id("membership", collaboration.id, account_id),
            account_id=account_id,
            region=collaboration.region,
            collaboration_id=collaboration.id,
            sequence=self.next_sequence(),
            create_time=now,
            update_time=now,
            **values,
        )
        self.memberships[membership.id] = membership
        member = collaboration.members[account_id]
        member.status, member.membership_id, member.update_time = ACTIVE, membership.id, now
        return membership

    def add_table(self, account_id: str, region: str, name: str, now: float, **values: Any) -> ConfiguredTable:
        table = ConfiguredTable(
            id=values.pop("id", None) or self.new_id("table", region, account_id, name),
            account_id=account_id,
            region=region,
            name=name,
            sequence=self.next_sequence(),
            create_time=now,
            update_time=now,
            **values,
        )
        self.tables[table.id] = table
        return table

    def new_rule(self, rule_type: str, policy: dict[str, Any], now: float) -> Rule:
        return Rule(type=rule_type, policy=policy, sequence=self.next_sequence(), create_time=now, update_time=now)


def in_order(records: Iterable[Any]) -> list[Any]:
    return sorted(records, key=lambda record: record.sequence)
