# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What filters bring along. Ansible imports them anew in many tasks, so each library costs often."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
from ansible_collections.acx.cleanrooms.plugins.filter import (
    ids, inventory, migration, overview, report, summary, verification
)
sys.exit("botocore" in sys.modules)
"""


def test_filters_do_without_boto3() -> None:
    subprocess.run([sys.executable, "-c", CODE], check=True)
