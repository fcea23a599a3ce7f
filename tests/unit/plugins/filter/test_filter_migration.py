# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.acx.cleanrooms.plugins.filter.migration import (
    CARRIED_OVER,
    DEEPEST,
    IN_TERRAFORM,
    NO_ID,
    NO_PLACE,
    NOT_PENDING,
    TWICE,
    UNKNOWN,
    migrated_configuration,
)

Data = dict[str, Any]
ONE = "11111111-90ab-cdef-1234-567890abcdef"
TWO = "22222222-90ab-cdef-1234-567890abcdef"
AMC = "210987654321"
ARN = "arn:aws:entityresolution:us-east-1:111122223333:idnamespace/ACXIdNamespace"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def migrated(old: Any, given: Data | None = None) -> Data:
    """What becomes of the content of an old file."""
    return migrated_configuration(encoded(json.dumps(old)), "old.json", given)


def kept(found: Data) -> dict[str, Any]:
    """What was kept aside, by where it came from."""
    return {one["path"]: one["value"] for one in found["kept"]}


def reasons(found: Data) -> dict[str, str]:
    return {one["path"]: one["reason"] for one in found["kept"]}


def one_collaboration(**entry: Any) -> Data:
    return migrated({"collaborations": [entry]})


# Settings


def test_the_defaults_become_settings() -> None:
    found = migrated(
        {
            "defaults": {
                "region": "eu-west-1",
                "role_name": "cleanrooms-glue-s3-access",
                "id_namespace_name": "ACXIdNamespace",
                "id_namespace_arn": ARN,
                "table_prefix": "part_",
                "database": "db",
                "allowed_query_providers": [AMC],
            }
        }
    )
    assert found["settings"] == {
        "cleanrooms_region": "eu-west-1",
        "cleanrooms_role": "cleanrooms-glue-s3-access",
        "cleanrooms_id_namespace_name": "ACXIdNamespace",
        "cleanrooms_id_namespace_arn": ARN,
        "cleanrooms_include": ["part_*"],
        "cleanrooms_exclude": ["part_n_a", "part_n_a_a"],
        "cleanrooms_name_prefix": "acx_",
        "cleanrooms_max_tables": 25,
    }
    assert kept(found) == {"defaults.database": "db", "defaults.allowed_query_providers": [AMC]}
    assert set(reasons(found).values()) == {IN_TERRAFORM}


def test_another_prefix_is_no_glob_and_needs_no_exclusion() -> None:
    settings = migrated({"defaults": {"table_prefix": "a[b]*"}})["settings"]
    assert settings["cleanrooms_include"] == ["a[[]b][*]*"]
    assert settings["cleanrooms_exclude"] == []


@pytest.mark.parametrize("prefix", ["", 5, ["part_"], False])
def test_where_the_prefix_is_none_no_table_is_selected(prefix: Any) -> None:
    found = migrated({"defaults": {"table_prefix": prefix}})
    assert found["settings"] == {"cleanrooms_include": []}
    assert kept(found) == {"defaults.table_prefix": prefix}


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("region", "Europe", "'Europe' is not an AWS Region, like us-east-1"),
        ("role_name", "a role", "'a role' is not the name (without path) or the ARN of an IAM role"),
        ("id_namespace_name", " ", "' ' is blank"),
        ("id_namespace_arn", "arn:x", "'arn:x' is not the ARN of an ID namespace"),
        ("region", ["us-east-1"], "is not a text"),
        ("schedule", "daily", UNKNOWN),
    ],
)
def test_what_cannot_be_right_is_kept_with_the_reason(key: str, value: Any, reason: str) -> None:
    found = migrated({"defaults": {key: value}})
    assert found["settings"] == {}
    assert kept(found) == {f"defaults.{key}": value}
    assert reason in reasons(found)[f"defaults.{key}"]
    assert any(line.startswith(f"Kept aside: defaults.{key}: ") and reason in line for line in found["lines"])


