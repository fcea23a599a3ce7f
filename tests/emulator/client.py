# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API from a test's side, with the standard library only."""

from __future__ import annotations

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen


class ControlError(RuntimeError):
    """The control API refused a request; the text says why."""


class Control:
    """The control API of the emulator at url."""

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_emulator/{path}", data=data, method=method)
        try:
            with urlopen(request) as response:
                return json.load(response)
        except HTTPError as error:
            raise ControlError(json.load(error)["error"]) from error

    def state(self) -> dict[str, Any]:
        """Everything held: a list of records for each kind of thing."""
        state: dict[str, Any] = self.call("GET", "state")
        return state

    def counts(self) -> dict[str, Any]:
        """Requests by operation and status, resources by kind, throttled, violations."""
        counts: dict[str, Any] = self.call("GET", "counts")
        return counts

    def log(self, operation: str | None = None) -> list[dict[str, Any]]:
        """The requests so far, of one operation (a shell glob) or of all."""
        query = f"?{urlencode({'operation': operation})}" if operation else ""
        entries: list[dict[str, Any]] = self.call("GET", f"log{query}")
        return entries

    def clear_log(self) -> None:
        self.call("DELETE", "log")

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Changes the settings given and answers all of them."""
        settings: dict[str, Any] = self.call("PUT", "settings", changes)
        return settings

    def fault(self, **fault: Any) -> int:
        """Orders a fault and answers its id."""
        (added,) = self.call("POST", "faults", fault)
        return int(added["id"])

    def faults(self) -> list[dict[str, Any]]:
        faults: list[dict[str, Any]] = self.call("GET", "faults")
        return faults

    def clear_faults(self) -> None:
        self.call("DELETE", "faults")

    def reset(self, scenario: dict[str, Any] | None = None) -> None:
        """Forgets everything; then the scenario given, or the one the emulator was started with, is there."""
        self.call("POST", "reset", scenario)

    def add(self, **scenario: Any) -> None:
        """Adds a scenario's things to what is there."""
        self.call("POST", "scenario", scenario)
