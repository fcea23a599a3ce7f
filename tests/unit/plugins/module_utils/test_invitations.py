# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Invitations: options, which are looked at, and what accepting one sends and records."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _invitations as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._acceptance import (
    InvitationOptions,
    Offer,
    limits_of,
    payments_of,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._memberships import MembershipOptions
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._trust import recorded_members
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples as s
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    Data,
    invitation,
    member,
    members_of,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import check_plan

OWN, PARTNER, OTHER, STRANGER = s.OWN, s.PARTNER, s.OTHER, s.STRANGER
US, THEM = member(OWN, "INVITED", abilities=()), member(PARTNER)
PENDING = invitation()
PAYS = {"queryCompute": {"isResponsible": True}}
ML = {
    "queryCompute": {"isResponsible": False},
    "jobCompute": {"isResponsible": True},
    "machineLearning": {"modelTraining": {"isResponsible": True}, "modelInference": {"isResponsible": False}},
}
LEAST: Data = {
    "collaboration_ids": [],
    "trusted_creators": [PARTNER],
    "allowed_members": None,
    "allowed_receivers": [],
    "accept_abilities": [],
    "accept_payment": False,
    "accept_auto_approved_changes": [],
    "collaborations": None,
}
ACCOUNTS = ("trusted_creators", "allowed_members", "allowed_receivers")
TWICE, NO_ACCOUNT = ".* stands twice", "is not an AWS account id"


def trusting(**more: Any) -> InvitationOptions:
    """Return options that trust the partner."""
    return InvitationOptions(trusted_creators=(PARTNER,), **more)


def naming(*ids: str, **more: Any) -> InvitationOptions:
    """Return options that name collaborations by their ids, in which the partner may receive."""
    return InvitationOptions(collaboration_ids=ids or (PENDING["id"],), **{"allowed_receivers": (PARTNER,), **more})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"collaboration_ids": ["AMC"]}, "collaboration_ids: 'AMC' is not an id"),
        ({"collaboration_ids": [PENDING["id"]] * 2}, f"collaboration_ids: {TWICE}"),
        *(({key: [PARTNER] * 2}, f"{key}: {TWICE}") for key in ACCOUNTS),
        *(({key: ["AMC"]}, f"{key}: 'AMC' {NO_ACCOUNT}") for key in ACCOUNTS),
        *(
            ({"trusted_creators": [], key: value, "collaborations": []}, f"{key}: cannot be used with collaborations")
            for key, value in (*((key, [PARTNER]) for key in ACCOUNTS), ("collaboration_ids", [PENDING["id"]]))
        ),
        ({"trusted_creators": [], "collaborations": [{"name": "AMC"}]}, r"collaborations\[AMC\]: has neither"),
        ({"trusted_creators": ["*"]}, rf"trusted_creators: '\*' {NO_ACCOUNT}"),
        ({"trusted_creators": [f"{PARTNER}\n"]}, f"trusted_creators: .* {NO_ACCOUNT}"),
        ({"trusted_creators": ["\u0664" * 12]}, f"trusted_creators: .* {NO_ACCOUNT}"),
    ],
)
def test_options_refused(changes: Data, message: str) -> None:
    with pytest.raises(CleanRoomsError, match=f"^{message}"):
        code.check_options({**LEAST, **changes})


def test_options() -> None:
    assert code.check_options(LEAST) == trusting()
    assert code.check_options({**LEAST, "allowed_members": []}).allowed_members == ()
    assert code.check_options({**LEAST, "trusted_creators": [], "collaborations": []}).records == ()


A, B, C = invitation("A", day=3), invitation("B", day=1), invitation("C", STRANGER, day=2)
JOINED = s.membership("A")


