# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes of which AWS's own answer does not arrive: a fresh look tells, and what may have been written is told."""

from __future__ import annotations

import pytest
from engine_world import PARTNER, TABLES, WRITES, Data, World

from ansible_collections.acx.cleanrooms.plugins.module_utils import _settle

PAGE: Data = {"text": "<html>The proxy wants you to log in.</html>"}
UNKNOWN = "Whether it was written is not known; run again."


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("status", [200, 403])
@pytest.mark.parametrize("operation", WRITES)
def test_a_write_whose_answer_is_a_page(world: World, operation: str, status: int) -> None:
    """What was carried out counts as changed, what was not fails, and the next run does it."""
    for when, fails in (("before", True), ("after", False)):
        module, call = world.begin(operation)
        before = world.control.state()
        world.fault(operation, when=when, answer={**PAGE, "status": status})
        answer = world.run(module, fails=fails, **call)
        said = "UnreadableAnswerError: it is not an object" if status == 200 else "HTTP status 403"
        assert not fails or f"{operation} answered {said}" in answer["msg"]
        assert answer["changed"] == (world.control.state() != before)
        assert world.run(module, **call)["changed"] == fails
        assert not world.run(module, **call)["changed"]


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize(
    ("operation", "look", "parts"),
    [
        ("CreateConfiguredTableAssociation", "ListConfiguredTableAssociations", PAGE),
        ("CreateMembership", "ListMemberships", {"without": ["membershipSummaries.0.arn"]}),
        ("CreateMembership", "ListMemberships", {"set": {"membershipSummaries.0.status": "NEW"}}),
    ],
)
def test_a_write_that_nobody_can_look_at_counts_as_changed(
    world: World, operation: str, look: str, parts: Data
) -> None:
    module, call = world.begin(operation)
    world.fault(operation, when="after", answer=PAGE, times=None)
    world.fault(look, skip=1, answer=parts, times=None)
    answer = world.run(module, fails=True, **call)
    assert answer["changed"]
    assert UNKNOWN in answer["msg"]
    assert operation != "CreateMembership" or answer["collaborations"][0]["status"] == "invited"


def test_what_a_proxy_swallows_is_looked_for_with_patience_only_at_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_settle, "LOOK_AGAIN_SECONDS", (0.0,) * 2)
    wanted = world.join(1, "part_{01..12}")
    world.fault("CreateConfiguredTableAssociation", answer=PAGE, times=None)
    # At AWS's own pace there are eight workers, which may all be at their first look.
    answer = world.run("table_association", fails=True, **TABLES, collaborations=wanted, requests_per_second=5)
    assert answer["collaborations"][0]["summary"]["failed"] == 12
    assert world.requests()["ListConfiguredTableAssociations"] < 12 * 2


@pytest.mark.usefixtures("hurry")
@pytest.mark.parametrize("body", [[], "x", {"message": 5, "reason": ["x"], "quotaValue": "many", "code": {}}])
def test_an_error_whose_body_is_odd(world: World, body: object) -> None:
    wanted = world.join()
    world.fault("CreateConfiguredTableAssociation", answer={"json": body, "status": 403}, times=None)
    answer = world.run("table_association", fails=True, **TABLES, collaborations=wanted)
    assert "CreateConfiguredTableAssociation answered" in answer["msg"]
    assert not world.shared()


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ({"endpoint_url": "not a url"}, "Invalid endpoint: not a url. Write endpoint_url as https://<host>"),
        ({"endpoint_url": "http://127.0.0.1:99999"}, "Port out of range 0-65535. Write endpoint_url as https://<host>"),
        ({"aws_config": {"nonsense": 1}}, "unexpected keyword argument 'nonsense'. Look at aws_config"),
    ],
)
def test_an_option_of_the_connection_is_no_matter_of_credentials(world: World, option: Data, said: str) -> None:
    assert said in world.run("membership_info", fails=True, **option)["msg"]


def test_who_was_accepted_is_known_after_a_page(world: World) -> None:
    world.invite()
    world.fault("CreateMembership", when="after", answer=PAGE)
    (entry,) = world.run("invitation", trusted_creators=[PARTNER])["collaborations"]
    assert (entry["status"], entry["members"][0]["account_id"]) == ("active", PARTNER)
    assert entry["membership_id"] == world.membership()["id"]
