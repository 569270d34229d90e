"""Settings from the hub: tried for a while, kept if the device stays well, and taken back if not."""

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from tillsight_models.configuration import read_settings
from tillsight_models.errors import BadConfig
from tillsight_models.wanted import read_device

from .config import DeviceConfig
from .errors import OutboxUnwritable
from .outbox import Outbox
from .ports import Clock

log = logging.getLogger(__name__)

MARK = "remote-settings"
WATCH_S = 60.0
"""How long new settings are watched before they are kept."""
LONGEST_AWAY = 10
"""Times that long without the hub, and they are taken back: it may be because of them."""
MOST_TRIES = 2
"""Agents that may end while they try the same settings: one may have lost its power."""

Values = dict[str, float]


class _Record(msgspec.Struct, kw_only=True):
    """What the outbox's file remembers."""

    good: Values = {}
    """Kept: the device was well with them."""
    trying: Values | None = None
    tries: int = 0
    failed: Values | None = None
    why: str = ""


class RemoteSettings:
    """The hub's section `device`. `apply` makes the parts follow a configuration; `trouble` says what is
    wrong with the device now, or nothing. Settings are kept once it is connected. Any thread may call."""

    def __init__(
        self,
        own: DeviceConfig,
        outbox: Outbox,
        clock: Clock,
        *,
        apply: Callable[[DeviceConfig], None],
        trouble: Callable[[], str],
        is_connected: Callable[[], bool],
        watch_s: float = WATCH_S,
    ) -> None:
        self._own = own
        self._outbox = outbox
        self._clock = clock
        self._apply = apply
        self._trouble = trouble
        self._is_connected = is_connected
        self._watch_ms = watch_s * 1000
        self._lock = threading.Lock()
        self._record = _Record()
        self._until_ms = 0

    def begin(self) -> None:
        """Follow what was kept; settings that were being tried are tried again, but not for ever."""
        with self._lock:
            self._record = record = self._read()
            if record.trying is not None and record.tries >= MOST_TRIES:
                self._give_up(f"the agent ended {record.tries} times while it tried them")
            try:
                self._apply(merged(self._own, record.good))
            except BadConfig as error:  # the device's own file was changed since
                log.warning("settings from the hub are left out: %s", "; ".join(error.problems))
                self._record = _Record()

    def follow(self, value: Any) -> None:
        """Try these from now on; BadConfig where they cannot be, or did no good before."""
        wanted = read_device(value)
        with self._lock:
            record = self._record
            if wanted == record.good and record.trying is None:
                self._record.failed = None
                return
            if wanted == record.failed:
                raise BadConfig([self._said(record.why)])
            config = merged(self._own, wanted)
            is_again = wanted == record.trying
            if is_again and self._until_ms:
                return
            tries = record.tries + 1 if is_again else 1
            self._write(_Record(good=record.good, trying=wanted, tries=tries))
            self._until_ms = self._clock.mono_ms() + round(self._watch_ms)
            self._apply(config)
            log.info("tries settings from the hub: %s", wanted)

    def turn(self) -> None:
        """About once a second."""
        with self._lock:
            record = self._record
            if record.trying is None or not self._until_ms:
                return
            if trouble := self._trouble():
                self._give_up(trouble)
                self._apply(merged(self._own, self._record.good))
                return
            over_ms = self._clock.mono_ms() - self._until_ms
            if over_ms >= 0 and self._is_connected():
                self._until_ms = 0
                self._write(_Record(good=record.trying))
                log.info("keeps settings from the hub: %s", record.trying)
            elif over_ms >= LONGEST_AWAY * self._watch_ms:
                self._give_up("no connection to the hub since they were tried")
                self._apply(merged(self._own, self._record.good))

    @property
    def is_settled(self) -> bool:
        """Whether nothing is being tried."""
        with self._lock:
            return self._record.trying is None or not self._until_ms

    def troubles(self) -> Sequence[str]:
        """Why what was wanted last is not followed."""
        with self._lock:
            return [self._said(self._record.why)] if self._record.failed is not None else []

    def _give_up(self, why: str) -> None:
        log.warning("takes settings from the hub back: %s", why)
        self._until_ms = 0
        self._write(_Record(good=self._record.good, failed=self._record.trying, why=why[:300]))

    def _said(self, why: str) -> str:
        return f"device: the settings before came back: {why}"

    def _read(self) -> _Record:
        try:
            mark = self._outbox.mark(MARK)
            return msgspec.json.decode(mark, type=_Record) if mark else _Record()
        except OutboxUnwritable:
            return _Record()
        except msgspec.MsgspecError:
            log.warning("what was noted of settings from the hub cannot be read")
            return _Record()

    def _write(self, record: _Record) -> None:
        """A disk that takes nothing is trouble of its own, and ends the trial."""
        self._record = record
        try:
            self._outbox.set_mark(MARK, msgspec.json.encode(record).decode())
        except OutboxUnwritable as error:
            log.warning("settings from the hub are not kept: %s", error)


def merged(own: DeviceConfig, values: Values) -> DeviceConfig:
    """The device's own configuration with these instead; BadConfig where they do not go together."""
    settings = own.model_dump()
    for name, value in values.items():
        section, _, key = name.partition(".")
        settings[section] = {**settings[section], key: value}
    try:
        return read_settings(settings, DeviceConfig)
    except BadConfig as error:
        raise BadConfig([f"device.{problem}" for problem in error.problems]) from error
