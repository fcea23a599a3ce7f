# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks a JSON value against a shape of the service model: requests and answers alike."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any

# The model limits these ARNs to 100 characters, but their own pattern with two UUIDs needs 142.
LENGTH_UNCHECKED = {"CleanroomsArn", "ConfiguredTableAssociationArn"}

# Java writes the characters beyond U+FFFF as a surrogate range; Python has them as single characters.
JAVA_SURROGATES = r"\uD800\uDBFF-\uDC00\uDFFF"
# AthenaTableName: the same language as the model's nested repeats, without their exponential search.
REWRITTEN_PATTERNS = {r"[a-zA-Z0-9_](([a-zA-Z0-9_]+)*([a-zA-Z0-9_]+))?": r"[a-zA-Z0-9_]+"}

JSON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}

Problem = tuple[str, str]


def problems(shape: Any, value: Any, path: str = "") -> Iterator[Problem]:
    """Everything in which the value differs from the shape: (dotted path, what is wrong) each."""
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return
    if not has_type(value, kind):
        yield path, f"Expected a {kind}."
    elif kind == "structure":
        yield from structure_problems(shape, value, path)
    elif kind == "list":
        yield from size_problems(shape, len(value), path, "items")
        for index, item in enumerate(value):
            yield from problems(shape.member, item, f"{path}[{index}]")
    elif kind == "map":
        yield from size_problems(shape, len(value), path, "entries")
        for key, item in value.items():
            yield from problems(shape.key, key, f"{path}.{key}")
            yield from problems(shape.value, item, f"{path}.{key}")
    elif kind == "string":
        yield from string_problems(shape, value, path)
    elif kind != "boolean":
        yield from size_problems(shape, value, path, "")


def has_type(value: Any, kind: str) -> bool:
    """Python's bool is an int, JSON's is not."""
    return isinstance(value, JSON_TYPES[kind]) and isinstance(value, bool) == (kind == "boolean")


def structure_problems(shape: Any, value: dict[str, Any], path: str) -> Iterator[Problem]:
    prefix = f"{path}." if path else ""
    given = {name: item for name, item in value.items() if item is not None}
    for name in shape.required_members:
        if name not in given:
            yield prefix + name, "This member is required."
    if getattr(shape, "is_tagged_union", False) and len(given) != 1:
        yield path, f"Exactly one of {', '.join(shape.members)} must be given."
    for name, item in given.items():
        if name in shape.members:
            yield from problems(shape.members[name], item, prefix + name)
        else:
            yield prefix + name, f"{shape.name} has no such member."


def size_problems(shape: Any, size: float, path: str, unit: str) -> Iterator[Problem]:
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and size < low:
        yield path, f"Must be at least {low} {unit}".rstrip() + "."
    if high is not None and size > high and shape.name not in LENGTH_UNCHECKED:
        yield path, f"Must be at most {high} {unit}".rstrip() + "."


def string_problems(shape: Any, value: str, path: str) -> Iterator[Problem]:
    yield from size_problems(shape, len(value), path, "characters")
    if shape.enum and value not in shape.enum:
        yield path, f"Must be one of {', '.join(shape.enum)}."
    pattern = shape.metadata.get("pattern")
    if pattern and not compiled(pattern).fullmatch(value):
        yield path, f"Must match the pattern {pattern}"


@cache
def compiled(pattern: str) -> re.Pattern[str]:
    """A pattern of the model, which is written for Java, as Python's."""
    python = REWRITTEN_PATTERNS.get(pattern, pattern).replace(JAVA_SURROGATES, "\U00010000-\U0010ffff")
    python = re.sub(r"\\p\{(\w+)\}", lambda match: category_ranges(match[1]), python)
    return re.compile(python, re.ASCII)


@cache
def category_ranges(category: str) -> str:
    """A Unicode category, or a group of them by its first letter, as the inside of a character class."""
    codes = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)).startswith(category)]
    starts = [code for code, before in zip(codes, [-1, *codes], strict=False) if code != before + 1]
    ends = [code for code, after in zip(codes, [*codes[1:], -1], strict=True) if code != after - 1]
    return "".join(f"{re.escape(chr(start))}-{re.escape(chr(end))}" for start, end in zip(starts, ends, strict=True))
