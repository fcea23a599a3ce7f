# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether an invitation may be accepted, and why not. Pure: nothing here talks to AWS.

Invitations, collaborations and members are dictionaries as ListCollaborations, GetCollaboration and ListMembers answer
them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict

from ._errors import printable
from ._record import Record
from ._trust import PRESENT, abilities_of, describe_member, not_supported, unknown_refusal
from ._validate import AUTO_APPROVED_CHANGES

Data = dict[str, Any]
RECEIVING = ("CAN_RECEIVE_RESULTS", "CAN_RECEIVE_MODEL_OUTPUT", "CAN_RECEIVE_INFERENCE_OUTPUT")
# How the types of changes begin that only take something away, also those that this version does not know.
TAKING_AWAY = "REVOKE_"
PAYMENTS = (
    "queryCompute",
    "jobCompute",
    "machineLearning.modelTraining",
    "machineLearning.modelInference",
    "machineLearning.syntheticDataGeneration",
)
# How the creator set a collaboration up: AWS's names and those in results.
SETTINGS = {
    "autoApprovedChangeTypes": "auto_approved_changes",
    "dataEncryptionMetadata": "data_encryption_metadata",
    "allowedResultRegions": "allowed_result_regions",
    "analyticsEngine": "analytics_engine",
    "isMetricsEnabled": "metrics_enabled",
    "jobLogStatus": "job_log_status",
}


@dataclass(frozen=True)
class InvitationOptions:
    """The options of C(cleanrooms_invitation) that say what may be accepted.

    C(records) are those of the option C(collaborations), C(None) where it is not given.
    """

    collaboration_ids: tuple[str, ...] = ()
    trusted_creators: tuple[str, ...] = ()
    allowed_members: tuple[str, ...] | None = None
    allowed_receivers: tuple[str, ...] = ()
    accept_abilities: tuple[str, ...] = ()
    accept_payment: bool = False
    accept_auto_approved_changes: tuple[str, ...] = ()
    records: tuple[Record, ...] | None = None


@dataclass(frozen=True)
class Offer:
    """An invitation and what was read of it; C(record) is the one that a person wrote for it, if there is one."""

    invitation: Data
    own_account: str
    members: list[Data] = field(default_factory=list)
    collaboration: Data = field(default_factory=dict)
    record: Record | None = None

    @property
    def own(self) -> Data | None:
        """Return this account among the present members."""
        present = (one for one in self.members if one["status"] in PRESENT)
        return next((one for one in present if one["accountId"] == self.own_account), None)


@dataclass(frozen=True)
class Limits:
    """What may be asked of this account, and what may change without asking it; C(says) is what says so of each."""

    abilities: tuple[str, ...]
    payments: tuple[str, ...]
    changes: tuple[str, ...]
    says: tuple[str, str, str]

    def refusal(self, own: Data, collaboration: Data) -> str:
        """Return what is beyond the limits, or an empty string."""
        abilities, payments, changes = asked_of(own, collaboration)
        if unwanted := [one for one in abilities if one not in self.abilities]:
            return f"it gives this account {', '.join(unwanted)}, {self.says[0]}"
        if unknown := [one for one in payments if one not in PAYMENTS]:
            return f"it makes this account pay: {not_supported('payment of ' + printable(unknown[0]))}"
        if unwanted := [one for one in payments if one not in self.payments]:
            return f"it makes this account pay for {', '.join(unwanted)}, {self.says[1]}"
        wider = [one for one in changes if not one.startswith(TAKING_AWAY)]
        if unknown := [one for one in wider if one not in AUTO_APPROVED_CHANGES]:
            return f"it may change without asking: {not_supported('auto-approved ' + printable(unknown[0]))}"
        if unwanted := [one for one in wider if one not in self.changes]:
            return f"it may change without asking by {', '.join(unwanted)}, {self.says[2]}"
        return ""

    def allowed(self, own: Data, collaboration: Data) -> tuple[list[str], list[str], list[str]]:
        """Return what is within the limits of C(asked_of)."""
        abilities, payments, changes = asked_of(own, collaboration)
        return (
            [one for one in abilities if one in self.abilities],
            [one for one in payments if one in self.payments],
            [one for one in changes if one in self.changes or one.startswith(TAKING_AWAY)],
        )


def limits_of(options: InvitationOptions, record: Record | None = None) -> Limits:
    """Return the limits that the record's review says, or the task's options where there is none."""
    if record is None or record.reviewed is None:
        return Limits(
            options.accept_abilities,
            PAYMENTS if options.accept_payment else (),
            options.accept_auto_approved_changes,
            (
                "which accept_abilities does not allow",
                "and accept_payment is not set",
                "which accept_auto_approved_changes does not allow",
            ),
        )
    review, says = record.reviewed, "which reviewed.{} of the record does not hold"
    return Limits(
        review.own_abilities,
        review.own_payments,
        review.auto_approved_changes,
        (says.format("own_abilities"), says.format("own_payments"), says.format("auto_approved_changes")),
    )


