# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No credential gets into an answer, a failure or the environment's log, of any module."""

from __future__ import annotations

import json

import pytest
from engine_world import NAMESPACE, NAMESPACE_ARN, ROLE, TABLES, Data, RunModule, joined, records, scenario

from emulator import Emulator

# The id of an access key is no secret: AWS writes it into logs.
SECRETS = {"secret_key": "wJalrXUtnFEMI-K7MDENG", "session_token": "IQoJb3JpZ2luX2VjE"}
CALLS: list[tuple[str, Data]] = [
    ("invitation", {"trusted_creators": ["444455556666"]}),
    ("invitation_info", {}),
    ("membership_info", {}),
    ("table_association", TABLES),
    ("namespace_association", {"name": NAMESPACE, "id_namespace_arn": NAMESPACE_ARN}),
    ("readiness_info", {"include": ["part_*"], "role": ROLE}),
]


@pytest.mark.parametrize("fault", [None, "AccessDeniedException"])
@pytest.mark.parametrize(("module", "options"), CALLS)
def test_no_secret_is_in_any_answer(
    run: RunModule, emulator: Emulator, module: str, options: Data, fault: str | None
) -> None:
    emulator.control.reset(scenario(2, memberships=joined(2)))
    if "invitation" not in module and "membership" not in module:
        options = {**options, "collaborations": records(emulator)}
    if fault:
        emulator.control.fault(operation="List*", error={"code": fault, "message": "No."}, times=None)
    said = json.dumps(run(module, fails=bool(fault), **SECRETS, **options))
    assert len(said) > 100
    assert not [secret for secret in SECRETS.values() if secret in said]


def test_the_arguments_are_echoed_without_secrets(run: RunModule, emulator: Emulator) -> None:
    """Ansible itself hides what is marked no_log when it echoes the arguments of a task that is run with -vvv."""
    emulator.control.reset(scenario(memberships=joined()))
    answer = run("membership_info", _ansible_verbosity=4, **SECRETS)
    echoed = answer["invocation"]["module_args"]
    assert {echoed[name] for name in SECRETS} == {"VALUE_SPECIFIED_IN_NO_LOG_PARAMETER"}
