# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation of the modules promises together; ansible-test sanity checks each by itself."""

from __future__ import annotations

import ast
import datetime
import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError

from ansible_collections.acx.cleanrooms.plugins.doc_fragments.common import ModuleDocFragment
from ansible_collections.acx.cleanrooms.plugins.module_utils import _plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain
from ansible_collections.acx.cleanrooms.plugins.module_utils._readiness import ADVICE, STATES
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import STATUSES, Record
from ansible_collections.acx.cleanrooms.plugins.module_utils._result import SUMMARY_KEYS, SUMMARY_OF_DECISION
from ansible_collections.acx.cleanrooms.plugins.module_utils._trust import ABILITIES, members_refusal
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import ACCOUNT_ID, ROLE_ARN, UUID

COLLECTION = Path(__file__).parents[4]
MODULES = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py"))
WRITING = [name for name in MODULES if not name.endswith("_info")]
# What an association has only where it was written or compared, and only where it was looked at.
OF_WRITING, OF_READING = {"tags"}, {"ready", "not_ready_reasons"}


def documentation(module: str, part: str) -> Any:
    loaded = importlib.import_module(f"ansible_collections.acx.cleanrooms.plugins.modules.{module}")
    return yaml.safe_load(getattr(loaded, part))


def keys_of(module: str, *path: str) -> set[str]:
    """Return the documented keys of a value that a module returns."""
    found = documentation(module, "RETURN")
    for key in path:
        found = found[key]["contains"]
    return set(found)


def test_action_group_holds_every_module() -> None:
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert runtime["action_groups"]["cleanrooms"] == MODULES
    assert len(MODULES) >= 5


@pytest.mark.parametrize("module", MODULES)
def test_every_module_shares_the_common_documentation(module: str) -> None:
    fragments = documentation(module, "DOCUMENTATION")["extends_documentation_fragment"]
    assert "acx.cleanrooms.common" in fragments
    assert f"acx.cleanrooms.common.{'writes' if module in WRITING else 'reads'}" in fragments


@pytest.mark.parametrize("module", MODULES)
def test_examples_use_the_full_name_alone(module: str) -> None:
    examples = documentation(module, "EXAMPLES")
    assert examples
    for task in examples:
        assert set(task) - {"name", "register", "check_mode", "loop", "when"} == {f"acx.cleanrooms.{module}"}


@pytest.mark.parametrize("module", WRITING)
def test_results_of_writing_modules_have_one_shape(module: str) -> None:
    shared = {"name", "collaboration_id", "membership_id", "status", "changed", "actions", "summary", "error"}
    assert shared <= keys_of(module, "collaborations")


@pytest.mark.parametrize("module", WRITING)
def test_samples_of_summaries_have_the_keys_of_summaries(module: str) -> None:
    sample = documentation(module, "RETURN")["collaborations"]["contains"]["summary"]["sample"]
    assert list(sample) == list(SUMMARY_KEYS)


def test_a_module_and_its_info_return_the_same_keys() -> None:
    written = keys_of("cleanrooms_table_association", "collaborations", "associations")
    read = keys_of("cleanrooms_membership_info", "memberships", "associations")
    assert written - OF_WRITING == read - OF_READING

    shared = keys_of("cleanrooms_invitation", "collaborations") & keys_of("cleanrooms_invitation_info", "invitations")
    assert shared == {
        "name",
        "collaboration_id",
        "creator_account_id",
        "creator_display_name",
        "members",
        "error",
    }


# Options: what omitting one means.

SAYS_WHAT_OMITTING_MEANS = re.compile(
    r"Omitted|By default|[Rr]equired when|is required|[Ww]ithout it|When given|Needed where"
)


