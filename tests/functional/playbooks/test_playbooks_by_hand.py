# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One thing at a time, and what the variables of the role and people's own words in the record come to."""

from __future__ import annotations

import re

from playbooks_world import (
    AMC,
    CHECKOUT,
    PANEL,
    PARTNER,
    PROVIDER,
    ROLE,
    STRANGER,
    Data,
    Workplace,
    accounts,
    collaboration,
    load_record,
    member,
    scenario,
)

TAGS = {"team": "data: sharing", "cost": "42"}
ANALYSIS = "arn:aws:cleanrooms-ml:us-east-1:*:membership/*/configured-model-algorithm-association/*"
ROLE_ARN = f"arn:aws:iam::{PROVIDER}:role/{ROLE}"
PLACE = {"bucket": "our-results", "key_prefix": "from/partners", "result_format": "PARQUET", "role_arn": ROLE_ARN}
POLICY: Data = {
    "allowed_members": [PANEL],
    "allowed_receivers": [PANEL],
    "accept_abilities": ["CAN_RECEIVE_RESULTS"],
    "accept_payment": True,
    "query_log_status": "ENABLED",
    "job_log_status": "ENABLED",
    "metrics_enabled": True,
    "default_result_configuration": PLACE,
    "tags": TAGS,
    "description": "Shared by us",
    "result_receivers": [PANEL],
    "additional_analyses": [ANALYSIS],
}


def test_accept_and_associate_what_is_named(workplace: Workplace) -> None:
    panel = {"account": PANEL, "display_name": "Panel", "abilities": ["CAN_RECEIVE_RESULTS"]}
    workplace.emulator.control.add(members=[{"collaboration": "Free data", **panel}])
    new, amc = workplace.id_of("Free data"), workplace.id_of("AMC Collaboration")
    receivers = f"cleanrooms_allowed_receivers={PANEL},{STRANGER}"
    accepted = workplace.play("accept", "-e", f"cleanrooms_accept={new},{amc}", "-e", receivers)
    assert accepted.summary == [
        f"Free data ({new}): accepted",
        f"AMC Collaboration ({amc}): accepted",
        "Total: 2 collaborations, 2 accepted",
    ]
    assert (workplace.joined(), workplace.counts()) == ({new, amc}, (0, 0, 0))
    records = {one["collaboration_id"]: one for one in workplace.record["cleanrooms_collaborations"]}
    assert {key: accounts(record) for key, record in records.items()} == {new: [PANEL, STRANGER], amc: [AMC]}

    tables = workplace.play("associate", "-e", f"cleanrooms_only={new}", "--tags", "tables")
    assert tables.summary[0] == f"Free data ({new}): 4 associated"
    assert workplace.counts() == (4, 4, 0)
    whole = workplace.play("associate", "-e", f"cleanrooms_only={records[new]['membership_id']}")
    assert whole.summary[0] == f"Free data ({new}): 4 unchanged, 1 namespace associated"
    assert workplace.counts() == (4, 4, 1)
    assert [one["collaboration_id"] for one in workplace.record["cleanrooms_pending_invitations"]] == [amc]


def test_what_people_wrote_in_the_record_stays(workplace: Workplace) -> None:
    written = {
        "name": "Our friends at {{ company }}",
        "collaboration_id": workplace.id_of("AMC Collaboration"),
        "auto_associate_namespace": False,
        "tables": {"include": ["part_0*"], "exclude": ["part_02"]},
        "notes": "Ask Ann\nbefore changes: 100%",
    }
    workplace.write_vars(file="collaborations", cleanrooms_collaborations=[written])
    # Ansible looks at what it reads as variables, which is not what is worked on.
    workplace.write_vars(file="company", company="AMC")
    before = workplace.record_file.read_text(encoding="utf-8")
    workplace.play("process_invitations")

    record = workplace.record_named(written["name"])
    expected = {**written, "members": [member(AMC)]}
    assert {key: value for key, value in record.items() if key not in ("membership_id", "reviewed")} == expected
    assert workplace.counts() == (3 + 4, 3 + 4, 1)
    backup = sorted(workplace.record_file.parent.glob("collaborations.yml.*~"), key=lambda one: one.stat().st_mtime)[0]
    assert backup.read_text(encoding="utf-8") == before
    assert load_record(backup)["cleanrooms_collaborations"] == [written]

    text = workplace.record_file.read_text(encoding="utf-8").replace(": active", ": 'active'")
    workplace.record_file.write_text(f"# My own order and comments\n{text}", encoding="utf-8")
    assert workplace.play("sync").changed == 0
    assert workplace.record_file.read_text(encoding="utf-8") == f"# My own order and comments\n{text}"


