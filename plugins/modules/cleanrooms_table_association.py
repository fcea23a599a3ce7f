#!/usr/bin/python

# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cleanrooms_table_association
version_added: 1.0.0
short_description: Associate configured tables with AWS Clean Rooms memberships
description:
  - Associates configured tables with the memberships of this account, under an IAM role, and gives each association a
    collaboration analysis rule that names who may receive results.
  - Works on many collaborations in one task, several requests at a time and within AWS's request quota.
  - Shares nothing with a collaboration whose members, or their abilities, are not those of its record.
  - Takes receivers whom nobody reviewed out of the rules of every table that is selected or excluded, also where the
    collaboration is refused or its members cannot be read. Where nobody else is in such a rule, the rule is deleted. A
    record without C(members) is left as it is.
  - Where a record is V(suspended), deletes the rules of the associations whose names start with O(name_prefix), so that
    their tables cannot be queried, and keeps the associations. With an empty prefix that is all of them.
  - Rules that are missing, or that name other receivers than they should, are mended. Associations that somebody made
    by hand are taken over, not made twice.
author: Contributors to the acx.cleanrooms project (@acx-collections)
options:
  state:
    description:
      - V(present) associates the selected tables and leaves all other associations alone.
      - V(absent) removes the associations of the selected tables whose names start with O(name_prefix). Their rules go
        with them. A record's C(status), C(auto_associate_tables) and C(members) do not prevent that.
    type: str
    choices: [present, absent]
    default: present
  include:
    description:
      - Shell globs on the names of configured tables. Case counts. At least one of O(include) and
        O(configured_table_ids) is required, unless every record has its own C(include).
      - A glob that matches no configured table is an error, unless O(state=absent).
    type: list
    elements: str
    default: []
  exclude:
    description:
      - Shell globs on the names of configured tables that are not taken even if O(include) matches them.
      - A glob that matches no configured table is an error, because a misspelt one would share a table.
    type: list
    elements: str
    default: []
  configured_table_ids:
    description: >-
      Configured tables by their ids, taken besides those of O(include) and whatever O(exclude) says. A record's own
      C(exclude) holds for them too.
    type: list
    elements: str
    default: []
  max_tables:
    description:
      - How many associations a membership may hold in all, those of other tables counted. AWS's default quota is 25.
      - Tables that are associated already keep their places. The free places go to the others in the order of their
        names. What does not fit is left out, and named in the result and in a warning.
    type: int
    default: 25
  name_prefix:
    description:
      - What the name of an association starts with. The name of the configured table follows. Partners use the whole
        as the table's name in SQL.
      - Omitted, an association has the name of its table.
    type: str
    default: ''
  role:
    description:
      - Name or ARN of the IAM role with which AWS Clean Rooms reads the tables. Required when O(state=present).
      - Its existence is checked first, with C(iam:GetRole).
    type: str
  description:
    description:
      - Description of the associations. Omitted, new ones have none.
      - Compared with those that are there only with O(check_role=true).
    type: str
  check_role:
    description:
      - Whether to compare the role, and O(description) where given, of associations that are there, and to update what
        differs. AWS's lists do not hold them, so that this costs one request for each association.
    type: bool
    default: false
  recreate:
    description:
      - Whether to mend what AWS can only delete and create again. That is an association under another name than it
        should have, and one that holds the name of a selected table while its own table is not selected.
      - This goes one association at a time, so that never more than one table is away from a collaboration. Rule, tags
        and description are made again too. When the second half fails, the failure says what is missing, and the next
        run makes it.
      - When V(false), such associations are reported, and their rules are still kept right.
    type: bool
    default: false
  purge:
    description:
      - Whether to remove associations whose names start with O(name_prefix), which must not be empty then, and whose
        tables are not selected any more. Those under other names are never touched.
    type: bool
    default: false
  analysis_rule:
    description:
      - Whether to give each association a collaboration analysis rule of the type that the configured table's own
        analysis rule has. Without such a rule a table is associated and cannot be queried.
      - When V(false), rules are neither made nor changed.
    type: bool
    default: true
  suspend:
    description:
      - Whether to write C(status=suspended) into the records that O(only) names by their ids, before anything else.
        Then the rules of our associations there are deleted, so that nobody can query them, and the associations stay.
        Needs O(record) and O(only). With C(status=active) in the record, the next run shares again.
      - Omitted, the records keep their status.
    type: bool
  result_receivers:
    description:
      - Account ids that narrow down who receives results. A record's own C(result_receivers) come first.
      - Only members who are active, can receive now and were reviewed as receivers do. Whoever of a record's list is
        missing is named with the reason, and stops nothing. So a list may be for many collaborations; an account that
        is a member in none of them is named too.
      - Omitted, all who were reviewed as receivers, are active and can receive now.
      - Where that is nobody, and with an empty list, no rule is written, and one that is there is removed.
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
    description:
      - ARNs of the additional analyses that the rules allow, wildcards included. An empty list allows none.
      - Omitted, new rules allow none, and rules that are there keep theirs.
    type: list
    elements: str
