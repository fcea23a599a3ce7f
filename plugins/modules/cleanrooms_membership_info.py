#!/usr/bin/python

# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cleanrooms_membership_info
version_added: 1.0.0
short_description: Read AWS Clean Rooms memberships with their tables, rules and readiness
description:
  - Reads the memberships of this account, and for each its members, configured table associations with their
    collaboration analysis rules, whether each table can be queried, and its ID namespace associations.
  - With O(record), compares who receives by the rules, the members, this account among them, and the changes that are
    approved automatically with what was reviewed, as far as O(details) has them read.
  - Works on many memberships in one task, several requests at a time and within AWS's request quota.
author: Contributors to the acx.cleanrooms project (@acx-collections)
options:
  collaboration_ids:
    description: Only the memberships in these collaborations. Omitted, all. One without a membership is left out.
    type: list
    elements: str
  details:
    description:
      - What to read of each active membership. An empty list reads the list of memberships alone.
      - V(members), V(settings), V(associations) and V(id_namespace_associations) cost one request a membership each.
      - V(analysis_rules) and V(readiness) cost one request for 25 tables each, and read the associations too.
      - V(roles) costs one request for each association, and reads role and description of each.
    type: list
    elements: str
    choices: [members, settings, associations, analysis_rules, readiness, roles, id_namespace_associations]
    default: [members, settings, associations, analysis_rules, readiness, id_namespace_associations]
extends_documentation_fragment:
  - acx.cleanrooms.common
  - acx.cleanrooms.common.reads_record
  - acx.cleanrooms.common.reads
  - amazon.aws.common.modules
  - amazon.aws.region.modules
"""

EXAMPLES = r"""
- name: Read everything
  acx.cleanrooms.cleanrooms_membership_info:
  register: found

- name: Read the list of memberships with one request
  acx.cleanrooms.cleanrooms_membership_info:
    details: []
"""

RETURN = r"""
record:
  description: >-
    What the record says: the C(path) of its file, empty where there is none, its C(collaborations) and its
    C(pending_invitations).
  returned: when O(record) is given and AWS was asked
  type: dict
  sample: {path: /srv/cleanrooms/provider.yml, collaborations: [], pending_invitations: []}
