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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from contract_world import Data, identify, listed, refused
from emulator_world import OUTSIDER, PARTNER, PROVIDER, ROLES, SCENARIO, EmulatorWorld, make_client

from emulator import Control, ControlError, Emulator, ScenarioError
from emulator.scenario import KEYS, check_shapes

EMULATOR = Path(__file__).parents[2] / "emulator"
DEMO = EMULATOR / "scenarios" / "demo.yml"
IDENTITY = "12345678-1234-1234-1234-123456789012"
MEMBER = {"collaboration": "Partner", "account": PROVIDER}
OWN_RULE = {"additional_analyses": ["ANY"]}
MESSY: Data = {
    **SCENARIO,
    "configured_tables": [
        {"account": "provider", "names": ["part_{01..05}"], "providers": ["partner"]},
        {"account": "provider", "names": ["own"], "rule": {"allowedAnalyses": []}},
        {"account": "provider", "names": ["lists"], "rule_type": "LIST", "columns": ["a", "b"]},
        {"account": "provider", "names": ["bare"], "rule_type": "none"},
    ],
    "collaborations": [
        {"name": "Partner", "creator": "partner", "members": [{"account": "provider"}]},
        {"name": "Gone", "creator": "partner", "members": [{"account": "provider"}], "status": "deleted"},
    ],
    "members": [{"collaboration": "Partner", "account": "outsider", "status": "LEFT"}],
    "memberships": [
        {
            **MEMBER,
            "id": IDENTITY,
            "associations": [
                {"tables": "part_01", "name": "by_hand", "role": "a-role-that-is-gone"},
                {"tables": "part_02", "prefix": "acx_", "role": "another", "rule": "none"},
                {"tables": "part_{03,04}", "role": "another", "rule": {"receivers": ["outsider"]}},
                {"tables": "part_05", "role": "another", "rule": {"type": "LIST"}, "tags": {"a": "b"}},
                {"tables": "own", "role": ROLES[0], "rule": OWN_RULE, "intermediate_tables": ["reach"]},
            ],
            "id_namespaces": [{"name": "Another name", "namespace": "First"}],
        },
        {**MEMBER, "status": "REMOVED"},
    ],
}


def with_membership(**changes: Any) -> Data:
    return {**MESSY, "memberships": [{**MEMBER, **changes}]}


def test_a_messy_account_can_be_described(world: EmulatorWorld) -> None:
    world.control.reset(MESSY)
    state = world.control.state()
    with Emulator(MESSY) as again:
        assert again.control.state() == state, "Every run has the same ids."
    assert [one["name"] for one in state["collaborations"] if one["deleted"]] == ["Gone"]
    assert {one["status"] for one in state["memberships"] if one["id"] == IDENTITY} == {"REMOVED"}
    assert [one["status"] for one in state["collaborations"][0]["members"]] == ["ACTIVE", "ACTIVE", "LEFT"]
    tables = {one["name"]: one["rule"] and one["rule"]["policy"]["v1"] for one in state["configured_tables"]}
    assert (tables["own"], tables["bare"]) == ({"custom": {"allowedAnalyses": []}}, None)
    assert tables["part_01"] == {"custom": {"allowedAnalyses": ["ANY_QUERY"], "allowedAnalysisProviders": [PARTNER]}}
    assert tables["lists"] == {"list": {"joinColumns": ["a"], "listColumns": ["b"]}}
    associations = {one["name"]: one for one in state["table_associations"]}
    assert list(associations) == ["by_hand", "acx_part_02", "part_03", "part_04", "part_05", "own"]
    assert associations["by_hand"]["role_arn"] == f"arn:aws:iam::{PROVIDER}:role/a-role-that-is-gone"
    policies = {name: one["rule"] and one["rule"]["policy"]["v1"] for name, one in associations.items()}
    assert policies == {
        "by_hand": {"custom": {"allowedResultReceivers": [PARTNER]}},
        "acx_part_02": None,
        "part_03": {"custom": {"allowedResultReceivers": [OUTSIDER]}},
        "part_04": {"custom": {"allowedResultReceivers": [OUTSIDER]}},
        "part_05": {"list": {"allowedResultReceivers": [PARTNER]}},
        "own": {"custom": {"allowedResultReceivers": [PARTNER], "allowedAdditionalAnalyses": ["ANY"]}},
    }
    assert state["id_namespace_associations"][0]["name"] == "Another name"
    # Intermediate tables block the delete.
    own = listed(world.provider, "list_configured_table_associations", membershipIdentifier=IDENTITY)[-1]
    found = world.provider.get_configured_table_association(**identify(own))["configuredTableAssociation"]
    assert [child["resourceName"] for child in found["childResources"]] == ["reach"]
    response = refused("ConflictException", world.provider.delete_configured_table_association, **identify(own))
    assert (response["reason"], response["resourceId"]) == ("SUBRESOURCES_EXIST", own["id"])


