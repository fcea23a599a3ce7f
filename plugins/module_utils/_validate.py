# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Checks of values that AWS would refuse, before anything is written.

The patterns and lengths are those of AWS's own service model; a unit test compares them with botocore's copy.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ._errors import CleanRoomsError

T = TypeVar("T")

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
ACCOUNT_ID = r"\d{12}"
QUOTED_ACCOUNT_ID = "write account ids in quotes, 12 digits"  # YAML makes another number of 012345670123
ASSOCIATION_NAME = r"[a-zA-Z0-9_](([a-zA-Z0-9_ ]+-)*([a-zA-Z0-9_ ]+))?"
ASSOCIATION_NAME_LENGTH = 128
NAMESPACE_NAME_LENGTH = 100
DESCRIPTION_LENGTH = 255
ADDITIONAL_ANALYSES = 25
TAG_KEY_LENGTH = 128
TAG_VALUE_LENGTH = 256
TAGS = 200
ROLE_ARN_LENGTH = 512
RESOURCE_ARN_LENGTH = 256  # of ID namespaces and additional analyses
# AWS's pattern speaks of the aws partition alone; other partitions have other ARNs and the same service.
ID_NAMESPACE_ARN = r"arn:aws[\w-]*:entityresolution:[\w-]+:\d{12}:idnamespace/[\w-]+"
ROLE_ARN = r"arn:aws[\w-]*:iam::\d{12}:role/[\w+=./@-]+"
BUCKET = r"(?=.{3,63}$)(?!(\d+\.)+\d+$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*"
KEY_PREFIX = r"[\w!.=*/-]*"
KEY_PREFIX_LENGTH = 512
ROLE_NAME = r"[\w+=,.@-]{1,64}"
ADDITIONAL_ANALYSIS_ARN = (
    r"arn:aws:cleanrooms:[\w]{2}-[\w]{4,9}-[\d]:([\d]{12}|\*):membership/[*\d\w-]+"
    r"/configuredaudiencemodelassociation/[*\d\w-]+"
    r"|arn:aws[-a-z]*:cleanrooms-ml:[-a-z0-9]+:([0-9]{12}|\*):membership/[*\d\w-]+"
    r"/configured-model-algorithm-association/([-a-zA-Z0-9_/.]+|\*)"
)

# What a member may do, in AWS's names.
ABILITIES = (
    "CAN_QUERY",
    "CAN_RECEIVE_RESULTS",
    "CAN_RUN_JOB",
    "CAN_EXPORT_QUERY_ANALYSIS_LOG",
    "CAN_RECEIVE_MODEL_OUTPUT",
    "CAN_RECEIVE_INFERENCE_OUTPUT",
)
# What a creator may have let change without asking the members, in AWS's names.
AUTO_APPROVED_CHANGES = (
    "ADD_MEMBER",
    "GRANT_RECEIVE_RESULTS_ABILITY",
    "REVOKE_RECEIVE_RESULTS_ABILITY",
    "GRANT_EXPORT_QUERY_ANALYSIS_LOG_ABILITY",
    "REVOKE_EXPORT_QUERY_ANALYSIS_LOG_ABILITY",
)

# What an option with suboptions holds. Ansible itself fails without the option's name, or with a traceback, where such
# an option is no dictionary; so it is checked here and not with the module's other arguments.
RESULT_PLACE: dict[str, Any] = {
    "bucket": {"type": "str", "required": True},
    "key_prefix": {"type": "str"},
    "result_format": {"type": "str", "choices": ["CSV", "PARQUET"], "default": "CSV"},
    "role_arn": {"type": "str"},
}


def options_from(kind: type[T], params: Mapping[str, Any]) -> T:
    """Return the dataclass C(kind) made of the module parameters that have the names of its fields; lists as tuples."""
    names = [field.name for field in dataclasses.fields(kind) if field.name in params]  # type: ignore[arg-type]
    return kind(**{name: tuple(params[name]) if isinstance(params[name], list) else params[name] for name in names})


def kind_of(value: object) -> str:
    """Return in words what a value is, to tell of one that is not what it should be.

    The value itself is left out: YAML reads an account id that begins with 0 as an octal number, yes and no as truth
    values and a day as a date, so that what came of it is not what was written.
    """
    if value is None:
        return "null"
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "a string"}
    kinds |= {list: "a list", dict: "a dictionary"}
    # Values that Ansible marks as unsafe are of classes of their own.
    return next((word for kind, word in kinds.items() if isinstance(value, kind)), "a date or time")


def check_given(params: Mapping[str, Any], option: str) -> None:
    """Raise C(CleanRoomsError) for a null, which Ansible counts as given where an option is required."""
    if params[option] is None:
        raise CleanRoomsError(f"{option}: is null; it is needed here")


def check(option: str, value: str, pattern: str, right: str, longest: int = 0) -> None:
    """Raise C(CleanRoomsError) naming the option, the value and what is right, unless the whole value fits.

    C(longest) is how many characters AWS allows, 0 where the pattern says it.
    """
    if not re.fullmatch(pattern, value, re.ASCII):
        raise CleanRoomsError(f"{option}: {value!r} is not {right}")
    if longest and len(value) > longest:
        raise CleanRoomsError(f"{option}: {value!r} has {len(value)} characters, AWS allows {longest}")


