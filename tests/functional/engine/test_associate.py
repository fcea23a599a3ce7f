# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Associating: the requests, their number and order, and what members and quotas allow."""

from __future__ import annotations

from engine_world import NAMESPACES, OTHER, PARTNER, PROVIDER, READER, ROLE, TABLES, World, member, ours

CREATE = "CreateConfiguredTableAssociation"
DELETE = "DeleteConfiguredTableAssociation"


def test_associates_with_rules_everywhere_and_only_once(world: World) -> None:
    """The first record has tables and receivers of its own."""
    wanted = world.join(3, others=(READER,))
    wanted[0].update(tables={"include": ["part_*"], "exclude": ["part_02", "part_03"]}, result_receivers=[OTHER])
    real = world.settle("table_association", collaborations=wanted, **TABLES)
    everyone = [(f"part_0{number}", ROLE, (PARTNER, OTHER)) for number in (1, 2, 3)]
    assert sorted(world.shared().values()) == sorted([("part_01", ROLE, (OTHER,)), *everyone, *everyone])
    by_name = [
        {one["name"]: one["analysis_rule"]["result_receivers"] for one in found["associations"]}
        for found in real["collaborations"]
    ]
    both = {f"acx_part_0{number}": [PARTNER, OTHER] for number in (1, 2, 3)}
    assert by_name == [{"acx_part_01": [OTHER]}, both, both]
    assert all(one["id"] and one["arn"] for found in real["collaborations"] for one in found["associations"])
    again = world.tables(wanted)
    assert again["diff"] == []
    assert [one["summary"]["unchanged"] for one in again["collaborations"]] == [1, 3, 3]


def test_requests_do_not_grow_with_the_tables(world: World) -> None:
    wanted = world.join(2, "part_{01..25}")
    world.tables(wanted)
    world.control.clear_log()
    world.tables(wanted)
    assert world.requests() == {
        "ListMemberships": 1,
        "ListConfiguredTables": 1,
        "GetRole": 1,
        "ListMembers": 2,
        "ListConfiguredTableAssociations": 2,
        "BatchGetSchemaAnalysisRule": 2,
    }


def test_a_pending_invitation_is_planned_as_accepted_in_check_mode_alone(world: World) -> None:
    wanted = world.invite()
    for run, number in ((world.tables, 3), (world.namespaces, 1)):
        assert run(wanted, check=True)["collaborations"][0]["summary"]["associated"] == number
        assert "accept the invitation first" in run(wanted, fails=True)["msg"]
    assert world.writes() == []


def test_a_role_is_looked_at_before_anything_is_written(world: World) -> None:
    wanted = world.join()
    arn = f"arn:aws:iam::{PROVIDER}:role/{ROLE}"
    elsewhere = arn.replace("role/", "role/path/")
    for role, says in (("missing", "'missing' does not exist"), (elsewhere, f"which has {arn}")):
        answer = world.run("table_association", fails=True, collaborations=wanted, **{**TABLES, "role": role})
        assert says in answer["msg"]
    world.fault("GetRole", error={"code": "AccessDenied", "message": "No."}, times=None)
    assert "Grant iam:GetRole" in world.tables(wanted, fails=True)["msg"]
    assert world.writes() == []
    # An ARN is taken as it is where nobody may look at it.
    answer = world.run("table_association", collaborations=wanted, **{**TABLES, "role": arn})
    assert f"whether {arn} exists could not be checked" in str(answer["warnings"])
    assert len(world.shared()) == 3


def test_nothing_more_is_shared_when_members_changed_or_none_are_pinned(world: World) -> None:
    changed, unpinned, same = world.join(3)
    del unpinned["members"]
    newcomer = {"collaboration": "Collaboration 1", "account": OTHER, "display_name": "New\u009b one"}
    world.control.add(members=[newcomer])
    reasons = (f"members changed: {OTHER} (New\\x9b one)", "members not confirmed")
    for module, options in (("table_association", TABLES), ("namespace_association", NAMESPACES)):
        answer = world.settle(module, collaborations=[changed, unpinned, same], **options)
        *refused, done = answer["collaborations"]
        for one, reason in zip(refused, reasons, strict=True):
            assert (one["actions"][0]["reason"].startswith(reason), len(one["actions"])) == (True, 1)
            assert (one["changed"], one["summary"]["refused"], done["changed"]) == (False, 1, True)
    assert {membership for membership, _name in world.shared()} == {world.membership(same)["id"]}
    assert world.tables([{**changed, "members": [member(PARTNER), member(OTHER)]}])["changed"]
    # A membership that is named without a record is meant as it is.
    call = {"membership_id": world.membership(unpinned)["id"], **TABLES}
    assert world.run("table_association", **call)["changed"]


