# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Trust after the day of acceptance: abilities that come, receivers who go, and what is suspended."""

from __future__ import annotations

from typing import Any

import pytest
from engine_world import CALLS, NAMESPACE, OTHER, PARTNER, PROVIDER, READER, TABLES, Data, World, member, ours

ALL = [ours("part_01", "part_02", "part_03")]
HERE = "Collaboration 1"
BOTH = {"rule": {"receivers": [PARTNER, OTHER]}}


def receivers(world: World) -> dict[str, tuple[str, ...]]:
    """Who receives, by the association, where there is one membership."""
    return {name: who for name, (_table, _role, who) in world.by_name().items()}


def grant(world: World, account: str, *abilities: str, **more: Any) -> None:
    world.control.add(members=[{"collaboration": HERE, "account": account, "abilities": list(abilities), **more}])


def verify(world: World, wanted: list[Data], fails: bool | None = False, **more: Any) -> Data:
    return world.run("readiness_info", collaborations=wanted, fails=fails, **{**CALLS["readiness_info"], **more})


def actions(entry: Data, kind: str) -> list[tuple[str, str]]:
    return [(one["name"], one["reason"]) for one in entry["actions"] if one["action"] == kind]


@pytest.mark.parametrize(
    ("ability", "options"),
    [
        ("CAN_RECEIVE_RESULTS", {"abilities": ["CAN_QUERY", "CAN_RECEIVE_RESULTS"]}),
        ("CAN_RUN_JOB", {"abilities": ["CAN_QUERY", "CAN_RUN_JOB"]}),
        (
            "CAN_RECEIVE_MODEL_OUTPUT",
            {"abilities": ["CAN_QUERY"], "ml_abilities": {"customMLMemberAbilities": ["CAN_RECEIVE_MODEL_OUTPUT"]}},
        ),
    ],
)
def test_an_ability_that_came_later_shares_nothing(world: World, ability: str, options: Data) -> None:
    """A recorded member is given it: on AWS by a change that may be approved automatically."""
    panel = {**READER, "abilities": ["CAN_QUERY"], "display_name": "Panel\u009b"}
    (record,) = world.join(others=(panel,), associations=[ours("part_01", rule={"receivers": [PARTNER]})])
    record["members"] = [member(PARTNER), member(OTHER, "CAN_QUERY")]
    world.control.add(members=[{"collaboration": HERE, "account": OTHER, **options}])
    confirm = (
        f"-e cleanrooms_confirm_members={record['collaboration_id']} -e cleanrooms_confirm_accounts={OTHER}:{ability}"
    )
    for module in ("table_association", "namespace_association"):
        answer = world.settle(module, collaborations=[record], **CALLS[module])
        ((_name, reason),) = actions(answer["collaborations"][0], "refuse")
        assert reason.startswith(f"members changed: {OTHER} (Panel\\x9b) was given {ability} since the review; ")
        assert reason.endswith(confirm)
    assert receivers(world) == {"acx_part_01": (PARTNER,)}
    (entry,) = verify(world, [record])["collaborations"]
    assert (entry["as_recorded"], confirm in entry["refused"]) == (False, True)
    # Confirmed, it is told what follows, in check mode too.
    record["members"][1]["abilities"].append(ability)
    (done,) = world.settle("table_association", collaborations=[record], **TABLES)["collaborations"]
    grown = ability == "CAN_RECEIVE_RESULTS"
    assert (done["summary"]["new_receiver"], done["summary"]["repaired"]) == (1 if grown else 0, 0)
    new = [one for one in done["actions"] if "new_receivers" in one]
    assert [(one["new_receivers"], one["reason"].partition(":")[0]) for one in new] == (
        [([OTHER], f"new receiver {OTHER}")] if grown else []
    )


def test_an_ability_that_went_narrows_without_asking(world: World) -> None:
    wanted = world.join(others=(READER,), associations=[ours("part_01", "part_02", "part_03", **BOTH)])
    grant(world, OTHER)
    (done,) = world.settle("table_association", collaborations=wanted, **TABLES)["collaborations"]
    assert (done["summary"]["repaired"], set(receivers(world).values())) == (3, {(PARTNER,)})
    assert actions(done, "refuse") == actions(done, "skip") == []


