# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the step readiness leaves, and reports made of it, for the tests of the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.acx.cleanrooms.plugins.filter.report import report_data

Data = dict[str, Any]
TEMPLATE = (Path(__file__).parents[4] / "roles/cleanrooms/files/report.html.j2").read_text(encoding="utf-8")
ONE, TWO = "11111111-90ab-cdef-1234-567890abcdef", "22222222-90ab-cdef-1234-567890abcdef"
OWN, PARTNER, OTHER = "111122223333", "444455556666", "555566667777"
EARLIER, LATER, LAST = (f"2026-11-2{day}T06:00:00+00:00" for day in (1, 2, 3))
REVIEWED = {"at": EARLIER, "by": f"arn:aws:iam::{OWN}:user/op"}
MISSING = {"message": "it is not associated", "advice": "Run the playbook sync."}


def table(name: str, state: str = "ready", **more: Any) -> Data:
    reasons = [] if state == "ready" else [MISSING]
    return {"name": f"acx_{name}", "configured_table_name": name, "state": state, "reasons": reasons, **more}


def member(account: str, status: str = "ACTIVE", name: str = "Partner", **more: Any) -> Data:
    member = {"account_id": account, "display_name": name, "status": status}
    return {**member, "abilities": ["CAN_RECEIVE_RESULTS"], "pays_for": [], **more}


def collaboration(name: str = "AMC", collaboration_id: str = ONE, **more: Any) -> Data:
    return {
        "name": name,
        "collaboration_id": collaboration_id,
        "membership_id": collaboration_id[::-1],
        "status": "active",
        "as_recorded": True,
        "reviewed": REVIEWED,
        "max_tables": 25,
        "associations_used": 1,
        "members": [member(OWN, abilities=[]), member(PARTNER)],
        "tables": [table("part_01", result_receivers=[PARTNER])],
        "id_namespace": {"name": "ACXIdNamespace", "state": "ready", "reasons": []},
        **more,
    }


def look(*collaborations: Data, at: str = EARLIER, **more: Any) -> Data:
    """What the step readiness leaves."""
    found = {"account_id": OWN, "region": "us-east-1", "looked_at": at, "collaborations": list(collaborations)}
    return {**found, "pending_invitations": [], "unrecorded": [], **more}


def first(*collaborations: Data, **more: Any) -> Data:
    return report_data(look(*collaborations, **more), "provider", {})


def everywhere(text: str) -> Data:
    """A report in which every text that somebody else may choose is C(text)."""
    reasons = [{"message": text, "advice": text, "code": text}]
    tables = [table("part_01"), {**table("part_02", "missing"), "name": f"z{text}", "reasons": reasons}]
    whole = {"error": text, "refused": text, "reason": text, "as_recorded": False}
    whole["reviewed"] = {"at": text, "by": text}
    namespace = {"name": text, "state": "missing", "reasons": reasons}
    members = [member(PARTNER, name=text, abilities=[text], pays_for=[text])]
    one = collaboration(text, tables=tables, members=members, id_namespace=namespace, **whole)
    pending = {"name": text, "collaboration_id": ONE, "creator_account_id": PARTNER, "creator_display_name": text}
    unrecorded = {"name": text, "collaboration_id": ONE, "membership_id": TWO}
    more = {"pending_invitations": [{**pending, "members": [PARTNER], "reason": text}], "unrecorded": [unrecorded]}
    report = first(one, collaboration(text, TWO, tables=[], error=text), collaboration(text, OWN, tables=[]), **more)
    return {**report, "changes": [text], "changes_since": text}
