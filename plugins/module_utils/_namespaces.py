# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ID namespace associations: what is wanted, and what has to be done. Pure: nothing here talks to AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ._errors import printable
from ._plan import NAMESPACE_ASSOCIATION, Action, Flow, Plan, difference, plan_tags, without_empty
from ._record import Record
from ._trust import members_refusal, not_supported
from ._validate import (
    DESCRIPTION_LENGTH,
    NAMESPACE_NAME_LENGTH,
    check_given,
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
    purge_tags: bool = True
    recreate: bool = False


@dataclass(frozen=True)
class NamespaceState:
    """What is there for one collaboration; C(membership_id) is empty while an invitation is not accepted yet.

    C(tags) and C(allow_use_as_dimension_column) are those of the association of the wanted ID namespace, where the
    options need them. C(refusal) says why the members are not known, and then nothing may be shared. C(unknown) are
    the members of its ID mapping configuration that an update would drop.
    """

    own_account: str
    membership_id: str = ""
    members: list[Data] = field(default_factory=list)
    associations: list[Data] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    allow_use_as_dimension_column: bool | None = None
    refusal: str = ""
    unknown: tuple[str, ...] = ()


def check_options(params: Mapping[str, Any], name_option: str = "name") -> NamespaceOptions:
    """Return the module's options; raise C(CleanRoomsError) for a value that cannot be right."""
    check_given(params, name_option)
    check_text(name_option, params[name_option], NAMESPACE_NAME_LENGTH, is_name=True)
    check_text("description", params["description"], DESCRIPTION_LENGTH)
    check_tags("tags", params["tags"])
    if params.get("state") != "absent":
        check_given(params, "id_namespace_arn")
    if params["id_namespace_arn"] is not None:
        check_id_namespace_arn("id_namespace_arn", params["id_namespace_arn"])
    return options_from(NamespaceOptions, {**params, "name": params[name_option]})


def arn_of(association: Data) -> str:
    """Return the ARN of the ID namespace of an association."""
    return str(association["inputReferenceConfig"]["inputReferenceArn"])


def describe_namespace(association: Data) -> Data:
    """Return an ID namespace association in the shape of results."""
    item = {
        "name": association["name"],
        "id": association["id"],
        "arn": association["arn"],
        "id_namespace_arn": arn_of(association),
        "manage_resource_policies": association["inputReferenceConfig"]["manageResourcePolicies"],
    }
    if association.get("description"):
        item["description"] = association["description"]
    return item


def plan_namespace(record: Record, options: NamespaceOptions, state: NamespaceState) -> Plan:
    """Return the plan for the ID namespace association of one collaboration."""
    plan = Plan(record)
    named = next((one for one in state.associations if one["name"] == options.name), None)
    if options.state == "absent":
        _plan_removal(plan, options, state, named)
        return plan
    refusal = state.refusal or members_refusal(record, state.members, state.own_account)
    if refusal:
        plan.decide("refuse", NAMESPACE_ASSOCIATION, record.label, refusal)
        return plan
    association = next((one for one in state.associations if arn_of(one) == options.id_namespace_arn), None)
    before: list[Action] = []
    if named and named is not association:
        if not options.recreate:
            reason = f"the name is held by the association of another ID namespace, {arn_of(named)}"
            plan.decide("refuse", NAMESPACE_ASSOCIATION, options.name, f"{reason}; recreate: true mends that")
            return plan
        before.append(_deletion(state, named, "holds the name of another ID namespace"))
    if association:
        _compare(plan, options, state, association, before)
    else:
        item, create = _creation(options, state)
        plan.flows.append(Flow([*before, create], "repaired" if before else "associated", item))
    return plan


def _compare(
    plan: Plan, options: NamespaceOptions, state: NamespaceState, association: Data, actions: list[Action]
) -> None:
    item = describe_namespace(association)
    if state.unknown:
        why = not_supported(f"idMappingConfig with {printable(', '.join(state.unknown))}")
        plan.decide("refuse", NAMESPACE_ASSOCIATION, association["name"], f"{why}; nothing is changed there")
        plan.items.append(item)
        return
    if item["manage_resource_policies"] != options.manage_resource_policies:
        reason = f"manage_resource_policies is {item['manage_resource_policies']}, and AWS cannot change it"
        plan.decide("skip", NAMESPACE_ASSOCIATION, association["name"], reason)
    current: Data = {"name": association["name"], "description": association.get("description", "")}
    wanted: Data = {"name": options.name}
    if options.description is not None:
        wanted["description"] = options.description
    if options.allow_use_as_dimension_column is not None:
        current["allow_use_as_dimension_column"] = state.allow_use_as_dimension_column
        wanted["allow_use_as_dimension_column"] = options.allow_use_as_dimension_column
    changes = {key: value for key, value in wanted.items() if current[key] != value}
    if changes:
        request = _address(state, association)
        request.update({key: value for key, value in changes.items() if key in ("name", "description")})
        if "allow_use_as_dimension_column" in changes:
            request["idMappingConfig"] = {"allowUseAsDimensionColumn": options.allow_use_as_dimension_column}
        old = {key: current[key] for key in wanted}
        reason = difference(old, wanted)
        actions.append(Action("update", NAMESPACE_ASSOCIATION, association["name"], reason, request, old, wanted))
    item.update(wanted)
    if options.tags is not None:
        tagging, item["tags"] = plan_tags(association, state.tags, options.tags, options.purge_tags)
        actions += tagging
    item = without_empty(item)
    if actions:
        plan.flows.append(Flow(actions, "repaired", item))
    else:
        plan.items.append(item)


def _creation(options: NamespaceOptions, state: NamespaceState) -> tuple[Data, Action]:
    reference = {
        "inputReferenceArn": options.id_namespace_arn,
        "manageResourcePolicies": options.manage_resource_policies,
    }
    request: Data = {
        "membershipIdentifier": state.membership_id,
        "name": options.name,
        "inputReferenceConfig": reference,
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
    reason = "not associated yet"
    return item, Action("create", NAMESPACE_ASSOCIATION, options.name, reason, request, after=dict(item))


def _plan_removal(plan: Plan, options: NamespaceOptions, state: NamespaceState, named: Data | None) -> None:
    if named is None:
        return
    if options.id_namespace_arn and arn_of(named) != options.id_namespace_arn:
        reason = f"it is the association of another ID namespace, {arn_of(named)}"
        plan.decide("skip", NAMESPACE_ASSOCIATION, options.name, reason)
        return
    plan.flows.append(Flow([_deletion(state, named, "state is absent")], "removed"))


def _deletion(state: NamespaceState, association: Data, reason: str) -> Action:
    before = {"id_namespace_arn": arn_of(association)}
    request = _address(state, association)
    return Action("delete", NAMESPACE_ASSOCIATION, association["name"], reason, request, before=before)


def _address(state: NamespaceState, association: Data) -> Data:
    return {"membershipIdentifier": state.membership_id, "idNamespaceAssociationIdentifier": association["id"]}
