"""A TCP line between two ports of this machine that takes its time."""

import socket
import threading
import time
from contextlib import suppress

from .ports import free_port


class SlowLine:
    """Carries bytes from `port` to the target in small pieces with pauses, so that buffers are full."""

    def __init__(self, target: int, piece: int = 4_096, pause_s: float = 0.002) -> None:
        self.port = free_port()
        self._target = target
        self._piece = piece
        self._pause_s = pause_s
        self._sockets: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", self.port))
        # Small buffers, and packets of a real network's size: with loopback's own, TCP waits for its timers.
        self._door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        self._door.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1_400)
        threading.Thread(target=self._welcome, daemon=True).start()

    def close(self) -> None:
        for open_socket in (self._door, *self._sockets):
            with suppress(OSError):
                open_socket.shutdown(socket.SHUT_RDWR)
            open_socket.close()

    def _welcome(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._sockets += [near, far]
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(self._piece):
                sink.sendall(data)
                time.sleep(self._pause_s)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
