# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import (
    EXPIRED,
    REMEDIES,
    CleanRoomsError,
    code_of,
    explain,
    printable,
    remedy,
    response_of,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import service_model, shape


def refused(code: str, operation: str = "CreateConfiguredTableAssociation", **members: Any) -> CleanRoomsError:
    """Return our error around the one boto3 raises for an answer."""
    said = {"Code": code, "Message": members.pop("said", "No.")}
    raised = ClientError({"Error": said, **members}, operation)
    return CleanRoomsError(message="Failed to create the association", exception=raised)


LOST = CleanRoomsError(
    message="Failed to list the members", exception=ConnectionClosedError(endpoint_url="https://example.invalid")
)


class TestParts:
    def test_code(self) -> None:
        assert code_of(refused("ConflictException")) == "ConflictException"
        assert code_of(LOST) == ""
        assert code_of(CleanRoomsError("bad input")) == ""

    def test_response(self) -> None:
        assert response_of(refused("ConflictException", reason="ALREADY_EXISTS"))["reason"] == "ALREADY_EXISTS"
        assert response_of(LOST) == {}
        assert response_of(CleanRoomsError("bad input")) == {}


class TestRemedy:
    @pytest.mark.parametrize("code", ["AccessDeniedException", "AccessDenied"])
    def test_permission_is_named(self, code: str) -> None:
        assert remedy(refused(code, "ListMembers")) == "Grant cleanrooms:ListMembers."
        assert remedy(refused(code, "GetRole")) == "Grant iam:GetRole."

    @pytest.mark.parametrize(
        ("operation", "further"),
        [
            ("CreateConfiguredTableAssociation", "iam:PassRole"),
            ("UpdateConfiguredTableAssociation", "iam:PassRole"),
            ("CreateMembership", "logs:CreateLogDelivery"),
            ("CreateIdNamespaceAssociation", "entityresolution:"),
        ],
    )
    def test_further_permissions(self, operation: str, further: str) -> None:
        text = remedy(refused("AccessDeniedException", operation))
        assert text.startswith(f"Grant cleanrooms:{operation}, and ")
        assert further in text

    def test_quota_is_named_with_its_value(self) -> None:
        text = remedy(refused("ServiceQuotaExceededException", quotaName="Table associations", quotaValue=25.0))
        assert text.startswith("Table associations is 25; ")

    def test_quota_without_name(self) -> None:
        assert remedy(refused("ServiceQuotaExceededException")).startswith("the quota is used up; ")

    def test_reason_counts_before_code(self) -> None:
        text = remedy(refused("ConflictException", reason="SUBRESOURCES_EXIST"))
        assert "intermediate table" in text
        text = remedy(refused("ValidationException", reason="IAM_SYNCHRONIZATION_DELAY"))
        assert "run again in a minute" in text

    def test_unknown(self) -> None:
        assert remedy(refused("ValidationException", reason="FIELD_VALIDATION_FAILED")) == ""
        assert remedy(CleanRoomsError("bad input")) == ""

    def test_no_answer(self) -> None:
        assert remedy(LOST) == "The answer did not arrive; run again: what is done stays done."

    def test_codes_and_reasons_are_those_of_the_model(self) -> None:
        codes = {error.name for error in service_model().error_shapes}
        reasons = {*shape("ConflictExceptionReason").enum, *shape("ValidationExceptionReason").enum}
        # These come from AWS's front door and from IAM, not from the service.
        others = {*EXPIRED, "UnreadableAnswerError", "ResponseParserError"}
        ours = {name for name in REMEDIES if not hasattr(botocore.exceptions, name)}
        assert ours <= codes | reasons | others
        assert set(REMEDIES) - ours == {
            "NoCredentialsError",
            "NoRegionError",
            "ProfileNotFound",
            "EndpointConnectionError",
            "ConnectionClosedError",
            "ReadTimeoutError",
        }


class TestExplain:
    def test_bad_input(self) -> None:
        assert explain(CleanRoomsError("include: is empty")) == "include: is empty."

    def test_what_on_which_thing_where_why_and_what_to_do(self) -> None:
        text = explain(refused("AccessDeniedException", "ListMembers", said="Not you."), "acx_part_01", "AMC (c)")
        assert text == (
            "Failed to create the association 'acx_part_01' in collaboration AMC (c): ListMembers answered"
            " AccessDeniedException: Not you. Grant cleanrooms:ListMembers."
        )

    def test_without_remedy(self) -> None:
        assert explain(refused("ValidationException", "ListMembers", said="No")).endswith("ValidationException: No.")

    def test_without_answer(self) -> None:
        text = explain(LOST)
        assert text.startswith("Failed to list the members: ConnectionClosedError: Connection was closed")
        assert text.endswith("what is done stays done.")

    def test_where_bad_input_came_from(self) -> None:
        assert "AMC (c)" in explain(CleanRoomsError("result_receivers: x"), collaboration="AMC (c)")

    @pytest.mark.parametrize("evil", ["\x1b[2J", "a\nb", "\u202e"])
    def test_strangers_strings_cannot_command_a_terminal(self, evil: str) -> None:
        assert explain(refused("ValidationException", said=evil), evil).isprintable()


class TestPrintable:
    @pytest.mark.parametrize("text", ["AMC", "Ünïcode 協業", "{{ x }} <b>", "emoji 🎉", ""])
    def test_what_is_printable_stays(self, text: str) -> None:
        assert printable(text) == text

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("\x1b[31m", "\\x1b[31m"),
            ("a\r\n", "a\\r\\n"),
            ("\u202e", "\\u202e"),
            ("\ud800", "\\ud800"),
            ("\x9b", "\\x9b"),
        ],
    )
    def test_what_is_not_is_escaped(self, text: str, shown: str) -> None:
        assert printable(text) == shown