def test_what_is_given_stands_above_the_defaults_and_loses_nothing() -> None:
    found = migrated({"defaults": {"region": "eu-west-1", "role_name": "r"}}, {"cleanrooms_region": "us-west-2"})
    assert found["settings"] == {"cleanrooms_region": "us-west-2", "cleanrooms_role": "r"}
    assert kept(found) == {"defaults.region": "eu-west-1"}
    assert kept(migrated({"defaults": {"region": "eu-west-1"}}, {"cleanrooms_region": "eu-west-1"})) == {}


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_known_key_that_says_nothing_is_nothing(nothing: str | None) -> None:
    found = migrated({"defaults": {"region": nothing, "role_name": nothing}})
    assert (found["settings"], found["kept"]) == ({}, [])


# Collaborations


def test_a_collaboration_becomes_a_record_without_members() -> None:
    record = {
        "name": "AMC",
        "collaboration_id": ONE,
        "membership_id": TWO,
        "status": "active",
        "auto_associate_tables": True,
        "auto_associate_namespace": False,
        "notes": "n",
    }
    found = one_collaboration(**record, members=[AMC])
    assert found["collaborations"] == [record]
    assert kept(found) == {"collaborations[0].members": [AMC]}
    assert found["lines"][0] == "Carried over: collaborations: 1 (1 active), pending invitations: 0."
    assert "cleanrooms_confirm_members" in found["lines"][-1]


def test_the_process_documents_example_is_kept_whole() -> None:
    entry = {"name": "AMC Collaboration", "membership_id": "abc-123", "status": "active"}
    found = one_collaboration(**entry)
    assert found["collaborations"] == []
    assert found["kept"] == [{"path": "collaborations[0]", "value": entry, "reason": NO_ID}]


def test_one_good_id_is_enough() -> None:
    found = one_collaboration(collaboration_id=ONE, membership_id="abc-123", status="active")
    assert found["collaborations"][0]["collaboration_id"] == ONE
    assert "membership_id" not in found["collaborations"][0]
    assert kept(found) == {"collaborations[0].membership_id": "abc-123"}
    assert one_collaboration(membership_id=TWO)["collaborations"][0]["membership_id"] == TWO


@pytest.mark.parametrize(
    ("said", "aside"),
    [
        ({}, {}),
        ({"status": None, "auto_associate_tables": None, "auto_associate_namespace": None}, {}),
        ({"status": "paused"}, {"collaborations[0].status": "paused"}),
        ({"status": True}, {"collaborations[0].status": True}),
        ({"auto_associate_tables": "yes"}, {"collaborations[0].auto_associate_tables": "yes"}),
        ({"auto_associate_namespace": 1}, {"collaborations[0].auto_associate_namespace": 1}),
    ],
)
def test_what_is_not_said_is_not_shared(said: Data, aside: Data) -> None:
    found = one_collaboration(collaboration_id=ONE, **said)
    assert found["collaborations"] == [
        {
            "collaboration_id": ONE,
            "status": "inactive",
            "auto_associate_tables": False,
            "auto_associate_namespace": False,
        }
    ]
    assert kept(found) == aside
    for key in ("status", "auto_associate_tables", "auto_associate_namespace"):
        assert sum(f"collaborations[0].{key}: " in line for line in found["lines"]) == 1


@pytest.mark.parametrize("second", [{"collaboration_id": ONE}, {"membership_id": TWO, "name": "again"}])
def test_an_id_that_stands_twice_is_kept(second: Data) -> None:
    found = migrated({"collaborations": [{"collaboration_id": ONE, "membership_id": TWO}, second]})
    assert len(found["collaborations"]) == 1
    assert found["kept"] == [{"path": "collaborations[1]", "value": second, "reason": TWICE}]


def test_unknown_keys_are_kept_where_they_came_from() -> None:
    extra = {"a.b": {"c": [1, None]}, "allowed_query_providers": []}
    found = migrated({"collaborations": [{"collaboration_id": ONE, **extra}, 5], "version": 3})
    assert kept(found) == {
        'collaborations[0]["a.b"]': {"c": [1, None]},
        "collaborations[0].allowed_query_providers": [],
        "collaborations[1]": 5,
        "version": 3,
    }


