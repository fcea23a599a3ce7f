# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Times the playbooks against an emulator that is as slow as AWS, and prints the ratio to the physical limit.

    make benchmark
    make benchmark ARGS=large       # 500 collaborations x 25 tables, with quotas raised to 50 requests a second
    make benchmark ARGS=startup     # where the time before the first request goes

The emulator answers 5 requests a second for each operation, reads after 80 ms, writes after 250 ms, 100 items a page.
The limit is the number of requests of the busiest operation divided by 5. Prints one table; fails above the budgets.
The budgets are 1.15 times the limit and an allowance for starting Ansible and its modules.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import startup  # noqa: E402

from emulator import Control  # noqa: E402

Data = dict[str, Any]
PROVIDER, RATE = "111122223333", 5
ROLE, NAMESPACE = "cleanrooms-glue-s3-access", "ACXIdNamespace"
AS_SLOW_AS_AWS = {
    "requests_per_second": RATE,
    "read_latency_ms": 80,
    "write_latency_ms": 250,
    "page_size": 100,
    "table_associations_per_membership": 30,
}
MODULE = "ansible_collections.acx.cleanrooms.plugins.modules.cleanrooms_table_association"


def scenario(collaborations: int, tables: int, state: str) -> Data:
    """A provider and one partner for each collaboration: C(invited), C(joined), or with everything C(associated)."""
    names = [f"Collaboration {number:03}" for number in range(1, collaborations + 1)]
    partners = [f"{500000000000 + number}" for number in range(1, collaborations + 1)]
    table_names = [f"part_{number:02}" for number in range(1, tables + 1)]
    everything = {
        "associations": [{"tables": table_names, "role": ROLE, "prefix": "acx_"}],
        "id_namespaces": [{"name": NAMESPACE}],
    }
    return {
        "roles": [{"account": PROVIDER, "names": [ROLE]}],
        "id_namespaces": [{"account": PROVIDER, "name": NAMESPACE}],
        "configured_tables": [{"account": PROVIDER, "names": [*table_names, "part_n_a", "part_n_a_a", "dim"]}],
        "collaborations": [
            {"name": name, "creator": partner, "creator_display_name": name, "members": [{"account": PROVIDER}]}
            for name, partner in zip(names, partners, strict=True)
        ],
        "memberships": [
            {"account": PROVIDER, "collaboration": name, **(everything if state == "associated" else {})}
            for name in names
            if state != "invited"
        ],
        "settings": AS_SLOW_AS_AWS,
    }


