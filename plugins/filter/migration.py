# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Filters that carry an old C(collaboration-config.json) over into inventory vars.

Nothing is lost: what has no place, or cannot be right, is kept as it is, with the path that it came from.
"""

from __future__ import annotations

import base64
import binascii
import glob
import json
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, printable
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import STATUSES
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import (
    NAMESPACE_NAME_LENGTH,
    check,
    check_account_ids,
    check_id_namespace_arn,
    check_role,
    check_text,
    check_uuids,
)
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._yaml import plain

Data = dict[str, Any]
Check = Callable[[str, str], None]
SECTIONS: dict[str, tuple[type, str]] = {
    "defaults": (dict, "a dictionary"),
    "collaborations": (list, "a list of dictionaries"),
    "pending_invitations": (list, "a list of dictionaries"),
}
REGION = r"[a-z]{2}(-[a-z]+)+-\d+"
DEEPEST = 30
# The old scripts did these three whatever their file said.
ALWAYS_EXCLUDED = ("part_n_a", "part_n_a_a")
NAME_PREFIX = "acx_"
MAX_TABLES = 25
# Known keys that say nothing.
NOTHING = (None, "")

UNKNOWN = "is no key that is known here; look whether you need it"
IN_TERRAFORM = "belongs to the configured tables and their analysis rules, which Terraform makes; nothing here needs it"
NO_PLACE = "has no place here"
TWICE = "has an id that stands in another entry, too"
NO_ID = "has neither a collaboration_id nor a membership_id of AWS's form; the playbook record adds what AWS lists"
NOT_PENDING = "has no collaboration id or no creator's account id of AWS's form; the playbook list shows what AWS has"
CARRIED_OVER = "carried over from the old configuration, and not looked at since"
ADVICE = {"database": IN_TERRAFORM, "allowed_query_providers": IN_TERRAFORM}


def _check_uuid(option: str, value: str) -> None:
    check_uuids(option, [value])


def _check_account_id(option: str, value: str) -> None:
    check_account_ids(option, [value])


def _check_region(option: str, value: str) -> None:
    check(option, value, REGION, "an AWS Region, like us-east-1")


def _check_namespace_name(option: str, value: str) -> None:
    check_text(option, value, NAMESPACE_NAME_LENGTH, is_name=True)


def _check_status(option: str, value: str) -> None:
    if value not in STATUSES:
        raise CleanRoomsError(f"{option}: {value!r} is not one of {', '.join(STATUSES)}")


def _any_text(option: str, value: str) -> None:
    """Let every text pass."""


# The old key, what the collection calls it, and what it must be; None for true or false.
SETTINGS: dict[str, tuple[str, Check]] = {
    "region": ("cleanrooms_region", _check_region),
    "role_name": ("cleanrooms_role", check_role),
    "id_namespace_name": ("cleanrooms_id_namespace_name", _check_namespace_name),
    "id_namespace_arn": ("cleanrooms_id_namespace_arn", check_id_namespace_arn),
}
RECORD: dict[str, Check | None] = {
    "name": _any_text,
    "collaboration_id": _check_uuid,
    "membership_id": _check_uuid,
    "status": _check_status,
    "auto_associate_tables": None,
    "auto_associate_namespace": None,
    "notes": _any_text,
}
# Where one is missing or cannot be right, nothing is shared.
UNLESS_SAID = {"status": "inactive", "auto_associate_tables": False, "auto_associate_namespace": False}
# The scripts wrote some entries in AWS's names.
PENDING: tuple[tuple[str, str, Check], ...] = (
    ("name", "name", _any_text),
    ("collaboration_id", "collaboration_id", _check_uuid),
    ("collaboration_id", "collaborationId", _check_uuid),
    ("collaboration_id", "id", _check_uuid),
    ("creator_account_id", "creator_account_id", _check_account_id),
    ("creator_account_id", "creatorAccountId", _check_account_id),
    ("creator_account_id", "creator", _check_account_id),
    ("creator_display_name", "creator_display_name", _any_text),
    ("creator_display_name", "creatorDisplayName", _any_text),
    ("creator_display_name", "creator", _any_text),
)

PENDING_KEYS = {key for _name, key, _check in PENDING}


class Found:
    """What was found in the old file so far: what is C(kept) aside, and C(notes) for people."""

    def __init__(self) -> None:
        self.kept: list[Data] = []
        self.notes: list[str] = []

    def keep(self, path: str, value: Any, reason: str) -> None:
        """Keep something aside as it is."""
        self.kept.append({"path": path, "value": value, "reason": reason})

    def keep_rest(self, path: str, rest: Data, reason: str = UNKNOWN) -> None:
        """Keep the keys that nobody took."""
        for key, value in rest.items():
            self.keep(_path(path, key), value, ADVICE.get(key, reason))


def _path(path: str, key: str) -> str:
    plain_key = key.replace("_", "").isalnum()
    return f"{path}.{key}".lstrip(".") if plain_key else f"{path}[{json.dumps(key, ensure_ascii=False)}]"


def _why_not(value: Any, check_value: Check | None) -> str:
    """Return why a value cannot be right, or an empty string."""
    if check_value is None:
        return "" if isinstance(value, bool) else "is not true or false"
    if not isinstance(value, str):
        return "is not a text"
    try:
        check_value("", value)
    except CleanRoomsError as error:
        return str(error.message).removeprefix(": ")
    return ""


def _read(content: str) -> Data:
    """Return the sections of the old file; raise C(ValueError) with one line where it cannot be read."""
    try:
        text = base64.b64decode(content, validate=True).decode("utf-8-sig")
        found = plain(json.loads(text, object_pairs_hook=_without_doubles, parse_constant=_no_constant))
        deep = _depth(found) > DEEPEST
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("is not a text file in UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except RecursionError:
        deep = True
    if deep:
        raise ValueError(f"is nested deeper than {DEEPEST} levels")
    if not isinstance(found, dict) or not set(found) & set(SECTIONS):
        raise ValueError(f"must be a dictionary with one of the keys {', '.join(SECTIONS)}")
    for section, (kind, right) in SECTIONS.items():
        if not isinstance(found.get(section, kind()), kind):
            raise ValueError(f"{section} must be {right}, and is {_short(found[section])}")
    return found


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _without_doubles(pairs: list[tuple[str, Any]]) -> Data:
    found: Data = {}
    for key, value in pairs:
        written = plain(key)
        if written in found:
            raise ValueError(f"{key!r} stands twice in one dictionary; keep one of them")
        found[written] = value
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no value that JSON knows")


def _depth(value: Any) -> int:
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, items), default=0)


def _settings(defaults: Data, given: Mapping[str, Any], found: Found) -> Data:
    """Return the settings of the host: what was given, and else what the old defaults say."""
    rest, settings = dict(defaults), {}
    for key, (name, check_value) in SETTINGS.items():
        value = rest.pop(key, None)
        if value in NOTHING:
            continue
        reason = _why_not(value, check_value)
        if name in given and value != given[name]:
            reason = f"gives way to the {name} that was given"
        if reason:
            found.keep(_path("defaults", key), value, reason)
        else:
            settings[name] = value
    prefix = rest.pop("table_prefix", None)
    if isinstance(prefix, str) and prefix:
        settings["cleanrooms_include"] = [f"{glob.escape(prefix)}*"]
        settings["cleanrooms_exclude"] = [name for name in ALWAYS_EXCLUDED if name.startswith(prefix)]
        settings["cleanrooms_name_prefix"] = NAME_PREFIX
        settings["cleanrooms_max_tables"] = MAX_TABLES
    elif prefix is not None:
        settings["cleanrooms_include"] = []
        found.keep("defaults.table_prefix", prefix, "is no prefix; say in cleanrooms_include which tables to share")
    found.keep_rest("defaults", rest)
    return {**settings, **given}


def _records(entries: list[Any], found: Found) -> list[Data]:
    records: list[Data] = []
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        path = f"collaborations[{index}]"
        ids = _ids(entry, ("collaboration_id", "membership_id"))
        if not ids:
            found.keep(path, entry, NO_ID if isinstance(entry, dict) else "is not a dictionary")
        elif seen & ids:
            found.keep(path, entry, TWICE)
        else:
            seen |= ids
            records.append(_record(entry, path, found))
    return records


def _ids(entry: Any, keys: tuple[str, ...]) -> set[str]:
    values: list[Any] = [entry.get(key) for key in keys] if isinstance(entry, dict) else []
    return {value for value in values if not _why_not(value, _check_uuid)}


def _record(entry: Data, path: str, found: Found) -> Data:
    rest, record = dict(entry), {}
    for key, check_value in RECORD.items():
        value = rest.pop(key, None)
        reason = "is missing" if value in NOTHING else _why_not(value, check_value)
        if not reason:
            record[key] = value
            continue
        if key in UNLESS_SAID:
            record[key] = UNLESS_SAID[key]
            reason += f"; the record says {json.dumps(record[key])} until you change it"
        if value not in NOTHING:
            found.keep(_path(path, key), value, reason)
        elif key in UNLESS_SAID:
            found.notes.append(f"{_path(path, key)}: {reason}")
    found.keep_rest(path, rest)
    return record


def _pending(entries: list[Any], found: Found) -> list[Data]:
    pending: dict[str, Data] = {}
    for index, entry in enumerate(entries):
        path = f"pending_invitations[{index}]"
        rest = dict(entry) if isinstance(entry, dict) else {}
        invitation: Data = {}
        for name, key, check_value in PENDING:
            if name not in invitation and rest.get(key) not in NOTHING and not _why_not(rest[key], check_value):
                invitation[name] = rest.pop(key)
        if "collaboration_id" not in invitation or "creator_account_id" not in invitation:
            found.keep(path, entry, NOT_PENDING if isinstance(entry, dict) else "is not a dictionary")
        elif invitation["collaboration_id"] in pending:
            found.keep(path, entry, TWICE)
        else:
            pending[invitation["collaboration_id"]] = {**invitation, "reason": CARRIED_OVER}
            said = {key: value for key, value in rest.items() if key not in PENDING_KEYS or value not in NOTHING}
            found.keep_rest(path, said, NO_PLACE)
    return list(pending.values())


def migrated_configuration(content: str, path: str, given: Mapping[str, Any] | None = None) -> Data:
    """Return what an old configuration file means here.

    C(content) is the file in base64, C(path) what messages call it, and C(given) are settings that stand above it.
    The answer has C(settings), C(collaborations), C(pending_invitations); what is C(kept) aside, each with C(path),
    C(value) and C(reason); and C(lines) to print. Where the file cannot be read it has a C(problem) alone.
    """
    try:
        old = _read(content)
    except ValueError as error:
        return {"problem": printable(f"cleanrooms_migrate: {path}: {error}")}
    found = Found()
    settings = _settings(old.pop("defaults", {}), plain(given or {}), found)
    records = _records(old.pop("collaborations", []), found)
    pending = _pending(old.pop("pending_invitations", []), found)
    found.keep_rest("", old)
    return {
        "settings": settings,
        "collaborations": records,
        "pending_invitations": pending,
        "kept": found.kept,
        "lines": [printable(line) for line in _lines(found, records, pending)],
    }


def _lines(found: Found, records: list[Data], pending: list[Data]) -> list[str]:
    active = sum(record["status"] == "active" for record in records)
    lines = [
        f"Carried over: collaborations: {len(records)} ({active} active), pending invitations: {len(pending)}.",
        *(f"To decide: {note}" for note in found.notes),
        *(f"Kept aside: {entry['path']}: {entry['reason']}" for entry in found.kept),
    ]
    if active:
        lines.append(
            "No members are confirmed by this: nothing more is shared until you do that. The playbook record shows who"
            " they are, and -e cleanrooms_confirm_members=<collaboration id> confirms them."
        )
    return lines


class FilterModule:
    """What Ansible asks for the filters of this file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Return the filters by name."""
        return {"migrated_configuration": migrated_configuration}