def test_an_explicit_list_is_narrowed_to_those_who_are_right(world: World) -> None:
    """Accounts that may not receive are named, dropped from the rules, and stop nothing."""
    (record,) = world.join(others=(READER,), associations=[ours("part_01", **BOTH)])
    grant(world, OTHER, status="LEFT")
    listed = [PARTNER, OTHER, PROVIDER, "333344445555"]
    why = {
        OTHER: "has left",
        PROVIDER: "is this account itself, which AWS refuses as a receiver",
        "333344445555": "is no member here",
    }
    real = world.settle("table_association", collaborations=[{**record, "result_receivers": listed}], **TABLES)
    (done,) = real["collaborations"]
    assert {name.partition(" ")[0]: reason for name, reason in actions(done, "skip")} == why
    assert all(reason in str(real["warnings"]) for reason in why.values())
    assert set(receivers(world).values()) == {(PARTNER,)}
    assert len(world.shared()) == 3
    (entry,) = verify(world, [{**record, "result_receivers": [PARTNER, OTHER]}])["collaborations"]
    assert [one.partition(" ")[2] for one in entry["receivers_missing"]] == ["(Other) has left"]
    assert {one["state"] for one in entry["tables"]} == {"ready"}
    grant(world, OTHER, "CAN_QUERY", status="ACTIVE")
    (entry,) = verify(world, [record], result_receivers=[PARTNER, OTHER])["collaborations"]
    assert [one.partition(" ")[2] for one in entry["receivers_missing"]] == [
        "(Other) is a member who cannot receive results"
    ]
    assert "reason" not in entry
    # Nobody is left.
    world.settle("table_association", collaborations=[{**record, "result_receivers": [OTHER]}], **TABLES)
    assert set(receivers(world).values()) == {()}


def test_a_list_for_the_host_holds_over_several_collaborations(world: World) -> None:
    first, second = world.join(2)
    world.control.add(members=[{"collaboration": "Collaboration 2", **READER}])
    second["members"].append(member(OTHER))
    listed = {"result_receivers": [PARTNER, OTHER]}
    real = world.settle("table_association", collaborations=[first, second], **TABLES, **listed)
    assert [actions(one, "skip") for one in real["collaborations"]] == [[], []]
    assert sorted({who for _table, _role, who in world.shared().values()}) == [(PARTNER,), (PARTNER, OTHER)]
    assert "unknown_receivers" not in verify(world, [first, second], **listed)
    # Of one who is a member nowhere, once a run.
    listed["result_receivers"].append("333344445555")
    real = world.settle("table_association", collaborations=[first, second], **TABLES, **listed)
    told = [actions(one, "skip") for one in real["collaborations"]]
    assert [[name for name, _reason in one] for one in told] == [["333344445555"], []]
    assert "333344445555: result_receivers names it, and it is a member in no" in str(real["warnings"])
    assert verify(world, [first, second], **listed)["unknown_receivers"] == ["333344445555"]
    # Where members cannot be read, nothing is known of it.
    world.fault("ListMembers", within=second, times=None)
    assert "unknown_receivers" not in verify(world, [first, second], fails=True, **listed)


TAKEN_OUT = f"its rule names {OTHER}, whom nobody reviewed as a receiver"
SELECTED, EXCLUDED = ours("part_01", **BOTH), ours("old_01", name="by_hand", **BOTH)
ALONE = ours("part_02", rule={"receivers": [OTHER]})
FOREIGN = ours("dim_01", name="theirs", **BOTH)


def spoil(world: World, record: Data, how: str) -> Data:
    """Make the collaboration one in which little else can be done; return what the policy asks for besides."""
    if how == "a stranger":
        record["members"] = [member(PARTNER)]
    elif how == "members unreadable":
        world.fault("ListMembers", times=None)
    elif how == "misspelt":
        record["tables"] = {"include": ["prat_*"]}
    elif how == "tags denied":
        world.fault("ListTagsForResource", times=None)
        return {"tags": {"a": "b"}}
    elif how == "role denied":
        world.fault("GetConfiguredTableAssociation", times=None)
        return {"check_role": True}
    elif how == "no review":
        # Until somebody has looked at a collaboration, what is there stays.
        del record["members"], record["reviewed"]
    return {}


