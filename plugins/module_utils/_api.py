# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One function for each AWS operation that the collection uses: plain data in, plain data out.

The error handler stands outside, the SDK's standard retries and the pacing of requests inside the client. Parameters
and answers keep AWS's own names and shapes (API reference of AWS Clean Rooms, version 2022-02-17). Every function
raises C(CleanRoomsError) when AWS refuses, when its answer cannot be read, and for whatever else a request can raise.
"""

from __future__ import annotations

from typing import Any, cast

try:
    from botocore.config import Config
except ImportError:
    pass  # AnsibleAWSModule says which library is missing

from ansible_collections.amazon.aws.plugins.module_utils.botocore import boto3_inventory_conn, get_aws_connection_info

from . import _answers as answers
from ._errors import CleanRoomsError, UnreadableAnswerError
from ._pacing import pace_client
from ._requests import Unreadable, ask, ask_for, handle, list_readable, list_whole

# Measured with 5 requests a second, reads of 80 ms and writes of 250 ms: more workers only wait for their turn.
WORKERS_PER_REQUEST = 1.6
LEAST_WORKERS = 8
MOST_REQUESTS_PER_SECOND = 1000
MAX_RETRIES = 10
# The first botocore whose model has all operations and members that are used.
OLDEST_BOTOCORE = "1.43.71"
BATCH_SIZE = 25  # names in one BatchGetSchema or BatchGetSchemaAnalysisRule

COMMON_OPTIONS: dict[str, Any] = {"requests_per_second": {"type": "float", "default": 5.0}}

Data = dict[str, Any]


def workers_for(requests_per_second: float) -> int:
    """Return how many requests may be under way at once."""
    return max(LEAST_WORKERS, round(requests_per_second * WORKERS_PER_REQUEST))


@handle("get a client of AWS")
def connect(module: Any, service: str, **config: Any) -> Any:
    """Return a boto3 client of a service for the module's connection options; C(config) is that of botocore."""
    # Not AnsibleAWSModule.client: it ends the module by itself on some errors, and lets others through.
    region, endpoint, parameters = get_aws_connection_info(module)
    return boto3_inventory_conn(
        conn_type="client", resource=service, region=region, endpoint=endpoint, config=Config(**config), **parameters
    )


def cleanrooms_client(module: Any) -> Any:
    """Return a paced boto3 client for the module's connection options and C(requests_per_second)."""
    module.require_botocore_at_least(
        OLDEST_BOTOCORE, reason="for auto-approved changes and all that AWS says of a policy"
    )
    rate = module.params["requests_per_second"]
    if not 0 < rate <= MOST_REQUESTS_PER_SECOND:
        right = f"more than 0 and at most {MOST_REQUESTS_PER_SECOND}; AWS's default quota is 5"
        raise CleanRoomsError(f"requests_per_second: {rate:g} is not {right}")
    retries = {"mode": "standard", "max_attempts": MAX_RETRIES}
    client = connect(module, "cleanrooms", retries=retries, max_pool_connections=workers_for(rate))
    pace_client(client, rate)
    answers.keep_raw_answers(client)
    return client


# Collaborations and memberships


@handle("list the collaborations")
def list_invitations(client: Any) -> tuple[list[Data], list[Unreadable]]:
    """Return summaries of the collaborations to which this account is invited, and those that cannot be read."""
    return list_readable(client, "list_collaborations", "collaborationList", answers.INVITATION, memberStatus="INVITED")


@handle("read the collaboration")
def get_collaboration(client: Any, collaboration_id: str) -> Data:
    """Return one collaboration, of which this account is or may become a member."""
    return ask_for(
        client.get_collaboration, "collaboration", answers.COLLABORATION, collaborationIdentifier=collaboration_id
    )


@handle("list the members")
def list_members(client: Any, collaboration_id: str, own_account: str) -> list[Data]:
    """Return the member summaries of a collaboration: account, status, abilities, payment.

    A list that does not name C(own_account) is not that of a collaboration which this account sees: an error.
    """
    members = list_whole(
        client,
        "list_members",
        "memberSummaries",
        answers.MEMBER,
        "accountId",
        collaborationIdentifier=collaboration_id,
    )
    if all(member["accountId"] != own_account for member in members):
        error = UnreadableAnswerError(f"memberSummaries does not name this account, {own_account}")
        error.operation_name = "ListMembers"
        raise error
    return members


