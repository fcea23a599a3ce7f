# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of the guide on schedules: all run the guide's command, and AWS's own models accept those for AWS."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator
from playbooks_world import CHECKOUT

from emulator.validation import problems

SCHEDULE = CHECKOUT / "docs/schedule"
COMMAND = "ansible-playbook -i my-inventory acx.cleanrooms.daily"
TASK_DEFINITION = json.loads((SCHEDULE / "ecs-task-definition.json").read_text(encoding="utf-8"))


def unit(name: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment]  # systemd's names have capitals
    parser.read(SCHEDULE / name, encoding="utf-8")
    return parser


def cron_line() -> list[str]:
    """Return the parts of cron's only entry: when, as whom, and the command."""
    (line,) = re.findall(r"^\d.*$", (SCHEDULE / "cleanrooms.cron").read_text(encoding="utf-8"), re.MULTILINE)
    return str(line).split(maxsplit=6)


def test_all_run_the_command_of_the_guide() -> None:
    assert COMMAND in (CHECKOUT / "docs/scheduling.md").read_text(encoding="utf-8")
    service = unit("cleanrooms-daily.service")["Service"]
    assert service["ExecStart"].endswith(f"/{COMMAND}")
    assert (service["Type"], service["ReadWritePaths"]) == ("oneshot", service["WorkingDirectory"])
    assert unit("cleanrooms-daily.timer")["Timer"]["Persistent"] == "true"
    assert f" {COMMAND} " in cron_line()[6]
    assert shlex.join(TASK_DEFINITION["containerDefinitions"][0]["command"]) == COMMAND


@pytest.mark.parametrize(("status", "printed"), [(0, ""), (2, "something failed\n")])
def test_cron_mails_failures_only(status: int, printed: str, tmp_path: Path) -> None:
    *when, user, command = cron_line()
    assert all(re.fullmatch(r"[\d*]+", part) for part in when)
    assert user == "cleanrooms"
    program = tmp_path / "ansible-playbook"
    program.write_text(f"#!/bin/sh\necho something failed\nexit {status}\n", encoding="utf-8")
    program.chmod(0o755)
    command = command.replace("/srv/cleanrooms", shlex.quote(str(tmp_path)))
    assert "%" not in command  # cron would make a line break of it
    run = subprocess.run(
        ["bash", "-c", command],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (bool(run.returncode), run.stdout) == (bool(status), printed)


@pytest.mark.parametrize(
    ("file", "service", "operation"),
    [
        ("ecs-task-definition", "ecs", "RegisterTaskDefinition"),
        ("eventbridge-schedule", "scheduler", "CreateSchedule"),
    ],
)
def test_the_requests_follow_the_models_of_aws(file: str, service: str, operation: str) -> None:
    request: dict[str, Any] = json.loads((SCHEDULE / f"{file}.json").read_text(encoding="utf-8"))
    shape = botocore.session.get_session().get_service_model(service).operation_model(operation).input_shape
    if service == "scheduler":
        request["ClientToken"] = "made-by-the-client"  # which botocore adds by itself
    assert ParamValidator().validate(request, shape).generate_report() == ""
    # Besides, what botocore's client does not check: patterns, enums and maxima.
    assert list(problems(shape, request)) == []


def test_the_schedule_starts_the_task_definition() -> None:
    schedule = json.loads((SCHEDULE / "eventbridge-schedule.json").read_text(encoding="utf-8"))
    parameters = schedule["Target"]["EcsParameters"]
    assert parameters["TaskDefinitionArn"].endswith(f":task-definition/{TASK_DEFINITION['family']}")
    assert [parameters["LaunchType"]] == TASK_DEFINITION["requiresCompatibilities"]
