# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memberships: accepting an invitation is creating one, leaving is deleting it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .errors import access_denied, conflict, invalid_configuration, not_found, quota_exceeded
from .registry import Answer, Context, Parameters, check_role, operation, own_membership, page, present
from .store import ACTIVE, INVITED, LEFT, Collaboration, Member, Membership

OPTIONS = ("jobLogStatus", "defaultResultConfiguration", "defaultJobResultConfiguration", "isMetricsEnabled")
RESULT_OPTIONS = ("defaultResultConfiguration", "defaultJobResultConfiguration")


def describe(context: Context, membership: Membership) -> Answer:
    collaboration = context.store.collaborations[membership.collaboration_id]
    return {
        **summarise(context, membership),
        **membership.options,
        "queryLogStatus": membership.query_log_status,
        "collaborationName": collaboration.name,
    }


def summarise(context: Context, membership: Membership) -> Answer:
    collaboration = context.store.collaborations[membership.collaboration_id]
    member = collaboration.members[membership.account_id]
    return present(
        id=membership.id,
        arn=context.arn(f"membership/{membership.id}"),
        collaborationArn=context.arn(f"collaboration/{collaboration.id}", collaboration.account_id),
        collaborationId=collaboration.id,
        collaborationCreatorAccountId=collaboration.account_id,
        collaborationCreatorDisplayName=collaboration.creator_display_name,
        collaborationName=collaboration.name,
        createTime=membership.create_time,
        updateTime=membership.update_time,
        status=membership.status,
        memberAbilities=member.abilities,
        mlMemberAbilities=member.ml_abilities,
        paymentConfiguration=membership.payment,
    )


def duties(payment: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, bool]]:
    """Every (component, is responsible) of a payment configuration, the nested ones with a dotted name."""
    for name, value in payment.items():
        if "isResponsible" in value:
            yield prefix + name, value["isResponsible"]
        else:
            yield from duties(value, f"{prefix}{name}.")


def check_payment(member: Member, accepted: dict[str, Any]) -> None:
    """What the member accepts to pay is exactly what the creator made it responsible for."""
    expected = dict(duties(member.payment))
    for component, value in duties(accepted):
        if value != expected.get(component, False):
            duty = "is" if expected.get(component) else "is not"
            raise invalid_configuration(
                f"paymentConfiguration.{component}.isResponsible is {str(value).lower()}, but {member.account_id} "
                f"{duty} responsible to pay for {component} in this collaboration."
            )


def accept_payment(member: Member, accepted: dict[str, Any]) -> dict[str, Any]:
    """The payment configuration of a new membership. Only who runs queries need not mention its duties."""
    check_payment(member, accepted)
    expected = dict(duties(member.payment))
    missing = [name for name in expected if expected[name] and name not in dict(duties(accepted))]
    if missing and "CAN_QUERY" not in member.abilities:
        raise invalid_configuration(
            f"{member.account_id} is configured to pay for {missing[0]}: "
            f"paymentConfiguration.{missing[0]}.isResponsible must be true."
        )
    return {"queryCompute": {"isResponsible": expected["queryCompute"]}, **accepted}


def check_options(context: Context, collaboration: Collaboration, member: Member, parameters: Parameters) -> None:
    for name in RESULT_OPTIONS:
        if name in parameters:
            if "CAN_RECEIVE_RESULTS" not in member.abilities:
                raise invalid_configuration(f"{name} is for members with CAN_RECEIVE_RESULTS.")
            if "roleArn" in parameters[name]:
                check_role(context, parameters[name]["roleArn"])
    if parameters.get("isMetricsEnabled"):
        runner_or_payer = "CAN_QUERY" in member.abilities or any(value for _name, value in duties(member.payment))
        if not (collaboration.options.get("isMetricsEnabled") and runner_or_payer):
            raise invalid_configuration(
                "isMetricsEnabled needs a collaboration with metrics and a member who runs queries or pays."
            )


