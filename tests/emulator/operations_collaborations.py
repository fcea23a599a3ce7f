# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collaborations and their members."""

from __future__ import annotations

from typing import Any

from .errors import access_denied, conflict, invalid_configuration, not_found
from .registry import Answer, Context, Parameters, joined_collaboration, operation, page, present
from .store import ACTIVE, INVITED, Collaboration, Member

OPTIONS = (
    "dataEncryptionMetadata",
    "jobLogStatus",
    "analyticsEngine",
    "allowedResultRegions",
    "isMetricsEnabled",
)


def default_payment(*, is_responsible: bool) -> dict[str, Any]:
    return {"queryCompute": {"isResponsible": is_responsible}}


def settle_payer(collaboration: Collaboration) -> None:
    """The member who can query pays where the creator names nobody."""
    members = collaboration.members.values()
    if not any(member.payment["queryCompute"]["isResponsible"] for member in members):
        for member in members:
            if "CAN_QUERY" in member.abilities:
                member.payment["queryCompute"] = {"isResponsible": True}


def shown_status(context: Context, member: Member) -> str:
    """A membership made a moment ago may not show yet."""
    membership = context.store.memberships.get(member.membership_id or "")
    return INVITED if member.status == ACTIVE and membership and not context.is_listed(membership) else member.status


def describe(context: Context, collaboration: Collaboration, *, summary: bool = False) -> Answer:
    """AWS's Collaboration or, for lists, CollaborationSummary, as the caller sees it."""
    member = collaboration.members[context.account_id]
    status = shown_status(context, member) if summary else member.status
    membership_id = member.membership_id if status == ACTIVE else None
    described = present(
        id=collaboration.id,
        arn=context.arn(f"collaboration/{collaboration.id}", collaboration.account_id),
        name=collaboration.name,
        creatorAccountId=collaboration.account_id,
        creatorDisplayName=collaboration.creator_display_name,
        createTime=collaboration.create_time,
        updateTime=collaboration.update_time,
        memberStatus=status,
        membershipId=membership_id,
        membershipArn=context.arn(f"membership/{membership_id}") if membership_id else None,
        analyticsEngine=collaboration.options.get("analyticsEngine"),
    )
    if summary:
        return described
    return present(
        **{**collaboration.options, **described},
        description=collaboration.description,
        queryLogStatus=collaboration.query_log_status,
    )


def find_collaboration(context: Context, collaboration_id: str, *, owner: bool = False) -> Collaboration:
    """GetCollaboration and its like have no ResourceNotFoundException: unknown means no access."""
    collaboration = context.store.collaborations.get(collaboration_id)
    known = collaboration is not None and collaboration.region == context.region and not collaboration.deleted
    if collaboration is None or not known:
        raise access_denied(f"{context.account_id} may not call {context.operation} for {collaboration_id}.")
    member = collaboration.members.get(context.account_id)
    if member is None or member.status not in (INVITED, ACTIVE):
        raise access_denied(f"{context.account_id} may not call {context.operation} for {collaboration_id}.")
    if owner and collaboration.account_id != context.account_id:
        raise access_denied(f"Only the creator of {collaboration_id} may call {context.operation}.")
    return collaboration


@operation("ListCollaborations")
def list_collaborations(context: Context, parameters: Parameters) -> Answer:
    wanted = (parameters["memberStatus"],) if "memberStatus" in parameters else (INVITED, ACTIVE)
    visible = [
        collaboration
        for collaboration in context.store.collaborations.values()
        if collaboration.region == context.region
        and not collaboration.deleted
        and context.account_id in collaboration.members
        and shown_status(context, collaboration.members[context.account_id]) in wanted
    ]
    found, token = page(context, parameters, visible)
    summaries = [describe(context, collaboration, summary=True) for collaboration in found]
    return present(collaborationList=summaries, nextToken=token)


@operation("GetCollaboration")
def get_collaboration(context: Context, parameters: Parameters) -> Answer:
    collaboration = find_collaboration(context, parameters["collaborationIdentifier"])
    return {"collaboration": describe(context, collaboration)}


