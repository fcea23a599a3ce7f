# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One emulator for the folder, and a fresh workplace for each test or, where runs are shared, for each file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playbooks_world import Workplace, make_workplace

from emulator import Emulator


@pytest.fixture(scope="session")
def playbook_emulator() -> Iterator[Emulator]:
    with Emulator({}) as emulator:
        yield emulator


@pytest.fixture
def workplace(playbook_emulator: Emulator, tmp_path: Path) -> Iterator[Workplace]:
    """A workplace with nothing accepted yet. No answer of the emulator may have broken AWS's model."""
    yield make_workplace(playbook_emulator, tmp_path)
    assert playbook_emulator.control.counts()["violations"] == []


@pytest.fixture(scope="module")
def shared_workplace(playbook_emulator: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """The same for a whole file, whose tests look at runs that are made once."""
    yield make_workplace(playbook_emulator, tmp_path_factory.mktemp("workplace"))
    assert playbook_emulator.control.counts()["violations"] == []
