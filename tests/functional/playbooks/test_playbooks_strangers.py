# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever an inviter puts into names and descriptions is never carried out, and comes back as it was."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from playbooks_world import AMC, PARTNER, PROVIDER, STRANGER, Run, Workplace, make_workplace, scenario

from emulator import Emulator

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
def workplace(
    playbook_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory, names: dict[str, str]
) -> Workplace:
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
    workplace = make_workplace(playbook_emulator, tmp_path_factory.mktemp("strangers"), start)
    trusted = [account for account in names if account != STRANGER]
    workplace.write_vars(cleanrooms_trusted_creators=trusted, cleanrooms_requests_per_second=500)
    return workplace


@pytest.fixture(scope="module")
def runs(workplace: Workplace) -> list[Run]:
    """Runs with names that would do harm; the last one changes nothing and reads only the record."""
    return [
        workplace.play("process_invitations", "--diff"),
        workplace.play("list"),
        workplace.play("sync"),
    ]


@pytest.mark.usefixtures("runs")
def test_nothing_is_carried_out(workplace: Workplace, canary: Path) -> None:
    assert workplace.counts() == (20, 20, 5)
    assert not canary.exists()


def test_nothing_changes_when_the_names_come_from_the_record(runs: list[Run]) -> None:
    assert runs[-1].changed == 0


@pytest.mark.usefixtures("runs")
def test_the_record_file_holds_the_names_as_they_are(workplace: Workplace, names: dict[str, str]) -> None:
    collaborations = workplace.record["cleanrooms_collaborations"]
    assert {one["members"][0]: one["name"] for one in collaborations} == {
        account: name for account, name in names.items() if account != STRANGER
    }
    (pending,) = workplace.record["cleanrooms_pending_invitations"]
    assert (pending["name"], pending["creator_display_name"]) == (names[STRANGER], names[STRANGER])


@pytest.mark.usefixtures("runs")
def test_ansible_reads_the_same_names_from_it(workplace: Workplace, names: dict[str, str]) -> None:
    answer = subprocess.run(
        ["ansible-inventory", "-i", str(workplace.inventory), "--host", "provider"],
        env=workplace.environment(),
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )
    collaborations = json.loads(answer.stdout)["cleanrooms_collaborations"]
    found = {plain(one["name"]) for one in collaborations}
    assert found == {name for account, name in names.items() if account != STRANGER}


def plain(value: Any) -> Any:
    """A text as ansible-inventory prints it, which may say in a dictionary that it is unsafe."""
    return value["__ansible_unsafe"] if isinstance(value, dict) else value


def test_nothing_unprintable_reaches_the_terminal_or_the_file(workplace: Workplace, runs: list[Run]) -> None:
    for run in runs:
        assert [char for char in run.output if not char.isprintable() and char != "\n"] == []
    assert workplace.record_file.read_text(encoding="utf-8").replace("\n", "").isprintable()
