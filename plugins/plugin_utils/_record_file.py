# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record file: where it is, and what it says. A file that cannot be right is an error, never an empty record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError

from ._yaml import RecordLoader

Data = dict[str, Any]
COLLABORATIONS = "cleanrooms_collaborations"
PENDING = "cleanrooms_pending_invitations"
IDS = ("collaboration_id", "membership_id")
VAULT = b"$ANSIBLE_VAULT;"
# How git marks what it could not merge.
CONFLICT = (b"<<<<<<< ", b">>>>>>> ")
# The endings of files that Ansible reads as variables, in its order: the first that is there hides the others.
VARS_ENDINGS = ("", ".yml", ".yaml", ".json")
VARS_FOLDERS = ("host_vars", "group_vars")


@dataclass(frozen=True)
class RecordFile:
    """What a record file says. C(digest) is that of its bytes, and empty where there is no file."""

    path: Path
    digest: str = ""
    records: list[Any] = field(default_factory=list)
    pending: list[Any] = field(default_factory=list)


def open_record(path: str) -> RecordFile:
    """Return what a record file says; an empty record where there is no file, or no path.

    C(~) is the home folder, and a relative path starts at the current folder. Raises C(CleanRoomsError) for a file that
    cannot be read, or that does not say what it means: encrypted, half merged, with a key or an id twice.
    """
    if not path:
        return RecordFile(Path())
    file = Path(path).expanduser().absolute()
    check_not_hidden(file)
    try:
        content = file.read_bytes() if file.exists() or file.is_symlink() else None
    except OSError as error:
        raise _unreadable(file, str(error.strerror)) from error
    if content is None:
        return RecordFile(file)
    _check_bytes(file, content)
    root, found = _load(file, content)
    lists = {key: _list_in(file, found, key) for key in (COLLABORATIONS, PENDING)}
    for key in lists:
        _check_ids(file, root, key)
    return RecordFile(file, hashlib.sha256(content).hexdigest(), lists[COLLABORATIONS], lists[PENDING])


def check_not_hidden(file: Path) -> None:
    """Raise C(CleanRoomsError) where a vars file hides, or would hide, another of the same name.

    Ansible reads the folder C(host_vars/provider) or the file C(host_vars/provider.yml), the first that is there, and
    says nothing of the other. So a folder made for the record would switch off a policy in the file beside it.
    """
    folder = file.parent
    if folder.parent.name in VARS_FOLDERS:
        for ending in VARS_ENDINGS[1:]:
            beside = folder.with_name(folder.name + ending)
            if beside.is_file():
                raise CleanRoomsError(
                    f"Ansible does not read {beside} where there is a folder {folder}, which {file.name} needs; move"
                    f" {beside.name} to {folder / 'main.yml'}"
                )
    if folder.name in VARS_FOLDERS and file.suffix in VARS_ENDINGS:
        beside_it = [file.with_name(file.stem + ending) for ending in VARS_ENDINGS]
        place = beside_it.index(file)
        for other in beside_it[:place] + beside_it[place + 1 :]:
            if other.exists():
                first, hidden = (other, file) if other in beside_it[:place] else (file, other)
                raise CleanRoomsError(f"Ansible does not read {hidden} where {first} is; put the two together in one")


def _unreadable(file: Path, why: str) -> CleanRoomsError:
    return CleanRoomsError(f"The record file {file} cannot be read: {why}")


def _check_bytes(file: Path, content: bytes) -> None:
    if content.startswith(VAULT):
        raise _unreadable(file, "it is encrypted, and holds no secrets; decrypt it with ansible-vault decrypt")
    if not content.strip():
        raise _unreadable(file, f"it is empty; write {COLLABORATIONS}: [] into it, or delete it")
    for number, line in enumerate(content.splitlines(), 1):
        if line.startswith(CONFLICT):
            raise _unreadable(file, f"line {number} is a mark of git's; resolve the conflict first")


def _load(file: Path, content: bytes) -> tuple[yaml.Node | None, Data]:
    try:
        loader = RecordLoader(content.decode("utf-8-sig"))
        try:
            root = loader.get_single_node()
            for key, first, second in _doubled(root):
                raise _unreadable(
                    file, f"{key} is there twice, in line {first} and in line {second}; make one of the two"
                )
            found = loader.construct_document(root) if root else None
        finally:
            loader.dispose()
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise _unreadable(file, " ".join(str(error).split())) from error
    if not isinstance(found, dict):
        raise _unreadable(file, f"it holds no variables; it begins with {COLLABORATIONS}:")
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


def _list_in(file: Path, found: Data, key: str) -> list[Any]:
    value = found.get(key, [])
    if not isinstance(value, list):
        is_what = "has no value" if value is None else "is not a list"
        raise _unreadable(file, f"{key} {is_what}; write [] for none, or begin each collaboration with a hyphen")
    return value


def _check_ids(file: Path, root: yaml.Node | None, key: str) -> None:
    """Raise C(CleanRoomsError) where an id is in two entries of one list."""
    entries = next((value for name, value in root.value if name.value == key), None) if root else None
    lines: dict[tuple[str, str], int] = {}
    for entry in entries.value if isinstance(entries, yaml.SequenceNode) else ():
        for name, value in entry.value if isinstance(entry, yaml.MappingNode) else ():
            found = (str(name.value), str(value.value))
            line = name.start_mark.line + 1
            if found[0] in IDS and found[1] and found in lines:
                raise _unreadable(
                    file, f"{found[0]} {found[1]} is there twice, in line {lines[found]} and in line {line}; keep one"
                )
            lines[found] = line
