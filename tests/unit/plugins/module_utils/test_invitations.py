# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._invitations import (
    InvitationOptions,
    check_options,
    find_invitations,
    may_accept,
    member_facts,
    other_members,
    payments_of,
    plan_acceptance,
    plan_membership,
    refusal,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._memberships import MembershipOptions
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import MEMBERSHIP, Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._trust import abilities_of
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    OTHER,
    OWN,
    PARTNER,
    STRANGER,
    Data,
    id_of,
    invitation,
    member,
    membership,
    record,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import check_plan

US = member(OWN, "INVITED", abilities=())
THEM = member(PARTNER)
TRUSTING = InvitationOptions(trusted_creators=(PARTNER,))
PAYS = {"queryCompute": {"isResponsible": True}}
LEAST: dict[str, Any] = {
    "collaboration_ids": [],
    "trusted_creators": [PARTNER],
    "allowed_members": None,
    "accept_abilities": [],
    "accept_payment": False,
}


class TestCheckOptions:
    def test_least(self) -> None:
        assert check_options(LEAST) == TRUSTING

    def test_allowed_members_may_be_nobody(self) -> None:
        assert check_options({**LEAST, "allowed_members": []}).allowed_members == ()

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"trusted_creators": []}, "collaboration_ids: is empty, and so is trusted_creators"),
            ({"collaboration_ids": ["AMC"]}, "collaboration_ids: 'AMC' is not an id"),
            ({"collaboration_ids": [id_of("a")] * 2}, "collaboration_ids: .* stands twice"),
            ({"trusted_creators": [PARTNER] * 2}, "trusted_creators: .* stands twice"),
            ({"trusted_creators": ["AMC"]}, "trusted_creators: 'AMC' is not an AWS account id"),
            ({"trusted_creators": ["*"]}, r"trusted_creators: '\*' is not an AWS account id"),
            ({"trusted_creators": [f"{PARTNER}\n"]}, "trusted_creators: .* is not an AWS account id"),
            ({"trusted_creators": ["\u0664" * 12]}, "trusted_creators: .* is not an AWS account id"),
            ({"allowed_members": [OTHER] * 2}, "allowed_members: .* stands twice"),
            ({"allowed_members": ["AMC"]}, "allowed_members: 'AMC' is not an AWS account id"),
        ],
    )
    def test_refused(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(CleanRoomsError, match=f"^{message}"):
            check_options({**LEAST, **changes})


class TestFindInvitations:
    A, B, C = invitation("A", day=3), invitation("B", day=1), invitation("C", STRANGER, day=2)

    def test_trusted_creators_look_at_all_by_age(self) -> None:
        records, pending, joined = find_invitations(TRUSTING, [self.A, self.B, self.C], [])
        assert [one.name for one in records] == ["B", "C", "A"]
        assert set(pending) == {self.A["id"], self.B["id"], self.C["id"]}
        assert joined == {}

    def test_ids_alone_look_at_nothing_else(self) -> None:
        options = InvitationOptions(collaboration_ids=(self.A["id"],))
        assert [one.name for one in find_invitations(options, [self.A, self.B], [])[0]] == ["A"]

    def test_ids_come_first_in_their_order_and_once(self) -> None:
        options = InvitationOptions(collaboration_ids=(self.A["id"], self.B["id"]), trusted_creators=(PARTNER,))
        records = find_invitations(options, [self.B, self.C, self.A], [])[0]
        assert [one.name for one in records] == ["A", "B", "C"]

    def test_accepted_before(self) -> None:
        there = membership("A")
        options = InvitationOptions(collaboration_ids=(there["collaborationId"],))
        ((found,), _pending, joined) = find_invitations(options, [], [there])
        assert (found.name, found.membership_id) == ("A", there["id"])
        assert joined == {there["collaborationId"]: there}

    def test_memberships_that_nobody_names_are_left_alone(self) -> None:
        assert find_invitations(TRUSTING, [], [membership("A")])[0] == []

    @pytest.mark.parametrize("status", ["REMOVED", "COLLABORATION_DELETED"])
    def test_a_membership_that_is_over_is_none(self, status: str) -> None:
        there = membership("A", status)
        options = InvitationOptions(collaboration_ids=(there["collaborationId"],))
        with pytest.raises(CleanRoomsError, match="neither an invitation nor a membership"):
            find_invitations(options, [], [there])

    def test_invited_again(self) -> None:
        options = InvitationOptions(collaboration_ids=(self.A["id"],))
        ((found,), _pending, _joined) = find_invitations(options, [self.A], [membership("A", "REMOVED")])
        assert found.membership_id == ""

    def test_unknown_id(self) -> None:
        options = InvitationOptions(collaboration_ids=(self.A["id"], id_of("x")))
        with pytest.raises(CleanRoomsError, match=rf"^collaboration_ids: '{id_of('x')}': this account has neither"):
            find_invitations(options, [self.A], [])

    def test_nothing_pending(self) -> None:
        assert find_invitations(TRUSTING, [], []) == ([], {}, {})


class TestRefusal:
    def why(self, options: InvitationOptions, *members: Data, creator: str = PARTNER) -> str:
        return refusal(options, invitation(creator=creator), [US, THEM, *members], OWN)

    def test_trusted(self) -> None:
        assert self.why(TRUSTING) == ""
        assert may_accept(TRUSTING, invitation())

    def test_named_by_id(self) -> None:
        options = InvitationOptions(collaboration_ids=(invitation()["id"],))
        assert self.why(options, creator=PARTNER) == ""
        assert self.why(options, creator=STRANGER) == ""

    def test_stranger(self) -> None:
        why = self.why(TRUSTING, creator=STRANGER)
        assert why.startswith(f"the creator {STRANGER} (Creator {STRANGER}) is not among trusted_creators")
        assert not may_accept(TRUSTING, invitation(creator=STRANGER))

    def test_stranger_who_calls_itself_the_partner(self) -> None:
        lying = {**invitation(creator=STRANGER), "creatorDisplayName": PARTNER, "name": invitation()["id"]}
        assert refusal(TRUSTING, lying, [US, THEM], OWN)

    def test_strangers_name_cannot_command_a_terminal(self) -> None:
        lying = {**invitation(creator=STRANGER), "creatorDisplayName": "\x1b[2J\n"}
        assert refusal(TRUSTING, lying, [], OWN).isprintable()

    @pytest.mark.parametrize("members", [[], [THEM], [member(OWN, "LEFT"), THEM], [member(OWN, "REMOVED"), THEM]])
    def test_we_are_no_member(self, members: list[Data]) -> None:
        why = refusal(TRUSTING, invitation(), members, OWN)
        assert why == f"this account, {OWN}, is not among the members AWS lists"

    def test_any_member_is_allowed_by_default(self) -> None:
        assert self.why(TRUSTING, member(STRANGER)) == ""

    @pytest.mark.parametrize("status", ["ACTIVE", "INVITED"])
    def test_member_who_is_not_allowed(self, status: str) -> None:
        options = InvitationOptions(trusted_creators=(PARTNER,), allowed_members=(OTHER,))
        assert self.why(options, member(OTHER)) == ""
        why = self.why(options, member(STRANGER, status), member(OTHER))
        assert why == f"allowed_members does not hold {STRANGER} (Member {STRANGER})"

    @pytest.mark.parametrize("status", ["LEFT", "REMOVED"])
    def test_member_who_is_gone_does_not_matter(self, status: str) -> None:
        options = InvitationOptions(trusted_creators=(PARTNER,), allowed_members=())
        assert self.why(options, member(STRANGER, status)) == ""

    def test_id_does_not_allow_its_creator_as_member(self) -> None:
        options = InvitationOptions(collaboration_ids=(invitation()["id"],), allowed_members=())
        assert self.why(options) == f"allowed_members does not hold {PARTNER} (Member {PARTNER})"

    @pytest.mark.parametrize("ability", ["CAN_QUERY", "CAN_RECEIVE_RESULTS", "CAN_EXPORT_QUERY_ANALYSIS_LOG"])
    def test_ability(self, ability: str) -> None:
        us = member(OWN, "INVITED", abilities=(ability,))
        why = refusal(TRUSTING, invitation(), [us, THEM], OWN)
        assert why == f"it gives this account {ability}, which accept_abilities does not allow"
        allowing = InvitationOptions(trusted_creators=(PARTNER,), accept_abilities=(ability,))
        assert refusal(allowing, invitation(), [us, THEM], OWN) == ""

    def test_one_ability_too_many(self) -> None:
        us = member(OWN, "INVITED", mlAbilities={"customMLMemberAbilities": ["CAN_RECEIVE_MODEL_OUTPUT"]})
        allowing = InvitationOptions(
            trusted_creators=(PARTNER,), accept_abilities=("CAN_QUERY", "CAN_RECEIVE_MODEL_OUTPUT")
        )
        why = refusal(allowing, invitation(), [us, THEM], OWN)
        assert why == "it gives this account CAN_RECEIVE_RESULTS, which accept_abilities does not allow"

    @pytest.mark.parametrize("named", [True, False])
    def test_payment(self, named: bool) -> None:
        us = member(OWN, "INVITED", abilities=(), paymentConfiguration=PAYS)
        given = {"collaboration_ids": (invitation()["id"],)} if named else {"trusted_creators": (PARTNER,)}
        why = refusal(InvitationOptions(**given), invitation(), [us, THEM], OWN)
        assert why == "it makes this account pay for queryCompute, and accept_payment is not set"
        assert refusal(InvitationOptions(**given, accept_payment=True), invitation(), [us, THEM], OWN) == ""


class TestMembers:
    ML = {  # noqa: RUF012
        "queryCompute": {"isResponsible": False},
        "jobCompute": {"isResponsible": True},
        "machineLearning": {"modelTraining": {"isResponsible": True}, "modelInference": {"isResponsible": False}},
    }

    def test_payments(self) -> None:
        assert payments_of(member(OWN, paymentConfiguration=self.ML)) == ["jobCompute", "machineLearning.modelTraining"]
        assert payments_of(member(OWN, paymentConfiguration=PAYS)) == ["queryCompute"]
        assert payments_of(member(OWN)) == []
        assert payments_of({"accountId": OWN}) == []

    def test_abilities(self) -> None:
        ml = {"customMLMemberAbilities": ["CAN_RECEIVE_INFERENCE_OUTPUT"]}
        assert abilities_of(member(OWN, abilities=("CAN_QUERY",), mlAbilities=ml)) == [
            "CAN_QUERY",
            "CAN_RECEIVE_INFERENCE_OUTPUT",
        ]

    def test_facts(self) -> None:
        assert member_facts(member(OTHER, "LEFT", name="x", paymentConfiguration=PAYS)) == {
            "account_id": OTHER,
            "display_name": "x",
            "status": "LEFT",
            "abilities": ["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
            "pays_for": ["queryCompute"],
        }

    def test_whom_a_record_pins(self) -> None:
        members = [
            US,
            member(STRANGER, "INVITED"),
            THEM,
            member(OTHER, "LEFT"),
            member("000000000001", "REMOVED"),
        ]
        assert other_members(members, OWN) == [PARTNER, STRANGER]


class TestPlanAcceptance:
    def plan(
        self, *members: Data, options: InvitationOptions = TRUSTING, creator: str = PARTNER, **settings: Any
    ) -> Plan:
        offer = invitation(creator=creator)
        plan = plan_acceptance(options, MembershipOptions(**settings), offer, list(members) or [US, THEM], OWN)
        check_plan(plan)
        return plan

    def test_accepted(self) -> None:
        plan = self.plan()
        (action,) = plan.actions
        assert (action.action, action.resource, action.name, action.reason) == (
            "create",
            MEMBERSHIP,
            "AMC",
            "the creator is trusted",
        )
        assert action.request == {"collaborationIdentifier": invitation()["id"], "queryLogStatus": "DISABLED"}
        assert plan.flows[0].counts_as == "accepted"
        assert plan.flows[0].facts == {"status": "active"}
        assert plan.facts == {
            "creator_account_id": PARTNER,
            "creator_display_name": f"Creator {PARTNER}",
            "members": [PARTNER],
            "status": "invited",
        }

    def test_named_by_id(self) -> None:
        plan = self.plan(options=InvitationOptions(collaboration_ids=(invitation()["id"],)), creator=STRANGER)
        assert [one.reason for one in plan.actions] == ["named by its id"]

    def test_settings(self) -> None:
        plan = self.plan(
            query_log_status="ENABLED",
            job_log_status="ENABLED",
            metrics_enabled=True,
            default_result_configuration={"bucket": "results", "result_format": "CSV"},
            tags={"Team": "x"},
        )
        assert plan.actions[0].request == {
            "collaborationIdentifier": invitation()["id"],
            "queryLogStatus": "ENABLED",
            "jobLogStatus": "ENABLED",
            "isMetricsEnabled": True,
            "defaultResultConfiguration": {"outputConfiguration": {"s3": {"bucket": "results", "resultFormat": "CSV"}}},
            "tags": {"Team": "x"},
        }

    def test_no_tags_are_not_sent(self) -> None:
        assert "tags" not in self.plan(tags={}).actions[0].request

    @pytest.mark.parametrize("payment", [PAYS, TestMembers.ML])
    def test_payment_is_what_the_creator_decided(self, payment: Data) -> None:
        us = member(OWN, "INVITED", abilities=(), paymentConfiguration=payment)
        plan = self.plan(us, THEM, options=InvitationOptions(trusted_creators=(PARTNER,), accept_payment=True))
        assert plan.actions[0].request["paymentConfiguration"] == payment

    def test_nothing_is_said_of_payment_where_others_pay(self) -> None:
        assert "paymentConfiguration" not in self.plan().actions[0].request

    def test_refused(self) -> None:
        plan = self.plan(creator=STRANGER)
        assert plan.flows == []
        assert [(one.action, one.resource) for one in plan.decisions] == [("refuse", MEMBERSHIP)]
        assert plan.facts["status"] == "invited"

    def test_refused_before_its_members_were_read(self) -> None:
        plan = plan_acceptance(TRUSTING, MembershipOptions(), invitation(creator=STRANGER), [], OWN)
        assert "members" not in plan.facts
        assert len(plan.decisions) == 1

    def test_diff_shows_whom_it_lets_in(self) -> None:
        after = self.plan(US, THEM, member(OTHER, "INVITED")).actions[0].after or {}
        assert after["members"] == [PARTNER, OTHER]
        assert PARTNER in after["creator"]


def test_plan_membership() -> None:
    plan = plan_membership(InvitationOptions(), record(), membership(), [US, THEM, member(OTHER, "LEFT")], OWN)
    assert plan == Plan(
        record(),
        facts={"creator_account_id": PARTNER, "creator_display_name": "Creator", "members": [PARTNER]},
    )


def test_members_that_are_not_allowed_are_not_pinned_in_a_membership_either() -> None:
    plan = plan_membership(
        InvitationOptions(allowed_members=(PARTNER,)), record(), membership(), [US, THEM, member(OTHER)], OWN
    )
    assert "members" not in plan.facts
    assert plan.decisions[0].reason.startswith(f"allowed_members does not hold {OTHER}")
