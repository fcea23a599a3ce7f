#!/usr/bin/python

# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cleanrooms_readiness_info
version_added: 1.0.0
short_description: Tell whether AWS Clean Rooms collaborations stand as recorded and can be queried
description:
  - Compares each collaboration with its record and with what should be shared there. For each selected table, tells
    whether it is associated under the right name and role, whether its collaboration analysis rule names the right
    receivers, and whether AWS says that it can be queried, with AWS's reasons and what to do about them.
  - Where a record has C(reviewed), also compares what this account may do and pays for, and what the creator may change
    without asking, with what was reviewed. That takes one request more for each collaboration.
  - Changes nothing. What differs is told by the same comparison with which
    M(acx.cleanrooms.cleanrooms_table_association) and M(acx.cleanrooms.cleanrooms_namespace_association) mend it.
  - Does not fail when something is not as recorded; C(as_recorded) tells. It fails when something could not be read.
author: Contributors to the acx.cleanrooms project (@acx-collections)
options:
  include:
    description:
      - Shell globs on the names of configured tables that should be associated. Case counts. A record's own come first.
      - At least one of O(include) and O(configured_table_ids) is required, unless there are active records and each has
        its own C(include).
      - A glob that matches no configured table is an error.
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Shell globs on the names of configured tables that should not be, even if O(include) matches them. A record's
        own come first.
      - A glob that matches no configured table is an error, because a misspelt one would ask for a table too many.
    type: list
    elements: str
    default: []
  configured_table_ids:
    description: >-
      Configured tables by their ids, besides those of O(include) and whatever O(exclude) says. A record's own
      C(exclude) holds for them too. An id that is no configured table of this account and Region is an error.
    type: list
    elements: str
    default: []
  max_tables:
    description: How many associations a membership may hold in all. AWS's default quota is 25.
    type: int
    default: 25
  name_prefix:
    description:
      - What the name of an association starts with. The name of the configured table follows.
      - An association under this prefix whose table is not selected is V(unselected). With an empty prefix, which is
        the default, ours and those of others cannot be told apart, so that none is.
    type: str
    default: ''
  role:
    description: Name or ARN of the IAM role that the associations should have.
    type: str
    required: true
  check_role:
    description:
      - Whether to compare the role of each association. AWS's lists do not hold it, so that this costs one request for
        each association, at 5 a second by default.
    type: bool
    default: false
  result_receivers:
    description:
      - Account ids that narrow down who receives results, where the record does not say.
      - Omitted, all who were reviewed as receivers, are active and can receive now. With an empty list, nobody, and
        then a table is as recorded although it cannot be queried.
    type: list
    elements: str
  members_elsewhere:
    description:
      - Accounts that are members of collaborations which are not worked on, so that O(result_receivers) may name them.
      - With O(only), the action plugin gives those that the other records have.
    type: list
    elements: str
    default: []
  additional_analyses:
    description: ARNs of the additional analyses that the rules should allow. Omitted, any.
    type: list
    elements: str
  id_namespace_name:
    description: Name that the ID namespace association should have. Required when O(id_namespace_arn) is given.
    type: str
  id_namespace_arn:
    description: ARN of the ID namespace that should be associated. Omitted, ID namespaces are not looked at.
    type: str
  tolerated_states:
    description:
      - States of tables and of the ID namespace that are no fault, so that C(as_recorded) is true in spite of them.
      - A collaboration whose members changed is never as recorded, not even with V(refused), and neither is a table
        that is V(unreviewed_receiver).
    type: list
    elements: str
    choices: [not_ready, differs, missing, left_out, refused, unselected]
    default: []
  wait_timeout:
    description:
      - For how many seconds to look again at tables whose rule is right and of which AWS says that they have none, or
        which it does not list yet. That is usual moments after they were associated.
      - V(0), the default, looks once; V(86400) is the most.
    type: int
    default: 0
extends_documentation_fragment:
  - acx.cleanrooms.common
  - acx.cleanrooms.common.records
  - acx.cleanrooms.common.record_keys
  - acx.cleanrooms.common.reads
  - amazon.aws.common.modules
  - amazon.aws.region.modules
