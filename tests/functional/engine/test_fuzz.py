# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad values for every option of every module: an answer that names the option, no traceback, nothing written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from engine_world import ALLOWING, CALLS, NAMESPACE, PARTNER, Data, World, member, spec_of
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.acx.cleanrooms.plugins.module_utils._record import KEYS
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import RESULT_PLACE

ODD_TEXTS = [
    *("", " ", "\n", "a\u0000b", "\u001b[2J", "\u202e", "x" * 3000, "{{ 7 * 7 }}", "{% raw %}", "../../etc/passwd"),
    *("arn:aws:iam::1:role/", "0" * 8 + "-0000" * 3 + "-" + "0" * 12, "[", "*", "1e999", "-1", "012345678901", "null"),
]
ODD_NUMBERS = [0, -1, 2**63, 10**30, 0.5, -0.0, 1e308]
texts = st.sampled_from(ODD_TEXTS) | st.text(max_size=30)
plain = texts | st.sampled_from(ODD_NUMBERS) | st.booleans() | st.none() | st.integers()
values = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)

# What each option in turn is added to.
PRESENT: dict[str, Data] = {
    **CALLS,
    "invitation": {**CALLS["invitation"], **ALLOWING},
}
ABSENT: dict[str, Data] = {
    "invitation": {"state": "absent", "confirm_leaving": True},
    "table_association": {"state": "absent", "include": ["part_*"]},
    "namespace_association": {"state": "absent", "name": NAMESPACE},
}


@pytest.fixture
def ids(world: World) -> tuple[str, str]:
    return world.allow_all()


def judge(world: World, module: str, named: str, calls: Iterable[Data]) -> int:
    """Run each: where it fails, its message holds the name and nothing was written. Return how many are refused."""
    refused = 0
    for call in calls:
        # As with no_target_syslog: Ansible itself cannot log a text with a NUL, and fails before the module sees it.
        answer = world.run(module, fails=None, _ansible_no_log=True, **call)
        written = world.writes()
        if answer.get("failed"):
            refused += 1
            # Ansible itself does not name an option that is no dictionary; the action plugin does before.
            assert named in answer["msg"] or answer["msg"] in NAMELESS, (call, answer["msg"])
            assert written == [], (call, answer["msg"])
        if written:
            world.allow_all()
    return refused


# Tried of every option, key of a record and suboption; hypothesis adds others.
ODD: list[Any] = [None, *ODD_TEXTS, *ODD_NUMBERS, True, [], {}, [None], [""], [[]], [{}], {"": None}, {"a": {"b": [1]}}]
fuzzed = settings(max_examples=3, derandomize=True, deadline=None, database=None)
# Where nothing is made under it, any name will do.
ANY_TEXT = ("name_prefix", "id_namespace_name")
# Ansible makes a text of whatever stands there.
ANY_VALUE = ("name", "notes")
# For a number or a list there Ansible itself ends with a traceback; the action plugin refuses it before.
DICTIONARIES = ("tables", "reviewed")
NAMELESS = ("dictionary requested, could not parse JSON or key=value", "unable to evaluate string as dictionary")
OPTIONS = [(module, option) for module in PRESENT for option in spec_of(module)]
OF_COLLABORATIONS = [module for module in PRESENT if "collaborations" in spec_of(module)]
IN_PLACE_OF_RECORDS = ("trusted_creators", "allowed_receivers")


def odd_and(generated: Any) -> list[Any]:
    """Return the odd values, and some that hypothesis makes."""
    found = list(ODD)

    @fuzzed
    @given(generated)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return found


def of_records(call: Data, collaboration_id: str) -> Data:
    """The call with the records that it needs."""
    if {"collaborations", "membership_id", "trusted_creators"} & set(call):
        return call
    return {**call, "collaborations": [{"collaboration_id": collaboration_id, "members": [member(PARTNER)]}]}


@pytest.mark.parametrize(("module", "option"), OPTIONS)
def test_any_value_of_any_option(world: World, ids: tuple[str, str], module: str, option: str) -> None:
    calls = [{**PRESENT[module], option: value} for value in odd_and(values)]
    calls = [of_records(call, ids[0]) if module in OF_COLLABORATIONS else call for call in calls]
    assert judge(world, module, option, calls) or option in ANY_TEXT


@pytest.mark.parametrize("key", [*KEYS, "unknown"])
@pytest.mark.parametrize("module", OF_COLLABORATIONS)
def test_any_value_of_any_key_of_a_record(world: World, ids: tuple[str, str], module: str, key: str) -> None:
    record = {"collaboration_id": ids[0], "membership_id": ids[1], "members": [member(PARTNER)]}
    tried = [value for value in odd_and(values) if key not in DICTIONARIES or isinstance(value, (str, dict))]
    options = {option: value for option, value in PRESENT[module].items() if option not in IN_PLACE_OF_RECORDS}
    calls = [{**options, "collaborations": [{**record, key: value}]} for value in tried]
    assert judge(world, module, key, calls) or key in ANY_VALUE


@pytest.mark.parametrize("key", [*RESULT_PLACE, "unknown"])
@pytest.mark.usefixtures("ids")
def test_any_value_of_any_suboption(world: World, key: str) -> None:
    places = [{"bucket": "results", key: value} for value in odd_and(values)]
    calls = [{**PRESENT["invitation"], "default_result_configuration": place} for place in places]
    assert judge(world, "invitation", key, calls)


@pytest.mark.parametrize("module", ABSENT)
def test_any_value_with_state_absent(world: World, ids: tuple[str, str], module: str) -> None:
    named = {"collaboration_ids": [ids[0]]} if module == "invitation" else {}
    for option in set(spec_of(module)) - {"state"}:
        calls = [{**named, **ABSENT[module], option: value} for value in ODD]
        judge(world, module, option, calls if named else [of_records(call, ids[0]) for call in calls])