@pytest.mark.parametrize(
    ("options", "pending", "joined", "expected"),
    [
        pytest.param(trusting(), [A, B, C], [], "B C A", id="trust looks at all by age"),
        pytest.param(InvitationOptions(), [A, B, C], [], "B C A", id="neither looks at all too"),
        pytest.param(naming(A["id"]), [A, B], [], "A", id="ids look at nothing else"),
        pytest.param(trusting(collaboration_ids=(A["id"], B["id"])), [B, C, A], [], "A B C", id="ids first, and once"),
        pytest.param(naming(A["id"]), [], [JOINED], "A joined", id="accepted before"),
        pytest.param(trusting(), [], [JOINED], "", id="a membership that nobody names"),
        pytest.param(naming(A["id"]), [A], [s.membership("A", "REMOVED")], "A", id="invited again"),
        pytest.param(trusting(), [], [], "", id="nothing"),
    ],
)
def test_find(options: InvitationOptions, pending: list[Data], joined: list[Data], expected: str) -> None:
    records, by_id, joined_by_id = code.find_invitations(options, pending, joined)
    assert " ".join(one.name + (" joined" if one.membership_id else "") for one in records) == expected
    assert by_id == {one["id"]: one for one in pending}
    assert joined_by_id == {one["collaborationId"]: one for one in joined if one["status"] == "ACTIVE"}
    every = {one["id"]: "" for one in pending} | {one["collaborationId"]: one["id"] for one in joined_by_id.values()}
    assert {one.collaboration_id: one.membership_id for one in records}.items() <= every.items()


@pytest.mark.parametrize("joined", [[], [s.membership("A", "REMOVED")], [s.membership("A", "COLLABORATION_DELETED")]])
def test_neither(joined: list[Data]) -> None:
    neither = "this account has neither an invitation nor a membership there in this Region"
    with pytest.raises(CleanRoomsError, match=f"^collaboration_ids: '{A['id']}': {neither}$"):
        code.find_invitations(naming(B["id"], A["id"]), [B], joined)


ADD, GRANT, REVOKE = "ADD_MEMBER", "GRANT_RECEIVE_RESULTS_ABILITY", "REVOKE_RECEIVE_RESULTS_ABILITY"
PLACE = {"bucket": "results", "result_format": "CSV"}
EVERY_SETTING = {
    "query_log_status": "ENABLED", "job_log_status": "ENABLED", "metrics_enabled": True,
    "default_result_configuration": PLACE, "tags": {"Team": "x"},
}  # fmt: skip
EVERY_SETTING_SENT = {
    "queryLogStatus": "ENABLED", "jobLogStatus": "ENABLED", "isMetricsEnabled": True, "tags": {"Team": "x"},
    "defaultResultConfiguration": {"outputConfiguration": {"s3": {"bucket": "results", "resultFormat": "CSV"}}},
}  # fmt: skip


SET_UP = {
    "queryLogStatus": "DISABLED", "autoApprovedChangeTypes": [REVOKE], "analyticsEngine": "SPARK",
    "allowedResultRegions": ["us-east-1"], "isMetricsEnabled": False, "jobLogStatus": "ENABLED",
    "dataEncryptionMetadata": {"allowCleartext": True, "allowJoinsOnColumnsWithDifferentNames": False},
}  # fmt: skip
SHOWN = {
    "auto_approved_changes": [REVOKE], "analytics_engine": "SPARK", "allowed_result_regions": ["us-east-1"],
    "metrics_enabled": False, "job_log_status": "ENABLED",
    "data_encryption_metadata": {"allow_cleartext": True, "allow_joins_on_columns_with_different_names": False},
}  # fmt: skip


