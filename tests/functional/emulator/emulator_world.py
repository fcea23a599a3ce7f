# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The world of these tests: its scenario, clients for any account and Region, and short ways to the usual things."""

from __future__ import annotations

import urllib.error
import urllib.request
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from emulator import Control, Emulator

PROVIDER = "111122223333"
PARTNER = "222233334444"
PANEL = "333344445555"
OUTSIDER = "999900001111"
ROLE = f"arn:aws:iam::{PROVIDER}:role/cleanrooms-glue-s3-access"
NAMESPACE = f"arn:aws:entityresolution:us-east-1:{PROVIDER}:idnamespace/ACXIdNamespace"

SCENARIO: dict[str, Any] = {
    "accounts": [
        {"name": "provider", "id": PROVIDER, "access_keys": ["AKIAPROVIDER"]},
        {"name": "partner", "id": PARTNER, "access_keys": ["AKIAPARTNER"]},
        {"name": "panel", "id": PANEL},
        {"name": "outsider", "id": OUTSIDER},
    ],
    "roles": [{"account": "provider", "names": ["cleanrooms-glue-s3-access", "other-role"]}],
    "id_namespaces": [{"account": "provider", "name": name} for name in ("ACXIdNamespace", "Second")],
    "configured_tables": [
        {"account": "provider", "names": ["part_{01..06}"], "providers": ["partner"]},
        {"account": "provider", "names": ["a_list"], "rule_type": "LIST"},
        {"account": "provider", "names": ["an_aggregation"], "rule_type": "AGGREGATION"},
        {"account": "provider", "names": ["bare"], "rule_type": "none"},
        {"account": "partner", "names": ["crm"]},
    ],
    "collaborations": [
        {
            "name": "Partner",
            "creator": "partner",
            "creator_display_name": "The partner",
            "members": [
                {"account": "provider", "display_name": "Data provider"},
                {"account": "panel", "display_name": "Panel", "status": "ACTIVE"},
            ],
        }
    ],
}


class World:
    """What a test needs at hand: clients, the control API, and short ways to the usual things."""

    def __init__(self, emulator: Emulator) -> None:
        self.url = emulator.url
        self.control: Control = emulator.control

    def client(self, account: str = PROVIDER, region: str = "us-east-1", service: str = "cleanrooms") -> Any:
        return make_client(self.url, account, region, service)

    @property
    def collaboration_id(self) -> str:
        (collaboration,) = self.control.state()["collaborations"][:1]
        return str(collaboration["id"])

    def join(self, **parameters: Any) -> str:
        """The provider accepts the invitation; the membership's id."""
        values = {"collaborationIdentifier": self.collaboration_id, "queryLogStatus": "DISABLED", **parameters}
        return str(self.client().create_membership(**values)["membership"]["id"])

    def table_id(self, name: str) -> str:
        (table,) = (one for one in self.control.state()["configured_tables"] if one["name"] == name)
        return str(table["id"])

    def associate(self, membership_id: str, table: str, **parameters: Any) -> Any:
        values = {
            "membershipIdentifier": membership_id,
            "configuredTableIdentifier": self.table_id(table),
            "name": f"acx_{table}",
            "roleArn": ROLE,
            **parameters,
        }
        return self.client().create_configured_table_association(**values)["configuredTableAssociation"]

    def add_rule(self, association: Any, receivers: list[str], rule_type: str = "CUSTOM", **body: Any) -> Any:
        policy = {"v1": {rule_type.lower(): {"allowedResultReceivers": receivers, **body}}}
        return self.client().create_configured_table_association_analysis_rule(
            membershipIdentifier=association["membershipId"],
            configuredTableAssociationIdentifier=association["id"],
            analysisRuleType=rule_type,
            analysisRulePolicy=policy,
        )["analysisRule"]

    def add_namespace(self, membership_id: str, name: str = "ACXIdNamespace", arn: str = NAMESPACE) -> Any:
        return self.client().create_id_namespace_association(
            membershipIdentifier=membership_id,
            name=name,
            inputReferenceConfig={"inputReferenceArn": arn, "manageResourcePolicies": True},
        )["idNamespaceAssociation"]


@cache
def make_client(url: str, account: str, region: str, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=account,
        aws_secret_access_key="any",  # signatures are not checked
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False),
    )


def send(
    world: World, method: str, path: str, body: bytes = b"", service: str = "cleanrooms"
) -> tuple[int, dict[str, str], bytes]:
    """A request that boto3 would not send, and its answer as it is on the wire: (status, headers, body)."""
    scope = f"{PROVIDER}/20260101/us-east-1/{service}/aws4_request"
    headers = {"Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"}
    request = urllib.request.Request(world.url + path, data=body or None, headers=headers, method=method)
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, dict(response.headers), response.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()
