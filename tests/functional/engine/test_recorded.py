# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The actions around the modules: what they take from the record and the inventory, and what they record.

The modules run in this process, as everywhere here; only that a module is a process of its own is left out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.errors import AnsibleActionFail
from ansible.utils.vars import load_extra_vars
from engine_world import (
    ABILITIES,
    NAMESPACE,
    NAMESPACE_ARN,
    OTHER,
    PARTNER,
    PROVIDER,
    READER,
    ROLE,
    TABLES,
    TRUSTING,
    Act,
    Data,
    World,
    ours,
    recorded,
    waiting,
    write,
)

from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_file import open_record

NAMESPACES: Data = {"name": NAMESPACE, "id_namespace_arn": NAMESPACE_ARN}
UNKNOWN = "0f0ad7ea-28b4-46e8-9c5c-3e2f3e1a8f7d"
GROUP: Data = {"groups": {"cleanrooms": ["provider", "second"]}}


def test_what_is_accepted_is_recorded_and_what_stays_pending_too(world: World, act: Act, path: Path) -> None:
    identity = world.invite(2)[0]["collaboration_id"]
    predicted = act("invitation", check=True, collaboration_ids=[identity], **TRUSTING)
    assert (path.exists(), f"collaboration_id: {identity}" in predicted["diff"][-1]["after"]) == (False, True)
    stranger = act("invitation", trusted_creators=[OTHER])
    assert [one["reason"].partition(" is not")[0] for one in waiting(path)] == [f"the creator {PARTNER} (Partner)"] * 2
    assert (stranger["changed"], world.writes(), recorded(path)) == (True, [], [])

    accepted = act("invitation", **TRUSTING)
    assert accepted["changed"]
    for record in recorded(path):
        assert [one["account_id"] for one in record["members"]] == [PARTNER]
        assert record["reviewed"]["receivers"] == [PARTNER]
        assert record["reviewed"]["by"].startswith(f"arn:aws:iam::{PROVIDER}:")
    assert {one["reason"] for one in waiting(path)} == {"accepted; its tables and ID namespace are not associated yet"}
    before = path.read_text()
    assert not act("invitation", **TRUSTING)["changed"]
    assert path.read_text() == before


def test_check_mode_foretells_the_tasks_that_follow(world: World, act: Act, path: Path) -> None:
    """The record of the first task is not written, and handed on by what the entry points register."""
    world.invite(2)
    accepted = act("invitation", check=True, **TRUSTING)
    earlier = {"__cleanrooms_accepted": accepted}
    tables = act("table_association", check=True, variables=earlier, only=["pending"], **TABLES)
    assert [one["summary"]["associated"] for one in tables["collaborations"]] == [3, 3]
    assert tables["diff"][-1]["after_header"] == str(path)
    both = {**earlier, "__cleanrooms_tables": tables}
    again = act("table_association", check=True, variables=both, **TABLES)
    assert (len(again["collaborations"]), "foretold" in again["record"]) == (2, False)
    assert act("table_association", check=True, **TABLES)["collaborations"] == []
    assert (world.writes(), path.exists()) == ([], False)


@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        (None, [1, 2]),
        (["all"], [1, 2]),
        ([], []),
        (["pending"], [2]),
        (["known", "{0}", UNKNOWN], [1]),
        (["{0}"], [1]),
        (["{1}"], [2]),
    ],
)
def test_which_records_are_worked_on(world: World, act: Act, path: Path, only: Any, chosen: list[int]) -> None:
    records = world.join(2)
    pending = {"collaboration_id": records[1]["collaboration_id"], "creator_account_id": PARTNER, "reason": "r"}
    write(path, records, [pending])
    ids = [records[0]["collaboration_id"], world.membership(records[1])["id"]]
    write(path, [records[0], {**records[1], "membership_id": ids[1]}], [pending])
    named = only and [one.format(*ids) for one in only]
    answer = act("table_association", only=named, **TABLES)
    assert [one["name"] for one in answer["collaborations"]] == [f"Collaboration {number}" for number in chosen]
    assert [one["reason"] for one in waiting(path)] == ([] if 2 in chosen else ["r"])


def test_an_id_that_no_record_has_is_an_error(world: World, act: Act, path: Path) -> None:
    write(path, world.join())
    failed = act("table_association", fails=True, only=["12345678"], **TABLES)
    assert failed["msg"].startswith(
        "only (cleanrooms_only): '12345678' is the collaboration_id or membership_id of no record in"
    )
    assert world.requests() == {}


