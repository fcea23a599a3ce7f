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
from ._validate import ABILITIES, QUOTED_ACCOUNT_ID, check_account_ids, check_no_duplicates, check_uuids, kind_of

SUSPENDED = "suspended"
STATUSES = ("active", SUSPENDED, "inactive", "left", "removed", "deleted")
TEXTS: dict[str, Any] = {"type": "list", "elements": "str"}
TABLE_OPTIONS: dict[str, Any] = {"include": TEXTS, "exclude": TEXTS}
MEMBER_OPTIONS: dict[str, Any] = {
    "account_id": {"type": "str", "required": True},
    "display_name": {"type": "str"},
    "abilities": {**TEXTS, "default": []},
}
REVIEW_OPTIONS: dict[str, Any] = {
    "at": {"type": "str"},
    "by": {"type": "str"},
    "own_abilities": TEXTS,
    "own_payments": TEXTS,
    "auto_approved_changes": TEXTS,
    "receivers": {**TEXTS, "required": True},
}
# The one schema, as Ansible checks it, in the order of the file. The members come last: whoever cuts an entry off, as a
# bad merge does, leaves no members in it, and then nothing is shared.
RECORD_OPTIONS: dict[str, Any] = {
    "name": {"type": "str"},
    "collaboration_id": {"type": "str"},
    "membership_id": {"type": "str"},
    "status": {"type": "str", "choices": list(STATUSES), "default": "active"},
    "auto_associate_tables": {"type": "bool", "default": True},
    "auto_associate_namespace": {"type": "bool", "default": True},
    "tables": {"type": "dict", "options": TABLE_OPTIONS},
    "result_receivers": TEXTS,
    "notes": {"type": "str"},
    "reviewed": {"type": "dict", "options": REVIEW_OPTIONS},
    "members": {"type": "list", "elements": "dict", "options": MEMBER_OPTIONS},
}
KEYS = tuple(RECORD_OPTIONS)
# The options of the modules that work on records. The action plugins take C(record) and C(only) away.
RECORDS_SPEC: dict[str, Any] = {
    "collaborations": {"type": "list", "elements": "dict", "options": RECORD_OPTIONS},
    "membership_id": {"type": "str"},
    "record": {"type": "path"},
    "only": TEXTS,
}
ONE_OF_RECORDS = ["collaborations", "membership_id", "record"]
# Without one of these more would be shared than with it, so that null is no way to leave it out.
NEVER_NULL = (
    "status",
    "auto_associate_tables",
    "auto_associate_namespace",
    "tables",
    "include",
    "exclude",
    "result_receivers",
    "reviewed",
    "receivers",
    "abilities",
)
ACCOUNT_KEYS = ("result_receivers", "receivers")
TYPES = {"str": str, "bool": bool, "dict": Mapping, "list": list}
TYPE_NAMES = {"str": "write it in quotes", "bool": "it must be true or false"}
TYPE_NAMES |= {"dict": "it must be a dictionary", "list": "it must be a list"}


@dataclass(frozen=True)
class RecordedMember:
    """An account that was a member when the collaboration was reviewed, and what it might do then."""

    account_id: str
    abilities: tuple[str, ...] = ()
    display_name: str = ""


@dataclass(frozen=True)
class Review:
    """What was there when the members were confirmed: C(receivers) are the accounts that could receive results."""

    receivers: tuple[str, ...]
    at: str = ""
    by: str = ""
    own_abilities: tuple[str, ...] = ()
    own_payments: tuple[str, ...] = ()
    auto_approved_changes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Record:
    """What is wanted for one collaboration; the documentation of each key is in the doc fragment C(records).

    C(None) in C(include), C(exclude), C(result_receivers), C(reviewed) or C(members) means that the record does not
    say.
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
    notes: str = ""
    reviewed: Review | None = None
    members: tuple[RecordedMember, ...] | None = None
    # A membership that the task names by itself, without a record, has no recorded members to compare.
    pinned: bool = True

    @property
    def label(self) -> str:
        """Return what messages call the collaboration: its name and id, without what a terminal would obey."""
        identity = self.collaboration_id or self.membership_id
        return f"{printable(self.name)} ({identity})" if self.name and identity else printable(self.name or identity)

    @property
    def accounts(self) -> tuple[str, ...]:
        """Return the account ids of the recorded members."""
        return tuple(member.account_id for member in self.members or ())


def _check_keys(option: str, value: Mapping[str, Any], options: Mapping[str, Any]) -> None:
    for key, content in value.items():
        if key not in options:
            near = difflib.get_close_matches(str(key), options, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys are {', '.join(options)}"
            raise CleanRoomsError(f"{option}: {key!r} is no key of a collaboration's record; {hint}")
        kind = options[key]["type"]
        if content is None and (key in NEVER_NULL or options[key].get("required")):
            nothing = " ([] for none)" if kind == "list" else ""
            raise CleanRoomsError(f"{option}.{key}: is null; write what is meant{nothing}, or remove the key")
        if content is not None and not isinstance(content, TYPES[kind]):
            right = QUOTED_ACCOUNT_ID if key == "account_id" else TYPE_NAMES[kind]
            raise CleanRoomsError(f"{option}.{key}: is {kind_of(content)}; {right}")
    for key, about in options.items():
        if about.get("required") and key not in value:
            raise CleanRoomsError(f"{option}: has no {key}")


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


def _texts_in(option: str, value: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is given of the keys that hold texts, or lists of texts."""
    found: dict[str, Any] = {}
    for key, about in options.items():
        if value.get(key) is not None and about["type"] != "dict" and about.get("elements") != "dict":
            found[key] = _texts(option, value, key) if about["type"] == "list" else value[key]
    return found


