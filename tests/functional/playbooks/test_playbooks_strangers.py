# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever an inviter puts into names and descriptions is never carried out, and comes back as it was."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from playbooks_world import AMC, PARTNER, PROVIDER, STRANGER, Run, Workplace, scenario

ODD_NAMES = (
    "!unsafe {{ 1 + 1 }}",
    "{% for x in [] %}{# - a: 'b' \"c\" \\x41",
    "\x9b31m\x85 \u202eevil\u2028 \U0001f600 <script>alert(1)</script>",
    "<<",
)


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that a name would make, were it taken for a template."""
    return tmp_path_factory.mktemp("canary") / "c"


@pytest.fixture(scope="module")
def names(canary: Path) -> dict[str, str]:
    """The names of collaborations by their creators' accounts; each creator and member is called the same."""
    command = f"{{{{ lookup('pipe', 'touch {canary}') }}}}"
    accounts = [AMC, PARTNER, STRANGER, "777788889999", "888899990000", "123412341234"]
    return dict(zip(accounts, (command, ODD_NAMES[0], command + "!", *ODD_NAMES[1:]), strict=True))


@pytest.fixture(scope="module")
def runs(shared_workplace: Workplace, names: dict[str, str]) -> list[Run]:
    """Runs with names that would do harm; the last one changes nothing and reads only the record."""
    hostile = [
        {
            "name": name,
            "description": f"{name}\n{name}",
            "creator": creator,
            "creator_display_name": name,
            "members": [{"account": PROVIDER, "display_name": name}],
        }
        for creator, name in names.items()
    ]
    start = scenario(accounts=[{"id": account} for account in (PROVIDER, *names)], collaborations=hostile)
    shared_workplace.emulator.control.reset(start)
    trusted = [account for account in names if account != STRANGER]
    shared_workplace.write_vars(cleanrooms_trusted_creators=trusted, cleanrooms_requests_per_second=500)
    commands = [("process_invitations", "--diff"), ("list",), ("sync",)]
    return [shared_workplace.play(*command) for command in commands]


def test_nothing_is_carried_out(runs: list[Run], shared_workplace: Workplace, canary: Path) -> None:
    assert shared_workplace.counts() == (20, 20, 5)
    assert not canary.exists()
    assert runs[-1].changed == 0, "the names come from the record"


@pytest.mark.usefixtures("runs")
def test_the_record_file_holds_the_names_as_they_are(shared_workplace: Workplace, names: dict[str, str]) -> None:
    collaborations = shared_workplace.record["cleanrooms_collaborations"]
    found = {one["members"][0]: one["name"] for one in collaborations}
    (pending,) = shared_workplace.record["cleanrooms_pending_invitations"]
    assert {**found, STRANGER: pending["name"]} == names
    assert pending["creator_display_name"] == names[STRANGER]


@pytest.mark.usefixtures("runs")
def test_ansible_reads_the_same_names_from_it(shared_workplace: Workplace, names: dict[str, str]) -> None:
    answer = subprocess.run(
        ["ansible-inventory", "-i", str(shared_workplace.inventory), "--host", "provider"],
        env=shared_workplace.environment(),
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    # It may say in a dictionary that a text is unsafe.
    found = [one["name"] for one in json.loads(answer.stdout)["cleanrooms_collaborations"]]
    plain = {name["__ansible_unsafe"] if isinstance(name, dict) else name for name in found}
    assert plain == {name for account, name in names.items() if account != STRANGER}


def test_nothing_unprintable_reaches_the_terminal_or_the_file(shared_workplace: Workplace, runs: list[Run]) -> None:
    for run in runs:
        assert [char for char in run.output if not char.isprintable() and char != "\n"] == []
    assert shared_workplace.record_file.read_text(encoding="utf-8").replace("\n", "").isprintable()
