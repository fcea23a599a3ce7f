# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook in the README works as it stands."""

from __future__ import annotations

import re

from playbooks_world import AMC, CHECKOUT, PROVIDER, Workplace, collaboration, scenario


def test_the_playbook_of_the_readme(workplace: Workplace) -> None:
    tables = {"account": PROVIDER, "names": ["part_ibe_{01..03}"]}
    crowded = collaboration("Crowded", AMC, members=[{"account": PROVIDER}, {"account": "777788889999"}])
    invitations = [collaboration("AMC Collaboration", AMC), crowded]
    workplace.emulator.control.reset(scenario(configured_tables=[tables], collaborations=invitations))
    (text,) = re.findall(r"```yaml\n(.*?)```", (CHECKOUT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (workplace.folder / "own.yml").write_text(text, encoding="utf-8")
    run = workplace.type("ansible-playbook own.yml")
    assert "refused: allowed_members does not hold 777788889999" in " ".join(run.output.split())
    assert workplace.joined() == {workplace.id_of("AMC Collaboration")}
    assert workplace.counts() == (2, 2, 0)
