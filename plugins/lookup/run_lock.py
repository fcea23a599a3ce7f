# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: run_lock
version_added: 1.0.0
short_description: Let one run of Ansible at a time work on something
description:
  - Takes a lock for this run of Ansible, and tells who holds it where that fails.
  - The lock is a file that names the process of the run. It is free again when that process has ended, however it
    ended, so that a run that was killed blocks nobody.
  - To the run that holds the lock it is free as often as it asks.
  - Where runs work in containers on a volume that they share, nobody can ask after the process of one that ended. Let
    such a run release the lock in an C(always) section.
author: Contributors to the acx.cleanrooms project (@acx-collections)
options:
  _terms:
    description: Path of the lock file, exactly one. Folders that are missing are made.
    type: list
    elements: str
    required: true
  wait:
    description: For how many seconds to wait for the run that holds the lock.
    type: int
    default: 0
  release:
    description: Whether to let go of the lock, if this run holds it, in place of taking it.
    type: bool
    default: false
  stale_after:
    description:
      - After how many seconds a lock counts for nothing, whoever holds it. Only what ran on another machine or in
        another container, where the process cannot be asked after, takes that long to be free.
    type: int
    default: 21600
"""

EXAMPLES = r"""
- name: Take the lock
  ansible.builtin.set_fact:
    holder: "{{ lookup('acx.cleanrooms.run_lock', inventory_dir ~ '/my.lock', wait=60) }}"

- name: Make sure that no other run is at work
  ansible.builtin.assert:
    that: holder == ""
    fail_msg: "Another run is at work: {{ holder }}"
"""

RETURN = r"""
_raw:
  description: Who holds the lock, for people. An empty text where this run has it now.
  type: list
  elements: str
"""

import fcntl
import json
import multiprocessing
import os
import socket
import time
from pathlib import Path
from typing import Any, NamedTuple

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_file import check_not_hidden
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._recorded import check_internal

SECONDS_BETWEEN_TRIES = 1.0
START_TIME = 22 - 3  # the 22nd field of proc_pid_stat(5); the first after the name is the third


def process_of_this_run() -> int:
    """Return the process id of the run: tasks are carried out in children of it, which end with the task."""
    parent = multiprocessing.parent_process()
    return os.getpid() if parent is None or parent.pid is None else parent.pid


def start_of(pid: int) -> str | None:
    """Return when a process of this machine began, as the system counts; C(None) where there is no such process.

    It tells a process from a later one with the same id. Empty where the system does not say; Linux does.
    """
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    after_name = stat.rpartition(")")[2].split()
    return after_name[START_TIME]


class Holder(NamedTuple):
    """A run: its machine, its process there, when that began, and since when it has the lock (seconds since 1970)."""

    host: str
    pid: int
    started: str
    since: float

    def is_same_run(self, other: Holder) -> bool:
        """Return whether both are the same process."""
        return self[:3] == other[:3]


def this_run() -> Holder:
    """Return this run, as of now."""
    pid = process_of_this_run()
    return Holder(socket.gethostname(), pid, start_of(pid) or "", time.time())


def read_holder(content: str) -> Holder | None:
    """Return whom a lock names, or C(None) where it is free or cannot be understood."""
    try:
        found = json.loads(content)
        return Holder(str(found["host"]), int(found["pid"]), str(found["started"]), float(found["since"]))
    except (ValueError, KeyError, TypeError):
        return None


def is_at_work(holder: Holder, stale_after: float) -> bool:
    """Return whether another run holds a lock and may still be at work."""
    own = this_run()
    if holder.is_same_run(own) or own.since - holder.since > stale_after:
        return False
    # Where the system does not say when the process began, it may well be the same.
    return holder.host != own.host or start_of(holder.pid) in ("", holder.started)


def take(path: Path, stale_after: float) -> str:
    """Take the lock at C(path); return who holds it, or an empty text. Raises C(OSError) for a path that cannot be."""
    check_not_hidden(path.absolute())
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        # Only while the file is read and written; the system lets go of it when the file is closed.
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        holder = read_holder(file.read())
        if holder and is_at_work(holder, stale_after):
            since = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(holder.since))
            return f"process {holder.pid} on {holder.host}, since {since}"
        file.truncate(0)
        file.write(json.dumps(this_run()._asdict()))
    return ""


def release(path: Path) -> None:
    """Let go of the lock at C(path), if this run holds it."""
    if not path.is_file():
        return
    with path.open("r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        holder = read_holder(file.read())
        if holder and holder.is_same_run(this_run()):
            file.truncate(0)


def take_within(path: Path, wait: float, stale_after: float) -> str:
    """Take the lock as C(take) does, trying again for C(wait) seconds."""
    end = time.monotonic() + wait
    while True:
        holder = take(path, stale_after)
        if not holder or time.monotonic() >= end:
            return holder
        time.sleep(SECONDS_BETWEEN_TRIES)


class LookupModule(LookupBase):  # type: ignore[misc]  # Ansible is not typed
    """What Ansible asks for the lookup."""

    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[str]:
        """Return who holds the lock."""
        self.set_options(var_options=variables, direct=kwargs)
        if len(terms) != 1:
            raise AnsibleLookupError(f"run_lock: takes the path of one lock file, not {len(terms)}")
        path = Path(terms[0]).expanduser().absolute()
        try:
            check_internal(self._loader)
            if self.get_option("release"):
                release(path)
                return [""]
            return [take_within(path, self.get_option("wait"), self.get_option("stale_after"))]
        except CleanRoomsError as error:
            raise AnsibleLookupError(explain(error)) from error
        except OSError as error:
            raise AnsibleLookupError(f"run_lock: {terms[0]!r} cannot be a lock file: {error}") from error
