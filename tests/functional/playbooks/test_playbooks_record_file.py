# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Written files, read by Ansible's own loader: the same texts for whatever a partner may write, never templates."""

from __future__ import annotations

from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from hypothesis import example, given
from hypothesis import strategies as st

from ansible_collections.acx.cleanrooms.plugins.filter.inventory import inventory_files
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_text import Content, record_text
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._yaml import plain

ID = "0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d"
PIECES = [
    *("{{ 1 + 1 }}", "{%", "{#", "'", '"', "!unsafe", "\n", "\t", "\x85", "\x9b", "\u2028"),
    *(": ", "- ", "#", "\\x41", "%"),
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
    member = {"account_id": "012345678901", "display_name": expected, "abilities": []}
    record = {"name": expected, "collaboration_id": ID, "tables": {"include": [expected]}, "notes": expected}
    pending = {"name": expected, "collaboration_id": ID, "creator_account_id": "111122223333", "reason": expected}
    pending |= {"creator_display_name": expected, "members": [member]}
    found = read(record_text(Content([record], [pending]), "provider"))
    assert found["cleanrooms_collaborations"] == [record]
    assert found["cleanrooms_pending_invitations"] == [pending]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(VALUES, TEXTS)
@example({"true": "true", "<<": "=", "2025-01-01": "0x1f", "{{ 1 + 1 }}": "{{ 1 + 1 }}", "": ""}, "part_*")
def test_what_a_new_inventory_holds_reads_the_same(value: Any, text: str) -> None:
    kept = [{"path": text, "value": value, "reason": text}]
    variables = {"settings": {"cleanrooms_include": [text]}, "kept": kept}
    files = {one["path"]: one["content"] for one in inventory_files(plain(variables), "h", "", "")}
    assert read(files["host_vars/h/migrated.yml"]) == plain({"cleanrooms_migrated": kept})
    assert read(files["host_vars/h/settings.yml"]) == plain(variables["settings"])
