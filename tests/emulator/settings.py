# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be switched while the service runs."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from fnmatch import fnmatchcase
from typing import Any

from .scenario import is_amount

READ_PREFIXES = ("Get", "List", "BatchGet")


class SettingsError(ValueError):
    """An unknown setting or a value of the wrong type; the text names it."""


@dataclass
class Settings:
    """All settings with their defaults; see the README for each."""

    requests_per_second: float = 0.0
    requests_per_second_by_operation: dict[str, float] = field(default_factory=dict)
    burst: float = 0.0
    read_latency_ms: float = 0.0
    write_latency_ms: float = 0.0
    latency_ms_by_operation: dict[str, float] = field(default_factory=dict)
    list_lag_seconds: float = 0.0
    iam_delay_seconds: float = 0.0
    readiness_delay_seconds: float = 0.0
    page_size: int = 100
    empty_pages: int = 0
    table_associations_per_membership: int = 25
    id_namespace_associations_per_membership: int = 10
    memberships_per_account: int = 100
    configured_tables_per_account: int = 250

    def merge(self, changes: dict[str, Any]) -> None:
        """Replaces the settings given. Nothing changes when one of them is wrong (SettingsError)."""
        known = {setting.name: getattr(self, setting.name) for setting in fields(self)}
        checked: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in known:
                raise SettingsError(f"There is no setting '{name}'. Settings: {', '.join(known)}.")
            checked[name] = typed_setting(name, value, known[name])
        for name, value in checked.items():
            setattr(self, name, value)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    def rate_of(self, operation: str) -> float:
        """Requests a second that an account may send for an operation in a Region; 0 means no limit."""
        return by_operation(self.requests_per_second_by_operation, operation, self.requests_per_second)

    def latency_of(self, operation: str) -> float:
        """Seconds that an operation takes at least."""
        default = self.read_latency_ms if operation.startswith(READ_PREFIXES) else self.write_latency_ms
        return by_operation(self.latency_ms_by_operation, operation, default) / 1000


def typed_setting(name: str, value: Any, default: Any) -> Any:
    if isinstance(default, dict):
        if not isinstance(value, dict) or not all(is_amount(amount) for amount in value.values()):
            raise SettingsError(f"The setting '{name}' must map operations (shell globs) to numbers.")
        return {str(glob): float(amount) for glob, amount in value.items()}
    if not is_amount(value):
        raise SettingsError(f"The setting '{name}' must be a number that is not negative, not {value!r}.")
    if isinstance(default, int) and value != int(value):
        raise SettingsError(f"The setting '{name}' must be a whole number, not {value!r}.")
    if name == "page_size" and value < 1:
        raise SettingsError("The setting 'page_size' must be at least 1.")
    return type(default)(value)


def by_operation(amounts: dict[str, float], operation: str, default: float) -> float:
    return next((amount for glob, amount in amounts.items() if fnmatchcase(operation, glob)), default)
