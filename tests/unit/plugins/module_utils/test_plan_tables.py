# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for tables that are missing, right, limited, purged or taken back."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import (
    ANALYSIS_RULE,
    TABLE_ASSOCIATION,
    Action,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_tables import plan_tables
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    MEMBERSHIP,
    OTHER,
    OWN,
    PARTNER,
    ROLE,
    STRANGER,
    Data,
    association,
    id_of,
    member,
    options,
    record,
    rule,
    state,
    table,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.table_plans import (
    ONE,
    TABLES,
    THREE,
    TWO,
    decisions,
    made,
    plan_of,
    steps,
)


class TestMissing:
    def test_all(self) -> None:
        plan = plan_of(options(), state())
        assert steps(plan) == [made("acx_part_01"), made("acx_part_02"), made("acx_part_03")]
        assert [flow.counts_as for flow in plan.flows] == ["associated"] * 3
        assert [flow.lane for flow in plan.flows] == [""] * 3
        assert plan.decisions == []
        assert plan.items == []

    def test_requests(self) -> None:
        plan = plan_of(options(description="Daily", tags={"Team": "x"}), state(), [ONE])
        association_, rule_ = plan.actions
        assert association_.request == {
            "membershipIdentifier": MEMBERSHIP,
            "configuredTableIdentifier": ONE["id"],
            "name": "acx_part_01",
            "roleArn": ROLE,
            "description": "Daily",
            "tags": {"Team": "x"},
        }
        # Apply puts in the id of the association once it is made.
        assert rule_.request == {
            "membershipIdentifier": MEMBERSHIP,
            "analysisRuleType": "CUSTOM",
            "analysisRulePolicy": {
                "v1": {"custom": {"allowedResultReceivers": [PARTNER], "allowedAdditionalAnalyses": []}}
            },
        }

    def test_item_is_what_there_will_be(self) -> None:
        plan = plan_of(options(description="Daily", tags={"Team": "x"}), state(), [ONE])
        assert plan.flows[0].item == {
            "name": "acx_part_01",
            "configured_table_id": ONE["id"],
            "configured_table_name": "part_01",
            "role_arn": ROLE,
            "description": "Daily",
            "tags": {"Team": "x"},
            "analysis_rule": rule(),
        }

    @pytest.mark.parametrize("changes", [{"description": ""}, {"tags": {}}, {}])
    def test_nothing_to_say_is_not_said(self, changes: dict[str, Any]) -> None:
        request = plan_of(options(**changes), state(), [ONE]).actions[0].request
        assert set(request) == {"membershipIdentifier", "configuredTableIdentifier", "name", "roleArn"}

    def test_invitation_that_is_not_accepted_yet(self) -> None:
        plan = plan_tables(record(membership_id=""), options(), state(membership_id=""), TABLES)
        assert steps(plan) == [made("acx_part_01"), made("acx_part_02"), made("acx_part_03")]

    def test_some_are_there(self) -> None:
        plan = plan_of(options(), state(association(TWO, "acx_part_02")))
        assert steps(plan) == [made("acx_part_01"), made("acx_part_03")]
        assert [item["name"] for item in plan.items] == ["acx_part_02"]

    def test_made_by_hand_and_right(self) -> None:
        there = association(ONE, "acx_part_01")
        plan = plan_of(options(), state(there), [ONE])
        assert plan.actions == []
        assert plan.items == [
            {
                "name": "acx_part_01",
                "id": there["id"],
                "arn": there["arn"],
                "configured_table_id": ONE["id"],
                "configured_table_name": "part_01",
                "analysis_rule": rule(),
            }
        ]

    def test_nothing_selected(self) -> None:
        plan = plan_of(options(include=()), state(association(ONE, "acx_part_01")))
        assert (plan.actions, plan.items) == ([], [])

    def test_associations_of_others_are_no_items(self) -> None:
        plan = plan_of(options(), state(association(table("dim_day"), "dim_day")), [ONE, table("dim_day")])
        assert steps(plan) == [made("acx_part_01")]
        assert plan.items == []


