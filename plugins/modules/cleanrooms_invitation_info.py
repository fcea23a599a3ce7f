#!/usr/bin/python

# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cleanrooms_invitation_info
version_added: 1.0.0
short_description: List pending invitations to AWS Clean Rooms collaborations
description:
  - Lists the invitations of this account that are not accepted yet, with everything by which to judge them. That is who
    created the collaboration, who its members are, what each may do, and who pays.
author: Contributors to the acx.cleanrooms project (@acx-collections)
options:
  collaboration_ids:
    description: Only these collaborations. Omitted, all. One that is not pending is left out.
    type: list
    elements: str
extends_documentation_fragment:
  - acx.cleanrooms.common
  - acx.cleanrooms.common.reads_record
  - acx.cleanrooms.common.reads
  - amazon.aws.common.modules
  - amazon.aws.region.modules
"""

EXAMPLES = r"""
- name: Look at the pending invitations
  acx.cleanrooms.cleanrooms_invitation_info:
  register: pending
"""

RETURN = r"""
record:
  description: >-
    What the record says: the C(path) of its file, empty where there is none, its C(collaborations) and its
    C(pending_invitations).
  returned: when O(record) is given and AWS was asked
  type: dict
  sample: {path: /srv/cleanrooms/provider.yml, collaborations: [], pending_invitations: []}
invitations:
  description: The pending invitations, the oldest first.
  returned: always
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
    description:
      description: The description that the inviter chose. Missing where there is none.
      type: str
      sample: Audience measurement
    creator_account_id:
      description: Account that created the collaboration.
      type: str
      sample: '444455556666'
    creator_display_name:
      description: What the creator calls itself.
      type: str
      sample: AMC
    create_time:
      description: When the collaboration was created, in ISO 8601.
      type: str
      sample: '2026-01-31T09:00:00+00:00'
    query_log_status:
      description: Whether members may log queries, V(ENABLED) or V(DISABLED).
      type: str
      sample: ENABLED
    auto_approved_changes:
      description: Types of changes that happen without asking the members, in AWS's names. Missing where AWS says none.
      type: list
      elements: str
      sample: [ADD_MEMBER]
    data_encryption_metadata:
      description: How encrypted tables are made. Missing where there are none in the collaboration.
      type: dict
      sample:
        allow_cleartext: true
        allow_duplicates: true
        allow_joins_on_columns_with_different_names: true
        preserve_nulls: true
    allowed_result_regions:
      description: The Regions to which results may be written. Missing where AWS says none.
      type: list
      elements: str
      sample: [us-east-1]
    analytics_engine:
      description: What runs the queries, V(SPARK) or V(CLEAN_ROOMS_SQL). Missing where AWS does not say it.
      type: str
      sample: SPARK
    metrics_enabled:
      description: Whether members may have metrics. Missing where AWS does not say it.
      type: bool
      sample: false
    job_log_status:
      description: Whether members may log jobs, V(ENABLED) or V(DISABLED). Missing where AWS does not say it.
      type: str
      sample: DISABLED
    abilities:
      description: What this account could do beyond contributing data.
      type: list
      elements: str
      sample: []
    pays_for:
      description: What this account would pay for, in AWS's names.
      type: list
      elements: str
      sample: []
    members:
      description: All members, this account among them.
      type: list
      elements: dict
      contains:
        account_id:
          description: The member's account.
          type: str
          sample: '444455556666'
        display_name:
          description: What the creator calls the member.
          type: str
          sample: AMC
        status:
          description: V(INVITED), V(ACTIVE), V(LEFT) or V(REMOVED).
          type: str
          sample: ACTIVE
        abilities:
          description: What the member may do beyond contributing data.
          type: list
          elements: str
          sample: [CAN_QUERY, CAN_RECEIVE_RESULTS]
        pays_for:
          description: What the member pays for, in AWS's names.
          type: list
          elements: str
          sample: [queryCompute]
    error:
      description: >-
        What could not be read of this invitation. Where even its id could not, it is an empty string, and the entry
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
from ansible_collections.acx.cleanrooms.plugins.module_utils._info import answer_of, read_invitations
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import check_no_action_options
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import check_uuids

ARGUMENT_SPEC = {
    **api.COMMON_OPTIONS,
    "record": {"type": "path"},
    "collaboration_ids": {"type": "list", "elements": "str"},
}


def main() -> None:
    """Return the pending invitations."""
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    wanted = module.params["collaboration_ids"]
    try:
        check_no_action_options(module.params)
        check_uuids("collaboration_ids", wanted or ())
        client = api.cleanrooms_client(module)
        workers = api.workers_for(module.params["requests_per_second"])
        invitations = read_invitations(client, wanted, lambda: api.get_account_id(api.connect(module, "sts")), workers)
    except CleanRoomsError as error:
        module.fail_json(msg=explain(error))
    answer = answer_of("invitations", invitations)
    if "failed" in answer:
        module.fail_json(**answer)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
