"""The presence sensor's callbacks, taken in turn: who is there, and contacts that ended."""

from collections.abc import Callable
from queue import Empty, SimpleQueue

from tillsight_models.events import ContactEnded, Stamp

from .config import PresenceSettings
from .ports import Clock, PresenceSensor
from .presence import PresenceContacts


class PresenceWatch:
    """`on_contact` is called from `turn`, `on_change` from the sensor's thread."""

    def __init__(
        self,
        settings: PresenceSettings,
        clock: Clock,
        on_contact: Callable[[ContactEnded, Stamp], None],
        on_change: Callable[[], None],
    ) -> None:
        self._clock = clock
        self._on_contact = on_contact
        self._on_change = on_change
        self._contacts = PresenceContacts(settings)
        self._seen: SimpleQueue[tuple[bool, int]] = SimpleQueue()
        self._sensor: PresenceSensor | None = None
        self.sensed = False
        """Whether the sensor saw somebody last."""

    def start(self, sensor: PresenceSensor) -> None:
        """Listen to it from now on."""
        self._sensor = sensor
        sensor.start(self._saw)

    def follow(self, settings: PresenceSettings) -> None:
        """Other thresholds from now on."""
        self._contacts.follow(settings)

    def turn(self) -> None:
        """Take what was seen since the last turn."""
        while True:
            try:
                self.sensed, since_ms = self._seen.get_nowait()
            except Empty:
                break
            self._contact(self._contacts.change(self.sensed, since_ms))
        self._contact(self._contacts.tick(self._clock.mono_ms()))

    def stop(self) -> None:
        """Let go of the pins."""
        if self._sensor is not None:
            self._sensor.stop()

    def _saw(self, present: bool, mono_ms: int) -> None:
        self._seen.put((present, mono_ms))
        self._on_change()

    def _contact(self, ended: tuple[ContactEnded, int] | None) -> None:
        if ended is not None:
            contact, left_ms = ended
            self._on_contact(contact, self._clock.stamp(left_ms))
