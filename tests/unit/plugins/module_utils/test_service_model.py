# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWS itself limits, in botocore's copy of its service model, against what the engine believes.

Patterns that are AWS's own are compared as they are; those that are wider, by samples in test_validate.py.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _api, _validate
from ansible_collections.acx.cleanrooms.plugins.module_utils._answers import REPLACED, RULE_CONTENT
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import ABILITIES, AUTO_APPROVED_CHANGES
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import NAMES, service_model, shape

IDS = ("UUID", "CollaborationIdentifier", "MembershipIdentifier", "ConfiguredTableIdentifier")


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        *((name, {"pattern": _validate.UUID}) for name in IDS),
        ("AccountId", {"pattern": r"\d+", "min": 12, "max": 12}),
        ("TableAlias", {"pattern": _validate.ASSOCIATION_NAME, "max": _validate.ASSOCIATION_NAME_LENGTH}),
        ("AllowedAdditionalAnalyses", {"max": _validate.ADDITIONAL_ANALYSES}),
        ("GenericResourceName", {"max": _validate.NAMESPACE_NAME_LENGTH}),
        *((name, {"max": _validate.DESCRIPTION_LENGTH}) for name in ("ResourceDescription", "TableDescription")),
        ("TagKey", {"min": 1, "max": _validate.TAG_KEY_LENGTH}),
        ("TagValue", {"min": 0, "max": _validate.TAG_VALUE_LENGTH}),
        ("TagMap", {"max": _validate.TAGS}),
        ("SchemaAnalysisRuleRequestList", {"max": _api.BATCH_SIZE}),
    ],
)
def test_limits(name: str, limits: dict[str, Any]) -> None:
    assert {key: value for key, value in shape(name).metadata.items() if key in limits} == limits
    assert _validate.ACCOUNT_ID == r"\d{12}"


def test_additional_analyses() -> None:
    pattern = shape("AdditionalAnalysesResourceArn").metadata["pattern"]
    # The model escapes more than it needs to, and anchors in the middle.
    plain = pattern.replace(r"\/", "/").replace(r"[\*", "[*").replace("$|^", "|")
    assert plain == _validate.ADDITIONAL_ANALYSIS_ARN


@pytest.mark.parametrize(
    ("operation", "parameter", "name"),
    [
        ("CreateConfiguredTableAssociation", "name", "TableAlias"),
        ("CreateConfiguredTableAssociation", "roleArn", "RoleArn"),
        *((f"{verb}ConfiguredTableAssociation", "description", "TableDescription") for verb in ("Create", "Update")),
        ("CreateIdNamespaceAssociation", "name", "GenericResourceName"),
        *((f"{verb}IdNamespaceAssociation", "description", "ResourceDescription") for verb in ("Create", "Update")),
    ],
)
def test_operations_take_the_shapes_that_are_compared(operation: str, parameter: str, name: str) -> None:
    assert service_model().operation_model(operation).input_shape.members[parameter].name == name


def within(known: Any, model: Any) -> bool:
    """Return whether AWS's model has every member of a shape of ours."""
    if not isinstance(known, dict):
        return True
    return all(within(inner, model.members[name.rstrip("?")]) for name, inner in known.items())


def test_all_that_updates_replace_is_looked_at() -> None:
    """An object in an update that the engine sends must be known, so that one with an unknown member is refused."""
    sent = {"analysisRulePolicy": {"v1": dict.fromkeys(("custom", "list", "aggregation"), RULE_CONTENT)}, **REPLACED}
    text = "".join(path.read_text(encoding="utf-8") for path in Path(str(_api.__file__)).parent.glob("_*.py"))
    found = set()
    for resource in NAMES.values():
        for name, model in service_model().operation_model(f"Update{resource}").input_shape.members.items():
            if model.type_name == "structure" and f'"{name}"' in text:
                found.add(name)
                assert within(sent[name], model)
    assert found == set(sent)


def test_abilities_and_batches() -> None:
    known = {*shape("MemberAbility").enum, *shape("CustomMLMemberAbility").enum}
    # An ability that we do not know could never be accepted.
    assert known == set(ABILITIES)
    assert set(shape("AutoApprovedChangeType").enum) == set(AUTO_APPROVED_CHANGES)
    names = service_model().operation_model("BatchGetSchema").input_shape.members["names"]
    assert names.metadata["max"] == _api.BATCH_SIZE == 25
