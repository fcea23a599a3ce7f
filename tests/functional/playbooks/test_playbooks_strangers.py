# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an inviter puts into names and descriptions is never carried out, and reads the same wherever it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playbooks_world import AMC, PARTNER, PROVIDER, STRANGER, Run, Workplace, accounts, scenario

# What inviters write, and what is recorded and shown of it.
ODD_NAMES = {
    "!unsafe {{ 1 + 1 }}": "!unsafe \\x7b{ 1 + 1 }}",
    "#jinja2:{% for x in [] %}{# - a: 'b' \"c\" \\x41": "\\x23jinja2:\\x7b% for x in [] %}\\x7b# - a: 'b' \"c\" \\x41",
    "\x9b31m\x85 \u202eevil\u2028 \U0001f600 <i>": "\\x9b31m\\x85 \\u202eevil\\u2028 \U0001f600 <i>",
    "<<": "<<",
}
# How an inventory is exported, and what gives it back to Ansible; the tag !unsafe is lost on the first two ways.
SCRIPT = "#!/bin/sh\ncat <<'END'\nEXPORT\nEND\n"
ONE_HOST = '{"all": {"hosts": ["provider"]}, "_meta": {"hostvars": {"provider": EXPORT}}}'
EXPORTS = {
    "--list --yaml": ("exported.yml", "EXPORT"),
    "--host provider": ("exported", SCRIPT.replace("EXPORT", ONE_HOST)),
    "--list --export": ("exported", SCRIPT),
}


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that a name would make, were it taken for a template."""
    return tmp_path_factory.mktemp("canary") / "c"


@pytest.fixture(scope="module")
def names(canary: Path) -> dict[str, str]:
    """The names of collaborations by their creators' accounts; each creator and member is called the same."""
    command = f"{{{{ lookup('pipe', 'touch {canary}') }}}}"
    accounts = [AMC, PARTNER, STRANGER, "777788889999", "888899990000", "123412341234"]
    first, *others = ODD_NAMES
    return dict(zip(accounts, (command, first, command + "!", *others), strict=True))


@pytest.fixture(scope="module")
def labels(names: dict[str, str]) -> dict[str, str]:
    """The names as they are recorded and shown."""
    return {account: ODD_NAMES.get(name, name.replace("{{", "\\x7b{")) for account, name in names.items()}


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
def test_the_record_file_holds_the_names_as_labels(shared_workplace: Workplace, labels: dict[str, str]) -> None:
    collaborations = shared_workplace.record["cleanrooms_collaborations"]
    found = {accounts(one)[0]: one["name"] for one in collaborations}
    (pending,) = shared_workplace.record["cleanrooms_pending_invitations"]
    assert {**found, STRANGER: pending["name"]} == labels
    assert pending["creator_display_name"] == labels[STRANGER]


@pytest.mark.usefixtures("runs")
@pytest.mark.parametrize("way", EXPORTS)
def test_ansible_reads_the_same_names_from_an_export(
    shared_workplace: Workplace, labels: dict[str, str], canary: Path, way: str
) -> None:
    name, form = EXPORTS[way]
    exported = shared_workplace.folder / name
    exported.write_text(
        form.replace("EXPORT", shared_workplace.type(f"ansible-inventory -i my-inventory {way}").output)
    )
    exported.chmod(0o700 if form.startswith("#!") else 0o600)
    message = "{{ (cleanrooms_collaborations + cleanrooms_pending_invitations) | map(attribute='name') }}"
    run = shared_workplace.type(f'ansible provider -i {name} -m debug -a "msg={message}"')
    assert sorted(json.loads(run.output.partition("=> ")[2])["msg"]) == sorted(labels.values())
    assert not canary.exists()


def test_nothing_unprintable_reaches_the_terminal_or_the_file(shared_workplace: Workplace, runs: list[Run]) -> None:
    for run in runs:
        assert [char for char in run.output if not char.isprintable() and char != "\n"] == []
    assert shared_workplace.record_file.read_text(encoding="utf-8").replace("\n", "").isprintable()