extends_documentation_fragment:
  - acx.cleanrooms.common
  - acx.cleanrooms.common.records
  - acx.cleanrooms.common.record_keys
  - acx.cleanrooms.common.writes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
notes:
  - Comparing O(tags) with those of associations that are there costs one request for each association.
"""

EXAMPLES = r"""
- name: Associate the partition tables everywhere
  acx.cleanrooms.cleanrooms_table_association:
    collaborations: "{{ cleanrooms_collaborations }}"
    include: ["part_*"]
    exclude: [part_n_a, part_n_a_a]
    name_prefix: acx_
    role: cleanrooms-glue-s3-access

- name: Associate one table in one membership, for one receiver
  acx.cleanrooms.cleanrooms_table_association:
    membership_id: 12345678-90ab-cdef-1234-567890abcdef
    include: [part_ibe_01]
    name_prefix: acx_
    role: arn:aws:iam::111122223333:role/cleanrooms-glue-s3-access
    result_receivers: ["444455556666"]

- name: Mend everything that differs, names and roles too, and remove what is not wanted any more
  acx.cleanrooms.cleanrooms_table_association:
    collaborations: "{{ cleanrooms_collaborations }}"
    include: ["part_*"]
    name_prefix: acx_
    role: cleanrooms-glue-s3-access
    check_role: true
    recreate: true
    purge: true
    tags: {team: data}