@pytest.mark.parametrize(
    "how", ["recorded", "a stranger", "members unreadable", "misspelt", "tags denied", "role denied", "no review"]
)
def test_a_receiver_put_in_by_hand_is_removed_whatever_else_fails(world: World, how: str) -> None:
    """From rules of tables that the policy selects or excludes; others are red and left alone."""
    tables = "{part_01,part_02,old_01,dim_01}"
    (record,) = world.join(1, tables, others=(READER,), associations=[SELECTED, ALONE, EXCLUDED, FOREIGN])
    record["reviewed"] = {"receivers": [PARTNER]}
    policy: Data = {**TABLES, "exclude": ["old_*"]}
    fails = how not in ("recorded", "a stranger", "no review")
    policy.update(spoil(world, record, how))
    before = receivers(world)
    looked = {key: value for key, value in policy.items() if key != "tags"}
    (entry,) = verify(world, [record], fails=None, **looked)["collaborations"]
    advised = {one["name"]: one["reasons"][0]["advice"].partition(" ")[0] for one in entry["tables"][:4]}
    mended = "Take" if how == "no review" else "Run"
    assert {one["state"] for one in entry["tables"][:4]} == {"unreviewed_receiver"}
    assert advised == {"by_hand": mended, "acx_part_01": mended, "acx_part_02": mended, "theirs": "Take"}
    call = {"collaborations": [record], "fails": fails, **policy}
    foretold, done, again = (world.run("table_association", check=check, **call) for check in (True, False, False))
    assert (foretold["diff"], again["changed"]) == (done["diff"], False)
    (found,) = done["collaborations"]
    if how == "no review":
        assert (receivers(world), found["changed"]) == (before, False)
        return
    alone = (PARTNER,) if how == "recorded" else ()
    kept = {"acx_part_01": (PARTNER,), "by_hand": (PARTNER,), "theirs": (PARTNER, OTHER)}
    assert receivers(world) == {**kept, "acx_part_02": alone}
    removed = [one for one in found["actions"] if one.get("removed_receivers") == [OTHER]]
    assert [(one["name"], one["reason"]) for one in removed] == [
        (name, TAKEN_OUT) for name in ("acx_part_01", "acx_part_02", "by_hand")
    ]
    counts = found["summary"]
    assert (counts["receiver_removed"], counts["new_receiver"]) == ((2, 1) if how == "recorded" else (3, 0))
    # Nothing else is written there.
    rules = {f"{kind}ConfiguredTableAssociationAnalysisRule" for kind in ("Create", "Update", "Delete")}
    assert set(world.writes()) <= rules


def test_receivers_are_taken_out_although_other_writes_fail(world: World) -> None:
    """A wrong role that cannot be mended, and tables that wait in one lane for their names."""
    there = [ours("part_01", role="another-role", **BOTH), ours("part_02", "part_03", prefix="old_", **BOTH)]
    (record,) = world.join(others=(READER,), associations=there)
    record["reviewed"] = {"receivers": [PARTNER]}
    for operation in ("UpdateConfiguredTableAssociation", "DeleteConfiguredTableAssociation"):
        world.fault(operation, times=None)
    call = {"collaborations": [record], "check_role": True, "recreate": True, **TABLES}
    assert "Grant cleanrooms:" in world.run("table_association", fails=True, **call)["msg"]
    assert receivers(world) == dict.fromkeys(("acx_part_01", "old_part_02", "old_part_03"), (PARTNER,))


