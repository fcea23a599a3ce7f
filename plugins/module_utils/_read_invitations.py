# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what is judged of an invitation, or of a membership that is named again, and plans it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import _api as api
from ._invitations import InvitationOptions, add_review, may_accept, plan_acceptance, plan_membership
from ._memberships import MembershipOptions, plan_settings, status_of
from ._plan import Plan
from ._read import Account
from ._record import Record

Data = dict[str, Any]


@dataclass(frozen=True)
class AcceptancePlanner:
    """Holds what the plans of one run share; C(caller) is the ARN of who reviews."""

    client: Any
    account: Account
    options: InvitationOptions
    settings: MembershipOptions
    caller: str

    def plan_invitation(self, invitation: Data) -> Plan:
        """Return the plan for a pending invitation. Only of one that may be accepted the members are read."""
        own_account = self.account.account_id
        members = []
        if may_accept(self.options, invitation):
            members = api.list_members(self.client, invitation["id"], own_account)
        plan = plan_acceptance(self.options, self.settings, invitation, members, own_account)
        if plan.flows:
            self._review(plan, members)
        return plan

    def plan_joined(self, record: Record, membership: Data) -> Plan:
        """Return the plan for a collaboration that was accepted before: its settings and tags."""
        status_of(membership)
        members = api.list_members(self.client, record.collaboration_id, self.account.account_id)
        plan = plan_membership(self.options, record, membership, members, self.account.account_id)
        if plan.decisions:
            return plan
        if self.settings.settings:
            membership = api.get_membership(self.client, record.membership_id)
        tags = {} if self.settings.tags is None else api.list_tags(self.client, membership["arn"])
        plan_settings(plan, self.settings, membership, tags)
        self._review(plan, members)
        return plan

    def _review(self, plan: Plan, members: list[Data]) -> None:
        collaboration = api.get_collaboration(self.client, plan.record.collaboration_id)
        add_review(plan, members, self.account.account_id, collaboration, self.caller)
