# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles what a run costs before the first request: Python, libraries, clients, Ansible's tasks.

    make benchmark ARGS=startup

In seconds of processor time, the least of several tries. C(more) is what a row takes beyond the one before it, and in
the second table beyond the playbook with no task. The emulator answers at once and knows nobody.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

TRIES = 5
# What a module imports and makes, one after the other: each row adds a line to those before.
IMPORTS = (
    ("Python", "pass"),
    ("+ Ansible's module library", "import ansible.module_utils.basic"),
    ("+ boto3 and botocore", "import boto3, botocore"),
    ("+ amazon.aws", "from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule"),
    (
        "+ a module of this collection",
        "import ansible_collections.acx.cleanrooms.plugins.modules.cleanrooms_table_association",
    ),
    (
        "+ a client for AWS Clean Rooms",
        "session = boto3.Session('AKIA', 'x', region_name='us-east-1'); session.client('cleanrooms')",
    ),
    ("+ a client for IAM", "session.client('iam')"),
)
TASK: dict[str, Any] = {"acx.cleanrooms.cleanrooms_invitation_info": {}}
NOTHING: dict[str, Any] = {"ansible.builtin.assert": {"that": True, "quiet": True}}
# Name, pipelining and tasks of a playbook.
PLAYS: tuple[tuple[str, bool, list[dict[str, Any]]], ...] = (
    ("ansible-playbook with no task", False, []),
    ("10 tasks that run no module", False, [NOTHING] * 10),
    ("1 task with a module of this collection", False, [TASK]),
    ("10 tasks with it", False, [TASK] * 10),
    ("10 tasks with it, with pipelining", True, [TASK] * 10),
)


def least(commands: list[list[str]], environment: dict[str, str]) -> list[float]:
    """Return for each command the processor time of its cheapest run. All take turns, so that noise falls on all."""
    seconds = [float("inf")] * len(commands)
    for _try in range(TRIES):
        for index, command in enumerate(commands):
            before = os.times()
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
            used = [after - earlier for after, earlier in zip(os.times()[2:4], before[2:4], strict=True)]  # of children
            seconds[index] = min(seconds[index], sum(used))
    return seconds


def playbook_commands(folder: Path) -> list[list[str]]:
    commands = []
    for number, (_what, pipelining, tasks) in enumerate(PLAYS):
        variables = {"ansible_python_interpreter": sys.executable, "ansible_pipelining": pipelining}
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": variables, "tasks": tasks}
        playbook = folder / f"playbook_{number}.yml"
        playbook.write_text(json.dumps([play]))
        commands.append(["ansible-playbook", "-i", "localhost,", str(playbook)])
    return commands


def profile(url: str) -> None:
    """Print both tables. There is no budget: machines differ."""
    environment = {
        **os.environ,
        "AWS_URL": url,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "AKIA111122223333",
        "AWS_SECRET_ACCESS_KEY": "q7ZkX0wVb3",
    }
    print(f"{'processor time':58} {'seconds':>9} {'more':>9}")
    before, lines = 0.0, [line for _what, line in IMPORTS]
    commands = [[sys.executable, "-c", "\n".join(lines[: number + 1])] for number in range(len(lines))]
    for (what, _line), seconds in zip(IMPORTS, least(commands, environment), strict=True):
        print(f"{what:58} {seconds:9.2f} {seconds - before:9.2f}")
        before = seconds
    with tempfile.TemporaryDirectory() as folder:
        found = least(playbook_commands(Path(folder)), environment)
    print()
    for (what, _pipelining, _tasks), seconds in zip(PLAYS, found, strict=True):
        print(f"{what:58} {seconds:9.2f} {seconds - found[0]:9.2f}")
