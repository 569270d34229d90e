"""The keys of a terminal as a panel, to try things out on a laptop."""

import os
import select
import sys
import termios
import threading
import tty
from collections.abc import Callable
from typing import Any

from tillsight_models.events import PanelReported

from ..config import PanelSettings
from ..ports import Clock, LightSignal, PanelPress, PanelStatus
from .held import HeldPresses

KEYS = "1234567890-"
"""The key of each rating, the leftmost button first; as many as the longest scale has."""
UNDO_KEY = "u"

WORDS = {
    LightSignal.THANKS: "thank you",
    LightSignal.UNDONE: "taken back",
    LightSignal.ERROR: "not stored yet: the outbox cannot be written",
}


class KeyboardPanel:
    """One key is one press: a terminal has debounced it. The light is a word on the screen."""

    def __init__(self, settings: PanelSettings, clock: Clock, keys: int | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._keys = sys.stdin.fileno() if keys is None else keys
        self._before: list[Any] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keyboard panel", daemon=True)
        self._held: HeldPresses

    def start(
        self,
        on_press: Callable[[PanelPress], None],
        on_report: Callable[[PanelReported], None],  # noqa: ARG002
    ) -> None:
        """See ButtonPanel; there is never anything to report."""
        self._held = HeldPresses(on_press)
        if os.isatty(self._keys):
            self._before = termios.tcgetattr(self._keys)
            tty.setcbreak(self._keys)
        ratings = KEYS[: self._settings.buttons - self._settings.undo_button]
        undo = f", {UNDO_KEY} takes back" if self._settings.undo_button else ""
        _say(f"keys {ratings[0]} to {ratings[-1]} are the buttons{undo}; Ctrl-C ends")
        self._thread.start()

    def light(self, signal: LightSignal) -> None:
        """See ButtonPanel."""
        _say(WORDS[signal])

    def status(self) -> PanelStatus:
        """See ButtonPanel."""
        return PanelStatus("ok" if self._thread.is_alive() else "lost")

    def stop(self) -> None:
        """See ButtonPanel; the terminal is as it was before."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._before is not None:
            termios.tcsetattr(self._keys, termios.TCSADRAIN, self._before)

    def _run(self) -> None:
        while not self._stopping.is_set():
            ready, _, _ = select.select([self._keys], [], [], 0.25)
            if ready:
                typed = os.read(self._keys, 1024)
                if not typed:
                    return
                for key in typed.decode(errors="ignore"):
                    self._typed(key)
            self._held.offer(self._clock.mono_ms())

    def _typed(self, key: str) -> None:
        undo = self._settings.undo_number
        if key == UNDO_KEY and undo is not None:
            button = undo
        elif key in KEYS and KEYS.index(key) < self._settings.buttons - self._settings.undo_button:
            button = KEYS.index(key) + 1
        else:
            return
        self._held.add(button, self._clock.mono_ms())


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
