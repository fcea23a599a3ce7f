# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reads what is there: the account's memberships and invitations once a run, then each collaboration by itself."""

from __future__ import annotations

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError

from . import _api as api
from ._errors import CleanRoomsError, code_of, explain
from ._memberships import MembershipState
from ._namespaces import NamespaceOptions, NamespaceState, arn_of
from ._plan import MEMBERSHIP, Plan
from ._record import Record
from ._tables import TableOptions, TableState, association_name, describe_rule, select_tables
from ._trust import members_refusal

Data = dict[str, Any]
T = TypeVar("T")
STATUS_OF_MEMBERSHIP = {"ACTIVE": "active", "REMOVED": "removed", "COLLABORATION_DELETED": "deleted"}


@dataclass(frozen=True)
class Account:
    """This account in this Region: its id, its memberships, and the invitations it has not accepted."""

    account_id: str
    memberships: list[Data]
    invitations: list[Data]


def read_account(client: Any, ask_account_id: Callable[[], str], with_invitations: bool) -> Account:
    """Return the account; C(ask_account_id) is used only where no membership's ARN tells the id."""
    # In this order, an invitation that is accepted in between is in both, and not in neither.
    invitations = api.list_collaborations(client, "INVITED") if with_invitations else []
    memberships = api.list_memberships(client)
    account_id = memberships[0]["arn"].split(":")[4] if memberships else ask_account_id()
    return Account(account_id, memberships, invitations)


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
    seen = Counter(plan.record.collaboration_id for plan in plans if not plan.error)
    return [
        Plan(plan.record, error=f"{plan.record.label}: two records mean this collaboration; remove one of them.")
        if not plan.error and seen[plan.record.collaboration_id] > 1
        else plan
        for plan in plans
    ]


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
    Raises C(CleanRoomsError) where the record's two ids do not belong together.
    """
    if record.collaboration_id:
        found = [one for one in account.memberships if one["collaborationId"] == record.collaboration_id]
    else:
        found = [one for one in account.memberships if one["id"] == record.membership_id]
    found.sort(key=lambda one: (one["status"] != "ACTIVE", one["id"] != record.membership_id))
    membership = found[0] if found else None
    if membership is None and record.membership_id:
        try:
            membership = api.get_membership(client, record.membership_id)
        except CleanRoomsError as error:
            if code_of(error) != "ResourceNotFoundException":
                raise
            return None
    if membership and record.membership_id and membership["id"] != record.membership_id:
        raise CleanRoomsError(
            f"membership_id: {record.membership_id!r} is not the membership of collaboration"
            f" {record.collaboration_id}, which is {membership['id']}; mend the record"
        )
    if membership and record.collaboration_id and membership["collaborationId"] != record.collaboration_id:
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
        return record, _over(record, record.status, f"the record's {why}")
    membership = find_membership(client, account, record)
    if membership is None and switch is None:
        return record, _over(record, record.status, "this account has no membership there in this Region")
    if membership is None:
        invitation = next((one for one in account.invitations if one["id"] == record.collaboration_id), None)
        if invitation and check_mode:
            return dataclasses.replace(record, name=record.name or invitation["name"], membership_id=""), None
        if not record.pinned:
            raise CleanRoomsError(
                f"membership_id: {record.membership_id!r} is no membership of this account in this Region"
            )
        raise CleanRoomsError(
            "this account has no membership there in this Region; accept the invitation first, or, if it has left, set"
            " the record's status to left"
        )
    record = dataclasses.replace(
        record,
        name=record.name or membership["collaborationName"],
        collaboration_id=membership["collaborationId"],
        membership_id=membership["id"],
    )
    status = STATUS_OF_MEMBERSHIP[membership["status"]]
    if status == "active":
        return record, None
    return record, _over(record, status, f"the membership's status is {membership['status']}")


def _over(record: Record, status: str, why: str) -> Plan:
    plan = Plan(record, facts={"status": status}, over=True)
    plan.decide("skip", MEMBERSHIP, record.label, why)
    return plan


def refusal_now(client: Any, account: Account, plan: Plan) -> str:
    """Return why nothing may be shared with the members of a plan's collaboration any more, or an empty string."""
    if not plan.record.pinned:
        return ""
    return members_refusal(plan.record, api.list_members(client, plan.record.collaboration_id), account.account_id)


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
    members = api.list_members(client, record.collaboration_id) if options.state == "present" else []
    if not record.membership_id:
        return TableState(account.account_id, members=members)
    associations = api.list_table_associations(client, record.membership_id)
    state = TableState(account.account_id, record.membership_id, members, associations)
    if options.state == "absent":
        return state
    names = {table["id"]: association_name(options, table) for table in select_tables(options, record, tables)}
    selected = [association for association in associations if association["configuredTableId"] in names]
    if options.analysis_rule or options.recreate:
        ruled = [association for association in selected if association.get("analysisRuleTypes")]
        state.rules.update(read_rules(client, record, ruled))
    for association in selected:
        to_make_again = options.recreate and association["name"] != names[association["configuredTableId"]]
        if options.compare_role or to_make_again:
            state.details[association["id"]] = api.get_table_association(
                client,
                membershipIdentifier=record.membership_id,
                configuredTableAssociationIdentifier=association["id"],
            )
        if options.tags is not None or to_make_again:
            state.tags[association["id"]] = api.list_tags(client, association["arn"])
    return state


