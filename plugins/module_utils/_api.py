# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One function for each AWS operation that the collection uses: plain data in, plain data out.

The error handler stands outside, the SDK's standard retries and the pacing of requests inside the client. Parameters
and answers keep AWS's own names and shapes (API reference of AWS Clean Rooms, version 2022-02-17). Every function
raises C(CleanRoomsError) when AWS refuses.
"""

from __future__ import annotations

from typing import Any, cast

try:
    from botocore.config import Config
except ImportError:
    pass  # AnsibleAWSModule says which library is missing

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

from ._errors import CleanRoomsError
from ._pacing import pace_client

# Measured with 5 requests a second, reads of 80 ms and writes of 250 ms: more workers only wait for their turn.
WORKERS_PER_REQUEST = 1.6
LEAST_WORKERS = 8
MOST_REQUESTS_PER_SECOND = 1000
MAX_RETRIES = 10
PAGE_SIZE = 100
# The first botocore whose model has all operations and members that are used.
OLDEST_BOTOCORE = "1.37.15"
BATCH_SIZE = 25  # names in one BatchGetSchema or BatchGetSchemaAnalysisRule

COMMON_OPTIONS: dict[str, Any] = {"requests_per_second": {"type": "float", "default": 5.0}}

Data = dict[str, Any]


class CleanRoomsErrorHandler(AWSErrorHandler):
    """Decorators that turn botocore's errors into C(CleanRoomsError)."""

    _CUSTOM_EXCEPTION = CleanRoomsError


handle = CleanRoomsErrorHandler.common_error_handler


def workers_for(requests_per_second: float) -> int:
    """Return how many requests may be under way at once."""
    return max(LEAST_WORKERS, round(requests_per_second * WORKERS_PER_REQUEST))


def cleanrooms_client(module: Any) -> Any:
    """Return a paced boto3 client for the module's connection options and C(requests_per_second)."""
    module.require_botocore_at_least(OLDEST_BOTOCORE, reason="for collaboration analysis rules and job logs")
    rate = module.params["requests_per_second"]
    if not 0 < rate <= MOST_REQUESTS_PER_SECOND:
        right = f"more than 0 and at most {MOST_REQUESTS_PER_SECOND}; AWS's default quota is 5"
        raise CleanRoomsError(f"requests_per_second: {rate:g} is not {right}")
    config = Config(retries={"mode": "standard", "max_attempts": MAX_RETRIES}, max_pool_connections=workers_for(rate))
    client = module.client("cleanrooms", config=config)
    pace_client(client, rate)
    return client


def _pages(client: Any, operation: str, key: str, **parameters: Any) -> list[Data]:
    pages = client.get_paginator(operation).paginate(PaginationConfig={"PageSize": PAGE_SIZE}, **parameters)
    return cast("list[Data]", pages.build_full_result().get(key, []))


# Collaborations and memberships


@handle("list the collaborations")
def list_collaborations(client: Any, member_status: str) -> list[Data]:
    """Return summaries of the collaborations in which this account is C(INVITED) or C(ACTIVE)."""
    return _pages(client, "list_collaborations", "collaborationList", memberStatus=member_status)


@handle("read the collaboration")
def get_collaboration(client: Any, collaboration_id: str) -> Data:
    """Return one collaboration, of which this account is or may become a member."""
    return cast("Data", client.get_collaboration(collaborationIdentifier=collaboration_id)["collaboration"])


@handle("list the members")
def list_members(client: Any, collaboration_id: str) -> list[Data]:
    """Return the member summaries of a collaboration: account, status, abilities, payment."""
    return _pages(client, "list_members", "memberSummaries", collaborationIdentifier=collaboration_id)


@handle("list the memberships")
def list_memberships(client: Any) -> list[Data]:
    """Return the summaries of this account's memberships of every status."""
    return _pages(client, "list_memberships", "membershipSummaries")


@handle("read the membership")
def get_membership(client: Any, membership_id: str) -> Data:
    """Return one membership."""
    return cast("Data", client.get_membership(membershipIdentifier=membership_id)["membership"])


@handle("accept the invitation")
def create_membership(client: Any, **parameters: Any) -> Data:
    """Accept an invitation; return the membership."""
    return cast("Data", client.create_membership(**parameters)["membership"])


@handle("update the membership")
def update_membership(client: Any, **parameters: Any) -> Data:
    """Change the settings of a membership; return it."""
    return cast("Data", client.update_membership(**parameters)["membership"])


@handle("leave the collaboration")
def delete_membership(client: Any, **parameters: Any) -> Any:
    """Leave a collaboration for good."""
    return client.delete_membership(**parameters)


# Configured tables and their associations


@handle("list the configured tables")
def list_configured_tables(client: Any) -> list[Data]:
    """Return the summaries of all configured tables of this account and Region."""
    return _pages(client, "list_configured_tables", "configuredTableSummaries")


@handle("list the configured table associations")
def list_table_associations(client: Any, membership_id: str) -> list[Data]:
    """Return the summaries of a membership's configured table associations: no role, no description."""
    return _pages(
        client,
        "list_configured_table_associations",
        "configuredTableAssociationSummaries",
        membershipIdentifier=membership_id,
    )


