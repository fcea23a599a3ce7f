# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.acx.cleanrooms.plugins.filter.ids import id_list


@pytest.mark.parametrize(
    ("given", "ids"),
    [("a, b,a", ["a", "b"]), (["a,b", "c"], ["a", "b", "c"]), ("", []), ([], []), (None, [])],
)
def test_ids_are_taken_from_lists_and_from_texts_with_commas(given: Any, ids: list[str]) -> None:
    assert id_list(given) == ids


def test_numbers_are_no_ids() -> None:
    with pytest.raises(AnsibleFilterError, match="holds a number; write each in quotes"):
        id_list([210987654321])


def test_every_filter_is_documented() -> None:
    folder = Path(__file__).parents[4] / "plugins" / "filter"
    texts = [file.read_text(encoding="utf-8").partition("def filters")[2] for file in folder.glob("*.py")]
    names = {name for text in texts for name in re.findall(r'"(\w+)": \w+', text)}
    assert len(names) > 10
    assert names <= {file.stem for file in folder.glob("*.yml")}