def test_a_record_that_is_left_out_may_mean_the_same(world: World, act: Act, path: Path) -> None:
    """One entry, by the membership, switches off what another, by the collaboration, asks for."""
    (record,) = world.join()
    write(path, [record, {"membership_id": world.membership()["id"], "status": "inactive"}])
    for only in ([record["collaboration_id"]], None):
        failed = act("table_association", fails=True, only=only, **TABLES)
        assert "the same collaboration as" in failed["msg"] or "two records mean this collaboration" in failed["msg"]
    assert world.writes() == []


def test_an_id_namespace_that_follows_keeps_it_pending(world: World, act: Act, path: Path) -> None:
    world.invite()
    configured = {"cleanrooms_id_namespace_arn": NAMESPACE_ARN}
    act("invitation", **TRUSTING)
    act("table_association", variables=configured, **TABLES)
    assert [one["reason"] for one in waiting(path)] == ["its tables are associated, its ID namespace is not yet"]
    act("namespace_association", variables=configured, **NAMESPACES)
    assert waiting(path) == []


def test_a_task_that_fails_as_a_whole_is_told_of_each_collaboration(world: World, act: Act, path: Path) -> None:
    world.invite()
    act("invitation", **TRUSTING)
    failed = act("table_association", fails=True, **{**TABLES, "role": "misspelt"})
    assert "'misspelt' does not exist" in failed["collaborations"][0]["error"]
    assert "'misspelt' does not exist" in waiting(path)[0]["reason"]


def member(account: str) -> Data:
    return {"account_id": account, "abilities": ABILITIES, "display_name": "x"}


@pytest.mark.parametrize(
    "more", [{"members": [member(OTHER)]}, {"collaboration_id": "0f0ad7ea-28b4-46e8-9c5c-3e2f3e1a8f7d"}]
)
def test_the_file_decides(world: World, act: Act, path: Path, more: Data) -> None:
    """What the inventory holds besides stops the run; what it lacks, as an older snapshot does, does not."""
    (record,) = world.join()
    write(path, [record])
    there = {"cleanrooms_collaborations": [{**record, **more}]}
    failed = act("table_association", fails=True, variables=there, **TABLES)
    assert failed["msg"].startswith("cleanrooms_collaborations: holds the ")
    assert f"which the record file {path} does not" in failed["msg"]
    assert world.requests() == {}
    # What an earlier task of the run wrote does not count: Ansible read the file when the run began.
    digest = open_record(str(path)).digest
    earlier = {"__cleanrooms_completed": {"record": {"path": str(path), "digest": digest, "step": 1}}}
    assert act("table_association", variables={**there, **earlier}, **TABLES)["changed"]
    older = {"cleanrooms_collaborations": [{**record, "members": []}]}
    assert not act("table_association", variables=older, **TABLES)["changed"]


def test_without_a_record_file_the_inventory_is_worked_on(world: World, act: Act, path: Path) -> None:
    records = world.join(2)
    variables = {"cleanrooms_collaborations": records}
    only = [records[0]["collaboration_id"]]
    answer = act("table_association", record="", variables=variables, only=only, **TABLES)
    assert [one["summary"]["associated"] for one in answer["collaborations"]] == [3]
    assert "record" not in answer
    wrong = {"cleanrooms_collaborations": [{**records[0], "result_receivers": None}]}
    failed = act("table_association", record="", fails=True, variables=wrong, **TABLES)
    assert failed["msg"].startswith(f"cleanrooms_collaborations[Collaboration 1 ({only[0]})].result_receivers: is null")
    for name, options in (("invitation", TRUSTING), ("record", {})):
        failed = act(name, record="", fails=True, **options)
        assert failed["msg"] == "record (cleanrooms_record_file): is empty; name the file in which the record is kept."
    assert not path.exists()


def test_a_task_with_its_own_collaborations_keeps_no_record(world: World, act: Act, path: Path) -> None:
    records = world.join()
    assert act("table_association", record=None, collaborations=records, **TABLES)["changed"]
    odd = [{**records[0], "members": [PARTNER]}]
    record_label = f"Collaboration 1 ({records[0]['collaboration_id']})"
    failed = act("table_association", fails=True, record=None, collaborations=odd, **TABLES)
    assert failed["msg"].startswith(f"collaborations[{record_label}].members[entry 1]: is a string; write ")
    both = act("table_association", fails=True, collaborations=records, **TABLES)
    assert both["msg"] == "record: cannot be used with collaborations; give one of them."
    named = {"record": None, "membership_id": world.membership()["id"], "only": ["all"]}
    assert act("table_association", fails=True, **named, **TABLES)["msg"].startswith("only: cannot be used with membe")
    assert not path.exists()


