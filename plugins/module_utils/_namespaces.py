# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ID namespace associations: what has to be done. Pure: nothing here talks to AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ._plan import NAMESPACE_ASSOCIATION, Action, Flow, Plan
from ._record import Record
from ._trust import members_refusal
from ._validate import (
    DESCRIPTION_LENGTH,
    NAMESPACE_NAME_LENGTH,
    check_id_namespace_arn,
    check_tags,
    check_text,
    options_from,
)

Data = dict[str, Any]


@dataclass(frozen=True)
class NamespaceOptions:
    """The options of C(cleanrooms_namespace_association) that say what is wanted in every collaboration."""

    name: str
    id_namespace_arn: str | None = None
    state: str = "present"
    manage_resource_policies: bool = True
    allow_use_as_dimension_column: bool | None = None
    description: str | None = None
    tags: dict[str, str] | None = None


@dataclass(frozen=True)
class NamespaceState:
    """What is there for one collaboration; C(membership_id) is empty while an invitation is not accepted yet."""

    own_account: str
    membership_id: str = ""
    members: list[Data] = field(default_factory=list)
    associations: list[Data] = field(default_factory=list)


def check_options(params: Mapping[str, Any]) -> NamespaceOptions:
    """Return the module's options; raise C(CleanRoomsError) for a value that cannot be right."""
    check_text("name", params["name"], NAMESPACE_NAME_LENGTH, may_be_blank=False)
    check_text("description", params["description"], DESCRIPTION_LENGTH)
    check_tags("tags", params["tags"])
    if params["id_namespace_arn"] is not None:
        check_id_namespace_arn("id_namespace_arn", params["id_namespace_arn"])
    return options_from(NamespaceOptions, params)


def plan_namespace(record: Record, options: NamespaceOptions, state: NamespaceState) -> Plan:
    """Return the plan for the ID namespace association of one collaboration."""
    plan = Plan(record)
    by_name = {association["name"]: association for association in state.associations}
    by_arn = {
        association["inputReferenceConfig"]["inputReferenceArn"]: association for association in state.associations
    }
    if options.state == "absent":
        _plan_removal(plan, options, state, by_name.get(options.name))
        return plan
    refusal = members_refusal(record, state.members, state.own_account)
    if refusal:
        plan.decide("refuse", NAMESPACE_ASSOCIATION, record.label, refusal)
        return plan
    association = by_arn.get(str(options.id_namespace_arn))
    if association:
        if association["name"] != options.name:
            reason = f"the ID namespace is associated under this name, not as {options.name}"
            plan.decide("skip", NAMESPACE_ASSOCIATION, association["name"], reason)
        plan.items.append(describe_namespace(association))
    elif options.name in by_name:
        held = by_name[options.name]["inputReferenceConfig"]["inputReferenceArn"]
        reason = f"the name is held by the association of another ID namespace, {held}"
        plan.decide("refuse", NAMESPACE_ASSOCIATION, options.name, reason)
    else:
        _plan_new(plan, options, state)
    return plan


def _plan_new(plan: Plan, options: NamespaceOptions, state: NamespaceState) -> None:
    request: Data = {
        "membershipIdentifier": state.membership_id,
        "name": options.name,
        "inputReferenceConfig": {
            "inputReferenceArn": options.id_namespace_arn,
            "manageResourcePolicies": options.manage_resource_policies,
        },
    }
    item: Data = {
        "name": options.name,
        "id_namespace_arn": options.id_namespace_arn,
        "manage_resource_policies": options.manage_resource_policies,
    }
    for key in ("description", "tags"):
        value = getattr(options, key)
        if value:
            item[key] = request[key] = value
    if options.allow_use_as_dimension_column is not None:
        item["allow_use_as_dimension_column"] = options.allow_use_as_dimension_column
        request["idMappingConfig"] = {"allowUseAsDimensionColumn": options.allow_use_as_dimension_column}
    action = Action("create", NAMESPACE_ASSOCIATION, options.name, "not associated yet", request, after=dict(item))
    plan.flows.append(Flow([action], "associated", item))


def _plan_removal(plan: Plan, options: NamespaceOptions, state: NamespaceState, association: Data | None) -> None:
    if association is None:
        return
    found = association["inputReferenceConfig"]["inputReferenceArn"]
    if options.id_namespace_arn and found != options.id_namespace_arn:
        reason = f"it is the association of another ID namespace, {found}"
        plan.decide("skip", NAMESPACE_ASSOCIATION, options.name, reason)
        return
    request = {"membershipIdentifier": state.membership_id, "idNamespaceAssociationIdentifier": association["id"]}
    before = describe_namespace(association)
    action = Action("delete", NAMESPACE_ASSOCIATION, options.name, "state is absent", request, before=before)
    plan.flows.append(Flow([action], "removed"))


def describe_namespace(association: Data) -> Data:
    """Return an ID namespace association in the shape of results."""
    reference = association["inputReferenceConfig"]
    item = {
        "name": association["name"],
        "id": association["id"],
        "arn": association["arn"],
        "id_namespace_arn": reference["inputReferenceArn"],
        "manage_resource_policies": reference["manageResourcePolicies"],
    }
    if association.get("description"):
        item["description"] = association["description"]
    return item