class TestRefused:
    @pytest.mark.parametrize(
        ("record_", "members"),
        [
            (record(members=None), [member(OWN), member(PARTNER)]),
            (record(members=()), [member(OWN), member(PARTNER)]),
            (record(), [member(OWN), member(PARTNER), member(STRANGER)]),
            (record(), [member(OWN), member(PARTNER), member(STRANGER, "INVITED")]),
        ],
    )
    def test_nothing_is_written(self, record_: Any, members: list[Data]) -> None:
        wrong = association(TWO, "by_hand", None)
        unwanted = association(table("dim_day"), "acx_dim_day")
        everything = options(recreate=True, purge=True, compare_role=True, tags={"a": "b"})
        plan = plan_of(everything, state(wrong, unwanted, members=members), record_=record_)
        assert plan.flows == []
        assert decisions(plan) == [("refuse", TABLE_ASSOCIATION, record_.label)]

    def test_taking_back_is_always_allowed(self) -> None:
        there = state(association(ONE, "acx_part_01"), members=[member(STRANGER)])
        plan = plan_of(options(state="absent"), there, record_=record(members=None))
        assert steps(plan) == [[("delete", TABLE_ASSOCIATION, "acx_part_01")]]

    def test_membership_without_a_record(self) -> None:
        plan = plan_of(options(), state(), [ONE], record(pinned=False, members=None))
        assert steps(plan) == [made("acx_part_01")]


class TestLimit:
    @pytest.mark.parametrize(("limit", "left_out"), [(1, 2), (2, 1), (3, 0), (4, 0)])
    def test_in_the_order_of_names(self, limit: int, left_out: int) -> None:
        plan = plan_of(options(max_tables=limit), state(), list(reversed(TABLES)))
        names = ["acx_part_01", "acx_part_02", "acx_part_03"]
        assert steps(plan) == [made(name) for name in names[: 3 - left_out]]
        assert decisions(plan) == [("leave_out", TABLE_ASSOCIATION, name) for name in names[3 - left_out :]]

    def test_default_is_the_quota_of_aws(self) -> None:
        plan = plan_of(options(), state(), [table(f"part_{number:02}") for number in range(1, 29)])
        assert len(plan.flows) == 25
        assert [one.name for one in plan.decisions] == ["acx_part_26", "acx_part_27", "acx_part_28"]
        assert "max_tables is 25 and 0 were associated before" in plan.decisions[0].reason

    def test_those_that_are_there_keep_their_places(self) -> None:
        plan = plan_of(options(max_tables=1), state(association(THREE, "acx_part_03")))
        assert plan.flows == []
        assert [item["name"] for item in plan.items] == ["acx_part_03"]
        assert [one.name for one in plan.decisions] == ["acx_part_01", "acx_part_02"]

    def test_those_of_others_count(self) -> None:
        others = [association(table(name), name) for name in ("dim_day", "dim_region")]
        plan = plan_of(options(max_tables=3), state(*others))
        assert steps(plan) == [made("acx_part_01")]

    def test_more_there_than_allowed(self) -> None:
        there = [association(one, f"acx_{one['name']}") for one in TABLES]
        plan = plan_of(options(max_tables=1), state(*there))
        assert plan.actions == []
        assert len(plan.items) == 3