def read_rules(client: Any, record: Record, associations: list[Data]) -> dict[str, Data]:
    """Return the collaboration analysis rules of associations that have one, by association id, 25 a request."""
    policies: dict[tuple[str, str], Data] = {}
    for start in range(0, len(associations), api.BATCH_SIZE):
        requests = [
            {"name": association["name"], "type": association["analysisRuleTypes"][0]}
            for association in associations[start : start + api.BATCH_SIZE]
        ]
        for rule in api.batch_get_analysis_rules(client, record.collaboration_id, requests):
            if "collaborationPolicy" in rule:
                policies[rule["name"], rule["type"]] = rule["collaborationPolicy"]
    rules = {}
    for association in associations:
        rule_type = association["analysisRuleTypes"][0]
        policy = policies.get((association["name"], rule_type))
        if policy is None:
            # The batch may lag behind the rule, or pass over a table whose own rule is of another type.
            policy = api.get_association_rule(
                client,
                membershipIdentifier=record.membership_id,
                configuredTableAssociationIdentifier=association["id"],
                analysisRuleType=rule_type,
            )["policy"]
        rules[association["id"]] = rule_of_policy(rule_type, policy)
    return rules


def rule_of_policy(rule_type: str, policy: Data) -> Data:
    """Return AWS's policy of a collaboration analysis rule in the shape of results."""
    content = policy["v1"][rule_type.lower()]
    return describe_rule(
        rule_type, content.get("allowedResultReceivers", []), content.get("allowedAdditionalAnalyses", [])
    )


def read_namespace_state(client: Any, account: Account, record: Record, options: NamespaceOptions) -> NamespaceState:
    """Return what is there for the ID namespace of one collaboration.

    Two requests, and one each for its tags and its ID mapping configuration where the options ask for them.
    """
    members = api.list_members(client, record.collaboration_id) if options.state == "present" else []
    associations = api.list_namespace_associations(client, record.membership_id) if record.membership_id else []
    tags: dict[str, str] = {}
    allowed = None
    association = next((one for one in associations if arn_of(one) == options.id_namespace_arn), None)
    if association and options.state == "present":
        if options.tags is not None:
            tags = api.list_tags(client, association["arn"])
        if options.allow_use_as_dimension_column is not None:
            read = api.get_namespace_association(
                client, membershipIdentifier=record.membership_id, idNamespaceAssociationIdentifier=association["id"]
            )
            allowed = read.get("idMappingConfig", {}).get("allowUseAsDimensionColumn")
    return NamespaceState(account.account_id, record.membership_id, members, associations, tags, allowed)


def read_membership_state(client: Any, membership: Data) -> MembershipState:
    """Return what hangs on a membership."""
    return MembershipState(
        api.list_table_associations(client, membership["id"]),
        api.list_namespace_associations(client, membership["id"]),
        created_by_us=membership["collaborationCreatorAccountId"] == membership["arn"].split(":")[4],
    )
