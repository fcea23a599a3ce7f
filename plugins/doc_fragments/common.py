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
  - boto3 >= 1.43.71
  - botocore >= 1.43.71
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
  - The action plugin of each module takes the Region, profile, endpoint and requests a second from the variables
    C(cleanrooms_region), C(cleanrooms_profile), C(cleanrooms_endpoint_url) and C(cleanrooms_requests_per_second) of the
    host, where the task has none. Where the two differ, the task fails.
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
options:
  lock_file:
    description:
      - Path of a file on which this task holds a lock while it works, so that no other run works for the account at the
        same time. The system lets go of it when the process of the module ends, however it ends. Check mode takes none.
      - The file is made where it is missing. One that is no lock, and a link, is an error and is left as it is.
      - Omitted, it is that of O(record), with C(.lock) after its name. Without O(record), and with an empty text, there
        is none. The variable C(cleanrooms_lock_file) stands in for it.
    type: path
  lock_wait:
    description: >-
      For how many seconds to wait while another run holds the lock. After that the task fails, and its result has
      C(locked). The variable C(cleanrooms_lock_wait) stands in for it.
    type: int
    default: 60
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

    # A module that writes the record alone.
    KEEPS = r"""
options: {}
notes:
  - The action plugin reads the variable C(cleanrooms_result_receivers) of the host. Who is not in it, where the record
    does not say, is not confirmed as a receiver.
attributes:
  check_mode:
    description: Writes nothing. What it predicts is what the next real run does.
    support: full
  diff_mode:
    description: Shows what is, or would be, changed in the record file.
    support: full
"""

    # A module that accepts and leaves, and records it.
    KEEPS_RECORD = r"""
notes:
  - With O(record), the action plugin reads the variable C(cleanrooms_result_receivers) of the host. Who is not in it,
    where the record does not say, is not recorded as a reviewed receiver.
options:
  record:
    description:
      - Path of the record file. It is read anew, checked, and known to be writable before anything is done; what was
        found and done is written into it when the module has ended, also when it failed.
      - Invitations that stay pending are recorded with the reason. What is accepted is recorded as pending first, so
        that a run that is cut off can be taken up.
      - Omitted, nothing is recorded.
    type: path
"""

    READS_RECORD = r"""
options:
  record:
    description:
      - Path of a record file, to be returned beside what was found. It is checked and only read. An empty text stands
        for the variable C(cleanrooms_collaborations) of the inventory.
      - Omitted, no record is read.
    type: path
"""

    RECORDS = r"""
notes:
  - With O(record), the action plugin reads the variable C(cleanrooms_id_namespace_arn) of the host. Where there is one,
    an accepted invitation stays among the pending ones until the ID namespace is associated, too, and not only the
    tables.
options:
  record:
    description:
      - Path of the record file to work on, in place of O(collaborations). It is read anew and checked. A module that
        writes makes sure that it can be written before anything is done, and writes into it what was found and done
        when it has ended, also when it failed.
      - An empty text means that there is no record file. Then the variable C(cleanrooms_collaborations) of the
        inventory is worked on, and nothing is written back.
      - Exactly one of O(record), O(collaborations) and O(membership_id) is required.
    type: path
  only:
    description:
      - Collaboration or membership ids of the records to work on. Omitted, all of them; with an empty list, none.
      - V(all) stands for all of them, V(pending) for those that are accepted and not finished. V(known) leaves ids
        out that no record has, which are an error otherwise.
    type: list
    elements: str
  membership_id:
    description:
      - One membership by its id, without a record. Nobody is recorded then, so that whoever names a membership here
        must have judged its members.
      - Exactly one of O(record), O(collaborations) and O(membership_id) is required.
    type: str
  collaborations:
    description:
      - The records of the collaborations to work on, in the form in which the inventory keeps them. The results come
        back in the same order.
      - A key that is not known is an error. So is null, where leaving the key out would share more.
      - Exactly one of O(record), O(collaborations) and O(membership_id) is required. With an empty list nothing is
        done.
"""

    # What a record holds, wherever there is the option; the description comes from elsewhere.
    RECORD_KEYS = r"""
options:
  collaborations:
    type: list
    elements: dict
    suboptions:
      name:
        description: What people call it. A label, never proof of identity. Omitted, the name that its creator chose.
        type: str
      collaboration_id:
        description: The id of the collaboration, its identity. Omitted, O(collaborations[].membership_id) tells it.
        type: str
      membership_id:
        description:
          - The id of this account's membership. Omitted, it is looked up.
          - Where both ids are given and do not belong together, nothing is done.
        type: str
      status:
        description:
          - Only active collaborations are worked on.
          - V(suspended) takes all tables back at once, and reversibly. M(acx.cleanrooms.cleanrooms_table_association)
            deletes the collaboration analysis rules there, keeps the associations, and shares again when this is
            V(active). The ID namespace stays in use.
        type: str
        choices: [active, suspended, inactive, left, removed, deleted]
        default: active
      auto_associate_tables:
        description: Whether tables are associated there.
        type: bool
        default: true
      auto_associate_namespace:
        description: Whether the ID namespace is associated there.
        type: bool
        default: true
      tables:
        description: This partner's own selection of tables. Omitted, the task's options select them.
        type: dict
        suboptions:
          include:
            description: Shell globs, in place of the option of this name. Omitted, the task's.
            type: list
            elements: str
          exclude:
            description: Shell globs, in place of the option of this name. Omitted, the task's.
            type: list
            elements: str
      result_receivers:
        description: >-
          Account ids that narrow down who receives results. Only members who are active, can receive now and were
          reviewed as receivers do; who of the list is missing is named. Omitted, all of those.
        type: list
        elements: str
      notes:
        description: Free text, which is kept. Omitted, there is none.
        type: str
      reviewed:
        description:
          - What was there when the members were accepted or confirmed, written then.
          - Omitted, as in a record that a person writes, the O(collaborations[].members) with the ability
            C(CAN_RECEIVE_RESULTS) are the ones who were reviewed as receivers.
        type: dict
        suboptions:
          at:
            description: When, in ISO 8601. Omitted, nobody knows.
            type: str
          by:
            description: ARN of the caller. Omitted, nobody knows.
            type: str
          own_abilities:
            description: What this account could do. Omitted, nothing.
            type: list
            elements: str
          own_payments:
            description: What this account paid for. Omitted, nothing.
            type: list
            elements: str
          auto_approved_changes:
            description: What the creator could let change without asking. Omitted, nothing.
            type: list
            elements: str
          receivers:
            description: Account ids of who could receive results. A rule names nobody else.
            type: list
            elements: str
            required: true
      members:
        description:
          - The other accounts that were members when somebody reviewed the collaboration. While another one is or may
            become a member, or one of them has an ability that is not here, nothing more is shared there, and the
            collaboration is reported as refused. Receivers whom nobody reviewed are taken out of rules all the same.
          - They are looked at again before a write that comes more than 15 seconds after the last look.
          - Omitted, nobody was reviewed, and nothing is shared there.
        type: list
        elements: dict
        suboptions:
          account_id:
            description: The account id, in quotes.
            type: str
            required: true
          abilities:
            description: What the member could do.
            type: list
            elements: str
            default: []
          display_name:
            description: What the member calls itself. A label, never proof of identity. Omitted, nobody knows.
            type: str
"""
