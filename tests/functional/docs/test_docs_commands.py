# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every command in README.md, CONTRIBUTING.md and docs/*.md is run here, as it stands, or named below with the reason.

A command is a line in a block fenced as ```shell; a backslash continues it. A guide's commands run one after the other
in a folder of its own, which holds what a checkout holds and an inventory called my-inventory.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playbooks_world import AMC, CHECKOUT, PROVIDER, ROLE, STRANGER, Workplace, finished, make_workplace, scenario

from emulator import Emulator

JOINED, INVITED = "AMC Collaboration", "Free data"
GUIDES = ["README.md", "CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (CHECKOUT / "docs").glob("*.md"))]
FOLDERS = ("changelogs", "docs", "extensions", "inventory", "meta", "playbooks", "plugins", "roles")
BLOCK = re.compile(r"^```(\S*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What these do is tested elsewhere, or by nobody here. Each is the beginning of a command.
NOT_RUN = {
    "make ": "the targets are CI's own steps; what demo shows, test_playbooks_story.py runs",
    "antsibull-changelog release": "writes the changelog; make changelog-lint checks what it reads",
    "git ": "needs a repository with a remote",
    "ansible-galaxy collection publish": "needs Galaxy",
    "ansible-builder build": "needs a registry; test_archive.py makes the build context",
    "ansible-playbook docs/awx/configure.yml": "needs an AWX; test_docs_files.py compares it with the modules",
    "ansible-rulebook ": "runs until it is stopped; test_events.py runs it",
    "aws ": "makes things in an AWS account; test_docs_files.py checks the files against AWS's models",
    "journalctl ": "needs a machine with systemd",
    "sudo ": "changes the machine",
    "systemctl ": "needs a machine with systemd",
    "terraform ": "its output is in the folder already",
    "pip install": "needs a package index; the environments of the tests are made with the same packages",
}
# Guides that install the collection themselves.
INSTALLING = ("README.md", "docs/quick-start.md")
# The playbooks of the README's story; test_playbooks_story.py runs these commands as they stand.
TOLD_ELSEWHERE = {"README.md": "ansible-playbook "}


@dataclass(frozen=True)
class Command:
    """A command of a guide, and the line on which it stands."""

    guide: str
    line: int
    text: str

    def reason_not_to_run(self) -> str:
        """Return why this test does not run it, or an empty string."""
        if self.text.startswith(TOLD_ELSEWHERE.get(self.guide, "\0")):
            return "test_playbooks_story.py runs it"
        return next((reason for start, reason in NOT_RUN.items() if self.text.startswith(start)), "")

    def runs_elsewhere(self) -> bool:
        """Return whether the same playbook run is in an earlier guide, or without check mode in this one."""
        real = self.text.removesuffix(" --check --diff")
        if real != self.text and any(real == command.text for command in commands_of(self.guide)):
            return True
        earlier = GUIDES[: GUIDES.index(self.guide)]
        return " acx.cleanrooms." in self.text and any(
            self.text == command.text and not command.reason_not_to_run()
            for guide in earlier
            for command in commands_of(guide)
        )


def commands_of(guide: str) -> list[Command]:
    """Return the commands of a guide, in order."""
    text = (CHECKOUT / guide).read_text(encoding="utf-8")
    found = []
    for block in BLOCK.finditer(text):
        if block[1] != "shell":
            continue
        first = text.count("\n", 0, block.start()) + 2
        for match in re.finditer(r"(?:[^\n]*\\\n)*[^\n]+", block[2]):
            command = re.sub(r"\\\n\s*", "", match[0]).split(" #")[0].strip()
            if command and not command.startswith("#"):
                found.append(Command(guide, first + block[2].count("\n", 0, match.start()), command))
    return found


@pytest.fixture
def workplace(running: Emulator, tmp_path: Path) -> Iterator[Workplace]:
    """AMC Collaboration is joined and recorded, with all it should have; the invitation to Free data is pending."""
    workplace = make_workplace(running, tmp_path, scenario())
    workplace.share_with_partners({JOINED: AMC})
    for path in CHECKOUT.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
        elif path.name in FOLDERS:
            shutil.copytree(path, tmp_path / path.name, ignore=shutil.ignore_patterns("host_vars", "__pycache__"))
    (tmp_path / "terraform.json").write_text(json.dumps({"cleanrooms_role": ROLE}), encoding="utf-8")
    joined = {"name": JOINED, "collaboration_id": workplace.id_of(JOINED), "status": "active"}
    old = {"defaults": {"region": "us-east-1", "table_prefix": "part_"}, "collaborations": [joined]}
    (tmp_path / "collaboration-config.json").write_text(json.dumps(old), encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    (tmp_path / ".aws").mkdir()
    keys = f"aws_access_key_id = AKIA{PROVIDER}\naws_secret_access_key = q7ZkX0wVb3\n"
    (tmp_path / ".aws/credentials").write_text(f"[default]\n{keys}\n[my-profile]\n{keys}", encoding="utf-8")
    yield workplace
    assert running.control.counts()["violations"] == []


def script(workplace: Workplace, commands: list[Command]) -> str:
    """Return a shell script of the commands, which stops at the first that fails; ids stand for the placeholders."""
    lines = ["set -euo pipefail"]
    for command in commands:
        identity = workplace.id_of(INVITED if "cleanrooms_accept=" in command.text else JOINED)
        text = re.sub("<collaboration id>|<id>", identity, command.text)
        text = text.replace("<account id>", AMC).replace("<account id of the creator>", STRANGER)
        lines += [f"echo '+ {command.guide}:{command.line}'", text]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("guide", GUIDES)
def test_the_commands_of_a_guide_run_as_they_stand(guide: str, workplace: Workplace) -> None:
    every = [command for command in commands_of(guide) if not command.reason_not_to_run()]
    commands = [command for command in every if not command.runs_elsewhere()]
    environment = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
    if guide in (*INSTALLING, "docs/migration.md"):  # which make the inventory themselves
        shutil.rmtree(workplace.inventory)
    if guide == "docs/quick-start.md":
        workplace.emulator.control.reset(scenario())
    if guide in INSTALLING:
        environment["ANSIBLE_COLLECTIONS_PATH"] = str(workplace.folder / "installed")
    process = workplace.start_command(workplace.folder, ["bash", "-c", script(workplace, commands)], environment)
    assert finished(process, fails=False).output.count(f"+ {guide}:") == len(commands)


@pytest.mark.parametrize("guide", GUIDES)
def test_no_command_stands_where_no_test_finds_it(guide: str) -> None:
    text = (CHECKOUT / guide).read_text(encoding="utf-8")
    elsewhere = BLOCK.sub(lambda block: "" if block[1] == "shell" else block[0], text)
    commands = r"^[ $]*(?:\w+=\S+ )*((?:ansible|ansible-playbook|ansible-galaxy|make|pip|aws|terraform) .*)$"
    assert re.findall(commands, elsewhere, re.MULTILINE) == []


def test_every_reason_not_to_run_a_command_is_of_use() -> None:
    texts = [command.text for guide in GUIDES for command in commands_of(guide)]
    assert [start for start in NOT_RUN if not any(text.startswith(start) for text in texts)] == []
