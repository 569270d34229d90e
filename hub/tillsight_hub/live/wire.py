"""A live stream's way to its watcher: chunks straight to the connection, one for all who are sent the same.

The web server frames each part of an answer anew, behind half a dozen layers that hand it on: for one frame
to 200 watchers that is most of the work. Here only the head of an answer takes that way.
"""

from typing import Protocol

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import RequestResponseCycle


class Wire(Protocol):
    """The connection of one answer whose head was sent."""

    @property
    def is_full(self) -> bool:
        """Whether the watcher has not taken in what it was sent before."""

    async def drain(self) -> None:
        """Until it has, or is gone."""

    def write(self, chunk: bytes) -> None:
        """Send it without waiting; nothing happens where the watcher is gone."""


class ChunkedWire:
    """One of the web server's connections, for an answer in chunks."""

    def __init__(self, cycle: RequestResponseCycle) -> None:
        self._cycle = cycle
        self._flow = cycle.flow
        self._transport = cycle.transport

    @property
    def is_full(self) -> bool:
        return self._flow.write_paused

    async def drain(self) -> None:
        await self._flow.drain()

    def write(self, chunk: bytes) -> None:
        if not self._cycle.disconnected and not self._transport.is_closing():
            self._transport.write(chunk)


def wire_of(scope: Scope, receive: Receive) -> ChunkedWire | None:
    """The connection that a request came over; None where it is not known to take chunks.

    Nothing between the server and a route wraps `receive`, so that it still is a method of the server's.
    """
    cycle = getattr(receive, "__self__", None)
    if isinstance(cycle, RequestResponseCycle) and (scope["method"], scope["http_version"]) == ("GET", "1.1"):
        return ChunkedWire(cycle)
    return None


def chunk_of(data: bytes) -> bytes:
    """As HTTP/1.1 frames a part of an answer whose length nobody knows; `data` is not empty."""
    return b"%x\r\n%s\r\n" % (len(data), data)