# Pending invitations


@pytest.mark.parametrize(
    ("entry", "aside"),
    [
        ({"collaboration_id": ONE, "creator_account_id": AMC, "creator_display_name": "AMC"}, {}),
        ({"collaborationId": ONE, "creatorAccountId": AMC, "creatorDisplayName": "AMC"}, {}),
        ({"id": ONE, "creator": AMC, "creatorDisplayName": "AMC", "members": [AMC]}, {"members": [AMC]}),
        ({"id": ONE, "creator": "AMC", "creatorAccountId": AMC, "created": "2025"}, {"created": "2025"}),
        ({"id": ONE, "collaboration_id": "x", "creator": "AMC", "creatorAccountId": AMC}, {"collaboration_id": "x"}),
        ({"id": ONE, "collaboration_id": None, "creator": "AMC", "creatorAccountId": AMC}, {}),
    ],
)
def test_pending_invitations_are_known_by_any_of_their_names(entry: Data, aside: Data) -> None:
    found = migrated({"pending_invitations": [{"name": "N", **entry}]})
    assert found["pending_invitations"] == [
        {"name": "N", "collaboration_id": ONE, "creator_account_id": AMC, "creator_display_name": "AMC"}
        | {"reason": CARRIED_OVER}
    ]
    assert kept(found) == {f"pending_invitations[0].{key}": value for key, value in aside.items()}
    assert set(reasons(found).values()) <= {NO_PLACE}


@pytest.mark.parametrize(
    "entry", [{"id": "x", "creator": AMC}, {"id": ONE, "creator": "AMC"}, {"id": ONE}, {"name": "N"}]
)
def test_a_pending_invitation_without_ids_is_kept_whole(entry: Data) -> None:
    found = migrated({"pending_invitations": [entry, "x"]})
    assert found["pending_invitations"] == []
    assert kept(found) == {"pending_invitations[0]": entry, "pending_invitations[1]": "x"}
    assert reasons(found)["pending_invitations[0]"] == NOT_PENDING


def test_a_pending_invitation_that_stands_twice_is_kept() -> None:
    entry = {"id": ONE, "creator": AMC}
    found = migrated({"pending_invitations": [entry, entry]})
    assert len(found["pending_invitations"]) == 1
    assert found["kept"] == [{"path": "pending_invitations[1]", "value": entry, "reason": TWICE}]


# The file as a whole


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[]", "must be a dictionary with one of the keys defaults, collaborations, pending_invitations"),
        ('{"colaborations": []}', "must be a dictionary with one of the keys"),
        ('{"defaults": [1]}', "defaults must be a dictionary, and is [1]"),
        ('{"defaults": null}', "defaults must be a dictionary, and is null"),
        ('{"collaborations": {"a": 1}}', 'collaborations must be a list of dictionaries, and is {"a": 1}'),
        ('{"pending_invitations": "x"}', 'pending_invitations must be a list of dictionaries, and is "x"'),
        ('{"collaborations": "' + "x" * 99 + '"}', 'is "' + "x" * 36 + "..."),
        ('{"defaults":\n {"region": us}}', "is not JSON: line 2, column 13: Expecting value"),
        ("", "is not JSON: line 1, column 1: Expecting value"),
        ('{"defaults": {"a": 1, "a": 2}}', "'a' stands twice in one dictionary; keep one of them"),
        ('{"defaults": {"\\ud800": 1, "\\\\ud800": 2}}', "stands twice in one dictionary"),
        ('{"defaults": {"a": NaN}}', "NaN is no value that JSON knows"),
        ('{"defaults": {"a": ' + "[" * DEEPEST + "]" * DEEPEST + "}}", f"is nested deeper than {DEEPEST} levels"),
        ('{"defaults": {"a": ' + "[" * 100_000 + "]" * 100_000 + "}}", f"is nested deeper than {DEEPEST} levels"),
        ('{"defaults": {"a": ' + "1" * 5000 + "}}", "Exceeds the limit"),
    ],
)
def test_a_file_that_cannot_be_read_gives_one_line(text: str, problem: str) -> None:
    found = migrated_configuration(encoded(text), "a\x9b.json")
    assert set(found) == {"problem"}
    assert found["problem"].startswith("cleanrooms_migrate: a\\x9b.json: ")
    assert problem in found["problem"]
    assert found["problem"].isprintable()


