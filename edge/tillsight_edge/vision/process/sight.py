"""How long a camera really worked: periods that follow one another and add up to the time that passed."""

from tillsight_models.events import CameraState

from .wire import CameraSeen


class SightMeter:
    """Keeps account of one camera. Periods end at the last frame while all is well, else now.

    A span between two frames worked where the camera was `ok` at its beginning and the second frame came
    in time. Nothing is known before the first frame; if none comes in time, the camera is down.
    """

    def __init__(self, began_ms: int, down_after_s: float) -> None:
        self._limit_ms = 1000 * down_after_s
        self._state: CameraState | None = None
        self._from_ms = self._last_ms = began_ms
        self._working_ms = 0
        self._frames = self._looked = 0

    @property
    def state(self) -> CameraState:
        """How it is now; `down` also before anything is known."""
        return self._state or "down"

    @property
    def sees(self) -> bool:
        """Whether what is counted now can be believed."""
        return self._state == "ok"

    @property
    def worked(self) -> bool:
        """Whether there was anything to see since the last period."""
        return self._working_ms > 0

    def frame(self, now_ms: int, state: CameraState, *, looked: bool = False) -> CameraSeen | None:
        """A frame came, and the camera is in this state; the period that a change of state ends."""
        span_ms = max(0, now_ms - self._last_ms)
        if self.sees and span_ms <= self._limit_ms:
            self._working_ms += span_ms
        self._last_ms = max(self._last_ms, now_ms)
        self._frames += 1
        self._looked += looked
        if state == self._state:
            return None
        self._state = state
        return self._period(self._last_ms)

    def no_frame(self, now_ms: int) -> CameraSeen | None:
        """None came until now; the period that ends because the camera is down."""
        if self._state == "down" or now_ms - self._last_ms <= self._limit_ms:
            return None
        self._state = "down"
        return self._period(now_ms)

    def pause(self, now_ms: int) -> CameraSeen:
        """No frame is wanted from now on; the period that ends with that."""
        self._state = "paused"
        return self._period(max(now_ms, self._last_ms))

    def go_on(self, now_ms: int) -> None:
        """Frames are wanted again; the camera is `paused` until the first one, or `down` where none comes."""
        self._last_ms = max(now_ms, self._last_ms)

    def period(self, now_ms: int) -> CameraSeen:
        """What was since the last period."""
        return self._period(self._last_ms if self.sees else max(now_ms, self._last_ms))

    def _period(self, at_ms: int) -> CameraSeen:
        seen = CameraSeen(
            at_ms=at_ms,
            period_ms=at_ms - self._from_ms,
            working_ms=self._working_ms,
            state=self.state,
            frames=self._frames,
            looked=self._looked,
        )
        self._from_ms = at_ms
        self._working_ms = self._frames = self._looked = 0
        return seen
