# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client library that is too old is refused by its version, before anything is asked of AWS."""

from __future__ import annotations

from pathlib import Path

import botocore
import pytest
from engine_world import NAMESPACE, NAMESPACE_ARN, PARTNER, ROLE, TABLES, Data, RunModule, records, scenario

from ansible_collections.acx.cleanrooms.plugins.module_utils._api import OLDEST_BOTOCORE
from emulator import Emulator

CHECKOUT = Path(__file__).resolve().parents[3]
CALLS: list[tuple[str, Data]] = [
    ("invitation", {"trusted_creators": [PARTNER]}),
    ("invitation_info", {}),
    ("membership_info", {}),
    ("table_association", {**TABLES, "collaborations": []}),
    ("namespace_association", {"collaborations": [], "name": NAMESPACE, "id_namespace_arn": NAMESPACE_ARN}),
    ("readiness_info", {"collaborations": [], "include": ["part_*"], "role": ROLE}),
]


@pytest.mark.parametrize(("module", "options"), CALLS)
def test_every_module_names_the_version_that_it_needs(
    run: RunModule, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, module: str, options: Data
) -> None:
    monkeypatch.setattr(botocore, "__version__", "1.37.14")
    answer = run(module, fails=True, **options)
    assert "the required Python library (botocore>=1.37.15)" in answer["msg"]
    assert answer["botocore_version"] == "1.37.14"
    assert emulator.control.log() == []


def test_only_metrics_enabled_needs_a_newer_one(
    run: RunModule, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.control.reset(scenario())
    monkeypatch.setattr(botocore, "__version__", "1.42.19")
    ids = [one["collaboration_id"] for one in records(emulator)]
    answer = run("invitation", fails=True, collaboration_ids=ids, metrics_enabled=True)
    assert "(botocore>=1.42.20)" in answer["msg"]
    assert "This is required for the option metrics_enabled." in answer["msg"]
    assert emulator.control.log() == []
    assert run("invitation", collaboration_ids=ids)["changed"]


@pytest.mark.parametrize(
    "file",
    [
        "requirements.txt",
        "tests/unit/requirements.txt",
        "tests/integration/requirements.txt",
        "plugins/doc_fragments/common.py",
    ],
)
def test_the_same_version_stands_wherever_it_is_told(file: str) -> None:
    lines = (CHECKOUT / file).read_text(encoding="utf-8").replace(" ", "").splitlines()
    told = {line.lstrip("-") for line in lines if line.lstrip("-").startswith(("boto3>", "botocore>"))}
    assert told == {f"boto3>={OLDEST_BOTOCORE}", f"botocore>={OLDEST_BOTOCORE}"}
