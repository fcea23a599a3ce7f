# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios, the control API and the command."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
from emulator_world import OUTSIDER, PARTNER, PROVIDER, SCENARIO, World

from emulator import Control, ControlError, Emulator, ScenarioError
from emulator.scenario import KEYS, check_shapes

EMULATOR = Path(__file__).parents[2] / "emulator"
DEMO = EMULATOR / "scenarios" / "demo.yml"
UUID_OF_OURS = "12345678-1234-1234-1234-123456789012"


def test_every_run_has_the_same_ids() -> None:
    with Emulator(SCENARIO) as first, Emulator(SCENARIO) as second:
        assert first.control.state() == second.control.state()


def test_the_demo_is_what_it_says() -> None:
    with Emulator(DEMO) as emulator:
        state = emulator.control.state()
        names = [table["name"] for table in state["configured_tables"]]
        assert sum(name.startswith("part_ibe_") for name in names) == 28
        assert {"part_n_a", "part_n_a_a", "dim_calendar"} <= set(names)
        assert state["memberships"]
        assert PROVIDER not in [membership["account_id"] for membership in state["memberships"]]
        invitations = [
            collaboration
            for collaboration in state["collaborations"]
            if any(
                (member["account_id"], member["status"]) == (PROVIDER, "INVITED") for member in collaboration["members"]
            )
        ]
        assert len(invitations) == 6
        assert len({one["account_id"] for one in invitations}) == 6
        assert invitations[-1]["name"].startswith("{{ lookup(")
        assert f"arn:aws:iam::{PROVIDER}:role/cleanrooms-glue-s3-access" in state["roles"]
        assert emulator.control.settings()["table_associations_per_membership"] == 25


def test_a_messy_account_can_be_described() -> None:
    scenario = {
        **SCENARIO,
        "memberships": [
            {
                "collaboration": "Partner",
                "account": "provider",
                "id": UUID_OF_OURS,
                "associations": [
                    {"tables": "part_01", "name": "by_hand", "role": "a-role-that-is-gone"},
                    {"tables": "part_02", "prefix": "acx_", "role": "other-role", "rule": "none"},
                    {"tables": "part_{03,04}", "role": "other-role", "rule": {"receivers": [OUTSIDER]}},
                    {"tables": "part_05", "role": "other-role", "rule": {"type": "LIST"}, "tags": {"a": "b"}},
                ],
                "id_namespaces": [{"name": "Another name", "namespace": "ACXIdNamespace"}],
            }
        ],
    }
    with Emulator(scenario) as emulator:
        state = emulator.control.state()
        assert UUID_OF_OURS in [membership["id"] for membership in state["memberships"]]
        associations = {one["name"]: one for one in state["table_associations"]}
        assert list(associations) == ["by_hand", "acx_part_02", "part_03", "part_04", "part_05"]
        assert associations["by_hand"]["role_arn"] == f"arn:aws:iam::{PROVIDER}:role/a-role-that-is-gone"
        assert associations["by_hand"]["rule"]["policy"]["v1"]["custom"]["allowedResultReceivers"] == [PARTNER]
        assert associations["acx_part_02"]["rule"] is None
        assert associations["part_04"]["rule"]["policy"]["v1"]["custom"]["allowedResultReceivers"] == [OUTSIDER]
        assert associations["part_05"]["rule"]["type"] == "LIST"
        assert state["id_namespace_associations"][0]["name"] == "Another name"


def test_many_collaborations_are_no_trouble() -> None:
    tables = [f"part_{number:03}" for number in range(25)]
    scenario: dict[str, Any] = {
        "accounts": [{"name": "provider", "id": PROVIDER, "access_keys": ["AKIAPROVIDER"]}],
        "roles": [{"account": "provider", "names": ["role"]}],
        "configured_tables": [{"account": "provider", "names": tables}],
        "collaborations": [
            {"name": f"C{number}", "creator": PARTNER, "members": [{"account": "provider"}]} for number in range(100)
        ],
        "memberships": [
            {
                "collaboration": f"C{number}",
                "account": "provider",
                "associations": [{"tables": tables, "prefix": "acx_", "role": "role"}],
            }
            for number in range(100)
        ],
    }
    with Emulator(scenario) as emulator:
        resources = emulator.control.counts()["resources"]
        assert (resources["table_associations"], resources["analysis_rules"]) == (2500, 2500)
        membership = emulator.control.state()["memberships"][-1]
        client = boto3.client(
            "cleanrooms",
            endpoint_url=emulator.url,
            region_name="us-east-1",
            aws_access_key_id="AKIAPROVIDER",
            aws_secret_access_key="any",
        )
        names = [f"acx_{name}" for name in tables]
        answer = client.batch_get_schema(collaborationIdentifier=membership["collaboration_id"], names=names)
        assert {schema["schemaStatusDetails"][0]["status"] for schema in answer["schemas"]} == {"READY"}
        assert len(answer["schemas"]) == 25


