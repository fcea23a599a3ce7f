# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What plans tell: the reason of every action and decision, and what it changes, for results, diffs and warnings."""

from __future__ import annotations

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._invitations import (
    InvitationOptions,
    find_invitations,
    payments_of,
    plan_acceptance,
    plan_membership,
    refusal,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._memberships import MembershipOptions
from ansible_collections.acx.cleanrooms.plugins.module_utils._namespaces import (
    NamespaceOptions,
    NamespaceState,
    plan_namespace,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import (
    ANALYSIS_RULE,
    MEMBERSHIP,
    NAMESPACE_ASSOCIATION,
    TABLE_ASSOCIATION,
    Plan,
    plan_tags,
    without_empty,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_tables import MENDING
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    COLLABORATION,
    MEMBERS,
    OTHER,
    OWN,
    PARTNER,
    ROLE,
    STRANGER,
    Data,
    association,
    invitation,
    member,
    membership,
    namespace,
    namespace_arn,
    options,
    record,
    rule,
    state,
    table,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import MEMBERSHIP as MEMBERSHIP_ID
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.table_plans import (
    ONE,
    THREE,
    TWO,
    made,
    plan_of,
    steps,
)

DIM = table("dim_day")


def reasons(plan: Plan) -> list[tuple[str, str]]:
    return [(one.action, one.reason) for one in plan.actions]


class TestTables:
    def test_missing(self) -> None:
        plan = plan_of(options(description="Ours"), state(), [ONE])
        assert reasons(plan) == [("create", "not associated yet"), ("create", "has no rule yet")]
        assert [one.after for one in plan.actions] == [
            {"configured_table_name": "part_01", "role_arn": ROLE, "description": "Ours"},
            rule(),
        ]

    def test_selected_no_more(self) -> None:
        plan = plan_of(options(purge=True), state(association(DIM, "acx_dim_day")), [DIM])
        assert reasons(plan) == [("delete", "its table is not selected any more")]

    def test_wrong_name(self) -> None:
        (decision,) = plan_of(options(), state(association(ONE, "by hand")), [ONE]).decisions
        assert decision.reason == (
            "is associated under this name, not as acx_part_01; a name cannot be changed, recreate: true makes the"
            " association again"
        )

    def test_name_that_is_made_free(self) -> None:
        plan = plan_of(options(recreate=True), state(association(DIM, "acx_part_01")), [ONE, DIM])
        assert reasons(plan)[0] == ("delete", "holds the name of another table, and its own is not selected")

    def test_name_held_by_a_table_that_is_gone(self) -> None:
        (decision,) = plan_of(options(), state(association(DIM, "acx_part_01")), [ONE]).decisions
        assert decision.reason == (
            f"the name is held by the association of another table,  ({DIM['id']}); recreate: true mends that"
        )

    def test_left_out(self) -> None:
        (decision,) = plan_of(options(max_tables=1), state(), [ONE, TWO]).decisions
        assert decision.reason == (
            "max_tables is 1 and 0 were associated before; raise it once AWS has raised the quota of this account"
        )

    def test_rule_of_another_type(self) -> None:
        plan = plan_of(options(), state(association(ONE, "acx_part_01", "LIST")), [ONE])
        delete, create = plan.actions
        assert (delete.before, delete.after, create.before, create.after) == (
            rule(rule_type="LIST"),
            None,
            None,
            rule(),
        )

    def test_no_rule(self) -> None:
        bare = table("part_01", None)
        (decision,) = plan_of(options(), state(), [bare]).decisions
        assert (decision.resource, decision.reason) == (
            ANALYSIS_RULE,
            "the configured table has no analysis rule of its own, so that it cannot be queried",
        )
        (decision,) = plan_of(options(), state(members=[member(OWN)]), [ONE]).decisions
        assert decision.reason == "no active member can receive results, so that there is no rule and nobody can query"

    def test_a_table_made_again_for_nobody_gets_no_rule(self) -> None:
        plan = plan_of(options(recreate=True, result_receivers=()), state(association(ONE, "old")), [ONE])
        assert steps(plan) == [[("delete", TABLE_ASSOCIATION, "old"), ("create", TABLE_ASSOCIATION, "acx_part_01")]]


class TestPlaces:
    def test_more_there_than_allowed(self) -> None:
        dims = [table(f"dim_{one}") for one in range(3)]
        there = [association(one, f"acx_{one['name']}") for one in dims]
        plan = plan_of(options(purge=True, max_tables=1), state(*there), [ONE, TWO, THREE, *dims])
        assert steps(plan)[3:] == [made("acx_part_01")]
        assert plan.flows[3].lane == "purge acx_dim_2"
        assert [one.name for one in plan.decisions] == ["acx_part_02", "acx_part_03"]

    def test_a_name_waits_for_its_own_lane(self) -> None:
        dims = [table("dim_a"), table("dim_b")]
        there = [association(dims[0], "acx_dim_a"), association(dims[1], "acx_part_01")]
        plan = plan_of(options(purge=True, max_tables=2), state(*there), [ONE, TWO, *dims])
        assert [flow.lane for flow in plan.flows] == ["purge acx_dim_a", MENDING, MENDING, "purge acx_dim_a"]

    def test_what_is_repaired_does_not_wait(self) -> None:
        there = [association(TWO, "acx_part_01"), association(DIM, "acx_dim_day"), association(THREE, "acx_part_03")]
        rules = {one["id"]: rule(STRANGER) for one in there}
        wanted = options(max_tables=3, recreate=True, purge=True)
        plan = plan_of(wanted, state(*there, rules=rules), [ONE, TWO, THREE, DIM])
        lanes = {flow.item["name"]: flow.lane for flow in plan.flows if flow.item}
        assert lanes == {"acx_part_01": MENDING, "acx_part_02": MENDING, "acx_part_03": ""}

    def test_taking_back_does_not_wait_and_passes_over_what_is_not_there(self) -> None:
        plan = plan_of(options(state="absent"), state(association(TWO, "acx_part_02"), association(THREE, "acx_03")))
        assert reasons(plan) == [("delete", "state is absent")] * 2
        assert [flow.lane for flow in plan.flows] == ["", ""]


class TestTags:
    def test_reasons(self) -> None:
        actions, _after = plan_tags({"name": "a", "arn": "arn"}, {"old": "1"}, {"new": "2"}, purge=True)
        assert [one.reason for one in actions] == ["tags differ", "tags that are not wanted"]

    def test_empty_is_none(self) -> None:
        item = {"name": "", "description": "", "tags": {}, "analysis_rule": None}
        assert without_empty(item) == {"name": ""}


class TestInvitations:
    PENDING = invitation()
    US = member(OWN, "INVITED", abilities=())

    def test_one_that_is_joined_already(self) -> None:
        joined = membership("AMC")
        chosen = InvitationOptions(collaboration_ids=(joined["collaborationId"],))
        (found,), _pending, _joined = find_invitations(chosen, [], [joined])
        assert (found.collaboration_id, found.membership_id) == (joined["collaborationId"], joined["id"])

    def test_neither(self) -> None:
        chosen = InvitationOptions(collaboration_ids=(COLLABORATION,))
        with pytest.raises(CleanRoomsError, match="neither an invitation nor a membership there in this Region"):
            find_invitations(chosen, [], [])

    def test_accepted(self) -> None:
        options_ = InvitationOptions(trusted_creators=(PARTNER,))
        plan = plan_acceptance(options_, MembershipOptions(), self.PENDING, [self.US, member(PARTNER)], OWN)
        assert (plan.record.name, plan.record.collaboration_id) == ("AMC", self.PENDING["id"])
        (action,) = plan.actions
        assert action.after == {
            "creator": f"{PARTNER} (Creator {PARTNER})",
            "members": [PARTNER],
            "queryLogStatus": "DISABLED",
        }

    def test_refused(self) -> None:
        plan = plan_acceptance(InvitationOptions(), MembershipOptions(), self.PENDING, [], OWN)
        (decision,) = plan.decisions
        assert (decision.action, decision.resource, decision.name) == ("refuse", MEMBERSHIP, plan.record.label)

    def test_refused_when_joined_already(self) -> None:
        chosen = InvitationOptions(allowed_members=(PARTNER,))
        members = [self.US, member(STRANGER), member(OTHER)]
        plan = plan_membership(chosen, record(), membership("AMC"), members, OWN)
        (decision,) = plan.decisions
        assert (decision.action, decision.resource, decision.name) == ("refuse", MEMBERSHIP, record().label)
        assert decision.reason == (
            f"allowed_members does not hold {STRANGER} (Member {STRANGER}), {OTHER} (Member {OTHER});"
            " the collaboration is joined already"
        )
        assert "members" not in plan.facts

    def test_everything_that_is_refused_is_named(self) -> None:
        chosen = InvitationOptions(trusted_creators=(PARTNER,))
        us = member(OWN, "INVITED")
        assert "CAN_QUERY, CAN_RECEIVE_RESULTS, which accept_abilities" in refusal(chosen, self.PENDING, [us], OWN)
        pays = {"queryCompute": {"isResponsible": True}, "jobCompute": {"isResponsible": True}}
        us = {**self.US, "paymentConfiguration": pays}
        assert "pay for queryCompute, jobCompute, and accept_payment" in refusal(chosen, self.PENDING, [us], OWN)
        assert payments_of(us) == ["queryCompute", "jobCompute"]


class TestNamespaces:
    ARN = namespace_arn("ACXIdNamespace")

    def plan(self, *associations: Data, **changes: object) -> Plan:
        given = {"name": "ACXIdNamespace", "id_namespace_arn": self.ARN, **changes}
        there = NamespaceState(OWN, MEMBERSHIP_ID, MEMBERS, list(associations))
        return plan_namespace(record(), NamespaceOptions(**given), there)  # type: ignore[arg-type]

    def test_missing(self) -> None:
        plan = self.plan(description="Ours")
        assert plan.record == record()
        (action,) = plan.actions
        assert (action.reason, action.after) == (
            "not associated yet",
            {
                "name": "ACXIdNamespace",
                "id_namespace_arn": self.ARN,
                "manage_resource_policies": True,
                "description": "Ours",
            },
        )

    def test_held_name(self) -> None:
        plan = self.plan(namespace("ACXIdNamespace", "Another"), recreate=True)
        assert reasons(plan)[0] == ("delete", "holds the name of another ID namespace")

    def test_taken_back(self) -> None:
        assert reasons(self.plan(namespace("ACXIdNamespace"), state="absent")) == [("delete", "state is absent")]

    def test_description_and_tags_at_once(self) -> None:
        plan = self.plan(namespace("ACXIdNamespace"), description="Ours", tags={"team": "data"})
        assert reasons(plan) == [("update", "description is , not Ours"), ("update", "tags differ")]

    def test_refused(self) -> None:
        state_ = NamespaceState(OWN, MEMBERSHIP_ID, [*MEMBERS, member(STRANGER)])
        plan = plan_namespace(record(), NamespaceOptions("ACXIdNamespace", self.ARN), state_)
        (decision,) = plan.decisions
        assert (decision.action, decision.resource) == ("refuse", NAMESPACE_ASSOCIATION)
