# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive that Galaxy would hold, built once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from playbooks_world import CHECKOUT


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    galaxy = Path(sys.executable).parent / "ansible-galaxy"
    command = [galaxy, "collection", "build", "--output-path", folder, CHECKOUT]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    (built,) = folder.glob("acx-cleanrooms-*.tar.gz")
    return built
