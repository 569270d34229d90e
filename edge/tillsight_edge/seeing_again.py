"""Whether cameras that saw before a change see again after it."""

from collections.abc import Callable, Iterable, Mapping

from tillsight_models.events import CameraState
from tillsight_models.problems import said

from .ports import Clock

BLIND_S = 120.0
"""How long a camera may take to its first frame after a change: a slow card, several models."""


class SeeingAgain:
    """Judges one change at a time. A camera that was down before is nobody's fault now."""

    def __init__(self, states: Callable[[], Mapping[str, CameraState]], clock: Clock) -> None:
        self._states = states
        self._clock = clock
        self._expected: tuple[str, ...] = ()
        self._since_ms = 0

    def begin(self, cameras: Iterable[str]) -> None:
        """Something changes now for these."""
        states = self._states()
        self._expected = tuple(name for name in cameras if states.get(name) != "down")
        self._since_ms = self._clock.mono_ms()

    @property
    def blind(self) -> tuple[str, ...]:
        """Those that gave frames, and give none now."""
        states = self._states()
        return tuple(name for name in self._expected if states.get(name, "down") == "down")

    def trouble(self) -> str:
        """What has to be taken back for; empty as long as there is hope."""
        passed_s = (self._clock.mono_ms() - self._since_ms) / 1000
        blind = self.blind if passed_s >= BLIND_S else ()
        if not blind:
            return ""
        return str(said("camera_blind", cameras=", ".join(blind), seconds=f"{passed_s:.0f}"))
