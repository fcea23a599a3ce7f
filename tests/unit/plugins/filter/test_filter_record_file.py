# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record file: what it holds comes back as it was, no text in it is a template, and nothing odd gets in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.acx.cleanrooms.plugins.filter.records import (
    FilterModule,
    confirmation_lines,
    confirmed_records,
    record_yaml,
    recorded,
)

ONE = "11111111-90ab-cdef-1234-567890abcdef"
AMC, PANEL, PROVIDER = "210987654321", "666677778888", "111122223333"
RECORD = {"name": "AMC", "collaboration_id": ONE, "status": "active", "members": [AMC]}
PENDING = {"name": "AMC", "collaboration_id": ONE, "creator_account_id": AMC, "creator_display_name": "AMC"}
texts = st.text(max_size=40) | st.sampled_from(
    ["{{ 7 * 7 }}", "{% raw %}", "true", "<<", "!unsafe x", "- a", "2026-01-01"]
)


def untagged_texts(text: str) -> list[str]:
    """Return the texts of a file that Ansible may take for templates."""
    return [node.value for node in _scalars(yaml.compose(text)) if node.tag == "tag:yaml.org,2002:str"]


def _scalars(node: Any) -> list[Any]:
    if isinstance(node, yaml.ScalarNode):
        return [node]
    inner = [one for pair in node.value for one in pair] if isinstance(node, yaml.MappingNode) else node.value
    return [scalar for one in inner for scalar in _scalars(one)]


@given(name=texts, notes=texts, display_name=texts)
def test_strangers_texts_come_back_and_are_no_templates(name: str, notes: str, display_name: str) -> None:
    record = {**RECORD, "name": name, "notes": notes}
    pending = {**PENDING, "name": name, "creator_display_name": display_name}
    text = record_yaml([record], [pending], "provider")
    assert not [one for one in untagged_texts(text) if "{" in one]
    loader = type("Loader", (yaml.SafeLoader,), {})
    loader.add_constructor("!unsafe", lambda _loader, node: node.value)
    assert yaml.load(text, Loader=loader) == {
        "cleanrooms_collaborations": [record],
        "cleanrooms_pending_invitations": [pending],
    }


@pytest.mark.parametrize(
    ("record", "pending", "message"),
    [
        ({"unknown": 1}, {}, r"cleanrooms_collaborations\[0\]: 'unknown' is no key"),
        ({"members": ["AMC"]}, {}, "members: 'AMC' is not an AWS account id"),
        ({}, {"unknown": 1}, r"cleanrooms_pending_invitations\[0\]: 'unknown' is no key of it; known keys are name, "),
        ({}, {"collaboration_id": "AMC"}, r"cleanrooms_pending_invitations\[0\].collaboration_id: 'AMC' is not"),
        ({}, {"creator_account_id": "{{ x }}"}, r"cleanrooms_pending_invitations\[0\].creator_account_id: "),
        ({}, {"members": ["{{ x }}"]}, r"cleanrooms_pending_invitations\[0\].members: "),
    ],
)
def test_what_is_wrong_is_not_written(record: dict[str, Any], pending: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError, match=message):
        record_yaml([{**RECORD, **record}], [{**PENDING, **pending}], "provider")


def test_a_file_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "collaborations.yml"
    path.write_text(record_yaml([RECORD], [], "provider"), encoding="utf-8")
    assert recorded(str(path), "cleanrooms_collaborations") == [RECORD]
    assert recorded(str(path), "cleanrooms_pending_invitations") == []
    assert recorded(str(tmp_path / "none.yml"), "cleanrooms_collaborations") == []


@pytest.mark.parametrize("content", [b"a: [", b"\xff", b"just a text"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "collaborations.yml"
    path.write_bytes(content)
    with pytest.raises(AnsibleFilterError, match=r"The record file .*collaborations\.yml cannot be read"):
        recorded(str(path), "cleanrooms_collaborations")


def joined(*members: tuple[str, str], name: str = "AMC") -> dict[str, Any]:
    """What cleanrooms_membership_info answers; members are account ids with their status."""
    every = [{"account_id": account, "display_name": account[:3], "status": status} for account, status in members]
    return {"name": name, "collaboration_id": ONE, "account_id": PROVIDER, "members": every}


def test_confirming_pins_the_others_who_are_or_may_become_members() -> None:
    found = joined((PROVIDER, "ACTIVE"), (PANEL, "INVITED"), (AMC, "ACTIVE"), ("999900001111", "LEFT"))
    other = {**RECORD, "collaboration_id": ONE.replace("1", "2"), "members": []}
    assert confirmed_records([RECORD, other], [found], [ONE]) == [{**RECORD, "members": [AMC, PANEL]}, other]
    assert confirmed_records([RECORD], [found], []) == [RECORD]


@pytest.mark.parametrize(("records", "memberships"), [([], [joined()]), ([RECORD], [])])
def test_confirming_needs_a_record_and_a_membership(records: list[Any], memberships: list[Any]) -> None:
    with pytest.raises(AnsibleFilterError, match=f"cleanrooms_confirm_members: '{ONE}' is not the collaboration_id"):
        confirmed_records(records, memberships, [ONE])


def test_only_accounts_that_were_named_are_pinned() -> None:
    found = joined((PANEL, "INVITED"), (AMC, "ACTIVE"))
    (record,) = confirmed_records([RECORD], [found], [ONE], [AMC, PANEL])
    assert record["members"] == [AMC, PANEL]
    with pytest.raises(AnsibleFilterError, match=f"has members whom you did not name, {PANEL};"):
        confirmed_records([RECORD], [found], [ONE], [AMC])


def test_what_is_confirmed_is_told_without_what_a_terminal_obeys() -> None:
    (line,) = confirmation_lines([joined((PANEL, "INVITED"), (AMC, "ACTIVE"), (PROVIDER, "ACTIVE"), name="A\x1b[2J")])
    assert line == f"A\\x1b[2J ({ONE}): members are {AMC} (210), {PANEL} (666)"


def test_every_filter_is_documented() -> None:
    folder = Path(__file__).parents[4] / "plugins" / "filter"
    assert all((folder / f"{name}.yml").is_file() for name in FilterModule().filters())
