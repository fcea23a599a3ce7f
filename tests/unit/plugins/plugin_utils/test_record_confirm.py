# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Members are confirmed: the accounts and abilities that a person names, and nothing unseen."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.acx.cleanrooms.plugins.module_utils._errors import CleanRoomsError
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_confirm import (
    Policy,
    confirmed_members,
    named_accounts,
)
from ansible_collections.acx.cleanrooms.plugins.plugin_utils._record_text import Content
from ansible_collections.acx.cleanrooms.tests.unit.plugins.plugin_utils.record_samples import (
    AMC,
    BOTH,
    PANEL,
    PROVIDER,
    Data,
    collaboration_id,
    member,
    membership,
    record,
    review,
)

Abilities = dict[str, list[str]]
ID, OTHER = collaboration_id(1), collaboration_id(2)
LABEL = f"Name 1 ({ID})"
QUERY, RECEIVE, OUTPUT = "CAN_QUERY", "CAN_RECEIVE_RESULTS", "CAN_RECEIVE_MODEL_OUTPUT"
NOW = {"by": "me", "auto_approved_changes": {}, "tables": {ID: 25}}
QUERIES: Data = {"members": [member(AMC, [QUERY])], "reviewed": review()}
NEW: Data = {"members": None, "reviewed": None}


def there(number: int = 1, status: str = "ACTIVE", **abilities: list[str]) -> Data:
    """A membership with AMC and the panel, each where its abilities are given."""
    accounts = {"amc": AMC, "panel": PANEL}
    members = [member(accounts[key], value, status=status, pays_for=[]) for key, value in abilities.items()]
    return membership(number, members=[member(PROVIDER, [QUERY], status="ACTIVE", pays_for=[]), *members])


def confirm(recorded: Data, found: Data, named: list[str] | None = None, **more: Any) -> tuple[Data, list[str]]:
    """The record as it becomes, and the lines about it."""
    policy = Policy(None if named is None else named_accounts(named), **more)
    written = {key: value for key, value in {**record(), **recorded}.items() if value is not None}
    content, lines = confirmed_members(Content([written, record(2)]), [found], [ID], NOW, policy)
    assert content.records[1] == record(2)
    return content.records[0], lines


def members_of(one: Data) -> Abilities:
    return {each["account_id"]: each["abilities"] for each in one["members"]}


@pytest.mark.parametrize(
    ("recorded", "found", "named", "members", "receivers", "missing"),
    [
        # Nothing is new; what was lost goes.
        ({}, there(amc=BOTH), None, {AMC: BOTH}, [AMC], []),
        ({}, there(amc=[QUERY]), None, {AMC: [QUERY]}, [], []),
        ({}, there(), None, {}, [], []),
        ({"reviewed": review(AMC)}, there(amc=BOTH), [], {AMC: BOTH}, [AMC], []),
        # An ability that was granted: unseen, named, or another one named.
        (QUERIES, there(amc=BOTH), [], {AMC: [QUERY]}, [], [f"{AMC}:{RECEIVE}"]),
        (QUERIES, there(amc=BOTH), [AMC], {AMC: [QUERY]}, [], [f"{AMC}:{RECEIVE}"]),
        (QUERIES, there(amc=BOTH), [f"{AMC}:{QUERY}"], {AMC: [QUERY]}, [], [f"{AMC}:{RECEIVE}"]),
        (QUERIES, there(amc=BOTH), [f"{AMC}:{RECEIVE}"], {AMC: BOTH}, [AMC], []),
        (QUERIES, there(amc=[QUERY, OUTPUT]), [], {AMC: [QUERY]}, [], [f"{AMC}:{OUTPUT}"]),
        # An account that came in, with all, some or none of its abilities; who is recorded need not be named.
        ({}, there(amc=BOTH, panel=BOTH), [], {AMC: BOTH}, [AMC], [f"{PANEL}:{QUERY}+{RECEIVE}"]),
        ({}, there(amc=BOTH, panel=[]), [], {AMC: BOTH}, [AMC], [PANEL]),
        ({}, there(amc=BOTH, panel=BOTH), [PANEL], {AMC: BOTH, PANEL: []}, [AMC], [f"{PANEL}:{QUERY}+{RECEIVE}"]),
        ({}, there(amc=BOTH, panel=[]), [PANEL], {AMC: BOTH, PANEL: []}, [AMC], []),
        ({}, there(amc=BOTH, panel=BOTH), [f"{PANEL}:{RECEIVE}+{QUERY}"], {AMC: BOTH, PANEL: BOTH}, [AMC, PANEL], []),
        (
            {},
            there(status="INVITED", panel=BOTH),
            [f"{PANEL}:{QUERY}", f"{PANEL}:{RECEIVE}"],
            {PANEL: BOTH},
            [PANEL],
            [],
        ),
        ({}, there(status="LEFT", amc=BOTH, panel=BOTH), [], {}, [], []),
        # Recorded as able, by a merge of two edits for example, and never reviewed as a receiver.
        ({"reviewed": review()}, there(amc=BOTH), [], {AMC: BOTH}, [], [f"{AMC}:{RECEIVE}"]),
        ({"reviewed": review()}, there(amc=BOTH), [f"{AMC}:{RECEIVE}"], {AMC: BOTH}, [AMC], []),
        # Taken out of the members by a person, and still among the receivers of the review.
        ({"members": [], "reviewed": review(AMC)}, there(amc=BOTH), [AMC], {AMC: []}, [], [f"{AMC}:{QUERY}+{RECEIVE}"]),
        # The first time.
        (NEW, there(amc=BOTH), [f"{AMC}:{QUERY}+{RECEIVE}"], {AMC: BOTH}, [AMC], []),
        (NEW, there(amc=BOTH, panel=[QUERY]), [AMC], {AMC: []}, [], [f"{AMC}:{QUERY}+{RECEIVE}", f"{PANEL}:{QUERY}"]),
    ],
)
def test_only_accounts_and_abilities_that_were_named_are_confirmed(
    recorded: Data, found: Data, named: list[str] | None, members: Abilities, receivers: list[str], missing: list[str]
) -> None:
    after, lines = confirm(recorded, found, named)
    assert (members_of(after), after["reviewed"]["receivers"]) == (members, receivers)
    accounts = f"cleanrooms_confirm_members={ID} -e cleanrooms_confirm_accounts={','.join(missing)}"
    assert [line.endswith(accounts) for line in lines if "ansible-playbook" in line] == [True][: len(missing)]
    assert sum("not confirmed: " in line for line in lines) == len(missing)
    # Of what is missing, nothing was named: without names at all, that is refused.
    if missing and not named:
        with pytest.raises(CleanRoomsError, match="nothing was confirmed") as caught:
            confirm(recorded, found)
        assert str(caught.value.message).endswith(f"{accounts} (leave out what is not right)")
    # The same again is no news.
    assert confirm(after, found, [])[0] == after


