# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world of the contract tests with what only the emulator has: control, any account and Region, the wire."""

from __future__ import annotations

import urllib.error
import urllib.request
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from contract_world import World

from emulator import Emulator

PROVIDER, PARTNER, OUTSIDER = "111122223333", "222233334444", "999900001111"
ROLES = [f"arn:aws:iam::{PROVIDER}:role/{name}" for name in ("one", "another")]
NAMESPACES = [f"arn:aws:entityresolution:us-east-1:{PROVIDER}:idnamespace/{name}" for name in ("First", "Second")]
SCENARIO: dict[str, Any] = {
    "accounts": [
        {"name": "provider", "id": PROVIDER, "access_keys": ["AKIAPROVIDER"]},
        {"name": "partner", "id": PARTNER},
        {"name": "outsider", "id": OUTSIDER},
    ],
    "roles": [{"account": "provider", "names": ["one", "another"]}],
    "id_namespaces": [{"account": "provider", "name": name} for name in ("First", "Second")],
}


class EmulatorWorld(World):
    def __init__(self, emulator: Emulator) -> None:
        self.url, self.control = emulator.url, emulator.control
        super().__init__(self.client(), self.client(PARTNER), PROVIDER, PARTNER, OUTSIDER, ROLES, NAMESPACES)

    def client(self, account: str = PROVIDER, region: str = "us-east-1", service: str = "cleanrooms") -> Any:
        return make_client(self.url, account, region, service)

    def send(
        self, method: str, path: str, body: bytes = b"", service: str = "cleanrooms"
    ) -> tuple[int, dict[str, str], bytes]:
        """A request of the provider that boto3 would not send, and its answer: (status, headers, body)."""
        scope = f"{PROVIDER}/20260101/us-east-1/{service}/aws4_request"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
        request = urllib.request.Request(self.url + path, data=body or None, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request) as response:
                return response.status, dict(response.headers), response.read()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read()


def outcome(call: Any, **parameters: Any) -> str:
    """How a call ends: an error's code, C(dropped) or C(ok)."""
    try:
        call(**parameters)
    except ConnectionClosedError:
        return "dropped"
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "ok"


@cache
def make_client(url: str, account: str, region: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="q7ZkX0wVb3",  # signatures are not checked
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )
