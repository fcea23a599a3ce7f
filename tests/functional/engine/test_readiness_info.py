# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""cleanrooms_readiness_info tells what a collaboration lacks, agrees with the writing modules, and writes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from engine_world import (
    NAMESPACE,
    NAMESPACE_ARN,
    OTHER,
    PARTNER,
    PROVIDER,
    ROLE,
    TABLES,
    Data,
    RunModule,
    joined,
    records,
    scenario,
    writes,
)

from ansible_collections.acx.cleanrooms.plugins.module_utils import _read_readiness
from emulator import Emulator

GOOD = {"tables": ["part_{01..03}"], "role": ROLE, "prefix": "acx_"}
WANTED = {**TABLES, "namespace_name": NAMESPACE, "id_namespace_arn": NAMESPACE_ARN}


def states(entry: Data) -> dict[str, str]:
    return {verdict["name"]: verdict["state"] for verdict in entry["tables"]}


def look(run: RunModule, emulator: Emulator, **more: Any) -> Data:
    """Look at everything; nothing may have been written."""
    emulator.control.clear_log()
    answer = run("readiness_info", **{"collaborations": records(emulator), **WANTED, **more})
    assert writes(emulator) == []
    assert answer["changed"] is False
    return answer


def the_one(run: RunModule, emulator: Emulator, **more: Any) -> Data:
    (entry,) = look(run, emulator, **more)["collaborations"]
    assert isinstance(entry, dict)
    return entry


def test_all_is_well(run: RunModule, emulator: Emulator) -> None:
    there = joined(associations=[GOOD], id_namespaces=[{"name": NAMESPACE}])
    emulator.control.reset(scenario(memberships=there))
    answer = look(run, emulator)
    (entry,) = answer["collaborations"]
    assert entry["as_recorded"] is True
    assert states(entry) == {f"acx_part_0{n}": "ready" for n in (1, 2, 3)}
    assert entry["id_namespace"] == {"name": NAMESPACE, "state": "ready", "reasons": []}
    assert (entry["associations_used"], entry["max_tables"]) == (3, 25)
    assert {member["account_id"] for member in entry["members"]} == {PROVIDER, PARTNER}
    assert entry["tables"][0]["result_receivers"] == [PARTNER]
    assert entry["tables"][0]["role_arn"].endswith(f"/{ROLE}")
    assert (answer["account_id"], answer["region"], answer["other_memberships"]) == (PROVIDER, "us-east-1", [])


def test_one_membership_and_tables_by_their_ids(run: RunModule, emulator: Emulator) -> None:
    emulator.control.reset(scenario(memberships=joined(associations=[GOOD])))
    (membership,) = run("membership_info", details=[])["memberships"]
    ids = {table["name"]: table["id"] for table in emulator.control.state()["configured_tables"]}
    answer = run(
        "readiness_info",
        membership_id=membership["membership_id"],
        configured_table_ids=[ids["part_02"]],
        name_prefix="acx_",
        role=ROLE,
    )
    assert states(answer["collaborations"][0]) == {
        "acx_part_01": "unselected",
        "acx_part_02": "ready",
        "acx_part_03": "unselected",
    }


def test_additional_analyses_that_are_missing_from_the_rules(run: RunModule, emulator: Emulator) -> None:
    emulator.control.reset(scenario(memberships=joined(associations=[GOOD])))
    model = f"{PARTNER}:membership/*/configured-model-algorithm-association/*"
    entry = the_one(run, emulator, additional_analyses=[f"arn:aws:cleanrooms-ml:us-east-1:{model}"])
    assert set(states(entry).values()) == {"differs"}
    assert "additional_analyses is []" in entry["tables"][0]["reasons"][0]["message"]


