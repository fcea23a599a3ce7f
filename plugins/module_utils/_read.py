# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what is there: the account's memberships and invitations once a run, then each collaboration by itself."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from . import _api as api
from ._answers import REPLACED, unknown_members
from ._errors import CleanRoomsError, code_of, explain
from ._memberships import OVER_ON_AWS, MembershipState, status_of
from ._namespaces import NamespaceOptions, NamespaceState, arn_of
from ._plan import MEMBERSHIP, Plan
from ._read_rules import read_rules
from ._record import Record
from ._requests import Unreadable
from ._tables import TableOptions, TableState, association_name, is_covered, select_tables
from ._trust import members_refusal

Data = dict[str, Any]
TWO_RECORDS = "two records mean this collaboration; remove one of them"
T = TypeVar("T")


@dataclass(frozen=True)
class Account:
    """This account in this Region: its id, its memberships, and the invitations it has not accepted.

    The items that cannot be read have the C(collaborationId) that they are about, or an empty string: from what is not
    there nothing may be concluded then.
    """

    account_id: str
    memberships: list[Data]
    invitations: list[Data]
    unreadable_memberships: list[Unreadable] = field(default_factory=list)
    unreadable_invitations: list[Unreadable] = field(default_factory=list)

    @property
    def unreadable(self) -> list[Unreadable]:
        """Return all items that cannot be read."""
        return self.unreadable_memberships + self.unreadable_invitations

    def check_readable(self, record: Record) -> None:
        """Raise C(CleanRoomsError) where an item about the record's collaboration cannot be read."""
        for one in self.unreadable:
            ids = (one.item["collaborationId"], one.item.get("id"))
            if (record.collaboration_id and record.collaboration_id == ids[0]) or (
                record.membership_id and record.membership_id == ids[1]
            ):
                raise one.error

    def check_identified(self) -> None:
        """Raise C(CleanRoomsError) where an item does not even say which collaboration it is about."""
        for one in self.unreadable:
            if not one.item["collaborationId"]:
                raise one.error


def read_account(client: Any, ask_account_id: Callable[[], str], with_invitations: bool) -> Account:
    """Return the account; C(ask_account_id) is used only where no membership's ARN tells the id."""
    # In this order, an invitation that is accepted in between is in both, and not in neither.
    invitations, unreadable_invitations = api.list_invitations(client) if with_invitations else ([], [])
    memberships, unreadable_memberships = api.list_memberships(client)
    account_id = memberships[0]["arn"].split(":")[4] if memberships else ask_account_id()
    return Account(
        account_id,
        memberships,
        invitations,
        [about(one, "collaborationId") for one in unreadable_memberships],
        [about(one, "id") for one in unreadable_invitations],
    )


def about(one: Unreadable, key: str) -> Unreadable:
    """Return an item that cannot be read with the C(collaborationId) that stands under a key of it, if one does."""
    return replace(one, item={**one.item, "collaborationId": text_in(one.item, key)})


def text_in(item: Data, key: str) -> str:
    """Return the string under a key of an item that cannot be read, or an empty string."""
    return item[key] if isinstance(item.get(key), str) else ""


def with_ids(account: Account, records: Iterable[Record]) -> list[Record]:
    """Return records with the collaboration ids that the account's memberships tell, also of those that are not active.

    Only so it is seen where two records mean one collaboration.
    """
    known = {one["id"]: one["collaborationId"] for one in account.memberships}
    return [
        replace(record, collaboration_id=record.collaboration_id or known.get(record.membership_id, ""))
        for record in records
    ]


def plan_each(records: Iterable[Record], plan_one: Callable[[Record], Plan], workers: int) -> list[Plan]:
    """Return a plan for each record in the same order; one that cannot be planned says so in its C(error).

    Two records that turn out to mean one collaboration are such a case: they could contradict each other.
    """

    def guarded(record: Record) -> Plan:
        began = time.monotonic()
        try:
            plan = plan_one(record)
        except AnsibleAWSError as error:
            plan = Plan(record, error=explain(error, collaboration=record.label))
        plan.made_at = began
        return plan

    with ThreadPoolExecutor(workers) as pool:
        plans = list(pool.map(guarded, records))
    twice = meant_twice(plan.record for plan in plans)
    return [
        Plan(plan.record, error=f"{plan.record.label}: {TWO_RECORDS}.")
        if plan.record.collaboration_id in twice
        else plan
        for plan in plans
    ]


def meant_twice(records: Iterable[Record]) -> set[str]:
    """Return the ids of the collaborations that more than one record means."""
    counts = Counter(record.collaboration_id for record in records if record.collaboration_id)
    return {key for key, number in counts.items() if number > 1}


def do_each(
    items: Iterable[T], do: Callable[[T], None], note: Callable[[T, CleanRoomsError], None], workers: int
) -> None:
    """Do something with each item, several at a time; C(note) is told which item failed, and the others go on."""

    def guarded(item: T) -> None:
        try:
            do(item)
        except CleanRoomsError as error:
            note(item, error)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(guarded, items))


