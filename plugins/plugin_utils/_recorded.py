# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions share: the connection, the record that a module works on, and keeping it afterwards.

An action stands around each module of the collection, so that nobody can share without recording. It returns plain
results and never facts, which a cache would hold against a newer record.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars

from ansible_collections.acx.cleanrooms.plugins.filter.ids import id_list
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import parse_records

from ._record_file import RecordFile, check_writable, open_record, write_record
from ._record_merge import find, with_results
from ._record_text import COLLABORATIONS, IDS, Content
from ._yaml import plain

Data = dict[str, Any]
INTERNAL = "__cleanrooms_"
RECORD_FILE = "cleanrooms_record_file"
# The options of the connection, by the variable that stands in where a task has none, with their aliases.
CONNECTION = {
    "region": ("aws_region",),
    "profile": ("aws_profile",),
    "endpoint_url": ("aws_endpoint_url",),
    "requests_per_second": (),
}
# Words in the option only, beside ids.
ALL, PENDING_ONES, KNOWN_ONES = "all", "pending", "known"


def check_internal(loader: DataLoader) -> None:
    """Raise C(CleanRoomsError) for an extra var that is the collection's own: it would outrank what the steps find."""
    for name in load_extra_vars(loader):
        if name.startswith(INTERNAL):
            raise CleanRoomsError(f"{name}: is the collection's own and is not taken from outside; leave it out")


def listed(value: Any) -> list[str]:
    """Return the texts of an option that is a list, as Ansible makes it of what a task says."""
    texts = plain(value)
    if isinstance(texts, str):
        texts = texts.split(",")
    return [str(one).strip() for one in (texts if isinstance(texts, list) else [] if texts is None else [texts])]


def record_of(arguments: Data) -> str | None:
    """Take the option C(record) away and return it; C(None) where it is not given. Null is an error."""
    if "record" not in arguments:
        return None
    path = arguments.pop("record")
    if path is None:
        raise CleanRoomsError(f"record ({RECORD_FILE}): is null; name a path, or write an empty text for none")
    return str(path)


