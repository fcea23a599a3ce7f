# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that are switched at run time: quotas, pages, throttling, latency, lag and delays."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError
from emulator_world import NAMESPACE, PARTNER, PROVIDER, World

from emulator import ControlError

Refused = Callable[..., dict[str, Any]]


def names(world: World, page_size: int | None = None) -> list[str]:
    """All configured tables by boto3's paginator."""
    pages = world.client().get_paginator("list_configured_tables").paginate(PaginationConfig={"PageSize": page_size})
    return [table["name"] for page in pages for table in page["configuredTableSummaries"]]


ALL = [f"part_{number:02}" for number in range(1, 7)] + ["a_list", "an_aggregation", "bare"]


@pytest.mark.parametrize(
    ("setting", "quota_name", "fill"),
    [
        (
            "table_associations_per_membership",
            "Table associations per membership",
            lambda world: (
                [world.associate(world.join(), table) for table in ("part_01",)]
                and world.associate(world.client().list_memberships()["membershipSummaries"][0]["id"], "part_02")
            ),
        ),
        (
            "id_namespace_associations_per_membership",
            "ID namespace associations per membership",
            lambda world: (
                [world.add_namespace(world.join())]
                and world.add_namespace(
                    world.client().list_memberships()["membershipSummaries"][0]["id"],
                    "Second",
                    NAMESPACE[:-14] + "Second",
                )
            ),
        ),
    ],
)
def test_quotas_of_a_membership(
    world: World, refused: Refused, setting: str, quota_name: str, fill: Callable[[World], Any]
) -> None:
    world.control.settings(**{setting: 1})
    response = refused(world.client().exceptions.ServiceQuotaExceededException, lambda: fill(world))
    assert (response["quotaName"], response["quotaValue"]) == (quota_name, 1.0)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 402


def test_quotas_of_an_account(world: World, refused: Refused) -> None:
    client = world.client()
    world.control.settings(memberships_per_account=0, configured_tables_per_account=len(ALL))
    response = refused(client.exceptions.ServiceQuotaExceededException, world.join)
    assert response["quotaName"] == "Memberships per account"
    response = refused(
        client.exceptions.ServiceQuotaExceededException,
        client.create_configured_table,
        name="one_more",
        tableReference={"glue": {"tableName": "one_more", "databaseName": "lake"}},
        allowedColumns=["id"],
        analysisMethod="DIRECT_QUERY",
    )
    assert (response["quotaName"], response["quotaValue"]) == ("Configured tables per account", float(len(ALL)))


def test_a_conflict_is_reported_before_a_full_quota(world: World, refused: Refused) -> None:
    world.control.settings(table_associations_per_membership=1)
    membership_id = world.join()
    world.associate(membership_id, "part_01")
    refused(world.client().exceptions.ConflictException, lambda: world.associate(membership_id, "part_01"))


@pytest.mark.parametrize("settings", [{}, {"page_size": 2}, {"empty_pages": 2}, {"page_size": 3, "empty_pages": 1}])
@pytest.mark.parametrize("page_size", [None, 1, 4, 100])
def test_pages_hold_everything_once(world: World, settings: dict[str, int], page_size: int | None) -> None:
    world.control.settings(**settings)
    assert names(world, page_size) == ALL


def test_pages_are_as_short_as_asked(world: World) -> None:
    client = world.client()
    world.control.settings(page_size=4)
    assert len(client.list_configured_tables(maxResults=3)["configuredTableSummaries"]) == 3
    assert len(client.list_configured_tables(maxResults=100)["configuredTableSummaries"]) == 4


def test_empty_pages_still_carry_a_token(world: World) -> None:
    client = world.client()
    world.control.settings(empty_pages=1)
    empty = client.list_configured_tables()
    assert empty["configuredTableSummaries"] == []
    full = client.list_configured_tables(nextToken=empty["nextToken"])
    assert len(full["configuredTableSummaries"]) == len(ALL)
    assert "nextToken" not in full


def test_a_token_survives_changes_between_two_pages(world: World) -> None:
    client = world.client()
    first = client.list_configured_tables(maxResults=2)
    client.delete_configured_table(configuredTableIdentifier=first["configuredTableSummaries"][0]["id"])
    second = client.list_configured_tables(maxResults=100, nextToken=first["nextToken"])
    assert [table["name"] for table in second["configuredTableSummaries"]] == ALL[2:]


