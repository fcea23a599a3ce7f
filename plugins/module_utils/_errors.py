# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one exception of the collection, and what its messages tell the operator to do.

Filters use this too, and Ansible loads those anew in many tasks: so nothing here imports boto3, which takes longer.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.amazon.aws.plugins.module_utils.exceptions import AnsibleAWSError


class CleanRoomsError(AnsibleAWSError):
    """Bad input, or a request that failed (then C(exception) holds what botocore or C(_answers) raised)."""


class UnreadableAnswerError(Exception):
    """An answer without what the engine needs of it, or of a form that it does not know.

    C(operation_name) is the AWS operation; C(item) the item of a list that cannot be read, as it came.
    """

    def __init__(self, problem: str) -> None:
        super().__init__(printable(problem))
        self.operation_name = ""
        self.item: dict[str, Any] = {}


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
RENEW = "Renew the credentials and run again: what is done stays done."
NO_CREDENTIALS = (
    "The credentials could not be fetched. Look at what gives them (the profile and its credential_process, SSO, login"
    " or role, or the container) and run again: what is done stays done."
)
# What AWS answers where the credentials are no longer good: every further request can only fail in the same way.
EXPIRED = (
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "UnrecognizedClientException",
)
# botocore's exceptions, and the parents of such, for credentials that cannot be had.
CREDENTIAL_ERRORS = {
    "CredentialRetrievalError",
    "InvalidConfigError",
    "LoginError",
    "MetadataRetrievalError",
    "MissingDependencyException",
    "NoAuthTokenError",
    "NoCredentialsError",
    "PartialCredentialsError",
    "RefreshWithMFAUnsupportedError",
    "SSOError",
    "TokenRetrievalError",
    "UnknownCredentialError",
}
# The operations by which botocore itself fetches credentials: they are not asked for by name in any module.
CREDENTIAL_OPERATIONS = (
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "CreateOAuth2Token",
    "CreateToken",
    "GetRoleCredentials",
)
INTERNAL_ERROR_STATUS = 500
NO_ANSWER = "The answer did not arrive; run again: what is done stays done."
UNREADABLE = (
    "It is not from AWS (a page of a proxy, for example), or has a form that this version does not know: look at the"
    " network, or for a newer version."
)
# AWS answers AccessDeniedException for a membership that is not there, too; it is asked for where no list has it.
NO_MEMBERSHIP = "There is no such membership in this account and Region, or cleanrooms:GetMembership is not permitted."
# What else but credentials makes botocore raise none of its own exceptions, by the first words.
BAD_OPTIONS = {
    "Invalid endpoint": "Write endpoint_url as https://<host>, or leave it out.",
    "Port out of range": "Write endpoint_url as https://<host>, or leave it out.",
    "Got unexpected keyword argument": "Look at aws_config: it may hold arguments of botocore's Config alone.",
}
REMEDIES = {
    "ThrottlingException": "Another client of this account uses up the request quota; lower requests_per_second, or"
    " run again later: what is done stays done.",
    "ResourceNotFoundException": "It was removed by someone else in the meantime; run again.",
    "InternalServerException": "Run again: what is done stays done.",
    **dict.fromkeys(EXPIRED, RENEW),
    "NoCredentialsError": "Set a profile, or the environment's credentials.",
    "NoRegionError": "Set the region: the option, the environment's AWS_REGION, or the profile.",
    "ProfileNotFound": "Name a profile of ~/.aws/config, or of the file in AWS_CONFIG_FILE.",
    "EndpointConnectionError": "Check the Region, endpoint_url and the network.",
    "UnreadableAnswerError": UNREADABLE,
    "ResponseParserError": "STS, IAM or what gives the credentials answered something else than AWS does (a page of a"
    " proxy, for example). Look at the network and the profile, and run again: what is done stays done.",
    "ConnectionClosedError": NO_ANSWER,
    "ReadTimeoutError": NO_ANSWER,
    "IAM_SYNCHRONIZATION_DELAY": "The role is still unknown to Clean Rooms; if it is new, run again in a minute.",
    "SUBRESOURCES_EXIST": "Something else was made from it (an intermediate table, or an association); remove that"
    " first.",
    "INVALID_STATE": "The membership or collaboration is no longer active.",
    "ALREADY_EXISTS": "Someone else made it in the meantime; run again.",
}

# What makes a text a template: a delimiter, or at its beginning the mark of Jinja's settings. And the beginning of a
# list or a dictionary: ansible-core 2.18 evaluates what looks like one, which undoes escapes in it.
TEMPLATE = re.compile(r"\{(?=[{%#])|\A#(?=jinja2:)|\A[\[{](?=.*[{\\])")


def printable(text: str) -> str:
    """Return a text with what a terminal obeys, an eye misreads or Ansible takes for a template escaped.

    Partners choose the names of collaborations. What is escaped already stays as it is.
    """
    shown = "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
    return TEMPLATE.sub(lambda found: f"\\x{ord(found[0]):x}", shown)