class CleanRoomsAction(ActionBase):  # type: ignore[misc]  # Ansible is not typed
    """Runs the module of its own name with the connection filled in. With C(record), a subclass keeps the record."""

    writes = True

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> Data:
        """Return the module's result; a failed one where the input or the record cannot be right."""
        result: Data = super().run(tmp, task_vars)
        self.variables: Mapping[str, Any] = task_vars or {}
        try:
            check_internal(self._loader)
            result.update(self.answer(self._arguments()))
        except CleanRoomsError as error:
            result.update(failed=True, msg=explain(error))
        return result

    @abstractmethod
    def answer(self, arguments: Data) -> Data:
        """Return the result of the task, whose arguments are given."""

    def module(self, arguments: Data, name: str = "", check_mode: bool | None = None) -> Data:
        """Run a module, by default the one that the task names, and return its result."""
        before = self._task.check_mode
        try:
            if check_mode is not None:
                self._task.check_mode = check_mode
            result: Data = self._execute_module(
                module_name=f"acx.cleanrooms.{name}" if name else self._task.action,
                module_args=arguments,
                task_vars=self.variables,
            )
        finally:
            self._task.check_mode = before
        return result

    def variable(self, name: str) -> Any:
        """Return the value of a variable of the host, C(None) where there is none."""
        return plain(self._templar.template(self.variables[name])) if name in self.variables else None

    def raw_variable(self, name: str) -> Any:
        """Return the value of a variable; where it is a list or a dictionary, without the templates in it carried out.

        What is only compared need not be right in itself.
        """
        return self.variable(name) if isinstance(self.variables.get(name), str) else plain(self.variables.get(name))

    def limit(self) -> list[str] | None:
        """Return the accounts that may receive where a record does not say; C(None) where any may."""
        if "cleanrooms_result_receivers" not in self.variables:
            return None
        try:
            return id_list(self.variable("cleanrooms_result_receivers"))
        except AnsibleFilterError as error:
            raise CleanRoomsError(f"cleanrooms_result_receivers: {error}") from error

    def open(self, path: str) -> RecordFile:
        """Return the record as the task finds it; raise C(CleanRoomsError) where it cannot be this host's, or be right.

        In check mode it is as the tasks before would have left it.
        """
        file = open_record(path)
        self._check_hosts(file)
        earlier = [one for one in self._earlier() if one.get("path") == str(file.path)]
        if all(one.get("digest") != file.digest for one in earlier):
            self._check_variable(file)
        foretold = [one for one in earlier if one.get("digest") == file.digest and "foretold" in one]
        if self._task.check_mode and foretold:
            last = max(foretold, key=lambda one: int(one["step"]))["foretold"]
            content = replace(file.content, records=last["collaborations"], pending=last["pending_invitations"])
            file = replace(file, content=content)
        if self.writes:
            check_writable(file, self._task.check_mode)
        return file

    def keep(
        self, file: RecordFile, content: Content, result: Data, warnings: Sequence[str] = (), before: Data | None = None
    ) -> Data:
        """Write the record; return the result of the module with what that changed, its diff and its failure.

        C(before) is the diff of what was written of it before the module ran.
        """
        answer = dict(result)
        if warnings:
            answer["warnings"] = [*answer.get("warnings", []), *warnings]
        step = 1 + max((int(one.get("step", 0)) for one in self._earlier()), default=0)
        host = str(self.variables["inventory_hostname"])
        try:
            now, diff = write_record(file, content, host, check_mode=self._task.check_mode)
        except CleanRoomsError as error:
            told = f"{explain(error)} What was done is not recorded: run the playbook record when it can be written."
            answer.update(failed=True, msg=f"{told} {answer.get('msg', '')}".rstrip())
            return answer
        answer["record"] = {"path": str(file.path), "digest": now.digest, "step": step}
        if self._task.check_mode:
            foretold = {"collaborations": content.records, "pending_invitations": content.pending}
            answer["record"].update(digest=file.digest, foretold=foretold)
        if diff and before:
            diff["before"] = before["before"]
        diff = diff or before or {}
        if diff:
            answer["changed"] = True
            answer["diff"] = [*answer.get("diff", []), diff]
        return answer

    def _arguments(self) -> Data:
        """Return the task's arguments with the connection that the variables of the host say."""
        arguments = dict(self._task.args)
        for option, aliases in CONNECTION.items():
            given = next((arguments[key] for key in (option, *aliases) if arguments.get(key) not in (None, "")), None)
            wanted = self.variable(f"cleanrooms_{option}")
            if wanted in (None, ""):
                continue
            if given is None:
                arguments[option] = wanted
            elif str(given) != str(wanted) and not _same_number(given, wanted):
                raise CleanRoomsError(
                    f"{option}: the task, or module_defaults, says {given}, and cleanrooms_{option} says {wanted};"
                    " leave one of them out"
                )
        return arguments

    def _earlier(self) -> list[Data]:
        """Return what earlier tasks of an entry point, which register their results, say of the record."""
        values = [value for name, value in self.variables.items() if name.startswith(INTERNAL)]
        found = [value.get("record") for value in values if isinstance(value, Mapping)]
        return [plain(one) for one in found if isinstance(one, Mapping)]

    def _check_hosts(self, file: RecordFile) -> None:
        """Raise C(CleanRoomsError) where another host has the same record file: each would lose what is the other's."""
        own = str(self.variables["inventory_hostname"])
        if file.path == self._default_path(own) == file.target:
            return  # nobody else's, unless another host names it, which is refused there
        playing = sorted(map(str, self.variables.get("ansible_play_hosts_all", ())))
        said = self.variable(RECORD_FILE)
        if len(playing) > 1 and own not in file.target.parts and own != file.target.stem and not said:
            raise CleanRoomsError(
                f"record: {file.path} is that of {', '.join(playing)}; give each host a file of its own, for example"
                f" with {RECORD_FILE} in host_vars"
            )
        hosts = {*self.variables.get("groups", {}).get("cleanrooms", ())}
        for host in sorted({*hosts, *self.variables.get("ansible_play_hosts_all", ())} - {own}):
            path = self.variables["hostvars"][host].get(RECORD_FILE)
            other = Path(str(path)).expanduser() if path else self._default_path(host)
            if other.absolute().resolve() == file.target:
                raise CleanRoomsError(
                    f"{RECORD_FILE}: {file.path} is that of {own} and of {host}; give each host a file of its own"
                )

    def _default_path(self, host: str) -> Path:
        return Path(str(self.variables.get("inventory_dir"))).absolute() / "host_vars" / host / "collaborations.yml"

    def _check_variable(self, file: RecordFile) -> None:
        """Raise C(CleanRoomsError) where the inventory holds a collaboration or a member that the file has not."""
        for record in _dictionaries(self.raw_variable(COLLABORATIONS)):
            known = find(file.content.records, record)
            record.update({key: str(record[key]) for key in IDS if record.get(key)})
            ids = {record.get(key) for key in IDS} - {None, ""}
            missing = "the collaboration " + " ".join(sorted(map(str, ids))) if ids and known is None else ""
            if known is not None:
                accounts = {str(one.get("account_id")) for one in _dictionaries(record.get("members"))}
                strangers = accounts - {one["account_id"] for one in known.get("members") or ()}
                missing = f"the member {min(map(str, strangers))} of {known.get('name') or ''}" if strangers else ""
            if missing:
                raise CleanRoomsError(
                    f"{COLLABORATIONS}: holds {missing.strip()}, which the record file {file.path} does not. The file"
                    " decides: look in group_vars, other host_vars, the play and the extra vars, move what is right"
                    f" into the file, and leave the variable out there; or set {RECORD_FILE} to an empty text. If the"
                    " file was changed during this run, run again"
                )


