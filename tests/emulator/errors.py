# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors that AWS Clean Rooms answers, as one exception and a constructor for each kind."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class ServiceError(Exception):
    """An error to be answered: its code, message, modelled members and HTTP status.

    status is None for an error of the service model, which then decides it.
    """

    def __init__(self, code: str, message: str, *, status: int | None = None, **members: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.members = {name: value for name, value in members.items() if value is not None}


def validation_failed(fields: Iterable[tuple[str, str]]) -> ServiceError:
    """Members of the request that break the model: (name, what is wrong) each."""
    field_list = [{"name": name, "message": message} for name, message in fields]
    message = "; ".join(f"{field['name']}: {field['message']}" for field in field_list)
    return ServiceError("ValidationException", message, reason="FIELD_VALIDATION_FAILED", fieldList=field_list)


def invalid_configuration(message: str) -> ServiceError:
    """A request that fits the model but not the state of things."""
    return ServiceError("ValidationException", message, reason="INVALID_CONFIGURATION")


def not_found(resource_type: str, resource_id: str) -> ServiceError:
    """resource_type is one of the model's ResourceType."""
    message = f"The {resource_type.lower().replace('_', ' ')} {resource_id} does not exist."
    return ServiceError("ResourceNotFoundException", message, resourceId=resource_id, resourceType=resource_type)


def conflict(
    reason: str, message: str, resource_type: str | None = None, resource_id: str | None = None
) -> ServiceError:
    """reason is ALREADY_EXISTS, SUBRESOURCES_EXIST or INVALID_STATE."""
    return ServiceError("ConflictException", message, reason=reason, resourceType=resource_type, resourceId=resource_id)


def access_denied(message: str) -> ServiceError:
    return ServiceError("AccessDeniedException", message, reason="INSUFFICIENT_PERMISSIONS")


def quota_exceeded(quota_name: str, quota_value: int) -> ServiceError:
    message = f"You have reached the quota '{quota_name}', which is {quota_value}."
    return ServiceError("ServiceQuotaExceededException", message, quotaName=quota_name, quotaValue=float(quota_value))
