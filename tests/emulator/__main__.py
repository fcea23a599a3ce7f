# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""python tests/emulator: runs the emulator until it is told to stop."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from pathlib import Path

if __package__ in (None, ""):
    # Run as a directory: its modules are a package's, so the package's parent must be importable, not the directory.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from emulator import Emulator, ScenarioError


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="emulator", description="An offline AWS Clean Rooms on loopback.")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=4510, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--scenario", type=Path, help="a YAML file with what is there at the start")
    parser.add_argument("--log", type=Path, help="a file to which every request is appended as a JSON line")
    parser.add_argument("--print-env", action="store_true", help="also print the variables that AWS clients need")
    return parser.parse_args()


def print_environment(emulator: Emulator) -> None:
    """The environment of the scenario's first account, to be evaluated by a shell."""
    access_key = next(iter(emulator.service.store.access_keys), "AKIA111122223333")
    region = emulator.scenario.get("region", "us-east-1")
    variables = {
        "AWS_ENDPOINT_URL": emulator.url,
        "AWS_ACCESS_KEY_ID": access_key,
        "AWS_SECRET_ACCESS_KEY": "q7ZkX0wVb3",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
    for name, value in variables.items():
        print(f"export {name}={value}")


def main() -> int:
    arguments = parse_arguments()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    try:
        emulator = Emulator(arguments.scenario, host=arguments.host, port=arguments.port, log=arguments.log)
    except (OSError, ValueError, ScenarioError) as error:
        print(f"The emulator cannot start: {error}", file=sys.stderr)
        return 1
    with emulator:
        print(f"Listening on {emulator.url}", flush=True)
        if arguments.print_env:
            print_environment(emulator)
            sys.stdout.flush()
        stopped.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
