# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Repair: what drifted is mended, what AWS can only make again is made again one at a time, the rest is reported."""

from __future__ import annotations

from typing import Any

from engine_world import OTHER, PARTNER, ROLE, TABLES, Data, RunModule, joined, records, scenario, shared, writes

from emulator import Emulator


def association(table: str, **more: Any) -> Data:
    """One association of the scenario, as it should be unless told otherwise."""
    names = {} if "name" in more else {"prefix": "acx_"}
    return {"tables": [table], "role": ROLE, **names, **more}


def world(emulator: Emulator, *associations: Data, tables: str = "part_{01..03}") -> list[Data]:
    """A membership with these associations; the record of its collaboration."""
    base = scenario(1, tables, memberships=joined(associations=list(associations)))
    reader = {"account": OTHER, "display_name": "Other", "status": "ACTIVE", "abilities": ["CAN_RECEIVE_RESULTS"]}
    base["collaborations"][0]["members"].append(reader)
    emulator.reset(base)
    return records(emulator, members=[PARTNER, OTHER], result_receivers=[PARTNER])


def right(*tables: str) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """What C(by_name) shows when these tables are as they should be."""
    return {f"acx_{table}": (table, ROLE, (PARTNER,)) for table in tables}


def by_name(emulator: Emulator) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    return {name: content for (_membership, name), content in shared(emulator).items()}


def mend(emulator: Emulator, run: RunModule, wanted: list[Data], **options: Any) -> Data:
    """Foretell, do, and find nothing left to do; the answer of the real run."""
    foretold = run("table_association", check=True, collaborations=wanted, **TABLES, **options)
    assert writes(emulator) == []
    real = run("table_association", collaborations=wanted, **TABLES, **options)
    assert foretold["collaborations"][0]["actions"] == real["collaborations"][0]["actions"]
    assert foretold["diff"] == real["diff"]
    again = run("table_association", collaborations=wanted, **TABLES, **options)
    assert not again["changed"]
    return real


def test_rules_that_are_missing_or_wrong(emulator: Emulator, run: RunModule) -> None:
    wanted = world(
        emulator,
        association("part_01", rule="none"),
        association("part_02", rule={"receivers": [OTHER]}),
        association("part_03"),
    )
    real = mend(emulator, run, wanted)
    assert by_name(emulator) == right("part_01", "part_02", "part_03")
    assert writes(emulator).count("CreateConfiguredTableAssociationAnalysisRule") == 1
    assert writes(emulator).count("UpdateConfiguredTableAssociationAnalysisRule") == 2
    assert real["collaborations"][0]["summary"]["repaired"] == 3


def test_role_and_description_only_when_compared(emulator: Emulator, run: RunModule) -> None:
    rule = {"receivers": [PARTNER]}
    wanted = world(
        emulator,
        association("part_01", role="another-role", rule=rule, description="Old"),
        association("part_02", rule=rule),
        association("part_03", rule=rule),
    )
    assert not run("table_association", collaborations=wanted, description="New", **TABLES)["changed"]
    mend(emulator, run, wanted, compare_role=True, description="New")
    assert by_name(emulator) == right("part_01", "part_02", "part_03")
    described = {one["description"] for one in emulator.control.state()["table_associations"]}
    assert described == {"New"}


def test_tags_in_the_users_case(emulator: Emulator, run: RunModule) -> None:
    rule = {"receivers": [PARTNER]}
    world_tables = [association(f"part_0{number}", rule=rule, tags={"Old": "1", "same": "x"}) for number in (1, 2, 3)]
    wanted = world(emulator, *world_tables)
    mend(emulator, run, wanted, tags={"TeamName": "Data", "same": "x"}, purge_tags=False)
    emulator.control.clear_log()
    mend(emulator, run, wanted, tags={"TeamName": "Data"})
    assert [one["tags"] for one in emulator.control.state()["table_associations"]] == [{"TeamName": "Data"}] * 3