@pytest.mark.parametrize(
    ("recorded", "policy", "members", "receivers"),
    [
        (NEW, {"allowed_members": [AMC], "allowed_receivers": [AMC]}, {AMC: BOTH}, [AMC]),
        # Whoever may be a member may not receive for that, and the policy counts the first time only.
        (NEW, {"allowed_members": [AMC]}, None, []),
        (NEW, {"allowed_receivers": [AMC]}, None, []),
        (QUERIES, {"allowed_members": [AMC], "allowed_receivers": [AMC]}, None, []),
    ],
)
def test_the_policy_confirms_the_first_time(
    recorded: Data, policy: Data, members: Abilities | None, receivers: list[str]
) -> None:
    if members is None:
        with pytest.raises(CleanRoomsError, match=RECEIVE):
            confirm(recorded, there(amc=BOTH), **policy)
    else:
        after, _lines = confirm(recorded, there(amc=BOTH), **policy)
        assert (members_of(after), after["reviewed"]["receivers"]) == (members, receivers)


def test_the_command_of_a_refusal_names_all_whom_the_policy_would_allow_too() -> None:
    with pytest.raises(CleanRoomsError) as caught:
        confirm(NEW, there(amc=BOTH, panel=[]), allowed_members=[AMC], allowed_receivers=[AMC])
    assert (
        str(caught.value.message)
        .partition("cleanrooms_confirm_accounts=")[2]
        .startswith(f"{AMC}:{QUERY}+{RECEIVE},{PANEL} (")
    )
    assert f"new in {LABEL}: {PANEL} (Name of 666): no abilities. Look" in str(caught.value.message)


@pytest.mark.parametrize(
    ("own", "limit", "receivers"), [(None, None, [AMC]), (None, [PANEL], []), ([AMC], [PANEL], [AMC]), ([], None, [])]
)
def test_receivers_are_reviewed_under_the_limit_that_holds(own: Any, limit: Any, receivers: list[str]) -> None:
    for named, recorded in (
        ([f"{AMC}:{RECEIVE}"], {**QUERIES, "result_receivers": own}),
        (None, {"result_receivers": own}),
    ):
        after, lines = confirm(recorded, there(amc=BOTH), named, limit=limit)
        assert after["reviewed"]["receivers"] == receivers
        told = [line for line in lines if "becomes" in line]
        what = "result receiver of 25 tables" if receivers else "no result receiver, because result_receivers or"
        assert [what in line for line in told] == ([True] if named else [])
        # Whom the limit leaves out is nobody new.
        assert confirm(after, there(amc=BOTH), limit=limit)[0] == after