def test_a_scenario_can_be_added_and_a_reset_forgets_everything(world: EmulatorWorld) -> None:
    membership = world.join()
    world.control.add(
        configured_tables=[{"account": PROVIDER, "names": ["part_new_{01..02}"]}],
        collaborations=[{"name": "Later", "creator": "outsider", "members": [{"account": "provider", "pays": True}]}],
        members=[
            {"collaboration": "Contract", "account": OUTSIDER, "display_name": "A newcomer"},
            {"collaboration": "Contract", "account": "provider", "abilities": ["CAN_RECEIVE_RESULTS"]},
        ],
        settings={"page_size": 50},
        faults=[{"drop": True, "operation": "GetMembership", "skip": 1}],
    )
    client, identity = world.provider, membership["collaborationId"]
    assert [one["name"] for one in listed(client, "list_configured_tables")] == ["part_new_01", "part_new_02"]
    assert [one["name"] for one in listed(client, "list_collaborations", memberStatus="INVITED")] == ["Later"]
    members = {one["accountId"]: one for one in listed(client, "list_members", collaborationIdentifier=identity)}
    assert (members[OUTSIDER]["displayName"], members[OUTSIDER]["status"]) == ("A newcomer", "INVITED")
    assert (members[PROVIDER]["abilities"], members[PROVIDER]["status"]) == (["CAN_RECEIVE_RESULTS"], "ACTIVE")
    assert client.get_membership(membershipIdentifier=membership["id"])["membership"]["status"] == "ACTIVE"
    world.control.reset({"accounts": [{"id": PROVIDER}]})
    assert (world.control.state()["collaborations"], world.control.faults(), world.control.log()) == ([], [], [])
    assert world.control.settings()["page_size"] == 100
    world.control.reset()
    assert world.control.state()["roles"]


@pytest.mark.parametrize(
    ("scenario", "complaint"),
    [
        ({"tables": []}, "'scenario' has no 'tables'"),
        ({"accounts": [{"identity": 1}]}, "'accounts' has no 'identity'"),
        ({"accounts": [{"name": "x"}]}, "lacks 'id'"),
        ({"roles": [{"account": "nobody", "names": "r"}]}, "no account 'nobody'"),
        ({"memberships": [{"collaboration": "None", "account": PROVIDER}]}, "0 collaborations 'None'"),
        ({"collaborations": [{"name": "C", "creator": PROVIDER, "members": ["x"]}]}, "must be a mapping"),
        ({"settings": {"speed": 1}}, "no setting 'speed'"),
        ({"faults": [{}]}, "needs 'hang'"),
        ({"collaborations": [{"name": "C", "creator": PROVIDER, "id": IDENTITY}] * 2}, "already a collaboration"),
        (with_membership(account="999988887777"), "999988887777 is no member of"),
        (with_membership(associations=[{"tables": "x", "role": "r"}]), "no configured table 'x'"),
        (with_membership(associations=[{"tables": ["a", "b"], "name": "n"}]), "'name' and 'id' are for one table, not"),
        (with_membership(id_namespaces=[{"name": "No"}]), "There is no ID namespace arn:"),
        (with_membership(associations=[{"rule": {"type": "x"}}]), "'type' of 'rule' is 'x'; it must be CUSTOM"),
        ({"accounts": [None]}, "Each of 'accounts' must be a mapping, not None."),
        ({"collaborations": [{"members": [{"pays": 1}]}]}, "'pays' of 'members' is 1; it must be true or false."),
        ({"faults": [{"scenario": {"roles": 1}}]}, "'roles' of 'scenario' is 1; it must be a list."),
    ],
)
def test_mistakes_in_scenarios_are_named(world: EmulatorWorld, scenario: Data, complaint: str) -> None:
    with pytest.raises(ControlError, match=re.escape(complaint)):
        world.control.reset(scenario)
    with pytest.raises(ValueError, match=re.escape(complaint)):
        Emulator(scenario)


