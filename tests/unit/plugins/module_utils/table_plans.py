# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes plans for tables and tells what they hold, for the tests of those plans."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import ANALYSIS_RULE, TABLE_ASSOCIATION, Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_tables import plan_tables
from ansible_collections.acx.cleanrooms.plugins.module_utils._record import Record
from ansible_collections.acx.cleanrooms.plugins.module_utils._tables import TableOptions, TableState
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import Data, record, table
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import check_plan

ONE, TWO, THREE = TABLES = (table("part_01"), table("part_02"), table("part_03"))


def plan_of(
    options_: TableOptions, state_: TableState, tables: Sequence[Data] = TABLES, record_: Record | None = None
) -> Plan:
    """Return a plan whose requests AWS's model allows, and whose making left its input alone."""
    before = copy.deepcopy((options_, state_, tables))
    plan = plan_tables(record_ or record(), options_, state_, tables)
    assert (options_, state_, tables) == before, "making a plan changed its input"
    check_plan(plan)
    return plan


def steps(plan: Plan) -> list[list[tuple[str, str, str]]]:
    """Return what each flow of a plan does."""
    return [[(one.action, one.resource, one.name) for one in flow.actions] for flow in plan.flows]


def decisions(plan: Plan) -> list[tuple[str, str, str]]:
    """Return what a plan decides not to do."""
    return [(one.action, one.resource, one.name) for one in plan.decisions]


def made(name: str) -> list[tuple[str, str, str]]:
    """Return the steps that make an association and its rule."""
    return [("create", TABLE_ASSOCIATION, name), ("create", ANALYSIS_RULE, name)]
