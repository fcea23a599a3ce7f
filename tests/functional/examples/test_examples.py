# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the EXAMPLES of every module as they stand in its documentation, against the emulator."""

from __future__ import annotations

import importlib
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from emulator import Emulator

MODULES = sorted(path.stem for path in (Path(__file__).parents[3] / "plugins" / "modules").glob("*.py"))
# What the examples speak of.
PROVIDER, PARTNER = "111122223333", "444455556666"
COLLABORATION, OTHER_COLLABORATION = "0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d", "5e1f0c2b-28b4-56e8-9c5c-3e2f3e1a8f7d"
MEMBERSHIP, OTHER_MEMBERSHIP = "12345678-90ab-cdef-1234-567890abcdef", "22345678-90ab-cdef-1234-567890abcdef"
ROLE, OTHER_ROLE = "cleanrooms-glue-s3-access", "another-role"
NAMESPACE = "ACXIdNamespace"
RECORD = "acx.cleanrooms.cleanrooms_record"


def world(*, accepted: bool) -> dict[str, Any]:
    """Return a partner's two collaborations, C(accepted) or not, and what there is to share there."""
    names = {COLLABORATION: MEMBERSHIP, OTHER_COLLABORATION: OTHER_MEMBERSHIP}
    drifted = {"tables": ["part_ibe_03"], "prefix": "old_", "role": OTHER_ROLE, "rule": "none"}
    return {
        "roles": [{"account": PROVIDER, "names": [ROLE, OTHER_ROLE]}],
        "id_namespaces": [{"account": PROVIDER, "name": NAMESPACE}],
        "configured_tables": [
            {"account": PROVIDER, "names": ["part_ibe_{01..03}", "part_n_a", "part_n_a_a", "dim_day"]}
        ],
        "collaborations": [
            {"id": one, "name": f"Collaboration {one}", "creator": PARTNER, "members": [{"account": PROVIDER}]}
            for one in names
        ],
        "memberships": [
            {"collaboration": one, "account": PROVIDER, "id": membership, "associations": [drifted]}
            for one, membership in names.items()
            if accepted
        ],
    }


def connection_to(emulator: Emulator) -> dict[str, Any]:
    keys = {"access_key": PROVIDER, "secret_key": "q7ZkX0wVb3", "region": "us-east-1"}
    return {"endpoint_url": emulator.url, "requests_per_second": 500, **keys}


def run(emulator: Emulator, folder: Path, tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run tasks in a playbook; return what each of them answered. Every one must succeed."""
    names = [f"answer_{number}" for number in range(len(tasks))]
    registered = [{**task, "register": name} for task, name in zip(tasks, names, strict=True)]
    for task in registered:
        if RECORD in task:  # it is not in the action group
            task[RECORD] = {**task[RECORD], **connection_to(emulator)}
    content = "{{ [" + ", ".join(names) + "] }}"
    keep = {"content": content, "dest": str(folder / "answers.json"), "mode": "0600"}
    records = [
        {
            "collaboration_id": one,
            "members": [{"account_id": PARTNER, "abilities": ["CAN_QUERY", "CAN_RECEIVE_RESULTS"]}],
        }
        for one in (COLLABORATION, OTHER_COLLABORATION)
    ]
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"group/acx.cleanrooms.cleanrooms": connection_to(emulator)},
        # The record is a file, or the variable.
        "vars": {} if RECORD in tasks[0] else {"cleanrooms_collaborations": records},
        "tasks": [*registered, {"ansible.builtin.copy": keep, "check_mode": False}],
    }
    (folder / "examples.yml").write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
    done = subprocess.run(["ansible-playbook", "examples.yml"], capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    loaded: list[dict[str, Any]] = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def answers(running: Emulator, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run the examples of each module in a world of its own; return their answers and the state after them."""
    found: dict[str, Any] = {}
    for module in MODULES:
        loaded = importlib.import_module(f"ansible_collections.acx.cleanrooms.plugins.modules.{module}")
        running.control.reset(world(accepted="invitation" not in module))
        folder = tmp_path_factory.mktemp(module)
        results = run(running, folder, yaml.safe_load(loaded.EXAMPLES.replace("/srv/cleanrooms", str(folder))))
        found[module] = results, running.control.state()
        assert results
        assert running.control.counts()["violations"] == []
    return found


def counted(result: dict[str, Any], status: str) -> list[int]:
    return [one["summary"][status] for one in result["collaborations"]]


def names_in(state: dict[str, Any], membership: str, kind: str = "table_associations") -> list[str]:
    return sorted(one["name"] for one in state[kind] if one["membership_id"] == membership)


def test_table_association(answers: dict[str, Any]) -> None:
    (everywhere, one, mended, taken_back), state = answers["cleanrooms_table_association"]
    assert counted(everywhere, "associated") == [2, 2]
    # The association under the old name is reported, not made twice, and its missing rule is made.
    assert counted(everywhere, "skipped") == counted(everywhere, "new_receiver") == [1, 1]
    assert counted(one, "unchanged") == [1]
    assert counted(mended, "failed") == [0, 0]
    assert counted(taken_back, "removed") == [1, 1]
    expected = ["acx_part_ibe_02", "acx_part_ibe_03", "acx_part_n_a", "acx_part_n_a_a"]
    assert names_in(state, MEMBERSHIP) == names_in(state, OTHER_MEMBERSHIP) == expected
    assert {one["role_arn"].rpartition("/")[2] for one in state["table_associations"]} == {ROLE}
    assert all(one["rule"] and one["tags"] == {"team": "data"} for one in state["table_associations"])


def test_namespace_association(answers: dict[str, Any]) -> None:
    (everywhere, taken_back), state = answers["cleanrooms_namespace_association"]
    assert counted(everywhere, "associated") == [1, 1]
    assert counted(taken_back, "removed") == [1]
    assert names_in(state, MEMBERSHIP, "id_namespace_associations") == []
    assert names_in(state, OTHER_MEMBERSHIP, "id_namespace_associations") == [NAMESPACE]


def test_invitation(answers: dict[str, Any]) -> None:
    (all_of_partners, one, recorded, leaving), state = answers["cleanrooms_invitation"]
    assert counted(all_of_partners, "accepted") == [1, 1]
    assert not one["changed"]
    assert counted(recorded, "unchanged") == [1, 1]
    # It was check mode: the membership is still there.
    assert [result["status"] for result in leaving["collaborations"]] == ["left"]
    assert len([one for one in state["memberships"] if one["account_id"] == PROVIDER]) == 2


def test_record(answers: dict[str, Any]) -> None:
    (completed, confirmed), _state = answers["cleanrooms_record"]
    assert any("added; its members are not confirmed" in line for line in completed["lines"])
    assert (completed["changed"], confirmed["changed"]) == (True, True)


def test_infos(answers: dict[str, Any]) -> None:
    ((pending,), _state) = answers["cleanrooms_invitation_info"]
    assert {one["collaboration_id"] for one in pending["invitations"]} == {COLLABORATION, OTHER_COLLABORATION}
    ((everything, listed), _state) = answers["cleanrooms_membership_info"]
    ids = [[one["membership_id"] for one in answer["memberships"]] for answer in (everything, listed)]
    assert ids[0] == ids[1]
    assert all(len(one["associations"]) == 1 for one in everything["memberships"])
    assert not any("associations" in one for one in listed["memberships"])