@pytest.mark.parametrize(
    ("kind", "key", "value", "right"),
    [
        ("scenario", "accounts", {}, "a list"),
        ("scenario", "region", None, "a text"),
        ("accounts", "id", True, "an account's id or name"),
        ("accounts", "id", 10**12, "an account's id or name"),
        ("roles", "names", 5, "a text or a list of texts"),
        ("configured_tables", "rule_type", "ODD", "CUSTOM or LIST or AGGREGATION or none"),
        ("collaborations", "creator_joined", "no", "true or false"),
        ("collaborations", "tags", {"a": 1}, "a mapping of texts"),
        ("members", "abilities", "CAN_QUERY", "a list of texts"),
        ("members", "abilities", [1], "a list of texts"),
        ("members", "pays", "x", "true or false"),
        ("members", "status", 3, "INVITED or ACTIVE or LEFT or REMOVED"),
        ("members", "status", None, "INVITED or ACTIVE or LEFT or REMOVED"),
        ("associations", "rule", None, "a mapping, or none"),
        ("rule", "receivers", [None], "a list of accounts' ids or names"),
        ("faults", "times", 1.5, "a whole number that is not negative, or null"),
        ("faults", "hang", True, "a number that is not negative"),
        *((kind, key.partition("=")[0], -1, "") for kind in KEYS for key in KEYS[kind].split()),
    ],
)
def test_values_of_the_wrong_shape_are_named(kind: str, key: str, value: Any, right: str) -> None:
    """-1 is wrong for every key of every kind."""
    with pytest.raises(ScenarioError, match=re.escape(f"'{key}' of '{kind}' is {value!r}; it must be {right}")):
        check_shapes(kind, {key: value})


@pytest.mark.parametrize("text", ["{", "- a list\n", "[]", "false"])
def test_a_file_that_is_no_scenario_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scenario.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError):
        Emulator(path)


def test_it_listens_on_loopback_only() -> None:
    with pytest.raises(ValueError, match="loopback only"):
        Emulator(host="0.0.0.0")


@contextmanager
def command(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The emulator as a process of its own."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    line = [sys.executable, str(EMULATOR), "--port", "0", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(line, **pipes, text=True, cwd=folder, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_runs_the_demo_until_it_is_told_to_stop(tmp_path: Path, number: int) -> None:
    log = tmp_path / "requests.jsonl"
    with command(tmp_path, "--scenario", str(DEMO), "--log", str(log), "--print-env") as process:
        assert process.stdout
        lines = [process.stdout.readline().strip() for _number in range(6)]
        url = lines[0].removeprefix("Listening on ")
        client = make_client(url, "AKIADEMOPROVIDER0000", "us-east-1", "cleanrooms")
        invitations = client.list_collaborations(memberStatus="INVITED")["collaborationList"]
        assert len({one["creatorAccountId"] for one in invitations}) == len(invitations) == 6
        assert invitations[-1]["name"].startswith("{{ lookup(")
        assert Control(url).counts()["requests"] == {"ListCollaborations": {"200": 1}}
        state = Control(url).state()
        assert PROVIDER not in [membership["account_id"] for membership in state["memberships"]]
        names = [table["name"] for table in state["configured_tables"]]
        assert sum(name.startswith("part_ibe_") for name in names) == 28
        assert {"part_n_a", "part_n_a_a", "dim_calendar"} <= set(names)
        assert f"arn:aws:iam::{PROVIDER}:role/cleanrooms-glue-s3-access" in state["roles"]
        process.send_signal(number)
        output, errors = process.communicate(timeout=10)
    assert url.startswith("http://127.0.0.1:")
    assert lines[1:] == [
        f"export AWS_ENDPOINT_URL={url}",
        "export AWS_ACCESS_KEY_ID=AKIADEMOPROVIDER0000",
        "export AWS_SECRET_ACCESS_KEY=q7ZkX0wVb3",
        "export AWS_REGION=us-east-1",
        "export AWS_DEFAULT_REGION=us-east-1",
    ]
    assert (process.returncode, output, errors) == (0, "", "")
    (entry,) = [json.loads(text) for text in log.read_text(encoding="utf-8").splitlines()]
    assert (entry["operation"], entry["parameters"]) == ("ListCollaborations", {"memberStatus": "INVITED"})


def test_the_command_says_why_it_cannot_start(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("tables: []\n", encoding="utf-8")
    with command(tmp_path, "--scenario", "bad.yml") as process:
        _output, errors = process.communicate(timeout=10)
    assert process.returncode == 1
    assert errors == (
        "The emulator cannot start: 'scenario' has no 'tables'. It may have region, accounts, roles, id_namespaces, "
        "configured_tables, collaborations, members, memberships, settings, faults.\n"
    )
