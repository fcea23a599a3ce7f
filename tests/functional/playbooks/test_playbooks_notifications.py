# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook of the guide on notifications tells a webhook what changed or failed, and nothing else."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from playbooks_world import AMC, CHECKOUT, PARTNER, PROVIDER, Run, Workplace, accounts, finished, member

from ansible_collections.acx.cleanrooms.plugins.module_utils._lock import held

HOSTILE = '{{ 7*7 }} "quoted" <!channel> & \\ {% raw %} \'x'
LABEL = HOSTILE.replace("{{", "\\x7b{").replace("{%", "\\x7b%")
PATH = "/hooks/a-secret"


class Webhook(ThreadingHTTPServer):
    """Keeps what is posted to it."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        super().__init__(("127.0.0.1", 0), WebhookHandler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{PATH}"


class WebhookHandler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Webhook)
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.messages.append({"path": self.path, "type": self.headers["Content-Type"], **json.loads(content)})
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def lock_of(workplace: Workplace) -> Path:
    return Path(f"{workplace.record_file}.lock")


def sync_and_tell(workplace: Workplace, webhook: Webhook, *arguments: str, fails: bool = False) -> Run:
    playbook = str(CHECKOUT / "docs/notifications/sync-and-tell.yml")
    command = ["ansible-playbook", "-i", "my-inventory", playbook, *arguments]
    process = workplace.start_command(workplace.folder, command, {"CLEANROOMS_WEBHOOK_URL": webhook.url})
    return finished(process, fails)


def test_a_webhook_hears_of_changes_and_failures_only(workplace: Workplace, webhook: Webhook) -> None:
    control = workplace.emulator.control
    names = (HOSTILE, "Partner Collaboration")
    control.add(collaborations=[{"name": HOSTILE, "creator": AMC, "members": [{"account": PROVIDER}]}])
    control.add(memberships=[{"account": PROVIDER, "collaboration": name} for name in names])
    ids = [workplace.id_of(name) for name in names]
    # Of the first, no members are pinned yet.
    records = [{"collaboration_id": ids[0]}, {"collaboration_id": ids[1], "members": [member(PARTNER)]}]
    workplace.write_vars(file="collaborations", cleanrooms_collaborations=records)
    confirm = ("-e", f"cleanrooms_confirm_members={ids[0]}")

    check = sync_and_tell(workplace, webhook, *confirm, "--check")
    assert check.summary[-1] == "Total: 2 collaborations, 8 associated, 2 namespaces associated"
    assert webhook.messages == []

    denied = {"code": "AccessDeniedException", "message": "Not <you>"}
    first = workplace.record_of(HOSTILE, AMC)["membership_id"]
    control.fault(operation="CreateIdNamespaceAssociation", parameters={"membershipIdentifier": first}, error=denied)
    run = sync_and_tell(workplace, webhook, *confirm, fails=True)
    (message,) = webhook.messages
    assert (message["path"], message["type"]) == (PATH, "application/json")
    assert (message["account"], message["changed"], message["failed"]) == ("provider", True, True)
    escaped = LABEL.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert message["text"].startswith(f"{escaped} ({ids[0]}): 4 associated, 1 namespace failed\n")
    assert "Not &lt;you&gt;" in message["text"]
    assert "\n1 of 2 collaborations failed, the others are done.\n" in message["text"]
    assert [one["name"] for one in message["summary"]["collaborations"]] == [LABEL, names[1]]
    assert message["summary"]["totals"]["namespaces"]["failed"] == 1
    assert "1 of 2 collaborations failed" in run.output
    assert PATH not in run.output
    assert sorted(map(accounts, workplace.record["cleanrooms_collaborations"])) == [[AMC], [PARTNER]]
    assert lock_of(workplace).read_text(encoding="utf-8") == ""

    webhook.messages.clear()
    sync_and_tell(workplace, webhook)
    assert [(one["changed"], one["failed"]) for one in webhook.messages] == [(True, False)]

    webhook.messages.clear()
    sync_and_tell(workplace, webhook)
    assert webhook.messages == []


def test_a_webhook_hears_of_a_run_that_could_not_begin(workplace: Workplace, webhook: Webhook) -> None:
    """Another run is at work, and keeps its lock."""
    lock_of(workplace).parent.mkdir(parents=True, exist_ok=True)
    with held(str(lock_of(workplace)), 0, "cleanrooms_invitation"):
        sync_and_tell(workplace, webhook, "-e", "cleanrooms_lock_wait=0", fails=True)
    (message,) = webhook.messages
    assert (message["changed"], message["failed"], message["summary"]["collaborations"]) == (False, True, [])
    assert f"Another run is at work: cleanrooms_invitation, process {os.getpid()} on" in message["text"]
