# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fresh look tells whether a write was carried out whose answer does not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _settle
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import (
    ANALYSIS_RULE,
    MEMBERSHIP,
    NAMESPACE_ASSOCIATION,
    TABLE_ASSOCIATION,
    TAGS,
    Action,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.wire import Wire

Data = dict[str, Any]
OWN, PARTNER = "111122223333", "444455556666"
ID = "00000000-0000-4000-8000-000000000001"
ARN = f"arn:aws:cleanrooms:us-east-1:{OWN}:membership/{ID}"
ASSOCIATION = {"id": ID, "arn": "arn", "name": "acx_t", "configuredTableId": "t"}
NAMESPACE = {
    "id": "ns",
    "arn": "arn",
    "name": "N",
    "inputReferenceConfig": {"inputReferenceArn": "urn", "manageResourcePolicies": True},
}
JOINED = {
    "id": ID,
    "arn": ARN,
    "collaborationId": ID,
    "collaborationName": "C",
    "collaborationCreatorAccountId": PARTNER,
    "collaborationCreatorDisplayName": "P",
    "status": "ACTIVE",
    "createTime": 0,
    "memberAbilities": [],
}
ADDRESS = {"membershipIdentifier": ID, "configuredTableAssociationIdentifier": ID}
RULE = {"type": "CUSTOM", "result_receivers": [PARTNER], "additional_analyses": []}
POLICY = {"v1": {"custom": {"allowedResultReceivers": [PARTNER]}}}
GONE = (404, {"code": "ResourceNotFoundException", "message": "No."})
ACCEPT = Action("create", MEMBERSHIP, "C", "", {"collaborationIdentifier": ID})
ASSOCIATE = Action(
    "create",
    TABLE_ASSOCIATION,
    "acx_t",
    "",
    {"membershipIdentifier": ID, "configuredTableIdentifier": "t", "name": "acx_t"},
)
RULE_REQUEST = {**ADDRESS, "analysisRuleType": "CUSTOM"}
ALLOW = Action("create", ANALYSIS_RULE, "acx_t", "", RULE_REQUEST, after=RULE)
RENAME = Action(
    "update",
    NAMESPACE_ASSOCIATION,
    "N",
    "",
    {"membershipIdentifier": ID, "idNamespaceAssociationIdentifier": ID, "name": "new"},
)
NAME_IT = Action(
    "create",
    NAMESPACE_ASSOCIATION,
    "N",
    "",
    {"membershipIdentifier": ID, "name": "N", "inputReferenceConfig": {"inputReferenceArn": "urn"}},
)
TAG = Action("update", TAGS, "acx_t", "", {"resourceArn": ARN, "tags": {"a": "1"}})
UNTAG = Action("delete", TAGS, "acx_t", "", {"resourceArn": ARN, "tagKeys": ["b"]})
LEAVE = Action("delete", MEMBERSHIP, "C", "", {"membershipIdentifier": ID})


def memberships(**more: Any) -> Data:
    return {"membershipSummaries": [{**JOINED, **more}]}


def associations(**more: Any) -> Data:
    return {"configuredTableAssociationSummaries": [{**ASSOCIATION, **more}]}


def rule(policy: Data) -> Data:
    return {"analysisRule": {"type": "CUSTOM", "policy": policy}}


@pytest.mark.parametrize(
    ("action", "answers", "found"),
    [
        (ACCEPT, [memberships()], True),
        (ACCEPT, [memberships(status="REMOVED"), memberships()], True),
        (ACCEPT, [{"membershipSummaries": []}] * 2, False),
        (ACCEPT, [memberships(status="NEW")], None),
        (ACCEPT, [memberships(arn=5)], None),
        (ASSOCIATE, [{"configuredTableAssociationSummaries": []}, associations()], True),
        (ASSOCIATE, [associations(name="other")], False),
        (ASSOCIATE, [associations(configuredTableId="other")], False),
        (ASSOCIATE, [{}], None),
        (ALLOW, [rule(POLICY)], True),
        (ALLOW, [GONE, rule(POLICY)], True),
        (ALLOW, [GONE] * 2, False),
        (ALLOW, [rule({"v1": {"custom": {}}})], False),
        (ALLOW, [rule({"v2": {}})], None),
        (Action("update", ANALYSIS_RULE, "acx_t", "", RULE_REQUEST, after=RULE), [rule(POLICY)], True),
        (Action("update", ANALYSIS_RULE, "acx_t", "", RULE_REQUEST, after=RULE), [rule({"v1": {"custom": {}}})], False),
        (Action("delete", ANALYSIS_RULE, "acx_t", "", RULE_REQUEST), [GONE], True),
        (Action("delete", ANALYSIS_RULE, "acx_t", "", RULE_REQUEST), [rule(POLICY)], False),
        (NAME_IT, [{"idNamespaceAssociationSummaries": [NAMESPACE]}], True),
        (NAME_IT, [{"idNamespaceAssociationSummaries": [{**NAMESPACE, "name": "other"}]}], False),
        (RENAME, [{"idNamespaceAssociation": {"name": "new"}}], True),
        (RENAME, [{"idNamespaceAssociation": {"name": "N"}}], False),
        (RENAME, [GONE], False),
        (TAG, [{"tags": {"a": "1", "b": "2"}}], True),
        (TAG, [{"tags": {"a": "2"}}], False),
        (UNTAG, [{"tags": {"a": "1"}}], True),
        (UNTAG, [{"tags": {"b": "1"}}], False),
        (LEAVE, [GONE], True),
        (LEAVE, [(403, {"code": "AccessDeniedException", "message": "No."})], None),
    ],
)
def test_what_a_fresh_look_says(
    monkeypatch: pytest.MonkeyPatch, action: Action, answers: list[Any], found: bool | None
) -> None:
    """True: it was written; False: it was not; None: that cannot be told, which is an error."""
    monkeypatch.setattr(_settle, "LOOK_AGAIN_SECONDS", (0.0, 0.0))
    wire = Wire(*answers)
    if found is None:
        with pytest.raises(CleanRoomsError):
            _settle.settle(wire.client, action)
    else:
        assert (_settle.settle(wire.client, action) is not None) == found
    assert not wire.answers


def test_a_look_after_retries_does_not_wait() -> None:
    wire = Wire({"configuredTableAssociationSummaries": []})
    assert _settle.settle(wire.client, ASSOCIATE, patient=False) is None
    assert wire.asked == ["ListConfiguredTableAssociations"]
