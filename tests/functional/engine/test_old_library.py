# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A client library that is too old is refused by its version, before anything is asked of AWS."""

from __future__ import annotations

from pathlib import Path

import botocore
import pytest
from engine_world import CALLS, World

from ansible_collections.acx.cleanrooms.plugins.module_utils._api import OLDEST_BOTOCORE


@pytest.mark.parametrize("module", CALLS)
def test_every_module_names_the_version_that_it_needs(
    world: World, monkeypatch: pytest.MonkeyPatch, module: str
) -> None:
    monkeypatch.setattr(botocore, "__version__", "1.43.70")
    records = (
        {"collaborations": []} if module in ("table_association", "namespace_association", "readiness_info") else {}
    )
    answer = world.run(module, fails=True, **CALLS[module], **records)
    assert "the required Python library (botocore>=1.43.71)" in answer["msg"]
    assert answer["botocore_version"] == "1.43.70"
    assert world.control.log() == []


@pytest.mark.parametrize("folder", [".", "tests/unit", "tests/integration", "plugins/doc_fragments"])
def test_the_same_version_stands_wherever_it_is_told(folder: str) -> None:
    file = "common.py" if "plugins" in folder else "requirements.txt"
    text = (Path(__file__).resolve().parents[3] / folder / file).read_text(encoding="utf-8")
    lines = [line.lstrip("-") for line in text.replace(" ", "").splitlines()]
    told = {line for line in lines if line.startswith(("boto3>", "botocore>"))}
    assert told == {f"boto3>={OLDEST_BOTOCORE}", f"botocore>={OLDEST_BOTOCORE}"}
