"""A panel with fingers: presses that are asked for become pin levels, millisecond by millisecond.

Runs on MicroPython and on CPython. A run that was held up catches up on every millisecond it missed, so that
what the machine did meanwhile does not stretch a press.
"""

from tillsight_panel.messages import PRESS
from tillsight_panel.panel import Panel

BUTTONS = 5
CLOSED_MS = 12
OPEN_MS = 12


class Device:
    """One panel. `boot` is the number of its first start."""

    def __init__(self, boot: int) -> None:
        self.panel = Panel(BUTTONS, boot, panel_id=0xE661)
        self._ms = 0
        self._levels = 0
        self._waiting: list[int] = []
        self._until = 20  # released pins must be seen before anything counts
        self._pressed = 0
        self._closed_until = 0
        self._burst = 0

    def command(self, text: str) -> None:
        """`press 3`: behind the presses that wait. `hold 3`, `release 3`, `reset`: at once.

        `burst 200`: so many events, without any pins, as fast as the link takes them.
        """
        word, _, button = text.partition(" ")
        if word == "press":
            self._waiting.append(int(button))
        elif word == "hold":
            self._levels |= 1 << (int(button) - 1)
        elif word == "release":
            self._levels &= ~(1 << (int(button) - 1))
        elif word == "burst":
            self._burst = int(button)
        elif word == "reset":
            self.panel = Panel(BUTTONS, self.panel.link.boot + 1, panel_id=0xE661, reset_cause=2)
            self._until = self._ms + 20

    def step(self, data: bytes, ms: int) -> bytes:
        """Take bytes from the host, live until `ms`, and give bytes for the host."""
        self.panel.feed(data)
        out = bytearray()
        while self._ms < ms:
            self._ms += 1
            while self._burst and self.panel.link.queued < 16:
                self.panel.link.push(PRESS, 1 + self._burst % BUTTONS, self._ms)
                self._burst -= 1
            if self._ms >= self._until and self._waiting:
                button = self._waiting.pop(0)
                self._pressed = 1 << (button - 1)
                self._closed_until = self._ms + CLOSED_MS
                self._until = self._closed_until + OPEN_MS
            out.extend(self.panel.tick(self._ms, self._levels | self._fingers()))
        return bytes(out)

    def _fingers(self) -> int:
        return self._pressed if self._ms < self._closed_until else 0
