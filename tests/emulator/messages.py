# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP requests and answers, and the answers that are made without an operation."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from .answers import made_body
from .errors import ServiceError
from .model import error_status
from .query_services import NAMESPACES, error_body


@dataclass(frozen=True)
class Request:
    """An HTTP request. target is path and query as sent."""

    method: str
    target: str
    authorization: str
    body: bytes


@dataclass(frozen=True)
class Response:
    """An HTTP answer, or a connection dropped without one."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    drop: bool = False


def error_response(service: str, error: ServiceError, request_id: str) -> Response:
    status = error_status(error)
    headers = {"x-amzn-RequestId": request_id}
    if not error.code:
        return Response(status, headers)
    if service in NAMESPACES:
        return Response(status, {**headers, "Content-Type": "text/xml"}, error_body(service, error, request_id))
    body = json.dumps({"message": error.message, **error.members}).encode()
    return Response(status, {**headers, "Content-Type": "application/json", "x-amzn-ErrorType": error.code}, body)


def made_response(order: dict[str, Any], request_id: str) -> Response:
    """The answer that a fault orders in place of the real one."""
    status, content_type, body = made_body(order)
    return Response(status, {"Content-Type": content_type, "x-amzn-RequestId": request_id}, body)
