# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Puts amazon.aws as it is in a version of the package ansible beside ansible-core, without Galaxy.

Usage: ``ENVIRONMENT/bin/python tools/get_amazon_aws.py 12.0.0``
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from zipfile import ZipFile


def main() -> None:
    """Take the collection out of the wheel, which may be one for newer Pythons than this."""
    version = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        subprocess.check_call([*pip, "--no-deps", "--ignore-requires-python", "--dest", folder, f"ansible=={version}"])
        (wheel,) = Path(folder).glob("*.whl")
        with ZipFile(wheel) as archive:
            ours = [name for name in archive.namelist() if name.startswith("ansible_collections/amazon/aws/")]
            archive.extractall(sysconfig.get_path("purelib"), ours)


if __name__ == "__main__":
    main()
