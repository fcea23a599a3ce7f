# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Documentation that the modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """Options and attributes of all modules, of those that write, and of those that work on records."""

    DOCUMENTATION = r"""
requirements:
  - python >= 3.11
  - boto3 >= 1.37.15
  - botocore >= 1.37.15
options:
  requests_per_second:
    description:
      - How many requests a second this task may send for each operation of AWS Clean Rooms.
      - AWS's default quota is 5 for each operation, account and Region. Raise this only when AWS has raised that.
      - When AWS throttles all the same, because another client shares the quota, the task slows down by itself.
    type: float
    default: 5.0
attributes:
  action_group:
    description: Use C(group/acx.cleanrooms.cleanrooms) in C(module_defaults) to set defaults for this module.
    support: full
    membership: [acx.cleanrooms.cleanrooms]
notes:
  - Names, display names and descriptions of collaborations are chosen by whoever invites. They prove nothing, and this
    collection never templates them. Go by account ids and collaboration ids.
seealso:
  - name: AWS Clean Rooms API reference
    description: What each operation does and answers.
    link: https://docs.aws.amazon.com/clean-rooms/latest/apireference/Welcome.html
  - name: AWS Clean Rooms quotas
    description: How many of each thing an account or membership may hold, and the rates of requests.
    link: https://docs.aws.amazon.com/clean-rooms/latest/userguide/quotas.html
"""

    WRITES = r"""
options: {}
attributes:
  check_mode:
    description: Makes no write request. What it predicts is what the next real run does.
    support: full
  diff_mode:
    description: Shows one line for each resource that is, or would be, created, changed or deleted.
    support: full
"""

    READS = r"""
options: {}
attributes:
  check_mode:
    description: Only reads.
    support: full
  diff_mode:
    description: Changes nothing, so that there is nothing to show.
    support: N/A
"""

    RECORDS = r"""
options:
  collaborations:
    description:
      - The records of the collaborations to work on, in the form in which the inventory keeps them. The results come
        back in the same order.
      - Each is a dictionary with the keys below. A key that is not known is an error. So is null, in C(status), the
        C(auto_) keys, C(tables) with its keys and C(result_receivers), where leaving the key out would share more.
      - C(name) (str) is what people call it. It is a label, never proof of identity.
      - C(collaboration_id) (str) is the identity.
      - C(membership_id) (str) is looked up where it is missing. Where both ids are given and do not belong together,
        nothing is done.
      - C(status) (str) is one of V(active), V(inactive), V(left), V(removed) and V(deleted). Only active
        collaborations, which is the default, are worked on.
      - C(auto_associate_tables) and C(auto_associate_namespace) (bool) say whether tables and the ID namespace are
        associated there. Both are V(true) by default.
      - C(tables) (dict) holds this partner's own C(include) and C(exclude), lists of shell globs, which stand in for
        the options of these names.
      - C(result_receivers) (list of account ids) says who may receive results. Without it, every other active member
        that can receive results.
      - C(members) (list of account ids) pins the members who were there when somebody judged the collaboration. While
        another account is or may become a member, or while nothing is pinned, nothing more is shared there, and the
        collaboration is reported as refused. They are looked at again before a write that comes more than 15 seconds
        after the last look.
      - C(notes) (str) is free text, and kept.
      - Exactly one of O(collaborations) and O(membership_id) is required. With an empty list nothing is done.
    type: list
    elements: dict
  membership_id:
    description:
      - One membership by its id, without a record. No members are pinned then, so that whoever names a membership here
        must have judged its members.
      - Exactly one of O(collaborations) and O(membership_id) is required.
    type: str
"""
