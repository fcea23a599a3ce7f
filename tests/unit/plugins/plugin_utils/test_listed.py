# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.plugin_utils._listed import unreviewed
from ansible_collections.acx.cleanrooms.tests.unit.plugins.plugin_utils.record_samples import (
    AMC,
    BOTH,
    PANEL,
    PROVIDER,
    Data,
    collaboration_id,
    member,
    membership,
    membership_id,
    record,
    review,
)

STRANGER = member(PANEL, ["CAN_QUERY"], status="INVITED", pays_for=[])
PARTNER = member(status="ACTIVE", pays_for=[])
OWN = member(PROVIDER, ["CAN_QUERY"], status="ACTIVE", pays_for=["machineLearning.modelTraining"])
KNOWN = review(AMC, own_abilities=BOTH, own_payments=["queryCompute", "machineLearning.modelTraining"])
REVIEWED = {"reviewed": KNOWN}


def rules(**receivers: list[str]) -> Data:
    rule = {"type": "CUSTOM", "additional_analyses": []}
    named = [{"name": name, "analysis_rule": {**rule, "result_receivers": who}} for name, who in receivers.items()]
    return {"associations": [*named, {"name": "without a rule"}]}


@pytest.mark.parametrize(
    ("recorded", "found", "told"),
    [
        (None, {"members": [STRANGER], **rules(a=[PANEL])}, []),
        (REVIEWED, {}, []),
        (REVIEWED, {"members": [PARTNER, OWN], **rules(a=[AMC]), "auto_approved_changes": ["REVOKE_X"]}, []),
        # Worst first, and the same of several tables once.
        (
            {"reviewed": review(AMC)},
            {
                "members": [PARTNER, STRANGER, OWN],
                "auto_approved_changes": ["ADD_MEMBER"],
                **rules(a=[AMC, PANEL], b=[PANEL], c=[AMC]),
            },
            [
                f"open to an unreviewed receiver: a, b: its rule names {PANEL}, whom nobody reviewed",
                f"members changed: {PANEL} (Name of 666) with CAN_QUERY not among the members of the record; ",
                "this account has CAN_QUERY and pays for machineLearning.modelTraining since the review; ",
                "changes of type ADD_MEMBER are approved automatically since the review, ",
            ],
        ),
        # Where the members cannot be read, the record alone decides.
        (
            {**REVIEWED, "members": []},
            {"members": None, "error": "no", **rules(a=[AMC])},
            ["open to an unreviewed receiver: a: "],
        ),
        # A record that a person wrote: without members, and without a review.
        ({"members": None}, {"members": [PARTNER]}, ["members not confirmed: the record has no members; "]),
        ({}, {"members": [PARTNER, OWN], "auto_approved_changes": ["ADD_MEMBER"], **rules(a=[AMC])}, []),
        ({"collaboration_id": None}, {"members": [{**PARTNER, "abilities": ["CAN_RUN_JOB"]}]}, ["members changed: "]),
        ({}, {"members": [{**PARTNER, "abilities": ["NEW"]}]}, [f"{AMC} (Name of 210): ability NEW is not supported"]),
    ],
)
def test_what_nobody_reviewed(recorded: Data | None, found: dict[str, Any], told: list[str]) -> None:
    given = {key: value for key, value in record(**(recorded or {})).items() if value is not None}
    shown = {key: value for key, value in membership(**found).items() if value is not None}
    lines = unreviewed(None if recorded is None else given, shown)
    assert [line[: len(start)] for line, start in zip(lines, told, strict=True)] == told
    how = f"cleanrooms_confirm_members={collaboration_id()}"
    assert all(how in line for line in lines if "confirm" in line)
    assert membership_id() not in str(lines)
