# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plans for tables, as a table of cases: the tables, options and what is associated -> what is done.

A table is one letter: 1 to 4 are selected, d to f are not, b is selected and has no analysis rule of its own. What is
associated is C(name=letter), with C(!) where its rule names a stranger, C(&) where it names the partner besides, C(-)
where it has none, C(L) for another type.
Each word of a plan is a flow: C(+x) makes association x, C(-x) deletes it, C(+rule), C(=rule) and C(-rule) follow for
its rule, and C(@) is the lane: C(@x) where the place of x is waited for, C(@) where tables are made again. At the end
come the decisions, C(skip:x), C(skip-rule:x), C(leave_out:x) and C(refuse:x).
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from ansible_collections.acx.cleanrooms.plugins.module_utils import _plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan import Action, Flow, Plan
from ansible_collections.acx.cleanrooms.plugins.module_utils._plan_tables import MENDING, plan_tables
from ansible_collections.acx.cleanrooms.plugins.module_utils._tables import TableOptions, TableState, select_tables
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils import samples as s
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.samples import PARTNER, ROLE, STRANGER, Data
from ansible_collections.acx.cleanrooms.tests.unit.plugins.module_utils.service_model import check_plan

KNOWN = {key: s.table(f"t{key}") for key in "1234"} | {key: s.table(key) for key in "def"} | {"b": s.table("tb", None)}
OTHER_ROLE = ROLE.replace("role/", "role/other-")
KINDS = {_plan.TABLE_ASSOCIATION: "", _plan.ANALYSIS_RULE: "-rule"}
SIGNS = {"create": "+", "update": "=", "delete": "-"}
CASES = """
all are missing                   |123 |                  |                |+x_t1+rule +x_t2+rule +x_t3+rule
some are there                    |123 |                  |x_t2=2          |+x_t1+rule +x_t3+rule
nothing is selected               |123 |include=          |x_t1=1          |
associations of others            |1d  |                  |d=d             |+x_t1+rule
all are right                     |123 |                  |x_t1=1 x_t2=2 x_t3=3|
all are right, recreate           |123 |recreate          |x_t1=1 x_t2=2 x_t3=3|
all are right, both               |123 |recreate purge    |x_t1=1 x_t2=2 x_t3=3|
all are right, compare            |123 |check_role      |x_t1=1 x_t2=2 x_t3=3|
without rules                     |1   |analysis_rule=no  |                |+x_t1
rule of another type              |1   |                  |x_t1=1L         |x_t1-rule+rule
limit 1, by name                  |321 |max_tables=1      |                |+x_t1+rule leave_out:x_t2 leave_out:x_t3
limit 2, by name                  |321 |max_tables=2      |                |+x_t1+rule +x_t2+rule leave_out:x_t3
limit 3                           |321 |max_tables=3      |                |+x_t1+rule +x_t2+rule +x_t3+rule
limit 4                           |321 |max_tables=4      |                |+x_t1+rule +x_t2+rule +x_t3+rule
one there keeps its place         |123 |max_tables=1      |x_t3=3          |leave_out:x_t1 leave_out:x_t2
others count                      |123 |max_tables=3      |d=d e=e         |+x_t1+rule leave_out:x_t2 leave_out:x_t3
more there than allowed           |123 |max_tables=1      |x_t1=1 x_t2=2 x_t3=3|
purge off                         |d   |                  |x_d=d           |
purge under our prefix alone      |1de |purge             |x_d=d by=e      |-x_d@x_d +x_t1+rule
purge of what is not selected     |d   |purge             |x_d=d           |-x_d@x_d
purge stops at one not listed     |1e  |purge             |x_d=d x_e=e     |+x_t1+rule refuse:x_d
purge what is excluded by now     |123 |purge exclude=t2  |x_t1=1 x_t2=2 x_t3=3|-x_t2@x_t2
purge leaves misnamed ones        |1   |purge             |x_old=1         |skip:x_old
a place, after it is free         |12d |purge max_tables=1|x_d=d           |-x_d@x_d +x_t1+rule@x_d leave_out:x_t2
a free place does not wait        |12d |purge max_tables=2|x_d=d           |-x_d@x_d +x_t1+rule +x_t2+rule@x_d
each place is used once           |123de|purge max_tables=2|x_d=d x_e=e     |-x_d@x_d -x_e@x_e +x_t1+rule@x_d \
+x_t2+rule@x_e leave_out:x_t3
no place while there are too many |12def|purge max_tables=1|x_d=d x_e=e x_f=f|-x_d@x_d -x_e@x_e -x_f@x_f \
+x_t1+rule@x_f leave_out:x_t2
a name, after it is purged        |1d  |purge max_tables=1|x_t1=d          |-x_t1@ +x_t1+rule@
a name waits for its own lane     |12de|purge max_tables=2|x_d=d x_t1=e    |-x_d@x_d -x_t1@ +x_t1+rule@ +x_t2+rule@x_d
absent: under our prefix          |123 |state=absent      |x_t1=1 x_old=2 by=3|-x_t1 -x_old skip:by
absent: nothing there             |123 |state=absent      |                |
absent: not selected              |12  |state=absent include=t2|x_t1=1     |
absent: the first is missing      |123 |state=absent      |x_t2=2 x_t3=3   |-x_t2 -x_t3
absent: without prefix            |1   |state=absent name_prefix=|any=1    |-any
misnamed                          |1   |                  |old=1           |skip:old
misnamed: rule right all the same |1   |                  |old=1!          |old-rule+rule skip:old
misnamed: made again              |1   |recreate          |old=1           |-old+x_t1+rule@
misnamed: rule comes along        |1   |recreate analysis_rule=no|old=1    |-old+x_t1+rule@
misnamed: rule names a stranger   |1   |recreate analysis_rule=no|old=1!   |refuse:old
misnamed: a stranger goes first   |1   |recreate          |old=1!          |-rule-old+x_t1+rule@
a stranger beside the partner     |1   |                  |x_t1=1&         |x_t1=rule
a stranger, and nobody to receive |1   |result_receivers= |x_t1=1&         |x_t1-rule skip-rule:x_t1
a stranger in an excluded table   |1de |exclude=e         |x_e=e! x_d=d!   |+x_t1+rule x_e-rule
a stranger where it is purged     |d   |purge exclude=d   |x_d=d!          |-rule-x_d@x_d
a stranger, and rules are not ours|1   |analysis_rule=no  |x_t1=1!         |
misnamed: no rule comes along     |1   |recreate analysis_rule=no|old=1-   |-old+x_t1@
misnamed: no rule for nobody      |1   |recreate result_receivers=|old=1   |-old+x_t1@ skip-rule:x_t1
misnamed: counted once            |12  |recreate max_tables=1|old=1        |-old+x_t1+rule@ leave_out:x_t2
misnamed: one at a time           |123 |recreate          |a=1 b=2 c=3     |-a+x_t1+rule@ -b+x_t2+rule@ -c+x_t3+rule@
held                              |1d  |                  |x_t1=d          |refuse:x_t1
held by a table that is gone      |1   |                  |x_t1=d          |refuse:x_t1
held: nothing goes by itself      |123d|                  |x_t1=2 x_t3=d   |skip:x_t1 refuse:x_t1 refuse:x_t3
held: made free                   |1d  |recreate          |x_t1=d          |-x_t1@ +x_t1+rule@
held: made free in a full one     |1d  |recreate max_tables=1|x_t1=d       |-x_t1@ +x_t1+rule@
held: made free for a misnamed one|1d  |recreate          |old=1 x_t1=d    |-x_t1@ -old+x_t1+rule@
held: place left over             |12d |recreate max_tables=2|old=1 x_t1=d |-x_t1@ -old+x_t1+rule@ +x_t2+rule@
held: place left over, purge      |12d |recreate purge max_tables=2|old=1 x_t1=d|-x_t1@ -old+x_t1+rule@ +x_t2+rule@
name and place of two others      |12d |recreate purge max_tables=2|x_t1=2 x_d=d|-x_d@ -x_t1+x_t2+rule@ +x_t1+rule@
the same, a third only repaired   |123d|recreate purge max_tables=3|x_t1=2 x_d=d x_t3=3!|\
-x_d@ x_t3-rule+rule -x_t1+x_t2+rule@ +x_t1+rule@
held by one that moves away       |12  |recreate          |x_t2=1 x_t3=2   |-x_t2+x_t1+rule@ -x_t3+x_t2+rule@
held by one that moves away later |123 |recreate          |x_t3=1 x_t1=2 old=3|\
-x_t1+x_t2+rule@ -x_t3+x_t1+rule@ -old+x_t3+rule@
held, wanted by a missing one     |12  |recreate          |x_t1=2          |-x_t1+x_t2+rule@ +x_t1+rule@
held in a circle                  |123 |recreate          |x_t2=1 x_t1=2   |+x_t3+rule refuse:x_t2 refuse:x_t1
held in a circle, one outside it  |123 |recreate          |x_t2=1 x_t1=2 old=3|-old+x_t3+rule@ refuse:x_t2 refuse:x_t1
held in a circle, one comes free  |1234|recreate          |x_t2=1 x_t1=2 x_t4=3|\
-x_t4+x_t3+rule@ +x_t4+rule@ refuse:x_t2 refuse:x_t1
"""
CELLS = [[cell.strip() for cell in row.split("|")] for row in CASES.strip().split("\n")]
ROWS = {name: cells for name, *cells in CELLS}


