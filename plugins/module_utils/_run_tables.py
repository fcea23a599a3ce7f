# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One collaboration's way through C(cleanrooms_table_association): read, then planned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import _api as api
from ._errors import CleanRoomsError, explain, is_of_credentials
from ._plan import TABLE_ASSOCIATION, Plan
from ._plan_suspended import plan_suspension
from ._plan_tables import plan_protection, plan_tables
from ._read import Account, read_rules_alone, read_table_state, resolve
from ._record import SUSPENDED, Record
from ._tables import UNNAMED, TableOptions, also_telling, check_record_selection

Data = dict[str, Any]


class TableRun:
    """What the collaborations of one run share: the account, the options, and the configured tables."""

    def __init__(
        self, client: Any, account: Account, options: TableOptions, tables: list[Data], unreadable: Iterable[str]
    ) -> None:
        self.client = client
        self.account = account
        self.options = options
        self.tables = tables
        self.unreadable = list(unreadable)

    def plan(self, record: Record, check_mode: bool) -> Plan:
        """Return the plan for one collaboration. Raises C(CleanRoomsError) where nothing is known of it."""
        present = self.options.state == "present"
        suspended = present and record.status == SUSPENDED
        switch = "auto_associate_tables" if present and not suspended else None
        record, nothing_to_do = resolve(self.client, self.account, record, switch, check_mode)
        if nothing_to_do:
            return nothing_to_do
        if suspended:
            associations = api.list_table_associations(self.client, record.membership_id)
            return plan_suspension(record, associations, self.tables)
        try:
            with also_telling(self.unreadable, self.tables):
                check_record_selection(self.options, record, self.tables)
            state = read_table_state(self.client, self.account, record, self.options, self.tables)
        except CleanRoomsError as error:
            if not present or not record.membership_id or is_of_credentials(error):
                raise
            return self._protect(record, error)
        plan = plan_tables(record, self.options, state, self.tables)
        for problem in self.unreadable:
            plan.decide("refuse", TABLE_ASSOCIATION, UNNAMED, problem)
        return plan

    def _protect(self, record: Record, error: CleanRoomsError) -> Plan:
        """Return a plan with the error, which only takes receivers out of the rules whom nobody reviewed.

        The record alone decides who they are. Where the rules cannot be read either, the error is raised.
        """
        plan = Plan(record, error=explain(error, collaboration=record.label))
        try:
            state = read_rules_alone(self.client, self.account, record, self.options, self.tables)
        except CleanRoomsError:
            raise error from None
        plan_protection(plan, self.options, state, self.tables)
        return plan
