# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Leaving: only by name and with a confirmation, step by step, and for good."""

from __future__ import annotations

from typing import Any

from engine_world import NAMESPACE, PROVIDER, ROLE, RunModule, joined, records, scenario, writes

from emulator import Emulator

OURS: dict[str, Any] = {"state": "absent", "name_prefix": "acx_", "id_namespace_name": NAMESPACE}


def world(emulator: Emulator, **more: Any) -> str:
    """A membership with tables, rules and a namespace; its collaboration id."""
    associations = [{"tables": ["part_01", "part_02"], "role": ROLE, "prefix": "acx_"}, *more.pop("also", [])]
    memberships = joined(associations=associations, id_namespaces=[{"name": NAMESPACE}], **more)
    emulator.reset(scenario(memberships=memberships))
    return str(records(emulator)[0]["collaboration_id"])


def ours(emulator: Emulator) -> list[Any]:
    return [one for one in emulator.control.state()["memberships"] if one["account_id"] == PROVIDER]


def test_refuses_without_a_confirmation(emulator: Emulator, run: RunModule) -> None:
    collaboration_id = world(emulator)
    answer = run("invitation", collaboration_ids=[collaboration_id], **OURS)
    assert "leaving is for good" in answer["collaborations"][0]["actions"][0]["reason"]
    assert writes(emulator) == []


def test_leaves_what_is_ours_first_and_the_membership_last(emulator: Emulator, run: RunModule) -> None:
    collaboration_id = world(emulator)
    options = {"collaboration_ids": [collaboration_id], "confirm_leaving": True, **OURS}
    foretold = run("invitation", check=True, **options)
    assert writes(emulator) == []
    assert any("for good" in action["reason"] for action in foretold["collaborations"][0]["actions"])
    real = run("invitation", **options)
    assert foretold == real
    assert real["collaborations"][0]["status"] == "left"
    assert writes(emulator) == [
        "DeleteConfiguredTableAssociation",
        "DeleteConfiguredTableAssociation",
        "DeleteIdNamespaceAssociation",
        "DeleteMembership",
    ]
    again = run("invitation", **options)
    assert (again["changed"], again["collaborations"][0]["status"]) == (False, "absent")


def test_refuses_what_is_not_ours_unless_forced(emulator: Emulator, run: RunModule) -> None:
    collaboration_id = world(emulator, also=[{"tables": ["part_03"], "role": ROLE, "name": "by_hand"}])
    options = {"collaboration_ids": [collaboration_id], "confirm_leaving": True, **OURS}
    refused = run("invitation", **options)
    assert "by_hand is not ours" in refused["collaborations"][0]["actions"][0]["reason"]
    assert writes(emulator) == []
    assert run("invitation", force=True, **options)["collaborations"][0]["status"] == "left"


def test_goes_on_where_it_stopped(emulator: Emulator, run: RunModule) -> None:
    collaboration_id = world(emulator)
    options = {"collaboration_ids": [collaboration_id], "confirm_leaving": True, **OURS}
    denied = {"code": "AccessDeniedException", "message": "no"}
    emulator.control.fault(operation="DeleteIdNamespaceAssociation", error=denied)
    stopped = run("invitation", fails=True, **options)
    assert stopped["collaborations"][0]["status"] == "active"
    assert len(ours(emulator)) == 1
    assert "Grant cleanrooms:DeleteIdNamespaceAssociation" in stopped["msg"]
    assert run("invitation", **options)["collaborations"][0]["status"] == "left"


def test_what_hangs_on_it_and_aws_keeps_is_said(emulator: Emulator, run: RunModule) -> None:
    blocked = {"tables": ["part_03"], "role": ROLE, "prefix": "acx_", "intermediate_tables": ["made_of_it"]}
    collaboration_id = world(emulator, also=[blocked])
    answer = run("invitation", fails=True, collaboration_ids=[collaboration_id], confirm_leaving=True, **OURS)
    assert "Something else was made from it (an intermediate table, or an association)" in answer["msg"]
    assert len(ours(emulator)) == 1
