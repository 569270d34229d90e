"""The whole panel without its pins: levels in, bytes out, and what its light shows."""

from .debounce import Debounce
from .link import PanelLink
from .messages import ERROR, OFF, THANKS, UNDONE, UNKNOWN
from .ticks import elapsed

LIGHT_MS = {THANKS: 1000, UNDONE: 1000, ERROR: 2000}
"""How long a signal is shown. The panel ends it by itself, so that a lost `off` leaves no light on."""


class Panel:
    """Debounced buttons on a link. Call `feed` with what came and then `tick`, at least every 4 ms."""

    def __init__(self, buttons: int, boot: int, panel_id: int = 0, reset_cause: int = UNKNOWN) -> None:
        self.link = PanelLink(boot, buttons, panel_id, reset_cause)
        self.debounce = Debounce(buttons)
        self.light = OFF
        """The signal to show now."""
        self._lights = 0
        self._light_since = 0

    def feed(self, data: bytes) -> None:
        """Take bytes from the host."""
        self.link.feed(data)

    def tick(self, ms: int, levels: int) -> bytes:
        """Bytes for the host; `levels` is the mask of the buttons whose contact is closed at `ms`."""
        for kind, button, at in self.debounce.sample(ms, levels):
            self.link.push(kind, button, at)
        self._turn_light(ms)
        return self.link.tick(ms, self.debounce.stuck)

    def _turn_light(self, ms: int) -> None:
        if self.link.lights != self._lights:
            self._lights = self.link.lights
            self.light = self.link.light
            self._light_since = ms
        elif self.light != OFF and elapsed(ms, self._light_since) >= LIGHT_MS.get(self.light, 0):
            self.light = OFF
