# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Invitations, members, joining and leaving."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from emulator_world import OUTSIDER, PANEL, PARTNER, PROVIDER, ROLE, World

Refused = Callable[..., dict[str, Any]]
UNKNOWN = "00000000-0000-0000-0000-000000000000"
PAYS = {"queryCompute": {"isResponsible": True}}
PAYS_NOT = {"queryCompute": {"isResponsible": False}}


def test_an_invitation_becomes_a_membership(world: World) -> None:
    client = world.client()
    (invitation,) = client.list_collaborations(memberStatus="INVITED")["collaborationList"]
    assert invitation["creatorAccountId"] == PARTNER
    assert invitation["memberStatus"] == "INVITED"
    assert "membershipId" not in invitation
    membership_id = world.join(tags={"Team": "Data"})
    assert client.list_collaborations(memberStatus="INVITED")["collaborationList"] == []
    (active,) = client.list_collaborations(memberStatus="ACTIVE")["collaborationList"]
    assert active["membershipId"] == membership_id
    assert active["membershipArn"] == f"arn:aws:cleanrooms:us-east-1:{PROVIDER}:membership/{membership_id}"
    (summary,) = client.list_memberships(status="ACTIVE")["membershipSummaries"]
    assert summary["id"] == membership_id
    membership = client.get_membership(membershipIdentifier=membership_id)["membership"]
    assert membership["collaborationName"] == "Partner"
    assert membership["collaborationArn"].startswith(f"arn:aws:cleanrooms:us-east-1:{PARTNER}:collaboration/")
    assert membership["paymentConfiguration"] == PAYS_NOT
    assert client.list_tags_for_resource(resourceArn=membership["arn"])["tags"] == {"Team": "Data"}


def test_members_are_listed_for_the_invited_too(world: World, refused: Refused) -> None:
    members = world.client().list_members(collaborationIdentifier=world.collaboration_id)["memberSummaries"]
    assert [(one["accountId"], one["status"]) for one in members] == [
        (PARTNER, "ACTIVE"),
        (PROVIDER, "INVITED"),
        (PANEL, "ACTIVE"),
    ]
    assert members[0]["abilities"] == ["CAN_QUERY", "CAN_RECEIVE_RESULTS"]
    assert members[0]["paymentConfiguration"] == PAYS
    outsider = world.client(OUTSIDER)
    refused(
        outsider.exceptions.AccessDeniedException,
        outsider.list_members,
        collaborationIdentifier=world.collaboration_id,
    )
    refused(outsider.exceptions.ResourceNotFoundException, outsider.list_members, collaborationIdentifier=UNKNOWN)


def test_an_unknown_collaboration_is_access_denied(world: World, refused: Refused) -> None:
    for account, collaboration_id in ((PROVIDER, UNKNOWN), (OUTSIDER, world.collaboration_id)):
        client = world.client(account)
        refused(
            client.exceptions.AccessDeniedException,
            client.get_collaboration,
            collaborationIdentifier=collaboration_id,
        )


def test_only_the_invited_join_and_only_once(world: World, refused: Refused) -> None:
    client, outsider = world.client(), world.client(OUTSIDER)
    values = {"collaborationIdentifier": world.collaboration_id, "queryLogStatus": "DISABLED"}
    refused(outsider.exceptions.AccessDeniedException, outsider.create_membership, **values)
    refused(
        client.exceptions.ResourceNotFoundException,
        client.create_membership,
        **{**values, "collaborationIdentifier": UNKNOWN},
    )
    membership_id = world.join()
    response = refused(client.exceptions.ConflictException, client.create_membership, **values)
    assert (response["reason"], response["resourceType"]) == ("ALREADY_EXISTS", "MEMBERSHIP")
    assert response["resourceId"] == membership_id


def test_who_left_cannot_join_again(world: World, refused: Refused) -> None:
    client = world.client()
    client.delete_membership(membershipIdentifier=world.join())
    assert client.list_collaborations()["collaborationList"] == []
    assert client.list_memberships()["membershipSummaries"] == []
    refused(
        client.exceptions.AccessDeniedException,
        client.create_membership,
        collaborationIdentifier=world.collaboration_id,
        queryLogStatus="DISABLED",
    )
    members = world.client(PARTNER).list_members(collaborationIdentifier=world.collaboration_id)["memberSummaries"]
    (left,) = (one for one in members if one["accountId"] == PROVIDER)
    assert left["status"] == "LEFT"
    assert "membershipId" not in left


def test_a_membership_with_associations_cannot_be_deleted(world: World, refused: Refused) -> None:
    client = world.client()
    membership_id = world.join()
    association = world.associate(membership_id, "part_01")
    namespace = world.add_namespace(membership_id)
    for remove in (
        lambda: client.delete_configured_table_association(
            membershipIdentifier=membership_id, configuredTableAssociationIdentifier=association["id"]
        ),
        lambda: client.delete_id_namespace_association(
            membershipIdentifier=membership_id, idNamespaceAssociationIdentifier=namespace["id"]
        ),
    ):
        response = refused(
            client.exceptions.ConflictException, client.delete_membership, membershipIdentifier=membership_id
        )
        assert response["reason"] == "SUBRESOURCES_EXIST"
        remove()
    client.delete_membership(membershipIdentifier=membership_id)