def test_a_scenario_can_be_added(world: World) -> None:
    membership_id = world.join()
    world.control.add(
        configured_tables=[{"account": PROVIDER, "names": ["part_new_table_{01..02}"]}],
        collaborations=[{"name": "Later", "creator": "outsider", "members": [{"account": "provider"}]}],
        members=[{"collaboration": "Partner", "account": OUTSIDER, "display_name": "A newcomer"}],
        settings={"page_size": 50},
    )
    client = world.client()
    assert [one["name"] for one in client.list_configured_tables()["configuredTableSummaries"]][-2:] == [
        "part_new_table_01",
        "part_new_table_02",
    ]
    assert [one["name"] for one in client.list_collaborations(memberStatus="INVITED")["collaborationList"]] == ["Later"]
    members = client.list_members(collaborationIdentifier=world.collaboration_id)["memberSummaries"]
    assert (members[-1]["displayName"], members[-1]["status"]) == ("A newcomer", "INVITED")
    assert client.get_membership(membershipIdentifier=membership_id)["membership"]["status"] == "ACTIVE"


def test_a_reset_forgets_everything(world: World) -> None:
    world.join()
    world.control.settings(page_size=1)
    world.control.fault(drop=True)
    world.control.reset({"accounts": [{"id": PROVIDER}]})
    assert world.control.state()["collaborations"] == []
    assert world.control.faults() == []
    assert world.control.log() == []
    assert world.control.settings()["page_size"] == 100
    world.control.reset()
    assert len(world.control.state()["collaborations"]) == 1


@pytest.mark.parametrize(
    ("scenario", "complaint"),
    [
        ({"tables": []}, "'scenario' has no 'tables'"),
        ({"accounts": [{"identity": 1}]}, "'accounts' has no 'identity'"),
        ({"accounts": [{"name": "x"}]}, "lacks 'id'"),
        ({"roles": [{"account": "nobody", "names": "r"}]}, "no account 'nobody'"),
        (
            {"configured_tables": [{"account": PROVIDER, "names": "t", "rule_type": "ODD"}]},
            "'rule_type' of 'configured_tables' is 'ODD'; it must be CUSTOM",
        ),
        ({"memberships": [{"collaboration": "None", "account": PROVIDER}]}, "0 collaborations 'None'"),
        ({"collaborations": [{"name": "C", "creator": PROVIDER, "members": ["x"]}]}, "must be a mapping"),
        ({"settings": {"speed": 1}}, "no setting 'speed'"),
        ({"faults": [{}]}, "needs 'hang'"),
    ],
)
def test_mistakes_in_scenarios_are_named(world: World, scenario: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ControlError, match=complaint):
        world.control.add(**scenario)
    with pytest.raises(ValueError, match=complaint):
        Emulator(scenario)


MEMBER = {"collaboration": "Partner", "account": PROVIDER}


@pytest.mark.parametrize(
    ("scenario", "complaint"),
    [
        ({"accounts": {}}, "'accounts' of 'scenario' is {}; it must be a list."),
        ({"accounts": [None]}, "Each of 'accounts' must be a mapping, not None."),
        ({"accounts": [{"id": True}]}, "'id' of 'accounts' is True; it must be an account's id or name."),
        ({"accounts": [{"id": 10**12}]}, "'id' of 'accounts' is 1000000000000; it must be an account's id or name."),
        (
            {"roles": [{"account": PROVIDER, "names": 5}]},
            "'names' of 'roles' is 5; it must be a text or a list of texts.",
        ),
        ({"members": [{**MEMBER, "abilities": "CAN_QUERY"}]}, "'CAN_QUERY'; it must be a list of texts."),
        ({"members": [{**MEMBER, "abilities": [1]}]}, "'abilities' of 'members' is [1]; it must be a list of texts."),
        ({"members": [{**MEMBER, "pays": "x"}]}, "'pays' of 'members' is 'x'; it must be true or false."),
        ({"members": [{**MEMBER, "status": 3}]}, "'status' of 'members' is 3; it must be INVITED or ACTIVE or"),
        ({"members": [{**MEMBER, "status": None}]}, "'status' of 'members' is None; it must be INVITED or"),
        (
            {"collaborations": [{"creator_joined": "no"}]},
            "'creator_joined' of 'collaborations' is 'no'; it must be true",
        ),
        ({"collaborations": [{"members": [{"pays": 1}]}]}, "'pays' of 'members' is 1; it must be true or false."),
        (
            {"collaborations": [{"tags": {"a": 1}}]},
            "'tags' of 'collaborations' is {'a': 1}; it must be a mapping of texts.",
        ),
        (
            {"memberships": [{"associations": [{"rule": None}]}]},
            "'rule' of 'associations' is None; it must be a mapping",
        ),
        ({"memberships": [{"associations": [{"rule": {"type": "x"}}]}]}, "'type' of 'rule' is 'x'; it must be CUSTOM"),
        (
            {"faults": [{"times": -1}]},
            "'times' of 'faults' is -1; it must be a whole number that is not negative, or null.",
        ),
        ({"faults": [{"hang": True}]}, "'hang' of 'faults' is True; it must be a number that is not negative."),
        ({"faults": [{"scenario": {"roles": 1}}]}, "'roles' of 'scenario' is 1; it must be a list."),
        ({"settings": []}, "'settings' of 'scenario' is []; it must be a mapping."),
        ({"region": None}, "'region' of 'scenario' is None; it must be a text."),
    ],
)
def test_values_of_the_wrong_shape_are_named(world: World, scenario: dict[str, Any], complaint: str) -> None:
    before = world.control.state()
    with pytest.raises(ControlError, match=re.escape(complaint)):
        world.control.add(**scenario)
    assert world.control.state() == before
    with pytest.raises(ScenarioError, match=re.escape(complaint)):
        Emulator(scenario)


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind in KEYS for key in KEYS[kind].split()])
def test_every_value_of_every_kind_has_a_shape(kind: str, key: str) -> None:
    name, _shape = key.split("=")
    with pytest.raises(ScenarioError, match=f"^'{name}' of '{kind}' is -1; it must be "):
        check_shapes(kind, {name: -1})


