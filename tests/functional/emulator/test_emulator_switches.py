# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings that are switched at run time: quotas, pages, throttling, latency, lag and delays."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from contract_world import Data, identify, ids, keys, listed, refused
from emulator_world import PARTNER, PROVIDER, SCENARIO, EmulatorWorld

from emulator import ControlError


@pytest.mark.parametrize(
    ("setting", "quota_name", "fill"),
    [
        ("table_associations_per_membership", "Table associations per membership", "associate"),
        ("id_namespace_associations_per_membership", "ID namespace associations per membership", "namespace"),
        ("memberships_per_account", "Memberships per account", "join"),
        ("configured_tables_per_account", "Configured tables per account", "table"),
    ],
)
def test_quotas(world: EmulatorWorld, setting: str, quota_name: str, fill: str) -> None:
    parameters = {"membership": world.join()} if fill in ("associate", "namespace") else {}
    world.control.settings(**{setting: 0})
    response = refused("ServiceQuotaExceededException", getattr(world, fill), **parameters)
    assert (response["quotaName"], response["quotaValue"]) == (quota_name, 0.0)


@pytest.mark.parametrize(
    ("settings", "asked", "lengths"),
    [
        ({}, {}, [9]),
        ({}, {"maxResults": 4}, [4, 4, 1]),
        ({"page_size": 4}, {"maxResults": 3}, [3, 3, 3]),
        ({"page_size": 5}, {"maxResults": 100}, [5, 4]),
        ({"empty_pages": 2}, {}, [0, 0, 9]),
        ({"page_size": 5, "empty_pages": 1}, {}, [0, 5, 0, 4]),
    ],
)
def test_pages(world: EmulatorWorld, settings: Data, asked: Data, lengths: list[int]) -> None:
    names = [f"part_{number}" for number in range(9)]
    world.control.add(configured_tables=[{"account": PROVIDER, "names": names}])
    world.control.settings(**settings)
    pages = [world.provider.list_configured_tables(**asked)]
    while "nextToken" in pages[-1]:
        pages.append(world.provider.list_configured_tables(**asked, nextToken=pages[-1]["nextToken"]))
    assert [len(page["configuredTableSummaries"]) for page in pages] == lengths
    assert [one["name"] for page in pages for one in page["configuredTableSummaries"]] == names


def test_requests_over_the_rate_are_throttled(world: EmulatorWorld) -> None:
    call = world.provider.list_memberships
    world.control.settings(requests_per_second=1, burst=2)
    for _number in range(2):
        call()
    assert refused("ThrottlingException", call)["ResponseMetadata"]["HTTPStatusCode"] == 429
    world.provider.list_collaborations()
    world.partner.list_memberships()
    world.client(region="eu-west-1").list_memberships()
    time.sleep(1.1)
    call()
    assert world.control.counts()["throttled"] == 1
    world.control.settings(requests_per_second_by_operation={"CreateConfiguredTable": 1}, burst=1)
    assert world.table()
    refused("ThrottlingException", world.table)
    assert world.control.counts()["resources"]["configured_tables"] == 1


def test_latency_by_kind_and_operation(world: EmulatorWorld) -> None:
    by_operation = {"GetMembership": 0, "ListColl*": 300}
    world.control.settings(read_latency_ms=150, write_latency_ms=90, latency_ms_by_operation=by_operation)
    world.provider.get_membership(membershipIdentifier=world.join()["id"])
    world.provider.list_collaborations()
    world.provider.list_memberships()
    durations = {entry["operation"]: entry["duration_ms"] for entry in world.control.log()}
    least = {"CreateMembership": 90, "ListMemberships": 150, "ListCollaborations": 300}
    assert all(durations[operation] >= latency for operation, latency in least.items())
    assert durations["GetMembership"] < 150


def test_requests_wait_side_by_side(world: EmulatorWorld) -> None:
    world.control.settings(read_latency_ms=300)
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _number: world.provider.list_memberships(), range(8)))
    assert time.monotonic() - started < 1.5