def response_of(error: AnsibleAWSError) -> dict[str, Any]:
    """Return AWS's answer behind an error, or an empty dict where AWS never answered."""
    return getattr(error.exception, "response", None) or {}


def code_of(error: AnsibleAWSError) -> str:
    """Return AWS's error code, for example C(AccessDeniedException), or an empty string."""
    return str(response_of(error).get("Error", {}).get("Code", ""))


def is_unreadable(error: AnsibleAWSError) -> bool:
    """Return whether the answer to a request cannot be read."""
    return isinstance(error.exception, UnreadableAnswerError)


def may_be_written(error: AnsibleAWSError) -> bool:
    """Return whether a write may have been carried out although it failed, since AWS itself does not say no.

    Its answer cannot be read, did not arrive, came from a proxy (it has no code), or is an error inside AWS.
    """
    if is_unreadable(error):
        return True
    if response_of(error):
        status = response_of(error).get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= INTERNAL_ERROR_STATUS or not code_of(error).strip("0123456789")
    return "HTTPClientError" in {parent.__name__ for parent in type(error.exception).__mro__}


def is_of_credentials(error: AnsibleAWSError) -> bool:
    """Return whether a request failed for its credentials, so that every further one can only fail in the same way."""
    if error.exception is None or is_unreadable(error):
        return False
    parents = {parent.__name__ for parent in type(error.exception).__mro__}
    if "ClientError" in parents:
        operation = getattr(error.exception, "operation_name", "")
        return code_of(error) in EXPIRED or operation in CREDENTIAL_OPERATIONS
    if remedy_of_bad_option(error):
        return False
    # botocore turns whatever happens on the network into exceptions of its own. What is none of these comes from a
    # source of credentials: RuntimeError where they are expired after a refresh, FileNotFoundError for a program that
    # is not installed, ValueError and ResponseParserError for what it printed or STS answered (botocore 1.44.8).
    return bool(parents & CREDENTIAL_ERRORS) or "BotoCoreError" not in parents


def remedy_of_bad_option(error: AnsibleAWSError) -> str:
    """Return what to do about an option of the connection that cannot be right, or an empty string."""
    if not isinstance(error.exception, (TypeError, ValueError)):
        return ""
    return next((told for words, told in BAD_OPTIONS.items() if str(error.exception).startswith(words)), "")


def remedy(error: AnsibleAWSError) -> str:
    """Return what the operator can do about an error of AWS, or an empty string where we cannot know."""
    response = response_of(error)
    code, reason = code_of(error), str(response.get("reason", ""))
    operation = getattr(error.exception, "operation_name", "")
    if operation in CREDENTIAL_OPERATIONS:
        return NO_CREDENTIALS
    if code in ("AccessDeniedException", "AccessDenied"):
        if operation == "GetMembership":
            return NO_MEMBERSHIP
        service = "iam" if operation == "GetRole" else "cleanrooms"
        further = FURTHER_PERMISSIONS.get(operation)
        return f"Grant {service}:{operation}" + (f", and {further}." if further else ".")
    if code == "ServiceQuotaExceededException":
        value = response.get("quotaValue")
        quota = f"{response.get('quotaName', 'the quota')} is {'used up' if value is None else f'{value:g}'}"
        return f"{quota}; ask for more in the Service Quotas console, or share less."
    if isinstance(getattr(error.exception, "response", None), dict) and not code.strip("0123456789"):
        # An error without a code is none of AWS's own; one of 500 and more passes.
        return REMEDIES["InternalServerException"] if code.startswith("5") else UNREADABLE
    known = (
        remedy_of_bad_option(error) or REMEDIES.get(reason) or REMEDIES.get(code or type(error.exception).__name__, "")
    )
    return known or (NO_CREDENTIALS if is_of_credentials(error) else "")


def explain(error: AnsibleAWSError, name: str = "", collaboration: str = "") -> str:
    """Return one line: what failed, on which thing, in which collaboration, what AWS said and what to do.

    C(name) and C(collaboration) are labels for people, for example C(acx_part_01) and C(AMC (0ab1...)).
    """
    what = (error.message or "").rstrip(".")
    if error.exception is None:
        sentence = what if what.endswith("?") else f"{what}."
        return printable(f"{collaboration}: {sentence}" if collaboration else sentence)
    if name:
        what += f" '{name}'"
    if collaboration:
        what += f" in collaboration {collaboration}"
    operation = getattr(error.exception, "operation_name", "")
    said = response_of(error).get("Error", {}).get("Message") or str(error.exception)
    if code_of(error) == "" and type(error.exception).__name__ == "ResponseParserError":
        # Below its first line is the whole answer, and one of STS holds keys.
        said = said.partition("\n")[0].rstrip(":")
    code = code_of(error) or type(error.exception).__name__
    if response_of(error) and not code_of(error).strip("0123456789"):
        code = f"HTTP status {response_of(error).get('ResponseMetadata', {}).get('HTTPStatusCode', 'unknown')}"
    answer = f"{operation} answered {code}" if operation else code
    text = f"{what}: {answer}: {said}".rstrip(".")
    return printable(f"{text}. {remedy(error)}".rstrip())
