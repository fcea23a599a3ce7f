# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._memberships import (
    LeavingOptions,
    MembershipOptions,
    MembershipState,
    check_leaving,
    check_settings,
    find_memberships,
    plan_leaving,
    plan_settings,
    result_configuration,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import (
    MEMBERSHIP,
    NAMESPACE_ASSOCIATION,
    TABLE_ASSOCIATION,
    TAGS,
    Plan,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import Record
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    PARTNER,
    Data,
    association,
    id_of,
    membership,
    namespace,
    record,
    table,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import check_plan

PLACE = {"bucket": "results", "key_prefix": None, "result_format": "CSV", "role_arn": None}
SETTINGS: dict[str, Any] = {
    "query_log_status": None,
    "job_log_status": None,
    "metrics_enabled": None,
    "default_result_configuration": None,
    "tags": None,
    "purge_tags": True,
}
LEAVING: dict[str, Any] = {
    "trusted_creators": [],
    "collaboration_ids": [id_of("a")],
    "confirm_leaving": False,
    "name_prefix": None,
    "id_namespace_name": None,
    "force": False,
}


def steps(plan: Plan) -> list[tuple[str, str, str]]:
    return [(one.action, one.resource, one.name) for one in plan.actions]


class TestResultConfiguration:
    def test_none(self) -> None:
        assert result_configuration(None) is None

    def test_least(self) -> None:
        assert result_configuration(PLACE) == {
            "outputConfiguration": {"s3": {"bucket": "results", "resultFormat": "CSV"}}
        }

    def test_everything(self) -> None:
        place = {"bucket": "results", "key_prefix": "a/b", "result_format": "PARQUET", "role_arn": samples.ROLE}
        assert result_configuration(place) == {
            "outputConfiguration": {"s3": {"bucket": "results", "keyPrefix": "a/b", "resultFormat": "PARQUET"}},
            "roleArn": samples.ROLE,
        }


class TestCheckSettings:
    def test_least(self) -> None:
        assert check_settings(SETTINGS) == MembershipOptions()
        assert MembershipOptions().settings == {}

    def test_false_is_a_setting(self) -> None:
        assert check_settings({**SETTINGS, "metrics_enabled": False}).settings == {"isMetricsEnabled": False}

    def test_everything(self) -> None:
        checked = check_settings(
            {
                "query_log_status": "ENABLED",
                "job_log_status": "DISABLED",
                "metrics_enabled": True,
                "default_result_configuration": PLACE,
                "tags": {"Team": "x"},
                "purge_tags": False,
            }
        )
        assert checked.settings == {
            "queryLogStatus": "ENABLED",
            "jobLogStatus": "DISABLED",
            "isMetricsEnabled": True,
            "defaultResultConfiguration": result_configuration(PLACE),
        }
        assert (checked.tags, checked.purge_tags) == ({"Team": "x"}, False)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"tags": {"aws:x": "y"}}, "tags: 'aws:x'"),
            ({"default_result_configuration": {**PLACE, "bucket": "s3://x"}}, "default_result_configuration.bucket: "),
            ({"default_result_configuration": {**PLACE, "key_prefix": "a b"}}, "default_result_configuration.key_p"),
            (
                {"default_result_configuration": {**PLACE, "role_arn": "x"}},
                "default_result_configuration.role_arn: 'x'",
            ),
        ],
    )
    def test_refused(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(CleanRoomsError, match=f"^{message}"):
            check_settings({**SETTINGS, **changes})


class TestPlanSettings:
    THERE: Data = {**membership(), "queryLogStatus": "DISABLED", "jobLogStatus": "DISABLED"}  # noqa: RUF012

    def plan(self, tags: dict[str, str] | None = None, there: Data | None = None, **wanted: Any) -> Plan:
        plan = Plan(record())
        plan_settings(plan, MembershipOptions(**wanted), {**self.THERE, **(there or {})}, tags or {})
        check_plan(plan)
        return plan

    def test_nothing_wanted(self) -> None:
        plan = self.plan()
        assert (plan.actions, len(plan.items)) == ([], 1)

    def test_as_wanted(self) -> None:
        plan = self.plan(query_log_status="DISABLED", job_log_status="DISABLED", metrics_enabled=False, tags={})
        assert (plan.actions, len(plan.items)) == ([], 1)

    def test_only_what_differs_is_sent(self) -> None:
        plan = self.plan(query_log_status="ENABLED", job_log_status="DISABLED")
        assert steps(plan) == [("update", MEMBERSHIP, "AMC")]
        assert plan.actions[0].request == {
            "membershipIdentifier": self.THERE["id"],
            "queryLogStatus": "ENABLED",
        }
        assert plan.flows[0].counts_as == "repaired"
        assert plan.items == []

    def test_result_configuration(self) -> None:
        wanted = result_configuration(PLACE)
        plan = self.plan(default_result_configuration=PLACE)
        assert plan.actions[0].request["defaultResultConfiguration"] == wanted
        assert self.plan(default_result_configuration=PLACE, there={"defaultResultConfiguration": wanted}).actions == []

    @pytest.mark.parametrize(("there", "wanted"), [({}, True), ({"isMetricsEnabled": True}, False)])
    def test_metrics_cannot_be_changed(self, there: Data, wanted: bool) -> None:
        plan = self.plan(metrics_enabled=wanted, there=there)
        assert steps(plan) == [("skip", MEMBERSHIP, record().label)]
        assert plan.flows == []

    def test_tags(self) -> None:
        plan = Plan(record())
        plan_settings(plan, MembershipOptions(tags={"b": "2"}), self.THERE, {"a": "1", "aws:x": "y"})
        check_plan(plan)
        assert steps(plan) == [("update", TAGS, "AMC"), ("delete", TAGS, "AMC")]
        assert [one.request for one in plan.actions] == [
            {"resourceArn": self.THERE["arn"], "tags": {"b": "2"}},
            {"resourceArn": self.THERE["arn"], "tagKeys": ["a"]},
        ]

    def test_settings_and_tags_are_one_flow(self) -> None:
        plan = Plan(record())
        plan_settings(plan, MembershipOptions(query_log_status="ENABLED", tags={"a": "1"}), self.THERE, {})
        assert [len(flow.actions) for flow in plan.flows] == [2]


class TestCheckLeaving:
    def test_least(self) -> None:
        assert check_leaving(LEAVING) == LeavingOptions((id_of("a"),))

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"trusted_creators": [PARTNER]}, "trusted_creators: cannot be used with state: absent"),
            ({"collaboration_ids": []}, "collaboration_ids: is empty"),
            ({"collaboration_ids": ["AMC"]}, "collaboration_ids: 'AMC' is not an id"),
            ({"collaboration_ids": [id_of("a"), id_of("a")]}, "collaboration_ids: .* stands twice"),
        ],
    )
    def test_refused(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(CleanRoomsError, match=f"^{message}"):
            check_leaving({**LEAVING, **changes})


class TestFindMemberships:
    def test_in_the_order_of_the_ids(self) -> None:
        there = [membership("A"), membership("B")]
        options = LeavingOptions((there[1]["collaborationId"], id_of("gone"), there[0]["collaborationId"]))
        assert find_memberships(options, there) == [
            Record("B", there[1]["collaborationId"], there[1]["id"]),
            Record(collaboration_id=id_of("gone")),
            Record("A", there[0]["collaborationId"], there[0]["id"]),
        ]

    @pytest.mark.parametrize("reverse", [True, False])
    def test_the_active_one_of_two(self, reverse: bool) -> None:
        active = membership("A")
        removed = {**active, "id": id_of("old one"), "status": "REMOVED"}
        there = [removed, active] if reverse else [active, removed]
        assert find_memberships(LeavingOptions((active["collaborationId"],)), there)[0].membership_id == active["id"]

    @pytest.mark.parametrize("status", ["REMOVED", "COLLABORATION_DELETED"])
    def test_what_is_over_can_be_left_too(self, status: str) -> None:
        there = membership("A", status)
        assert find_memberships(LeavingOptions((there["collaborationId"],)), [there])[0].membership_id == there["id"]


class TestPlanLeaving:
    STATE = MembershipState(
        [association(table("part_01"), "acx_part_01"), association(table("part_02"), "acx_part_02")],
        [namespace("ACXIdNamespace")],
    )

    def plan(self, state: MembershipState | None = None, **options: Any) -> Plan:
        given = {"confirm_leaving": True, "name_prefix": "acx_", "id_namespace_name": "ACXIdNamespace"}
        plan = plan_leaving(record(), LeavingOptions(**{**given, **options}), state or self.STATE)
        check_plan(plan)
        return plan

    def test_one_after_the_other_and_the_membership_last(self) -> None:
        plan = self.plan()
        assert steps(plan) == [
            ("delete", TABLE_ASSOCIATION, "acx_part_01"),
            ("delete", TABLE_ASSOCIATION, "acx_part_02"),
            ("delete", NAMESPACE_ASSOCIATION, "ACXIdNamespace"),
            ("delete", MEMBERSHIP, "AMC"),
        ]
        assert len({flow.lane for flow in plan.flows}) == 1
        assert plan.flows[0].lane
        assert [flow.counts_as for flow in plan.flows] == ["removed", "removed", "removed", "left"]
        assert [flow.facts for flow in plan.flows] == [{}, {}, {}, {"status": "left"}]
        assert "never lets an account join" in plan.actions[-1].reason
        assert plan.actions[-1].request == {"membershipIdentifier": samples.MEMBERSHIP}

    def test_nothing_hangs_on_it(self) -> None:
        plan = self.plan(MembershipState(), name_prefix=None, id_namespace_name=None)
        assert steps(plan) == [("delete", MEMBERSHIP, "AMC")]

    @pytest.mark.parametrize("force", [True, False])
    def test_without_confirmation(self, force: bool) -> None:
        plan = self.plan(confirm_leaving=False, force=force)
        assert steps(plan) == [("refuse", MEMBERSHIP, record().label)]
        assert "never lets an account join" in plan.decisions[0].reason

    @pytest.mark.parametrize(
        ("options", "foreign"),
        [
            ({"name_prefix": None}, "acx_part_01, acx_part_02"),
            ({"name_prefix": ""}, "acx_part_01, acx_part_02"),
            ({"name_prefix": "acx_part_01"}, "acx_part_02"),
            ({"name_prefix": "ACX_"}, "acx_part_01, acx_part_02"),
            ({"id_namespace_name": None}, "ACXIdNamespace"),
            ({"id_namespace_name": "acxidnamespace"}, "ACXIdNamespace"),
        ],
    )
    def test_what_is_not_ours(self, options: dict[str, Any], foreign: str) -> None:
        plan = self.plan(**options)
        assert steps(plan) == [("refuse", MEMBERSHIP, record().label)]
        assert plan.decisions[0].reason.startswith(f"{foreign} is not ours")
        assert len(self.plan(**options, force=True).flows) == 4
