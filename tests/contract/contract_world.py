# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A provider and a partner who work with AWS Clean Rooms, and short ways to the usual things."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

Data = dict[str, Any]
QUERIES, RECEIVES = "CAN_QUERY", "CAN_RECEIVE_RESULTS"


def row(start: str) -> pytest.MarkDecorator:
    """The row of tests/emulator/README.md that a test proves, by its first words."""
    return pytest.mark.row(start)


def refused(code: str, call: Callable[..., Any], **parameters: Any) -> Data:
    """The call fails with this error; its parsed answer."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    assert response["Error"]["Code"] == code, response
    return response


def listed(client: Any, operation: str, **parameters: Any) -> list[Data]:
    """The items of all pages."""
    pages = client.get_paginator(operation).paginate(**parameters)
    return [item for page in pages for value in page.values() if isinstance(value, list) for item in value]


def ids(client: Any, operation: str, **parameters: Any) -> list[str]:
    return [one["id"] for one in listed(client, operation, **parameters)]


def check_answer(parsed: Data, model: Any, **_more: Any) -> None:
    """Every answer fits the service model, and every error is one that the operation can have."""
    if "Error" in parsed:
        assert parsed["Error"]["Code"] in {shape.name for shape in model.error_shapes}
    elif model.output_shape is not None:
        answer = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
        report = ParamValidator().validate(answer, model.output_shape)
        assert not report.has_errors(), f"{model.name}: {report.generate_report()}"


def unknown() -> str:
    return str(uuid4())


def keys(membership: Data) -> tuple[Data, Data]:
    """How requests name a membership, and its collaboration."""
    return {"membershipIdentifier": membership["id"]}, {"collaborationIdentifier": membership["collaborationId"]}


def identify(association: Data) -> Data:
    """A table association's or an ID namespace association's identifiers."""
    kind = "configuredTable" if "configuredTableId" in association else "idNamespace"
    return {"membershipIdentifier": association["membershipId"], f"{kind}AssociationIdentifier": association["id"]}


@dataclass
class World:
    """Both accounts' clients, and what is there beside AWS Clean Rooms. third_id is an account without a client."""

    provider: Any
    partner: Any
    provider_id: str
    partner_id: str
    third_id: str
    roles: list[str]
    namespaces: list[str]
    made: list[str] = field(default_factory=list)
    glue: Data = field(default_factory=lambda: {"databaseName": "lake", "tableName": "part"})
    columns: tuple[str, str] = ("id", "segment")

    def member(self, abilities: tuple[str, ...] = (), account: str | None = None, **more: Any) -> Data:
        account_id = account or self.provider_id
        return {"accountId": account_id, "memberAbilities": list(abilities), "displayName": "A member", **more}

    def collaborate(self, *, joined: bool = True, creator: Any = None, **changes: Any) -> str:
        """A collaboration of the partner, who joins it, to which the provider is invited; its id."""
        client = creator or self.partner
        values = {
            "name": "Contract",
            "description": "For a test",
            "creatorDisplayName": "The creator",
            "creatorMemberAbilities": [QUERIES, RECEIVES],
            "members": [self.member()],
            "queryLogStatus": "DISABLED",
            **changes,
        }
        collaboration_id = client.create_collaboration(**values)["collaboration"]["id"]
        self.made.append(collaboration_id)
        if joined:
            self.join(collaboration_id, client=client)
        return collaboration_id

    def join(self, collaboration_id: str | None = None, *, client: Any = None, **more: Any) -> Data:
        """The provider accepts an invitation, by default to a new collaboration; the membership."""
        values = {"collaborationIdentifier": collaboration_id or self.collaborate(), "queryLogStatus": "DISABLED"}
        return (client or self.provider).create_membership(**values, **more)["membership"]

    def table(self, rule_type: str | None = "CUSTOM", client: Any = None, **body: Any) -> str:
        """A configured table with its own analysis rule; its id."""
        client = client or self.provider
        values = {
            "tableReference": {"glue": self.glue},
            "allowedColumns": self.columns,
            "analysisMethod": "DIRECT_QUERY",
        }
        table_id = client.create_configured_table(name="part", **values)["configuredTable"]["id"]
        self.made.append(table_id)
        if rule_type:
            rule = {"analysisRuleType": rule_type, "analysisRulePolicy": self.policy(rule_type, **body)}
            client.create_configured_table_analysis_rule(configuredTableIdentifier=table_id, **rule)
        return table_id

    def policy(self, rule_type: str, **body: Any) -> Data:
        """A plain rule of a configured table, and what is given besides."""
        first, second = self.columns
        plain: dict[str, Data] = {
            "CUSTOM": {"allowedAnalyses": ["ANY_QUERY"], "allowedAnalysisProviders": [self.partner_id]},
            "LIST": {"joinColumns": [first], "listColumns": [second]},
            "AGGREGATION": {
                "aggregateColumns": [{"columnNames": [first], "function": "COUNT_DISTINCT"}],
                "joinColumns": [first],
                "dimensionColumns": [second],
                "scalarFunctions": [],
                "outputConstraints": [{"columnName": first, "minimum": 2, "type": "COUNT_DISTINCT"}],
            },
        }
        return {"v1": {rule_type.lower(): {**plain[rule_type], **body}}}

    def associate(self, membership: Data, table_id: str | None = None, name: str = "acx_part", **more: Any) -> Data:
        values = {"membershipIdentifier": membership["id"], "name": name, "roleArn": self.roles[0], **more}
        create = self.provider.create_configured_table_association
        return create(configuredTableIdentifier=table_id or self.table(), **values)["configuredTableAssociation"]

    def rule(self, association: Data, receivers: list[str], rule_type: str = "CUSTOM", **body: Any) -> Data:
        """A collaboration analysis rule."""
        policy = {"v1": {rule_type.lower(): {"allowedResultReceivers": receivers, **body}}}
        values = {**identify(association), "analysisRuleType": rule_type, "analysisRulePolicy": policy}
        return self.provider.create_configured_table_association_analysis_rule(**values)["analysisRule"]

    def namespace(self, membership: Data, number: int = 0, name: str | None = None, **more: Any) -> Data:
        """An association with one of the provider's ID namespaces."""
        reference = {"inputReferenceArn": self.namespaces[number], "manageResourcePolicies": True}
        values = {"name": name or f"Namespace {number}", "inputReferenceConfig": reference, **more}
        create = self.provider.create_id_namespace_association
        return create(membershipIdentifier=membership["id"], **values)["idNamespaceAssociation"]

    def everything(self) -> list[list[str]]:
        """The ids of what both accounts have."""
        kinds = ("list_collaborations", "list_memberships", "list_configured_tables")
        return [ids(client, kind) for client in (self.provider, self.partner) for kind in kinds]

    def clear(self) -> None:
        """Takes away what was made here: associations, collaborations, memberships, tables."""
        memberships = [
            (client, {"membershipIdentifier": one["id"]})
            for client in (self.provider, self.partner)
            for one in listed(client, "list_memberships")
            if one["collaborationId"] in self.made
        ]
        for client, key in memberships:
            for one in listed(client, "list_configured_table_associations", **key):
                client.delete_configured_table_association(**identify(one))
            for one in listed(client, "list_id_namespace_associations", **key):
                client.delete_id_namespace_association(**identify(one))
        for client, account in ((self.provider, self.provider_id), (self.partner, self.partner_id)):
            for one in listed(client, "list_collaborations"):
                if (one["id"] in self.made, one["creatorAccountId"]) == (True, account):
                    client.delete_collaboration(collaborationIdentifier=one["id"])
        for client, key in memberships:
            client.delete_membership(**key)
        for client in (self.provider, self.partner):
            for table_id in {*self.made} & {*ids(client, "list_configured_tables")}:
                client.delete_configured_table(configuredTableIdentifier=table_id)
