# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads the collaboration analysis rules of associations. What is not known of one is said, and never overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import _api as api
from ._answers import RULE_CONTENT, unknown_members
from ._answers import read as read_answer
from ._errors import CleanRoomsError, UnreadableAnswerError, explain, is_unreadable, printable
from ._record import Record
from ._tables import RULE_TYPES, describe_rule
from ._trust import not_supported

Data = dict[str, Any]


def read_rules(client: Any, record: Record, associations: Iterable[Data]) -> tuple[dict[str, Data], dict[str, str]]:
    """Return the collaboration analysis rules of the associations that have one, by association id, 25 a request.

    The second dictionary says why a rule is not supported: of a type, version or content that is not known.
    """
    rules: dict[str, Data] = {}
    unsupported: dict[str, str] = {}
    ruled = []
    for association in associations:
        types = association.get("analysisRuleTypes") or []
        unknown = [one for one in types if one not in RULE_TYPES] or types[1:]
        if unknown:
            unsupported[association["id"]] = not_supported(f"a rule of type {printable(', '.join(types))}")
        elif types:
            ruled.append(association)
    for start in range(0, len(ruled), api.BATCH_SIZE):
        batch = ruled[start : start + api.BATCH_SIZE]
        policies = _read_policies(client, record, batch)
        for association in batch:
            rule_type = association["analysisRuleTypes"][0]
            try:
                # The batch may lag behind the rule, or pass over a table whose own rule is of another type.
                policy = policies.get(association["name"]) or _read_policy(client, record, association)
                rules[association["id"]] = rule_of_policy(rule_type, policy)
            except UnreadableAnswerError as error:
                unsupported[association["id"]] = str(error)
            except CleanRoomsError as error:
                if not is_unreadable(error):
                    raise
                unsupported[association["id"]] = explain(error)
    return rules, unsupported


def _read_policies(client: Any, record: Record, associations: list[Data]) -> dict[str, Data]:
    types = {association["name"]: association["analysisRuleTypes"][0] for association in associations}
    requests = [{"name": name, "type": rule_type} for name, rule_type in types.items()]
    answer = api.batch_get_analysis_rules(client, record.collaboration_id, requests)
    return {
        rule["name"]: rule["collaborationPolicy"]
        for rule in answer
        if rule["type"] == types.get(rule["name"]) and "collaborationPolicy" in rule
    }


def _read_policy(client: Any, record: Record, association: Data) -> Data:
    read = api.get_association_rule(
        client,
        membershipIdentifier=record.membership_id,
        configuredTableAssociationIdentifier=association["id"],
        analysisRuleType=association["analysisRuleTypes"][0],
    )
    policy: Data = read["policy"]
    return policy


def rule_of_policy(rule_type: str, policy: Data) -> Data:
    """Return AWS's policy of a collaboration analysis rule in the shape of results.

    Raises C(UnreadableAnswerError) for a version or a member that is not known: an update would remove it unseen.
    """
    kind = rule_type.lower()
    unknown = [f"version {version}" for version in policy if version != "v1"]
    if not unknown:
        shape = {"v1": {kind: RULE_CONTENT}}
        content = read_answer(shape, policy, "policy")["v1"][kind]
        unknown = unknown_members(shape, policy)
    if unknown:
        raise UnreadableAnswerError(not_supported(f"policy with {', '.join(unknown)}"))
    return describe_rule(
        rule_type, content.get("allowedResultReceivers", []), content.get("allowedAdditionalAnalyses", [])
    )
