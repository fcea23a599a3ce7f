# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every row of "what is modelled" in the emulator's README has a contract test, or a note why none can be."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

README = Path(__file__).parents[1] / "emulator" / "README.md"

# By the row's first words.
NOTES = {
    "IAM_SYNCHRONIZATION_DELAY": "How long AWS takes to know a new role is chance; the emulator's setting is tested.",
    "intermediate tables": "They are made by a query that runs, which the emulator has not; its scenarios have them.",
}


def rows() -> dict[str, str]:
    """The source of each rule."""
    _before, _title, section = README.read_text(encoding="utf-8").partition("## What is modelled")
    table = section.partition("| --- | --- |\n")[2].partition("\n\n")[0]
    return dict(line.strip("| ").split(" | ") for line in table.splitlines())


def marks() -> list[Any]:
    """What the tests of this folder are marked with."""
    modules = [importlib.import_module(path.stem) for path in sorted(Path(__file__).parent.glob("test_*.py"))]
    tests = [value for module in modules for name, value in vars(module).items() if name.startswith("test_")]
    return [mark for test in tests for mark in getattr(test, "pytestmark", []) if mark.name == "row"]


def test_every_row_has_tests_or_a_note_and_every_test_a_row() -> None:
    tested = {mark.args[0] for mark in marks()}
    assert not tested & set(NOTES)
    for rule in rows():
        assert len({start for start in tested | set(NOTES) if rule.startswith(start)}) == 1, rule
    for start in tested | set(NOTES):
        assert [rule.startswith(start) for rule in rows()].count(True) == 1, f"{start} names no row, or several."


def test_sources_are_those_of_the_rows() -> None:
    for mark in marks():
        (source,) = (text for rule, text in rows().items() if rule.startswith(mark.args[0]))
        assert mark.kwargs["source"] in source
        assert mark.kwargs["sure"] == ("guess" if "guess" in source else "documented"), source
