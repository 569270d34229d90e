"""What is only seen over a time: devices that come and go, start again and again, or tell out of order."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from ..access.clock import now_ms
from .sightings import Seen

MINUTE_MS = 60_000
COMINGS, COMINGS_MS = 8, 10 * MINUTE_MS
"""So many connections within so long: a till reconnects a few times a day."""
STARTS, STARTS_MS = 5, 60 * MINUTE_MS
DESCENTS, DESCENTS_MS = 20, 60 * MINUTE_MS
"""After a lost connection a device goes back once. So often goes who sends recorded messages in another
order, or two boxes that share one stream."""


class Watch:
    """Told by the writer after each COMMIT, asked by the alarms; it begins anew with the hub."""

    def __init__(self, clock: Callable[[], int] = now_ms) -> None:
        self._clock = clock
        self._comings: dict[str, deque[tuple[int, str]]] = {}
        self._starts: dict[str, deque[int]] = {}
        self._newest: dict[str, tuple[str, int]] = {}
        """By device: the stream and number that came last."""
        self._descents: dict[str, deque[int]] = {}
        self._lock = threading.Lock()

    def came(self, device: str, boot: str, at: int) -> None:
        """It said hello on a new connection."""
        with self._lock:
            self._comings.setdefault(device, deque(maxlen=4 * COMINGS)).append((at, boot))

    def started(self, device: str, at: int) -> None:
        """Its agent started, just now."""
        with self._lock:
            self._starts.setdefault(device, deque(maxlen=4 * STARTS)).append(at)

    def told(self, device: str, stream: str, numbers: Iterable[int], at: int) -> None:
        """New events came, in this order."""
        with self._lock:
            before, newest = self._newest.get(device, (stream, 0))
            newest = newest if before == stream else 0
            for number in numbers:
                if number < newest:
                    self._descents.setdefault(device, deque(maxlen=4 * DESCENTS)).append(at)
                newest = number
            self._newest[device] = stream, newest

    def seen(self) -> Sequence[Seen]:
        """What is too much, once for each time that it is; of flapping the detail is the number of boots."""
        with self._lock:
            now = self._clock()
            return [*self._flapping(now), *self._restarting(now), *self._disordered(now)]

    def _flapping(self, now: int) -> Iterable[Seen]:
        for device, times in list(self._comings.items()):
            recent = [boot for at, boot in times if now - at < COMINGS_MS]
            if len(recent) >= COMINGS:
                yield Seen(device, "flapping", str(len(set(recent))), len(recent))
                del self._comings[device]

    def _restarting(self, now: int) -> Iterable[Seen]:
        for device, recent in _recent(self._starts, STARTS_MS, now):
            if len(recent) >= STARTS:
                yield Seen(device, "restarts", "", len(recent))
                del self._starts[device]

    def _disordered(self, now: int) -> Iterable[Seen]:
        for device, recent in _recent(self._descents, DESCENTS_MS, now):
            if len(recent) >= DESCENTS:
                yield Seen(device, "reordered", "", len(recent))
                del self._descents[device]


def _recent(times: dict[str, deque[int]], within_ms: int, now: int) -> list[tuple[str, list[int]]]:
    return [(device, [at for at in each if now - at < within_ms]) for device, each in times.items()]
