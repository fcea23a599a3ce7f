# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One run at a time writes for an account: a lock on a file, held by the process that writes and by nothing else.

The system lets go of such a lock when the process ends, however it ends. So there is nothing to clean up, and a module
that goes on after its run was killed still holds it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import platform
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from ._errors import CleanRoomsError, explain, printable

LOCK_OPTIONS: dict[str, Any] = {
    "lock_file": {"type": "path"},
    "lock_wait": {"type": "int", "default": 60},
}
KEYS = {"host", "process", "since", "run"}
# What the services that start runs call them: GitLab, Jenkins, GitHub, AWX.
RUNS = ("CI_JOB_URL", "BUILD_URL", "GITHUB_RUN_ID", "JOB_ID")
LONGEST = 4096  # bytes of a lock file
PAUSE = 0.2  # seconds between two tries


class LockedError(CleanRoomsError):
    """Another run holds the lock; the text says which."""


@contextmanager
def held(path: str | None, wait: float, run: str) -> Iterator[None]:
    """Hold the lock on a file; C(run) is told to whoever waits for it. Without a path there is none.

    Raises C(LockedError) where another process still holds it after C(wait) seconds, and C(CleanRoomsError) where the
    file is no lock, which is left as it is, or the file system knows no locks.
    """
    if not path:
        yield
        return
    lock = _open(path)
    try:
        _take(lock, path, wait)
        os.ftruncate(lock, 0)
        os.pwrite(lock, json.dumps(_about(run)).encode(), 0)
        try:
            yield
        finally:
            os.ftruncate(lock, 0)
    finally:
        os.close(lock)


@contextmanager
def locked(module: Any, run: str) -> Iterator[None]:
    """Hold the lock that the options of an AnsibleModule say, unless in check mode; fail it where another run does.

    The failed result says C(locked) then.
    """
    if module.check_mode:
        yield
        return
    try:
        with held(module.params["lock_file"], module.params["lock_wait"], run):
            yield
    except LockedError as error:
        module.fail_json(msg=explain(error), locked=True)


def _open(path: str) -> int:
    if not path.startswith("/") or not path.isprintable():
        raise CleanRoomsError(f"lock_file: {printable(path)!r} is no path in full; nothing was done")
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    except OSError as error:
        why = "is a link" if error.errno == errno.ELOOP else f"cannot be opened: {error.strerror}"
        raise CleanRoomsError(f"lock_file: {path} {why}; nothing was done") from error
    text = os.pread(lock, LONGEST, 0) if stat.S_ISREG(os.fstat(lock).st_mode) else b"-"
    if text and not _read(text):
        os.close(lock)
        raise CleanRoomsError(f"lock_file: {path} is no lock of this collection, and was left as it is; name another")
    return lock


def _take(lock: int, path: str, wait: float) -> None:
    end = time.monotonic() + wait
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= end:
                holder = _holder(_read(os.pread(lock, LONGEST, 0)))
                raise LockedError(
                    f"Another run is at work: {holder}. Nothing was done. Run again when it has ended, or wait longer"
                    " with lock_wait (cleanrooms_lock_wait)"
                ) from None
            time.sleep(PAUSE)
        except OSError as error:
            raise CleanRoomsError(
                f"lock_file: {path} cannot be locked: {error.strerror}; name a file in a folder whose file system has"
                " locks"
            ) from error
        else:
            return


def _about(run: str) -> dict[str, Any]:
    started_by = next((os.environ[name] for name in RUNS if os.environ.get(name)), "")
    return {
        "host": platform.node(),
        "process": os.getpid(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": f"{run} of {started_by}" if started_by else run,
    }


def _read(text: bytes) -> Mapping[str, Any]:
    try:
        about = json.loads(text)
    except ValueError:
        return {}
    return about if isinstance(about, dict) and about.keys() == KEYS else {}


def _holder(about: Mapping[str, Any]) -> str:
    if not about:
        return "it has just begun"
    since = f"since {about['since']}"
    return printable(f"{about['run']}, process {about['process']} on {about['host']}, {since}")
