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
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from compare_policy import allowed_actions, used_actions, with_dependents

from emulator import Emulator

CHECKOUT = Path(__file__).resolve().parents[3]
PROVIDER = "111122223333"
AMC = "210987654321"
PARTNER = "222233334444"
STRANGER = "999900001111"
PANEL = "666677778888"
ROLE = "cleanrooms-glue-s3-access"
PARTNERS = {"AMC Collaboration": AMC, "Partner Collaboration": PARTNER}
ASSOCIATED = {"tables": ["part_{01..04}"], "role": ROLE, "prefix": "acx_"}

Data = dict[str, Any]
POLICY: Data = json.loads((CHECKOUT / "docs/iam-policy.json").read_text(encoding="utf-8"))
LOOKING = ("list", "verify", "report")


def scenario(**more: Any) -> Data:
    """Four tables of the provider beside others, two invitations of partners and one of a stranger."""
    return {
        "accounts": [{"id": account} for account in (PROVIDER, AMC, PARTNER, STRANGER, PANEL)],
        "roles": [{"account": PROVIDER, "names": [ROLE]}],
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


def member(account: str, *abilities: str) -> Data:
    """A member as a record has it, who may query and receive unless something else is said."""
    return {
        "account_id": account,
        "display_name": account,
        "abilities": list(abilities) or ["CAN_QUERY", "CAN_RECEIVE_RESULTS"],
    }


def accounts(record: Data) -> list[str]:
    """The account ids of a record's members."""
    return [one["account_id"] for one in record["members"]]


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
    def text(self) -> str:
        """The output without its line ends and indentations."""
        return " ".join(self.output.split())

    @property
    def summary(self) -> list[str]:
        """The lines of the summary, where there is one host."""
        match = re.search(r"TASK \[[^]]*Show the summary\].*?\"msg\": (\[.*?\n    \])", self.output, re.DOTALL)
        assert match, self.output
        lines: list[str] = json.loads(match[1])
        return lines

    def said(self, host: str) -> str:
        """What was said of one host of several."""
        parts = re.split(r"^(?=TASK |PLAY |(?:\w+): \[)", self.output, flags=re.MULTILINE)
        return " ".join(" ".join(part for part in parts if re.match(rf"\w+: \[{host}[\]:]", part)).split())


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

    def record_named(self, name: str) -> Data:
        """What the record says of one collaboration."""
        (found,) = (one for one in self.record["cleanrooms_collaborations"] if one["name"] == name)
        return dict(found)

    def records_of(self, host: str) -> list[Data]:
        """The collaborations in the record of one host of several."""
        content = load_record(self.inventory / f"host_vars/{host}/collaborations.yml")
        return list(content["cleanrooms_collaborations"])

    def write_vars(self, host: str = "provider", file: str = "settings", **variables: Any) -> None:
        """Write host vars; those of the policy are in group_vars."""
        path = self.inventory / f"host_vars/{host}/{file}.yml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(variables), encoding="utf-8")

    def write_hosts(self, hosts: dict[str, Data]) -> None:
        """Give the inventory these hosts, with their variables, in the place of its own."""
        path = self.inventory / "hosts.yml"
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        content["cleanrooms"]["hosts"] = {
            host: {"cleanrooms_region": "us-east-1", **variables} for host, variables in hosts.items()
        }
        path.write_text(yaml.safe_dump(content), encoding="utf-8")

    def write_profiles(self, accounts: dict[str, str]) -> dict[str, str]:
        """Write a file with a profile for each account; return the environment in which there is nothing else."""
        path = self.folder / "credentials"
        lines = "[{}]\naws_access_key_id = AKIA{}\naws_secret_access_key = q7ZkX0wVb3\n"
        path.write_text("".join(lines.format(*profile) for profile in accounts.items()), encoding="utf-8")
        return {"AWS_SHARED_CREDENTIALS_FILE": str(path), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}

    def record_of(self, name: str, partner: str) -> Data:
        """The record of a collaboration that is joined."""
        (membership,) = (
            one
            for one in self.emulator.control.state()["memberships"]
            if (one["collaboration_id"], one["account_id"]) == (self.id_of(name), PROVIDER)
        )
        ids = {"collaboration_id": self.id_of(name), "membership_id": membership["id"]}
        return {"name": name, **ids, "status": "active", "members": [member(partner)]}

    def share_with_partners(self, partners: Mapping[str, str] = PARTNERS) -> None:
        """Bring about, without a run, what process_invitations would: partners joined and recorded, all shared."""
        everything = {"associations": [ASSOCIATED], "id_namespaces": [{"name": "ACXIdNamespace"}]}
        memberships = [{"account": PROVIDER, "collaboration": name, **everything} for name in partners]
        self.emulator.control.add(memberships=memberships)
        records = [self.record_of(name, partner) for name, partner in partners.items()]
        self.record_file.parent.mkdir(parents=True, exist_ok=True)
        text = yaml.dump({"cleanrooms_collaborations": records}, Dumper=RecordDumper)
        self.record_file.write_text(text, encoding="utf-8")

    def environment(self) -> dict[str, str]:
        """Only what a run needs, so that nothing of the machine's settings gets in."""
        return {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_ACCESS_KEY_ID": f"AKIA{PROVIDER}",
            "AWS_SECRET_ACCESS_KEY": "q7ZkX0wVb3",
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
        """Run a playbook to its end. Unless C(fails), it must not fail. It asks only for what the policy permits."""
        before = len(self.emulator.control.log())
        run = finished(self.start(playbook, *arguments, **environment), fails)
        check_permissions(playbook, arguments, self.emulator.control.log()[before:])
        return run

    def type(self, command: str) -> Run:
        """Run a command as a user would type it in the workplace's folder. It must not fail."""
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


def check_permissions(playbook: str, arguments: Iterable[str], log: list[Data]) -> None:
    """Look at what a run asked for: looking needs the policy's statements for reading alone, only leave its last."""
    used = used_actions(log)
    if playbook in LOOKING or "--check" in arguments:
        assert with_dependents(used) <= allowed_actions(POLICY, "Read")
    else:
        leaving = allowed_actions(POLICY, "Leave") if playbook == "leave" else set()
        assert used <= allowed_actions(POLICY, "Read") | allowed_actions(POLICY, "Write") | leaving


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


class RecordDumper(yaml.SafeDumper):
    """Marks texts that Ansible may take for templates as unsafe."""


RecordDumper.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("!unsafe" if "{" in text else "tag:yaml.org,2002:str", text)
)
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
