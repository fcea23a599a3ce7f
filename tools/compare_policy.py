# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares an IAM policy with the operations in an emulator's log, both ways: nothing is missing, nothing too much.

Usage: compare_policy.py POLICY LOG...
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

# What AWS asks for besides, by the Service Authorization Reference: the operation in the log, and what it depends on.
DEPENDENTS = {
    "cleanrooms:BatchGetSchema": {"cleanrooms:GetSchema"},
    "cleanrooms:BatchGetSchemaAnalysisRule": {"cleanrooms:GetSchema"},
    # The role is handed to AWS Clean Rooms with the association.
    "cleanrooms:CreateConfiguredTableAssociation": {"iam:PassRole"},
    "cleanrooms:UpdateConfiguredTableAssociation": {"iam:PassRole"},
    "cleanrooms:GetIdNamespaceAssociation": {"entityresolution:GetIdNamespace"},
    "cleanrooms:UpdateIdNamespaceAssociation": {"entityresolution:GetIdNamespace"},
    # AWS Clean Rooms keeps the namespace's resource policy where manageResourcePolicies is on.
    "cleanrooms:CreateIdNamespaceAssociation": {
        "entityresolution:GetIdNamespace",
        "entityresolution:AddPolicyStatement",
    },
    "cleanrooms:DeleteIdNamespaceAssociation": {"entityresolution:DeletePolicyStatement"},
    # Query logs are delivered to CloudWatch, where cleanrooms_query_log_status or cleanrooms_job_log_status is ENABLED.
    "cleanrooms:CreateMembership": {
        "logs:CreateLogDelivery",
        "logs:CreateLogGroup",
        "logs:DeleteLogDelivery",
        "logs:DescribeLogGroups",
        "logs:DescribeResourcePolicies",
        "logs:GetLogDelivery",
        "logs:ListLogDeliveries",
        "logs:PutResourcePolicy",
        "logs:UpdateLogDelivery",
    },
}
# AWS lets everybody ask who they are.
FREE = {"sts:GetCallerIdentity"}


def allowed_actions(policy: dict[str, Any], sids: str = "") -> set[str]:
    """Return the actions that a policy allows, in the statements whose Sid begins with C(sids)."""
    actions: set[str] = set()
    for statement in policy["Statement"]:
        if statement["Sid"].startswith(sids):
            named = statement["Action"]
            actions |= {named} if isinstance(named, str) else set(named)
    return actions


def used_actions(entries: Iterable[dict[str, Any]]) -> set[str]:
    """Return the actions behind the requests in the emulator's log, those that AWS itself adds not among them."""
    return {f"{entry['service']}:{entry['operation']}" for entry in entries if entry["operation"]} - FREE


def with_dependents(actions: set[str]) -> set[str]:
    """Return the actions, and those that AWS asks for besides."""
    return actions.union(*(DEPENDENTS.get(action, set()) for action in actions))


def main() -> None:
    """Compare, and fail with what is missing or too much."""
    policy, *logs = map(Path, sys.argv[1:])
    allowed = allowed_actions(json.loads(policy.read_text(encoding="utf-8")))
    lines = [line for log in logs for line in log.read_text(encoding="utf-8").splitlines()]
    needed = with_dependents(used_actions(map(json.loads, lines)))
    problems = [f"{action} was needed, and {policy} does not allow it." for action in sorted(needed - allowed)]
    problems += [f"{policy} allows {action}, which nothing needed." for action in sorted(allowed - needed)]
    if problems:
        raise SystemExit("\n".join(problems))
    print(f"{policy} allows exactly the {len(needed)} actions that {len(lines)} requests needed.")


if __name__ == "__main__":
    main()
