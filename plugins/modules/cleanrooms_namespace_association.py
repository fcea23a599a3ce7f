#!/usr/bin/python

# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cleanrooms_namespace_association
version_added: 1.0.0
short_description: Associate an ID namespace with AWS Clean Rooms memberships
description:
  - Associates an ID namespace of AWS Entity Resolution with the memberships of this account.
  - Works on many collaborations in one task, several requests at a time and within AWS's request quota.
  - Shares nothing with a collaboration whose members, or their abilities, are not those of its record. Does nothing for
    a suspended record.
author: Contributors to the acx.cleanrooms project (@acx-collections)
options:
  state:
    description:
      - V(present) associates the ID namespace.
      - V(absent) removes the association named O(name). Where O(id_namespace_arn) is given too, only if it is of that
        ID namespace.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Name of the association, by which partners use the ID namespace.
    type: str
    required: true
  id_namespace_arn:
    description: ARN of the ID namespace. Required when O(state=present).
    type: str
  manage_resource_policies:
    description:
      - Whether AWS Clean Rooms keeps the ID namespace's resource policy for this association. When V(false), somebody
        else must grant the access in AWS Entity Resolution.
      - Used when the association is created. AWS cannot change it later.
    type: bool
    default: true
  allow_use_as_dimension_column:
    description:
      - Whether an ID mapping table may use the unique ids of this ID namespace as a dimension column.
      - Omitted, AWS's default holds, and an association that is there keeps its own. Comparing it costs one request
        a collaboration. Where the configuration has something which this version does not know, nothing is changed
        there, since AWS would drop it.
    type: bool
  description:
    description: Description of the association. Omitted, a new one has none, and one that is there keeps its own.
    type: str
  recreate:
    description:
      - Whether to remove an association of another ID namespace that holds O(name), so that this one can have it. When
        V(false), it is reported.
      - An association of this ID namespace under another name is renamed in place, which needs no O(recreate).
    type: bool
    default: false
extends_documentation_fragment:
  - acx.cleanrooms.common
  - acx.cleanrooms.common.records
  - acx.cleanrooms.common.record_keys
  - acx.cleanrooms.common.writes
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.tags
notes:
  - Comparing O(tags) with those of an association that is there costs one request a collaboration.
"""

EXAMPLES = r"""
- name: Associate the ID namespace everywhere
  acx.cleanrooms.cleanrooms_namespace_association:
    collaborations: "{{ cleanrooms_collaborations }}"
    name: ACXIdNamespace
    id_namespace_arn: arn:aws:entityresolution:us-east-1:111122223333:idnamespace/ACXIdNamespace

- name: Take it back from one membership
  acx.cleanrooms.cleanrooms_namespace_association:
    membership_id: 12345678-90ab-cdef-1234-567890abcdef
    name: ACXIdNamespace
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
      description: V(active), or why nothing was done there.
      type: str
      sample: active
    changed:
      description: Whether something was, or in check mode would be, written.
      type: bool
      sample: true
    id_namespace_associations:
      description: The association that is there now. Empty where there is none, or where nothing was looked at.
      type: list
      elements: dict
      contains:
        name:
          description: Name of the association.
          type: str
          sample: ACXIdNamespace
        id:
          description: Id of the association. Missing in check mode for one that would be created.
          type: str
          sample: 2b2ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d
        arn:
          description: ARN of the association. Missing in check mode for one that would be created.
          type: str
          sample: >-
            arn:aws:cleanrooms:us-east-1:111122223333:membership/12345678-90ab-cdef-1234-567890abcdef/idnamespaceassociation/2b2ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d
        id_namespace_arn:
          description: ARN of the ID namespace.
          type: str
          sample: arn:aws:entityresolution:us-east-1:111122223333:idnamespace/ACXIdNamespace
        manage_resource_policies:
          description: Whether AWS Clean Rooms keeps the resource policy.
          type: bool
          sample: true
        allow_use_as_dimension_column:
          description: What the option of this name says, where it was set or compared in this run.
          type: bool
          sample: false
        description:
          description: The description, where there is one.
          type: str
          sample: Our ids
        tags:
          description: The tags, where they were set or compared in this run.
          type: dict
          sample: {team: data}
    actions:
      description: What was, or in check mode would be, done, and what was decided not to be done.
      type: list
      elements: dict
      sample:
        - action: create
          resource: id_namespace_association
          name: ACXIdNamespace
          reason: not associated yet
          changed: true
    summary:
      description: How many associations ended in which way.
      type: dict
      sample:
        {accepted: 0, associated: 1, unchanged: 0, repaired: 0, new_receiver: 0, receiver_removed: 0, suspended: 0,
         removed: 0, left: 0, skipped: 0, left_out: 0, refused: 0, failed: 0}
    error:
      description: What failed in this collaboration.
      type: str
      returned: when something failed
      sample: >-
        Failed to create the ID namespace association 'ACXIdNamespace' in collaboration AMC Collaboration
        (0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d): CreateIdNamespaceAssociation answered AccessDeniedException: User is not
        authorized. Grant cleanrooms:CreateIdNamespaceAssociation, and entityresolution:GetIdNamespace, and
        entityresolution:AddPolicyStatement if Clean Rooms manages the resource policy.
