# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that compare a prediction with the result, and results with their documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

import yaml

# What check mode cannot know of a thing that is not made yet.
IDS = ("id", "arn", "membership_id", "at")
TYPES: dict[str, type] = {"str": str, "bool": bool, "int": int, "list": list, "dict": dict}
# What every module returns, or Ansible adds.
COMMON = {"changed", "deprecations", "diff", "exception", "failed", "invocation", "module_stderr", "module_stdout"}
COMMON |= {"msg", "rc", "resource_actions", "warnings"}


def without_ids(value: Any) -> Any:
    """Return a result without the ids that AWS gives."""
    if isinstance(value, Mapping):
        return {key: without_ids(one) for key, one in value.items() if key not in IDS}
    if isinstance(value, (list, tuple)):
        return [without_ids(one) for one in value]
    return value


def _documented(returns: Mapping[str, Any], path: str = "") -> set[str]:
    """Return the paths of all keys that RETURN documents."""
    found = {f"{path}{key}" for key in returns}
    return found.union(*(_documented(one.get("contains", {}), f"{path}{key}.") for key, one in returns.items()))


def _returned(value: Mapping[str, Any], returns: Mapping[str, Any], path: str = "") -> set[str]:
    """Return the paths of all keys in a result, as deep as RETURN documents keys."""
    found = {f"{path}{key}" for key in value}
    for key, one in value.items():
        contains = returns.get(key, {}).get("contains")
        for inner in one if contains and isinstance(one, list) else []:
            found |= _returned(inner, contains, f"{path}{key}.")
    return found


def _differing_keys(results: Iterable[Mapping[str, Any]], returns: Mapping[str, Any]) -> set[str]:
    ours = [{key: one for key, one in result.items() if key not in COMMON} for result in results]
    returned = set().union(*(_returned(result, returns) for result in ours))
    # The targets have no record file.
    documented = _documented(returns) - {"record", "memberships.unreviewed"}
    found = {f"{path} is documented and never returned" for path in documented - returned}
    return found | {f"{path} is returned and not documented" for path in returned - documented}


def misdocumented(results: Iterable[Mapping[str, Any]], module: str) -> list[str]:
    """Return where results have other keys or types than RETURN documents, or a sample has keys that none has."""
    loaded = import_module(f"ansible_collections.acx.cleanrooms.plugins.modules.{module}")
    returns = yaml.safe_load(loaded.RETURN)
    values: dict[str, list[Any]] = {}
    for result in results:
        _collect(result, returns, "", values)
    found = _differing_keys(results, returns)
    for path, documented in _leaves(returns, ""):
        returned = values.get(path, [])
        right = TYPES[documented["type"]]
        found |= {f"{path} is {one!r}, not {documented['type']}" for one in returned if not _is(one, right)}
        if documented["type"] == "list":
            inner = TYPES[documented["elements"]]
            elements = [element for one in returned for element in one]
            found |= {f"{path} holds {one!r}, not {documented['elements']}" for one in elements if not _is(one, inner)}
        keys = {key for one in returned for key in _keys(one)}
        if keys and not path.endswith("tags"):  # whose keys are the user's own
            found |= {f"{path}.{key} is in the sample alone" for key in _keys(documented["sample"]) - keys}
    return sorted(found)


def _is(value: Any, right: type) -> bool:
    return isinstance(value, right) and (right is bool or not isinstance(value, bool))


def _keys(value: Any) -> set[str]:
    if isinstance(value, list):
        return {key for one in value for key in _keys(one)}
    return set(value) if isinstance(value, Mapping) else set()


def _collect(value: Mapping[str, Any], returns: Mapping[str, Any], path: str, values: dict[str, list[Any]]) -> None:
    for key in value.keys() & returns.keys():
        values.setdefault(f"{path}{key}", []).append(value[key])
        for inner in value[key] if "contains" in returns[key] else []:
            _collect(inner, returns[key]["contains"], f"{path}{key}.", values)


def _leaves(returns: Mapping[str, Any], path: str) -> Iterable[tuple[str, Mapping[str, Any]]]:
    for key, one in returns.items():
        if "contains" in one:
            yield from _leaves(one["contains"], f"{path}{key}.")
        else:
            yield f"{path}{key}", one


class FilterModule:
    """The filters by their names."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters."""
        return {"cleanrooms_without_ids": without_ids, "cleanrooms_misdocumented": misdocumented}