def find_membership(client: Any, account: Account, record: Record) -> Data | None:
    """Return the membership that a record means, or C(None).

    A list may lag behind a membership made moments ago, so that one which the record names is asked for by its id.
    Raises C(CleanRoomsError) where the record's two ids do not belong together, or it may be what cannot be read.
    """
    account.check_readable(record)
    if record.collaboration_id:
        found = [one for one in account.memberships if one["collaborationId"] == record.collaboration_id]
    else:
        found = [one for one in account.memberships if one["id"] == record.membership_id]
    # What is known to be over comes last; of a status that is not known, that may be wrong.
    found.sort(key=lambda one: (one["status"] in OVER_ON_AWS, one["id"] != record.membership_id))
    membership = found[0] if found else None
    if membership is None and record.membership_id:
        try:
            membership = api.get_membership(client, record.membership_id)
        except CleanRoomsError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
    if membership is None or membership["status"] in OVER_ON_AWS:
        account.check_identified()
    if membership is None:
        return None
    if record.membership_id and membership["id"] != record.membership_id:
        raise CleanRoomsError(
            f"membership_id: {record.membership_id!r} is not the membership of collaboration"
            f" {record.collaboration_id}, which is {membership['id']}; mend the record"
        )
    if record.collaboration_id and membership["collaborationId"] != record.collaboration_id:
        raise CleanRoomsError(
            f"collaboration_id: {record.collaboration_id!r} is not the collaboration of membership"
            f" {record.membership_id}, which is {membership['collaborationId']}; mend the record"
        )
    return membership


def resolve(
    client: Any, account: Account, record: Record, switch: str | None, check_mode: bool
) -> tuple[Record, Plan | None]:
    """Return the record with ids and name filled in, and a plan where nothing is to be done for it.

    C(switch) is the record's key that turns this kind of work on or off; C(None) where something is to be taken back,
    which the record does not prevent. In check mode an invitation counts as accepted, so that a run which would accept
    it first can be foretold. Raises C(CleanRoomsError) where something is to be shared and this account is no member.
    """
    if switch and (record.status != "active" or not getattr(record, switch)):
        why = f"status is {record.status}" if record.status != "active" else f"{switch} is false"
        return record, plan_over(record, record.status, f"the record's {why}")
    membership = find_membership(client, account, record)
    if membership is None and switch is None:
        return record, plan_over(record, record.status, "this account has no membership there in this Region")
    if membership is None:
        invitation = next((one for one in account.invitations if one["id"] == record.collaboration_id), None)
        if invitation and check_mode:
            return replace(record, name=record.name or invitation["name"], membership_id=""), None
        if not record.pinned:
            raise CleanRoomsError(
                f"membership_id: {record.membership_id!r} is no membership of this account in this Region"
            )
        raise CleanRoomsError(
            "this account has no membership there in this Region; accept the invitation first, or, if it has left, set"
            " the record's status to left"
        )
    record = joined_record(record, membership)
    status = status_of(membership)
    if status == "active":
        return record, None
    return record, plan_over(record, status, f"the membership's status is {membership['status']}")


def joined_record(record: Record, membership: Data) -> Record:
    """Return a record with the ids, and where it has none the name, of its membership."""
    return replace(
        record,
        name=record.name or membership["collaborationName"],
        collaboration_id=membership["collaborationId"],
        membership_id=membership["id"],
    )


def plan_over(record: Record, status: str, why: str) -> Plan:
    """Return the plan for a collaboration that is not worked on, with the reason."""
    plan = Plan(record, facts={"status": status}, over=True)
    plan.decide("skip", MEMBERSHIP, record.label, why)
    return plan


def refusal_now(client: Any, account: Account, plan: Plan) -> str:
    """Return why nothing may be shared with the members of a plan's collaboration any more, or an empty string."""
    if not plan.record.pinned:
        return ""
    members = api.list_members(client, plan.record.collaboration_id, account.account_id)
    return members_refusal(plan.record, members, account.account_id)


def read_tables(client: Any) -> tuple[list[Data], list[str]]:
    """Return the configured tables of this account and Region, and why others cannot be read.

    A table of which only the name and the id can be read is among them, with the C(problem) that refuses it. Raises
    C(CleanRoomsError) where none can be read.
    """
    tables, unreadable = api.list_configured_tables(client)
    odd: dict[str, Data] = {}
    problems = []
    for one in unreadable:
        known = {key: text_in(one.item, key) for key in ("id", "name")}
        if all(known.values()):
            odd[known["id"]] = {**known, "analysisRuleTypes": [], "problem": explain(one.error)}
        else:
            problems.append(explain(one.error))
    tables += odd.values()
    if unreadable and not tables:
        raise unreadable[0].error
    return tables, problems