@pytest.mark.parametrize(
    "group", [{"groups": {"cleanrooms": ["provider", "second"]}}, {"ansible_play_hosts_all": ["second"]}]
)
@pytest.mark.parametrize("theirs", ["{folder}/shared.yml", "{folder}/x/../link.yml"])
def test_two_hosts_with_one_record_are_refused(world: World, act: Act, path: Path, group: Data, theirs: str) -> None:
    folder = path.parents[2]
    write(folder / "shared.yml", world.join())
    (folder / "link.yml").symlink_to(folder / "shared.yml")
    (folder / "x").mkdir()
    other = {"hostvars": {"second": {"cleanrooms_record_file": theirs.format(folder=folder)}}}
    failed = act("table_association", record=f"{folder}/shared.yml", fails=True, variables={**group, **other}, **TABLES)
    assert "shared.yml is that of provider and of second; give each host a file of its own" in failed["msg"]
    alone = {"hostvars": {"second": {}}, **group}
    assert act("table_association", record=f"{folder}/shared.yml", variables=alone, **TABLES)["changed"]


def test_the_connection_comes_from_the_inventory(world: World, act: Act, path: Path) -> None:
    write(path, world.join())
    variables = {"cleanrooms_region": "us-east-1", "cleanrooms_requests_per_second": 500}
    assert act("table_association", variables=variables, **TABLES)["changed"]
    other = {"cleanrooms_region": "eu-west-1"}
    failed = act("table_association", fails=True, variables=other, region="us-east-1", **TABLES)
    assert failed["msg"].startswith(
        "region: the task, or module_defaults, says us-east-1, and cleanrooms_region says eu-west-1"
    )
    failed = act("table_association", fails=True, variables=other, aws_region="us-east-1", **TABLES)
    assert failed["msg"].startswith("region: ")


