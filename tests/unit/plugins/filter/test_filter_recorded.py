# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter that reads the record where the inventory does not bring it along."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible.template import Templar

from ansible_collections.acx.cleanrooms.plugins.filter.records import record_yaml, recorded

RECORD = {
    "name": "{{ 1 + 1 }}",
    "collaboration_id": "0f0ad7ea-28b4-46e8-9c5c-3e2f3e1a8f7d",
    "status": "active",
    "members": ["210987654321"],
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "collaborations.yml"


def test_reads_what_was_written_and_its_texts_are_no_templates(path: Path) -> None:
    path.write_text(record_yaml([RECORD], [], "provider"), encoding="utf-8")
    (record,) = recorded(str(path), "cleanrooms_collaborations")
    assert record == RECORD
    assert Templar(loader=None, variables={}).template(record["name"]) == "{{ 1 + 1 }}"
    assert recorded(str(path), "cleanrooms_pending_invitations") == []


def test_without_a_file_there_is_nothing(path: Path) -> None:
    assert recorded(str(path), "cleanrooms_collaborations") == []


@pytest.mark.parametrize("text", ["", "---\n", "cleanrooms_collaborations:\n"])
def test_nothing_in_the_file_is_nothing(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    assert recorded(str(path), "cleanrooms_collaborations") == []


@pytest.mark.parametrize("text", ["a: [", "- a list\n", "a: !python/object:os.system {}\n"])
def test_a_file_that_cannot_be_read_is_an_error_and_not_an_empty_record(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    with pytest.raises(AnsibleFilterError, match=r"collaborations\.yml cannot be read"):
        recorded(str(path), "cleanrooms_collaborations")
