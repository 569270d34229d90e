"""Which frames are taken: never more a second than wanted, evenly, and none is kept for later."""

EARLY_SHARE = 0.25
"""Of the time between two frames: a camera's frames are not quite even."""


class FrameRate:
    """Decides for each frame whether it is due."""

    def __init__(self, rate_hz: float) -> None:
        self._period_s = 1 / rate_hz
        self._due_s: float | None = None

    @property
    def period_s(self) -> float:
        """Between two frames that are taken."""
        return self._period_s

    def take(self, at_s: float) -> bool:
        """Whether the frame of this moment is taken; moments only grow."""
        if self._due_s is None:
            self._due_s = at_s
        if at_s < self._due_s - EARLY_SHARE * self._period_s:
            return False
        self._due_s = max(self._due_s + self._period_s, at_s + (1 - EARLY_SHARE) * self._period_s)
        return True