@pytest.mark.parametrize(
    ("duty", "accepted", "allowed"),
    [
        ((True, []), None, False),
        ((True, []), PAYS_NOT, False),
        ((True, []), PAYS, True),
        ((True, ["CAN_QUERY"]), None, True),
        ((True, ["CAN_QUERY"]), PAYS_NOT, False),
        ((False, []), None, True),
        ((False, []), PAYS_NOT, True),
        ((False, []), PAYS, False),
    ],
)
def test_a_payer_must_consent(
    world: World, refused: Refused, duty: tuple[bool, list[str]], accepted: dict[str, Any] | None, allowed: bool
) -> None:
    pays, abilities = duty
    world.control.add(members=[{"collaboration": "Partner", "account": PROVIDER, "pays": pays, "abilities": abilities}])
    client = world.client()
    values: dict[str, Any] = {"collaborationIdentifier": world.collaboration_id, "queryLogStatus": "DISABLED"}
    if accepted is not None:
        values["paymentConfiguration"] = accepted
    if allowed:
        membership = client.create_membership(**values)["membership"]
        assert membership["paymentConfiguration"] == (PAYS if pays else PAYS_NOT)
    else:
        response = refused(client.exceptions.ValidationException, client.create_membership, **values)
        assert "queryCompute" in response["Error"]["Message"]


def test_an_update_keeps_what_is_not_given(world: World, refused: Refused) -> None:
    client = world.client()
    membership_id = world.join()
    client.update_membership(membershipIdentifier=membership_id, queryLogStatus="ENABLED", jobLogStatus="ENABLED")
    client.update_membership(membershipIdentifier=membership_id, jobLogStatus="DISABLED")
    membership = client.get_membership(membershipIdentifier=membership_id)["membership"]
    assert (membership["queryLogStatus"], membership["jobLogStatus"]) == ("ENABLED", "DISABLED")
    assert membership["updateTime"] >= membership["createTime"]
    jobs = {"jobCompute": {"isResponsible": False}}
    changed = client.update_membership(membershipIdentifier=membership_id, membershipPaymentConfiguration=jobs)
    assert changed["membership"]["paymentConfiguration"] == {**PAYS_NOT, **jobs}
    refused(
        client.exceptions.ValidationException,
        client.update_membership,
        membershipIdentifier=membership_id,
        membershipPaymentConfiguration=PAYS,
    )


def test_result_configuration_is_for_receivers(world: World, refused: Refused) -> None:
    client = world.client()
    configuration = {
        "outputConfiguration": {"s3": {"resultFormat": "PARQUET", "bucket": "results"}},
        "roleArn": ROLE,
    }
    values = {"collaborationIdentifier": world.collaboration_id, "queryLogStatus": "DISABLED"}
    refused(
        client.exceptions.ValidationException,
        client.create_membership,
        **values,
        defaultResultConfiguration=configuration,
    )
    world.control.add(members=[{"collaboration": "Partner", "account": PROVIDER, "abilities": ["CAN_RECEIVE_RESULTS"]}])
    membership = client.create_membership(**values, defaultResultConfiguration=configuration)["membership"]
    assert membership["defaultResultConfiguration"] == configuration


def test_a_removed_member_has_its_tables_to_itself(world: World, refused: Refused) -> None:
    client, partner = world.client(), world.client(PARTNER)
    membership_id = world.join()
    world.associate(membership_id, "part_01")
    assert partner.list_schemas(collaborationIdentifier=world.collaboration_id)["schemaSummaries"]
    partner.delete_member(collaborationIdentifier=world.collaboration_id, accountId=PROVIDER)
    assert client.get_membership(membershipIdentifier=membership_id)["membership"]["status"] == "REMOVED"
    assert client.list_memberships(status="ACTIVE")["membershipSummaries"] == []
    assert client.list_memberships(status="REMOVED")["membershipSummaries"][0]["id"] == membership_id
    assert client.list_collaborations()["collaborationList"] == []
    found = client.list_configured_table_associations(membershipIdentifier=membership_id)
    assert [one["name"] for one in found["configuredTableAssociationSummaries"]] == ["acx_part_01"]
    assert partner.list_schemas(collaborationIdentifier=world.collaboration_id)["schemaSummaries"] == []
    refused(
        client.exceptions.AccessDeniedException,
        client.list_members,
        collaborationIdentifier=world.collaboration_id,
    )
    response = refused(
        partner.exceptions.ConflictException,
        partner.delete_member,
        collaborationIdentifier=world.collaboration_id,
        accountId=PROVIDER,
    )
    assert response["reason"] == "INVALID_STATE"


