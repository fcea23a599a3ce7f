# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The advice that goes with AWS's reasons; what is judged is tested against the emulator."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._readiness import ADVICE, may_pass, readiness_of
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import service_model


def test_every_reason_of_aws_comes_with_advice() -> None:
    assert set(ADVICE) >= set(service_model().shape_for("SchemaStatusReasonCode").enum)
    assert all(advice.endswith(".") for advice in ADVICE.values())


def test_a_table_for_additional_analyses_alone_is_judged_by_those() -> None:
    def schema(status: str) -> dict[str, Any]:
        return {"schemaStatusDetails": [{"analysisType": "ADDITIONAL_ANALYSIS", "status": status, "reasons": []}]}

    assert readiness_of(schema("READY"))["ready"] is True
    assert readiness_of(schema("NOT_READY"))["ready"] is False


@pytest.mark.parametrize(
    ("state", "code", "passes"),
    [
        ("not_ready", "COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED", True),
        ("not_ready", "RESULT_RECEIVERS_NOT_CONFIGURED", True),
        ("not_ready", "ANALYSIS_PROVIDERS_NOT_CONFIGURED", False),
        ("differs", "COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED", False),
    ],
)
def test_what_may_pass_by_itself(state: str, code: str, passes: bool) -> None:
    assert may_pass({"state": state, "reasons": [{"code": code, "message": "Said."}]}) is passes
