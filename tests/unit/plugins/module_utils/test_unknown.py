# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Values that this version does not know, and receivers whom nobody reviewed: refused, told first, never acted on."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import (
    _acceptance,
    _invitations,
    _memberships,
    _namespaces,
    _trust,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils import _readiness as readiness
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Action, Flow, Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_tables import plan_protection, plan_tables
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import Record
from ansible_collections.acx.cleanrooms.plugins.module_utils._tables import table_refusal
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples as s
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import Data, association, member, rule
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import check_plan

ONE, TWO, PARTNER, STRANGER = s.ONE, s.TWO, s.PARTNER, s.STRANGER
HERE = association(ONE, "acx_part_01")
ODD = {**ONE, "analysisRuleTypes": ["SPARK"]}
TRUSTING = _acceptance.InvitationOptions(
    trusted_creators=(PARTNER,), accept_payment=True, allowed_receivers=(STRANGER,)
)
NO = "is not supported by this version"
UNKNOWN_MEMBERS = [
    (member(STRANGER, "PENDING\n"), f"{STRANGER} (Member {STRANGER}): status PENDING\\n {NO}"),
    (member(STRANGER, abilities=("CAN_QUERY", "CAN_SEE")), f"{STRANGER} (Member {STRANGER}): ability CAN_SEE {NO}"),
    (
        member(STRANGER, "INVITED", mlAbilities={"customMLMemberAbilities": ["CAN_TRAIN", "X"]}),
        f"{STRANGER} (Member {STRANGER}): ability CAN_TRAIN {NO}",
    ),
    (member(STRANGER, "LEFT", abilities=("CAN_SEE",)), ""),
    (member(STRANGER, "REMOVED", abilities=("CAN_SEE",)), ""),
    (member(STRANGER, abilities=_trust.ABILITIES[:4]), ""),
]


@pytest.mark.parametrize(("odd", "why"), UNKNOWN_MEMBERS)
def test_a_member_is_refused_everywhere(odd: Data, why: str) -> None:
    members = [*s.MEMBERS, odd]
    assert _trust.unknown_refusal(members) == why
    pinned = s.record(members=s.recorded(PARTNER, STRANGER, abilities=_trust.ABILITIES))
    for record in (pinned, Record(membership_id=s.MEMBERSHIP, pinned=False)):
        assert _trust.members_refusal(record, iter(members), s.OWN) == why
    us = member(s.OWN, "INVITED", abilities=())
    offer = _acceptance.Offer(s.invitation(), s.OWN, [us, *members[1:]])
    assert _acceptance.refusal(TRUSTING, offer) == why
    facts = _invitations.invitation_facts(offer)
    assert ("members" in facts) is not bool(why)
    plan = _invitations.plan_membership(TRUSTING, pinned, s.membership(), members, s.OWN)
    reasons = [f"{why}; the collaboration is joined already"] if why else []
    assert [one.reason for one in plan.decisions] == reasons
    assert ("members" in plan.facts) is not bool(why)


def test_a_payment_of_an_unknown_kind_is_not_accepted() -> None:
    paying: Data = {"queryCompute": {"isResponsible": True}, "newCompute": {"isResponsible": True}}
    us = member(s.OWN, "INVITED", abilities=(), paymentConfiguration=paying)
    why = _acceptance.refusal(TRUSTING, _acceptance.Offer(s.invitation(), s.OWN, [us, member(PARTNER)]))
    assert why == f"it makes this account pay: payment of newCompute {NO}"


@pytest.mark.parametrize(("receivers", "others"), [((PARTNER,), []), ((STRANGER, s.OTHER, s.OWN), [s.OTHER, STRANGER])])
def test_receivers_whom_nobody_reviewed(receivers: tuple[str, ...], others: list[str]) -> None:
    assert _trust.unreviewed_receivers(s.record(), receivers, s.OWN) == others
    assert _trust.unreviewed_receivers(s.record(members=None), receivers, s.OWN) == sorted({*receivers} - {s.OWN})
    assert _trust.unreviewed_receivers(Record(membership_id=s.MEMBERSHIP, pinned=False), receivers, s.OWN) == []


@pytest.mark.parametrize(
    ("types", "what"), [(["SPARK"], "SPARK"), (["CUSTOM", "LIST"], "CUSTOM, LIST"), (["CUSTOM"], ""), ([], "")]
)
def test_rule_types_of_a_table(types: list[str], what: str) -> None:
    why = f"the configured table's analysis rule of type {what} {NO}" if what else ""
    assert table_refusal({**ONE, "analysisRuleTypes": types}) == why
    assert table_refusal({**ONE, "analysisRuleTypes": types, "problem": "odd"}) == "odd"


def told(plan: Any) -> list[tuple[str, str, str]]:
    return [(one.action, one.resource, one.name) for one in plan.actions]


