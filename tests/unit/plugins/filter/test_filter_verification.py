# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was found, put together and told."""

from __future__ import annotations

from typing import Any

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
    return verification(answer, "2026-01-01T00:00:00+00:00")


def test_it_is_put_together_with_the_pending_invitations_of_the_record() -> None:
    looked = {"account_id": "1", "region": "r", "collaborations": [entry(ONE)], "other_memberships": []}
    every = verification({**looked, "record": {"pending_invitations": [{"name": "x"}]}}, "now")
    assert (every["looked_at"], every["collaborations"]) == ("now", [entry(ONE)])
    assert (every["pending_invitations"], every["unrecorded"]) == ([{"name": "x"}], [])


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


def test_each_thing_that_nobody_reviewed_is_a_line() -> None:
    lists = {"unreviewed": ["this account may CAN_QUERY", "types"], "receivers_missing": ["1 (P) has left"]}
    told = ["not reviewed: this account may CAN_QUERY", "not reviewed: types", "no receiver: 1 (P) has left"]
    verified = found(entry(ONE, "ready", as_recorded=False, **lists))
    assert verification_lines(verified)[1:-1] == [f"    {line}" for line in told]
    assert verification_failure(verified).split("\n")[1:] == [f"AMC ({ONE}): {line}" for line in told]


def test_a_receiver_who_is_a_member_nowhere_fails_the_gate() -> None:
    verified = {**found(entry(ONE, "ready")), "unknown_receivers": ["333344445555"]}
    told = "result receiver 333344445555: result_receivers names it, and it is a member in no collaboration"
    assert verification_failure(verified, tolerate_unrecorded=True) == told
    assert told in verification_lines(verified)


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


def test_a_membership_that_cannot_be_read_is_not_called_unrecorded() -> None:
    item = {"name": "One", "collaboration_id": "", "membership_id": "", "error": "ListMemberships answered nothing."}
    verified = {"collaborations": [], "unrecorded": [item]}
    assert verification_failure(verified) == "One (no id): ListMemberships answered nothing."
    assert verification_lines(verified)[0] == verification_failure(verified)