def test_every_list_can_be_paged(world: World) -> None:
    membership_id = world.join()
    for table in ("part_01", "part_02"):
        world.associate(membership_id, table)
    world.add_namespace(membership_id)
    world.add_namespace(membership_id, "Second", NAMESPACE.replace("ACXIdNamespace", "Second"))
    world.control.add(
        collaborations=[
            {"name": "Two", "creator": PARTNER, "members": [{"account": PROVIDER, "status": "ACTIVE"}]},
        ]
    )
    client = world.client()
    world.control.settings(page_size=1)
    for operation, parameters, expected in (
        ("list_collaborations", {}, 2),
        ("list_members", {"collaborationIdentifier": world.collaboration_id}, 3),
        ("list_memberships", {}, 2),
        ("list_configured_table_associations", {"membershipIdentifier": membership_id}, 2),
        ("list_id_namespace_associations", {"membershipIdentifier": membership_id}, 2),
        ("list_schemas", {"collaborationIdentifier": world.collaboration_id}, 2),
    ):
        pages = list(client.get_paginator(operation).paginate(**parameters))
        items = [item for page in pages for value in page.values() if isinstance(value, list) for item in value]
        assert (operation, len(pages), len(items)) == (operation, expected, expected)


def test_bad_tokens_are_refused(world: World, refused: Refused) -> None:
    client = world.client()
    world.control.settings(page_size=1)
    token = client.list_configured_tables()["nextToken"]
    for bad in ("nonsense", "AAAA", token[:-6] + "AAAAAA", "ä"):
        response = refused(client.exceptions.ValidationException, client.list_configured_tables, nextToken=bad)
        assert [entry["name"] for entry in response["fieldList"]] == ["nextToken"]
    refused(client.exceptions.ValidationException, client.list_collaborations, nextToken=token)
    partner = world.client(PARTNER)
    refused(partner.exceptions.ValidationException, partner.list_configured_tables, nextToken=token)


def test_requests_over_the_rate_are_throttled(world: World, refused: Refused) -> None:
    client = world.client()
    world.control.settings(requests_per_second=2)
    for _number in range(2):
        client.list_memberships()
    response = refused(client.exceptions.ThrottlingException, client.list_memberships)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429
    client.list_collaborations()
    world.client(PARTNER).list_memberships()
    world.client(region="eu-west-1").list_memberships()
    time.sleep(0.6)
    client.list_memberships()
    assert world.control.counts()["throttled"] == 1


def test_a_throttled_write_is_not_applied(world: World) -> None:
    world.control.settings(requests_per_second_by_operation={"CreateM*": 1}, burst=1)
    assert world.join()
    with pytest.raises(ClientError, match="ThrottlingException"):
        world.join()
    assert [entry["status"] for entry in world.control.log("CreateMembership")] == [200, 429]


def test_latency_by_kind_and_operation(world: World) -> None:
    world.control.settings(
        read_latency_ms=60, write_latency_ms=90, latency_ms_by_operation={"GetMembership": 0, "ListColl*": 120}
    )
    client = world.client()
    membership_id = world.join()
    client.list_memberships()
    client.list_collaborations()
    client.get_membership(membershipIdentifier=membership_id)
    durations = {entry["operation"]: entry["duration_ms"] for entry in world.control.log()}
    assert durations["CreateMembership"] >= 90
    assert durations["ListMemberships"] >= 60
    assert durations["ListCollaborations"] >= 120
    assert durations["GetMembership"] < 60


def test_requests_wait_side_by_side(world: World) -> None:
    world.control.settings(read_latency_ms=300)
    client = world.client()
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _number: client.list_memberships(), range(8)))
    assert time.monotonic() - started < 1.5


def test_lists_lag_behind_creates(world: World) -> None:
    client = world.client()
    membership_id = world.join()
    world.control.settings(list_lag_seconds=60)
    association = world.associate(membership_id, "part_01")
    world.add_rule(association, [PARTNER])
    world.add_namespace(membership_id)
    identity = {"membershipIdentifier": membership_id}

    def shown() -> tuple[int, int, int]:
        batch = client.batch_get_schema(collaborationIdentifier=world.collaboration_id, names=["acx_part_01"])
        return (
            len(client.list_configured_table_associations(**identity)["configuredTableAssociationSummaries"]),
            len(client.list_id_namespace_associations(**identity)["idNamespaceAssociationSummaries"]),
            len(batch["schemas"]),
        )

    assert client.list_memberships()["membershipSummaries"] == []
    assert shown() == (0, 0, 0)
    assert client.get_configured_table_association(**identity, configuredTableAssociationIdentifier=association["id"])
    world.control.settings(list_lag_seconds=0)
    assert shown() == (1, 1, 1)


