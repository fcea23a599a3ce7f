# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configured table associations and collaboration analysis rules."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from emulator_world import OUTSIDER, PANEL, PARTNER, PROVIDER, ROLE, World

Refused = Callable[..., dict[str, Any]]
UNKNOWN = "00000000-0000-0000-0000-000000000000"


def identify(association: dict[str, Any]) -> dict[str, str]:
    return {
        "membershipIdentifier": association["membershipId"],
        "configuredTableAssociationIdentifier": association["id"],
    }


def test_an_association_from_creation_to_deletion(world: World, refused: Refused) -> None:
    client = world.client()
    membership_id = world.join()
    association = world.associate(membership_id, "part_01", description="first", tags={"a": "b"})
    assert (association["name"], association["roleArn"]) == ("acx_part_01", ROLE)
    assert association["configuredTableId"] == world.table_id("part_01")
    assert "childResources" not in association
    other_role = ROLE.replace("cleanrooms-glue-s3-access", "other-role")
    changed = client.update_configured_table_association(**identify(association), roleArn=other_role)
    assert changed["configuredTableAssociation"]["roleArn"] == other_role
    changed = client.update_configured_table_association(**identify(association), description="second")
    assert changed["configuredTableAssociation"]["roleArn"] == other_role
    assert changed["configuredTableAssociation"]["description"] == "second"
    found = client.get_configured_table_association(**identify(association))["configuredTableAssociation"]
    assert found == changed["configuredTableAssociation"]
    (summary,) = client.list_configured_table_associations(membershipIdentifier=membership_id)[
        "configuredTableAssociationSummaries"
    ]
    assert {"roleArn", "description"}.isdisjoint(summary)
    assert summary["analysisRuleTypes"] == []
    world.add_rule(association, [PARTNER])
    (summary,) = client.list_configured_table_associations(membershipIdentifier=membership_id)[
        "configuredTableAssociationSummaries"
    ]
    assert summary["analysisRuleTypes"] == ["CUSTOM"]
    client.delete_configured_table_association(**identify(association))
    refused(
        client.exceptions.ResourceNotFoundException, client.get_configured_table_association, **identify(association)
    )
    again = world.associate(membership_id, "part_01")
    assert again["id"] != association["id"]
    assert again["analysisRuleTypes"] == []


def test_name_and_table_are_unique_in_a_membership(world: World, refused: Refused) -> None:
    client = world.client()
    membership_id = world.join()
    first = world.associate(membership_id, "part_01")
    for table, name in (("part_02", "acx_part_01"), ("part_01", "another")):
        response = refused(
            client.exceptions.ConflictException,
            lambda table=table, name=name: world.associate(membership_id, table, name=name),
        )
        assert response["reason"] == "ALREADY_EXISTS"
        assert (response["resourceType"], response["resourceId"]) == ("CONFIGURED_TABLE_ASSOCIATION", first["id"])
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 409


def test_an_association_needs_our_membership_table_and_role(world: World, refused: Refused) -> None:
    client = world.client()
    membership_id = world.join()
    missing, invalid = client.exceptions.ResourceNotFoundException, client.exceptions.ValidationException
    response = refused(missing, lambda: world.associate(UNKNOWN, "part_01"))
    assert response["resourceType"] == "MEMBERSHIP"
    response = refused(missing, lambda: world.associate(membership_id, "crm"))
    assert response["resourceType"] == "CONFIGURED_TABLE"
    for role in (ROLE + "-typo", ROLE.replace(PROVIDER, PARTNER)):
        response = refused(invalid, lambda role=role: world.associate(membership_id, "part_01", roleArn=role))
        assert response["reason"] == "INVALID_CONFIGURATION"
        assert role in response["Error"]["Message"]
    partner_membership = world.client(PARTNER).list_memberships()["membershipSummaries"][0]["id"]
    refused(missing, lambda: world.associate(partner_membership, "part_01"))


def test_intermediate_tables_block_the_delete(world: World, refused: Refused) -> None:
    membership_id = world.join()
    world.control.add(
        memberships=[
            {
                "collaboration": "Partner",
                "account": PROVIDER,
                "associations": [
                    {
                        "tables": "part_01",
                        "role": "cleanrooms-glue-s3-access",
                        "intermediate_tables": ["reach"],
                    }
                ],
            }
        ]
    )
    client = world.client()
    (summary,) = client.list_configured_table_associations(membershipIdentifier=membership_id)[
        "configuredTableAssociationSummaries"
    ]
    association = client.get_configured_table_association(**identify(summary))["configuredTableAssociation"]
    assert [child["resourceName"] for child in association["childResources"]] == ["reach"]
    response = refused(
        client.exceptions.ConflictException, client.delete_configured_table_association, **identify(summary)
    )
    assert (response["reason"], response["resourceId"]) == ("SUBRESOURCES_EXIST", summary["id"])