"""

from ansible.module_utils.common.warnings import warn
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.acx.cleanrooms.plugins.module_utils import _api as api
from ansible_collections.acx.cleanrooms.plugins.module_utils._apply import apply
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain
from ansible_collections.acx.cleanrooms.plugins.module_utils._lock import LOCK_OPTIONS, locked
from ansible_collections.acx.cleanrooms.plugins.module_utils._namespaces import (
    NamespaceOptions,
    check_options,
    plan_namespace,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._read import (
    plan_each,
    read_account,
    read_namespace_state,
    refusal_now,
    resolve,
    with_ids,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import (
    ONE_OF_RECORDS,
    RECORDS_SPEC,
    Record,
    records_of,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._result import results, warnings

ARGUMENT_SPEC = {
    **api.COMMON_OPTIONS,
    **LOCK_OPTIONS,
    **RECORDS_SPEC,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "name": {"type": "str", "required": True},
    "id_namespace_arn": {"type": "str"},
    "manage_resource_policies": {"type": "bool", "default": True},
    "allow_use_as_dimension_column": {"type": "bool"},
    "description": {"type": "str"},
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
    "recreate": {"type": "bool", "default": False},
}


def plan_and_apply(
    module: AnsibleAWSModule, client: object, records: list[Record], options: NamespaceOptions
) -> list[Plan]:
    """Read what is there, plan each collaboration, carry the plans out unless in check mode, and return them."""
    switch = "auto_associate_namespace" if options.state == "present" else None
    account = read_account(client, lambda: api.get_account_id(api.connect(module, "sts")), module.check_mode)

    def plan_one(record: Record) -> Plan:
        record, nothing_to_do = resolve(client, account, record, switch, module.check_mode)
        if nothing_to_do:
            return nothing_to_do
        return plan_namespace(record, options, read_namespace_state(client, account, record, options))

    workers = api.workers_for(module.params["requests_per_second"])
    plans = plan_each(with_ids(account, records), plan_one, workers)
    if not module.check_mode:
        apply(client, plans, workers, lambda plan: refusal_now(client, account, plan))
    return plans


def main() -> None:
    """Associate, or take back, the ID namespace."""
    module = AnsibleAWSModule(
        argument_spec=ARGUMENT_SPEC,
        mutually_exclusive=[ONE_OF_RECORDS],
        required_one_of=[ONE_OF_RECORDS],
        required_if=[["state", "present", ["id_namespace_arn"]]],
        supports_check_mode=True,
    )
    try:
        records = records_of(module.params)
        options = check_options(module.params)
        with locked(module, "cleanrooms_namespace_association"):
            plans = plan_and_apply(module, api.cleanrooms_client(module), records, options)
    except CleanRoomsError as error:
        module.fail_json(msg=explain(error))
    for line in warnings(plans):
        warn(line)
    answer = results(plans, "id_namespace_associations")
    if "failed" in answer:
        module.fail_json(**answer)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
