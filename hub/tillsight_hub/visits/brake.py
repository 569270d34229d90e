"""A brake: how many calls of one network the phone's pages answer in a minute."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from ..access.throttle import network_of

PER_MINUTE = 120
"""Calls of one address; a whole store may be behind one."""
WRONG_COSTS = 10
"""Calls that a code which opens nothing counts for."""
MAX_REMEMBERED = 10_000


class Brake:
    """A bucket that empties evenly; thread-safe, in memory, and without a trace."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic, per_minute: int = PER_MINUTE) -> None:
        self._monotonic = monotonic
        self._most = per_minute
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By network: how full its bucket was, and when."""
        self._lock = threading.Lock()

    def allows(self, address: str, calls: int = 1) -> bool:
        """Count so many calls of an address; False where that is too many."""
        network, now = network_of(address), self._monotonic()
        with self._lock:
            level, since = self._levels.pop(network, (0.0, now))
            level = max(0.0, level - (now - since) * self._most / 60)
            allowed = level + calls <= self._most
            self._levels[network] = (min(level + calls, float(self._most)), now)
            if len(self._levels) > MAX_REMEMBERED:
                self._levels.popitem(last=False)
            return allowed
