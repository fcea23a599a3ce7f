# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check mode is the truth: over generated situations its prediction is what the real run then does."""

from __future__ import annotations

from typing import Any

from engine_world import (
    NAMESPACE,
    NAMESPACE_ARN,
    OTHER,
    PARTNER,
    ROLE,
    Data,
    RunModule,
    joined,
    records,
    scenario,
    shared,
    writes,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import Emulator

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
        "compare_role": st.booleans(),
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


def without_ids(value: Any) -> Any:
    """The same without what only AWS can know."""
    if isinstance(value, dict):
        return {key: without_ids(content) for key, content in value.items() if key not in ("id", "arn")}
    return [without_ids(one) for one in value] if isinstance(value, list) else value


def world(emulator: Emulator, **there: Any) -> None:
    base = scenario(1, "{part_01,part_02,part_03,part_04,dim_01}", memberships=joined(**there))
    reader = {"account": OTHER, "display_name": "Other", "status": "ACTIVE", "abilities": ["CAN_RECEIVE_RESULTS"]}
    base["collaborations"][0]["members"].append(reader)
    emulator.reset(base)


def foretell_do_and_look_again(emulator: Emulator, run: RunModule, module: str, options: Data) -> Data:
    foretold = run(module, check=True, **options)
    assert writes(emulator) == []
    real = run(module, **options)
    assert bool(writes(emulator)) == real["changed"]
    assert without_ids(foretold) == without_ids(real)
    again = run(module, **options)
    assert not again["changed"], again["diff"]
    key = "associations" if module == "table_association" else "id_namespace_associations"
    assert seen_in_lists(again["collaborations"][0][key]) == seen_in_lists(real["collaborations"][0][key])
    return real


def seen_in_lists(items: list[Data]) -> list[Data]:
    """The items without what AWS's lists do not show, and which is known only of what was just written."""
    hidden = ("role_arn", "description", "tags", "allow_use_as_dimension_column")
    return [{key: value for key, value in item.items() if key not in hidden} for item in items]


@QUICK
@given(there=associations(), options=TABLE_OPTIONS, members=MEMBERS)
def test_tables(emulator: Emulator, run: RunModule, there: list[Data], options: Data, members: list[str]) -> None:
    world(emulator, associations=there)
    before = shared(emulator)
    options = {**options, "name_prefix": "acx_", "role": ROLE, "collaborations": records(emulator, members=members)}
    real = foretell_do_and_look_again(emulator, run, "table_association", options)
    after = shared(emulator)
    if members == [PARTNER] and options.get("state") != "absent":
        assert after == before
    if options.get("state") != "absent":
        assert len(after) <= max(len(before), options["max_tables"])
    failed = [one for one in real["collaborations"] if one["summary"]["failed"]]
    assert failed == []


@QUICK
@given(there=NAMESPACES_THERE, options=NAMESPACE_OPTIONS, members=MEMBERS)
def test_namespaces(emulator: Emulator, run: RunModule, there: list[Data], options: Data, members: list[str]) -> None:
    world(emulator, id_namespaces=there)
    wanted = {"id_namespace_arn": NAMESPACE_ARN, **options, "collaborations": records(emulator, members=members)}
    foretell_do_and_look_again(emulator, run, "namespace_association", wanted)


@QUICK
@given(
    accepted=st.booleans(),
    options=st.fixed_dictionaries(
        {"accept_payment": st.booleans()},
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
def test_memberships(
    emulator: Emulator, run: RunModule, accepted: bool, options: Data, leaving: Data, pays: bool
) -> None:
    base = scenario(1, "part_01", memberships=joined(tags={"old": "1"}) if accepted else [])
    base["collaborations"][0]["members"][0]["pays"] = pays
    base["collaborations"][0]["creator_pays"] = not pays
    base["collaborations"][0]["query_log_status"] = "ENABLED"
    emulator.reset(base)
    wanted = {**options, **leaving, "collaboration_ids": [records(emulator)[0]["collaboration_id"]]}
    foretold = run("invitation", check=True, **wanted)
    assert writes(emulator) == []
    real = run("invitation", **wanted)
    for answer in (foretold, real):
        for one in answer["collaborations"]:
            one.pop("membership_id", None)
    assert foretold == real
    assert not run("invitation", **wanted)["changed"]
