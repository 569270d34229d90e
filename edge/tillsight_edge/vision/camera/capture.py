"""The process that has a camera, and nothing else: it writes frames into the ring until it is killed.

A driver may hang in it for ever; `CaptureProcess` starts it and kills it.
"""

import argparse
import os
import sys
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2

from ..errors import BadFrame, BadSource, CameraUnavailable, SandboxUnavailable
from ..process import sandbox
from ..process.sandbox import Profile
from .capture_process import BAD_SOURCE, ENDED, NO_CAMERA
from .pacing import FrameRate
from .ring import FrameRing
from .sources import Credentials, FrameSource, open_source


def main(arguments: list[str] | None = None) -> int:
    """Capture until the end of the source or of the parent; one line on stderr says why it failed."""
    wanted = _parser().parse_args(arguments)
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_the_parent, name="lifeline", daemon=True).start()
    try:
        source = open_source(wanted.source, wanted.frame_rate_hz, _credentials(wanted))
        ring = FrameRing(wanted.ring_fd, wanted.wake_fd)
        capture = Capture(source, ring, wanted.frame_rate_hz, say=_say)
        capture.run(repeat=wanted.repeat, on_open=_confine(wanted.source))
    except BadSource as error:
        _say(str(error))
        return BAD_SOURCE
    except (CameraUnavailable, SandboxUnavailable) as error:
        _say(str(error))
        return NO_CAMERA
    return ENDED


class Capture:
    """Takes frames from a source at a rate; too late is never."""

    def __init__(
        self, source: FrameSource, ring: FrameRing, rate_hz: float, *, say: Callable[[str], None]
    ) -> None:
        """`say` is told what is wrong with frames, the same thing once."""
        self._source = source
        self._ring = ring
        self._rate = FrameRate(rate_hz)
        self._say = say
        self._said = ""
        self._frames = 0

    def run(self, *, repeat: bool, on_open: Callable[[], None] = lambda: None) -> None:
        """Until the end of the source, or with `repeat` from its end to its beginning for ever."""
        while True:
            before = self._frames
            self._source.open()
            try:
                on_open()
                self._take_all()
            finally:
                self._source.close()
            if self._frames == before:
                raise CameraUnavailable("the source ends before its first frame")
            if not repeat:
                return

    def _take_all(self) -> None:
        own_hz = self._source.rate_hz
        if own_hz is None:
            self._take_live()
        else:
            self._take_paced(own_hz)

    def _take_live(self) -> None:
        while self._source.advance():
            self._frames += 1
            mono_ms = _mono_ms()
            if self._rate.take(mono_ms / 1000):
                self._write(mono_ms)

    def _take_paced(self, own_hz: float) -> None:
        """Each frame at the time at which it would have come; those that are late are left out."""
        began_s, number = _mono_ms() / 1000, 0
        while self._source.advance():
            self._frames += 1
            at_s = began_s + number / own_hz
            number += 1
            if not self._rate.take(at_s):
                continue
            early_s = at_s - _mono_ms() / 1000
            if early_s > 0:
                time.sleep(early_s)
            if early_s > -self._rate.period_s:
                self._write(round(at_s * 1000))

    def _write(self, mono_ms: int) -> None:
        try:
            self._ring.write(self._source.image(), mono_ms)
        except BadFrame as error:
            if str(error) != self._said:
                self._said = str(error)
                self._say(self._said)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="tillsight-capture", description=__doc__)
    parser.add_argument("--source", required=True)
    parser.add_argument("--frame-rate-hz", type=float, default=5.0)
    parser.add_argument("--ring-fd", type=int, required=True)
    parser.add_argument("--wake-fd", type=int, required=True)
    parser.add_argument("--username")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--repeat", action="store_true")
    return parser


def _credentials(wanted: argparse.Namespace) -> Credentials | None:
    if wanted.username is None or wanted.password_file is None:
        return None
    try:
        password = wanted.password_file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise CameraUnavailable(f"password_file {wanted.password_file}: {error.strerror}") from error
    return Credentials(wanted.username, password)


def _confine(source: str) -> Callable[[], None]:
    """Give rights up: at once where it is the network that is spoken to, else once the source is open.

    A camera of this machine can only be opened for writing, by its driver's will.
    """
    if source.startswith("rtsp://"):
        sandbox.enter(Profile.CAPTURE_NETWORK)
        return lambda: None
    return cache(lambda: sandbox.enter(Profile.CAPTURE))


def _end_with_the_parent() -> None:
    """Standard input is a pipe that the parent never writes to; it ends with the parent."""
    os.read(0, 1)
    os._exit(ENDED)


def _mono_ms() -> int:
    """As `Clock.mono_ms`."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
