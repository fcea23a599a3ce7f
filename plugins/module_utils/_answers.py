# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The boundary where AWS's answers become our data.

botocore reads answers leniently: a list that is missing, or is no list, becomes an empty one, and members that it does
not know are dropped. An answer that cannot be read must never count as "nothing there", so the engine takes the JSON as
it came, and C(read) checks every member that the engine uses. A member that it does not use may be anything.

The shapes below hold what is used of each kind of resource (service model of AWS Clean Rooms, version 2022-02-17). A
shape is a type, a list of one shape, a dictionary of shapes, or a function. A key that ends in C(?) may be missing;
null is the same as missing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from ._errors import UnreadableAnswerError, printable
from ._validate import ACCOUNT_ID, UUID

Data = dict[str, Any]
RAW = "Raw"  # the key under which an answer of botocore holds the JSON as it came
FIRST_ERROR_STATUS = 300
SHOWN = 60  # characters of an answer that is no JSON
DEEPEST = 50  # levels of JSON; AWS's answers have fewer than 10
# What the engine and botocore use of an error. The last one is a number.
ERROR_TEXTS = ("message", "Message", "code", "Code", "__type", "reason", "quotaName")
QUOTA = "quotaValue"
LARGEST_QUOTA = 1e12
# What partners choose, and no request of ours sends back: by the member's name, and by that in an operation's answer.
LABELS = ("collaborationName", "collaborationCreatorDisplayName", "creatorDisplayName", "displayName")
LABELS_IN = {
    "BatchGetSchema": ("message",),
    "GetCollaboration": ("name", "description"),
    "ListCollaborations": ("name", "description"),
}
TYPE_NAMES: dict[type, str] = {
    str: "a string",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    type(None): "null",
}


# The client's events


def keep_raw_answers(client: Any) -> None:
    """Make each answer of a boto3 C(cleanrooms) client hold the JSON of its body under C(RAW).

    botocore itself then sees of a successful answer only the token of the next page, and of an error only what is used
    of it, so that no odd value can make it fail.
    """
    client.meta.events.register("before-parse.cleanrooms", _before_parse)


def _before_parse(operation_model: Any, response_dict: Data, customized_response_dict: Data, **_kwargs: Any) -> None:
    body = response_dict["body"]
    if response_dict["status_code"] >= FIRST_ERROR_STATUS:
        response_dict["body"] = json.dumps(_error_of(body)).encode()
        return
    answer = _json_of(body) if body else {}
    problem = ""
    if not isinstance(answer, dict):
        problem = f"it is not an object of JSON but begins with {_beginning(body)}"
    elif not isinstance(answer.get("nextToken", ""), (str, type(None))):
        problem = "nextToken is not a string"
    if problem:
        error = UnreadableAnswerError(problem)
        error.operation_name = operation_model.name
        raise error
    customized_response_dict[RAW] = _escaped(answer, LABELS + LABELS_IN.get(operation_model.name, ()))
    response_dict["body"] = json.dumps({"nextToken": answer.get("nextToken")}).encode()


def _json_of(body: bytes) -> Any:
    try:
        return encodable(json.loads(body))
    except (ValueError, RecursionError):
        return None


def _error_of(body: bytes) -> Data:
    """Return what is used of an error; a body that is no object, a proxy's page for example, becomes the message."""
    error = _json_of(body)
    if not isinstance(error, dict):
        return {"message": _beginning(body)} if body else {}
    used: Data = {key: str(error[key]) for key in ERROR_TEXTS if isinstance(error.get(key), (str, int, float))}
    if isinstance(error.get(QUOTA), (int, float)) and 0 <= error[QUOTA] <= LARGEST_QUOTA:
        used[QUOTA] = error[QUOTA]
    return used


def _beginning(body: bytes) -> str:
    return repr(body[:SHOWN].decode("utf-8", "backslashreplace"))


