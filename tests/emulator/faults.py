# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults to order, and the token buckets of the request quotas."""

from __future__ import annotations

import itertools
import threading
import time
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from http import HTTPStatus
from typing import Any

from .answers import FaultError, changes_answer, check_answer
from .builder_memberships import find_account
from .errors import ServiceError
from .scenario import check_shapes
from .store import Store

_numbers = itertools.count(1)


@dataclass
class Fault:
    """One ordered fault; see the README. times None means always."""

    operation: str = "*"
    account: str | None = None
    region: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    skip: int = 0
    times: int | None = 1
    when: str = "before"
    hang: float = 0.0
    drop: bool = False
    error: dict[str, Any] | None = None
    answer: dict[str, Any] | None = None
    scenario: dict[str, Any] | None = None
    id: int = field(default_factory=lambda: next(_numbers))

    def __post_init__(self) -> None:
        if self.answer is not None:
            check_answer(self.answer)
            if changes_answer(self.answer):
                self.when = "after"
        if not (self.hang or self.drop or self.error or self.answer or self.scenario):
            raise FaultError("A fault needs 'hang', 'drop', 'error', 'answer' or 'scenario'.")
        if bool(self.drop) + bool(self.error) + bool(self.answer) > 1:
            raise FaultError("A fault has only one of 'drop', 'error' and 'answer'.")
        if self.error:
            check_error(self.error)

    def service_error(self) -> ServiceError | None:
        """The error to answer. Without a code it is a bare HTTP status with an empty body."""
        if self.error is None:
            return None
        code = self.error.get("code", "")
        message = self.error.get("message", f"Fault {self.id} of the emulator.")
        return ServiceError(code, message, status=self.error.get("status"), **self.error.get("members", {}))


def check_error(error: dict[str, Any]) -> None:
    if set(error) - {"code", "message", "status", "members"} or not {"code", "status"} & set(error):
        raise FaultError("'error' has code and/or status, and may have message and members.")
    code = error.get("code", "")
    texts = (
        isinstance(code, str) and code.isascii() and code.isprintable() and isinstance(error.get("message", ""), str)
    )
    if not texts or not isinstance(error.get("members", {}), dict):
        raise FaultError("'error' has texts as code and message, and a mapping as members.")
    if error.get("status", 400) not in [*HTTPStatus]:
        raise FaultError(f"There is no HTTP status {error['status']}.")


def parse_fault(data: dict[str, Any], store: Store) -> Fault:
    check_shapes("faults", data, FaultError)
    values = dict(data)
    if "account" in values:
        values["account"] = find_account(store, values["account"])
    return Fault(**values)


class Faults:
    """The faults ordered, in order; the first that fits and is not used up is applied."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, faults: list[Fault]) -> None:
        with self._lock:
            self._faults.extend(faults)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def as_list(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(self, when: str, *, operation: str, account: str, region: str, parameters: dict[str, Any]) -> Fault | None:
        """The fault for this call, counted as used."""
        with self._lock:
            for fault in self._faults:
                fits = (
                    fault.when == when
                    and fault.times != 0
                    and fnmatchcase(operation, fault.operation)
                    and fault.account in (None, account)
                    and fault.region in (None, region)
                    and contains(parameters, fault.parameters)
                )
                if fits and fault.skip:
                    fault.skip -= 1
                elif fits:
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None


def contains(value: Any, wanted: Any) -> bool:
    """Whether value holds everything wanted: dictionaries by key, lists by item, texts by shell glob."""
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(
            key in value and contains(value[key], item) for key, item in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(value, list) and all(any(contains(one, item) for one in value) for item in wanted)
    if isinstance(wanted, str):
        return isinstance(value, str) and fnmatchcase(value, wanted)
    return bool(value == wanted)


class Buckets:
    """A token bucket for each account, Region and operation."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._levels: dict[tuple[str, ...], tuple[float, float]] = {}

    def clear(self) -> None:
        with self._lock:
            self._levels.clear()

    def take(self, key: tuple[str, ...], *, rate: float, burst: float) -> bool:
        """Whether one more request is within the quota. rate 0 means no limit, burst 0 one second's worth."""
        if not rate:
            return True
        size = burst or max(1.0, rate)
        now = time.monotonic()
        with self._lock:
            level, since = self._levels.get(key, (size, now))
            level = min(size, level + (now - since) * rate)
            allowed = level >= 1
            self._levels[key] = (level - allowed, now)
        return allowed
