#!/usr/bin/python

# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cleanrooms_invitation
version_added: 1.0.0
short_description: Accept invitations to AWS Clean Rooms collaborations, and leave collaborations
description:
  - Accepts invitations of this account, which creates a membership in each collaboration.
  - Accepts only what is named by its id, comes from a creator whose account is trusted, or is as its record says.
    Everything else stays pending and is reported with the reason.
  - Returns the members of each collaboration, so that they can be recorded; with O(record) it does so by itself.
author: Contributors to the acx.cleanrooms project (@acx-collections)
options:
  state:
    description:
      - V(accepted) accepts the invitations. In a collaboration that was accepted before and is named by its id, the
        settings and tags of the membership are kept as the options say.
      - V(absent) leaves the collaborations named in O(collaboration_ids), B(for good). AWS never lets an account join
        the same collaboration again. First the associations of tables and ID namespaces go, one after the other, then
        the membership. When that stops halfway, the next run goes on. An invitation cannot be declined on AWS, it just
        stays pending. A collaboration that this account created cannot be left.
    type: str
    choices: [accepted, absent]
    default: accepted
  collaboration_ids:
    description:
      - Collaborations to accept or to leave, by their ids, whoever created them. With O(state=absent), at
        least one is required.
      - Without this, O(trusted_creators) and O(collaborations), nothing is accepted, and every pending invitation is
        in the result.
      - With O(state=accepted), an id of which this account has neither an invitation nor an active membership is an
        error. With O(state=absent), one without a membership is skipped, and its C(status) is V(absent).
    type: list
    elements: str
    default: []
  trusted_creators:
    description:
      - Account ids of creators whose invitations are all accepted. Then every pending invitation is judged, and the
        result holds those that stay pending too.
      - An error with O(state=absent), where each collaboration is named by its id.
      - Never judge by a collaboration's name or its creator's display name. Whoever invites chooses both.
    type: list
    elements: str
    default: []
  collaborations:
    description:
      - Records of the collaborations to accept, in the form in which the inventory keeps them. An invitation is
        accepted if its members, and what each may do, are within the O(collaborations[].members) of its record, and
        what it asks of this account is within O(collaborations[].reviewed).
      - So the members take the place of O(trusted_creators), O(allowed_members) and O(allowed_receivers), and the
        review that of O(accept_abilities), O(accept_payment) and O(accept_auto_approved_changes). Those hold for a
        record without a review. A record without members accepts nothing.
      - In a collaboration that was accepted before, the settings and tags of the membership are kept as the options
        say. One whose record has another status than V(active) is skipped.
      - Cannot be used with O(record), O(collaboration_ids), O(trusted_creators), O(allowed_members),
        O(allowed_receivers) and O(state=absent). With an empty list nothing is done. Omitted, the other options say
        what is accepted.
  allowed_members:
    description:
      - Account ids that may be members besides this account and O(trusted_creators). An invitation to a collaboration
        with any other member stays pending. In one that was joined before, nobody is returned to be recorded then.
      - Omitted, any other member is allowed, and O(allowed_receivers) says which of them may receive anything.
    type: list
    elements: str
  allowed_receivers:
    description:
      - Account ids of members, besides this account and O(trusted_creators), that may have one of the abilities
        C(CAN_RECEIVE_RESULTS), C(CAN_RECEIVE_MODEL_OUTPUT) and C(CAN_RECEIVE_INFERENCE_OUTPUT). An invitation to a
        collaboration with any other such member stays pending, also if it is named by its id. In one that was joined
        before, nobody is returned to be recorded then.
      - A creator that is not trusted is such a member too.
    type: list
    elements: str
    default: []
  accept_abilities:
    description:
      - Abilities beyond contributing data that an invitation may give this account. One that gives any other stays
        pending.
    type: list
    elements: str
    choices:
      - CAN_QUERY
      - CAN_RECEIVE_RESULTS
      - CAN_RUN_JOB
      - CAN_EXPORT_QUERY_ANALYSIS_LOG
      - CAN_RECEIVE_MODEL_OUTPUT
      - CAN_RECEIVE_INFERENCE_OUTPUT
    default: []
  accept_payment:
    description:
      - Whether to accept an invitation that makes this account pay, for queries for example. Otherwise it stays
        pending.
    type: bool
    default: false
  accept_auto_approved_changes:
    description:
      - Types of changes that the creator may have let happen without asking the members. An invitation to a
        collaboration with any other type stays pending.
      - Types that begin with C(REVOKE_) only take something away, and are always accepted. One that this version does
        not know is not.
    type: list
    elements: str
    choices:
      - ADD_MEMBER
      - GRANT_RECEIVE_RESULTS_ABILITY
      - REVOKE_RECEIVE_RESULTS_ABILITY
      - GRANT_EXPORT_QUERY_ANALYSIS_LOG_ABILITY
      - REVOKE_EXPORT_QUERY_ANALYSIS_LOG_ABILITY
    default: []
  query_log_status:
    description:
      - Whether AWS writes a log of the queries into this account's CloudWatch logs.
      - With V(ENABLED), the credentials need the permissions for CloudWatch log delivery too.
      - Omitted, a new membership has V(DISABLED), and one that is there keeps its own.
    type: str
    choices: [ENABLED, DISABLED]
  job_log_status:
    description:
      - Whether AWS writes a log of the jobs into this account's CloudWatch logs.
      - Omitted, AWS's default holds, and a membership that is there keeps its own.
    type: str
    choices: [ENABLED, DISABLED]
  metrics_enabled:
    description:
      - Whether AWS puts metrics of the collaboration into this account's CloudWatch. AWS can set it only when an
        invitation is accepted.
      - Omitted, AWS's default holds.
    type: bool
  default_result_configuration:
    description:
      - Where results go for a member who can receive them and names no place with the query.
      - Omitted, a new membership has none, and one that is there keeps its own. Where that has something which this
        version does not know, nothing is changed there, since AWS would drop it.
    type: dict
    suboptions:
      bucket:
        description: Name of the S3 bucket.
        type: str
        required: true
      key_prefix:
        description: Prefix of the keys in the bucket. Omitted, there is none.
        type: str
      result_format:
        description: Format of the results.
        type: str
        choices: [CSV, PARQUET]
        default: CSV
      role_arn:
        description: ARN of the IAM role with which AWS writes the results. Omitted, AWS uses the rights of
          whoever queries.
        type: str
  confirm_leaving:
    description: Says that leaving is meant, for good. Without it O(state=absent) refuses.
    type: bool
    default: false
  name_prefix:
    description:
      - With O(state=absent), tells which configured table associations are ours. Omitted, none is.
    type: str
  id_namespace_name:
    description:
      - With O(state=absent), tells which ID namespace association is ours. Omitted, none is.
    type: str
  force:
    description:
      - With O(state=absent), whether to remove associations too that are not ours by O(name_prefix) and
        O(id_namespace_name). Otherwise leaving is refused while there are such.
      - Analysis templates, ID mapping tables and models are never removed. While there are such, AWS refuses to delete
        the membership.
    type: bool
    default: false
