# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Memberships: settings, which are left, and what goes before them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _memberships as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Plan
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples as s
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import Data, membership
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import check_plan

PLACE = {"bucket": "results", "key_prefix": None, "result_format": "CSV", "role_arn": None}
S3, ONE_FILE = {"bucket": "results", "resultFormat": "CSV"}, {"singleFileOutput": True}
PLACED = {"outputConfiguration": {"s3": S3}}
SETTINGS: Data = {
    **dict.fromkeys(("query_log_status", "job_log_status", "metrics_enabled", "default_result_configuration", "tags")),
    "purge_tags": True,
}
A = s.id_of("a")
LEAVING: Data = {
    "trusted_creators": [],
    "collaborations": None,
    "collaboration_ids": [A],
    "name_prefix": None,
    "id_namespace_name": None,
    "confirm_leaving": False,
    "force": False,
}


def test_result_configuration() -> None:
    assert code.result_configuration(None) is None
    assert code.result_configuration(PLACE) == PLACED
    every = {"bucket": "results", "key_prefix": "a/b", "result_format": "PARQUET", "role_arn": s.ROLE}
    s3 = {"bucket": "results", "keyPrefix": "a/b", "resultFormat": "PARQUET"}
    assert code.result_configuration(every) == {"outputConfiguration": {"s3": s3}, "roleArn": s.ROLE}


def test_settings() -> None:
    assert code.check_settings(SETTINGS) == code.MembershipOptions()
    assert code.MembershipOptions().settings == {}
    assert code.check_settings({**SETTINGS, "metrics_enabled": False}).settings == {"isMetricsEnabled": False}
    logs = {"query_log_status": "ENABLED", "job_log_status": "DISABLED", "metrics_enabled": True}
    more = {"default_result_configuration": PLACE, "tags": {"Team": "x"}, "purge_tags": False}
    checked = code.check_settings({**logs, **more})
    sent = {"queryLogStatus": "ENABLED", "jobLogStatus": "DISABLED", "isMetricsEnabled": True}
    assert checked.settings == {**sent, "defaultResultConfiguration": PLACED}
    assert (checked.tags, checked.purge_tags) == ({"Team": "x"}, False)


def placed(key: str, value: str) -> Data:
    return {"default_result_configuration": {**PLACE, key: value}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tags": {"aws:x": "y"}}, "tags: 'aws:x'"),
        (placed("bucket", "s3://x"), "default_result_configuration.bucket: 's3://x'"),
        (placed("key_prefix", "a b"), "default_result_configuration.key_prefix: 'a b'"),
        (placed("role_arn", "x"), "default_result_configuration.role_arn: 'x'"),
        ({"trusted_creators": [s.PARTNER]}, "trusted_creators: cannot be used with state: absent"),
        ({"collaborations": [{}]}, "collaborations: cannot be used with state: absent"),
        ({"collaboration_ids": []}, "collaboration_ids: is empty; leaving"),
        ({"collaboration_ids": ["AMC"]}, "collaboration_ids: 'AMC' is not an id"),
        ({"collaboration_ids": [A, A]}, f"collaboration_ids: '{A}' stands twice"),
    ],
)
def test_refused(changes: Data, message: str) -> None:
    check, given = (code.check_settings, SETTINGS) if set(changes) <= set(SETTINGS) else (code.check_leaving, LEAVING)
    with pytest.raises(CleanRoomsError, match=f"^{message}"):
        check({**given, **changes})