class TestPurge:
    DIM = table("dim_day")

    def test_under_our_prefix_alone(self) -> None:
        there = state(association(self.DIM, "acx_dim_day"), association(table("x"), "theirs"))
        plan = plan_of(options(purge=True), there, [ONE, self.DIM, table("x")])
        assert steps(plan) == [[("delete", TABLE_ASSOCIATION, "acx_dim_day")], made("acx_part_01")]
        assert plan.flows[0].counts_as == "removed"
        assert plan.actions[0].before == {"configured_table_name": "dim_day"}
        assert plan.actions[0].after is None

    def test_off(self) -> None:
        assert plan_of(options(), state(association(self.DIM, "acx_dim_day")), [self.DIM]).actions == []

    def test_table_that_is_not_listed_stops_the_purge(self) -> None:
        there = state(association(self.DIM, "acx_dim_day"), association(table("dim_x"), "acx_dim_x"))
        plan = plan_of(options(purge=True), there, [ONE, table("dim_x")])
        assert steps(plan) == [made("acx_part_01")]
        assert decisions(plan) == [("refuse", TABLE_ASSOCIATION, "acx_dim_day")]
        reason = f"AWS does not list its configured table {self.DIM['id']}; nothing is purged here"
        assert plan.decisions[0].reason == reason

    def test_excluded_by_now(self) -> None:
        there = [association(one, f"acx_{one['name']}") for one in TABLES]
        plan = plan_of(options(purge=True, exclude=("part_02",)), state(*there))
        assert steps(plan) == [[("delete", TABLE_ASSOCIATION, "acx_part_02")]]

    def test_misnamed_ones_of_selected_tables_stay(self) -> None:
        plan = plan_of(options(purge=True), state(association(ONE, "acx_old")), [ONE])
        assert decisions(plan) == [("skip", TABLE_ASSOCIATION, "acx_old")]
        assert plan.flows == []

    def test_place_is_taken_after_it_is_free(self) -> None:
        there = state(association(self.DIM, "acx_dim_day"))
        plan = plan_of(options(purge=True, max_tables=1), there, [*TABLES, self.DIM])
        assert steps(plan) == [[("delete", TABLE_ASSOCIATION, "acx_dim_day")], made("acx_part_01")]
        assert plan.flows[0].lane == plan.flows[1].lane != ""
        assert [one.name for one in plan.decisions] == ["acx_part_02", "acx_part_03"]

    def test_free_places_do_not_wait(self) -> None:
        there = state(association(self.DIM, "acx_dim_day"))
        plan = plan_of(options(purge=True, max_tables=2), there, [*TABLES, self.DIM])
        assert [flow.lane for flow in plan.flows] == ["purge acx_dim_day", "", "purge acx_dim_day"]

    def test_each_freed_place_is_used_once(self) -> None:
        dims = [table(f"dim_{one}") for one in range(2)]
        there = [association(one, f"acx_{one['name']}") for one in dims]
        plan = plan_of(options(purge=True, max_tables=2), state(*there), [*TABLES, *dims])
        assert [flow.lane for flow in plan.flows] == ["purge acx_dim_0", "purge acx_dim_1"] * 2
        assert [one.name for one in plan.decisions] == ["acx_part_03"]

    def test_name_is_taken_after_it_is_free(self) -> None:
        old, new = table("part_01", key="old"), table("part_01", key="new")
        chosen = options(purge=True, include=(), configured_table_ids=(new["id"],), max_tables=1)
        plan = plan_of(chosen, state(association(old, "acx_part_01")), [old, new])
        assert steps(plan) == [[("delete", TABLE_ASSOCIATION, "acx_part_01")], made("acx_part_01")]
        assert plan.flows[0].lane == plan.flows[1].lane != ""


class TestAbsent:
    def test_selected_under_our_prefix(self) -> None:
        there = state(association(ONE, "acx_part_01"), association(TWO, "acx_by_hand"), association(THREE, "theirs"))
        plan = plan_of(options(state="absent", exclude=()), there)
        assert steps(plan) == [
            [("delete", TABLE_ASSOCIATION, "acx_part_01")],
            [("delete", TABLE_ASSOCIATION, "acx_by_hand")],
        ]
        assert decisions(plan) == [("skip", TABLE_ASSOCIATION, "theirs")]
        assert [flow.counts_as for flow in plan.flows] == ["removed", "removed"]
        assert [flow.item for flow in plan.flows] == [None, None]

    def test_nothing_there(self) -> None:
        assert plan_of(options(state="absent"), state()).actions == []

    def test_not_selected(self) -> None:
        there = state(association(ONE, "acx_part_01"))
        assert plan_of(options(state="absent", include=("part_02",)), there).actions == []

    def test_without_prefix_any_name_is_ours(self) -> None:
        plan = plan_of(options(state="absent", name_prefix=""), state(association(ONE, "any name")))
        assert steps(plan) == [[("delete", TABLE_ASSOCIATION, "any name")]]

    def test_request(self) -> None:
        there = association(ONE, "acx_part_01")
        (action,) = plan_of(options(state="absent"), state(there)).actions
        assert action == Action(
            "delete",
            TABLE_ASSOCIATION,
            "acx_part_01",
            "state is absent",
            {"membershipIdentifier": MEMBERSHIP, "configuredTableAssociationIdentifier": there["id"]},
            before={"configured_table_name": "part_01"},
        )


