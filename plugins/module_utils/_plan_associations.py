# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done to one association itself: made, or its role and description. Pure: nothing here talks to AWS."""

from __future__ import annotations

from typing import Any

from ._plan import TABLE_ASSOCIATION, Action, difference
from ._plan_rules import address_of
from ._tables import TableOptions, TableState, association_name

Data = dict[str, Any]


def item_of(state: TableState, table: Data, association: Data) -> Data:
    """Return an association that is there in the shape of results."""
    item: Data = {
        "name": association["name"],
        "id": association["id"],
        "arn": association["arn"],
        "configured_table_id": table["id"],
        "configured_table_name": table["name"],
    }
    details = state.details.get(association["id"])
    if details:
        item["role_arn"] = details["roleArn"]
        if details.get("description"):
            item["description"] = details["description"]
    if association["id"] in state.tags:
        item["tags"] = state.tags[association["id"]]
    if association["id"] in state.rules:
        item["analysis_rule"] = state.rules[association["id"]]
    return item


def compare_association(options: TableOptions, state: TableState, association: Data, item: Data) -> list[Action]:
    """Return what makes role and description right, and put them into the item."""
    if not options.check_role:
        return []
    wanted: Data = {"role_arn": options.role}
    if options.description is not None:
        wanted["description"] = options.description
    before = {key: item.get(key, "") for key in wanted}
    if before == wanted:
        return []
    request = address_of(state, association)
    for key, parameter in (("role_arn", "roleArn"), ("description", "description")):
        if key in wanted and before[key] != wanted[key]:
            request[parameter] = wanted[key]
    item.update(wanted)
    return [
        Action("update", TABLE_ASSOCIATION, association["name"], difference(before, wanted), request, before, wanted)
    ]


def creation(options: TableOptions, state: TableState, table: Data, reason: str, old: Data) -> tuple[Data, Action]:
    """Return an association to be made, and the action; what the options leave open is as in the C(old) one."""
    name = association_name(options, table)
    item: Data = {"name": name, "configured_table_id": table["id"], "configured_table_name": table["name"]}
    item["role_arn"] = options.role
    request: Data = {
        "membershipIdentifier": state.membership_id,
        "configuredTableIdentifier": table["id"],
        "name": name,
        "roleArn": options.role,
    }
    description, tags = options.description, options.tags
    if description is None:
        description = old.get("description")
    # Tags that begin with aws: are AWS's own, and no request may set them.
    kept = {key: value for key, value in old.get("tags", {}).items() if not key.lower().startswith("aws:")}
    if tags is None or not options.purge_tags:
        tags = kept | (tags or {})
    for key, value in (("description", description), ("tags", tags)):
        if value:
            item[key] = request[key] = value
    after = {key: value for key, value in item.items() if key not in ("name", "configured_table_id")}
    return item, Action("create", TABLE_ASSOCIATION, name, reason, request, after=after)
