# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changes on AWS while a run writes: members, quotas, permissions, and things that another client deletes."""

from __future__ import annotations

from typing import Any

import pytest
from engine_world import DENIED, READER, Data, World, ours

from ansible_collections.acx.cleanrooms.plugins.module_utils import _apply

CREATE = "CreateConfiguredTableAssociation"
DELETE = "DeleteConfiguredTableAssociation"
NEWCOMER = {"collaboration": "Collaboration 1", "account": "777788889999", "display_name": "New", "status": "ACTIVE"}
FULL: Data = {
    "code": "ServiceQuotaExceededException",
    "message": "no",
    "members": {"quotaName": "Tables", "quotaValue": 25},
}


def repair_while_creates_fail(world: World, misnamed: dict[str, str], error: Data, *faults: tuple[str, Data]) -> Data:
    """Make tables again that are misnamed, while the creation of the others fails after a second."""
    there = [ours(table, name=name) for table, name in misnamed.items()]
    wanted = world.join(1, "part_{01..20}", associations=there)
    others = "acx_part_1[0-8]" if "part_19" in misnamed else "acx_part_1?"
    for names in ("acx_part_0?", others):
        world.fault(CREATE, parameters={"name": names}, hang=1, error=error, times=None)
    for operation, fault in faults:
        world.fault(operation, **fault)
    return world.tables(wanted, fails=True, recreate=True)


TWO = {"part_20": "zold_1", "part_19": "zold_2"}
OF_19: Data = {"parameters": {"name": "acx_part_19"}}


def test_nothing_is_deleted_to_be_made_again_once_that_is_known_to_fail(world: World) -> None:
    repair_while_creates_fail(world, TWO, DENIED, (CREATE, {**OF_19, "hang": 3, "when": "before"}))
    assert {name for _membership, name in world.shared()} == {"acx_part_19", "zold_1"}
    assert world.writes().count(DELETE) == 1


def test_what_was_deleted_and_could_not_be_made_again_is_named(world: World) -> None:
    answer = repair_while_creates_fail(world, TWO, DENIED, (DELETE, {"hang": 3}), (CREATE, {**OF_19, "error": DENIED}))
    assert {name for _membership, name in world.shared()} == {"zold_1"}
    assert "zold_2 is deleted already, so that this is missing until a run makes it again" in answer["msg"]
    assert '"configured_table_name": "part_19"' in answer["msg"]


def test_a_table_that_gave_its_place_is_made_again_although_the_quota_was_full(world: World) -> None:
    """It is deleted while other tables learn that there is no room."""
    answer = repair_while_creates_fail(world, {"part_20": "zold"}, FULL, (DELETE, {"hang": 3}))
    assert {name for _membership, name in world.shared()} == {"acx_part_20"}
    assert answer["collaborations"][0]["summary"]["failed"] == 19


def test_a_create_that_fails_after_the_delete_says_what_is_missing(world: World) -> None:
    wanted = world.join(associations=[ours("part_01", name="by_hand"), ours("part_02", name="by_hand_too")])
    error = {"code": "ValidationException", "message": "no"}
    world.fault(CREATE, parameters={"name": "acx_part_01"}, error=error)
    answer = world.tables(wanted, fails=True, recreate=True)
    assert "by_hand is deleted already, so that this is missing until a run makes it again, as {" in answer["msg"]
    assert "by_hand_too" in {name for _membership, name in world.shared()}
    assert world.tables(wanted, recreate=True)["changed"]
    assert {name: found[0] for (_membership, name), found in world.shared().items()} == {
        f"acx_part_0{number}": f"part_0{number}" for number in (1, 2, 3)
    }


def share_and_one_joins(world: World, wanted: list[Data], operation: str, pace: float = 500, **fault: Any) -> Data:
    """Share tables; at a request in the first collaboration an account joins it."""
    world.fault(operation, within=wanted[0], scenario={"members": [NEWCOMER]}, **fault)
    answer = world.tables(wanted, fails=True, requests_per_second=pace)
    assert "members changed: 777788889999 (New)" in answer["msg"]
    return answer


