# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts of these tests, scenarios made of them, and a look at what came of it."""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_file import open_record, write_record
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_text import Content
from emulator import Control, Emulator

PROVIDER = "111122223333"
PARTNER = "444455556666"
OTHER = "777788889999"
ROLE = "cleanrooms-glue-s3-access"
NAMESPACE = "ACXIdNamespace"
NAMESPACE_ARN = f"arn:aws:entityresolution:us-east-1:{PROVIDER}:idnamespace/{NAMESPACE}"

Data = dict[str, Any]
RunModule = Callable[..., Data]
Act = Callable[..., Data]

TABLES: Data = {"include": ["part_*"], "name_prefix": "acx_", "role": ROLE}
TRUSTING: Data = {"trusted_creators": [PARTNER]}
NAMESPACES: Data = {"name": NAMESPACE, "id_namespace_arn": NAMESPACE_ARN}
# A call of each module that works, where it needs one with "collaborations".
CALLS: dict[str, Data] = {
    "invitation": TRUSTING,
    "invitation_info": {},
    "membership_info": {},
    "table_association": TABLES,
    "namespace_association": NAMESPACES,
    "readiness_info": {**TABLES, "id_namespace_name": NAMESPACE, "id_namespace_arn": NAMESPACE_ARN},
}
LEAVE: Data = {"state": "absent", "confirm_leaving": True, "name_prefix": "acx_", "id_namespace_name": NAMESPACE}
READER: Data = {"account": OTHER, "display_name": "Other", "status": "ACTIVE", "abilities": ["CAN_RECEIVE_RESULTS"]}
ABILITIES = ["CAN_QUERY", "CAN_RECEIVE_RESULTS"]
# What a collaboration of World.allow_all needs of the task that accepts it.
ALLOWING: Data = {"allowed_receivers": [OTHER], "accept_auto_approved_changes": ["ADD_MEMBER"]}
ALLOWING |= {"accept_payment": True, "accept_abilities": ABILITIES}
DENIED: Data = {"code": "AccessDeniedException", "message": "No identity-based policy allows it"}


def spec_of(module: str) -> Data:
    """Return a module's options, as Ansible checks them."""
    loaded = importlib.import_module(f"ansible_collections.acx.cleanrooms.plugins.modules.cleanrooms_{module}")
    spec: Data = loaded.ARGUMENT_SPEC
    return spec


def scenario(collaborations: int = 1, tables: str = "part_{01..03}", **more: Any) -> Data:
    """A provider with some tables, and invitations or memberships in collaborations of one partner."""
    return {
        "roles": [{"account": PROVIDER, "names": [ROLE, "another-role"]}],
        "id_namespaces": [{"account": PROVIDER, "name": NAMESPACE}, {"account": PROVIDER, "name": "Another"}],
        "configured_tables": [{"account": PROVIDER, "names": [tables]}],
        "collaborations": [
            {
                "name": f"Collaboration {number}",
                "creator": PARTNER,
                "creator_display_name": "Partner",
                "members": [{"account": PROVIDER, "display_name": "Provider"}],
            }
            for number in range(1, collaborations + 1)
        ],
        **more,
    }


def joined(collaborations: int = 1, **more: Any) -> list[Data]:
    """The scenario's C(memberships): the provider is a member everywhere; C(more) goes into each."""
    return [
        {"account": PROVIDER, "collaboration": f"Collaboration {number}", **more}
        for number in range(1, collaborations + 1)
    ]


def ours(*tables: str, **more: Any) -> Data:
    """Associations of a scenario as they should be, unless told otherwise."""
    return {"tables": list(tables), "role": ROLE, **({} if "name" in more else {"prefix": "acx_"}), **more}


def member(account: str, *abilities: str) -> Data:
    """A member as a record has it, who may query and receive unless something else is said."""
    return {"account_id": account, "abilities": list(abilities) or ABILITIES, "display_name": account}


def records(emulator: Emulator, **more: Any) -> list[Data]:
    """A record with pinned members for every collaboration of the emulator, in the order of their names."""
    collaborations = sorted(emulator.control.state()["collaborations"], key=lambda one: str(one["name"]))
    return [
        {"name": one["name"], "collaboration_id": one["id"], "members": [member(PARTNER)], **copy.deepcopy(more)}
        for one in collaborations
    ]


