"""Presses of a panel that has no memory of its own, kept until they are on disk."""

from collections import deque
from collections.abc import Callable

from ..ports import PanelPress

MOST = 64
OFFER_AGAIN_MS = 1_000


class HeldPresses:
    """Offers presses in order, each again until it is confirmed, and none before the one before it."""

    def __init__(self, on_press: Callable[[PanelPress], None]) -> None:
        self._on_press = on_press
        self._held: deque[PanelPress] = deque()
        self._again_ms = 0

    def add(self, button: int, mono_ms: int) -> bool:
        """Keep a press; False, and it is lost, where too many wait already."""
        if len(self._held) >= MOST:
            return False
        self._held.append(PanelPress(button, mono_ms, self._drop_first))
        return True

    def offer(self, now_ms: int) -> None:
        """Offer what waits; after a refusal not again before a second has passed."""
        while self._held and now_ms >= self._again_ms:
            waiting = len(self._held)
            self._on_press(self._held[0])
            if len(self._held) == waiting:
                self._again_ms = now_ms + OFFER_AGAIN_MS

    def _drop_first(self) -> None:
        self._held.popleft()

    def __len__(self) -> int:
        return len(self._held)
