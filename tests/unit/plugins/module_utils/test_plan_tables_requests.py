# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the requests and items of plans for tables hold, and to whom rules give results."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import TABLE_ASSOCIATION, Action, Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_tables import plan_tables
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import Review
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples as s
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import Data, association, member, rule
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import check_plan

ONE, OWN, PARTNER, OTHER, STRANGER, ROLE = s.ONE, s.OWN, s.PARTNER, s.OTHER, s.STRANGER, s.ROLE
HERE = association(ONE, "acx_part_01")
ADDRESS = {"membershipIdentifier": s.MEMBERSHIP, "configuredTableAssociationIdentifier": HERE["id"]}
OTHER_ROLE = f"arn:aws:iam::{OWN}:role/other"
BOTH = (s.ANALYSIS, s.ANALYSIS.replace("us-east-1", "eu-west-1"))


def plan_of(wanted: Data, *found: Data, of: Data = ONE, given: s.Record | None = None, **more: Any) -> Plan:
    """Return the plan for one table."""
    plan = plan_tables(given or s.record(), s.options(**wanted), s.state(*found, **more), [of])
    check_plan(plan)
    return plan


def item_of(plan: Plan) -> Data:
    """Return the item of a plan's one flow."""
    (flow,) = plan.flows
    return flow.item or {}


def now(plan: Plan) -> Data:
    """Return the one item of a plan, whether something is done for it or not."""
    (item,) = [*plan.items, *(flow.item or {} for flow in plan.flows)]
    return item


def test_creation() -> None:
    plan = plan_of({"description": "Daily", "tags": {"Team": "x"}})
    made, ruled = plan.actions
    told = {"description": "Daily", "tags": {"Team": "x"}}
    least = {"membershipIdentifier": s.MEMBERSHIP, "configuredTableIdentifier": ONE["id"]}
    least.update(name="acx_part_01", roleArn=ROLE)
    assert made.request == {**least, **told}
    after = {"configured_table_name": "part_01", "role_arn": ROLE, **told}
    assert (made.before, made.after) == (None, after)
    policy = {"allowedResultReceivers": [PARTNER], "allowedAdditionalAnalyses": []}
    # Apply puts in the id of the association once it is made.
    sent = {"membershipIdentifier": s.MEMBERSHIP, "analysisRuleType": "CUSTOM"}
    assert ruled.request == {**sent, "analysisRulePolicy": {"v1": {"custom": policy}}}
    assert item_of(plan) == {**after, "name": "acx_part_01", "configured_table_id": ONE["id"], "analysis_rule": rule()}
    for nothing in ({"description": ""}, {"tags": {}}, {}):
        assert plan_of(nothing).actions[0].request == least
    # An invitation that is not accepted yet has no membership.
    plan = plan_tables(s.record(membership_id=""), s.options(), s.state(membership_id=""), [ONE])
    assert plan.actions[0].request == {**least, "membershipIdentifier": ""}


def test_deletion() -> None:
    (action,) = plan_of({"state": "absent"}, HERE).actions
    before = {"configured_table_name": "part_01"}
    assert action == Action("delete", TABLE_ASSOCIATION, "acx_part_01", "state is absent", ADDRESS, before)
    (action,) = plan_of({"purge": True}, association(s.table("any"), "acx_any"), of=s.table("any")).actions
    assert action.before == {"configured_table_name": "any"}


def test_what_is_right_is_an_item() -> None:
    ids = {"id": HERE["id"], "arn": HERE["arn"], "configured_table_id": ONE["id"]}
    item = {"name": "acx_part_01", **ids, "configured_table_name": "part_01", "analysis_rule": rule()}
    assert plan_of({}, HERE).items == [item]


def test_limit_by_default_is_the_quota_of_aws() -> None:
    plan = plan_tables(s.record(), s.options(), s.state(), [s.table(f"part_{number:02}") for number in range(1, 29)])
    assert (len(plan.flows), [one.name for one in plan.decisions]) == (25, [f"acx_part_{one}" for one in (26, 27, 28)])
    assert plan.decisions[0].reason.startswith("max_tables is 25 and 0 were associated before")


