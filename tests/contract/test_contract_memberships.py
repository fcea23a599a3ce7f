# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Invitations, members, joining, paying and leaving."""

from __future__ import annotations

from typing import Any

import pytest
from contract_world import PAYS, PAYS_NOT, QUERIES, RECEIVES, Data, World, identify, listed, refused, row, unknown

CREATE_MEMBERSHIP = "API reference, CreateMembership"


def members(world: World, collaboration_id: str, client: Any = None) -> dict[str, Data]:
    """The members by account, as the partner or another account sees them."""
    found = listed(client or world.partner, "list_members", collaborationIdentifier=collaboration_id)
    return {one["accountId"]: one for one in found}


def ids(client: Any, operation: str, **parameters: Any) -> list[str]:
    return [one["id"] for one in listed(client, operation, **parameters)]


def remove(world: World, collaboration_id: str, account_id: str) -> None:
    world.partner.delete_member(collaborationIdentifier=collaboration_id, accountId=account_id)


@row("who may join", source=CREATE_MEMBERSHIP, sure="documented")
def test_an_invitation_becomes_a_membership(world: World) -> None:
    provider, identity = world.provider, world.collaborate()
    (invitation,) = (
        one for one in listed(provider, "list_collaborations", memberStatus="INVITED") if one["id"] == identity
    )
    assert (invitation["creatorAccountId"], invitation["memberStatus"]) == (world.partner_id, "INVITED")
    assert "membershipId" not in invitation
    membership = world.join(identity, tags={"Team": "Data"})
    assert identity not in ids(provider, "list_collaborations", memberStatus="INVITED")
    (active,) = (one for one in listed(provider, "list_collaborations", memberStatus="ACTIVE") if one["id"] == identity)
    assert (active["membershipId"], active["membershipArn"]) == (membership["id"], membership["arn"])
    assert membership["id"] in ids(provider, "list_memberships", status="ACTIVE")
    assert membership["id"] not in ids(provider, "list_memberships", status="REMOVED")
    assert membership["arn"].endswith(f":{world.provider_id}:membership/{membership['id']}")
    assert membership["collaborationArn"].endswith(f":{world.partner_id}:collaboration/{identity}")
    assert provider.get_membership(membershipIdentifier=membership["id"])["membership"] == membership
    assert provider.list_tags_for_resource(resourceArn=membership["arn"])["tags"] == {"Team": "Data"}


@row("who may join", source=CREATE_MEMBERSHIP, sure="documented")
def test_only_the_invited_join_and_only_once(world: World) -> None:
    membership = world.join()
    response = refused("ConflictException", world.join, collaboration_id=membership["collaborationId"])
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert (response["reason"], response["resourceType"]) == ("ALREADY_EXISTS", "MEMBERSHIP")
    assert response["resourceId"] == membership["id"]
    refused("AccessDeniedException", world.join, collaboration_id=world.collaborate(members=[]))
    refused("ResourceNotFoundException", world.join, collaboration_id=unknown())


@row("leaving is for good", source="user guide, leave-collab", sure="guess")
def test_who_left_cannot_join_again(world: World) -> None:
    membership = world.join()
    identity = membership["collaborationId"]
    world.provider.delete_membership(membershipIdentifier=membership["id"])
    assert identity not in ids(world.provider, "list_collaborations")
    assert membership["id"] not in ids(world.provider, "list_memberships")
    refused("AccessDeniedException", world.join, collaboration_id=identity)
    left = members(world, identity)[world.provider_id]
    assert (left["status"], left.get("membershipId")) == ("LEFT", None)


@row("leaving is for good", source="user guide, leave-collab", sure="guess")
def test_creators_leave_by_deleting_the_collaboration(world: World) -> None:
    identity = world.collaborate()
    own = {"membershipIdentifier": members(world, identity)[world.partner_id]["membershipId"]}
    response = refused("ConflictException", world.partner.delete_membership, **own)
    assert (response["reason"], response["resourceType"]) == ("INVALID_STATE", "COLLABORATION")
    world.partner.delete_collaboration(collaborationIdentifier=identity)
    world.partner.delete_membership(**own)


@row("members who neither left", source="acceptance tests of Terraform's AWS provider", sure="documented")
def test_who_sees_and_changes_a_collaboration(world: World) -> None:
    provider, partner, identity = world.provider, world.partner, world.collaborate()
    seen = provider.get_collaboration(collaborationIdentifier=identity)["collaboration"]
    assert (seen["id"], seen["memberStatus"], seen["description"]) == (identity, "INVITED", "For a test")
    calls = (provider.get_collaboration, provider.update_collaboration, provider.delete_collaboration)
    for call in calls[1:]:
        refused("AccessDeniedException", call, collaborationIdentifier=identity)
    changed = partner.update_collaboration(collaborationIdentifier=identity, name="Renamed")["collaboration"]
    assert (changed["name"], changed["description"]) == ("Renamed", "For a test")
    remove(world, identity, world.provider_id)
    for not_ours in (identity, unknown(), world.collaborate(members=[])):
        for call in calls:
            refused("AccessDeniedException", call, collaborationIdentifier=not_ours)


