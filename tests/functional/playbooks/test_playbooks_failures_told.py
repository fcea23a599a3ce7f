# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What could not be read fails the play that tells it, and hides nothing else."""

from __future__ import annotations

import re

from playbooks_world import PANEL, Workplace

SITE = """\
- ansible.builtin.import_playbook: acx.cleanrooms.process_invitations
- hosts: localhost
  gather_facts: false
  tasks:
    - ansible.builtin.replace:
        path: "{{ playbook_dir }}/my-inventory/host_vars/provider/collaborations.yml"
        regexp: "status: active"
        replace: "status: inactive"
- ansible.builtin.import_playbook: acx.cleanrooms.sync
"""


def test_what_could_not_be_read_fails_each_playbook(workplace: Workplace) -> None:
    workplace.share_with_partners()
    control = workplace.emulator.control
    control.add(members=[{"collaboration": "Partner Collaboration", "account": PANEL, "display_name": "Panel"}])
    control.fault(
        operation="ListMembers",
        parameters={"collaborationIdentifier": workplace.id_of("AMC Collaboration")},
        error={"code": "AccessDeniedException", "message": "No."},
        times=None,
    )
    rebuilt = workplace.play("record", fails=True)
    assert "1 of 1 collaboration failed." in rebuilt.output
    assert f'"{workplace.id_of("AMC Collaboration")}: AMC Collaboration",\n        "    failed: ' in rebuilt.output

    day = re.sub(r"\s+", " ", workplace.play("daily", fails=True).output)
    assert "1 of 2 collaborations could not be read; the report tells of the others." in day
    assert "2 of 2 collaborations are not as recorded." in day
    assert f"members changed: {PANEL} (Panel)" in day

    control.clear_faults()
    control.fault(operation="BatchGetSchema", error={"code": "AccessDeniedException"}, times=None)
    for tags in ("all", "collaborations"):
        assert "Grant cleanrooms:BatchGetSchema." in workplace.play("list", "--tags", tags, fails=True).output


def test_a_later_play_of_a_run_takes_the_record_as_it_is_then(workplace: Workplace) -> None:
    """Another run, or somebody by hand, writes the record between two plays of one run."""
    (workplace.folder / "site.yml").write_text(SITE, encoding="utf-8")
    run = workplace.type("ansible-playbook -i my-inventory site.yml")
    assert re.findall(r'"(Total: .*)"', run.output)[-1] == "Total: 2 collaborations (2 skipped)"
    assert {one["status"] for one in workplace.record["cleanrooms_collaborations"]} == {"inactive"}