def check_uuids(option: str, values: Iterable[str]) -> None:
    """Check the ids of collaborations, memberships or configured tables."""
    for value in values:
        check(option, value, UUID, "an id as AWS gives it, like 12345678-90ab-cdef-1234-567890abcdef")


def check_account_ids(option: str, values: Iterable[str]) -> None:
    """Check AWS account ids."""
    for value in values:
        check(option, value, ACCOUNT_ID, f"an AWS account id of 12 digits; {QUOTED_ACCOUNT_ID}")


def check_no_duplicates(option: str, values: Iterable[str]) -> None:
    """Raise C(CleanRoomsError) when a value stands twice."""
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise CleanRoomsError(f"{option}: {value!r} stands twice; name it once")
        seen.add(value)


def check_role(option: str, value: str) -> None:
    """Check the ARN or the name of an IAM role."""
    if value.startswith("arn:"):
        right = "the ARN of an IAM role, like arn:aws:iam::111122223333:role/name"
        check(option, value, ROLE_ARN, right, ROLE_ARN_LENGTH)
    else:
        check(option, value, ROLE_NAME, "the name (without path) or the ARN of an IAM role")


def check_result_place(option: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check a default result configuration; return it with the defaults of what it leaves out."""
    result = ArgumentSpecValidator(RESULT_PLACE).validate(given)
    if result.error_messages:
        raise CleanRoomsError(f"{option}: {'; '.join(result.error_messages)}")
    place: dict[str, Any] = result.validated_parameters
    right = "the name of an S3 bucket: 3 to 63 lower-case letters, digits, inner hyphens and dots, and no IP address"
    check(f"{option}.bucket", place["bucket"], BUCKET, right)
    if place.get("key_prefix"):
        right = "a prefix AWS allows: letters, digits and _ ! . = * / -"
        check(f"{option}.key_prefix", place["key_prefix"], KEY_PREFIX, right, KEY_PREFIX_LENGTH)
    if place.get("role_arn"):
        check(f"{option}.role_arn", place["role_arn"], ROLE_ARN, "the ARN of an IAM role", ROLE_ARN_LENGTH)
    return place


def check_id_namespace_arn(option: str, value: str) -> None:
    """Check the ARN of an Entity Resolution ID namespace."""
    right = "the ARN of an ID namespace, like arn:aws:entityresolution:us-east-1:111122223333:idnamespace/name"
    check(option, value, ID_NAMESPACE_ARN, right, RESOURCE_ARN_LENGTH)


def check_association_name(option: str, value: str) -> None:
    """Check the name of a configured table association, the name partners use in SQL."""
    right = "a name AWS allows: letters, digits, _, spaces and single inner hyphens"
    check(option, value, ASSOCIATION_NAME, right, ASSOCIATION_NAME_LENGTH)


def check_text(option: str, value: str | None, longest: int, is_name: bool = False) -> None:
    """Check a free text: a description, or a name, which must not be blank and has one line."""
    if value is None:
        return
    if len(value) > longest:
        raise CleanRoomsError(f"{option}: has {len(value)} characters, AWS allows {longest}")
    if is_name and not value.strip():
        raise CleanRoomsError(f"{option}: {value!r} is blank; AWS wants at least one visible character")
    if re.search(r"[\x00-\x08\n-\x1f]" if is_name else r"[\x00-\x08\x0b\x0c\x0e-\x1f]", value):
        raise CleanRoomsError(f"{option}: {value!r} holds a control character, which AWS does not allow")


def check_additional_analyses(option: str, values: Iterable[str]) -> None:
    """Check the ARNs of the additional analyses that a collaboration analysis rule allows."""
    values = list(values)
    for value in values:
        right = "the ARN of a model association of AWS Clean Rooms ML"
        check(option, value, ADDITIONAL_ANALYSIS_ARN, right, RESOURCE_ARN_LENGTH)
    if len(values) > ADDITIONAL_ANALYSES:
        raise CleanRoomsError(f"{option}: names {len(values)}, AWS allows {ADDITIONAL_ANALYSES} in a rule")


def check_tags(option: str, tags: Mapping[str, object] | None) -> None:
    """Check that tags are pairs of texts of a length that AWS allows, and not too many."""
    if len(tags or {}) > TAGS:
        raise CleanRoomsError(f"{option}: are {len(tags or {})}, AWS allows {TAGS} for one resource")
    for key, value in (tags or {}).items():
        if not isinstance(value, str):
            raise CleanRoomsError(f"{option}.{key}: is {kind_of(value)}; write it in quotes")
        if not 1 <= len(key) <= TAG_KEY_LENGTH or len(value) > TAG_VALUE_LENGTH or key.lower().startswith("aws:"):
            raise CleanRoomsError(
                f"{option}: {key!r}: AWS allows keys of 1 to {TAG_KEY_LENGTH} characters that do not start with aws:,"
                f" and values of at most {TAG_VALUE_LENGTH}"
            )


def check_globs(option: str, patterns: Iterable[str], names: Iterable[str]) -> None:
    """Raise C(CleanRoomsError) for a shell glob that matches no name: it is most likely misspelt."""
    names = list(names)
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(name, pattern) for name in names):
            raise CleanRoomsError(
                f"{option}: {pattern!r} matches none of the {len(names)} configured tables of this account and Region;"
                " mend the spelling (globs know * ? and [...], case counts), or remove it"
            )


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a name fits one of the shell globs."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