@row("ListMembers, ListSchemas", source="the model has both", sure="guess")
def test_unknown_and_foreign_collaborations(world: World) -> None:
    provider = world.provider
    calls: list[tuple[Any, Data]] = [
        (provider.list_members, {}),
        (provider.list_schemas, {}),
        (provider.get_schema, {"name": "acx_part"}),
        (provider.batch_get_schema, {"names": ["acx_part"]}),
        (provider.batch_get_schema_analysis_rule, {"schemaAnalysisRuleRequests": [{"name": "acx", "type": "CUSTOM"}]}),
        (provider.delete_member, {"accountId": world.third_id}),
    ]
    foreign, invited, nowhere = world.collaborate(members=[]), world.collaborate(), unknown()
    for call, parameters in calls:
        refused("ResourceNotFoundException", call, collaborationIdentifier=nowhere, **parameters)
        refused("AccessDeniedException", call, collaborationIdentifier=foreign, **parameters)
        if call != provider.list_members:  # the rest is for active members, or the creator alone
            refused("AccessDeniedException", call, collaborationIdentifier=invited, **parameters)
    assert members(world, invited, provider)[world.provider_id]["status"] == "INVITED"


@row("ListMembers, ListSchemas", source="the model has both", sure="guess")
def test_who_can_be_removed(world: World) -> None:
    identity = world.join()["collaborationId"]
    call = world.partner.delete_member
    refused(
        "AccessDeniedException",
        world.provider.delete_member,
        collaborationIdentifier=identity,
        accountId=world.partner_id,
    )
    refused("ValidationException", call, collaborationIdentifier=identity, accountId=world.partner_id)
    refused("ResourceNotFoundException", call, collaborationIdentifier=identity, accountId=world.third_id)
    remove(world, identity, world.provider_id)
    response = refused("ConflictException", call, collaborationIdentifier=identity, accountId=world.provider_id)
    assert response["reason"] == "INVALID_STATE"


@row("the creator is INVITED", source="moto does the same", sure="documented")
def test_the_creator_joins_like_the_others(world: World) -> None:
    identity = world.collaborate(joined=False)
    assert [one["status"] for one in members(world, identity).values()] == ["INVITED", "INVITED"]
    membership = world.join(identity, client=world.partner)
    assert members(world, identity)[world.partner_id]["status"] == "ACTIVE"
    assert members(world, identity)[world.partner_id]["membershipId"] == membership["id"]
    twice = [world.member(), world.member()]
    refused("ValidationException", world.collaborate, members=twice)


@row("payment:", source="model, MembershipQueryComputePaymentConfig", sure="documented")
@pytest.mark.parametrize(
    ("pays", "abilities", "accepted", "allowed"),
    [
        (True, [], None, False),
        (True, [], PAYS_NOT, False),
        (True, [], PAYS, True),
        (True, [QUERIES], None, True),
        (True, [QUERIES], PAYS_NOT, False),
        (False, [], None, True),
        (False, [], PAYS_NOT, True),
        (False, [], PAYS, False),
    ],
)
def test_a_payer_must_consent(
    world: World, pays: bool, abilities: list[str], accepted: Data | None, allowed: bool
) -> None:
    duty, other = (PAYS, PAYS_NOT) if pays else (PAYS_NOT, PAYS)
    identity = world.collaborate(
        joined=False,
        creatorMemberAbilities=[RECEIVES] if abilities else [QUERIES, RECEIVES],
        creatorPaymentConfiguration=other,
        members=[world.member(tuple(abilities), paymentConfiguration=duty)],
    )
    values = {} if accepted is None else {"paymentConfiguration": accepted}
    if allowed:
        membership = world.join(identity, **values)
        assert membership["paymentConfiguration"] == duty
        update = world.provider.update_membership
        within = {"membershipIdentifier": membership["id"]}
        refused("ValidationException", update, **within, membershipPaymentConfiguration=other)
    else:
        response = refused("ValidationException", world.join, collaboration_id=identity, **values)
        assert "queryCompute" in response["Error"]["Message"]


@row("who can query pays", source="model, PaymentConfiguration", sure="documented")
@pytest.mark.parametrize(("abilities", "payments"), [((QUERIES,), [PAYS_NOT, PAYS]), ((), [PAYS, PAYS_NOT])])
def test_who_can_query_pays(world: World, abilities: tuple[str, ...], payments: list[Data]) -> None:
    creator = [RECEIVES] if abilities else [QUERIES, RECEIVES]
    identity = world.collaborate(joined=False, creatorMemberAbilities=creator, members=[world.member(abilities)])
    found = members(world, identity)
    assert [found[account]["paymentConfiguration"] for account in (world.partner_id, world.provider_id)] == payments
    assert [found[account]["abilities"] for account in found] == [creator, list(abilities)]