def test_a_rule_from_creation_to_deletion(world: World, refused: Refused) -> None:
    client = world.client()
    association = world.associate(world.join(), "part_01")
    rule_identity = {**identify(association), "analysisRuleType": "CUSTOM"}
    missing = client.exceptions.ResourceNotFoundException
    refused(missing, client.get_configured_table_association_analysis_rule, **rule_identity)
    rule = world.add_rule(association, [PARTNER])
    assert rule["policy"] == {"v1": {"custom": {"allowedResultReceivers": [PARTNER]}}}
    response = refused(client.exceptions.ConflictException, lambda: world.add_rule(association, [PARTNER]))
    assert (response["reason"], response["resourceId"]) == ("ALREADY_EXISTS", association["id"])
    empty: dict[str, Any] = {"v1": {"custom": {"allowedResultReceivers": []}}}
    client.update_configured_table_association_analysis_rule(**rule_identity, analysisRulePolicy=empty)
    found = client.get_configured_table_association_analysis_rule(**rule_identity)["analysisRule"]
    assert found["policy"] == empty
    client.delete_configured_table_association_analysis_rule(**rule_identity)
    refused(missing, client.delete_configured_table_association_analysis_rule, **rule_identity)
    refused(
        missing, client.update_configured_table_association_analysis_rule, **rule_identity, analysisRulePolicy=empty
    )


@pytest.mark.parametrize(
    ("table", "rule_type", "allowed"),
    [
        ("part_01", "CUSTOM", True),
        ("part_01", "LIST", False),
        ("a_list", "LIST", True),
        ("a_list", "CUSTOM", False),
        ("an_aggregation", "AGGREGATION", True),
        ("bare", "CUSTOM", False),
    ],
)
def test_a_rule_has_the_type_of_its_table(
    world: World, refused: Refused, table: str, rule_type: str, allowed: bool
) -> None:
    association = world.associate(world.join(), table)
    if allowed:
        assert world.add_rule(association, [PARTNER], rule_type)["type"] == rule_type
    else:
        invalid = world.client().exceptions.ValidationException
        response = refused(invalid, lambda: world.add_rule(association, [PARTNER], rule_type))
        assert response["reason"] == "INVALID_CONFIGURATION"


def test_a_policy_fits_the_type_of_its_rule(world: World, refused: Refused) -> None:
    client = world.client()
    association = world.associate(world.join(), "part_01")
    refused(
        client.exceptions.ValidationException,
        client.create_configured_table_association_analysis_rule,
        **identify(association),
        analysisRuleType="CUSTOM",
        analysisRulePolicy={"v1": {"list": {"allowedResultReceivers": [PARTNER]}}},
    )


@pytest.mark.parametrize("receivers", [[PROVIDER], [PANEL], [OUTSIDER], [PARTNER, PANEL]])
def test_receivers_are_other_members_who_can_receive(world: World, refused: Refused, receivers: list[str]) -> None:
    client = world.client()
    association = world.associate(world.join(), "part_01")
    response = refused(client.exceptions.ValidationException, lambda: world.add_rule(association, receivers))
    assert response["reason"] == "INVALID_CONFIGURATION"
    assert receivers[-1] in response["Error"]["Message"]
    refused(
        client.exceptions.ResourceNotFoundException,
        client.get_configured_table_association_analysis_rule,
        **identify(association),
        analysisRuleType="CUSTOM",
    )


def test_a_receiver_need_not_have_joined_but_must_not_have_gone(world: World, refused: Refused) -> None:
    member = {"collaboration": "Partner", "account": OUTSIDER, "abilities": ["CAN_RECEIVE_RESULTS"]}
    world.control.add(members=[{**member, "status": "INVITED"}])
    membership_id = world.join()
    world.add_rule(world.associate(membership_id, "part_01"), [OUTSIDER])
    association = world.associate(membership_id, "part_02")
    for status in ("LEFT", "REMOVED"):
        world.control.add(members=[{**member, "status": status}])
        refused(world.client().exceptions.ValidationException, lambda: world.add_rule(association, [OUTSIDER]))


def test_of_two_at_once_one_wins(world: World) -> None:
    membership_id = world.join()
    world.control.settings(write_latency_ms=20)

    def attempt(_number: int) -> str:
        try:
            world.associate(membership_id, "part_01")
        except world.client().exceptions.ConflictException:
            return "conflict"
        return "created"

    world.client()
    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(attempt, range(8))) == ["conflict"] * 7 + ["created"]
    assert world.control.counts()["resources"]["table_associations"] == 1