def test_globs_may_look_like_ids() -> None:
    named = s.table(s.id_of("x"))
    assert plan_of({"include": (named["name"],)}, of=named).actions[0].name == f"acx_{named['name']}"
    assert plan_of({"include": (ONE["id"],)}).flows == []


@pytest.mark.parametrize(
    ("pinned", "strangers"),
    [(None, []), ((), []), ((PARTNER,), [member(STRANGER)]), ((PARTNER,), [member(STRANGER, "INVITED")])],
)
def test_nothing_is_shared_with_members_that_nobody_pinned(pinned: Any, strangers: list[Data]) -> None:
    found = association(ONE, "by hand", None), association(s.table("dim"), "acx_dim")
    everything = {"recreate": True, "purge": True, "check_role": True, "tags": {"a": "b"}}
    record, members = s.record(members=pinned), [*s.MEMBERS, *strangers]
    plan = plan_of(everything, *found, given=record, members=members)
    assert (s.outline(plan), plan.items) == ([f"refuse association {record.label}"], [])
    # Taking back is always allowed, and so is a membership named without a record.
    plan = plan_of({"state": "absent"}, HERE, given=record, members=members)
    assert s.outline(plan) == ["removed: delete association acx_part_01"]
    assert len(plan_of({}, given=s.record(members=pinned, pinned=False), members=members).flows) == 1


