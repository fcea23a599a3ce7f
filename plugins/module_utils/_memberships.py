# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Memberships: their settings, and leaving. Pure: nothing here talks to AWS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ._answers import REPLACED, unknown_members
from ._errors import CleanRoomsError, printable
from ._namespaces import arn_of
from ._plan import MEMBERSHIP, NAMESPACE_ASSOCIATION, TABLE_ASSOCIATION, Action, Flow, Plan, difference, plan_tags
from ._record import Record
from ._trust import not_supported
from ._validate import check_no_duplicates, check_result_place, check_tags, check_uuids, options_from

Data = dict[str, Any]
STATUS_OF_MEMBERSHIP = {"ACTIVE": "active", "REMOVED": "removed", "COLLABORATION_DELETED": "deleted"}
OVER_ON_AWS = tuple(status for status in STATUS_OF_MEMBERSHIP if status != "ACTIVE")
LEAVING = "leaving"
PLACE = "defaultResultConfiguration"
FOR_GOOD = "leaving is for good: AWS never lets an account join the same collaboration again"


@dataclass(frozen=True)
class MembershipOptions:
    """The settings of a membership. C(None) takes AWS's default for a new one and leaves one that is there alone."""

    query_log_status: str | None = None
    job_log_status: str | None = None
    metrics_enabled: bool | None = None
    default_result_configuration: Data | None = None
    tags: dict[str, str] | None = None
    purge_tags: bool = True

    @property
    def settings(self) -> Data:
        """Return the given settings in AWS's names."""
        settings = {
            "queryLogStatus": self.query_log_status,
            "jobLogStatus": self.job_log_status,
            "defaultResultConfiguration": result_configuration(self.default_result_configuration),
            "isMetricsEnabled": self.metrics_enabled,
        }
        return {key: value for key, value in settings.items() if value is not None}


@dataclass(frozen=True)
class LeavingOptions:
    """The options of C(cleanrooms_invitation) for leaving."""

    collaboration_ids: tuple[str, ...] = ()
    confirm_leaving: bool = False
    name_prefix: str | None = None
    id_namespace_name: str | None = None
    force: bool = False


@dataclass(frozen=True)
class MembershipState:
    """What hangs on a membership, as AWS answers it."""

    associations: list[Data] = field(default_factory=list)
    namespaces: list[Data] = field(default_factory=list)
    created_by_us: bool = False


def status_of(membership: Data) -> str:
    """Return a membership's status in a record's words; raise C(CleanRoomsError) for one that is not known."""
    status = str(membership["status"])
    if status not in STATUS_OF_MEMBERSHIP:
        raise CleanRoomsError(not_supported(f"status {printable(status)} of the membership {membership['id']}"))
    return STATUS_OF_MEMBERSHIP[status]


def result_configuration(option: Data | None) -> Data | None:
    """Return the option C(default_result_configuration) in AWS's shape."""
    if option is None:
        return None
    parts = {"bucket": "bucket", "key_prefix": "keyPrefix", "result_format": "resultFormat"}
    s3 = {name: option[key] for key, name in parts.items() if option.get(key) is not None}
    configuration: Data = {"outputConfiguration": {"s3": s3}}
    if option.get("role_arn"):
        configuration["roleArn"] = option["role_arn"]
    return configuration


def check_leaving(params: Mapping[str, Any]) -> LeavingOptions:
    """Return the module's options for leaving; raise C(CleanRoomsError) for a value that cannot be right."""
    for option in ("trusted_creators", "collaborations"):
        if params[option]:
            raise CleanRoomsError(f"{option}: cannot be used with state: absent; name each collaboration by its id")
    if not params["collaboration_ids"]:
        raise CleanRoomsError("collaboration_ids: is empty; leaving needs the id of each collaboration")
    check_uuids("collaboration_ids", params["collaboration_ids"])
    check_no_duplicates("collaboration_ids", params["collaboration_ids"])
    return options_from(LeavingOptions, params)


def check_settings(params: Mapping[str, Any]) -> MembershipOptions:
    """Return the module's settings of memberships; raise C(CleanRoomsError) for a value that cannot be right."""
    check_tags("tags", params["tags"])
    place = params["default_result_configuration"]
    if place is not None:
        place = check_result_place("default_result_configuration", place)
    return options_from(MembershipOptions, {**params, "default_result_configuration": place})


def find_memberships(options: LeavingOptions, memberships: Iterable[Data]) -> list[Record]:
    """Return the records of the collaborations to leave; without a membership id where there is none any more.

    An account that was removed and invited again has two memberships in one collaboration; the active one counts.
    """
    by_status = sorted(memberships, key=lambda one: one["status"] not in OVER_ON_AWS)
    joined = {one["collaborationId"]: one for one in by_status}
    return [
        Record(joined[one]["collaborationName"], one, joined[one]["id"])
        if one in joined
        else Record(collaboration_id=one)
        for one in options.collaboration_ids
    ]