REFUSED_RULE = ("refuse", "collaboration_analysis_rule", "acx_part_01")
REFUSED_TABLE = ("refuse", "configured_table_association", "acx_part_01")
STRANGE_RULE: Data = {"rules": {HERE["id"]: rule(STRANGER)}}


@pytest.mark.parametrize(
    ("table", "there", "more", "wanted", "decision"),
    [
        (ODD, [HERE], {}, {"recreate": True, "name_prefix": "new_", "analysis_rule": False}, REFUSED_RULE),
        (ODD, [], {}, {}, REFUSED_TABLE),
        ({**ONE, "problem": "odd"}, [], {}, {"analysis_rule": False}, REFUSED_TABLE),
        (ONE, [HERE], {"unsupported": {HERE["id"]: "odd"}, **STRANGE_RULE}, {}, REFUSED_RULE),
    ],
)
def test_nothing_is_done_for_what_is_not_known(
    table: Data, there: list[Data], more: Data, wanted: Data, decision: tuple[str, str, str]
) -> None:
    plan = plan_tables(s.record(), s.options(**wanted), s.state(*there, **more), [table])
    assert told(plan) == [decision]
    assert [one["name"] for one in plan.items] == [one["name"] for one in there]
    assert plan.decisions[0].reason.endswith("; nothing is changed there" if there else "; it is not associated")


def test_a_receiver_whom_nobody_reviewed_goes_from_what_is_not_known_too() -> None:
    plan = plan_tables(s.record(), s.options(), s.state(HERE, rules={HERE["id"]: rule(STRANGER, PARTNER)}), [ODD])
    assert told(plan) == [("update", "collaboration_analysis_rule", "acx_part_01"), REFUSED_RULE]
    assert (plan.flows[0].counts_as, plan.actions[0].after) == ("receiver_removed", rule())
    assert (plan.flows[0].item or {})["analysis_rule"] == rule()
    assert plan.decisions[0].reason.endswith("; nothing else is changed there")


def test_without_rules_the_type_of_a_table_does_not_matter() -> None:
    plan = plan_tables(s.record(), s.options(analysis_rule=False), s.state(), [ODD])
    assert told(plan) == [("create", "configured_table_association", "acx_part_01")]


@pytest.mark.parametrize(
    ("was", "why"),
    [
        (rule(rule_type="LIST"), "of type LIST could not be made again"),
        (rule(STRANGER, s.OTHER, s.OWN), f"names {s.OTHER}, {STRANGER}, whom nobody reviewed as a receiver"),
        (rule(PARTNER, s.OWN), ""),
    ],
)
def test_a_rule_that_could_not_be_made_again_keeps_its_association(was: Data, why: str) -> None:
    old = association(ONE, "old")
    wanted = s.options(recreate=True, analysis_rule=False)
    plan = plan_tables(s.record(), wanted, s.state(old, rules={old["id"]: was}), [ONE])
    refused = [("refuse", "old", f"should be acx_part_01, but its rule {why}")] if why else []
    assert [(one.action, one.name, one.reason) for one in plan.decisions] == refused
    assert ([one["name"] for one in plan.items], len(plan.flows)) == ((["old"], 0) if why else ([], 1))


@pytest.mark.parametrize("recreate", [True, False])
def test_what_holds_a_name_and_is_not_listed_does_not_go(recreate: bool) -> None:
    holder = association(s.table("gone"), "acx_part_01")
    plan = plan_tables(s.record(), s.options(recreate=recreate), s.state(holder), [ONE])
    assert told(plan) == [REFUSED_TABLE]


def test_where_the_members_are_not_known_nothing_is_shared() -> None:
    state = s.state(refusal="no members")
    plan = plan_tables(s.record(), s.options(), state, [ONE])
    assert [(one.action, one.reason) for one in plan.actions] == [("refuse", "no members")]
    wanted = _namespaces.NamespaceOptions("N", s.namespace_arn("N"))
    there = _namespaces.NamespaceState(s.OWN, s.MEMBERSHIP, s.MEMBERS, refusal="no members")
    plan = _namespaces.plan_namespace(s.record(), wanted, there)
    assert [(one.action, one.reason) for one in plan.actions] == [("refuse", "no members")]


def test_status_of_a_membership() -> None:
    assert _memberships.status_of(s.membership(status="COLLABORATION_DELETED")) == "deleted"
    with pytest.raises(CleanRoomsError) as caught:
        _memberships.status_of(s.membership(status="FROZEN\n"))
    identity = s.membership()["id"]
    assert caught.value.message == f"status FROZEN\\n of the membership {identity} {NO}"