memberships:
  description: The memberships, sorted by the time of joining.
  returned: always
  type: list
  elements: dict
  contains:
    name:
      description: The name of the collaboration, which its creator chose.
      type: str
      sample: AMC Collaboration
    collaboration_id:
      description: Id of the collaboration.
      type: str
      sample: 0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d
    membership_id:
      description: Id of this account's membership.
      type: str
      sample: 12345678-90ab-cdef-1234-567890abcdef
    account_id:
      description: This account.
      type: str
      sample: '111122223333'
    status:
      description: >-
        V(active), V(removed) from the collaboration, V(deleted) with the collaboration, or V(unknown) where this
        version does not know AWS's word or the membership cannot be read; then there is RV(memberships[].error).
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
    create_time:
      description: When this account joined, in ISO 8601.
      type: str
      sample: '2026-01-31T09:00:00+00:00'
    abilities:
      description: What this account may do beyond contributing data.
      type: list
      elements: str
      sample: []
    pays_for:
      description: What this account pays for, in AWS's names.
      type: list
      elements: str
      sample: []
    members:
      description: All members, this account among them.
      returned: with V(members) in O(details)
      type: list
      elements: dict
      sample:
        - account_id: '444455556666'
          display_name: AMC
          status: ACTIVE
          abilities: [CAN_QUERY, CAN_RECEIVE_RESULTS]
          pays_for: [queryCompute]
    unreviewed:
      description: >-
        What is there and nobody reviewed, one text each. A rule that names a receiver whom nobody reviewed comes first,
        whatever the record's status is; then members, what this account may do or pays for, and which changes are
        approved automatically.
      returned: when O(record) is given, the membership is in it, and there is such
      type: list
      elements: str
      sample:
        - >-
          open to an unreviewed receiver: acx_part_ibe_01: its rule names 999900001111, whom nobody reviewed as a
          receiver
    auto_approved_changes:
      description: Types of changes that happen without asking the members, in AWS's names. Missing where AWS says none.
      returned: with V(settings) in O(details)
      type: list
      elements: str
      sample: [ADD_MEMBER]
    data_encryption_metadata:
      description: How encrypted tables are made. Missing where there are none in the collaboration.
      returned: with V(settings) in O(details)
      type: dict
      sample:
        allow_cleartext: true
        allow_duplicates: true
        allow_joins_on_columns_with_different_names: true
        preserve_nulls: true
    allowed_result_regions:
      description: The Regions to which results may be written. Missing where AWS says none.
      returned: with V(settings) in O(details)
      type: list
      elements: str
      sample: [us-east-1]
    analytics_engine:
      description: What runs the queries, V(SPARK) or V(CLEAN_ROOMS_SQL). Missing where AWS does not say it.
      returned: with V(settings) in O(details)
      type: str
      sample: SPARK
    metrics_enabled:
      description: Whether members may have metrics. Missing where AWS does not say it.
      returned: with V(settings) in O(details)
      type: bool
      sample: false
    job_log_status:
      description: Whether members may log jobs, V(ENABLED) or V(DISABLED). Missing where AWS does not say it.
      returned: with V(settings) in O(details)
      type: str
      sample: DISABLED
    associations:
      description: The configured table associations, sorted by name.
      returned: with V(associations), V(analysis_rules), V(readiness) or V(roles) in O(details)
      type: list
      elements: dict
      contains:
        name:
          description: Name of the association.
          type: str
          sample: acx_part_ibe_01
        id:
          description: Id of the association.
          type: str
          sample: 2b2ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d
        arn:
          description: ARN of the association.
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
        analysis_rule:
          description: The collaboration analysis rule. Missing where there is none.
          returned: with V(analysis_rules) in O(details)
          type: dict
          sample: {type: CUSTOM, result_receivers: ["444455556666"], additional_analyses: []}
        ready:
          description: Whether AWS says that the table can be queried.
          returned: with V(readiness) in O(details)
          type: bool
          sample: true
        not_ready_reasons:
          description: >-
            AWS's reasons why the table cannot be queried, each with a code and a message. A reason without a code is
            not AWS's: this version does not know, or could not read, what AWS says.
          returned: with V(readiness) in O(details)
          type: list
          elements: dict
          sample: [{code: COLLABORATION_ANALYSIS_RULE_NOT_CONFIGURED, message: No collaboration analysis rule.}]
        role_arn:
          description: The IAM role.
          returned: with V(roles) in O(details)
          type: str
          sample: arn:aws:iam::111122223333:role/cleanrooms-glue-s3-access
        description:
          description: The description. Missing where there is none.
          returned: with V(roles) in O(details)
          type: str
          sample: Daily partitions
    id_namespace_associations:
      description: The ID namespace associations, sorted by name.
      returned: with V(id_namespace_associations) in O(details)
      type: list
      elements: dict
      sample:
        - name: ACXIdNamespace
          id: 2b2ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d
          arn: >-
            arn:aws:cleanrooms:us-east-1:111122223333:membership/12345678-90ab-cdef-1234-567890abcdef/idnamespaceassociation/2b2ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d
          id_namespace_arn: arn:aws:entityresolution:us-east-1:111122223333:idnamespace/ACXIdNamespace
          manage_resource_policies: true
    error:
      description: >-
        What could not be read of this membership. Where even its ids could not, they are empty strings, and the entry
        comes last.
      type: str
      returned: when something failed
      sample: >-
        Failed to list the members in collaboration AMC Collaboration (0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d):
        ListMembers answered AccessDeniedException: User is not authorized. Grant cleanrooms:ListMembers.
"""

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.acx.cleanrooms.plugins.module_utils import _api as api
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain
from ansible_collections.acx.cleanrooms.plugins.module_utils._info import DETAILS, answer_of, read_memberships
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import check_no_action_options
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import check_uuids

ARGUMENT_SPEC = {
    **api.COMMON_OPTIONS,
    "record": {"type": "path"},
    "collaboration_ids": {"type": "list", "elements": "str"},
    "details": {
        "type": "list",
        "elements": "str",
        "choices": list(DETAILS),
        "default": [detail for detail in DETAILS if detail != "roles"],
    },
}


def main() -> None:
    """Return the memberships."""
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    wanted = module.params["collaboration_ids"]
    try:
        check_no_action_options(module.params)
        check_uuids("collaboration_ids", wanted or ())
        client = api.cleanrooms_client(module)
        workers = api.workers_for(module.params["requests_per_second"])
        memberships = read_memberships(client, wanted, set(module.params["details"]), workers)
    except CleanRoomsError as error:
        module.fail_json(msg=explain(error))
    answer = answer_of("memberships", memberships)
    if "failed" in answer:
        module.fail_json(**answer)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
