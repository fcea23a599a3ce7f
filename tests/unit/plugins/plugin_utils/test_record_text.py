# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a record file says, and how it is written: what cannot be right is an error with its place, never empty."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_text import Content, content_of, record_text
from ansible_collections.acx.cleanrooms.tests.unit.plugins.plugin_utils.record_samples import (
    AMC,
    BOTH,
    PANEL,
    collaboration_id,
    member,
    membership_id,
    pending,
    record,
    review,
)

ENTRY = f"  - collaboration_id: {collaboration_id()}\n"
LIST = f"cleanrooms_collaborations:\n{ENTRY}"
NEWER = "cleanrooms_record_version: 99.0.0\n"
texts = st.text(max_size=40) | st.sampled_from(
    ["{{ 7 * 7 }}", "{% raw %}", "true", "<<", "!unsafe x", "- a", "2026-01-01", "a\n  - b\n\n", "null", "0o17", "="]
)


def untagged_texts(text: str) -> list[str]:
    """Return the texts of a file that Ansible may take for templates."""
    return [node.value for node in _scalars(yaml.compose(text)) if node.tag == "tag:yaml.org,2002:str"]


def _scalars(node: Any) -> list[Any]:
    if isinstance(node, yaml.ScalarNode):
        return [node]
    inner = [one for pair in node.value for one in pair] if isinstance(node, yaml.MappingNode) else node.value
    return [scalar for one in inner for scalar in _scalars(one)]


@given(name=texts, notes=texts, display_name=texts, reason=texts)
def test_what_is_written_comes_back_and_no_text_is_a_template(
    name: str, notes: str, display_name: str, reason: str
) -> None:
    members = [member(PANEL, display_name=display_name), member()]
    records = [record(2, members=members, reviewed=review(AMC, by=name)), record(1, name=name, notes=notes)]
    content = Content(records, [pending(members=members, reason=reason, creator_display_name=display_name)])
    text = record_text(content, "provider")
    assert not [one for one in untagged_texts(text) if "{" in one]
    assert content_of(text.encode()) == Content(records[::-1], content.pending)


FILE = f"""\
cleanrooms_record_version: 1.0.0

cleanrooms_collaborations:
  - name: !unsafe 'Mine 1'
    collaboration_id: {collaboration_id(1)}
    membership_id: {membership_id(1)}
    status: active
    tables:
      include:
        - !unsafe 'part_*'
      exclude: []
    notes: !unsafe 'n'
    reviewed:
      at: '2026-11-27T12:00:00+00:00'
      by: !unsafe 'arn:aws:iam::111122223333:user/op'
      own_abilities: []
      own_payments: []
      auto_approved_changes: []
      receivers:
        - '{AMC}'
    members:
      - account_id: '{AMC}'
        display_name: !unsafe 'Name of 210'
        abilities:
          - CAN_QUERY
          - CAN_RECEIVE_RESULTS

  - name: !unsafe 'Mine 2'
    collaboration_id: {collaboration_id(2)}
    membership_id: {membership_id(2)}
    status: active
    members: []

cleanrooms_pending_invitations: []
"""


def test_the_form_of_the_file() -> None:
    """Sorted, an empty line before each entry but the first, and what protects comes last."""
    tables = {"include": ["part_*"], "exclude": []}
    first = record(1, members=[member(AMC, BOTH)], reviewed=review(AMC), tables=tables, notes="n")
    text = record_text(Content([record(2, members=[]), first]), "provider")
    assert text.startswith("---\n# The AWS Clean Rooms collaborations of provider.")
    assert text[text.index("cleanrooms_record_version") :] == FILE


def test_an_entry_that_a_merge_cuts_off_shares_nothing() -> None:
    """Wherever it is cut, it has no members, or fewer, or cannot be read."""
    whole = record(members=[member(AMC), member(PANEL, ["CAN_QUERY"])], reviewed=review(AMC))
    lines = record_text(Content([whole]), "provider").partition("\ncleanrooms_pending")[0].splitlines(keepends=True)
    for end in range(len(lines)):
        try:
            cut = content_of("".join(lines[:end]).encode()).records
        except CleanRoomsError:
            continue
        for one in cut:
            accounts = [each["account_id"] for each in one.get("members") or ()]
            assert "reviewed" in one or not accounts
            assert accounts != [AMC, PANEL] or one["reviewed"] == whole["reviewed"]


