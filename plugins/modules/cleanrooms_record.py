#!/usr/bin/python

# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cleanrooms_record
version_added: 1.0.0
short_description: Complete the record of AWS Clean Rooms collaborations, and confirm members
description:
  - Completes the record file from the memberships that AWS lists, after one was accepted in the console, or a file was
    lost. What people wrote is kept. Nothing is shared with what is new until its members are confirmed.
  - Confirms members of the collaborations that are named. They are recorded with their abilities, and may receive
    results from then on, as far as the abilities go and the record's C(result_receivers) do not narrow it. Who and what
    was not recorded is confirmed only if O(confirm_accounts) names it, so that nothing is confirmed unseen.
  - Changes nothing on AWS.
author: Contributors to the acx.cleanrooms project (@acx-collections)
options:
  record:
    description: Path of the record file. It is made where there is none.
    type: path
    required: true
  confirm:
    description: Ids of the collaborations whose members are confirmed.
    type: list
    elements: str
    default: []
  confirm_accounts:
    description:
      - Who and what is new and confirmed, each as V(<account id>:<ability>+<ability>), for example
        V(666677778888:CAN_QUERY+CAN_RECEIVE_RESULTS). They hold for each collaboration that O(confirm) names.
      - An account alone keeps the abilities that the record has for it, and has none where it is new. Who is recorded
        need not be named again. What a member has lost is not confirmed, named or not.
      - What is there and neither recorded nor named is told, and not confirmed. An account that is no member, or an
        ability that it does not have, is an error.
      - Omitted, nothing may be new but what O(allowed_members) and O(allowed_receivers) allow. Otherwise nothing is
        confirmed, and the message has the command that names what is new.
    type: list
    elements: str
  allowed_members:
    description:
      - Account ids of who may be confirmed without being named, where the record has no members yet and
        O(confirm_accounts) is omitted. They get their abilities, but not those to receive.
      - Omitted, nobody.
    type: list
    elements: str
  allowed_receivers:
    description: Which of O(allowed_members) get the abilities to receive results and output, too. Omitted, none.
    type: list
    elements: str
extends_documentation_fragment:
  - acx.cleanrooms.common
  - acx.cleanrooms.common.keeps
  - amazon.aws.common.modules
  - amazon.aws.region.modules
"""

EXAMPLES = r"""
- name: Complete the record with what was accepted in the console
  acx.cleanrooms.cleanrooms_record:
    record: /srv/cleanrooms/provider.yml

- name: Confirm one account in a collaboration, and that it may query and receive results
  acx.cleanrooms.cleanrooms_record:
    record: /srv/cleanrooms/provider.yml
    confirm: [0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d]
    confirm_accounts: ["444455556666:CAN_QUERY+CAN_RECEIVE_RESULTS"]
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
lines:
  description: >-
    What is new, who the members of what is not confirmed are, who was confirmed and who not, and what follows from it.
    For people.
  returned: >-
    unless AWS could not be asked or what is to be confirmed is refused; also when a membership could not be read
  type: list
  elements: str
  sample: ["0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d: added; its members are not confirmed: AMC Collaboration"]
collaborations:
  description: The memberships that could not be read whole.
  returned: as RV(lines)
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
      description: Id of this account's membership.
      type: str
      sample: 12345678-90ab-cdef-1234-567890abcdef
    error:
      description: What could not be read.
      type: str
      sample: >-
        Failed to list the members in collaboration AMC Collaboration (0f0ad7ea-28b4-56e8-9c5c-3e2f3e1a8f7d):
        ListMembers answered AccessDeniedException: User is not authorized. Grant cleanrooms:ListMembers.
"""

import contextlib
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.acx.cleanrooms.plugins.module_utils import _api as api
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError, explain
from ansible_collections.acx.cleanrooms.plugins.module_utils._info import answer_of, read_memberships
from ansible_collections.acx.cleanrooms.plugins.module_utils._validate import check_account_ids, check_uuids

ARGUMENT_SPEC = {
    **api.COMMON_OPTIONS,
    "record": {"type": "path", "required": True},
    "confirm": {"type": "list", "elements": "str", "default": []},
    "confirm_accounts": {"type": "list", "elements": "str"},
    "allowed_members": {"type": "list", "elements": "str"},
    "allowed_receivers": {"type": "list", "elements": "str"},
}


def tables_in(client: Any, memberships: list[dict[str, Any]], confirm: list[str]) -> dict[str, int]:
    """Return how many tables are associated in what is to be confirmed, where AWS says so: that is for people alone."""
    tables = {}
    for one in memberships:
        if one["collaboration_id"] in confirm and "members" in one:
            with contextlib.suppress(CleanRoomsError):
                tables[one["collaboration_id"]] = len(api.list_table_associations(client, one["membership_id"]))
    return tables


def main() -> None:
    """Return the memberships with their members, and who looks at them: the action plugin records them."""
    module = AnsibleAWSModule(argument_spec=ARGUMENT_SPEC, supports_check_mode=True)
    confirm = module.params["confirm"]
    try:
        check_uuids("confirm", confirm)
        for option in ("allowed_members", "allowed_receivers"):
            check_account_ids(option, module.params[option] or ())
        client = api.cleanrooms_client(module)
        workers = api.workers_for(module.params["requests_per_second"])
        memberships = read_memberships(client, None, {"members"}, workers)
        review: dict[str, Any] = {}
        if confirm:
            found = {one: api.get_collaboration(client, one) for one in confirm}
            changes = {one: collaboration.get("autoApprovedChangeTypes", []) for one, collaboration in found.items()}
            review = {"by": api.get_caller(api.connect(module, "sts"))["Arn"], "auto_approved_changes": changes}
            review["tables"] = tables_in(client, memberships, confirm)
    except CleanRoomsError as error:
        module.fail_json(msg=explain(error))
    answer = {**answer_of("memberships", memberships), "review": review}
    if "failed" in answer:
        module.fail_json(**answer)
    module.exit_json(**answer)


if __name__ == "__main__":
    main()