def test_every_state_and_its_advice(run: RunModule, emulator: Emulator) -> None:
    tables = [
        {"account": PROVIDER, "names": ["part_{01..06}", "old"]},
        {"account": PROVIDER, "names": ["part_07"], "providers": []},
    ]
    there = [
        {"tables": ["part_01"], "role": ROLE, "prefix": "acx_"},
        {"tables": ["part_02"], "role": "another-role", "prefix": "acx_"},
        {"tables": ["part_03"], "role": ROLE, "prefix": "acx_", "rule": "none"},
        {"tables": ["part_04"], "role": ROLE, "name": "by_hand"},
        {"tables": ["part_07"], "role": ROLE, "prefix": "acx_"},
        {"tables": ["old"], "role": ROLE, "prefix": "acx_"},
    ]
    emulator.control.reset(scenario(configured_tables=tables, memberships=joined(associations=there)))
    entry = the_one(run, emulator, max_tables=7)
    assert entry["as_recorded"] is False
    assert states(entry) == {
        "acx_old": "unselected",
        "acx_part_01": "ready",
        "acx_part_02": "differs",
        "acx_part_03": "differs",
        "acx_part_05": "missing",
        "acx_part_06": "left_out",
        "acx_part_07": "not_ready",
        "by_hand": "differs",
    }
    check_reasons({verdict["name"]: verdict["reasons"] for verdict in entry["tables"]})
    assert entry["id_namespace"]["state"] == "missing"

    every = ["not_ready", "differs", "missing", "left_out", "unselected"]
    assert the_one(run, emulator, max_tables=7, tolerated_states=every)["as_recorded"] is True
    assert the_one(run, emulator, max_tables=7, tolerated_states=every[1:])["as_recorded"] is False


def check_reasons(said: dict[str, Any]) -> None:
    """Each table that is not ready has its reason, and each reason its advice."""
    assert said["acx_part_01"] == []
    assert "another-role" in said["acx_part_02"][0]["message"]
    assert "cleanrooms_compare_role=true" in said["acx_part_02"][0]["advice"]
    assert "cleanrooms_recreate=true" in said["by_hand"][0]["advice"]
    assert [one.get("code") for one in said["acx_part_03"]] == [None, "COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED"]
    assert "not as acx_part_04" in said["by_hand"][0]["message"]
    assert "max_tables is 7" in said["acx_part_06"][0]["message"]
    assert said["acx_part_07"][0]["code"] == "ANALYSIS_PROVIDERS_NOT_CONFIGURED"
    assert "Terraform" in said["acx_part_07"][0]["advice"]
    assert all(reason["advice"] for reasons in said.values() for reason in reasons)


def test_what_sync_mends_is_as_recorded_afterwards(run: RunModule, emulator: Emulator) -> None:
    bad = [
        {"tables": ["part_01"], "role": "another-role", "prefix": "acx_"},
        {"tables": ["part_02"], "role": ROLE, "name": "by_hand"},
    ]
    emulator.control.reset(scenario(2, memberships=joined(2, associations=bad)))
    assert [one["as_recorded"] for one in look(run, emulator)["collaborations"]] == [False, False]
    run("table_association", collaborations=records(emulator), compare_role=True, recreate=True, **TABLES)
    run(
        "namespace_association",
        collaborations=records(emulator),
        name=NAMESPACE,
        id_namespace_arn=NAMESPACE_ARN,
    )
    assert [one["as_recorded"] for one in look(run, emulator)["collaborations"]] == [True, True]


def test_refused(run: RunModule, emulator: Emulator) -> None:
    """What is shared already is still looked at; the rest is refused, and so is what nobody is pinned for."""
    there = joined(associations=[{**GOOD, "tables": ["part_01"]}])
    emulator.control.reset(scenario(memberships=there))
    emulator.control.add(members=[{"collaboration": "Collaboration 1", "account": OTHER}])
    entry = the_one(run, emulator)
    assert states(entry) == {"acx_part_01": "ready", "acx_part_02": "refused", "acx_part_03": "refused"}
    assert entry["refused"].startswith("members changed: 777788889999")
    assert "cleanrooms_confirm_members" in entry["tables"][1]["reasons"][0]["advice"]
    assert entry["id_namespace"]["state"] == "refused"
    assert entry["as_recorded"] is False
    assert the_one(run, emulator, tolerated_states=["refused"])["as_recorded"] is False