def test_the_status_of_a_member_lags_too(world: World) -> None:
    client = world.client()
    world.control.settings(list_lag_seconds=60)
    world.join()
    assert len(client.list_collaborations(memberStatus="INVITED")["collaborationList"]) == 1
    assert client.list_collaborations(memberStatus="ACTIVE")["collaborationList"] == []
    got = client.get_collaboration(collaborationIdentifier=world.collaboration_id)["collaboration"]
    assert got["memberStatus"] == "ACTIVE"


def test_a_rule_lags_in_lists_and_batches(world: World) -> None:
    client = world.client()
    membership_id = world.join()
    association = world.associate(membership_id, "part_01")
    time.sleep(1.1)
    world.control.settings(list_lag_seconds=1)
    world.add_rule(association, [PARTNER])
    request = {
        "collaborationIdentifier": world.collaboration_id,
        "schemaAnalysisRuleRequests": [{"name": "acx_part_01", "type": "CUSTOM"}],
    }
    (rule,) = client.batch_get_schema_analysis_rule(**request)["analysisRules"]
    assert "collaborationPolicy" not in rule
    (summary,) = client.list_configured_table_associations(membershipIdentifier=membership_id)[
        "configuredTableAssociationSummaries"
    ]
    assert summary["analysisRuleTypes"] == []
    time.sleep(1.1)
    (rule,) = client.batch_get_schema_analysis_rule(**request)["analysisRules"]
    assert "collaborationPolicy" in rule


def test_a_role_is_not_known_at_once(world: World, refused: Refused) -> None:
    world.control.settings(iam_delay_seconds=0.8)
    membership_id = world.join()
    invalid = world.client().exceptions.ValidationException
    for _number in range(2):
        response = refused(invalid, lambda: world.associate(membership_id, "part_01"))
        assert response["reason"] == "IAM_SYNCHRONIZATION_DELAY"
    time.sleep(0.9)
    association = world.associate(membership_id, "part_01")
    world.control.add(roles=[{"account": PROVIDER, "names": "brand-new"}])
    response = refused(
        invalid,
        world.client().update_configured_table_association,
        membershipIdentifier=membership_id,
        configuredTableAssociationIdentifier=association["id"],
        roleArn=f"arn:aws:iam::{PROVIDER}:role/brand-new",
    )
    assert response["reason"] == "IAM_SYNCHRONIZATION_DELAY"


def test_readiness_comes_later(world: World) -> None:
    client = world.client()
    world.control.settings(readiness_delay_seconds=60)
    world.add_rule(world.associate(world.join(), "part_01"), [PARTNER])
    request = {"collaborationIdentifier": world.collaboration_id, "names": ["acx_part_01"]}
    (schema,) = client.batch_get_schema(**request)["schemas"]
    assert schema["schemaStatusDetails"][0]["status"] == "NOT_READY"
    world.control.settings(readiness_delay_seconds=0)
    (schema,) = client.batch_get_schema(**request)["schemas"]
    assert schema["schemaStatusDetails"][0]["status"] == "READY"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"requests_per_secnd": 5}, "no setting 'requests_per_secnd'"),
        ({"page_size": 0}, "at least 1"),
        ({"page_size": 1.5}, "whole number"),
        ({"list_lag_seconds": -1}, "not negative"),
        ({"read_latency_ms": "fast"}, "must be a number"),
        ({"latency_ms_by_operation": {"Get*": "slow"}}, "must map operations"),
        ({"page_size": 5, "burst": True}, "must be a number"),
    ],
)
def test_wrong_settings_change_nothing(world: World, changes: dict[str, Any], complaint: str) -> None:
    before = world.control.call("GET", "settings")
    with pytest.raises(ControlError, match=complaint):
        world.control.settings(**changes)
    assert world.control.call("GET", "settings") == before