extends_documentation_fragment:
  - acx.cleanrooms.common
  - acx.cleanrooms.common.keeps_record
  - acx.cleanrooms.common.record_keys
  - acx.cleanrooms.common.writes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
"""

EXAMPLES = r"""
- name: Accept whatever our partners send, and nothing else
  acx.cleanrooms.cleanrooms_invitation:
    trusted_creators: ["444455556666", "555566667777"]

- name: Accept one invitation after looking at it
  acx.cleanrooms.cleanrooms_invitation:
    collaboration_ids: [0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d]
    allowed_members: ["444455556666"]
    allowed_receivers: ["444455556666"]

- name: Accept what the inventory's records say, and do nothing in the second run
  acx.cleanrooms.cleanrooms_invitation:
    collaborations: "{{ cleanrooms_collaborations }}"

- name: See what leaving would do
  acx.cleanrooms.cleanrooms_invitation:
    state: absent
    collaboration_ids: [0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d]
    confirm_leaving: true
    name_prefix: acx_
    id_namespace_name: ACXIdNamespace
  check_mode: true
"""

RETURN = r"""
record:
  description: >-
    What became of the record file: its C(path), the C(digest) of its content, and which C(step) of the run this was, by
    which the tasks of the role know each other's work. In check mode C(foretold) are the entries that would be written.
  returned: when O(record) names a file and it came to recording
  type: dict
  sample:
    path: /srv/cleanrooms/provider.yml
    digest: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    step: 1
