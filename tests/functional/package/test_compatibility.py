# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What docs/compatibility.md promises is what is tested, and what the collection's own files ask for."""

from __future__ import annotations

import re
import subprocess

import yaml
from playbooks_world import CHECKOUT

OLDEST, NEWEST = ["2.18", "3.11", "12.0.0", "1.43.71"], ["2.21", "3.13", "14.5.0", "1.44.5"]


def read(path: str) -> str:
    return (CHECKOUT / path).read_text(encoding="utf-8")


def test_the_page_names_the_ends_of_the_matrix() -> None:
    lines = [line.split() for line in read("tests/matrix.txt").splitlines() if not line.startswith("#")]
    assert (lines[0], lines[-1]) == (OLDEST, NEWEST)
    assert {line[0] for line in lines} == {"2.18", "2.19", "2.20", "2.21"}
    page = read("docs/compatibility.md")
    for name, column in (("ansible-core", 0), ("Python", 1), ("boto3", 3)):
        row = next(line for line in page.splitlines() if line.startswith(f"| {name}"))
        assert [cell.strip() for cell in row.split("|")][2:4] == [OLDEST[column], NEWEST[column]]


def test_the_environments_of_the_tests_are_the_ends() -> None:
    core, python, ansible, boto3 = OLDEST
    recipe = re.search(rf"AMAZON_FROM={ansible} .* {python} \\\n.*", read("Makefile"))
    assert recipe
    assert f"ansible-core=={core}." in recipe[0]
    assert f"boto3=={boto3} botocore=={boto3}" in recipe[0]
    newest = read("requirements-demo.txt")
    assert f"ansible=={NEWEST[2]} ;" in newest
    assert f"boto3=={NEWEST[3]}\n" in newest


def test_every_test_runs_on_one_of_them() -> None:
    every, run = set((CHECKOUT / "tests").rglob("test_*.py")), set()
    for core in ("2.18", "2.19", "2.21"):
        command = [CHECKOUT / "tools/chosen-tests", core]
        words = subprocess.run(command, cwd=CHECKOUT, check=True, stdout=subprocess.PIPE, text=True).stdout.split()
        left_out = [CHECKOUT / word.removeprefix("--ignore=") for word in words if word.startswith("--ignore=")]
        chosen = [CHECKOUT / word for word in words if not word.startswith("--")]
        run |= {one for one in every if {one, *one.parents} & {*chosen} and not {one, *one.parents} & {*left_out}}
    assert every == run


def test_the_collection_asks_for_the_oldest() -> None:
    assert yaml.safe_load(read("meta/runtime.yml"))["requires_ansible"] == f">={OLDEST[0]}.0"
    assert yaml.safe_load(read("galaxy.yml"))["dependencies"] == {"amazon.aws": ">=10.0.0"}


def test_the_images_that_are_named_hold_this_version() -> None:
    version = yaml.safe_load(read("galaxy.yml"))["version"]
    files = [CHECKOUT / "execution-environment.yml", *(CHECKOUT / "docs").rglob("*.*")]
    texts = [path.read_text(encoding="utf-8") for path in files]
    named = [found for text in texts for found in re.findall(r"acx-cleanrooms[-:](\d[\d.]*\d)", text)]
    assert len(named) >= 6
    assert set(named) == {version}
