# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records, variables and arguments that are not as they should be: how a run ends, what it says, what is shared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from playbooks_world import (
    AMC,
    ASSOCIATED,
    PANEL,
    PROVIDER,
    ROLE,
    STRANGER,
    Data,
    Run,
    Workplace,
    accounts,
    collaboration,
)

BY_HAND = {"tables": ["dim_region"], "role": ROLE, "name": "by_hand"}
OURS = ["acx_part_01", "acx_part_02", "acx_part_03", "acx_part_04"]


@dataclass(frozen=True)
class Trap:
    """A host with a record of one collaboration, which has the host's name: what is odd, and what comes of it."""

    says: str
    shares: Sequence[str] = ()
    record: Data = field(default_factory=dict)
    variables: Data = field(default_factory=dict)
    newcomers: Sequence[str] = ()
    there: Sequence[Data] = ()
    status: str = "active"
    fails: bool = False


CONFIRMING: Data = {"cleanrooms_confirm_members": "{{ cleanrooms_collaborations[0].collaboration_id }}"}
RENAMING: Data = {"name_prefix": "new_", "recreate": True, "check_role": True}
# One run of sync over all of them. "Beside" is a second collaboration in the record of the host before it.
TRAPS = {
    "members_changed": Trap(
        f"members_changed (ID): refused: members changed: {PANEL} ({PANEL})", newcomers=(PANEL,), fails=True
    ),
    "over": Trap(
        "over (ID): skipped: the record's status is left",
        there=(ASSOCIATED,),
        shares=OURS,
        record={"status": "left"},
        status="left",
    ),
    "ended": Trap("ended (ID): skipped: the membership's status is REMOVED", status="removed"),
    "glob": Trap(
        "1 of 2 collaborations failed, the others are done.",
        record={"tables": {"include": ["prat_*"]}},
        fails=True,
    ),
    "confirms_nobody_by_name": Trap(
        f"cleanrooms_confirm_accounts={PANEL},{STRANGER} (leave out",
        variables={**CONFIRMING, "cleanrooms_allowed_members": [PANEL, STRANGER]},
        newcomers=(PANEL, STRANGER),
        fails=True,
    ),
    "confirms_who_was_not_seen": Trap(
        f"not confirmed: {PANEL} ({PANEL}): no abilities",
        variables={**CONFIRMING, "cleanrooms_confirm_accounts": [AMC]},
        newcomers=(PANEL,),
        fails=True,
    ),
    "renames": Trap(
        "renames (ID): 4 repaired",
        [name.replace("acx_", "new_") for name in OURS],
        there=(ASSOCIATED,),
        variables={f"cleanrooms_{name}": value for name, value in RENAMING.items()},
    ),
    "purges": Trap(
        "purges (ID): 1 removed, 3 unchanged",
        [*OURS[:3], "by_hand"],
        there=(ASSOCIATED, BY_HAND),
        variables={"cleanrooms_exclude": ["part_04", "part_n_a", "part_n_a_a"], "cleanrooms_purge": True},
    ),
}


@pytest.fixture(scope="module")
def synced(shared_workplace: Workplace) -> Run:
    """One run of sync over the hosts; C(beside) is a second collaboration in the record of C(glob)."""
    workplace, control = shared_workplace, shared_workplace.emulator.control
    there = {name: list(trap.there) for name, trap in TRAPS.items()} | {"beside": []}
    control.add(
        collaborations=[collaboration(name, AMC) for name in there],
        memberships=[{"account": PROVIDER, "collaboration": name, "associations": one} for name, one in there.items()],
        members=[{"collaboration": name, "account": one} for name, trap in TRAPS.items() for one in trap.newcomers],
    )
    control.add(members=[{"collaboration": "ended", "account": PROVIDER, "status": "REMOVED"}])
    workplace.write_hosts({name: {"cleanrooms_requests_per_second": 500} for name in TRAPS})
    for name, trap in TRAPS.items():
        records = [{**workplace.record_of(name, AMC), **trap.record}]
        if name == "glob":
            records.append(workplace.record_of("beside", AMC))
            del records[1]["membership_id"]
        workplace.write_vars(name, "collaborations", cleanrooms_collaborations=records)
        workplace.write_vars(name, "settings", cleanrooms_trusted_creators=[AMC], **trap.variables)
    return workplace.play("sync", "--forks", str(len(TRAPS)), fails=True)


def shared_in(workplace: Workplace, name: str) -> list[str]:
    """The names of the tables with a rule in a collaboration."""
    membership = workplace.record_of(name, AMC)["membership_id"]
    there = workplace.emulator.control.state()["table_associations"]
    return sorted(one["name"] for one in there if one["membership_id"] == membership and one.get("rule"))


@pytest.mark.parametrize("name", TRAPS)
def test_a_sync_that_meets_a_trap(synced: Run, shared_workplace: Workplace, name: str) -> None:
    trap, identity = TRAPS[name], shared_workplace.id_of(name)
    assert bool(synced.stats[name]["failed"]) == trap.fails
    assert trap.says.replace("ID", identity) in synced.said(name)
    assert shared_in(shared_workplace, name) == sorted(trap.shares)
    (record,) = (one for one in shared_workplace.records_of(name) if one["name"] == name)
    assert (record["status"], accounts(record)) == (trap.status, [AMC])


def test_a_collaboration_beside_one_that_is_refused_gets_everything(synced: Run, shared_workplace: Workplace) -> None:
    assert f"beside ({shared_workplace.id_of('beside')}): 4 associated" in synced.said("glob")
    for part in ("tables.include of glob", "'prat_*' matches none"):
        assert part in synced.said("glob")
    assert shared_in(shared_workplace, "beside") == OURS
    assert all("membership_id" in one for one in shared_workplace.records_of("glob"))


