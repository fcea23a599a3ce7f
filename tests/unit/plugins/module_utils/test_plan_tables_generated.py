# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Generated situations: carrying out a plan breaks no rule of AWS, and a plan of the result is empty."""

from __future__ import annotations

import copy
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.acx.cleanrooms.plugins.module_utils import _plan as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Action, Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_tables import plan_tables
from ansible_collections.acx.cleanrooms.plugins.module_utils._tables import TableOptions, TableState, describe_rule
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples as s
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import Data, association, table
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import check_plan

OTHER, PARTNER, STRANGER = s.OTHER, s.PARTNER, s.STRANGER
TABLE_NAMES = ("part_01", "part_02", "part_03", "part_04", "dim_day")
NAMES = (*(f"acx_{name}" for name in TABLE_NAMES), "acx_old", "acx_older", "part_01", "by hand")
RULE_TYPES = st.sampled_from(["CUSTOM", "CUSTOM", "LIST", None])
TAG_SETS = st.sampled_from([{}, {"a": "1"}, {"a": "2", "b": "1"}, {"aws:stack": "x", "b": "1"}])
RECEIVERS = st.sampled_from([(PARTNER,), (STRANGER,), (PARTNER, OTHER), ()])
RULES = st.builds(describe_rule, st.sampled_from(["CUSTOM", "LIST"]), RECEIVERS, st.sampled_from([(), (s.ANALYSIS,)]))


class World:
    """A membership in memory that keeps AWS's rules."""

    def __init__(self, tables: list[Data], associations: list[Data], quota: int) -> None:
        self.tables, self.quota, self.made = tables, quota, 0
        self.associations = {one["id"]: one for one in associations}

    def carry_out(self, action: Action, made_in_flow: str) -> str:
        """Do what an action says; return the id of the association that the flow works on."""
        request = action.request
        association_id = request.get("configuredTableAssociationIdentifier", made_in_flow)
        if action.resource == code.TAGS:
            self.tag(request)
        elif action.resource == code.ANALYSIS_RULE:
            self.write_rule(action, self.associations[association_id])
        elif action.action == "create":
            return self.create(request)
        elif action.action == "update":
            for key in ("roleArn", "description"):
                self.associations[association_id][key] = request.get(key, self.associations[association_id][key])
        else:
            del self.associations[association_id]
        return association_id

    def create(self, request: Data) -> str:
        there = self.associations.values()
        assert request["name"] not in [one["name"] for one in there], "name conflict"
        assert request["configuredTableIdentifier"] not in [one["configuredTableId"] for one in there], "table conflict"
        assert len(there) < self.quota, "quota exceeded"
        assert not any(key.startswith("aws:") for key in request.get("tags", {}))
        (of,) = [one for one in self.tables if one["id"] == request["configuredTableIdentifier"]]
        self.made += 1
        made = present(of, request["name"], request["roleArn"], request.get("description", ""))
        made.update(id=f"made {self.made}", arn=f"arn {self.made}", tags=dict(request.get("tags", {})))
        self.associations[made["id"]] = made
        return str(made["id"])

    def tag(self, request: Data) -> None:
        (tagged,) = [one for one in self.associations.values() if one["arn"] == request["resourceArn"]]
        set_, removed = request.get("tags", {}), request.get("tagKeys", [])
        assert not any(key.startswith("aws:") for key in [*set_, *removed])
        tagged["tags"] = {key: value for key, value in {**tagged["tags"], **set_}.items() if key not in removed}

    def write_rule(self, action: Action, of: Data) -> None:
        rule_type = action.request["analysisRuleType"]
        assert (of["rule"] and of["rule"]["type"]) == (None if action.action == "create" else rule_type), (
            "rule conflict"
        )
        if action.action == "delete":
            of["rule"] = None
            return
        policy = action.request["analysisRulePolicy"]["v1"][rule_type.lower()]
        of["rule"] = describe_rule(rule_type, policy["allowedResultReceivers"], policy["allowedAdditionalAnalyses"])
        assert of["rule"] == action.after

    def state(self, members: list[Data]) -> TableState:
        """Return everything that can be read."""
        there = [
            {**one, "analysisRuleTypes": [one["rule"]["type"]] if one["rule"] else []}
            for one in copy.deepcopy(list(self.associations.values()))
        ]
        rules = {one["id"]: one["rule"] for one in there if one["rule"]}
        tags = {one["id"]: one["tags"] for one in there}
        return TableState(s.OWN, s.MEMBERSHIP, members, there, rules, {one["id"]: one for one in there}, tags)


def present(of: Data, name: str, role: str, description: str) -> Data:
    """Return an association with all there is of it."""
    return {**association(of, name), "roleArn": role, "description": description, "tags": {}, "rule": None}


