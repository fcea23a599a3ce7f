# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No option without an effect: each changes what its module answers to the same call without it."""

from __future__ import annotations

import json

import pytest
from engine_world import ALLOWING, CALLS, LEAVE, NAMESPACE, OTHER, PARTNER, Data, World, member, ours, spec_of, without

ANOTHER = CALLS["readiness_info"]["id_namespace_arn"].replace(NAMESPACE, "Another")
ANALYSIS = f"arn:aws:cleanrooms-ml:us-east-1:{PARTNER}:membership/*/configured-model-algorithm-association/*"
# What is there, so that something can be said with every option.
SHARED: Data = {
    "tags": {"old": "1"},
    "associations": [
        ours("part_01", name="by_hand"),
        ours("part_02", role="another-role", tags={"old": "1"}),
        ours("dim_01"),
    ],
    "id_namespaces": [{"name": "Other name", "namespace": NAMESPACE, "tags": {"old": "1"}}],
}
TAGS: Data = {"tags": {"Team": "data"}}
JOINED: Data = {"collaboration_ids": ["<joined>"], **ALLOWING}
LEAVING: Data = {**LEAVE, **JOINED, "id_namespace_name": "Other name", "trusted_creators": []}
# What the action plugin takes away: its own tests are in test_recorded. Those of the lock are in test_recorded_input.
FOR_THE_ACTION: Data = {"record": "r"}
OF_RECORDS: Data = {"requests_per_second": 0, "collaborations": [], "membership_id": "<membership>", "only": []}
OF_RECORDS |= FOR_THE_ACTION
SELECTION: Data = {
    "include": ["part_02"],
    "exclude": ["part_02"],
    "configured_table_ids": ["<dim_01>"],
    "max_tables": 3,
    "name_prefix": "new_",
    "role": "another-role",
    "result_receivers": [PARTNER],
    "members_elsewhere": (["333344445555"], {"result_receivers": [PARTNER, "333344445555"]}),
    "additional_analyses": [ANALYSIS],
}
# A value of each option, in a pair with what the call needs besides.
VALUES: dict[str, Data] = {
    "invitation": {
        **FOR_THE_ACTION,
        "requests_per_second": 0,
        "trusted_creators": [OTHER],
        "collaboration_ids": JOINED["collaboration_ids"],
        "collaborations": ([], {"trusted_creators": []}),
        **{option: (ALLOWING[option], ALLOWING) for option in ALLOWING},
        "allowed_members": ([], ALLOWING),
        "metrics_enabled": (True, ALLOWING),
        "default_result_configuration": ({"bucket": "results"}, ALLOWING),
        "query_log_status": ("ENABLED", JOINED),
        "job_log_status": ("ENABLED", JOINED),
        "tags": (TAGS["tags"], JOINED),
        "purge_tags": (False, {**TAGS, **JOINED}),
        **{option: (LEAVING[option], LEAVING) for option in LEAVE},
        "force": (True, LEAVING),
    },
    "invitation_info": {**FOR_THE_ACTION, "requests_per_second": 0, "collaboration_ids": []},
    "membership_info": {**FOR_THE_ACTION, "requests_per_second": 0, "collaboration_ids": [], "details": []},
    "table_association": {
        **OF_RECORDS,
        "suspend": True,
        **SELECTION,
        **TAGS,
        "purge_tags": (False, TAGS),
        "state": "absent",
        "description": "New",
        "check_role": True,
        "recreate": True,
        "purge": True,
        "analysis_rule": False,
    },
    "namespace_association": {
        **OF_RECORDS,
        **TAGS,
        "purge_tags": (False, TAGS),
        "state": "absent",
        "description": "New",
        "name": "Third name",
        "id_namespace_arn": ANOTHER,
        "allow_use_as_dimension_column": True,
        "manage_resource_policies": False,
        "recreate": (True, {"name": "Other name", "id_namespace_arn": ANOTHER}),
    },
    "readiness_info": {
        **OF_RECORDS,
        **SELECTION,
        "check_role": True,
        "role": ("another-role", {"check_role": True}),
        "wait_timeout": -1,
        "id_namespace_name": "Third name",
        "id_namespace_arn": ANOTHER,
        "tolerated_states": ["differs", "missing", "unselected"],
    },
}


@pytest.mark.parametrize("module", VALUES)
def test_every_option_changes_the_answer(world: World, module: str) -> None:
    assert set(VALUES[module]) == set(spec_of(module)) - {"lock_file", "lock_wait"}
    joined, membership = world.allow_all("{part_01,part_02,part_03,dim_01}", **SHARED)
    (dim,) = (one["id"] for one in world.control.state()["configured_tables"] if one["name"] == "dim_01")

    def answer(call: Data) -> Data:
        text = json.dumps(call)
        for word, identity in (("<joined>", joined), ("<membership>", membership), ("<dim_01>", dim)):
            text = text.replace(word, identity)
        answer: Data = without(world.run(module, check=True, fails=None, **json.loads(text)), "invocation")
        return answer

    base = dict(CALLS[module])
    if "only" in VALUES[module]:
        base["collaborations"] = [{"collaboration_id": "<joined>", "members": [member(PARTNER), member(OTHER)]}]
    for option, row in VALUES[module].items():
        value, besides = row if isinstance(row, tuple) else (row, {})
        call = {**base, **besides}
        if option in ("membership_id", "record") and "collaborations" in call:
            del call["collaborations"]
        bare = {key: content for key, content in call.items() if key != option or key in base}
        assert answer({**call, option: value}) != answer(bare), option