THERE: Data = {**membership(), "queryLogStatus": "DISABLED", "jobLogStatus": "DISABLED"}
UPDATE = "repaired: update membership AMC"
ON = {"query_log_status": "ENABLED", "job_log_status": "DISABLED"}
CONFIGURED, SKIP = {"default_result_configuration": PLACE}, f"skip membership {s.record().label}"
NOT_ON = {"metrics_enabled": False}
# Settings, what is there besides, the outline of the plan, and what its first request holds.
CASES: dict[str, tuple[Data, Data, str, Data]] = {
    "nothing wanted": ({}, {}, "", {}),
    "as wanted": ({**ON, **NOT_ON, "query_log_status": "DISABLED", "tags": {"a": "1"}}, {}, "", {}),
    "only what differs is sent": (ON, {}, UPDATE, {"queryLogStatus": "ENABLED"}),
    "result configuration": (CONFIGURED, {}, UPDATE, {"defaultResultConfiguration": PLACED}),
    "the same result configuration": (CONFIGURED, {"defaultResultConfiguration": PLACED}, "", {}),
    "one file is kept": (
        CONFIGURED,
        {"defaultResultConfiguration": {"outputConfiguration": {"s3": {"bucket": "x", **ONE_FILE}}}},
        UPDATE,
        {"defaultResultConfiguration": {"outputConfiguration": {"s3": {**S3, **ONE_FILE}}}},
    ),
    "a member that is not known": (
        CONFIGURED,
        {"defaultResultConfiguration": {**PLACED, "noise": 1}},
        f"refuse membership {s.record().label}",
        {},
    ),
    "metrics cannot be set": ({"metrics_enabled": True}, {}, SKIP, {}),
    "metrics cannot be unset": (NOT_ON, {"isMetricsEnabled": True}, SKIP, {}),
    "tags": ({"tags": {"b": "2"}}, {}, "repaired: update tags AMC, delete tags AMC", {"tags": {"b": "2"}}),
    "tags are purged": ({"tags": {}}, {}, "repaired: delete tags AMC", {"tagKeys": ["a"]}),
    "tags are not purged": ({"tags": {}, "purge_tags": False}, {}, "", {}),
    "both are one flow": ({**ON, "tags": {"a": "2"}}, {}, f"{UPDATE}, update tags AMC", {"queryLogStatus": "ENABLED"}),
}


@pytest.mark.parametrize(("wanted", "more", "expected", "sent"), CASES.values(), ids=CASES)
def test_settings_of_one_that_is_there(wanted: Data, more: Data, expected: str, sent: Data) -> None:
    plan, tags = Plan(s.record()), {"a": "1", "aws:x": "y"}
    code.plan_settings(plan, code.MembershipOptions(**wanted), {**THERE, **more}, tags)
    check_plan(plan)
    assert " ".join(s.outline(plan)) == expected
    assert plan.items == ([] if plan.flows else [{"name": "AMC"}])
    for action in plan.flows[0].actions[:1] if plan.flows else []:
        address = {"resourceArn": THERE["arn"]} if action.resource == "tags" else {"membershipIdentifier": THERE["id"]}
        assert action.request == {**address, **sent}


def test_reasons() -> None:
    plan = Plan(s.record())
    code.plan_settings(plan, code.MembershipOptions(**ON, metrics_enabled=True), THERE, {})
    metrics = "metrics_enabled differs, and AWS can set it only when an invitation is accepted"
    assert s.reasons(plan) == ["queryLogStatus is DISABLED, not ENABLED", metrics]
    on = {"queryLogStatus": "ENABLED", "jobLogStatus": "DISABLED"}
    assert (plan.actions[0].before, plan.actions[0].after) == ({**on, "queryLogStatus": "DISABLED"}, on)


def test_options_of_leaving() -> None:
    assert code.check_leaving(LEAVING) == code.LeavingOptions((A,))


def test_find_in_the_order_of_the_ids() -> None:
    one, two = membership("A"), membership("B")
    options = code.LeavingOptions((two["collaborationId"], s.id_of("gone"), one["collaborationId"]))
    assert code.find_memberships(options, [one, two]) == [
        s.Record("B", two["collaborationId"], two["id"]),
        s.Record(collaboration_id=s.id_of("gone")),
        s.Record("A", one["collaborationId"], one["id"]),
    ]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("status", ["REMOVED", "COLLABORATION_DELETED"])
