# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM GetRole and STS GetCallerIdentity in the query protocol: forms in, XML out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote
from xml.sax.saxutils import escape

from .errors import ServiceError
from .registry import Context, Parameters

NAMESPACES = {
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
}
TRUST_POLICY = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow",'
    '"Principal":{"Service":"cleanrooms.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
)


def parse_form(body: bytes) -> tuple[str, Parameters]:
    """(action, parameters) of a request."""
    form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    form.pop("Version", None)
    return form.pop("Action", ""), form


def answer_query(context: Context, parameters: Parameters, service: str, access_key: str) -> dict[str, Any]:
    match service, context.operation:
        case "iam", "GetRole":
            return get_role(context, parameters)
        case "sts", "GetCallerIdentity":
            return {
                "Arn": f"arn:aws:iam::{context.account_id}:user/emulator",
                "UserId": access_key,
                "Account": context.account_id,
            }
    raise ServiceError("InvalidAction", f"The emulator does not answer {service} {context.operation}.", status=400)


def get_role(context: Context, parameters: Parameters) -> dict[str, Any]:
    name = parameters.get("RoleName", "")
    for role in context.store.roles.values():
        if (role.account_id, role.name) == (context.account_id, name):
            created = datetime.fromtimestamp(role.create_time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            return {
                "Role": {
                    "Path": role.path,
                    "RoleName": role.name,
                    "RoleId": f"AROA{context.store.new_id('role', role.arn).replace('-', '').upper()[:17]}",
                    "Arn": role.arn,
                    "CreateDate": created,
                    "AssumeRolePolicyDocument": quote(TRUST_POLICY, safe=""),
                    "MaxSessionDuration": "3600",
                }
            }
    raise ServiceError("NoSuchEntity", f"The role with name {name} cannot be found.", status=404)


def to_xml(value: Any) -> str:
    if isinstance(value, dict):
        return "".join(f"<{name}>{to_xml(item)}</{name}>" for name, item in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{to_xml(item)}</member>" for item in value)
    return "" if value is None else escape(str(value))


def answer_body(service: str, operation: str, answer: dict[str, Any], request_id: str) -> bytes:
    content = {f"{operation}Result": answer, "ResponseMetadata": {"RequestId": request_id}}
    name = f"{operation}Response"
    return f'<{name} xmlns="{NAMESPACES[service]}">{to_xml(content)}</{name}>'.encode("utf-8", "surrogatepass")


def error_body(service: str, error: ServiceError, request_id: str) -> bytes:
    content = {"Error": {"Type": "Sender", "Code": error.code, "Message": error.message}, "RequestId": request_id}
    text = f'<ErrorResponse xmlns="{NAMESPACES[service]}">{to_xml(content)}</ErrorResponse>'
    return text.encode("utf-8", "surrogatepass")