"""

EXAMPLES = r"""
- name: Look at every collaboration
  acx.cleanrooms.cleanrooms_readiness_info:
    collaborations: "{{ cleanrooms_collaborations }}"
    include: ["part_*"]
    exclude: [part_n_a, part_n_a_a]
    name_prefix: acx_
    role: cleanrooms-glue-s3-access
    wait_timeout: 60
  register: found
"""

RETURN = r"""
record:
  description: The C(path) of the record file, and the C(pending_invitations) that it holds.
  returned: when O(record) names a file and the input was not refused
  type: dict
  sample: {path: /srv/cleanrooms/provider.yml, pending_invitations: []}
account_id:
  description: This account.
  returned: unless the input was refused
  type: str
  sample: '111122223333'
region:
  description: This Region.
  returned: unless the input was refused
  type: str
  sample: us-east-1
other_memberships:
  description: >-
    Active memberships that no record names, sorted by collaboration id, and such that cannot be read, with their
    C(error).
  returned: unless the input was refused
  type: list
  elements: dict
  sample:
    - name: Accepted in the console
      collaboration_id: 1a2ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d
      membership_id: 22345678-90ab-cdef-1234-567890abcdef
unknown_receivers:
  description: Accounts of O(result_receivers) that are a member in no collaboration. That is a fault.
  returned: when there is such, and the members of all collaborations could be read
  type: list
  elements: str
  sample: ['333344445555']