collaborations:
  description:
    - One entry for each collaboration that was named or judged. Those named by id come first, in the order of
      the input.
  returned: unless the input was refused
  type: list
  elements: dict
  contains:
    name:
      description: The name that the inviter chose.
      type: str
      sample: AMC Collaboration
    collaboration_id:
      description: Id of the collaboration.
      type: str
      sample: 0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d
    membership_id:
      description: Id of this account's membership. Missing while there is none.
      type: str
      sample: 12345678-90ab-cdef-1234-567890abcdef
    status:
      description: >-
        V(active) for a member, V(invited) for an invitation that stays pending, V(left) after leaving, and V(absent)
        where there was no membership to leave.
      type: str
      sample: active
    creator_account_id:
      description: Account that created the collaboration.
      type: str
      sample: '444455556666'
    creator_display_name:
      description: What the creator calls itself.
      type: str
      sample: AMC
    members:
      description: >-
        The other members, active or invited, in the form of a record. Missing where they were not looked at. With
        O(collaborations), those of the record, whoever is there.
      type: list
      elements: dict
      sample: [{account_id: '444455556666', abilities: [CAN_QUERY, CAN_RECEIVE_RESULTS], display_name: AMC}]
    reviewed:
      description: >-
        What a record keeps of this look, in its form. Missing where nothing is accepted. It holds nothing that the
        options do not allow; with O(collaborations), it is that of the record, and missing where there is none.
      type: dict
      sample:
        at: '2026-11-27T12:00:00+00:00'
        by: arn:aws:iam::111122223333:user/operator
        own_abilities: []
        own_payments: []
        auto_approved_changes: []
        receivers: ['444455556666']
    changed:
      description: Whether something was, or in check mode would be, written.
      type: bool
      sample: true
    actions:
      description: What was, or in check mode would be, done, and what was refused for which reason.
      type: list
      elements: dict
      sample:
        - action: create
          resource: membership
          name: AMC Collaboration
          reason: the creator is trusted
          changed: true
    summary:
      description: How it ended.
      type: dict
      sample:
        {accepted: 1, associated: 0, unchanged: 0, repaired: 0, new_receiver: 0, receiver_removed: 0, suspended: 0,
         removed: 0, left: 0, skipped: 0, left_out: 0, refused: 0, failed: 0}
    error:
      description: What failed in this collaboration.
      type: str
      returned: when something failed
      sample: >-
        Failed to accept the invitation 'AMC Collaboration' in collaboration AMC Collaboration
        (0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d): CreateMembership answered AccessDeniedException: User is not authorized.
        Grant cleanrooms:CreateMembership, and logs:CreateLogDelivery and its companions if query logging is on.
