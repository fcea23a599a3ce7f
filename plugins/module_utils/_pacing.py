# Copyright: Contributors to the acx.cleanrooms project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the requests of one client within the request quota of the account and Region.

AWS Clean Rooms allows 5 requests a second for each operation by default, every operation for itself (Service Quotas,
"AWS Clean Rooms", "Rate of ... requests"). The pacer hangs on the client's own events, so that retries are paced too.
"""

from __future__ import annotations

import threading
import time
from typing import Any

# Staying a little under the quota costs less than the retry of one throttled request.
SHARE_OF_QUOTA = 0.96
SLOWER = 0.85
LEAST_SHARE = 0.25
RECOVERY = 0.1
# A role that Terraform made seconds ago becomes known to Clean Rooms by itself; the SDK does not retry a 400.
ROLE_DELAY_SECONDS = 3.0
ROLE_DELAY_ATTEMPTS = 20


class OperationPace:
    """The pace of one operation: hands out its next free moment, slows down on a throttle, recovers by and by."""

    def __init__(self, requests_per_second: float) -> None:
        self.ceiling = self.rate = requests_per_second * SHARE_OF_QUOTA
        self.lock = threading.Lock()
        self.next_slot = self.slowed_at = self.eased_at = time.monotonic()

    def wait(self) -> None:
        """Sleep until this request may be sent."""
        with self.lock:
            now = time.monotonic()
            slot = max(now, self.next_slot)
            self.next_slot = slot + 1 / self.rate
        time.sleep(slot - now)

    def answered(self, throttled: bool) -> None:
        """Slow down after a throttle, at most once a second; otherwise win back a tenth of a request a second."""
        with self.lock:
            now = time.monotonic()
            if throttled and now - self.slowed_at >= 1:
                self.rate = max(self.rate * SLOWER, self.ceiling * LEAST_SHARE)
                self.slowed_at = now
            elif not throttled:
                self.rate = min(self.ceiling, self.rate + RECOVERY * (now - self.eased_at))
            self.eased_at = now


class RequestPacer:
    """Paces every operation of one boto3 client; see C(pace_client)."""

    def __init__(self, requests_per_second: float) -> None:
        self.requests_per_second = requests_per_second
        self.paces: dict[str, OperationPace] = {}
        self.lock = threading.Lock()

    def pace(self, operation: str) -> OperationPace:
        """Return the pace of an operation, made when it is first used."""
        with self.lock:
            return self.paces.setdefault(operation, OperationPace(self.requests_per_second))

    def before_send(self, event_name: str, **_kwargs: Any) -> None:
        """Event C(before-send): wait for the operation's turn."""
        self.pace(event_name.rpartition(".")[2]).wait()

    def needs_retry(self, event_name: str, response: Any, attempts: int, **_kwargs: Any) -> float | None:
        """Event C(needs-retry): learn from the answer, and ask for another try while a new role is not yet known."""
        if response is None:
            return None
        http, parsed = response
        self.pace(event_name.rpartition(".")[2]).answered(throttled=http.status_code == 429)
        if parsed.get("reason") == "IAM_SYNCHRONIZATION_DELAY" and attempts <= ROLE_DELAY_ATTEMPTS:
            return ROLE_DELAY_SECONDS
        return None


def pace_client(client: Any, requests_per_second: float) -> None:
    """Make a boto3 C(cleanrooms) client keep to C(requests_per_second) for each of its operations."""
    pacer = RequestPacer(requests_per_second)
    client.meta.events.register("before-send.cleanrooms", pacer.before_send)
    client.meta.events.register("needs-retry.cleanrooms", pacer.needs_retry)