def shared(emulator: Emulator) -> dict[tuple[str, str], tuple[str, str, tuple[str, ...]]]:
    """What is associated: (membership, name) -> (table, role, receivers of the rule)."""
    state = emulator.control.state()
    names = {table["id"]: table["name"] for table in state["configured_tables"]}
    return {
        (one["membership_id"], one["name"]): (
            names[one["configured_table_id"]],
            one["role_arn"].rpartition("/")[2],
            tuple(_receivers(one)),
        )
        for one in state["table_associations"]
    }


def _receivers(association: Data) -> list[str]:
    rule = association.get("rule")
    if not rule:
        return []
    (policy,) = rule["policy"]["v1"].values()
    return list(policy.get("allowedResultReceivers", []))


def writes(emulator: Emulator) -> list[str]:
    """The write requests so far, by operation."""
    prefixes = ("Create", "Update", "Delete", "Tag", "Untag")
    return [one["operation"] for one in emulator.control.log() if one["operation"].startswith(prefixes)]


def without(value: Any, *keys: str) -> Any:
    """The same without these keys, at any depth."""
    if isinstance(value, dict):
        return {key: without(content, *keys) for key, content in value.items() if key not in keys}
    return [without(one, *keys) for one in value] if isinstance(value, list) else value


# For each kind of write: the module, the call that needs that write, and how what is there differs: C(None) if not
# joined yet, else of the association and of the namespace; an empty list where there is neither.
WRITES: dict[str, tuple[str, Data, list[Data] | None]] = {
    "CreateMembership": ("invitation", {"trusted_creators": [PARTNER]}, None),
    "UpdateMembership": ("invitation", {"query_log_status": "ENABLED", "allowed_receivers": [PARTNER]}, [{}, {}]),
    "DeleteMembership": ("invitation", LEAVE, [{}, {}]),
    "CreateConfiguredTableAssociation": ("table_association", TABLES, []),
    "UpdateConfiguredTableAssociation": (
        "table_association",
        {**TABLES, "check_role": True},
        [{"role": "another-role"}, {}],
    ),
    "DeleteConfiguredTableAssociation": ("table_association", {**TABLES, "recreate": True}, [{"name": "by_hand"}, {}]),
    "CreateConfiguredTableAssociationAnalysisRule": ("table_association", TABLES, []),
    "UpdateConfiguredTableAssociationAnalysisRule": ("table_association", TABLES, [{"rule": {"receivers": []}}, {}]),
    "DeleteConfiguredTableAssociationAnalysisRule": (
        "table_association",
        {**TABLES, "result_receivers": []},
        [{}, {}],
    ),
    "TagResource": ("table_association", {**TABLES, "tags": {"team": "data"}}, [{}, {}]),
    "UntagResource": ("table_association", {**TABLES, "tags": {}}, [{"tags": {"old": "1"}}, {}]),
    "CreateIdNamespaceAssociation": ("namespace_association", NAMESPACES, []),
    "UpdateIdNamespaceAssociation": (
        "namespace_association",
        {**NAMESPACES, "description": "new"},
        [{}, {"description": "old"}],
    ),
    "DeleteIdNamespaceAssociation": ("namespace_association", {**NAMESPACES, "state": "absent"}, [{}, {}]),
}

# What AWS's lists do not show, so that it is known only of what was just written.
HIDDEN = ("role_arn", "description", "tags", "allow_use_as_dimension_column")


