# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._info import answer_of
from ansible_collections.acx.cleanrooms.plugins.module_utils._readiness import readiness_of


def schema(*details: tuple[str, str, list[str]]) -> dict[str, Any]:
    return {
        "name": "x",
        "schemaStatusDetails": [
            {
                "analysisType": kind,
                "status": status,
                **({"reasons": [{"code": code, "message": f"{code}."} for code in codes]} if codes else {}),
            }
            for kind, status, codes in details
        ],
    }


class TestAnswer:
    @pytest.mark.parametrize("entries", [[], [{"name": "a"}], [{"name": "a"}, {"name": "b"}]])
    def test_is_the_same_for_any_number(self, entries: list[dict[str, Any]]) -> None:
        assert answer_of("memberships", entries) == {"changed": False, "memberships": entries}

    def test_failure_holds_what_could_be_read(self) -> None:
        entries = [{"name": "a", "error": "Boom a."}, {"name": "b"}, {"name": "c", "error": "Boom c."}]
        assert answer_of("memberships", entries) == {
            "changed": False,
            "memberships": entries,
            "failed": True,
            "msg": "2 of 3 memberships could not be read whole. Boom a. Boom c.",
        }


class TestReadiness:
    def test_ready(self) -> None:
        assert readiness_of(schema(("DIRECT_ANALYSIS", "READY", []))) == {"ready": True, "not_ready_reasons": []}

    def test_not_ready(self) -> None:
        assert readiness_of(schema(("DIRECT_ANALYSIS", "NOT_READY", ["A", "B"]))) == {
            "ready": False,
            "not_ready_reasons": [{"code": "A", "message": "A."}, {"code": "B", "message": "B."}],
        }

    def test_same_reason_is_told_once(self) -> None:
        found = readiness_of(schema(("DIRECT_ANALYSIS", "NOT_READY", ["A"]), ("DIRECT_ANALYSIS", "NOT_READY", ["A"])))
        assert [one["code"] for one in found["not_ready_reasons"]] == ["A"]

    def test_reasons_do_not_matter_when_it_is_ready(self) -> None:
        found = readiness_of(schema(("DIRECT_ANALYSIS", "READY", []), ("DIRECT_ANALYSIS", "NOT_READY", ["A"])))
        assert found == {"ready": True, "not_ready_reasons": []}

    def test_additional_analyses_are_another_matter(self) -> None:
        found = readiness_of(schema(("ADDITIONAL_ANALYSIS", "READY", []), ("DIRECT_ANALYSIS", "NOT_READY", ["A"])))
        assert found["ready"] is False
        found = readiness_of(schema(("ADDITIONAL_ANALYSIS", "NOT_READY", ["B"]), ("DIRECT_ANALYSIS", "READY", [])))
        assert found == {"ready": True, "not_ready_reasons": []}

    @pytest.mark.parametrize("unknown", [None, {}, {"schemaStatusDetails": []}])
    def test_unknown_yet(self, unknown: dict[str, Any] | None) -> None:
        assert readiness_of(unknown) == {"ready": False, "not_ready_reasons": []}
