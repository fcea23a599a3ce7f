# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Invitations, members, joining, paying and leaving."""

from __future__ import annotations

import re
from typing import Any

import pytest
from contract_world import QUERIES, RECEIVES, Data, World, identify, ids, keys, listed, refused, row, unknown

PAYS, PAYS_NOT = ({"queryCompute": {"isResponsible": pays}} for pays in (True, False))


def invite_payer(world: World, pays: bool, abilities: tuple[str, ...] = (), **more: Any) -> str:
    """A collaboration in which the provider pays, or the partner; nobody has joined it."""
    duty, other = (PAYS, PAYS_NOT) if pays else (PAYS_NOT, PAYS)
    creator = [RECEIVES] if QUERIES in abilities else [QUERIES, RECEIVES]
    values = {"creatorMemberAbilities": creator, "creatorPaymentConfiguration": other, **more}
    return world.collaborate(joined=False, members=[world.member(abilities, paymentConfiguration=duty)], **values)


def members(world: World, collaboration_id: str, client: Any = None) -> dict[str, Data]:
    """The members by account, as the partner or another account sees them."""
    found = listed(client or world.partner, "list_members", collaborationIdentifier=collaboration_id)
    return {one["accountId"]: one for one in found}


@row("who may join")
def test_an_invitation_becomes_a_membership(world: World) -> None:
    provider, identity = world.provider, world.collaborate()

    def found(status: str) -> dict[str, Data]:
        return {one["id"]: one for one in listed(provider, "list_collaborations", memberStatus=status)}

    invitation = found("INVITED")[identity]
    assert (invitation["creatorAccountId"], invitation["memberStatus"]) == (world.partner_id, "INVITED")
    assert "membershipId" not in invitation
    membership = world.join(identity, tags={"Team": "Data"})
    assert identity not in found("INVITED")
    joined = found("ACTIVE")[identity]
    assert (joined["membershipId"], joined["membershipArn"]) == (membership["id"], membership["arn"])
    assert membership["id"] in ids(provider, "list_memberships", status="ACTIVE")
    assert membership["arn"].endswith(f":{world.provider_id}:membership/{membership['id']}")
    assert membership["collaborationArn"].endswith(f":{world.partner_id}:collaboration/{identity}")
    assert provider.get_membership(membershipIdentifier=membership["id"])["membership"] == membership
    response = refused("ConflictException", world.join, collaboration_id=identity)
    assert (response["reason"], response["resourceType"]) == ("ALREADY_EXISTS", "MEMBERSHIP")
    assert (response["resourceId"], response["ResponseMetadata"]["HTTPStatusCode"]) == (membership["id"], 409)
    refused("AccessDeniedException", world.join, collaboration_id=world.collaborate(members=[]))
    refused("ResourceNotFoundException", world.join, collaboration_id=unknown())


@row("a membership with associations")
@row("leaving is for good")
def test_leaving(world: World) -> None:
    provider, partner, membership = world.provider, world.partner, world.join()
    key, identity = keys(membership)
    for delete, association in (
        (provider.delete_configured_table_association, world.associate(membership)),
        (provider.delete_id_namespace_association, world.namespace(membership)),
    ):
        response = refused("ConflictException", provider.delete_membership, **key)
        assert (response["reason"], response["resourceType"]) == ("SUBRESOURCES_EXIST", "MEMBERSHIP")
        delete(**identify(association))
    provider.delete_membership(**key)
    assert membership["collaborationId"] not in ids(provider, "list_collaborations")
    assert membership["id"] not in ids(provider, "list_memberships")
    refused("AccessDeniedException", world.join, collaboration_id=membership["collaborationId"])
    found = members(world, membership["collaborationId"])
    left = found[world.provider_id]
    assert (left["status"], left.get("membershipId")) == ("LEFT", None)
    creators = {"membershipIdentifier": found[world.partner_id]["membershipId"]}
    response = refused("ConflictException", partner.delete_membership, **creators)
    assert (response["reason"], response["resourceType"]) == ("INVALID_STATE", "COLLABORATION")
    partner.delete_collaboration(**identity)
    partner.delete_membership(**creators)


@row("members who neither left")
def test_who_sees_and_changes_a_collaboration(world: World) -> None:
    provider, partner, identity = world.provider, world.partner, world.collaborate()
    seen = provider.get_collaboration(collaborationIdentifier=identity)["collaboration"]
    assert (seen["id"], seen["memberStatus"], seen["description"]) == (identity, "INVITED", "For a test")
    calls = (provider.get_collaboration, provider.update_collaboration, provider.delete_collaboration)
    for call in calls[1:]:
        refused("AccessDeniedException", call, collaborationIdentifier=identity)
    changed = partner.update_collaboration(collaborationIdentifier=identity, name="Renamed")["collaboration"]
    assert (changed["name"], changed["description"]) == ("Renamed", "For a test")
    partner.delete_member(collaborationIdentifier=identity, accountId=world.provider_id)
    for not_ours in (identity, unknown(), world.collaborate(members=[])):
        for call in calls:
            refused("AccessDeniedException", call, collaborationIdentifier=not_ours)


