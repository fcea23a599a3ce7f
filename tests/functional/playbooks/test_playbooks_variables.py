# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the variables of the role ask of AWS: each is followed to the request that it changes."""

from __future__ import annotations

from typing import Any

from playbooks_world import AMC, PANEL, PARTNER, PROVIDER, STRANGER, Workplace, collaboration, scenario

ROLE = "cleanrooms-glue-s3-access"
TAGS = {"team": "data: sharing", "cost": "42"}
ANALYSIS = "arn:aws:cleanrooms-ml:us-east-1:*:membership/*/configured-model-algorithm-association/*"
RESULTS = {
    "bucket": "our-results",
    "key_prefix": "from/partners",
    "result_format": "PARQUET",
    "role_arn": f"arn:aws:iam::{PROVIDER}:role/{ROLE}",
}
POLICY: dict[str, Any] = {
    "cleanrooms_allowed_members": [PANEL],
    "cleanrooms_accept_abilities": ["CAN_RECEIVE_RESULTS"],
    "cleanrooms_accept_payment": True,
    "cleanrooms_query_log_status": "ENABLED",
    "cleanrooms_job_log_status": "ENABLED",
    "cleanrooms_metrics_enabled": True,
    "cleanrooms_default_result_configuration": RESULTS,
    "cleanrooms_tags": TAGS,
    "cleanrooms_description": "Shared by us",
    "cleanrooms_result_receivers": [PANEL],
    "cleanrooms_additional_analyses": [ANALYSIS],
}


def requests(workplace: Workplace, operation: str) -> list[dict[str, Any]]:
    """The parameters of all requests of an operation."""
    return [entry["parameters"] for entry in workplace.emulator.control.log(operation)]


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


def check_membership(workplace: Workplace) -> None:
    """One invitation is accepted, with all settings; the others stay pending with the reason."""
    (request,) = requests(workplace, "CreateMembership")
    place = {"bucket": RESULTS["bucket"], "keyPrefix": RESULTS["key_prefix"], "resultFormat": RESULTS["result_format"]}
    assert request == {
        "collaborationIdentifier": workplace.id_of("Allowed"),
        "queryLogStatus": "ENABLED",
        "jobLogStatus": "ENABLED",
        "isMetricsEnabled": True,
        "defaultResultConfiguration": {"outputConfiguration": {"s3": place}, "roleArn": RESULTS["role_arn"]},
        "paymentConfiguration": {"queryCompute": {"isResponsible": True}},
        "tags": TAGS,
    }
    pending = {one["name"]: one["reason"] for one in workplace.record["cleanrooms_pending_invitations"]}
    assert pending == {
        "With a stranger": f"allowed_members does not hold {STRANGER} ({STRANGER})",
        "Asks for more": "it gives this account CAN_QUERY, which accept_abilities does not allow",
    }


def check_associations(workplace: Workplace) -> None:
    """Tables and ID namespace have description and tags, and the rules say who and what."""
    associations = requests(workplace, "CreateConfiguredTableAssociation")
    assert [(one["description"], one["tags"]) for one in associations] == [("Shared by us", TAGS)] * 4
    (namespace,) = requests(workplace, "CreateIdNamespaceAssociation")
    assert namespace["tags"] == TAGS
    rules = requests(workplace, "CreateConfiguredTableAssociationAnalysisRule")
    body = {"allowedResultReceivers": [PANEL], "allowedAdditionalAnalyses": [ANALYSIS]}
    assert [one["analysisRulePolicy"] for one in rules] == [{"v1": {"custom": body}}] * 4


def test_what_is_accepted_and_shared_and_how(workplace: Workplace) -> None:
    invite(workplace)
    lock_file = workplace.folder / "locks" / "provider"
    workplace.write_vars(file="policy", cleanrooms_lock_file=str(lock_file), **POLICY)
    workplace.play("process_invitations")
    check_membership(workplace)
    check_associations(workplace)
    assert lock_file.is_file()
    assert list(workplace.inventory.rglob("*.lock")) == []


def test_confirming_holds_to_the_allowed_members(workplace: Workplace) -> None:
    workplace.share_with_partners()
    newcomers = [{"account": account, "collaboration": "AMC Collaboration"} for account in (PANEL, STRANGER)]
    workplace.emulator.control.add(members=newcomers)
    workplace.write_vars(file="policy", cleanrooms_allowed_members=[PANEL])
    before = workplace.record_file.read_text(encoding="utf-8")
    identity = workplace.id_of("AMC Collaboration")
    refused = workplace.play("sync", "-e", f"cleanrooms_confirm_members={identity}", fails=True)
    assert f"members whom you did not name, {STRANGER}" in refused.output
    assert workplace.record_file.read_text(encoding="utf-8") == before
    assert workplace.writes() == []


def test_what_the_gate_tolerates(workplace: Workplace) -> None:
    """A membership that is not in the record, and tables of which AWS has yet to notice the rules."""
    workplace.share_with_partners()
    control = workplace.emulator.control
    control.settings(readiness_delay_seconds=3600)
    control.add(memberships=[{"account": PROVIDER, "collaboration": "Free data"}])
    options = ("cleanrooms_tolerated_states=not_ready", "cleanrooms_verify_role=false", "cleanrooms_ready_timeout=0")
    arguments = [part for option in options for part in ("-e", option)]
    refused = workplace.play("verify", *arguments, fails=True)
    assert workplace.id_of("Free data") in refused.output

    control.clear_log()
    workplace.play("verify", *arguments, "-e", "cleanrooms_tolerate_unrecorded=true")
    assert requests(workplace, "GetConfiguredTableAssociation") == []
    # One look at each of two collaborations.
    assert len(requests(workplace, "BatchGetSchema")) == 2


def test_what_is_taken_away(workplace: Workplace) -> None:
    """Purging takes what is ours and not selected any more; leaving with force takes what is not ours, too."""
    workplace.share_with_partners()
    by_hand = {"tables": ["dim_region"], "role": ROLE, "name": "by_hand"}
    control = workplace.emulator.control
    control.add(memberships=[{"account": PROVIDER, "collaboration": "AMC Collaboration", "associations": [by_hand]}])
    excluded = ["part_04", "part_n_a", "part_n_a_a"]
    workplace.write_vars(file="policy", cleanrooms_exclude=excluded, cleanrooms_purge=True, cleanrooms_leave_force=True)
    workplace.play("sync")
    ours = [f"acx_part_0{number}" for number in range(1, 4)]
    names = [one["name"] for one in control.state()["table_associations"]]
    assert sorted(names) == sorted([*ours, *ours, "by_hand"])

    identity = workplace.id_of("AMC Collaboration")
    workplace.play("leave", "-e", f"cleanrooms_leave={identity}", "-e", f"cleanrooms_confirm_leaving={identity}")
    assert workplace.joined() == {workplace.id_of("Partner Collaboration")}
    assert sorted(one["name"] for one in control.state()["table_associations"]) == ours
