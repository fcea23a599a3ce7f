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
from engine_world import (
    NAMESPACE,
    OTHER,
    PARTNER,
    PROVIDER,
    TABLES,
    TRUSTING,
    Act,
    Data,
    World,
    member,
    recorded,
    waiting,
    write,
)

from ansible_collections.acx.cleanrooms.plugins.module_utils import _lock
from ansible_collections.acx.cleanrooms.plugins.module_utils._lock import held
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._recorded import CleanRoomsAction
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._variables import OMITTED

UNKNOWN = "333344445555"

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
        ({"lock_wait": "soon"}, "lock_wait: 'soon' is no whole number of seconds"),
        ({"lock_wait": "nan"}, "lock_wait: 'nan' is no whole number of seconds"),
        ({"lock_wait": -1}, "lock_wait: '-1' is no whole number of seconds"),
        ({"lock_file": str(path)}, f"lock_file: {path} is no lock of this collection"),
        ({"lock_file": str(path / "lock")}, f"lock_file: {path} cannot be made: "),
        ({"record": str(path) + "\0"}, "record: "),
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


@pytest.mark.parametrize("kept", ["file", "variable"])
def test_a_member_of_another_record_is_a_member_of_one(world: World, act: Act, path: Path, kept: str) -> None:
    """Also where only one of two collaborations is worked on, and not that in which the account is a member."""
    records = world.join(2)
    records[1]["members"].append(member(OTHER))
    write(path, records)
    call: Data = {**TABLES, "result_receivers": [PARTNER, OTHER, UNKNOWN]}
    if kept == "variable":
        call.update(record="", variables={"cleanrooms_collaborations": records})
    for only in (None, [records[0]["collaboration_id"]]):
        assert act("readiness_info", only=only, **call)["unknown_receivers"] == [UNKNOWN]
        answer = act("table_association", only=only, check=True, **call)
        skipped = [one["name"] for one in answer["collaborations"][0]["actions"] if one["action"] == "skip"]
        assert (skipped, answer["collaborations"][0]["summary"]["skipped"]) == ([UNKNOWN], 1)
        assert (UNKNOWN in str(answer["warnings"]), OTHER in str(answer["warnings"])) == (True, False)
    call["result_receivers"].pop()
    assert "unknown_receivers" not in act("readiness_info", only=only, **call)


def test_suspending_is_recorded_before_anything_else(world: World, act: Act, path: Path) -> None:
    """Whatever is wrong with the policy, and with the run of another that holds the lock."""
    records = world.join(2)
    write(path, records)
    act("table_association", **TABLES)
    identity = records[0]["collaboration_id"]
    wrong: Data = {**TABLES, "include": [], "role": "missing", "suspend": True}
    for only, said in (
        (None, "suspend: needs record"),
        ([], "suspend: needs record"),
        (["all"], "only (cleanrooms_only): is"),
    ):
        assert act("table_association", fails=True, only=only, **wrong)["msg"].startswith(said)
    before, rules = path.read_text(), world.writes()
    predicted = act("table_association", check=True, only=[identity], **wrong)
    assert [one["status"] for one in predicted["collaborations"]] == ["suspended"]
    assert "+    status: suspended" in "+" + predicted["diff"][-1]["after"].replace("\n", "\n+")
    assert (path.read_text(), world.writes()) == (before, rules)
    with held(str(path) + ".lock", 0, "cleanrooms_table_association"):
        act("table_association", fails=True, only=[identity], lock_wait=0, **wrong)
    assert [one.get("status", "active") for one in recorded(path)] == ["suspended", "active"]
    done = act("table_association", only=[identity], **wrong)
    assert [one["summary"]["suspended"] for one in done["collaborations"]] == [3]
    assert not act("table_association", only=[identity], **wrong)["changed"]
    assert not act("table_association", **TABLES)["changed"]
    write(path, records)
    assert [one["summary"]["new_receiver"] for one in act("table_association", **TABLES)["collaborations"]] == [3, 0]


def test_one_that_is_over_does_not_keep_another_from_being_suspended(world: World, act: Act, path: Path) -> None:
    records = world.join(2)
    write(path, [{**records[0], "status": "left"}, records[1]])
    act("table_association", **TABLES)
    ids = [one["collaboration_id"] for one in records]
    done = act("table_association", only=ids, record=str(path), suspend=True, role="missing", include=[])
    assert [one["summary"]["suspended"] for one in done["collaborations"]] == [0, 3]
    assert [one["status"] for one in recorded(path)] == ["left", "suspended"]
