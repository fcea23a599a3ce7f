# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulator for all tests of the folder, set back before each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from emulator_world import SCENARIO, EmulatorWorld

from emulator import Emulator


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with Emulator(SCENARIO) as running:
        yield running


@pytest.fixture
def world(emulator: Emulator) -> Iterator[EmulatorWorld]:
    """A fresh world. No answer of the test may break the service model."""
    emulator.control.reset()
    yield EmulatorWorld(emulator)
    assert emulator.control.counts()["violations"] == []