def _same_number(one: Any, other: Any) -> bool:
    try:
        return float(one) == float(other)
    except (TypeError, ValueError):
        return False


def _dictionaries(value: Any) -> list[Data]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def chosen(records: Sequence[Data], only: Any, pending: Sequence[Data], where: str) -> list[Data]:
    """Return the records whose collaboration or membership id C(only) names; all of them where it is C(None).

    Words in it: C(all); C(pending), those of pending invitations; and C(known), which leaves out the ids of no record,
    as events may bring them. Else they are an error, raised as C(CleanRoomsError).
    """
    wanted = [ALL] if only is None else listed(only)
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

    def answer(self, arguments: Data) -> Data:
        """Return the module's result, after the record was kept."""
        path, only = record_of(arguments), arguments.pop("only", None)
        given = arguments.get("collaborations")
        if path is not None and given is not None:
            raise CleanRoomsError("record: cannot be used with collaborations; give one of them")
        if path:
            return self._on_record(arguments, str(path), only)
        if path is not None:
            given = self.variable(COLLABORATIONS)
            given = [] if given is None else given
        if given is not None:
            name = "collaborations" if path is None else COLLABORATIONS
            records = checked(given, name)
            arguments["collaborations"] = chosen(records, only, (), name)
        return self.module(arguments)

    def _on_record(self, arguments: Data, path: str, only: Any) -> Data:
        file = self.open(path)
        content = file.content
        arguments["collaborations"] = chosen(content.records, only, content.pending, str(file.path))
        if not arguments["collaborations"] and {PENDING_ONES, KNOWN_ONES} & set(listed(only)):
            return {"changed": False, "collaborations": []}
        result = self.module(arguments)
        if "collaborations" not in result:
            # Refused as a whole. That is told, and taken up again, like a failure in each of them.
            failed = [_failed(one, str(result.get("msg", ""))) for one in arguments["collaborations"]]
            if not failed:
                return result
            result["collaborations"] = failed
        return self.after(file, result)

    def after(self, file: RecordFile, result: Data) -> Data:
        """Return the result after what it says was put into the record."""
        follows = self.variable("cleanrooms_id_namespace_arn") is not None
        content, warnings = with_results(file.content, plain(result["collaborations"]), namespace_follows=follows)
        return self.keep(file, content, result, warnings)


class VerifyingAction(AssociatingAction):
    """The action of cleanrooms_readiness_info, which compares with the record and never writes it."""

    writes = False

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