class TestReceivers:
    MEMBERS = (member(OWN), member(PARTNER), member(OTHER), member(STRANGER, "LEFT"))
    PINNED, WAS = (PARTNER, OTHER), rule(PARTNER, OTHER, STRANGER)
    RETYPED = "the configured table's analysis rule is CUSTOM now, not LIST"
    TO_BOTH, TO_OTHER, ANALYSES = f"new receiver {PARTNER}, {OTHER}", f"new receiver {OTHER}", "additional_analyses"
    NOBODY = "nobody may receive results any more, and the rule names"
    GONE, NO_RULE = "repaired: delete rule acx_part_01", "associated: create association acx_part_01"
    TAKEN_OUT = "receiver_removed: {} rule acx_part_01"

    def plan(self, wanted: Any, *found: Data, own: Any = None, **more: Any) -> Plan:
        given = s.record(members=self.PINNED, result_receivers=own)
        found_rules = {HERE["id"]: self.WAS}
        wanted = {"result_receivers": wanted, **more}
        return plan_of(wanted, *found, given=given, members=list(self.MEMBERS), rules=found_rules)

    @pytest.mark.parametrize(
        ("own", "wanted", "expected"),
        [
            (None, None, rule(PARTNER, OTHER)),
            (None, (OTHER,), rule(OTHER)),
            ((PARTNER,), (OTHER,), rule(PARTNER)),
            ((), (OTHER,), None),
            (None, (), None),
        ],
    )
    def test_record_comes_before_options(self, own: Any, wanted: Any, expected: Data | None) -> None:
        assert item_of(self.plan(wanted, own=own)).get("analysis_rule") == expected
        # What is there already is made so too, and a member that left drops out.
        plan = self.plan(wanted, HERE, own=own)
        assert s.outline(plan)[0] == self.TAKEN_OUT.format("update" if expected else "delete")
        assert (plan.actions[0].before, plan.actions[0].after) == (self.WAS, expected)

    @pytest.mark.parametrize("them", [member(PARTNER, abilities=("CAN_QUERY",)), member(PARTNER, "LEFT")])
    def test_nobody_can(self, them: Data) -> None:
        for found, expected in (([], self.NO_RULE), ([HERE], self.GONE)):
            plan = plan_of({}, *found, members=[member(OWN), them])
            assert s.outline(plan) == [expected, "skip rule acx_part_01"]
            assert "analysis_rule" not in item_of(plan)
        assert plan.actions[0].request == {**ADDRESS, "analysisRuleType": "CUSTOM"}
        why = "no active member can receive results, so that there is no rule and nobody can query"
        assert plan.decisions[0].reason == why

    def test_nobody_was_reviewed(self) -> None:
        for found, expected in (([], self.NO_RULE), ([HERE], self.TAKEN_OUT.format("delete"))):
            given = s.record(members=self.PINNED, reviewed=Review(()))
            plan = plan_of({}, *found, given=given, members=[member(PARTNER, name="P")])
            assert s.outline(plan) == [expected, f"skip rule {PARTNER} (P)", "skip rule acx_part_01"]
            assert [one.reason.partition(",")[0] for one in plan.decisions] == [
                "can receive results and was not reviewed as a receiver",
                "nobody who may receive results was reviewed",
            ]
            assert plan_of({"analysis_rule": False}, *found, given=given, members=[member(PARTNER)]).decisions == []

    @pytest.mark.parametrize("receiver", [OWN, STRANGER, "000000000001"])
    def test_one_that_cannot(self, receiver: str) -> None:
        """It is named, where the list is the record's or it is a member, and the others receive all the same."""
        named = ["skip rule " + receiver] if receiver.startswith("0") else [f"skip rule {receiver} (Member {receiver})"]
        for wanted, own in (((PARTNER, receiver), None), (None, (PARTNER, receiver))):
            plan = self.plan(wanted, own=own)
            told = named if own or receiver in (OWN, STRANGER) else []
            assert s.outline(plan) == [f"{self.NO_RULE}, create rule acx_part_01", *told]
            assert item_of(plan)["analysis_rule"] == rule(PARTNER)
        plan = self.plan((receiver,))
        assert s.outline(plan)[0] == self.NO_RULE
        why = "result_receivers names nobody who may receive results, so that there is no rule and nobody can query"
        assert plan.decisions[-1].reason == why
        assert s.outline(self.plan((receiver,), analysis_rule=False)) == [self.NO_RULE]

    @pytest.mark.parametrize(
        ("was", "wanted", "expected"),
        [
            (None, {}, [(f"has no rule yet; {TO_BOTH}", (PARTNER, OTHER), False)]),
            (
                rule(PARTNER),
                {},
                [(f"{TO_OTHER}: result_receivers is {[PARTNER]}, not {[PARTNER, OTHER]}", (OTHER,), False)],
            ),
            (rule(rule_type="LIST"), {}, [(RETYPED, (), False), (f"{RETYPED}; {TO_OTHER}", (OTHER,), False)]),
            (
                rule(PARTNER, OTHER),
                {"additional_analyses": BOTH},
                [(f"{ANALYSES} is [], not {[*BOTH[::-1]]}", (), False)],
            ),
            (
                rule(PARTNER, OTHER, analyses=BOTH),
                {"additional_analyses": ()},
                [(f"{ANALYSES} is {[*BOTH[::-1]]}, not []", (), True)],
            ),
            (rule(PARTNER, OTHER), {"result_receivers": ()}, [(f"{NOBODY} {[PARTNER, OTHER]}", (), True)]),
        ],
    )
    def test_who_receives_by_a_change(self, was: Data | None, wanted: Data, expected: list[Any]) -> None:
        """Reasons, new receivers, and whether a rule only narrows: such an action comes first, whatever else fails."""
        rules = {HERE["id"]: was} if was else {}
        given = s.record(members=self.PINNED)
        plan = plan_of(wanted, HERE, given=given, members=list(self.MEMBERS), rules=rules)
        assert [(one.reason, one.new_receivers, one.narrows) for one in plan.flows[0].actions] == expected
        assert [one.name for one in plan.flows[0].actions] == ["acx_part_01"] * len(expected)
        assert plan.actions[0].before == was


LISTED, MANY = rule(rule_type="LIST", analyses=BOTH), rule(analyses=BOTH)
# The rule that is there, options, and what is done: action, before, after.
RULES: dict[str, tuple[Data | None, Data, list[tuple[str, Data | None, Data | None]]]] = {
    "right": (rule(), {}, []),
    "missing": (None, {}, [("create", None, rule())]),
    "one too many": (rule(PARTNER, STRANGER), {}, [("update", rule(PARTNER, STRANGER), rule())]),
    "switched off": (rule(STRANGER), {"analysis_rule": False}, []),
    "none and switched off": (None, {"analysis_rule": False}, []),
    "analyses are kept": (MANY, {}, []),
    "analyses in another order": (MANY, {"additional_analyses": BOTH[::-1]}, []),
    "analyses kept in a change": (
        rule(OTHER, analyses=BOTH),
        {},
        [("delete", rule(OTHER, analyses=BOTH), None), ("create", None, MANY)],
    ),
    "analyses taken away": (MANY, {"additional_analyses": ()}, [("update", MANY, rule())]),
    "analyses added": (rule(), {"additional_analyses": BOTH}, [("update", rule(), MANY)]),
    "another type": (LISTED, {}, [("delete", LISTED, None), ("create", None, MANY)]),
}


