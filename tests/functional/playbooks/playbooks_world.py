# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A data provider's workplace: the example inventory, an emulator, and real runs of ansible-playbook."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from emulator import Emulator

CHECKOUT = Path(__file__).resolve().parents[3]
PROVIDER = "111122223333"
AMC = "210987654321"
PARTNER = "222233334444"
STRANGER = "999900001111"
PANEL = "666677778888"

Data = dict[str, Any]


def scenario(**more: Any) -> Data:
    """Four tables of the provider beside others, two invitations of partners and one of a stranger."""
    return {
        "accounts": [{"id": account} for account in (PROVIDER, AMC, PARTNER, STRANGER, PANEL)],
        "roles": [{"account": PROVIDER, "names": ["cleanrooms-glue-s3-access"]}],
        "id_namespaces": [{"account": PROVIDER, "name": "ACXIdNamespace"}],
        "configured_tables": [
            {"account": PROVIDER, "names": ["part_{01..04}", "part_n_a", "part_n_a_a", "dim_region"]}
        ],
        "collaborations": [
            collaboration("AMC Collaboration", AMC),
            collaboration("Partner Collaboration", PARTNER),
            collaboration("Free data", STRANGER),
        ],
        **more,
    }


def collaboration(name: str, creator: str, provider: str = PROVIDER, **more: Any) -> Data:
    """A collaboration to which the provider is invited."""
    return {"name": name, "creator": creator, "members": [{"account": provider}], **more}


@dataclass(frozen=True)
class Run:
    """How a run of ansible-playbook ended. C(stats) is the recap by host: C(ok), C(changed), C(failed), ..."""

    status: int
    output: str
    stats: dict[str, dict[str, int]]

    @property
    def changed(self) -> int:
        """How many tasks changed something, all hosts together."""
        return sum(counts["changed"] for counts in self.stats.values())

    @property
    def summary(self) -> list[str]:
        """The lines of the summary."""
        match = re.search(r"TASK \[[^]]*Show the summary\].*?\"msg\": (\[.*?\n    \])", self.output, re.DOTALL)
        assert match, self.output
        lines: list[str] = json.loads(match[1])
        return lines


@dataclass(frozen=True)
class Workplace:
    """An inventory with the record that belongs to it, and the emulator that plays run against."""

    emulator: Emulator
    folder: Path

    @property
    def inventory(self) -> Path:
        """The copy of the example inventory, under the name that the README gives it."""
        return self.folder / "my-inventory"

    @property
    def record_file(self) -> Path:
        return self.inventory / "host_vars/provider/collaborations.yml"

    @property
    def record(self) -> Data:
        """What the record file says, read without Ansible."""
        return load_record(self.record_file)

    def write_vars(self, host: str = "provider", file: str = "settings", **variables: Any) -> None:
        """Write host vars; those of the policy are in group_vars."""
        path = self.inventory / f"host_vars/{host}/{file}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(variables), encoding="utf-8")

    def share_with_partners(self) -> None:
        """Bring about, without a run, what process_invitations would: partners joined and recorded, all shared."""
        associations = {"tables": ["part_{01..04}"], "role": "cleanrooms-glue-s3-access", "prefix": "acx_"}
        everything = {"associations": [associations], "id_namespaces": [{"name": "ACXIdNamespace"}]}
        control, partners = self.emulator.control, {"AMC Collaboration": AMC, "Partner Collaboration": PARTNER}
        control.add(memberships=[{"account": PROVIDER, "collaboration": name, **everything} for name in partners])
        memberships = {one["collaboration_id"]: one["id"] for one in control.state()["memberships"]}
        records = [
            {
                "name": name,
                "collaboration_id": self.id_of(name),
                "membership_id": memberships[self.id_of(name)],
                "status": "active",
                "members": [partner],
            }
            for name, partner in partners.items()
        ]
        self.write_vars(file="collaborations", cleanrooms_collaborations=records)

    def environment(self) -> dict[str, str]:
        """Only what a run needs, so that nothing of the machine's settings gets in."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_ACCESS_KEY_ID": f"AKIA{PROVIDER}",
            "AWS_SECRET_ACCESS_KEY": "emulator",
        }

    def start(self, playbook: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """Start a playbook from its file in the checkout; it must be waited for."""
        command = ["ansible-playbook", "-i", str(self.inventory), f"playbooks/{playbook}.yml", *arguments]
        return self.start_command(CHECKOUT, command, environment)

    def start_command(self, cwd: Path, command: list[str], environment: Mapping[str, str]) -> subprocess.Popen[str]:
        """Start a command in a group of its own, so that it can be killed with everything that it started."""
        return subprocess.Popen(
            command,
            cwd=cwd,
            env={**self.environment(), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )

    def play(self, playbook: str, *arguments: str, fails: bool = False, **environment: str) -> Run:
        """Run a playbook to its end. Unless C(fails), it must not fail."""
        return finished(self.start(playbook, *arguments, **environment), fails)

    def type(self, command: str) -> Run:
        """Run a command as somebody would type it in the workplace's folder. It must not fail."""
        return finished(self.start_command(self.folder, shlex.split(command), {}), fails=False)

    def counts(self) -> tuple[int, int, int]:
        """How many table associations, rules and ID namespace associations there are."""
        resources = self.emulator.control.counts()["resources"]
        return resources["table_associations"], resources["analysis_rules"], resources["id_namespace_associations"]

    def joined(self, account: str = PROVIDER) -> set[str]:
        """The ids of the collaborations that an account is a member of."""
        memberships = self.emulator.control.state()["memberships"]
        return {one["collaboration_id"] for one in memberships if one["account_id"] == account}

    def id_of(self, name: str) -> str:
        """The id of a collaboration."""
        (found,) = (one["id"] for one in self.emulator.control.state()["collaborations"] if one["name"] == name)
        return str(found)

    def writes(self) -> list[str]:
        """The names of the writing operations so far."""
        reads = ("Get", "List", "BatchGet")
        return [entry["operation"] for entry in self.emulator.control.log() if not entry["operation"].startswith(reads)]


def finished(process: subprocess.Popen[str], fails: bool) -> Run:
    """Wait for a run to end, and make sure that it ended as it should."""
    with process:
        output = process.communicate(timeout=240)[0]
    stats = {
        host: {key: int(number) for key, number in re.findall(r"(\w+)=(\d+)", counts)}
        for host, counts in re.findall(r"^(\S+) +: (ok=.*)$", output, re.MULTILINE)
    }
    assert (process.returncode != 0) == fails, output
    return Run(process.returncode, output, stats)


class RecordLoader(yaml.SafeLoader):
    """Reads texts marked as unsafe as what they are."""


RecordLoader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))


def load_record(path: Path) -> Data:
    """Return the content of a record file."""
    content: Data = yaml.load(path.read_text(encoding="utf-8"), Loader=RecordLoader)
    return content


def make_workplace(emulator: Emulator, folder: Path, start: Data | None = None) -> Workplace:
    """Copy the example inventory; trust the two partners; set the emulator to C(start)."""
    emulator.control.reset(scenario() if start is None else start)
    workplace = Workplace(emulator, folder)
    shutil.copytree(CHECKOUT / "inventory", workplace.inventory, ignore=shutil.ignore_patterns("host_vars"))
    workplace.write_vars(cleanrooms_trusted_creators=[AMC, PARTNER], cleanrooms_requests_per_second=500)
    return workplace
