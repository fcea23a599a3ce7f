# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How collaborations are judged, and the advice that goes with it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _readiness as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._namespaces import NamespaceOptions, NamespaceState
from ansible_collections.acx.cleanrooms.plugins.module_utils._readiness import ADVICE, SYNC, SYNC_NAMES, judge_tables
from ansible_collections.acx.cleanrooms.plugins.module_utils._trust import how_to_confirm
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples as s
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    Data,
    association,
    namespace,
    rule,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import service_model

ONE, TWO, THREE, OTHER, PARTNER = s.ONE, s.TWO, s.THREE, s.OTHER, s.PARTNER
HERE, SECOND = association(ONE, "acx_part_01"), association(TWO, "acx_part_02")
STRANGERS = [*s.MEMBERS, s.member(s.STRANGER)]
UNSELECTED_ADVICE = "Run the playbook sync with -e cleanrooms_purge=true to take it back, or select it."
LIMIT_ADVICE = "Ask AWS for a higher quota and raise cleanrooms_max_tables, or exclude tables."
NO_RULE, NO_RECEIVER = "COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED", "RESULT_RECEIVERS_NOT_CONFIGURED"


def schema(*details: str) -> Data:
    """Return a schema as BatchGetSchema answers it, from details like C(DIRECT NOT_READY CODE CODE)."""
    found = []
    for kind, status, *codes in map(str.split, details):
        reasons = {"reasons": [{"code": one, "message": f"{one}."} for one in codes]} if codes else {}
        found.append({"analysisType": f"{kind}_ANALYSIS", "status": status, **reasons})
    return {"name": "x", "schemaStatusDetails": found}


READY = schema("DIRECT READY")


def reason(message: str, advice: str) -> Data:
    return {"message": message, "advice": advice}


def absent(name: str, table: str, state: str, *reasons: Data) -> Data:
    return {"name": name, "configured_table_name": table, "state": state, "reasons": [*reasons]}


def test_every_reason_of_aws_comes_with_advice() -> None:
    assert set(ADVICE) >= set(service_model().shape_for("SchemaStatusReasonCode").enum)
    assert all(advice.endswith(".") for advice in ADVICE.values())


@pytest.mark.parametrize(
    ("details", "ready", "codes"),
    [
        (["DIRECT READY"], True, ""),
        (["DIRECT NOT_READY A B"], False, "AB"),
        (["DIRECT NOT_READY A", "DIRECT NOT_READY A"], False, "A"),
        (["DIRECT READY", "DIRECT NOT_READY A"], True, ""),
        (["ADDITIONAL READY", "DIRECT NOT_READY A"], False, "A"),
        (["ADDITIONAL NOT_READY B", "DIRECT READY"], True, ""),
        # A table for additional analyses alone is judged by those.
        (["ADDITIONAL READY"], True, ""),
        (["ADDITIONAL NOT_READY B"], False, "B"),
        ([], False, ""),
    ],
)
def test_readiness(details: list[str], ready: bool, codes: str) -> None:
    expected = {"ready": ready, "not_ready_reasons": [{"code": one, "message": f"{one}."} for one in codes]}
    assert code.readiness_of(schema(*details)) == expected


@pytest.mark.parametrize("unknown", [None, {}])
def test_schema_that_aws_does_not_know_yet(unknown: Data | None) -> None:
    assert code.readiness_of(unknown) == {"ready": False, "not_ready_reasons": []}


@pytest.mark.parametrize(
    ("state", "codes", "passes"),
    [
        ("not_ready", [NO_RULE], True),
        ("not_ready", [NO_RECEIVER], True),
        ("not_ready", ["ANALYSIS_PROVIDERS_NOT_CONFIGURED"], False),
        ("differs", [NO_RULE], False),
    ],
)
def test_what_may_pass_by_itself(state: str, codes: list[str], passes: bool) -> None:
    reasons = [{"code": one, "message": "Said."} for one in codes]
    assert code.may_pass({"state": state, "reasons": reasons}) is passes
    assert code.may_pass({"state": state, "reasons": [reason(code.UNKNOWN_SCHEMA, "")]}) is (state == "not_ready")


