"""What is watched: a view, the newest state of its parts, and how far everybody who watches it is."""

import asyncio
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from .wire import Wire, chunk_of

OPENING = b"retry: 1000\n\n"
"""The first thing in a stream: how soon the browser comes back after it broke off, in ms."""

Parts = Mapping[str, bytes]
"""Part name to its JSON, encoded; names need no escaping in JSON."""


class View(Protocol):
    """Something that can be watched. Views with the same key show the same and share their frames."""

    @property
    def key(self) -> str: ...

    def concerns(self, touchpoints: frozenset[str]) -> bool:
        """Whether events at these touchpoints may change the view; called for each commit."""

    def read(self, changed: frozenset[str] | None) -> Parts:
        """The parts that events at `changed` may have changed, or all parts for None; runs in a thread."""


@dataclass
class Channel:
    """One view, the newest state of its parts, and who waits for the next one."""

    view: View
    epoch: str = field(default_factory=lambda: secrets.token_hex(4))
    version: int = 0
    watchers: int = 0
    stale: bool = True
    """To be read in full at the next tick."""
    changed: set[str] = field(default_factory=set)
    failing: bool = False
    is_over: bool = False
    """The hub stops."""
    read_at: int = 0
    """ms UTC of the newest successful read."""
    beat: bytes = b""
    parts: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Name to (version in which it last changed, JSON)."""
    frames: dict[int, bytes] = field(default_factory=dict)
    """Version that a watcher has to the frame that it needs; for the present version only."""
    pulse: asyncio.Event = field(default_factory=asyncio.Event)
    feeds: set["Feed"] = field(default_factory=set)
    chunks: dict[bytes, bytes] = field(default_factory=dict)
    """What is sent at this moment, as it goes over the wires."""

    def merge(self, parts: Parts, *, complete: bool) -> None:
        """Take what was read; a part that is gone from a complete reading is sent as null."""
        fresh = {name: value for name, value in parts.items() if self._value(name) != value}
        if complete:
            fresh |= {
                name: b"null" for name in self.parts.keys() - parts.keys() if self._value(name) != b"null"
            }
        self.read_at = time.time_ns() // 1_000_000
        if not fresh and self.version:
            return
        self.version += 1
        self.frames.clear()
        for name, value in fresh.items():
            self.parts[name] = (self.version, value)

    def frame_after(self, seen: int) -> bytes:
        """The event with all that changed after version `seen`, encoded once for all who have that one."""
        if seen not in self.frames:
            body = b",".join(
                b'"%s":%s' % (name.encode(), value)
                for name, (version, value) in self.parts.items()
                if version > seen
            )
            self.frames[seen] = b'id: %s.%d\ndata: {"at":%d,"parts":{%s}}\n\n' % (
                self.epoch.encode(),
                self.version,
                self.read_at,
                body,
            )
        return self.frames[seen]

    def version_of(self, event_id: str | None) -> int:
        """The version that a returning watcher has; 0, hence everything, where the id is not ours."""
        epoch, _, version = (event_id or "").partition(".")
        if epoch != self.epoch or not version.isdecimal() or int(version) > self.version:
            return 0
        return int(version)

    def wake(self) -> None:
        """Let all watchers look again."""
        pulse, self.pulse = self.pulse, asyncio.Event()
        pulse.set()
        self.chunks.clear()
        for feed in self.feeds:
            feed.send()

    def chunk_of(self, sign: bytes) -> bytes:
        """Made once for all who are sent it now."""
        chunk = self.chunks.get(sign)
        if chunk is None:
            chunk = self.chunks[sign] = chunk_of(sign)
        return chunk

    def _value(self, name: str) -> bytes | None:
        return self.parts[name][1] if name in self.parts else None


@dataclass
class Place:
    """How far one watcher is."""

    channel: Channel
    seen: int
    """Version that it has."""
    beat: bytes
    """The newest that it was sent, or found."""
    end: float
    """By the loop's clock."""

    def next_sign(self) -> bytes | None:
        """What it is to be sent now; empty where it has everything, None where its stream is over."""
        channel, sign = self.channel, b""
        if channel.is_over:
            return None
        if channel.beat is not self.beat:
            sign = self.beat = channel.beat
            if asyncio.get_running_loop().time() > self.end:
                return None
        if channel.version > self.seen:
            sign, self.seen = channel.frame_after(self.seen), channel.version
        return sign


class Feed:
    """One watcher at the end of a wire."""

    def __init__(self, channel: Channel, place: Place, wire: Wire) -> None:
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._channel = channel
        self._place = place
        self._wire = wire
        self._draining: asyncio.Task[None] | None = None

    def send(self) -> None:
        """What is new, or later where the watcher is slow: then only the newest."""
        if self._channel.is_over:
            self._finish()
        elif self._draining is not None:
            return
        elif self._wire.is_full:
            self._draining = asyncio.get_running_loop().create_task(self._drain())
        elif sign := self._place.next_sign():
            self._wire.write(self._channel.chunk_of(sign))
        elif sign is None:
            self._finish()

    def end(self) -> None:
        """Nothing is sent any more."""
        if self._draining is not None:
            self._draining.cancel()

    def _finish(self) -> None:
        if not self.over.done():
            self.over.set_result(None)

    async def _drain(self) -> None:
        await self._wire.drain()
        self._draining = None
        self.send()


def beat_of(channel: Channel) -> bytes:
    """A sign of life. Scripts do not see comments, so an event carries the hub's clock beside it."""
    now = time.time_ns() // 1_000_000
    return b': ping\nevent: beat\ndata: {"at":%d,"read_at":%d,"fresh":%s}\n\n' % (
        now,
        channel.read_at,
        b"false" if channel.failing else b"true",
    )
