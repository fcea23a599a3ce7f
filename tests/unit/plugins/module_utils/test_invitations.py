# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Invitations: options, which are looked at, why one is refused, and what accepting one sends."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _invitations as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._invitations import InvitationOptions
from ansible_collections.acx.cleanrooms.plugins.module_utils._memberships import MembershipOptions
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._trust import recorded_members
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples as s
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    Data,
    invitation,
    member,
    members_of,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import check_plan

OWN, PARTNER, OTHER, STRANGER = s.OWN, s.PARTNER, s.OTHER, s.STRANGER
US, THEM = member(OWN, "INVITED", abilities=()), member(PARTNER)
PENDING = invitation()
PAYS = {"queryCompute": {"isResponsible": True}}
ML = {
    "queryCompute": {"isResponsible": False},
    "jobCompute": {"isResponsible": True},
    "machineLearning": {"modelTraining": {"isResponsible": True}, "modelInference": {"isResponsible": False}},
}
LEAST: Data = {
    "collaboration_ids": [],
    "trusted_creators": [PARTNER],
    "allowed_members": None,
    "accept_abilities": [],
    "accept_payment": False,
}
TWICE, NO_ACCOUNT = ".* stands twice", "is not an AWS account id"


def trusting(**more: Any) -> InvitationOptions:
    """Return options that trust the partner."""
    return InvitationOptions(trusted_creators=(PARTNER,), **more)


def naming(*ids: str, **more: Any) -> InvitationOptions:
    """Return options that name collaborations by their ids."""
    return InvitationOptions(collaboration_ids=ids or (PENDING["id"],), **more)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"collaboration_ids": ["AMC"]}, "collaboration_ids: 'AMC' is not an id"),
        ({"collaboration_ids": [PENDING["id"]] * 2}, f"collaboration_ids: {TWICE}"),
        *(({key: [PARTNER] * 2}, f"{key}: {TWICE}") for key in ("trusted_creators", "allowed_members")),
        *(({key: ["AMC"]}, f"{key}: 'AMC' {NO_ACCOUNT}") for key in ("trusted_creators", "allowed_members")),
        ({"trusted_creators": ["*"]}, rf"trusted_creators: '\*' {NO_ACCOUNT}"),
        ({"trusted_creators": [f"{PARTNER}\n"]}, f"trusted_creators: .* {NO_ACCOUNT}"),
        ({"trusted_creators": ["\u0664" * 12]}, f"trusted_creators: .* {NO_ACCOUNT}"),
    ],
)
def test_options_refused(changes: Data, message: str) -> None:
    with pytest.raises(CleanRoomsError, match=f"^{message}"):
        code.check_options({**LEAST, **changes})


def test_options() -> None:
    assert code.check_options(LEAST) == trusting()
    assert code.check_options({**LEAST, "allowed_members": []}).allowed_members == ()


A, B, C = invitation("A", day=3), invitation("B", day=1), invitation("C", STRANGER, day=2)
JOINED = s.membership("A")


@pytest.mark.parametrize(
    ("options", "pending", "joined", "expected"),
    [
        pytest.param(trusting(), [A, B, C], [], "B C A", id="trust looks at all by age"),
        pytest.param(InvitationOptions(), [A, B, C], [], "B C A", id="neither looks at all too"),
        pytest.param(naming(A["id"]), [A, B], [], "A", id="ids look at nothing else"),
        pytest.param(trusting(collaboration_ids=(A["id"], B["id"])), [B, C, A], [], "A B C", id="ids first, and once"),
        pytest.param(naming(A["id"]), [], [JOINED], "A joined", id="accepted before"),
        pytest.param(trusting(), [], [JOINED], "", id="a membership that nobody names"),
        pytest.param(naming(A["id"]), [A], [s.membership("A", "REMOVED")], "A", id="invited again"),
        pytest.param(trusting(), [], [], "", id="nothing"),
    ],
)
def test_find(options: InvitationOptions, pending: list[Data], joined: list[Data], expected: str) -> None:
    records, by_id, joined_by_id = code.find_invitations(options, pending, joined)
    assert " ".join(one.name + (" joined" if one.membership_id else "") for one in records) == expected
    assert by_id == {one["id"]: one for one in pending}
    assert joined_by_id == {one["collaborationId"]: one for one in joined if one["status"] == "ACTIVE"}
    every = {one["id"]: "" for one in pending} | {one["collaborationId"]: one["id"] for one in joined_by_id.values()}
    assert {one.collaboration_id: one.membership_id for one in records}.items() <= every.items()


