"""Limits: how much one device may hand in, so that none starves the others or fills the disk.

What is beyond them is not stored and not acknowledged. A device keeps what the hub has not acknowledged and
sends it again later, so that nothing genuine is lost: it only comes more slowly.
"""

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..fleet.sightings import Seen

EVENT_BYTES = 250
"""An event of the usual size. Larger messages count as so many more, whatever they say they are."""
DAY_S = 86_400.0
NOTES_PER_S, NOTES_AT_ONCE = 2.0, 200.0
"""Births, states and health: a device sends one in ten seconds at most."""
HOLD_S = 0.5
"""A device sends again after 2 s; small messages of the same flight would slip through, out of order."""
REMEMBERED = 10_000
"""Devices; names on a topic may be anybody's invention."""


class Bucket:
    """Fills evenly up to its size; who takes more than there is has to wait."""

    __slots__ = ("_at", "_left", "_per_s", "_size")

    def __init__(self, per_s: float, size: float, now: float) -> None:
        self._per_s, self._size = per_s, size
        self._left, self._at = size, now

    def wait_for(self, cost: float, now: float) -> float:
        """Seconds until there is enough; 0.0 now. More than the whole bucket is there once it is full."""
        self._left = min(self._size, self._left + (now - self._at) * self._per_s)
        self._at = now
        return max(0.0, (min(cost, self._size) - self._left) / self._per_s)

    def take(self, cost: float) -> None:
        """Only where `wait_for` said 0.0."""
        self._left -= min(cost, self._size)

    @property
    def is_full(self) -> bool:
        return self._left >= self._size


@dataclass(slots=True)
class _Account:
    """What one device has."""

    at_once: Bucket
    a_day: Bucket
    notes: Bucket
    until: float = 0.0
    """Nothing is taken before: what a device sent right behind a message that was refused is refused too."""


class DeviceLimits:
    """One account for each device, over MQTT and HTTPS together; for several threads."""

    def __init__(
        self, per_s: float, at_once: float, a_day: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._sizes = (per_s, at_once), (a_day / DAY_S, a_day)
        self._monotonic = monotonic
        self._accounts: dict[str, _Account] = {}
        self._beyond: dict[str, int] = {}
        """Messages that were not taken, since somebody asked."""
        self._lock = threading.Lock()

    def wait_s(self, device: str, payload_bytes: int) -> float:
        """0.0: taken. Else it is not, and may be sent again after so many seconds."""
        cost = max(1.0, math.ceil(payload_bytes / EVENT_BYTES))
        with self._lock:
            account, now = self._account(device)
            buckets = account.at_once, account.a_day
            wait = max(account.until - now, *(bucket.wait_for(cost, now) for bucket in buckets))
            if wait > 0:
                self._beyond[device] = self._beyond.get(device, 0) + 1
                account.until = max(account.until, now + HOLD_S)
                return wait
            for bucket in buckets:
                bucket.take(cost)
            return 0.0

    def takes_note(self, device: str) -> bool:
        """Whether the device may say something of itself beside its events."""
        with self._lock:
            account, now = self._account(device)
            if account.notes.wait_for(1.0, now) > 0:
                self._beyond[device] = self._beyond.get(device, 0) + 1
                return False
            account.notes.take(1.0)
            return True

    def seen(self) -> Sequence[Seen]:
        """Who sent more than it may since the last look."""
        with self._lock:
            beyond, self._beyond = self._beyond, {}
        return [Seen(device, "flood", f"{n} messages", n) for device, n in sorted(beyond.items())]

    def _account(self, device: str) -> tuple[_Account, float]:
        now = self._monotonic()
        account = self._accounts.get(device)
        if account is None:
            if len(self._accounts) >= REMEMBERED:
                self._forget(now)
            short, long = (Bucket(*size, now) for size in self._sizes)
            account = _Account(short, long, Bucket(NOTES_PER_S, NOTES_AT_ONCE, now))
            self._accounts[device] = account
        return account, now

    def _forget(self, now: float) -> None:
        """A full account is as good as none; where nobody's is full, everybody begins anew."""
        for account in self._accounts.values():
            for bucket in (account.at_once, account.a_day, account.notes):
                bucket.wait_for(0.0, now)
        self._accounts = {
            device: each
            for device, each in self._accounts.items()
            if not (each.a_day.is_full and each.notes.is_full)
        }
        if len(self._accounts) >= REMEMBERED:
            self._accounts.clear()
