"""Keeps the process that has the camera running: killed when it gives nothing, started again ever later."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..frames import Frame
from .ring import FrameRing

ENDED, BAD_SOURCE, NO_CAMERA = 0, 2, 3
"""Exit codes: the source has an end and came to it; it cannot be meant; it is not there, or gives nothing."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
"""Between an end and the next start; doubled each time that no frame came."""
STARTING_S = 12.0
"""How long a process may take to its first frame: Python, OpenCV and a stream that has to be opened."""
LONGEST_DETAIL = 300

QUIET_OPENCV: Mapping[str, str] = {
    "OPENCV_LOG_LEVEL": "SILENT",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;tcp",
    "OMP_NUM_THREADS": "1",
}
"""OpenCV and FFmpeg speak on stderr for themselves; we say what is wrong in one line."""


@dataclass(frozen=True)
class CaptureOrder:
    """What is to be captured."""

    source: str
    frame_rate_hz: float = 5.0
    username: str | None = None
    password_file: Path | None = None
    repeat: bool = False
    """A file or a folder begins again at its end."""

    def arguments(self, ring: FrameRing) -> list[str]:
        """The command line of the process."""
        words = [sys.executable, "-m", "tillsight_edge.vision.camera.capture", "--source", self.source]
        words += ["--frame-rate-hz", str(self.frame_rate_hz)]
        words += ["--ring-fd", str(ring.ring_fd), "--wake-fd", str(ring.wake_fd)]
        if self.username is not None and self.password_file is not None:
            words += ["--username", self.username, "--password-file", str(self.password_file)]
        return [*words, "--repeat"] if self.repeat else words


@dataclass(frozen=True)
class CaptureState:
    """How a camera is, as far as one can tell without a look at its frames."""

    down: bool
    """No frame for `down_after_s`."""
    age_s: float
    """Since the last frame, or since the start where there was none."""
    frames: int
    """Since the ring was made."""
    starts: int
    detail: str
    """What the process said last, or why it was killed; empty while frames come."""
    ended: bool = False
    """The source came to its end, and nothing more is expected."""


def _mono_s() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class CaptureProcess:
    """One camera's process; `tend` it about twice a second. No call here waits for the driver."""

    def __init__(
        self,
        order: CaptureOrder,
        ring: FrameRing,
        *,
        down_after_s: float = 5.0,
        starting_s: float = STARTING_S,
        now: Callable[[], float] = _mono_s,
    ) -> None:
        """`now` is on the clock of the frames."""
        self._order = order
        self._ring = ring
        self._down_after_s = down_after_s
        self._starting_s = max(starting_s, down_after_s)
        self._now = now
        self._child: subprocess.Popen[bytes] | None = None
        self._began_s = self._started_s = now()
        self._again_s = float("-inf")
        self._wait_s = FIRST_WAIT_S
        self._frames_before = 0
        self._starts = 0
        self._detail = ""
        self._ended = self._killed = False

    def start(self) -> None:
        """Start the process; `tend` does so too when it is time."""
        self._started_s = self._now()
        self._frames_before = self._ring.newest_known()[0]
        self._starts += 1
        self._killed = False
        self._child = subprocess.Popen(
            self._order.arguments(self._ring),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=self._ring.fds,
            env={**os.environ, **QUIET_OPENCV},
        )
        assert self._child.stderr is not None
        os.set_blocking(self._child.stderr.fileno(), False)

    def tend(self) -> CaptureState:
        """Kill the process when it hangs, start it when it is time, and tell how the camera is."""
        self._listen()
        if self._child is not None and (code := self._child.poll()) is not None:
            self._gone(code)
        elif self._child is not None and not self._killed:
            self._kill_when_it_hangs()
        elif self._child is None and not self._ended and self._now() >= self._again_s:
            self.start()
        return self.state()

    def rest(self) -> None:
        """Let the camera go until it is tended again; call this as often meanwhile."""
        self._began_s, self._again_s = self._now(), float("-inf")
        self.kill()
        if self._child is not None and self._child.poll() is not None:
            self._let_go()

    def state(self) -> CaptureState:
        """How the camera is now."""
        frames, mono_ms = self._ring.newest_known()
        age_s = max(0.0, self._now() - max(mono_ms / 1000, self._began_s))
        down = age_s > self._down_after_s
        detail = self._detail if down or frames == 0 else ""
        return CaptureState(down, age_s, frames, self._starts, detail, self._ended)

    def newest(self, after: int = 0, timeout_s: float = 0.0) -> Frame | None:
        """See FrameRing.newest."""
        return self._ring.newest(after, timeout_s)

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        return None if self._child is None else self._child.pid

    def kill(self) -> None:
        """End the process at once; one that hangs inside the kernel is gone when that lets it go."""
        if self._child is not None and self._child.poll() is None:
            self._killed = True
            self._child.kill()

    def close(self, patience_s: float = 2.0) -> None:
        """Kill it for good; the ring stays open."""
        self._ended = True
        self.kill()
        if self._child is None:
            return
        try:
            self._child.wait(patience_s)
        except subprocess.TimeoutExpired:
            return
        self._listen()
        self._let_go()

    def _kill_when_it_hangs(self) -> None:
        gave_frames = self._ring.newest_known()[0] > self._frames_before
        patience_s = self._down_after_s if gave_frames else self._starting_s
        quiet_s = self._now() - max(self._started_s, self._ring.newest_known()[1] / 1000)
        if quiet_s > patience_s:
            self._detail = f"camera {self._order.source}: gave no frame for {quiet_s:.0f} s"
            self.kill()

    def _gone(self, code: int) -> None:
        """The next start comes soon where frames came, else ever later."""
        gave_frames = self._ring.newest_known()[0] > self._frames_before
        self._ended = code == ENDED and not self._killed
        if not self._killed and code < 0:
            self._detail = f"camera {self._order.source}: its process was killed by signal {-code}"
        self._wait_s = FIRST_WAIT_S if gave_frames else min(LONGEST_WAIT_S, 2 * self._wait_s)
        self._again_s = self._now() + self._wait_s
        self._let_go()

    def _listen(self) -> None:
        """The last line that it said."""
        if self._child is None or self._child.stderr is None or self._child.stderr.closed:
            return
        said = self._child.stderr.read()
        lines = (said or b"").decode(errors="replace").split("\n")
        if said and (words := [line.strip() for line in lines if line.strip()]):
            self._detail = words[-1][:LONGEST_DETAIL]

    def _let_go(self) -> None:
        if self._child is not None:
            for pipe in (self._child.stdin, self._child.stderr):
                if pipe is not None:
                    pipe.close()
        self._child = None
