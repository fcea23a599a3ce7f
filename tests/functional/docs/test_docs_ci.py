# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pipelines of the guide on Terraform and CI: their form, and what their scripts do, run against the emulator.

Terraform, pip, gh and curl are stand-ins; ansible-playbook and git are real.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import playbooks_world
import pytest
import yaml
from playbooks_world import AMC, CHECKOUT, PARTNER, PROVIDER, Workplace, finished, make_workplace, member

from emulator import Emulator

CI = CHECKOUT / "docs/ci"
BIN = Path(sys.executable).parent
HOSTILE = "Partner ```` <b> ::add-mask::"
OUTPUT = {
    "cleanrooms_id_namespace_arn": f"arn:aws:entityresolution:us-east-1:{PROVIDER}:idnamespace/ACXIdNamespace",
    "cleanrooms_role": f"arn:aws:iam::{PROVIDER}:role/cleanrooms-glue-s3-access",
}
STAND_INS = {
    "terraform": f"""case "$*" in *output*) echo '{json.dumps(OUTPUT)}' ;; *) ;; esac""",
    "gh": "cp comment.md posted.md",
    "curl": "cp comment.md posted.md",
    "pip": "",
    "ansible-galaxy": "",
}
GITLAB = {
    "AWS_ID_TOKEN": "a-token",
    "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
    "CI_DEFAULT_BRANCH": "main",
    "CI_MERGE_REQUEST_IID": "7",
    "CI_PROJECT_ID": "1",
    "CI_PROJECT_PATH": "group/project",
    "CI_SERVER_HOST": "gitlab.example.com",
    "CLEANROOMS_COMMENT_TOKEN": "a-secret",
    "CLEANROOMS_PUSH_TOKEN": "a-secret",
}

GITHUB_JOBS = yaml.safe_load((CI / "github-actions.yml").read_text(encoding="utf-8"))["jobs"]
GITLAB_JOBS = yaml.safe_load((CI / "gitlab-ci.yml").read_text(encoding="utf-8"))


def github_scripts(job: str) -> list[str]:
    return [step["run"] for step in GITHUB_JOBS[job]["steps"] if "run" in step]


def gitlab_script(job: str) -> str:
    """Return what a job does, with what it inherits."""
    inherited: dict[str, Any] = {}
    name = job
    while name:
        inherited = {**GITLAB_JOBS[name], **inherited}
        name = GITLAB_JOBS[name].get("extends", "")
    return "\n".join([*inherited["before_script"], *inherited["script"]])


def test_the_pipelines_follow_their_schemas_and_their_scripts_are_sound_shell() -> None:
    for file, schema in (("github-actions", "github-workflows"), ("gitlab-ci", "gitlab-ci")):
        options = ["--builtin-schema", f"vendor.{schema}", *(["--data-transform=gitlab-ci"] if file == schema else [])]
        subprocess.run([BIN / "check-jsonschema", *options, CI / f"{file}.yml"], check=True)
    scripts = [script for job in GITHUB_JOBS for script in github_scripts(job)]
    scripts += [gitlab_script(job) for job in ("outputs", "check", "apply", "sync")]
    assert len(scripts) == 8 + 4
    for script in scripts:
        assert "${{" not in script  # an expression in a script is where others' texts become commands
        # GitLab's runner takes sh where there is no bash.
        subprocess.run([BIN / "shellcheck", "--shell=sh", "-"], input=script, text=True, check=True)