- name: Take one table back from everywhere
  acx.cleanrooms.cleanrooms_table_association:
    collaborations: "{{ cleanrooms_collaborations }}"
    include: [part_ibe_01]
    name_prefix: acx_
    state: absent
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
  description: One entry for each collaboration, in the order of the input. Failed ones are among them.
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
      description: Id of this account's membership. Missing in check mode while the invitation is not accepted.
      type: str
      sample: 12345678-90ab-cdef-1234-567890abcdef
    status:
      description: V(active), or why nothing was shared there.
      type: str
      sample: active
    changed:
      description: Whether something was, or in check mode would be, written.
      type: bool
      sample: true
    associations:
      description: >-
        The associations of the selected tables that are there now, sorted by name. Empty where nothing was looked at.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the association.
          type: str
          sample: acx_part_ibe_01
        id:
          description: Id of the association. Missing in check mode for one that would be created.
          type: str
          sample: 2b2ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d
        arn:
          description: ARN of the association. Missing in check mode for one that would be created.
          type: str
          sample: >-
            arn:aws:cleanrooms:us-east-1:111122223333:configuredtableassociation/12345678-90ab-cdef-1234-567890abcdef/2b2ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d
        configured_table_id:
          description: Id of the configured table.
          type: str
          sample: 3c2ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d
        configured_table_name:
          description: Name of the configured table.
          type: str
          sample: part_ibe_01
        role_arn:
          description: The IAM role, where it was set or compared in this run.
          type: str
          sample: arn:aws:iam::111122223333:role/cleanrooms-glue-s3-access
        description:
          description: The description, where it was set or compared in this run.
          type: str
          sample: Daily partitions
        tags:
          description: The tags, where they were set or compared in this run.
          type: dict
          sample: {team: data}
        analysis_rule:
          description: The collaboration analysis rule, where there is one.
          type: dict
          sample: {type: CUSTOM, result_receivers: ["444455556666"], additional_analyses: []}
    actions:
      description:
        - What was, or in check mode would be, done, and what was decided not to be done.
        - Where accounts receive by a rule and did not before, C(new_receivers) names them. C(removed_receivers) are
          those whom nobody reviewed. With C(warn) something is only told, for example that this account has a new
          ability.
      type: list
      elements: dict
      sample:
        - action: create
          resource: configured_table_association
          name: acx_part_ibe_01
          reason: not associated yet
          changed: true
    summary:
      description: >-
        How many tables ended in which way. C(new_receiver) are those whose rule lets somebody receive who did not
        before, C(receiver_removed) those from whose rule somebody goes whom nobody reviewed, C(suspended) those whose
        rule is deleted because the record is suspended. A table that is associated already counts once, as the first
        of these that holds, else as C(repaired).
      type: dict
      sample:
        {accepted: 0, associated: 25, unchanged: 0, repaired: 0, new_receiver: 0, receiver_removed: 0, suspended: 0,
         removed: 0, left: 0, skipped: 0, left_out: 3, refused: 0, failed: 0}
    error:
      description: What failed in this collaboration.
      type: str
      returned: when something failed
      sample: >-
        Failed to create the configured table association 'acx_part_ibe_01' in collaboration AMC Collaboration
        (0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d): CreateConfiguredTableAssociation answered AccessDeniedException: User is
        not authorized. Grant cleanrooms:CreateConfiguredTableAssociation, and iam:PassRole on the role (AWS's managed
        policies pass only roles under service-role/*cleanrooms*).
"""

from dataclasses import replace

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.acx.cleanrooms.plugins.module_utils import _api as api
from ansible_collections.acx.cleanrooms.plugins.module_utils._apply import apply
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain
from ansible_collections.acx.cleanrooms.plugins.module_utils._lock import LOCK_OPTIONS, locked
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_rules import note_unknown_receivers
from ansible_collections.acx.cleanrooms.plugins.module_utils._read import (
    plan_each,
    read_account,
    read_tables,
    refusal_now,
    resolve_role,
    with_ids,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import (
    ONE_OF_RECORDS,
    RECORDS_SPEC,
    Record,
    records_of,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._result import results, warnings
from ansible_collections.acx.cleanrooms.plugins.module_utils._run_tables import TableRun
from ansible_collections.acx.cleanrooms.plugins.module_utils._tables import (
    TableOptions,
    also_telling,
    check_options,
    check_selection,
)

ARGUMENT_SPEC = {
    **api.COMMON_OPTIONS,
    **LOCK_OPTIONS,
    **RECORDS_SPEC,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "include": {"type": "list", "elements": "str", "default": []},
    "exclude": {"type": "list", "elements": "str", "default": []},
    "configured_table_ids": {"type": "list", "elements": "str", "default": []},
    "max_tables": {"type": "int", "default": 25},
    "name_prefix": {"type": "str", "default": ""},
    "role": {"type": "str"},
    "description": {"type": "str"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
    "check_role": {"type": "bool", "default": False},
    "recreate": {"type": "bool", "default": False},
    "purge": {"type": "bool", "default": False},
    "analysis_rule": {"type": "bool", "default": True},
    "suspend": {"type": "bool"},
    "result_receivers": {"type": "list", "elements": "str"},
    "members_elsewhere": {"type": "list", "elements": "str", "default": []},
    "additional_analyses": {"type": "list", "elements": "str"},
}


def selects(options: TableOptions, records: list[Record]) -> bool:
    """Return whether anything is to be shared or taken back.

    Else nothing that is wrong with the role or the selection keeps a rule in its place that a suspended record forbids.
    """
    return options.state == "absent" or not records or any(record.status == "active" for record in records)


def plan_and_apply(
    module: AnsibleAWSModule, client: object, records: list[Record], options: TableOptions
) -> list[Plan]:
    """Read what is there, plan each collaboration, carry the plans out unless in check mode, and return them."""
    tables, unreadable = read_tables(client)
    workable = [record for record in records if record.status == "active" and record.auto_associate_tables]
    if selects(options, records):
        with also_telling(unreadable, tables):
            check_selection(options, workable if options.state == "present" else records, tables)
    account = read_account(client, lambda: api.get_account_id(api.connect(module, "sts")), module.check_mode)

    run = TableRun(client, account, options, tables, unreadable)
    workers = api.workers_for(module.params["requests_per_second"])
    plans = plan_each(with_ids(account, records), lambda record: run.plan(record, module.check_mode), workers)
    note_unknown_receivers(plans, options)
    if not module.check_mode:
        apply(client, plans, workers, lambda plan: refusal_now(client, account, plan))
    return plans


def main() -> None:
    """Associate, or take back, the selected tables."""
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[ONE_OF_RECORDS],
        required_one_of=[ONE_OF_RECORDS],
        required_if=[["state", "present", ["role"]]],
        supports_check_mode=True,
    )
    try:
        records = records_of(module.params)
        options = check_options(module.params)
        with locked(module, "cleanrooms_table_association"):
            client = api.cleanrooms_client(module)
            if options.state == "present" and selects(options, records):
                role_arn, warning = resolve_role(api.connect(module, "iam"), str(options.role))
                options = replace(options, role=role_arn)
                if warning:
                    warn(warning)
            plans = plan_and_apply(module, client, records, options)
    except CleanRoomsError as error:
        module.fail_json(msg=explain(error))
    for line in warnings(plans):
        warn(line)
    answer = results(plans, "associations")
    if "failed" in answer:
        module.fail_json(**answer)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
