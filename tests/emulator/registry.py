# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What operations share: the registry by name, the caller's context, lookups, ARNs and pages."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from .errors import access_denied, invalid_configuration, not_found, validation_failed
from .settings import Settings
from .store import ACTIVE, Collaboration, ConfiguredTable, Member, Membership, Record, Store, in_order

Parameters = dict[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """Who asks, for what, and when (seconds since the epoch)."""

    store: Store
    settings: Settings
    operation: str
    account_id: str
    region: str
    now: float

    def arn(self, path: str, account_id: str | None = None) -> str:
        return f"arn:aws:cleanrooms:{self.region}:{account_id or self.account_id}:{path}"

    def is_listed(self, record: Record) -> bool:
        """Whether lists show the record yet."""
        return record.create_time + self.settings.list_lag_seconds <= self.now


Operation = Callable[[Context, Parameters], Answer]
OPERATIONS: dict[str, Operation] = {}
Listed = TypeVar("Listed", bound=Record)


def operation(name: str) -> Callable[[Operation], Operation]:
    """Registers the function that answers the operation of this name."""

    def register(function: Operation) -> Operation:
        OPERATIONS[name] = function
        return function

    return register


def present(**members: Any) -> Answer:
    """The members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def joined_collaboration(context: Context, collaboration_id: str, statuses: tuple[str, ...]) -> Collaboration:
    """A collaboration in which the caller's member has one of the statuses."""
    collaboration = context.store.collaborations.get(collaboration_id)
    if collaboration is None or collaboration.region != context.region or collaboration.deleted:
        raise not_found("COLLABORATION", collaboration_id)
    member = collaboration.members.get(context.account_id)
    if member is None or member.status not in statuses:
        raise access_denied(f"{context.account_id} may not call {context.operation} for {collaboration_id}.")
    return collaboration


def own_membership(context: Context, membership_id: str) -> Membership:
    membership = context.store.memberships.get(membership_id)
    if membership is None or (membership.account_id, membership.region) != (context.account_id, context.region):
        raise not_found("MEMBERSHIP", membership_id)
    return membership


def own_table(context: Context, table_id: str) -> ConfiguredTable:
    table = context.store.tables.get(table_id)
    if table is None or (table.account_id, table.region) != (context.account_id, context.region):
        raise not_found("CONFIGURED_TABLE", table_id)
    return table


def can_receive_results(collaboration: Collaboration, account_id: str, owner: str) -> bool:
    """Whether a rule of the owner's tables may name the account as a result receiver."""
    member: Member | None = collaboration.members.get(account_id)
    return (
        member is not None
        and account_id != owner
        and member.status in (ACTIVE, "INVITED")
        and "CAN_RECEIVE_RESULTS" in member.abilities
    )


def check_role(context: Context, role_arn: str) -> None:
    """A role must exist in the caller's account, and long enough for AWS Clean Rooms to know it."""
    role = context.store.roles.get(role_arn)
    if role is None or role.account_id != context.account_id:
        raise invalid_configuration(f"The role {role_arn} does not exist or AWS Clean Rooms cannot assume it.")
    if role.known_since is None:
        role.known_since = context.now
    if context.now < role.known_since + context.settings.iam_delay_seconds:
        error = invalid_configuration(f"The role {role_arn} is not known yet. Try again later.")
        error.members["reason"] = "IAM_SYNCHRONIZATION_DELAY"
        raise error


def page(context: Context, parameters: Parameters, records: Iterable[Listed]) -> tuple[list[Listed], str | None]:
    """One page of the records that lists show, and the token of the next page if there is one.

    The token holds the last record's sequence, so that records made or deleted between two pages shift nothing.
    """
    scope = {name: value for name, value in parameters.items() if name not in ("nextToken", "maxResults")}
    key = json.dumps([context.operation, context.account_id, context.region, scope], sort_keys=True)
    after, empty_pages = decode_token(key, parameters.get("nextToken"))
    left = [record for record in in_order(records) if record.sequence > after and context.is_listed(record)]
    if left and empty_pages < context.settings.empty_pages:
        return [], encode_token(key, after, empty_pages + 1)
    size = min(parameters.get("maxResults", context.settings.page_size), context.settings.page_size)
    token = encode_token(key, left[size - 1].sequence, 0) if len(left) > size else None
    return left[:size], token


def encode_token(key: str, after: int, empty_pages: int) -> str:
    text = f"{after}.{empty_pages}"
    digest = hashlib.sha256(f"{key}{text}".encode()).hexdigest()[:32]
    return base64.urlsafe_b64encode(f"{text}.{digest}".encode()).decode()


def decode_token(key: str, token: str | None) -> tuple[int, int]:
    """(sequence after which to go on, empty pages already given). A token of another list is refused."""
    if not token:
        return 0, 0
    try:
        after, empty_pages, _digest = base64.urlsafe_b64decode(token).decode().split(".")
        position = int(after), int(empty_pages)
    except (binascii.Error, ValueError) as error:
        raise validation_failed([("nextToken", "The token is not valid.")]) from error
    if encode_token(key, *position) != token:
        raise validation_failed([("nextToken", "The token belongs to another request.")])
    return position