collaborations:
  description: One entry for each collaboration, in the order of the input.
  returned: unless the input was refused
  type: list
  elements: dict
  contains:
    name:
      description: The record's name, else the name that the inviter chose.
      type: str
      sample: AMC Collaboration
    collaboration_id:
      description: Id of the collaboration.
      type: str
      sample: 0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d
    membership_id:
      description: Id of this account's membership. Missing where there is none.
      type: str
      sample: 12345678-90ab-cdef-1234-567890abcdef
    status:
      description: The record's status, or what AWS says where that is no longer active.
      type: str
      sample: active
    reviewed:
      description: When the members were accepted or confirmed, and by whom. Empty texts where the record does not say.
      type: dict
      returned: when the record has it
      sample: {at: '2026-11-27T12:00:00+00:00', by: 'arn:aws:iam::111122223333:user/op'}
    as_recorded:
      description: >-
        Whether nothing is other than it should be. True where the record says that nothing is shared, and where it is
        suspended and no rule of ours is there.
      type: bool
      sample: false
    reason:
      description: Why the collaboration as a whole is not as recorded.
      type: str
      returned: >-
        when AWS says that it is over, or that it is not although the record says so, the record names tables, receivers
        or members that cannot be, a member who can receive results was not reviewed as a receiver, or a suspended
        collaboration has rules of ours
      sample: the record says active, and the membership's status is REMOVED; a sync or record notes that
    refused:
      description: Why nothing more is shared there.
      type: str
      returned: when nothing more is shared there
      sample: >-
        members changed: 999900001111 (Stranger) not among the members of the record; confirm them, after a look, with:
        ansible-playbook acx.cleanrooms.record -e cleanrooms_confirm_members=<collaboration id> -e
        cleanrooms_confirm_accounts=999900001111
    unreviewed:
      description: >-
        What this account may do or pays for, and which changes are approved automatically, that nobody reviewed; one
        text each. The collaboration is not as recorded then.
      type: list
      elements: str
      returned: when there is such
      sample:
        - >-
          this account has CAN_QUERY since the review; confirm them, after a look, with: ansible-playbook
          acx.cleanrooms.record -e cleanrooms_confirm_members=0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d
    receivers_missing:
      description: Accounts of C(result_receivers) that receive nothing yet, or no more. That is no fault.
      type: list
      elements: str
      returned: when there is such
      sample: [333344445555 (Panel) is invited and has not joined yet]
    members:
      description: All members, this account among them.
      type: list
      elements: dict
      sample:
        - account_id: '444455556666'
          display_name: AMC
          status: ACTIVE
          abilities: [CAN_QUERY, CAN_RECEIVE_RESULTS]
          pays_for: [queryCompute]
    max_tables:
      description: How many associations the membership may hold.
      type: int
      sample: 25
    associations_used:
      description: How many associations the membership holds, those of other tables counted.
      type: int
      sample: 25
    tables:
      description: >-
        The selected tables, and associations under our prefix whose tables are not selected, sorted by name. What is
        V(unreviewed_receiver) comes first, whether selected or not. Otherwise empty where the record says that nothing
        is shared.
      type: list
      elements: dict
      contains:
        name:
          description: Name that the association has or should have.
          type: str
          sample: acx_part_ibe_01
        configured_table_name:
          description: Name of the configured table.
          type: str
          sample: part_ibe_01
        state:
          description:
            - >-
              V(unreviewed_receiver) has a rule that names a receiver whom nobody reviewed as a receiver.
              It is told first, whatever else holds, for every association of the membership, also while the
              collaboration is refused or its members cannot be read.
            - V(ready) is as it should be and can be queried.
            - V(not_ready) is as it should be and cannot be queried.
            - V(differs) has another name, role or rule than it should have.
            - V(missing) is not associated.
            - V(left_out) is not associated because of O(max_tables).
            - >-
              V(refused) is not associated, or not changed, because that is refused, for example for a rule of a kind
              that this version does not know.
            - V(unselected) is associated and not selected.
          type: str
          sample: not_ready
        reasons:
          description: >-
            Why it is not ready, each with what to do. The code is AWS's, and missing where the reason is not AWS's.
          type: list
          elements: dict
          sample:
            - code: ANALYSIS_PROVIDERS_NOT_CONFIGURED
              message: The analysis rule allows nobody to query.
              advice: >-
                The table's analysis rule allows no account to query. Change the configured table where it is made, for
                example in Terraform.
        role_arn:
          description: The IAM role that it has.
          returned: when it is associated and O(check_role=true)
          type: str
          sample: arn:aws:iam::111122223333:role/cleanrooms-glue-s3-access
        result_receivers:
          description: The account ids in its collaboration analysis rule.
          returned: when it has such a rule
          type: list
          elements: str
          sample: ['444455556666']
    id_namespace:
      description: >-
        The ID namespace association, with C(name), C(state), which is V(ready), V(differs), V(missing) or V(refused),
        and C(reasons) as for tables.
      returned: when one is wanted
      type: dict
      sample: {name: ACXIdNamespace, state: ready, reasons: []}
    error:
      description: What could not be read.
      type: str
      returned: when something failed
      sample: >-
        Failed to list the members in collaboration AMC Collaboration (0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d):
        ListMembers answered AccessDeniedException: User is not authorized. Grant cleanrooms:ListMembers.
