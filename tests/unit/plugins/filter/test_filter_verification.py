# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was found, put together and told."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.acx.cleanrooms.plugins.filter.records import confirmation_lines, confirmed_records
from ansible_collections.acx.cleanrooms.plugins.filter.verification import (
    verification,
    verification_failure,
    verification_lines,
)

Data = dict[str, Any]
ONE, TWO, OTHER = (f"{digit * 8}-1111-4111-8111-111111111111" for digit in "abc")
ADVICE = "Do this."


def entry(identity: str = ONE, *states: str, **more: Any) -> Data:
    tables = [
        {
            "name": f"acx_part_0{number}",
            "state": state,
            "reasons": [] if state == "ready" else [{"code": "CODE", "message": "Said.", "advice": ADVICE}],
        }
        for number, state in enumerate(states, 1)
    ]
    good = set(states) <= {"ready"}
    base = {"name": "AMC", "collaboration_id": identity, "status": "active", "as_recorded": good, "tables": tables}
    return {**base, **more}


def found(*entries: Data, others: tuple[str, ...] = ()) -> Data:
    answer = {
        "account_id": "111122223333",
        "region": "us-east-1",
        "collaborations": list(entries),
        "other_memberships": [{"name": "X", "collaboration_id": one, "membership_id": f"m-{one}"} for one in others],
    }
    return verification([answer], [], [], "2026-01-01T00:00:00+00:00")


def test_batches_become_one() -> None:
    first, second = (
        {
            "account_id": "1",
            "region": "r",
            "collaborations": [entry(one)],
            "other_memberships": [
                {"name": "X", "collaboration_id": other, "membership_id": f"m-{other}"}
                for other in (ONE, TWO, OTHER)
                if other != one
            ],
        }
        for one in (ONE, TWO)
    )
    every = verification([first, second], [], [], "")
    assert [one["collaboration_id"] for one in every["collaborations"]] == [ONE, TWO]
    assert [one["collaboration_id"] for one in every["unrecorded"]] == [OTHER]
    recorded = verification([first, second], [{"membership_id": f"m-{OTHER}"}], [], "")
    assert recorded["unrecorded"] == []


def test_a_reason_is_told_once_with_all_its_tables() -> None:
    lines = verification_lines(found(entry(ONE, "ready", "not_ready", "not_ready", "missing")))
    assert lines == [
        f"AMC ({ONE}): NOT as recorded: 1 ready, 2 not ready, 1 missing",
        "    not ready: acx_part_02, acx_part_03: CODE: Said. Do this.",
        "    missing: acx_part_04: CODE: Said. Do this.",
        "Total: 0 of 1 collaborations as recorded: 1 ready, 2 not ready, 1 missing",
    ]


def test_why_everything_is_refused_is_told_once() -> None:
    why = {"message": "members changed", "advice": ""}
    tables = [{"name": "acx_part_01", "state": "refused", "reasons": [why]}]
    lines = verification_lines(found(entry(tables=tables, as_recorded=False, refused="members changed")))
    assert [line for line in lines if "members changed" in line] == ["    refused: members changed"]


def test_strangers_cannot_command_a_terminal() -> None:
    lines = verification_lines(found(entry(name="\x1b[2J\u202eevil\n")))
    assert all(line.isprintable() for line in lines)


def test_the_gate() -> None:
    assert verification_failure(found(entry(ONE, "ready"))) == ""
    failure = verification_failure(found(entry(ONE, "ready"), entry(TWO, "missing")))
    assert failure.startswith("1 of 2 collaborations are not as recorded.\n")
    assert ONE not in failure
    assert f"AMC ({TWO}): missing: acx_part_01: CODE: Said. Do this." in failure


def test_a_membership_outside_the_record_fails_the_gate_unless_tolerated() -> None:
    verified = found(entry(ONE, "ready"), others=(OTHER,))
    assert "not in the record; the playbook record adds it" in verification_failure(verified)
    assert verification_failure(verified, tolerate_unrecorded=True) == ""
    assert any("not in the record" in line for line in verification_lines(verified))


def membership(*accounts: str) -> Data:
    members = [{"account_id": one, "display_name": one, "status": "ACTIVE"} for one in ("111122223333", *accounts)]
    return {"collaboration_id": ONE, "account_id": "111122223333", "members": members}


def test_only_those_who_are_named_are_confirmed() -> None:
    """Somebody who joined after the look is not confirmed unseen."""
    records = [{"collaboration_id": ONE, "members": ["222233334444"]}]
    both = membership("222233334444", "333344445555")
    with pytest.raises(AnsibleFilterError, match="members whom you did not name, 333344445555"):
        confirmed_records(records, [both], [ONE], ["222233334444"])
    named = confirmed_records(records, [both], [ONE], ["222233334444", "333344445555", "444455556666"])
    assert named[0]["members"] == ["222233334444", "333344445555"]
    assert confirmed_records(records, [both], [ONE]) == named
    assert confirmed_records(records, [both], [ONE], "") == named
    with pytest.raises(AnsibleFilterError, match="222233334444, 333344445555"):
        confirmed_records(records, [both], [ONE], [])


def test_a_membership_that_is_over_is_not_confirmed() -> None:
    """AWS tells no members of it. Whoever was removed and invited again has one, and an active one besides."""
    over = {"collaboration_id": ONE, "account_id": "111122223333", "name": "AMC", "status": "removed"}
    active = {**membership("222233334444"), "name": "AMC"}
    for memberships in ([over, active], [active, over]):
        assert confirmed_records([{"collaboration_id": ONE}], memberships, [ONE])[0]["members"] == ["222233334444"]
        assert confirmation_lines(memberships) == [f"AMC ({ONE}): members are 222233334444 (222233334444)"]
    with pytest.raises(AnsibleFilterError, match="is not the collaboration_id of a record with an active membership"):
        confirmed_records([{"collaboration_id": ONE}], [over], [ONE])
