"""From a button to a rating on disk: cool-down as a label, undo, and the light that answers the shopper."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from tillsight_models.events import ButtonPressed, Payload, PressUndone
from tillsight_models.scales import scale

from .config import PanelSettings
from .errors import OutboxUnwritable
from .outbox import Outbox
from .ports import Clock, LightSignal, PanelPress

PanelKind = Literal["gpio", "serial", "keyboard", "screen", "simulated"]

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Vote:
    """A rating that is on disk."""

    seq: int
    rating: int
    is_repeat: bool
    mono_ms: int


@dataclass(frozen=True)
class _Press:
    """The last press that is on disk and not taken back."""

    seq: int
    mono_ms: int
    before_ms: int | None
    """When the press before it was."""


class Feedback:
    """What happens to a press. The panel's thread and the kiosk's may call.

    The cool-down slides: it is measured from the previous press on the panel, whatever its button, so a
    child that keeps pressing is one response however long it goes on. A press that was taken back does not
    count for it: who corrects a mistake is not a repeater.
    """

    def __init__(
        self, panel: PanelSettings, outbox: Outbox, clock: Clock, light: Callable[[LightSignal], None]
    ) -> None:
        self._panel = panel
        self._scale = scale(panel.scale)
        self._outbox = outbox
        self._clock = clock
        self._light = light
        self._lock = threading.Lock()
        self._last: _Press | None = None
        self._last_ms: int | None = None

    def press(self, press: PanelPress, panel: PanelKind | None = None) -> Vote | LightSignal | None:
        """Store a press, then confirm it to the panel and light up. Unstored, it stays with the panel.

        `panel` is where it came from, if not from the device's own. Returns the vote that it was, UNDONE,
        ERROR (not stored), or None where there was nothing to rate or to take back.
        """
        with self._lock:
            try:
                done = self._store(press, panel or self._panel.kind)
            except OutboxUnwritable:
                self._light(LightSignal.ERROR)
                return LightSignal.ERROR
        press.confirm()
        if done is not None:
            self._light(LightSignal.THANKS if isinstance(done, Vote) else done)
        return done

    def follow(self, panel: PanelSettings) -> None:
        """Other times from now on; of the rest of the panel nothing changes."""
        with self._lock:
            self._panel = panel

    def recall(self, vote: Vote) -> None:
        """A press of just before a restart, for the cool-down and so that it can be taken back."""
        with self._lock:
            self._last = _Press(vote.seq, vote.mono_ms, None)
            self._last_ms = vote.mono_ms

    def undo(self) -> bool:
        """Take back the last press, as the undo button does; False where there is none young enough."""
        at_ms = self._clock.mono_ms()
        with self._lock:
            undone = self._undo(at_ms, None)
        if undone:
            self._light(LightSignal.UNDONE)
        return undone

    def _store(self, press: PanelPress, panel: PanelKind) -> Vote | LightSignal | None:
        if press.button == self._panel.undo_number:
            return LightSignal.UNDONE if self._undo(press.mono_ms, press.mark) else None
        if press.button > self._scale.ratings:
            log.warning("button %d pressed: scale %s has none", press.button, self._scale.id)
            self._remember(press.mark)
            return None
        pressed = self._pressed(press, panel)
        seq = self._append(pressed, press.mono_ms, press.mark)
        self._last = _Press(seq, press.mono_ms, self._last_ms)
        self._last_ms = press.mono_ms
        return Vote(seq, pressed.rating, "repeat" in pressed.labels, press.mono_ms)

    def _pressed(self, press: PanelPress, panel: PanelKind) -> ButtonPressed:
        gap_ms = None if self._last_ms is None else press.mono_ms - self._last_ms
        is_repeat = gap_ms is not None and gap_ms < self._panel.cooldown_s * 1000
        return ButtonPressed(
            button=press.button,
            rating=self._scale.rating(press.button, is_reversed=self._panel.reversed),
            scale=self._scale.id,
            labels=["repeat"] if is_repeat else [],
            panel=panel,
            panel_boot=press.panel_boot,
            panel_seq=press.panel_seq,
        )

    def _undo(self, at_ms: int, mark: tuple[str, str] | None) -> bool:
        last = self._last
        if last is None or at_ms - last.mono_ms > self._panel.undo_s * 1000:
            self._remember(mark)
            return False
        self._append(PressUndone(press=last.seq), at_ms, mark)
        self._last, self._last_ms = None, last.before_ms
        return True

    def _append(self, payload: Payload, at_ms: int, mark: tuple[str, str] | None) -> int:
        return self._outbox.append(payload, self._clock.stamp(at_ms), mark)

    def _remember(self, mark: tuple[str, str] | None) -> None:
        """Nothing to store, but the panel will not send this again."""
        if mark is not None:
            self._outbox.set_mark(*mark)
