# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A record on a volume that outlives the container, outside of the inventory; and the playbook that AWX runs."""

from __future__ import annotations

import shutil

from playbooks_world import CHECKOUT, Workplace, load_record


def test_the_record_is_kept_and_found_outside_of_the_inventory(workplace: Workplace) -> None:
    volume = workplace.folder / "volume"
    workplace.write_vars(file="record", cleanrooms_record_file=f"{volume}/{{{{ inventory_hostname }}}}.yml")
    shutil.copy(CHECKOUT / "docs/awx/run.yml", workplace.folder)
    command = "ansible-playbook -i my-inventory run.yml -e cleanrooms_playbook="

    assert workplace.type(f"{command}process_invitations").changed > 0
    assert not workplace.record_file.exists()
    records = load_record(volume / "provider.yml")["cleanrooms_collaborations"]
    assert [one["name"] for one in records] == ["AMC Collaboration", "Partner Collaboration"]

    writes = workplace.writes()
    look = workplace.type(f"{command}list")
    assert "not in the record" not in look.output
    assert workplace.type(f"{command}sync").changed == 0
    assert workplace.writes() == writes
