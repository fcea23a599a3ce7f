# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the info modules read and answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from ansible.module_utils.common.warnings import warn

from . import _api as api
from ._acceptance import collaboration_settings, member_facts, payments_of
from ._errors import CleanRoomsError, explain
from ._memberships import status_of
from ._namespaces import describe_namespace
from ._read import about, do_each, read_tables, text_in
from ._read_rules import read_rules
from ._readiness import readiness_of
from ._record import Record
from ._requests import Unreadable
from ._trust import abilities_of

Data = dict[str, Any]
DETAILS = ("members", "settings", "associations", "analysis_rules", "readiness", "roles", "id_namespace_associations")
UNKNOWN = "unknown"
NEED_ASSOCIATIONS = {"associations", "analysis_rules", "readiness", "roles"}


def answer_of(key: str, entries: list[Data]) -> Data:
    """Return everything an info module answers; with C(msg) and C(failed) where an entry has an error."""
    answer: Data = {"changed": False, key: entries}
    errors = [entry["error"] for entry in entries if "error" in entry]
    if errors:
        message = f"{len(errors)} of {len(entries)} {key} could not be read whole. {' '.join(errors)}"
        answer.update(msg=message, failed=True)
    return answer


def _note_error(entry: Data, error: CleanRoomsError) -> None:
    label = Record(name=entry["name"], collaboration_id=entry["collaboration_id"]).label
    entry["error"] = explain(error, collaboration=label)


def read_invitations(
    client: Any, wanted: Iterable[str] | None, ask_account_id: Callable[[], str], workers: int
) -> list[Data]:
    """Return the pending invitations, or those of C(wanted) collaborations, the oldest first.

    One that cannot be read comes last, with its error and empty strings for what is not known.
    """
    invitations, unreadable = api.list_invitations(client)
    pending = [one for one in invitations if wanted is None or one["id"] in wanted]
    pending.sort(key=lambda one: (one["createTime"], one["id"]))
    entries = [
        {
            "name": one["name"],
            "collaboration_id": one["id"],
            "creator_account_id": one["creatorAccountId"],
            "creator_display_name": one["creatorDisplayName"],
            "create_time": one["createTime"].isoformat(),
        }
        for one in pending
    ]
    own_account = ask_account_id() if pending else ""

    def fill(entry: Data) -> None:
        collaboration = api.get_collaboration(client, entry["collaboration_id"])
        entry["query_log_status"] = collaboration["queryLogStatus"]
        if collaboration.get("description"):
            entry["description"] = collaboration["description"]
        entry.update(collaboration_settings(collaboration))
        entry["members"] = read_members(client, entry["collaboration_id"], own_account)
        for member in entry["members"]:
            if member["account_id"] == own_account:
                entry.update(abilities=member["abilities"], pays_for=member["pays_for"])

    do_each(entries, fill, _note_error, workers)
    known = ("name", "creator_account_id", "creator_display_name", "create_time")
    return entries + _unreadable_entries([about(one, "id") for one in unreadable], wanted, known)


def _unreadable_entries(
    unreadable: Iterable[Unreadable], wanted: Iterable[str] | None, keys: Iterable[str]
) -> list[Data]:
    """Return an entry with an error for each item that is, or may be, about a wanted collaboration."""
    entries = []
    for one in unreadable:
        collaboration_id = one.item["collaborationId"]
        if wanted is None or not collaboration_id or collaboration_id in wanted:
            entry = {**dict.fromkeys(keys, ""), "collaboration_id": collaboration_id}
            entry["name"] = text_in(one.item, "name") or text_in(one.item, "collaborationName")
            _note_error(entry, one.error)
            entries.append(entry)
    return entries


