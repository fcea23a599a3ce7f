# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The entry points in somebody's own play: her hosts, her defaults, and her company's ansible.cfg."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import yaml
from playbooks_world import PROVIDER, Workplace

SECOND = "333344445555"
REGION = "eu-west-1"
# What an entry point needs besides the policy, to have something to do.
ENTRY_POINTS = {
    "list": {},
    "accept": {"cleanrooms_accept": "<id>"},
    "record": {},
    "process_invitations": {},
    "associate": {"cleanrooms_only": "<id>"},
    "sync": {},
    "verify": {},
    "report": {"cleanrooms_report_folder": "<folder>/reports"},
    "daily": {"cleanrooms_report_folder": "<folder>/reports"},
    "leave": {"cleanrooms_leave": "<id>", "cleanrooms_confirm_leaving": "<id>"},
}
COMPANY_CFG = "[defaults]\ntask_timeout = 1\n[privilege_escalation]\nbecome = True\n"


START = {
    "region": REGION,
    "collaborations": [{"name": "One", "creator": PROVIDER, "members": [{"account": SECOND}]}],
    "configured_tables": [{"account": SECOND, "names": ["part_01", "part_n_a", "part_n_a_a"]}],
    "roles": [{"account": SECOND, "names": ["cleanrooms-glue-s3-access"]}],
    "settings": {"write_latency_ms": 1500},
}


def test_connection_and_defaults_of_somebodys_own_play(workplace: Workplace) -> None:
    """Hosts that are elsewhere, with another Python; the Region and the account come from module_defaults."""
    control = workplace.emulator.control
    control.reset(START)
    identity = workplace.id_of("One")
    workplace.write_hosts({"provider": {"ansible_connection": "ssh", "ansible_python_interpreter": "/missing"}})
    hosts = yaml.safe_load((workplace.inventory / "hosts.yml").read_text(encoding="utf-8"))
    del hosts["cleanrooms"]["hosts"]["provider"]["cleanrooms_region"]
    (workplace.inventory / "hosts.yml").write_text(yaml.safe_dump(hosts), encoding="utf-8")
    workplace.write_vars(cleanrooms_trusted_creators=[PROVIDER], cleanrooms_id_namespace_arn=None)
    defaults = {"region": REGION, "profile": "own", "endpoint_url": workplace.emulator.url}
    plays = [
        {
            "hosts": "cleanrooms",
            "gather_facts": False,
            "module_defaults": {"group/acx.cleanrooms.cleanrooms": defaults},
            "vars": {
                key: value.replace("<id>", identity).replace("<folder>", str(workplace.folder))
                for key, value in variables.items()
            },
            "tasks": [{"ansible.builtin.import_role": {"name": "acx.cleanrooms.cleanrooms", "tasks_from": name}}],
        }
        for name, variables in ENTRY_POINTS.items()
    ]
    site = workplace.folder / "site.yml"
    site.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
    (workplace.folder / "ansible.cfg").write_text(COMPANY_CFG, encoding="utf-8")
    profiles = workplace.write_profiles({"own": SECOND, "default": PROVIDER})
    environment = {**profiles, "AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_DEFAULT_REGION": "us-east-1"}
    process = workplace.start_command(
        workplace.folder, ["ansible-playbook", "-i", "my-inventory", str(site)], environment
    )
    output = process.communicate(timeout=240)[0]
    assert process.returncode == 0, output
    log = control.log()
    assert {(entry["account"], entry["region"]) for entry in log} == {(SECOND, REGION)}
    written = [entry["operation"] for entry in log if entry["operation"].startswith(("Create", "Delete"))]
    assert written.count("CreateMembership") == written.count("DeleteMembership") == 1
    assert written.count("CreateConfiguredTableAssociation") == 1


def test_a_module_that_outlives_its_run_keeps_the_lock(workplace: Workplace) -> None:
    """As after a cancelled job: the run is gone, what it started still writes, and no other run may."""
    control = workplace.emulator.control
    control.fault(operation="CreateMembership", when="before", hang=8, times=None)
    process = workplace.start("process_invitations")
    lock = Path(f"{workplace.record_file}.lock")
    deadline = time.monotonic() + 60
    while not (lock.exists() and lock.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline, "nothing works on the account"
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    refused = workplace.play("sync", "-e", "cleanrooms_lock_wait=0", fails=True)
    assert "Another run is at work: cleanrooms_invitation, process " in refused.text
    process.communicate()
    control.clear_faults()
    assert "Another run is at work" not in workplace.play("process_invitations").text
