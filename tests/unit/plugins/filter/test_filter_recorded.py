# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the record file: what cannot be right is an error with its place, and never an empty record."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible.template import Templar

from ansible_collections.acx.cleanrooms.plugins.filter.records import record_yaml, recorded
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_file import open_record

RECORD = {
    "name": "{{ 1 + 1 }}",
    "collaboration_id": "0f0ad7ea-28b4-46e8-9c5c-3e2f3e1a8f7d",
    "status": "active",
    "members": ["210987654321"],
}
ENTRY = "  - collaboration_id: 0f0ad7ea-28b4-46e8-9c5c-3e2f3e1a8f7d\n"
LIST = f"cleanrooms_collaborations:\n{ENTRY}"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "collaborations.yml"


def why_not(path: Path) -> str:
    with pytest.raises(AnsibleFilterError) as caught:
        recorded(str(path), "cleanrooms_collaborations")
    return str(caught.value)


def test_reads_what_was_written_and_its_texts_are_no_templates(path: Path) -> None:
    path.write_text(record_yaml([RECORD], [], "provider"), encoding="utf-8")
    (record,) = recorded(str(path), "cleanrooms_collaborations")
    assert record == RECORD
    assert Templar(loader=None, variables={}).template(record["name"]) == "{{ 1 + 1 }}"
    assert recorded(str(path), "cleanrooms_pending_invitations") == []


@pytest.mark.parametrize("where", ["", "{}"])
def test_without_a_file_there_is_nothing(path: Path, where: str) -> None:
    assert recorded(where.format(path), "cleanrooms_collaborations") == []


@pytest.mark.parametrize("text", ["cleanrooms_collaborations: []\n", "other: 1\n", "\ufeffother: 1\n"])
def test_a_file_may_hold_no_record(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    assert recorded(str(path), "cleanrooms_collaborations") == []


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
        ("a: [", "while parsing a flow node"),
        ("a: !python/object:os.system {}\n", "could not determine a constructor"),
        ("a: !vault x\n", "could not determine a constructor for the tag '!vault'"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", "it is encrypted, and holds no secrets; decrypt it"),
        (f"<<<<<<< HEAD\n{LIST}", "line 1 is a mark of git's; resolve the conflict first"),
        (f"{LIST}>>>>>>> other\n", "line 3 is a mark of git's"),
        (f"{LIST}{LIST}", "cleanrooms_collaborations is there twice, in line 1 and in line 3"),
        (f"{LIST}    tables: {{}}\n    name: x\n    tables: {{}}\n", "tables is there twice, in line 3 and in line 5"),
        (
            f"{LIST}{ENTRY}",
            "collaboration_id 0f0ad7ea-28b4-46e8-9c5c-3e2f3e1a8f7d is there twice, in line 2 and in line 3",
        ),
    ],
)
def test_what_is_refused(path: Path, text: str, why: str) -> None:
    path.write_text(text, encoding="utf-8")
    said = why_not(path)
    assert said.startswith(f"The record file {path} cannot be read: {why}")
    assert "\n" not in said


def test_bytes_that_are_no_text_and_a_folder_and_a_dead_link(path: Path) -> None:
    path.write_bytes(b"name: \xff\xfe\n")
    assert "cannot be read: 'utf-8' codec" in why_not(path)
    path.unlink()
    path.symlink_to(path.parent / "gone.yml")
    assert "No such file" in why_not(path)
    path.unlink()
    path.mkdir()
    assert "Is a directory" in why_not(path)


def test_a_home_folder_and_a_relative_path(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(LIST, encoding="utf-8")
    monkeypatch.setenv("HOME", str(path.parent))
    monkeypatch.chdir(path.parent)
    assert open_record("~/collaborations.yml") == open_record("collaborations.yml") == open_record(str(path))


@pytest.mark.parametrize(
    ("there", "record", "said"),
    [
        ("host_vars/p.yml", "host_vars/p/collaborations.yml", "move p.yml to {0}/host_vars/p/main.yml"),
        ("host_vars/p.yaml", "host_vars/p/collaborations.yml", "move p.yaml to {0}/host_vars/p/main.yml"),
        ("host_vars/p.json", "host_vars/p/collaborations.yml", "move p.json to {0}/host_vars/p/main.yml"),
        ("group_vars/g.yml", "group_vars/g/collaborations.yml", "move g.yml to {0}/group_vars/g/main.yml"),
        (
            "host_vars/p/main.yml",
            "host_vars/p.yml",
            "Ansible does not read {0}/host_vars/p.yml where {0}/host_vars/p is",
        ),
        ("host_vars/p.yaml", "host_vars/p.yml", "Ansible does not read {0}/host_vars/p.yaml where {0}/host_vars/p.yml"),
        ("host_vars/p.yml", "host_vars/p.json", "Ansible does not read {0}/host_vars/p.json where {0}/host_vars/p.yml"),
        ("host_vars/q.yml", "host_vars/p/collaborations.yml", ""),
        ("records/p.yml", "records/p/collaborations.yml", ""),
        ("host_vars/p/main.yml", "host_vars/p/collaborations.yml", ""),
    ],
)
def test_files_that_hide_each_other(tmp_path: Path, there: str, record: str, said: str) -> None:
    file = tmp_path / there
    file.parent.mkdir(parents=True)
    file.write_text("a: 1\n", encoding="utf-8")
    if said:
        assert said.format(tmp_path) in why_not(tmp_path / record)
    else:
        assert recorded(str(tmp_path / record), "cleanrooms_collaborations") == []
