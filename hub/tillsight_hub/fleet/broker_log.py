"""What the broker says of whom it turned away. mosquitto tells that, and from where, and not whom.

A certificate that is revoked, that has ended or that another authority made fails in the TLS handshake, where
mosquitto knows no name yet. Its log has three lines for it, on the topics `$SYS/broker/log/...`:

    New connection from 192.0.2.7:43411 on port 8883.
    OpenSSL Error[0]: error:0A000086:SSL routines::certificate verify failed
    Client <unknown> disconnected: Protocol error.
"""

import re
import threading
import time
from collections.abc import Callable, Sequence

from .sightings import BROKER, NOWHERE, Seen

TOPIC = "$SYS/broker/log/#"
PREFIX = TOPIC.removesuffix("#")
HANDSHAKE_S = 20.0
"""Who has not been let in or turned away by then is forgotten."""
MOST_WAITING = 1000

_CAME = re.compile(r"New connection from (?P<host>\S+):(?P<port>\d+) on port")
_IS_IN = re.compile(r"New client connected from (?P<host>\S+):(?P<port>\d+) as")
_TURNED_AWAY = "certificate verify failed"


class BrokerLog:
    """Reads the broker's log line by line; keeps no line, and no name."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._waiting: dict[tuple[str, str], float] = {}
        """Address and port of who came and is not in yet, since when."""
        self._away: dict[str, int] = {}
        """Address to how often it was turned away, since somebody asked."""
        self._lock = threading.Lock()

    def hear(self, line: str) -> None:
        """The next line."""
        with self._lock:
            if came := _CAME.search(line):
                self._forget_old()
                self._waiting[came["host"], came["port"]] = self._monotonic()
            elif is_in := _IS_IN.search(line):
                self._waiting.pop((is_in["host"], is_in["port"]), None)
            elif _TURNED_AWAY in line:
                address = self._address()
                self._away[address] = self._away.get(address, 0) + 1

    def seen(self) -> Sequence[Seen]:
        """From where how many were turned away since the last look."""
        with self._lock:
            away, self._away = self._away, {}
        return [Seen(BROKER, "turned-away", address, n) for address, n in sorted(away.items())]

    def _address(self) -> str:
        """Of whom the broker just spoke: the one that waits, or several at one address. Where several wait
        at several addresses, its log does not say which of them it was."""
        self._forget_old()
        hosts = {host for host, _ in self._waiting}
        if len(hosts) != 1:
            return NOWHERE
        del self._waiting[next(iter(self._waiting))]
        return hosts.pop()

    def _forget_old(self) -> None:
        since = self._monotonic() - HANDSHAKE_S
        self._waiting = {who: at for who, at in self._waiting.items() if at > since}
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.clear()
