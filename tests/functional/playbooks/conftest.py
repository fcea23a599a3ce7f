# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fresh workplace for each test or, where runs are shared, for each file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playbooks_world import Workplace, make_workplace

from emulator import Emulator


@pytest.fixture
def workplace(running: Emulator, tmp_path: Path) -> Iterator[Workplace]:
    """A workplace with nothing accepted yet. No answer of the emulator may have broken AWS's model."""
    yield make_workplace(running, tmp_path)
    assert running.control.counts()["violations"] == []


@pytest.fixture(scope="module")
def shared_workplace(running: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """The same for a whole file, whose tests look at runs that are made once."""
    yield make_workplace(running, tmp_path_factory.mktemp("workplace"))
    assert running.control.counts()["violations"] == []
