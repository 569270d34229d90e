"""A break for the cameras that a shopper asks for: it ends by itself, and an hour has only so many."""

import logging
import threading

import msgspec
from msgspec import Struct

from tillsight_models.events import Stamp

from .errors import OutboxUnwritable
from .moments import carried_over
from .outbox import Outbox
from .ports import Clock

log = logging.getLogger(__name__)

MARK = "camera-pause"
HOUR_MS = 3_600_000
MINUTE_MS = 60_000


class _Record(Struct, frozen=True):
    """What the outbox's file remembers: times on the monotonic clock of `at`."""

    at: Stamp
    until_ms: int
    began_ms: list[int]
    """Of the last hour, oldest first."""


class PauseState(Struct, frozen=True):
    """What can be said of it now."""

    left_ms: int
    """0: no pause."""
    minutes: float
    """How long one is."""
    again_ms: int
    """Until the next one may be asked for; 0: now."""


class CameraPause:
    """Survives a restart of the agent and of the machine. Any thread may call."""

    def __init__(self, minutes: float, per_hour: int, outbox: Outbox, clock: Clock) -> None:
        self._minutes = minutes
        self._per_hour = per_hour
        self._outbox = outbox
        self._clock = clock
        self._lock = threading.Lock()
        self._record: _Record | None = None
        """None until the outbox could be read."""

    def begin(self) -> bool:
        """Pause from now on; False where one goes on already, or there were enough in the last hour."""
        with self._lock:
            now, record = self._clock.stamp(), self._known()
            if record is None or self._minutes == 0 or self._again_ms(record, now.mono):
                return False
            until_ms = now.mono + round(self._minutes * MINUTE_MS)
            if not self._write(_Record(now, until_ms, [*self._lately(record, now.mono), now.mono])):
                return False
        log.warning("the cameras are paused for %g minutes, by somebody at the kiosk", self._minutes)
        return True

    def end(self) -> bool:
        """Look again, before the time is over; False where there was no pause."""
        with self._lock:
            now, record = self._clock.stamp(), self._known()
            if record is None or record.until_ms <= now.mono:
                return False
            ended = self._write(_Record(now, now.mono, record.began_ms))
        log.warning("the pause of the cameras was ended")
        return ended

    def until_ms(self) -> int:
        """On the monotonic clock; 0 or past: no pause."""
        with self._lock:
            record = self._known()
            return 0 if record is None else max(0, record.until_ms)

    def state(self) -> PauseState:
        """For the page."""
        with self._lock:
            now_ms, record = self._clock.mono_ms(), self._known()
            if record is None:
                return PauseState(0, self._minutes, 0)
            left_ms = max(0, record.until_ms - now_ms)
            return PauseState(left_ms, self._minutes, self._again_ms(record, now_ms))

    def _again_ms(self, record: _Record, now_ms: int) -> int:
        """A pause that goes on is not made longer."""
        waits = [record.until_ms - now_ms]
        lately = self._lately(record, now_ms)
        if len(lately) >= self._per_hour:
            waits.append(lately[-self._per_hour] + HOUR_MS - now_ms)
        return max(0, *waits)

    def _lately(self, record: _Record, now_ms: int) -> list[int]:
        return [began for began in record.began_ms if began > now_ms - HOUR_MS]

    def _known(self) -> _Record | None:
        """Read once, and put onto this boot's clock; what cannot be understood is no pause."""
        if self._record is not None:
            return self._record
        now = self._clock.stamp()
        try:
            mark = self._outbox.mark(MARK)
        except OutboxUnwritable:
            return None
        self._record = _Record(now, 0, [])
        if mark is not None:
            try:
                then = msgspec.json.decode(mark, type=_Record)
            except msgspec.MsgspecError:
                log.warning("what was noted of a pause of the cameras cannot be read, and counts as none")
                return self._record
            longest_ms = now.mono + round(self._minutes * MINUTE_MS)
            until_ms = min(longest_ms, carried_over(then.until_ms, then.at, now))
            began = [carried_over(each, then.at, now) for each in then.began_ms]
            self._record = _Record(now, until_ms, began)
        return self._record

    def _write(self, record: _Record) -> bool:
        try:
            self._outbox.set_mark(MARK, msgspec.json.encode(record).decode())
        except OutboxUnwritable:
            return False
        self._record = record
        return True