def test_receivers_grow_only_by_a_review(world: World) -> None:
    """As after a merge of two edits: one confirmed the reader, while only the partner might receive."""
    rule = {"rule": {"receivers": [PARTNER, OTHER]}}
    (record,) = world.join(others=(READER,), associations=[ours("part_01", **rule)])
    record["reviewed"] = {"receivers": [PARTNER]}
    named = f"{OTHER} (Other)"
    for _looked in range(2):
        (entry,) = world.run("readiness_info", collaborations=[record], **TABLES)["collaborations"]
        assert (entry["as_recorded"], entry["reason"].startswith(f"{named} can receive results and was not")) == (
            False,
            True,
        )
        answer = world.run("table_association", collaborations=[record], **TABLES)
        assert {receivers for _table, _role, receivers in world.by_name().values()} == {(PARTNER,)}
        confirm = f"record -e cleanrooms_confirm_members={record['collaboration_id']}"
        (decided,) = (one for one in answer["collaborations"][0]["actions"] if one["action"] == "skip")
        assert (decided["name"], confirm in decided["reason"]) == (named, True)
        assert confirm in str(answer["warnings"])
    assert entry["tables"][0]["state"] == "ready"
    narrowed = {**record, "result_receivers": [PARTNER]}
    assert world.run("readiness_info", collaborations=[narrowed], **TABLES)["collaborations"][0]["as_recorded"]
    # A list that names the reader does not help, and nobody else receives then.
    world.tables([{**record, "result_receivers": [OTHER]}])
    assert {receivers for _table, _role, receivers in world.by_name().values()} == {()}


def test_members_that_left_drop_out_of_the_receivers(world: World) -> None:
    wanted = world.join(others=(READER,))
    world.tables(wanted)
    world.control.add(members=[{"collaboration": "Collaboration 1", "account": OTHER, "status": "LEFT"}])
    real = world.settle("table_association", collaborations=wanted, **TABLES)
    assert real["collaborations"][0]["summary"]["repaired"] == 3
    assert {who for _table, _role, who in world.shared().values()} == {(PARTNER,)}


def right(*tables: str) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    """What is shared under which name when these tables are as they should be."""
    return {f"acx_{table}": (table, ROLE, (PARTNER,)) for table in tables}


def test_what_is_wrong_is_put_right_and_the_rest_of_it_kept(world: World) -> None:
    misnamed = {"rule": {"receivers": [OTHER]}, "description": "Mine", "tags": {"Keep": "Me"}}
    there = [
        ours("part_01", name="by_hand", **misnamed),
        ours("part_02", rule="none"),
        ours("part_03", rule={"receivers": [OTHER]}),
    ]
    wanted = world.join(others=(READER,), associations=there)
    call = {"collaborations": [{**wanted[0], "result_receivers": [PARTNER]}], "recreate": True, **TABLES}
    real = world.settle("table_association", **call)
    assert real["collaborations"][0]["summary"]["new_receiver"] == 3
    assert world.by_name() == right("part_01", "part_02", "part_03")
    made = next(one for one in world.control.state()["table_associations"] if one["name"] == "acx_part_01")
    assert (made["description"], made["tags"]) == ("Mine", {"Keep": "Me"})
    assert [one for one in world.writes() if "Rule" not in one] == [DELETE, CREATE]
    assert [world.writes().count(f"{kind}{CREATE[6:]}AnalysisRule") for kind in ("Create", "Update")] == [2, 1]


def test_names_in_a_chain_are_repaired_one_at_a_time_within_the_quota(world: World) -> None:
    names = {"part_01": "acx_part_02", "part_02": "acx_part_03", "part_03": "elsewhere"}
    wanted = world.join(associations=[ours(table, name=name) for table, name in names.items()])
    world.control.settings(table_associations_per_membership=3)
    world.settle("table_association", collaborations=wanted, recreate=True, max_tables=3, **TABLES)
    assert world.by_name() == right("part_01", "part_02", "part_03")
    assert [one for one in world.writes() if "Rule" not in one] == [DELETE, CREATE] * 3


def test_purge_takes_what_is_ours_and_not_selected_and_gives_its_place(world: World) -> None:
    there = [ours("old_01"), ours("old_02", name="theirs")]
    wanted = world.join(1, "{part_01,part_02,old_01,old_02}", associations=there)
    world.control.settings(table_associations_per_membership=3)
    world.settle("table_association", collaborations=wanted, purge=True, max_tables=3, **TABLES)
    assert world.by_name() == {**right("part_01", "part_02"), "theirs": ("old_02", ROLE, (PARTNER,))}


def test_a_table_is_taken_back_from_inactive_records_too(world: World) -> None:
    first, second = world.join(2, associations=[ours("part_01", "part_02")])
    wanted = [{**first, "status": "inactive"}, {**second, "auto_associate_tables": False}]
    call = {"include": ["part_01", "gone_*"], "name_prefix": "acx_", "state": "absent"}
    world.settle("table_association", collaborations=wanted, **call)
    assert set(world.by_name()) == {"acx_part_02"}
