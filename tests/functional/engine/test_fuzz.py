# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad values for every option of every module: an answer that names the option, no traceback, nothing written."""

from __future__ import annotations

import importlib
from typing import Any

import botocore
import pytest
from engine_world import NAMESPACE, NAMESPACE_ARN, PARTNER, ROLE, TABLES, Data, RunModule, joined, scenario, writes
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from ansible_collections.acx.cleanrooms.plugins.module_utils._record import KEYS
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import RESULT_PLACE
from emulator import Emulator

UNKNOWN = "00000000-0000-0000-0000-000000000000"
ODD_TEXTS = [
    "",
    " ",
    "\n",
    "a\u0000b",
    "\u001b[2J",
    "\u202e",
    "x" * 3000,
    "{{ 7 * 7 }}",
    "{% raw %}",
    "../../etc/passwd",
    "arn:aws:iam::1:role/",
    UNKNOWN,
    "[",
    "*",
    "1e999",
    "-1",
    "012345678901",
    "null",
]
ODD_NUMBERS = [0, -1, 2**63, 10**30, 0.5, -0.0, 1e308]
texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=30)
plain = texts | st.sampled_from(ODD_NUMBERS) | st.booleans() | st.none() | st.integers()
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)

# A call of each module that works, to which each option in turn is added.
ABILITIES = ["CAN_QUERY", "CAN_RECEIVE_RESULTS"]
PRESENT: dict[str, Data] = {
    "invitation": {"trusted_creators": [PARTNER], "accept_abilities": ABILITIES, "accept_payment": True},
    "invitation_info": {},
    "membership_info": {},
    "table_association": TABLES,
    "namespace_association": {"name": NAMESPACE, "id_namespace_arn": NAMESPACE_ARN},
    "readiness_info": {
        "include": ["part_*"],
        "role": ROLE,
        "namespace_name": NAMESPACE,
        "id_namespace_arn": NAMESPACE_ARN,
    },
}

KNOWS_METRICS = Version(botocore.__version__) >= Version("1.42.20")
ABSENT: dict[str, Data] = {
    "invitation": {"state": "absent", "confirm_leaving": True},
    "table_association": {"state": "absent", "include": ["part_*"]},
    "namespace_association": {"state": "absent", "name": NAMESPACE},
}


def options_of(module: str) -> Data:
    loaded = importlib.import_module(f"ansible_collections.acx.cleanrooms.plugins.modules.cleanrooms_{module}")
    spec: Data = loaded.ARGUMENT_SPEC
    return spec


def world(emulator: Emulator) -> tuple[str, str]:
    """One joined collaboration and one invitation, both of which allow everything; the first's id and membership."""
    start = scenario(2, "part_01", memberships=joined(1))
    for collaboration in start["collaborations"]:
        collaboration["members"][0].update(abilities=ABILITIES, pays=True)
        if KNOWS_METRICS:
            collaboration["options"] = {"isMetricsEnabled": True}
    emulator.reset(start)
    (membership,) = (one for one in emulator.control.state()["memberships"] if one["account_id"] != PARTNER)
    return membership["collaboration_id"], membership["id"]


def judge(emulator: Emulator, run: RunModule, module: str, named: str, params: Data) -> None:
    """Run it: where it fails, its message holds the name and nothing was written. The world is as before."""
    # As with no_target_syslog: Ansible itself cannot log a text with a NUL, and fails before the module sees it.
    answer = run(module, fails=None, _ansible_no_log=True, **params)
    written = writes(emulator)
    if answer.get("failed"):
        assert named in answer["msg"], (params, answer["msg"])
        assert written == [], (params, answer["msg"])
    if written:
        world(emulator)


# Tried of every option, key of a record and suboption; hypothesis adds others.
ODD: list[Any] = [None, *ODD_TEXTS, *ODD_NUMBERS, True, [], {}, [None], [""], [[]], [{}], {"": None}, {"a": {"b": [1]}}]
fuzzed = settings(max_examples=3, derandomize=True, deadline=None, database=None)
OPTIONS = [(module, option) for module in PRESENT for option in options_of(module)]
OF_COLLABORATIONS = [module for module in PRESENT if "collaborations" in options_of(module)]


def odd_and(generated: Any) -> list[Any]:
    """Return the odd values, and some that hypothesis makes."""
    found = list(ODD)

    @fuzzed
    @given(generated)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


@pytest.mark.parametrize(("module", "option"), OPTIONS)
def test_any_value_of_any_option(emulator: Emulator, run: RunModule, module: str, option: str) -> None:
    collaboration_id, _membership_id = world(emulator)
    for value in odd_and(values):
        params = {**PRESENT[module], option: value}
        if module in OF_COLLABORATIONS and option not in ("collaborations", "membership_id"):
            params["collaborations"] = [{"collaboration_id": collaboration_id, "members": [PARTNER]}]
        judge(emulator, run, module, option, params)


@pytest.mark.parametrize("key", [*KEYS, "unknown"])
@pytest.mark.parametrize("module", OF_COLLABORATIONS)
def test_any_value_of_any_key_of_a_record(emulator: Emulator, run: RunModule, module: str, key: str) -> None:
    collaboration_id, membership_id = world(emulator)
    record = {"collaboration_id": collaboration_id, "membership_id": membership_id, "members": [PARTNER]}
    for value in odd_and(values):
        judge(emulator, run, module, key, {**PRESENT[module], "collaborations": [{**record, key: value}]})


@pytest.mark.parametrize("key", [*RESULT_PLACE, "unknown"])
def test_any_value_of_any_suboption(emulator: Emulator, run: RunModule, key: str) -> None:
    world(emulator)
    for value in odd_and(values):
        place = {"bucket": "results", key: value}
        judge(emulator, run, "invitation", key, {**PRESENT["invitation"], "default_result_configuration": place})


@pytest.mark.parametrize("module", ABSENT)
def test_any_value_with_state_absent(emulator: Emulator, run: RunModule, module: str) -> None:
    collaboration_id, _membership_id = world(emulator)
    for option in set(options_of(module)) - {"state"}:
        for value in ODD:
            params = {**ABSENT[module], option: value}
            if module == "invitation":
                params = {"collaboration_ids": [collaboration_id], **params}
            elif not {"collaborations", "membership_id"} & set(params):
                params["collaborations"] = [{"collaboration_id": collaboration_id, "members": [PARTNER]}]
            judge(emulator, run, module, option, params)
