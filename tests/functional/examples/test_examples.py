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


def run(emulator: Emulator, folder: Path, tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run tasks in a playbook; return what each of them answered. Every one must succeed."""
    for number, task in enumerate(tasks):
        task["register"] = f"answer_{number}"
    keep = {"content": "{{ answers }}", "dest": str(folder / "answers.json"), "mode": "0600"}
    answers = {"answers": "{{ [" + ", ".join(task["register"] for task in tasks) + "] }}"}
    connection = {
        "endpoint_url": emulator.url,
        "access_key": PROVIDER,
        "secret_key": "any",
        "region": "us-east-1",
        "requests_per_second": 500,
    }
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"group/acx.cleanrooms.cleanrooms": connection},
        "vars": {
            "cleanrooms_collaborations": [
                {"collaboration_id": one, "members": [PARTNER]} for one in (COLLABORATION, OTHER_COLLABORATION)
            ]
        },
        "tasks": [*tasks, {"ansible.builtin.copy": keep, "vars": answers, "check_mode": False}],
    }
    playbook = folder / "examples.yml"
    playbook.write_text(yaml.safe_dump([play], sort_keys=False), encoding="utf-8")
    done = subprocess.run(["ansible-playbook", str(playbook)], capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    loaded: list[dict[str, Any]] = json.loads((folder / "answers.json").read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Run the examples of each module in a world of its own; return their answers and the state after them."""
    found: dict[str, Any] = {}
    with Emulator({}) as emulator:
        for module in MODULES:
            loaded = importlib.import_module(f"ansible_collections.acx.cleanrooms.plugins.modules.{module}")
            emulator.control.reset(world(accepted="invitation" not in module))
            tasks = yaml.safe_load(loaded.EXAMPLES)
            found[module] = run(emulator, tmp_path_factory.mktemp(module), tasks), emulator.control.state()
            assert emulator.control.counts()["violations"] == []
    return found


def names_in(state: dict[str, Any], membership: str, kind: str = "table_associations") -> list[str]:
    return sorted(one["name"] for one in state[kind] if one["membership_id"] == membership)


def test_every_module_has_examples(answers: dict[str, Any]) -> None:
    assert list(answers) == MODULES
    assert all(results for results, _state in answers.values())


def test_table_association(answers: dict[str, Any]) -> None:
    (everywhere, one, mended, taken_back), state = answers["cleanrooms_table_association"]
    assert [result["summary"]["associated"] for result in everywhere["collaborations"]] == [2, 2]
    # The association under the old name is reported, not made twice, and its missing rule is made.
    assert [result["summary"]["skipped"] for result in everywhere["collaborations"]] == [1, 1]
    assert [result["summary"]["repaired"] for result in everywhere["collaborations"]] == [1, 1]
    assert [result["summary"]["unchanged"] for result in one["collaborations"]] == [1]
    assert [result["summary"]["failed"] for result in mended["collaborations"]] == [0, 0]
    assert [result["summary"]["removed"] for result in taken_back["collaborations"]] == [1, 1]
    expected = ["acx_part_ibe_02", "acx_part_ibe_03", "acx_part_n_a", "acx_part_n_a_a"]
    assert names_in(state, MEMBERSHIP) == names_in(state, OTHER_MEMBERSHIP) == expected
    assert {one["role_arn"].rpartition("/")[2] for one in state["table_associations"]} == {ROLE}
    assert all(one["rule"] and one["tags"] == {"team": "data"} for one in state["table_associations"])


def test_namespace_association(answers: dict[str, Any]) -> None:
    (everywhere, taken_back), state = answers["cleanrooms_namespace_association"]
    assert [result["summary"]["associated"] for result in everywhere["collaborations"]] == [1, 1]
    assert [result["summary"]["removed"] for result in taken_back["collaborations"]] == [1]
    assert names_in(state, MEMBERSHIP, "id_namespace_associations") == []
    assert names_in(state, OTHER_MEMBERSHIP, "id_namespace_associations") == [NAMESPACE]


def test_invitation(answers: dict[str, Any]) -> None:
    (all_of_partners, one, leaving), state = answers["cleanrooms_invitation"]
    assert [result["summary"]["accepted"] for result in all_of_partners["collaborations"]] == [1, 1]
    assert not one["changed"]
    # It was check mode: the membership is still there.
    assert [result["status"] for result in leaving["collaborations"]] == ["left"]
    assert len([one for one in state["memberships"] if one["account_id"] == PROVIDER]) == 2


def test_infos(answers: dict[str, Any]) -> None:
    ((pending,), _state) = answers["cleanrooms_invitation_info"]
    assert {one["collaboration_id"] for one in pending["invitations"]} == {COLLABORATION, OTHER_COLLABORATION}
    ((everything, listed), _state) = answers["cleanrooms_membership_info"]
    assert [one["membership_id"] for one in everything["memberships"]] == [
        one["membership_id"] for one in listed["memberships"]
    ]
    assert all(len(one["associations"]) == 1 for one in everything["memberships"])
    assert not any("associations" in one for one in listed["memberships"])
