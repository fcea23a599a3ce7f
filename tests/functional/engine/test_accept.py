# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accepting: what is accepted, what stays pending and why, and what comes of the settings."""

from __future__ import annotations

from typing import Any

import pytest
from engine_world import OTHER, PARTNER, PROVIDER, RunModule, joined, records, scenario, writes

from emulator import Emulator


def invitation(emulator: Emulator, **more: Any) -> str:
    """One invitation of the partner; its collaboration id."""
    base = scenario()
    base["collaborations"][0].update(more)
    emulator.reset(base)
    return str(records(emulator)[0]["collaboration_id"])


def provider(**more: Any) -> dict[str, Any]:
    return {"account": PROVIDER, "display_name": "Provider", **more}


def test_accepts_by_id_and_returns_what_a_record_needs(emulator: Emulator, run: RunModule) -> None:
    collaboration_id = invitation(emulator)
    answer = run("invitation", collaboration_ids=[collaboration_id])
    (found,) = answer["collaborations"]
    membership = next(one for one in emulator.control.state()["memberships"] if one["account_id"] == PROVIDER)
    assert answer["changed"]
    assert (found["status"], found["membership_id"], found["members"]) == ("active", membership["id"], [PARTNER])
    assert found["summary"]["accepted"] == 1
    again = run("invitation", collaboration_ids=[collaboration_id])
    assert not again["changed"]
    assert again["collaborations"][0]["members"] == [PARTNER]
    assert writes(emulator) == ["CreateMembership"]


def test_check_mode_foretells_and_writes_nothing(emulator: Emulator, run: RunModule) -> None:
    collaboration_id = invitation(emulator)
    foretold = run("invitation", check=True, trusted_creators=[PARTNER])
    assert writes(emulator) == []
    real = run("invitation", trusted_creators=[PARTNER])
    assert real["collaborations"][0].pop("membership_id")
    assert foretold == real
    assert real["diff"][0]["after"].startswith('membership "Collaboration 1"')
    assert collaboration_id in real["diff"][0]["after_header"]


@pytest.mark.parametrize(
    ("members", "options", "reason"),
    [
        ([provider()], {"trusted_creators": [OTHER]}, f"the creator {PARTNER} (Partner) is not among trusted_creators"),
        (
            [provider(), {"account": OTHER, "display_name": "Other"}],
            {"trusted_creators": [PARTNER], "allowed_members": []},
            f"allowed_members does not hold {OTHER} (Other)",
        ),
        ([provider(abilities=["CAN_QUERY"])], {"trusted_creators": [PARTNER]}, "it gives this account CAN_QUERY"),
        (
            [provider(pays=True)],
            {"trusted_creators": [PARTNER]},
            "it makes this account pay for queryCompute, and accept_payment is not set",
        ),
    ],
)
def test_refuses_and_leaves_pending(
    emulator: Emulator, run: RunModule, members: list[Any], options: dict[str, Any], reason: str
) -> None:
    invitation(emulator, members=members, creator_pays=not members[0].get("pays", False))
    answer = run("invitation", **options)
    (found,) = answer["collaborations"]
    assert (found["status"], answer["changed"], found["summary"]["refused"]) == ("invited", False, 1)
    assert found["actions"][0]["reason"].startswith(reason)
    assert reason in str(answer["warnings"])
    assert writes(emulator) == []


def test_named_by_id_is_judged_too(emulator: Emulator, run: RunModule) -> None:
    collaboration_id = invitation(emulator, members=[provider(pays=True)], creator_pays=False)
    assert not run("invitation", collaboration_ids=[collaboration_id])["changed"]
    assert run("invitation", collaboration_ids=[collaboration_id], accept_payment=True)["changed"]
    membership = next(one for one in emulator.control.state()["memberships"] if one["account_id"] == PROVIDER)
    assert membership["payment"]["queryCompute"]["isResponsible"] is True


def test_abilities_are_accepted_when_the_options_say_so(emulator: Emulator, run: RunModule) -> None:
    invitation(emulator, members=[provider(abilities=["CAN_RECEIVE_RESULTS"])])
    place = {"bucket": "results-of-ours", "result_format": "PARQUET"}
    options: dict[str, Any] = {"accept_abilities": ["CAN_RECEIVE_RESULTS"], "default_result_configuration": place}
    assert run("invitation", trusted_creators=[PARTNER], **options)["changed"]
    membership = next(one for one in emulator.control.state()["memberships"] if one["account_id"] == PROVIDER)
    s3 = membership["options"]["defaultResultConfiguration"]["outputConfiguration"]["s3"]
    assert s3 == {"bucket": "results-of-ours", "resultFormat": "PARQUET"}


def test_settings_of_a_membership_are_kept_as_declared(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(memberships=joined(tags={"team": "old", "Keep": "Case"})))
    collaboration_id = records(emulator)[0]["collaboration_id"]
    wanted = {"query_log_status": "ENABLED", "tags": {"team": "data"}, "purge_tags": False}
    foretold = run("invitation", check=True, collaboration_ids=[collaboration_id], **wanted)
    real = run("invitation", collaboration_ids=[collaboration_id], **wanted)
    assert foretold == real
    assert real["collaborations"][0]["summary"]["repaired"] == 1
    membership = next(one for one in emulator.control.state()["memberships"] if one["account_id"] == PROVIDER)
    assert membership["query_log_status"] == "ENABLED"
    assert membership["tags"] == {"team": "data", "Keep": "Case"}
    assert not run("invitation", collaboration_ids=[collaboration_id], **wanted)["changed"]


def test_one_that_fails_stays_invited_and_the_others_are_accepted(emulator: Emulator, run: RunModule) -> None:
    emulator.reset(scenario(collaborations=3))
    ids = [record["collaboration_id"] for record in records(emulator)]
    emulator.control.fault(
        operation="CreateMembership",
        parameters={"collaborationIdentifier": ids[1]},
        error={"code": "AccessDeniedException", "message": "no"},
        times=None,
    )
    answer = run("invitation", fails=True, collaboration_ids=ids)
    assert [one["status"] for one in answer["collaborations"]] == ["active", "invited", "active"]
    assert "membership_id" not in answer["collaborations"][1]
    assert "Grant cleanrooms:CreateMembership" in answer["msg"]
    assert "Collaboration 2" in answer["msg"]
    assert answer["changed"]


def test_an_unknown_id_fails_before_the_first_write(emulator: Emulator, run: RunModule) -> None:
    known = invitation(emulator)
    unknown = "00000000-0000-0000-0000-000000000000"
    answer = run("invitation", fails=True, collaboration_ids=[known, unknown])
    assert f"collaboration_ids: '{unknown}'" in answer["msg"]
    assert writes(emulator) == []