def test_what_is_the_collections_own_is_not_taken_from_outside(
    act: Act, monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setattr(load_extra_vars, "extra_vars", {"__cleanrooms_namespaces": ["x"]})
    with pytest.raises(AnsibleActionFail, match="__cleanrooms_namespaces: is the collection's own"):
        act("table_association", **TABLES)
    monkeypatch.undo()
    with pytest.raises(
        AnsibleActionFail, match="cleanrooms_exlude: is no variable of this collection; write cleanrooms_e"
    ):
        act("table_association", variables={"cleanrooms_exlude": []}, **TABLES)
    assert world.requests() == {}


def test_an_edit_during_a_run_stays(world: World, act: Act, path: Path) -> None:
    (record,) = world.join()
    write(path, [{**record, "status": "active"}])
    act("table_association", edit=("status: active", "status: inactive"), **TABLES)
    (found,) = recorded(path)
    assert (found["status"], found["membership_id"]) == ("inactive", world.membership()["id"])


def test_a_record_that_cannot_be_written_any_more_is_told(world: World, act: Act, path: Path) -> None:
    (record,) = world.join()
    write(path, [record])
    unread = act("record", fails=True, edit=("---", "<<<<<<< mine"))
    # Nothing was done.
    assert unread["msg"].endswith("is a mark of git's; resolve the conflict first.")
    write(path, [record])
    failed = act("table_association", fails=True, edit=("---", "<<<<<<< mine"), **TABLES)
    assert "is a mark of git's" in failed["msg"]
    assert "What was done is not recorded: run the playbook record" in failed["msg"]
    assert failed["collaborations"][0]["summary"]["associated"] == 3
    assert failed["collaborations"][0]["actions"] == []


@pytest.mark.parametrize(("name", "options"), [("invitation", TRUSTING), ("record", {}), ("table_association", TABLES)])
def test_nothing_is_asked_of_aws_where_the_record_cannot_be_written(
    world: World, act: Act, path: Path, name: str, options: Data
) -> None:
    world.invite()
    path.parent.parent.mkdir(parents=True)
    path.parent.write_text("a file", encoding="utf-8")
    assert "cannot be " in act(name, fails=True, **options)["msg"]
    assert world.requests() == {}


def test_a_run_that_was_cut_off_is_taken_up_with_those_who_were_seen(world: World, act: Act, path: Path) -> None:
    """Between accepting and recording; two came in since, and one of three is not trusted any more."""
    wanted = world.invite(3)
    act("invitation", trusted_creators=[OTHER])
    seen = [{**one, "members": [member(PARTNER)], "reason": "is about to be accepted"} for one in waiting(path)]
    # This one had been refused, and was accepted in the console.
    seen[2]["reason"] = "the creator is not among trusted_creators"
    write(path, [], seen)
    world.run("invitation", **TRUSTING)
    world.control.add(members=[{"collaboration": one["name"], **READER} for one in wanted])
    answer = act("invitation", **TRUSTING, allowed_receivers=[OTHER])
    assert answer["changed"]
    names = {one["name"]: [each["account_id"] for each in one["members"]] for one in recorded(path)}
    never_looked_at = next(one["name"] for one in waiting(path) if "is a membership that is not in" in one["reason"])
    assert names == {one["name"]: [PARTNER] for one in wanted if one["name"] != never_looked_at}
    assert world.writes() == ["CreateMembership"] * 3


def test_leaving_is_recorded_also_where_nothing_was_left_to_leave(world: World, act: Act, path: Path) -> None:
    records = world.join(2)
    ids = {one["collaboration_id"]: world.membership(one)["id"] for one in records}
    write(path, [{**one, "membership_id": ids[one["collaboration_id"]]} for one in records])
    leave = {"state": "absent", "confirm_leaving": True, "collaboration_ids": [records[0]["collaboration_id"]]}
    before = path.read_text()
    act("invitation", **leave)
    assert sorted(one["status"] for one in recorded(path) if "status" in one) == ["left"]
    path.write_text(before)
    act("invitation", **leave)
    assert sorted(one["status"] for one in recorded(path) if "status" in one) == ["left"]
    path.write_text(before)
    elsewhere = act("invitation", fails=True, access_key=f"AKIA{OTHER}", **leave)
    assert elsewhere["msg"].startswith("AWS lists none of the recorded memberships")
    assert path.read_text() == before


def test_looking_reads_the_record_and_never_writes_it(world: World, act: Act, path: Path) -> None:
    records = world.join(2)
    review = {"at": "2026-11-27T12:00:00+00:00", "by": "arn:aws:iam::1:user/op"}
    write(path, [{**records[0], "status": "inactive", "reviewed": {**review, "receivers": []}}])
    before = path.read_text()
    path.parent.chmod(0o500)
    listed = act("membership_info", details=[])
    assert listed["record"]["collaborations"] == recorded(path)
    looked = act("readiness_info", role=ROLE, include=["part_*"], name_prefix="acx_")
    assert [one["reviewed"] for one in looked["collaborations"]] == [review]
    looked = act("readiness_info", role=ROLE, include=["part_*"], name_prefix="acx_", only=[])
    # One that is recorded and not looked at is no stranger.
    assert [one["name"] for one in looked["other_memberships"]] == ["Collaboration 2"]
    act("invitation_info")
    assert path.read_text() == before


def test_a_look_compares_each_collaboration_with_its_review(world: World, act: Act, path: Path) -> None:
    """With one request of each operation, also where members cannot be read; a receiver put in by hand comes first."""
    by_hand = [ours("part_01", rule={"receivers": [OTHER, PARTNER]})]
    records = world.join(3, others=({"account": OTHER, "abilities": ["CAN_RECEIVE_RESULTS"]},), associations=by_hand)
    for record, accounts in zip(records, ([PARTNER, OTHER], [PARTNER], [PARTNER]), strict=True):
        record["members"] = [one for one in record["members"] if one["account_id"] in accounts]
        record["reviewed"] = {"receivers": accounts}
    write(path, records)
    world.fault("ListMembers", within=records[2], times=None)
    widened = {"queryLogStatus": "DISABLED", "autoApprovedChangeTypes": ["ADD_MEMBER"]}
    world.fault("GetCollaboration", within=records[1], answer={"json": {"collaboration": widened}}, times=None)
    found = {one["collaboration_id"]: one for one in act("membership_info", fails=True)["memberships"]}
    listed = [found[record["collaboration_id"]] for record in records]
    told = [[line.partition(" ")[0] for line in one.get("unreviewed", [])] for one in listed]
    assert told == [[], ["open", "members", "changes"], ["open"]]
    assert max(world.requests().values()) == 3


def test_letters_of_a_short_secret_are_recorded_as_hidden(world: World, act: Act, path: Path) -> None:
    """Ansible hides a secret wherever its letters occur in a module's answer."""
    (wanted,) = world.invite()
    accepted = act("invitation", secret_key="lab", **TRUSTING)
    assert accepted["collaborations"][0]["name"] == "Col********oration 1"
    assert [one["name"] for one in recorded(path)] == [one["name"] for one in waiting(path)] == ["(name hidden)"]
    assert recorded(path)[0]["collaboration_id"] == wanted["collaboration_id"]
    assert "recorded as (name hidden), because Ansible hides a secret that occurs in a name" in str(
        accepted["warnings"]
    )
