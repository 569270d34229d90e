"""The supervisor of everything that sees. It starts, watches and ends the others, and looks at no frame.

For each camera a `capture` child writes frames into a ring in memory, and a `watch` child counts in them.
What dies or hangs is killed and started again; one camera never stops another.
"""

import logging
import os
import select
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tillsight_models.errors import BadConfig
from tillsight_models.supervision import Supervisor

from ...camera_config import CameraSettings
from ...config import DeviceConfig
from ...wanted_cameras import load_seen, read_laid
from ..camera.capture_process import CaptureOrder, CaptureProcess, CaptureState
from ..camera.ring import FrameRing
from .pulse import AGENT, LOADING, LOOKING, boot_ms

log = logging.getLogger(__name__)

TURN_S = 0.2
FIRST_WAIT_MS, LONGEST_WAIT_MS = 500, 60_000
LIVED_MS = 30_000
LOADING_MS = 60_000
"""So long until the first pulse: a slow card, four models."""
NO_PULSE_MS = 10_000
FAREWELL_S = 5.0
ABANDONED_MS = 60_000
"""Without an agent for so long, what an agent has started ends by itself."""


class Child:
    """One process of this package, started again when it has ended, each time a little later."""

    def __init__(self, name: str, words: Sequence[str], fds: Sequence[int]) -> None:
        self.name = name
        self._words = list(words)
        self._fds = tuple(fds)
        self._process: subprocess.Popen[bytes] | None = None
        self._not_before_ms = 0
        self._wait_ms = FIRST_WAIT_MS
        self.started_ms = 0

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def turn(self, now_ms: int) -> bool:
        """Start it where it does not run and may be tried again; True where it was started now."""
        if self.running:
            return False
        if self._process is not None:
            lived_ms = now_ms - self.started_ms
            self._wait_ms = FIRST_WAIT_MS if lived_ms > LIVED_MS else min(LONGEST_WAIT_MS, 2 * self._wait_ms)
            self._not_before_ms = now_ms + self._wait_ms
            log.info("%s has ended with %s", self.name, self._process.returncode)
            self._process = None
        if now_ms < self._not_before_ms:
            return False
        words = [sys.executable, "-m", *self._words, "--parent", str(os.getpid())]
        one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
        self._process = subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            pass_fds=self._fds,
            env={**os.environ, **one_thread, "NOTIFY_SOCKET": ""},
        )
        self.started_ms = now_ms
        return True

    def ask_to_end(self) -> None:
        """SIGTERM."""
        if self._process is not None and self.running:
            self._process.terminate()

    def kill(self) -> None:
        """Whatever it does, it is gone now; a later `turn` starts it again."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def end(self, seconds: float) -> None:
        """Wait until it has ended by itself, for so long at most."""
        if self._process is not None:
            try:
                self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()


class CameraChildren:
    """One camera: its ring, the child that captures, and the child that watches."""

    def __init__(self, config_file: Path, name: str, settings: CameraSettings) -> None:
        self.name = name
        self.settings = settings
        self._ring = FrameRing.create()
        self._capture = CaptureProcess(_order(settings), self._ring, down_after_s=settings.down_after_s)
        self._pulse, beat = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._beat = beat
        ring_fd, wake_fd = self._ring.fds
        words = ["--config", str(config_file), "--camera", name]
        words += ["--ring", str(ring_fd), "--wake", str(wake_fd), "--pulse", str(beat)]
        self._watch = Child(
            f"camera {name}: watch", [f"{__package__}.watch", *words], (ring_fd, wake_fd, beat)
        )
        self._pulse_ms: int | None = None
        """When the watching child was last felt; None until it was, since its start."""
        self._down = False
        self._looking = False
        """Frames are wanted; not before the watching child has asked whether they are."""
        self.agent_ms = boot_ms()
        """When an agent last listened."""

    @property
    def at_work(self) -> bool:
        """Frames are looked at, or their absence is told: as long as the watching child has a pulse."""
        return self._pulse_ms is not None

    def turn(self, now_ms: int) -> None:
        """Feel the pulse; end what hangs and start what has ended."""
        self._feel(now_ms)
        if self._looking:
            self._tell(self._capture.tend())
        else:
            self._capture.rest()
        if self._watch.turn(now_ms):
            self._pulse_ms = None
        if self._watch.running and now_ms > self._next_pulse_ms():
            log.error("camera %s: watch has no pulse and is killed", self.name)
            self._watch.kill()
            self._pulse_ms = None

    def end(self) -> None:
        """First the watching child, so that it can tell what it has counted."""
        self._watch.ask_to_end()
        self._watch.end(FAREWELL_S)
        self._capture.close()
        self._ring.close()
        os.close(self._pulse)
        os.close(self._beat)

    def _feel(self, now_ms: int) -> None:
        try:
            beats = os.read(self._pulse, 4096)
        except BlockingIOError:
            return
        self._looking = bool(beats[-1] & LOOKING)
        if not all(beat & LOADING for beat in beats):
            self._pulse_ms = now_ms
        if any(beat & AGENT for beat in beats):
            self.agent_ms = now_ms

    def _next_pulse_ms(self) -> int:
        if self._pulse_ms is None:
            return self._watch.started_ms + LOADING_MS
        return self._pulse_ms + NO_PULSE_MS

    def _tell(self, state: CaptureState) -> None:
        if state.down and not self._down:
            log.warning("camera %s is down: %s", self.name, state.detail or "no frame yet")
        elif self._down and not state.down:
            log.warning("camera %s is back", self.name)
        self._down = state.down


def _order(settings: CameraSettings) -> CaptureOrder:
    """A file begins again at its end: it stands for a camera."""
    return CaptureOrder(
        settings.source, settings.frame_rate_hz, settings.username, settings.password_file, repeat=True
    )


class _LaidFile:
    """Tells when the agent has laid something new; the first look is at something new too."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: tuple[int, int] | None = (0, 0)

    def is_new(self) -> bool:
        """Since the last question."""
        before = self._known
        try:
            found = self._path.stat()
            self._known = found.st_ino, found.st_mtime_ns
        except OSError:
            self._known = None
        return self._known != before


