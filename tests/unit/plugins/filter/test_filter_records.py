# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.acx.cleanrooms.plugins.filter.records import (
    ACCEPTED,
    NOT_OURS,
    chosen_records,
    failed_results,
    id_list,
    updated_pending,
    updated_records,
)
from ansible_collections.acx.cleanrooms.plugins.filter.summary import failure_text, summary

ONE = "11111111-90ab-cdef-1234-567890abcdef"
TWO = "22222222-90ab-cdef-1234-567890abcdef"
MEMBERSHIP = "99999999-90ab-cdef-1234-567890abcdef"
AMC, PANEL, PROVIDER = "210987654321", "666677778888", "111122223333"


def accepted(**more: Any) -> dict[str, Any]:
    """What cleanrooms_invitation answers for one collaboration that it accepted."""
    return {
        "name": "AMC",
        "collaboration_id": ONE,
        "membership_id": MEMBERSHIP,
        "status": "active",
        "creator_account_id": AMC,
        "creator_display_name": "AMC",
        "members": [AMC],
        "changed": True,
        "actions": [],
        "summary": {"accepted": 1},
        **more,
    }


def refused(reason: str) -> dict[str, Any]:
    """What it answers for one that stays pending."""
    action = {"action": "refuse", "resource": "membership", "name": f"AMC ({ONE})", "reason": reason}
    return accepted(status="invited", changed=False, actions=[action], membership_id=None)


def associated(**more: Any) -> dict[str, Any]:
    """What cleanrooms_table_association answers for the same collaboration."""
    return {"name": "AMC", "collaboration_id": ONE, "status": "active", "actions": [], "associations": [], **more}


def pending(**more: Any) -> dict[str, Any]:
    """A recorded pending invitation."""
    return {
        "name": "AMC",
        "collaboration_id": ONE,
        "creator_account_id": AMC,
        "creator_display_name": "AMC",
        "members": [PROVIDER, AMC],
        **more,
    }


def invitation(**more: Any) -> dict[str, Any]:
    """What cleanrooms_invitation_info answers."""
    members = [{"account_id": account, "status": "ACTIVE"} for account in (PROVIDER, AMC)]
    return {**pending(members=members), "description": "d", **more}


def membership(**more: Any) -> dict[str, Any]:
    """What cleanrooms_membership_info answers."""
    return {"name": "AMC", "collaboration_id": ONE, "membership_id": MEMBERSHIP, "status": "active", **more}


# Records


def test_an_accepted_collaboration_gets_a_record_with_its_members() -> None:
    (record,) = updated_records([], [accepted()], [])
    assert record == {
        "name": "AMC",
        "collaboration_id": ONE,
        "membership_id": MEMBERSHIP,
        "status": "active",
        "members": [AMC],
    }


def test_only_members_who_were_seen_before_are_pinned() -> None:
    (record,) = updated_records([], [accepted(members=[AMC, PANEL])], [pending()])
    assert record["members"] == [AMC]


@pytest.mark.parametrize("result", [refused("r"), accepted(error="e"), {"collaboration_id": ONE, "error": "e"}])
def test_what_is_pending_or_failed_gets_no_record(result: dict[str, Any]) -> None:
    assert updated_records([], [result], []) == []


def test_a_status_that_aws_tells_is_recorded_and_nothing_else_changes() -> None:
    written = {"name": "mine", "collaboration_id": ONE, "notes": "n", "members": [AMC], "status": "active"}
    assert updated_records([written], [associated(status="deleted", membership_id=MEMBERSHIP)], []) == [
        {**written, "status": "deleted", "membership_id": MEMBERSHIP}
    ]


def test_members_who_were_never_looked_at_are_not_taken_for_nobody() -> None:
    (record,) = updated_records([], [accepted()], [{key: pending()[key] for key in ("name", "collaboration_id")}])
    assert record["members"] == [AMC]


@pytest.mark.parametrize("members", [None, []])
def test_nobody_is_pinned_where_the_members_were_emptied(members: list[str] | None) -> None:
    (record,) = updated_records([], [accepted()], [pending(members=members)])
    assert record["members"] == []


@pytest.mark.parametrize(("status", "then"), [("active", "left"), ("inactive", "left"), ("deleted", "deleted")])
def test_what_cannot_be_left_any_more_was_left_unless_it_had_ended(status: str, then: str) -> None:
    written = {"collaboration_id": ONE, "membership_id": MEMBERSHIP, "status": status}
    absent = accepted(status="absent", changed=False, membership_id=None)
    assert updated_records([written], [absent], [])[0]["status"] == then


