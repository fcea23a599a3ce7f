# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accepting what the inventory's records say: the three modules over one list, and what a record does not hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from engine_world import NAMESPACES, OTHER, PARTNER, PROVIDER, TABLES, Data, World, member, without

Act = Callable[..., Data]
NOWHERE: Data = {"collaboration_id": "00000000-0000-0000-0000-000000000000", "members": []}
US: Data = {"display_name": "Provider", "account": PROVIDER}
THIRD: Data = {"account": OTHER, "display_name": "Other", "abilities": ["CAN_RECEIVE_RESULTS"]}
REVIEWED: Data = {"receivers": [PARTNER], "own_payments": ["queryCompute"], "auto_approved_changes": ["ADD_MEMBER"]}
TASKS: list[tuple[str, Data]] = [
    ("invitation", {}),
    ("table_association", TABLES),
    ("namespace_association", NAMESPACES),
]


@pytest.mark.parametrize("looped", [False, True])
def test_three_tasks_over_one_list_converge(world: World, act: Act, path: Path, looped: bool) -> None:
    """As with C(collaborations: "{{ cleanrooms_collaborations }}") in each: check mode predicts, a second run is ok."""
    written = world.invite(3)
    written[2]["status"] = "inactive"
    lists = [[one] for one in written] if looped else [written]

    def run(check: bool = False) -> list[Data]:
        calls = [(name, {**options, "collaborations": one}) for name, options in TASKS for one in lists]
        return [act(name, record=None, check=check, **call) for name, call in calls]

    predicted = run(check=True)
    assert world.writes() == []
    done = run()
    ids = ("id", "arn", "membership_id")
    assert without([one["collaborations"] for one in predicted], *ids) == without(
        [one["collaborations"] for one in done], *ids
    )
    statuses = {
        one["collaboration_id"]: one["status"] for answer in done[: len(lists)] for one in answer["collaborations"]
    }
    assert list(statuses.values()) == ["active", "active", "inactive"]
    assert {receivers for _table, _role, receivers in world.shared().values()} == {(PARTNER,)}
    assert len(world.shared()) == 2 * 3
    assert [answer["changed"] for answer in run()] == [False] * len(done)
    assert not path.exists()


@pytest.mark.parametrize(
    ("there", "written", "reason"),
    [
        ({}, {"members": None}, "the record has no members, so that nobody was reviewed"),
        ({"members": [US, THIRD]}, {}, f"do not hold {OTHER} (Other) with CAN_RECEIVE_RESULTS"),
        ({}, {"members": [member(PARTNER, "CAN_QUERY")]}, f"do not hold {PARTNER} (Partner) with CAN_RECEIVE_RESULTS"),
        ({}, {"members": [member(OTHER)]}, f"the creator {PARTNER} (Partner) is not among the members of the record"),
        ({"members": [{**US, "pays": True}], "creator_pays": False}, {}, "and accept_payment is not set"),
        (
            {"members": [{**US, "abilities": ["CAN_QUERY"]}]},
            {"reviewed": REVIEWED},
            "it gives this account CAN_QUERY, which reviewed.own_abilities of the record does not hold",
        ),
        (
            {"options": {"autoApprovedChangeTypes": ["GRANT_RECEIVE_RESULTS_ABILITY"]}},
            {"reviewed": REVIEWED},
            "by GRANT_RECEIVE_RESULTS_ABILITY, which reviewed.auto_approved_changes of the record does not hold",
        ),
    ],
)
def test_what_a_record_does_not_hold_stays_pending(world: World, there: Data, written: Data, reason: str) -> None:
    (record,) = world.invite(**there)
    record = {key: value for key, value in {**record, **written}.items() if value is not None}
    answer = world.settle("invitation", collaborations=[record])
    (found,) = answer["collaborations"]
    assert (found["status"], answer["changed"], world.writes()) == ("invited", False, [])
    assert reason in found["actions"][0]["reason"]
    assert found.get("members") == record.get("members")


def test_what_a_record_says_was_reviewed_is_accepted(world: World) -> None:
    (record,) = world.invite(
        members=[{**US, "pays": True}], creator_pays=False, options={"autoApprovedChangeTypes": ["ADD_MEMBER"]}
    )
    wanted = {**record, "members": [member(OTHER), member(PARTNER)], "reviewed": REVIEWED}
    (found,) = world.settle("invitation", collaborations=[wanted])["collaborations"]
    # Nobody and nothing comes back that the record does not hold.
    assert found["members"] == wanted["members"]
    assert {key: found["reviewed"][key] for key in REVIEWED} == REVIEWED
    assert found["membership_id"] == world.membership()["id"]
    # The task's options hold only where the record has no review.
    (other,) = world.invite(members=[{**US, "pays": True}], creator_pays=False)
    assert world.run("invitation", collaborations=[other], accept_payment=True)["changed"]


def test_one_that_is_joined_is_unchanged_and_its_settings_are_kept(world: World) -> None:
    (record,) = world.join(others=(THIRD,))
    wanted = {**record, "members": [member(PARTNER)]}
    (found,) = world.settle("invitation", collaborations=[wanted])["collaborations"]
    assert (found["summary"]["unchanged"], found["members"]) == (1, wanted["members"])
    assert "reviewed" not in found
    by_membership = {"membership_id": world.membership()["id"]}
    world.settle("invitation", collaborations=[by_membership], query_log_status="ENABLED")
    assert world.writes() == ["UpdateMembership"]


def test_one_that_is_neither_fails_alone(world: World) -> None:
    answer = world.run("invitation", fails=True, collaborations=[NOWHERE, *world.invite()])
    assert "this account has neither an invitation nor a membership there in this Region" in answer["msg"]
    assert [one["status"] for one in answer["collaborations"]] == ["active", "active"]
    assert "error" in answer["collaborations"][0]
    assert world.writes() == ["CreateMembership"]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            {"collaborations": [{**NOWHERE, "result_receivers": None}]},
            "collaborations[00000000-0000-0000-0000-000000000000].result_receivers: is null",
        ),
        ({"collaborations": [{"name": "x"}]}, "collaborations[x]: has neither collaboration_id nor membership_id"),
        ({"collaborations": {}}, "collaborations: is not a list"),
        ({"record": "/nowhere"}, "record: cannot be used with collaborations; give one of them"),
        ({"trusted_creators": [PARTNER]}, "trusted_creators: cannot be used with collaborations"),
        ({"state": "absent"}, "collaborations: cannot be used with state: absent"),
    ],
)
def test_what_cannot_be_asked_for(world: World, act: Act, call: Data, said: str) -> None:
    answer = act("invitation", fails=True, **{"record": None, "collaborations": [NOWHERE], **call})
    assert answer["msg"].startswith(said)
    assert world.requests() == {}
