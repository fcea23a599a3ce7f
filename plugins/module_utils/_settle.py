# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds out with a fresh look whether a write was carried out, where its answer does not say so."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from . import _api as api
from ._errors import CleanRoomsError, UnreadableAnswerError, code_of
from ._memberships import status_of
from ._namespaces import arn_of
from ._plan import ANALYSIS_RULE, MEMBERSHIP, NAMESPACE_ASSOCIATION, TABLE_ASSOCIATION, TAGS, Action
from ._read_rules import rule_of_policy

Data = dict[str, Any]
# A list may lag behind a create by moments: how long to look for what should be there.
LOOK_AGAIN_SECONDS = (0.0, 1.0, 2.0, 4.0, 8.0)


def settle(client: Any, action: Action, patient: bool = True) -> Data | None:
    """Return what a create made, or an empty dict for another write, if a fresh look finds just what was wanted.

    C(None) where it does not. No create of Clean Rooms takes an idempotency token, so that a retry after a lost answer
    ends as a conflict; and a write that AWS did not refuse may have been carried out. With C(patient), what a create
    made is looked for during some seconds. Raises C(CleanRoomsError) where that cannot be told.
    """
    if action.action != "create":
        return {} if _is_as_wanted(client, action) else None
    for seconds in LOOK_AGAIN_SECONDS if patient else LOOK_AGAIN_SECONDS[:1]:
        time.sleep(seconds)
        found, as_wanted = LOOKS[action.resource](client, action)
        if found:
            return found if as_wanted else None
    return None


def _look_for_membership(client: Any, action: Action) -> tuple[Data | None, bool]:
    memberships, unreadable = api.list_memberships(client)
    for membership in memberships:
        here = membership["collaborationId"] == action.request["collaborationIdentifier"]
        if here and status_of(membership) == "active":
            return membership, True
    for one in unreadable:
        raise one.error  # it may be this one
    return None, False


def _look_for_association(client: Any, action: Action) -> tuple[Data | None, bool]:
    request = action.request
    for association in api.list_table_associations(client, request["membershipIdentifier"]):
        same_table = association["configuredTableId"] == request["configuredTableIdentifier"]
        same_name = association["name"] == request["name"]
        if same_table or same_name:
            return association, same_table and same_name
    return None, False


def _look_for_rule(client: Any, action: Action) -> tuple[Data | None, bool]:
    try:
        rule = _read_now(client, action)
        return rule, rule_of_policy(action.request["analysisRuleType"], rule["policy"]) == action.after
    except UnreadableAnswerError as error:
        raise CleanRoomsError(message="Failed to read the collaboration analysis rule", exception=error) from error
    except CleanRoomsError as error:
        if code_of(error) == "ResourceNotFoundException":
            return None, False
        raise


def _look_for_namespace(client: Any, action: Action) -> tuple[Data | None, bool]:
    request = action.request
    reference = request["inputReferenceConfig"]["inputReferenceArn"]
    for association in api.list_namespace_associations(client, request["membershipIdentifier"]):
        same_arn = arn_of(association) == reference
        same_name = association["name"] == request["name"]
        if same_arn or same_name:
            return association, same_arn and same_name
    return None, False


LOOKS: dict[str, Callable[[Any, Action], tuple[Data | None, bool]]] = {
    MEMBERSHIP: _look_for_membership,
    TABLE_ASSOCIATION: _look_for_association,
    ANALYSIS_RULE: _look_for_rule,
    NAMESPACE_ASSOCIATION: _look_for_namespace,
}


def _is_as_wanted(client: Any, action: Action) -> bool:
    """Return whether an update or a delete has been carried out."""
    if action.resource == ANALYSIS_RULE and action.action == "update":
        return _look_for_rule(client, action)[1]
    try:
        now = _read_now(client, action)
    except CleanRoomsError as error:
        if code_of(error) == "ResourceNotFoundException":
            return action.action == "delete"
        raise
    if action.resource == TAGS:
        kept = set(action.request.get("tagKeys", ())) & set(now)
        return not kept and all(now.get(key) == value for key, value in action.request.get("tags", {}).items())
    wanted = {key: value for key, value in action.request.items() if not key.endswith("Identifier")}
    return action.action == "update" and all(now.get(key) == value for key, value in wanted.items())


def _read_now(client: Any, action: Action) -> Data:
    if action.resource == TAGS:
        return dict(api.list_tags(client, action.request["resourceArn"]))
    if action.resource == MEMBERSHIP:
        return api.get_membership(client, action.request["membershipIdentifier"])
    names = [key for key in action.request if key.endswith("Identifier") or key == "analysisRuleType"]
    return READS[action.resource](client, **{key: action.request[key] for key in names})


READS: dict[str, Callable[..., Data]] = {
    TABLE_ASSOCIATION: api.get_table_association,
    ANALYSIS_RULE: api.get_association_rule,
    NAMESPACE_ASSOCIATION: api.get_namespace_association,
}