@pytest.mark.parametrize("reverse", [True, False])
def test_a_membership_of_an_unknown_status_is_none_that_is_over(reverse: bool) -> None:
    over, odd = s.membership(status="REMOVED"), {**s.membership(status="FROZEN"), "id": s.id_of("odd")}
    there = [odd, over] if reverse else [over, odd]
    identity = odd["collaborationId"]
    options = _memberships.LeavingOptions((identity,))
    assert [one.membership_id for one in _memberships.find_memberships(options, there)] == [odd["id"]]
    named = _acceptance.InvitationOptions((identity,))
    records, pending, joined = _invitations.find_invitations(named, [], there)
    assert ([one.membership_id for one in records], pending, joined) == ([odd["id"]], {}, {identity: odd})


def test_invitations_that_cannot_be_read_come_last() -> None:
    odd = [{"collaborationId": s.id_of("odd"), "name": "Odd"}, {"collaborationId": "", "name": 5 * ""}]
    odd.append({"collaborationId": s.invitation()["id"], "name": "AMC"})
    records, _pending, _joined = _invitations.find_invitations(TRUSTING, [s.invitation()], [], odd)
    assert [(one.name, one.collaboration_id) for one in records] == [
        ("AMC", s.invitation()["id"]),
        ("Odd", s.id_of("odd")),
        ("an invitation that cannot be read", ""),
    ]
    named = _acceptance.InvitationOptions((s.id_of("odd"), s.id_of("none")))
    for unreadable in ([odd[:1], []], [[], odd[:1]]):
        found = _invitations.find_invitations(named, [], [], *unreadable)[0]
        assert [one.collaboration_id for one in found] == [s.id_of("odd"), s.id_of("none")]
    with pytest.raises(CleanRoomsError, match="neither an invitation nor a membership"):
        _invitations.find_invitations(named, [], [])


def schema(kind: str, status: str) -> Data:
    return {
        "schemaStatusDetails": [{"analysisType": kind, "status": status, "reasons": [{"code": "A", "message": "B"}]}]
    }


KNOWN = {"code": "A", "message": "B"}


@pytest.mark.parametrize(
    ("found", "reasons"),
    [
        (schema("DIRECT_ANALYSIS", "PAUSED\n"), [{"message": f"status PAUSED\\n {NO}"}, KNOWN]),
        (schema("NEW_ANALYSIS", "READY"), [{"message": f"analysis of type NEW_ANALYSIS {NO}"}]),
        ({"problem": "odd"}, [{"message": "its state cannot be read: odd"}]),
    ],
)
def test_a_state_that_is_not_known_is_not_ready(found: Data, reasons: list[Data]) -> None:
    assert readiness.readiness_of(found) == {"ready": False, "not_ready_reasons": reasons}
    (verdict,) = readiness.judge_tables(s.record(), s.options(), s.state(HERE), [ONE], {"acx_part_01": found})
    advice = {True: readiness.UNKNOWN_CODE, False: ""}
    expected = [{**one, "advice": advice["code" in one]} for one in reasons]
    assert (verdict["state"], verdict["reasons"]) == ("not_ready", expected)


UNREVIEWED = f"its rule names {STRANGER}, whom nobody reviewed as a receiver"
READY = {"schemaStatusDetails": [{"analysisType": "DIRECT_ANALYSIS", "status": "READY"}]}


def verdicts(found: list[Data], tables: list[Data], wanted: Data, **more: Any) -> list[Data]:
    schemas = {one["name"]: READY for one in found}
    return readiness.judge_tables(s.record(), s.options(**wanted), s.state(*found, **more), tables, schemas)


def test_an_unreviewed_receiver_comes_first_and_sync_repairs_it_where_it_may() -> None:
    second, theirs = association(TWO, "acx_part_02"), association(s.table("dim"), "by_hand")
    rules = {HERE["id"]: rule(), second["id"]: rule(STRANGER), theirs["id"]: rule(STRANGER)}
    found = verdicts([HERE, second, theirs], [ONE, TWO], {}, rules=rules)
    assert [(one["name"], one["state"]) for one in found] == [
        ("acx_part_02", "unreviewed_receiver"),
        ("by_hand", "unreviewed_receiver"),
        ("acx_part_01", "ready"),
    ]
    drift = f"has no rule any more; new receiver {PARTNER}"
    assert found[0] == {
        "name": "acx_part_02",
        "configured_table_name": "part_02",
        "state": "unreviewed_receiver",
        "reasons": [{"message": one, "advice": readiness.SYNC} for one in (UNREVIEWED, drift)],
        "result_receivers": [STRANGER],
    }
    assert found[1] == {
        "name": "by_hand",
        "configured_table_name": "",
        "state": "unreviewed_receiver",
        "reasons": [{"message": UNREVIEWED, "advice": readiness.TAKE_OUT}],
        "result_receivers": [STRANGER],
    }
    # It is told once, also where its table is not selected.
    (verdict,) = verdicts([second], [ONE, TWO], {"include": ()}, rules=rules)
    assert (verdict["state"], verdict["configured_table_name"]) == ("unreviewed_receiver", "part_02")
    # A sync takes it out while the collaboration is refused, too, where somebody looked at it once.
    strangers = [*s.MEMBERS, member(STRANGER)]
    (verdict,) = verdicts([second], [TWO], {}, rules=rules, members=strangers)
    assert verdict["reasons"] == [{"message": UNREVIEWED, "advice": readiness.SYNC}]