def plan_settings(plan: Plan, options: MembershipOptions, membership: Data, tags: dict[str, str]) -> None:
    """Add to the plan what makes the settings and tags of a membership that is there as the options say.

    C(membership) is what GetMembership answers.
    """
    wanted = options.settings
    there = membership.get(PLACE)
    unknown = unknown_members(REPLACED[PLACE], there) if PLACE in wanted else []
    if unknown:
        reason = f"{not_supported(f'{PLACE} with ' + ', '.join(unknown))}; nothing is changed there"
        plan.decide("refuse", MEMBERSHIP, plan.record.label, printable(reason))
        plan.items.append({"name": plan.record.name})
        return
    metrics = wanted.pop("isMetricsEnabled", None)
    if metrics is not None and metrics != membership.get("isMetricsEnabled", False):
        reason = "metrics_enabled differs, and AWS can set it only when an invitation is accepted"
        plan.decide("skip", MEMBERSHIP, plan.record.label, reason)
    if PLACE in wanted and there:
        wanted[PLACE] = _with_single_file(wanted[PLACE], there)
    current = {key: membership.get(key) for key in wanted}
    actions = []
    if current != wanted:
        changes = {key: value for key, value in wanted.items() if current[key] != value}
        request = {"membershipIdentifier": membership["id"], **changes}
        reason = difference(current, wanted)
        actions.append(Action("update", MEMBERSHIP, plan.record.name, reason, request, current, wanted))
    if options.tags is not None:
        resource = {"name": plan.record.name, "arn": membership["arn"]}
        tagging, _after = plan_tags(resource, tags, options.tags, options.purge_tags)
        actions += tagging
    if actions:
        plan.flows.append(Flow(actions, "repaired"))
    else:
        plan.items.append({"name": plan.record.name})


def _with_single_file(wanted: Data, there: Data) -> Data:
    """Return the wanted place with whether results are one file, which no option says, as it is there."""
    place = wanted["outputConfiguration"]["s3"]
    s3 = there.get("outputConfiguration", {}).get("s3", {})
    kept = {key: value for key, value in s3.items() if key == "singleFileOutput"}
    return {**wanted, "outputConfiguration": {"s3": {**place, **kept}}}


def plan_absence(record: Record) -> Plan:
    """Return the plan to leave a collaboration in which this account has no membership: nothing to do."""
    plan = Plan(record, facts={"status": "absent"}, over=True)
    plan.decide("skip", MEMBERSHIP, record.label, "this account has no membership there in this Region")
    return plan


def plan_leaving(record: Record, options: LeavingOptions, state: MembershipState) -> Plan:
    """Return the plan to leave a collaboration: what is ours there goes first, then the membership.

    Refused without the confirmation, and without C(force) while something hangs on the membership that is not ours.
    """
    plan = Plan(record)
    if state.created_by_us:
        plan.decide(
            "refuse", MEMBERSHIP, record.label, "this account created it, and AWS lets only other members leave"
        )
        return plan
    if not options.confirm_leaving:
        plan.decide("refuse", MEMBERSHIP, record.label, f"{FOR_GOOD}; set confirm_leaving to do it all the same")
        return plan
    prefix, ours = options.name_prefix, options.id_namespace_name
    foreign = [one["name"] for one in state.associations if not prefix or not one["name"].startswith(prefix)]
    foreign += [one["name"] for one in state.namespaces if one["name"] != ours]
    if foreign and not options.force:
        reason = f"{', '.join(sorted(foreign))} is not ours by name_prefix and id_namespace_name; force removes it too"
        plan.decide("refuse", MEMBERSHIP, record.label, reason)
        return plan
    membership = {"membershipIdentifier": record.membership_id}
    for one in state.associations:
        request = {**membership, "configuredTableAssociationIdentifier": one["id"]}
        before = {"configured_table_id": one["configuredTableId"]}
        action = Action("delete", TABLE_ASSOCIATION, one["name"], "it goes before the membership", request, before)
        plan.flows.append(Flow([action], "removed", lane=LEAVING))
    for one in state.namespaces:
        request = {**membership, "idNamespaceAssociationIdentifier": one["id"]}
        before = {"id_namespace_arn": arn_of(one)}
        action = Action("delete", NAMESPACE_ASSOCIATION, one["name"], "it goes before the membership", request, before)
        plan.flows.append(Flow([action], "removed", lane=LEAVING))
    before = {"membership_id": record.membership_id}
    action = Action("delete", MEMBERSHIP, record.name, FOR_GOOD, membership, before)
    plan.flows.append(Flow([action], "left", lane=LEAVING, facts={"status": "left"}))
    return plan
