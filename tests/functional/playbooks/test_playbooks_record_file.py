# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record file, read by Ansible's own loader: the same texts for whatever a partner may write, never templates."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.acx.cleanrooms.plugins.filter.records import record_yaml

ID = "0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d"
OTHER_ID = "1f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d"
PIECES = [
    "{{ 1 + 1 }}",
    "{%",
    "{#",
    "'",
    '"',
    "!unsafe",
    "\n",
    "\t",
    "\x85",
    "\x9b",
    "\u2028",
    ": ",
    "- ",
    "#",
    "\\x41",
    "%",
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=6).map("".join)


def read(text: str) -> dict[str, Any]:
    """What a task gets for the variables of a vars file, which Ansible trusts to hold templates."""
    loader = DataLoader()
    variables = loader.load(trust_as_template(text))
    templar = Templar(loader=loader, variables=variables)
    return {key: templar.template(variables[key]) for key in variables}


def test_the_way_it_is_read_here_does_carry_templates_out() -> None:
    assert read('a: "{{ 1 + 1 }}"') == {"a": 2}


@given(TEXTS)
@example("true")
@example("<<")
@example("=")
@example("")
@example("2025-01-01")
@example("012345678901")
@example("0x1f")
@example("1:30")
@example("~")
@example("\U0001f600 \u202e Soci\u00e9t\u00e9 \ud800")
def test_any_text_comes_back_as_it_was(text: str) -> None:
    expected = text.encode(errors="backslashreplace").decode()
    record = {"name": text, "collaboration_id": ID, "notes": text, "tables": {"include": [text]}}
    pending = {"name": text, "collaboration_id": ID, "creator_account_id": "111122223333", "reason": text}
    content = read(record_yaml([record], [{**pending, "creator_display_name": text}], "provider"))
    assert content == {
        "cleanrooms_collaborations": [
            {"name": expected, "collaboration_id": ID, "tables": {"include": [expected]}, "notes": expected}
        ],
        "cleanrooms_pending_invitations": [
            {**pending, "name": expected, "creator_display_name": expected, "reason": expected}
        ],
    }


def test_everything_in_a_record_comes_back() -> None:
    full = {
        "name": "AMC",
        "collaboration_id": ID,
        "membership_id": OTHER_ID,
        "status": "inactive",
        "auto_associate_tables": False,
        "auto_associate_namespace": True,
        "tables": {"include": ["part_*"], "exclude": []},
        "result_receivers": ["012345678901"],
        "members": ["012345678901", "111122223333"],
        "notes": "two\nlines",
    }
    text = record_yaml([full, {"membership_id": ID, "members": []}], [], "provider")
    assert read(text)["cleanrooms_collaborations"] == [full, {"membership_id": ID, "members": []}]


def test_a_printable_name_stays_readable() -> None:
    assert "name: !unsafe 'Société 東京'" in record_yaml(
        [{"name": "Société 東京", "collaboration_id": ID}], [], "provider"
    )


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({"collaboration_id": "{{ 1 }}"}, "cleanrooms_collaborations[0].collaboration_id: '{{ 1 }}' is not an id"),
        ({"collaboration_id": ID, "members": ["1"]}, "cleanrooms_collaborations[0].members: '1' is not an AWS account"),
        ({"collaboration_id": ID, "membrs": []}, "did you mean 'members'?"),
    ],
)
def test_what_cannot_be_right_is_not_written(record: dict[str, Any], message: str) -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        record_yaml([record], [], "provider")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"collaboration_id": "x"}, "cleanrooms_pending_invitations[0].collaboration_id: 'x' is not an id"),
        ({"creator_account_id": "x"}, "cleanrooms_pending_invitations[0].creator_account_id: 'x' is not an AWS"),
        ({"members": ["x"]}, "cleanrooms_pending_invitations[0].members: 'x' is not an AWS account"),
        ({"other": "x"}, "cleanrooms_pending_invitations[0]: 'other' is no key of it"),
    ],
)
def test_pending_invitations_are_checked_too(change: dict[str, Any], message: str) -> None:
    entry = {"collaboration_id": ID, "creator_account_id": "111122223333", **change}
    with pytest.raises(AnsibleFilterError) as caught:
        record_yaml([], [entry], "provider")
    assert message in str(caught.value)
