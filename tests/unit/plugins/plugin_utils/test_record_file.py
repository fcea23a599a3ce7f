# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record file on disk: found in one place, replaced without losing what anybody wrote, left as it was otherwise."""

from __future__ import annotations

import errno
import stat
from pathlib import Path

import pytest
from ansible import constants

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.plugin_utils import _record_file
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_file import (
    BACKUPS,
    RecordFile,
    check_writable,
    open_record,
    write_record,
)
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_text import Content, record_text
from ansible_collections.acx.cleanrooms.tests.unit.plugins.plugin_utils.record_samples import (
    PANEL,
    collaboration_id,
    member,
    pending,
    record,
)

TEXT = record_text(Content([record()]), "provider")
ENDED = Content([record(status="removed")])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "collaborations.yml"
    file.write_text(TEXT, encoding="utf-8")
    return file


def why_not(path: Path | str) -> str:
    with pytest.raises(CleanRoomsError) as caught:
        open_record(str(path))
    return str(caught.value.message)


def test_a_file_is_read_and_a_missing_one_is_empty(path: Path) -> None:
    assert open_record(str(path)) == RecordFile(path, TEXT.encode(), Content([record()]))
    assert open_record(f"{path}.other") == RecordFile(Path(f"{path}.other"))


def test_what_cannot_be_read_is_named(path: Path) -> None:
    path.write_bytes(b"name: \xff\xfe\n")
    assert why_not(path).startswith(f"The record file {path} cannot be read: 'utf-8' codec")
    path.unlink()
    path.symlink_to(path.parent / "gone.yml")
    assert "No such file" in why_not(path)
    path.unlink()
    path.mkdir()
    assert "Is a directory" in why_not(path)


def test_a_home_folder_and_a_relative_path(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(path.parent))
    monkeypatch.chdir(path.parent)
    assert open_record("~/collaborations.yml") == open_record("collaborations.yml") == open_record(str(path))


@pytest.mark.parametrize(
    ("there", "record_file", "said"),
    [
        ("host_vars/p.yml", "host_vars/p/collaborations.yml", "move p.yml to {0}/host_vars/p/main.yml"),
        ("host_vars/p.yaml", "host_vars/p/collaborations.yml", "move p.yaml to {0}/host_vars/p/main.yml"),
        ("host_vars/p.json", "host_vars/p/collaborations.yml", "move p.json to {0}/host_vars/p/main.yml"),
        ("group_vars/g.yml", "group_vars/g/collaborations.yml", "move g.yml to {0}/group_vars/g/main.yml"),
        (
            "host_vars/p/main.yml",
            "host_vars/p.yml",
            "Ansible does not read {0}/host_vars/p.yml where {0}/host_vars/p is",
        ),
        ("host_vars/p.yaml", "host_vars/p.yml", "Ansible does not read {0}/host_vars/p.yaml where {0}/host_vars/p.yml"),
        ("host_vars/p.yml", "host_vars/p.json", "Ansible does not read {0}/host_vars/p.json where {0}/host_vars/p.yml"),
        ("host_vars/p.yml", "host_vars/p/deep/record.yml", "move p.yml to {0}/host_vars/p/main.yml"),
        ("host_vars/q.yml", "host_vars/p/collaborations.yml", ""),
        ("records/p.yml", "records/p/collaborations.yml", ""),
        ("host_vars/p/main.yml", "host_vars/p/collaborations.yml", ""),
    ],
)
def test_files_that_hide_each_other(tmp_path: Path, there: str, record_file: str, said: str) -> None:
    file = tmp_path / there
    file.parent.mkdir(parents=True)
    file.write_text("a: 1\n", encoding="utf-8")
    if said:
        assert said.format(tmp_path) in why_not(tmp_path / record_file)
    else:
        assert open_record(str(tmp_path / record_file)).text == b""


def test_the_endings_are_those_that_ansible_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "YAML_FILENAME_EXTENSIONS", [".vars"])
    for there in ("host_vars/p.vars", "host_vars/q.yml"):
        (tmp_path / there).parent.mkdir(exist_ok=True)
        (tmp_path / there).touch()
    assert "move p.vars to " in why_not(tmp_path / "host_vars/p/collaborations.yml")
    assert open_record(str(tmp_path / "host_vars/q/collaborations.yml")).text == b""


