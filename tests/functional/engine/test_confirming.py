# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The record is completed from AWS, and members are confirmed by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from engine_world import ABILITIES, OTHER, PARTNER, READER, TABLES, Data, World, member

from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_file import open_record, write_record
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_text import Content

Act = Callable[..., Data]


def recorded(path: Path) -> list[Data]:
    return open_record(str(path)).content.records


def test_completing_and_confirming(world: World, act: Act, path: Path) -> None:
    (record,) = world.join(others=(READER,))
    identity = record["collaboration_id"]
    shown = act("record")
    assert shown["lines"][0].startswith(f"{identity}: added; its members are not confirmed")
    assert "members" not in recorded(path)[0]
    partner, other = f"{PARTNER}:{'+'.join(ABILITIES)}", f"{OTHER}:CAN_RECEIVE_RESULTS"
    allowed = {"allowed_members": [PARTNER], "allowed_receivers": [PARTNER]}
    refused = act("record", fails=True, confirm=[identity], **allowed)
    assert f"{OTHER} (Other): can receive results. Look" in refused["msg"]
    assert f"cleanrooms_confirm_accounts={partner},{other} (leave" in refused["msg"]
    assert "members" not in recorded(path)[0]
    predicted = act("record", check=True, confirm=[identity], confirm_accounts=f"{partner},{other}")
    assert "members" not in recorded(path)[0]
    assert f"account_id: '{OTHER}'" in predicted["diff"][-1]["after"]
    limit = {"cleanrooms_result_receivers": [PARTNER]}
    confirmed = act("record", confirm=[identity], confirm_accounts=[partner, other], variables=limit)
    assert confirmed["lines"][0] == f"Collaboration 1 ({identity}): confirmed are"
    assert f"    {PARTNER} (Partner) becomes result receiver of every table that is shared there" in confirmed["lines"]
    (found,) = recorded(path)
    assert [one["account_id"] for one in found["members"]] == [PARTNER, OTHER]
    assert found["reviewed"]["receivers"] == [PARTNER]
    again = act("record", confirm=[identity], variables=limit)
    assert not again["changed"]
    act("table_association", **TABLES)
    assert {receivers for _table, _role, receivers in world.by_name().values()} == {(PARTNER,)}


def test_an_ability_that_is_granted_after_the_look_is_not_confirmed(world: World, act: Act, path: Path) -> None:
    """What a person names is confirmed, and what comes in between waits for the next look."""
    quiet = {**READER, "abilities": []}
    (record,) = world.join(others=(quiet,))
    path.parent.mkdir(parents=True)
    pinned = {**record, "members": [member(PARTNER), {**member(OTHER), "abilities": []}]}
    write_record(open_record(str(path)), Content([pinned]), "provider")
    act("table_association", **TABLES)
    confirm: Data = {"confirm": [record["collaboration_id"]], "confirm_accounts": [OTHER]}
    world.control.add(members=[{"collaboration": "Collaboration 1", **READER}])
    seen = act("record", **confirm)
    assert f"    not confirmed: {OTHER} (Other): can receive results" in seen["lines"]
    assert recorded(path)[0]["members"][1]["abilities"] == []
    refused = act("record", fails=True, confirm=confirm["confirm"])
    named = refused["msg"].rpartition("cleanrooms_confirm_accounts=")[2].partition(" (")[0]
    act("table_association", **TABLES)
    assert {receivers for _table, _role, receivers in world.by_name().values()} <= {(PARTNER,), ()}
    for check in (True, False):
        told = act("record", check=check, **{**confirm, "confirm_accounts": named})
        assert f"    {OTHER} (Other) becomes result receiver of 3 tables" in told["lines"]
    assert recorded(path)[0]["reviewed"]["receivers"] == [PARTNER, OTHER]
    act("table_association", **TABLES)
    assert {receivers for _table, _role, receivers in world.by_name().values()} == {(PARTNER, OTHER)}
    nowhere = act("record", fails=True, confirm_accounts=[OTHER])
    assert nowhere["msg"].startswith("confirm_accounts (cleanrooms_confirm_accounts): names accounts, and confirm")
