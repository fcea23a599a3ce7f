# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task that failed answers, and Ansible prints."""

from __future__ import annotations

import pytest

from ansible_collections.acx.cleanrooms.plugins.filter.summary import summary
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._failed import shortened
from ansible_collections.acx.cleanrooms.tests.unit.plugins.plugin_utils.record_samples import (
    Data,
    accepted,
    associated,
    membership,
    refused,
)


def action(action: str, **more: str) -> Data:
    return {"action": action, "resource": "r", "name": f"acx_{action}", "reason": "why", "changed": True, **more}


DECIDED = [action("leave_out"), action("refuse"), action("skip"), action("warn")]
GROWN: Data = {**action("update"), "new_receivers": ["444455556666"]}
BROKEN = action("update", error="Failed to update it.")
TABLES = {"associations": [{"name": "acx_a", "arn": "arn", "tags": {}}]}
NAMES = {"associations": [{"name": "acx_a"}]}
COUNTS = {"associated": 1, "left_out": 1, "refused": 1, "skipped": 1}


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        (
            associated(summary=COUNTS, changed=True, actions=[action("create"), *DECIDED], **TABLES),
            associated(summary=COUNTS, changed=True, actions=DECIDED, **NAMES),
        ),
        (
            associated(summary={"failed": 1}, changed=True, error="e", actions=[action("create"), BROKEN], **TABLES),
            associated(summary={"failed": 1}, changed=True, error="e", actions=[BROKEN], **NAMES),
        ),
        (
            associated(summary={"new_receiver": 1}, actions=[action("create"), GROWN], **TABLES),
            associated(summary={"new_receiver": 1}, actions=[GROWN], **NAMES),
        ),
        (
            associated(status="suspended", summary={"suspended": 1}, actions=[action("delete")]),
            associated(status="suspended", summary={"suspended": 1}, actions=[action("delete")]),
        ),
        (
            associated("id_namespace_associations", changed=False),
            associated("id_namespace_associations", changed=False),
        ),
        (refused(), {key: value for key, value in refused().items() if "creator" not in key and key != "members"}),
        # What people are shown of what was read.
        (membership(error="e"), membership(error="e")),
    ],
)
def test_what_succeeded_is_cut_down_in_a_failure(entry: Data, kept: Data) -> None:
    failed = {"failed": True, "msg": "m", "record": {"path": "p"}}
    assert shortened({**failed, "collaborations": [entry]}) == {**failed, "collaborations": [kept]}
    if "summary" in entry:
        assert summary([{"collaborations": [entry]}]) == summary([{"collaborations": [kept]}])
    good = {"collaborations": [accepted(), entry]}
    assert shortened(good) == good
