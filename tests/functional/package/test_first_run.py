# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive installed where nothing was, and the first commands of a user from a folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playbooks_world import CHECKOUT, PROVIDER, scenario

from emulator import Emulator

Type = Callable[[str], str]


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator(scenario()) as running:
        yield running


@pytest.fixture
def type_command(emulator: Emulator, tmp_path: Path) -> Type:
    """Run a command in an empty folder, in the home of somebody who has this Ansible and nothing else."""
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ACCESS_KEY_ID": f"AKIA{PROVIDER}",
        "AWS_SECRET_ACCESS_KEY": "emulator",
    }
    folder = tmp_path / "somewhere"
    folder.mkdir()

    def run(command: str) -> str:
        done = subprocess.run(
            command.split(), cwd=folder, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_install_and_begin(type_command: Type, archive: Path, tmp_path: Path, emulator: Emulator) -> None:
    type_command(f"ansible-galaxy collection install {archive}")
    assert (tmp_path / ".ansible/collections/ansible_collections/acx/cleanrooms/MANIFEST.json").is_file()
    assert str(CHECKOUT) not in type_command("ansible-doc acx.cleanrooms.cleanrooms_invitation")

    type_command("ansible-playbook acx.cleanrooms.init -e cleanrooms_inventory=mine -e cleanrooms_region=us-east-1")
    output = type_command("ansible-playbook -i mine acx.cleanrooms.list")
    assert "AMC Collaboration" in output
    assert "failed=0" in output
    assert {entry["operation"] for entry in emulator.control.log()} >= {"ListCollaborations", "ListMemberships"}
