# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes, requests and errors of the cleanrooms service model that botocore carries."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel

from .errors import ServiceError, validation_failed

NUMBERS = {"integer": int, "long": int, "float": float, "double": float}


@dataclass(frozen=True)
class Route:
    """One operation's method and path, as a pattern whose groups are the path's parameters."""

    method: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    operation: OperationModel


@cache
def service_model() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("cleanrooms", "service-2"), "cleanrooms")


@cache
def has_member(shape_name: str, member: str) -> bool:
    """Whether the model knows the member: those of older botocores lack some."""
    return member in service_model().shape_for(shape_name).members


@cache
def routes() -> tuple[Route, ...]:
    """Every operation of the model; paths with more fixed text come first."""
    model = service_model()
    found = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        uri = operation.http["requestUri"]
        pattern = re.sub(r"\{[^}]+\}", "([^/]+)", uri)
        names = tuple(re.findall(r"\{([^}]+)\}", uri))
        found.append((len(names), Route(operation.http["method"], re.compile(pattern), names, operation)))
    return tuple(route for _parameters, route in sorted(found, key=lambda pair: pair[0]))


def find_route(method: str, path: str) -> tuple[OperationModel, dict[str, str]]:
    """The operation of a request and the parameters in its path, still as text."""
    for route in routes():
        match = route.pattern.fullmatch(path) if route.method == method else None
        if match:
            values = (unquote(group) for group in match.groups())
            return route.operation, dict(zip(route.names, values, strict=True))
    raise ServiceError("UnknownOperationException", f"AWS Clean Rooms has no operation {method} {path}.", status=404)


def parse_request(operation: OperationModel, path: dict[str, str], query: str, body: bytes) -> dict[str, Any]:
    """The parameters by their member names, in JSON types. Raises ServiceError where text or JSON is malformed."""
    shape = operation.input_shape
    if shape is None:
        return {}
    text_of_query = parse_qs(query, keep_blank_values=True)
    parameters = parse_body(body)
    for name, member in shape.members.items():
        location = member.serialization.get("location")
        wire_name = member.serialization.get("name", name)
        if location is None:
            continue
        if name in parameters:
            raise validation_failed([(name, "This member does not belong into the body.")])
        if location == "uri":
            parameters[name] = convert(member, name, [path[wire_name]])
        elif location == "querystring" and wire_name in text_of_query:
            parameters[name] = convert(member, name, text_of_query[wire_name])
    return parameters


def parse_body(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ServiceError("SerializationException", f"The body is not JSON: {error}", status=400) from error
    if not isinstance(parsed, dict):
        raise ServiceError("SerializationException", "The body is not a JSON object.", status=400)
    body_without_nulls: dict[str, Any] = without_nulls(parsed)
    return body_without_nulls


def without_nulls(value: Any) -> Any:
    """In AWS's JSON a member that is null is one that is not given."""
    if isinstance(value, dict):
        return {name: without_nulls(item) for name, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def convert(shape: Any, name: str, texts: list[str]) -> Any:
    """The value of a path or query parameter in its modelled type."""
    if shape.type_name == "list":
        return [convert(shape.member, name, [text]) for text in texts]
    text = texts[-1]
    if shape.type_name == "boolean":
        return {"true": True, "false": False}.get(text, text)
    if shape.type_name in NUMBERS:
        try:
            return NUMBERS[shape.type_name](text)
        except ValueError as error:
            raise validation_failed([(name, f"'{text}' is not a number.")]) from error
    return text


@cache
def error_statuses() -> dict[str, int]:
    """HTTP status of each modelled error."""
    return {shape.name: shape.metadata["error"]["httpStatusCode"] for shape in service_model().error_shapes}


def error_status(error: ServiceError) -> int:
    return error.status or error_statuses().get(error.code, 400)
