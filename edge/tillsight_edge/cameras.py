"""The agent's side of the line: what cameras have seen becomes events, each stored once."""

import logging
import os
import selectors
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass

from tillsight_models.events import CameraState

from .camera_book import CameraBook, OnStored
from .config import DeviceConfig
from .errors import OutboxUnwritable
from .outbox import Outbox
from .ports import Clock
from .socket_paths import address_of
from .vision.process import wire
from .vision.process.wire import BadMessage, Confirmed, Message, PauseAsked, PresenceSeen

log = logging.getLogger(__name__)

TURN_S = 0.25
RETRY_S = 2.0
STARTING_S = 20.0
"""A slow card and several models; each camera's patience after that is its `down_after_s`."""
MOST_LINES = 16
"""Connections at a time; more wait."""
MOST_AT_ONCE = 1_000
"""Packets of one connection before the others have their turn."""
WORST_FIRST: tuple[CameraState, ...] = ("down", "covered", "moved", "frozen", "dark", "paused", "ok")


@dataclass(frozen=True)
class CameraNow:
    """How one camera is."""

    state: CameraState = "down"
    present: int = 0
    """People in the zone."""
    serving: int = 0
    """Those of them who are being served."""


@dataclass
class _Line:
    """One connection; `held` is a message that the disk has not taken yet."""

    socket: socket.socket
    camera: str = ""
    held: bytes | None = None
    told_until_ms: int | None = None
    """What it was told of a pause; None: nothing yet."""