def test_what_is_over_or_switched_off(run: RunModule, emulator: Emulator) -> None:
    there = joined(3, associations=[GOOD], id_namespaces=[{"name": NAMESPACE}])
    there[0]["status"] = "REMOVED"
    emulator.control.reset(scenario(3, memberships=there))
    every = records(emulator)
    every[1]["status"] = "inactive"
    every[2].update(auto_associate_tables=False)
    removed, inactive, no_tables = look(run, emulator, collaborations=every)["collaborations"]
    assert (removed["status"], removed["as_recorded"], removed["tables"]) == ("removed", False, [])
    assert "REMOVED" in removed["reason"]
    assert (inactive["status"], inactive["as_recorded"], inactive["tables"]) == ("inactive", True, [])
    assert (no_tables["as_recorded"], no_tables["tables"]) == (True, [])
    assert no_tables["id_namespace"]["state"] == "ready"


@pytest.mark.parametrize("status", ["left", "removed", "deleted"])
def test_a_record_that_calls_an_active_membership_over(run: RunModule, emulator: Emulator, status: str) -> None:
    """What is shared there stays shared: a gate that looked away would hide it."""
    emulator.control.reset(scenario(2, memberships=joined(1, associations=[GOOD])))
    still, gone = look(run, emulator, collaborations=records(emulator, status=status))["collaborations"]
    assert (still["as_recorded"], still["tables"]) == (False, [])
    assert f"the record says {status}, but the membership " in still["reason"]
    assert (gone["as_recorded"], "reason" in gone) == (True, False)


def test_nobody_is_to_receive(run: RunModule, emulator: Emulator) -> None:
    emulator.control.reset(scenario(memberships=joined(associations=[{**GOOD, "rule": "none"}])))
    quiet = records(emulator, result_receivers=[], auto_associate_namespace=False)
    entry = the_one(run, emulator, collaborations=quiet)
    assert set(states(entry).values()) == {"not_ready"}
    assert entry["as_recorded"] is True


def test_receivers_that_cannot_be_are_a_reason_and_hide_no_table(run: RunModule, emulator: Emulator) -> None:
    there = joined(associations=[GOOD], id_namespaces=[{"name": NAMESPACE}])
    emulator.control.reset(scenario(memberships=there))
    entry = the_one(run, emulator, collaborations=records(emulator, result_receivers=[OTHER]))
    assert "error" not in entry
    assert "result_receivers: '777788889999' is no member" in entry["reason"]
    assert set(states(entry).values()) == {"ready"}
    assert entry["as_recorded"] is False


def test_globs_of_a_record_that_match_nothing_are_a_reason_and_hide_nothing(run: RunModule, emulator: Emulator) -> None:
    there = joined(2, associations=[GOOD], id_namespaces=[{"name": NAMESPACE}])
    emulator.control.reset(scenario(2, memberships=there))
    wrong, well = records(emulator)
    wrong.update(tables={"exclude": ["prat_01"]}, result_receivers=[OTHER])
    wrong, well = look(run, emulator, collaborations=[wrong, well])["collaborations"]
    assert "tables.exclude of Collaboration 1" in wrong["reason"]
    assert "'prat_01' matches none" in wrong["reason"]
    assert "result_receivers: '777788889999' is no member" in wrong["reason"]
    assert set(states(wrong).values()) == {"ready"}
    assert (wrong["as_recorded"], well["as_recorded"]) == (False, True)


def test_one_that_cannot_be_read_hides_no_other(run: RunModule, emulator: Emulator) -> None:
    there = joined(2, associations=[GOOD], id_namespaces=[{"name": NAMESPACE}])
    emulator.control.reset(scenario(2, memberships=there))
    every = records(emulator)
    emulator.control.fault(
        operation="BatchGetSchema",
        parameters={"collaborationIdentifier": every[0]["collaboration_id"]},
        error={"code": "AccessDeniedException", "message": "No."},
        times=None,
    )
    answer = run("readiness_info", collaborations=every, fails=True, **WANTED)
    broken, well = answer["collaborations"]
    assert "Grant cleanrooms:BatchGetSchema" in broken["error"]
    assert broken["as_recorded"] is False
    assert well["as_recorded"] is True
    assert "Collaboration 1" in answer["msg"]


