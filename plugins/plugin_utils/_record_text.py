# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The text of a record file: what it says, and how it is written. What cannot be right is an error, never empty."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import (
    KEYS,
    MEMBER_OPTIONS,
    REVIEW_OPTIONS,
    label_of,
    parse_members,
    parse_records,
    without_none,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import check_account_ids, check_uuids, kind_of

from ._yaml import FreeText, RecordDumper, RecordLoader

Data = dict[str, Any]
COLLABORATIONS = "cleanrooms_collaborations"
PENDING = "cleanrooms_pending_invitations"
# The first version of the collection that reads this form.
VERSION = "cleanrooms_record_version"
THIS_VERSION = "1.0.0"
IDS = ("collaboration_id", "membership_id")
PENDING_KEYS = ("name", "collaboration_id", "creator_account_id", "creator_display_name", "reason", "members")
# What has just been checked to be an id, an account id, a status or a word of AWS's. Everything else is free text.
CHECKED_KEYS = (*IDS, "status", "result_receivers", "receivers", "account_id", "abilities", "creator_account_id")
VAULT = b"$ANSIBLE_VAULT;"
# How git marks what it could not merge.
CONFLICT = (b"<<<<<<< ", b">>>>>>> ")
HEADER = """\
---
# The AWS Clean Rooms collaborations of {host}. acx.cleanrooms keeps this file, and you may edit it.
# What you write here stays, comments apart: they go when something new is recorded. Use notes instead.
# No text here is a template: partners choose names, and the tag !unsafe keeps Ansible from taking one for a template.
"""


@dataclass(frozen=True)
class Content:
    """What a record file says: the records, the pending invitations, and the version that it needs."""

    records: list[Data] = field(default_factory=list)
    pending: list[Data] = field(default_factory=list)
    version: str = THIS_VERSION


def content_of(text: bytes) -> Content:
    """Return what the bytes of a record file say; raise C(CleanRoomsError) where that is not clear.

    It is not where the file is encrypted, empty, half merged, has a key or an id twice, or a key that is not known.
    """
    _check_bytes(text)
    root, found = _load(text)
    version = found.get(VERSION) or THIS_VERSION
    try:
        unknown = [key for key in found if key not in (COLLABORATIONS, PENDING, VERSION)]
        if unknown:
            raise CleanRoomsError(
                f"{unknown[0]!r} is no key of it; write other variables into another file, for example settings.yml"
                " beside it"
            )
        lists = {key: _list_in(found, key) for key in (COLLABORATIONS, PENDING)}
        for key in lists:
            _check_ids(root, key)
        parse_records(lists[COLLABORATIONS], COLLABORATIONS)
        check_pending(lists[PENDING])
    except CleanRoomsError as error:
        if _number(version) > _number(THIS_VERSION):
            raise CleanRoomsError(
                f"{str(error.message).rstrip('.')}; the file needs acx.cleanrooms {version} or later, and this is older"
            ) from error
        raise
    return Content(lists[COLLABORATIONS], lists[PENDING], str(version))


def _number(version: Any) -> tuple[int, ...]:
    return tuple(int(part) for part in str(version).split(".") if part.isascii() and part.isdigit())


def _check_bytes(text: bytes) -> None:
    if text.startswith(VAULT):
        raise CleanRoomsError("it is encrypted, and holds no secrets; decrypt it with ansible-vault decrypt")
    if not text.strip():
        raise CleanRoomsError(f"it is empty; write {COLLABORATIONS}: [] into it, or delete it")
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith(CONFLICT):
            raise CleanRoomsError(f"line {number} is a mark of git's; resolve the conflict first")