def parse_record(value: Any, option: str) -> Record:
    """Return the C(Record) of one dictionary; raise C(CleanRoomsError) naming C(option) and the key that is wrong."""
    if not isinstance(value, Mapping):
        raise CleanRoomsError(f"{option}: {value!r} is not a dictionary with the keys of a collaboration's record")
    _check_keys(option, value, RECORD_OPTIONS)
    tables = value.get("tables") or {}
    _check_keys(f"{option}.tables", tables, TABLE_OPTIONS)
    record = Record(
        **_texts_in(option, value, RECORD_OPTIONS),
        **_texts_in(f"{option}.tables", tables, TABLE_OPTIONS),
        reviewed=_review(value.get("reviewed"), f"{option}.reviewed"),
        members=parse_members(value.get("members"), f"{option}.members"),
    )
    if record.status not in STATUSES:
        raise CleanRoomsError(f"{option}.status: {record.status!r} is not one of {', '.join(STATUSES)}")
    if not record.collaboration_id and not record.membership_id:
        raise CleanRoomsError(
            f"{option}: has neither collaboration_id nor membership_id; the name alone proves nothing"
        )
    for key in ("collaboration_id", "membership_id"):
        check_uuids(f"{option}.{key}", filter(None, [getattr(record, key)]))
    check_account_ids(f"{option}.result_receivers", record.result_receivers or ())
    return record


def _review(value: Any, option: str) -> Review | None:
    if value is None:
        return None
    _check_keys(option, value, REVIEW_OPTIONS)
    review = Review(**_texts_in(option, value, REVIEW_OPTIONS))
    check_account_ids(f"{option}.receivers", review.receivers)
    return review


def parse_members(values: Any, option: str) -> tuple[RecordedMember, ...] | None:
    """Return the members of a record or a pending invitation; raise C(CleanRoomsError) for what cannot be one."""
    if values is None:
        return None
    if not isinstance(values, list):
        raise CleanRoomsError(f"{option}: is {kind_of(values)}; it must be a list")
    members = []
    for number, value in enumerate(values, 1):
        place = f"{option}[{_text_of(value, ('account_id',)) or f'entry {number}'}]"
        if not isinstance(value, Mapping):
            form = "{account_id: '210987654321', abilities: [CAN_QUERY], display_name: Partner}"
            raise CleanRoomsError(f"{place}: is {kind_of(value)}; write a member as {form}, the id in quotes")
        _check_keys(place, value, MEMBER_OPTIONS)
        member = RecordedMember(**_texts_in(place, value, MEMBER_OPTIONS))
        check_account_ids(f"{place}.account_id", [member.account_id])
        unknown = [ability for ability in member.abilities if ability not in ABILITIES]
        if unknown:
            raise CleanRoomsError(f"{place}.abilities: {unknown[0]!r} is not supported by this version")
        members.append(member)
    check_no_duplicates(option, (member.account_id for member in members))
    return tuple(members)


def _text_of(value: Any, keys: Iterable[str]) -> str | None:
    """Return the text of the first of the keys of a mapping that holds one, printable; C(None) where none does."""
    texts = [value.get(key) for key in keys] if isinstance(value, Mapping) else []
    return next((printable(text) for text in texts if text and isinstance(text, str)), None)


def label_of(value: Any, number: int) -> str:
    """Return how messages call an entry of C(collaborations): by its name and id, or else by its place."""
    name, identity = _text_of(value, ("name",)), _text_of(value, ("collaboration_id", "membership_id"))
    return f"{name} ({identity})" if name and identity else name or identity or f"entry {number}"


def parse_records(values: Iterable[Any], option: str = "collaborations") -> list[Record]:
    """Return the records of a list; ids that stand twice are an error too."""
    records = [parse_record(value, f"{option}[{label_of(value, number)}]") for number, value in enumerate(values, 1)]
    for key in ("collaboration_id", "membership_id"):
        check_no_duplicates(f"{option}.{key}", filter(None, (getattr(record, key) for record in records)))
    return records


def records_of(params: Mapping[str, Any]) -> list[Record]:
    """Return the records that a module's C(collaborations) or C(membership_id) means.

    Ansible has put C(None) for every key that was left out. What a user wrote as null is refused before, by the action
    plugin, which asks C(parse_records) about it as it was written.
    """
    check_no_action_options(params)
    if params["membership_id"] is not None:
        check_uuids("membership_id", [params["membership_id"]])
        return [Record(membership_id=params["membership_id"], pinned=False)]
    if params["collaborations"] is None:
        raise CleanRoomsError("collaborations: is null, and there is no membership_id; give one of them")
    return parse_records(without_none(params["collaborations"]))


def check_no_action_options(params: Mapping[str, Any]) -> None:
    """Raise C(CleanRoomsError) for what the action plugin of a module takes away: then the module runs without it."""
    for option in ("record", "only", "suspend"):
        if params.get(option) is not None:
            raise CleanRoomsError(f"{option}: is for the action plugin of this module, which does not run")


def without_none(value: Any) -> Any:
    """Return a value without the keys that hold C(None), at any depth."""
    if isinstance(value, Mapping):
        return {key: without_none(content) for key, content in value.items() if content is not None}
    return [without_none(one) for one in value] if isinstance(value, list) else value
