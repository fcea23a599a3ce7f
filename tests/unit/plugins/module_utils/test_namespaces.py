# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.module_utils._namespaces import (
    NamespaceOptions,
    NamespaceState,
    check_options,
    describe_namespace,
    plan_namespace,
)
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import NAMESPACE_ASSOCIATION, TAGS, Plan
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import (
    MEMBERS,
    MEMBERSHIP,
    OWN,
    PARTNER,
    STRANGER,
    Data,
    member,
    namespace,
    namespace_arn,
    record,
)
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import check_plan

NAME = "ACXIdNamespace"
ARN = namespace_arn(NAME)
LEAST: dict[str, Any] = {
    "name": NAME,
    "id_namespace_arn": ARN,
    "state": "present",
    "manage_resource_policies": True,
    "allow_use_as_dimension_column": None,
    "description": None,
    "tags": None,
    "purge_tags": True,
    "recreate": False,
    "membership_id": None,
}


def options(**changes: Any) -> NamespaceOptions:
    return NamespaceOptions(**{"name": NAME, "id_namespace_arn": ARN, **changes})


def state(*associations: Data, **changes: Any) -> NamespaceState:
    given = {"membership_id": MEMBERSHIP, "members": MEMBERS, "associations": list(associations)}
    return NamespaceState(OWN, **{**given, **changes})


def plan_of(options_: NamespaceOptions, state_: NamespaceState) -> Plan:
    plan = plan_namespace(record(), options_, state_)
    check_plan(plan)
    return plan


def steps(plan: Plan) -> list[tuple[str, str, str]]:
    return [(one.action, one.resource, one.name) for one in plan.actions]


