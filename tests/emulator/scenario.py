# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios: what is there at the start, or is added later, as YAML or a dictionary. The README has the schema."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import yaml

Scenario = dict[str, Any]
# What a value must be, in words and as a function.
Shape = tuple[str, Callable[[Any], bool]]
DEFAULT_COLUMNS = ["id", "segment", "day"]

# Every key of every kind, and what its value must be: one of SHAPES, one of several words (a|b), or a list of things of
# another kind (kind*).
KEYS = {
    "scenario": "region=text accounts=accounts* roles=roles* id_namespaces=id_namespaces* "
    "configured_tables=configured_tables* collaborations=collaborations* members=members* memberships=memberships* "
    "settings=mapping faults=faults*",
    "accounts": "id=account name=text access_keys=texts",
    "roles": "account=account names=names path=text",
    "id_namespaces": "account=account region=text name=text type=SOURCE|TARGET",
    "configured_tables": "account=account region=text names=names id=text description=text "
    "rule_type=CUSTOM|LIST|AGGREGATION|none rule=mapping providers=account_list columns=texts database=text "
    "analysis_method=DIRECT_QUERY|DIRECT_JOB|MULTIPLE tags=tags",
    "collaborations": "region=text name=text id=text description=text creator=account creator_display_name=text "
    "creator_abilities=texts creator_pays=flag creator_joined=flag members=members* query_log_status=ENABLED|DISABLED "
    "options=mapping tags=tags status=active|deleted",
    "members": "region=text collaboration=text account=account display_name=text abilities=texts pays=flag "
    "status=INVITED|ACTIVE|LEFT|REMOVED payment=mapping ml_abilities=mapping",
    "memberships": "region=text collaboration=text account=account id=text status=ACTIVE|REMOVED|COLLABORATION_DELETED "
    "query_log_status=ENABLED|DISABLED options=mapping tags=tags associations=associations* "
    "id_namespaces=membership_id_namespaces*",
    "associations": "id=text tables=names name=text prefix=text role=text description=text tags=tags rule=rule "
    "intermediate_tables=texts",
    "rule": "type=CUSTOM|LIST|AGGREGATION receivers=account_list additional_analyses=texts",
    "membership_id_namespaces": "id=text name=text namespace=text arn=text description=text "
    "manage_resource_policies=flag id_mapping_config=mapping tags=tags",
    "faults": "operation=text account=account region=text parameters=mapping skip=count times=limit when=before|after "
    "hang=amount drop=flag error=mapping answer=mapping scenario=scenario",
}


def is_list(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and all(fits(item) for item in value)


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def is_amount(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def is_count(value: Any) -> bool:
    return isinstance(value, int) and is_amount(value)


def is_account(value: Any) -> bool:
    """YAML reads an id without quotes as a number."""
    return is_text(value) or (is_count(value) and value < 10**12)


def is_tags(value: Any) -> bool:
    return isinstance(value, dict) and is_list([*value, *value.values()], is_text)


SHAPES: dict[str, Shape] = {
    "text": ("a text", is_text),
    "texts": ("a list of texts", lambda value: is_list(value, is_text)),
    "names": ("a text or a list of texts", lambda value: is_text(value) or is_list(value, is_text)),
    "account": ("an account's id or name", is_account),
    "account_list": ("a list of accounts' ids or names", lambda value: is_list(value, is_account)),
    "flag": ("true or false", lambda value: isinstance(value, bool)),
    "count": ("a whole number that is not negative", is_count),
    "limit": ("a whole number that is not negative, or null", lambda value: value is None or is_count(value)),
    "amount": ("a number that is not negative", is_amount),
    "mapping": ("a mapping", lambda value: isinstance(value, dict)),
    "tags": ("a mapping of texts", is_tags),
    "rule": ("a mapping, or none", lambda value: isinstance(value, dict) or value == "none"),
    "scenario": ("a mapping", lambda value: isinstance(value, dict)),
}


class ScenarioError(ValueError):
    """A scenario that makes no sense; the text says where."""


def load_scenario(source: Scenario | Path | str | None) -> Scenario:
    """A scenario from a YAML file, or as it is given."""
    if source is None or isinstance(source, dict):
        return source or {}
    try:
        loaded = yaml.safe_load(Path(source).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ScenarioError(f"{source} is not YAML: {error}") from error
    return {} if loaded is None else loaded


def check_shapes(kind: str, data: Any, error: type[ValueError] = ScenarioError) -> None:
    """Raises the error for an unknown key or a value of the wrong shape, however deep."""
    if not isinstance(data, dict):
        raise error(f"Each of '{kind}' must be a mapping, not {data!r}.")
    shapes = dict(key.split("=") for key in KEYS[kind].split())
    for key, value in data.items():
        if key not in shapes:
            raise error(f"'{kind}' has no '{key}'. It may have {', '.join(shapes)}.")
        right, fits = shape_of(shapes[key])
        if not fits(value):
            raise error(f"'{key}' of '{kind}' is {value!r}; it must be {right}.")
        other_kind = shapes[key].removesuffix("*")
        if other_kind in KEYS and value != "none":
            for item in value if isinstance(value, list) else [value]:
                check_shapes(other_kind, item, error)


def shape_of(text: str) -> Shape:
    if text.endswith("*"):
        return "a list", lambda value: isinstance(value, list)
    words = text.split("|")
    return (" or ".join(words), lambda value: value in words) if len(words) > 1 else SHAPES[text]


def need(kind: str, data: dict[str, Any], key: str) -> Any:
    if key not in data:
        raise ScenarioError(f"One of '{kind}' lacks '{key}': {data!r}.")
    return data[key]


def expand(names: str | list[str]) -> list[str]:
    """Names with ranges and choices written out: part_{01..03} and dim_{calendar,region}."""
    expanded = []
    for name in [names] if isinstance(names, str) else names:
        parts = re.split(r"(\{[^{}]*(?:\.\.|,)[^{}]*\})", name)
        expanded += ["".join(choice) for choice in product(*(choices(part) for part in parts))]
    return expanded


def choices(part: str) -> list[str]:
    inside = re.fullmatch(r"\{(?:(\d+)\.\.(\d+)|([^{}]*,[^{}]*))\}", part)
    if inside is None:
        return [part]
    if inside[3] is not None:
        return inside[3].split(",")
    return [str(number).zfill(len(inside[1])) for number in range(int(inside[1]), int(inside[2]) + 1)]
