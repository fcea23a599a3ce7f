# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ID namespace associations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator_world import NAMESPACE, World

Refused = Callable[..., dict[str, Any]]
SECOND = NAMESPACE.replace("ACXIdNamespace", "Second")


def identify(association: dict[str, Any]) -> dict[str, str]:
    return {
        "membershipIdentifier": association["membershipId"],
        "idNamespaceAssociationIdentifier": association["id"],
    }


def test_an_association_from_creation_to_deletion(world: World, refused: Refused) -> None:
    client = world.client()
    membership_id = world.join()
    association = world.add_namespace(membership_id)
    assert association["inputReferenceConfig"] == {"inputReferenceArn": NAMESPACE, "manageResourcePolicies": True}
    assert association["inputReferenceProperties"]["idNamespaceType"] == "SOURCE"
    assert association["collaborationId"] == world.collaboration_id
    assert "idMappingConfig" not in association
    changed = client.update_id_namespace_association(
        **identify(association),
        name="Renamed",
        description="new",
        idMappingConfig={"allowUseAsDimensionColumn": True},
    )["idNamespaceAssociation"]
    assert (changed["name"], changed["description"]) == ("Renamed", "new")
    assert changed["idMappingConfig"] == {"allowUseAsDimensionColumn": True}
    (summary,) = client.list_id_namespace_associations(membershipIdentifier=membership_id)[
        "idNamespaceAssociationSummaries"
    ]
    assert (summary["name"], summary["id"]) == ("Renamed", association["id"])
    assert client.get_id_namespace_association(**identify(association))["idNamespaceAssociation"] == changed
    client.delete_id_namespace_association(**identify(association))
    missing = client.exceptions.ResourceNotFoundException
    refused(missing, client.get_id_namespace_association, **identify(association))
    refused(missing, client.delete_id_namespace_association, **identify(association))


def test_name_and_namespace_are_unique_in_a_membership(world: World, refused: Refused) -> None:
    client = world.client()
    membership_id = world.join()
    first = world.add_namespace(membership_id)
    for name, arn in (("ACXIdNamespace", SECOND), ("Another", NAMESPACE)):
        response = refused(
            client.exceptions.ConflictException,
            lambda name=name, arn=arn: world.add_namespace(membership_id, name, arn),
        )
        assert (response["reason"], response["resourceId"]) == ("ALREADY_EXISTS", first["id"])
    world.add_namespace(membership_id, "Another", SECOND)


def test_an_update_conflict_is_a_validation_exception(world: World, refused: Refused) -> None:
    client = world.client()
    membership_id = world.join()
    world.add_namespace(membership_id)
    second = world.add_namespace(membership_id, "Second", SECOND)
    update = client.update_id_namespace_association
    refused(client.exceptions.ValidationException, update, **identify(second), name="ACXIdNamespace")
    assert update(**identify(second), name="Second")["idNamespaceAssociation"]["name"] == "Second"
    world.control.add(members=[{"collaboration": "Partner", "account": "111122223333", "status": "REMOVED"}])
    response = refused(client.exceptions.ValidationException, update, **identify(second), name="Third")
    assert "REMOVED" in response["Error"]["Message"]


def test_a_namespace_must_exist(world: World, refused: Refused) -> None:
    membership_id = world.join()
    response = refused(
        world.client().exceptions.ValidationException,
        lambda: world.add_namespace(membership_id, "Typo", NAMESPACE + "x"),
    )
    assert response["reason"] == "INVALID_CONFIGURATION"
