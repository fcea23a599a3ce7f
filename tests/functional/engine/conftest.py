# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the modules, from their arguments to their JSON answer, against the emulator over real HTTP."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.loaders
import botocore.session
import pytest
from ansible.module_utils import basic
from ansible.module_utils.common import warnings
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play_context import PlayContext
from ansible.playbook.task import Task
from ansible.plugins.loader import connection_loader
from ansible.template import Templar
from ansible.utils.vars import load_extra_vars
from engine_world import PROVIDER, Data, RunModule, World

from ansible_collections.acx.cleanrooms.plugins.module_utils import _api
from emulator import Emulator


@pytest.fixture(scope="session", autouse=True)
def _loaded_once() -> Iterator[None]:
    """Load AWS's service models once, and not again for each module that a test runs."""
    loader = botocore.loaders.Loader()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", lambda _path=None: loader)
        yield


@pytest.fixture
def emulator(running: Emulator) -> Iterator[Emulator]:
    """An empty emulator; afterwards no answer of it may have broken AWS's model."""
    running.reset({})
    yield running
    assert running.control.counts()["violations"] == []


@pytest.fixture
def connection(emulator: Emulator) -> Data:
    return {
        "endpoint_url": emulator.url,
        "access_key": f"AKIA{PROVIDER}",
        "secret_key": "q7ZkX0wVb3",
        "region": "us-east-1",
        "requests_per_second": 500.0,
    }


@pytest.fixture
def run(connection: Data, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> RunModule:
    """Run one module and return its answer; C(check) for check mode.

    It must fail or not as C(fails) says; C(None) for either.
    """

    def run_module(name: str, /, *, check: bool = False, fails: bool | None = False, **params: Any) -> Data:
        module = importlib.import_module(f"ansible_collections.acx.cleanrooms.plugins.modules.cleanrooms_{name}")
        arguments = {**connection, **params, "_ansible_check_mode": check, "_ansible_diff": True}
        capsys.readouterr()
        # As in a new process on the target, in which every module runs.
        warnings._global_warnings.clear()
        monkeypatch.setattr(basic, "_ANSIBLE_ARGS", json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode())
        if hasattr(basic, "_ANSIBLE_PROFILE"):  # since ansible-core 2.19
            monkeypatch.setattr(basic, "_ANSIBLE_PROFILE", "legacy")
            monkeypatch.setattr("ansible.module_utils._internal.is_controller", False)
        with pytest.raises(SystemExit):
            module.main()
        answer: Data = json.loads(capsys.readouterr().out)
        assert fails is None or bool(answer.get("failed")) == fails, answer.get("msg")
        return answer

    return run_module


@pytest.fixture
def world(emulator: Emulator, run: RunModule) -> World:
    return World(emulator, run)


@pytest.fixture
def eight_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """As few requests at once as with AWS's default quota, without its slow pace."""
    monkeypatch.setattr(_api, "WORKERS_PER_REQUEST", 0)


@pytest.fixture
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look once for what a write may have made, where AWS's lists do not lag."""
    monkeypatch.setattr("ansible_collections.acx.cleanrooms.plugins.module_utils._settle.LOOK_AGAIN_SECONDS", (0.0,))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "host_vars/provider/collaborations.yml"


@pytest.fixture
def act(world: World, path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Data]:
    """Run a task with the record; it must fail or not as C(fails) says. C(variables) are those of the host.

    C(edit) is what a person replaces in the record, by what, while the module runs.
    """
    monkeypatch.setattr(load_extra_vars, "extra_vars", {}, raising=False)

    def run_action(
        name: str,
        /,
        *,
        check: bool = False,
        fails: bool = False,
        variables: Data | None = None,
        edit: tuple[str, str] | None = None,
        **options: Any,
    ) -> Data:
        known = {"inventory_hostname": "provider", "inventory_dir": str(path.parents[2]), **(variables or {})}
        loader, context = DataLoader(), PlayContext()
        arguments = {key: value for key, value in {"record": str(path), **options}.items() if value is not None}
        arguments |= {"record": None} if options.get("record") == "null" else {}
        task = Task()
        task.action, task.args, task.check_mode = f"acx.cleanrooms.cleanrooms_{name}", arguments, check
        connection = connection_loader.get("local", context, None)
        kind = importlib.import_module(f"ansible_collections.acx.cleanrooms.plugins.action.cleanrooms_{name}")
        action = kind.ActionModule(task, connection, context, loader, Templar(loader, known), None)

        def module(arguments: Data, name: str = name, check_mode: bool | None = None) -> Data:
            checking = task.check_mode if check_mode is None else check_mode
            answer = world.run(name.removeprefix("cleanrooms_"), check=checking, fails=None, **arguments)
            if edit:
                path.write_text(path.read_text().replace(*edit))
            return answer

        monkeypatch.setattr(action, "module", module)
        answer: Data = action.run(None, known)
        assert bool(answer.get("failed")) == fails, answer.get("msg")
        return answer

    return run_action
