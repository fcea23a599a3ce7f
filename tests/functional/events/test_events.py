# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rulebook in the real ansible-rulebook: events are posted to its webhook as Amazon EventBridge would.

The tests build on each other: one ansible-rulebook serves them all, in their order.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest
import yaml
from contract_world import identify
from playbooks_world import AMC, CHECKOUT, PARTNERS, PROVIDER, Workplace, make_workplace

from emulator import Emulator

TOKEN = "a-long-random-token"
RULEBOOK = CHECKOUT / "extensions/eda/rulebooks/cleanrooms.yml"
UNKNOWN = "0f0ad7ea-28b4-46e8-9c5c-3e2f3e1a8f7d"
PATIENCE = 90


@dataclass(frozen=True)
class Listener:
    """A running ansible-rulebook, its address, and the file that holds what it prints."""

    workplace: Workplace
    url: str
    log: Path
    process: subprocess.Popen[str]

    def post(self, event: dict[str, Any], token: str = TOKEN) -> int:
        """Post an event as an API destination of EventBridge does; return the status."""
        request = urllib.request.Request(
            self.url,
            json.dumps(event).encode(),
            {"Authorization": f"Bearer {token}", "Content-Type": "application/json; charset=utf-8"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    @property
    def text(self) -> str:
        return re.sub(r"\x1b\[[0-9;]*m", "", self.log.read_text(encoding="utf-8"))

    def recaps(self, number: int = 0) -> list[dict[str, int]]:
        """Wait until so many playbooks have ended, counted from the start; the recap of each run, in order."""

        def lines() -> list[str]:
            return re.findall(r"^provider +: (ok=.*)$", self.text, re.MULTILINE)

        self.wait(lambda: len(lines()) >= number, f"{number} finished runs")
        return [{key: int(count) for key, count in re.findall(r"(\w+)=(\d+)", line)} for line in lines()]

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not condition():
            assert self.process.poll() is None, f"ansible-rulebook ended:\n{self.text}"
            assert time.monotonic() < end, f"No {what} after {PATIENCE} seconds:\n{self.text}"
            time.sleep(0.2)

    def played(self) -> list[str]:
        """The names of the plays so far, without the look for accounts before each."""
        return re.findall(r"^PLAY \[(?!Make sure)(.*?)\]", self.text, re.MULTILINE)


def event(detail_type: str, detail: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """An event with the fields that every event of AWS has; of detail, AWS publishes nothing but a status."""
    return {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": detail_type,
        "source": "aws.cleanrooms",
        "account": PROVIDER,
        "time": "2026-11-22T17:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": detail or {},
        **more,
    }


@pytest.fixture(scope="module")
def listener(running: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Listener]:
    assert shutil.which("java"), "ansible-rulebook needs Java 17 or later: apt-get install default-jre-headless"
    folder = tmp_path_factory.mktemp("events")
    workplace, log = make_workplace(running, folder), folder / "log"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    settings = {
        "ANSIBLE_INVENTORY": str(workplace.inventory),
        "CLEANROOMS_EVENTS_TOKEN": TOKEN,
        "CLEANROOMS_EVENTS_PORT": str(address[1]),
    }
    rulebook = ["ansible-rulebook", "-r", "acx.cleanrooms.cleanrooms", "-i", str(workplace.inventory)]
    command = shlex.join([*rulebook, "-E", ",".join(settings), "--print-events"])
    with workplace.start_command(folder, ["bash", "-c", f"exec {command} >log 2>&1"], settings) as process:
        listening = Listener(workplace, f"http://127.0.0.1:{address[1]}/cleanrooms", log, process)
        try:
            listening.wait(lambda: answers(address), "listening port")
            yield listening
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
    assert running.control.counts()["violations"] == []


def answers(address: tuple[str, int]) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(address) == 0


def test_an_invitation_is_processed_and_forged_events_are_not(listener: Listener) -> None:
    workplace = listener.workplace
    carried_out = workplace.folder / "carried-out"
    evil = f"{{{{ lookup('ansible.builtin.pipe', 'touch {carried_out}') }}}}"
    assert listener.post(event("Invited To Collaboration"), token="wrong") == 401
    forged = [
        event("Invited To Collaboration", source="aws.ec2"),
        event("Protected Query Succeeded"),
        event("Membership Updated", {"collaborationId": evil}),
        event("Membership Updated", {"collaborationId": f"{UNKNOWN}\n"}),
        event("Membership Updated", {"collaborationId": f"{UNKNOWN},{evil}"}),
        event("Membership Updated", {"collaborationId": [UNKNOWN]}),
        event("Membership Updated", {"collaborationId": None}),
        {"detail-type": "Membership Updated"},
        {"limit": evil},
    ]
    assert {listener.post(one) for one in forged} == {200}
    invitation = event("Invited To Collaboration", {"name": evil, "collaborationName": evil})
    assert listener.post(invitation) == 200
    assert listener.post({**invitation, "id": str(uuid4())}) == 200

    (recap,) = listener.recaps(1)
    assert (recap["failed"], recap["changed"] > 0) == (0, True)
    assert workplace.joined() == set(map(workplace.id_of, PARTNERS))
    assert workplace.counts() == (8, 8, 2)
    assert listener.played() == ["Process the pending invitations"]
    # The record is kept where the next run finds it, not in the copy of the inventory that ansible-rulebook makes.
    assert [one["name"] for one in workplace.record["cleanrooms_collaborations"]] == [*PARTNERS]
    assert not carried_out.exists()


def test_a_burst_of_events_is_one_run_for_the_collaboration_that_they_name(listener: Listener) -> None:
    workplace = listener.workplace
    before, plays = len(listener.recaps()), len(listener.played())
    amc = workplace.id_of("AMC Collaboration")
    client = as_account(workplace, PROVIDER)
    for membership in client.list_memberships()["membershipSummaries"]:
        found = client.list_configured_table_associations(membershipIdentifier=membership["id"])
        client.delete_configured_table_association(**identify(found["configuredTableAssociationSummaries"][0]))
    assert workplace.counts() == (6, 6, 2)
    burst = [event("Configured Table Association Deleted", {"collaborationId": amc}) for _number in range(25)]
    # An id of somebody's invention beside it neither stops the run nor is looked at.
    burst += [event("Configured Table Association Updated", {"collaborationId": UNKNOWN})]
    assert {listener.post(one) for one in burst} == {200}

    assert listener.recaps(before + 1)[-1]["failed"] == 0
    assert workplace.counts() == (7, 7, 2), "AMC's association is back, Partner's was not named"
    assert listener.played()[plays:] == ["Associate tables and ID namespace"]


def test_what_our_own_writes_report_ends_there(listener: Listener) -> None:
    workplace = listener.workplace
    runs, writes = len(listener.recaps()), workplace.writes()
    amc = workplace.id_of("AMC Collaboration")
    record = workplace.record_file.read_text(encoding="utf-8")
    assert listener.post(event("Invited To Collaboration")) == 200
    for detail_type in ("Membership Created", "Configured Table Association Analysis Rule Updated"):
        assert listener.post(event(detail_type, {"collaborationId": amc})) == 200

    for recap in listener.recaps(runs + 2)[runs:]:
        assert (recap["failed"], recap["changed"]) == (0, 0)
    assert workplace.writes() == writes
    assert workplace.record_file.read_text(encoding="utf-8") == record


def test_an_event_that_names_no_collaboration_leads_to_a_look_at_all(listener: Listener) -> None:
    workplace = listener.workplace
    runs, plays = len(listener.recaps()), len(listener.played())
    as_account(workplace, AMC).delete_collaboration(collaborationIdentifier=workplace.id_of("AMC Collaboration"))
    assert listener.post(event("Membership Updated", {"status": "COLLABORATION_DELETED"})) == 200

    assert listener.recaps(runs + 1)[-1]["failed"] == 0
    assert len(listener.played()) == plays + 1
    statuses = {one["name"]: one["status"] for one in workplace.record["cleanrooms_collaborations"]}
    assert statuses == {"AMC Collaboration": "deleted", "Partner Collaboration": "active"}
    assert workplace.counts() == (8, 8, 2), "the one that Partner lacked is back"


def test_the_pattern_of_the_guide_lets_through_what_the_rulebook_knows() -> None:
    (ruleset,) = yaml.safe_load(RULEBOOK.read_text(encoding="utf-8"))
    known = [set(re.findall(r'"([A-Z][A-Za-z ]+)"', rule["condition"])) for rule in ruleset["rules"]]
    pattern = json.loads((CHECKOUT / "docs/events/rule-pattern.json").read_text(encoding="utf-8"))
    assert known[1] == known[2]
    assert set(pattern["detail-type"]) == known[0] | known[1]
    assert pattern["source"] == ["aws.cleanrooms"]


def as_account(workplace: Workplace, account: str) -> Any:
    """A client of AWS Clean Rooms with that account's credentials."""
    return boto3.client(
        "cleanrooms",
        endpoint_url=workplace.emulator.url,
        region_name="us-east-1",
        aws_access_key_id=f"AKIA{account}",
        aws_secret_access_key="q7ZkX0wVb3",
    )
