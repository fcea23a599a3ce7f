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
from ansible_collections.acx.cleanrooms.plugins.module_utils import _plan, _result
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain
from ansible_collections.acx.cleanrooms.plugins.module_utils._readiness import ADVICE, STATES
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import STATUSES, Record
from ansible_collections.acx.cleanrooms.plugins.module_utils._trust import members_refusal
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import ABILITIES, ACCOUNT_ID, ROLE_ARN, UUID

COLLECTION = Path(__file__).parents[4]
MODULES = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py"))
# It asks AWS for nothing but what is there, and is no AWS resource of its own.
RECORD = "cleanrooms_record"
WRITING = [name for name in MODULES if not name.endswith("_info") and name != RECORD]
EACH_MODULE = pytest.mark.parametrize("module", MODULES)


def documentation(module: str, part: str) -> Any:
    loaded = importlib.import_module(f"ansible_collections.acx.cleanrooms.plugins.modules.{module}")
    return yaml.safe_load(getattr(loaded, part))


def returned(module: str, *path: str) -> dict[str, Any]:
    """Return the documentation of a value that a module returns."""
    found = documentation(module, "RETURN")
    for key in path:
        found = found[key]["contains"]
    return dict(found)


def read_yaml(path: str) -> Any:
    return yaml.safe_load((COLLECTION / path).read_text(encoding="utf-8"))


def test_action_group_holds_every_module() -> None:
    assert read_yaml("meta/runtime.yml")["action_groups"]["cleanrooms"] == MODULES
    assert len(MODULES) >= 5


@EACH_MODULE
def test_fragments_and_examples(module: str) -> None:
    fragments = documentation(module, "DOCUMENTATION")["extends_documentation_fragment"]
    common = "acx.cleanrooms.common"
    kind = "writes" if module in WRITING else "keeps" if module == RECORD else "reads"
    assert {common, f"{common}.{kind}"} <= set(fragments)
    examples = documentation(module, "EXAMPLES")
    assert examples
    for task in examples:
        # The full name alone.
        assert set(task) - {"name", "register", "check_mode", "loop", "when"} == {f"acx.cleanrooms.{module}"}


@pytest.mark.parametrize("module", WRITING)
def test_results_of_writing_modules_have_one_shape(module: str) -> None:
    told = returned(module, "collaborations")
    shared = {"name", "collaboration_id", "membership_id", "status", "changed", "actions", "summary", "error"}
    assert shared <= set(told)
    assert list(told["summary"]["sample"]) == list(_result.SUMMARY_KEYS)


def test_a_module_and_its_info_return_the_same_keys() -> None:
    written = set(returned("cleanrooms_table_association", "collaborations", "associations"))
    read = set(returned("cleanrooms_membership_info", "memberships", "associations"))
    # What an association has only where it was written or compared, and only where it was looked at.
    assert written - {"tags"} == read - {"ready", "not_ready_reasons"}
    written = set(returned("cleanrooms_invitation", "collaborations"))
    creator = {"creator_account_id", "creator_display_name"}
    shared = {"name", "collaboration_id", *creator, "members", "error"}
    assert written & set(returned("cleanrooms_invitation_info", "invitations")) == shared


# Options: what omitting one means.

SAYS_WHAT_OMITTING_MEANS = re.compile(
    r"Omitted|By default|[Rr]equired when|is required|[Ww]ithout it|When given|Needed where"
)


