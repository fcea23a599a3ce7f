# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Invitations: which are accepted, and why the others are refused. Pure: nothing here talks to AWS.

Collaborations and members are dictionaries as ListCollaborations and ListMembers answer them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ._errors import CleanRoomsError, printable
from ._memberships import OVER_ON_AWS, MembershipOptions
from ._plan import MEMBERSHIP, Action, Flow, Plan
from ._record import Record
from ._trust import (
    PRESENT,
    abilities_of,
    describe_member,
    not_supported,
    recorded_members,
    review_of,
    unknown_refusal,
)
from ._validate import check_account_ids, check_no_duplicates, check_uuids, options_from

Data = dict[str, Any]
UNNAMED = "an invitation that cannot be read"
PAYMENTS = (
    "queryCompute",
    "jobCompute",
    "machineLearning.modelTraining",
    "machineLearning.modelInference",
    "machineLearning.syntheticDataGeneration",
)


@dataclass(frozen=True)
class InvitationOptions:
    """The options of C(cleanrooms_invitation) that say what may be accepted, and how."""

    collaboration_ids: tuple[str, ...] = ()
    trusted_creators: tuple[str, ...] = ()
    allowed_members: tuple[str, ...] | None = None
    accept_abilities: tuple[str, ...] = ()
    accept_payment: bool = False


def check_options(params: Mapping[str, Any]) -> InvitationOptions:
    """Return the module's options; raise C(CleanRoomsError) for a value that cannot be right."""
    check_uuids("collaboration_ids", params["collaboration_ids"])
    for option in ("collaboration_ids", "trusted_creators", "allowed_members"):
        check_no_duplicates(option, params[option] or ())
    for option in ("trusted_creators", "allowed_members"):
        check_account_ids(option, params[option] or ())
    return options_from(InvitationOptions, params)


def find_invitations(
    options: InvitationOptions,
    invitations: Iterable[Data],
    memberships: Iterable[Data],
    unreadable_invitations: Iterable[Data] = (),
    unreadable_memberships: Iterable[Data] = (),
) -> tuple[list[Record], dict[str, Data], dict[str, Data]]:
    """Return the records to work on, and the invitations and memberships that are not over by collaboration id.

    First those named by their ids, then, unless only such are asked for, all other pending invitations by age, and
    last those that cannot be read. Raises C(CleanRoomsError) for an id that is none of these.
    """
    unreadable_invitations = list(unreadable_invitations)
    pending = {one["id"]: one for one in sorted(invitations, key=lambda one: (str(one["createTime"]), one["id"]))}
    joined = {one["collaborationId"]: one for one in memberships if one["status"] not in OVER_ON_AWS}
    records = []
    for collaboration_id in options.collaboration_ids:
        if collaboration_id in joined:
            membership = joined[collaboration_id]
            records.append(Record(membership["collaborationName"], collaboration_id, membership["id"]))
        elif collaboration_id in pending:
            records.append(record_of_invitation(pending[collaboration_id]))
        elif unreadable_invitations or list(unreadable_memberships):
            records.append(Record(collaboration_id=collaboration_id))
        else:
            raise CleanRoomsError(
                f"collaboration_ids: {collaboration_id!r}: this account has neither an invitation nor a membership"
                " there in this Region"
            )
    if options.trusted_creators or not options.collaboration_ids:
        named = set(options.collaboration_ids)
        records += [record_of_invitation(one) for one in pending.values() if one["id"] not in named]
        known = {record.collaboration_id for record in records}
        # Of one that does not say which collaboration it is about, the name is all there is to call it.
        records += [
            Record(name=str(one.get("name") or UNNAMED), collaboration_id=one["collaborationId"])
            for one in unreadable_invitations
            if one["collaborationId"] not in known
        ]
    return records, pending, joined


def may_accept(options: InvitationOptions, invitation: Data) -> bool:
    """Return whether an invitation is named by its id or comes from a trusted creator."""
    return invitation["id"] in options.collaboration_ids or invitation["creatorAccountId"] in options.trusted_creators


def record_of_invitation(invitation: Data) -> Record:
    """Return a record for an invitation."""
    return Record(name=invitation["name"], collaboration_id=invitation["id"])


def refusal(options: InvitationOptions, invitation: Data, members: Iterable[Data], own_account: str) -> str:
    """Return why an invitation is left pending, or an empty string where it is accepted."""
    if not may_accept(options, invitation):
        return (
            f"the creator {invitation['creatorAccountId']} ({invitation['creatorDisplayName']}) is not among"
            " trusted_creators, and the collaboration is not named by its id"
        )
    members = list(members)
    unknown = unknown_refusal(members)
    if unknown:
        return unknown
    members = [member for member in members if member["status"] in PRESENT]
    own = next((member for member in members if member["accountId"] == own_account), None)
    if own is None:
        return f"this account, {own_account}, is not among the members AWS lists"
    not_allowed = members_not_allowed(options, members, own_account)
    if not_allowed:
        return not_allowed
    unwanted = [ability for ability in abilities_of(own) if ability not in options.accept_abilities]
    if unwanted:
        return f"it gives this account {', '.join(unwanted)}, which accept_abilities does not allow"
    duties = payments_of(own)
    unknown_duties = [duty for duty in duties if duty not in PAYMENTS]
    if unknown_duties:
        return f"it makes this account pay: {not_supported('payment of ' + printable(unknown_duties[0]))}"
    if duties and not options.accept_payment:
        return f"it makes this account pay for {', '.join(duties)}, and accept_payment is not set"
    return ""


