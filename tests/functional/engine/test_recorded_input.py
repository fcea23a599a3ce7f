# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions around the modules: what the variables and options of a task say, and one run at a time."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from engine_world import NAMESPACE, PROVIDER, TABLES, TRUSTING, Act, Data, World, waiting, write

from ansible_collections.acx.cleanrooms.plugins.module_utils import _lock
from ansible_collections.acx.cleanrooms.plugins.module_utils._lock import held
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._recorded import CleanRoomsAction
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._variables import OMITTED

try:
    from ansible.template import trust_as_template
except ImportError:  # before ansible-core 2.19, which takes every text for a template
    trust_as_template = str


def test_an_error_names_the_variable_that_the_option_came_from(world: World, act: Act, path: Path) -> None:
    write(path, world.join())
    variables = {"cleanrooms_exclude": "", "cleanrooms_role": "x"}
    with pytest.raises(AnsibleActionFail, match=r"cleanrooms_exclude: is empty; write \[\] for none"):
        act("table_association", variables=variables, **TABLES)
    variables["cleanrooms_exclude"] = "x*"
    failed = act("table_association", fails=True, variables=variables, **{**TABLES, "exclude": "x*"})
    assert failed["msg"].startswith("exclude (cleanrooms_exclude): 'x*' matches no")
    failed = act("table_association", fails=True, **{**TABLES, "exclude": ["part_01", None]})
    assert failed["msg"] == "exclude: holds null; write each in quotes."
    assert world.writes() == []


def test_one_run_at_a_time(world: World, act: Act, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits reads the record when the other run has ended, and not before."""
    (record,) = world.join()
    write(path, [record])
    lock = str(path) + ".lock"
    with held(lock, 0, "cleanrooms_invitation"):
        failed = act("table_association", fails=True, lock_wait=0, **TABLES)
        assert (failed["locked"], world.requests()) == (True, {})
        assert act("table_association", check=True, **TABLES)["collaborations"][0]["summary"]["associated"] == 3
        assert act("readiness_info", **TABLES, variables={"cleanrooms_lock_wait": 0})["account_id"] == PROVIDER
    other = ExitStack()
    other.enter_context(held(lock, 0, "cleanrooms_invitation"))

    def end_of_the_other(*_: Any) -> bool:
        write(path, [{**record, "status": "inactive"}])
        other.close()
        return False

    monkeypatch.setattr(_lock, "time", SimpleNamespace(monotonic=time.monotonic, sleep=end_of_the_other))
    answer = act("table_association", variables={"cleanrooms_lock_wait": "5"}, **TABLES)
    assert [one["summary"]["skipped"] for one in answer["collaborations"]] == [1]
    # Another run came in after the action had looked, and before its module took the lock.
    write(path, [record])
    other.enter_context(held(lock, 0, "cleanrooms_invitation"))
    looks = iter([lambda *_: False, end_of_the_other])
    monkeypatch.setattr(CleanRoomsAction, "_has_waited", lambda *_: next(looks)())
    answer = act("table_association", **TABLES)
    assert [one["summary"]["skipped"] for one in answer["collaborations"]] == [1]
    assert world.writes() == []


def test_a_lock_elsewhere_and_none(world: World, act: Act, path: Path, tmp_path: Path) -> None:
    write(path, world.join())
    act("table_association", lock_file=str(tmp_path / "locks/provider"), **TABLES)
    assert (tmp_path / "locks/provider").read_bytes() == b""
    assert not path.with_name(path.name + ".lock").exists()
    act("table_association", variables={"cleanrooms_lock_file": ""}, **TABLES)
    assert not path.with_name(path.name + ".lock").exists()
    for options, said in (
        ({"lock_wait": "soon"}, "lock_wait: 'soon' is no number of seconds"),
        ({"lock_file": str(path)}, f"lock_file: {path} is no lock of this collection"),
        ({"lock_file": str(path / "lock")}, f"lock_file: {path} cannot be made: "),
    ):
        assert act("table_association", fails=True, **options, **TABLES)["msg"].startswith(said)


def test_an_account_without_an_id_namespace_has_none(world: World, act: Act, path: Path) -> None:
    """As Terraform's output says it: null, or an empty text."""
    world.invite()
    act("invitation", **TRUSTING)
    for nothing in (None, ""):
        variables = {"cleanrooms_id_namespace_arn": nothing}
        answer = act("table_association", variables=variables, **TABLES)
        assert (answer["collaborations"][0]["status"], waiting(path)) == ("active", [])
        options = {"name": NAMESPACE, "id_namespace_arn": ""}
        assert act("namespace_association", variables=variables, **options)["collaborations"] == []
    assert act("readiness_info", id_namespace_arn="", **TABLES)["collaborations"][0]["as_recorded"]


def test_a_record_of_nothing_is_no_reason_to_do_nothing(world: World, act: Act, path: Path) -> None:
    world.join(2)
    failed = act("table_association", fails=True, **TABLES)
    assert "holds no collaboration, and AWS has 2 memberships of this account" in failed["msg"]
    variables: Data = {"cleanrooms_collaborations": []}
    failed = act("table_association", fails=True, record="", variables=variables, **TABLES)
    assert failed["msg"].startswith("The variable cleanrooms_collaborations holds no collaboration, and AWS has 2")
    assert act("table_association", only=["pending"], **TABLES)["collaborations"] == []
    assert world.writes() == []


def test_a_key_that_is_left_out_by_a_template_is_named(world: World, act: Act, path: Path) -> None:
    (record,) = world.join()
    template = trust_as_template("{{ receivers | default(omit) }}")
    variables = {"cleanrooms_collaborations": [{**record, "result_receivers": template}], "omit": OMITTED}
    failed = act("table_association", fails=True, record="", variables=variables, **TABLES)
    identity = f"Collaboration 1 ({record['collaboration_id']})"
    assert failed["msg"] == f"cleanrooms_collaborations[{identity}].result_receivers: is omit; leave the key out."
