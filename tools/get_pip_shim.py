# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets ``ansible-test --venv`` install pip from the Python at hand instead of downloading its get-pip.py.

Run with the Python of an environment that holds ansible-core. A file that is in ansible-test's cache already stays.
"""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

SHIM = """\
import subprocess
import sys

packages = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
subprocess.check_call([sys.executable, "-m", "ensurepip", "--default-pip"])
subprocess.check_call([sys.executable, "-m", "pip", "install", "--quiet", *packages])
"""


def wanted_pip_version() -> str:
    """Return the version of pip that this ansible-test asks for, such as ``24.2``."""
    source = (files("ansible_test") / "_internal" / "python_requirements.py").read_text(encoding="utf-8")
    match = re.search(r"default_packages = dict\(\s*pip='([^']+)'", source)
    if match is None:
        raise SystemExit("The version of pip was not found in ansible_test/_internal/python_requirements.py.")
    return match.group(1)


def main() -> None:
    """Write the shim under the name that ansible-test looks for, if nothing is there."""
    shim = Path.home() / ".ansible" / "test" / "cache" / f"get_pip_{wanted_pip_version().replace('.', '_')}.py"
    if not shim.exists():
        shim.parent.mkdir(parents=True, exist_ok=True)
        shim.write_text(SHIM, encoding="utf-8")


if __name__ == "__main__":
    main()
