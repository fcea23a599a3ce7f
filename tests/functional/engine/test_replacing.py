# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Updates that replace an object of AWS's: what this version does not know in it is never dropped."""

from __future__ import annotations

import pytest
from engine_world import NAMESPACE, NAMESPACES, TABLES, Data, World, joined, ours, records, scenario

PLACE: Data = {"bucket": "results", "resultFormat": "CSV", "singleFileOutput": True}
# For each update that replaces an object: what reads it, the object as it is there, and the call that would replace it.
REPLACING: dict[str, tuple[str, Data, str, Data]] = {
    "UpdateConfiguredTableAssociationAnalysisRule": (
        "BatchGetSchemaAnalysisRule",
        {"analysisRules.0.collaborationPolicy": {"v1": {"custom": {"allowedResultReceivers": []}}}},
        *("table_association", {**TABLES, "include": ["part_01"]}),
    ),
    "UpdateMembership": (
        "GetMembership",
        {"membership.defaultResultConfiguration": {"outputConfiguration": {"s3": PLACE}}},
        *("invitation", {"default_result_configuration": {"bucket": "others"}}),
    ),
    "UpdateIdNamespaceAssociation": (
        "GetIdNamespaceAssociation",
        {"idNamespaceAssociation.idMappingConfig": {"allowUseAsDimensionColumn": False}},
        *("namespace_association", {**NAMESPACES, "allow_use_as_dimension_column": True}),
    ),
}


def with_noise(value: Data) -> Data:
    """The same with a member that nobody knows, in the innermost object."""
    inner = next(iter(value.values()))
    return {key: with_noise(one) for key, one in value.items()} if isinstance(inner, dict) else {**value, "noise": 1}


@pytest.mark.parametrize("operation", REPLACING)
def test_an_update_never_drops_a_member_that_is_not_known(world: World, operation: str) -> None:
    look, there, module, options = REPLACING[operation]
    start = scenario(1, "part_01", memberships=joined(1, associations=[ours("part_01", rule={"receivers": []})]))
    start["collaborations"][0]["members"][0]["abilities"] = ["CAN_RECEIVE_RESULTS"]
    start["memberships"][0]["id_namespaces"] = [{"name": NAMESPACE}]
    world.emulator.reset(start)
    call: Data = {**options, "collaborations": records(world.emulator)}
    world.fault(look, answer={"set": with_noise(there)}, times=4)
    (found,) = world.settle(module, **call)["collaborations"]
    assert found["summary"]["refused"] == 1
    assert "with noise is not supported by this version; nothing is changed there" in found["actions"][-1]["reason"]
    assert world.writes() == []
    # Without it, the same call replaces the object.
    world.control.clear_faults()
    world.fault(look, answer={"set": there})
    world.run(module, **call)
    assert world.writes() == [operation]