@pytest.mark.parametrize(
    "use", [lambda records: updated_records(records, [], []), lambda records: chosen_records(records, "")]
)
def test_a_record_that_cannot_be_right_is_refused_before_anything_is_done(use: Callable[[Any], Any]) -> None:
    records = [{"collaboration_id": ONE}, {"collaboration_id": TWO, "tables": {"include": None}}]
    with pytest.raises(AnsibleFilterError, match=r"cleanrooms_collaborations\[1\]\.tables\.include: is null"):
        use(records)


# Pending invitations


def test_invitations_are_recorded_with_their_present_members() -> None:
    gone = {"account_id": PANEL, "status": "LEFT"}
    found = invitation()
    found["members"].append(gone)
    assert updated_pending([], [], [], [found]) == [pending(members=[PROVIDER, AMC])]


def test_a_reason_is_kept_while_nothing_else_is_known() -> None:
    known = pending(reason="r")
    assert updated_pending([known], [], [], [invitation()]) == [known]
    assert updated_pending([known], [refused("r")], [], [invitation()]) == [known]


def test_a_withdrawn_invitation_is_forgotten_once_all_were_read() -> None:
    assert updated_pending([pending()], [], [], []) == []
    assert updated_pending([pending()], [], [], None) == [pending()]


def test_one_that_was_joined_elsewhere_stays_with_the_reason() -> None:
    (entry,) = updated_pending([pending()], [], [], [], [membership()])
    assert entry["reason"] == NOT_OURS
    assert updated_pending([pending()], [], [], [], [membership(status="removed")]) == []


def test_an_accepted_one_stays_until_its_association_was_tried() -> None:
    (entry,) = updated_pending([], [accepted()], [{"collaboration_id": ONE}])
    assert entry["reason"] == ACCEPTED
    assert updated_pending([], [accepted(), associated()], [{"collaboration_id": ONE}]) == []


@pytest.mark.parametrize("failing", [0, 1])
def test_a_failure_of_either_association_keeps_it_with_the_cause(failing: int) -> None:
    namespace = {**associated(), "id_namespace_associations": []}
    del namespace["associations"]
    results = [associated(), namespace]
    results[failing]["error"] = "the cause"
    (entry,) = updated_pending([pending()], [accepted(), *results], [{"collaboration_id": ONE}])
    assert entry["reason"] == "the cause"


def test_a_task_that_failed_as_a_whole_keeps_what_it_was_for() -> None:
    """Its tables are associated, and the ID namespace was refused: the next run takes it up again."""
    (failed,) = failed_results([{"collaboration_id": ONE, "status": "active"}], "expired")
    assert (failed["name"], failed["membership_id"], failed["changed"]) == ("", "", False)
    (entry,) = updated_pending([pending()], [associated(), failed], [{"collaboration_id": ONE}])
    assert entry["reason"] == "expired"
    assert updated_records([], [failed], []) == []
    assert failure_text(summary([failed])).endswith(f"{ONE}: expired")


@pytest.mark.parametrize("changed", [False, True])
def test_accepting_an_old_membership_again_adds_nothing(changed: bool) -> None:
    """Even where a setting of it was changed."""
    assert updated_pending([], [accepted(changed=changed, summary={"accepted": 0, "repaired": 1})], []) == []


# Ids


def test_ids_are_taken_from_lists_and_from_texts_with_commas() -> None:
    assert id_list("a, b,a") == ["a", "b"]
    assert id_list(["a,b", "c"]) == ["a", "b", "c"]
    assert id_list([210987654321]) == ["210987654321"]
    assert id_list("") == []
    with pytest.raises(AnsibleFilterError, match="is null"):
        id_list(None)


def test_records_are_chosen_by_either_id() -> None:
    records = [{"collaboration_id": ONE, "membership_id": MEMBERSHIP}, {"collaboration_id": TWO}]
    assert chosen_records(records, "") == records
    assert chosen_records(records, [TWO]) == records[1:]
    assert chosen_records(records, f"{MEMBERSHIP},{TWO}") == records
    with pytest.raises(AnsibleFilterError, match="cleanrooms_only: '0' is the collaboration_id or membership_id of no"):
        chosen_records(records, "0")
