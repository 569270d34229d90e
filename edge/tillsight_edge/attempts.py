"""The seller's own button: pressed when a seller begins to serve a customer actively, and at the end."""

import threading
from collections.abc import Callable

from gpiozero import Factory

from tillsight_models.events import AttemptEnded, PanelReported, Stamp

from .buttons.gpio import GpioPanel
from .camera_config import StaffSettings
from .config import PanelSettings
from .errors import PinsUnavailable
from .ports import Clock, PanelPress


class Attempts:
    """Presses in turn begin and end an attempt; one that nobody ends is ended by rule.

    Both calls return what is now known to have ended and when (mono ms), or None.
    """

    def __init__(self, max_s: float) -> None:
        self._max_ms = round(1000 * max_s)
        self._since: int | None = None

    def press(self, mono_ms: int) -> tuple[AttemptEnded, int] | None:
        """The button was pressed."""
        if (by_rule := self.tick(mono_ms)) is not None:
            self._since = mono_ms  # the old attempt was over, so this begins another one
            return by_rule
        if self._since is None:
            self._since = mono_ms
            return None
        duration_s, self._since = (mono_ms - self._since) / 1000, None
        return AttemptEnded(duration_s=duration_s, closed_by="press"), mono_ms

    def tick(self, mono_ms: int) -> tuple[AttemptEnded, int] | None:
        """Nothing was pressed until `mono_ms`."""
        if self._since is None or mono_ms - self._since < self._max_ms:
            return None
        end_ms, self._since = self._since + self._max_ms, None
        return AttemptEnded(duration_s=self._max_ms / 1000, closed_by="rule"), end_ms


class AttemptButton:
    """A button of its own on a pin, debounced as those of the shoppers."""

    def __init__(
        self,
        staff: StaffSettings,
        panel: PanelSettings,
        clock: Clock,
        append: Callable[[AttemptEnded, Stamp], None],
        pin_factory: Factory | None = None,
    ) -> None:
        """`append` may be called from any thread. Polarity and settling time are the panel's."""
        settings = panel.model_copy(
            update={"pins": (staff.attempt_pin,), "light_pin": None, "undo_button": False}
        )
        self._attempts = Attempts(staff.attempt_max_s)
        self._lock = threading.Lock()
        self._clock = clock
        self._append = append
        self._button = GpioPanel(settings, clock, pin_factory)

    def start(self) -> None:
        """PinsUnavailable where this machine has no such pin."""
        try:
            self._button.start(self._press, self._report)
        except PinsUnavailable as error:
            raise PinsUnavailable(str(error).replace("panel.pins", "staff.attempt_pin")) from error

    def turn(self) -> None:
        """End what nobody ended."""
        with self._lock:
            ended = self._attempts.tick(self._clock.mono_ms())
        self._ended(ended)

    def stop(self) -> None:
        """Release the pin; an attempt that goes on is not counted."""
        self._button.stop()

    def _press(self, press: PanelPress) -> None:
        press.confirm()
        with self._lock:
            ended = self._attempts.press(press.mono_ms)
        self._ended(ended)

    def _report(self, report: PanelReported) -> None:
        """The hub hears of the panel's buttons only; that this one is stuck stands in the log."""

    def _ended(self, ended: tuple[AttemptEnded, int] | None) -> None:
        if ended is not None:
            attempt, end_ms = ended
            self._append(attempt, self._clock.stamp(end_ms))