def options_in(where: str, options: dict[str, Any] | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield options and suboptions with where they are."""
    for name, option in (options or {}).items():
        yield f"{where}.{name}", option
        yield from options_in(f"{where}.{name}", option.get("suboptions"))


FRAGMENTS = ("RECORDS", "DOCUMENTATION", "WRITES", "KEEPS_RECORD", "READS_RECORD")


def every_option() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the options of modules, filters and role."""
    for module in MODULES:
        yield from options_in(module, documentation(module, "DOCUMENTATION")["options"])
    fragments = [yaml.safe_load(getattr(ModuleDocFragment, name))["options"] for name in FRAGMENTS]
    fragments[0]["collaborations"] |= yaml.safe_load(ModuleDocFragment.RECORD_KEYS)["options"]["collaborations"]
    for fragment in fragments:
        yield from options_in("common", fragment)
    for path in sorted((COLLECTION / "plugins" / "filter").glob("*.yml")):
        yield from options_in(path.stem, read_yaml(f"plugins/filter/{path.name}")["DOCUMENTATION"]["options"])
    for step, spec in read_yaml("roles/cleanrooms/meta/argument_specs.yml")["argument_specs"].items():
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

DECISIONS = {"create", "update", "delete", *_result.SUMMARY_OF_DECISION}
RESOURCES = {_plan.MEMBERSHIP, _plan.TABLE_ASSOCIATION, _plan.ANALYSIS_RULE, _plan.NAMESPACE_ASSOCIATION, _plan.TAGS}
MEMBER_STATUSES = {"INVITED", "ACTIVE", "LEFT", "REMOVED"}
ARN = r"arn:aws:(cleanrooms|entityresolution):[a-z0-9-]+:\d{12}:[a-z]+/[\w/-]+"
FAILURE = re.compile(
    r"(?P<message>Failed to (?P<what>[\w ]+?))(?: '(?P<name>[^']+)')? in collaboration (?P<label>.+? \([0-9a-f-]+\)):"
    r" (?P<operation>\w+) answered (?P<code>\w+): (?P<said>[^.]+)\. .+"
)


def documented_values(where: str, values: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the documented values that hold no others, with their paths."""
    for name, value in values.items():
        if "contains" in value:
            yield from documented_values(f"{where}.{name}", value["contains"])
        else:
            yield f"{where}.{name}", value


def values_named(key: str, value: Any) -> Iterator[Any]:
    """Yield every value of a key within a sample."""
    for one in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from values_named(key, one)
    if isinstance(value, dict) and key in value:
        yield value[key]


def samples_named(key: str) -> list[Any]:
    """Return every value of a key in all samples, at least one."""
    found = []
    for module in MODULES:
        for where, documented in documented_values(module, returned(module)):
            found += values_named(key, {where.rpartition(".")[2]: documented["sample"]})
    assert found
    return found


@EACH_MODULE
def test_samples_have_the_documented_types(module: str) -> None:
    for where, value in documented_values(module, returned(module)):
        assert type(value["sample"]).__name__ == value["type"], where
        if value["type"] == "list":
            assert all(type(one).__name__ == value["elements"] for one in value["sample"]), where


PATTERNS = {
    **dict.fromkeys(("collaboration_id", "membership_id", "configured_table_id", "id"), UUID),
    **dict.fromkeys(("account_id", "creator_account_id"), ACCOUNT_ID),
    **dict.fromkeys(("arn", "id_namespace_arn"), ARN),
    "role_arn": ROLE_ARN,
}
WORDS = {
    "action": DECISIONS,
    "resource": RESOURCES,
    "state": set(STATES),
    "status": {*STATUSES, "invited", "absent", *MEMBER_STATUSES},
    "query_log_status": {"ENABLED", "DISABLED"},
    "code": set(ADVICE),
}
ITEMS = {"abilities": "|".join(ABILITIES), "result_receivers": ACCOUNT_ID}


@pytest.mark.parametrize("key", [*PATTERNS, *WORDS, *ITEMS])
def test_samples_are_what_the_code_can_return(key: str) -> None:
    found = samples_named(key)
    values = [one for value in found for one in value] if key in ITEMS else found
    assert values
    if key in WORDS:
        assert set(values) <= WORDS[key]
    else:
        assert [one for one in values if not re.fullmatch({**PATTERNS, **ITEMS}[key], one)] == []


def test_samples_of_times_and_advice() -> None:
    assert all(datetime.datetime.fromisoformat(time).tzinfo for time in samples_named("create_time"))
    reasons = [reason for value in samples_named("reasons") for reason in value]
    assert reasons
    assert [reason["advice"] for reason in reasons] == [ADVICE[reason["code"]] for reason in reasons]


def texts_of_the_code() -> set[str]:
    """Return every text in the Python code of the collection that is no documentation of a module."""
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in (COLLECTION / "plugins/module_utils").glob("*.py"))
    nodes = (node for tree in trees for node in ast.walk(tree))
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def test_samples_of_actions_are_actions_with_reasons_of_the_code() -> None:
    actions = [action for value in samples_named("actions") for action in value]
    assert len(actions) == len(WRITING)
    assert all(set(action) == {"action", "resource", "name", "reason", "changed"} for action in actions)
    assert {action["reason"] for action in actions} <= texts_of_the_code()


@EACH_MODULE
def test_samples_of_errors_are_what_the_code_says(module: str) -> None:
    values = documented_values(module, returned(module))
    (sample,) = (value["sample"] for where, value in values if where.endswith(".error"))
    told = FAILURE.fullmatch(sample)
    assert told
    assert told["what"] in texts_of_the_code()
    answer = ClientError({"Error": {"Code": told["code"], "Message": told["said"]}}, told["operation"])
    error = CleanRoomsError(message=told["message"], exception=answer)
    assert explain(error, told["name"] or "", told["label"]) == sample


def test_the_sample_of_a_refusal_is_what_the_code_says() -> None:
    (sample,) = (one for one in samples_named("refused") if isinstance(one, str))
    account, name = re.findall(r"(\d{12}) \((\w+)\)", sample)[0]
    stranger = {"accountId": account, "displayName": name, "status": "ACTIVE", "abilities": []}
    assert members_refusal(Record(members=()), [stranger], "111122223333") == sample