@dataclass(frozen=True)
class World:
    """The emulator with what is in it, and the modules that run against it."""

    emulator: Emulator
    run: RunModule

    def invite(self, collaborations: int = 1, tables: str = "part_{01..03}", **more: Any) -> list[Data]:
        """Begin anew, with an invitation to each collaboration; C(more) goes into each. Return their records."""
        start = scenario(collaborations, tables)
        for one in start["collaborations"]:
            one.update(more)
        self.emulator.reset(start)
        return records(self.emulator)

    def join(
        self, collaborations: int = 1, tables: str = "part_{01..03}", *, others: tuple[Data, ...] = (), **there: Any
    ) -> list[Data]:
        """Begin anew, as a member of each collaboration beside C(others). Return their records, with all pinned."""
        start = scenario(collaborations, tables, memberships=joined(collaborations, **there))
        for one in start["collaborations"]:
            one["members"].extend(others)
        self.emulator.reset(start)
        return records(self.emulator, members=[member(PARTNER), *(member(other["account"]) for other in others)])

    def allow_all(self, tables: str = "part_01", **there: Any) -> tuple[str, str]:
        """Begin anew, joined in the first of two collaborations and invited to the second, which allow everything.

        Return the ids of the first and of the membership.
        """
        start = scenario(2, tables, memberships=joined(1, **there))
        for one in start["collaborations"]:
            one["members"][0].update(abilities=ABILITIES, pays=True)
            one["members"].append(READER)
            one["options"] = {"isMetricsEnabled": True, "autoApprovedChangeTypes": ["ADD_MEMBER"]}
        self.emulator.reset(start)
        own = self.membership()
        return own["collaboration_id"], own["id"]

    def begin(self, operation: str) -> tuple[str, Data]:
        """Begin anew with what a write of C(WRITES) needs; return the module and its call."""
        module, options, there = WRITES[operation]
        if there is None:
            wanted = self.invite(tables="part_01")
        elif there:
            association, namespace = there
            one = ours("part_01", **{"name": "acx_part_01", **association})
            wanted = self.join(1, "part_01", associations=[one], id_namespaces=[{"name": NAMESPACE, **namespace}])
        else:
            wanted = self.join(1, "part_01")
        if module != "invitation":
            return module, {**options, "collaborations": wanted}
        named = {} if there is None else {"collaboration_ids": [wanted[0]["collaboration_id"]]}
        return module, {**options, **named}

    @property
    def control(self) -> Control:
        return self.emulator.control

    def shared(self) -> dict[tuple[str, str], tuple[str, str, tuple[str, ...]]]:
        return shared(self.emulator)

    def by_name(self) -> dict[str, tuple[str, str, tuple[str, ...]]]:
        """What is associated, where there is one membership."""
        return {name: content for (_membership, name), content in self.shared().items()}

    def writes(self) -> list[str]:
        return writes(self.emulator)

    def requests(self) -> dict[str, int]:
        """How many requests there were of each operation."""
        return {name: sum(by.values()) for name, by in self.control.counts()["requests"].items()}

    def tables(self, wanted: list[Data], **options: Any) -> Data:
        """Run C(cleanrooms_table_association)."""
        return self.run("table_association", collaborations=wanted, **TABLES, **options)

    def namespaces(self, wanted: list[Data], **options: Any) -> Data:
        """Run C(cleanrooms_namespace_association)."""
        return self.run("namespace_association", collaborations=wanted, **{**NAMESPACES, **options})

    def settle(self, module: str, **call: Any) -> Data:
        """Predict, do just that, and find nothing left to do. Return the answer of the real run."""
        before = self.writes()
        predicted = self.run(module, check=True, **call)
        assert self.writes() == before
        real = self.run(module, **call)
        assert (self.writes() != before) == real["changed"]
        # What only AWS can know, at acceptance the membership too.
        ids = ("id", "arn", *(["membership_id", "at"] if module == "invitation" else []))
        assert without(predicted, *ids) == without(real, *ids)
        again = self.run(module, **call)
        assert not again["changed"], again["diff"]
        for now, then in zip(again["collaborations"], real["collaborations"], strict=True):
            for key in {"associations", "id_namespace_associations"} & set(then):
                assert without(now[key], *HIDDEN) == without(then[key], *HIDDEN)
        return real

    def membership(self, record: Data | None = None) -> Data:
        """Return the provider's membership in a record's collaboration, or its only one; empty if there is none."""
        for one in self.control.state()["memberships"]:
            if one["account_id"] == PROVIDER and (not record or one["collaboration_id"] == record["collaboration_id"]):
                return dict(one)
        return {}

    def fault(self, operation: str, within: Data | None = None, **fault: Any) -> None:
        """Order a fault, everywhere or in one record's collaboration; if nothing else is said, access is denied."""
        if not {"answer", "error", "drop", "hang", "scenario"} & set(fault):
            fault["error"] = DENIED
        # An operation has one of the two.
        ids = {"collaborationIdentifier": within["collaboration_id"]} if within else {}
        if within and self.membership(within):
            ids["membershipIdentifier"] = self.membership(within)["id"]
        for parameters in [{key: value} for key, value in ids.items()] or [fault.pop("parameters", {})]:
            self.control.fault(operation=operation, parameters=parameters, **fault)

    def client(self, account: str = PROVIDER) -> Any:
        """Return a plain boto3 client, without anything of the collection."""
        return boto3.client(
            "cleanrooms",
            endpoint_url=self.emulator.url,
            region_name="us-east-1",
            aws_access_key_id=f"AKIA{account}",
            aws_secret_access_key="q7ZkX0wVb3",
        )


def write(path: Path, records: list[Data], pending: list[Data] | None = None) -> None:
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_record(open_record(str(path)), Content(records, pending or []), "provider")


def recorded(path: Path) -> list[Data]:
    return open_record(str(path)).content.records


def waiting(path: Path) -> list[Data]:
    return open_record(str(path)).content.pending