def shown(client: Any, membership: Data) -> dict[str, Any]:
    """What lists and batches show, of one membership and of all."""
    (key, identity), names = keys(membership), ["seeded", "acx_part"]
    requests = [{"name": name, "type": "CUSTOM"} for name in names]
    rules = client.batch_get_schema_analysis_rule(**identity, schemaAnalysisRuleRequests=requests)["analysisRules"]
    associations = listed(client, "list_configured_table_associations", **key)
    return {
        "associations": [(one["name"], one["analysisRuleTypes"]) for one in associations],
        "namespaces": len(ids(client, "list_id_namespace_associations", **key)),
        "schemas": len(client.batch_get_schema(**identity, names=names)["schemas"]),
        "rules": [(one["name"], "collaborationPolicy" in one) for one in rules],
        "memberships": len(ids(client, "list_memberships")),
        "invited": len(ids(client, "list_collaborations", memberStatus="INVITED")),
    }


def test_lists_and_schemas_lag_behind_writes(world: EmulatorWorld) -> None:
    """Seeded things are older than any lag."""
    association = {"tables": "part", "role": "one", "name": "seeded", "rule": "none"}
    members = [{"account": "provider"}]
    seeded = {
        "configured_tables": [{"account": "provider", "names": "part"}],
        "collaborations": [{"name": name, "creator": PARTNER, "members": members} for name in ("Joined", "Invited")],
        "memberships": [{"collaboration": "Joined", "account": "provider", "associations": [association]}],
    }
    world.control.reset({**SCENARIO, **seeded})
    client = world.provider
    (joined,) = listed(client, "list_memberships")
    (invited,) = ids(client, "list_collaborations", memberStatus="INVITED")
    (found,) = listed(client, "list_configured_table_associations", **keys(joined)[0])
    world.control.settings(list_lag_seconds=60)
    before = shown(client, joined)
    assert before["associations"] == [("seeded", [])]
    created = world.associate(joined)
    world.rule(found, [PARTNER])
    world.namespace(joined)
    world.join(invited)
    assert shown(client, joined) == before
    assert client.get_configured_table_association(**identify(created))
    collaboration = client.get_collaboration(collaborationIdentifier=invited)["collaboration"]
    assert collaboration["memberStatus"] == "ACTIVE"
    world.control.settings(list_lag_seconds=0)
    assert shown(client, joined) == {
        "associations": [("seeded", ["CUSTOM"]), ("acx_part", [])],
        "namespaces": 1,
        "schemas": 2,
        "rules": [("seeded", True), ("acx_part", False)],
        "memberships": 2,
        "invited": 0,
    }


def test_a_role_is_not_known_at_once(world: EmulatorWorld) -> None:
    world.control.settings(iam_delay_seconds=60)
    values = {"membership": world.join(), "table_id": world.table()}
    for _number in range(2):
        assert refused("ValidationException", world.associate, **values)["reason"] == "IAM_SYNCHRONIZATION_DELAY"
    world.control.settings(iam_delay_seconds=0.3)
    time.sleep(0.4)
    association = world.associate(**values)
    world.control.settings(iam_delay_seconds=60)
    world.control.add(roles=[{"account": PROVIDER, "names": "brand-new"}])
    update = {**identify(association), "roleArn": f"arn:aws:iam::{PROVIDER}:role/brand-new"}
    response = refused("ValidationException", world.provider.update_configured_table_association, **update)
    assert response["reason"] == "IAM_SYNCHRONIZATION_DELAY"


def test_readiness_comes_later(world: EmulatorWorld) -> None:
    membership = world.join()
    world.rule(world.associate(membership), [PARTNER])
    for delay, status in ((60, "NOT_READY"), (0, "READY")):
        world.control.settings(readiness_delay_seconds=delay)
        (schema,) = world.provider.batch_get_schema(**keys(membership)[1], names=["acx_part"])["schemas"]
        assert schema["schemaStatusDetails"][0]["status"] == status


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
def test_wrong_settings_change_nothing(world: EmulatorWorld, changes: Data, complaint: str) -> None:
    before = world.control.call("GET", "settings")
    with pytest.raises(ControlError, match=complaint):
        world.control.settings(**changes)
    assert world.control.call("GET", "settings") == before