def wanted_of(words: str) -> TableOptions:
    """Return the options that the words of a case say."""
    given: Data = {"include": ("t*",), "name_prefix": "x_"}
    for key, sign, value in (word.partition("=") for word in words.split()):
        read = yaml.safe_load(value) if sign else True
        listed = key in ("include", "exclude", "result_receivers")
        given[key] = tuple(filter(None, [read])) if listed else "" if read is None else read
    return s.options(**given)


def state_of(words: str) -> TableState:
    """Return what is there, from the words of a case."""
    found, rules = [], {}
    for name, _sign, (letter, *how) in (word.partition("=") for word in words.split()):
        rule_type = {"-": None, "L": "LIST"}.get("".join(how), "CUSTOM")
        one = s.association(KNOWN[letter], name, rule_type)
        found.append(one)
        if rule_type:
            who = {"!": (STRANGER,), "&": (PARTNER, STRANGER)}.get("".join(how), (PARTNER,))
            rules[one["id"]] = s.rule(*who, rule_type=rule_type)
    return s.state(*found, rules=rules, details={one["id"]: {"roleArn": ROLE} for one in found})


def plan_of(letters: str, options: str, associations: str) -> tuple[Plan, TableOptions, TableState]:
    """Return a plan whose requests AWS's model allows, and whose making left its input alone."""
    given = wanted_of(options), state_of(associations), [KNOWN[letter] for letter in letters]
    before = copy.deepcopy(given)
    plan = plan_tables(s.record(), *given)
    assert given == before, "making a plan changed its input"
    check_plan(plan)
    return plan, given[0], given[1]


