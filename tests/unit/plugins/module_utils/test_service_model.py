# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWS itself limits, in botocore's copy of its service model, against what the engine believes."""

from __future__ import annotations

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _validate as validate
from ansible_collections.acx.cleanrooms.plugins.module_utils._trust import ABILITIES
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import service_model, shape


class TestTheModelOfAWS:
    """Patterns that are AWS's own are compared as they stand; those that are wider, by samples in test_validate.py."""

    @pytest.mark.parametrize(
        "name", ["UUID", "CollaborationIdentifier", "MembershipIdentifier", "ConfiguredTableIdentifier"]
    )
    def test_ids(self, name: str) -> None:
        assert shape(name).metadata["pattern"] == validate.UUID

    def test_account_id(self) -> None:
        limits = shape("AccountId").metadata
        assert (limits["pattern"], limits["min"], limits["max"]) == (r"\d+", 12, 12)
        assert validate.ACCOUNT_ID == r"\d{12}"

    def test_association_name(self) -> None:
        limits = shape("TableAlias").metadata
        assert limits["pattern"] == validate.ASSOCIATION_NAME
        assert limits["max"] == validate.ASSOCIATION_NAME_LENGTH

    def test_additional_analyses(self) -> None:
        pattern = shape("AdditionalAnalysesResourceArn").metadata["pattern"]
        # The model escapes more than it needs to, and anchors in the middle.
        plain = pattern.replace(r"\/", "/").replace(r"[\*", "[*").replace("$|^", "|")
        assert plain == validate.ADDITIONAL_ANALYSIS_ARN
        assert shape("AllowedAdditionalAnalyses").metadata["max"] == validate.ADDITIONAL_ANALYSES

    def test_lengths(self) -> None:
        assert shape("GenericResourceName").metadata["max"] == validate.NAMESPACE_NAME_LENGTH
        for name in ("ResourceDescription", "TableDescription"):
            assert shape(name).metadata["max"] == validate.DESCRIPTION_LENGTH
        assert shape("TagKey").metadata == {"min": 1, "max": validate.TAG_KEY_LENGTH}
        assert shape("TagValue").metadata == {"min": 0, "max": validate.TAG_VALUE_LENGTH}

    @pytest.mark.parametrize(
        ("operation", "parameter", "name"),
        [
            ("CreateConfiguredTableAssociation", "name", "TableAlias"),
            ("CreateConfiguredTableAssociation", "description", "TableDescription"),
            ("UpdateConfiguredTableAssociation", "description", "TableDescription"),
            ("CreateConfiguredTableAssociation", "roleArn", "RoleArn"),
            ("CreateIdNamespaceAssociation", "name", "GenericResourceName"),
            ("CreateIdNamespaceAssociation", "description", "ResourceDescription"),
            ("UpdateIdNamespaceAssociation", "description", "ResourceDescription"),
        ],
    )
    def test_operations_take_the_shapes_that_are_compared(self, operation: str, parameter: str, name: str) -> None:
        assert service_model().operation_model(operation).input_shape.members[parameter].name == name

    def test_abilities(self) -> None:
        known = {*shape("MemberAbility").enum, *shape("CustomMLMemberAbility").enum}
        # An ability that we do not know could never be accepted. An older botocore may know fewer.
        assert known <= set(ABILITIES)

    def test_batches(self) -> None:
        assert shape("SchemaAnalysisRuleRequestList").metadata["max"] == 25
        assert service_model().operation_model("BatchGetSchema").input_shape.members["names"].metadata["max"] == 25
