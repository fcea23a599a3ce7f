# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors of AWS in one line: what failed, on what, why, and what to do."""

from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.acx.cleanrooms.plugins.module_utils import _errors as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, remedy
from ansible_collections.acx.cleanrooms.plugins.module_utils._requests import CleanRoomsErrorHandler
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import service_model, shape

CREATE, UPDATE = "CreateConfiguredTableAssociation", "UpdateConfiguredTableAssociation"
NAMESPACE = "CreateIdNamespaceAssociation"
DENIED, QUOTA, INVALID = "AccessDeniedException", "ServiceQuotaExceededException", "ValidationException"
BAD_INPUT = CleanRoomsError("bad input")


def refused(error_code: str, operation: str = CREATE, said: str = "No.", **members: Any) -> CleanRoomsError:
    """Return our error around the one boto3 raises for an answer."""
    raised = ClientError({"Error": {"Code": error_code, "Message": said}, **members}, operation)
    return CleanRoomsError(message="Failed to create the association", exception=raised)


CLOSING = ConnectionClosedError(endpoint_url="https://example.invalid")
LOST = CleanRoomsError(message="Failed to list the members", exception=CLOSING)


@pytest.mark.parametrize(
    ("error", "error_code", "reason"),
    [(refused("ConflictException", reason="A"), "ConflictException", "A"), (LOST, "", None), (BAD_INPUT, "", None)],
)
def test_parts(error: CleanRoomsError, error_code: str, reason: str | None) -> None:
    assert (code.code_of(error), code.response_of(error).get("reason")) == (error_code, reason)


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        *((refused(one, "ListMembers"), "Grant cleanrooms:ListMembers.") for one in (DENIED, "AccessDenied")),
        *((refused(one, "GetRole"), "Grant iam:GetRole.") for one in (DENIED, "AccessDenied")),
        *((refused(DENIED, one), f"Grant cleanrooms:{one}, and iam:PassRole on the") for one in (CREATE, UPDATE)),
        (refused(DENIED, "CreateMembership"), "Grant cleanrooms:CreateMembership, and logs:CreateLogDelivery"),
        (refused(DENIED, NAMESPACE), f"Grant cleanrooms:{NAMESPACE}, and entityresolution:"),
        (refused(QUOTA, quotaName="Table associations", quotaValue=25.0), "Table associations is 25; ask for more"),
        (refused(QUOTA), "the quota is used up; ask for more"),
        # A reason counts before a code.
        (refused("ConflictException", reason="SUBRESOURCES_EXIST"), "Something else was made from it (an intermediate"),
        (
            refused(INVALID, reason="IAM_SYNCHRONIZATION_DELAY"),
            "The role is still unknown to Clean Rooms;",
        ),
        (LOST, "The answer did not arrive; run again: what is done stays done."),
    ],
)
def test_remedy(error: CleanRoomsError, advice: str) -> None:
    assert remedy(error).startswith(advice)
    assert remedy(error).endswith(".")


@pytest.mark.parametrize("error", [refused(INVALID, reason="FIELD_VALIDATION_FAILED"), BAD_INPUT])
def test_no_remedy(error: CleanRoomsError) -> None:
    assert remedy(error) == ""


def test_codes_and_reasons_are_those_of_the_model() -> None:
    codes = {error.name for error in service_model().error_shapes}
    reasons = {*shape("ConflictExceptionReason").enum, *shape("ValidationExceptionReason").enum}
    # These come from AWS's front door and from IAM, not from the service.
    others = {*code.EXPIRED, "UnreadableAnswerError", "ResponseParserError"}
    ours = {name for name in code.REMEDIES if not hasattr(botocore.exceptions, name)}
    assert ours <= codes | reasons | others
    of_botocore = {"NoCredentialsError", "EndpointConnectionError", "ConnectionClosedError", "ReadTimeoutError"}
    assert set(code.REMEDIES) - ours == of_botocore | {"NoRegionError", "ProfileNotFound"}


CLOSED = "ConnectionClosedError: Connection was closed before we received a valid response from endpoint URL"
FAILED, INVALID_ANSWER = "Failed to create the association", "ListMembers answered ValidationException"


@pytest.mark.parametrize(
    ("error", "name", "collaboration", "told"),
    [
        (CleanRoomsError("include: is empty"), "", "", "include: is empty."),
        (CleanRoomsError("result_receivers: {{ x }}"), "", "AMC (c)", "AMC (c): result_receivers: \\x7b{ x }}."),
        (refused(DENIED, "ListMembers", "Not you."), "acx_part_01", "AMC (c)", f"{FAILED} 'acx_part_01' in"
         " collaboration AMC (c): ListMembers answered AccessDeniedException: Not you. Grant cleanrooms:ListMembers."),
        (refused(INVALID, "ListMembers", "No"), "", "", f"{FAILED}: {INVALID_ANSWER}: No."),
        (LOST, "", "", f'Failed to list the members: {CLOSED}: "https://example.invalid". {code.NO_ANSWER}'),
        # Strangers' strings can command neither a terminal nor Ansible.
        (refused(INVALID, "ListMembers", "\x1b[2J\na"), "\u202e", "",
         f"{FAILED} '\\u202e': {INVALID_ANSWER}: \\x1b[2J\\na."),
        (refused(QUOTA, quotaName="{% Q", quotaValue=2.0), "{{ n", "",
         f"{FAILED} '\\x7b{{ n': {CREATE} answered {QUOTA}: No. \\x7b% Q is 2; ask for more in the Service Quotas"
         " console, or share less."),
    ],
)  # fmt: skip
def test_explain(error: CleanRoomsError, name: str, collaboration: str, told: str) -> None:
    given = {"name": name, "collaboration": collaboration}
    assert code.explain(error, **{key: label for key, label in given.items() if label}) == told


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        *((text, text) for text in ("AMC", "Ünïcode 協業", "a { { x }} <b>", "emoji 🎉", "", "[AMC] x", "{AMC}")),
        *((text, text.encode("unicode_escape").decode()) for text in ("\x1b[31m", "\u202e", "\ud800", "\x9b")),
        ("a\r\n", "a\\r\\n"),
        ("{{ 6 * 7 }} A", "\\x7b{ 6 * 7 }} A"),
        ("a {{{%{#", "a \\x7b\\x7b\\x7b%\\x7b#"),
        ("#jinja2:x", "\\x23jinja2:x"),
        ("a #jinja2:x", "a #jinja2:x"),
        # As a list or a dictionary of Python these would hold a template.
        *(("[" + text, "\\x5b" + text) for text in ("'\\x7b{ x }}']", "'{' '{ x }}']")),
        ("{'a': '\\173{ x }}'}", "\\x7b'a': '\\173{ x }}'}"),
        ("[\n", "\\x5b\\n"),
    ],
)
def test_printable(text: str, shown: str) -> None:
    assert code.printable(text) == shown


@given(st.text("{%#[\\\n a") | st.text())
@example("#jinja2:x")
def test_what_is_printable_stays_as_it_is(text: str) -> None:
    shown = code.printable(text)
    assert shown.isprintable()
    assert not [one for one in ("{{", "{%", "{#") if one in shown]
    assert code.printable(shown) == shown


def test_errors_of_api_functions_are_ours() -> None:
    @CleanRoomsErrorHandler.common_error_handler("list the members")
    def ask() -> None:
        raise ClientError({"Error": {"Code": DENIED, "Message": "No."}}, "ListMembers")

    with pytest.raises(CleanRoomsError, match="list the members") as caught:
        ask()
    assert code.code_of(caught.value) == DENIED