def word_of(flow: Flow) -> str:
    def step(one: Action) -> str:
        return SIGNS[one.action] + (one.name if one.resource == _plan.TABLE_ASSOCIATION else "rule")

    only_rules = all(one.resource != _plan.TABLE_ASSOCIATION for one in flow.actions)
    lane = {"": "", MENDING: "@"}.get(flow.lane, flow.lane.replace("purge ", "@"))
    return (flow.actions[0].name if only_rules else "") + "".join(map(step, flow.actions)) + lane


@pytest.mark.parametrize(("letters", "options", "associations", "expected"), ROWS.values(), ids=ROWS)
def test_what_is_done(letters: str, options: str, associations: str, expected: str) -> None:
    plan, wanted, found = plan_of(letters, options, associations)
    told = [word_of(flow) for flow in plan.flows]
    told += [f"{one.action}{KINDS[one.resource]}:{one.name}" for one in plan.decisions]
    assert " ".join(told) == expected
    for flow in plan.flows:
        kinds = [one.action for one in flow.actions if one.resource == _plan.TABLE_ASSOCIATION]
        repaired = "new_receiver" if any(one.new_receivers for one in flow.actions) else "repaired"
        if repaired == "repaired" and any(one.removed_receivers for one in flow.actions):
            repaired = "receiver_removed"
        assert flow.counts_as == {("create",): "associated", ("delete",): "removed"}.get(tuple(kinds), repaired)
        assert {one.name for one in flow.actions[len(kinds) :]} <= {(flow.item or {}).get("name", flow.actions[0].name)}
        assert flow.item is not None or flow.counts_as in ("removed", "receiver_removed")
    # Each selected table that needs nothing is an item, and only it.
    tables = [KNOWN[letter] for letter in letters] if wanted.state == "present" else []
    selected = {one["id"] for one in select_tables(wanted, s.record(), tables)}
    written = {one.name for flow in plan.flows for one in flow.actions}
    kept = {one["name"] for one in found.associations if one["configuredTableId"] in selected}
    assert sorted(item["name"] for item in plan.items) == sorted(kept - written)


