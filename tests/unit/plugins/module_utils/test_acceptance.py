# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why an invitation is not accepted: by the task's options, and by the record that a person wrote."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _acceptance as judge
from ansible_collections.acx.cleanrooms.plugins.module_utils import _invitations as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._acceptance import InvitationOptions, Offer, limits_of
from ansible_collections.acx.cleanrooms.plugins.module_utils._memberships import MembershipOptions
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import RecordedMember, Review
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
PENDING, C = invitation(), invitation("C", STRANGER, day=2)
PAYS = {"queryCompute": {"isResponsible": True}}
ML = {
    "queryCompute": {"isResponsible": False},
    "jobCompute": {"isResponsible": True},
    "machineLearning": {"modelTraining": {"isResponsible": True}, "modelInference": {"isResponsible": False}},
}


def trusting(**more: Any) -> InvitationOptions:
    """Return options that trust the partner."""
    return InvitationOptions(trusted_creators=(PARTNER,), **more)


def naming(**more: Any) -> InvitationOptions:
    """Return options that name the collaboration by its id, in which the partner may receive."""
    return InvitationOptions(collaboration_ids=(PENDING["id"],), **{"allowed_receivers": (PARTNER,), **more})


ABLE = member(OWN, "INVITED", mlAbilities={"customMLMemberAbilities": ["CAN_RECEIVE_MODEL_OUTPUT"]})
PAYING = member(OWN, "INVITED", abilities=(), paymentConfiguration=ML)
HOLDS, RECEIVES, GIVES = "allowed_members does not hold", "allowed_receivers does not hold", "it gives this account"
NOT_PAYING = "it makes this account pay for jobCompute, machineLearning.modelTraining, and accept_payment is not set"
LYING = {**invitation(creator=STRANGER), "creatorDisplayName": PARTNER, "name": PENDING["id"]}
NOT_LISTED = f"this account, {OWN}, is not among the members AWS lists"
UNTRUSTED = "the creator {} is not among trusted_creators, and the collaboration is not named by its id"
S, P, O = (f"{account} ({name})" for account, name in ((STRANGER, "S"), (PARTNER, "P"), (OTHER, "O")))  # noqa: E741
ONLY_O = trusting(allowed_members=(OTHER,), allowed_receivers=(OTHER,))
NOT_US = ("", "P", "us:LEFT P", "us:REMOVED P")
CHANGES = "it may change without asking"
ML_RECEIVER = member(STRANGER, abilities=(), name="S", mlAbilities={"customMLMemberAbilities": [*judge.RECEIVING[1:]]})


def with_stranger(status: str = "ACTIVE", *abilities: str) -> list[Data]:
    """Return the members of a partner's collaboration in which a third party may do something."""
    return [US, member(PARTNER, name="P"), member(STRANGER, status, abilities, name="S")]


