# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host is an account in a Region, with a profile and a policy of its own; many of them side by side in one run."""

from __future__ import annotations

import datetime
from collections import Counter

from playbooks_world import AMC, PARTNER, PROVIDER, ROLE, Data, Workplace, accounts, collaboration, member

SECOND = "777788889999"
TABLES = {"names": ["part_{1,2}", "part_n_a", "part_n_a_a"]}
ACCOUNTS = [f"1000000000{number:02}" for number in range(20)]
FORBIDDEN = ACCOUNTS[7]


def test_two_accounts_with_their_own_profiles_and_policies(workplace: Workplace) -> None:
    """Each in a Region of its own, with an invitation of its own."""
    namespace, second = {"name": "ACXIdNamespace"}, {"account": SECOND, "region": "eu-west-1"}
    workplace.emulator.control.reset(
        {
            "accounts": [{"id": account} for account in (PROVIDER, SECOND, AMC, PARTNER)],
            "roles": [{"account": account, "names": [ROLE]} for account in (PROVIDER, SECOND)],
            "id_namespaces": [{"account": PROVIDER, **namespace}, {**second, **namespace}],
            "configured_tables": [{"account": PROVIDER, **TABLES}, {**second, **TABLES}],
            "collaborations": [
                collaboration("For the first", AMC),
                collaboration("For the second", PARTNER, provider=SECOND, region="eu-west-1"),
            ],
        }
    )
    workplace.write_hosts(
        {
            "provider": {"cleanrooms_profile": "first"},
            "second": {"cleanrooms_region": "eu-west-1", "cleanrooms_profile": "second"},
        }
    )
    workplace.write_vars(
        "second",
        cleanrooms_trusted_creators=[PARTNER],
        cleanrooms_requests_per_second=500,
        cleanrooms_id_namespace_arn=f"arn:aws:entityresolution:eu-west-1:{SECOND}:idnamespace/ACXIdNamespace",
    )
    own = workplace.write_profiles({"first": PROVIDER, "second": SECOND})
    workplace.play("process_invitations", **own)
    assert workplace.joined() == {workplace.id_of("For the first")}
    assert workplace.joined(SECOND) == {workplace.id_of("For the second")}
    assert workplace.counts() == (4, 4, 2)
    for host, creator in (("provider", AMC), ("second", PARTNER)):
        assert [accounts(one) for one in workplace.records_of(host)] == [[creator]]

    limited = workplace.play("list", "--limit", "second", **own)
    assert set(limited.stats) == {"second"}
    assert "For the second" in limited.output
    assert "For the first" not in limited.output


def most_at_once(log: list[Data]) -> int:
    """Return how many accounts were at work at the same time at most: from its first request to its last."""
    spans: dict[str, list[datetime.datetime]] = {}
    for entry in log:
        spans.setdefault(entry["account"], []).append(datetime.datetime.fromisoformat(entry["time"]))
    return max(sum(min(other) <= start[0] <= max(other) for other in spans.values()) for start in spans.values())


def prepare_twenty(workplace: Workplace) -> None:
    """Twenty providers with two tables each, all members of a collaboration of their own, with a host each."""
    names = {account: f"For {account}" for account in ACCOUNTS}
    control = workplace.emulator.control
    control.reset(
        {
            "accounts": [{"id": account} for account in (*ACCOUNTS, AMC)],
            "roles": [{"account": account, "names": [ROLE]} for account in ACCOUNTS],
            "configured_tables": [{"account": account, **TABLES} for account in ACCOUNTS],
            "collaborations": [collaboration(name, AMC, provider=account) for account, name in names.items()],
            "memberships": [{"account": account, "collaboration": name} for account, name in names.items()],
            # Long enough that accounts at work at the same time can be told from accounts one after the other.
            "settings": {"read_latency_ms": 100, "write_latency_ms": 200},
        }
    )
    workplace.write_hosts({f"provider_{account}": {"cleanrooms_profile": f"profile-{account}"} for account in ACCOUNTS})
    for one in control.state()["memberships"]:
        record = {"collaboration_id": one["collaboration_id"], "membership_id": one["id"], "members": [member(AMC)]}
        workplace.write_vars(f"provider_{one['account_id']}", "collaborations", cleanrooms_collaborations=[record])
    control.fault(
        operation="CreateConfiguredTableAssociation",
        account=FORBIDDEN,
        error={"code": "AccessDeniedException", "message": "No identity-based policy allows it"},
        times=None,
    )
    control.clear_log()


def test_twenty_accounts_side_by_side_and_one_that_may_not(workplace: Workplace) -> None:
    """Forks work on several at a time, and one account's failure leaves the others alone."""
    prepare_twenty(workplace)
    own = workplace.write_profiles({f"profile-{account}": account for account in ACCOUNTS})
    run = workplace.play("associate", "--tags", "tables", "--forks", "10", fails=True, **own)
    assert {host for host, counts in run.stats.items() if counts["failed"]} == {f"provider_{FORBIDDEN}"}
    assert len(run.stats) == 20
    state = workplace.emulator.control.state()
    memberships = {one["id"]: one["account_id"] for one in state["memberships"]}
    made = Counter(memberships[one["membership_id"]] for one in state["table_associations"])
    assert made == {account: 2 for account in ACCOUNTS if account != FORBIDDEN}
    assert workplace.counts() == (38, 38, 0)
    log = workplace.emulator.control.log("*Configured*")
    assert {entry["account"] for entry in log} == set(ACCOUNTS)
    assert most_at_once(log) >= 3
