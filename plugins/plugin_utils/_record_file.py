# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record file: where it is, what it says, and how it is replaced without losing what anybody wrote into it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ansible import constants

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain, printable

from ._record_merge import merged_edits
from ._record_text import Content, content_of, record_text

Data = dict[str, Any]
VARS_FOLDERS = ("host_vars", "group_vars")
BACKUPS = 5
# Why a file cannot be put in the place of another that can be written all the same.
IN_PLACE = (errno.EPERM, errno.EACCES, errno.EBUSY, errno.EROFS, errno.EXDEV)


@dataclass(frozen=True)
class RecordFile:
    """A record file as it was read: C(path) is absolute, C(text) is empty where there is no file."""

    path: Path
    text: bytes = b""
    content: Content = field(default_factory=Content)

    @property
    def digest(self) -> str:
        """Return what tells this text from every other one."""
        return hashlib.sha256(self.text).hexdigest()

    @property
    def target(self) -> Path:
        """Return the file itself, where the path is a link."""
        return self.path.resolve()


def open_record(path: str) -> RecordFile:
    """Return what a record file says; an empty record where there is no file.

    C(~) is the home folder, and a relative path starts at the current folder. Raises C(CleanRoomsError) for a file that
    cannot be read, or that does not say what it means: encrypted, half merged, with a key or an id twice.
    """
    if not path.isprintable():
        raise CleanRoomsError(f"record: {printable(path)!r} is no path")
    file = Path(path).expanduser().absolute()
    check_not_hidden(file)
    try:
        text = file.read_bytes() if file.exists() or file.is_symlink() else None
        return RecordFile(file) if text is None else RecordFile(file, text, content_of(text))
    except OSError as error:
        raise _unreadable(file, str(error.strerror)) from error
    except CleanRoomsError as error:
        raise _unreadable(file, explain(error)) from error


def _unreadable(file: Path, why: str) -> CleanRoomsError:
    return CleanRoomsError(f"The record file {file} cannot be read: {why}")


def check_not_hidden(file: Path) -> None:
    """Raise C(CleanRoomsError) where a vars file hides, or would hide, another of the same name.

    Ansible reads the folder C(host_vars/provider) or the file C(host_vars/provider.yml), the first that is there, and
    says nothing of the other. So a folder made for the record would switch off a policy in the file beside it.
    """
    # In Ansible's order: the first that is there hides the others.
    endings = ["", *constants.YAML_FILENAME_EXTENSIONS]
    for folder in (one for one in file.parents if one.parent.name in VARS_FOLDERS):
        for ending in endings[1:]:
            beside = folder.with_name(folder.name + ending)
            if beside.exists():
                raise CleanRoomsError(
                    f"Ansible does not read {beside} where there is a folder {folder}, which {file.name} needs; move"
                    f" {beside.name} to {folder / 'main.yml'}"
                )
    if file.parent.name in VARS_FOLDERS and file.suffix in endings:
        beside_it = [file.with_name(file.stem + ending) for ending in endings]
        place = beside_it.index(file)
        for other in beside_it[:place] + beside_it[place + 1 :]:
            if other.exists():
                first, hidden = (other, file) if other in beside_it[:place] else (file, other)
                raise CleanRoomsError(f"Ansible does not read {hidden} where {first} is; put the two together in one")


def check_writable(file: RecordFile, check_mode: bool = False) -> None:
    """Raise C(CleanRoomsError) where the record could not be written after what cannot be undone.

    Makes the folder and a file in it, which goes again; in check mode it only asks the system.
    """
    folder = file.target.parent
    try:
        if check_mode:
            while not folder.exists():
                folder = folder.parent
            if not os.access(folder, os.W_OK | os.X_OK) and not os.access(file.target, os.W_OK):
                raise PermissionError(0, "Permission denied")
            return
        folder.mkdir(parents=True, exist_ok=True)
        try:
            _temporary(file.target, file.text).unlink()
        except OSError as error:
            if not file.text or error.errno not in IN_PLACE:
                raise
            # One file can be writable where its folder is not: a volume of a container, for example.
            with file.target.open("r+b"):
                pass
    except OSError as error:
        raise CleanRoomsError(
            f"The record file {file.path} cannot be written: {error.strerror}; nothing was done"
        ) from error


def write_record(read: RecordFile, content: Content, host: str, *, check_mode: bool = False) -> tuple[RecordFile, Data]:
    """Write a record over the one that was read; return the file as it is now, and the diff, empty if nothing changed.

    Where somebody has edited the file since, both edits are kept, and where they contradict each other, what shares
    less. Links are followed, mode and owner stay, and the last few files before stay beside it. Raises
    C(CleanRoomsError) where the file cannot be read any more, or cannot be written.
    """
    if content == read.content:
        return read, {}
    with _alone(read.target.parent):
        return _write(read, content, host, check_mode)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time read what a record file says now and replace it; others wait that moment.

    The lock is on the folder, so that it leaves no file. Where folders cannot be locked, it is none.
    """
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


def _write(read: RecordFile, content: Content, host: str, check_mode: bool) -> tuple[RecordFile, Data]:
    now = read if check_mode else open_record(str(read.path))
    if read.text and not now.text:
        raise CleanRoomsError(f"The record file {read.path} is gone since it was read; nothing was written into it")
    if now.text != read.text:
        content = merged_edits(read.content, content, now.content)
        if content == now.content:
            return now, {}
    text = record_text(replace(content, version=now.content.version), host)
    if not check_mode:
        try:
            _replace(now.target, text.encode(), had=bool(now.text))
        except OSError as error:
            raise CleanRoomsError(f"The record file {read.path} cannot be written: {error.strerror}") from error
    header = str(read.path)
    diff = {"before_header": header, "after_header": header, "before": now.text.decode("utf-8-sig"), "after": text}
    return RecordFile(read.path, text.encode(), content_of(text.encode())), diff


def _replace(target: Path, text: bytes, had: bool) -> None:
    if had:
        _back_up(target)
    in_place = False
    temporary = None
    try:
        temporary = _temporary(target, text)
        if had:
            before = target.stat()
            temporary.chmod(stat.S_IMODE(before.st_mode))
            if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                os.chown(temporary, before.st_uid, before.st_gid)
        temporary.replace(target)
    except OSError as error:
        # Of somebody else's file, or of one that is mounted by itself, only the content can be replaced. Never on a
        # full disk: that would cut it off.
        in_place = had and error.errno in IN_PLACE
        if not in_place:
            raise
    finally:
        if temporary:
            temporary.unlink(missing_ok=True)
    if in_place:
        target.write_bytes(text)


def _temporary(target: Path, text: bytes) -> Path:
    # Ansible reads no vars from a name that begins with a dot or ends in ~.
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix="~", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        Path(name).unlink()
        raise
    return Path(name)


def _back_up(target: Path) -> None:
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    copy = target.with_name(f"{target.name}.{moment}~")
    # What cannot be kept beside it must not keep the record from being written.
    with contextlib.suppress(OSError):
        if copy.exists():
            return  # of a moment ago, by the same run: what was there before it is what somebody may miss
        copy.touch(mode=stat.S_IMODE(target.stat().st_mode), exist_ok=True)
        copy.write_bytes(target.read_bytes())
        own = re.compile(re.escape(target.name) + r"\.\d{8}T\d{6}Z~")
        for old in sorted(one for one in target.parent.iterdir() if own.fullmatch(one.name))[:-BACKUPS]:
            old.unlink()
