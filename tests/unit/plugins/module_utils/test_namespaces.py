# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""ID namespace associations: options, and what is done from what is wanted and what is there."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils import _namespaces as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Plan
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples as s
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import Data, namespace
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import check_plan

NAME = "ACXIdNamespace"
ARN, OTHER_ARN = s.namespace_arn(NAME), s.namespace_arn("Other")
LEAST: Data = {
    **dict.fromkeys(("allow_use_as_dimension_column", "description", "tags", "membership_id")),
    "name": NAME,
    "id_namespace_arn": ARN,
    "state": "present",
    "recreate": False,
    **dict.fromkeys(("manage_resource_policies", "purge_tags"), True),
}


def options(**changes: Any) -> code.NamespaceOptions:
    return code.NamespaceOptions(**{"name": NAME, "id_namespace_arn": ARN, **changes})


def plan_of(wanted: Data, *there: Data, record: s.Record | None = None, **found: Any) -> Plan:
    state = {"membership_id": s.MEMBERSHIP, "members": s.MEMBERS, "associations": [*there], **found}
    plan = code.plan_namespace(record or s.record(), options(**wanted), code.NamespaceState(s.OWN, **state))
    check_plan(plan)
    return plan


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": ""}, "name: '' is blank"),
        ({"name": " \t"}, "name: .* is blank"),
        ({"name": "x" * 101}, "name: has 101 characters, AWS allows 100"),
        ({"name": "a\nb"}, "name: .* control character"),
        ({"name": None}, "name: is null"),
        ({"id_namespace_arn": NAME}, "id_namespace_arn: 'ACXIdNamespace' is not the ARN of an ID namespace"),
        ({"id_namespace_arn": ""}, "id_namespace_arn: '' is not"),
        ({"id_namespace_arn": None}, "id_namespace_arn: is null"),
        ({"description": "x" * 256}, "description: has 256 characters"),
        ({"tags": {"n": 1}}, r"tags\.n: is a number; write it in quotes"),
    ],
)
def test_options_refused(changes: Data, message: str) -> None:
    with pytest.raises(CleanRoomsError, match=f"^{message}"):
        code.check_options({**LEAST, **changes})


def test_options() -> None:
    assert code.check_options(LEAST) == options()
    assert code.check_options({**LEAST, "state": "absent", "id_namespace_arn": None}).id_namespace_arn is None
    params = {**LEAST, "namespace_name": LEAST["name"], "name": "x"}
    assert code.check_options(params, "namespace_name") == options()
    for wrong, message in ((None, "is null"), ("", "'' is blank")):
        with pytest.raises(CleanRoomsError, match=f"^namespace_name: {message}"):
            code.check_options({**params, "namespace_name": wrong}, "namespace_name")


