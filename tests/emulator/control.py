# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API under /_emulator/: what is held, what was asked, and the switches."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from .answers import FaultError
from .builder import apply_scenario
from .faults import parse_fault
from .messages import Response
from .scenario import ScenarioError
from .settings import SettingsError
from .store import Store

if TYPE_CHECKING:
    from .server import Emulator

PREFIX = "/_emulator/"


class UnknownPathError(ValueError):
    """The control API has no such path or method."""


def answer_control(emulator: Emulator, method: str, target: str, body: bytes) -> Response:
    url = urlsplit(target)
    query = {name: values[-1] for name, values in parse_qs(url.query).items()}
    try:
        data = json.loads(body) if body else None
        answer = dispatch(emulator, method, url.path.removeprefix(PREFIX), query, data)
    except (
        SettingsError,
        FaultError,
        ScenarioError,
        UnknownPathError,
        json.JSONDecodeError,
        UnicodeDecodeError,
    ) as error:
        return json_response(400, {"error": str(error)})
    except Exception as error:  # noqa: BLE001  as the service does
        return json_response(500, {"error": emulator.service.note_bug(f"{method} {target}", error)})
    return json_response(200, answer)


def json_response(status: int, answer: Any) -> Response:
    return Response(status, {"Content-Type": "application/json"}, json.dumps(answer).encode())


def dispatch(emulator: Emulator, method: str, path: str, query: dict[str, str], data: Any) -> Any:
    if (method, path) not in ROUTES:
        raise UnknownPathError(f"The control API has no {method} {PREFIX}{path}.")
    with emulator.service.store.lock:
        return ROUTES[method, path](emulator, query, data)


def get_log(emulator: Emulator, query: dict[str, str], _data: Any) -> Any:
    wanted = query.get("operation", "*")
    return [entry for entry in emulator.service.log if fnmatchcase(entry["operation"], wanted)]


def delete_log(emulator: Emulator, _query: dict[str, str], _data: Any) -> Any:
    emulator.service.log.clear()
    return {}


def delete_faults(emulator: Emulator, _query: dict[str, str], _data: Any) -> Any:
    emulator.service.faults.clear()
    return {}


def put_settings(emulator: Emulator, _query: dict[str, str], data: Any) -> Any:
    emulator.service.settings.merge(mapping(data))
    return emulator.service.settings.as_dict()


def post_faults(emulator: Emulator, _query: dict[str, str], data: Any) -> Any:
    added = [parse_fault(mapping(one), emulator.service.store) for one in (data if isinstance(data, list) else [data])]
    emulator.service.faults.add(added)
    return [asdict(fault) for fault in added]


def post_reset(emulator: Emulator, _query: dict[str, str], data: Any) -> Any:
    emulator.reset(emulator.scenario if data is None else mapping(data))
    return {}


def post_scenario(emulator: Emulator, _query: dict[str, str], data: Any) -> Any:
    apply_scenario(emulator.service, mapping(data), seeding=False)
    return {}


ROUTES: dict[tuple[str, str], Callable[[Emulator, dict[str, str], Any], Any]] = {
    ("GET", "state"): lambda emulator, _query, _data: state_of(emulator.service.store),
    ("GET", "counts"): lambda emulator, _query, _data: emulator.service.counts(),
    ("GET", "log"): get_log,
    ("DELETE", "log"): delete_log,
    ("GET", "settings"): lambda emulator, _query, _data: emulator.service.settings.as_dict(),
    ("PUT", "settings"): put_settings,
    ("GET", "faults"): lambda emulator, _query, _data: emulator.service.faults.as_list(),
    ("POST", "faults"): post_faults,
    ("DELETE", "faults"): delete_faults,
    ("POST", "reset"): post_reset,
    ("POST", "scenario"): post_scenario,
}


def mapping(data: Any) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise UnknownPathError("The body must be a JSON object.")
    return data


def state_of(store: Store) -> dict[str, Any]:
    """Every record, flat: one list for each kind."""
    with store.lock:
        memberships = [asdict(membership) for membership in store.memberships.values()]
        associations = [one for membership in memberships for one in membership.pop("associations").values()]
        namespaces = [one for membership in memberships for one in membership.pop("namespaces").values()]
        collaborations = [asdict(collaboration) for collaboration in store.collaborations.values()]
        for collaboration in collaborations:
            collaboration["members"] = list(collaboration["members"].values())
        return {
            "accounts": dict(store.accounts),
            "roles": [role.arn for role in store.roles.values()],
            "id_namespaces": [asdict(namespace) for namespace in store.id_namespaces.values()],
            "configured_tables": [asdict(table) for table in store.tables.values()],
            "collaborations": collaborations,
            "memberships": memberships,
            "table_associations": associations,
            "id_namespace_associations": namespaces,
        }
