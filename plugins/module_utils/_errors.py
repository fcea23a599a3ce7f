# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one exception of the collection, and what its messages tell the operator to do.

Filters use this too, and Ansible loads those anew in many tasks: so nothing here imports boto3, which takes longer.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError


class CleanRoomsError(AnsibleAWSError):
    """Bad input, or a request that AWS refused (then C(exception) holds the botocore error)."""


# What a request needs besides the IAM action of its own name.
FURTHER_PERMISSIONS = {
    "CreateConfiguredTableAssociation": "iam:PassRole on the role (AWS's managed policies pass only roles under"
    " service-role/*cleanrooms*)",
    "UpdateConfiguredTableAssociation": "iam:PassRole on the role (AWS's managed policies pass only roles under"
    " service-role/*cleanrooms*)",
    "CreateMembership": "logs:CreateLogDelivery and its companions if query logging is on",
    "CreateIdNamespaceAssociation": "entityresolution:GetIdNamespace, and entityresolution:AddPolicyStatement if"
    " Clean Rooms manages the resource policy",
}
NO_ANSWER = "The answer did not arrive; run again: what is done stays done."
REMEDIES = {
    "ThrottlingException": "Another client of this account uses up the request quota; lower requests_per_second, or"
    " run again later: what is done stays done.",
    "ResourceNotFoundException": "It was removed by someone else in the meantime; run again.",
    "InternalServerException": "Run again: what is done stays done.",
    "UnrecognizedClientException": "Check the credentials.",
    "ExpiredTokenException": "The credentials have expired; renew them and run again.",
    "NoCredentialsError": "Set a profile, or the environment's credentials.",
    "EndpointConnectionError": "Check the Region, endpoint_url and the network.",
    "ConnectionClosedError": NO_ANSWER,
    "ReadTimeoutError": NO_ANSWER,
    "IAM_SYNCHRONIZATION_DELAY": "The role is still unknown to Clean Rooms; if it is new, run again in a minute.",
    "SUBRESOURCES_EXIST": "Something else was made from it (an intermediate table, or an association); remove that"
    " first.",
    "INVALID_STATE": "The membership or collaboration is no longer active.",
    "ALREADY_EXISTS": "Someone else made it in the meantime; run again.",
}


def printable(text: str) -> str:
    """Return a text with everything that is not printable escaped: partners choose the names of collaborations."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def response_of(error: AnsibleAWSError) -> dict[str, Any]:
    """Return AWS's answer behind an error, or an empty dict where AWS never answered."""
    return getattr(error.exception, "response", None) or {}


def code_of(error: AnsibleAWSError) -> str:
    """Return AWS's error code, for example C(AccessDeniedException), or an empty string."""
    return str(response_of(error).get("Error", {}).get("Code", ""))


def remedy(error: AnsibleAWSError) -> str:
    """Return what the operator can do about an error of AWS, or an empty string where we cannot know."""
    response = response_of(error)
    code, reason = code_of(error), str(response.get("reason", ""))
    operation = getattr(error.exception, "operation_name", "")
    if code in ("AccessDeniedException", "AccessDenied"):
        service = "iam" if operation == "GetRole" else "cleanrooms"
        further = FURTHER_PERMISSIONS.get(operation)
        return f"Grant {service}:{operation}" + (f", and {further}." if further else ".")
    if code == "ServiceQuotaExceededException":
        quota = f"{response.get('quotaName', 'the quota')} is {float(response.get('quotaValue', 0)):g}"
        return f"{quota}; ask for more in the Service Quotas console, or share less."
    return REMEDIES.get(reason) or REMEDIES.get(code or type(error.exception).__name__, "")


def explain(error: AnsibleAWSError, name: str = "", collaboration: str = "") -> str:
    """Return one line: what failed, on which thing, in which collaboration, what AWS said and what to do.

    C(name) and C(collaboration) are labels for people, for example C(acx_part_01) and C(AMC (0ab1...)).
    """
    what = (error.message or "").rstrip(".")
    if error.exception is None:
        return f"{collaboration}: {what}." if collaboration else f"{what}."
    if name:
        what += f" '{printable(name)}'"
    if collaboration:
        what += f" in collaboration {collaboration}"
    operation = getattr(error.exception, "operation_name", "")
    said = response_of(error).get("Error", {}).get("Message") or str(error.exception)
    code = code_of(error) or type(error.exception).__name__
    answer = f"{operation} answered {code}" if operation else code
    text = f"{what}: {answer}: {printable(said)}".rstrip(".")
    return f"{text}. {remedy(error)}".rstrip()