HERE, OLD, OTHER = namespace(NAME), namespace("old", description="mine"), namespace("x", "Other")
HOLDER = namespace(NAME, "Other")
ABSENT, RECREATE, BOTH = {"state": "absent"}, {"recreate": True}, {"description": "Ours", "tags": {"b": "2"}}
FALSE_COLUMN = {"allow_use_as_dimension_column": False}
NEW, HELD = "not associated yet", "holds the name of another ID namespace"
REFUSED = f"the name is held by the association of another ID namespace, {OTHER_ARN}; recreate: true mends that"
OTHERS = f"it is the association of another ID namespace, {OTHER_ARN}"
CHANGED = "manage_resource_policies is False, and AWS cannot change it"
RENAMED, GONE = f"name is old, not {NAME}", "state is absent"
DIFFER = ["description is , not Ours", "tags differ", "tags that are not wanted"]
# Options, what is there, the outline of the plan without our name, and the reasons.
CASES: dict[str, tuple[Data, list[Data], str, list[str]]] = {
    "missing": ({}, [], "associated: create", [NEW]),
    "right": ({}, [HERE, OTHER], "", []),
    "others are left alone": ({}, [OTHER], "associated: create", [NEW]),
    "recreate leaves alone what is right": (RECREATE, [HERE, OTHER], "", []),
    "another name": ({}, [OLD], "repaired: update association old", [RENAMED]),
    "policies cannot be changed": ({}, [namespace(NAME, manage=False)], "skip", [CHANGED]),
    "held": ({}, [HOLDER], "refuse", [REFUSED]),
    "held, and ours is misnamed": ({}, [HOLDER, OLD], "refuse", [REFUSED]),
    "made free": (RECREATE, [HOLDER], "repaired: delete, create", [HELD, NEW]),
    "free for a misnamed one": (RECREATE, [HOLDER, OLD], "repaired: delete, update association old", [HELD, RENAMED]),
    "absent": (ABSENT, [HERE, OTHER], "removed: delete", [GONE]),
    "absent: not there": (ABSENT, [OTHER], "", []),
    "absent: by name alone": ({**ABSENT, "id_namespace_arn": None}, [HOLDER], "removed: delete", [GONE]),
    "absent: of another ID namespace": (ABSENT, [HOLDER], "skip", [OTHERS]),
    "absent: under another name": (ABSENT, [OLD], "", []),
    "description and tags": (BOTH, [HERE], "repaired: update, update tags, delete tags", DIFFER),
    "tags that are right": ({"tags": {"a": "1"}}, [HERE], "", []),
    "tags that are not purged": ({"tags": {}, "purge_tags": False}, [HERE], "", []),
}


@pytest.mark.parametrize(("wanted", "there", "expected", "why"), CASES.values(), ids=CASES)
def test_what_is_done(wanted: Data, there: list[Data], expected: str, why: list[str]) -> None:
    tags = {"a": "1", "aws:x": "y"}
    plan = plan_of(wanted, *there, tags=tags)
    outline = " ".join(s.outline(plan)).replace(f" association {NAME}", "").replace(f" {NAME}", "")
    assert (outline, s.reasons(plan), plan.record) == (expected, why, s.record())
    assert all((flow.item is None) == (flow.counts_as == "removed") for flow in plan.flows)
    for action in plan.actions:
        if action.action == "delete" and action.before != {**tags, "b": "2"}:
            (gone,) = [one for one in there if one["name"] == NAME]
            assert action.request["idNamespaceAssociationIdentifier"] == gone["id"]
            assert (action.before, action.after) == ({"id_namespace_arn": code.arn_of(gone)}, None)
    # What needs nothing is an item.
    here = [one for one in there if code.arn_of(one) == ARN and not plan.flows and wanted != ABSENT]
    items = [{**code.describe_namespace(one), **({"tags": tags} if "tags" in wanted else {})} for one in here]
    assert plan.items == ([] if expected == "refuse" else items)


def test_creation() -> None:
    column = {"allowUseAsDimensionColumn": False}
    plan = plan_of({"description": "ours", "tags": {"Team": "x"}, **FALSE_COLUMN})
    (action,) = plan.actions
    least = {
        "membershipIdentifier": s.MEMBERSHIP,
        "name": NAME,
        "inputReferenceConfig": {"inputReferenceArn": ARN, "manageResourcePolicies": True},
    }
    assert action.request == {**least, "description": "ours", "tags": {"Team": "x"}, "idMappingConfig": column}
    item = {"name": NAME, "id_namespace_arn": ARN, "manage_resource_policies": True}
    assert action.after == plan.flows[0].item == {**item, "description": "ours", "tags": {"Team": "x"}, **FALSE_COLUMN}
    # Defaults are left to AWS.
    assert plan_of({"description": "", "tags": {}}).actions[0].request == least
    # An invitation that is not accepted yet has no membership.
    plan = code.plan_namespace(s.record(membership_id=""), options(), code.NamespaceState(s.OWN, members=s.MEMBERS))
    assert plan.actions[0].request == {**least, "membershipIdentifier": ""}