MISNAMED = "is associated under this name, not as acx_part_01; a name cannot be changed, recreate: true makes the"
NOBODY = "result_receivers is empty, so that there is no rule and nobody can query"
NOT_KNOWN = {"code": "NEW", **reason("NEW.", code.UNKNOWN_CODE)}
# A receiver who may be in a rule, and is not to be: no stranger.
REVIEWED = s.record(members=(PARTNER, OTHER))
NO_OWN_RULE = {"code": "ANALYSIS_RULE_MISSING", **reason("ANALYSIS_RULE_MISSING.", ADVICE["ANALYSIS_RULE_MISSING"])}
WITHOUT_RULE = {"code": NO_RULE, **reason(f"{NO_RULE}.", ADVICE[NO_RULE])}
ROLE_READ, ROLE_DIFFERS = ({"details": {HERE["id"]: {"roleArn": role}}} for role in (s.ROLE, "other"))
DIFFERS = reason(f"new receiver {PARTNER}: result_receivers is ['{OTHER}'], not ['{PARTNER}']", SYNC)
BARE = association(ONE, "acx_part_01", None)
# What is there, its schema, options, more of what is there, the state, the reasons, and more of the verdict.
THERE: dict[str, tuple[Data, Data | None, Data, Data, str, list[Data], Data]] = {
    "ready": (HERE, READY, {}, {}, "ready", [], {}),
    "role is told where it was read": (HERE, READY, {}, ROLE_READ, "ready", [], {"role_arn": s.ROLE}),
    "not ready": (
        HERE, schema("DIRECT NOT_READY ANALYSIS_RULE_MISSING NEW"), {}, {}, "not_ready", [NO_OWN_RULE, NOT_KNOWN], {}
    ),
    "unknown to AWS yet": (HERE, None, {}, {}, "not_ready", [reason(code.UNKNOWN_SCHEMA, code.WAIT)], {}),
    "rule differs": (
        HERE, READY, {}, {"rules": {HERE["id"]: rule(OTHER)}},
        "differs", [DIFFERS], {"result_receivers": [OTHER]},
    ),
    "role differs": (
        HERE, READY, {"check_role": True}, ROLE_DIFFERS,
        "differs", [reason(f"role_arn is other, not {s.ROLE}", code.SYNC_ROLES)], {"role_arn": "other"},
    ),
    "name differs": (
        association(ONE, "by hand"), READY, {}, {}, "differs", [reason(f"{MISNAMED} association again", SYNC_NAMES)], {}
    ),
    "not ready, and nobody to receive": (
        BARE, schema(f"DIRECT NOT_READY {NO_RULE}"), {"result_receivers": ()}, {},
        "not_ready", [WITHOUT_RULE, reason(NOBODY, "")], {"result_receivers": None},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("found", "read", "wanted", "there", "state", "reasons", "more"), THERE.values(), ids=THERE)
def test_table_that_is_there(
    found: Data, read: Data | None, wanted: Data, there: Data, state: str, reasons: list[Data], more: Data
) -> None:
    schemas = {found["name"]: read} if read else {}
    chosen = s.options(include=("part_01",), **wanted)
    (verdict,) = judge_tables(REVIEWED, chosen, s.state(found, **there), [ONE], schemas)
    expected = {**absent(found["name"], "part_01", state, *reasons), "result_receivers": [PARTNER], **more}
    assert verdict == {key: value for key, value in expected.items() if value is not None}


MISSING = reason("it is not associated", SYNC)
FULL = "max_tables is 1 and 1 were associated before; raise it once AWS has raised the quota of this account"
HELD = f"the name is held by the association of another table, part_02 ({TWO['id']}); recreate: true mends that"
UNSELECTED = reason("it is associated, and its table is not selected", UNSELECTED_ADVICE)
CHANGED = (
    f"members changed: {s.STRANGER} (Member {s.STRANGER}) with {', '.join(s.BOTH)} not among the members of the record;"
    f" {how_to_confirm(s.record(), {s.STRANGER: s.BOTH})}"
)
FOREIGN = [association(THREE, "acx_b"), association(TWO, "acx_a"), association(s.table("gone"), "theirs")]
TAKEN, RULES_DIFFER = [association(TWO, "acx_part_01")], {SECOND["id"]: rule(OTHER), HERE["id"]: rule()}
LIMITED = reason(FULL, LIMIT_ADVICE)
# Options, what is there and more of it, and the verdicts on what is not as it should be.
ELSE: dict[str, tuple[Data, list[Data], Data, list[Data]]] = {
    "missing": ({}, [SECOND], {}, [absent("acx_part_01", "part_01", "missing", MISSING)]),
    "left out": ({"max_tables": 1}, [HERE], {}, [absent("acx_part_02", "part_02", "left_out", LIMITED)]),
    "name is held": (
        {"include": ("part_01",)}, TAKEN, {},
        [absent("acx_part_01", "part_01", "refused", reason(HELD, SYNC_NAMES)),
         absent("acx_part_01", "part_02", "unselected", UNSELECTED)],
    ),
    "members changed": (
        {}, [HERE], {"members": STRANGERS},
        [absent("acx_part_02", "part_02", "refused", reason(CHANGED, code.LOOK_AT_MEMBERS))],
    ),
    "not selected": (
        {"include": ()}, FOREIGN, {},
        [absent("acx_a", "part_02", "unselected", UNSELECTED), absent("acx_b", "", "unselected", UNSELECTED)],
    ),
    "without a prefix nothing else is ours": ({"include": (), "name_prefix": ""}, [HERE], {}, []),
    "one of two differs": (
        {}, [HERE, SECOND], {"rules": RULES_DIFFER},
        [{**absent("acx_part_02", "part_02", "differs", DIFFERS), "result_receivers": [OTHER]}],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("wanted", "found", "more", "expected"), ELSE.values(), ids=ELSE)
def test_other_tables(wanted: Data, found: list[Data], more: Data, expected: list[Data]) -> None:
    schemas = dict.fromkeys(("acx_part_01", "acx_part_02"), READY)
    verdicts = judge_tables(REVIEWED, s.options(**wanted), s.state(*found, **more), iter([ONE, TWO]), schemas)
    assert [one for one in verdicts if one["state"] != "ready"] == expected
    others = {one["name"] for one in expected} if wanted.get("include") != () else {"acx_part_01"}
    ready = [one["name"] for one in (HERE, SECOND) if one in found and one["name"] not in others]
    assert [one["name"] for one in verdicts if one["state"] == "ready"] == ready


def test_missing_and_without_a_rule_of_its_own() -> None:
    verdicts = judge_tables(s.record(), s.options(), s.state(), [s.table("part_01", None)], {})
    assert verdicts == [absent("acx_part_01", "part_01", "missing", MISSING)]


NAME = "ACXIdNamespace"
ANOTHER = s.namespace_arn("Another")
ELSEWHERE = f"the name is held by the association of another ID namespace, {ANOTHER}; recreate: true mends that"


ELSEWHERE_REASON, RENAMED = reason(ELSEWHERE, SYNC), reason(f"name is Old, not {NAME}", SYNC)
STRANGER_REASON = reason(CHANGED, code.LOOK_AT_MEMBERS)
KEPT = {"manage_resource_policies": False}
# What is there, its members, options, the state and the reasons.
NAMESPACES: dict[str, tuple[list[Data], list[Data], Data, str, list[Data]]] = {
    "ready": ([namespace(NAME)], s.MEMBERS, {}, "ready", []),
    "ready, and members changed": ([namespace(NAME)], STRANGERS, {}, "ready", []),
    "a setting that AWS cannot change": ([namespace(NAME)], s.MEMBERS, KEPT, "ready", []),
    "missing": ([], s.MEMBERS, {}, "missing", [MISSING]),
    "name is held": ([namespace(NAME, "Another")], s.MEMBERS, {}, "missing", [ELSEWHERE_REASON]),
    "another name": ([namespace("Old")], s.MEMBERS, {}, "differs", [RENAMED]),
    "members changed": ([], STRANGERS, {}, "refused", [STRANGER_REASON]),
}


@pytest.mark.parametrize(("found", "members", "wanted", "state", "reasons"), NAMESPACES.values(), ids=NAMESPACES)
def test_namespace(found: list[Data], members: list[Data], wanted: Data, state: str, reasons: list[Data]) -> None:
    options = NamespaceOptions(**{"name": NAME, "id_namespace_arn": s.namespace_arn(NAME), **wanted})
    there = NamespaceState(s.OWN, s.MEMBERSHIP, members, found)
    assert code.judge_namespace(s.record(), options, there) == {"name": NAME, "state": state, "reasons": reasons}


def states(*tables: str, **more: Any) -> Data:
    return {"tables": [{"state": one} for one in tables], **more}


@pytest.mark.parametrize(
    ("entry", "tolerated", "expected"),
    [
        (states("ready", id_namespace={"state": "ready"}), (), True),
        (states(), (), True),
        (states("ready", error="Boom."), (), False),
        (states("ready", reason="left"), (), False),
        (states("ready", unreviewed="changes of type ADD_MEMBER"), (), False),
        (states("ready", "missing"), (), False),
        (states("not_ready"), (), False),
        (states("ready", id_namespace={"state": "differs"}), (), False),
        (states("left_out", id_namespace={"state": "refused"}), ("refused", "left_out"), True),
        (states("left_out", id_namespace={"state": "refused"}), ("left_out",), False),
        # Members who changed are never tolerated.
        (states("ready", refused="members changed"), (), False),
        (states("refused", refused="members changed"), ("refused",), False),
    ],
)
def test_as_recorded(entry: Data, tolerated: tuple[str, ...], expected: bool) -> None:
    assert code.is_as_recorded(entry, s.record(), s.options(), tolerated) is expected


@pytest.mark.parametrize(("own", "wanted", "expected"), [((), None, True), (None, (), True), ((PARTNER,), (), False)])
def test_not_ready_is_as_recorded_where_nobody_is_to_receive(own: Any, wanted: Any, expected: bool) -> None:
    record, options = s.record(result_receivers=own), s.options(result_receivers=wanted)
    assert code.is_as_recorded(states("not_ready"), record, options, ()) is expected
