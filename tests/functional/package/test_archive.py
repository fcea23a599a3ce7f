# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The archive holds what users need, all of it, and nothing that lies about in a checkout."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playbooks_world import CHECKOUT

OF_THE_BUILD = {"MANIFEST.json", "FILES.json"}
TOP_LEVEL = OF_THE_BUILD | {
    "CHANGELOG.rst",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "changelogs",
    "docs",
    "execution-environment.yml",
    "extensions",
    "inventory",
    "meta",
    "playbooks",
    "plugins",
    "requirements.txt",
    "requirements.yml",
    "roles",
}
# What makes the documentation site, and what a release has taken up.
LEFT_OUT = (
    "docs/awx/run.yml",
    "docs/docsite/conf.py",
    "docs/docsite/index.md",
    "docs/docsite/site.css",
    "changelogs/fragments/",
)
LARGEST = 300_000  # bytes, packed


@pytest.fixture(scope="module")
def content(archive: Path) -> Iterator[tarfile.TarFile]:
    with tarfile.open(archive) as opened:
        yield opened


@pytest.fixture(scope="module")
def files(content: tarfile.TarFile) -> set[str]:
    return {one.name for one in content.getmembers() if not one.isdir()}


def test_its_folders_and_files(files: set[str]) -> None:
    assert {name.partition("/")[0] for name in files} == TOP_LEVEL


def test_everything_in_it_is_in_git_and_nothing_is_missing(files: set[str]) -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True).stdout
    tracked = {name for name in listed.splitlines() if name.partition("/")[0] in TOP_LEVEL}
    assert files - OF_THE_BUILD == {name for name in tracked if not name.startswith(LEFT_OUT)}


def test_it_holds_plain_files_of_nobody(content: tarfile.TarFile) -> None:
    for one in content.getmembers():
        assert one.isdir() or one.isfile(), one.name
        assert (one.uname, one.gname, one.uid, one.gid) == ("", "", 0, 0)


def test_it_stays_small(archive: Path) -> None:
    assert archive.stat().st_size < LARGEST