def test_a_file_that_is_no_scenario_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "scenario.yml"
    for text in ("{", "- a list\n", "[]", "false"):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ScenarioError):
            Emulator(path)


def test_the_control_api_names_what_it_does_not_know(world: World) -> None:
    with pytest.raises(ControlError, match="no GET /_emulator/nothing"):
        world.control.call("GET", "nothing")
    with pytest.raises(ControlError, match="must be a JSON object"):
        world.control.call("PUT", "settings", [1])


def test_it_listens_on_loopback_only() -> None:
    with pytest.raises(ValueError, match="loopback only"):
        Emulator(host="0.0.0.0")


@pytest.fixture
def command(tmp_path: Path) -> Any:
    """start(*arguments): the emulator as a process of its own, and its first lines."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str, lines: int = 1) -> tuple[subprocess.Popen[str], list[str]]:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        process = subprocess.Popen(
            [sys.executable, str(EMULATOR), "--port", "0", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment,
        )
        started.append(process)
        assert process.stdout is not None
        return process, [process.stdout.readline().strip() for _number in range(lines)]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


Start = Callable[..., tuple[subprocess.Popen[str], list[str]]]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_runs_until_it_is_told_to_stop(command: Start, tmp_path: Path, number: int) -> None:
    log = tmp_path / "requests.jsonl"
    process, (line,) = command("--scenario", str(DEMO), "--log", str(log))
    assert line.startswith("Listening on http://127.0.0.1:")
    url = line.removeprefix("Listening on ")
    client = boto3.client(
        "cleanrooms",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="AKIADEMOPROVIDER0000",
        aws_secret_access_key="any",
    )
    assert len(client.list_collaborations(memberStatus="INVITED")["collaborationList"]) == 6
    assert Control(url).counts()["requests"] == {"ListCollaborations": {"200": 1}}
    process.send_signal(number)
    output, errors = process.communicate(timeout=10)
    assert (process.returncode, output, errors) == (0, "", "")
    (entry,) = [json.loads(text) for text in log.read_text(encoding="utf-8").splitlines()]
    assert (entry["operation"], entry["parameters"]) == ("ListCollaborations", {"memberStatus": "INVITED"})


def test_the_command_prints_the_environment(command: Start) -> None:
    _process, lines = command("--scenario", str(DEMO), "--print-env", lines=6)
    url = lines[0].removeprefix("Listening on ")
    assert lines[1:] == [
        f"export AWS_ENDPOINT_URL={url}",
        "export AWS_ACCESS_KEY_ID=AKIADEMOPROVIDER0000",
        "export AWS_SECRET_ACCESS_KEY=emulator",
        "export AWS_REGION=us-east-1",
        "export AWS_DEFAULT_REGION=us-east-1",
    ]


def test_the_command_says_why_it_cannot_start(command: Start, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text("tables: []\n", encoding="utf-8")
    process, _lines = command("--scenario", str(bad))
    _output, errors = process.communicate(timeout=10)
    assert process.returncode == 1
    assert errors == (
        "The emulator cannot start: 'scenario' has no 'tables'. It may have region, accounts, roles, id_namespaces, "
        "configured_tables, collaborations, members, memberships, settings, faults.\n"
    )
