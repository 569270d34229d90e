"""A trial: one section of settings from the hub, kept if the device stays well, and taken back if not."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from tillsight_models.errors import BadConfig

from .errors import OutboxUnwritable
from .outbox import Outbox
from .ports import Clock

log = logging.getLogger(__name__)

WATCH_S = 60.0
"""How long new settings are watched before they are kept."""
LONGEST_AWAY = 10
"""Times that long without the hub, and they are taken back: it may be because of them."""
MOST_TRIES = 2
"""Agents that may end while they try the same settings: one may have lost its power."""

Values = dict[str, Any]


class Judge(Protocol):
    """Says how the device is while something is tried."""

    def begin(self) -> None:
        """Something new is about to be in force."""

    def trouble(self) -> str:
        """Why it has to be taken back; empty: nothing."""

    def is_well(self) -> bool:
        """Whether it may be kept, once it was watched for long enough."""


class _Record(msgspec.Struct, kw_only=True):
    """What the outbox's file remembers."""

    good: Values = {}
    """Kept: the device was well with them."""
    trying: Values | None = None
    tries: int = 0
    failed: Values | None = None
    why: str = ""


class Trial:
    """One section. `read` checks what came, `use` puts it into force; both raise BadConfig where it cannot
    be. `lock` is shared by all sections of a device. Any thread may call."""

    def __init__(
        self,
        section: str,
        outbox: Outbox,
        clock: Clock,
        lock: threading.RLock,
        *,
        mark: str,
        read: Callable[[Any], Values],
        use: Callable[[Values], None],
        judge: Judge,
        watch_s: float = WATCH_S,
    ) -> None:
        self._section = section
        self._outbox = outbox
        self._clock = clock
        self._lock = lock
        self._mark = mark
        self._read_values = read
        self._use = use
        self._judge = judge
        self._watch_ms = watch_s * 1000
        self._record = _Record()
        self._until_ms = 0

    def begin(self) -> None:
        """Follow what was kept; settings that were being tried are tried again, but not for ever."""
        with self._lock:
            self._record = record = self._read()
            if record.trying is not None and record.tries >= MOST_TRIES:
                self._give_up(f"the agent ended {record.tries} times while it tried them")
            try:
                self._use(record.good)
            except BadConfig as error:  # the device's own file was changed since
                log.warning(
                    "%s: settings from the hub are left out: %s", self._section, "; ".join(error.problems)
                )
                self._record = _Record()
                self._use({})

    def follow(self, value: Any) -> None:
        """Try these from now on; BadConfig where they cannot be, or did no good before."""
        wanted = self._read_values(value)
        with self._lock:
            record = self._record
            if wanted == record.good and record.trying is None:
                self._record.failed = None
                return
            if wanted == record.failed:
                raise BadConfig([self._said(record.why)])
            is_again = wanted == record.trying
            if is_again and self._until_ms:
                return
            self._judge.begin()
            self._use(wanted)
            tries = record.tries + 1 if is_again else 1
            self._write(_Record(good=record.good, trying=wanted, tries=tries))
            self._until_ms = self._clock.mono_ms() + round(self._watch_ms)
            log.info("%s: tries settings from the hub: %s", self._section, wanted)

    def turn(self) -> None:
        """About once a second."""
        with self._lock:
            record = self._record
            if record.trying is None or not self._until_ms:
                return
            over_ms = self._clock.mono_ms() - self._until_ms
            if trouble := self._judge.trouble():
                self._take_back(trouble)
            elif over_ms >= 0 and self._judge.is_well():
                self._until_ms = 0
                self._write(_Record(good=record.trying))
                log.info("%s: keeps settings from the hub: %s", self._section, record.trying)
            elif over_ms >= LONGEST_AWAY * self._watch_ms:
                self._take_back("no connection to the hub since they were tried")

    @property
    def is_settled(self) -> bool:
        """Whether nothing is being tried."""
        with self._lock:
            return self._record.trying is None or not self._until_ms

    def troubles(self) -> Sequence[str]:
        """Why what was wanted last is not followed."""
        with self._lock:
            return [self._said(self._record.why)] if self._record.failed is not None else []

    def _take_back(self, why: str) -> None:
        self._give_up(why)
        self._use(self._record.good)

    def _give_up(self, why: str) -> None:
        log.warning("%s: takes settings from the hub back: %s", self._section, why)
        self._until_ms = 0
        self._write(_Record(good=self._record.good, failed=self._record.trying, why=why[:300]))

    def _said(self, why: str) -> str:
        return f"{self._section}: the settings before came back: {why}"

    def _read(self) -> _Record:
        try:
            mark = self._outbox.mark(self._mark)
            return msgspec.json.decode(mark, type=_Record) if mark else _Record()
        except OutboxUnwritable:
            return _Record()
        except msgspec.MsgspecError:
            log.warning("%s: what was noted of settings from the hub cannot be read", self._section)
            return _Record()

    def _write(self, record: _Record) -> None:
        """A disk that takes nothing is trouble of its own, and ends the trial."""
        self._record = record
        try:
            self._outbox.set_mark(self._mark, msgspec.json.encode(record).decode())
        except OutboxUnwritable as error:
            log.warning("%s: settings from the hub are not kept: %s", self._section, error)