def encodable(value: Any, depth: int = 0) -> Any:
    """Return a value of JSON in which half a surrogate pair is written out: no output could encode it.

    Raises C(ValueError) for more levels than an answer can have: whatever looks at them could fail.
    """
    if depth > DEEPEST:
        raise ValueError(f"more than {DEEPEST} levels")
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, list):
        return [encodable(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {encodable(key): encodable(item, depth + 1) for key, item in value.items()}
    return value


def _escaped(value: Any, labels: tuple[str, ...]) -> Any:
    """Return a value of JSON with its labels, wherever they stand, as they are shown, recorded and never undone."""
    if isinstance(value, list):
        return [_escaped(item, labels) for item in value]
    if isinstance(value, dict):
        return {
            key: printable(item) if key in labels and isinstance(item, str) else _escaped(item, labels)
            for key, item in value.items()
        }
    return value


# Reading


def read(shape: Any, value: Any, path: str = "") -> Any:
    """Return the value as the shape says; raise C(UnreadableAnswerError) naming the member that is missing or wrong."""
    if isinstance(shape, dict):
        found = dict(_typed(dict, value, path))
        for key, inner in shape.items():
            name = key.rstrip("?")
            member = f"{path}.{name}" if path else name
            if found.get(name) is not None:
                found[name] = read(inner, found[name], member)
            elif key.endswith("?"):
                found.pop(name, None)
            else:
                raise UnreadableAnswerError(f"{member} is missing")
        return found
    if isinstance(shape, list):
        return [read(shape[0], item, f"{path}[{place}]") for place, item in enumerate(_typed(list, value, path))]
    return _typed(shape, value, path) if isinstance(shape, type) else shape(value, path)


def unknown_members(shape: Any, value: Any) -> list[str]:
    """Return the members of an object, at any depth, that a shape does not hold.

    An update that replaces the object would drop them on AWS: botocore sends only what its model knows, and the engine
    only what it knows itself. So they are looked for in the JSON as it came, whatever the installed botocore knows.
    """
    if not isinstance(shape, dict) or not isinstance(value, dict):
        return []
    known = {key.rstrip("?"): inner for key, inner in shape.items()}
    unknown = [name for name, item in value.items() if name not in known and item is not None]
    return unknown + [one for name, inner in known.items() for one in unknown_members(inner, value.get(name))]


def _typed(wanted: type, value: Any, path: str) -> Any:
    # To Python true is a number too.
    if isinstance(value, wanted) and not (isinstance(value, bool) and wanted is not bool):
        return value
    raise UnreadableAnswerError(f"{path or 'it'} is {TYPE_NAMES[type(value)]}, not {TYPE_NAMES[wanted]}")


def read_items(
    shape: Any, items: Iterable[Any], key: str, identity: str = "id"
) -> tuple[list[Data], list[UnreadableAnswerError]]:
    """Return the items of a list that can be read, and an error for each of the others, with the C(item) as it came.

    An item that comes twice, since a list may shift between two pages, counts once; if the two differ, none counts.
    """
    good: dict[str, Data] = {}
    bad: list[UnreadableAnswerError] = []
    for place, item in enumerate(items):
        try:
            found = read({identity: filled, **shape}, item, f"{key}[{place}]")
        except UnreadableAnswerError as error:
            error.item = item if isinstance(item, dict) else {}
            bad.append(error)
            continue
        if good.setdefault(found[identity], found) != found:
            twice = UnreadableAnswerError(f"{key}: {identity} {found[identity]} is there twice, and differs")
            twice.item = item
            bad.append(twice)
    differing = {str(error.item.get(identity)) for error in bad}
    return [item for name, item in good.items() if name not in differing], bad


def matching(pattern: str, right: str) -> Callable[[Any, str], str]:
    """Return the shape of a string that fits a pattern."""

    def check(value: Any, path: str) -> str:
        text: str = _typed(str, value, path)
        if not re.fullmatch(pattern, text, re.ASCII | re.DOTALL):
            raise UnreadableAnswerError(f"{path} is {text[:SHOWN]!r}, not {right}")
        return text

    return check


def moment(value: Any, path: str) -> datetime:
    """Return a time, which JSON holds as seconds since 1970 or as ISO 8601."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found if found.tzinfo else found.replace(tzinfo=UTC)
        if isinstance(value, bool):
            raise TypeError("true or false")
        return datetime.fromtimestamp(value, UTC)
    except (TypeError, ValueError, OverflowError, OSError) as error:
        raise UnreadableAnswerError(f"{path} is not a time") from error


def payments(value: Any, path: str) -> Data:
    """Return for what a member pays: by kind, or by group and kind, whether it C(isResponsible)."""
    for name, part in _typed(dict, value, path).items():
        inner = _typed(dict, part, f"{path}.{name}")
        for kind, config in {"": inner}.items() if "isResponsible" in inner else inner.items():
            read({"isResponsible": bool}, config, ".".join(filter(None, [path, name, kind])))
    return dict(value)


filled = matching(".+", "a string that is not empty")
account = matching(ACCOUNT_ID, "an account id of 12 digits")
uuid = matching(UUID, "an id as AWS gives it")
own_arn = matching(rf"arn:[^:]+:[^:]+:[^:]*:{ACCOUNT_ID}:.+", "an ARN with an account id")

# All that is known of what an update replaces as a whole, besides RULE_CONTENT.
PLACE: Data = {"resultFormat?": str, "bucket?": str, "keyPrefix?": str, "singleFileOutput?": bool}
REPLACED: Data = {
    "defaultResultConfiguration": {"outputConfiguration?": {"s3?": PLACE}, "roleArn?": str},
    "idMappingConfig": {"allowUseAsDimensionColumn?": bool},
}
MEMBER: Data = {
    "accountId": account,
    "displayName": str,
    "status": str,
    "abilities": [str],
    "mlAbilities?": {"customMLMemberAbilities?": [str]},
    "paymentConfiguration?": payments,
}
INVITATION: Data = {
    "id": uuid,
    "name": str,
    "creatorAccountId": account,
    "creatorDisplayName": str,
    "createTime": moment,
}
COLLABORATION: Data = {
    "queryLogStatus": str,
    "description?": str,
    "autoApprovedChangeTypes?": [str],
    "dataEncryptionMetadata?": dict,
    "allowedResultRegions?": [str],
    "analyticsEngine?": str,
    "isMetricsEnabled?": bool,
    "jobLogStatus?": str,
}
MEMBERSHIP: Data = {
    "id": uuid,
    "arn": own_arn,
    "collaborationId": uuid,
    "collaborationName": str,
    "collaborationCreatorAccountId": account,
    "collaborationCreatorDisplayName": str,
    "status": str,
    "createTime": moment,
    "memberAbilities": [str],
    "mlMemberAbilities?": {"customMLMemberAbilities?": [str]},
    "paymentConfiguration?": payments,
}
MEMBERSHIP_SETTINGS: Data = {
    **MEMBERSHIP,
    "queryLogStatus?": str,
    "jobLogStatus?": str,
    "isMetricsEnabled?": bool,
    "defaultResultConfiguration?": REPLACED["defaultResultConfiguration"],
}
TABLE: Data = {"id": filled, "name": filled, "analysisRuleTypes": [str]}
ASSOCIATION: Data = {
    "id": filled,
    "arn": filled,
    "name": filled,
    "configuredTableId": filled,
    "analysisRuleTypes?": [str],
}
ASSOCIATION_DETAILS: Data = {"roleArn": str, "description?": str}
RULE: Data = {"type": str, "policy": dict}
RULE_CONTENT: Data = {"allowedResultReceivers?": [str], "allowedAdditionalAnalyses?": [str]}
RULE_IN_COLLABORATION: Data = {"name": filled, "type": str, "collaborationPolicy?": dict}
SCHEMA: Data = {
    "name": filled,
    "schemaStatusDetails": [{"status": str, "analysisType": str, "reasons?": [{"code": str, "message": str}]}],
}
NAMESPACE: Data = {
    "id": filled,
    "arn": filled,
    "name": filled,
    "inputReferenceConfig": {"inputReferenceArn": filled, "manageResourcePolicies": bool},
    "description?": str,
}
# Of what was made, the ids are needed.
MADE_MEMBERSHIP: Data = {"id": uuid}  # the record file holds it
MADE_WITH_ARN: Data = {"id": filled, "arn": filled}
NAMESPACE_MAPPING: Data = {"idMappingConfig?": REPLACED["idMappingConfig"]}


def tags(value: Any, path: str) -> dict[str, str]:
    """Return tags, a string for each key."""
    return {key: read(str, item, f"{path}.{key}") for key, item in _typed(dict, value, path).items()}