class TestReceivers:
    MEMBERS = (member(OWN), member(PARTNER), member(OTHER), member(STRANGER, "LEFT"))
    PINNED = record(members=(PARTNER, OTHER))

    def test_default(self) -> None:
        plan = plan_of(options(), state(members=list(self.MEMBERS)), [ONE], self.PINNED)
        assert plan.actions[1].after == rule(PARTNER, OTHER)

    def test_option(self) -> None:
        plan = plan_of(options(result_receivers=(OTHER,)), state(members=list(self.MEMBERS)), [ONE], self.PINNED)
        assert plan.actions[1].after == rule(OTHER)

    def test_record_comes_first(self) -> None:
        own = record(members=(PARTNER, OTHER), result_receivers=(PARTNER,))
        plan = plan_of(options(result_receivers=(OTHER,)), state(members=list(self.MEMBERS)), [ONE], own)
        assert plan.actions[1].after == rule(PARTNER)

    def test_record_may_say_nobody(self) -> None:
        own = record(members=(PARTNER, OTHER), result_receivers=())
        plan = plan_of(options(result_receivers=(OTHER,)), state(members=list(self.MEMBERS)), [ONE], own)
        assert steps(plan) == [[("create", TABLE_ASSOCIATION, "acx_part_01")]]
        assert decisions(plan) == [("skip", ANALYSIS_RULE, "acx_part_01")]

    @pytest.mark.parametrize("receiver", [OWN, STRANGER, "000000000001"])
    def test_one_that_cannot_be(self, receiver: str) -> None:
        with pytest.raises(CleanRoomsError, match=f"^result_receivers: '{receiver}'"):
            plan_of(options(result_receivers=(receiver,)), state(members=list(self.MEMBERS)), [ONE], self.PINNED)

    def test_one_that_cannot_be_does_not_matter_without_rules(self) -> None:
        plan = plan_of(options(result_receivers=(OWN,), analysis_rule=False), state(), [ONE])
        assert steps(plan) == [[("create", TABLE_ASSOCIATION, "acx_part_01")]]

    def test_nobody_can_receive(self) -> None:
        nobody = state(members=[member(OWN), member(PARTNER, abilities=("CAN_QUERY",))])
        plan = plan_of(options(), nobody, [ONE])
        assert steps(plan) == [[("create", TABLE_ASSOCIATION, "acx_part_01")]]
        assert decisions(plan) == [("skip", ANALYSIS_RULE, "acx_part_01")]
        assert "analysis_rule" not in (plan.flows[0].item or {})

    def test_rule_goes_when_nobody_can_receive_any_more(self) -> None:
        nobody = state(association(ONE, "acx_part_01"), members=[member(OWN), member(PARTNER, "LEFT")])
        plan = plan_of(options(), nobody, [ONE])
        assert steps(plan)[0] == [("delete", ANALYSIS_RULE, "acx_part_01")]
        assert plan.actions[0].before == rule()
        assert "analysis_rule" not in (plan.flows[0].item or {})

    def test_rule_goes_when_the_record_wants_no_receiver(self) -> None:
        there = state(association(ONE, "acx_part_01"), members=[member(OWN), member(PARTNER)])
        plan = plan_of(options(), there, [ONE], record(result_receivers=()))
        assert steps(plan)[0] == [("delete", ANALYSIS_RULE, "acx_part_01")]
        assert plan.decisions[0].reason.startswith("result_receivers is empty")

    def test_member_that_left_drops_out(self) -> None:
        there = association(ONE, "acx_part_01")
        before = state(there, members=list(self.MEMBERS), rules={there["id"]: rule(PARTNER, OTHER, STRANGER)})
        plan = plan_of(options(), before, [ONE], self.PINNED)
        assert steps(plan) == [[("update", ANALYSIS_RULE, "acx_part_01")]]
        assert plan.actions[0].after == rule(PARTNER, OTHER)
        assert plan.flows[0].counts_as == "repaired"


def test_ids_of_tables_are_told_apart_from_names() -> None:
    named_like_an_id = table(id_of("x"))
    plan = plan_of(options(include=(id_of("x"),)), state(), [named_like_an_id, ONE])
    assert steps(plan) == [made(f"acx_{id_of('x')}")]
