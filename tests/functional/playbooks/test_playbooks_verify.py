# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate: fails with reasons and advice where something is not as recorded, and writes nothing."""

from __future__ import annotations

import re

from playbooks_world import AMC, PROVIDER, Workplace, collaboration, scenario


def test_the_gate(workplace: Workplace) -> None:
    """One table that nobody may query, one that somebody removed, one that is shared and should not be."""
    control = workplace.emulator.control
    control.reset(
        scenario(
            configured_tables=[
                {"account": PROVIDER, "names": ["part_{01..03}", "part_n_a", "part_n_a_a", "dim_region"]},
                {"account": PROVIDER, "names": ["part_04"], "providers": []},
            ],
            collaborations=[collaboration("AMC <b>{{ 7*7 }}</b>", AMC)],
        )
    )
    workplace.play("process_invitations")
    before, written = workplace.record, workplace.writes()
    failed = workplace.play("verify", fails=True)
    text = re.sub(r"\s+", " ", failed.output)
    assert "1 of 1 collaborations are not as recorded." in text
    assert "AMC <b>{{ 7*7 }}</b>" in text
    assert "NOT as recorded: 3 ready, 1 not ready, ID namespace ready" in text
    assert "not ready: acx_part_04: ANALYSIS_PROVIDERS_NOT_CONFIGURED: " in text
    assert "Change the configured table where it is made, for example in Terraform." in text
    assert failed.changed == 0

    tolerant = workplace.play("verify", "-e", "cleanrooms_tolerated_states=not_ready", "--check", "--diff")
    assert "Total: 1 of 1 collaborations as recorded: 3 ready, 1 not ready" in tolerant.output
    assert (workplace.record, workplace.writes()) == (before, written)
