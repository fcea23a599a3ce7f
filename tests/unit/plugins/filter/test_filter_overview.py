# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

from ansible_collections.acx.cleanrooms.plugins.filter.overview import invitation_lines, membership_lines
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._wording import aligned

ONE = "11111111-90ab-cdef-1234-567890abcdef"
TWO = "22222222-90ab-cdef-1234-567890abcdef"
THREE = "33333333-90ab-cdef-1234-567890abcdef"
US, THEM, OTHER = "111122223333", "210987654321", "999900001111"


def member(account: str, name: str, status: str = "ACTIVE", **more: Any) -> dict[str, Any]:
    return {"account_id": account, "display_name": name, "status": status, "abilities": [], "pays_for": [], **more}


def invitation(name: str, creator: str = THEM, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "collaboration_id": ONE,
        "creator_account_id": creator,
        "creator_display_name": "AMC",
        "abilities": [],
        "pays_for": [],
        "members": [],
        **more,
    }


def membership(name: str, collaboration: str, tables: list[bool] | None = None, **more: Any) -> dict[str, Any]:
    counts: dict[str, Any] = {"associations": [{"ready": ready} for ready in tables or []]}
    counts["id_namespace_associations"] = [{}] if tables else []
    shown = {"name": name, "collaboration_id": collaboration, "membership_id": f"m-{collaboration}", "status": "active"}
    return {**shown, **counts, **more}


def test_columns_stand_below_each_other_and_numbers_to_the_right() -> None:
    assert aligned([("a", "number", "last one"), ("long", 7, "x"), ("b", 10, "")]) == [
        "a     number  last one",
        "long       7  x",
        "b         10",
    ]
    assert aligned([]) == []


def test_invitations_show_trust_payment_members_and_counts() -> None:
    query = {"abilities": ["CAN_QUERY", "CAN_RECEIVE_RESULTS"], "pays_for": ["queryCompute"]}
    ours = member(US, "Data provider", "INVITED")
    first = invitation("AMC Collaboration", members=[member(THEM, "AMC", **query), ours])
    second = invitation("Free data", OTHER, collaboration_id=TWO, pays_for=["queryCompute"], abilities=["CAN_QUERY"])
    assert invitation_lines([first, {**second, "error": "no"}], [THEM]) == [
        "trusted  creator       collaboration id                      you pay for   you may    name, by whom",
        f"yes      {THEM}  {ONE}  -             -          AMC Collaboration, by AMC",
        f"    {THEM}  active   can query, can receive results  pays for queryCompute  AMC",
        f"    {US}  invited  -                               -                      Data provider",
        f"no       {OTHER}  {TWO}  queryCompute  can query  Free data, by AMC",
        "    failed: no",
        "2 invitations pending, 1 from trusted creators",
    ]
    assert invitation_lines([]) == ["No invitation is pending."]


def test_invitations_show_what_is_unusual_in_how_they_were_set_up() -> None:
    encryption = {"allow_cleartext": True, "preserve_nulls": False}
    odd = {
        "auto_approved_changes": ["ADD_MEMBER", "GRANT_RECEIVE_RESULTS_ABILITY"],
        "allowed_result_regions": ["us-east-1"],
        "data_encryption_metadata": encryption,
        "analytics_engine": "CLEAN_ROOMS_SQL",
        "job_log_status": "ENABLED",
        "metrics_enabled": True,
    }
    usual = {"auto_approved_changes": [], "analytics_engine": "SPARK", "job_log_status": "DISABLED"}
    assert invitation_lines([invitation("AMC", **odd), invitation("Free", **usual)])[2:-2] == [
        "    changes without asking: ADD_MEMBER, GRANT_RECEIVE_RESULTS_ABILITY",
        "    results only to us-east-1",
        "    encrypted tables, allow cleartext: yes, preserve nulls: no",
        "    queries run on clean rooms sql",
        "    possible: job logs, metrics",
    ]


def test_no_name_can_pass_for_our_words() -> None:
    hostile = f"x, by AMC\nyes      {THEM}  {ONE}  \x1b[2K\u202efree\u200b \uff37\uff49 \u6f22\u5b57 e\u0301"
    (_heading, row, member_row, _total) = invitation_lines(
        [invitation(hostile, OTHER, members=[member(OTHER, hostile)])], [THEM]
    )
    escaped = hostile.replace("\n", "\\n").replace("\x1b", "\\x1b").replace("\u202e", "\\u202e")
    escaped = escaped.replace("\u200b", "\\u200b")
    assert row == f"no       {OTHER}  {ONE}  -            -        {escaped}, by AMC"
    assert member_row == f"    {OTHER}  active  -  -  {escaped}"


def test_collaborations_show_status_counts_room_and_record() -> None:
    records = [
        {"collaboration_id": ONE, "name": "Ours"},
        {"membership_id": f"m-{TWO}", "status": "inactive"},
        {"collaboration_id": "4" * 8 + THREE[8:], "name": "Gone", "status": "left"},
    ]
    memberships = [
        membership("AMC", ONE, [True] * 11 + [False]),
        membership("B\x1b[31m", TWO, [True], unreviewed=["open to an\n", "members changed"], error="no"),
        {"name": "C", "collaboration_id": THREE, "membership_id": "m3", "status": "deleted"},
    ]
    assert membership_lines(memberships, records, 12) == [
        "on AWS   recorded  tables  ready  free  ID namespaces  collaboration id                      name",
        f"active   active        12     11     0              1  {ONE}  AMC",
        f"active   inactive       1      1    11              1  {TWO}  B\\x1b[31m",
        "    open to an\\n",
        "    members changed",
        "    failed: no",
        f"deleted  missing        -      -     -              -  {THREE}  C",
        f"missing  left           -      -     -              -  {'4' * 8 + THREE[8:]}  Gone",
        "4 collaborations: 2 active, 1 deleted, 1 not joined; 1 not in the record; 1 not as reviewed;"
        " 13 tables associated, 12 ready",
    ]
    assert membership_lines([membership("AMC", ONE)], [])[-1] == (
        "1 collaboration: 1 active; 1 not in the record; 0 tables associated, 0 ready"
    )
    assert membership_lines([], []) == ["No collaboration is joined or recorded."]


def test_what_could_not_be_read_is_not_counted() -> None:
    read = {"name": "AMC", "collaboration_id": ONE, "membership_id": "m", "status": "active", "error": "no"}
    lines = membership_lines([{**read, "associations": [{"name": "a"}]}], [])
    assert lines[1:3] == [f"active  missing   -       -      -     -              {ONE}  AMC", "    failed: no"]
    assert lines[-1].endswith("; 1 table associated, 0 ready")


def test_more_tables_than_the_limit_leave_no_room() -> None:
    assert "     2      2     0  " in membership_lines([membership("AMC", ONE, [True, True])], [], 1)[1]


def test_a_record_that_may_be_what_cannot_be_read_is_not_called_missing() -> None:
    ids = {"collaboration_id": "", "membership_id": ""}
    unreadable = {"name": "?", **ids, "status": "unknown", "error": "Failed to read a list."}
    recorded = {"name": "Two", "collaboration_id": "2", "membership_id": "m", "status": "active"}
    lines = membership_lines([unreadable], [recorded])
    assert "not joined" not in lines[-1]
    assert any(line.startswith("unknown") and line.endswith("Two") for line in lines)
    assert any(line.startswith("missing") for line in membership_lines([], [recorded]))
