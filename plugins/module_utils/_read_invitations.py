# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what is judged of an invitation, or of a membership that is named again, and plans it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from . import _api as api
from ._acceptance import InvitationOptions, Offer, limits_of, may_accept
from ._errors import CleanRoomsError
from ._invitations import (
    NEITHER,
    add_review,
    membership_facts,
    plan_acceptance,
    plan_membership,
    written_members,
    written_review,
)
from ._memberships import MembershipOptions, plan_settings, status_of
from ._plan import Plan
from ._read import Account, find_membership, joined_record, plan_over
from ._record import Record

Data = dict[str, Any]


@dataclass(frozen=True)
class AcceptancePlanner:
    """Holds what the plans of one run share; C(caller) is the ARN of who reviews."""

    client: Any
    account: Account
    options: InvitationOptions
    settings: MembershipOptions
    caller: str = ""

    def plan_invitation(self, invitation: Data) -> Plan:
        """Return the plan for a pending invitation. Only of one that may be accepted the rest is read."""
        offer = Offer(invitation, self.account.account_id)
        if may_accept(self.options, invitation):
            offer = self._read(offer)
        plan = plan_acceptance(self.options, self.settings, offer)
        if plan.flows:
            add_review(plan, offer, limits_of(self.options), self.caller)
        return plan

    def plan_joined(self, record: Record, membership: Data) -> Plan:
        """Return the plan for a collaboration that was accepted before: its settings and tags."""
        status_of(membership)
        members = api.list_members(self.client, record.collaboration_id, self.account.account_id)
        plan = plan_membership(self.options, record, membership, members, self.account.account_id)
        if not plan.decisions:
            self._keep_settings(plan, membership)
            collaboration = api.get_collaboration(self.client, record.collaboration_id)
            offer = Offer({}, self.account.account_id, members, collaboration)
            add_review(plan, offer, limits_of(self.options), self.caller)
        return plan

    def plan_record(self, record: Record) -> Plan:
        """Return the plan for a record of the option C(collaborations): accept it, or keep its settings and tags."""
        if record.status != "active":
            return plan_over(record, record.status, f"the record's status is {record.status}")
        membership = find_membership(self.client, self.account, record)
        status = status_of(membership) if membership else ""
        if membership and status == "active":
            record = joined_record(record, membership)
            plan = Plan(record, facts={**membership_facts(membership), **written_members(record)})
            plan.facts.update(written_review(record))
            self._keep_settings(plan, membership)
            return plan
        identity = membership["collaborationId"] if membership else record.collaboration_id
        invitation = next((one for one in self.account.invitations if one["id"] == identity), None)
        if invitation is None and membership:
            record = joined_record(record, membership)
            return plan_over(record, status, f"the membership's status is {membership['status']}")
        if invitation is None:
            self.account.check_identified()
            raise CleanRoomsError(NEITHER)
        record = replace(record, name=record.name or invitation["name"], collaboration_id=identity, membership_id="")
        offer = self._read(Offer(invitation, self.account.account_id, record=record))
        plan = plan_acceptance(self.options, self.settings, offer)
        if plan.flows:
            plan.flows[0].facts.update(written_review(record))
        return plan

    def _read(self, offer: Offer) -> Offer:
        identity = offer.invitation["id"]
        members = api.list_members(self.client, identity, offer.own_account)
        return replace(offer, members=members, collaboration=api.get_collaboration(self.client, identity))

    def _keep_settings(self, plan: Plan, membership: Data) -> None:
        if self.settings.settings:
            membership = api.get_membership(self.client, plan.record.membership_id)
        tags = {} if self.settings.tags is None else api.list_tags(self.client, membership["arn"])
        plan_settings(plan, self.settings, membership, tags)