@pytest.mark.parametrize("settings", [{}, {"tags": {}}, EVERY_SETTING], ids=["least", "no tags", "all"])
@pytest.mark.parametrize("payment", [None, PAYS, ML], ids=["others pay", "queries", "all"])
@pytest.mark.parametrize(("trust", "reason"), [(trusting, "the creator is trusted"), (naming, "named by its id")])
def test_accepted(settings: Data, payment: Data | None, trust: Any, reason: str) -> None:
    sent = EVERY_SETTING_SENT if settings == EVERY_SETTING else {"queryLogStatus": "DISABLED"}
    # Who pays is what the creator decided.
    sent = {**sent, "paymentConfiguration": payment} if payment else sent
    us = member(OWN, "INVITED", abilities=(), **({"paymentConfiguration": payment} if payment else {}))
    members = [us, THEM, member(OTHER, "INVITED")]
    options = trust(accept_payment=True, allowed_receivers=(PARTNER, OTHER))
    offer = Offer(PENDING, OWN, members, SET_UP)
    plan = code.plan_acceptance(options, MembershipOptions(**settings), offer)
    check_plan(plan)
    known = recorded_members(members, OWN)
    (action,) = plan.actions
    assert action.request == {"collaborationIdentifier": PENDING["id"], **sent}
    after = {"creator": f"{PARTNER} (Creator {PARTNER})", "members": known, "collaboration": SHOWN, **sent}
    assert (action.reason, action.before, action.after) == (reason, None, after)
    assert (plan.flows[0].facts, plan.record) == ({"status": "active"}, s.Record("AMC", PENDING["id"]))
    creator = {"creator_account_id": PARTNER, "creator_display_name": f"Creator {PARTNER}"}
    assert plan.facts == {**creator, "members": known, "status": "invited"}
    # Whoever is not accepted after all was not reviewed.
    code.add_review(plan, offer, limits_of(options), "arn")
    reviewed = plan.flows[0].facts["reviewed"]
    assert (reviewed["by"], reviewed["receivers"], reviewed["own_payments"]) == (
        "arn",
        [PARTNER, OTHER],
        payments_of(us),
    )
    assert "reviewed" not in plan.facts
    # Of a collaboration that says nothing of its settings, nothing is shown.
    assert code.collaboration_difference({}) == {}


def test_joined_already() -> None:
    # The last two are gone, so that nobody pins them.
    everybody = [*members_of("us S:INVITED P O:LEFT"), member("000000000001", "REMOVED")]
    creator = {"creator_account_id": PARTNER, "creator_display_name": "Creator"}
    options = naming(allowed_receivers=(PARTNER, STRANGER), accept_auto_approved_changes=(ADD,))
    plan = code.plan_membership(options, s.record(), s.membership(), everybody, OWN)
    assert plan == Plan(s.record(), facts={**creator, "members": recorded_members(everybody, OWN)})
    # What came since, and no option allows, is nothing that was reviewed.
    there = Offer(
        {}, OWN, [member(OWN, paymentConfiguration=PAYS), *everybody[1:]], {"autoApprovedChangeTypes": [ADD, GRANT]}
    )
    code.add_review(plan, there, limits_of(options), "arn")
    assert plan.facts["reviewed"]["receivers"] == [PARTNER, STRANGER]
    assert plan.facts["reviewed"]["auto_approved_changes"] == [ADD]
    assert (plan.facts["reviewed"]["own_abilities"], plan.facts["reviewed"]["own_payments"]) == ([], [])
    # AWS may not list us.
    code.add_review(plan, Offer({}, OWN), limits_of(options), "arn")
    assert (plan.facts["reviewed"]["own_abilities"], plan.facts["reviewed"]["own_payments"]) == ([], [])
    for options, why in (
        (naming(allowed_members=()), f"allowed_members does not hold {STRANGER} (S), {PARTNER} (P)"),
        (naming(), f"allowed_receivers does not hold {STRANGER} (S) with CAN_RECEIVE_RESULTS"),
    ):
        plan = code.plan_membership(options, s.record(), s.membership(), everybody, OWN)
        assert s.outline(plan) == [f"refuse membership {s.record().label}"]
        assert s.reasons(plan) == [f"{why}; the collaboration is joined already"]
        assert plan.facts == creator
