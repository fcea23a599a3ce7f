# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No credential gets into an answer, a failure or the output of a run, of any module."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from engine_world import CALLS, PROVIDER, TABLES, Data, World, joined, records, scenario

# The id of an access key is no secret: AWS writes it into logs.
SECRETS = {"secret_key": "wJalrXUtnFEMI-K7MDENG", "session_token": "IQoJb3JpZ2luX2VjE"}


@pytest.mark.parametrize("fault", [None, "AccessDeniedException"])
@pytest.mark.parametrize("module", CALLS)
def test_no_secret_is_in_any_answer(world: World, module: str, fault: str | None) -> None:
    world.emulator.reset(scenario(3, memberships=joined(2)))
    of_records = "invitation" not in module and "membership" not in module
    options = {**CALLS[module], **({"collaborations": records(world.emulator)[:2]} if of_records else {})}
    if fault:
        world.fault("List*", error={"code": fault, "message": "No."}, times=None)
    said = json.dumps(world.run(module, fails=bool(fault), **SECRETS, **options))
    assert len(said) > 100
    assert not [secret for secret in SECRETS.values() if secret in said]


# What a play gives for each way in which credentials reach a module, and the environment of the run.
CREDENTIALS = {"AWS_ACCESS_KEY_ID": f"AKIA{PROVIDER}", "AWS_SECRET_ACCESS_KEY": SECRETS["secret_key"]}
SOURCES: dict[str, tuple[Data, dict[str, str]]] = {
    "options": ({"access_key": f"AKIA{PROVIDER}", **SECRETS}, {}),
    "profile": ({"profile": "provider"}, {"AWS_SHARED_CREDENTIALS_FILE": "credentials"}),
    "environment": ({}, {**CREDENTIALS, "AWS_SESSION_TOKEN": SECRETS["session_token"]}),
}


@pytest.mark.parametrize("source", SOURCES)
def test_no_secret_is_in_the_output_of_a_run(world: World, tmp_path: Path, source: str) -> None:
    """Everything that Ansible can say: arguments, diffs, results, a failure, and how it ran the module."""
    wanted = world.join()
    options, variables = SOURCES[source]
    common = {**options, "endpoint_url": world.emulator.url, "region": "us-east-1", "collaborations": wanted}
    tasks = [
        {"acx.cleanrooms.cleanrooms_table_association": {**common, **TABLES}},
        {"acx.cleanrooms.cleanrooms_table_association": {**common, **TABLES, "role": "missing"}},
    ]
    play = {"hosts": "localhost", "gather_facts": False, "tasks": tasks}
    (tmp_path / "play.yml").write_text(json.dumps([play]), encoding="utf-8")
    (tmp_path / "credentials").write_text(
        f"[provider]\naws_access_key_id = AKIA{PROVIDER}\naws_secret_access_key = {SECRETS['secret_key']}\n"
        f"aws_session_token = {SECRETS['session_token']}\n",
        encoding="utf-8",
    )
    ended = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-vvvv", "--diff", "play.yml"],
        cwd=tmp_path,
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
            "ANSIBLE_INJECT_INVOCATION": "true",
            **variables,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    output = ended.stdout + ended.stderr
    assert ended.returncode == 2, output
    for said in ("module_args", "+++ after", "acx_part_01", "'missing' does not exist"):
        assert said in output, output
    # ansible-core 2.18 also says so of what came from the environment.
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in output or source != "options"
    assert not [secret for secret in SECRETS.values() if secret in output]