@pytest.mark.parametrize(("old", "hang"), [(-1.0, 0), (0.5, 1)], ids=["at once", "after a slow reading"])
def test_members_are_looked_at_again_before_a_late_write(
    world: World, monkeypatch: pytest.MonkeyPatch, old: float, hang: float
) -> None:
    """They are read before the associations, so that the plan does not know of the newcomer."""
    monkeypatch.setattr(_apply, "OLD_SECONDS", old)
    answer = share_and_one_joins(world, world.join(2), "ListConfiguredTableAssociations", hang=hang)
    assert [one["summary"]["associated"] for one in answer["collaborations"]] == [0, 3]
    assert {membership for membership, _name in world.shared()} == {answer["collaborations"][1]["membership_id"]}


def test_members_are_looked_at_again_before_each_late_write(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow writes in one collaboration: what was sent before the newcomer stays, the rest is refused."""
    monkeypatch.setattr(_apply, "OLD_SECONDS", 0.5)
    answer = share_and_one_joins(world, world.join(1, "part_{01..20}"), CREATE, 5, skip=3)
    assert 4 <= len(world.shared()) < 20
    ruled = [receivers for _table, _role, receivers in world.shared().values() if receivers]
    assert answer["collaborations"][0]["summary"]["failed"] == 20 - len(ruled)


def test_members_are_looked_at_again_before_the_rule_of_a_slow_association(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_apply, "OLD_SECONDS", 0.5)
    share_and_one_joins(world, world.join(1, "part_01"), CREATE, hang=1)
    assert world.writes() == [CREATE]


def test_a_receiver_is_taken_out_although_a_member_came_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a rule from which somebody goes and to which somebody comes, only the first half is done."""
    monkeypatch.setattr(_apply, "OLD_SECONDS", -1.0)
    by_hand = [ours("part_01", rule={"receivers": [READER["account"]]})]
    (record,) = world.join(1, "part_{01..02}", others=(READER,), associations=by_hand)
    record["reviewed"] = {"receivers": [record["members"][0]["account_id"]]}
    newcomer = {**NEWCOMER, "account": "666677778888"}
    world.fault("ListConfiguredTableAssociations", within=record, scenario={"members": [newcomer]})
    answer = world.tables([record], fails=True)
    assert "members changed: 666677778888" in answer["msg"]
    assert {name: receivers for (_membership, name), (_of, _role, receivers) in world.shared().items()} == {
        "acx_part_01": ()
    }
    (removed,) = (one for one in answer["collaborations"][0]["actions"] if "removed_receivers" in one)
    assert (removed["changed"], answer["collaborations"][0]["changed"]) == (True, True)


ANALYSES = ["arn:aws:cleanrooms-ml:us-east-1:*:membership/*/configured-model-algorithm-association/*"]


@pytest.mark.usefixtures("eight_workers")
@pytest.mark.parametrize(
    ("operation", "there", "options", "said"),
    [
        (
            "UpdateConfiguredTableAssociation",
            {"role": "another-role"},
            {"check_role": True},
            "Grant cleanrooms:UpdateConfiguredTableAssociation, and iam:PassRole",
        ),
        # The tag that is taken off first is no table that is missing.
        (
            "UpdateConfiguredTableAssociationAnalysisRule",
            {"tags": {"old": "1"}},
            {"additional_analyses": ANALYSES, "tags": {}},
            "Grant cleanrooms:UpdateConfiguredTableAssociationAnalysisRule",
        ),
    ],
)
def test_updates_that_are_denied_are_not_tried_for_every_table(
    world: World, operation: str, there: Data, options: Data, said: str
) -> None:
    wanted = world.join(1, "part_{01..12}", associations=[ours("part_{01..12}", **there)])
    world.fault(operation, times=None)
    # At AWS's own pace there are eight workers, and so at most eight requests under way when the first is denied.
    answer = world.tables(wanted, fails=True, requests_per_second=5, **options)
    assert len(world.control.log(operation)) <= 8, "the same kind of action goes on being tried"
    assert answer["collaborations"][0]["summary"]["failed"] == 12
    assert said in answer["msg"]
    assert "deleted already" not in answer["msg"]
