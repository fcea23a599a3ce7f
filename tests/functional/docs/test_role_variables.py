# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables of the role: each step documents those that it uses, and no others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).parents[3]
ROLE = CHECKOUT / "roles" / "cleanrooms"
SPECS = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
DEFAULTS = yaml.safe_load((ROLE / "defaults/main.yml").read_text(encoding="utf-8"))
VARIABLES = {variable for spec in SPECS.values() for variable in spec["options"]}


def without_comments(path: Path) -> str:
    return re.sub(r"^ *#.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)


def named_in(text: str) -> set[str]:
    """Return the names of variables in a text, and not those of modules and filters."""
    return set(re.findall(r"(?<![\w.])cleanrooms_\w+", text))


def text_of(step: str) -> str:
    """Return the tasks of a step, those of the files that it takes in too."""
    text = without_comments(ROLE / f"tasks/{step}.yml")
    return text + "".join(text_of(name) for name in re.findall(r"(?:import|include)_tasks: (\w+)\.yml", text))


def facts_of(text: str) -> set[str]:
    """Return the variables that tasks set as facts."""
    found = re.findall(r"^( *)ansible\.builtin\.set_fact:\n((?:\1 +.*\n)+)", text, re.MULTILINE)
    return {name for _indent, facts in found for name in re.findall(r"^ *(cleanrooms_\w+):", facts, re.MULTILINE)}


def with_defaults(variables: Iterable[str]) -> set[str]:
    """Return variables with those that their defaults are made of."""
    found = set(variables)
    while more := {name for one in found for name in named_in(str(DEFAULTS.get(one, "")))} - found:
        found |= more
    return found


@pytest.mark.parametrize("step", SPECS)
def test_each_step_documents_the_variables_that_it_uses(step: str) -> None:
    text, documented = text_of(step), set(SPECS[step]["options"])
    used = named_in(text)
    assert (used & VARIABLES) - documented - facts_of(text) == set()
    assert documented - with_defaults(used) == set()
