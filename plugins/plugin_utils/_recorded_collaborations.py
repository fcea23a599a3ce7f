# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions of modules that work on the collaborations of a record, and of those that look at everything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import parse_records

from ._record_file import RecordFile
from ._record_merge import find, with_results
from ._record_text import COLLABORATIONS, IDS
from ._recorded import BOTH, CleanRoomsAction, record_of
from ._variables import check_not_omitted
from ._wording import counted
from ._yaml import plain

Data = dict[str, Any]
# Words in the option only, beside ids.
ALL, PENDING_ONES, KNOWN_ONES = "all", "pending", "known"


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
        path, only = record_of(arguments), arguments.pop("only", None)
        given = arguments.get("collaborations")
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
            return self.on_record(path, arguments, lambda file, rest: self._on_record(file, rest, only))
        if path is not None:
            given = self.variable(COLLABORATIONS) if COLLABORATIONS in self.variables else []
            check_not_omitted(self.variables.get(COLLABORATIONS), given, COLLABORATIONS)
        if given is not None:
            name = "collaborations" if path is None else COLLABORATIONS
            records = checked(given, name)
            arguments["collaborations"] = chosen(records, only, (), name)
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

    def _on_record(self, file: RecordFile, arguments: Data, only: Sequence[str] | None) -> Data:
        content = file.content
        self._check_not_lost(content.records, only, arguments, f"The record {file.path}")
        arguments["collaborations"] = chosen(content.records, only, content.pending, str(file.path))
        if not arguments["collaborations"] and {PENDING_ONES, KNOWN_ONES}.intersection(only or ()):
            return {"changed": False, "collaborations": []}
        result = self.module(arguments)
        if "collaborations" not in result:
            # Refused as a whole. That is told, and taken up again, like a failure in each of them.
            failed = [_failed(one, str(result.get("msg", ""))) for one in arguments["collaborations"]]
            if not failed or "locked" in result:
                return result
            result["collaborations"] = failed
        return self.after(file, result)

    def after(self, file: RecordFile, result: Data) -> Data:
        """Return the result after what it says was put into the record."""
        follows = self.variable("cleanrooms_id_namespace_arn") not in (None, "")
        content, warnings = with_results(file.content, plain(result["collaborations"]), namespace_follows=follows)
        return self.keep(file, content, result, warnings)


class VerifyingAction(AssociatingAction):
    """The action of cleanrooms_readiness_info, which compares with the record and never writes it."""

    writes = False
    locks = False

    def after(self, file: RecordFile, result: Data) -> Data:
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
        return {**result, "record": record} if record else result
