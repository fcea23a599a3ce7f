# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive holds what users need and nothing else of a checkout, and ansible-builder makes a build context of it."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from pathlib import Path

import yaml
from playbooks_world import CHECKOUT

OF_THE_BUILD = {"MANIFEST.json", "FILES.json"}
PUBLISHED = """
CHANGELOG.rst CONTRIBUTING.md LICENSE README.md SECURITY.md changelogs docs execution-environment.yml extensions
inventory meta playbooks plugins requirements.txt requirements.yml roles
"""
# What makes the documentation site, and what a release has taken up.
LEFT_OUT = (
    "docs/awx/run.yml",
    "docs/docsite/conf.py",
    "docs/docsite/index.md",
    "docs/docsite/site.css",
    "changelogs/fragments/",
)
LARGEST = 300_000  # bytes, packed


def run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_everything_in_it_is_in_git_and_nothing_is_missing(archive: Path) -> None:
    with tarfile.open(archive) as content:
        members = content.getmembers()
    files = {one.name for one in members if not one.isdir()}
    tracked = run(CHECKOUT, "git", "ls-files", *PUBLISHED.split()).splitlines()
    assert files - OF_THE_BUILD == {name for name in tracked if not name.startswith(LEFT_OUT)}
    assert files >= OF_THE_BUILD | {name for name in PUBLISHED.split() if "." in name}
    for one in members:  # plain files of nobody
        assert one.isdir() or one.isfile(), one.name
        assert (one.uname, one.gname, one.uid, one.gid) == ("", "", 0, 0)
    assert archive.stat().st_size < LARGEST


def test_the_image_installs_this_collection_and_amazon_aws(archive: Path, tmp_path: Path) -> None:
    """As the top of the file says, in a folder of its own."""
    for path in (archive, CHECKOUT / "execution-environment.yml"):
        shutil.copy(path, tmp_path)
    run(tmp_path, "ansible-builder", "create", "--file", "execution-environment.yml")
    context = tmp_path / "context"
    ours, amazon = yaml.safe_load((context / "_build/requirements.yml").read_text(encoding="utf-8"))["collections"]
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
