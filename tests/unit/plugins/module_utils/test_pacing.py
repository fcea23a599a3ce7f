# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from botocore.hooks import HierarchicalEmitter

from ansible_collections.acx.cleanrooms.plugins.module_utils import _pacing
from ansible_collections.acx.cleanrooms.plugins.module_utils._pacing import (
    LEAST_SHARE,
    ROLE_DELAY_ATTEMPTS,
    ROLE_DELAY_SECONDS,
    SHARE_OF_QUOTA,
    SLOWER,
    OperationPace,
    RequestPacer,
    pace_client,
)


@dataclass
class Clock:
    """Stands for the module C(time): sleeping moves it on at once."""

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
    monkeypatch.setattr(_pacing, "time", made)
    return made


@dataclass
class Http:
    """An answer's status, as botocore hands it on."""

    status_code: int


class TestWaiting:
    def test_first_request_goes_at_once(self, clock: Clock) -> None:
        OperationPace(5).wait()
        assert clock.slept == [0]

    @pytest.mark.parametrize("rate", [0.5, 5, 50])
    def test_a_run_stays_under_the_quota(self, clock: Clock, rate: float) -> None:
        pace = OperationPace(rate)
        start = clock.now
        for _number in range(101):
            pace.wait()
        assert clock.now - start == pytest.approx(100 / (rate * SHARE_OF_QUOTA))

    def test_no_window_of_a_second_holds_more_than_the_quota(self, clock: Clock) -> None:
        pace, moments = OperationPace(5), []
        for _number in range(50):
            pace.wait()
            moments.append(clock.now)
        assert all(later - earlier >= 1 for earlier, later in zip(moments, moments[5:], strict=False))

    def test_idle_time_is_not_saved_up(self, clock: Clock) -> None:
        pace = OperationPace(5)
        pace.wait()
        clock.now += 60
        for _number in range(3):
            pace.wait()
        assert clock.slept == [0, 0, pytest.approx(1 / 4.8), pytest.approx(1 / 4.8)]


class TestAnswers:
    def test_throttle_slows_down(self, clock: Clock) -> None:
        pace = OperationPace(5)
        clock.now += 2
        pace.answered(throttled=True)
        assert pace.rate == pytest.approx(5 * SHARE_OF_QUOTA * SLOWER)

    def test_at_most_once_a_second(self, clock: Clock) -> None:
        pace = OperationPace(5)
        clock.now += 2
        for _number in range(8):
            pace.answered(throttled=True)
            clock.now += 0.1
        assert pace.rate == pytest.approx(5 * SHARE_OF_QUOTA * SLOWER)
        clock.now += 0.3
        pace.answered(throttled=True)
        assert pace.rate == pytest.approx(5 * SHARE_OF_QUOTA * SLOWER**2)

    def test_never_below_a_quarter(self, clock: Clock) -> None:
        pace = OperationPace(5)
        for _number in range(50):
            clock.now += 1.1
            pace.answered(throttled=True)
        assert pace.rate == pytest.approx(5 * SHARE_OF_QUOTA * LEAST_SHARE)

    def test_success_wins_back_a_tenth_a_second(self, clock: Clock) -> None:
        pace = OperationPace(5)
        clock.now += 2
        pace.answered(throttled=True)
        slow = pace.rate
        for _number in range(10):
            clock.now += 0.2
            pace.answered(throttled=False)
        assert pace.rate == pytest.approx(slow + 0.2)

    def test_never_above_the_quota(self, clock: Clock) -> None:
        pace = OperationPace(5)
        clock.now += 3600
        pace.answered(throttled=False)
        assert pace.rate == pace.ceiling


class TestPacer:
    def test_operations_have_separate_quotas(self, clock: Clock) -> None:
        pacer = RequestPacer(5)
        for operation in ("ListMembers", "GetMembership", "ListMemberships"):
            pacer.before_send(f"before-send.cleanrooms.{operation}")
        assert clock.slept == [0, 0, 0]
        pacer.before_send("before-send.cleanrooms.ListMembers")
        assert clock.slept[-1] > 0

    def test_only_the_throttled_operation_slows_down(self, clock: Clock) -> None:
        pacer = RequestPacer(5)
        for operation in ("A", "B"):
            pacer.pace(operation)
        clock.now += 2
        assert pacer.needs_retry("needs-retry.cleanrooms.A", (Http(429), {}), 1) is None
        assert pacer.needs_retry("needs-retry.cleanrooms.B", (Http(200), {}), 1) is None
        assert pacer.pace("A").rate < pacer.pace("B").rate == pacer.pace("B").ceiling

    @pytest.mark.parametrize("status", [200, 400, 403, 500])
    def test_other_answers_slow_nothing_down(self, clock: Clock, status: int) -> None:
        pacer = RequestPacer(5)
        pacer.pace("A")
        clock.now += 2
        pacer.needs_retry("needs-retry.cleanrooms.A", (Http(status), {}), 1)
        assert pacer.pace("A").rate == pacer.pace("A").ceiling

    def test_no_answer_at_all(self, clock: Clock) -> None:
        assert RequestPacer(5).needs_retry("needs-retry.cleanrooms.A", None, 1) is None
        assert clock.slept == []

    def test_role_that_is_not_known_yet_is_tried_again(self, clock: Clock) -> None:
        pacer = RequestPacer(5)
        answer = (Http(400), {"reason": "IAM_SYNCHRONIZATION_DELAY"})
        event = "needs-retry.cleanrooms.CreateConfiguredTableAssociation"
        waits = [pacer.needs_retry(event, answer, attempt) for attempt in range(1, ROLE_DELAY_ATTEMPTS + 2)]
        assert waits == [ROLE_DELAY_SECONDS] * ROLE_DELAY_ATTEMPTS + [None]
        assert sum(wait or 0 for wait in waits) >= 20
        assert pacer.pace("CreateConfiguredTableAssociation").rate == 5 * SHARE_OF_QUOTA
        assert clock.slept == []

    @pytest.mark.parametrize("reason", ["INVALID_CONFIGURATION", "ALREADY_EXISTS", ""])
    def test_other_refusals_are_not(self, clock: Clock, reason: str) -> None:
        answer = (Http(400), {"reason": reason})
        assert RequestPacer(5).needs_retry("needs-retry.cleanrooms.A", answer, 1) is None
        assert clock.slept == []


@dataclass
class Meta:
    """Where a client keeps its events."""

    events: HierarchicalEmitter = field(default_factory=HierarchicalEmitter)


@dataclass
class Client:
    """A client of boto3 as far as pacing needs one."""

    meta: Meta = field(default_factory=Meta)


def test_hangs_on_the_events_of_a_client(clock: Clock) -> None:
    client = Client()
    pace_client(client, 5)
    for _number in range(2):
        client.meta.events.emit("before-send.cleanrooms.ListMembers", request=None)
    client.meta.events.emit("before-send.iam.GetRole", request=None)
    assert clock.slept == [0, pytest.approx(1 / 4.8)]
    answer = (Http(400), {"reason": "IAM_SYNCHRONIZATION_DELAY"})
    told = client.meta.events.emit("needs-retry.cleanrooms.X", response=answer, attempts=1, caught_exception=None)
    assert [wait for _handler, wait in told] == [ROLE_DELAY_SECONDS]
