# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pace of requests: under the quota, slower after a throttle, each operation for itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.hooks import HierarchicalEmitter

from ansible_collections.acx.cleanrooms.plugins.module_utils import _pacing as code
from ansible_collections.acx.cleanrooms.plugins.module_utils._pacing import OperationPace, RequestPacer

CEILING = 5 * code.SHARE_OF_QUOTA
DELAYED = {"reason": "IAM_SYNCHRONIZATION_DELAY"}


@dataclass
class Clock:
    """Takes the place of the module C(time): sleeping moves it on at once."""

    now: float = 1000.0
    slept: list[float] = field(default_factory=list)

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Give the module a clock of ours."""
    made = Clock()
    monkeypatch.setattr(code, "time", made)
    return made


def answer(status: int, **parsed: Any) -> tuple[SimpleNamespace, dict[str, Any]]:
    """Return an answer as botocore hands it on."""
    return SimpleNamespace(status_code=status), parsed


@pytest.mark.parametrize("rate", [0.5, 5, 50])
def test_a_run_stays_under_the_quota(clock: Clock, rate: float) -> None:
    pace, moments = OperationPace(rate), []
    for _number in range(101):
        pace.wait()
        moments.append(clock.now)
    assert clock.slept[0] == 0
    assert moments[-1] - moments[0] == pytest.approx(100 / (rate * code.SHARE_OF_QUOTA))
    # No window of a second holds more than the quota.
    later = moments[max(int(rate), 1) :]
    assert all(after - before >= 1 for before, after in zip(moments, later, strict=False))


def test_idle_time_is_not_saved_up(clock: Clock) -> None:
    pace = OperationPace(5)
    pace.wait()
    clock.now += 60
    for _number in range(3):
        pace.wait()
    assert clock.slept == [0, 0, pytest.approx(1 / 4.8), pytest.approx(1 / 4.8)]


@pytest.mark.parametrize(
    ("throttles", "apart", "share"),
    [
        (1, 0, code.SLOWER),
        # At most once a second.
        (8, 0.1, code.SLOWER),
        (2, 1.1, code.SLOWER**2),
        (12, 0.1, code.SLOWER**2),
        (50, 1.1, code.LEAST_SHARE),
    ],
)
def test_throttles_slow_down(clock: Clock, throttles: int, apart: float, share: float) -> None:
    pace = OperationPace(5)
    clock.now += 2
    for _number in range(throttles):
        pace.answered(throttled=True)
        clock.now += apart
    assert pace.rate == pytest.approx(CEILING * share)


def test_success_wins_back_a_tenth_a_second(clock: Clock) -> None:
    pace = OperationPace(5)
    clock.now += 2
    pace.answered(throttled=True)
    slow = pace.rate
    for _number in range(10):
        clock.now += 0.2
        pace.answered(throttled=False)
    assert pace.rate == pytest.approx(slow + 0.2)
    clock.now += 3600
    pace.answered(throttled=False)
    assert pace.rate == pace.ceiling == CEILING, "never above the quota"


def test_operations_have_separate_quotas(clock: Clock) -> None:
    pacer = RequestPacer(5)
    for operation in ("ListMembers", "GetMembership", "ListMemberships"):
        pacer.before_send(f"before-send.cleanrooms.{operation}")
    assert clock.slept == [0, 0, 0]
    pacer.before_send("before-send.cleanrooms.ListMembers")
    assert clock.slept[-1] > 0


@pytest.mark.parametrize("status", [200, 400, 403, 429, 500])
def test_only_the_throttled_operation_slows_down(clock: Clock, status: int) -> None:
    pacer = RequestPacer(5)
    paces = [pacer.pace(operation) for operation in ("A", "B")]
    clock.now += 2
    assert pacer.needs_retry("needs-retry.cleanrooms.A", answer(status), 1) is None
    assert pacer.needs_retry("needs-retry.cleanrooms.B", answer(200), 1) is None
    assert [one.rate for one in paces] == [CEILING * (code.SLOWER if status == 429 else 1), CEILING]


def test_role_that_is_not_known_yet_is_tried_again(clock: Clock) -> None:
    pacer, event = RequestPacer(5), "needs-retry.cleanrooms.CreateConfiguredTableAssociation"
    tries = range(1, code.ROLE_DELAY_ATTEMPTS + 2)
    waits = [pacer.needs_retry(event, answer(400, **DELAYED), attempt) for attempt in tries]
    assert waits == [code.ROLE_DELAY_SECONDS] * code.ROLE_DELAY_ATTEMPTS + [None]
    assert sum(wait or 0 for wait in waits) >= 20
    assert pacer.pace("CreateConfiguredTableAssociation").rate == CEILING
    assert clock.slept == []


@pytest.mark.parametrize(
    "given", [None, *(answer(400, reason=one) for one in ("INVALID_CONFIGURATION", "ALREADY_EXISTS", ""))]
)
def test_other_answers_and_none_are_not_tried_again(clock: Clock, given: Any) -> None:
    assert RequestPacer(5).needs_retry("needs-retry.cleanrooms.A", given, 1) is None
    assert clock.slept == []


def test_hangs_on_the_events_of_a_client(clock: Clock) -> None:
    events = HierarchicalEmitter()
    code.pace_client(SimpleNamespace(meta=SimpleNamespace(events=events)), 5)
    for name in ("cleanrooms.ListMembers", "cleanrooms.ListMembers", "iam.GetRole"):
        events.emit(f"before-send.{name}", request=None)
    assert clock.slept == [0, pytest.approx(1 / 4.8)]
    given = answer(400, **DELAYED)
    told = events.emit("needs-retry.cleanrooms.X", response=given, attempts=1, caught_exception=None)
    assert [wait for _handler, wait in told] == [code.ROLE_DELAY_SECONDS]