@pytest.mark.parametrize(("current", "wanted", "expected"), RULES.values(), ids=RULES)
def test_rules(current: Data | None, wanted: Data, expected: list[Any]) -> None:
    here = association(ONE, "acx_part_01", current and current["type"])
    plan = plan_of(wanted, here, rules={here["id"]: current} if current else {})
    assert [(one.action, one.before, one.after) for one in plan.actions] == expected
    assert now(plan).get("analysis_rule") == (expected[-1][2] if expected else current)
    for action in plan.actions:
        told = action.after or action.before or {}
        keys = ("allowedResultReceivers", "allowedAdditionalAnalyses")
        policy = dict(zip(keys, (told["result_receivers"], told["additional_analyses"]), strict=True))
        sent = {"analysisRulePolicy": {"v1": {told["type"].lower(): policy}}} if action.after else {}
        assert action.request == {**ADDRESS, "analysisRuleType": told["type"], **sent}


@pytest.mark.parametrize("own_type", ["CUSTOM", "LIST", "AGGREGATION"])
def test_type_of_rules_follows_the_table(own_type: str) -> None:
    request = plan_of({}, of=s.table("part_01", own_type)).actions[1].request
    assert (request["analysisRuleType"], [*request["analysisRulePolicy"]["v1"]]) == (own_type, [own_type.lower()])


@pytest.mark.parametrize("current", [None, rule(), rule(STRANGER)])
def test_table_has_no_rule_of_its_own(current: Data | None) -> None:
    here = association(ONE, "acx_part_01", current and "CUSTOM")
    plan = plan_of({}, here, of=s.table("part_01", None), rules={here["id"]: current} if current else {})
    # Only who was never reviewed is taken out.
    taken = current == rule(STRANGER)
    assert s.outline(plan) == ["receiver_removed: delete rule acx_part_01"] * taken + ["skip rule acx_part_01"]
    assert now(plan).get("analysis_rule") == (None if taken else current)


@pytest.mark.parametrize(
    ("found", "wanted", "sent"),
    [
        ({"roleArn": OTHER_ROLE}, {}, {"roleArn": ROLE}),
        ({"roleArn": OTHER_ROLE}, {"check_role": False}, {}),
        ({"roleArn": OTHER_ROLE, "description": "old"}, {}, {"roleArn": ROLE}),
        ({"roleArn": ROLE}, {}, {}),
        ({"roleArn": ROLE, "description": ""}, {}, {}),
        ({"roleArn": ROLE, "description": "old"}, {}, {}),
        ({"roleArn": ROLE}, {"description": "new"}, {"description": "new"}),
        ({"roleArn": ROLE, "description": "old"}, {"description": "new"}, {"description": "new"}),
        ({"roleArn": ROLE, "description": "old"}, {"description": ""}, {"description": ""}),
        ({"roleArn": ROLE}, {"description": ""}, {}),
    ],
)
def test_role_and_description(found: Data, wanted: Data, sent: Data) -> None:
    plan = plan_of({"check_role": True, **wanted}, HERE, details={HERE["id"]: found})
    assert [one.request for one in plan.actions] == ([{**ADDRESS, **sent}] if sent else [])
    whole = {key: value for key, value in {**found, **sent}.items() if value}
    assert (now(plan)["role_arn"], now(plan).get("description")) == (whole["roleArn"], whole.get("description"))
    if sent == {"roleArn": ROLE}:
        before, after = {"role_arn": OTHER_ROLE}, {"role_arn": ROLE}
        assert [(one.before, one.after) for one in plan.actions] == [(before, after)]