@pytest.mark.parametrize("ending", ["REMOVED", "COLLABORATION_DELETED"])
def test_nothing_is_written_in_an_inactive_membership(world: World, refused: Refused, ending: str) -> None:
    client, partner = world.client(), world.client(PARTNER)
    membership_id = world.join()
    if ending == "REMOVED":
        partner.delete_member(collaborationIdentifier=world.collaboration_id, accountId=PROVIDER)
    else:
        partner.delete_collaboration(collaborationIdentifier=world.collaboration_id)
    assert client.get_membership(membershipIdentifier=membership_id)["membership"]["status"] == ending
    conflict = client.exceptions.ConflictException
    for call in (lambda: world.associate(membership_id, "part_01"), lambda: world.add_namespace(membership_id)):
        assert refused(conflict, call)["reason"] == "INVALID_STATE"
    update = refused(conflict, client.update_membership, membershipIdentifier=membership_id, queryLogStatus="ENABLED")
    assert update["reason"] == "INVALID_STATE"
    client.delete_membership(membershipIdentifier=membership_id)


def test_a_deleted_collaboration_leaves_clearing_up(world: World, refused: Refused) -> None:
    client = world.client()
    membership_id = world.join()
    association = world.associate(membership_id, "part_01")
    world.client(PARTNER).delete_collaboration(collaborationIdentifier=world.collaboration_id)
    assert client.list_collaborations()["collaborationList"] == []
    refused(
        client.exceptions.AccessDeniedException,
        client.get_collaboration,
        collaborationIdentifier=world.collaboration_id,
    )
    (summary,) = client.list_memberships(status="COLLABORATION_DELETED")["membershipSummaries"]
    assert summary["collaborationName"] == "Partner"
    identifiers = {"membershipIdentifier": membership_id, "configuredTableAssociationIdentifier": association["id"]}
    response = refused(
        client.exceptions.ConflictException,
        client.update_configured_table_association,
        **identifiers,
        description="new",
    )
    assert response["reason"] == "INVALID_STATE"
    client.delete_configured_table_association(**identifiers)
    client.delete_membership(membershipIdentifier=membership_id)


def test_the_creator_leaves_by_deleting_the_collaboration(world: World, refused: Refused) -> None:
    partner = world.client(PARTNER)
    (summary,) = partner.list_memberships()["membershipSummaries"]
    identity = {"membershipIdentifier": summary["id"]}
    response = refused(partner.exceptions.ConflictException, partner.delete_membership, **identity)
    assert (response["reason"], response["resourceType"]) == ("INVALID_STATE", "COLLABORATION")
    partner.delete_collaboration(collaborationIdentifier=world.collaboration_id)
    partner.delete_membership(**identity)


def test_only_the_creator_changes_a_collaboration(world: World, refused: Refused) -> None:
    client, partner = world.client(), world.client(PARTNER)
    collaboration_id = world.collaboration_id
    denied = client.exceptions.AccessDeniedException
    refused(denied, client.update_collaboration, collaborationIdentifier=collaboration_id, name="Mine")
    refused(denied, client.delete_collaboration, collaborationIdentifier=collaboration_id)
    refused(denied, client.delete_member, collaborationIdentifier=collaboration_id, accountId=PANEL)
    renamed = partner.update_collaboration(collaborationIdentifier=collaboration_id, name="Renamed")["collaboration"]
    assert (renamed["name"], renamed["description"]) == ("Renamed", "Partner")
    refused(
        partner.exceptions.ValidationException,
        partner.delete_member,
        collaborationIdentifier=collaboration_id,
        accountId=PARTNER,
    )
    refused(
        partner.exceptions.ResourceNotFoundException,
        partner.delete_member,
        collaborationIdentifier=collaboration_id,
        accountId=OUTSIDER,
    )


def test_a_new_collaboration_invites_its_members(world: World, refused: Refused) -> None:
    partner = world.client(PARTNER)
    values: dict[str, Any] = {
        "name": "New",
        "description": "For a test",
        "creatorDisplayName": "The partner",
        "creatorMemberAbilities": ["CAN_RECEIVE_RESULTS"],
        "members": [{"accountId": PROVIDER, "memberAbilities": ["CAN_QUERY"], "displayName": "Provider"}],
        "queryLogStatus": "ENABLED",
        "tags": {"a": "b"},
    }
    created = partner.create_collaboration(**values)["collaboration"]
    assert (created["memberStatus"], created["queryLogStatus"]) == ("INVITED", "ENABLED")
    assert partner.list_tags_for_resource(resourceArn=created["arn"])["tags"] == {"a": "b"}
    invited = world.client().list_collaborations(memberStatus="INVITED")["collaborationList"]
    assert [one["name"] for one in invited] == ["Partner", "New"]
    members = world.client().list_members(collaborationIdentifier=created["id"])["memberSummaries"]
    assert [one["paymentConfiguration"] for one in members] == [PAYS_NOT, PAYS]
    refused(
        partner.exceptions.ValidationException,
        partner.create_collaboration,
        **{**values, "members": values["members"] * 2},
    )