def test_the_lines_say_who_is_confirmed_and_what_follows() -> None:
    _after, lines = confirm({}, there(amc=BOTH, panel=[QUERY, RECEIVE, OUTPUT]), [f"{PANEL}:{RECEIVE}"])
    assert lines == [
        f"{LABEL}: confirmed are",
        f"    {AMC}  active  can query, can receive results  -  Name of 210",
        f"    {PANEL}  active  can receive results             -  Name of 666",
        f"    not confirmed: {PANEL} (Name of 666): can query, can receive model output",
        "    to confirm that too, after a look: ansible-playbook acx.cleanrooms.record -e"
        f" cleanrooms_confirm_members={ID} -e cleanrooms_confirm_accounts={PANEL}:{QUERY}+{OUTPUT}",
        f"    {PANEL} (Name of 666) becomes result receiver of 25 tables",
        "    this account pays for: queryCompute, was nothing",
    ]
    unknown = {**NOW, "tables": {}}
    found = there(amc=BOTH)
    policy = Policy(named_accounts([f"{AMC}:{RECEIVE}"]))
    lines = confirmed_members(Content([record(**QUERIES)]), [found], [ID], unknown, policy)[1]
    assert f"    {AMC} (Name of 210) becomes result receiver of every table that is shared there" in lines


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ({}, ["this account may do: CAN_QUERY, was nothing", "may change there without asking us: X, was nothing"]),
        ({"own_abilities": [QUERY], "auto_approved_changes": ["X"]}, []),
        (
            {"own_abilities": [QUERY], "auto_approved_changes": ["X", "Y"]},
            ["may change there without asking us: X, was X, Y"],
        ),
    ],
)
def test_what_concerns_this_account_is_as_it_is_now_and_told_where_it_changed(before: Data, said: list[str]) -> None:
    found = {**there(amc=BOTH), "abilities": [QUERY], "pays_for": []}
    now = {**NOW, "auto_approved_changes": {ID: ["X"]}}
    content, lines = confirmed_members(Content([record(reviewed=review(AMC, **before))]), [found], [ID], now, Policy())
    assert [line.strip() for line in lines[2:]] == said
    reviewed = content.records[0]["reviewed"]
    assert (reviewed["own_abilities"], reviewed["auto_approved_changes"]) == ([QUERY], ["X"])
    # Who looked and when is written where something is new.
    assert (reviewed["by"] == "me") == bool(said)


@pytest.mark.parametrize(
    ("records", "memberships", "confirmed", "named", "said"),
    [
        ([], [there()], [ID], None, f"{ID!r} is not the collaboration_id of a record with an active"),
        ([record()], [], [ID], None, f"{ID!r} is not the collaboration_id of a record with an active"),
        ([record()], [{**membership(), "error": "no"}], [ID], [PANEL], f"{PANEL} is no other member of {LABEL}"),
        ([record()], [there(amc=BOTH)], [ID], [PROVIDER], f"{PROVIDER} is no other member of {LABEL}"),
        ([record()], [there(status="LEFT", panel=[])], [ID], [PANEL], f"{PANEL} is no other member of {LABEL}"),
        ([record()], [there(amc=[QUERY])], [ID], [f"{AMC}:{RECEIVE}"], f"{AMC} does not have {RECEIVE} in {LABEL}"),
        (
            [record(), record(2)],
            [there(amc=BOTH), there(2, amc=[QUERY])],
            [ID, OTHER],
            [f"{AMC}:{RECEIVE}"],
            f"{AMC} does not have {RECEIVE} in Name 2 ({OTHER}); nothing was confirmed",
        ),
    ],
)
def test_what_cannot_be_confirmed_is_an_error_before_anything_is_written(
    records: list[Data], memberships: list[Data], confirmed: list[str], named: list[str] | None, said: str
) -> None:
    policy = Policy(None if named is None else named_accounts(named))
    with pytest.raises(CleanRoomsError) as caught:
        confirmed_members(Content(records), memberships, confirmed, NOW, policy)
    assert said in str(caught.value.message)


def test_one_account_may_be_named_for_several_collaborations() -> None:
    records = [record(**QUERIES), record(2, **QUERIES)]
    found = [there(amc=BOTH), there(2, panel=[])]
    policy = Policy(named_accounts([f"{AMC}:{RECEIVE}", PANEL]))
    content, _lines = confirmed_members(Content(records), found, [ID, OTHER, ID], NOW, policy)
    assert [members_of(one) for one in content.records] == [{AMC: BOTH}, {PANEL: []}]
    with pytest.raises(CleanRoomsError) as caught:
        confirmed_members(Content(records), found, [ID, OTHER], NOW, Policy())
    assert str(caught.value.message).count("ansible-playbook") == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("6666", "account id of 12 digits"),
        (f"{PANEL}:", "'' in"),
        (f"{PANEL}:can_query", "'can_query' in"),
        (f"{PANEL}:CAN_QUERY,X", "'CAN_QUERY,X' in"),
        (f"{PANEL}:CAN_QUERY+", "'' in"),
    ],
)
def test_what_names_no_account_is_an_error(text: str, said: str) -> None:
    with pytest.raises(CleanRoomsError) as caught:
        named_accounts([text])
    assert said in str(caught.value.message)
