# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags of whatever has an ARN."""

from __future__ import annotations

from .errors import ServiceError
from .registry import Answer, Context, Parameters, operation
from .store import Membership, Resource


def find_resource(context: Context, arn: str) -> Resource:
    """The caller's own resource of this ARN. Only a collaboration's creator tags it."""
    *_prefix, region, account_id, path = arn.split(":")
    kind, *ids = path.split("/")
    store = context.store
    found: Resource | None = None
    if kind == "collaboration" and len(ids) == 1:
        found = store.collaborations.get(ids[0])
    elif kind == "configuredtable" and len(ids) == 1:
        found = store.tables.get(ids[0])
    elif kind == "configuredtableassociation" and len(ids) == 2 and ids[0] in store.memberships:
        found = store.memberships[ids[0]].associations.get(ids[1])
    elif kind == "membership" and ids and ids[0] in store.memberships:
        found = find_in_membership(store.memberships[ids[0]], ids[1:])
    owner = (context.account_id, context.region)
    if found is None or (found.account_id, found.region) != owner or (account_id, region) != owner:
        raise ServiceError(
            "ResourceNotFoundException",
            f"There is no resource {arn}.",
            resourceId=arn,
            resourceType="COLLABORATION" if kind == "collaboration" else "MEMBERSHIP",
        )
    return found


def find_in_membership(membership: Membership, path: list[str]) -> Resource | None:
    match path:
        case []:
            return membership
        case ["configuredtableassociation", association_id]:
            return membership.associations.get(association_id)
        case ["idnamespaceassociation", association_id]:
            return membership.namespaces.get(association_id)
    return None


@operation("ListTagsForResource")
def list_tags(context: Context, parameters: Parameters) -> Answer:
    return {"tags": find_resource(context, parameters["resourceArn"]).tags}


@operation("TagResource")
def tag_resource(context: Context, parameters: Parameters) -> Answer:
    find_resource(context, parameters["resourceArn"]).tags.update(parameters["tags"])
    return {}


@operation("UntagResource")
def untag_resource(context: Context, parameters: Parameters) -> Answer:
    tags = find_resource(context, parameters["resourceArn"]).tags
    for key in parameters["tagKeys"]:
        tags.pop(key, None)
    return {}