@pytest.mark.parametrize("joined", [[], [s.membership("A", "REMOVED")], [s.membership("A", "COLLABORATION_DELETED")]])
def test_neither(joined: list[Data]) -> None:
    neither = "this account has neither an invitation nor a membership there in this Region"
    with pytest.raises(CleanRoomsError, match=f"^collaboration_ids: '{A['id']}': {neither}$"):
        code.find_invitations(naming(B["id"], A["id"]), [B], joined)


ABLE = member(OWN, "INVITED", mlAbilities={"customMLMemberAbilities": ["CAN_RECEIVE_MODEL_OUTPUT"]})
PAYING = member(OWN, "INVITED", abilities=(), paymentConfiguration=ML)
HOLDS, GIVES = "allowed_members does not hold", "it gives this account"
NOT_PAYING = "it makes this account pay for jobCompute, machineLearning.modelTraining, and accept_payment is not set"
LYING = {**invitation(creator=STRANGER), "creatorDisplayName": PARTNER, "name": PENDING["id"]}
NOT_LISTED = f"this account, {OWN}, is not among the members AWS lists"
UNTRUSTED = "the creator {} is not among trusted_creators, and the collaboration is not named by its id"
S, P, O = (f"{account} ({name})" for account, name in ((STRANGER, "S"), (PARTNER, "P"), (OTHER, "O")))  # noqa: E741
ONLY_O = trusting(allowed_members=(OTHER,))
NOT_US = ("", "P", "us:LEFT P", "us:REMOVED P")
# Options, the invitation, its members, and why it is refused.
REFUSALS: dict[str, tuple[InvitationOptions, Data, Any, str]] = {
    "trusted": (trusting(), PENDING, "us P", ""),
    "named by id": (naming(), invitation(creator=STRANGER), "us P", ""),
    "stranger": (trusting(), C, "us P", UNTRUSTED.format(f"{STRANGER} (Creator {STRANGER})")),
    "stranger who lies": (trusting(), LYING, "us P", UNTRUSTED.format(f"{STRANGER} ({PARTNER})")),
    **{f"no member: {words}": (trusting(), PENDING, words, NOT_LISTED) for words in NOT_US},
    "any member by default": (trusting(), PENDING, "us P S", ""),
    "allowed members": (ONLY_O, PENDING, "us P O", ""),
    **{f"not allowed {words}": (ONLY_O, PENDING, words, f"{HOLDS} {S}") for words in ("us S P O", "us P S:INVITED")},
    **{f"not allowed, gone {words}": (ONLY_O, PENDING, words, "") for words in ("us P S:LEFT", "us P S:REMOVED")},
    "an id does not allow its creator": (naming(allowed_members=()), PENDING, "us P O", f"{HOLDS} {P}, {O}"),
    **{
        f"ability {one}, accepted: {accepted}": (
            trusting(accept_abilities=(one,) if accepted else ()), PENDING, [member(OWN, "INVITED", abilities=(one,))],
            "" if accepted else f"{GIVES} {one}, which accept_abilities does not allow",
        )
        for one in ("CAN_QUERY", "CAN_RECEIVE_RESULTS", "CAN_EXPORT_QUERY_ANALYSIS_LOG")
        for accepted in (True, False)
    },
    "abilities": (
        trusting(accept_abilities=("CAN_QUERY",)), PENDING, [ABLE, THEM],
        f"{GIVES} CAN_RECEIVE_RESULTS, CAN_RECEIVE_MODEL_OUTPUT, which accept_abilities does not allow",
    ),
    "payment of a trusted one": (trusting(), PENDING, [PAYING, THEM], NOT_PAYING),
    "payment of one named by id": (naming(), PENDING, [PAYING, THEM], NOT_PAYING),
    "payment accepted": (trusting(accept_payment=True), PENDING, [PAYING, THEM], ""),
    "payment accepted, by id": (naming(accept_payment=True), PENDING, [PAYING, THEM], ""),
}  # fmt: skip


@pytest.mark.parametrize(("options", "offer", "members", "why"), REFUSALS.values(), ids=REFUSALS)
def test_refusal(options: InvitationOptions, offer: Data, members: Any, why: str) -> None:
    members = members_of(members) if isinstance(members, str) else members
    assert code.refusal(options, offer, members, OWN) == why
    assert code.may_accept(options, offer) is not why.startswith("the creator")
    plan = code.plan_acceptance(options, MembershipOptions(), offer, members, OWN)
    check_plan(plan)
    if why:
        assert (s.outline(plan), s.reasons(plan)) == ([f"refuse membership {plan.record.label}"], [why])
    else:
        assert s.outline(plan) == [f"accepted: create membership {offer['name']}"]
    assert plan.facts["status"] == "invited"
    assert ("members" in plan.facts) is bool(members)


