# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counts the requests in an emulator's log, which it checked, with their answers, against AWS's service model.

Fails when one of them, or its answer, broke the model.

Usage: check_requests.py LOG...
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any


def violations(entries: Iterable[dict[str, Any]]) -> list[str]:
    """Return what broke the model, a line each: a request that was refused for it, or an answer of the emulator.

    Errors that a test ordered as a fault break nothing.
    """
    return [
        f"{entry['operation']} {json.dumps(entry['parameters'])}: {entry['message']}"
        for entry in entries
        if entry["fault"] is None and (entry["reason"] == "FIELD_VALIDATION_FAILED" or entry["status"] >= 500)
    ]


def main() -> None:
    """Count, and fail with what broke the model."""
    lines = [line for log in sys.argv[1:] for line in Path(log).read_text(encoding="utf-8").splitlines()]
    entries = [entry for entry in map(json.loads, lines) if entry["service"] == "cleanrooms"]
    found = violations(entries)
    if found:
        raise SystemExit("\n".join(found))
    operations = len({entry["operation"] for entry in entries})
    print(f"{len(entries)} requests of {operations} operations, and their answers, fit AWS's service model.")


if __name__ == "__main__":
    main()
