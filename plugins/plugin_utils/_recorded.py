# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the actions share: the connection, the record that a module works on, and keeping it afterwards.

An action stands around each module of the collection, so that nobody can share without recording. It returns plain
results and never facts, which a cache would hold against a newer record.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible.errors import AnsibleActionFail
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.action import ActionBase
from ansible.utils.vars import load_extra_vars

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain, printable
from ansible_collections.acx.cleanrooms.plugins.module_utils._lock import LockedError, held
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import check_account_ids

from ._failed import shortened
from ._record_file import RecordFile, check_not_hidden, check_writable, open_record, write_record
from ._record_merge import find, foretold, with_foretold
from ._record_text import COLLABORATIONS, IDS, Content
from ._variables import CONNECTION_OPTIONS, INTERNAL, called, check_variables, options_read, texts_of
from ._yaml import plain

Data = dict[str, Any]
RECORD_FILE = "cleanrooms_record_file"
LOCK_WAIT = 60  # seconds, where neither the task nor a variable says
BOTH = "record: cannot be used with collaborations; give one of them"
# The options of the connection, by the variable that stands in where a task has none, with their aliases.
CONNECTION = {
    "region": ("aws_region",),
    "profile": ("aws_profile",),
    "endpoint_url": ("aws_endpoint_url",),
    "requests_per_second": (),
}
INFO = "cleanrooms_membership_info"
NOT_RECORDED = "What was done is not recorded: run the playbook record when it can be written."


def check_internal(loader: DataLoader) -> None:
    """Raise C(CleanRoomsError) for an extra var that is the collection's own: it would outrank what the steps find."""
    for name in load_extra_vars(loader):
        if name.startswith(INTERNAL):
            raise CleanRoomsError(f"{name}: is the collection's own and is not taken from outside; leave it out")


def record_of(arguments: Data) -> str | None:
    """Take the option C(record) away and return it; C(None) where it is not given."""
    return str(arguments.pop("record")) if "record" in arguments else None


class CleanRoomsAction(ActionBase):  # type: ignore[misc]  # Ansible is not typed
    """Runs the module of its own name with the connection filled in. With C(record), a subclass keeps the record."""

    writes = True
    # Whether the module of the name has the options of a lock.
    locks = False

    def run(self, tmp: str | None = None, task_vars: Mapping[str, Any] | None = None) -> Data:
        """Return the module's result; a failed one where the input or the record cannot be right."""
        result: Data = super().run(tmp, task_vars)
        self.variables: Mapping[str, Any] = task_vars or {}
        try:
            check_internal(self._loader)
            check_variables(self.variables)
        except CleanRoomsError as error:
            # Raised, so that no task can go on with it.
            raise AnsibleActionFail(explain(error)) from None
        try:
            result.update(self.answer(self._arguments()))
        except LockedError as error:
            result.update(failed=True, msg=explain(error), locked=True)
        except CleanRoomsError as error:
            result.update(failed=True, msg=explain(error))
        option, colon, rest = str(result.get("msg", "")).partition(": ")
        if result.get("failed") and colon and option.isidentifier() and option not in CONNECTION:
            result["msg"] = f"{called(option, self.variables)}: {rest}"
        return shortened(result)

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
        name = "cleanrooms_result_receivers"
        if name not in self.variables:
            return None
        accounts = texts_of(self.variable(name), name, may_be_empty=False)
        check_account_ids(name, accounts)
        return accounts

    def open(self, path: str) -> RecordFile:
        """Return the record as the task finds it; raise C(CleanRoomsError) where it cannot be this host's, or be right.

        In check mode it is as the tasks before would have left it.
        """
        file = open_record(path)
        self._check_hosts(file)
        earlier = [one for one in self._earlier() if one.get("path") == str(file.path)]
        if all(one.get("digest") != file.digest for one in earlier):
            self._check_variable(file)
        told = [one for one in earlier if one.get("digest") == file.digest and "foretold" in one]
        for one in sorted(told, key=lambda one: int(one["step"])) if self._task.check_mode else ():
            file = replace(file, content=with_foretold(file.content, one["foretold"]))
        if self.writes:
            check_writable(file, self._task.check_mode)
        return file

    def on_record(self, path: str, arguments: Data, work: Callable[[RecordFile, Data], Data]) -> Data:
        """Return what C(work) makes of the record and the arguments of its module.

        The module holds the lock while it works. The record is read when no other run does; where another one begins
        in between, it is read anew.
        """
        file = self.open(path)
        if self._task.check_mode or not self.locks:
            return work(file, dict(arguments))
        lock = arguments.setdefault("lock_file", f"{file.target}.lock")
        seconds = str(arguments.get("lock_wait", LOCK_WAIT)).strip()
        if not (seconds.isascii() and seconds.isdigit()):
            raise CleanRoomsError(f"lock_wait: {printable(seconds)!r} is no whole number of seconds")
        end = time.monotonic() + int(seconds)
        if self._has_waited(lock, end):
            file = self.open(path)
        while True:
            result = work(file, {**arguments, "lock_wait": 0})
            if not result.get("locked") or time.monotonic() >= end:
                return result
            self._has_waited(lock, end)
            file = self.open(path)

    def _lock_file(self, path: str) -> str:
        """Return the path of a lock in full, after its folder was made."""
        lock = Path(path).expanduser().absolute()
        check_not_hidden(lock)
        try:
            if not self._task.check_mode:
                lock.parent.mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise CleanRoomsError(f"lock_file: {lock.parent} cannot be made: {error}") from error
        return str(lock)

    def _has_waited(self, lock: str, end: float) -> bool:
        """Return whether another run held the lock; raise C(LockedError) where it still does at the end."""
        run = str(self._task.action).rpartition(".")[2]
        try:
            with held(lock, 0, run):
                return False
        except LockedError:
            with held(lock, end - time.monotonic(), run):
                return True

    def memberships(self, arguments: Data, **options: Any) -> list[Data]:
        """Return the memberships of the account, with its connection; raise C(CleanRoomsError) if they are not read."""
        connection = {key: value for key, value in arguments.items() if key in CONNECTION_OPTIONS}
        result = self.module({**connection, **options, "details": []}, INFO)
        if "memberships" not in result:
            raise CleanRoomsError(str(result.get("msg", "")).rstrip("."))
        return list(plain(result["memberships"]))

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
            done = answer.get("changed") and not self._task.check_mode
            told = f"{explain(error)} {NOT_RECORDED if done else ''}".rstrip()
            answer.update(failed=True, not_recorded=told, msg=f"{told} {answer.get('msg', '')}".rstrip())
            return answer
        answer["record"] = {"path": str(file.path), "digest": now.digest, "step": step}
        if self._task.check_mode:
            answer["record"]["digest"] = file.digest
            if diff:
                answer["record"]["foretold"] = foretold(file.content, content)
        if diff and before:
            diff["before"] = before["before"]
        diff = diff or before or {}
        if diff:
            answer["changed"] = True
            answer["diff"] = [*answer.get("diff", []), diff]
        return answer

    def _arguments(self) -> Data:
        """Return the task's arguments, read, with the connection and the lock that the variables of the host say."""
        arguments = options_read(plain(self._task.args), self.variables)
        for option in ("lock_file", "lock_wait") if self.locks else ():
            if option not in arguments and f"cleanrooms_{option}" in self.variables:
                arguments[option] = self.variable(f"cleanrooms_{option}")
        if self.locks and arguments.get("lock_file"):
            arguments["lock_file"] = self._lock_file(str(arguments["lock_file"]))
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
