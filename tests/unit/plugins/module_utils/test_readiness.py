# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How collaborations are judged, and the advice that goes with it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._namespaces import NamespaceOptions, NamespaceState
from ansible_collections.acx.cleanrooms.plugins.module_utils._readiness import (
    ADVICE,
    LOOK_AT_MEMBERS,
    SYNC,
    SYNC_NAMES,
    SYNC_ROLES,
    UNKNOWN_CODE,
    UNKNOWN_SCHEMA,
    WAIT,
    is_as_recorded,
    judge_namespace,
    judge_tables,
    may_pass,
    readiness_of,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    MEMBERS,
    MEMBERSHIP,
    OTHER,
    OWN,
    PARTNER,
    ROLE,
    STRANGER,
    Data,
    association,
    member,
    namespace,
    namespace_arn,
    options,
    record,
    rule,
    state,
    table,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import service_model
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.table_plans import ONE, THREE, TWO

UNSELECTED_ADVICE = "Run the playbook sync with -e cleanrooms_purge=true to take it back, or select it."
LIMIT_ADVICE = "Ask AWS for a higher quota and raise cleanrooms_max_tables, or exclude tables."
HERE = association(ONE, "acx_part_01")
AS_RECORDED: Data = {"tables": [{"state": "ready"}], "id_namespace": {"state": "ready"}}
STRANGERS = [*MEMBERS, member(STRANGER)]


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


def schema_of(status: str = "READY", code: str = "") -> Data:
    """Return a schema as BatchGetSchema answers it."""
    reasons = [{"code": code, "message": "Said."}] if code else []
    return {"schemaStatusDetails": [{"analysisType": "DIRECT_ANALYSIS", "status": status, "reasons": reasons}]}


class TestTablesThatAreThere:
    def judge(self, schema: Data | None = None, *there: Data, **changes: Any) -> Data:
        """Return the verdict on the one table that is there."""
        chosen = options(include=("part_01",), **changes.pop("options", {}))
        found = there or (HERE,)
        schemas = {found[0]["name"]: schema} if schema else {}
        known = record(members=changes.pop("reviewed", (PARTNER,)))
        (verdict,) = judge_tables(known, chosen, state(*found, **changes), [ONE], schemas)
        return verdict

    def test_ready(self) -> None:
        assert self.judge(schema_of()) == {
            "name": "acx_part_01",
            "configured_table_name": "part_01",
            "state": "ready",
            "reasons": [],
            "result_receivers": [PARTNER],
        }

    def test_role_is_told_where_it_was_read(self) -> None:
        details = {HERE["id"]: {"roleArn": ROLE}}
        assert self.judge(schema_of(), details=details)["role_arn"] == ROLE

    @pytest.mark.parametrize(
        ("code", "advice"), [("ANALYSIS_RULE_MISSING", ADVICE["ANALYSIS_RULE_MISSING"]), ("NEW", UNKNOWN_CODE)]
    )
    def test_not_ready(self, code: str, advice: str) -> None:
        verdict = self.judge(schema_of("NOT_READY", code))
        assert (verdict["state"], verdict["reasons"]) == (
            "not_ready",
            [{"code": code, "message": "Said.", "advice": advice}],
        )

    def test_unknown_to_aws_yet(self) -> None:
        verdict = self.judge()
        assert (verdict["state"], verdict["reasons"]) == ("not_ready", [{"message": UNKNOWN_SCHEMA, "advice": WAIT}])
        assert may_pass(verdict)

    def test_rule_differs(self) -> None:
        verdict = self.judge(schema_of(), rules={HERE["id"]: rule(OTHER)}, reviewed=(PARTNER, OTHER))
        assert verdict["state"] == "differs"
        assert verdict["reasons"] == [
            {"message": f"result_receivers is ['{OTHER}'], not ['{PARTNER}']", "advice": SYNC},
        ]
        assert verdict["result_receivers"] == [OTHER]

    def test_role_differs(self) -> None:
        details = {HERE["id"]: {"roleArn": "other"}}
        verdict = self.judge(schema_of(), details=details, options={"compare_role": True})
        assert verdict["reasons"] == [{"message": f"role_arn is other, not {ROLE}", "advice": SYNC_ROLES}]

    def test_name_differs(self) -> None:
        verdict = self.judge(schema_of(), association(ONE, "by hand"))
        assert (verdict["name"], verdict["state"]) == ("by hand", "differs")
        (reason,) = verdict["reasons"]
        assert reason["message"].startswith("is associated under this name, not as acx_part_01")
        assert reason["advice"] == SYNC_NAMES

    def test_another_table_differs(self) -> None:
        other = association(TWO, "acx_part_02")
        schemas = {one["name"]: schema_of() for one in (HERE, other)}
        found = state(HERE, other, rules={HERE["id"]: rule(), other["id"]: rule(OTHER)})
        known = record(members=(PARTNER, OTHER))
        verdicts = judge_tables(known, options(), found, [ONE, TWO], schemas)
        assert [one["state"] for one in verdicts] == ["ready", "differs"]

    def test_not_ready_and_nobody_to_receive(self) -> None:
        bare = association(ONE, "acx_part_01", None)
        schema = schema_of("NOT_READY", "COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED")
        verdict = self.judge(schema, bare, options={"result_receivers": ()})
        assert verdict["state"] == "not_ready"
        assert [one.get("code") for one in verdict["reasons"]] == ["COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED", None]
        assert verdict["reasons"][1] == {
            "message": "result_receivers is empty, so that there is no rule and nobody can query",
            "advice": "",
        }
        assert "result_receivers" not in verdict


class TestOtherTables:
    def test_missing(self) -> None:
        (verdict,) = judge_tables(record(), options(), state(), [ONE], {})
        assert verdict == {
            "name": "acx_part_01",
            "configured_table_name": "part_01",
            "state": "missing",
            "reasons": [{"message": "it is not associated", "advice": SYNC}],
        }

    def test_missing_and_without_a_rule_of_its_own(self) -> None:
        (verdict,) = judge_tables(record(), options(), state(), [table("part_01", None)], {})
        assert (verdict["state"], verdict["reasons"][0]["message"]) == ("missing", "it is not associated")

    def test_left_out(self) -> None:
        here, left_out = judge_tables(record(), options(max_tables=1), state(HERE), [ONE, TWO], {})
        assert (here["state"], left_out["name"], left_out["state"]) == ("not_ready", "acx_part_02", "left_out")
        (reason,) = left_out["reasons"]
        assert reason["message"].startswith("max_tables is 1 and 1 were associated before")
        assert reason["advice"] == LIMIT_ADVICE

    def test_name_is_held(self) -> None:
        held = association(TWO, "acx_part_01")
        verdicts = judge_tables(record(), options(include=("part_01",)), state(held), [ONE, TWO], {})
        assert [(one["state"], one["configured_table_name"]) for one in verdicts] == [
            ("refused", "part_01"),
            ("unselected", "part_02"),
        ]
        assert verdicts[0]["reasons"][0]["advice"] == SYNC_NAMES

    def test_members_changed(self) -> None:
        found = state(HERE, members=STRANGERS)
        here, missing = judge_tables(record(), options(), found, [ONE, TWO], {"acx_part_01": schema_of()})
        assert (here["state"], missing["state"]) == ("ready", "refused")
        (reason,) = missing["reasons"]
        assert reason["message"].startswith(f"members changed: {STRANGER}")
        assert reason["advice"] == LOOK_AT_MEMBERS

    def test_not_selected(self) -> None:
        there = state(association(THREE, "acx_b"), association(TWO, "acx_a"), association(table("gone"), "theirs"))
        verdicts = judge_tables(record(), options(include=()), there, [TWO], {})
        reason = {"message": "it is associated, and its table is not selected", "advice": UNSELECTED_ADVICE}
        assert verdicts == [
            {"name": "acx_a", "state": "unselected", "reasons": [reason], "configured_table_name": "part_02"},
            {"name": "acx_b", "state": "unselected", "reasons": [reason], "configured_table_name": ""},
        ]

    def test_without_a_prefix_nothing_else_is_ours(self) -> None:
        chosen = options(include=(), name_prefix="")
        assert judge_tables(record(), chosen, state(HERE), [ONE], {}) == []

    def test_tables_may_be_an_iterator(self) -> None:
        assert len(judge_tables(record(), options(), state(), iter([ONE, TWO]), {})) == 2


class TestNamespace:
    ARN = namespace_arn("ACXIdNamespace")

    def judge(self, *there: Data, members: list[Data] | None = None, **changes: Any) -> Data:
        wanted = NamespaceOptions(**{"name": "ACXIdNamespace", "id_namespace_arn": self.ARN, **changes})
        present = MEMBERS if members is None else members
        return judge_namespace(record(), wanted, NamespaceState(OWN, MEMBERSHIP, present, list(there)))

    def test_ready(self) -> None:
        ready = {"name": "ACXIdNamespace", "state": "ready", "reasons": []}
        assert self.judge(namespace("ACXIdNamespace")) == ready
        assert self.judge(namespace("ACXIdNamespace"), members=STRANGERS) == ready
        assert self.judge(namespace("ACXIdNamespace"), manage_resource_policies=False) == ready

    def test_missing(self) -> None:
        assert self.judge() == {
            "name": "ACXIdNamespace",
            "state": "missing",
            "reasons": [{"message": "it is not associated", "advice": SYNC}],
        }

    def test_name_is_held(self) -> None:
        verdict = self.judge(namespace("ACXIdNamespace", "Another"))
        assert verdict["state"] == "missing"
        assert [one["message"].split(",")[0] for one in verdict["reasons"]] == [
            "the name is held by the association of another ID namespace"
        ]

    def test_differs(self) -> None:
        verdict = self.judge(namespace("Old"))
        assert verdict["state"] == "differs"
        assert verdict["reasons"] == [{"message": "name is Old, not ACXIdNamespace", "advice": SYNC}]

    def test_members_changed(self) -> None:
        verdict = self.judge(members=STRANGERS)
        (reason,) = verdict["reasons"]
        assert (verdict["state"], reason["advice"]) == ("refused", LOOK_AT_MEMBERS)
        assert reason["message"].startswith("members changed")


class TestAsRecorded:
    def test_ready(self) -> None:
        assert is_as_recorded(AS_RECORDED, record(), options(), ()) is True
        assert is_as_recorded({"tables": []}, record(), options(), ()) is True

    @pytest.mark.parametrize(
        "other",
        [
            {"error": "Boom."},
            {"reason": "left"},
            {"refused": "members changed"},
            {"tables": [{"state": "ready"}, {"state": "missing"}]},
            {"id_namespace": {"state": "differs"}},
        ],
    )
    def test_not(self, other: Data) -> None:
        assert is_as_recorded({**AS_RECORDED, **other}, record(), options(), ()) is False

    def test_tolerated(self) -> None:
        entry = {**AS_RECORDED, "tables": [{"state": "left_out"}], "id_namespace": {"state": "refused"}}
        assert is_as_recorded(entry, record(), options(), ("refused", "left_out")) is True
        assert is_as_recorded(entry, record(), options(), ("left_out",)) is False

    def test_members_who_changed_are_never_tolerated(self) -> None:
        entry = {**AS_RECORDED, "refused": "members changed", "tables": [{"state": "refused"}]}
        assert is_as_recorded(entry, record(), options(), ("refused",)) is False

    def test_nobody_is_to_receive(self) -> None:
        entry = {"tables": [{"state": "not_ready"}]}
        assert is_as_recorded(entry, record(result_receivers=()), options(), ()) is True
        assert is_as_recorded(entry, record(), options(result_receivers=()), ()) is True
        assert is_as_recorded(entry, record(result_receivers=(PARTNER,)), options(result_receivers=()), ()) is False
        assert is_as_recorded(entry, record(), options(), ()) is False
