# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of modules that work on the collaborations of a record, and of those that look at everything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import SUSPENDED, parse_records

from ._listed import unreviewed
from ._record_file import RecordFile, write_record
from ._record_merge import find, with_results
from ._record_text import COLLABORATIONS, IDS, Content
from ._recorded import BOTH, CleanRoomsAction, record_of
from ._variables import check_not_omitted
from ._wording import counted
from ._yaml import plain

Data = dict[str, Any]
# Words in the option only, beside ids.
ALL, PENDING_ONES, KNOWN_ONES = "all", "pending", "known"
SUSPENDABLE = ("active", "inactive")


def chosen(records: Sequence[Data], only: Sequence[str] | None, pending: Sequence[Data], where: str) -> list[Data]:
    """Return the records whose collaboration or membership id C(only) names; all of them where it is C(None).

    Words in it: C(all); C(pending), those of pending invitations; and C(known), which leaves out the ids of no record,
    as events may bring them. Else they are an error, raised as C(CleanRoomsError).
    """
    wanted = [ALL] if only is None else list(only)
    if PENDING_ONES in wanted:
        wanted += [one["collaboration_id"] for one in pending if find(records, one)]
    found = [record for record in records if ALL in wanted or any(record.get(key) in wanted for key in IDS)]
    known = {record.get(key) for record in records for key in IDS} | {ALL, PENDING_ONES, KNOWN_ONES}
    for one in wanted:
        if one not in known and KNOWN_ONES not in wanted:
            raise CleanRoomsError(
                f"only (cleanrooms_only): {one!r} is the collaboration_id or membership_id of no record in {where};"
                " the playbook list shows them"
            )
    _check_apart(found, [record for record in records if record not in found])
    return found


def suspended(content: Content, only: Sequence[str] | None, where: str) -> Content:
    """Return the content of a record with the chosen collaborations suspended, those that are not over.

    Words in place of ids are an error, raised as C(CleanRoomsError): whoever suspends names what.
    """
    words = {ALL, PENDING_ONES, KNOWN_ONES}.intersection(only or ())
    if words:
        raise CleanRoomsError(
            f"only (cleanrooms_only): is {min(words)}; name the collaborations to suspend by their ids"
        )
    named = chosen(content.records, only, (), where)
    records = [
        {**one, "status": SUSPENDED} if one in named and one.get("status", "active") in SUSPENDABLE else one
        for one in content.records
    ]
    return replace(content, records=records)


def _check_apart(found: Sequence[Data], others: Sequence[Data]) -> None:
    """Raise C(CleanRoomsError) where one that is left out may be about a chosen collaboration, and forbid something.

    Which of two records with one id of either kind belong together only AWS knows; the module sees the chosen ones.
    """
    for one in found:
        for other in others:
            if not any(one.get(key) and other.get(key) for key in IDS):
                raise CleanRoomsError(
                    f"only (cleanrooms_only): whether {_known_ids(other)} is the same collaboration as"
                    f" {_known_ids(one)} is not known; run the playbook record, which completes the ids"
                )


def _known_ids(record: Data) -> str:
    return ", ".join(f"{key} {record[key]}" for key in IDS if record.get(key))


def checked(given: Any, name: str) -> list[Data]:
    """Return records as plain data; raise C(CleanRoomsError) for what cannot be such, as it was written."""
    records = plain(given)
    if not isinstance(records, list):
        raise CleanRoomsError(f"{name}: is not a list; begin each collaboration with a hyphen")
    parse_records(records, name)
    return records


def _choose(arguments: Data, records: Sequence[Data], found: Sequence[Data]) -> None:
    """Give a module the records found. Of the others it hears who is recorded there, where it asks who is nowhere."""
    arguments["collaborations"] = found
    if "result_receivers" in arguments:
        others = [member for record in records if record not in found for member in record.get("members") or ()]
        arguments["members_elsewhere"] = sorted({member["account_id"] for member in others})


def _failed(record: Data, error: str) -> Data:
    """Return what a module says of a collaboration in which it failed."""
    ids = {key: record.get(key) or "" for key in ("name", *IDS)}
    return {**ids, "changed": False, "actions": [], "summary": {}, "error": error}


