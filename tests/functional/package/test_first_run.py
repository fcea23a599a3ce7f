# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive installed where nothing was, and the first commands of a user from a folder of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

from playbooks_world import CHECKOUT, finished, make_workplace

from emulator import Emulator


def test_install_and_begin(running: Emulator, archive: Path, tmp_path: Path) -> None:
    """In an empty folder, in the home of somebody who has this Ansible and nothing else."""
    workplace = make_workplace(running, tmp_path)
    shutil.rmtree(workplace.inventory)
    (tmp_path / "somewhere").mkdir()
    installed = tmp_path / ".ansible/collections"

    def type_command(command: str) -> str:
        words = ["env", "--unset", "ANSIBLE_COLLECTIONS_PATH", *command.split()]
        return finished(workplace.start_command(tmp_path / "somewhere", words, {}), fails=False).output

    type_command(f"ansible-galaxy collection install {archive}")
    assert (installed / "ansible_collections/acx/cleanrooms/MANIFEST.json").is_file()
    assert str(CHECKOUT) not in type_command("ansible-doc acx.cleanrooms.cleanrooms_invitation")

    type_command("ansible-playbook acx.cleanrooms.init -e cleanrooms_inventory=mine -e cleanrooms_region=us-east-1")
    output = type_command("ansible-playbook -i mine acx.cleanrooms.list")
    assert "AMC Collaboration" in output
    assert "failed=0" in output
    assert {entry["operation"] for entry in running.control.log()} >= {"ListCollaborations", "ListMemberships"}