NOBODY = "result_receivers is empty, so that there is no rule and nobody can query"
CIRCLE = "but these names are held in a circle; remove one of them first"
HELD = f"the name is held by the association of another table, {{}} ({KNOWN['d']['id']}); recreate: true mends that"
MISNAMED = "is associated under this name, not as x_t1; a name cannot be changed, recreate: true makes the association"
UNREVIEWED = f"its rule names {STRANGER}, whom nobody reviewed as a receiver"
QUOTA = "raise it once AWS has raised the quota of this account"


# The reasons of all actions and decisions.
@pytest.mark.parametrize(
    ("letters", "options", "associations", "expected"),
    [
        ("1", "", "", ["not associated yet", "has no rule yet"]),
        ("d", "purge", "x_d=d", ["its table is not selected any more"]),
        ("1", "state=absent", "x_t1=1", ["state is absent"]),
        ("1", "state=absent", "by=1", ["does not start with x_, so that it is not ours"]),
        ("12", "max_tables=1", "x_t2=2", [f"max_tables is 1 and 1 were associated before; {QUOTA}"]),
        ("1", "", "old=1", [f"{MISNAMED} again"]),
        ("1", "recreate", "old=1",
         ["should be x_t1, and a name cannot be changed", "is associated as old", "has no rule yet"]),
        ("1d", "", "x_t1=d", [HELD.format("d")]),
        ("1", "", "x_t1=d", [HELD.format("")]),
        ("1d", "recreate analysis_rule=no", "x_t1=d",
         ["holds the name of another table, and its own is not selected", "not associated yet"]),
        ("1", "recreate analysis_rule=no", "old=1!",
         [f"should be x_t1, but its rule names {STRANGER}, whom nobody reviewed as a receiver"]),
        ("12", "recreate", "x_t2=1 x_t1=2", [f"should be {name}, {CIRCLE}" for name in ("x_t1", "x_t2")]),
        ("b", "", "", ["not associated yet",
                       "the configured table has no analysis rule of its own, so that it cannot be queried"]),
        ("1", "result_receivers=", "", ["not associated yet", NOBODY]),
        ("1", "result_receivers=", "x_t1=1",
         [f"nobody may receive results any more, and the rule names ['{PARTNER}']", NOBODY]),
        ("1", "", "x_t1=1!", [UNREVIEWED, f"has no rule any more; new receiver {PARTNER}"]),
        ("1", "", "x_t1=1-", [f"has no rule yet; new receiver {PARTNER}"]),
        ("e", "exclude=e", "x_e=e!", [UNREVIEWED]),
        ("1", "", "x_t1=1L", ["the configured table's analysis rule is CUSTOM now, not LIST"] * 2),
        ("1", f"check_role role={OTHER_ROLE}", "x_t1=1", [f"role_arn is {ROLE}, not {OTHER_ROLE}"]),
    ],
)  # fmt: skip
def test_reasons(letters: str, options: str, associations: str, expected: list[Any]) -> None:
    assert s.reasons(plan_of(letters, options, associations)[0]) == expected
