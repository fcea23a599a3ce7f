# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.acx.cleanrooms.plugins.filter.report import (
    previous_report,
    report_csv,
    report_data,
    report_failure,
    report_html,
    report_json,
    report_lines,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import printable
from ansible_collections.acx.cleanrooms.tests.unit.plugins.filter.report_samples import (
    EARLIER,
    LAST,
    LATER,
    ONE,
    OTHER,
    OWN,
    PARTNER,
    TEMPLATE,
    TWO,
    Data,
    collaboration,
    everywhere,
    first,
    look,
    member,
    table,
)


def changes(before: Data, now: Data) -> list[str]:
    """What is told of one collaboration that was as in C(before) and is as in C(now)."""
    told: list[str] = report_data(look(now, at=LATER), "provider", first(before))["changes"]
    assert all(one.startswith(f"AMC ({ONE}): ") for one in told)
    return [one.removeprefix(f"AMC ({ONE}): ") for one in told]


def rows(report: Data) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(report_csv(report))))


def test_the_csv_has_a_row_for_each_table_and_one_for_a_collaboration_without() -> None:
    tables = [table("a", result_receivers=[PARTNER, OTHER]), table("b", "missing")]
    unread = {**collaboration("B", TWO), "tables": [], "error": "AccessDenied"}
    del unread["membership_id"], unread["reviewed"]
    found = rows(first(collaboration(tables=tables), unread))
    assert found[0] == {
        "account": OWN,
        "region": "us-east-1",
        "collaboration": "AMC",
        "collaboration_id": ONE,
        "membership_id": ONE[::-1],
        "status": "active",
        "table": "a",
        "association": "acx_a",
        "state": "ready",
        "reasons": "",
        "receivers": f"{PARTNER} {OTHER}",
        "reviewed_at": EARLIER,
        "reviewed_by": f"arn:aws:iam::{OWN}:user/op",
    }
    assert found[1]["reasons"] == "it is not associated. Run the playbook sync."
    keys = ("collaboration", "table", "reasons", "reviewed_by")
    assert [found[2][key] for key in keys] == ["B", "", "AccessDenied", ""]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", " =1+1", "\uff1d1+1"])
def test_no_cell_is_a_formula(name: str) -> None:
    assert rows(first(collaboration(name)))[0]["collaboration"] == f"'{name}"


@given(st.text())
def test_any_name_is_one_cell_that_is_no_formula(name: str) -> None:
    text = report_csv(first(collaboration(name)))
    assert text.replace("\n", "").isprintable()
    cell = rows(first(collaboration(name)))[0]["collaboration"]
    assert cell.removeprefix("'") == printable(name.encode(errors="backslashreplace").decode()).removeprefix("'")
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.text())
def test_any_name_comes_back_from_the_json(name: str) -> None:
    report = first(collaboration(name))
    text = report_json(report)
    assert text.isascii()
    assert text.startswith("\n{")
    assert previous_report(text) == report == json.loads(text)


def test_the_first_report_tells_no_changes() -> None:
    report = first(collaboration())
    assert report == {**look(collaboration()), "host": "provider", "changes": [], "changes_since": ""}


@pytest.mark.parametrize("key", ["account_id", "region"])
def test_a_report_of_another_account_or_region_is_not_compared_with(key: str) -> None:
    report = report_data(look(at=LATER), "provider", {**first(collaboration()), key: "other"})
    assert (report["changes"], report["changes_since"]) == ([], "")