def test_what_nobody_reviewed_of_our_own_account_and_of_the_collaboration_is_told(world: World) -> None:
    """An ability and a payment that came later, and changes that are approved automatically since."""
    (record,) = world.join(associations=ALL, id_namespaces=[{"name": NAMESPACE}])
    review = {"own_abilities": [], "own_payments": [], "auto_approved_changes": [], "receivers": [PARTNER]}
    reviewed = {**record, "reviewed": review}
    assert verify(world, [reviewed])["collaborations"][0]["as_recorded"]
    world.control.clear_log()
    verify(world, [record])
    assert "GetCollaboration" not in world.requests()
    grant(world, PROVIDER, "CAN_QUERY", payment={"queryCompute": {"isResponsible": True}})
    widened = {"json": {"collaboration": {"queryLogStatus": "DISABLED"}}}
    types = ["ADD_MEMBER", "REVOKE_RECEIVE_RESULTS_ABILITY", "NEW\u001b"]
    widened["json"]["collaboration"]["autoApprovedChangeTypes"] = types
    world.fault("GetCollaboration", answer=widened, times=None)
    (entry,) = verify(world, [reviewed])["collaborations"]
    confirm = f"-e cleanrooms_confirm_members={record['collaboration_id']}"
    own, changes = entry["unreviewed"]
    assert own.startswith("this account has CAN_QUERY and pays for queryCompute since the review; ")
    assert changes.startswith("changes of type ADD_MEMBER, NEW\\x1b are approved automatically since the review")
    assert [one.endswith(confirm) for one in (own, changes)] == [True, True]
    assert not entry["as_recorded"]
    assert {one["state"] for one in entry["tables"]} == {"ready"}
    # A sync goes on and says so too.
    real = world.settle("table_association", collaborations=[reviewed], **TABLES)
    assert actions(real["collaborations"][0], "warn") == [(PROVIDER, own)]
    assert f"{PROVIDER}: {own}" in str(real["warnings"])
    assert real["collaborations"][0]["summary"]["unchanged"] == 3
    review.update(own_abilities=["CAN_QUERY"], own_payments=["queryCompute"], auto_approved_changes=types)
    assert verify(world, [reviewed])["collaborations"][0]["as_recorded"]


def test_a_collaboration_that_cannot_be_read_hides_nothing_else(world: World) -> None:
    (record,) = world.join(associations=ALL)
    record["reviewed"] = {"receivers": [PARTNER]}
    world.fault("GetCollaboration", times=None)
    (entry,) = verify(world, [record], fails=True)["collaborations"]
    assert "Grant cleanrooms:GetCollaboration" in entry["error"]
    assert {one["state"] for one in entry["tables"]} == {"ready"}


def test_suspended_and_back(world: World) -> None:
    """Rules go, whatever their associations are called; associations stay, and so does the ID namespace."""
    there = [*ALL, ours("dim_01", name="theirs")]
    (record,) = world.join(
        1, "{part_01,part_02,part_03,dim_01}", associations=there, id_namespaces=[{"name": NAMESPACE}]
    )
    active, record["status"] = dict(record), "suspended"
    (entry,) = verify(world, [record])["collaborations"]
    assert (entry["as_recorded"], entry["reason"]) == (
        False,
        "the record says suspended, and there is a rule of acx_part_01, acx_part_02, acx_part_03, theirs;"
        " a sync deletes it",
    )
    (done,) = world.settle("table_association", collaborations=[record], **TABLES)["collaborations"]
    assert (done["status"], done["summary"]["suspended"], len(done["associations"])) == ("suspended", 4, 4)
    names = [*(f"acx_part_0{number}" for number in (1, 2, 3)), "theirs"]
    assert actions(done, "delete") == [(name, "the record's status is suspended") for name in names]
    assert receivers(world) == dict.fromkeys(names, ())
    (entry,) = verify(world, [record])["collaborations"]
    assert (entry["as_recorded"], entry["status"], entry["tables"]) == (True, "suspended", [])
    quiet = world.namespaces([record])
    assert (quiet["changed"], quiet.get("warnings", [])) == (False, [])
    # A rule that somebody makes again.
    world.tables([{**active, "tables": {"include": ["part_02"]}}])
    (done,) = world.settle("table_association", collaborations=[record], **TABLES)["collaborations"]
    assert actions(done, "delete") == [("acx_part_02", "the record's status is suspended")]
    (back,) = world.settle("table_association", collaborations=[active], **TABLES)["collaborations"]
    assert back["summary"]["new_receiver"] == 3
    assert receivers(world) == {**dict.fromkeys(names, (PARTNER,)), "theirs": ()}