"""

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.acx.cleanrooms.plugins.module_utils import _api as api
from ansible_collections.acx.cleanrooms.plugins.module_utils._acceptance import InvitationOptions, may_accept
from ansible_collections.acx.cleanrooms.plugins.module_utils._apply import apply
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain
from ansible_collections.acx.cleanrooms.plugins.module_utils._invitations import (
    NEITHER,
    check_options,
    find_invitations,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._lock import LOCK_OPTIONS, locked
from ansible_collections.acx.cleanrooms.plugins.module_utils._memberships import (
    LeavingOptions,
    MembershipOptions,
    check_leaving,
    check_settings,
    find_memberships,
    plan_absence,
    plan_leaving,
    status_of,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._read import (
    plan_each,
    read_account,
    read_membership_state,
    with_ids,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._read_invitations import AcceptancePlanner
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import (
    RECORD_OPTIONS,
    Record,
    check_no_action_options,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._result import results, warnings
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import ABILITIES, AUTO_APPROVED_CHANGES

ARGUMENT_SPEC = {
    **api.COMMON_OPTIONS,
    **LOCK_OPTIONS,
    "record": {"type": "path"},
    "state": {"type": "str", "choices": ["accepted", "absent"], "default": "accepted"},
    "collaboration_ids": {"type": "list", "elements": "str", "default": []},
    "trusted_creators": {"type": "list", "elements": "str", "default": []},
    "collaborations": {"type": "list", "elements": "dict", "options": RECORD_OPTIONS},
    "allowed_members": {"type": "list", "elements": "str"},
    "allowed_receivers": {"type": "list", "elements": "str", "default": []},
    "accept_abilities": {"type": "list", "elements": "str", "choices": list(ABILITIES), "default": []},
    "accept_payment": {"type": "bool", "default": False},
    "accept_auto_approved_changes": {
        "type": "list",
        "elements": "str",
        "choices": list(AUTO_APPROVED_CHANGES),
        "default": [],
    },
    "query_log_status": {"type": "str", "choices": ["ENABLED", "DISABLED"]},
    "job_log_status": {"type": "str", "choices": ["ENABLED", "DISABLED"]},
    "metrics_enabled": {"type": "bool"},
    "default_result_configuration": {"type": "dict"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
    "confirm_leaving": {"type": "bool", "default": False},
    "name_prefix": {"type": "str"},
    "id_namespace_name": {"type": "str"},
    "force": {"type": "bool", "default": False},
}


def plans_to_accept(
    module: AnsibleAWSModule, client: object, options: InvitationOptions, settings: MembershipOptions
) -> list[Plan]:
    """Read the invitations and memberships and return the plan of each collaboration."""
    account = read_account(client, lambda: api.get_account_id(api.connect(module, "sts")), with_invitations=True)
    workers = api.workers_for(module.params["requests_per_second"])
    if options.records is not None:
        planner = AcceptancePlanner(client, account, options, settings)
        return plan_each(with_ids(account, options.records), planner.plan_record, workers)
    records, invitations, memberships = find_invitations(
        options,
        account.invitations,
        account.memberships,
        [one.item for one in account.unreadable_invitations],
        [one.item for one in account.unreadable_memberships],
    )
    reviewing = any(record.membership_id for record in records) or any(
        may_accept(options, invitation) for invitation in invitations.values()
    )
    caller = api.get_caller(api.connect(module, "sts"))["Arn"] if reviewing else ""
    planner = AcceptancePlanner(client, account, options, settings, caller)

    def plan_one(record: Record) -> Plan:
        account.check_readable(record)
        if record.membership_id:
            return planner.plan_joined(record, memberships[record.collaboration_id])
        if record.collaboration_id not in invitations:
            account.check_identified()
            raise CleanRoomsError(NEITHER)
        return planner.plan_invitation(invitations[record.collaboration_id])

    return plan_each(records, plan_one, workers)


def plans_to_leave(module: AnsibleAWSModule, client: object, options: LeavingOptions) -> list[Plan]:
    """Read the memberships and what hangs on them and return the plan of each collaboration."""
    account = read_account(client, lambda: "", with_invitations=False)

    def plan_one(record: Record) -> Plan:
        account.check_readable(record)
        if not record.membership_id:
            account.check_identified()
            return plan_absence(record)
        membership = by_id[record.membership_id]
        if status_of(membership) != "active":
            account.check_identified()  # the active one may be among them
        return plan_leaving(record, options, read_membership_state(client, membership))

    by_id = {one["id"]: one for one in account.memberships}
    records = find_memberships(options, account.memberships)
    return plan_each(records, plan_one, api.workers_for(module.params["requests_per_second"]))


def main() -> None:
    """Accept the invitations that may be accepted, or leave."""
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    try:
        check_no_action_options(module.params)
        leaving = check_leaving(module.params) if module.params["state"] == "absent" else None
        options, settings = check_options(module.params), check_settings(module.params)
        with locked(module, "cleanrooms_invitation"):
            client = api.cleanrooms_client(module)
            if leaving:
                plans = plans_to_leave(module, client, leaving)
            else:
                plans = plans_to_accept(module, client, options, settings)
            if not module.check_mode:
                apply(client, plans, api.workers_for(module.params["requests_per_second"]))
    except CleanRoomsError as error:
        module.fail_json(msg=explain(error))
    for line in warnings(plans):
        warn(line)
    answer = results(plans)
    if "failed" in answer:
        module.fail_json(**answer)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
