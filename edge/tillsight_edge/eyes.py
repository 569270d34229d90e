"""All that an agent with cameras has more than one without: the listener, and the process that sees."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tillsight_models.events import CameraState

from .camera_book import OnStored
from .cameras import Cameras
from .config import DeviceConfig
from .outbox import Outbox
from .ports import Clock
from .vision.networks.registry import model_hashes
from .vision_process import VisionProcess
from .wanted_cameras import CamerasFile, ToSee

LAST_WORDS_S = 6.0
"""For what was counted until the end."""


class Eyes:
    """Nothing that goes wrong here stops the agent."""

    def __init__(
        self,
        config: DeviceConfig,
        config_file: Path | None,
        outbox: Outbox,
        clock: Clock,
        *,
        on_change: Callable[[], None],
        on_stored: OnStored,
        paused_until_ms: Callable[[], int] = lambda: 0,
        wanted: Mapping[str, Any] | None = None,
    ) -> None:
        """Without `config_file`, or where `vision.start` is false, somebody else starts the other process.
        `wanted` is what the hub wants of the cameras; `config` has it already."""
        self.cameras = Cameras(
            config, outbox, clock, on_change=on_change, on_stored=on_stored, paused_until_ms=paused_until_ms
        )
        self._file = CamerasFile(config.cameras_file, is_shared=not config.vision.start)
        self._config = config
        self._to_see = ToSee(wanted or {}, _models_of(config))
        self._file.lay(self._to_see)
        self._process: VisionProcess | None = None
        if config.vision.start and config_file is not None:
            self._process = VisionProcess(config_file, config.vision_socket, clock)

    def start(self) -> None:
        """Listen; the other process is started by `turn`."""
        self.cameras.start()

    def follow(self, config: DeviceConfig, wanted: Mapping[str, Any]) -> None:
        """Other settings of the cameras; the process that sees opens those anew that have changed."""
        self._config = config
        self.cameras.follow(config)
        self._to_see = ToSee(wanted, self._to_see.models)
        self._file.lay(self._to_see)

    def open_anew(self) -> None:
        """The process that sees opens its models anew, if they have changed."""
        self.cameras.open_anew()
        self._to_see = ToSee(self._to_see.cameras, _models_of(self._config))
        self._file.lay(self._to_see)

    def turn(self) -> None:
        """About once a second: start the other process where it does not run."""
        self._file.lay(self._to_see)
        if self._process is not None:
            self._process.turn()

    def stop(self) -> None:
        """The process that sees tells what it has counted, and then it is gone."""
        if self._process is None:
            self.cameras.stop()
            return
        self._process.ask_to_end()
        self.cameras.stop(LAST_WORDS_S if self._process.running else 0)
        self._process.stop()

    @property
    def worst(self) -> CameraState:
        """Of all cameras; one of which nothing is known yet is down."""
        return self.cameras.worst or "down"

    @property
    def states(self) -> dict[str, CameraState]:
        """Of each camera of which something is known."""
        return {name: camera.state for name, camera in self.cameras.now.items()}

    @property
    def is_someone_there(self) -> bool:
        """Whether somebody stands in the zone of a camera."""
        return any(camera.present for camera in self.cameras.now.values())

    @property
    def contacts(self) -> int:
        """Counted by cameras and stored since the start."""
        return self.cameras.contacts


def _models_of(config: DeviceConfig) -> str:
    """Another word whenever the models in use are others."""
    hashes = sorted(model_hashes(config).items())
    return hashlib.sha256(repr(hashes).encode()).hexdigest()[:16]