@handle("read the configured table association")
def get_table_association(client: Any, **parameters: Any) -> Data:
    """Return one configured table association with its role and description."""
    return cast("Data", client.get_configured_table_association(**parameters)["configuredTableAssociation"])


@handle("create the configured table association")
def create_table_association(client: Any, **parameters: Any) -> Data:
    """Associate a configured table with a membership; return the association."""
    return cast("Data", client.create_configured_table_association(**parameters)["configuredTableAssociation"])


@handle("update the configured table association")
def update_table_association(client: Any, **parameters: Any) -> Data:
    """Change role or description of an association; return the association."""
    return cast("Data", client.update_configured_table_association(**parameters)["configuredTableAssociation"])


@handle("delete the configured table association")
def delete_table_association(client: Any, **parameters: Any) -> Any:
    """Delete an association and with it its rule."""
    return client.delete_configured_table_association(**parameters)


# Collaboration analysis rules


@handle("read the collaboration analysis rules")
def batch_get_analysis_rules(client: Any, collaboration_id: str, requests: list[Data]) -> list[Data]:
    """Return the analysis rules of up to 25 tables, each with its C(collaborationPolicy).

    C(requests) holds C(name) and C(type) for each. Names that AWS cannot answer are left out.
    """
    answer = client.batch_get_schema_analysis_rule(
        collaborationIdentifier=collaboration_id, schemaAnalysisRuleRequests=requests
    )
    return cast("list[Data]", answer["analysisRules"])


@handle("read the collaboration analysis rule")
def get_association_rule(client: Any, **parameters: Any) -> Data:
    """Return the collaboration analysis rule of one association."""
    return cast("Data", client.get_configured_table_association_analysis_rule(**parameters)["analysisRule"])


@handle("create the collaboration analysis rule")
def create_association_rule(client: Any, **parameters: Any) -> Data:
    """Create the collaboration analysis rule of an association; return it."""
    return cast("Data", client.create_configured_table_association_analysis_rule(**parameters)["analysisRule"])


@handle("update the collaboration analysis rule")
def update_association_rule(client: Any, **parameters: Any) -> Data:
    """Replace the policy of a collaboration analysis rule; return the rule."""
    return cast("Data", client.update_configured_table_association_analysis_rule(**parameters)["analysisRule"])


@handle("delete the collaboration analysis rule")
def delete_association_rule(client: Any, **parameters: Any) -> Any:
    """Delete the rule of an association."""
    return client.delete_configured_table_association_analysis_rule(**parameters)


@handle("read whether the tables can be queried")
def batch_get_schemas(client: Any, collaboration_id: str, names: list[str]) -> list[Data]:
    """Return up to 25 schemas with C(schemaStatusDetails). Names that AWS cannot answer are left out."""
    answer = client.batch_get_schema(collaborationIdentifier=collaboration_id, names=names)
    return cast("list[Data]", answer["schemas"])


# ID namespaces


@handle("list the ID namespace associations")
def list_namespace_associations(client: Any, membership_id: str) -> list[Data]:
    """Return the summaries of a membership's ID namespace associations."""
    return _pages(
        client,
        "list_id_namespace_associations",
        "idNamespaceAssociationSummaries",
        membershipIdentifier=membership_id,
    )


@handle("create the ID namespace association")
def create_namespace_association(client: Any, **parameters: Any) -> Data:
    """Associate an ID namespace with a membership; return the association."""
    return cast("Data", client.create_id_namespace_association(**parameters)["idNamespaceAssociation"])


@handle("read the ID namespace association")
def get_namespace_association(client: Any, **parameters: Any) -> Data:
    """Return one ID namespace association with its C(idMappingConfig)."""
    return cast("Data", client.get_id_namespace_association(**parameters)["idNamespaceAssociation"])


@handle("update the ID namespace association")
def update_namespace_association(client: Any, **parameters: Any) -> Data:
    """Change name, description or C(idMappingConfig) of an ID namespace association; return it."""
    return cast("Data", client.update_id_namespace_association(**parameters)["idNamespaceAssociation"])


@handle("delete the ID namespace association")
def delete_namespace_association(client: Any, **parameters: Any) -> Any:
    """Delete an ID namespace association."""
    return client.delete_id_namespace_association(**parameters)


# Tags


@handle("read the tags")
def list_tags(client: Any, arn: str) -> dict[str, str]:
    """Return the tags of a membership or an association."""
    return cast("dict[str, str]", client.list_tags_for_resource(resourceArn=arn)["tags"])


@handle("set the tags")
def set_tags(client: Any, **parameters: Any) -> Any:
    """Set C(tags) on the resource C(resourceArn)."""
    return client.tag_resource(**parameters)


@handle("remove the tags")
def remove_tags(client: Any, **parameters: Any) -> Any:
    """Take C(tagKeys) off the resource C(resourceArn)."""
    return client.untag_resource(**parameters)


# Other services


@handle("read the IAM role")
def get_role(iam_client: Any, name: str) -> Data:
    """Return an IAM role by its name (without path)."""
    return cast("Data", iam_client.get_role(RoleName=name)["Role"])


@handle("ask which account these credentials belong to")
def get_account_id(sts_client: Any) -> str:
    """Return the account id of the credentials; needs no permission."""
    return cast("str", sts_client.get_caller_identity()["Account"])