def members_not_allowed(options: InvitationOptions, members: Iterable[Data], own_account: str) -> str:
    """Return which present members C(allowed_members) does not hold, or an empty string."""
    if options.allowed_members is None:
        return ""
    allowed = {*options.allowed_members, *options.trusted_creators, own_account}
    others = [one for one in members if one["status"] in PRESENT and one["accountId"] not in allowed]
    return f"allowed_members does not hold {', '.join(map(describe_member, others))}" if others else ""


def payments_of(member: Data) -> list[str]:
    """Return what a member pays for, in AWS's names, for example C(queryCompute)."""
    paid = []
    for name, part in member.get("paymentConfiguration", {}).items():
        if "isResponsible" in part:
            paid += [name] if part["isResponsible"] else []
        else:
            paid += [f"{name}.{inner}" for inner, config in part.items() if config["isResponsible"]]
    return paid


def member_facts(member: Data) -> Data:
    """Return what results say of a member."""
    return {
        "account_id": member["accountId"],
        "display_name": member["displayName"],
        "status": member["status"],
        "abilities": abilities_of(member),
        "pays_for": payments_of(member),
    }


def plan_acceptance(
    options: InvitationOptions,
    settings: MembershipOptions,
    invitation: Data,
    members: list[Data],
    own_account: str,
) -> Plan:
    """Return the plan for one pending invitation: accept it, or refuse it with the reason."""
    plan = Plan(record_of_invitation(invitation), facts=invitation_facts(invitation, members, own_account))
    plan.facts["status"] = "invited"
    why_not = refusal(options, invitation, members, own_account)
    if why_not:
        plan.decide("refuse", MEMBERSHIP, plan.record.label, why_not)
        return plan
    request: Data = {"collaborationIdentifier": invitation["id"], "queryLogStatus": "DISABLED", **settings.settings}
    if settings.tags:
        request["tags"] = settings.tags
    own = next(member for member in members if member["accountId"] == own_account)
    if payments_of(own):
        request["paymentConfiguration"] = own["paymentConfiguration"]
    after = {
        "creator": f"{invitation['creatorAccountId']} ({invitation['creatorDisplayName']})",
        "members": plan.facts["members"],
        **{key: value for key, value in request.items() if key != "collaborationIdentifier"},
    }
    reason = "named by its id" if invitation["id"] in options.collaboration_ids else "the creator is trusted"
    action = Action("create", MEMBERSHIP, invitation["name"], reason, request, after=after)
    plan.flows.append(Flow([action], "accepted", facts={"status": "active"}))
    return plan


def plan_membership(
    options: InvitationOptions, record: Record, membership: Data, members: list[Data], own_account: str
) -> Plan:
    """Return the plan for a collaboration that was accepted before, without its settings yet.

    Members that would have kept it from being accepted are refused here too, so that nobody pins them.
    """
    facts = {
        "creator_account_id": membership["collaborationCreatorAccountId"],
        "creator_display_name": membership["collaborationCreatorDisplayName"],
    }
    plan = Plan(record, facts=facts)
    why_not = unknown_refusal(members) or members_not_allowed(options, members, own_account)
    if why_not:
        plan.decide("refuse", MEMBERSHIP, record.label, f"{why_not}; the collaboration is joined already")
    else:
        plan.facts["members"] = recorded_members(members, own_account)
    return plan


def invitation_facts(invitation: Data, members: list[Data], own_account: str) -> Data:
    """Return what results say of a collaboration's creator and members."""
    facts: Data = {
        "creator_account_id": invitation["creatorAccountId"],
        "creator_display_name": invitation["creatorDisplayName"],
    }
    # Of an ability that is not known nothing is recorded: no record with it could be read.
    if members and not unknown_refusal(members):
        facts["members"] = recorded_members(members, own_account)
    return facts


def add_review(plan: Plan, members: Iterable[Data], own_account: str, collaboration: Data, caller: str) -> None:
    """Add to the results of a collaboration that is, or would be, accepted what a record keeps of the review."""
    own = next((member for member in members if member["accountId"] == own_account), None)
    known = {"abilities": abilities_of(own) if own else [], "payments": payments_of(own) if own else []}
    review = review_of(plan.facts["members"], known, collaboration, caller)
    (plan.flows[0] if plan.facts.get("status") == "invited" else plan).facts["reviewed"] = review
