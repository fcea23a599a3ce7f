# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers on order: any body in place of the real answer, or the real answer with parts taken out or put in."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

BODIES = {"text": {"text", "status", "content_type"}, "json": {"json", "status"}}
CHANGES = {"without", "set"}
# By HTTP, answers of these have no body.
NO_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)

TAKEN_OUT = object()
Place = tuple[Any, Any]


class FaultError(ValueError):
    """A fault that makes no sense; the text says why."""


class PathError(LookupError):
    """A path that is not in the answer."""


def check_answer(answer: dict[str, Any]) -> None:
    """Raises FaultError unless answer is 'text', 'json', or 'without' and/or 'set', with what belongs to it."""
    ways = [way for way in ("text", "json") if way in answer] + (["changes"] if CHANGES & set(answer) else [])
    if len(ways) != 1:
        raise FaultError("'answer' has one of 'text', 'json', or 'without' and/or 'set'.")
    known = BODIES.get(ways[0], CHANGES)
    unknown = [key for key in answer if key not in known]
    if unknown:
        raise FaultError(f"Such an 'answer' may have {', '.join(sorted(known))}, but not '{unknown[0]}'.")
    if ways[0] == "changes":
        check_changes(answer)
    else:
        check_body(answer)


def check_body(answer: dict[str, Any]) -> None:
    content_type = answer.get("content_type", "text/html")
    if not isinstance(answer.get("text", ""), str):
        raise FaultError(f"'answer.text' is a text, not {answer['text']!r}.")
    if not isinstance(content_type, str) or not (content_type.isascii() and content_type.isprintable()):
        raise FaultError(f"'answer.content_type' is a text of ASCII characters, not {content_type!r}.")
    status = answer.get("status", 200)
    if not isinstance(status, int) or status not in [*HTTPStatus] or status in NO_BODY or status < HTTPStatus.OK:
        raise FaultError(f"There is no HTTP status {status!r} of an answer with a body.")


def check_changes(answer: dict[str, Any]) -> None:
    if not isinstance(answer.get("without", []), list) or not isinstance(answer.get("set", {}), dict):
        raise FaultError("'answer.without' is a list of paths, 'answer.set' a mapping from paths to values.")
    paths = [*answer.get("without", []), *answer.get("set", {})]
    for path in paths:
        if not isinstance(path, str):
            raise FaultError(f"A path in 'answer' is a text like 'memberSummaries.0.status', not {path!r}.")
        if not all(path.split(".")):
            raise FaultError(f"The path '{path}' in 'answer' has an empty part.")
    if not paths:
        raise FaultError("'answer' takes nothing out and sets nothing.")


def changes_answer(answer: dict[str, Any]) -> bool:
    """Whether the order changes the real answer, which the operation must have given before."""
    return bool(CHANGES & set(answer))


def made_body(answer: dict[str, Any]) -> tuple[int, str, bytes]:
    """(status, content type, body) of an order with 'text' or 'json'."""
    status = answer.get("status", 200)
    if "text" in answer:
        return status, answer.get("content_type", "text/html"), answer["text"].encode("utf-8", "surrogatepass")
    return status, "application/json", json.dumps(answer["json"]).encode()


def changed_answer(order: dict[str, Any], answer: dict[str, Any], shape: Any) -> dict[str, Any]:
    """The answer with the order's changes; all paths are those of the real answer. Raises PathError.

    shape is the answer's in the service model: a member that the model has may be set where the answer lacks it.
    """
    root = {"": copy.deepcopy(answer)}
    removals = [place for path in order.get("without", []) for place in places(root, path, None)]
    settings = [(place, value) for path, value in order.get("set", {}).items() for place in places(root, path, shape)]
    for (container, key), value in settings:
        container[key] = copy.deepcopy(value)
    for container, key in removals:
        container[key] = TAKEN_OUT
    pruned: dict[str, Any] = prune(root[""])
    return pruned


def places(root: dict[str, Any], path: str, shape: Any) -> list[Place]:
    """Every (container, key) of the path. With a shape, the last part may be a member that only the model has."""
    *parents, last = path.split(".")
    found: list[tuple[Any, Any, Any]] = [(root, "", shape)]
    for part in parents:
        found = [place for container, key, of in found for place in inside(container[key], part, of, in_answer)]
    is_there = in_answer if shape is None else in_answer_or_model
    ends = [place for container, key, of in found for place in inside(container[key], last, of, is_there)]
    if not ends:
        raise PathError(path)
    return [(container, key) for container, key, _of in ends]


def inside(
    value: Any, part: str, shape: Any, is_there: Callable[[dict[str, Any], str, Any], bool]
) -> Iterator[tuple[Any, Any, Any]]:
    """What a path's part names in a value: (container, key, the item's shape) each."""
    if isinstance(value, list):
        member = getattr(shape, "member", None)
        numbers = range(len(value)) if part == "*" else [int(part)] if part.isdecimal() else []
        yield from ((value, number, member) for number in numbers if number < len(value))
    elif isinstance(value, dict) and is_there(value, part, shape):
        yield value, part, getattr(shape, "members", {}).get(part)


def in_answer(value: dict[str, Any], part: str, _shape: Any) -> bool:
    return part in value


def in_answer_or_model(value: dict[str, Any], part: str, shape: Any) -> bool:
    return part in value or part in getattr(shape, "members", {})


def prune(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: prune(item) for key, item in value.items() if item is not TAKEN_OUT}
    if isinstance(value, list):
        return [prune(item) for item in value if item is not TAKEN_OUT]
    return value
