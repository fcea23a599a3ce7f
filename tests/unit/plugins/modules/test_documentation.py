# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the documentation of the modules promises together; ansible-test sanity checks each by itself."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.acx.cleanrooms.plugins.module_utils._result import SUMMARY_KEYS

COLLECTION = Path(__file__).parents[4]
MODULES = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py"))
WRITING = [name for name in MODULES if not name.endswith("_info")]
# What an association has only where it was written or compared, and only where it was looked at.
OF_WRITING, OF_READING = {"tags"}, {"ready", "not_ready_reasons"}


def documentation(module: str, part: str) -> Any:
    loaded = importlib.import_module(f"ansible_collections.acx.cleanrooms.plugins.modules.{module}")
    return yaml.safe_load(getattr(loaded, part))


def keys_of(module: str, *path: str) -> set[str]:
    """Return the documented keys of a value that a module returns."""
    found = documentation(module, "RETURN")
    for key in path:
        found = found[key]["contains"]
    return set(found)


def test_action_group_holds_every_module() -> None:
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    assert runtime["action_groups"]["cleanrooms"] == MODULES
    assert len(MODULES) >= 5


@pytest.mark.parametrize("module", MODULES)
def test_every_module_shares_the_common_documentation(module: str) -> None:
    fragments = documentation(module, "DOCUMENTATION")["extends_documentation_fragment"]
    assert "acx.cleanrooms.common" in fragments
    assert f"acx.cleanrooms.common.{'writes' if module in WRITING else 'reads'}" in fragments


@pytest.mark.parametrize("module", MODULES)
def test_examples_use_the_full_name_alone(module: str) -> None:
    examples = documentation(module, "EXAMPLES")
    assert examples
    for task in examples:
        assert set(task) - {"name", "register", "check_mode", "loop", "when"} == {f"acx.cleanrooms.{module}"}


@pytest.mark.parametrize("module", WRITING)
def test_results_of_writing_modules_have_one_shape(module: str) -> None:
    shared = {"name", "collaboration_id", "membership_id", "status", "changed", "actions", "summary", "error"}
    assert shared <= keys_of(module, "collaborations")


@pytest.mark.parametrize("module", WRITING)
def test_samples_of_summaries_have_the_keys_of_summaries(module: str) -> None:
    sample = documentation(module, "RETURN")["collaborations"]["contains"]["summary"]["sample"]
    assert set(sample) <= set(SUMMARY_KEYS)


def test_a_module_and_its_info_return_the_same_keys() -> None:
    written = keys_of("cleanrooms_table_association", "collaborations", "associations")
    read = keys_of("cleanrooms_membership_info", "memberships", "associations")
    assert written - OF_WRITING == read - OF_READING

    shared = keys_of("cleanrooms_invitation", "collaborations") & keys_of("cleanrooms_invitation_info", "invitations")
    assert shared == {
        "name",
        "collaboration_id",
        "creator_account_id",
        "creator_display_name",
        "members",
        "error",
    }
