# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what C(cleanrooms_readiness_info) judges, and waits while AWS catches up with what was just written."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from . import _api as api
from ._acceptance import member_facts
from ._errors import CleanRoomsError, explain, printable
from ._info import read_schemas
from ._memberships import OVER_ON_AWS
from ._namespaces import NamespaceOptions, NamespaceState
from ._plan_rules import missing_here, named_receivers, unknown_receivers
from ._plan_suspended import with_rules
from ._read import TWO_RECORDS, Account, do_each, meant_twice, read_associations, resolve
from ._readiness import is_as_recorded, judge_namespace, judge_receivers, judge_tables, may_pass
from ._record import SUSPENDED, Record
from ._review import own_gains, wider_approval
from ._tables import TableOptions, TableState, check_record_selection
from ._trust import NOT_ACTIVE, UNABLE, members_refusal, not_members, result_receivers

Data = dict[str, Any]
SECONDS_BETWEEN_LOOKS = 5.0
# What a record says of a collaboration in which this account should have no membership any more.
OVER = ("left", "removed", "deleted")


@dataclass(frozen=True)
class Wanted:
    """What every collaboration is compared with; C(namespace) is C(None) where no ID namespace is wanted.

    C(problems) say which configured tables cannot be read.
    """

    tables: TableOptions
    namespace: NamespaceOptions | None
    configured_tables: list[Data]
    tolerated: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Look:
    """One collaboration: its record, what was read of it, and the entry of the answer that is made of both."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.state: TableState | None = None
        self.problems: list[str] = []
        # Why GetCollaboration could not be read, which no later look mends.
        self.unread = ""
        self.entry: Data = {"name": record.name, "collaboration_id": record.collaboration_id, "status": record.status}
        if record.membership_id:
            self.entry["membership_id"] = record.membership_id
        if record.reviewed:
            self.entry["reviewed"] = {"at": record.reviewed.at, "by": record.reviewed.by}
        self.entry["tables"] = []

    def read(self, client: Any, account: Account, wanted: Wanted) -> None:
        """Read and judge everything. Raises C(CleanRoomsError)."""
        if self.record.status in OVER:
            self._note_what_is_there(account)
        switches = [key for key in ("auto_associate_tables", "auto_associate_namespace") if getattr(self.record, key)]
        suspended = self.record.status == SUSPENDED
        if not suspended and (self.record.status != "active" or not switches):
            return
        self.record, over = resolve(client, account, self.record, None if suspended else switches[0], False)
        record, entry = self.record, self.entry
        entry.update(name=record.name, collaboration_id=record.collaboration_id, membership_id=record.membership_id)
        if over:
            entry["status"] = over.facts["status"]
            said = f"the record says {record.status}, and {over.decisions[0].reason}"
            entry["reason"] = f"{said}; a sync or record notes that"
            return
        self.state = state = self._read_state(client, account, wanted)
        if not state.refusal:
            entry["members"] = [member_facts(member) for member in state.members]
        entry["max_tables"] = wanted.tables.max_tables
        entry["associations_used"] = len(state.associations)
        if record.auto_associate_namespace and wanted.namespace and not suspended:
            associations = api.list_namespace_associations(client, record.membership_id)
            there = NamespaceState(
                account.account_id, record.membership_id, state.members, associations, refusal=state.refusal
            )
            entry["id_namespace"] = judge_namespace(record, wanted.namespace, there)
        if not state.refusal:
            self._judge_members(account, wanted)
        if record.reviewed is not None:
            self._compare_review(client, account)
        self.judge(client, wanted)

    def _compare_review(self, client: Any, account: Account) -> None:
        """Note what the review of the record does not have: what we may do and pay, and what nobody is asked about."""
        members = self.state.members if self.state else []
        found = [own_gains(self.record, members, account.account_id)]
        try:
            found.append(wider_approval(self.record, api.get_collaboration(client, self.record.collaboration_id)))
        except CleanRoomsError as error:
            self.unread = explain(error, collaboration=self.record.label)
        told = [one for one in found if one]
        if told:
            self.entry["unreviewed"] = told

    def _judge_members(self, account: Account, wanted: Wanted) -> None:
        """Note why nothing is shared with the members, who receives nothing, and who is recorded and is no member."""
        record, state, own = self.record, self.state, account.account_id
        members = state.members if state else []
        refusal = members_refusal(record, members, own)
        if refusal:
            self.entry["refused"] = refusal
        named = named_receivers(record, wanted.tables)
        missing = missing_here(record, result_receivers(record, named, members, own)[1])
        # Who is invited, has left or cannot receive is no fault: a list may hold them for a long time.
        waiting = [one for one in missing if one.why in (UNABLE, *NOT_ACTIVE.values())]
        self.problems = [
            f"{one.name} {one.why}" if named is None else f"result_receivers: {one.name} {one.why}."
            for one in missing
            if one not in waiting
        ]
        if waiting:
            self.entry["receivers_missing"] = [f"{one.name} {one.why}" for one in waiting]
        absent = not_members(record, members)
        if absent:
            self.problems.append(
                f"the record has members who are none, {', '.join(absent)}; they may come from a merge of two edits:"
                " take them out of the record"
            )

    def _read_state(self, client: Any, account: Account, wanted: Wanted) -> TableState:
        """Read members, associations and every rule. Where the members cannot be read, the rules are looked at too."""
        members, problem = [], ""
        try:
            members = api.list_members(client, self.record.collaboration_id, account.account_id)
        except CleanRoomsError as error:
            problem = explain(error, collaboration=self.record.label)
        state = TableState(account.account_id, self.record.membership_id, members, refusal=problem)
        state.associations.extend(api.list_table_associations(client, self.record.membership_id))
        tables, every = wanted.configured_tables, state.associations
        try:
            read_associations(client, self.record, wanted.tables, state, tables=tables, ruled=every)
        except CleanRoomsError:
            # Who receives is told, as far as it is known.
            self.entry["tables"] = judge_receivers(self.record, wanted.tables, state, tables)
            raise
        return state

    def _note_what_is_there(self, account: Account) -> None:
        """Note a membership of a collaboration that the record calls over: what is shared there stays so.

        Raises C(CleanRoomsError) where one that cannot be read may be such.
        """
        account.check_readable(self.record)
        ids = {self.record.collaboration_id, self.record.membership_id}
        for one in account.memberships:
            if one["status"] not in OVER_ON_AWS and not ids.isdisjoint((one["collaborationId"], one["id"])):
                self.entry["reason"] = (
                    f"the record says {self.record.status}, but the membership {one['id']} is"
                    f" {printable(one['status'].lower())}, with whatever is shared there; set status to active or"
                    " inactive, or leave with the playbook leave"
                )
                return
        account.check_identified()

    def judge(self, client: Any, wanted: Wanted) -> None:
        """Read whether the tables can be queried, and judge them."""
        if self.state is None:
            return
        # Of an earlier look, which failed.
        self.entry.pop("error", None)
        errors = " ".join(filter(None, [self.state.refusal, self.unread]))
        if errors:
            self.entry["error"] = errors
        if self.record.status == SUSPENDED:
            ruled = [one["name"] for one in with_rules(self.state.associations)]
            if ruled:
                told = ", ".join(sorted(ruled))
                self.problems.append(f"the record says suspended, and there is a rule of {told}; a sync deletes it")
        if not self.record.auto_associate_tables or self.record.status == SUSPENDED:
            self.entry["tables"] = judge_receivers(self.record, wanted.tables, self.state, wanted.configured_tables)
            if self.problems:
                self.entry["reason"] = " ".join(self.problems)
            return
        options, tables, problems = wanted.tables, wanted.configured_tables, [*wanted.problems, *self.problems]
        names = [association["name"] for association in self.state.associations]
        schemas: dict[str, Data] = {}
        try:
            schemas = read_schemas(client, self.record.collaboration_id, names)
        except CleanRoomsError as error:
            if self.entry["tables"]:
                raise  # what an earlier look found stays
            # Who receives is known all the same, and that protects.
            self.entry["error"] = explain(error, collaboration=self.record.label)
            schemas = {name: {"name": name, "problem": "see the error"} for name in names}
        # What cannot be right in the record is told, and the tables are judged all the same.
        try:
            check_record_selection(options, self.record, tables)
        except CleanRoomsError as error:
            problems.append(explain(error))
        self.entry["tables"] = judge_tables(self.record, options, self.state, tables, schemas)
        if problems:
            self.entry["reason"] = " ".join(problems)

    @property
    def may_pass(self) -> bool:
        """Return whether a table is not ready only because AWS has not caught up yet."""
        return any(may_pass(verdict) for verdict in self.entry["tables"])


def look_at_each(
    client: Any, account: Account, records: Iterable[Record], wanted: Wanted, *, workers: int, wait_timeout: float
) -> list[Data]:
    """Return one entry for each record, in the same order.

    Tables that are not ready only because AWS has not caught up are looked at again for at most C(wait_timeout)
    seconds.
    """
    looks = [Look(record) for record in records]
    twice = meant_twice(look.record for look in looks)
    for look in looks:
        if look.record.collaboration_id in twice:
            _note_error(look, CleanRoomsError(TWO_RECORDS))
    do_each(
        [look for look in looks if "error" not in look.entry],
        lambda look: look.read(client, account, wanted),
        _note_error,
        workers,
    )
    deadline = time.monotonic() + wait_timeout
    waiting = [look for look in looks if look.may_pass]
    while waiting and time.monotonic() + SECONDS_BETWEEN_LOOKS <= deadline:
        time.sleep(SECONDS_BETWEEN_LOOKS)
        do_each(waiting, lambda look: look.judge(client, wanted), _note_error, workers)
        waiting = [look for look in waiting if look.may_pass]
    for look in looks:
        look.entry["as_recorded"] = is_as_recorded(look.entry, look.record, wanted.tables, wanted.tolerated)
    return [look.entry for look in looks]


def receivers_in_none(entries: Iterable[Data], records: Iterable[Record], wanted: Wanted) -> list[str]:
    """Return which accounts of the option C(result_receivers) are a member in no collaboration that was looked at."""
    looked = [entry for entry in entries if "members" in entry or "error" in entry]
    accounts = [{one["account_id"] for one in entry["members"]} if "members" in entry else None for entry in looked]
    return unknown_receivers(wanted.tables, records, accounts)


def _note_error(look: Look, error: CleanRoomsError) -> None:
    look.entry["error"] = explain(error, collaboration=look.record.label)
