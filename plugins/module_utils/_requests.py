# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes requests: whatever one can raise becomes C(CleanRoomsError), and its answer is read as C(_answers) says."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from ansible_collections.amazon.aws.plugins.module_utils.errors import AWSErrorHandler

from ._answers import RAW, read, read_items
from ._errors import CleanRoomsError, UnreadableAnswerError

PAGE_SIZE = 100

Data = dict[str, Any]
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Unreadable:
    """An item of a list that cannot be read: what came of it, and why."""

    item: Data
    error: CleanRoomsError


class CleanRoomsErrorHandler(AWSErrorHandler):
    """Decorators that turn botocore's errors into C(CleanRoomsError)."""

    _CUSTOM_EXCEPTION = CleanRoomsError


def handle(description: str) -> Callable[[F], F]:
    """Return the decorator of a request: all that it can raise becomes C(CleanRoomsError), "Failed to ..."."""

    def decorate(function: F) -> F:
        handled = CleanRoomsErrorHandler.common_error_handler(description)(function)

        @functools.wraps(function)
        def request(*args: Any, **kwargs: Any) -> Any:
            try:
                return handled(*args, **kwargs)
            except CleanRoomsError:
                raise
            # Not only botocore's own: sources of credentials raise RuntimeError, OSError and ValueError, parsers
            # KeyError and TypeError. Nothing of that may end a module that has written something.
            except Exception as error:  # noqa: BLE001
                # Without its cause in the traceback: the text of one for STS may hold what STS answered.
                raise CleanRoomsError(message=f"Failed to {description}", exception=error) from None

        return cast("F", request)

    return decorate


def ask(method: Callable[..., Any], shape: Any, **parameters: Any) -> Any:
    """Make one request and return its answer as C(shape) says."""
    answer = method(**parameters)
    try:
        return read(shape, answer.get(RAW, answer))
    except UnreadableAnswerError as error:
        error.operation_name = "".join(word.capitalize() for word in method.__name__.split("_"))
        raise


def ask_for(method: Callable[..., Any], key: str, shape: Any, **parameters: Any) -> Data:
    """Make one request and return the resource in its answer."""
    return cast("Data", ask(method, {key: shape}, **parameters)[key])


def list_readable(
    client: Any, operation: str, key: str, shape: Any, identity: str = "id", **parameters: Any
) -> tuple[list[Data], list[Unreadable]]:
    """Return the items of all pages, and those that cannot be read. A page without its list is an error."""
    pages = client.get_paginator(operation).paginate(PaginationConfig={"PageSize": PAGE_SIZE}, **parameters)
    items: list[Any] = []
    name = client.meta.method_to_api_mapping[operation]
    try:
        for page in pages:
            items += read({key: list}, page[RAW])[key]
    except UnreadableAnswerError as error:
        error.operation_name = name
        raise
    good, bad = read_items(shape, items, key, identity)
    for problem in bad:
        problem.operation_name = name
    failed = "Failed to read an item of a list"
    return good, [Unreadable(one.item, CleanRoomsError(message=failed, exception=one)) for one in bad]


def list_whole(
    client: Any, operation: str, key: str, shape: Any, identity: str = "id", **parameters: Any
) -> list[Data]:
    """Return the items of all pages. One that cannot be read is an error of the whole list."""
    items, unreadable = list_readable(client, operation, key, shape, identity, **parameters)
    for one in unreadable:
        raise cast("Exception", one.error.exception)
    return items