@handle("list the memberships")
def list_memberships(client: Any) -> tuple[list[Data], list[Unreadable]]:
    """Return the summaries of this account's memberships of every status, and those that cannot be read."""
    return list_readable(client, "list_memberships", "membershipSummaries", answers.MEMBERSHIP)


@handle("read the membership")
def get_membership(client: Any, membership_id: str) -> Data:
    """Return one membership."""
    return ask_for(client.get_membership, "membership", answers.MEMBERSHIP_SETTINGS, membershipIdentifier=membership_id)


@handle("accept the invitation")
def create_membership(client: Any, **parameters: Any) -> Data:
    """Accept an invitation; return the membership."""
    return ask_for(client.create_membership, "membership", answers.MADE_MEMBERSHIP, **parameters)


@handle("update the membership")
def update_membership(client: Any, **parameters: Any) -> Data:
    """Change the settings of a membership; return it."""
    return ask_for(client.update_membership, "membership", {}, **parameters)


@handle("leave the collaboration")
def delete_membership(client: Any, **parameters: Any) -> Any:
    """Leave a collaboration for good."""
    return ask(client.delete_membership, {}, **parameters)


# Configured tables and their associations


@handle("list the configured tables")
def list_configured_tables(client: Any) -> tuple[list[Data], list[Unreadable]]:
    """Return the summaries of all configured tables of this account and Region, and those that cannot be read."""
    return list_readable(client, "list_configured_tables", "configuredTableSummaries", answers.TABLE)


@handle("list the configured table associations")
def list_table_associations(client: Any, membership_id: str) -> list[Data]:
    """Return the summaries of a membership's configured table associations: no role, no description."""
    return list_whole(
        client,
        "list_configured_table_associations",
        "configuredTableAssociationSummaries",
        answers.ASSOCIATION,
        membershipIdentifier=membership_id,
    )


@handle("read the configured table association")
def get_table_association(client: Any, **parameters: Any) -> Data:
    """Return one configured table association with its role and description."""
    return ask_for(
        client.get_configured_table_association, "configuredTableAssociation", answers.ASSOCIATION_DETAILS, **parameters
    )


@handle("create the configured table association")
def create_table_association(client: Any, **parameters: Any) -> Data:
    """Associate a configured table with a membership; return the association."""
    return ask_for(
        client.create_configured_table_association, "configuredTableAssociation", answers.MADE_WITH_ARN, **parameters
    )


@handle("update the configured table association")
def update_table_association(client: Any, **parameters: Any) -> Data:
    """Change role or description of an association; return the association."""
    return ask_for(client.update_configured_table_association, "configuredTableAssociation", {}, **parameters)


@handle("delete the configured table association")
def delete_table_association(client: Any, **parameters: Any) -> Any:
    """Delete an association and with it its rule."""
    return ask(client.delete_configured_table_association, {}, **parameters)


# Collaboration analysis rules


@handle("read the collaboration analysis rules")
def batch_get_analysis_rules(client: Any, collaboration_id: str, requests: list[Data]) -> list[Data]:
    """Return the analysis rules of up to 25 tables, each with its C(collaborationPolicy).

    C(requests) holds C(name) and C(type) for each. Names that AWS cannot answer, or of which
    the answer cannot be read, are left out.
    """
    answer = ask(
        client.batch_get_schema_analysis_rule,
        {"analysisRules": list},
        collaborationIdentifier=collaboration_id,
        schemaAnalysisRuleRequests=requests,
    )
    return answers.read_items(answers.RULE_IN_COLLABORATION, answer["analysisRules"], "analysisRules", "name")[0]


@handle("read the collaboration analysis rule")
def get_association_rule(client: Any, **parameters: Any) -> Data:
    """Return the collaboration analysis rule of one association."""
    return ask_for(client.get_configured_table_association_analysis_rule, "analysisRule", answers.RULE, **parameters)


@handle("create the collaboration analysis rule")
def create_association_rule(client: Any, **parameters: Any) -> Data:
    """Create the collaboration analysis rule of an association; return it."""
    return ask_for(client.create_configured_table_association_analysis_rule, "analysisRule", {}, **parameters)