def test_the_active_one_of_two_counts_and_what_is_over_can_be_left_too(status: str, order: int) -> None:
    active = membership("A")
    over = {**active, "id": s.id_of("old one"), "status": status}
    options = code.LeavingOptions((active["collaborationId"],))
    assert code.find_memberships(options, [active, over][::order])[0].membership_id == active["id"]
    assert code.find_memberships(options, [over])[0].membership_id == over["id"]


ONE, TWO, NAMESPACE = s.association(s.ONE, "acx_part_01"), s.association(s.TWO, "acx_part_02"), s.namespace("ACX")
HUNG = code.MembershipState([ONE, TWO], [NAMESPACE])
OURS = {"confirm_leaving": True, "name_prefix": "acx_", "id_namespace_name": "ACX"}


def leaving(state: code.MembershipState = HUNG, **options: Any) -> Plan:
    plan = code.plan_leaving(s.record(), code.LeavingOptions(**{**OURS, **options}), state)
    check_plan(plan)
    return plan


def test_one_after_the_other_and_the_membership_last() -> None:
    plan = leaving()
    removed = [f"[{code.LEAVING}] removed: delete association {one['name']}" for one in (ONE, TWO, NAMESPACE)]
    assert s.outline(plan) == [*removed, f"[{code.LEAVING}] left: delete membership AMC"]
    assert [flow.facts for flow in plan.flows] == [{}, {}, {}, {"status": "left"}]
    assert s.reasons(plan) == ["it goes before the membership"] * 3 + [code.FOR_GOOD]
    table, namespace = "configuredTableAssociationIdentifier", "idNamespaceAssociationIdentifier"
    ids: list[Data] = [{table: ONE["id"]}, {table: TWO["id"]}, {namespace: NAMESPACE["id"]}, {}]
    assert [one.request for one in plan.actions] == [{"membershipIdentifier": s.MEMBERSHIP, **one} for one in ids]
    arn = s.namespace_arn("ACXIdNamespace")
    before = [{"configured_table_id": one["id"]} for one in (s.ONE, s.TWO)] + [{"id_namespace_arn": arn}]
    assert [one.before for one in plan.actions] == [*before, {"membership_id": s.MEMBERSHIP}]


def test_nothing_hangs_on_it() -> None:
    plan = leaving(code.MembershipState(), name_prefix=None, id_namespace_name=None)
    assert s.outline(plan) == [f"[{code.LEAVING}] left: delete membership AMC"]


CONFIRM = "set confirm_leaving to do it all the same"
FOREIGN = "{} is not ours by name_prefix and id_namespace_name; force removes it too"


@pytest.mark.parametrize(
    ("options", "why"),
    [
        *(({"confirm_leaving": False, "force": force}, f"{code.FOR_GOOD}; {CONFIRM}") for force in (True, False)),
        *(({"name_prefix": prefix}, FOREIGN.format("acx_part_01, acx_part_02")) for prefix in (None, "", "ACX_")),
        ({"name_prefix": "acx_part_01"}, FOREIGN.format("acx_part_02")),
        *(({"id_namespace_name": name}, FOREIGN.format("ACX")) for name in (None, "acx")),
    ],
)
def test_leaving_refused(options: Data, why: str) -> None:
    plan = leaving(**options)
    assert s.outline(plan) == [f"refuse membership {s.record().label}"]
    assert s.reasons(plan) == [why]
    assert len(leaving(**{**options, "confirm_leaving": True, "force": True}).flows) == 4


def test_what_cannot_be_left() -> None:
    assert "never lets an account join the same collaboration again" in code.FOR_GOOD
    plan = leaving(code.MembershipState(created_by_us=True))
    assert s.reasons(plan) == ["this account created it, and AWS lets only other members leave"]
    plan = code.plan_absence(s.record())
    assert s.outline(plan) == [f"skip membership {s.record().label}"]
    assert s.reasons(plan) == ["this account has no membership there in this Region"]
    assert (plan.record, plan.facts, plan.over) == (s.record(), {"status": "absent"}, True)
