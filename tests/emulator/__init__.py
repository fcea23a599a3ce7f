# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An offline AWS Clean Rooms on loopback; see README.md."""

from __future__ import annotations

from .client import Control, ControlError
from .scenario import ScenarioError
from .server import Emulator

__all__ = ["Control", "ControlError", "Emulator", "ScenarioError"]
