"""Contacts from a sensor that only sees whether somebody stands at the touchpoint."""

import logging
import threading
from collections.abc import Callable

from gpiozero import DigitalInputDevice, Factory, GPIOZeroError

from tillsight_models.events import ContactEnded

from .config import PresenceSettings
from .errors import PinsUnavailable
from .ports import Clock

log = logging.getLogger(__name__)


class PresenceContacts:
    """One contact for each stay of at least `min_dwell_s`; gaps shorter than `leave_gap_s` do not end one.

    Both calls return the contact that is now known to have ended and when the person left (mono ms), or
    None. One sensor cannot tell two people apart: who follows within the gap belongs to the same contact.
    """

    def __init__(self, settings: PresenceSettings) -> None:
        self.follow(settings)
        self._since: int | None = None
        """When the person came; None while nobody is there."""
        self._left: int | None = None
        """When the sensor last lost the person; None while it sees somebody."""
        self._blocked = False

    def follow(self, settings: PresenceSettings) -> None:
        """Other thresholds from now on, for who stands there too."""
        self._min_ms = settings.min_dwell_s * 1000
        self._gap_ms = settings.leave_gap_s * 1000
        self._max_ms = settings.max_dwell_s * 1000

    def change(self, present: bool, mono_ms: int) -> tuple[ContactEnded, int] | None:
        """The sensor sees somebody, or nobody, from `mono_ms` on."""
        ended = self.tick(mono_ms)
        if present:
            self._since = mono_ms if self._since is None else self._since
            self._left = None
        elif self._since is not None and self._left is None:
            self._left = mono_ms
        return ended

    def tick(self, mono_ms: int) -> tuple[ContactEnded, int] | None:
        """Nothing changed until `mono_ms`."""
        if self._since is None:
            return None
        if self._left is None:
            self._tell_blocked(mono_ms - self._since > self._max_ms)
            return None
        if mono_ms - self._left < self._gap_ms:
            return None
        dwell_ms, left = self._left - self._since, self._left
        self._since = self._left = None
        self._tell_blocked(False)
        if not self._min_ms <= dwell_ms <= self._max_ms:
            return None
        return ContactEnded(source="presence", dwell_s=dwell_ms / 1000), left

    def _tell_blocked(self, blocked: bool) -> None:
        if blocked and not self._blocked:
            log.warning("the presence sensor sees something for more than %g s", self._max_ms / 1000)
        elif self._blocked and not blocked:
            log.warning("the presence sensor is free again")
        self._blocked = blocked


class GpioPresence:
    """Sensors with a digital output; somebody is there while any of them says so."""

    def __init__(self, settings: PresenceSettings, clock: Clock, pin_factory: Factory | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._factory = pin_factory
        self._sensors: list[DigitalInputDevice] = []
        self._present: bool | None = None
        self._lock = threading.Lock()
        self._on_change: Callable[[bool, int], None]

    def start(self, on_change: Callable[[bool, int], None]) -> None:
        """See PresenceSensor; PinsUnavailable where this machine has no such pins."""
        self._on_change = on_change
        try:
            for pin in self._settings.pins:
                sensor = DigitalInputDevice(
                    pin,
                    pull_up=not self._settings.active_high,
                    bounce_time=None,
                    pin_factory=self._factory,
                )
                self._sensors.append(sensor)
                sensor.when_activated = sensor.when_deactivated = self._look
        except (GPIOZeroError, OSError) as error:
            self.stop()
            raise PinsUnavailable(f"presence.pins: {self._settings.pins}: {error}") from error
        self._look()

    def stop(self) -> None:
        """See PresenceSensor."""
        for sensor in self._sensors:
            sensor.close()
        self._sensors = []

    def _look(self) -> None:
        with self._lock:
            present = any(sensor.is_active for sensor in self._sensors)
            if present != self._present:
                self._present = present
                self._on_change(present, self._clock.mono_ms())
