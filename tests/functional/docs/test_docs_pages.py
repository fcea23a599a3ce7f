# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the pages say of playbooks, modules, messages and each other is compared with what is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import FURTHER_PERMISSIONS, REMEDIES

CHECKOUT = Path(__file__).parents[3]
DOCS = CHECKOUT / "docs"
PLAYBOOKS = {path.stem: path for path in (CHECKOUT / "playbooks").glob("*.yml")}
MODULES = {path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py")}
SPECS = yaml.safe_load((CHECKOUT / "roles/cleanrooms/meta/argument_specs.yml").read_text(encoding="utf-8"))
ROLE = "ansible.builtin.import_role"
THREATS = (DOCS / "threat-model.md").read_text(encoding="utf-8")
PROOF = re.compile(r"`((?:unit|functional)/[\w/.]+\.py)((?:::\w+)*)`")
WRITTEN_BY = {
    "accept": "AWS",
    "associate": "AWS",
    "leave": "AWS",
    "record": "record",
    "rebuild": "record",
    "report": "report",
    "init": "inventory",
}


def rows(text: str, columns: int) -> list[list[str]]:
    """Return the cells of the tables that have so many columns, without the headings."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    tables = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [cells for cells in tables if len(cells) == columns and cells[0].startswith(("`", "**"))]


def tasks_of(playbook: str) -> Iterator[dict[str, Any]]:
    """Yield the tasks of a playbook, those of blocks and of playbooks that it imports too."""

    def tasks_in(tasks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for task in tasks:
            inner = [one for part in ("block", "rescue", "always") for one in task.get(part, [])]
            yield from tasks_in(inner) if inner else [task]

    for play in yaml.safe_load(PLAYBOOKS[playbook].read_text(encoding="utf-8")):
        if "ansible.builtin.import_playbook" in play:
            yield from tasks_of(Path(play["ansible.builtin.import_playbook"]).stem)
        else:
            yield from tasks_in(play["tasks"])


def tags_of(playbook: str) -> set[str]:
    """Return the tags that choose parts of a playbook, those within its steps too."""
    tags = {tag for task in tasks_of(playbook) for tag in task.get("tags", [])}
    if "associate" in tags:
        text = (CHECKOUT / "roles/cleanrooms/tasks/associate.yml").read_text(encoding="utf-8")
        tags |= {tag for task in yaml.safe_load(text) for tag in task.get("tags", [])}
    return tags - {"always"}


def test_the_table_of_playbooks() -> None:
    page = (DOCS / "playbooks.md").read_text(encoding="utf-8")
    table = {row[0].strip("`"): row for row in rows(page, 4)}
    assert set(table) == set(PLAYBOOKS)
    for name, (_name, writes, variables, tags) in table.items():
        steps = {task[ROLE]["tasks_from"] for task in tasks_of(name) if ROLE in task}
        assert set(filter(None, writes.split(", "))) == {WRITTEN_BY[step] for step in steps & set(WRITTEN_BY)}, name
        assert set(filter(None, tags.split(", "))) == tags_of(name), name
        known = {option for step in steps for option in SPECS["argument_specs"][step]["options"]}
        assert set(re.findall(r"cleanrooms_\w+", variables)) <= known, name


def test_variables_that_pages_name_are_there() -> None:
    known = {option for spec in SPECS["argument_specs"].values() for option in spec["options"]}
    known |= {f"cleanrooms_{option}" for option in ("region", "profile", "requests_per_second", "endpoint_url")}
    text = (DOCS / "playbooks.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(cleanrooms_\w+)`", text))
    assert len(named) > 30
    assert named <= known


def test_the_readme_lists_every_playbook_and_module() -> None:
    named = [row[0].strip("`") for row in rows((CHECKOUT / "README.md").read_text(encoding="utf-8"), 2)]
    assert sorted(named) == sorted([*PLAYBOOKS, *MODULES])


def test_the_readme_is_short() -> None:
    assert len((CHECKOUT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_the_list_of_guides_names_every_guide() -> None:
    named = set(re.findall(r"\]\(([\w-]+\.md)\)", (DOCS / "README.md").read_text(encoding="utf-8")))
    assert named == {path.name for path in DOCS.glob("*.md")} - {"README.md"}


def test_links_between_pages_lead_somewhere() -> None:
    pages = [*CHECKOUT.glob("*.md"), *DOCS.glob("*.md"), *CHECKOUT.glob("roles/*/README.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_targets_of_make_that_pages_name_are_there() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    for page in [*CHECKOUT.glob("*.md"), *DOCS.glob("*.md")]:
        code = re.findall(r"(?:^|`)make ([a-z0-9. -]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
        for target in {one for targets in code for one in targets.split()}:
            assert re.search(rf"^{re.escape(target)}:.*## ", makefile, re.MULTILINE), f"{page.name}: {target}"


def texts_of_python(path: Path) -> Iterator[str]:
    """Yield the texts in a Python file; what an f-string puts in is a NUL."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def messages_of_the_page() -> list[str]:
    """Return the messages that the page on troubleshooting quotes."""
    page = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    return [message for row in rows(page, 2) for message in re.findall(r"`([^`]+)`", row[0])]


def test_every_message_that_troubleshooting_quotes_is_in_the_code() -> None:
    texts = [text for path in CHECKOUT.glob("plugins/**/*.py") for text in texts_of_python(path)]
    texts += [" ".join(path.read_text(encoding="utf-8").split()) for path in CHECKOUT.glob("roles/*/tasks/*.yml")]
    messages = messages_of_the_page()
    assert len(messages) > 40
    for message in messages:
        pattern = re.compile(".*".join(map(re.escape, message.split("<...>"))), re.DOTALL)
        assert any(pattern.search(text) for text in texts), message


def test_troubleshooting_knows_every_remedy() -> None:
    messages = messages_of_the_page()
    for told in [*REMEDIES.values(), *FURTHER_PERMISSIONS.values()]:
        if not told.startswith("Run again"):
            assert any(message in told for message in messages), told


def functions_of(path: Path) -> set[str]:
    """Return the functions of a test file, those of classes as C(Class::function)."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return found


def test_the_proofs_that_the_threat_model_names_are_there() -> None:
    named = PROOF.findall(THREATS)
    assert len(named) >= 20
    for file, function in named:
        path = CHECKOUT / "tests" / file
        assert path.is_file(), file
        assert not function or function.removeprefix("::") in functions_of(path), f"{file}{function}"


def test_every_threat_has_a_proof() -> None:
    threats = [line for line in THREATS.splitlines() if line.startswith("| **")]
    assert len(threats) >= 15
    assert all(PROOF.search(row) or "](" in row for row in threats)
