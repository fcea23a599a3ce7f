# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the playbooks ask AWS for, against docs/iam-policy.json: Workplace.play looks at each run of these tests."""

from __future__ import annotations

import json
import re

import pytest
from compare_policy import allowed_actions
from playbooks_world import POLICY, Data, check_permissions

MOST_CHARACTERS = 6144  # of a managed policy, white space not counted (IAM and STS quotas)


def requests(*operations: str) -> list[Data]:
    return [{"service": "cleanrooms", "operation": operation} for operation in operations]


@pytest.mark.parametrize(
    ("playbook", "arguments", "operation"),
    [
        ("list", (), "CreateMembership"),
        ("verify", (), "UntagResource"),
        ("report", (), "DeleteMembership"),
        ("sync", ("--check",), "CreateConfiguredTableAssociation"),
        ("sync", (), "DeleteMembership"),
        ("leave", (), "DeleteCollaboration"),
    ],
)
def test_a_run_that_asks_for_more_than_its_statements_is_seen(
    playbook: str, arguments: tuple[str, ...], operation: str
) -> None:
    check_permissions(playbook, arguments, requests("ListMemberships"))
    with pytest.raises(AssertionError):
        check_permissions(playbook, arguments, requests("ListMemberships", operation))


def test_the_policy_names_each_action_once_and_fits_into_a_managed_policy() -> None:
    statements = POLICY["Statement"]
    actions = [action for one in statements for action in sorted(allowed_actions({"Statement": [one]}))]
    assert len(actions) == len(set(actions))
    assert not [action for action in actions if "*" in action]
    assert len({one["Sid"] for one in statements}) == len(statements)
    assert len(re.sub(r"\s", "", json.dumps(POLICY))) <= MOST_CHARACTERS
    unlimited = [one["Sid"] for one in statements if one["Resource"] == "*" and "Condition" not in one]
    assert unlimited == ["ReadLists", "WriteIdNamespacePolicies"], "AWS knows no resources for these"