# Options, the invitation, its members, and why it is refused.
REFUSALS: dict[str, tuple[InvitationOptions, Data, Any, str]] = {
    "trusted": (trusting(), PENDING, "us P", ""),
    "named by id": (naming(), invitation(creator=STRANGER), "us P", ""),
    "stranger": (trusting(), C, "us P", UNTRUSTED.format(f"{STRANGER} (Creator {STRANGER})")),
    "stranger who lies": (trusting(), LYING, "us P", UNTRUSTED.format(f"{STRANGER} ({PARTNER})")),
    **{f"no member: {words}": (trusting(), PENDING, words, NOT_LISTED) for words in NOT_US},
    "any member by default": (trusting(), PENDING, with_stranger("ACTIVE", "CAN_QUERY", "CAN_RUN_JOB"), ""),
    "allowed members": (ONLY_O, PENDING, "us P O", ""),
    **{f"not allowed {words}": (ONLY_O, PENDING, words, f"{HOLDS} {S}") for words in ("us S P O", "us P S:INVITED")},
    **{f"not allowed, gone {words}": (ONLY_O, PENDING, words, "") for words in ("us P S:LEFT", "us P S:REMOVED")},
    "an id does not allow its creator": (naming(allowed_members=()), PENDING, "us P O", f"{HOLDS} {P}, {O}"),
    "third party who receives": (
        trusting(), PENDING, "us P S O", f"{RECEIVES} {S} with CAN_RECEIVE_RESULTS, {O} with CAN_RECEIVE_RESULTS",
    ),
    "third party who could once it joins": (
        trusting(), PENDING, with_stranger("INVITED", "CAN_RECEIVE_RESULTS"),
        f"{RECEIVES} {S} with CAN_RECEIVE_RESULTS",
    ),
    "third party who receives of models": (
        trusting(), PENDING, [US, THEM, ML_RECEIVER],
        f"{RECEIVES} {S} with CAN_RECEIVE_MODEL_OUTPUT, CAN_RECEIVE_INFERENCE_OUTPUT",
    ),
    "allowed receiver": (trusting(allowed_receivers=(STRANGER,)), PENDING, "us P S", ""),
    "another trusted creator": (InvitationOptions(trusted_creators=(PARTNER, STRANGER)), PENDING, "us P S", ""),
    "a receiver who is gone": (trusting(), PENDING, "us P S:LEFT O:REMOVED", ""),
    "an allowed member is no receiver": (
        trusting(allowed_members=(STRANGER,)), PENDING, "us P S", f"{RECEIVES} {S} with CAN_RECEIVE_RESULTS",
    ),
    "an id does not make its creator a receiver": (
        naming(allowed_receivers=()), PENDING, "us P", f"{RECEIVES} {P} with CAN_RECEIVE_RESULTS",
    ),
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


@pytest.mark.parametrize(("options", "invited", "members", "why"), REFUSALS.values(), ids=REFUSALS)
def test_refusal(options: InvitationOptions, invited: Data, members: Any, why: str) -> None:
    members = members_of(members) if isinstance(members, str) else members
    offer = Offer(invited, OWN, members)
    assert judge.refusal(options, offer) == why
    assert judge.may_accept(options, invited) is not why.startswith("the creator")
    plan = code.plan_acceptance(options, MembershipOptions(), offer)
    check_plan(plan)
    if why:
        assert (s.outline(plan), s.reasons(plan)) == ([f"refuse membership {plan.record.label}"], [why])
    else:
        assert s.outline(plan) == [f"accepted: create membership {invited['name']}"]
    assert plan.facts["status"] == "invited"
    assert ("members" in plan.facts) is bool(members)


NOT_ALLOWED = f"{CHANGES} by {{}}, which accept_auto_approved_changes does not allow"
ADD, GRANT, REVOKE = "ADD_MEMBER", "GRANT_RECEIVE_RESULTS_ABILITY", "REVOKE_RECEIVE_RESULTS_ABILITY"


@pytest.mark.parametrize(
    ("approved", "accepted", "why"),
    [
        ([], (), ""),
        ([REVOKE, "REVOKE_WHATEVER_COMES"], (), ""),
        ([ADD], (), NOT_ALLOWED.format(ADD)),
        ([REVOKE, ADD, GRANT], (ADD,), NOT_ALLOWED.format(GRANT)),
        ([ADD, GRANT], (GRANT, ADD), ""),
        # What is not known cannot be allowed.
        (["ADD_ALL\n"], ("ADD_ALL\n",), f"{CHANGES}: auto-approved ADD_ALL\\n is not supported by this version"),
    ],
)
def test_what_may_change_without_asking(approved: list[str], accepted: tuple[str, ...], why: str) -> None:
    collaboration = {"autoApprovedChangeTypes": approved}
    for options in (trusting(accept_auto_approved_changes=accepted), naming(accept_auto_approved_changes=accepted)):
        offer = Offer(PENDING, OWN, [US, THEM], collaboration)
        assert judge.refusal(options, offer) == why
        kept = [one for one in approved if one in accepted or one.startswith("REVOKE_")]
        assert limits_of(options).allowed(US, collaboration) == ([], [], kept)


HELD = "the members of the record do not hold"
LOOK = "; look at them, and write into the record who may be there and do that"
REVIEWED = Review((PARTNER,), own_abilities=("CAN_QUERY",), own_payments=("jobCompute",), auto_approved_changes=(ADD,))
OURS = "which reviewed.{} of the record does not hold"
QUERIES = member(OWN, "INVITED", abilities=("CAN_QUERY",))
THE_RECORD: Data = {"name": "", "collaboration_id": PENDING["id"], "membership_id": ""}
# The record, the members, what may change without asking, and why it is refused. No option allows anything.
OF_RECORDS: dict[str, tuple[Data, Any, list[str], str]] = {
    "as written": ({}, "us P", [], ""),
    "fewer than written": ({"members": (PARTNER, OTHER)}, "us P O:LEFT", [], ""),
    "a stranger": ({}, "us P S:INVITED", [], f"{HELD} {S} with CAN_QUERY, CAN_RECEIVE_RESULTS{LOOK}"),
    "a stranger who only contributes": ({}, with_stranger(), [], f"{HELD} {S}{LOOK}"),
    "a stranger who is gone": ({}, "us P S:LEFT", [], ""),
    "a new ability": (
        {"members": (RecordedMember(PARTNER, ("CAN_QUERY",)),)}, "us P", [],
        f"{HELD} {P} with CAN_RECEIVE_RESULTS{LOOK}",
    ),
    "another creator": (
        {"members": (OTHER,)}, "us O", [], f"the creator {PARTNER} (Creator {PARTNER}) is not among the members of the"
        " record",
    ),
    "nobody reviewed": (
        {"members": None, "reviewed": REVIEWED}, "us P S:LEFT", [],
        "the record has no members, so that nobody was reviewed; look at those who are there, and write them into the"
        f" record (present: {P} with CAN_QUERY, CAN_RECEIVE_RESULTS)",
    ),
    "our ability": ({}, [QUERIES, THEM], [], f"{GIVES} CAN_QUERY, which accept_abilities does not allow"),
    "our reviewed ability": ({"reviewed": REVIEWED}, [QUERIES, THEM], [], ""),
    "our other ability": (
        {"reviewed": REVIEWED}, [ABLE, THEM], [],
        f"{GIVES} CAN_RECEIVE_RESULTS, CAN_RECEIVE_MODEL_OUTPUT, {OURS.format('own_abilities')}",
    ),
    "our payment": (
        {"reviewed": REVIEWED}, [PAYING, THEM], [],
        f"it makes this account pay for machineLearning.modelTraining, {OURS.format('own_payments')}",
    ),
    "a reviewed change": ({"reviewed": REVIEWED}, "us P", [ADD, REVOKE], ""),
    "another change": (
        {"reviewed": REVIEWED}, "us P", [ADD, GRANT], f"{CHANGES} by {GRANT}, {OURS.format('auto_approved_changes')}",
    ),
    "a change without a review": ({}, "us P", [ADD], NOT_ALLOWED.format(ADD)),
}  # fmt: skip


@pytest.mark.parametrize(("written", "members", "approved", "why"), OF_RECORDS.values(), ids=OF_RECORDS)
def test_of_a_record(written: Data, members: Any, approved: list[str], why: str) -> None:
    record = s.record(**THE_RECORD, **written)
    members = members_of(members) if isinstance(members, str) else members
    offer = Offer(PENDING, OWN, members, {"autoApprovedChangeTypes": approved}, record)
    assert judge.refusal(InvitationOptions(), offer) == why
    plan = code.plan_acceptance(InvitationOptions(), MembershipOptions(), offer)
    check_plan(plan)
    assert (plan.actions[0].action, plan.actions[0].reason) == (
        ("refuse", why) if why else ("create", "as its record allows")
    )
    # Whoever is there: what comes back is what was written.
    known = [{**asdict(one), "abilities": [*one.abilities]} for one in record.members or ()]
    assert plan.facts.get("members", []) == known
    review: Data = {"at": "", "by": "", "own_abilities": ["CAN_QUERY"], "own_payments": ["jobCompute"]}
    review.update(auto_approved_changes=[ADD], receivers=[PARTNER])
    assert code.written_review(record) == ({"reviewed": review} if record.reviewed else {})


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
    assert judge.member_facts(member(OWN, "LEFT", name="x", paymentConfiguration=configuration)) == facts
    assert judge.payments_of({"accountId": OWN}) == []
    assert judge.abilities_of(ABLE) == ["CAN_QUERY", "CAN_RECEIVE_RESULTS", "CAN_RECEIVE_MODEL_OUTPUT"]
