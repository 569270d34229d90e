"""The watcher's end of the line to the agent: what was counted waits here until the agent has stored it."""

import logging
import secrets
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec

from ...socket_paths import address_of
from . import wire
from .wire import BadMessage, CameraSeen, Message, PauseAsked, PresenceSeen, Seen

log = logging.getLogger(__name__)

KEEP = 20_000
"""Messages that wait while the agent is away; a day of a busy till. Beyond that the oldest goes."""
RETRY_MS = 500
SPEECHLESS_MS = 1_000
"""An agent that has said nothing for so long after we connected is not waited for."""


class AgentLine:
    """Sends each message until it is confirmed, in order, and again after each reconnect; never blocks.

    One thread only. While the agent is away nothing is lost but what does not fit into `keep`.
    """

    def __init__(
        self, path: Path, camera: str, mono_ms: Callable[[], int], keep: int = KEEP, *, is_off: bool = False
    ) -> None:
        """`is_off`: no frames are wanted, whatever the agent says."""
        self._path = path
        self._camera = camera
        self._mono_ms = mono_ms
        self._keep = keep
        self._session = secrets.randbits(52) + 1
        self._seq = 0
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._sent = 0
        """How many of those that wait were sent on this connection."""
        self._lost = 0
        self._socket: socket.socket | None = None
        self._retry_ms = 0
        self._away = False
        self._connected_ms = 0
        self._was_told = False
        """The agent has said on this connection whether frames are wanted."""
        self._paused_until_ms = 0
        self._is_off = is_off

    @property
    def connected(self) -> bool:
        """Whether the agent listens."""
        return self._socket is not None

    @property
    def is_paused(self) -> bool:
        """Whether the agent wants no frames now; also while it is away itself."""
        return self._is_off or self._mono_ms() < self._paused_until_ms

    @property
    def wants_frames(self) -> bool:
        """Neither paused, nor in the moment before an agent that is there has said so."""
        if self.is_paused:
            return False
        waited_ms = self._mono_ms() - self._connected_ms
        return self._socket is None or self._was_told or waited_ms >= SPEECHLESS_MS

    @property
    def waiting(self) -> int:
        """Messages that the agent has not confirmed."""
        return len(self._waiting)

    def tell(self, seen: Seen) -> None:
        """Say this until it is stored. A `CameraSeen` says too how many messages were given up before it."""
        if isinstance(seen, CameraSeen) and self._lost:
            lost, self._lost = self._lost, 0
            seen = msgspec.structs.replace(seen, lost=lost)
        self._seq += 1
        try:
            packet = wire.encode(self._message(self._seq, seen))
        except BadMessage:
            log.exception("camera %s: this cannot be said", self._camera)
            return
        self._waiting.append((self._seq, packet))
        if len(self._waiting) > self._keep:
            self._waiting.popleft()
            self._sent = max(0, self._sent - 1)
            self._lost += 1

    def tell_now(self, seen: PresenceSeen) -> None:
        """Say this once, if the agent listens."""
        if self._socket is not None:
            self._send(self._socket, wire.encode(self._message(0, seen)))

    def turn(self) -> None:
        """Connect where needed, send what was not sent, and forget what is confirmed."""
        if self._socket is None:
            self._connect()
        if self._socket is not None:
            self._hear(self._socket)
        while self._socket is not None and self._sent < len(self._waiting):
            if not self._send(self._socket, self._waiting[self._sent][1]):
                return
            self._sent += 1

    def close(self) -> None:
        """Hang up; what was not confirmed is gone."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _message(self, seq: int, seen: Seen) -> Message:
        return Message(camera=self._camera, session=self._session, seq=seq, seen=seen)

    def _connect(self) -> None:
        now_ms = self._mono_ms()
        if now_ms < self._retry_ms:
            return
        self._retry_ms = now_ms + RETRY_MS
        line = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        line.setblocking(False)
        try:
            with address_of(self._path) as address:
                line.connect(address)
        except OSError as error:
            line.close()
            self._tell_away(str(error.strerror or error))
            return
        self._socket, self._sent = line, 0
        self._connected_ms, self._was_told = now_ms, False
        if self._away:
            log.warning("camera %s: the agent is back", self._camera)
        self._away = False

    def _hear(self, line: socket.socket) -> None:
        try:
            while packet := line.recv(wire.MAX_BYTES):
                self._understand(packet)
            self._hang_up("it has hung up")
        except BlockingIOError:
            return
        except OSError as error:
            self._hang_up(str(error.strerror))

    def _understand(self, packet: bytes) -> None:
        with suppress(BadMessage):
            words = wire.decode_words(packet)
            if isinstance(words, PauseAsked):
                self._paused_until_ms, self._was_told = words.until_ms, True
                return
            while words.session == self._session and self._waiting and self._waiting[0][0] <= words.seq:
                self._waiting.popleft()
                self._sent = max(0, self._sent - 1)

    def _send(self, line: socket.socket, packet: bytes) -> bool:
        try:
            line.send(packet)
        except BlockingIOError:
            return False
        except OSError as error:
            self._hang_up(str(error.strerror))
            return False
        return True

    def _hang_up(self, why: str) -> None:
        self.close()
        self._tell_away(why)

    def _tell_away(self, why: str) -> None:
        if not self._away:
            log.warning("camera %s: the agent is away: %s: %s", self._camera, self._path, why)
        self._away = True
