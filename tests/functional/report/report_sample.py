# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A look at collaborations in every state, as many as wanted, some of them with names that would do harm."""

from __future__ import annotations

import uuid
from typing import Any

Data = dict[str, Any]
OWN = "111122223333"
SCRIPT = "<script>document.title='owned'</script>"
IMAGE = '"><img src=x onerror="document.title=\'owned\'">'
TEMPLATE = "{{ 7 * 7 }} {% raw %}"
RIGHT_TO_LEFT = "\u202edetrevni\u202c \u05e9\u05dc\u05d5\u05dd"
NAMES = ("AMC Collaboration", SCRIPT, IMAGE, TEMPLATE, RIGHT_TO_LEFT)
PROVIDERS = "ANALYSIS_PROVIDERS_NOT_CONFIGURED"
REASONS = {
    "not_ready": {
        "code": PROVIDERS,
        "message": "No account may query the table",
        "advice": "The table's analysis rule allows no account to query. Change the configured table.",
    },
    "differs": {"message": "the rule names 444455556666, wanted 555566667777", "advice": "Run the playbook sync."},
    "missing": {"message": "it is not associated", "advice": "Run the playbook sync."},
    "left_out": {"message": "max_tables is 25", "advice": "Ask AWS for a higher quota, or exclude tables."},
    "refused": {"message": "members changed: 999900001111", "advice": "Look at the members; then confirm them."},
    "unselected": {"message": "it is associated, and its table is not selected", "advice": "Run sync with purge."},
}


def id_of(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def table(name: str, state: str = "ready") -> Data:
    there = {"result_receivers": ["444455556666"]} if state in ("ready", "not_ready") else {}
    reasons = [] if state == "ready" else [REASONS[state]]
    return {"name": f"acx_{name}", "configured_table_name": name, "state": state, "reasons": reasons, **there}


def collaboration(index: int, tables: int) -> Data:
    """Every seventh is refused, every fifth has a table in each of the other states, every eleventh is not read."""
    name = NAMES[index] if index < len(NAMES) else f"Partner {index} Collaboration"
    names = [f"part_ibe_{number:02}" for number in range(1, tables + 1)]
    entry: Data = {"name": name, "collaboration_id": id_of(f"c{index}"), "membership_id": id_of(f"m{index}")}
    entry.update(status="active", as_recorded=False, max_tables=25, tables=[table(one) for one in names])
    entry.update(members=members(name), associations_used=min(tables, 27))
    entry["id_namespace"] = {"name": "ACXIdNamespace", "state": "ready", "reasons": []}
    if index % 7 == 1:
        entry["refused"] = "members changed: 999900001111 is not pinned"
        entry["tables"] = [table(one, "refused") for one in names]
        entry["id_namespace"].update(state="refused", reasons=[REASONS["refused"]])
    elif index % 5 == 0:
        states = ["not_ready", "differs", "missing", "unselected", "left_out", "left_out"]
        ready = [table(one) for one in names[: max(len(names) - len(states), 0)]]
        entry["tables"] = ready + [table(*pair) for pair in zip(names[len(ready) :], states, strict=False)]
        entry["id_namespace"].update(state="missing", reasons=[REASONS["missing"]])
    elif index % 11 == 3:
        for key in ("members", "max_tables", "associations_used", "id_namespace"):
            del entry[key]
        entry.update(tables=[], error="Could not list the members: ListMembers answered AccessDeniedException.")
    else:
        entry["as_recorded"] = True
    return entry


def members(name: str) -> list[Data]:
    own = {"account_id": OWN, "display_name": "Provider", "status": "ACTIVE", "abilities": [], "pays_for": []}
    abilities = ["CAN_QUERY", "CAN_RECEIVE_RESULTS"]
    partner = {"account_id": "444455556666", "status": "ACTIVE", "abilities": abilities, "pays_for": ["queryCompute"]}
    return [own, {**partner, "display_name": f"Owner of {name}"}]


def report(collaborations: int = 5, tables: int = 28) -> Data:
    """Return a report as the filter report_data makes it, of so many collaborations and one more that was left."""
    entries = [collaboration(index, tables) for index in range(collaborations)]
    left = {"name": "Old Partner", "collaboration_id": id_of("left"), "status": "left", "as_recorded": True}
    pending = {
        "name": f"Free data {SCRIPT}",
        "collaboration_id": id_of("pending"),
        "creator_account_id": "999900001111",
        "creator_display_name": IMAGE,
        "members": ["999900001111"],
        "reason": "creator 999900001111 is not trusted",
    }
    unrecorded = {"name": TEMPLATE, "collaboration_id": id_of("u"), "membership_id": id_of("um")}
    return {
        "host": "provider",
        "account_id": OWN,
        "region": "us-east-1",
        "looked_at": "2026-11-22T17:20:05+00:00",
        "check_mode": False,
        "pending_invitations": [pending],
        "unrecorded": [unrecorded],
        "collaborations": [*entries, {**left, "tables": []}],
        "changes": [
            f"AMC Collaboration ({id_of('c0')}): acx_part_ibe_25 is missing, was ready",
            f"{SCRIPT} ({id_of('c1')}): member 999900001111 joined",
        ],
        "changes_since": "2026-11-21T06:00:12+00:00",
    }
