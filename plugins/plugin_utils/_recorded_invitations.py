# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions that accept, leave and confirm: what cannot be undone is recorded before and after."""

from __future__ import annotations

from typing import Any

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError

from ._record_confirm import Policy, confirmed_members, named_accounts
from ._record_file import RecordFile, write_record
from ._record_merge import find, unclear, with_invitations, with_results, without_masks
from ._record_rebuild import AS_ON_AWS, check_account, completed
from ._record_text import Content
from ._recorded import BOTH, RECORD_FILE, CleanRoomsAction, record_of
from ._recorded_collaborations import checked
from ._yaml import plain

Data = dict[str, Any]
# What is recorded of an invitation just before it is accepted; nobody else writes it.
TO_BE_ACCEPTED = "is about to be accepted"


def needed(path: Any) -> str:
    """Return the path of a record; raise C(CleanRoomsError) where there is none."""
    if not path:
        raise CleanRoomsError(f"record ({RECORD_FILE}): is empty; name the file in which the record is kept")
    return str(path)


class InvitationAction(CleanRoomsAction):
    """The action of cleanrooms_invitation.

    What would be accepted is recorded as pending first, with the members who were looked at. So a run that is cut off
    in between leaves only those for the next one to take up.
    """

    locks = True

    def answer(self, arguments: Data) -> Data:
        """Return the module's result, after the record was kept."""
        path, given = record_of(arguments), arguments.get("collaborations")
        if path is not None and given is not None:
            raise CleanRoomsError(BOTH)
        if given is not None:
            arguments["collaborations"] = checked(given, "collaborations")
        if path is None:
            return self.module(arguments)
        return self.on_record(
            needed(path), arguments, self._leave if arguments.get("state") == "absent" else self._accept
        )

    def _accept(self, file: RecordFile, arguments: Data) -> Data:
        named, trusted = arguments.get("collaboration_ids") or [], arguments.get("trusted_creators") or []
        limit = self.limit()
        result = self.module(arguments, check_mode=True)
        if "collaborations" not in result:
            return result
        found: list[Data] = plain(result["collaborations"])
        memberships: list[Data] = []
        if trusted or not named:
            memberships = self._memberships_of_gone(file.content, found, arguments)
            content = with_invitations(file.content, found, memberships)
            cut_off = [one["collaboration_id"] for one in memberships if _is_cut_off(file.content, one, trusted)]
        else:
            content, cut_off = file.content, []
        if cut_off:
            arguments["collaboration_ids"] = [*named, *cut_off]
        diff: Data = {}
        if not self._task.check_mode:
            seen, _warnings = with_results(content, map(_as_invited, found), limit=limit)
            file, diff = write_record(file, seen, str(self.variables["inventory_hostname"]))
            content = file.content
        if cut_off or (result["changed"] and not self._task.check_mode):
            result = self.module(arguments)
        if "collaborations" not in result:
            return self.keep(file, content, result, (), diff)
        content, warnings = with_results(content, plain(result["collaborations"]), limit=limit)
        return self.keep(file, content, result, warnings, diff)

    def _memberships_of_gone(self, content: Content, found: list[Data], arguments: Data) -> list[Data]:
        """Return the memberships in collaborations whose invitation is recorded as pending and is none any more."""
        pending = {one["collaboration_id"] for one in found}
        entries = [one for one in content.pending if one["collaboration_id"] not in pending]
        gone = [one["collaboration_id"] for one in entries if not find(content.records, one)]
        if not gone:
            return []
        return self.memberships(arguments, collaboration_ids=gone)

    def _leave(self, file: RecordFile, arguments: Data) -> Data:
        result = self.module(arguments)
        if "collaborations" not in result:
            return result
        states = {one.get("status") for one in result["collaborations"]}
        if "absent" in states and "left" not in states:
            # There was nothing to leave. That may be for the wrong credentials, and must not be recorded as left then.
            check_account(file.content, self.memberships(arguments))
        content, warnings = with_results(file.content, plain(result["collaborations"]))
        return self.keep(file, content, result, warnings)


def _is_cut_off(content: Content, membership: Data, trusted: list[str]) -> bool:
    """Return whether a run accepted an invitation, and was cut off before it could record that."""
    entry = find(content.pending, membership) or {}
    return (
        entry.get("reason") == TO_BE_ACCEPTED
        and membership["status"] == "active"
        and membership["creator_account_id"] in trusted
    )


def _as_invited(result: Data) -> Data:
    """Return what a look says of an invitation that is about to be accepted."""
    if "error" in result or not result["summary"]["accepted"]:
        return result
    reason = {"reason": TO_BE_ACCEPTED}
    return {**result, "status": "invited", "actions": [*result["actions"], reason]}


class RecordAction(CleanRoomsAction):
    """The action of cleanrooms_record: completes the record from what AWS lists, and confirms members."""

    def answer(self, arguments: Data) -> Data:
        """Return what was completed and confirmed, after it was written."""
        file = self.open(needed(arguments.get("record")))
        confirm, policy = arguments.get("confirm") or [], self._policy(arguments)
        result = self.module(arguments)
        if "memberships" not in result:
            return result
        found, review = plain(result.pop("memberships")), plain(result.pop("review"))
        unmasked = [without_masks(one) for one in found]
        memberships = [known or unclear(one) for one, (known, _told) in zip(found, unmasked, strict=True)]
        warnings = [told for _known, told in unmasked if told]
        content, lines = completed(file.content, memberships, confirm)
        if confirm:
            content, who = confirmed_members(content, memberships, confirm, review, policy)
            lines += who
        answer = self.keep(file, content, {**result, "lines": lines or [AS_ON_AWS]}, warnings)
        unread = [one for one in memberships if "error" in one]
        return {**answer, "collaborations": unread}

    def _policy(self, arguments: Data) -> Policy:
        """Return who may be confirmed; nobody is named where the option is left out."""
        named = arguments.get("confirm_accounts")
        if named and not arguments.get("confirm"):
            raise CleanRoomsError(
                "confirm_accounts (cleanrooms_confirm_accounts): names accounts, and confirm"
                " (cleanrooms_confirm_members) names no collaboration to confirm them in"
            )
        return Policy(
            None if named is None else named_accounts(named),
            arguments.get("allowed_members") or [],
            arguments.get("allowed_receivers") or [],
            self.limit(),
        )