WRONG: dict[str, tuple[Data, str]] = {
    "role": ({"role": "misspelt"}, "role (cleanrooms_role): 'misspelt' does not exist in this account"),
    "arn": ({"id_namespace_arn": "arn:wrong"}, "id_namespace_arn (cleanrooms_id_namespace_arn): 'arn:wrong'"),
    # As where a person turned the last receiver in the list into a comment.
    "null": (
        {"result_receivers": None},
        "cleanrooms_result_receivers: is null; write what is meant, or leave the variable out",
    ),
}


def test_nothing_is_accepted_where_the_policy_cannot_be_right(workplace: Workplace) -> None:
    workplace.write_hosts({host: {} for host in WRONG})
    for host, (changes, _says) in WRONG.items():
        variables = {"cleanrooms_trusted_creators": [AMC], **{f"cleanrooms_{key}": changes[key] for key in changes}}
        workplace.write_vars(host, **variables)
    run = workplace.play("process_invitations", fails=True)
    for host, (_changes, says) in WRONG.items():
        assert (says in run.said(host), run.stats[host]["failed"]) == (True, 1), run.said(host)
    assert workplace.writes() == []


# In what is given and said, <amc> and <free> stand for the ids of these collaborations; "..." is between what is said.
@pytest.mark.parametrize(
    ("playbook", "given", "forbidden", "says"),
    [
        ("accept", [], "", "Name the collaborations to accept by their ids"),
        (
            "associate",
            ["cleanrooms_only=12345678"],
            "",
            "only (cleanrooms_only): '12345678' is the collaboration_id or membership_id of no record",
        ),
        (
            "sync",
            ['{"cleanrooms_collaborations": [{"collaboration_id": "<free>"}]}'],
            "",
            "cleanrooms_collaborations: holds the collaboration <free>, which the record file",
        ),
        # As though nothing had failed.
        (
            "sync",
            ['{"__cleanrooms_namespaces": ["x"]}'],
            "",
            "__cleanrooms_namespaces: is the collection's own and is not taken from outside",
        ),
        (
            "sync",
            ["cleanrooms_exlude=part_01"],
            "",
            "cleanrooms_exlude: is no variable of this collection; write cleanroo",
        ),
        (
            "sync",
            ["cleanrooms_exclude="],
            "",
            "cleanrooms_exclude: is empty; write [] for none, or leave the variable out",
        ),
        ("sync", ['{"cleanrooms_name_prefix": null}'], "", "cleanrooms_name_prefix: is null; write what is meant"),
        (
            "accept",
            ["cleanrooms_accept=<free>", "cleanrooms_allowed_members="],
            "",
            "cleanrooms_allowed_members: is empty;",
        ),
        (
            "sync",
            ["cleanrooms_confirm_accounts=666677778888"],
            "",
            "cleanrooms_confirm_members) names no collaboration",
        ),
        ("leave", ["cleanrooms_leave=<amc>"], "", "AMC Collaboration (<amc>): refused: leaving is for good"),
        ("verify", ["--inventory=elsewhere,", "--limit=elsewhere"], "", "No host of the group cleanrooms is chosen"),
        ("daily", ["--inventory=localhost,", "--limit=localhost"], "", "so that there is no account to work on"),
        (
            "record",
            ["cleanrooms_region=eu-west-1"],
            "",
            "AWS lists none of the recorded memberships, so that nothing was changed.",
        ),
        ("record", [], "ListMembers", '"<amc>: AMC Collaboration", " failed: ...1 of 1 collaboration failed.'),
        ("list", ["cleanrooms_show=collaborations"], "BatchGetSchema", "Grant cleanrooms:BatchGetSchema."),
    ],
)
def test_what_cannot_be_done_fails_and_writes_nothing(
    workplace: Workplace, playbook: str, given: list[str], forbidden: str, says: str
) -> None:
    workplace.share_with_partners()
    amc, free = workplace.id_of("AMC Collaboration"), workplace.id_of("Free data")

    def filled(text: str) -> str:
        return text.replace("<amc>", amc).replace("<free>", free)

    if forbidden:
        where = {"collaborationIdentifier": amc}
        error = {"code": "AccessDeniedException", "message": "No."}
        workplace.emulator.control.fault(operation=forbidden, parameters=where, error=error, times=None)
    before = workplace.record_file.read_text(encoding="utf-8")
    arguments = [part for one in given for part in ([one] if one.startswith("--") else ["-e", filled(one)])]
    run = workplace.play(playbook, *arguments, fails=True)
    assert [part for part in says.split("...") if filled(part) not in run.text] == []
    assert (workplace.writes(), workplace.record_file.read_text(encoding="utf-8")) == ([], before)


@pytest.mark.parametrize(
    ("playbook", "given"),
    [("accept", {"accept": "Free data"}), ("leave", dict.fromkeys(("leave", "confirm_leaving"), "AMC Collaboration"))],
)
def test_a_record_that_cannot_be_right_is_seen_before_what_cannot_be_undone(
    workplace: Workplace, playbook: str, given: Data
) -> None:
    workplace.share_with_partners()
    records = [{**workplace.record_of("AMC Collaboration", AMC), "tables": {"include": None}}]
    workplace.write_vars(file="collaborations", cleanrooms_collaborations=records)
    arguments = [part for key, name in given.items() for part in ("-e", f"cleanrooms_{key}={workplace.id_of(name)}")]
    run = workplace.play(playbook, *arguments, fails=True)
    assert "].tables.include: is null; write what is meant ([] for none), or remove the key" in run.text
    assert workplace.emulator.control.counts()["requests"] == {}
