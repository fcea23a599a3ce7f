# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every test that the threat model names is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

CHECKOUT = Path(__file__).parents[3]
NAMED = re.compile(r"`((?:unit|functional)/[\w/.]+\.py)((?:::\w+)*)`")


def names_in(path: Path) -> set[str]:
    """Return the functions of a test file, those of classes as C(Class::function)."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return found


def test_the_tests_that_it_names_are_there() -> None:
    text = (CHECKOUT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    named = NAMED.findall(text)
    assert len(named) >= 20
    for file, function in named:
        path = CHECKOUT / "tests" / file
        assert path.is_file(), file
        assert not function or function.removeprefix("::") in names_in(path), f"{file}{function}"


def test_every_row_names_its_proof() -> None:
    text = (CHECKOUT / "docs" / "threat-model.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| **")]
    assert len(rows) >= 15
    assert all(NAMED.search(row) or "](" in row for row in rows)