@contextmanager
def started(content: Data) -> Iterator[Bench]:
    """An emulator in a process of its own with a scenario, and an inventory for its account."""
    with tempfile.TemporaryDirectory() as folder:
        file, inventory = Path(folder) / "scenario.json", Path(folder) / "inventory"
        shutil.copytree(ROOT / "inventory", inventory)
        file.write_text(json.dumps(content))
        command = [sys.executable, str(ROOT / "tests" / "emulator"), "--port", "0", "--scenario", str(file)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            yield Bench(process.stdout.readline().split()[-1], inventory)
            process.terminate()


class Bench:
    """What runs against one emulator."""

    def __init__(self, url: str, inventory: Path) -> None:
        self.url, self.inventory, self.control = url, inventory, Control(url)
        creators = [one["account_id"] for one in self.control.state()["collaborations"]]
        self.variables = {"cleanrooms_trusted_creators": creators, "cleanrooms_max_tables": 30}

    @property
    def by_hand(self) -> Data:
        """The variables of an inventory that holds the collaborations, without a record file."""
        return {"cleanrooms_collaborations": self.records, "cleanrooms_record_file": ""}

    @property
    def records(self) -> list[Data]:
        """The record as it is after acceptance."""
        state = self.control.state()
        ours = {one["collaboration_id"]: one["id"] for one in state["memberships"] if one["account_id"] == PROVIDER}
        return [
            {
                "name": one["name"],
                "collaboration_id": one["id"],
                "membership_id": ours[one["id"]],
                "status": "active",
                "members": [{"account_id": one["account_id"], "abilities": ["CAN_QUERY", "CAN_RECEIVE_RESULTS"]}],
            }
            for one in state["collaborations"]
        ]

    def play(self, name: str, **variables: Any) -> float:
        """Run a playbook; return its seconds."""
        environment = {
            **os.environ,
            "AWS_URL": self.url,
            "AWS_ACCESS_KEY_ID": f"AKIA{PROVIDER}",
            "AWS_SECRET_ACCESS_KEY": "q7ZkX0wVb3",
            "ANSIBLE_NOCOLOR": "1",
        }
        extra = json.dumps({**self.variables, **variables})
        command = ["ansible-playbook", "-i", str(self.inventory), f"acx.cleanrooms.{name}", "-e", extra]
        self.control.clear_log()
        begin = time.monotonic()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - begin
        if done.returncode:
            raise SystemExit(done.stdout + done.stderr)
        return seconds

    def module(self, **options: Any) -> tuple[float, float, bool]:
        """Run the table module by itself over all records; return seconds, peak memory in MB, and changed."""
        arguments = {
            "endpoint_url": self.url,
            "access_key": f"AKIA{PROVIDER}",
            "secret_key": "q7ZkX0wVb3",
            "region": "us-east-1",
            "collaborations": self.records,
            "include": ["part_*"],
            "exclude": ["part_n_a", "part_n_a_a"],
            "name_prefix": "acx_",
            "role": ROLE,
            **options,
        }
        self.control.clear_log()
        begin = time.monotonic()
        with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as into:
            into.write(json.dumps({"ANSIBLE_MODULE_ARGS": arguments}))
            into.seek(0)
            process = subprocess.Popen([sys.executable, "-m", MODULE], stdin=into, stdout=out)
            _pid, _status, usage = os.wait4(process.pid, 0)
            out.seek(0)
            answer = json.loads(out.read())
        return time.monotonic() - begin, usage.ru_maxrss / 1024, bool(answer["changed"])


def row(what: str, seconds: float, limit: float, budget: float | None, bench: Bench) -> bool:
    """Print a row of the table, and the requests of the run, those of the busiest operation first."""
    counts = bench.control.counts()
    requests = sorted(((sum(by.values()), name) for name, by in counts["requests"].items()), reverse=True)
    verdict = "" if budget is None else f"{budget:8.1f}  {'kept' if seconds <= budget else 'BROKEN'}"
    print(f"{what:<58} {limit:7.1f} {seconds:9.1f} {seconds / limit:6.2f} {verdict}")
    print(f"    {', '.join(f'{number} {name}' for number, name in requests)}; {counts['throttled']} throttled")
    return budget is None or seconds <= budget


def usual() -> list[bool]:
    """The sizes of the process document, and 100 collaborations."""
    kept = []
    with started(scenario(5, 28, "joined")) as bench:
        bench.play("list")  # what Python compiles at its first use is not to be measured
        seconds = bench.play("associate", **bench.by_hand)
        assert bench.control.counts()["resources"]["analysis_rules"] == 5 * 28
        kept.append(row("associate, 5 collaborations x 28 tables from nothing", seconds, 28, 1.15 * 28 + 6, bench))
    with started(scenario(5, 28, "invited")) as bench:
        seconds = bench.play("process_invitations")
        assert bench.control.counts()["resources"]["analysis_rules"] == 5 * 28
        kept.append(row("process_invitations: look, accept, record, associate", seconds, 28, None, bench))
        seconds = bench.play("sync")
        kept.append(row("sync, nothing to do, 5 x 28", seconds, 2, 1.15 * 2 + 10, bench))
    with started(scenario(100, 25, "associated")) as bench:
        seconds = bench.play("sync", **bench.by_hand)
        kept.append(row("sync, nothing to do, 100 x 25, both modules", seconds, 40, 2 * 1.15 * 20 + 10, bench))
        seconds = bench.play("verify", **bench.by_hand)
        kept.append(row("verify without roles, 100 x 25", seconds, 20, 1.15 * 20 + 6, bench))
        seconds, megabytes, changed = bench.module()
        assert not changed
        kept.append(row("cleanrooms_table_association alone, 100 x 25", seconds, 20, 1.15 * 20 + 2, bench))
        print(f"peak memory of that module: {megabytes:.0f} MB (budget 150)")
        kept.append(megabytes < 150)
    return kept


def large() -> list[bool]:
    """500 collaborations x 25 tables, where AWS has raised the quotas tenfold."""
    rate = 10 * RATE
    content = scenario(500, 25, "associated")
    content["settings"] = {**AS_SLOW_AS_AWS, "requests_per_second": rate, "memberships_per_account": 500}
    raised = {"cleanrooms_requests_per_second": rate}
    with started(content) as bench:
        seconds = bench.play("sync", **bench.by_hand, **raised)
        row("sync, nothing to do, 500 x 25, 50 requests a second", seconds, 2 * 500 / rate, None, bench)
        seconds = bench.play("verify", **bench.by_hand, **raised)
        row("verify with roles, 500 x 25, 50 requests a second", seconds, 500 * 25 / rate, None, bench)
        seconds, megabytes, changed = bench.module(requests_per_second=rate)
        assert not changed
        row("cleanrooms_table_association alone, 500 x 25", seconds, 500 / rate, None, bench)
        print(f"peak memory of that module: {megabytes:.0f} MB (budget 300)")
    return [megabytes < 300]


def start() -> list[bool]:
    """What a run costs before the first request."""
    with started({"collaborations": []}) as bench:
        startup.profile(bench.url)
    return []


def main() -> None:
    benchmarks = {"usual": usual, "large": large, "startup": start}
    parser = argparse.ArgumentParser()
    parser.add_argument("what", nargs="?", default="usual", choices=benchmarks)
    what = benchmarks[parser.parse_args().what]
    if what is not start:
        print(f"{'':58} {'limit s':>7} {'measured':>9} {'ratio':>6} {'budget s':>8}")
    sys.exit(0 if all(what()) else 1)


if __name__ == "__main__":
    main()