NAMES = {
    "plain": "plain",
    "backticks": "three ``` and four ```` backticks",
    "one long line": "`" * 70_000,
    "many lines": "\n".join(f"line {number}" for number in range(10_000)),
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_no_name_gets_out_of_the_comment_and_a_long_one_keeps_its_ends(name: str, tmp_path: Path) -> None:
    output = f"begin\n{name}\n# heading\nTotal: 1\n"
    (tmp_path / "check.txt").write_text(output, encoding="utf-8")
    command = [sys.executable, CI / "comment.py", tmp_path / "check.txt"]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    left_out = [f"... {len(output) - 60_000} characters are left out here ..."] if len(output) > 60_000 else []
    assert re.findall(r"\.\.\. .* characters are left out here \.\.\.", text) == left_out
    fences = re.findall(r"^(`{3,})(?:text)?$", text, re.MULTILINE)
    assert fences[0] == fences[-1]
    inside = text[text.index("\n", text.index(fences[0])) : text.rindex(fences[-1])]
    assert fences[0] not in inside
    assert len(inside) < 60_100
    assert inside.startswith("\nbegin\n")
    assert inside.endswith("\nTotal: 1\n")


@pytest.fixture
def repository(running: Emulator, tmp_path: Path) -> Workplace:
    """A repository with the record of two joined collaborations; from the second we have been removed since."""
    partners = {HOSTILE: AMC, "Partner Collaboration": PARTNER}
    world = playbooks_world.scenario(collaborations=[playbooks_world.collaboration(*one) for one in partners.items()])
    world["memberships"] = [{"account": PROVIDER, "collaboration": one["name"]} for one in world["collaborations"]]
    workplace = make_workplace(running, tmp_path, world)
    removed = {"collaboration": "Partner Collaboration", "account": PROVIDER, "status": "REMOVED"}
    running.control.add(members=[removed])
    records = [
        {"collaboration_id": workplace.id_of(name), "status": "active", "members": [member(creator)]}
        for name, creator in partners.items()
    ]
    workplace.write_vars(file="collaborations", cleanrooms_collaborations=records)
    (tmp_path / "my-inventory").rename(tmp_path / "inventory")
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci/comment.py").write_text((CI / "comment.py").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "bin").mkdir()
    for name, body in STAND_INS.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    perform(workplace, "git init -q -b main . && git init -q --bare origin.git && git remote add origin ./origin.git")
    perform(workplace, "git --git-dir=origin.git config receive.advertisePushOptions true")
    perform(workplace, "git add inventory ci && git -c user.name=me -c user.email=me@here commit -qm Begin")
    return workplace


def perform(workplace: Workplace, script: str, **variables: str) -> str:
    """Run a script as a pipeline does, and return what it prints. It must not fail."""
    environment = {"PATH": f"{workplace.folder}/bin:{workplace.environment()['PATH']}", **variables}
    command = ["bash", "-euo", "pipefail", "-c", script]
    return finished(workplace.start_command(workplace.folder, command, environment), fails=False).output


def check_foretold(workplace: Workplace) -> None:
    assert workplace.writes() == []
    posted = (workplace.folder / "posted.md").read_text(encoding="utf-8")
    assert posted.startswith("What a run would do:\n\n`````text\n")
    assert '+configured_table_association "acx_part_04"' in posted
    assert "Total: 2 collaborations (1 skipped), 4 associated, 1 namespace associated" in posted


def check_applied(workplace: Workplace) -> None:
    assert workplace.counts() == (4, 4, 1)
    shown = perform(workplace, "git --git-dir=origin.git show --stat --format=%s main")
    assert shown.startswith("Record what the sync found\n")
    assert re.findall(r"^ (\S+) +\|", shown, re.MULTILINE) == ["inventory/host_vars/provider/collaborations.yml"]
    assert "\n+    status: removed\n" in perform(workplace, "git --git-dir=origin.git show main")


def test_the_github_workflow(repository: Workplace) -> None:
    for script in github_scripts("check"):
        output = perform(repository, script, GH_TOKEN="x", PULL_REQUEST="7")
    assert all(line.startswith("| ") for line in output.splitlines())  # of the last, which shows partners' names
    check_foretold(repository)
    for script in github_scripts("apply"):
        perform(repository, script)
    check_applied(repository)


def test_the_gitlab_pipeline(repository: Workplace) -> None:
    url = f"https://cleanrooms:a-secret@{GITLAB['CI_SERVER_HOST']}/{GITLAB['CI_PROJECT_PATH']}.git"
    token = repository.folder / "token"
    variables = {
        **GITLAB,
        "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{repository.folder}/origin.git.insteadOf",
        "GIT_CONFIG_VALUE_0": url,
    }
    for job in ("outputs", "check"):
        perform(repository, gitlab_script(job), **variables)
    assert token.read_text(encoding="utf-8") == "a-token"
    assert token.stat().st_mode & 0o777 == 0o600
    check_foretold(repository)
    for job in ("apply", "sync"):
        perform(repository, gitlab_script(job), **variables)
    check_applied(repository)
