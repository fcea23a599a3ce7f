# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What pages and the role say of playbooks, variables, messages and each other is compared with what is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import FURTHER_PERMISSIONS, REMEDIES

CHECKOUT = Path(__file__).parents[3]
DOCS = CHECKOUT / "docs"
PLAYBOOKS = {path.stem: path for path in (CHECKOUT / "playbooks").glob("*.yml")}
MODULES = {path.stem for path in (CHECKOUT / "plugins" / "modules").glob("*.py")}
ROLE = CHECKOUT / "roles/cleanrooms"
SPECS = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
DEFAULTS = {
    key: value
    for name in ("defaults", "vars")
    for key, value in yaml.safe_load((ROLE / name / "main.yml").read_text(encoding="utf-8")).items()
}
VARIABLES = {variable for spec in SPECS.values() for variable in spec["options"]}
IMPORT = "ansible.builtin.import_role"
PROOF = re.compile(r"`((?:unit|functional)/[\w/.]+\.py)((?:::\w+)*)`")
WRITTEN_BY = {
    **{name: {"AWS", "record"} for name in ("accept", "associate", "leave", "process_invitations", "suspend", "sync")},
    "daily": {"AWS", "record", "report"},
    "record": {"record"},
    "report": {"report"},
    "init": {"inventory"},
}
# What the actions read.
READ = {f"cleanrooms_{name}" for name in ("region", "profile", "endpoint_url", "requests_per_second", "collaborations")}
READ |= {"cleanrooms_lock_file", "cleanrooms_lock_wait", "cleanrooms_result_receivers"}


def rows(text: str, columns: int) -> list[list[str]]:
    """Return the cells of the tables that have so many columns, without the headings."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    tables = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [cells for cells in tables if len(cells) == columns and cells[0].startswith(("`", "**"))]


def entry_point_of(playbook: str) -> str:
    """Return the entry point that a playbook is, after a look for accounts unless it needs none."""
    *look, play = yaml.safe_load(PLAYBOOKS[playbook].read_text(encoding="utf-8"))
    assert [one["ansible.builtin.import_playbook"] for one in look] == ["parts/accounts.yml"] * (playbook != "init")
    (entry_point,) = (task[IMPORT]["tasks_from"] for task in play["tasks"] if IMPORT in task)
    return str(entry_point)


def test_the_table_of_playbooks() -> None:
    page = (DOCS / "playbooks.md").read_text(encoding="utf-8")
    table = {row[0].strip("`"): row for row in rows(page, 3)}
    assert set(table) == set(PLAYBOOKS) == set(SPECS)
    for name, (_name, writes, variables) in table.items():
        assert entry_point_of(name) == name
        assert set(filter(None, writes.split(", "))) == WRITTEN_BY.get(name, set()), name
        assert set(re.findall(r"cleanrooms_\w+", variables)) <= set(SPECS[name]["options"]), name


def test_variables_that_pages_name_are_there() -> None:
    named = set(re.findall(r"`(cleanrooms_\w+)`", (DOCS / "playbooks.md").read_text(encoding="utf-8")))
    assert len(named) > 30
    assert named <= VARIABLES | {"cleanrooms_summary", "cleanrooms_exlude"}


def test_the_readme_lists_every_playbook_and_module_and_is_short() -> None:
    text = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    assert sorted(row[0].strip("`") for row in rows(text, 2)) == sorted([*PLAYBOOKS, *MODULES])
    assert len(text.splitlines()) <= 120


def test_the_list_of_guides_names_every_guide() -> None:
    named = set(re.findall(r"\]\(([\w-]+\.md)\)", (DOCS / "README.md").read_text(encoding="utf-8")))
    assert named == {path.name for path in DOCS.glob("*.md")} - {"README.md"}


def test_links_and_targets_of_make_that_pages_name_are_there() -> None:
    makefile = (CHECKOUT / "Makefile").read_text(encoding="utf-8")
    for page in [*CHECKOUT.glob("*.md"), *DOCS.glob("*.md"), *CHECKOUT.glob("roles/*/README.md")]:
        text = page.read_text(encoding="utf-8")
        for link in re.findall(r"\]\(([^)#:]+)(?:#[\w-]+)?\)", text):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
        for target in " ".join(re.findall(r"(?:^|`)make ([a-z0-9. -]+)", text, re.MULTILINE)).split():
            assert re.search(rf"^{re.escape(target)}:.*## ", makefile, re.MULTILINE), f"{page.name}: {target}"


def texts_of_python(path: Path) -> Iterator[str]:
    """Yield the texts in a Python file; what an f-string puts in is a NUL."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "\0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_troubleshooting_quotes_messages_that_are_in_the_code_and_every_remedy() -> None:
    texts = [text for path in CHECKOUT.glob("plugins/**/*.py") for text in texts_of_python(path)]
    texts += [" ".join(path.read_text(encoding="utf-8").split()) for path in CHECKOUT.glob("roles/*/tasks/**/*.yml")]
    texts += [" ".join(path.read_text(encoding="utf-8").split()) for path in CHECKOUT.glob("playbooks/parts/*.yml")]
    page = (DOCS / "troubleshooting.md").read_text(encoding="utf-8")
    messages = [message for row in rows(page, 2) for message in re.findall(r"`([^`]+)`", row[0])]
    assert len(messages) > 40
    for message in messages:
        pattern = re.compile(".*".join(map(re.escape, message.split("<...>"))), re.DOTALL)
        assert any(pattern.search(text) for text in texts), message
    for told in [*REMEDIES.values(), *FURTHER_PERMISSIONS.values()]:
        assert told.startswith("Run again") or any(message in told for message in messages), told