def resolve_role(iam_client: Any, role: str) -> tuple[str, str]:
    """Return the ARN of a role given by name or ARN, and a warning where its existence could not be checked.

    Raises C(CleanRoomsError) where this account has no such role.
    """
    is_arn = role.startswith("arn:")
    try:
        found: str = api.get_role(iam_client, role.rpartition("/")[2])["Arn"]
    except CleanRoomsError as error:
        code = code_of(error)
        if code in ("NoSuchEntity", "NoSuchEntityException"):
            raise CleanRoomsError(
                f"role: {role!r} does not exist in this account; give the name or ARN of one"
            ) from error
        if is_arn and code in ("AccessDenied", "AccessDeniedException"):
            return role, f"role: whether {role} exists could not be checked. {explain(error)}"
        raise
    if is_arn and found != role:
        raise CleanRoomsError(f"role: {role!r} is not a role of this account, which has {found}")
    return found, ""


def read_table_state(
    client: Any, account: Account, record: Record, options: TableOptions, tables: list[Data]
) -> TableState:
    """Return what is there for the tables of one collaboration.

    Three requests, however many tables there are, and one for each association whose role, description or tags the
    options ask for.
    """
    present = options.state == "present"
    members = api.list_members(client, record.collaboration_id, account.account_id) if present else []
    if not record.membership_id:
        return TableState(account.account_id, members=members)
    state = TableState(account.account_id, record.membership_id, members)
    state.associations.extend(api.list_table_associations(client, record.membership_id))
    if present:
        ruled = _covered(options, record, state, tables)
        read_associations(client, record, options, state, tables=tables, ruled=ruled)
    return state


def read_rules_alone(
    client: Any, account: Account, record: Record, options: TableOptions, tables: list[Data]
) -> TableState:
    """Return what there is of the rules of one collaboration, without its members."""
    state = TableState(account.account_id, record.membership_id, refusal="they are not read")
    state.associations.extend(api.list_table_associations(client, record.membership_id))
    rules, unsupported = read_rules(client, record, _covered(options, record, state, tables))
    state.rules.update(rules)
    state.unsupported.update(unsupported)
    return state


def _covered(options: TableOptions, record: Record, state: TableState, tables: list[Data]) -> list[Data]:
    """Return the associations of the tables that are selected or excluded: their rules are looked at."""
    covered = {table["id"] for table in tables if is_covered(options, record, table)}
    return [one for one in state.associations if one["configuredTableId"] in covered]


def read_associations(
    client: Any, record: Record, options: TableOptions, state: TableState, *, tables: list[Data], ruled: list[Data]
) -> None:
    """Add to a state what the options need of its associations: the rules of C(ruled) ones, roles and tags."""
    if options.analysis_rule or options.recreate:
        rules, unsupported = read_rules(client, record, ruled)
        state.rules.update(rules)
        state.unsupported.update(unsupported)
    names = {table["id"]: association_name(options, table) for table in select_tables(options, record, tables)}
    for association in state.associations:
        if association["configuredTableId"] not in names:
            continue
        to_make_again = options.recreate and association["name"] != names[association["configuredTableId"]]
        if options.check_role or to_make_again:
            state.details[association["id"]] = api.get_table_association(
                client,
                membershipIdentifier=record.membership_id,
                configuredTableAssociationIdentifier=association["id"],
            )
        if options.tags is not None or to_make_again:
            state.tags[association["id"]] = api.list_tags(client, association["arn"])


def read_namespace_state(client: Any, account: Account, record: Record, options: NamespaceOptions) -> NamespaceState:
    """Return what is there for the ID namespace of one collaboration.

    Two requests, and one each for its tags and its ID mapping configuration where the options ask for them.
    """
    present = options.state == "present"
    members = api.list_members(client, record.collaboration_id, account.account_id) if present else []
    associations = api.list_namespace_associations(client, record.membership_id) if record.membership_id else []
    tags: dict[str, str] = {}
    allowed = None
    unknown: list[str] = []
    association = next((one for one in associations if arn_of(one) == options.id_namespace_arn), None)
    if association and present:
        if options.tags is not None:
            tags = api.list_tags(client, association["arn"])
        if options.allow_use_as_dimension_column is not None:
            read = api.get_namespace_association(
                client, membershipIdentifier=record.membership_id, idNamespaceAssociationIdentifier=association["id"]
            )
            mapping = read.get("idMappingConfig", {})
            allowed = mapping.get("allowUseAsDimensionColumn")
            unknown = unknown_members(REPLACED["idMappingConfig"], mapping)
    state = NamespaceState(account.account_id, record.membership_id, members, associations, tags, allowed)
    return replace(state, unknown=tuple(unknown))


def read_membership_state(client: Any, membership: Data) -> MembershipState:
    """Return what hangs on a membership."""
    return MembershipState(
        api.list_table_associations(client, membership["id"]),
        api.list_namespace_associations(client, membership["id"]),
        created_by_us=membership["collaborationCreatorAccountId"] == membership["arn"].split(":")[4],
    )
