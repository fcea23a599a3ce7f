# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios: what is there at the start, or is added later, as YAML or a dictionary. The README has the schema."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path
from typing import Any

import yaml

Scenario = dict[str, Any]
DEFAULT_COLUMNS = ["id", "segment", "day"]

KEYS = {
    "scenario": "region accounts roles id_namespaces configured_tables collaborations members memberships settings "
    "faults",
    "accounts": "id name access_keys",
    "roles": "account names path",
    "id_namespaces": "account region name type",
    "configured_tables": "account region names id description rule_type rule providers columns database "
    "analysis_method tags",
    "collaborations": "region name id description creator creator_display_name creator_abilities creator_pays "
    "creator_joined members query_log_status options tags status",
    "members": "region collaboration account display_name abilities pays status payment ml_abilities",
    "memberships": "region collaboration account id status query_log_status options tags associations id_namespaces",
    "associations": "id tables name prefix role description tags rule intermediate_tables",
    "association rules": "type receivers additional_analyses",
    "membership id_namespaces": "id name namespace arn description manage_resource_policies id_mapping_config tags",
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
    return loaded or {}


def check_keys(kind: str, data: Any) -> None:
    if not isinstance(data, dict):
        raise ScenarioError(f"Each of '{kind}' must be a mapping, not {data!r}.")
    known = KEYS[kind].split()
    unknown = [str(key) for key in data if key not in known]
    if unknown:
        raise ScenarioError(f"'{kind}' has no '{unknown[0]}'. It may have {', '.join(known)}.")


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
