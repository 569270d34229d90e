"""Login throttling: wrong attempts cost growing waits, per name and per address, in memory."""

import ipaddress
import random
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from .errors import TooManyAttempts

FORGET_AFTER_S = 900
"""A name or address is clean again after this long without a wrong attempt."""
MAX_REMEMBERED = 10_000


@dataclass
class _Failures:
    count: int
    last: float
    blocked_until: float


@dataclass(frozen=True)
class Allowance:
    """How many wrong attempts are free, and how long the wait may grow after them."""

    free: int
    longest_wait_s: float


PER_NAME = Allowance(free=5, longest_wait_s=60)
"""Short enough that a stranger who knows a name cannot lock its owner out for long."""
PER_ADDRESS = Allowance(free=20, longest_wait_s=FORGET_AFTER_S)
"""A whole store may sit behind one address."""


class Throttle:
    """Thread-safe. Waits double with every wrong attempt beyond the free ones, with up to 25 % jitter."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failures: OrderedDict[str, _Failures] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, name: str, address: str) -> None:
        """TooManyAttempts while the name or the address has to wait."""
        now = self._monotonic()
        with self._lock:
            wait = max(self._wait(key, now) for key, _ in _keys(name, address))
        if wait > 0:
            raise TooManyAttempts(max(1, round(wait)))

    def failed(self, name: str, address: str) -> None:
        """A wrong attempt."""
        now = self._monotonic()
        with self._lock:
            for key, allowance in _keys(name, address):
                self._count(key, allowance, now)

    def succeeded(self, name: str) -> None:
        """The right password clears its name; the address keeps its record, or one known account would
        let an attacker try the others without end."""
        with self._lock:
            self._failures.pop(_name_key(name), None)

    def _wait(self, key: str, now: float) -> float:
        failures = self._failures.get(key)
        return failures.blocked_until - now if failures else 0

    def _count(self, key: str, allowance: Allowance, now: float) -> None:
        earlier = self._failures.pop(key, None)
        count = 1 if earlier is None or now - earlier.last > FORGET_AFTER_S else earlier.count + 1
        over = count - allowance.free
        wait = min(allowance.longest_wait_s, 2.0 ** min(over, 20)) if over >= 0 else 0
        self._failures[key] = _Failures(count, now, now + wait * random.uniform(1, 1.25))
        if len(self._failures) > MAX_REMEMBERED:
            self._failures.popitem(last=False)


def _keys(name: str, address: str) -> list[tuple[str, Allowance]]:
    return [(_name_key(name), PER_NAME), (f"address {network_of(address)}", PER_ADDRESS)]


def _name_key(name: str) -> str:
    return f"name {name[:80].lower()}"


def network_of(address: str) -> str:
    """One IPv4 address, or the /64 of an IPv6 one, since a single host has all of that to choose from."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:80]
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network((parsed, 64), strict=False))
