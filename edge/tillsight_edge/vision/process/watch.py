"""The child that looks at one camera's frames: it opens its models, gives its rights up, and counts.

    frame ring -> eyesight -> pipeline -> messages of numbers -> line to the agent

The vision process is wired together here, and only here.
"""

import argparse
import logging
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tillsight_models.errors import TillsightError

from ...config import DeviceConfig
from ...wanted_cameras import load_seen
from ..camera.eyesight import Eyesight
from ..camera.ring import FrameRing
from ..counting.pipeline import Pipeline
from ..errors import BadModel
from ..faces.moods import Moods, open_moods
from ..networks.detector import OnnxDetector
from ..networks.registry import Registry
from . import sandbox
from .line import AgentLine
from .pulse import beat, boot_ms, die_with_parent
from .sandbox import LogInPieces, Profile
from .watcher import Watcher
from .wire import PresenceSeen, Seen

log = logging.getLogger(__name__)

LOOK_S = 0.25
"""The longest wait for a frame; the line to the agent is looked after as often."""
BEAT_MS = 1_000
FAREWELL_S = 3.0


class Watch:
    """The loop around a watcher: takes frames, tells the agent, and lets the supervisor feel a pulse."""

    def __init__(
        self, watcher: Watcher, ring: FrameRing, line: AgentLine, pulse: int, mono_ms: Callable[[], int]
    ) -> None:
        self._watcher = watcher
        self._ring = ring
        self._line = line
        self._pulse = pulse
        self._mono_ms = mono_ms
        self._number = ring.newest_known()[0]
        self._beat_ms = 0
        self._told_now: PresenceSeen | None = None
        self._told_looking: bool | None = None
        self._stopping = False

    def stop(self) -> None:
        """Return from `run` soon."""
        self._stopping = True

    def run(self) -> None:
        """Until `stop`; what was counted by then is told, if the agent listens."""
        while not self._stopping:
            self.turn()
        self._tell(self._watcher.finish(self._mono_ms()))
        deadline = self._mono_ms() + 1000 * FAREWELL_S
        while self._line.connected and self._line.waiting and self._mono_ms() < deadline:
            self._line.turn()
            time.sleep(0.01)
        self._line.close()

    def turn(self) -> None:
        """One frame, or the wait for it."""
        self._tell(self._rest() if self._line.is_paused else self._look())
        now_ms = self._mono_ms()
        self._tell(self._watcher.windows(now_ms))
        self._line.turn()
        self._beat(now_ms)

    def _look(self) -> list[Seen]:
        self._watcher.go_on(self._mono_ms())
        frame = self._ring.newest(self._number, LOOK_S)
        if frame is None:
            return self._watcher.no_frame(self._mono_ms())
        self._number = frame.number
        return self._watcher.frame(frame, self._mono_ms())

    def _rest(self) -> list[Seen]:
        """What the camera's process wrote before it let the camera go is never looked at."""
        time.sleep(LOOK_S)
        self._number = self._ring.newest_known()[0]
        return self._watcher.pause(self._mono_ms())

    def _beat(self, now_ms: int) -> None:
        """To agent and supervisor each second, and at once where something has changed."""
        now, looking = self._watcher.now, self._line.wants_frames
        due = now_ms - self._beat_ms >= BEAT_MS
        if due or now != self._told_now:
            self._line.tell_now(now)
            self._told_now = now
        if due or looking != self._told_looking:
            self._beat_ms, self._told_looking = now_ms, looking
            beat(self._pulse, agent_listens=self._line.connected, looking=looking)

    def _tell(self, told: Iterable[Seen]) -> None:
        for seen in told:
            self._line.tell(seen)


def open_watcher(config: DeviceConfig, camera: str, now_ms: int) -> Watcher:
    """Everything that looks at one camera; BadModel where the model that finds persons is missing."""
    settings = config.cameras[camera]
    persons = Registry(config.vision.models_folder).find(config.vision.persons_model, "persons")
    moods = _moods(config) if settings.zone is not None else None
    pipeline = Pipeline(
        settings, OnnxDetector(persons), faces=moods, sure=persons.entry.threshold_of("person")
    )
    return Watcher(settings, pipeline, Eyesight(), moods, window_s=config.vision.window_s, now_ms=now_ms)


def _moods(config: DeviceConfig) -> Moods | None:
    """What looks at faces; without its models counting goes on without it."""
    try:
        return open_moods(config)
    except BadModel as error:
        log.error("faces are not looked at: %s", error)  # noqa: TRY400 - one line is all there is to say
        return None


def main(argv: list[str] | None = None) -> int:
    """Only for the supervisor to call, which passes file descriptors."""
    arguments = _parser().parse_args(argv)
    sys.stderr = LogInPieces()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    die_with_parent(arguments.parent)
    try:
        return _watch(arguments)
    except TillsightError as error:
        log.error("camera %s: %s", arguments.camera, error)  # noqa: TRY400 - one line is all there is to say
        return 1


def _watch(arguments: argparse.Namespace) -> int:
    config = load_seen(arguments.config)
    is_off = config.cameras[arguments.camera].off
    line = AgentLine(config.vision_socket, arguments.camera, boot_ms, is_off=is_off)
    _ask_for_frames(line, arguments.pulse)
    watcher = open_watcher(config, arguments.camera, boot_ms())
    ring = FrameRing(arguments.ring, arguments.wake)
    watch = Watch(watcher, ring, line, arguments.pulse, boot_ms)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: watch.stop())
    sandbox.enter(Profile.WATCH)
    watch.run()
    return 0


def _ask_for_frames(line: AgentLine, pulse: int) -> None:
    """While models are opened the camera can be opened too, unless it is paused."""
    line.turn()
    while not (line.wants_frames or line.is_paused):
        time.sleep(0.01)
        line.turn()
    beat(pulse, agent_listens=line.connected, looking=line.wants_frames, loading=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="watch")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--camera", required=True)
    for descriptor in ("ring", "wake", "pulse"):
        parser.add_argument(f"--{descriptor}", type=int, required=True)
    parser.add_argument("--parent", type=int, required=True)
    return parser


if __name__ == "__main__":
    sys.exit(main())