def test_a_file_in_another_encoding_gives_one_line() -> None:
    content = base64.b64encode('{"defaults": {"a": "é"}}'.encode("latin-1")).decode()
    assert migrated_configuration(content, "o") == {"problem": "cleanrooms_migrate: o: is not a text file in UTF-8"}


def test_a_byte_order_mark_does_no_harm() -> None:
    assert "problem" not in migrated_configuration(encoded('\ufeff{"defaults": {}}'), "old.json")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
VALUES = st.recursive(
    SCALARS | st.sampled_from([ONE, TWO, AMC, ARN, "active", "part_", "eu-west-1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = {
    "defaults": ["region", "role_name", "id_namespace_name", "id_namespace_arn", "table_prefix", "database"],
    "collaborations": ["name", "collaboration_id", "membership_id", "status", "auto_associate_tables", "notes"],
    "pending_invitations": ["name", "collaboration_id", "id", "creator", "creatorAccountId", "creatorDisplayName"],
}


def entries(section: str) -> st.SearchStrategy[Data]:
    ids = st.just({"collaboration_id": ONE, "creatorAccountId": AMC}) | st.just({})
    some = st.dictionaries(st.sampled_from(KEYS[section]) | st.text(), VALUES, max_size=6)
    return st.builds(lambda first, second: {**first, **second}, ids, some)


FILES = st.fixed_dictionaries(
    {"defaults": entries("defaults")},
    optional={
        "collaborations": st.lists(entries("collaborations") | VALUES, max_size=3),
        "pending_invitations": st.lists(entries("pending_invitations") | VALUES, max_size=3),
        "version": VALUES,
    },
)


def leaves(value: Any) -> list[Any]:
    """All values that are no dictionary or list, and empty ones of these, with their types, in any order."""
    if isinstance(value, dict) and value:
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list) and value:
        return [leaf for item in value for leaf in leaves(item)]
    return [(type(value), str(value))]


@given(FILES)
@example({"defaults": {"region": "{{ 7 * 7 }}"}, "collaborations": [{"name": "{{ 7 * 7 }}", "membership_id": TWO}]})
def test_nothing_is_lost(old: Data) -> None:
    old = json.loads(json.dumps(old).encode(errors="backslashreplace").decode())
    found = migrated(old)
    outputs = [found[key] for key in ("settings", "collaborations", "pending_invitations")]
    remaining = leaves([outputs, [one["value"] for one in found["kept"]]])
    # A prefix is found in its glob.
    prefix = old["defaults"].get("table_prefix")
    if isinstance(prefix, str) and "defaults.table_prefix" not in kept(found):
        remaining.append((str, prefix))
    for leaf in leaves(old):
        if leaf in remaining:
            remaining.remove(leaf)
        else:
            # What a known key says is nothing.
            assert leaf in ((type(None), "None"), (str, "")), leaf
    assert all(line.isprintable() for line in found["lines"])
    assert all("members" not in record for record in found["collaborations"])
    for record in found["collaborations"]:
        assert record["status"] == "inactive" or {"status": record["status"]}.items() <= _entry(old, record).items()


def _entry(old: Data, record: Data) -> Data:
    """The old entry that a record was made of."""
    ids = {key: record[key] for key in ("collaboration_id", "membership_id") if key in record}
    dictionaries = [one for one in old["collaborations"] if isinstance(one, dict)]
    found: Data = next(one for one in dictionaries if ids.items() <= one.items())
    return found
