# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changes on AWS while a run writes: members, quotas, permissions, and things that somebody else deletes."""

from __future__ import annotations

import pytest
from engine_world import (
    NAMESPACE,
    NAMESPACE_ARN,
    ROLE,
    TABLES,
    Data,
    RunModule,
    joined,
    records,
    scenario,
    shared,
    writes,
)

from ansible_collections.acx.cleanrooms.plugins.module_utils import _apply
from emulator import Emulator

NEWCOMER = {
    "collaboration": "Collaboration 1",
    "account": "777788889999",
    "display_name": "New",
    "status": "ACTIVE",
}
DENIED = {"code": "AccessDeniedException", "message": "no"}
FULL = {
    "code": "ServiceQuotaExceededException",
    "message": "no",
    "members": {"quotaName": "Tables", "quotaValue": 25},
}


def mending_while_creates_are_denied(emulator: Emulator) -> None:
    """Two misnamed associations to make again, and other tables whose creation is denied after a second."""
    there = [
        {"tables": ["part_20"], "role": ROLE, "name": "zold_1"},
        {"tables": ["part_19"], "role": ROLE, "name": "zold_2"},
    ]
    emulator.reset(scenario(1, "part_{01..20}", memberships=joined(associations=there)))
    create = "CreateConfiguredTableAssociation"
    for names in ("acx_part_0?", "acx_part_1[0-8]"):
        emulator.control.fault(operation=create, parameters={"name": names}, hang=1, error=DENIED, times=None)


def test_nothing_is_deleted_to_be_made_again_once_that_is_known_to_fail(emulator: Emulator, run: RunModule) -> None:
    mending_while_creates_are_denied(emulator)
    emulator.control.fault(
        operation="CreateConfiguredTableAssociation", parameters={"name": "acx_part_19"}, hang=3, when="before"
    )
    run("table_association", fails=True, collaborations=records(emulator), recreate=True, **TABLES)
    assert {name for _membership, name in shared(emulator)} == {"acx_part_19", "zold_1"}
    assert writes(emulator).count("DeleteConfiguredTableAssociation") == 1


def test_what_was_deleted_and_could_not_be_made_again_is_named(emulator: Emulator, run: RunModule) -> None:
    mending_while_creates_are_denied(emulator)
    emulator.control.fault(operation="DeleteConfiguredTableAssociation", hang=3)
    emulator.control.fault(
        operation="CreateConfiguredTableAssociation", parameters={"name": "acx_part_19"}, error=DENIED
    )
    answer = run("table_association", fails=True, collaborations=records(emulator), recreate=True, **TABLES)
    assert {name for _membership, name in shared(emulator)} == {"zold_1"}
    assert "zold_2 is deleted already, so that this is missing until a run makes it again" in answer["msg"]
    assert '"configured_table_name": "part_19"' in answer["msg"]


def test_members_are_looked_at_again_before_a_late_write(
    emulator: Emulator, run: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_apply, "OLD_SECONDS", -1.0)
    emulator.reset(scenario(2, memberships=joined(2)))
    wanted = records(emulator)
    membership = run("membership_info", collaboration_ids=[wanted[0]["collaboration_id"]], details=[])["memberships"][0]
    # A collaboration's members are read before its associations, so that the plan does not know of the newcomer.
    parameters = {"membershipIdentifier": membership["membership_id"]}
    operation = "ListConfiguredTableAssociations"
    emulator.control.fault(operation=operation, parameters=parameters, scenario={"members": [NEWCOMER]})
    answer = run("table_association", fails=True, collaborations=wanted, **TABLES)
    assert "members changed: 777788889999 (New)" in answer["msg"]
    assert [one["summary"]["associated"] for one in answer["collaborations"]] == [0, 3]


