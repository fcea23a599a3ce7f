# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No option without a test: each is given as an argument in a test that runs its module."""

from __future__ import annotations

import importlib
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[2]
MODULES = sorted(path.stem for path in (TESTS.parent / "plugins" / "modules").glob("*.py"))


def options_of(module: str) -> list[str]:
    return list(importlib.import_module(f"ansible_collections.acx.cleanrooms.plugins.modules.{module}").ARGUMENT_SPEC)


@cache
def texts_of(module: str) -> str:
    """Return every test, of modules and integration, that runs a module; not those that give every option anything."""
    python = [path for path in (TESTS / "functional" / "engine").glob("test_*.py") if path.stem != "test_fuzz"]
    python = [path for path in python if f'"{module.removeprefix("cleanrooms_")}"' in path.read_text(encoding="utf-8")]
    shared = [TESTS / "functional" / "engine" / "engine_world.py"]
    yaml = (TESTS / "integration" / "targets" / module).rglob("*.yml")
    return "\n".join(path.read_text(encoding="utf-8") for path in [*python, *shared, *yaml])


OPTIONS = [(module, option) for module in MODULES for option in options_of(module)]


@pytest.mark.parametrize(("module", "option"), OPTIONS)
def test_every_option_is_given_in_a_test(module: str, option: str) -> None:
    assert re.search(rf"""\b{option}=|["']{option}["']: |^ *{option}: """, texts_of(module), re.MULTILINE)
