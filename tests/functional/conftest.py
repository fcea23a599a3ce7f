# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What holds for all tests here: one emulator, and a machine that is slow or busy makes no test fail."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from emulator import Emulator

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def running() -> Iterator[Emulator]:
    """An emulator for all tests of modules and playbooks, each of which begins anew in it."""
    with Emulator({}) as emulator:
        yield emulator
