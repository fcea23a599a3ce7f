# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulator for all tests of the folder, set back before each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from emulator_world import SCENARIO, World

from emulator import Emulator


@pytest.fixture(scope="session")
def emulator() -> Iterator[Emulator]:
    with Emulator(SCENARIO) as running:
        yield running


@pytest.fixture
def world(emulator: Emulator) -> Iterator[World]:
    """A fresh world. No answer of the test may break the service model."""
    emulator.control.reset()
    yield World(emulator)
    assert emulator.control.counts()["violations"] == []


@pytest.fixture
def refused() -> Callable[..., dict[str, Any]]:
    """refused(error class, call, **parameters): the call fails with this error; its parsed answer."""

    def check(error_class: type[Exception], call: Callable[..., Any], **parameters: Any) -> dict[str, Any]:
        with pytest.raises(error_class) as caught:
            call(**parameters)
        response: dict[str, Any] = caught.value.response  # type: ignore[attr-defined]
        return response

    return check