@pytest.mark.parametrize(
    ("configuration", "expected"),
    [
        (ML, ["jobCompute", "machineLearning.modelTraining"]),
        ({**PAYS, "jobCompute": {"isResponsible": True}}, ["queryCompute", "jobCompute"]),
        ({"queryCompute": {"isResponsible": False}}, []),
    ],
)
def test_member_facts(configuration: Data, expected: list[str]) -> None:
    facts = {"account_id": OWN, "display_name": "x", "status": "LEFT", "abilities": [*s.BOTH], "pays_for": expected}
    assert code.member_facts(member(OWN, "LEFT", name="x", paymentConfiguration=configuration)) == facts
    assert code.payments_of({"accountId": OWN}) == []
    assert code.abilities_of(ABLE) == ["CAN_QUERY", "CAN_RECEIVE_RESULTS", "CAN_RECEIVE_MODEL_OUTPUT"]


PLACE = {"bucket": "results", "result_format": "CSV"}
EVERY_SETTING = {
    "query_log_status": "ENABLED", "job_log_status": "ENABLED", "metrics_enabled": True,
    "default_result_configuration": PLACE, "tags": {"Team": "x"},
}  # fmt: skip
EVERY_SETTING_SENT = {
    "queryLogStatus": "ENABLED", "jobLogStatus": "ENABLED", "isMetricsEnabled": True, "tags": {"Team": "x"},
    "defaultResultConfiguration": {"outputConfiguration": {"s3": {"bucket": "results", "resultFormat": "CSV"}}},
}  # fmt: skip


@pytest.mark.parametrize("settings", [{}, {"tags": {}}, EVERY_SETTING], ids=["least", "no tags", "all"])
@pytest.mark.parametrize("payment", [None, PAYS, ML], ids=["others pay", "queries", "all"])
@pytest.mark.parametrize(("trust", "reason"), [(trusting, "the creator is trusted"), (naming, "named by its id")])
def test_accepted(settings: Data, payment: Data | None, trust: Any, reason: str) -> None:
    sent = EVERY_SETTING_SENT if settings == EVERY_SETTING else {"queryLogStatus": "DISABLED"}
    # Who pays is what the creator decided.
    sent = {**sent, "paymentConfiguration": payment} if payment else sent
    us = member(OWN, "INVITED", abilities=(), **({"paymentConfiguration": payment} if payment else {}))
    members = [us, THEM, member(OTHER, "INVITED")]
    plan = code.plan_acceptance(trust(accept_payment=True), MembershipOptions(**settings), PENDING, members, OWN)
    check_plan(plan)
    known = recorded_members(members, OWN)
    (action,) = plan.actions
    assert action.request == {"collaborationIdentifier": PENDING["id"], **sent}
    after = {"creator": f"{PARTNER} (Creator {PARTNER})", "members": known, **sent}
    assert (action.reason, action.before, action.after) == (reason, None, after)
    assert (plan.flows[0].facts, plan.record) == ({"status": "active"}, s.Record("AMC", PENDING["id"]))
    creator = {"creator_account_id": PARTNER, "creator_display_name": f"Creator {PARTNER}"}
    assert plan.facts == {**creator, "members": known, "status": "invited"}
    # Whoever is not accepted after all was not reviewed.
    code.add_review(plan, members, OWN, {}, "arn")
    reviewed = plan.flows[0].facts["reviewed"]
    assert (reviewed["by"], reviewed["receivers"], reviewed["own_payments"]) == (
        "arn",
        [PARTNER, OTHER],
        code.payments_of(us),
    )
    assert "reviewed" not in plan.facts


def test_joined_already() -> None:
    # The last two are gone, so that nobody pins them.
    everybody = [*members_of("us S:INVITED P O:LEFT"), member("000000000001", "REMOVED")]
    creator = {"creator_account_id": PARTNER, "creator_display_name": "Creator"}
    plan = code.plan_membership(InvitationOptions(), s.record(), s.membership(), everybody, OWN)
    assert plan == Plan(s.record(), facts={**creator, "members": recorded_members(everybody, OWN)})
    code.add_review(plan, everybody, OWN, {"autoApprovedChangeTypes": ["ADD_MEMBER"]}, "arn")
    assert plan.facts["reviewed"]["receivers"] == [PARTNER, STRANGER]
    assert plan.facts["reviewed"]["auto_approved_changes"] == ["ADD_MEMBER"]
    plan = code.plan_membership(naming(allowed_members=()), s.record(), s.membership(), everybody, OWN)
    assert s.outline(plan) == [f"refuse membership {s.record().label}"]
    assert s.reasons(plan) == [f"{HOLDS} {S}, {P}; the collaboration is joined already"]
    assert plan.facts == creator
