# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Twenty accounts in one run: forks work on several at a time, and one account's failure leaves the others alone."""

from __future__ import annotations

import datetime
from collections import Counter

import yaml
from playbooks_world import AMC, Data, Workplace, collaboration

ACCOUNTS = [f"1000000000{number:02}" for number in range(20)]
FORBIDDEN = ACCOUNTS[7]
TABLES = ["part_{1,2}", "part_n_a", "part_n_a_a"]


def world() -> Data:
    """Twenty providers with two tables each, all members of a collaboration of their own."""
    names = {account: f"For {account}" for account in ACCOUNTS}
    return {
        "accounts": [{"id": account} for account in (*ACCOUNTS, AMC)],
        "roles": [{"account": account, "names": ["cleanrooms-glue-s3-access"]} for account in ACCOUNTS],
        "configured_tables": [{"account": account, "names": TABLES} for account in ACCOUNTS],
        "collaborations": [collaboration(name, AMC, provider=account) for account, name in names.items()],
        "memberships": [{"account": account, "collaboration": name} for account, name in names.items()],
        # Long enough that accounts at work at the same time can be told from accounts one after the other.
        "settings": {"read_latency_ms": 100, "write_latency_ms": 200},
    }


def prepare(workplace: Workplace) -> dict[str, str]:
    """Make a host with a profile and a record for each account; return the environment that the run needs."""
    hosts = yaml.safe_load((workplace.inventory / "hosts.yml").read_text(encoding="utf-8"))
    hosts["cleanrooms"]["hosts"] = {
        f"provider_{account}": {"cleanrooms_region": "us-east-1", "cleanrooms_profile": f"profile-{account}"}
        for account in ACCOUNTS
    }
    (workplace.inventory / "hosts.yml").write_text(yaml.safe_dump(hosts), encoding="utf-8")
    for one in workplace.emulator.control.state()["memberships"]:
        account, ids = one["account_id"], {"collaboration_id": one["collaboration_id"], "membership_id": one["id"]}
        record = {"name": f"For {account}", **ids, "status": "active", "members": [AMC]}
        workplace.write_vars(f"provider_{account}", "collaborations", cleanrooms_collaborations=[record])
    credentials = workplace.folder / "credentials"
    keys = "[profile-{0}]\naws_access_key_id = AKIA{0}\naws_secret_access_key = x\n"
    credentials.write_text("".join(keys.format(account) for account in ACCOUNTS), encoding="utf-8")
    return {"AWS_SHARED_CREDENTIALS_FILE": str(credentials), "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}


def most_at_once(log: list[Data]) -> int:
    """Return how many accounts were at work at the same time at most: from its first request to its last."""
    spans: dict[str, list[datetime.datetime]] = {}
    for entry in log:
        spans.setdefault(entry["account"], []).append(datetime.datetime.fromisoformat(entry["time"]))
    return max(sum(min(other) <= start[0] <= max(other) for other in spans.values()) for start in spans.values())


def test_twenty_accounts_side_by_side_and_one_that_may_not(workplace: Workplace) -> None:
    control = workplace.emulator.control
    control.reset(world())
    environment = prepare(workplace)
    control.fault(
        operation="CreateConfiguredTableAssociation",
        account=FORBIDDEN,
        error={"code": "AccessDeniedException", "message": "No identity-based policy allows it"},
        times=None,
    )
    control.clear_log()
    run = workplace.play("associate", "--tags", "tables", "--forks", "10", fails=True, **environment)

    assert {host for host, counts in run.stats.items() if counts["failed"]} == {f"provider_{FORBIDDEN}"}
    assert len(run.stats) == 20
    state = control.state()
    memberships = {one["id"]: one["account_id"] for one in state["memberships"]}
    made = Counter(memberships[one["membership_id"]] for one in state["table_associations"])
    assert made == {account: 2 for account in ACCOUNTS if account != FORBIDDEN}
    assert workplace.counts() == (38, 38, 0)

    log = control.log("*Configured*")
    assert {entry["account"] for entry in log} == set(ACCOUNTS)
    assert most_at_once(log) >= 3