Situation = tuple[TableOptions, World, list[Data]]


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Return options, a membership, and the members of its collaboration."""
    tables = [table(name, draw(RULE_TYPES)) for name in TABLE_NAMES]
    twin, gone = table("part_01", draw(RULE_TYPES), key="twin"), table("gone")
    associated = draw(st.lists(st.sampled_from([*tables, twin, gone]), unique_by=lambda one: one["id"]))
    names = draw(st.permutations(NAMES))
    associations = []
    for of, name in zip(associated, names, strict=False):
        wanted_name = f"acx_{of['name']}"
        taken = [one["name"] for one in associations]
        right = draw(st.booleans()) and wanted_name not in taken
        if not right and name in taken:
            continue
        one = present(of, wanted_name if right else name, draw(st.sampled_from([s.ROLE, f"{s.ROLE}2"])), "")
        one.update(rule=draw(st.none() | RULES), tags=draw(TAG_SETS), description=draw(st.sampled_from(["", "old"])))
        associations.append(one)
    chosen = draw(st.lists(st.sampled_from([*tables, twin]), unique_by=lambda one: one["name"]))
    limit = draw(st.integers(1, 7))
    wanted = s.options(
        state=draw(st.sampled_from(["present", "present", "present", "absent"])),
        include=(),
        configured_table_ids=tuple(one["id"] for one in chosen),
        max_tables=limit,
        description=draw(st.sampled_from([None, "", "new"])),
        tags=draw(st.none() | st.sampled_from([{}, {"a": "1"}, {"c": "3"}])),
        additional_analyses=draw(st.sampled_from([None, (), (s.ANALYSIS,)])),
        **{key: draw(st.booleans()) for key in ("purge_tags", "analysis_rule", "check_role", "recreate", "purge")},
    )
    world = World([*tables, twin], associations, max(limit, len(associations)))
    others = draw(st.sampled_from([[PARTNER], [PARTNER], [PARTNER, OTHER], []]))
    return wanted, world, [s.member(s.OWN, abilities=()), *map(s.member, others)]


def carry_out(plan: Plan, world: World, shared: set[str], chance: random.Random) -> None:
    """Carry out a plan with its lanes mixed at random, as concurrent workers would."""
    lanes: dict[Any, list[tuple[int, Action]]] = {}
    for number, flow in enumerate(plan.flows):
        lanes.setdefault(flow.lane or number, []).extend((number, action) for action in flow.actions)
    waiting = list(lanes.values())
    made: dict[int, str] = {}
    while waiting:
        lane = chance.choice(waiting)
        number, action = lane.pop(0)
        made[number] = world.carry_out(action, made.get(number, ""))
        away = shared - {one["configuredTableId"] for one in world.associations.values()}
        assert len(away) <= 1, "more than one table is away"
        waiting = [one for one in waiting if one]


def essence(items: list[Data], wanted: TableOptions) -> list[Data]:
    """Return what a plan says there will be, without ids and what not every plan looks at."""
    keys = ["name", "configured_table_id", "configured_table_name", "analysis_rule"]
    keys += ["role_arn", "description"] if wanted.check_role else []
    return sorted(({key: item.get(key) for key in keys} for item in items), key=lambda item: str(item["name"]))


PINNED = s.record(members=(PARTNER, OTHER))


@settings(max_examples=120)
@given(situations(), st.integers(0, 2**32))
def test_carried_out_it_breaks_no_rule_and_nothing_is_left_to_do(situation: Situation, seed: int) -> None:
    wanted, world, members = situation
    selected = set(wanted.configured_table_ids)
    before = {one["configuredTableId"] for one in world.associations.values()}
    plan = plan_tables(PINNED, wanted, world.state(members), world.tables)
    check_plan(plan)
    shared = before & selected if wanted.state == "present" else set()
    carry_out(plan, world, shared, random.Random(seed))
    after = {one["configuredTableId"] for one in world.associations.values()}
    assert shared <= after, "a table that was shared is not any more"

    again = plan_tables(PINNED, wanted, world.state(members), world.tables)
    assert again.flows == []
    predicted = plan.items + [flow.item for flow in plan.flows if flow.item]
    assert essence(predicted, wanted) == essence(again.items, wanted)


@settings(max_examples=50)
@given(situations())
def test_nothing_is_shared_with_members_that_nobody_pinned(situation: Situation) -> None:
    wanted, world, members = situation
    strangers = [*members, s.member(STRANGER, "INVITED")]
    plan = plan_tables(PINNED, wanted, world.state(strangers), world.tables)
    check_plan(plan)
    written = [one for flow in plan.flows for one in flow.actions]
    if wanted.state == "absent":
        assert {(one.action, one.resource) for one in written} <= {("delete", code.TABLE_ASSOCIATION)}
        return
    # Nothing but a receiver whom nobody reviewed goes, from every rule that is ours to write.
    assert [one.action for one in plan.decisions] == ["refuse"]
    assert all((one.narrows, one.removed_receivers) == (True, (STRANGER,)) for one in written)
    carry_out(plan, world, set(), random.Random(0))
    covered = [one for one in world.associations.values() if one["configuredTableId"] in wanted.configured_table_ids]
    ruled = [one["name"] for one in covered if one["rule"] and STRANGER in one["rule"]["result_receivers"]]
    assert not (wanted.analysis_rule and ruled)
    assert plan_tables(PINNED, wanted, world.state(strangers), world.tables).flows == []


@settings(max_examples=100)
@given(situations())
def test_what_is_not_ours_is_never_touched(situation: Situation) -> None:
    """Without C(recreate), which may take a wanted name from its holder, others' associations stay as they are."""
    wanted, world, members = situation
    selected = set(wanted.configured_table_ids)
    plan = plan_tables(PINNED, wanted, world.state(members), world.tables)
    others = [one for one in world.associations.values() if one["configuredTableId"] not in selected]
    foreign = {one["id"] for one in others if not one["name"].startswith("acx_")}
    touched = {action.request.get("configuredTableAssociationIdentifier") for action in plan.actions}
    assert not foreign & touched