"""

from dataclasses import replace
from typing import Any

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.acx.cleanrooms.plugins.module_utils import _api as api
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain
from ansible_collections.acx.cleanrooms.plugins.module_utils._info import answer_of
from ansible_collections.acx.cleanrooms.plugins.module_utils._memberships import OVER_ON_AWS
from ansible_collections.acx.cleanrooms.plugins.module_utils._namespaces import check_options as check_namespace
from ansible_collections.acx.cleanrooms.plugins.module_utils._read import (
    Account,
    read_account,
    read_tables,
    resolve_role,
    text_in,
    with_ids,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._read_readiness import (
    Wanted,
    look_at_each,
    receivers_in_none,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._readiness import READY, STATES, UNREVIEWED_RECEIVER
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import (
    ONE_OF_RECORDS,
    RECORDS_SPEC,
    Record,
    records_of,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._tables import (
    also_telling,
    check_globs_and_ids,
    check_options,
)

ARGUMENT_SPEC = {
    **api.COMMON_OPTIONS,
    **RECORDS_SPEC,
    "include": {"type": "list", "elements": "str", "default": []},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "configured_table_ids": {"type": "list", "elements": "str", "default": []},
    "max_tables": {"type": "int", "default": 25},
    "name_prefix": {"type": "str", "default": ""},
    "role": {"type": "str", "required": True},
    "check_role": {"type": "bool", "default": False},
    "result_receivers": {"type": "list", "elements": "str"},
    "members_elsewhere": {"type": "list", "elements": "str", "default": []},
    "additional_analyses": {"type": "list", "elements": "str"},
    "id_namespace_name": {"type": "str"},
    "id_namespace_arn": {"type": "str"},
    "tolerated_states": {
        "type": "list",
        "elements": "str",
        "choices": [state for state in STATES if state not in (READY, UNREVIEWED_RECEIVER)],
        "default": [],
    },
    "wait_timeout": {"type": "int", "default": 0},
}
LONGEST_WAIT = 86400
# What the options of the writing modules have besides, and what is not compared.
NOT_COMPARED = {"description": None, "tags": None, "purge": False}


def wanted_of(module: AnsibleAWSModule, client: Any, records: list[Record]) -> Wanted:
    """Return what to compare with; raise C(CleanRoomsError) for options that cannot be right."""
    params = {**module.params, **NOT_COMPARED}
    if not 0 <= params["wait_timeout"] <= LONGEST_WAIT:
        raise CleanRoomsError(
            f"wait_timeout: {params['wait_timeout']} is not a number of seconds from 0 to {LONGEST_WAIT}"
        )
    options = check_options(params)
    namespace = None
    if params["id_namespace_arn"] is not None:
        namespace = check_namespace(params, "id_namespace_name")
    role_arn, warning = resolve_role(api.connect(module, "iam"), params["role"])
    if warning:
        warn(warning)
    tables, problems = read_tables(client)
    workable = [record for record in records if record.status == "active" and record.auto_associate_tables]
    with also_telling(problems, tables):
        check_globs_and_ids(options, workable or [Record()], tables)
    return Wanted(
        replace(options, role=role_arn), namespace, tables, tuple(params["tolerated_states"]), tuple(problems)
    )


def other_memberships(account: Account, records: list[Record]) -> list[dict[str, str]]:
    """Return the memberships that no record names and that are, or may be, active."""
    known = {one for record in records for one in (record.collaboration_id, record.membership_id) if one}
    others = [
        {"name": one["collaborationName"], "collaboration_id": one["collaborationId"], "membership_id": one["id"]}
        for one in account.memberships
        if one["status"] not in OVER_ON_AWS and known.isdisjoint((one["collaborationId"], one["id"]))
    ]
    others += [
        {
            "name": text_in(one.item, "collaborationName") or "a membership that cannot be read",
            "collaboration_id": one.item["collaborationId"],
            "membership_id": text_in(one.item, "id"),
            "error": explain(one.error),
        }
        for one in account.unreadable_memberships
        if not one.item["collaborationId"] or known.isdisjoint((one.item["collaborationId"], text_in(one.item, "id")))
    ]
    return sorted(others, key=lambda one: one["collaboration_id"])


def main() -> None:
    """Return how each collaboration stands."""
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[ONE_OF_RECORDS],
        required_one_of=[ONE_OF_RECORDS],
        required_by={"id_namespace_arn": ["id_namespace_name"]},
        supports_check_mode=True,
    )
    try:
        records = records_of(module.params)
        client = api.cleanrooms_client(module)
        wanted = wanted_of(module, client, records)
        account = read_account(client, lambda: api.get_account_id(api.connect(module, "sts")), with_invitations=False)
        records = with_ids(account, records)
        workers = api.workers_for(module.params["requests_per_second"])
        entries = look_at_each(
            client, account, records, wanted, workers=workers, wait_timeout=module.params["wait_timeout"]
        )
    except CleanRoomsError as error:
        module.fail_json(msg=explain(error))
    answer = answer_of("collaborations", entries)
    answer.update(account_id=account.account_id, region=module.region)
    unknown = receivers_in_none(entries, records, wanted)
    if unknown:
        answer["unknown_receivers"] = unknown
    answer["other_memberships"] = other_memberships(account, records)
    if "failed" in answer:
        module.fail_json(**answer)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
