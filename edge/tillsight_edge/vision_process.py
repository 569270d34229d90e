"""The agent's child: the process that sees, started again whenever it ends."""

import hashlib
import logging
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from .ports import Clock

log = logging.getLogger(__name__)

FIRST_WAIT_MS, LONGEST_WAIT_MS = 1_000, 60_000
LIVED_MS = 30_000
"""Who lived so long is started again at once."""
PATIENCE_S = 8.0
STARTED_BY_AGENT = "TILLSIGHT_STARTED_BY_AGENT"
"""Tells the process that it shall end when no agent listens any more."""


class VisionProcess:
    """`tillsight-edge vision` as a child. It outlives an agent that is killed, so that what it counted waits
    for the next one; that one finds it running and starts no second."""

    def __init__(self, config_file: Path, vision_socket: Path, clock: Clock) -> None:
        self._config_file = config_file
        self._socket = vision_socket
        self._clock = clock
        self._child: subprocess.Popen[bytes] | None = None
        self._started_ms = 0
        self._not_before_ms = 0
        self._wait_ms = FIRST_WAIT_MS

    @property
    def running(self) -> bool:
        """Whether it is our child and lives."""
        return self._child is not None and self._child.poll() is None

    def turn(self) -> None:
        """Start it where it does not run and may be tried again."""
        now_ms = self._clock.mono_ms()
        if self._child is not None:
            code = self._child.poll()
            if code is None:
                return
            self._child = None
            self._wait_ms = self._next_wait(now_ms)
            self._not_before_ms = now_ms + self._wait_ms
            log.error("the process that sees has ended with %d; next try in %d ms", code, self._wait_ms)
        if now_ms < self._not_before_ms or is_running(self._socket):
            return
        words = [sys.executable, "-m", "tillsight_edge", "vision", "--config", str(self._config_file)]
        environment = {**os.environ, STARTED_BY_AGENT: str(os.getpid())}
        environment.pop("NOTIFY_SOCKET", None)
        self._started_ms = now_ms
        try:
            self._child = subprocess.Popen(words, stdin=subprocess.DEVNULL, env=environment)
        except OSError as error:
            log.error("the process that sees cannot be started: %s", error.strerror)  # noqa: TRY400
            self._not_before_ms = now_ms + LONGEST_WAIT_MS

    def ask_to_end(self) -> None:
        """It finishes what it has begun and tells it."""
        if self._child is not None:
            with suppress(ProcessLookupError):
                self._child.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """It is gone when this returns."""
        if self._child is None:
            return
        self.ask_to_end()
        try:
            self._child.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._child = None

    def _next_wait(self, now_ms: int) -> int:
        if now_ms - self._started_ms > LIVED_MS:
            return FIRST_WAIT_MS
        return min(LONGEST_WAIT_MS, 2 * self._wait_ms)


def take_the_place(vision_socket: Path) -> socket.socket | None:
    """Hold this open while working; None where another one works for this agent already.

    A name in the kernel, because the process that sees makes no file.
    """
    place = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        name = hashlib.sha256(os.fsencode(vision_socket.absolute())).hexdigest()
        place.bind(f"\0tillsight-vision-{name}")
    except OSError:
        place.close()
        return None
    return place


def is_running(vision_socket: Path) -> bool:
    """Whether somebody works there."""
    place = take_the_place(vision_socket)
    if place is not None:
        place.close()
    return place is None