@handle("update the collaboration analysis rule")
def update_association_rule(client: Any, **parameters: Any) -> Data:
    """Replace the policy of a collaboration analysis rule; return the rule."""
    return ask_for(client.update_configured_table_association_analysis_rule, "analysisRule", {}, **parameters)


@handle("delete the collaboration analysis rule")
def delete_association_rule(client: Any, **parameters: Any) -> Any:
    """Delete the rule of an association."""
    return ask(client.delete_configured_table_association_analysis_rule, {}, **parameters)


@handle("read whether the tables can be queried")
def batch_get_schemas(client: Any, collaboration_id: str, names: list[str]) -> list[Data]:
    """Return up to 25 schemas with C(schemaStatusDetails). Names that AWS cannot answer are left out.

    Of one that cannot be read there is C(problem) instead; where its name cannot be read either, of each that is left.
    """
    answer = ask(client.batch_get_schema, {"schemas": list}, collaborationIdentifier=collaboration_id, names=names)
    good, bad = answers.read_items(answers.SCHEMA, answer["schemas"], "schemas", "name")
    schemas: dict[str, Data] = {one["name"]: one for one in good}
    for error in sorted(bad, key=lambda one: one.item.get("name") not in names):
        named = [name for name in names if name == error.item.get("name")] or (set(names) - schemas.keys())
        schemas.update((name, {"name": name, "problem": str(error)}) for name in named)
    return list(schemas.values())


# ID namespaces


@handle("list the ID namespace associations")
def list_namespace_associations(client: Any, membership_id: str) -> list[Data]:
    """Return the summaries of a membership's ID namespace associations."""
    return list_whole(
        client,
        "list_id_namespace_associations",
        "idNamespaceAssociationSummaries",
        answers.NAMESPACE,
        membershipIdentifier=membership_id,
    )


@handle("create the ID namespace association")
def create_namespace_association(client: Any, **parameters: Any) -> Data:
    """Associate an ID namespace with a membership; return the association."""
    return ask_for(
        client.create_id_namespace_association, "idNamespaceAssociation", answers.MADE_WITH_ARN, **parameters
    )


@handle("read the ID namespace association")
def get_namespace_association(client: Any, **parameters: Any) -> Data:
    """Return one ID namespace association with its C(idMappingConfig)."""
    return ask_for(
        client.get_id_namespace_association, "idNamespaceAssociation", answers.NAMESPACE_MAPPING, **parameters
    )


@handle("update the ID namespace association")
def update_namespace_association(client: Any, **parameters: Any) -> Data:
    """Change name, description or C(idMappingConfig) of an ID namespace association; return it."""
    return ask_for(client.update_id_namespace_association, "idNamespaceAssociation", {}, **parameters)


@handle("delete the ID namespace association")
def delete_namespace_association(client: Any, **parameters: Any) -> Any:
    """Delete an ID namespace association."""
    return ask(client.delete_id_namespace_association, {}, **parameters)


# Tags


@handle("read the tags")
def list_tags(client: Any, arn: str) -> dict[str, str]:
    """Return the tags of a membership or an association."""
    return cast("dict[str, str]", ask(client.list_tags_for_resource, {"tags": answers.tags}, resourceArn=arn)["tags"])


@handle("set the tags")
def set_tags(client: Any, **parameters: Any) -> Any:
    """Set C(tags) on the resource C(resourceArn)."""
    return ask(client.tag_resource, {}, **parameters)


@handle("remove the tags")
def remove_tags(client: Any, **parameters: Any) -> Any:
    """Take C(tagKeys) off the resource C(resourceArn)."""
    return ask(client.untag_resource, {}, **parameters)


# Other services


@handle("read the IAM role")
def get_role(iam_client: Any, name: str) -> Data:
    """Return an IAM role by its name (without path)."""
    return ask_for(iam_client.get_role, "Role", {"Arn": answers.filled}, RoleName=name)


@handle("ask which account these credentials belong to")
def get_caller(sts_client: Any) -> Data:
    """Return the C(Account) id and the C(Arn) of the credentials; needs no permission."""
    return cast("Data", ask(sts_client.get_caller_identity, {"Account": answers.account, "Arn": answers.filled}))


def get_account_id(sts_client: Any) -> str:
    """Return the account id of the credentials."""
    return str(get_caller(sts_client)["Account"])