def test_wrong_names_are_reported_and_mended_on_request(emulator: Emulator, run: RunModule) -> None:
    wanted = world(
        emulator,
        association("part_01", name="by_hand", rule={"receivers": [OTHER]}, description="Mine", tags={"Keep": "Me"}),
        association("part_02", rule={"receivers": [PARTNER]}),
        association("part_03", rule={"receivers": [PARTNER]}),
    )
    reported = run("table_association", collaborations=wanted, **TABLES)
    assert "by_hand: is associated under this name, not as acx_part_01" in str(reported["warnings"])
    assert by_name(emulator)["by_hand"] == ("part_01", ROLE, (PARTNER,))
    emulator.control.clear_log()
    mend(emulator, run, wanted, recreate=True)
    assert by_name(emulator) == right("part_01", "part_02", "part_03")
    mended = next(one for one in emulator.control.state()["table_associations"] if one["name"] == "acx_part_01")
    assert (mended["description"], mended["tags"]) == ("Mine", {"Keep": "Me"})
    assert writes(emulator) == [
        "DeleteConfiguredTableAssociation",
        "CreateConfiguredTableAssociation",
        "CreateConfiguredTableAssociationAnalysisRule",
    ]


def test_names_in_a_chain_are_mended_one_at_a_time_within_the_quota(emulator: Emulator, run: RunModule) -> None:
    wanted = world(
        emulator,
        association("part_01", name="acx_part_02"),
        association("part_02", name="acx_part_03"),
        association("part_03", name="elsewhere"),
    )
    emulator.control.settings(table_associations_per_membership=3)
    mend(emulator, run, wanted, recreate=True, max_tables=3)
    assert by_name(emulator) == right("part_01", "part_02", "part_03")
    done = [name for name in writes(emulator) if "Rule" not in name]
    assert done == ["DeleteConfiguredTableAssociation", "CreateConfiguredTableAssociation"] * 3


def test_names_in_a_circle_are_refused(emulator: Emulator, run: RunModule) -> None:
    wanted = world(emulator, association("part_01", name="acx_part_02"), association("part_02", name="acx_part_01"))
    answer = run("table_association", collaborations=wanted, recreate=True, **TABLES)
    assert "these names are held in a circle" in str(answer["warnings"])
    assert sorted(by_name(emulator)) == ["acx_part_01", "acx_part_02", "acx_part_03"]


def test_our_name_held_by_a_table_that_is_not_selected(emulator: Emulator, run: RunModule) -> None:
    wanted = world(emulator, association("dim", name="acx_part_01"), tables="{part_01,part_02,dim}")
    answer = run("table_association", collaborations=wanted, **TABLES)
    assert "acx_part_01: the name is held by the association of another table, dim" in str(answer["warnings"])
    assert by_name(emulator)["acx_part_01"][0] == "dim"
    emulator.control.clear_log()
    mend(emulator, run, wanted, recreate=True)
    assert by_name(emulator) == right("part_01", "part_02")


def test_purge_takes_what_is_ours_and_not_selected(emulator: Emulator, run: RunModule) -> None:
    wanted = world(
        emulator,
        association("old_01"),
        association("old_02", name="theirs"),
        tables="{part_01,part_02,old_01,old_02}",
    )
    emulator.control.settings(table_associations_per_membership=3)
    mend(emulator, run, wanted, purge=True, max_tables=3)
    assert by_name(emulator) == {**right("part_01", "part_02"), "theirs": ("old_02", ROLE, (PARTNER, OTHER))}


def test_a_create_that_fails_after_the_delete_says_what_is_missing(emulator: Emulator, run: RunModule) -> None:
    wanted = world(emulator, association("part_01", name="by_hand"), association("part_02", name="by_hand_too"))
    denied = {"code": "ValidationException", "message": "no"}
    emulator.control.fault(
        operation="CreateConfiguredTableAssociation", parameters={"name": "acx_part_01"}, error=denied
    )
    answer = run("table_association", fails=True, collaborations=wanted, recreate=True, **TABLES)
    assert "by_hand is deleted already, so that this is missing until a run makes it again, as {" in answer["msg"]
    assert "by_hand_too" in by_name(emulator)
    again = run("table_association", collaborations=wanted, recreate=True, **TABLES)
    assert again["changed"]
    assert by_name(emulator) == right("part_01", "part_02", "part_03")


def test_two_configured_tables_of_one_name(emulator: Emulator, run: RunModule) -> None:
    base = scenario(memberships=joined())
    base["configured_tables"].append(
        {"account": "111122223333", "names": ["part_01"], "id": "0" * 8 + "-1111" * 3 + "-" + "2" * 12}
    )
    emulator.reset(base)
    answer = run("table_association", fails=True, collaborations=records(emulator), **TABLES)
    assert "include: 'part_01' is the name of two configured tables" in answer["msg"]
    assert writes(emulator) == []
