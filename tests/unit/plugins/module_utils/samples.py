# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables, associations, members and collaborations as AWS answers them, for the tests of what is pure."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Action, Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import Record, RecordedMember
from ansible_collections.acx.cleanrooms.plugins.module_utils._tables import TableOptions, TableState, describe_rule

Data = dict[str, Any]
OWN = "111122223333"
PARTNER = "444455556666"
OTHER = "555566667777"
STRANGER = "999900001111"
ROLE = f"arn:aws:iam::{OWN}:role/cleanrooms-glue-s3-access"
BOTH = ("CAN_QUERY", "CAN_RECEIVE_RESULTS")
ANALYSIS = f"arn:aws:cleanrooms-ml:us-east-1:{OWN}:membership/*/configured-model-algorithm-association/*"


def id_of(name: str) -> str:
    """Return a UUID that belongs to the name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


MEMBERSHIP = id_of("membership")
COLLABORATION = id_of("collaboration")


def member(account: str, status: str = "ACTIVE", abilities: tuple[str, ...] = BOTH, **more: Any) -> Data:
    """Return a member as ListMembers answers it."""
    return {
        "accountId": account,
        "status": status,
        "displayName": more.pop("name", f"Member {account}"),
        "abilities": list(abilities),
        "paymentConfiguration": {"queryCompute": {"isResponsible": False}},
        **more,
    }


def members_of(words: str) -> list[Data]:
    """Return members, from words like C(us P S:INVITED): us, the partner, the other and the stranger, and how."""
    accounts = {"us": OWN, "P": PARTNER, "O": OTHER, "S": STRANGER}
    found = [(*word.split(":"), "ACTIVE")[:2] for word in words.split()]
    return [member(accounts[who], status, () if who == "us" else BOTH, name=who) for who, status in found]


MEMBERS = [member(OWN, abilities=()), member(PARTNER)]


def table(name: str, rule_type: str | None = "CUSTOM", key: str = "") -> Data:
    """Return a configured table as ListConfiguredTables answers it; C(key) tells tables of one name apart."""
    return {"id": id_of(f"table {name}{key}"), "name": name, "analysisRuleTypes": [rule_type] if rule_type else []}


ONE, TWO, THREE = TABLES = table("part_01"), table("part_02"), table("part_03")


def association(of: Data, name: str, rule_type: str | None = "CUSTOM") -> Data:
    """Return an association as ListConfiguredTableAssociations answers it."""
    association_id = id_of(f"association {name} {of['id']}")
    return {
        "id": association_id,
        "arn": f"arn:aws:cleanrooms:us-east-1:{OWN}:configuredtableassociation/{MEMBERSHIP}/{association_id}",
        "name": name,
        "configuredTableId": of["id"],
        "analysisRuleTypes": [rule_type] if rule_type else [],
    }


def rule(*receivers: str, rule_type: str = "CUSTOM", analyses: tuple[str, ...] = ()) -> Data:
    """Return a collaboration analysis rule in the shape of results."""
    return describe_rule(rule_type, receivers or (PARTNER,), analyses)


def recorded(*accounts: str, abilities: tuple[str, ...] = BOTH) -> tuple[RecordedMember, ...]:
    """Return members as a record has them."""
    return tuple(RecordedMember(account, abilities) for account in accounts)


def record(**changes: Any) -> Record:
    """Return a record with the partner as member, or with C(members), whose account ids are enough."""
    ids = {"collaboration_id": COLLABORATION, "membership_id": MEMBERSHIP}
    members = changes.pop("members", (PARTNER,))
    if members and isinstance(members[0], str):
        members = recorded(*members)
    return Record(**{"name": "AMC", **ids, "members": members, **changes})


def options(**changes: Any) -> TableOptions:
    """Return options that select all tables named part_*, as acx_part_*."""
    return TableOptions(**{"include": ("part_*",), "name_prefix": "acx_", "role": ROLE, **changes})


def state(*associations: Data, **changes: Any) -> TableState:
    """Return what is there; every association that has a rule names the partner as receiver unless told otherwise."""
    rules = {one["id"]: rule(rule_type=one["analysisRuleTypes"][0]) for one in associations if one["analysisRuleTypes"]}
    given = {"membership_id": MEMBERSHIP, "members": MEMBERS, "rules": rules, "associations": list(associations)}
    return TableState(OWN, **{**given, **changes})


def invitation(name: str = "AMC", creator: str = PARTNER, day: int = 1) -> Data:
    """Return a pending invitation as ListCollaborations answers it."""
    return {
        "id": id_of(f"collaboration {name}"),
        "name": name,
        "creatorAccountId": creator,
        "creatorDisplayName": f"Creator {creator}",
        "createTime": datetime(2026, 1, day, tzinfo=UTC),
        "memberStatus": "INVITED",
    }


def membership(name: str = "AMC", status: str = "ACTIVE") -> Data:
    """Return a membership as ListMemberships answers it."""
    membership_id = id_of(f"membership {name}")
    return {
        "id": membership_id,
        "arn": f"arn:aws:cleanrooms:us-east-1:{OWN}:membership/{membership_id}",
        "collaborationId": id_of(f"collaboration {name}"),
        "collaborationName": name,
        "collaborationCreatorAccountId": PARTNER,
        "collaborationCreatorDisplayName": "Creator",
        "status": status,
    }


def namespace(name: str, reference: str = "ACXIdNamespace", **more: Any) -> Data:
    """Return an ID namespace association as ListIdNamespaceAssociations answers it."""
    association_id = id_of(f"namespace association {name} {reference}")
    config = {"inputReferenceArn": namespace_arn(reference), "manageResourcePolicies": more.pop("manage", True)}
    return {
        "id": association_id,
        "arn": f"arn:aws:cleanrooms:us-east-1:{OWN}:membership/{MEMBERSHIP}/idnamespaceassociation/{association_id}",
        "name": name,
        "inputReferenceConfig": config,
        **more,
    }


def namespace_arn(name: str) -> str:
    """Return the ARN of an ID namespace of our own account."""
    return f"arn:aws:entityresolution:us-east-1:{OWN}:idnamespace/{name}"


def outline(plan: Plan) -> list[str]:
    """Return a plan in short: a line for each flow, with its lane and what it counts as, then one for each decision."""

    def step(one: Action) -> str:
        return f"{one.action} {one.resource.rpartition('_')[2]} {one.name}"

    flows = [
        f"{one.lane and f'[{one.lane}] '}{one.counts_as}: {', '.join(map(step, one.actions))}" for one in plan.flows
    ]
    return flows + [step(one) for one in plan.decisions]


def plain(text: str) -> str:
    """Return a text without what tools that read ids of tests do not take."""
    return re.sub(r"[^\w ,.-]+", "_", text, flags=re.ASCII)[:80]


def reasons(plan: Plan) -> list[str]:
    """Return the reasons of a plan's actions and decisions."""
    return [one.reason for one in plan.actions]