class TestCheckOptions:
    def test_least(self) -> None:
        assert check_options(LEAST) == options()

    def test_absent_needs_no_arn(self) -> None:
        assert check_options({**LEAST, "state": "absent", "id_namespace_arn": None}).id_namespace_arn is None

    def test_name_under_another_option(self) -> None:
        params = {key: value for key, value in LEAST.items() if key != "name"}
        assert check_options({**params, "namespace_name": NAME}, "namespace_name") == options()
        with pytest.raises(CleanRoomsError, match=r"^namespace_name: is null"):
            check_options({**params, "namespace_name": None}, "namespace_name")

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"name": ""}, "name: '' is blank"),
            ({"name": " \t"}, "name: .* is blank"),
            ({"name": "x" * 101}, "name: has 101 characters, AWS allows 100"),
            ({"name": "a\nb"}, "name: .* control character"),
            ({"id_namespace_arn": NAME}, "id_namespace_arn: 'ACXIdNamespace' is not the ARN of an ID namespace"),
            ({"id_namespace_arn": ""}, "id_namespace_arn: '' is not"),
            ({"description": "x" * 256}, "description: has 256 characters"),
            ({"tags": {"n": 1}}, r"tags\.n: is a number; write it in quotes"),
        ],
    )
    def test_refused(self, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(CleanRoomsError, match=f"^{message}"):
            check_options({**LEAST, **changes})


class TestDescribe:
    def test_least(self) -> None:
        there = namespace(NAME, manage=False)
        assert describe_namespace(there) == {
            "name": NAME,
            "id": there["id"],
            "arn": there["arn"],
            "id_namespace_arn": ARN,
            "manage_resource_policies": False,
        }

    def test_description(self) -> None:
        assert describe_namespace(namespace(NAME, description="ours"))["description"] == "ours"
        assert "description" not in describe_namespace(namespace(NAME, description=""))


class TestPresent:
    def test_missing(self) -> None:
        plan = plan_of(options(description="ours", tags={"Team": "x"}, allow_use_as_dimension_column=False), state())
        assert steps(plan) == [("create", NAMESPACE_ASSOCIATION, NAME)]
        assert plan.actions[0].request == {
            "membershipIdentifier": MEMBERSHIP,
            "name": NAME,
            "inputReferenceConfig": {"inputReferenceArn": ARN, "manageResourcePolicies": True},
            "description": "ours",
            "tags": {"Team": "x"},
            "idMappingConfig": {"allowUseAsDimensionColumn": False},
        }
        assert plan.flows[0].counts_as == "associated"
        assert plan.flows[0].item == {
            "name": NAME,
            "id_namespace_arn": ARN,
            "manage_resource_policies": True,
            "description": "ours",
            "tags": {"Team": "x"},
            "allow_use_as_dimension_column": False,
        }

    def test_defaults_are_left_to_aws(self) -> None:
        request = plan_of(options(description="", tags={}), state()).actions[0].request
        assert set(request) == {"membershipIdentifier", "name", "inputReferenceConfig"}

    def test_there(self) -> None:
        plan = plan_of(options(), state(namespace(NAME), namespace("other", "Other")))
        assert plan.actions == []
        assert plan.items == [describe_namespace(namespace(NAME))]

    def test_others_are_left_alone(self) -> None:
        plan = plan_of(options(), state(namespace("other", "Other")))
        assert steps(plan) == [("create", NAMESPACE_ASSOCIATION, NAME)]

    def test_invitation_that_is_not_accepted_yet(self) -> None:
        plan = plan_namespace(record(membership_id=""), options(), state(membership_id=""))
        assert steps(plan) == [("create", NAMESPACE_ASSOCIATION, NAME)]

    def test_other_name_is_changed_in_place(self) -> None:
        there = namespace("old", description="mine")
        plan = plan_of(options(), state(there))
        assert steps(plan) == [("update", NAMESPACE_ASSOCIATION, "old")]
        assert plan.actions[0].request == {
            "membershipIdentifier": MEMBERSHIP,
            "idNamespaceAssociationIdentifier": there["id"],
            "name": NAME,
        }
        assert plan.flows[0].counts_as == "repaired"
        assert plan.flows[0].item == {**describe_namespace(there), "name": NAME}

    @pytest.mark.parametrize("there", ["old", ""])
    def test_description(self, there: str) -> None:
        plan = plan_of(options(description="new"), state(namespace(NAME, description=there)))
        assert steps(plan) == [("update", NAMESPACE_ASSOCIATION, NAME)]
        assert plan.actions[0].request["description"] == "new"
        assert "name" not in plan.actions[0].request
        assert (plan.actions[0].before, plan.actions[0].after) == (
            {"name": NAME, "description": there},
            {"name": NAME, "description": "new"},
        )

    def test_description_may_be_taken_away(self) -> None:
        plan = plan_of(options(description=""), state(namespace(NAME, description="old")))
        assert plan.actions[0].request["description"] == ""
        assert "description" not in (plan.flows[0].item or {})
        assert plan_of(options(description=""), state(namespace(NAME))).actions == []

    @pytest.mark.parametrize("there", [None, True])
    def test_dimension_column(self, there: bool | None) -> None:
        wanted = options(allow_use_as_dimension_column=False)
        plan = plan_of(wanted, state(namespace(NAME), allow_use_as_dimension_column=there))
        assert steps(plan) == [("update", NAMESPACE_ASSOCIATION, NAME)]
        assert plan.actions[0].request["idMappingConfig"] == {"allowUseAsDimensionColumn": False}
        assert plan_of(wanted, state(namespace(NAME), allow_use_as_dimension_column=False)).actions == []

    def test_policies_cannot_be_changed(self) -> None:
        plan = plan_of(options(), state(namespace(NAME, manage=False)))
        assert steps(plan) == [("skip", NAMESPACE_ASSOCIATION, NAME)]
        assert plan.items[0]["manage_resource_policies"] is False

    def test_tags(self) -> None:
        there = namespace(NAME)
        plan = plan_of(options(tags={"b": "2"}), state(there, tags={"a": "1", "aws:x": "y"}))
        assert steps(plan) == [("update", TAGS, NAME), ("delete", TAGS, NAME)]
        assert plan.actions[0].request == {"resourceArn": there["arn"], "tags": {"b": "2"}}
        assert plan.actions[1].request == {"resourceArn": there["arn"], "tagKeys": ["a"]}
        assert (plan.flows[0].item or {})["tags"] == {"b": "2", "aws:x": "y"}

    @pytest.mark.parametrize("purge", [True, False])
    def test_tags_that_are_right(self, purge: bool) -> None:
        plan = plan_of(options(tags={"a": "1"}, purge_tags=purge), state(namespace(NAME), tags={"a": "1"}))
        assert plan.actions == []
        assert plan.items[0]["tags"] == {"a": "1"}


class TestHeldName:
    OTHER = namespace(NAME, "Other")

    def test_is_refused(self) -> None:
        plan = plan_of(options(), state(self.OTHER))
        assert steps(plan) == [("refuse", NAMESPACE_ASSOCIATION, NAME)]
        assert namespace_arn("Other") in plan.decisions[0].reason

    def test_is_refused_for_one_that_is_misnamed(self) -> None:
        plan = plan_of(options(), state(self.OTHER, namespace("old")))
        assert steps(plan) == [("refuse", NAMESPACE_ASSOCIATION, NAME)]

    def test_is_made_free(self) -> None:
        plan = plan_of(options(recreate=True), state(self.OTHER))
        assert steps(plan) == [("delete", NAMESPACE_ASSOCIATION, NAME), ("create", NAMESPACE_ASSOCIATION, NAME)]
        assert plan.actions[0].request["idNamespaceAssociationIdentifier"] == self.OTHER["id"]
        assert len(plan.flows) == 1
        assert plan.flows[0].counts_as == "repaired"

    def test_is_made_free_for_one_that_is_misnamed(self) -> None:
        plan = plan_of(options(recreate=True), state(self.OTHER, namespace("old")))
        assert steps(plan) == [("delete", NAMESPACE_ASSOCIATION, NAME), ("update", NAMESPACE_ASSOCIATION, "old")]
        assert len(plan.flows) == 1

    def test_recreate_leaves_alone_what_is_right(self) -> None:
        assert plan_of(options(recreate=True), state(namespace(NAME), namespace("x", "Other"))).actions == []


class TestAbsent:
    def test_there(self) -> None:
        there = namespace(NAME)
        plan = plan_of(options(state="absent"), state(there, namespace("x", "Other")))
        assert steps(plan) == [("delete", NAMESPACE_ASSOCIATION, NAME)]
        assert plan.actions[0].request == {
            "membershipIdentifier": MEMBERSHIP,
            "idNamespaceAssociationIdentifier": there["id"],
        }
        assert plan.actions[0].before == {"id_namespace_arn": ARN}
        assert plan.flows[0].counts_as == "removed"
        assert plan.flows[0].item is None

    def test_not_there(self) -> None:
        assert plan_of(options(state="absent"), state(namespace("x", "Other"))).actions == []

    def test_by_name_alone(self) -> None:
        plan = plan_of(options(state="absent", id_namespace_arn=None), state(namespace(NAME, "Other")))
        assert steps(plan) == [("delete", NAMESPACE_ASSOCIATION, NAME)]

    def test_of_another_id_namespace(self) -> None:
        plan = plan_of(options(state="absent"), state(namespace(NAME, "Other")))
        assert steps(plan) == [("skip", NAMESPACE_ASSOCIATION, NAME)]

    def test_under_another_name(self) -> None:
        assert plan_of(options(state="absent"), state(namespace("old"))).actions == []

    def test_is_always_allowed(self) -> None:
        plan = plan_namespace(
            record(members=None), options(state="absent"), state(namespace(NAME), members=[member(STRANGER)])
        )
        assert steps(plan) == [("delete", NAMESPACE_ASSOCIATION, NAME)]


@pytest.mark.parametrize("recreate", [True, False])
@pytest.mark.parametrize("associations", [[], [namespace("old")], [namespace(NAME, "Other")], [namespace(NAME)]])
def test_nothing_is_shared_with_members_that_nobody_pinned(associations: list[Data], recreate: bool) -> None:
    there = state(*associations, members=[*MEMBERS, member(STRANGER, "INVITED")])
    plan = plan_of(options(recreate=recreate, description="x", tags={"a": "b"}), there)
    assert plan.flows == []
    assert [(one.action, one.name) for one in plan.decisions] == [("refuse", record().label)]
    assert STRANGER in plan.decisions[0].reason
    assert PARTNER not in plan.decisions[0].reason
