"""The rendered store as a camera."""

from ...errors import BadFrame
from ...frames import Image
from ...scene.script import SceneScript, busy_till
from ...scene.store import StoreScene


class RenderedStore:
    """See FrameSource; it never ends."""

    def __init__(
        self,
        seed: int,
        rate_hz: float,
        every_s: float | None = None,
        script: SceneScript | None = None,
    ) -> None:
        """A customer comes about each `every_s`, unless a script says more."""
        self._seed = seed
        self._rate_hz = rate_hz
        self._script = script or (busy_till(seed) if every_s is None else busy_till(seed, every_s=every_s))
        self._scene: StoreScene | None = None
        self._frames = 0

    @property
    def rate_hz(self) -> float | None:
        """See FrameSource."""
        return self._rate_hz

    def open(self) -> None:
        """See FrameSource."""
        self._scene = StoreScene(self._seed, script=self._script)
        self._frames = 0

    def advance(self) -> bool:
        """See FrameSource."""
        self._frames += 1
        return self._scene is not None

    def image(self) -> Image:
        """See FrameSource."""
        if self._scene is None:
            raise BadFrame(f"camera scene:{self._seed}: is not open")
        return self._scene.render((self._frames - 1) / self._rate_hz).image

    def close(self) -> None:
        """See FrameSource."""
        self._scene = None
