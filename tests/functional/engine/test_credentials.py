# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Credentials that cannot be had, at the start or in the middle: the cause, what to do, and what was written."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from engine_world import NAMESPACE, NAMESPACE_ARN, PROVIDER, TABLES, Data, RunModule, joined, records, scenario, shared

from emulator import Emulator

PROFILE: Data = {"access_key": None, "secret_key": None, "profile": "tried"}
KEYS = {"Version": 1, "AccessKeyId": PROVIDER, "SecretAccessKey": "q7ZkX0wVb3", "SessionToken": "none"}
NAMESPACES: Data = {"name": NAMESPACE, "id_namespace_arn": NAMESPACE_ARN}
PAGE = "<html>Log in here.</html>"


def ends(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Write the profile C(tried) of the AWS configuration; C(printed) is what its credential_process prints."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))

    def write(lines: str, printed: str = "") -> None:
        (tmp_path / "printed").write_text(printed)
        text = lines.replace("PRINT", f"cat {tmp_path / 'printed'}").replace("FOLDER", str(tmp_path))
        (tmp_path / "config").write_text(f"[profile tried]\n{text}\n")

    return write


@pytest.fixture
def container(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Be the endpoint of a container that hands out credentials which have ended."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            keys = {"AccessKeyId": PROVIDER, "SecretAccessKey": "x", "Token": "x", "Expiration": ends(-60)}
            body = json.dumps(keys).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"http://127.0.0.1:{server.server_port}/keys")
        yield
        server.shutdown()
        thread.join()


# The profile, what its process prints, and what is said.
PROCESSES: dict[str, tuple[str, str, str]] = {
    "a program that is not there": ("credential_process = FOLDER/no-such-program", "", "FileNotFoundError: "),
    "no JSON": ("credential_process = PRINT", "Log in first.", "JSONDecodeError: "),
    "a JSON list": ("credential_process = PRINT", "[]", "Error: "),
    "a program that fails": ("credential_process = false", "", "CredentialRetrievalError: "),
    "expired": (
        "credential_process = PRINT",
        json.dumps({**KEYS, "Expiration": "2025-01-01T00:00:00Z"}),
        "RuntimeError: Credentials were refreshed, but the refreshed credentials are still expired",
    ),
    "SSO": (
        "sso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\n"
        "[sso-session s]\nsso_region = us-east-1\nsso_start_url = https://example.invalid/",
        "",
        "Token",
    ),
}


@pytest.mark.parametrize("case", PROCESSES)
def test_credentials_that_cannot_be_had(emulator: Emulator, run: RunModule, configure: Any, case: str) -> None:
    profile, printed, said = PROCESSES[case]
    configure(profile, printed)
    for module, options in (
        ("membership_info", {}),
        ("namespace_association", {**NAMESPACES, "collaborations": []}),
    ):
        answer = run(module, fails=True, **{**PROFILE, **options})
        assert said in answer["msg"]
        assert "The credentials could not be fetched." in answer["msg"]
        assert "q7ZkX0wVb3" not in str(answer)


def test_a_container_that_hands_out_what_has_ended(
    emulator: Emulator, run: RunModule, configure: Any, container: None
) -> None:
    configure("")
    answer = run("membership_info", fails=True, access_key=None, secret_key=None)
    assert "RuntimeError: Credentials were refreshed, but" in answer["msg"]
    assert "The credentials could not be fetched." in answer["msg"]


@pytest.mark.parametrize("status", [200, 403])
@pytest.mark.parametrize("operation", ["AssumeRole", "GetRole", "GetCallerIdentity"])
def test_sts_and_iam_behind_a_proxy(
    emulator: Emulator,
    run: RunModule,
    configure: Any,
    monkeypatch: pytest.MonkeyPatch,
    operation: str,
    status: int,
) -> None:
    emulator.reset(scenario())
    emulator.control.fault(operation=operation, answer={"text": PAGE, "status": status}, times=None)
    connection: Data = {}
    if operation == "AssumeRole":
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", emulator.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", PROVIDER)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "q7ZkX0wVb3")
        configure("role_arn = arn:aws:iam::111122223333:role/deploy\ncredential_source = Environment\nregion=us-east-1")
        connection = PROFILE
    answer = run("table_association", fails=True, **TABLES, **connection, collaborations=records(emulator))
    assert "Failed to " in answer["msg"]
    assert "a page of a proxy, for example" in answer["msg"] or "could not be fetched" in answer["msg"]
    assert "q7ZkX0wVb3" not in str(answer)


def test_an_answer_of_sts_that_cannot_be_parsed_is_not_printed(
    emulator: Emulator, run: RunModule, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "<SecretAccessKey>kept-to-itself</SecretAccessKey"
    emulator.control.fault(operation="AssumeRole", answer={"text": secret, "status": 200}, times=None)
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", emulator.url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", PROVIDER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "q7ZkX0wVb3")
    configure("role_arn = arn:aws:iam::111122223333:role/deploy\ncredential_source = Environment\nregion=us-east-1")
    answer = run("membership_info", fails=True, **PROFILE)
    assert "ResponseParserError" in answer["msg"]
    assert "kept-to-itself" not in str(answer)


def test_credentials_that_end_while_tables_are_associated(emulator: Emulator, run: RunModule, configure: Any) -> None:
    """What was written counts; the rest is not tried for each table anew, and the next run does it."""
    emulator.reset(scenario(3, "part_{01..20}", memberships=joined(3), settings={"write_latency_ms": 300}))
    configure("credential_process = PRINT", json.dumps({**KEYS, "Expiration": ends(6)}))
    call = {**TABLES, "collaborations": records(emulator), "requests_per_second": 8}
    answer = run("table_association", fails=True, **{**call, **PROFILE})
    made = len(shared(emulator))
    assert 0 < made < 60
    assert answer["changed"]
    assert "RuntimeError: Credentials were refreshed, but the refreshed credentials are still expired" in answer["msg"]
    assert "The credentials could not be fetched." in answer["msg"]
    actions = [action for entry in answer["collaborations"] for action in entry["actions"]]
    created = [one for one in actions if one["resource"] == "configured_table_association"]
    assert sum(one["changed"] for one in created) == made
    tried = [one for one in actions if "error" in one and not one["error"].startswith("Not tried")]
    # At this pace there are thirteen workers, each of which may be at a request of its own.
    assert len(tried) <= 13, "the same failure is tried for again and again"
    emulator.control.settings(write_latency_ms=0)
    call["requests_per_second"] = 500
    again = run("table_association", **call)
    assert sum(entry["summary"]["associated"] for entry in again["collaborations"]) >= 60 - made
    assert not run("table_association", **call)["changed"]