def invited_member(context: Context, collaboration_id: str) -> tuple[Collaboration, Member]:
    """The collaboration and the caller's open invitation to it."""
    collaboration = context.store.collaborations.get(collaboration_id)
    if collaboration is None or collaboration.region != context.region or collaboration.deleted:
        raise not_found("COLLABORATION", collaboration_id)
    member = collaboration.members.get(context.account_id)
    if member is None:
        raise access_denied(f"{context.account_id} is not invited to {collaboration_id}.")
    if member.status == ACTIVE:
        raise conflict(
            "ALREADY_EXISTS", f"{context.account_id} is already a member.", "MEMBERSHIP", member.membership_id
        )
    if member.status != INVITED:
        raise access_denied(f"{context.account_id} has left or was removed from {collaboration_id} for good.")
    return collaboration, member


@operation("CreateMembership")
def create_membership(context: Context, parameters: Parameters) -> Answer:
    collaboration, member = invited_member(context, parameters["collaborationIdentifier"])
    payment = accept_payment(member, parameters.get("paymentConfiguration", {}))
    check_options(context, collaboration, member, parameters)
    quota = context.settings.memberships_per_account
    if sum(membership.status == ACTIVE for membership in memberships_of(context)) >= quota:
        raise quota_exceeded("Memberships per account", quota)
    membership = context.store.add_membership(
        collaboration,
        context.account_id,
        context.now,
        query_log_status=parameters["queryLogStatus"],
        payment=payment,
        options={name: parameters[name] for name in OPTIONS if name in parameters},
        tags=dict(parameters.get("tags", {})),
    )
    return {"membership": describe(context, membership)}


def memberships_of(context: Context) -> list[Membership]:
    return [
        membership
        for membership in context.store.memberships.values()
        if (membership.account_id, membership.region) == (context.account_id, context.region)
    ]


@operation("GetMembership")
def get_membership(context: Context, parameters: Parameters) -> Answer:
    return {"membership": describe(context, own_membership(context, parameters["membershipIdentifier"]))}


@operation("ListMemberships")
def list_memberships(context: Context, parameters: Parameters) -> Answer:
    wanted = parameters.get("status")
    matching = [membership for membership in memberships_of(context) if wanted in (None, membership.status)]
    found, token = page(context, parameters, matching)
    return present(membershipSummaries=[summarise(context, membership) for membership in found], nextToken=token)


@operation("UpdateMembership")
def update_membership(context: Context, parameters: Parameters) -> Answer:
    membership = own_membership(context, parameters["membershipIdentifier"])
    if membership.status != ACTIVE:
        raise conflict("INVALID_STATE", f"The membership is {membership.status}.", "MEMBERSHIP", membership.id)
    collaboration = context.store.collaborations[membership.collaboration_id]
    member = collaboration.members[membership.account_id]
    payment = parameters.get("membershipPaymentConfiguration", {})
    check_payment(member, payment)
    check_options(context, collaboration, member, parameters)
    membership.payment = {**membership.payment, **payment}
    membership.options.update({name: parameters[name] for name in OPTIONS if name in parameters})
    membership.query_log_status = parameters.get("queryLogStatus", membership.query_log_status)
    membership.update_time = context.now
    return {"membership": describe(context, membership)}


@operation("DeleteMembership")
def delete_membership(context: Context, parameters: Parameters) -> Answer:
    membership = own_membership(context, parameters["membershipIdentifier"])
    collaboration = context.store.collaborations[membership.collaboration_id]
    if collaboration.account_id == context.account_id and not collaboration.deleted:
        message = "The creator of a collaboration leaves it by deleting the collaboration."
        raise conflict("INVALID_STATE", message, "COLLABORATION", collaboration.id)
    if membership.associations or membership.namespaces:
        raise conflict(
            "SUBRESOURCES_EXIST",
            f"The membership still has {len(membership.associations)} configured table associations and "
            f"{len(membership.namespaces)} ID namespace associations.",
            "MEMBERSHIP",
            membership.id,
        )
    del context.store.memberships[membership.id]
    member = collaboration.members[membership.account_id]
    member.membership_id, member.update_time = None, context.now
    if member.status == ACTIVE:
        member.status = LEFT
    return {}