def read_memberships(client: Any, wanted: Iterable[str] | None, details: set[str], workers: int) -> list[Data]:
    """Return the memberships, or those in C(wanted) collaborations, the oldest first, with C(details).

    One that cannot be read, or of a status that is not known, has the status C(unknown) and its error.
    """
    memberships, unreadable = api.list_memberships(client)
    found = [one for one in memberships if wanted is None or one["collaborationId"] in wanted]
    found.sort(key=lambda one: (one["createTime"], one["id"]))
    entries = [_membership_entry(one) for one in found]
    tables, problems = read_tables(client) if entries and details & NEED_ASSOCIATIONS else ([], [])
    for problem in problems:
        warn(problem)
    table_names = {table["id"]: table["name"] for table in tables}
    by_id = {one["id"]: one for one in found}

    def fill(entry: Data) -> None:
        entry["status"] = status_of(by_id[entry["membership_id"]])
        if entry["status"] != "active":
            return
        # Who receives by a rule is told although something else fails, so it is read first.
        if details & NEED_ASSOCIATIONS:
            _read_associations(client, entry, details, table_names)
        if "members" in details:
            entry["members"] = read_members(client, entry["collaboration_id"], entry["account_id"])
        if "settings" in details:
            entry.update(collaboration_settings(api.get_collaboration(client, entry["collaboration_id"])))
        if "id_namespace_associations" in details:
            namespaces = api.list_namespace_associations(client, entry["membership_id"])
            entry["id_namespace_associations"] = sorted(
                map(describe_namespace, namespaces), key=lambda one: str(one["name"])
            )

    do_each(entries, fill, _note_error, workers)
    known = ("name", "membership_id", "account_id", "creator_account_id", "creator_display_name", "create_time")
    others = _unreadable_entries([about(one, "collaborationId") for one in unreadable], wanted, known)
    return entries + [{**entry, "status": UNKNOWN, "abilities": [], "pays_for": []} for entry in others]


def _membership_entry(one: Data) -> Data:
    return {
        "name": one["collaborationName"],
        "collaboration_id": one["collaborationId"],
        "membership_id": one["id"],
        "account_id": one["arn"].split(":")[4],
        "status": UNKNOWN,
        "creator_account_id": one["collaborationCreatorAccountId"],
        "creator_display_name": one["collaborationCreatorDisplayName"],
        "create_time": one["createTime"].isoformat(),
        "abilities": abilities_of(
            {"abilities": one["memberAbilities"], "mlAbilities": one.get("mlMemberAbilities", {})}
        ),
        "pays_for": payments_of(one),
    }


def read_members(client: Any, collaboration_id: str, own_account: str) -> list[Data]:
    """Return the members of a collaboration as results show them."""
    return [member_facts(one) for one in api.list_members(client, collaboration_id, own_account)]


def _read_associations(client: Any, entry: Data, details: set[str], table_names: dict[str, str]) -> None:
    found = sorted(api.list_table_associations(client, entry["membership_id"]), key=lambda one: str(one["name"]))
    described = {
        one["id"]: {
            "name": one["name"],
            "id": one["id"],
            "arn": one["arn"],
            "configured_table_id": one["configuredTableId"],
            "configured_table_name": table_names.get(one["configuredTableId"], ""),
        }
        for one in found
    }
    if "analysis_rules" in details:
        record = Record(collaboration_id=entry["collaboration_id"], membership_id=entry["membership_id"])
        rules, unsupported = read_rules(client, record, found)
        for association_id, rule in rules.items():
            described[association_id]["analysis_rule"] = rule
        if unsupported:
            reasons = [f"{described[key]['name']}: {reason}" for key, reason in unsupported.items()]
            _note_error(entry, CleanRoomsError("; ".join(reasons)))
    associations = entry["associations"] = list(described.values())
    if "roles" in details:
        for one in found:
            read = api.get_table_association(
                client, membershipIdentifier=entry["membership_id"], configuredTableAssociationIdentifier=one["id"]
            )
            described[one["id"]]["role_arn"] = read["roleArn"]
            if read.get("description"):
                described[one["id"]]["description"] = read["description"]
    if "readiness" in details:
        schemas = read_schemas(client, entry["collaboration_id"], [one["name"] for one in associations])
        for association in associations:
            association.update(readiness_of(schemas.get(association["name"])))


def read_schemas(client: Any, collaboration_id: str, names: list[str]) -> dict[str, Data]:
    """Return what BatchGetSchema says of tables, by name, 25 a request. Those that AWS cannot answer are left out."""
    schemas: dict[str, Data] = {}
    for start in range(0, len(names), api.BATCH_SIZE):
        batch = names[start : start + api.BATCH_SIZE]
        schemas.update((one["name"], one) for one in api.batch_get_schemas(client, collaboration_id, batch))
    return schemas