@operation("CreateCollaboration")
def create_collaboration(context: Context, parameters: Parameters) -> Answer:
    creator = {
        "accountId": context.account_id,
        "displayName": parameters["creatorDisplayName"],
        "memberAbilities": parameters["creatorMemberAbilities"],
        "mlMemberAbilities": parameters.get("creatorMLMemberAbilities"),
        "paymentConfiguration": parameters.get("creatorPaymentConfiguration"),
    }
    specifications = [creator, *parameters["members"]]
    accounts = [specification["accountId"] for specification in specifications]
    if len(set(accounts)) != len(accounts):
        raise invalid_configuration("Each account can be in a collaboration only once.")
    store = context.store
    options = {name: parameters[name] for name in OPTIONS if name in parameters}
    if "autoApprovedChangeRequestTypes" in parameters:
        options["autoApprovedChangeTypes"] = parameters["autoApprovedChangeRequestTypes"]
    collaboration = Collaboration(
        id=store.new_id("collaboration", context.region, context.account_id, parameters["name"]),
        account_id=context.account_id,
        region=context.region,
        name=parameters["name"],
        description=parameters.get("description"),
        creator_display_name=parameters["creatorDisplayName"],
        query_log_status=parameters["queryLogStatus"],
        options=options,
        tags=dict(parameters.get("tags", {})),
        sequence=store.next_sequence(),
        create_time=context.now,
        update_time=context.now,
    )
    for specification in specifications:
        collaboration.members[specification["accountId"]] = new_member(context, specification)
    settle_payer(collaboration)
    store.collaborations[collaboration.id] = collaboration
    return {"collaboration": describe(context, collaboration)}


def new_member(context: Context, specification: dict[str, Any]) -> Member:
    """A member from AWS's MemberSpecification."""
    return Member(
        account_id=specification["accountId"],
        display_name=specification["displayName"],
        abilities=specification["memberAbilities"],
        ml_abilities=specification.get("mlMemberAbilities"),
        payment=specification.get("paymentConfiguration") or default_payment(is_responsible=False),
        sequence=context.store.next_sequence(),
        create_time=context.now,
        update_time=context.now,
    )


@operation("UpdateCollaboration")
def update_collaboration(context: Context, parameters: Parameters) -> Answer:
    collaboration = find_collaboration(context, parameters["collaborationIdentifier"], owner=True)
    collaboration.name = parameters.get("name", collaboration.name)
    collaboration.description = parameters.get("description", collaboration.description)
    if "analyticsEngine" in parameters:
        collaboration.options["analyticsEngine"] = parameters["analyticsEngine"]
    collaboration.update_time = context.now
    return {"collaboration": describe(context, collaboration)}


@operation("DeleteCollaboration")
def delete_collaboration(context: Context, parameters: Parameters) -> Answer:
    collaboration = find_collaboration(context, parameters["collaborationIdentifier"], owner=True)
    context.store.delete_collaboration(collaboration, context.now)
    return {}


@operation("DeleteMember")
def delete_member(context: Context, parameters: Parameters) -> Answer:
    collaboration_id, account_id = parameters["collaborationIdentifier"], parameters["accountId"]
    collaboration = joined_collaboration(context, collaboration_id, (INVITED, ACTIVE))
    if collaboration.account_id != context.account_id:
        raise access_denied(f"Only the creator of {collaboration_id} may call {context.operation}.")
    if account_id == context.account_id:
        raise invalid_configuration("The creator of a collaboration cannot be removed from it.")
    if account_id not in collaboration.members:
        error = not_found("COLLABORATION", collaboration_id)
        error.message = f"{account_id} is no member of the collaboration {collaboration_id}."
        raise error
    if collaboration.members[account_id].status not in (INVITED, ACTIVE):
        raise conflict("INVALID_STATE", f"{account_id} is no longer a member.", "COLLABORATION", collaboration_id)
    context.store.remove_member(collaboration, account_id, context.now)
    return {}


@operation("ListMembers")
def list_members(context: Context, parameters: Parameters) -> Answer:
    collaboration = joined_collaboration(context, parameters["collaborationIdentifier"], (INVITED, ACTIVE))
    found, token = page(context, parameters, collaboration.members.values())
    return present(memberSummaries=[summarise_member(context, member) for member in found], nextToken=token)


def summarise_member(context: Context, member: Member) -> Answer:
    status = shown_status(context, member)
    membership_id = member.membership_id if status == ACTIVE else None
    return present(
        accountId=member.account_id,
        status=status,
        displayName=member.display_name,
        abilities=member.abilities,
        mlAbilities=member.ml_abilities,
        createTime=member.create_time,
        updateTime=member.update_time,
        membershipId=membership_id,
        membershipArn=context.arn(f"membership/{membership_id}", member.account_id) if membership_id else None,
        paymentConfiguration=member.payment,
    )
