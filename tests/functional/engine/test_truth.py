# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode is the truth: over generated situations its prediction is what the real run then does."""

from __future__ import annotations

from typing import Any

from engine_world import (
    NAMESPACE,
    NAMESPACES,
    OTHER,
    PARTNER,
    READER,
    ROLE,
    TABLES,
    Data,
    World,
    joined,
    member,
    records,
    scenario,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = ["part_01", "part_02", "part_03", "part_04", "dim_01"]
RECEIVERS = [[], [PARTNER], [OTHER], [PARTNER, OTHER]]


@st.composite
def associations(draw: st.DrawFn) -> list[Data]:
    """What may be there: tables under right, foreign and each other's names, with any rule and role."""
    tables = draw(st.lists(st.sampled_from(NAMES), unique=True))
    free = [f"acx_{name}" for name in NAMES] + ["by_hand", "acx_old"]
    there = []
    for table in tables:
        right = f"acx_{table}"
        name = right if right in free and draw(st.booleans()) else draw(st.sampled_from(free))
        free.remove(name)
        rule = draw(st.sampled_from(["none", *({"receivers": one} for one in RECEIVERS)]))
        there.append(
            {
                "tables": [table],
                "name": name,
                "rule": rule,
                "role": draw(st.sampled_from([ROLE, "another-role"])),
                "tags": draw(st.sampled_from([{}, {"Team": "data"}, {"old": "1"}])),
                "description": draw(st.sampled_from(["", "Mine"])),
            }
        )
    return there


TABLE_OPTIONS = st.fixed_dictionaries(
    {
        "include": st.sampled_from([["part_*"], ["part_01", "part_02"], ["*"]]),
        "max_tables": st.integers(1, 6),
        "recreate": st.booleans(),
        "purge": st.booleans(),
        "check_role": st.booleans(),
        "analysis_rule": st.booleans(),
    },
    optional={
        "result_receivers": st.sampled_from(RECEIVERS[1:]),
        "description": st.sampled_from(["", "Ours"]),
        "tags": st.sampled_from([{}, {"Team": "data"}]),
        "purge_tags": st.booleans(),
        "additional_analyses": st.just([]),
        "state": st.sampled_from(["present", "absent"]),
    },
)
NAMESPACE_OPTIONS = st.fixed_dictionaries(
    {"name": st.sampled_from([NAMESPACE, "Other name"]), "recreate": st.booleans()},
    optional={
        "description": st.sampled_from(["", "Ours"]),
        "tags": st.sampled_from([{}, {"Team": "data"}]),
        "allow_use_as_dimension_column": st.booleans(),
        "state": st.sampled_from(["present", "absent"]),
    },
)
NAMESPACES_THERE = st.lists(
    st.fixed_dictionaries(
        {"name": st.sampled_from([NAMESPACE, "Other name"]), "namespace": st.sampled_from([NAMESPACE, "Another"])},
        optional={
            "description": st.just("Mine"),
            "tags": st.just({"Team": "data"}),
            "id_mapping_config": st.builds(lambda allowed: {"allowUseAsDimensionColumn": allowed}, st.booleans()),
        },
    ),
    max_size=2,
    unique_by=(lambda one: one["name"], lambda one: one["namespace"]),
)
MEMBERS = st.sampled_from([[PARTNER, OTHER], [PARTNER, OTHER], [PARTNER, OTHER], [PARTNER]])
QUICK = settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def world_with(world: World, members: list[str], **there: Any) -> list[Data]:
    """Begin anew beside a member who may receive; return the record, which pins these members."""
    (record,) = world.join(1, "{part_01,part_02,part_03,part_04,dim_01}", others=(READER,), **there)
    return [{**record, "members": [member(one) for one in members]}]


@QUICK
@given(there=associations(), options=TABLE_OPTIONS, members=MEMBERS)
def test_tables(world: World, there: list[Data], options: Data, members: list[str]) -> None:
    wanted = world_with(world, members, associations=there)
    before = world.shared()
    real = world.settle("table_association", **{**TABLES, **options, "collaborations": wanted})
    after = world.shared()
    if members == [PARTNER] and options.get("state") != "absent":
        assert after == before
    if options.get("state") != "absent":
        assert len(after) <= max(len(before), options["max_tables"])
    assert [one for one in real["collaborations"] if one["summary"]["failed"]] == []


@QUICK
@given(there=NAMESPACES_THERE, options=NAMESPACE_OPTIONS, members=MEMBERS)
def test_namespaces(world: World, there: list[Data], options: Data, members: list[str]) -> None:
    wanted = world_with(world, members, id_namespaces=there)
    world.settle("namespace_association", **{**NAMESPACES, **options, "collaborations": wanted})


@QUICK
@given(
    accepted=st.booleans(),
    options=st.fixed_dictionaries(
        {"accept_payment": st.booleans(), "allowed_receivers": st.sampled_from([[PARTNER], [PARTNER, OTHER], []])},
        optional={
            "query_log_status": st.sampled_from(["ENABLED", "DISABLED"]),
            "job_log_status": st.sampled_from(["ENABLED", "DISABLED"]),
            "tags": st.sampled_from([{}, {"Team": "data"}, {"old": "1"}]),
            "purge_tags": st.booleans(),
            "allowed_members": st.sampled_from([[], [PARTNER], [PARTNER, OTHER]]),
        },
    ),
    leaving=st.sampled_from([{}, {}, {"state": "absent"}, {"state": "absent", "confirm_leaving": True}]),
    pays=st.booleans(),
)
def test_memberships(world: World, accepted: bool, options: Data, leaving: Data, pays: bool) -> None:
    start = scenario(1, "part_01", memberships=joined(tags={"old": "1"}) if accepted else [])
    (one,) = start["collaborations"]
    one["members"][0]["pays"] = pays
    one.update(creator_pays=not pays, query_log_status="ENABLED")
    world.emulator.reset(start)
    ids = [records(world.emulator)[0]["collaboration_id"]]
    world.settle("invitation", collaboration_ids=ids, **options, **leaving)