def _load(text: bytes) -> tuple[yaml.Node | None, Data]:
    try:
        loader = RecordLoader(text.decode("utf-8-sig"))
        try:
            root = loader.get_single_node()
            for key, first, second in _doubled(root):
                raise CleanRoomsError(
                    f"{key} is there twice, in line {first} and in line {second}; put the two together"
                )
            found = loader.construct_document(root) if root else None
        finally:
            loader.dispose()
    except (yaml.YAMLError, RecursionError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise CleanRoomsError(" ".join(str(error).split())) from error
    if not isinstance(found, dict):
        raise CleanRoomsError(f"it holds no variables; it begins with {COLLABORATIONS}:")
    return root, found


def _doubled(node: yaml.Node | None) -> Iterator[tuple[str, int, int]]:
    """Yield the keys that are twice in one mapping, with both lines: the last would win, and the first be gone."""
    if isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            # Another key than a scalar is refused when the mapping is made.
            line, name = key.start_mark.line + 1, str(key.value)
            if name in lines:
                yield name, lines[name], line
            lines[name] = line
            yield from _doubled(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _doubled(item)


def _list_in(found: Data, key: str) -> list[Any]:
    value = found.get(key, [])
    if not isinstance(value, list):
        is_what = "has no value" if value is None else "is not a list"
        raise CleanRoomsError(f"{key} {is_what}; write [] for none, or begin each collaboration with a hyphen")
    return value


def _check_ids(root: yaml.Node | None, key: str) -> None:
    """Raise C(CleanRoomsError) where an id is in two entries of one list."""
    entries = next((value for name, value in root.value if name.value == key), None) if root else None
    lines: dict[tuple[str, str], int] = {}
    for entry in entries.value if isinstance(entries, yaml.SequenceNode) else ():
        for name, value in entry.value if isinstance(entry, yaml.MappingNode) else ():
            found = (str(name.value), str(value.value))
            line = name.start_mark.line + 1
            if found[0] in IDS and found[1] and found in lines:
                raise CleanRoomsError(
                    f"{found[0]} {found[1]} is there twice, in line {lines[found]} and in line {line}; keep one"
                )
            lines[found] = line


def check_pending(pending: Iterable[Any]) -> None:
    """Raise C(CleanRoomsError) for a pending invitation that cannot be right."""
    for number, entry in enumerate(pending, 1):
        option = f"{PENDING}[{label_of(entry, number)}]"
        if not isinstance(entry, Mapping):
            raise CleanRoomsError(f"{option}: is {kind_of(entry)}; it must be a dictionary")
        unknown = set(map(str, entry)) - set(PENDING_KEYS)
        if unknown:
            raise CleanRoomsError(
                f"{option}: {min(unknown)!r} is no key of it; known keys are {', '.join(PENDING_KEYS)}"
            )
        for key in ("name", "creator_display_name", "reason"):
            if not isinstance(entry.get(key, ""), str):
                raise CleanRoomsError(f"{option}.{key}: is {kind_of(entry[key])}; write it in quotes")
        check_uuids(f"{option}.collaboration_id", [str(entry.get("collaboration_id"))])
        check_account_ids(f"{option}.creator_account_id", [str(entry.get("creator_account_id"))])
        parse_members(entry.get("members"), f"{option}.members")


def record_text(content: Content, host: str) -> str:
    """Return the text of a record file; it loads to the same content, sorted by id, and no text in it is a template.

    In each entry C(members) come last: whoever cuts an entry off leaves no members in it, and then nothing is shared.
    """
    try:
        parse_records(content.records, COLLABORATIONS)
        check_pending(content.pending)
        text = _text(content, host)
        _check_same(content, content_of(text.encode()))
    except CleanRoomsError as error:
        raise CleanRoomsError(f"The record cannot be written: {explain(error)}") from error
    return text


def _text(content: Content, host: str) -> str:
    parts = [HEADER.format(host=host), yaml.dump({VERSION: content.version}, Dumper=RecordDumper)]
    for key, entries, keys in ((COLLABORATIONS, content.records, KEYS), (PENDING, content.pending, PENDING_KEYS)):
        texts = [_entry_text(key, _ordered(entry, keys)) for entry in sorted(entries, key=_identity)]
        parts.append(f"\n{key}:\n" + "\n".join(texts) if texts else f"\n{key}: []\n")
    return "".join(parts)


def _check_same(wanted: Content, written: Content) -> None:
    for before, after in ((wanted.records, written.records), (wanted.pending, written.pending)):
        if [_given(one) for one in sorted(before, key=_identity)] != [_given(one) for one in after]:
            raise CleanRoomsError("what would stand in the file is not what is to be recorded")


def _given(entry: Mapping[str, Any]) -> Data:
    found: Data = without_none(entry)
    return found


def _identity(entry: Mapping[str, Any]) -> str:
    return str(entry.get("collaboration_id") or entry.get("membership_id"))


def _entry_text(key: str, entry: Data) -> str:
    text: str = yaml.dump({key: [entry]}, Dumper=RecordDumper, sort_keys=False, width=sys.maxsize)
    return text.partition("\n")[2]


def _ordered(entry: Mapping[str, Any], keys: Iterable[str]) -> Data:
    inner = {"reviewed": REVIEW_OPTIONS, "members": MEMBER_OPTIONS}
    ordered: Data = {}
    for key in keys:
        value = entry.get(key)
        if value is None:
            continue
        if key in inner and isinstance(value, list):
            ordered[key] = [_ordered(one, inner[key]) for one in value]
        elif key in inner:
            ordered[key] = _ordered(value, inner[key])
        else:
            ordered[key] = _marked(key, value)
    return ordered


def _marked(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _marked(inner, item) for inner, item in value.items()}
    if isinstance(value, list):
        return [_marked(key, item) for item in value]
    return FreeText(value) if isinstance(value, str) and key not in CHECKED_KEYS else value