class Cameras:
    """Listens to the process that sees, in a thread of its own. Nothing that it says can stop the agent."""

    def __init__(
        self,
        config: DeviceConfig,
        outbox: Outbox,
        clock: Clock,
        *,
        on_change: Callable[[], None] = lambda: None,
        on_stored: OnStored = lambda _payload, _at: None,
        paused_until_ms: Callable[[], int] = lambda: 0,
        starting_s: float = STARTING_S,
    ) -> None:
        """Both `on` are called from the thread: when `now` has changed, and when an event is on the disk.

        A camera of which nothing was heard yet is not called silent before `starting_s`.
        """
        self._config = config
        self._book = CameraBook(config, outbox, clock, on_stored)
        self._clock = clock
        self._on_change = on_change
        self._paused_until_ms = paused_until_ms
        self._path = config.vision_socket
        self._selector = selectors.DefaultSelector()
        self._listener: socket.socket | None = None
        self._lines: list[_Line] = []
        """Oldest first."""
        starting_ms = clock.mono_ms() + round(1000 * starting_s)
        self._patient_ms = dict.fromkeys(config.cameras, starting_ms)
        """Until when each camera may be silent; later from then on with every word."""
        self._settled_ms: dict[str, int] = {}
        """Until when a camera that has new settings may be silent."""
        self._starting_ms = round(1000 * starting_s)
        self._silence_told_ms: dict[str, int] = {}
        self._now: dict[str, CameraNow] = {}
        self._retry_ms = 0
        self._stopping = threading.Event()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cameras", daemon=True)
        self._problem = ""
        self.refused = 0
        """Messages that were none, since the start."""

    @property
    def contacts(self) -> int:
        """Stored since the start."""
        return self._book.contacts

    @property
    def now(self) -> dict[str, CameraNow]:
        """Each camera as it is; from any thread. One of which nothing was heard yet is not there."""
        return dict(self._now)

    @property
    def worst(self) -> CameraState | None:
        """The worst state of all; None as long as nothing is known."""
        states = {camera.state for camera in self._now.values()}
        return next((state for state in WORST_FIRST if state in states), None)

    def start(self) -> None:
        """Listen; a socket that cannot be made is tried again, and cameras are down until then."""
        self._thread.start()

    def follow(self, config: DeviceConfig) -> None:
        """Other settings of the same cameras; those that change are opened anew. From any thread."""
        now_ms = self._clock.mono_ms()
        for name, camera in config.cameras.items():
            if camera != self._config.cameras[name]:
                self._settled_ms[name] = now_ms + self._starting_ms
        self._config = config
        self._book.follow(config)

    def open_anew(self) -> None:
        """All cameras are opened anew now. From any thread."""
        until_ms = self._clock.mono_ms() + self._starting_ms
        self._settled_ms = dict.fromkeys(self._config.cameras, until_ms)

    def stop(self, seconds: float = 0) -> None:
        """Take what is still said, for so long at most, or until everybody has hung up."""
        self._stopping.set()
        self._ended.wait(seconds)
        if self._thread.is_alive():
            self._ended.set()
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._ended.is_set():
                self._turn()
                if self._stopping.is_set() and not self._lines:
                    return
        finally:
            self._ended.set()
            for line in list(self._lines):
                self._hang_up(line)
            self._close()

    def _turn(self) -> None:
        if self._listener is None:
            self._listen()
        if self._listener is None or any(line.held for line in self._lines):
            self._ended.wait(TURN_S)  # what cannot be taken now would wake us at once
        if any(key.data is None for key, _ in self._selector.select(TURN_S)):
            self._accept()
        for line in list(self._lines):
            self._tell_pause(line)
            self._read(line)
        if not self._stopping.is_set():
            for camera in self._config.cameras:
                self._notice_silence(camera)

    def _listen(self) -> None:
        if self._clock.mono_ms() < self._retry_ms:
            return
        self._retry_ms = self._clock.mono_ms() + round(1000 * RETRY_S)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.setblocking(False)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if self._path.is_socket():
                self._path.unlink()
            with address_of(self._path) as address:
                listener.bind(address)
            self._path.chmod(0o600 if self._config.vision.start else 0o660)
            listener.listen(MOST_LINES)
        except OSError as error:
            listener.close()
            self._tell_problem(f"vision socket {self._path}: {error.strerror or error}")
            return
        self._tell_problem("")
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ, None)

    def _accept(self) -> None:
        assert self._listener is not None
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        if len(self._lines) >= MOST_LINES or not _may_speak(connection, self._config.vision.start):
            log.warning("vision socket %s: a connection that is not ours is refused", self._path)
            connection.close()
            return
        connection.setblocking(False)
        line = _Line(connection)
        self._lines.append(line)
        self._selector.register(connection, selectors.EVENT_READ, line)

    def _read(self, line: _Line) -> None:
        """What this one has said; what the disk does not take is tried again, and the rest waits."""
        try:
            for _ in range(MOST_AT_ONCE):
                if line not in self._lines:
                    return
                packet = line.held or line.socket.recv(wire.MAX_BYTES + 1)
                if not packet:
                    self._hang_up(line)
                    return
                line.held = packet
                self._take(line, packet)
                line.held = None
        except (BlockingIOError, OutboxUnwritable):
            return
        except OSError:
            self._hang_up(line)

    def _take(self, line: _Line, packet: bytes) -> None:
        try:
            message = self._understood(packet)
            self._heard(message.camera)
            self._one_speaker(line, message.camera)
            if isinstance(message.seen, PresenceSeen):
                self._show(message.camera, message.seen)
            else:
                self._book.store(message)
                self._confirm(line, message)
        except BadMessage as error:
            self._refuse(error)

    def _understood(self, packet: bytes) -> Message:
        message = wire.decode(packet)
        if message.camera not in self._config.cameras:
            raise BadMessage(f"camera {message.camera!r}: is not configured")
        return message

    def _confirm(self, line: _Line, message: Message) -> None:
        self._say(line, Confirmed(session=message.session, seq=message.seq))  # or the next one does it too

    def _tell_pause(self, line: _Line) -> None:
        until_ms = self._paused_until_ms()
        if line.told_until_ms != until_ms and self._say(line, PauseAsked(until_ms=until_ms)):
            line.told_until_ms = until_ms

    def _say(self, line: _Line, words: Confirmed | PauseAsked) -> bool:
        try:
            line.socket.send(wire.encode_words(words))
        except BlockingIOError:
            return False
        except OSError:
            self._hang_up(line)
            return False
        return True

    def _notice_silence(self, camera: str) -> None:
        """Nobody speaks for this camera: say that it is down, at once and then once in each window."""
        now_ms = self._clock.mono_ms()
        if now_ms < max(self._patient_ms[camera], self._settled_ms.get(camera, 0)):
            return
        told_ms = self._silence_told_ms.get(camera)
        if told_ms is not None and now_ms - told_ms < 1000 * self._config.vision.window_s:
            return
        try:
            self._book.store_silence(camera, now_ms)
        except OutboxUnwritable:
            return
        self._silence_told_ms[camera] = now_ms
        if told_ms is None:
            log.warning("camera %s: nothing is heard of it", camera)
        self._show(camera, PresenceSeen(present=0, serving=0, state="down"))

    def _heard(self, camera: str) -> None:
        down_after_ms = round(1000 * self._config.cameras[camera].down_after_s)
        self._patient_ms[camera] = self._clock.mono_ms() + down_after_ms
        if self._silence_told_ms.pop(camera, None) is not None:
            log.warning("camera %s: is heard of again", camera)

    def _show(self, camera: str, seen: PresenceSeen) -> None:
        now = CameraNow(seen.state, seen.present, seen.serving)
        if self._now.get(camera) != now:
            self._now = {**self._now, camera: now}
            self._on_change()

    def _one_speaker(self, line: _Line, camera: str) -> None:
        """The newest connection speaks for a camera; an older one has said all it had to say."""
        if line.camera == camera:
            return
        line.camera = camera
        for other in list(self._lines):
            if other is not line and other.camera == camera:
                self._hang_up(other)

    def _refuse(self, error: BadMessage) -> None:
        if not self.refused:
            log.error("vision socket: a message is refused, and will be again without a word: %s", error)
        self.refused += 1

    def _hang_up(self, line: _Line) -> None:
        if line in self._lines:
            self._lines.remove(line)
            self._selector.unregister(line.socket)
            line.socket.close()

    def _close(self) -> None:
        self._selector.close()
        if self._listener is not None:
            self._listener.close()
            self._path.unlink(missing_ok=True)

    def _tell_problem(self, problem: str) -> None:
        if problem and not self._problem:
            log.error("%s", problem)
        elif self._problem and not problem:
            log.warning("vision socket %s: works again", self._path)
        self._problem = problem


def _may_speak(connection: socket.socket, ours_only: bool) -> bool:
    """The same user or root; and, where somebody else starts it, a process of our own group."""
    size = struct.calcsize("3i")
    _, user, group = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return user in (0, os.getuid()) or (not ours_only and group == os.getgid())