@pytest.mark.parametrize("text", ["cleanrooms_collaborations: []\n", "\ufeffcleanrooms_pending_invitations: []\n"])
def test_a_file_may_hold_no_record(text: str) -> None:
    assert content_of(text.encode()) == Content()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty; write cleanrooms_collaborations: [] into it, or delete it"),
        (" \n\t\n", "it is empty"),
        ("---\n", "it holds no variables"),
        ("- a list\n", "it holds no variables"),
        ("cleanrooms_collaborations:\n", "cleanrooms_collaborations has no value; write [] for none"),
        ("cleanrooms_collaborations: {a: 1}\n", "cleanrooms_collaborations is not a list"),
        ("cleanrooms_pending_invitations: x\n", "cleanrooms_pending_invitations is not a list"),
        ("cleanrooms_exclude: [a]\n", "'cleanrooms_exclude' is no key of it; write other variables into another file"),
        ("a: [", "while parsing a flow node"),
        ("a: !python/object:os.system {}\n", "could not determine a constructor"),
        ("a: !vault x\n", "could not determine a constructor for the tag '!vault'"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", "it is encrypted, and holds no secrets; decrypt it"),
        (f"<<<<<<< HEAD\n{LIST}", "line 1 is a mark of git's; resolve the conflict first"),
        (f"{LIST}>>>>>>> other\n", "line 3 is a mark of git's"),
        (f"{LIST}{LIST}", "cleanrooms_collaborations is there twice, in line 1 and in line 3"),
        (f"{LIST}    tables: {{}}\n    name: x\n    tables: {{}}\n", "tables is there twice, in line 3 and in line 5"),
        (f"{LIST}{ENTRY}", f"collaboration_id {collaboration_id()} is there twice, in line 2 and in line 3"),
        (f"{LIST}    exlude: []\n", f"cleanrooms_collaborations[{collaboration_id()}]: 'exlude' is no key"),
        (
            f"{LIST}    members: ['{AMC}']\n",
            f"cleanrooms_collaborations[{collaboration_id()}].members[entry 1]: is a string; write ",
        ),
        (
            f"{LIST}    result_receivers:\n",
            f"cleanrooms_collaborations[{collaboration_id()}].result_receivers: is null",
        ),
        (f"{NEWER}{LIST}    budget: 1\n", "'budget' is no key*; the file needs acx.cleanrooms 99.0.0 or later, and"),
        (f"{NEWER}budget: 1\n", "'budget' is no key of it*; the file needs acx.cleanrooms 99.0.0 or later, and this"),
        ("cleanrooms_pending_invitations: [1]\n", "cleanrooms_pending_invitations[entry 1]: is a number"),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(CleanRoomsError) as caught:
        content_of(text.encode())
    said = str(caught.value.message)
    assert re.search(".*".join(map(re.escape, why.split("*"))), said)
    assert "\n" not in said


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"unknown": 1}, "'unknown' is no key of it; known keys are name, "),
        ({"collaboration_id": "AMC"}, ".collaboration_id: 'AMC' is not"),
        ({"creator_account_id": "{{ x }}"}, ".creator_account_id: "),
        ({"reason": 1}, ".reason: is a number; write it in quotes"),
        ({"members": [AMC]}, ".members[entry 1]: is a string; write "),
    ],
)
def test_a_pending_invitation_that_cannot_be_right_is_not_written(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(CleanRoomsError, match=re.escape("cleanrooms_pending_invitations[") + ".*" + re.escape(why)):
        record_text(Content([], [pending(**changes)]), "provider")


def test_a_newer_file_that_is_understood_keeps_its_version() -> None:
    content = content_of(f"{NEWER}{LIST}".encode())
    assert NEWER in record_text(content, "provider")
