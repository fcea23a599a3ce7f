# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbooks ask AWS for, against docs/iam-policy.json. tools/integration compares the rest."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from compare_policy import allowed_actions, used_actions, with_dependents
from playbooks_world import CHECKOUT, PROVIDER, Workplace

POLICY: dict[str, Any] = json.loads((CHECKOUT / "docs/iam-policy.json").read_text(encoding="utf-8"))
MOST_CHARACTERS = 6144  # of a managed policy, white space not counted (IAM and STS quotas)


@pytest.fixture(scope="module")
def sharing(shared_workplace: Workplace) -> tuple[Workplace, set[str]]:
    """A workplace in which tables are shared, and the actions behind what that asked for."""
    return shared_workplace, used_by(shared_workplace, "process_invitations")


def test_sharing_needs_no_permission_to_leave_or_to_set_up_logs(sharing: tuple[Workplace, set[str]]) -> None:
    assert "cleanrooms:CreateMembership" in sharing[1]
    assert sharing[1] <= allowed_actions(POLICY, "Read") | allowed_actions(POLICY, "Write")


@pytest.mark.parametrize("playbook", ["list", "verify", "report"])
def test_looking_needs_the_statements_for_reading_alone(sharing: tuple[Workplace, set[str]], playbook: str) -> None:
    assert with_dependents(used_by(sharing[0], playbook)) <= allowed_actions(POLICY, "Read")


def test_so_does_check_mode(sharing: tuple[Workplace, set[str]]) -> None:
    workplace = sharing[0]
    workplace.emulator.control.add(configured_tables=[{"account": PROVIDER, "names": ["part_new"]}])
    assert with_dependents(used_by(workplace, "sync", "--check")) <= allowed_actions(POLICY, "Read")


def test_the_policy_names_each_action_once_and_fits_into_a_managed_policy() -> None:
    statements = POLICY["Statement"]
    actions = [action for one in statements for action in sorted(allowed_actions({"Statement": [one]}))]
    assert len(actions) == len(set(actions))
    assert not [action for action in actions if "*" in action]
    assert len({one["Sid"] for one in statements}) == len(statements)
    assert len(re.sub(r"\s", "", json.dumps(POLICY))) <= MOST_CHARACTERS
    unlimited = [one["Sid"] for one in statements if one["Resource"] == "*" and "Condition" not in one]
    assert unlimited == ["ReadLists", "WriteIdNamespacePolicies"], "AWS knows no resources for these"


def used_by(workplace: Workplace, playbook: str, *arguments: str) -> set[str]:
    """Run a playbook; return the actions behind what it asked for."""
    workplace.emulator.control.clear_log()
    workplace.play(playbook, *arguments)
    actions = used_actions(workplace.emulator.control.log())
    assert actions
    return actions
