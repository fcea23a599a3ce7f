# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guides' files for AWX, against the documentation of awx.awx, and for schedules, against AWS's own models."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore.validate import ParamValidator
from playbooks_world import CHECKOUT

from emulator.validation import problems as problems_of_shape

AWX, SCHEDULE = CHECKOUT / "docs/awx", CHECKOUT / "docs/schedule"
PLAY: dict[str, Any] = yaml.safe_load((AWX / "configure.yml").read_text(encoding="utf-8"))[0]
TASKS: list[dict[str, Any]] = PLAY["tasks"]
COMMAND = "ansible-playbook -i my-inventory acx.cleanrooms.daily"
REQUESTS = {
    "ecs-task-definition": ("ecs", "RegisterTaskDefinition"),
    "eventbridge-schedule": ("scheduler", "CreateSchedule"),
}
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


def test_each_option_for_awx_is_one_of_its_module() -> None:
    assert [one for task in TASKS for one in problems(task[module_of(task)], documented()[module_of(task)], "")] == []
    # So would mistakes be found:
    wrong = {"name": "x", "allow_simultanous": False, "workflow_nodes": [{"related": {"sucess_nodes": []}}]}
    assert set(problems(wrong, documented()["awx.awx.workflow_job_template"], "w")) == {
        "w.allow_simultanous is no option",
        "w.workflow_nodes.identifier is missing",
        "w.workflow_nodes.related.sucess_nodes is no option",
    }


def test_what_the_files_for_awx_name_is_there() -> None:
    templates = {template["playbook"] for template in PLAY["vars"]["awx_templates"]} | {"accept"}
    assert templates <= {path.stem for path in (CHECKOUT / "playbooks").glob("*.yml")}
    (workflow,) = (task["awx.awx.workflow_job_template"] for task in TASKS if "workflow" in module_of(task))
    nodes = {node["identifier"]: node for node in workflow["workflow_nodes"]}
    for identifier, node in nodes.items():
        assert node["unified_job_template"]["name"] == "{{ awx_name }} " + identifier
        assert identifier in templates
        assert {after["identifier"] for after in node.get("related", {}).get("always_nodes", [])} <= set(nodes)
    scripts = [task["awx.awx.job_template"]["playbook"] for task in TASKS if module_of(task) == "awx.awx.job_template"]
    assert {(AWX / script).is_file() for script in scripts} == {True}
    for playbook in ("configure.yml", "run.yml"):
        subprocess.run(["ansible-playbook", "--syntax-check", AWX / playbook], capture_output=True, check=True)


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment]  # systemd's names have capitals
    parser.read(SCHEDULE / name, encoding="utf-8")
    return parser


def request(file: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((SCHEDULE / f"{file}.json").read_text(encoding="utf-8"))
    return content


def cron_line() -> list[str]:
    """Return the parts of cron's only entry: when, as whom, and the command."""
    (line,) = re.findall(r"^\d.*$", (SCHEDULE / "cleanrooms.cron").read_text(encoding="utf-8"), re.MULTILINE)
    return str(line).split(maxsplit=6)


def test_all_schedules_run_the_command_of_the_guide() -> None:
    assert COMMAND in (CHECKOUT / "docs/scheduling.md").read_text(encoding="utf-8")
    service = unit("cleanrooms-daily.service")["Service"]
    assert service["ExecStart"].endswith(f"/{COMMAND}")
    assert (service["Type"], service["ReadWritePaths"]) == ("oneshot", service["WorkingDirectory"])
    assert unit("cleanrooms-daily.timer")["Timer"]["Persistent"] == "true"
    assert f" {COMMAND} " in cron_line()[6]
    task, schedule = map(request, REQUESTS)
    assert shlex.join(task["containerDefinitions"][0]["command"]) == COMMAND
    started = schedule["Target"]["EcsParameters"]
    assert started["TaskDefinitionArn"].endswith(f":task-definition/{task['family']}")
    assert [started["LaunchType"]] == task["requiresCompatibilities"]


@pytest.mark.parametrize(("status", "printed"), [(0, ""), (2, "something failed\n")])
def test_cron_mails_failures_only(status: int, printed: str, tmp_path: Path) -> None:
    *when, user, command = cron_line()
    assert all(re.fullmatch(r"[\d*]+", part) for part in when)
    assert user == "cleanrooms"
    assert "%" not in command  # cron would make a line break of it
    program = tmp_path / "ansible-playbook"
    program.write_text(f"#!/bin/sh\necho something failed\nexit {status}\n", encoding="utf-8")
    program.chmod(0o755)
    line = ["bash", "-c", command.replace("/srv/cleanrooms", shlex.quote(str(tmp_path)))]
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    run = subprocess.run(line, env=environment, stdout=subprocess.PIPE, text=True, check=False)
    assert (bool(run.returncode), run.stdout) == (bool(status), printed)


@pytest.mark.parametrize("file", REQUESTS)
def test_the_requests_follow_the_models_of_aws(file: str) -> None:
    service, operation = REQUESTS[file]
    shape = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
    # botocore adds the token by itself.
    values = {**request(file), **({"ClientToken": "made-by-the-client"} if service == "scheduler" else {})}
    assert ParamValidator().validate(values, shape).generate_report() == ""
    # Besides, what botocore's client does not check: patterns, enums and maxima.
    assert list(problems_of_shape(shape, values)) == []
