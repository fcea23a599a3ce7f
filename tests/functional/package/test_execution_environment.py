# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ansible-builder makes a build context of execution-environment.yml, with this collection and what it needs in it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from playbooks_world import CHECKOUT


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def context(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build context, made as the top of the file says, in a folder of its own."""
    folder = tmp_path_factory.mktemp("image")
    for path in (archive, CHECKOUT / "execution-environment.yml"):
        shutil.copy(path, folder)
    run(folder, "ansible-builder", "create", "--file", "execution-environment.yml")
    return folder / "context"


def test_this_collection_and_amazon_aws_are_installed(context: Path) -> None:
    requirements = yaml.safe_load((context / "_build/requirements.yml").read_text(encoding="utf-8"))["collections"]
    ours, amazon = requirements
    # The context's folder _build becomes /build.
    (dockerfile,) = (path for path in (context / "Dockerfile", context / "Containerfile") if path.exists())
    assert "COPY _build /build" in dockerfile.read_text(encoding="utf-8")
    assert ours["type"] == "file"
    assert (context / "_build" / Path(ours["name"]).relative_to("/build")).is_file()
    galaxy = yaml.safe_load((CHECKOUT / "galaxy.yml").read_text(encoding="utf-8"))
    assert ours["name"].endswith(f"/acx-cleanrooms-{galaxy['version']}.tar.gz")
    assert {amazon["name"]: amazon["version"]} == galaxy["dependencies"]


def test_the_builder_finds_the_python_packages_in_the_collection(archive: Path, tmp_path: Path) -> None:
    run(tmp_path, "ansible-galaxy", "collection", "install", "--no-deps", "--force", "-p", str(tmp_path), str(archive))
    found = run(tmp_path, "ansible-builder", "introspect", str(tmp_path))
    for line in (CHECKOUT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or f"{line}  # from collection acx.cleanrooms" in found