class VisionSupervisor:
    """All cameras of a device, until it is told to stop or nobody listens any more."""

    def __init__(
        self,
        config: DeviceConfig,
        config_file: Path,
        *,
        started_by_agent: bool,
        mono_ms: Callable[[], int] = boot_ms,
    ) -> None:
        self._config_file = config_file
        self._laid = _LaidFile(config.cameras_file)
        self._models = read_laid(config.cameras_file).models
        self._cameras = [CameraChildren(config_file, name, camera) for name, camera in config.cameras.items()]
        self._started_by_agent = started_by_agent
        self._mono_ms = mono_ms
        self._supervisor = Supervisor()
        self._wake, self._alarm = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._stopping = False

    def stop(self) -> None:
        """Return from `run` soon; from any signal handler."""
        self._stopping = True
        os.write(self._alarm, b"!")

    def run(self) -> None:
        """Until `stop`."""
        try:
            self._supervisor.ready()
            while not self._stopping and not self._abandoned():
                now_ms = self._mono_ms()
                if self._laid.is_new():
                    self._follow()
                for camera in self._cameras:
                    camera.turn(now_ms)
                self._report()
                select.select([self._wake], [], [], TURN_S)
        finally:
            self._supervisor.stopping()
            for camera in self._cameras:
                camera.end()

    def _follow(self) -> None:
        """The agent laid something new: cameras that it changes are opened anew, the others go on."""
        try:
            config = load_seen(self._config_file)
        except BadConfig as error:  # the device's own file was changed, and is not good
            log.warning("cameras go on as they are: %s", "; ".join(error.problems))
            return
        before, self._models = self._models, read_laid(config.cameras_file).models
        for number, camera in enumerate(self._cameras):
            settings = config.cameras.get(camera.name)
            if settings is None or (settings == camera.settings and self._models == before):
                continue
            log.warning("camera %s: is opened anew, as the agent wants it", camera.name)
            camera.end()
            self._cameras[number] = CameraChildren(self._config_file, camera.name, settings)
            self._cameras[number].agent_ms = camera.agent_ms

    def _report(self) -> None:
        """One camera that nobody can watch must not have systemd restart all the others."""
        idle = [camera.name for camera in self._cameras if not camera.at_work]
        status = f"no pulse: {', '.join(idle)}" if idle else f"{len(self._cameras)} cameras are watched"
        if len(idle) < len(self._cameras):
            self._supervisor.alive(status)
        else:
            self._supervisor.troubled(status)

    def _abandoned(self) -> bool:
        heard_ms = max(camera.agent_ms for camera in self._cameras)
        if not self._started_by_agent or self._mono_ms() - heard_ms < ABANDONED_MS:
            return False
        log.warning("no agent has listened for %d s: the end", ABANDONED_MS // 1000)
        return True
