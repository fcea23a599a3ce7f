# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS's own service model in botocore's copy, with which requests, patterns and lengths are compared."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ServiceModel, Shape
from botocore.validate import ParamValidator

from ansible_collections.acx.cleanrooms.plugins.module_utils import _plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Action, Plan

NAMES = {
    _plan.MEMBERSHIP: "Membership",
    _plan.TABLE_ASSOCIATION: "ConfiguredTableAssociation",
    _plan.ANALYSIS_RULE: "ConfiguredTableAssociationAnalysisRule",
    _plan.NAMESPACE_ASSOCIATION: "IdNamespaceAssociation",
}
NO_ID = "00000000-0000-0000-0000-000000000000"


@cache
def service_model() -> ServiceModel:
    """Return botocore's service model of AWS Clean Rooms."""
    return botocore.session.get_session().get_service_model("cleanrooms")


def shape(name: str) -> Shape:
    """Return a shape of the service model."""
    return service_model().shape_for(name)


def fits(shape_name: str, value: str) -> bool:
    """Return whether AWS's model allows a text: its pattern holds for the whole text, and its length."""
    limits = shape(shape_name).metadata
    # The model writes characters beyond U+FFFF as their surrogates, as Java does; Python has them whole.
    pattern = limits.get("pattern", "(?s:.*)").replace(r"\uD800\uDBFF-\uDC00\uDFFF", r"\U00010000-\U0010FFFF")
    long_enough = limits.get("min", 0) <= len(value) <= limits.get("max", len(value))
    return long_enough and bool(re.fullmatch(pattern, value, re.ASCII))


def complaints(model: Shape, value: Any, path: str = "") -> list[str]:
    """Return where a value breaks the patterns, enums and maxima of the model, which botocore does not check."""
    if model.type_name == "structure":
        return [line for key, one in value.items() for line in complaints(model.members[key], one, f"{path}.{key}")]
    if model.type_name == "map":
        return [line for one in value.values() for line in complaints(model.value, one, path)]
    if model.type_name == "list":
        too_long = len(value) > model.metadata.get("max", len(value))
        inner = [line for one in value for line in complaints(model.member, one, path)]
        return inner + ([f"{path} has {len(value)} items"] if too_long else [])
    if model.type_name != "string":
        return []
    if getattr(model, "enum", None):
        return [] if value in model.enum else [f"{path}: {value!r} is not one of {model.enum}"]
    return [] if fits(model.name, value) else [f"{path}: {value!r} does not fit {model.metadata}"]


def check_action(action: Action) -> None:
    """Fail unless AWS's model allows the request of an action."""
    request = dict(action.request)
    if action.resource == _plan.TAGS:
        assert set(request) == {"resourceArn", "tags" if action.action == "update" else "tagKeys"}
        assert request.get("tags") or request.get("tagKeys")
        return
    if action.resource == _plan.ANALYSIS_RULE:
        # Apply puts in the id of an association that the same flow makes.
        request.setdefault("configuredTableAssociationIdentifier", NO_ID)
    operation = service_model().operation_model(f"{action.action.capitalize()}{NAMES[action.resource]}")
    report = ParamValidator().validate(request, operation.input_shape)
    assert not report.has_errors(), report.generate_report()
    assert complaints(operation.input_shape, request) == []


def check_plan(plan: Plan) -> None:
    """Fail unless AWS's model allows every request of a plan, and every decision makes none."""
    for flow in plan.flows:
        assert flow.actions
        for action in flow.actions:
            check_action(action)
    for decision in plan.decisions:
        assert decision.action in ("skip", "leave_out", "refuse")
        assert decision.request == {}
    assert all(one.reason for one in plan.actions)
