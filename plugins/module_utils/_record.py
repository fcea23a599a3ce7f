# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record of a collaboration: one schema for inventory vars, module input and the record file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ._errors import CleanRoomsError, printable
from ._validate import QUOTED_ACCOUNT_ID, check_account_ids, check_no_duplicates, check_uuids, kind_of

STATUSES = ("active", "inactive", "left", "removed", "deleted")
KEYS = {
    "name": str,
    "collaboration_id": str,
    "membership_id": str,
    "status": str,
    "auto_associate_tables": bool,
    "auto_associate_namespace": bool,
    "tables": dict,
    "result_receivers": list,
    "members": list,
    "notes": str,
}
TABLE_KEYS = {"include": list, "exclude": list}
# Without one of these more would be shared than with it, so that null is no way to leave it out.
NEVER_NULL = (
    "status",
    "auto_associate_tables",
    "auto_associate_namespace",
    "tables",
    "include",
    "exclude",
    "result_receivers",
)
ACCOUNT_KEYS = ("result_receivers", "members")
TYPE_NAMES = {bool: "true or false", dict: "a dictionary", list: "a list"}


@dataclass(frozen=True)
class Record:
    """What is wanted for one collaboration; the documentation of each key is in the doc fragment C(record).

    C(None) in C(include), C(exclude), C(result_receivers) or C(members) means that the record does not say.
    """

    name: str = ""
    collaboration_id: str = ""
    membership_id: str = ""
    status: str = "active"
    auto_associate_tables: bool = True
    auto_associate_namespace: bool = True
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] | None = None
    result_receivers: tuple[str, ...] | None = None
    members: tuple[str, ...] | None = None
    notes: str = ""
    # A membership that the task names by itself, without a record, has no pinned members to compare.
    pinned: bool = True

    @property
    def label(self) -> str:
        """Return what messages call the collaboration: its name and id, without what a terminal would obey."""
        identity = self.collaboration_id or self.membership_id
        return f"{printable(self.name)} ({identity})" if self.name and identity else printable(self.name or identity)


def _check_keys(option: str, value: Mapping[str, Any], keys: Mapping[str, type]) -> None:
    for key, content in value.items():
        if key not in keys:
            near = difflib.get_close_matches(str(key), keys, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys are {', '.join(keys)}"
            raise CleanRoomsError(f"{option}: {key!r} is no key of a collaboration's record; {hint}")
        if content is None and key in NEVER_NULL:
            nothing = " ([] for none)" if keys[key] is list else ""
            raise CleanRoomsError(f"{option}.{key}: is null; write what is meant{nothing}, or remove the key")
        if content is not None and not isinstance(content, keys[key]):
            right = "write it in quotes" if keys[key] is str else f"it must be {TYPE_NAMES[keys[key]]}"
            raise CleanRoomsError(f"{option}.{key}: is {kind_of(content)}; {right}")


def _texts(option: str, value: Mapping[str, Any], key: str) -> tuple[str, ...] | None:
    items = value.get(key)
    if items is None:
        return None
    for item in items:
        if not isinstance(item, str):
            quoted = QUOTED_ACCOUNT_ID if key in ACCOUNT_KEYS else "write it in quotes"
            raise CleanRoomsError(f"{option}.{key}: is {kind_of(item)}; {quoted}")
    check_no_duplicates(f"{option}.{key}", items)
    return tuple(items)


def parse_record(value: Any, option: str) -> Record:
    """Return the C(Record) of one dictionary; raise C(CleanRoomsError) naming C(option) and the key that is wrong."""
    if not isinstance(value, Mapping):
        raise CleanRoomsError(f"{option}: {value!r} is not a dictionary with the keys of a collaboration's record")
    _check_keys(option, value, KEYS)
    tables = value.get("tables") or {}
    _check_keys(f"{option}.tables", tables, TABLE_KEYS)
    plain = {key: value[key] for key in KEYS if key in value and value[key] is not None and KEYS[key] in (str, bool)}
    record = Record(
        **plain,
        include=_texts(f"{option}.tables", tables, "include"),
        exclude=_texts(f"{option}.tables", tables, "exclude"),
        result_receivers=_texts(option, value, "result_receivers"),
        members=_texts(option, value, "members"),
    )
    if record.status not in STATUSES:
        raise CleanRoomsError(f"{option}.status: {record.status!r} is not one of {', '.join(STATUSES)}")
    if not record.collaboration_id and not record.membership_id:
        raise CleanRoomsError(
            f"{option}: has neither collaboration_id nor membership_id; the name alone proves nothing"
        )
    for key in ("collaboration_id", "membership_id"):
        check_uuids(f"{option}.{key}", filter(None, [getattr(record, key)]))
    for key in ACCOUNT_KEYS:
        check_account_ids(f"{option}.{key}", getattr(record, key) or ())
    return record


def parse_records(values: Iterable[Any], option: str = "collaborations") -> list[Record]:
    """Return the records of a list; ids that stand twice are an error too."""
    records = [parse_record(value, f"{option}[{index}]") for index, value in enumerate(values)]
    for key in ("collaboration_id", "membership_id"):
        check_no_duplicates(f"{option}.{key}", filter(None, (getattr(record, key) for record in records)))
    return records


def records_of(params: Mapping[str, Any]) -> list[Record]:
    """Return the records that a module's C(collaborations) or C(membership_id) means."""
    if params["membership_id"] is not None:
        check_uuids("membership_id", [params["membership_id"]])
        return [Record(membership_id=params["membership_id"], pinned=False)]
    if params["collaborations"] is None:
        raise CleanRoomsError("collaborations: is null, and there is no membership_id; give one of them")
    return parse_records(params["collaborations"])


def merge_records(records: Iterable[Mapping[str, Any]], found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the records with what was found of each collaboration put in, and new collaborations at the end.

    C(found) are dictionaries with the keys of a record. The collaboration id (else the membership id) tells which
    belong together. What people wrote is kept: a name, notes, or members that are recorded already are not replaced,
    only C(membership_id) and C(status) follow what was found.
    """
    merged = [dict(record) for record in records]
    for item in found:
        known = next((record for record in merged if _same_collaboration(record, item)), None)
        if known is None:
            merged.append({key: item[key] for key in KEYS if item.get(key) not in (None, "")})
            continue
        for key in KEYS:
            if item.get(key) is not None and (key in ("membership_id", "status") or known.get(key) in (None, "")):
                known[key] = item[key]
    return merged


def _same_collaboration(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    for key in ("collaboration_id", "membership_id"):
        if one.get(key) and other.get(key):
            return bool(one[key] == other[key])
    return False
