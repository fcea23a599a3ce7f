# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Invitations: which are looked at, and what accepting one sends. Pure: nothing here talks to AWS.

Collaborations and members are dictionaries as ListCollaborations and ListMembers answer them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any

from ._acceptance import (
    InvitationOptions,
    Limits,
    Offer,
    collaboration_settings,
    creator_of,
    members_not_allowed,
    payments_of,
    refusal,
)
from ._errors import CleanRoomsError
from ._memberships import OVER_ON_AWS, MembershipOptions
from ._plan import MEMBERSHIP, Action, Flow, Plan
from ._record import Record, parse_records, without_none
from ._trust import recorded_members, review_of, unknown_refusal
from ._validate import check_account_ids, check_no_duplicates, check_uuids, options_from

Data = dict[str, Any]
UNNAMED = "an invitation that cannot be read"
NEITHER = "this account has neither an invitation nor a membership there in this Region"
ACCOUNT_OPTIONS = ("trusted_creators", "allowed_members", "allowed_receivers")


def check_options(params: Mapping[str, Any]) -> InvitationOptions:
    """Return the module's options; raise C(CleanRoomsError) for a value that cannot be right."""
    check_uuids("collaboration_ids", params["collaboration_ids"])
    for option in ("collaboration_ids", *ACCOUNT_OPTIONS):
        check_no_duplicates(option, params[option] or ())
    for option in ACCOUNT_OPTIONS:
        check_account_ids(option, params[option] or ())
    options = options_from(InvitationOptions, params)
    if params["collaborations"] is None:
        return options
    for option in ("collaboration_ids", *ACCOUNT_OPTIONS):
        if params[option] not in (None, []):
            raise CleanRoomsError(f"{option}: cannot be used with collaborations, whose members say who may be there")
    return replace(options, records=tuple(parse_records(without_none(params["collaborations"]))))


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
            raise CleanRoomsError(f"collaboration_ids: {collaboration_id!r}: {NEITHER}")
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


def record_of_invitation(invitation: Data) -> Record:
    """Return a record for an invitation."""
    return Record(name=invitation["name"], collaboration_id=invitation["id"])


def plan_acceptance(options: InvitationOptions, settings: MembershipOptions, offer: Offer) -> Plan:
    """Return the plan for one pending invitation: accept it, or refuse it with the reason."""
    invitation, record = offer.invitation, offer.record
    plan = Plan(record or record_of_invitation(invitation), facts=invitation_facts(offer))
    plan.facts["status"] = "invited"
    why_not = refusal(options, offer)
    if why_not or offer.own is None:
        plan.decide("refuse", MEMBERSHIP, plan.record.label, why_not)
        return plan
    request: Data = {"collaborationIdentifier": invitation["id"], "queryLogStatus": "DISABLED", **settings.settings}
    if settings.tags:
        request["tags"] = settings.tags
    if payments_of(offer.own):
        request["paymentConfiguration"] = offer.own["paymentConfiguration"]
    after = {
        "creator": creator_of(invitation),
        "members": recorded_members(offer.members, offer.own_account),
        **collaboration_difference(offer.collaboration),
        **{key: value for key, value in request.items() if key != "collaborationIdentifier"},
    }
    reason = "named by its id" if invitation["id"] in options.collaboration_ids else "the creator is trusted"
    reason = "as its record allows" if record else reason
    action = Action("create", MEMBERSHIP, plan.record.name, reason, request, after=after)
    plan.flows.append(Flow([action], "accepted", facts={"status": "active"}))
    return plan


def plan_membership(
    options: InvitationOptions, record: Record, membership: Data, members: list[Data], own_account: str
) -> Plan:
    """Return the plan for a collaboration that was accepted before, without its settings yet.

    Members that would have kept it from being accepted are refused here too, so that nobody pins them.
    """
    plan = Plan(record, facts=membership_facts(membership))
    why_not = unknown_refusal(members) or members_not_allowed(options, members, own_account)
    if why_not:
        plan.decide("refuse", MEMBERSHIP, record.label, f"{why_not}; the collaboration is joined already")
    else:
        plan.facts["members"] = recorded_members(members, own_account)
    return plan


def membership_facts(membership: Data) -> Data:
    """Return what results say of the creator of a collaboration that was accepted before."""
    return {
        "creator_account_id": membership["collaborationCreatorAccountId"],
        "creator_display_name": membership["collaborationCreatorDisplayName"],
    }


def invitation_facts(offer: Offer) -> Data:
    """Return what results say of a collaboration's creator and members."""
    facts: Data = {
        "creator_account_id": offer.invitation["creatorAccountId"],
        "creator_display_name": offer.invitation["creatorDisplayName"],
    }
    if offer.record is not None:
        return {**facts, **written_members(offer.record)}
    # Of an ability that is not known nothing is recorded: no record with it could be read.
    if offer.members and not unknown_refusal(offer.members):
        facts["members"] = recorded_members(offer.members, offer.own_account)
    return facts


def written_members(record: Record) -> Data:
    """Return the members that a person wrote into a record, and no others, whoever is there now."""
    if record.members is None:
        return {}
    return {"members": [{**asdict(one), "abilities": list(one.abilities)} for one in record.members]}


def written_review(record: Record) -> Data:
    """Return the review of a record, whatever is there now."""
    if record.reviewed is None:
        return {}
    review = asdict(record.reviewed)
    return {"reviewed": {key: list(value) if isinstance(value, tuple) else value for key, value in review.items()}}


def collaboration_difference(collaboration: Data) -> Data:
    """Return what the diff of an acceptance shows of the collaboration's settings."""
    settings = collaboration_settings(collaboration)
    return {"collaboration": settings} if settings else {}


def add_review(plan: Plan, offer: Offer, limits: Limits, caller: str) -> None:
    """Add to the results of a collaboration that is, or would be, accepted what a record keeps of the review.

    Of what is there, only what the task's options allow counts as reviewed.
    """
    abilities, payments, changes = limits.allowed(offer.own or {"abilities": []}, offer.collaboration)
    own, settled = {"abilities": abilities, "payments": payments}, {"autoApprovedChangeTypes": changes}
    review = review_of(plan.facts["members"], own, settled, caller)
    (plan.flows[0] if plan.facts.get("status") == "invited" else plan).facts["reviewed"] = review
