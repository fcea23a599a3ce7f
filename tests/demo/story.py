# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tells the main job: the commands a data provider types, what they print, and whether it came out right.

Everything is real but AWS, whose place an emulator takes. It works on a temporary copy of the example inventory.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from itertools import groupby
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(CHECKOUT / "tests"))

from emulator import Emulator  # noqa: E402  its folder has to be on the path first

PROVIDER = "111122223333"
STRANGER = "999900001111"
SETTINGS = """\
---
# Asked for and confirmed by telephone: these accounts are our five partners.
cleanrooms_trusted_creators: ["210987654321", "222233334444", "333344445555", "444455556666", "555566667777"]
# AWS has raised these two quotas of our account.
cleanrooms_max_tables: 30
cleanrooms_requests_per_second: 50
"""
SHOWN_DIFF_LINES = 2


class Demo:
    """The workplace in a temporary folder, and what was found not to be as it should."""

    def __init__(self, emulator: Emulator, folder: Path, full: bool) -> None:
        self.emulator = emulator
        self.folder = folder
        self.full = full
        self.wrong: list[str] = []
        self.output = ""

    @property
    def settings_file(self) -> Path:
        return self.folder / "inventory/host_vars/provider/settings.yml"

    def prepare(self, settings: str) -> None:
        """Start anew: the example inventory and these settings, invitations pending, nothing accepted."""
        shutil.rmtree(self.folder / "inventory", ignore_errors=True)
        shutil.copytree(CHECKOUT / "inventory", self.folder / "inventory", ignore=shutil.ignore_patterns("host_vars"))
        self.settings_file.parent.mkdir(parents=True)
        self.settings_file.write_text(settings, encoding="utf-8")
        self.emulator.control.reset()
        self.emulator.control.settings(requests_per_second=50)

    def environment(self) -> dict[str, str]:
        """The caller's variables without those for AWS, so that no real account is ever reached."""
        mine = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {
            **mine,
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_ACCESS_KEY_ID": "AKIADEMOPROVIDER0000",
            "AWS_SECRET_ACCESS_KEY": "q7ZkX0wVb3",
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
            "ANSIBLE_FORCE_COLOR": str(sys.stdout.isatty()),
        }

    def play(self, *arguments: str) -> None:
        """Show a command and what it prints while it runs; of a diff's lines alike the first alone."""
        command = ["ansible-playbook", "-i", "inventory", *arguments]
        print(f"\n$ {' '.join(command)}", flush=True)
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        ) as process:
            assert process.stdout
            self.output = ""
            for alike, group in groupby(process.stdout, is_one_of_many):
                more = 0
                for number, line in enumerate(group):
                    self.output += line
                    if self.full or not alike or number < SHOWN_DIFF_LINES:
                        print(line, end="", flush=True)
                    else:
                        more += 1
                if more:
                    print(f"+... and {more} more lines like these", flush=True)
        self.expect("the run ends well", process.returncode, 0)

    def expect(self, what: str, found: Any, wanted: Any) -> None:
        """Say whether something came out as it should."""
        right = found == wanted
        print(f"  {'ok   ' if right else 'WRONG'}  {what}: {found}" + ("" if right else f", not {wanted}"), flush=True)
        if not right:
            self.wrong.append(what)

    def expect_counts(self, tables: int) -> None:
        """Compare what the service holds with what should be there."""
        found = self.emulator.control.counts()["resources"]
        state = self.emulator.control.state()
        joined = {one["collaboration_id"] for one in state["memberships"] if one["account_id"] == PROVIDER}
        from_stranger = {one["id"] for one in state["collaborations"] if one["account_id"] == STRANGER}
        self.expect("collaborations joined", len(joined), 5)
        self.expect("tables associated", found["table_associations"], tables)
        self.expect("collaboration analysis rules", found["analysis_rules"], tables)
        self.expect("ID namespaces associated", found["id_namespace_associations"], 5)
        self.expect("joined the stranger's collaboration", bool(joined & from_stranger), False)


def is_one_of_many(line: str) -> bool:
    """Return whether a diff's line is one of many alike, of which only the first are shown."""
    kinds = "configured_table_association|collaboration_analysis_rule"
    return bool(re.match(rf"(\x1b\[[\d;]*m)?\+({kinds}) ", line))


def tell(*lines: str) -> None:
    """Narrate."""
    print("", *(f"# {line}" for line in lines), sep="\n", flush=True)


def first_act(demo: Demo) -> None:
    demo.prepare(SETTINGS)
    tell(
        "Six companies have invited us to their collaborations. Five are partners, one we have never heard of.",
        "We have 28 tables called part_..., other tables beside them, and an ID namespace. This is what we decided:",
    )
    print(f"\n$ cat inventory/host_vars/provider/settings.yml\n{SETTINGS}", end="")
    demo.emulator.control.settings(table_associations_per_membership=30)

    tell("First we only look: who invites, what would be accepted, and what would be shared with whom.")
    demo.play("acx.cleanrooms.process_invitations", "--check", "--diff")
    writes = [one for one in demo.emulator.control.log() if one["operation"].startswith(("Create", "Update", "Delete"))]
    demo.expect("requests that change something", len(writes), 0)

    tell("That is what we want. Now for real: 5 x 28 tables with their rules, and 5 ID namespaces.")
    demo.play("acx.cleanrooms.process_invitations")
    demo.expect_counts(tables=140)

    tell("Once more, because it may run every hour: everything is ok, nothing changes. The stranger is still waiting.")
    demo.play("acx.cleanrooms.process_invitations")
    demo.expect("nothing changed", "changed=0 " in demo.output, True)
    demo.expect("the stranger is reported", f"the creator {STRANGER}" in demo.output, True)

    tell("Terraform has made two new tables. One command brings them to all partners.")
    demo.emulator.control.add(configured_tables=[{"account": PROVIDER, "names": ["part_new_table_{01,02}"]}])
    demo.play("acx.cleanrooms.sync")
    demo.expect_counts(tables=150)


def second_act(demo: Demo) -> None:
    tell(
        "What if AWS had not raised the quota of 25 tables in a membership? We ask before anything is accepted.",
        "The three tables that do not fit are named for each partner, not dropped in silence.",
    )
    demo.prepare(SETTINGS.replace("cleanrooms_max_tables: 30\n", ""))
    demo.play("acx.cleanrooms.process_invitations", "--check")
    names = "acx_part_ibe_26, acx_part_ibe_27, acx_part_ibe_28"
    demo.expect("partners for whom the three are named", demo.output.count(f"3 left out ({names})"), 5)
    demo.expect("125 tables would be associated", " 125 associated" in demo.output, True)


def main() -> int:
    start = time.monotonic()
    scenario = CHECKOUT / "tests/emulator/scenarios/demo.yml"
    with Emulator(scenario) as emulator, tempfile.TemporaryDirectory() as folder:
        demo = Demo(emulator, Path(folder), full="--full" in sys.argv[1:])
        tell(
            f"An emulator of AWS Clean Rooms listens on {emulator.url}; it stands in for AWS.",
            "AWS allows 5 requests a second, at which 140 tables take 28 seconds. Here we raise that to 50.",
        )
        first_act(demo)
        second_act(demo)
        violations = emulator.control.counts()["violations"]
    print()
    if demo.wrong or violations:
        print(f"The demo went wrong: {', '.join([*demo.wrong, *violations])}.")
        return 1
    print(f"The demo came out as it should, in {time.monotonic() - start:.0f} seconds.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
