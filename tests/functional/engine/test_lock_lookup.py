# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup that holds a run's lock, as Ansible calls it."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible import constants
from ansible.errors import AnsibleLookupError

from ansible_collections.acx.cleanrooms.plugins.lookup import run_lock


@pytest.fixture
def lookup() -> Any:
    """The lookup with its documented options, as Ansible's loader makes it known."""
    name, options = "acx.cleanrooms.run_lock", yaml.safe_load(run_lock.DOCUMENTATION)["options"]
    constants.config.initialize_plugin_configuration_definitions("lookup", name, options)
    made = run_lock.LookupModule()
    made._load_name = name
    return made


def test_it_takes_and_lets_go(lookup: Any, tmp_path: Path) -> None:
    path = tmp_path / "a folder" / "x.lock"
    assert lookup.run([str(path)], wait=0) == [""]
    assert json.loads(path.read_text(encoding="utf-8"))["pid"] == os.getpid()
    assert lookup.run([str(path)], release=True) == [""]
    assert path.read_text(encoding="utf-8") == ""


def test_it_names_who_holds_it(lookup: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.lock"
    pid = os.getppid()
    holder = {"host": socket.gethostname(), "pid": pid, "started": run_lock.start_of(pid), "since": time.time()}
    path.write_text(json.dumps(holder), encoding="utf-8")
    (told,) = lookup.run([str(path)], wait=0)
    assert told.startswith(f"process {os.getppid()} on {socket.gethostname()}, since ")


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ([], "takes the path of one lock file, not 0"),
        (["/dev/null/x.lock"], "'/dev/null/x.lock' cannot be a lock file"),
    ],
)
def test_what_cannot_be_is_an_error(lookup: Any, terms: list[str], message: str) -> None:
    with pytest.raises(AnsibleLookupError, match=f"run_lock: {message}"):
        lookup.run(terms)