class AssociatingAction(CleanRoomsAction):
    """The action of a module that works on C(collaborations): the record's, the inventory's, or the task's own."""

    locks = True
    # Whether there is nothing to do without an ID namespace.
    needs_namespace = False

    def answer(self, arguments: Data) -> Data:
        """Return the module's result, after the record was kept."""
        self.written: Data = {}  # the diff of what was written into the record before the module ran
        path, only, suspend = record_of(arguments), arguments.pop("only", None), arguments.pop("suspend", False)
        given = arguments.get("collaborations")
        if suspend and not (path and only):
            raise CleanRoomsError("suspend: needs record, and the ids of the collaborations in only")
        if path is not None and given is not None:
            raise CleanRoomsError(BOTH)
        if path is None and only is not None and arguments.get("membership_id") is not None:
            raise CleanRoomsError(
                "only: cannot be used with membership_id, which names one membership without a record; leave one out"
            )
        if arguments.get("id_namespace_arn") == "":
            del arguments["id_namespace_arn"]
            if self.needs_namespace and arguments.get("state") != "absent":
                return {"changed": False, "collaborations": []}
        if path:
            if suspend and not self._task.check_mode:
                self._suspend(self.open(path), only)  # before it waits, so that no task of another run shares there
            return self.on_record(path, arguments, lambda file, rest: self._on_record(file, rest, only, suspend))
        if path is not None:
            given = self.variable(COLLABORATIONS) if COLLABORATIONS in self.variables else []
            check_not_omitted(self.variables.get(COLLABORATIONS), given, COLLABORATIONS)
        if given is not None:
            name = "collaborations" if path is None else COLLABORATIONS
            records = checked(given, name)
            _choose(arguments, records, chosen(records, only, (), name))
            if path is not None:
                self._check_not_lost(records, only, arguments, f"The variable {COLLABORATIONS}")
        return self.module(arguments)

    def _check_not_lost(self, records: list[Data], only: Sequence[str] | None, arguments: Data, where: str) -> None:
        """Raise C(CleanRoomsError) where nothing is recorded, all is to be worked on, and AWS has memberships."""
        if records or not self.writes or ALL not in ([ALL] if only is None else only):
            return
        active = [one for one in self.memberships(arguments) if one.get("status") == "active"]
        if active:
            raise CleanRoomsError(
                f"{where} holds no collaboration, and AWS has {counted(len(active), 'membership')} of this account."
                " Look whether it is the right inventory and account; the playbook record completes the record"
            )

    def _suspend(self, file: RecordFile, only: Sequence[str] | None) -> None:
        host = str(self.variables["inventory_hostname"])
        _file, self.written = write_record(file, suspended(file.content, only, str(file.path)), host)

    def _on_record(self, file: RecordFile, arguments: Data, only: Sequence[str] | None, suspend: bool) -> Data:
        content = suspended(file.content, only, str(file.path)) if suspend else file.content
        self._check_not_lost(content.records, only, arguments, f"The record {file.path}")
        _choose(arguments, content.records, chosen(content.records, only, content.pending, str(file.path)))
        if not arguments["collaborations"] and {PENDING_ONES, KNOWN_ONES}.intersection(only or ()):
            return {"changed": False, "collaborations": []}
        result = self.module(arguments)
        if "collaborations" not in result:
            # Refused as a whole. That is told, and taken up again, like a failure in each of them.
            failed = [_failed(one, str(result.get("msg", ""))) for one in arguments["collaborations"]]
            if not failed or "locked" in result:
                return result
            result["collaborations"] = failed
        return self.after(file, content, result)

    def after(self, file: RecordFile, content: Content, result: Data) -> Data:
        """Return the result after what it says was put into the record, whose content is given."""
        follows = self.variable("cleanrooms_id_namespace_arn") not in (None, "")
        content, warnings = with_results(content, plain(result["collaborations"]), namespace_follows=follows)
        return self.keep(file, content, result, warnings, self.written)


class VerifyingAction(AssociatingAction):
    """The action of cleanrooms_readiness_info, which compares with the record and never writes it."""

    writes = False
    locks = False

    def after(self, file: RecordFile, content: Content, result: Data) -> Data:
        """Return the result, without what the record knows among the other memberships."""
        if "other_memberships" not in result:
            del result["collaborations"]
            return result
        known = {record.get(key) for record in file.content.records for key in IDS} - {None, ""}
        others = [one for one in result["other_memberships"] if known.isdisjoint(one[key] for key in IDS)]
        record = {"path": str(file.path), "pending_invitations": file.content.pending}
        return {**result, "other_memberships": others, "record": record}


class ListingAction(CleanRoomsAction):
    """The action of an info module that reads from AWS; C(record) puts the record beside what it found."""

    writes = False

    def answer(self, arguments: Data) -> Data:
        """Return the module's result, and what the record says."""
        path = record_of(arguments)
        record: Data = {}
        if path:
            file = self.open(str(path))
            content = file.content
            record = {"path": str(file.path), "collaborations": content.records}
            record["pending_invitations"] = content.pending
        elif path is not None:
            records = checked(self.variable(COLLABORATIONS) or [], COLLABORATIONS)
            record = {"path": "", "collaborations": records, "pending_invitations": []}
        result = self.module(arguments)
        if not record:
            return result
        for one in result.get("memberships", ()):
            told = unreviewed(find(record["collaborations"], one), one)
            one.update({"unreviewed": told} if told else {})
        return {**result, "record": record}
