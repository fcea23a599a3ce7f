# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host is an account in a Region: two hosts, with a profile each, keep apart."""

from __future__ import annotations

from pathlib import Path

import yaml
from playbooks_world import AMC, PARTNER, PROVIDER, Data, Workplace, collaboration, load_record

SECOND = "777788889999"


def two_accounts() -> Data:
    """Each in a Region of its own, with an invitation of its own."""
    tables = {"names": ["part_{01..02}", "part_n_a", "part_n_a_a"]}
    return {
        "accounts": [{"id": account} for account in (PROVIDER, SECOND, AMC, PARTNER)],
        "roles": [{"account": account, "names": ["cleanrooms-glue-s3-access"]} for account in (PROVIDER, SECOND)],
        "id_namespaces": [
            {"account": PROVIDER, "name": "ACXIdNamespace"},
            {"account": SECOND, "region": "eu-west-1", "name": "ACXIdNamespace"},
        ],
        "configured_tables": [
            {"account": PROVIDER, **tables},
            {"account": SECOND, "region": "eu-west-1", **tables},
        ],
        "collaborations": [
            collaboration("For the first", AMC),
            collaboration("For the second", PARTNER, provider=SECOND, region="eu-west-1"),
        ],
    }


def write_hosts(workplace: Workplace) -> Path:
    """Make a host of each account; return the file with the credentials of both."""
    hosts = yaml.safe_load((workplace.inventory / "hosts.yml").read_text(encoding="utf-8"))
    hosts["cleanrooms"]["hosts"] = {
        "provider": {"cleanrooms_region": "us-east-1", "cleanrooms_profile": "first"},
        "second": {"cleanrooms_region": "eu-west-1", "cleanrooms_profile": "second"},
    }
    (workplace.inventory / "hosts.yml").write_text(yaml.safe_dump(hosts), encoding="utf-8")
    workplace.write_vars(
        "second",
        cleanrooms_trusted_creators=[PARTNER],
        cleanrooms_requests_per_second=500,
        cleanrooms_namespace_arn=f"arn:aws:entityresolution:eu-west-1:{SECOND}:idnamespace/ACXIdNamespace",
    )
    credentials = workplace.folder / "credentials"
    profiles = (("first", PROVIDER), ("second", SECOND))
    credentials.write_text(
        "".join(
            f"[{name}]\naws_access_key_id = AKIA{account}\naws_secret_access_key = x\n" for name, account in profiles
        ),
        encoding="utf-8",
    )
    return credentials


def test_two_accounts_with_their_own_profiles_and_policies(workplace: Workplace) -> None:
    workplace.emulator.control.reset(two_accounts())
    own = {
        "AWS_SHARED_CREDENTIALS_FILE": str(write_hosts(workplace)),
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
    }

    workplace.play("process_invitations", **own)
    assert workplace.joined() == {workplace.id_of("For the first")}
    assert workplace.joined(SECOND) == {workplace.id_of("For the second")}
    assert workplace.counts() == (4, 4, 2)
    second_record = workplace.inventory / "host_vars/second/collaborations.yml"
    for record, creator in ((workplace.record_file, AMC), (second_record, PARTNER)):
        assert [one["members"] for one in load_record(record)["cleanrooms_collaborations"]] == [[creator]]

    limited = workplace.play("list", "--limit", "second", **own)
    assert set(limited.stats) == {"second"}
    assert "For the second" in limited.output
    assert "For the first" not in limited.output
