# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""docs/awx/configure.yml against the documentation that awx.awx carries of its own modules."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[3]
FOLDER = CHECKOUT / "docs/awx"
PLAY: dict[str, Any] = yaml.safe_load((FOLDER / "configure.yml").read_text(encoding="utf-8"))[0]
TASKS: list[dict[str, Any]] = PLAY["tasks"]
Options = dict[str, dict[str, Any]]


def module_of(task: dict[str, Any]) -> str:
    (module,) = (key for key in task if key.startswith("awx.awx."))
    return module


@cache
def documented() -> dict[str, Options]:
    """The options of the modules that the playbook uses."""
    command = ["ansible-doc", "-t", "module", "--json", *sorted(map(module_of, TASKS))]
    answer = subprocess.run(command, capture_output=True, text=True, check=True)
    return {name: found["doc"]["options"] for name, found in json.loads(answer.stdout).items()}


def problems(given: dict[str, Any], options: Options, where: str) -> Iterator[str]:
    """What is wrong with options: unknown names and choices, missing ones, lists and dictionaries that are none."""
    names = {**options, **{alias: one for one in options.values() for alias in one.get("aliases", [])}}
    yield from (
        f"{where}.{name} is missing" for name, one in options.items() if one.get("required") and name not in given
    )
    for name, value in given.items():
        if name not in names:
            yield f"{where}.{name} is no option"
            continue
        option = names[name]
        templated = isinstance(value, str) and "{{" in value
        if "choices" in option and not templated and value not in option["choices"]:
            yield f"{where}.{name}: {value!r} is none of {option['choices']}"
        wanted = {"list": list, "dict": dict, "bool": bool}.get(option.get("type", "str"))
        if wanted and not templated and not isinstance(value, wanted):
            yield f"{where}.{name}: {value!r} is no {option['type']}"
        if "suboptions" in option:
            for item in value if isinstance(value, list) else [value]:
                yield from problems(item, option["suboptions"], f"{where}.{name}")


@pytest.mark.parametrize("task", TASKS, ids=lambda task: str(task["name"]))
def test_each_option_is_one_of_its_module(task: dict[str, Any]) -> None:
    module = module_of(task)
    assert list(problems(task[module], documented()[module], module)) == []


def test_a_misspelt_option_would_be_found() -> None:
    module = "awx.awx.workflow_job_template"
    wrong = {"name": "x", "allow_simultanous": False, "workflow_nodes": [{"related": {"sucess_nodes": []}}]}
    assert set(problems(wrong, documented()[module], "w")) == {
        "w.allow_simultanous is no option",
        "w.workflow_nodes.identifier is missing",
        "w.workflow_nodes.related.sucess_nodes is no option",
    }


def test_what_it_names_is_there() -> None:
    templates = {template["playbook"] for template in PLAY["vars"]["awx_templates"]} | {"accept"}
    assert templates <= {path.stem for path in (CHECKOUT / "playbooks").glob("*.yml")}
    (workflow,) = (task["awx.awx.workflow_job_template"] for task in TASKS if "workflow" in module_of(task))
    nodes = {node["identifier"]: node for node in workflow["workflow_nodes"]}
    for identifier, node in nodes.items():
        assert node["unified_job_template"]["name"] == "{{ awx_name }} " + identifier
        assert identifier in templates
        assert {after["identifier"] for after in node.get("related", {}).get("always_nodes", [])} <= set(nodes)
    scripts = [task["awx.awx.job_template"]["playbook"] for task in TASKS if module_of(task) == "awx.awx.job_template"]
    assert {(FOLDER / script).is_file() for script in scripts} == {True}


@pytest.mark.parametrize("playbook", ["configure.yml", "run.yml"])
def test_the_syntax_is_right(playbook: str) -> None:
    subprocess.run(["ansible-playbook", "--syntax-check", str(FOLDER / playbook)], capture_output=True, check=True)