def test_changes_stay_until_there_are_others() -> None:
    report = first(collaboration())
    gone = collaboration(tables=[])
    changed = report_data(look(gone, at=LATER), "provider", report)
    assert changed["changes"] == [f"AMC ({ONE}): acx_part_01 is gone"]
    assert changed["changes_since"] == EARLIER
    again = report_data(look(gone, at=LAST), "provider", changed)
    assert again == {**changed, "looked_at": LAST}
    back = report_data(look(collaboration(), at=LAST), "provider", again)
    assert (back["changes"], back["changes_since"]) == ([f"AMC ({ONE}): acx_part_01 is new and ready"], LAST)


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        ({}, {}, []),
        ({}, {"associations_used": 20}, []),
        ({}, {"status": "removed"}, ["removed, was active"]),
        ({}, {"error": "no"}, ["could not be read: no"]),
        ({"error": "no"}, {"tables": []}, ["could be read again"]),
        (
            {},
            {"error": "no", "tables": [table("part_01", "unreviewed_receiver"), table("part_02", "not_ready")]},
            ["could not be read: no", "acx_part_01 is open to an unreviewed receiver, was ready"],
        ),
        ({}, {"refused": "members changed: 1"}, ["refused: members changed: 1"]),
        ({"refused": "members changed: 1"}, {}, ["no longer refused"]),
        ({}, {"reason": "the record says active"}, ["the record says active"]),
        ({"unreviewed": ["a"]}, {"unreviewed": ["a", "b"]}, ["not reviewed: b"]),
        ({"reason": "the record says active"}, {}, []),
        ({}, {"tables": [table("part_01", "missing")]}, ["acx_part_01 is missing, was ready"]),
        ({}, {"tables": [table("part_01")]}, []),
        (
            {},
            {"tables": [table("part_01", result_receivers=[])]},
            [f"acx_part_01 is for result receivers nobody, was for {PARTNER}"],
        ),
        ({"tables": []}, {"tables": [table(name, "missing") for name in "ab"]}, ["acx_a, acx_b are new and missing"]),
        (
            {"tables": []},
            {"tables": [table(name) for name in "abcdefg"]},
            ["7 tables (acx_a, acx_b, ...) are new and ready"],
        ),
        ({}, {"members": [member(OWN, abilities=[])]}, [f"member {PARTNER} is gone"]),
        ({"members": []}, {"members": [member(OTHER)]}, [f"member {OTHER} joined"]),
        ({"members": [member(OTHER, "INVITED")]}, {"members": [member(OTHER, "LEFT")]}, [f"member {OTHER} left"]),
        (
            {"members": [member(OTHER)]},
            {"members": [member(OTHER, abilities=["CAN_QUERY"], pays_for=["queryCompute"])]},
            [f"member {OTHER}: can query, pays for queryCompute; was can receive results"],
        ),
        (
            {},
            {"id_namespace": {"name": "ACXIdNamespace", "state": "missing", "reasons": []}},
            ["ID namespace ACXIdNamespace is missing, was ready"],
        ),
        (
            {"id_namespace": None},
            {"id_namespace": {"name": "A", "state": "ready", "reasons": []}},
            ["ID namespace A is new"],
        ),
    ],
)
def test_what_is_told_of_a_collaboration(before: Data, now: Data, told: list[str]) -> None:
    assert changes(collaboration(**before), collaboration(**now)) == told


def test_what_is_told_of_collaborations_that_come_and_go() -> None:
    pending = {"name": "Free data", "collaboration_id": TWO}
    before = first(collaboration(), collaboration("Old", OTHER), pending_invitations=[pending])
    now = look(collaboration("AMC 2"), collaboration("Free data", TWO), at=LATER, unrecorded=[{**pending, "name": ""}])
    assert report_data(now, "provider", before)["changes"] == [
        f"AMC 2 ({ONE}): was called AMC",
        f"Free data ({TWO}): new",
        f"Old ({OTHER}): no longer in the record",
        f"Free data ({TWO}): invitation is no longer pending",
        f"{TWO}: membership is not in the record",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        "{}",
        json.dumps({**first(collaboration()), "collaborations": [1]}),
        json.dumps({**first(collaboration()), "looked_at": 1}),
        json.dumps({**first(collaboration()), "changes": [1]}),
        json.dumps({**first(collaboration(tables=[{}]))}),
    ],
)
def test_a_damaged_report_is_none(text: str) -> None:
    assert previous_report(text) == {}


def test_the_failure_names_what_could_not_be_read() -> None:
    assert report_failure(first(collaboration())) == ""
    unread = collaboration("B", TWO, error=f"Failed to list the members in collaboration B ({TWO}): AccessDenied")
    assert report_failure(first(collaboration(), unread)).splitlines() == [
        "1 of 2 collaborations could not be read; the report tells of the others.",
        f"B ({TWO}): Failed to list the members: AccessDenied",
    ]


def test_check_mode_says_that_nothing_is_written() -> None:
    changed = report_data(look(at=LATER), "provider", first(collaboration("\u202e")))
    assert report_lines(changed, "report.html", True) == [
        "No collaboration is recorded.",
        "What changed since 2026-11-21 06:00 UTC:",
        f"    \\u202e ({ONE}): no longer in the record",
        "Not written in check mode: report.html",
    ]


def test_the_same_data_make_the_same_files_and_stay_as_they_are() -> None:
    report = everywhere("x")
    before = copy.deepcopy(report)
    for write in (lambda: report_html(report, TEMPLATE), lambda: report_csv(report), lambda: report_json(report)):
        assert write() == write()
    assert report == before
