"""Buttons and a light on the pins of a Raspberry Pi."""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue

from gpiozero import LED, DigitalInputDevice, Factory, GPIOZeroError

from tillsight_models.events import PanelReported
from tillsight_models.scales import MAX_RATINGS
from tillsight_panel.debounce import PRESS, STUCK, Debounce

from ..config import PanelSettings
from ..errors import PinsUnavailable
from ..ports import Clock, LightSignal, PanelPress, PanelStatus
from .held import HeldPresses

log = logging.getLogger(__name__)

REST_S = 0.1
"""Between two looks at the pins while nothing changes, in case an edge was missed."""
SETTLED = 4
"""Times `settle_ms` after the last edge, by when every contact is certain."""

BLINKS = {
    LightSignal.THANKS: (1.0, 0.1, 1),
    LightSignal.UNDONE: (0.2, 0.2, 2),
    LightSignal.ERROR: (0.1, 0.1, 10),
}
"""Seconds on, seconds off, times."""


class GpioPanel:
    """Each pin's edges are timed where they happen and debounced by the panel's own code.

    gpiozero's `bounce_time` is not used: it differs from one pin library to the next. One thread makes all
    callbacks.
    """

    def __init__(self, settings: PanelSettings, clock: Clock, pin_factory: Factory | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._factory = pin_factory
        self._debounce = Debounce(settings.buttons, settings.settle_ms)
        self._buttons: list[DigitalInputDevice] = []
        self._light: LED | None = None
        self._edges: SimpleQueue[tuple[int, int, bool]] = SimpleQueue()
        self._certain_ms = 0
        self._overflowed = False
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gpio panel", daemon=True)
        self._held: HeldPresses
        self._on_report: Callable[[PanelReported], None]

    def start(
        self, on_press: Callable[[PanelPress], None], on_report: Callable[[PanelReported], None]
    ) -> None:
        """See ButtonPanel; PinsUnavailable where this machine has no such pins."""
        self.open(on_press, on_report)
        self._thread.start()

    def open(
        self, on_press: Callable[[PanelPress], None], on_report: Callable[[PanelReported], None]
    ) -> None:
        """Take the pins, and leave it to the caller to `turn`."""
        self._held, self._on_report = HeldPresses(on_press), on_report
        try:
            for number, pin in enumerate(self._settings.pins, start=1):
                button = DigitalInputDevice(
                    pin, pull_up=self._settings.active_low, bounce_time=None, pin_factory=self._factory
                )
                self._buttons.append(button)
                button.when_activated = partial(self._edge, number, True)
                button.when_deactivated = partial(self._edge, number, False)
            if self._settings.light_pin is not None:
                self._light = LED(self._settings.light_pin, pin_factory=self._factory)
        except (GPIOZeroError, OSError) as error:
            self._close()
            raise PinsUnavailable(f"panel.pins: {self._settings.pins}: {error}") from error
        self.turn()

    def light(self, signal: LightSignal) -> None:
        """See ButtonPanel."""
        if self._light is not None:
            on_s, off_s, times = BLINKS[signal]
            self._light.blink(on_s, off_s, n=times)

    def status(self) -> PanelStatus:
        """See ButtonPanel."""
        return PanelStatus("stuck" if self._debounce.stuck else "ok")

    def stop(self) -> None:
        """See ButtonPanel."""
        self._stopping.set()
        self._awake.set()
        if self._thread.is_alive():
            self._thread.join()
        self._close()

    def turn(self) -> None:
        """Take the edges since the last turn, look at the levels, and offer what was pressed."""
        happened: list[tuple[int, int, int]] = []
        with suppress(Empty):
            while True:
                happened += self._debounce.edge(*self._edges.get_nowait())
        now = self._clock.mono_ms()
        happened += self._debounce.advance(now)
        happened += self._debounce.sample(now, self._levels())
        for kind, button, at_ms in happened:
            if kind == PRESS:
                self._pressed(button, at_ms)
            else:
                self._report("stuck" if kind == STUCK else "unstuck", button)
        self._held.offer(now)

    def _run(self) -> None:
        while not self._stopping.is_set():
            busy = self._clock.mono_ms() < self._certain_ms
            self._awake.wait(self._settings.settle_ms / 2000 if busy else REST_S)
            self._awake.clear()
            self.turn()

    def _edge(self, button: int, pressed: bool) -> None:
        at_ms = self._clock.mono_ms()
        self._certain_ms = at_ms + SETTLED * self._settings.settle_ms
        self._edges.put((at_ms, button, pressed))
        self._awake.set()

    def _levels(self) -> int:
        return sum(1 << place for place, button in enumerate(self._buttons) if button.is_active)

    def _pressed(self, button: int, at_ms: int) -> None:
        kept = self._held.add(button, at_ms)
        if not kept and not self._overflowed:
            log.error("presses are lost: %d wait for the outbox already", len(self._held))
            self._on_report(
                PanelReported(state="overflow", detail="presses lost: too many wait for the outbox")
            )
        self._overflowed = not kept

    def _report(self, state: str, button: int) -> None:
        named = button if button <= MAX_RATINGS else None
        if state == "stuck":
            log.warning("button %d is stuck", button)
            self._on_report(PanelReported(state="stuck", button=named))
        else:
            self._on_report(PanelReported(state="unstuck", button=named))

    def _close(self) -> None:
        for device in (*self._buttons, *([self._light] if self._light else [])):
            device.close()
        self._buttons, self._light = [], None