@row("`defaultResultConfiguration`", source="user guide, create-membership", sure="guess")
@pytest.mark.parametrize("allowed", [True, False])
def test_result_configuration_is_for_receivers(world: World, allowed: bool) -> None:
    output = {"s3": {"resultFormat": "PARQUET", "bucket": "results"}}
    configuration = {"outputConfiguration": output, "roleArn": world.roles[0]}
    identity = world.collaborate(members=[world.member((RECEIVES,) if allowed else ())])
    if allowed:
        membership = world.join(identity, defaultResultConfiguration=configuration)
        assert membership["defaultResultConfiguration"] == configuration
    else:
        refused("ValidationException", world.join, collaboration_id=identity, defaultResultConfiguration=configuration)


@row("`isMetricsEnabled`", source="model, CreateMembership", sure="guess")
@pytest.mark.parametrize(
    ("collaboration", "pays", "allowed"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_metrics_are_for_runners_and_payers(world: World, collaboration: bool, pays: bool, allowed: bool) -> None:
    duty, other = (PAYS, PAYS_NOT) if pays else (PAYS_NOT, PAYS)
    identity = world.collaborate(
        joined=False,
        isMetricsEnabled=collaboration,
        creatorPaymentConfiguration=other,
        members=[world.member(paymentConfiguration=duty)],
    )
    values = {"isMetricsEnabled": True, "paymentConfiguration": duty}
    if allowed:
        assert world.join(identity, **values)["isMetricsEnabled"] is True
    else:
        refused("ValidationException", world.join, collaboration_id=identity, **values)


@row("a membership with associations", source="API reference, DeleteMembership", sure="guess")
def test_a_membership_with_associations_cannot_be_deleted(world: World) -> None:
    provider, membership = world.provider, world.join()
    within = {"membershipIdentifier": membership["id"]}
    table, namespace = world.associate(membership), world.namespace(membership)
    for delete, association in (
        (provider.delete_configured_table_association, table),
        (provider.delete_id_namespace_association, namespace),
    ):
        response = refused("ConflictException", provider.delete_membership, **within)
        assert (response["reason"], response["resourceType"]) == ("SUBRESOURCES_EXIST", "MEMBERSHIP")
        delete(**identify(association))
    provider.delete_membership(**within)


@row("a removed member", source="API reference, DeleteMember", sure="guess")
@pytest.mark.parametrize("status", ["REMOVED", "COLLABORATION_DELETED"])
def test_what_is_left_after_the_end(world: World, status: str) -> None:
    provider, membership, table = world.provider, world.join(), world.table()
    identity, within = membership["collaborationId"], {"membershipIdentifier": membership["id"]}
    association, namespace = world.associate(membership, table), world.namespace(membership)
    schemas = world.partner.list_schemas
    assert schemas(collaborationIdentifier=identity)["schemaSummaries"]
    if status == "REMOVED":
        remove(world, identity, world.provider_id)
        assert schemas(collaborationIdentifier=identity)["schemaSummaries"] == []
    else:
        world.partner.delete_collaboration(collaborationIdentifier=identity)
    assert provider.get_membership(**within)["membership"]["status"] == status
    assert membership["id"] in ids(provider, "list_memberships", status=status)
    assert membership["id"] not in ids(provider, "list_memberships", status="ACTIVE")
    assert identity not in ids(provider, "list_collaborations")
    assert ids(provider, "list_configured_table_associations", **within) == [association["id"]]
    update_table, update_namespace = (
        provider.update_configured_table_association,
        provider.update_id_namespace_association,
    )
    for call, parameters in (
        (world.associate, {"membership": membership, "table_id": table}),
        (world.namespace, {"membership": membership}),
        (provider.update_membership, {**within, "queryLogStatus": "ENABLED"}),
        (update_table, {**identify(association), "description": "new"}),
        (world.rule, {"association": association, "receivers": []}),
    ):
        assert refused("ConflictException", call, **parameters)["reason"] == "INVALID_STATE"
    refused("ValidationException", update_namespace, **identify(namespace), name="Third")
    provider.delete_configured_table_association(**identify(association))
    provider.delete_id_namespace_association(**identify(namespace))
    provider.delete_membership(**within)


@row("an update keeps", source="model", sure="documented")
def test_an_update_keeps_what_is_not_given(world: World) -> None:
    membership = world.join()
    within = {"membershipIdentifier": membership["id"]}
    jobs = {"queryCompute": {"isResponsible": False}, "jobCompute": {"isResponsible": False}}
    for change in (
        {"queryLogStatus": "ENABLED"},
        {"jobLogStatus": "ENABLED"},
        {"membershipPaymentConfiguration": jobs},
    ):
        world.provider.update_membership(**within, **change)
    changed = world.provider.get_membership(**within)["membership"]
    expected = {"queryLogStatus": "ENABLED", "jobLogStatus": "ENABLED", "paymentConfiguration": jobs}
    assert changed == {**membership, **expected, "updateTime": changed["updateTime"]}
    assert changed["updateTime"] >= membership["updateTime"]