@row("ListMembers, ListSchemas")
def test_unknown_and_foreign_collaborations(world: World) -> None:
    provider, foreign, invited = world.provider, world.collaborate(members=[]), world.collaborate()
    calls: list[tuple[Any, Data]] = [
        (provider.list_members, {}),
        (provider.list_schemas, {}),
        (provider.get_schema, {"name": "acx_part"}),
        (provider.batch_get_schema, {"names": ["acx_part"]}),
        (provider.batch_get_schema_analysis_rule, {"schemaAnalysisRuleRequests": [{"name": "acx", "type": "CUSTOM"}]}),
        (provider.delete_member, {"accountId": world.partner_id}),
    ]
    for call, parameters in calls:
        refused("ResourceNotFoundException", call, collaborationIdentifier=unknown(), **parameters)
        refused("AccessDeniedException", call, collaborationIdentifier=foreign, **parameters)
        if call != provider.list_members:  # the rest is for active members, or the creator alone
            refused("AccessDeniedException", call, collaborationIdentifier=invited, **parameters)
    assert members(world, invited, provider)[world.provider_id]["status"] == "INVITED"
    delete, key = world.partner.delete_member, {"collaborationIdentifier": invited}
    refused("ValidationException", delete, **key, accountId=world.partner_id)
    refused("ResourceNotFoundException", delete, **key, accountId=world.third_id)
    delete(**key, accountId=world.provider_id)
    assert refused("ConflictException", delete, **key, accountId=world.provider_id)["reason"] == "INVALID_STATE"


@row("how a collaboration is set up")
def test_how_a_collaboration_is_set_up(world: World) -> None:
    encryption = ("allowCleartext", "allowDuplicates", "allowJoinsOnColumnsWithDifferentNames", "preserveNulls")
    settings: Data = {
        "dataEncryptionMetadata": {key: key == "preserveNulls" for key in encryption},
        "jobLogStatus": "ENABLED",
        "analyticsEngine": "SPARK",
        "allowedResultRegions": ["us-east-1"],
        "isMetricsEnabled": True,
    }
    changes = ["ADD_MEMBER", "REVOKE_RECEIVE_RESULTS_ABILITY"]
    identity = world.collaborate(**settings, autoApprovedChangeRequestTypes=changes)
    seen = world.provider.get_collaboration(collaborationIdentifier=identity)["collaboration"]
    expected = {**settings, "autoApprovedChangeTypes": changes}
    assert {key: seen[key] for key in expected} == expected
    (summary,) = (one for one in listed(world.provider, "list_collaborations") if one["id"] == identity)
    assert {*expected} & {*summary} == {"analyticsEngine"}
    plain = world.provider.get_collaboration(collaborationIdentifier=world.collaborate())["collaboration"]
    assert not {*expected} & {*plain}


@row("the creator is INVITED")
def test_the_creator_joins_like_the_others(world: World) -> None:
    identity = world.collaborate(joined=False)
    before = members(world, identity).values()
    assert [(one["status"], "membershipArn" in one) for one in before] == [("INVITED", False)] * 2
    membership = world.join(identity, client=world.partner)
    found = members(world, identity)[world.partner_id]
    assert (found["status"], found["membershipId"]) == ("ACTIVE", membership["id"])
    assert found["membershipArn"] == membership["arn"]
    refused("ValidationException", world.collaborate, members=[world.member(), world.member()])


@row("payment:")
@pytest.mark.parametrize(
    ("pays", "abilities", "accepted", "allowed"),
    [
        (True, (), None, False),
        (True, (), PAYS_NOT, False),
        (True, (), PAYS, True),
        (True, (QUERIES,), None, True),
        (True, (QUERIES,), PAYS_NOT, False),
        (False, (), None, True),
        (False, (), PAYS_NOT, True),
        (False, (), PAYS, False),
    ],
)
def test_a_payer_must_consent(
    world: World, pays: bool, abilities: tuple[str, ...], accepted: Data | None, allowed: bool
) -> None:
    values = {"collaboration_id": invite_payer(world, pays, abilities), "paymentConfiguration": accepted}
    if not allowed:
        assert "queryCompute" in refused("ValidationException", world.join, **values)["Error"]["Message"]
        return
    membership = world.join(**values)
    duty, other = (PAYS, PAYS_NOT) if pays else (PAYS_NOT, PAYS)
    assert membership["paymentConfiguration"] == duty
    update = {"membershipIdentifier": membership["id"], "membershipPaymentConfiguration": other}
    refused("ValidationException", world.provider.update_membership, **update)