def invite(workplace: Workplace) -> None:
    """Send an invitation that the policy allows, one with a stranger among the members, and one that asks for more."""
    receiving = {"account": PROVIDER, "abilities": ["CAN_RECEIVE_RESULTS"], "pays": True}
    panel = {"account": PANEL, "abilities": ["CAN_RECEIVE_RESULTS"], "status": "ACTIVE"}
    asking = {"account": PROVIDER, "abilities": ["CAN_QUERY", "CAN_RECEIVE_RESULTS"]}
    metrics = {"isMetricsEnabled": True}
    invitations = [
        collaboration("Allowed", AMC, members=[receiving, panel], options=metrics),
        collaboration("With a stranger", AMC, members=[receiving, {"account": STRANGER}], options=metrics),
        collaboration("Asks for more", PARTNER, members=[asking], options=metrics),
    ]
    workplace.emulator.control.reset(scenario(collaborations=invitations))


def test_what_the_policy_asks_of_aws(workplace: Workplace) -> None:
    invite(workplace)
    lock_file = workplace.folder / "locks" / "provider"
    policy = {f"cleanrooms_{name}": value for name, value in POLICY.items()}
    workplace.write_vars(file="policy", cleanrooms_lock_file=str(lock_file), **policy)
    workplace.play("process_invitations")
    assert lock_file.is_file()
    assert list(workplace.inventory.rglob("*.lock")) == []

    def requests(operation: str) -> list[Data]:
        return [entry["parameters"] for entry in workplace.emulator.control.log(operation)]

    place = {"bucket": PLACE["bucket"], "keyPrefix": PLACE["key_prefix"], "resultFormat": PLACE["result_format"]}
    (membership,) = requests("CreateMembership")
    assert membership == {
        "collaborationIdentifier": workplace.id_of("Allowed"),
        "queryLogStatus": "ENABLED",
        "jobLogStatus": "ENABLED",
        "isMetricsEnabled": True,
        "defaultResultConfiguration": {"outputConfiguration": {"s3": place}, "roleArn": ROLE_ARN},
        "paymentConfiguration": {"queryCompute": {"isResponsible": True}},
        "tags": TAGS,
    }
    associations = requests("CreateConfiguredTableAssociation")
    assert [(one["description"], one["tags"]) for one in associations] == [("Shared by us", TAGS)] * 4
    assert [one["tags"] for one in requests("CreateIdNamespaceAssociation")] == [TAGS]
    rules = requests("CreateConfiguredTableAssociationAnalysisRule")
    body = {"allowedResultReceivers": [PANEL], "allowedAdditionalAnalyses": [ANALYSIS]}
    assert [one["analysisRulePolicy"] for one in rules] == [{"v1": {"custom": body}}] * 4
    pending = {one["name"]: one["reason"] for one in workplace.record["cleanrooms_pending_invitations"]}
    assert pending == {
        "With a stranger": f"allowed_members does not hold {STRANGER} ({STRANGER})",
        "Asks for more": "it gives this account CAN_QUERY, which accept_abilities does not allow",
    }


def test_the_playbook_of_the_readme(workplace: Workplace) -> None:
    tables = {"account": PROVIDER, "names": ["part_ibe_{01..03}"]}
    crowded = collaboration("Crowded", AMC, members=[{"account": PROVIDER}, {"account": "777788889999"}])
    invitations = [collaboration("AMC Collaboration", AMC), crowded]
    workplace.emulator.control.reset(scenario(configured_tables=[tables], collaborations=invitations))
    (text,) = re.findall(r"```yaml\n(.*?)```", (CHECKOUT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    (workplace.folder / "own.yml").write_text(text, encoding="utf-8")
    run = workplace.type("ansible-playbook own.yml")
    assert "refused: allowed_members does not hold 777788889999" in run.text
    assert workplace.joined() == {workplace.id_of("AMC Collaboration")}
    assert workplace.counts() == (2, 2, 0)