def test_members_are_looked_at_again_before_each_late_write(
    emulator: Emulator, run: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow writes in one collaboration: what was sent before the newcomer stays, the rest is refused."""
    monkeypatch.setattr(_apply, "OLD_SECONDS", 0.5)
    emulator.reset(scenario(1, "part_{01..20}", memberships=joined()))
    create = "CreateConfiguredTableAssociation"
    emulator.control.fault(operation=create, skip=3, scenario={"members": [NEWCOMER]})
    answer = run("table_association", fails=True, collaborations=records(emulator), requests_per_second=5, **TABLES)
    assert "members changed: 777788889999 (New)" in answer["msg"]
    assert 4 <= len(shared(emulator)) < 20
    ruled = [receivers for _table, _role, receivers in shared(emulator).values() if receivers]
    assert answer["collaborations"][0]["summary"]["failed"] == 20 - len(ruled)


def test_members_are_looked_at_again_before_the_rule_of_a_slow_association(
    emulator: Emulator, run: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_apply, "OLD_SECONDS", 0.5)
    emulator.reset(scenario(1, "part_01", memberships=joined()))
    create = "CreateConfiguredTableAssociation"
    emulator.control.fault(operation=create, hang=1, scenario={"members": [NEWCOMER]})
    answer = run("table_association", fails=True, collaborations=records(emulator), **TABLES)
    assert "members changed: 777788889999 (New)" in answer["msg"]
    assert writes(emulator) == [create]


def test_the_time_of_reading_counts_from_the_look_at_the_members(
    emulator: Emulator, run: RunModule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_apply, "OLD_SECONDS", 0.5)
    emulator.reset(scenario(1, memberships=joined()))
    operation = "ListConfiguredTableAssociations"
    emulator.control.fault(operation=operation, hang=1, scenario={"members": [NEWCOMER]})
    answer = run("table_association", fails=True, collaborations=records(emulator), **TABLES)
    assert "members changed: 777788889999 (New)" in answer["msg"]
    assert shared(emulator) == {}


def test_a_tag_that_is_taken_off_is_no_table_that_is_missing(emulator: Emulator, run: RunModule) -> None:
    there = [{"tables": ["part_{01..20}"], "role": ROLE, "prefix": "acx_", "tags": {"old": "1"}}]
    emulator.reset(scenario(1, "part_{01..20}", memberships=joined(associations=there)))
    update = "UpdateConfiguredTableAssociationAnalysisRule"
    emulator.control.fault(operation=update, error=DENIED, times=None)
    analyses = ["arn:aws:cleanrooms-ml:us-east-1:*:membership/*/configured-model-algorithm-association/*"]
    wanted = {**TABLES, "additional_analyses": analyses, "tags": {}}
    answer = run("table_association", fails=True, collaborations=records(emulator), requests_per_second=5, **wanted)
    assert answer["collaborations"][0]["summary"]["failed"] == 20
    assert "deleted already" not in answer["msg"]
    assert len(emulator.control.log(update)) <= 8, "the same kind of action goes on being tried"


def test_a_table_that_gave_its_place_is_made_again_although_the_quota_was_full(
    emulator: Emulator, run: RunModule
) -> None:
    """It is deleted while other tables learn that there is no room."""
    there = [{"tables": ["part_20"], "role": ROLE, "name": "zold"}]
    emulator.reset(scenario(1, "part_{01..20}", memberships=joined(associations=there)))
    for names in ("acx_part_0?", "acx_part_1?"):
        emulator.control.fault(
            operation="CreateConfiguredTableAssociation", parameters={"name": names}, hang=1, error=FULL, times=None
        )
    emulator.control.fault(operation="DeleteConfiguredTableAssociation", hang=3)
    answer = run("table_association", fails=True, collaborations=records(emulator), recreate=True, **TABLES)
    assert {name for _membership, name in shared(emulator)} == {"acx_part_20"}
    assert answer["collaborations"][0]["summary"]["failed"] == 19


def test_updates_that_are_denied_are_not_tried_for_every_table(emulator: Emulator, run: RunModule) -> None:
    there = [{"tables": ["part_{01..25}"], "role": "another-role", "prefix": "acx_"}]
    emulator.reset(scenario(1, "part_{01..25}", memberships=joined(associations=there)))
    update = "UpdateConfiguredTableAssociation"
    emulator.control.fault(operation=update, error=DENIED, times=None)
    answer = run("table_association", fails=True, collaborations=records(emulator), compare_role=True, **TABLES)
    assert len(emulator.control.log(update)) <= 8, "the same kind of action goes on being tried"
    assert answer["collaborations"][0]["summary"]["failed"] == 25
    assert "Grant cleanrooms:UpdateConfiguredTableAssociation, and iam:PassRole" in answer["msg"]


@pytest.mark.parametrize(
    ("module", "operation", "options"),
    [
        ("table_association", "DeleteConfiguredTableAssociation", TABLES),
        (
            "namespace_association",
            "DeleteIdNamespaceAssociation",
            {"name": NAMESPACE, "id_namespace_arn": NAMESPACE_ARN},
        ),
    ],
)
def test_what_somebody_else_deleted_first_is_no_change(
    emulator: Emulator, run: RunModule, module: str, operation: str, options: Data
) -> None:
    there = joined(
        associations=[{"tables": ["part_01"], "role": ROLE, "prefix": "acx_"}], id_namespaces=[{"name": NAMESPACE}]
    )
    emulator.reset(scenario(memberships=there))
    emulator.control.fault(operation=operation, error={"code": "ResourceNotFoundException", "message": "gone"})
    answer = run(module, collaborations=records(emulator), state="absent", **options)
    (summary,) = (one["summary"] for one in answer["collaborations"])
    assert (answer["changed"], summary["removed"], summary["unchanged"]) == (False, 0, 1)
