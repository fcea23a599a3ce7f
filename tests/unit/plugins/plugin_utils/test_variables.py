# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's variables and the options of its tasks: what is misspelt or could mean two things is an error."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.plugin_utils import _variables as code
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._variables import (
    called,
    check_variables,
    known_variables,
    options_read,
    texts_of,
)

COLLECTION = Path(__file__).parents[4]


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("cleanrooms_exlude", "cleanrooms_exclude"),
        ("cleanrooms_exlcude", "cleanrooms_exclude"),
        ("cleanrooms_excludes", "cleanrooms_exclude"),
        ("cleanroom_exclude", "cleanrooms_exclude"),
        ("cleanroms_exclud", "cleanrooms_exclude"),
        ("Cleanrooms_Exclude", "cleanrooms_exclude"),
        ("CLEANROOMS_EXCLUDE", "cleanrooms_exclude"),
        ("cleanrooms-exclude", "cleanrooms_exclude"),
        ("cleanrooms_result_recievers", "cleanrooms_result_receivers"),
        ("cleanrooms_colaborations", "cleanrooms_collaborations"),
        ("cleanrooms_summery", "cleanrooms_summary"),
        *((name, None) for name in ("cleanrooms_answer", "cleanrooms_terraform_bucket", "items_exclude", "exclude")),
        ("cleanrooms_exexclude_d", None),
        ("__cleanrooms_only", None),
    ],
)
def test_a_misspelt_variable_is_an_error_that_names_both(name: str, right: str | None) -> None:
    if right is None:
        check_variables({name: ["a"]})
        return
    with pytest.raises(CleanRoomsError, match=f"{name}: is no variable of this collection; write {right}, or rename"):
        check_variables({"other": 1, name: ["a"]})


def test_every_variable_that_anything_of_the_collection_reads_is_known() -> None:
    texts = [
        path.read_text(encoding="utf-8")
        for folder in ("roles", "playbooks", "inventory", "plugins")
        for path in (COLLECTION / folder).rglob("*")
        if path.suffix in (".yml", ".py")
    ]
    named = set(re.findall(r"(?<![\w./])cleanrooms_[a-z_]+\b(?!\()", "\n".join(texts)))
    modules = {path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py")}
    assert named - modules - known_variables() <= {"cleanrooms_client"}
    specs = yaml.safe_load(code.SPECS.read_text(encoding="utf-8"))["argument_specs"]
    assert known_variables() == code.TOLD.union(*(spec["options"] for spec in specs.values()))


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"cleanrooms_name_prefix": None}, "cleanrooms_name_prefix: is null; write what is meant, or leave the"),
        ({"cleanrooms_collaborations": None}, "cleanrooms_collaborations: is null"),
        ({"cleanrooms_exclude": " "}, r"cleanrooms_exclude: is empty; write \[\] for none, or leave the variable out"),
        ({"cleanrooms_result_receivers": ""}, "cleanrooms_result_receivers: is empty"),
        ({"cleanrooms_allowed_members": "\n"}, "cleanrooms_allowed_members: is empty"),
        ({"cleanrooms_id_namespace_arn": None, "cleanrooms_accept": "", "cleanrooms_exclude": [], "x": None}, ""),
    ],
)
def test_null_and_empty_variables(variables: dict[str, Any], said: str) -> None:
    if not said:
        check_variables(variables)
        return
    with pytest.raises(CleanRoomsError, match=said):
        check_variables(variables)


@pytest.mark.parametrize(
    ("value", "texts"),
    [
        (["a", "b"], ["a", "b"]),
        ("a,b", ["a", "b"]),
        (" a , b,", ["a", "b"]),
        ("a\r\nb\n\n", ["a", "b"]),
        (["a, b", "c\n"], ["a", "b", "c"]),
        ('["a", "b"]', ["a", "b"]),
        ("[]", []),
        ([], []),
        ("", []),
        ("[ab]*, c", ["[ab]*", "c"]),
        (("a", "a"), ["a", "a"]),
        ({"a"}, ["a"]),
    ],
)
def test_one_reading_of_lists(value: Any, texts: list[str]) -> None:
    assert texts_of(value, "include") == texts


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", r"x: is empty; write \[\] for none, or leave the variable out"),
        (" \n ", "x: is empty"),
        (210987654321, r"x: is a number; write a list of texts in quotes, \[\] for none"),
        (True, "x: is true or false"),
        ({"a": 1}, "x: is a dictionary"),
        (None, "x: is null"),
        ([None], "x: holds null; write each in quotes"),
        ([12345670123], "x: holds a number; write each in quotes"),
        ("[12345670123]", "x: holds a number"),
        ([["a"]], "x: holds a list"),
        ([datetime.date(2026, 1, 1)], "x: holds a date or time"),
        (["a", ""], "x: holds an empty text; leave it out"),
        (["a", " , "], "x: holds an empty text"),
    ],
)
def test_what_is_no_list(value: Any, said: str) -> None:
    with pytest.raises(CleanRoomsError, match=said):
        texts_of(value, "x", may_be_empty=False)


def test_the_options_of_a_task() -> None:
    variables = {"cleanrooms_exclude": "", "cleanrooms_leave": [], "cleanrooms_id_namespace_name": "N"}
    given = {"include": "part_*", "tags": {"a": "b"}, "profile": None, "id_namespace_arn": None, "purge": "yes"}
    assert options_read(given, variables) == {**given, "include": ["part_*"], "id_namespace_arn": ""}
    for option, name in (
        ("exclude", "exclude (cleanrooms_exclude)"),
        ("collaboration_ids", "collaboration_ids (cleanrooms_leave)"),
        ("name", "name (cleanrooms_id_namespace_name)"),
        ("confirm", "confirm"),
    ):
        assert called(option, variables) == name
        with pytest.raises(CleanRoomsError, match=re.escape(f"{name}: is null; write what is meant")):
            options_read({option: None}, variables)
    with pytest.raises(CleanRoomsError, match=r"exclude \(cleanrooms_exclude\): is empty"):
        options_read({"exclude": ""}, variables)