def options_in(where: str, options: dict[str, Any] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield options and suboptions with where they are."""
    for name, option in (options or {}).items():
        yield f"{where}.{name}", option
        yield from options_in(f"{where}.{name}", option.get("suboptions"))


def every_option() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the options of modules, filters, lookup and role."""
    for module in MODULES:
        yield from options_in(module, documentation(module, "DOCUMENTATION")["options"])
    for fragment in ("DOCUMENTATION", "RECORDS"):
        yield from options_in("common", yaml.safe_load(getattr(ModuleDocFragment, fragment))["options"])
    for path in sorted((COLLECTION / "plugins" / "filter").glob("*.yml")):
        yield from options_in(path.stem, yaml.safe_load(path.read_text(encoding="utf-8"))["DOCUMENTATION"]["options"])
    # Read, not imported: a lookup imports what ansible-test keeps from the tests of modules.
    lookup = (COLLECTION / "plugins/lookup/run_lock.py").read_text(encoding="utf-8")
    yield from options_in("run_lock", yaml.safe_load(lookup.split('"""')[1])["options"])
    text = (COLLECTION / "roles/cleanrooms/meta/argument_specs.yml").read_text(encoding="utf-8")
    for step, spec in yaml.safe_load(text)["argument_specs"].items():
        yield from options_in(step, spec["options"])


def test_every_option_says_what_omitting_it_means() -> None:
    options = dict(every_option())
    assert len(options) > 150
    for where, option in options.items():
        if "default" not in option and not option.get("required"):
            described = option["description"]
            text = described if isinstance(described, str) else " ".join(described)
            assert SAYS_WHAT_OMITTING_MEANS.search(text), where


# Samples: values that the code can return.

DECISIONS = {"create", "update", "delete", *SUMMARY_OF_DECISION}
RESOURCES = {_plan.MEMBERSHIP, _plan.TABLE_ASSOCIATION, _plan.ANALYSIS_RULE, _plan.NAMESPACE_ASSOCIATION, _plan.TAGS}
MEMBER_STATUSES = {"INVITED", "ACTIVE", "LEFT", "REMOVED"}
ARN = r"arn:aws:(cleanrooms|entityresolution):[a-z0-9-]+:\d{12}:[a-z]+/[\w/-]+"
FAILURE = re.compile(
    r"(?P<message>Failed to (?P<what>[\w ]+?))(?: '(?P<name>[^']+)')? in collaboration (?P<label>.+? \([0-9a-f-]+\)):"
    r" (?P<operation>\w+) answered (?P<code>\w+): (?P<said>[^.]+)\. .+"
)


def documented_values(module: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the documented values of a module that hold no others, with their paths."""

    def inner(where: str, values: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, value in values.items():
            if "contains" in value:
                yield from inner(f"{where}.{name}", value["contains"])
            else:
                yield f"{where}.{name}", value

    yield from inner(module, documentation(module, "RETURN"))


def values_named(key: str, value: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Yield every value of a key within a sample, with where that is."""
    if isinstance(value, dict):
        for name, one in value.items():
            if name == key:
                yield where, one
            yield from values_named(key, one, where)
    elif isinstance(value, list):
        for one in value:
            yield from values_named(key, one, where)


def samples_named(key: str) -> Iterator[tuple[str, Any]]:
    """Yield every value of a key in all samples, with where it is."""
    for module in MODULES:
        for where, documented in documented_values(module):
            yield from values_named(key, {where.rpartition(".")[2]: documented["sample"]}, where)


@pytest.mark.parametrize("module", MODULES)
def test_samples_have_the_documented_types(module: str) -> None:
    for where, value in documented_values(module):
        assert type(value["sample"]).__name__ == value["type"], where
        if value["type"] == "list":
            assert all(type(one).__name__ == value["elements"] for one in value["sample"]), where


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        ("collaboration_id", UUID),
        ("membership_id", UUID),
        ("configured_table_id", UUID),
        ("account_id", ACCOUNT_ID),
        ("creator_account_id", ACCOUNT_ID),
        ("role_arn", ROLE_ARN),
        ("arn", ARN),
        ("id_namespace_arn", ARN),
        ("id", UUID),
    ],
)
def test_samples_of_ids_are_ids(key: str, pattern: str) -> None:
    found = list(samples_named(key))
    assert found
    for where, value in found:
        assert re.fullmatch(pattern, value), where


@pytest.mark.parametrize(
    ("key", "possible"),
    [
        ("action", DECISIONS),
        ("resource", RESOURCES),
        ("state", set(STATES)),
        ("status", {*STATUSES, "invited", "absent", *MEMBER_STATUSES}),
        ("query_log_status", {"ENABLED", "DISABLED"}),
        ("code", set(ADVICE)),
    ],
)
def test_samples_of_words_are_words_of_the_code(key: str, possible: set[str]) -> None:
    found = {value for _where, value in samples_named(key)}
    assert found
    assert found <= possible


def test_samples_of_lists_hold_what_the_code_puts_into_them() -> None:
    for key, pattern in (("abilities", "|".join(ABILITIES)), ("result_receivers", ACCOUNT_ID)):
        values = [one for _where, value in samples_named(key) for one in value]
        assert values
        assert all(re.fullmatch(pattern, one) for one in values), key
    for _where, time in samples_named("create_time"):
        assert datetime.datetime.fromisoformat(time).tzinfo


def test_samples_of_advice_belong_to_their_codes() -> None:
    reasons = [reason for _where, value in samples_named("reasons") for reason in value]
    assert reasons
    assert [reason["advice"] for reason in reasons] == [ADVICE[reason["code"]] for reason in reasons]


def texts_of_the_code() -> set[str]:
    """Return every text in the Python code of the collection that is no documentation of a module."""
    found = set()
    for path in (COLLECTION / "plugins" / "module_utils").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_samples_of_actions_are_actions_with_reasons_of_the_code() -> None:
    actions = [action for _where, value in samples_named("actions") for action in value]
    assert len(actions) == len(WRITING)
    texts = texts_of_the_code()
    for action in actions:
        assert set(action) == {"action", "resource", "name", "reason", "changed"}
        assert action["reason"] in texts


@pytest.mark.parametrize("module", MODULES)
def test_samples_of_errors_are_what_the_code_says(module: str) -> None:
    (sample,) = (value["sample"] for where, value in documented_values(module) if where.endswith(".error"))
    told = FAILURE.fullmatch(sample)
    assert told
    assert told["what"] in texts_of_the_code()
    answer = ClientError({"Error": {"Code": told["code"], "Message": told["said"]}}, told["operation"])
    error = CleanRoomsError(message=told["message"], exception=answer)
    assert explain(error, told["name"] or "", told["label"]) == sample


def test_the_sample_of_a_refusal_is_what_the_code_says() -> None:
    ((_where, sample),) = ((where, one) for where, one in samples_named("refused") if isinstance(one, str))
    account, name = re.findall(r"(\d{12}) \((\w+)\)", sample)[0]
    stranger = {"accountId": account, "displayName": name, "status": "ACTIVE", "abilities": []}
    assert members_refusal(Record(members=()), [stranger], "111122223333") == sample