def test_every_threat_has_a_proof_and_each_proof_is_there() -> None:
    text = (DOCS / "threat-model.md").read_text(encoding="utf-8")
    threats = [line for line in text.splitlines() if line.startswith("| **")]
    assert len(threats) >= 15
    assert all(PROOF.search(row) or "](" in row for row in threats)
    for file, names in PROOF.findall(text):
        body = ast.parse((CHECKOUT / "tests" / file).read_text(encoding="utf-8")).body
        for name in names.split("::")[1:]:  # a test, or a class and its test
            (found,) = (node for node in body if getattr(node, "name", "") == name)
            body = getattr(found, "body", [])


def named_in(text: str) -> set[str]:
    """Return the names of variables in a text, and not those of modules and filters."""
    return set(re.findall(r"(?<![\w.])(?:__)?cleanrooms_\w+", text))


def text_of(file: Path) -> str:
    """Return the tasks of a file without comments, those of the files that it takes in too."""
    text = re.sub(r"^ *#.*$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return text + "".join(text_of(file.parent / one) for one in re.findall(r"(?:import|include)_tasks: (\S+)", text))


def with_defaults(variables: set[str]) -> set[str]:
    """Return variables with those that their defaults are made of."""
    more = {name for one in variables for name in named_in(str(DEFAULTS.get(one, "")))}
    return variables if more <= variables else with_defaults(variables | more)


@pytest.mark.parametrize("step", SPECS)
def test_each_step_of_the_role_documents_the_variables_that_it_uses_and_no_others(step: str) -> None:
    text, documented = text_of(ROLE / f"tasks/{step}.yml"), set(SPECS[step]["options"])
    found = re.findall(r"^( *)ansible\.builtin\.set_fact:\n((?:\1 +.*\n)+)", text, re.MULTILINE)
    facts = {
        name for _indent, set_here in found for name in re.findall(r"^ *(cleanrooms_\w+):", set_here, re.MULTILINE)
    }
    assert (named_in(text) & VARIABLES) - documented - facts == set()
    assert documented - with_defaults(named_in(text)) - READ == set()