@pytest.mark.parametrize(
    ("known", "wanted", "advice"),
    [
        ({}, {}, readiness.SYNC),
        ({"members": ()}, {}, readiness.SYNC),
        ({"members": None}, {}, readiness.TAKE_OUT),
        ({"status": "suspended"}, {}, readiness.TAKE_OUT),
        ({"auto_associate_tables": False}, {}, readiness.TAKE_OUT),
        ({}, {"analysis_rule": False}, readiness.TAKE_OUT),
        ({}, {"include": ("other",)}, readiness.TAKE_OUT),
    ],
)
def test_a_sync_takes_an_unreviewed_receiver_out_where_it_works(known: Data, wanted: Data, advice: str) -> None:
    there = s.state(HERE, rules={HERE["id"]: rule(STRANGER)})
    (verdict,) = readiness.judge_receivers(s.record(**known), s.options(**wanted), there, [ONE])
    assert verdict["reasons"] == [{"message": UNREVIEWED, "advice": advice}]


def test_receivers_are_judged_by_name_and_our_own_account_is_no_stranger() -> None:
    second = association(TWO, "acx_part_02")
    rules = {HERE["id"]: rule(STRANGER, s.OTHER, s.OWN), second["id"]: rule(STRANGER)}
    found = readiness.judge_receivers(s.record(), s.options(), s.state(second, HERE, rules=rules), [])
    assert [(one["name"], one["reasons"][0]["message"]) for one in found] == [
        ("acx_part_01", f"its rule names {s.OTHER}, {STRANGER}, whom nobody reviewed as a receiver"),
        ("acx_part_02", UNREVIEWED),
    ]


@pytest.mark.parametrize(
    ("was", "more", "left"),
    [
        ((PARTNER,), {}, None),
        ((STRANGER,), {"analysis_rule": False}, None),
        # Our own account is no stranger; where the rule is written anyway, it goes, for AWS refuses it there.
        ((PARTNER, s.OWN), {}, None),
        ((PARTNER, s.OWN, STRANGER), {}, [PARTNER]),
        # Who was reviewed stays, also where the options name others: the table is not looked at otherwise.
        ((PARTNER, s.OTHER, STRANGER), {"result_receivers": (PARTNER,)}, [PARTNER, s.OTHER]),
        ((STRANGER,), {}, []),
    ],
)
@pytest.mark.parametrize("refusal", ["", "no members"])
def test_protection_takes_out_whom_nobody_reviewed_and_nothing_else(
    was: tuple[str, ...], more: Data, left: list[str] | None, refusal: str
) -> None:
    """Beside what is planned already, and where the members are not known, by the record alone."""
    members = [] if refusal else [member(s.OWN), member(PARTNER), member(s.OTHER), member(STRANGER)]
    state = s.state(HERE, rules={HERE["id"]: rule(*was)}, members=members, refusal=refusal)
    request = {"membershipIdentifier": s.MEMBERSHIP, "configuredTableAssociationIdentifier": s.id_of("x")}
    before = Flow([Action("delete", "configured_table_association", "x", "y", request)], "removed")
    plan = Plan(s.record(members=(PARTNER, s.OTHER)), flows=[before])
    plan_protection(plan, s.options(**more), state, iter([ONE]))
    check_plan(plan)
    after = rule(*left) if left else None
    told = [(one.reason, one.before, one.after, one.narrows, one.removed_receivers) for one in plan.actions[1:]]
    assert told == ([] if left is None else [(UNREVIEWED, rule(*was), after, True, (STRANGER,))])
    assert plan.flows[0] is before
    assert s.outline(plan)[1:] == [f"receiver_removed: {'update' if left else 'delete'} rule acx_part_01"] * len(told)


@pytest.mark.parametrize(
    ("table", "there", "more", "message"),
    [
        (ODD, True, {}, f"the configured table's analysis rule of type SPARK {NO}"),
        (ONE, True, {"unsupported": {HERE["id"]: "odd"}}, "odd"),
        (ODD, False, {}, f"the configured table's analysis rule of type SPARK {NO}; it is not associated"),
    ],
)
def test_what_is_not_known_is_refused_in_a_verdict(table: Data, there: bool, more: Data, message: str) -> None:
    (verdict,) = verdicts([HERE] if there else [], [table], {}, **more)
    assert verdict["state"] == "refused"
    assert verdict["reasons"] == [{"message": message, "advice": readiness.NEWER}]
