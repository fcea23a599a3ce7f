# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A record on a volume that outlives the container, outside of the inventory; and the playbook that AWX runs."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment
from playbooks_world import CHECKOUT, Workplace, load_record


def variables_of_awx(volume: Path) -> dict[str, Any]:
    """The variables that docs/awx/configure.yml gives the inventory, as AWX keeps them."""
    (play,) = yaml.safe_load((CHECKOUT / "docs/awx/configure.yml").read_text(encoding="utf-8"))
    (inventory,) = (task["awx.awx.inventory"] for task in play["tasks"] if "awx.awx.inventory" in task)
    render = Environment(autoescape=False).from_string
    return {name: render(value).render(awx_folder=volume) for name, value in inventory["variables"].items()}


def test_the_record_is_kept_and_found_outside_of_the_inventory(workplace: Workplace) -> None:
    volume = workplace.folder / "volume"
    workplace.write_vars(file="record", **variables_of_awx(volume))
    shutil.copy(CHECKOUT / "docs/awx/run.yml", workplace.folder)
    command = "ansible-playbook -i my-inventory run.yml -e cleanrooms_playbook="

    assert workplace.type(f"{command}process_invitations").changed > 0
    assert not workplace.record_file.exists()
    records = load_record(volume / "provider/collaborations.yml")["cleanrooms_collaborations"]
    assert [one["name"] for one in records] == ["AMC Collaboration", "Partner Collaboration"]

    writes = workplace.writes()
    look = workplace.type(f"{command}list")
    assert "not in the record" not in look.output
    assert workplace.type(f"{command}sync").changed == 0
    assert workplace.writes() == writes

    workplace.type(f"{command}report -e cleanrooms_only={records[0]['collaboration_id']}")
    assert [path.parent.name for path in volume.rglob("report.html")] == ["selected"]