def test_memberships_that_no_record_names(run: RunModule, emulator: Emulator) -> None:
    emulator.control.reset(scenario(3, memberships=joined(3)))
    every = records(emulator)
    others = look(run, emulator, collaborations=every[:1])["other_memberships"]
    wanted = sorted((one["collaboration_id"], one["name"]) for one in every[1:])
    assert [(one["collaboration_id"], one["name"]) for one in others] == wanted


def associate_just_now(run: RunModule, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Associate the tables, which AWS calls ready a second later; looks follow each other quickly."""
    monkeypatch.setattr(_read_readiness, "SECONDS_BETWEEN_LOOKS", 0.2)
    emulator.control.reset(scenario(memberships=joined(id_namespaces=[{"name": NAMESPACE}])))
    emulator.control.settings(readiness_delay_seconds=1.0)
    run("table_association", collaborations=records(emulator), **TABLES)


def test_it_waits_for_what_was_just_associated(
    run: RunModule, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    associate_just_now(run, emulator, monkeypatch)
    entry = the_one(run, emulator)
    assert set(states(entry).values()) == {"not_ready"}
    entry = the_one(run, emulator, wait_timeout=20)
    assert entry["as_recorded"] is True
    assert len(emulator.control.log("BatchGetSchema")) > 1
    assert len(emulator.control.log("ListConfiguredTableAssociations")) == 1


def test_a_look_that_failed_while_it_waits_is_forgotten_after_one_that_did_not(
    run: RunModule, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    associate_just_now(run, emulator, monkeypatch)
    emulator.control.fault(
        operation="BatchGetSchema", skip=1, error={"code": "AccessDeniedException", "message": "No."}
    )
    entry = the_one(run, emulator, wait_timeout=20)
    assert (entry["as_recorded"], "error" in entry) == (True, False)


def test_it_does_not_wait_for_what_does_not_pass(run: RunModule, emulator: Emulator) -> None:
    tables = [{"account": PROVIDER, "names": ["part_{01..03}"], "providers": []}]
    emulator.control.reset(scenario(configured_tables=tables, memberships=joined(associations=[GOOD])))
    entry = the_one(run, emulator, wait_timeout=600)
    assert set(states(entry).values()) == {"not_ready"}
    assert len(emulator.control.log("BatchGetSchema")) == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"include": ["prat_*"]}, "include: 'prat_*'"),
        ({"exclude": ["nothing"]}, "exclude: 'nothing'"),
        ({"role": "no-such-role"}, "role: 'no-such-role'"),
        ({"id_namespace_arn": "arn:wrong"}, "id_namespace_arn: 'arn:wrong'"),
        ({"namespace_name": None}, "namespace_name"),
        ({"wait_timeout": -1}, "wait_timeout: -1"),
        ({"tolerated_states": ["fine"]}, "tolerated_states"),
        ({"collaborations": [{"colaboration_id": "x"}]}, "collaboration_id"),
    ],
)
def test_bad_input(run: RunModule, emulator: Emulator, options: Data, message: str) -> None:
    emulator.control.reset(scenario(memberships=joined()))
    answer = run("readiness_info", fails=True, **{"collaborations": records(emulator), **WANTED, **options})
    assert message in answer["msg"]


def test_requests(run: RunModule, emulator: Emulator) -> None:
    """Without roles, five requests a collaboration, however many tables."""
    there = joined(4, associations=[GOOD], id_namespaces=[{"name": NAMESPACE}])
    emulator.control.reset(scenario(4, memberships=there))
    look(run, emulator, compare_role=False)
    asked = [one["operation"] for one in emulator.control.log()]
    assert {operation: asked.count(operation) for operation in asked} == {
        "GetRole": 1,
        "ListConfiguredTables": 1,
        "ListMemberships": 1,
        "ListMembers": 4,
        "ListConfiguredTableAssociations": 4,
        "BatchGetSchemaAnalysisRule": 4,
        "BatchGetSchema": 4,
        "ListIdNamespaceAssociations": 4,
    }
