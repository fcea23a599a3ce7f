# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How vars files are written and read: no text in them is a template, whoever chose it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

TEXT_TAG = "tag:yaml.org,2002:str"


class FreeText(str):
    """A text that is written with the tag !unsafe."""

    __slots__ = ()


class RecordDumper(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML is not typed
    """Writes plain values, free texts, and escapes in every text that would not print as it is."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists below their keys."""
        super().increase_indent(flow, False)

    def analyze_scalar(self, scalar: str) -> Any:
        """Let only printable texts keep what is not ASCII; called before each text is written."""
        self.allow_unicode = scalar.isprintable()
        return super().analyze_scalar(scalar)

    def ignore_aliases(self, data: Any) -> bool:
        """Write a list that stands in two records twice."""
        return True


def represent_free_text(dumper: RecordDumper, text: FreeText) -> yaml.ScalarNode:
    """Tag a text with !unsafe, unless it reads as a number, a date, true, null or the like.

    Ansible looks anew at what such a tag stands before, quoted or not: a collaboration called true would become a
    boolean, and one called << a file that cannot be read. Without the tag they stay texts, and none can be a template.
    """
    meaning = dumper.resolve(yaml.ScalarNode, str(text), (True, False))
    return dumper.represent_scalar("!unsafe" if meaning == TEXT_TAG else TEXT_TAG, str(text))


RecordDumper.add_representer(FreeText, represent_free_text)


def plain(value: Any) -> Any:
    """Return a value as Python's own types; texts lose half surrogates, which no file can hold."""
    if isinstance(value, Mapping):
        return {plain(key): plain(item) for key, item in value.items()}
    if isinstance(value, str):
        # By the class, because Ansible's own kinds of text override the methods and stay what they are.
        return str.encode(value, errors="backslashreplace").decode()
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return value


class RecordLoader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML is not typed
    """Reads texts with the tag !unsafe as what they are."""


RecordLoader.add_constructor("!unsafe", RecordLoader.construct_yaml_str)
