# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is decided while reading, where no request is needed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._memberships import STATUS_OF_MEMBERSHIP
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import MEMBERSHIP, Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._read import (
    Account,
    find_membership,
    plan_each,
    resolve,
    rule_of_policy,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import STATUSES, Record
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    OWN,
    PARTNER,
    Data,
    id_of,
    invitation,
    member,
    membership,
    rule,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import shape

NO_CLIENT = None
AMC = membership()


def account(*memberships: Data, invitations: tuple[Data, ...] = ()) -> Account:
    return Account(OWN, list(memberships), list(invitations))


class TestFindMembership:
    @pytest.mark.parametrize(
        "record",
        [
            Record(collaboration_id=AMC["collaborationId"]),
            Record(membership_id=AMC["id"]),
            Record(collaboration_id=AMC["collaborationId"], membership_id=AMC["id"]),
        ],
    )
    def test_by_either_id(self, record: Record) -> None:
        assert find_membership(NO_CLIENT, account(membership("B"), AMC), record) == AMC

    def test_none(self) -> None:
        assert find_membership(NO_CLIENT, account(AMC), Record(collaboration_id=id_of("x"))) is None

    def test_name_proves_nothing(self) -> None:
        record = Record(name="AMC", collaboration_id=id_of("x"))
        assert find_membership(NO_CLIENT, account(AMC), record) is None

    @pytest.mark.parametrize("reverse", [True, False])
    def test_active_one_comes_first(self, reverse: bool) -> None:
        old = {**AMC, "id": id_of("old one"), "status": "REMOVED"}
        there = [AMC, old] if reverse else [old, AMC]
        assert find_membership(NO_CLIENT, account(*there), Record(collaboration_id=AMC["collaborationId"])) == AMC

    def test_ids_that_do_not_belong_together(self) -> None:
        record = Record(collaboration_id=AMC["collaborationId"], membership_id=membership("B")["id"])
        with pytest.raises(CleanRoomsError, match=r"^membership_id: .* is not the membership of collaboration"):
            find_membership(NO_CLIENT, account(AMC, membership("B")), record)


class TestResolve:
    RECORD = Record(collaboration_id=AMC["collaborationId"], members=(PARTNER,))

    def resolve(
        self, record: Record, known: Account, check_mode: bool = False, switch: str = "auto_associate_tables"
    ) -> tuple[Record, Plan | None]:
        return resolve(NO_CLIENT, known, record, switch, check_mode)

    def test_fills_in_what_is_missing_and_keeps_the_rest(self) -> None:
        record, nothing_to_do = self.resolve(self.RECORD, account(AMC))
        assert nothing_to_do is None
        assert record == Record("AMC", AMC["collaborationId"], AMC["id"], members=(PARTNER,))

    def test_name_of_the_record_stays(self) -> None:
        record, _plan = self.resolve(Record("Ours", AMC["collaborationId"]), account(AMC))
        assert record.name == "Ours"

    @pytest.mark.parametrize("status", [one for one in STATUSES if one != "active"])
    def test_status_of_the_record(self, status: str) -> None:
        _record, plan = self.resolve(Record(collaboration_id=AMC["collaborationId"], status=status), account(AMC))
        assert plan is not None
        assert [(one.action, one.resource) for one in plan.actions] == [("skip", MEMBERSHIP)]
        assert plan.facts["status"] == status

    @pytest.mark.parametrize("switch", ["auto_associate_tables", "auto_associate_namespace"])
    def test_switched_off(self, switch: str) -> None:
        off = Record(collaboration_id=AMC["collaborationId"], **{switch: False})
        other = {"auto_associate_tables", "auto_associate_namespace"} - {switch}
        assert self.resolve(off, account(AMC), switch=switch)[1] is not None
        assert self.resolve(off, account(AMC), switch=other.pop())[1] is None

    @pytest.mark.parametrize(("status", "told"), [("REMOVED", "removed"), ("COLLABORATION_DELETED", "deleted")])
    @pytest.mark.parametrize("check_mode", [True, False])
    def test_membership_that_is_over(self, status: str, told: str, check_mode: bool) -> None:
        record, plan = self.resolve(self.RECORD, account(membership(status=status)), check_mode)
        assert plan is not None
        assert plan.facts["status"] == told
        assert plan.flows == []
        assert record.membership_id == AMC["id"]

    def test_every_status_of_the_model_has_a_word_in_records(self) -> None:
        assert set(STATUS_OF_MEMBERSHIP) == set(shape("MembershipStatus").enum)
        assert set(STATUS_OF_MEMBERSHIP.values()) <= set(STATUSES)

    def test_invitation_counts_as_accepted_in_check_mode_alone(self) -> None:
        offered = account(invitations=(invitation(),))
        record, plan = self.resolve(self.RECORD, offered, check_mode=True)
        assert (record.name, record.membership_id, plan) == ("AMC", "", None)
        with pytest.raises(CleanRoomsError, match="accept the invitation first"):
            self.resolve(self.RECORD, offered, check_mode=False)

    @pytest.mark.parametrize("check_mode", [True, False])
    def test_neither(self, check_mode: bool) -> None:
        with pytest.raises(CleanRoomsError, match="no membership there in this Region"):
            self.resolve(self.RECORD, account(membership("B"), invitations=(invitation("C"),)), check_mode)


class TestPlanEach:
    def test_order_and_errors(self) -> None:
        records = [Record(name=name, collaboration_id=id_of(name)) for name in "abc"]

        def plan_one(record: Record) -> Plan:
            if record.name == "b":
                raise CleanRoomsError("no")
            return Plan(record)

        plans = plan_each(records, plan_one, 2)
        assert [plan.record.name for plan in plans] == ["a", "b", "c"]
        assert [bool(plan.error) for plan in plans] == [False, True, False]
        assert records[1].label in plans[1].error

    def test_other_exceptions_are_not_hidden(self) -> None:
        def plan_one(_record: Record) -> Plan:
            raise KeyError("x")

        with pytest.raises(KeyError):
            plan_each([Record()], plan_one, 1)

    def test_none(self) -> None:
        assert plan_each([], Plan, 8) == []


@pytest.mark.parametrize("rule_type", ["CUSTOM", "LIST", "AGGREGATION"])
@pytest.mark.parametrize("policy", [{}, {"allowedResultReceivers": [PARTNER], "allowedAdditionalAnalyses": []}])
def test_rule_of_policy(rule_type: str, policy: dict[str, Any]) -> None:
    described = rule_of_policy(rule_type, {"v1": {rule_type.lower(): policy}})
    expected = rule(rule_type=rule_type) if policy else {**rule(rule_type=rule_type), "result_receivers": []}
    assert described == expected


def test_members_of_samples_have_the_keys_of_the_model() -> None:
    assert set(member(OWN)) <= set(shape("MemberSummary").members)
    assert set(invitation()) - {"memberStatus"} <= set(shape("CollaborationSummary").members)
    assert set(membership()) <= set(shape("MembershipSummary").members)