COLUMN_SENT = {"idMappingConfig": {"allowUseAsDimensionColumn": False}}


@pytest.mark.parametrize(
    ("wanted", "found", "column", "sent"),
    [
        ({}, {"name": "old", "description": "mine"}, None, {"name": NAME}),
        ({"description": "new"}, {"name": NAME, "description": "old"}, None, {"description": "new"}),
        ({"description": "new"}, {"name": NAME, "description": ""}, None, {"description": "new"}),
        ({"description": ""}, {"name": NAME, "description": "old"}, None, {"description": ""}),
        ({"description": ""}, {"name": NAME}, None, {}),
        (FALSE_COLUMN, {"name": NAME}, None, COLUMN_SENT),
        (FALSE_COLUMN, {"name": NAME}, True, COLUMN_SENT),
        (FALSE_COLUMN, {"name": NAME}, False, {}),
    ],
)
def test_only_what_differs_is_sent(wanted: Data, found: Data, column: bool | None, sent: Data) -> None:
    there = namespace(**found)
    plan = plan_of(wanted, there, allow_use_as_dimension_column=column)
    address = {"membershipIdentifier": s.MEMBERSHIP, "idNamespaceAssociationIdentifier": there["id"]}
    assert [one.request for one in plan.actions] == ([{**address, **sent}] if sent else [])
    (item,) = [*plan.items, *(flow.item or {} for flow in plan.flows)]
    whole = {**code.describe_namespace(there), "name": NAME, **wanted}
    assert item == {key: value for key, value in whole.items() if value != ""}
    now = {"description": "", **found, "allow_use_as_dimension_column": column}
    for action in plan.actions:
        assert (action.before, action.after) == ({key: now[key] for key in ("name", *wanted)}, {"name": NAME, **wanted})


def test_tags() -> None:
    plan = plan_of({"tags": {"b": "2"}}, HERE, tags={"a": "1", "aws:x": "y"})
    sent = [{"resourceArn": HERE["arn"], "tags": {"b": "2"}}, {"resourceArn": HERE["arn"], "tagKeys": ["a"]}]
    assert [one.request for one in plan.actions] == sent
    assert (plan.flows[0].item or {})["tags"] == {"b": "2", "aws:x": "y"}


def test_what_an_update_would_drop_keeps_all_as_it_is() -> None:
    wanted = {"description": "new", "tags": {"b": "2"}, "manage_resource_policies": False}
    plan = plan_of(wanted, OLD, unknown=("a", "b\n"))
    why = "idMappingConfig with a, b\\n is not supported by this version; nothing is changed there"
    assert (s.outline(plan), s.reasons(plan)) == (["refuse association old"], [why])
    assert plan.items == [code.describe_namespace(OLD)]


@pytest.mark.parametrize("recreate", [True, False])
@pytest.mark.parametrize("there", [[], [OLD], [HOLDER], [HERE]])
def test_members_that_nobody_pinned(there: list[Data], recreate: bool) -> None:
    members = [*s.MEMBERS, s.member(s.STRANGER, "INVITED")]
    plan = plan_of({"recreate": recreate, "description": "x", "tags": {"a": "b"}}, *there, members=members)
    assert s.outline(plan) == [f"refuse association {s.record().label}"]
    assert s.STRANGER in plan.decisions[0].reason
    assert s.PARTNER not in plan.decisions[0].reason
    # Taking back is always allowed.
    plan = plan_of(ABSENT, HERE, record=s.record(members=None), members=members)
    assert s.outline(plan) == [f"removed: delete association {NAME}"]


def test_describe() -> None:
    there = namespace(NAME, manage=False)
    ids = {"name": NAME, "id": there["id"], "arn": there["arn"]}
    assert code.describe_namespace(there) == {**ids, "id_namespace_arn": ARN, "manage_resource_policies": False}
    assert code.describe_namespace(namespace(NAME, description="ours"))["description"] == "ours"
    assert "description" not in code.describe_namespace(namespace(NAME, description=""))
