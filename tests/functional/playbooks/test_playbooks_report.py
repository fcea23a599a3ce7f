# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The looks at what is shared: the gate, which fails with reasons and advice, and the report with what changed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from playbooks_world import AMC, PARTNER, PROVIDER, Data, Workplace, collaboration, scenario

HOSTILE = "<script>{{ 7*7 }}</script> \u202e"
LABEL = "<script>\\x7b{ 7*7 }}</script> \\u202e"
ESCAPED = LABEL.replace("<", "&lt;").replace(">", "&gt;")
DENIED = {"code": "AccessDeniedException"}


def share(workplace: Workplace, partners: dict[str, str]) -> None:
    """Share four tables with partners who chose these names; one of them nobody may query."""
    tables = [
        {"account": PROVIDER, "names": ["part_{01..03}", "part_n_a", "part_n_a_a", "dim_region"]},
        {"account": PROVIDER, "names": ["part_04"], "providers": []},
    ]
    invitations = [collaboration(name, creator) for name, creator in partners.items()]
    workplace.emulator.control.reset(scenario(configured_tables=tables, collaborations=invitations))
    workplace.share_with_partners(partners)


def test_the_gate(workplace: Workplace) -> None:
    """One table that nobody may query, and a membership that is not in the record."""
    name = "AMC <b>{{ 7*7 }}</b>"
    share(workplace, {name: AMC})
    control = workplace.emulator.control
    control.add(collaborations=[collaboration("Free data", PARTNER)])
    control.add(memberships=[{"account": PROVIDER, "collaboration": "Free data"}])
    before = workplace.record_file.read_text(encoding="utf-8")
    failed = workplace.play("verify", fails=True)
    assert f"7*7 }}}}</b> ({workplace.id_of(name)})" in failed.text
    assert "{{ 7*7" not in failed.text
    for said in (
        "1 of 1 collaborations are not as recorded.",
        "NOT as recorded: 3 ready, 1 not ready, ID namespace ready",
        "not ready: acx_part_04: ANALYSIS_PROVIDERS_NOT_CONFIGURED: ",
        "Change the configured table where it is made, for example in Terraform.",
        workplace.id_of("Free data"),
    ):
        assert said in failed.text
    assert failed.changed == 0
    tolerating = ("-e", "cleanrooms_tolerated_states=not_ready")
    assert workplace.id_of("Free data") in workplace.play("verify", *tolerating, fails=True).text

    # With two more that tolerate, there is one look, and none at the roles.
    control.clear_log()
    control.settings(readiness_delay_seconds=3600)
    options = ("cleanrooms_tolerate_unrecorded=true", "cleanrooms_check_role=false", "cleanrooms_ready_timeout=0")
    more = [part for option in options for part in ("-e", option)]
    tolerant = workplace.play("verify", *tolerating, *more, "--check", "--diff")
    assert "Total: 1 of 1 collaborations as recorded: " in tolerant.output
    assert (control.log("GetConfiguredTableAssociation"), len(control.log("BatchGetSchema"))) == ([], 1)
    assert (workplace.record_file.read_text(encoding="utf-8"), workplace.writes()) == (before, [])


def read(folder: Path) -> Data:
    report: Data = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def test_the_report(workplace: Workplace) -> None:
    folder = workplace.folder / "reports/provider"
    share(workplace, {HOSTILE: AMC, "=1+1": PARTNER})
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
    assert workplace.play("report").changed == 0
    whole = read(folder)
    assert whole == {**before, "looked_at": whole["looked_at"]}

    # A part of it goes into a folder of its own. What could not be read fails the run, and the page is written.
    one, other = (entry["collaboration_id"] for entry in whole["collaborations"])
    workplace.play("report", "-e", f"cleanrooms_only={other}")
    assert [entry["collaboration_id"] for entry in read(folder / "selected")["collaborations"]] == [other]
    assert read(folder) == whole
    assert workplace.writes() == []
    check_what_changed(workplace, folder, one, other)


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
    assert {row["collaboration"] for row in rows} == {LABEL, "'=1+1"}


def check_what_changed(workplace: Workplace, folder: Path, one: str, other: str) -> None:
    """A new table is missing in one collaboration, and the other cannot be read."""
    control, before = workplace.emulator.control, read(folder)
    control.add(configured_tables=[{"account": PROVIDER, "names": ["part_05"]}])
    parameters = {"membershipIdentifier": workplace.record_named("=1+1")["membership_id"]}
    control.fault(operation="ListConfiguredTableAssociations", parameters=parameters, error=DENIED, times=None)
    failed = workplace.play("report", fails=True)
    assert f"({one}): acx_part_05 is new and missing" in failed.text
    assert f"=1+1 ({other}): could not be read: " in failed.text
    assert "1 of 2 collaborations could not be read; the report tells of the others." in failed.text
    after = read(folder)
    assert (after["changes_since"], len(after["changes"])) == (before["looked_at"], 2)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "acx_part_05 is new and missing" in page
    assert "AccessDeniedException" in page
