# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is decided while reading, where no request is needed."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _memberships
from ansible_collections.acx.cleanrooms.plugins.module_utils import _read as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._read_rules import rule_of_policy
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import STATUSES, Record
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples as s
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import Data, id_of, membership
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import shape

NO_CLIENT = None
AMC, OTHER = membership(), membership("B")
IN_AMC, OF_AMC = {"collaboration_id": AMC["collaborationId"]}, {"membership_id": AMC["id"]}
OTHER_ID = {"collaboration_id": OTHER["collaborationId"]}
SWITCHES = ("auto_associate_tables", "auto_associate_namespace")


def account(*memberships: Data, invitations: tuple[Data, ...] = ()) -> code.Account:
    return code.Account(s.OWN, list(memberships), list(invitations))


@pytest.mark.parametrize(
    ("there", "record", "found"),
    [
        *(([OTHER, AMC], record, AMC) for record in (IN_AMC, OF_AMC, {**IN_AMC, **OF_AMC})),
        ([AMC], {"collaboration_id": id_of("x")}, None),
        # A name proves nothing.
        ([AMC], {"collaboration_id": id_of("x"), "name": "AMC"}, None),
        # The active one comes first.
        ([AMC, {**AMC, "id": id_of("old"), "status": "REMOVED"}], IN_AMC, AMC),
        ([{**AMC, "id": id_of("old"), "status": "REMOVED"}, AMC], IN_AMC, AMC),
    ],
)
def test_find_membership(there: list[Data], record: Data, found: Data | None) -> None:
    assert code.find_membership(NO_CLIENT, account(*there), Record(**record)) == found


def test_ids_that_do_not_belong_together() -> None:
    record = Record(**IN_AMC, membership_id=OTHER["id"])
    with pytest.raises(CleanRoomsError, match=r"^membership_id: .* is not the membership of collaboration"):
        code.find_membership(NO_CLIENT, account(AMC, OTHER), record)


def resolve(known: code.Account, check_mode: bool = False, switch: str = SWITCHES[0], **more: Any) -> Any:
    return code.resolve(NO_CLIENT, known, Record(**IN_AMC, **more), switch, check_mode)


@pytest.mark.parametrize("name", ["", "Ours"])
def test_what_is_missing_in_a_record_is_filled_in(name: str) -> None:
    expected = Record(name or "AMC", AMC["collaborationId"], AMC["id"], members=(s.PARTNER,))
    assert resolve(account(AMC), name=name, members=(s.PARTNER,)) == (expected, None)


# What the record says, the status of the membership, and what is told; nothing is done.
@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("says", "status", "told", "reason"),
    [
        *(({"status": one}, "ACTIVE", one, f"the record's status is {one}") for one in STATUSES if one != "active"),
        *(({one: False, "switch": one}, "ACTIVE", "active", f"the record's {one} is false") for one in SWITCHES),
        ({}, "REMOVED", "removed", "the membership's status is REMOVED"),
        ({}, "COLLABORATION_DELETED", "deleted", "the membership's status is COLLABORATION_DELETED"),
    ],
)
def test_over(says: Data, status: str, told: str, reason: str, check_mode: bool) -> None:
    record, plan = resolve(account(membership(status=status)), check_mode, **says)
    assert (s.outline(plan), s.reasons(plan)) == ([f"skip membership {record.label}"], [reason])
    assert (plan.facts, plan.over) == ({"status": told}, True)
    assert record.membership_id == ("" if says else AMC["id"])


def test_the_other_switch_does_not_matter() -> None:
    for switch, other in (SWITCHES, SWITCHES[::-1]):
        assert resolve(account(AMC), switch=switch, **{other: False})[1] is None


def test_every_status_of_the_model_has_a_word_in_records() -> None:
    assert set(_memberships.STATUS_OF_MEMBERSHIP) == set(shape("MembershipStatus").enum)
    assert set(_memberships.STATUS_OF_MEMBERSHIP.values()) <= set(STATUSES)


def test_an_invitation_counts_as_accepted_in_check_mode_alone() -> None:
    offered = account(invitations=(s.invitation(),))
    assert resolve(offered, check_mode=True) == (Record("AMC", **IN_AMC), None)
    with pytest.raises(CleanRoomsError, match="accept the invitation first"):
        resolve(offered)
    for check_mode in (True, False):
        with pytest.raises(CleanRoomsError, match="no membership there in this Region"):
            resolve(account(OTHER, invitations=(s.invitation("C"),)), check_mode)


def test_plan_each() -> None:
    records = [Record(name=name, collaboration_id=id_of(name)) for name in "abc"]

    def plan_one(record: Record) -> Plan:
        if record.name == "b":
            raise CleanRoomsError("no")
        if not record.name:
            raise KeyError("x")
        return Plan(record)

    plans = code.plan_each(iter(records), plan_one, 2)
    assert [(one.record.name, one.error) for one in plans] == [("a", ""), ("b", f"{records[1].label}: no."), ("c", "")]
    assert code.plan_each([], plan_one, 8) == []
    with pytest.raises(KeyError):  # is not hidden
        code.plan_each([Record()], plan_one, 1)


def test_two_records_of_one_collaboration_are_errors_whatever_else_they_say() -> None:
    old = {**AMC, "id": id_of("old"), "status": "REMOVED"}
    of_old = Record(membership_id=old["id"], status="inactive")
    there = [Record(**IN_AMC), Record(**OF_AMC, status="inactive"), of_old, Record(membership_id=id_of("x"))]
    records = code.with_ids(account(old, AMC, OTHER), [*there, Record(membership_id=id_of("y")), Record(**OTHER_ID)])
    assert [one.collaboration_id for one in records] == [
        *[AMC["collaborationId"]] * 3,
        "",
        "",
        OTHER["collaborationId"],
    ]
    plans = code.plan_each(records, Plan, 1)
    assert [code.TWO_RECORDS in one.error for one in plans] == [True] * 3 + [False] * 3

    def fails(_record: Record) -> Plan:
        raise CleanRoomsError("no")

    # One that fails for another reason is meant all the same.
    plans = code.plan_each(records[:2], lambda one: fails(one) if one.membership_id else Plan(one), 1)
    assert all(one.error for one in plans)


@pytest.mark.parametrize("rule_type", ["CUSTOM", "LIST", "AGGREGATION"])
def test_rule_of_policy(rule_type: str) -> None:
    policy = {"allowedResultReceivers": [s.PARTNER], "allowedAdditionalAnalyses": [s.ANALYSIS]}
    expected = s.rule(rule_type=rule_type, analyses=(s.ANALYSIS,))
    assert rule_of_policy(rule_type, {"v1": {rule_type.lower(): policy}}) == expected
    nobody = {**expected, "result_receivers": [], "additional_analyses": []}
    assert rule_of_policy(rule_type, {"v1": {rule_type.lower(): {}}}) == nobody


def test_samples_have_the_keys_of_the_model() -> None:
    assert set(s.member(s.OWN)) <= set(shape("MemberSummary").members)
    assert set(s.invitation()) - {"memberStatus"} <= set(shape("CollaborationSummary").members)
    assert set(AMC) <= set(shape("MembershipSummary").members)
