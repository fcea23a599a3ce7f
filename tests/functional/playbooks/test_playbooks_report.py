# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The report: a page, CSV and JSON, what changed between two runs, and what could not be read."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

from playbooks_world import AMC, PARTNER, PROVIDER, Workplace, collaboration, scenario

HOSTILE = "<script>{{ 7*7 }}</script> \u202e"
ESCAPED = "&lt;script&gt;{{ 7*7 }}&lt;/script&gt; \\u202e"


def test_the_report(workplace: Workplace) -> None:
    control, folder = workplace.emulator.control, workplace.folder / "reports/provider"
    tables = [
        {"account": PROVIDER, "names": ["part_{01..03}", "part_n_a", "part_n_a_a", "dim_region"]},
        {"account": PROVIDER, "names": ["part_04"], "providers": []},
    ]
    partners = [collaboration(HOSTILE, AMC), collaboration("=1+1", PARTNER)]
    control.reset(scenario(configured_tables=tables, collaborations=partners))
    workplace.play("process_invitations")
    control.clear_log()

    damaged = workplace.folder / "damaged/report.json"
    damaged.parent.mkdir()
    damaged.write_bytes(b"{\xff")
    checked = workplace.play("report", "--check", "-e", f"cleanrooms_report_folder={damaged.parent}")
    assert "holds no report of this kind" in checked.output
    assert f"Not written in check mode: {damaged.parent}/report.html" in checked.output
    assert [file.read_bytes() for file in damaged.parent.iterdir()] == [b"{\xff"]

    first = workplace.play("report", "--diff")
    assert first.changed == 4  # the folder and three files
    assert "0 of 2 collaborations stand as recorded." in first.output
    assert "No report before differs from this one." in first.output
    assert "<!DOCTYPE" not in first.output
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o640}
    check_files(folder)

    before = read(folder)
    again = workplace.play("report")
    assert again.changed == 0
    whole = read(folder)
    assert whole == {**before, "looked_at": whole["looked_at"]}

    one = whole["collaborations"][1]["collaboration_id"]
    workplace.play("report", "-e", f"cleanrooms_only={one}")
    assert [entry["collaboration_id"] for entry in read(folder / "selected")["collaborations"]] == [one]
    assert read(folder) == whole
    assert workplace.writes() == []


def check_files(folder: Path) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count(ESCAPED) >= 3
    assert "<script" not in page
    report = read(folder)
    assert [one["name"] for one in report["collaborations"]] == [HOSTILE, "=1+1"]
    assert (report["host"], report["changes"], report["changes_since"]) == ("provider", [], "")
    assert [one["tables"][3]["state"] for one in report["collaborations"]] == ["not_ready", "not_ready"]
    with (folder / "report.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert {row["collaboration"] for row in rows} == {HOSTILE.replace("\u202e", "\\u202e"), "'=1+1"}


def read(folder: Path) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def test_what_changed_and_what_could_not_be_read(workplace: Workplace) -> None:
    """The page is written all the same, and the run fails."""
    control, folder = workplace.emulator.control, workplace.folder / "reports/provider"
    workplace.share_with_partners()
    workplace.play("report")
    before = read(folder)
    amc, partner = workplace.id_of("AMC Collaboration"), workplace.id_of("Partner Collaboration")
    (membership,) = (one["membership_id"] for one in before["collaborations"] if one["collaboration_id"] == partner)
    control.add(configured_tables=[{"account": PROVIDER, "names": ["part_05"]}])
    error = {"code": "AccessDeniedException"}
    parameters = {"membershipIdentifier": membership}
    control.fault(operation="ListConfiguredTableAssociations", parameters=parameters, error=error, times=None)
    failed = workplace.play("report", fails=True)
    text = re.sub(r"\s+", " ", failed.output)
    assert f"AMC Collaboration ({amc}): acx_part_05 is new and missing" in text
    assert f"Partner Collaboration ({partner}): could not be read: " in text
    assert "1 of 2 collaborations could not be read; the report tells of the others." in text
    after = read(folder)
    assert after["changes_since"] == before["looked_at"]
    assert len(after["changes"]) == 2
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "acx_part_05 is new and missing" in page
    assert "AccessDeniedException" in page