def asked_of(own: Data, collaboration: Data) -> tuple[list[str], list[str], list[str]]:
    """Return our abilities and payments in a collaboration, and which changes it approves without asking."""
    return abilities_of(own), payments_of(own), collaboration.get("autoApprovedChangeTypes", [])


def may_accept(options: InvitationOptions, invitation: Data) -> bool:
    """Return whether an invitation is named by its id or comes from a trusted creator."""
    return invitation["id"] in options.collaboration_ids or invitation["creatorAccountId"] in options.trusted_creators


def refusal(options: InvitationOptions, offer: Offer) -> str:
    """Return why an invitation is left pending, or an empty string where it is accepted."""
    if offer.record is None and not may_accept(options, offer.invitation):
        creator = creator_of(offer.invitation)
        return f"the creator {creator} is not among trusted_creators, and the collaboration is not named by its id"
    unknown = unknown_refusal(offer.members)
    if unknown:
        return unknown
    if offer.own is None:
        return f"this account, {offer.own_account}, is not among the members AWS lists"
    if offer.record is None:
        others = members_not_allowed(options, offer.members, offer.own_account)
    else:
        others = beyond_record(offer.record, offer)
    return others or limits_of(options, offer.record).refusal(offer.own, offer.collaboration)


def creator_of(invitation: Data) -> str:
    """Return the account id of a creator with its display name, which it chose."""
    return f"{invitation['creatorAccountId']} ({invitation['creatorDisplayName']})"


def members_not_allowed(options: InvitationOptions, members: Iterable[Data], own_account: str) -> str:
    """Return which present members C(allowed_members) or C(allowed_receivers) does not hold, or an empty string."""
    trusted = {*options.trusted_creators, own_account}
    others = [one for one in members if one["status"] in PRESENT and one["accountId"] not in trusted]
    if options.allowed_members is not None:
        strangers = [describe_member(one) for one in others if one["accountId"] not in options.allowed_members]
        if strangers:
            return f"allowed_members does not hold {', '.join(strangers)}"
    able = [(one, [ability for ability in abilities_of(one) if ability in RECEIVING]) for one in others]
    receivers = [_with(*one) for one in able if one[1] and one[0]["accountId"] not in options.allowed_receivers]
    return f"allowed_receivers does not hold {', '.join(receivers)}" if receivers else ""


def beyond_record(record: Record, offer: Offer) -> str:
    """Return which present members, or abilities of theirs, a record does not hold, or an empty string."""
    others = [one for one in offer.members if one["status"] in PRESENT and one["accountId"] != offer.own_account]
    if record.members is None:
        present = ", ".join(_with(one, abilities_of(one)) for one in others) or "nobody else"
        return (
            "the record has no members, so that nobody was reviewed; look at those who are there, and write them into"
            f" the record (present: {present})"
        )
    if offer.invitation["creatorAccountId"] not in (*record.accounts, offer.own_account):
        return f"the creator {creator_of(offer.invitation)} is not among the members of the record"
    known = {one.account_id: one.abilities for one in record.members}
    beyond = []
    for one in others:
        more = [ability for ability in abilities_of(one) if ability not in known.get(one["accountId"], ())]
        if more or one["accountId"] not in known:
            beyond.append(_with(one, more))
    if not beyond:
        return ""
    return (
        f"the members of the record do not hold {', '.join(beyond)}; look at them, and write into the record who may be"
        " there and do that"
    )


def _with(member: Data, abilities: Iterable[str]) -> str:
    listed = ", ".join(abilities)
    return describe_member(member) + (f" with {listed}" if listed else "")


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


def member_of(facts: Data) -> Data:
    """Return a member of whom results say C(facts), as ListMembers answers it."""
    return {
        "accountId": facts["account_id"],
        "displayName": facts["display_name"],
        "status": facts["status"],
        "abilities": facts["abilities"],
        "paymentConfiguration": {name: {"isResponsible": True} for name in facts["pays_for"]},
    }


def collaboration_settings(collaboration: Data) -> Data:
    """Return what results show of how a collaboration was set up, as far as AWS says it."""
    settings: Data = {SETTINGS[key]: collaboration[key] for key in SETTINGS if key in collaboration}
    return {
        key: camel_dict_to_snake_dict(value) if isinstance(value, dict) else value for key, value in settings.items()
    }