def test_a_new_record_is_private_and_its_folder_is_made(tmp_path: Path) -> None:
    file = open_record(str(tmp_path / "new/provider.yml"))
    check_writable(file)
    now, diff = write_record(file, Content([record()]), "provider")
    assert (now, diff["before"], diff["after"]) == (open_record(str(file.path)), "", TEXT)
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert write_record(now, now.content, "provider") == (now, {})
    assert [one.name for one in file.path.parent.iterdir()] == ["provider.yml"]


def test_check_mode_writes_nothing(tmp_path: Path, path: Path) -> None:
    for file in (open_record(str(tmp_path / "new/provider.yml")), open_record(str(path))):
        check_writable(file, check_mode=True)
        assert write_record(file, ENDED, "provider", check_mode=True)[1]["after"] == record_text(ENDED, "provider")
    assert ([one.name for one in tmp_path.iterdir()], path.read_text()) == (["collaborations.yml"], TEXT)


def test_links_and_modes_stay_and_the_file_before_is_kept(tmp_path: Path, path: Path) -> None:
    path.chmod(0o660)
    link = tmp_path / "link.yml"
    link.symlink_to(path)
    write_record(open_record(str(link)), ENDED, "provider")
    assert link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert path.read_text() == record_text(ENDED, "provider")
    (backup,) = tmp_path.glob("*~")
    assert (backup.read_text(), stat.S_IMODE(backup.stat().st_mode) & ~0o660) == (TEXT, 0)


def test_only_the_last_few_files_are_kept(path: Path) -> None:
    mine = path.with_name("collaborations.yml.mine~")
    mine.touch()
    for number in range(BACKUPS + 2):
        path.with_name(f"{path.name}.2026010{number}T000000Z~").touch()
    write_record(open_record(str(path)), ENDED, "provider")
    kept = sorted(one.name for one in path.parent.glob("*~"))
    assert (len(kept), kept[-1], kept[0]) == (BACKUPS + 1, mine.name, f"{path.name}.20260103T000000Z~")


def test_a_file_whose_folder_is_closed_is_written_in_place(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where a single file is mounted into a container: nothing can be put in its place."""

    def closed(*_arguments: object) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(_record_file, "_temporary", closed)
    file = open_record(str(path))
    check_writable(file)
    write_record(file, ENDED, "provider")
    assert path.read_text() == record_text(ENDED, "provider")
    with pytest.raises(CleanRoomsError, match="cannot be written: Permission denied; nothing was done"):
        check_writable(open_record(f"{path}.new"))


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_place_that_cannot_be_is_refused_before_anything(path: Path, check_mode: bool) -> None:
    below = path / "below/provider.yml"  # below a file
    with pytest.raises(CleanRoomsError, match=r"cannot be (read|written): (Not a directory|Permission denied)"):
        check_writable(RecordFile(below), check_mode)


def test_what_a_person_edits_during_a_run_is_kept(path: Path) -> None:
    file = open_record(str(path))
    edited = [record(status="inactive", notes="by hand"), record(2)]
    path.write_text(record_text(Content(edited, [pending(3)]), "provider"), encoding="utf-8")
    found = [record(name="", membership_id=collaboration_id(9)), record(4, members=[member(PANEL)])]
    now, _diff = write_record(file, Content(found), "provider")
    first, *others = now.content.records
    assert (first["status"], first["notes"]) == ("inactive", "by hand")
    assert first["membership_id"] == collaboration_id(9)
    assert [one["name"] for one in others] == ["Mine 2", "Mine 4"]
    assert now.content.pending == [pending(3)]
    assert now == open_record(str(path))


def test_a_file_that_is_half_written_meanwhile_stays_as_it_is(path: Path) -> None:
    file = open_record(str(path))
    path.write_text("<<<<<<< mine\n", encoding="utf-8")
    with pytest.raises(CleanRoomsError, match="line 1 is a mark of git's"):
        write_record(file, ENDED, "provider")
    assert path.read_text() == "<<<<<<< mine\n"


def test_a_full_disk_and_a_file_that_is_gone_leave_what_is_there(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where somebody checks out another branch during a run."""

    def full(*_arguments: object) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    file = open_record(str(path))
    with monkeypatch.context() as patch:
        patch.setattr(_record_file, "_temporary", full)
        for use in (lambda: check_writable(file), lambda: write_record(file, ENDED, "provider")):
            with pytest.raises(CleanRoomsError, match="cannot be written: No space left on device"):
                use()
    assert path.read_text() == TEXT
    path.unlink()
    with pytest.raises(CleanRoomsError, match="is gone since it was read"):
        write_record(file, ENDED, "provider")
    assert not path.exists()