@pytest.mark.parametrize(
    ("wanted", "purge", "keys", "after"),
    [(None, True, [], {"a": "1"}), ({"b": "2"}, True, ["tags", "tagKeys"], {"b": "2"}), ({}, True, ["tagKeys"], {}),
     ({}, False, [], {"a": "1"}), ({"b": "2"}, False, ["tags"], {"a": "1", "b": "2"})],
)  # fmt: skip
def test_tags(wanted: Data | None, purge: bool, keys: list[str], after: Data) -> None:
    plan = plan_of({"tags": wanted, "purge_tags": purge}, HERE, tags={HERE["id"]: {"a": "1"}})
    assert [[*one.request] for one in plan.actions] == [["resourceArn", key] for key in keys]
    assert all(one.request["resourceArn"] == HERE["arn"] for one in plan.actions)
    assert now(plan).get("tags", {}) == after


def test_all_at_once() -> None:
    bad = association(ONE, "acx_part_01", None)
    wanted = {"check_role": True, "tags": {"new": "y"}}
    plan = plan_of(wanted, bad, details={bad["id"]: {"roleArn": OTHER_ROLE}}, tags={bad["id"]: {"old": "x"}})
    steps = ("update association", "update tags", "delete tags", "create rule")
    assert s.outline(plan) == [f"new_receiver: {', '.join(f'{step} acx_part_01' for step in steps)}"]


MANY_FOR_A_STRANGER = rule(STRANGER, analyses=BOTH)
# Options, tags and rule that are there; the description, tags and rule of what is made again.
REMADE: dict[str, tuple[Data, Data, Data, str, Data, Data]] = {
    "all come along": ({}, {"Team": "x"}, MANY_FOR_A_STRANGER, "mine", {"Team": "x"}, MANY),
    "all are given": (
        {"description": "new", "tags": {"a": "b"}, "additional_analyses": ()},
        {"Team": "x"}, MANY_FOR_A_STRANGER, "new", {"a": "b"}, rule(),
    ),
    "tags are not purged": (
        {"tags": {"a": "b"}, "purge_tags": False},
        {"Team": "x", "a": "0"}, rule(), "mine", {"Team": "x", "a": "b"}, rule(),
    ),
    "tags are AWS's own": ({}, {"Team": "x", "aws:stack": "y"}, rule(), "mine", {"Team": "x"}, rule()),
    "rules are switched off": ({"analysis_rule": False}, {"a": "b"}, rule(OTHER), "mine", {"a": "b"}, rule(OTHER)),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "tags", "was", "description", "sent", "after"), REMADE.values(), ids=REMADE)
def test_made_again(wanted: Data, tags: Data, was: Data, description: str, sent: Data, after: Data) -> None:
    old = association(ONE, "by hand")
    details = {old["id"]: {"roleArn": OTHER_ROLE, "description": "mine"}}
    found = {"details": details, "tags": {old["id"]: tags}, "rules": {old["id"]: was}}
    plan = plan_of({"recreate": True, **wanted}, old, given=s.record(members=(PARTNER, OTHER)), **found)
    taken = ["delete"] if was == MANY_FOR_A_STRANGER else []
    assert [one.action for one in plan.actions] == [*taken, "delete", "create", "create"]
    made, ruled = plan.actions[-2:]
    told = {"description": description, "tags": sent}
    assert {key: made.request[key] for key in ("roleArn", *told)} == {"roleArn": ROLE, **told}
    ids = {"name": "acx_part_01", "configured_table_id": ONE["id"], "configured_table_name": "part_01"}
    assert item_of(plan) == {**ids, "role_arn": ROLE, **told, "analysis_rule": after}
    # The rule is a new one, on an association whose id is not known yet.
    assert (ruled.action, ruled.before, ruled.after) == ("create", None, after)
    assert "configuredTableAssociationIdentifier" not in ruled.request


def test_made_again_for_those_alone_who_are_to_receive() -> None:
    old = association(ONE, "by hand")
    found = {"rules": {old["id"]: rule(PARTNER, OTHER, STRANGER)}, "members": [*s.MEMBERS, member(OTHER)]}
    wanted = {"recreate": True, "result_receivers": (PARTNER,)}
    plan = plan_of(wanted, old, given=s.record(members=(PARTNER, OTHER)), **found)
    assert [one.action for one in plan.actions] == ["update", "delete", "create", "create"]
    assert plan.actions[0].after == plan.actions[-1].after == rule()
