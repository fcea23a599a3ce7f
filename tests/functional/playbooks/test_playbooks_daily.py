# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The day's work: each part is done whatever happens to the others, by one run at a time."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

from playbooks_world import AMC, PROVIDER, Workplace, collaboration

from ansible_collections.acx.cleanrooms.plugins.lookup import run_lock


def report_of(workplace: Workplace) -> Path:
    return workplace.folder / "reports/provider/report.json"


def test_a_day_and_the_next(workplace: Workplace) -> None:
    """Accepted, associated, verified and reported in one run; the second changes nothing."""
    first = workplace.play("daily")
    assert first.changed > 0
    assert workplace.joined() == {workplace.id_of("AMC Collaboration"), workplace.id_of("Partner Collaboration")}
    assert workplace.counts() == (8, 8, 2)
    assert "Total: 2 of 2 collaborations as recorded: 8 ready" in first.output
    assert json.loads(report_of(workplace).read_text(encoding="utf-8"))["account_id"] == PROVIDER

    control = workplace.emulator.control
    written = workplace.writes()
    second = workplace.play("daily", "--diff")
    assert second.changed == 0
    assert workplace.writes() == written

    # On the third day one invitation cannot be read and one collaboration does not answer. The rest is done.
    control.add(collaborations=[collaboration("Third", AMC), collaboration("Fourth", AMC)])
    control.add(configured_tables=[{"account": PROVIDER, "names": ["part_05"]}])
    control.fault(operation="CreateMembership", error={"code": "AccessDeniedException"}, times=1)
    control.fault(
        operation="CreateConfiguredTableAssociation",
        parameters={"membershipIdentifier": workplace.record["cleanrooms_collaborations"][0]["membership_id"]},
        error={"code": "AccessDeniedException", "message": "No."},
        times=None,
    )
    third = workplace.play("daily", fails=True)
    assert len(workplace.joined()) == 3
    assert workplace.counts()[0] == 8 + 1 + 5
    text = re.sub(r"\s+", " ", third.output)
    assert "Grant cleanrooms:CreateMembership" in text
    assert "Grant cleanrooms:CreateConfiguredTableAssociation" in text
    assert "1 of 3 collaborations are not as recorded." in text
    report = json.loads(report_of(workplace).read_text(encoding="utf-8"))
    assert [one["as_recorded"] for one in report["collaborations"]] == [False, True, True]


def test_parts_that_fail_whole_keep_no_other_from_its_work(workplace: Workplace) -> None:
    """Invitations cannot be listed, and what to tolerate is misspelt: what is joined is still kept up."""
    control = workplace.emulator.control
    control.add(memberships=[{"account": PROVIDER, "collaboration": "AMC Collaboration"}])
    (membership,) = control.state()["memberships"][-1:]
    record = {"collaboration_id": workplace.id_of("AMC Collaboration"), "members": [AMC]}
    workplace.write_vars(file="collaborations", cleanrooms_collaborations=[record])
    control.fault(
        operation="ListCollaborations",
        error={"code": "AccessDeniedException", "message": "No."},
        times=None,
    )
    run = workplace.play("daily", "-e", '{"cleanrooms_tolerated_states": ["mising"]}', fails=True)
    assert membership["collaboration_id"]
    assert workplace.counts() == (4, 4, 1)
    _before, _task, end = run.output.partition("Fail when a part failed")
    assert "Grant cleanrooms:ListCollaborations" in end
    assert "value of tolerated_states must be one or more of" in end


def test_one_run_at_a_time(workplace: Workplace) -> None:
    """A second one says so and ends; other playbooks wait, and fail when that lasts too long."""
    lock = Path(f"{workplace.record_file}.lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    run_lock.take(lock, 3600)
    content = lock.read_text(encoding="utf-8")
    second = workplace.play("daily")
    assert f"Another run is at work on provider: process {os.getpid()} on" in second.output
    assert second.changed == 0
    failed = workplace.play("sync", "-e", "cleanrooms_lock_wait=1", fails=True)
    assert "Nothing was done." in failed.output
    assert workplace.writes() == []
    assert lock.read_text(encoding="utf-8") == content

    assert "Another run is at work" not in workplace.play("sync", "--check").output
    assert lock.read_text(encoding="utf-8") == content