@row("who can query pays")
@pytest.mark.parametrize(("abilities", "payments"), [((QUERIES,), [PAYS_NOT, PAYS]), ((), [PAYS, PAYS_NOT])])
def test_who_can_query_pays(world: World, abilities: tuple[str, ...], payments: list[Data]) -> None:
    creator = [RECEIVES] if abilities else [QUERIES, RECEIVES]
    invited = [world.member(abilities)]
    found = members(world, world.collaborate(joined=False, creatorMemberAbilities=creator, members=invited))
    both = [found[account] for account in (world.partner_id, world.provider_id)]
    assert [one["paymentConfiguration"] for one in both] == payments
    assert [one["abilities"] for one in both] == [creator, list(abilities)]


@row("`defaultResultConfiguration`")
def test_result_configuration_is_for_receivers(world: World) -> None:
    def values(role: str) -> Data:
        output = {"s3": {"resultFormat": "PARQUET", "bucket": "results"}}
        return {"defaultResultConfiguration": {"outputConfiguration": output, "roleArn": role}}

    refused("ValidationException", world.join, **values(world.roles[0]))
    identity = world.collaborate(members=[world.member((RECEIVES,))])
    wrong = values(world.roles[0] + "-typo")
    response = refused("ValidationException", world.join, collaboration_id=identity, **wrong)
    assert response["reason"] == "INVALID_CONFIGURATION"
    assert world.join(identity, **values(world.roles[0])).items() >= values(world.roles[0]).items()


@row("`isMetricsEnabled`")
def test_metrics_are_for_runners_and_payers(world: World) -> None:
    values = {"isMetricsEnabled": True, "paymentConfiguration": PAYS}
    assert world.join(invite_payer(world, True, isMetricsEnabled=True), **values)["isMetricsEnabled"] is True
    refused("ValidationException", world.join, collaboration_id=invite_payer(world, True), **values)
    without_duty = invite_payer(world, False, isMetricsEnabled=True)
    refused("ValidationException", world.join, collaboration_id=without_duty, isMetricsEnabled=True)


@row("a removed member")
@pytest.mark.parametrize("status", ["REMOVED", "COLLABORATION_DELETED"])
def test_what_is_left_after_the_end(world: World, status: str) -> None:
    provider, membership, table = world.provider, world.join(), world.table()
    key, identity = keys(membership)
    association, namespace = world.associate(membership, table), world.namespace(membership)
    assert listed(world.partner, "list_schemas", **identity)
    if status == "REMOVED":
        world.partner.delete_member(**identity, accountId=world.provider_id)
        assert listed(world.partner, "list_schemas", **identity) == []
    else:
        world.partner.delete_collaboration(**identity)
    assert provider.get_membership(**key)["membership"]["status"] == status
    assert membership["id"] in ids(provider, "list_memberships", status=status)
    assert membership["id"] not in ids(provider, "list_memberships", status="ACTIVE")
    assert membership["collaborationId"] not in ids(provider, "list_collaborations")
    assert ids(provider, "list_configured_table_associations", **key) == [association["id"]]
    for call, parameters in (
        (world.associate, {"membership": membership, "table_id": table}),
        (world.namespace, {"membership": membership}),
        (provider.update_membership, {**key, "queryLogStatus": "ENABLED"}),
        (provider.update_configured_table_association, {**identify(association), "description": "new"}),
        (world.rule, {"association": association, "receivers": []}),
    ):
        assert refused("ConflictException", call, **parameters)["reason"] == "INVALID_STATE"
    refused("ValidationException", provider.update_id_namespace_association, **identify(namespace), name="Third")
    provider.delete_configured_table_association(**identify(association))
    provider.delete_id_namespace_association(**identify(namespace))
    provider.delete_membership(**key)


@row("an update keeps")
def test_an_update_keeps_what_is_not_given(world: World) -> None:
    provider, membership = world.provider, world.join()
    table, namespace = world.associate(membership, description="first"), world.namespace(membership)
    mapping, payment = {"allowUseAsDimensionColumn": True}, {**PAYS_NOT, "jobCompute": {"isResponsible": False}}
    logs = {"queryLogStatus": "ENABLED", "jobLogStatus": "ENABLED"}
    for kind, identity, before, changes in (
        ("membership", keys(membership)[0], membership, {**logs, "membershipPaymentConfiguration": payment}),
        ("configuredTableAssociation", identify(table), table, {"roleArn": world.roles[1], "description": "second"}),
        ("idNamespaceAssociation", identify(namespace), namespace, {"name": "New", "idMappingConfig": mapping}),
    ):
        method = re.sub("([A-Z])", r"_\1", kind).lower()
        for name, value in changes.items():
            getattr(provider, f"update_{method}")(**identity, **{name: value})
        found = getattr(provider, f"get_{method}")(**identity)[kind]
        expected = {name.replace("membershipPayment", "payment"): value for name, value in changes.items()}
        assert found == {**before, **expected, "updateTime": found["updateTime"]}
        assert found["updateTime"] >= before["updateTime"]
