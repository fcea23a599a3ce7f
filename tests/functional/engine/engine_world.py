# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts of these tests, scenarios made of them, and a look at what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator import Emulator

PROVIDER = "111122223333"
PARTNER = "444455556666"
OTHER = "777788889999"
ROLE = "cleanrooms-glue-s3-access"
NAMESPACE = "ACXIdNamespace"
NAMESPACE_ARN = f"arn:aws:entityresolution:us-east-1:{PROVIDER}:idnamespace/{NAMESPACE}"

Data = dict[str, Any]
RunModule = Callable[..., Data]


def scenario(collaborations: int = 1, tables: str = "part_{01..03}", **more: Any) -> Data:
    """A provider with some tables, and invitations or memberships in collaborations of one partner."""
    return {
        "roles": [{"account": PROVIDER, "names": [ROLE, "another-role"]}],
        "id_namespaces": [{"account": PROVIDER, "name": NAMESPACE}, {"account": PROVIDER, "name": "Another"}],
        "configured_tables": [{"account": PROVIDER, "names": [tables]}],
        "collaborations": [
            {
                "name": f"Collaboration {number}",
                "creator": PARTNER,
                "creator_display_name": "Partner",
                "members": [{"account": PROVIDER, "display_name": "Provider"}],
            }
            for number in range(1, collaborations + 1)
        ],
        **more,
    }


def joined(collaborations: int = 1, **more: Any) -> list[Data]:
    """The scenario's C(memberships): the provider is a member everywhere; C(more) goes into each."""
    return [
        {"account": PROVIDER, "collaboration": f"Collaboration {number}", **more}
        for number in range(1, collaborations + 1)
    ]


def records(emulator: Emulator, **more: Any) -> list[Data]:
    """A record with pinned members for every collaboration of the emulator, in the order of their names."""
    collaborations = sorted(emulator.control.state()["collaborations"], key=lambda one: str(one["name"]))
    return [
        {"name": one["name"], "collaboration_id": one["id"], "members": [PARTNER], **more} for one in collaborations
    ]


TABLES: Data = {"include": ["part_*"], "name_prefix": "acx_", "role": ROLE}


def shared(emulator: Emulator) -> dict[tuple[str, str], tuple[str, str, tuple[str, ...]]]:
    """What is associated: (membership, name) -> (table, role, receivers of the rule)."""
    state = emulator.control.state()
    names = {table["id"]: table["name"] for table in state["configured_tables"]}
    return {
        (one["membership_id"], one["name"]): (
            names[one["configured_table_id"]],
            one["role_arn"].rpartition("/")[2],
            tuple(_receivers(one)),
        )
        for one in state["table_associations"]
    }


def _receivers(association: Data) -> list[str]:
    rule = association.get("rule")
    if not rule:
        return []
    (policy,) = rule["policy"]["v1"].values()
    return list(policy.get("allowedResultReceivers", []))


def writes(emulator: Emulator) -> list[str]:
    """The write requests so far, by operation."""
    prefixes = ("Create", "Update", "Delete", "Tag", "Untag")
    return [one["operation"] for one in emulator.control.log() if one["operation"].startswith(prefixes)]
