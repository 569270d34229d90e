"""Live updates: server-sent events, one pre-encoded frame per view and tick, however many watch it.

A view is cut into named parts. When events are committed, the views that they concern are read again, the
parts that changed get a new version, and every watcher is sent the parts that are newer than what it has. A
slow watcher skips frames and gets the newest state only.
"""

import asyncio
import contextlib
import logging
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from starlette.responses import StreamingResponse

from tillsight_models.errors import TillsightError

if TYPE_CHECKING:
    from .ingest.writer import Committed

log = logging.getLogger(__name__)

TICK_S = 0.1
"""At most one frame per view in this time; the first change after a quiet time goes out at once."""
REFRESH_S = 15.0
"""Every view is read again this often, for what no event tells: a new day, a silent device. Also the beat."""
STREAM_LIFE_S = 300.0
"""A stream ends after this long and the browser opens the next one, which asks anew who is watching."""
MAX_STREAMS = 2000

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


class TooManyStreams(TillsightError):
    """The hub serves as many streams as it is willing to."""


@dataclass
class _Channel:
    """One view, the newest state of its parts, and who waits for the next one."""

    view: View
    epoch: str = field(default_factory=lambda: secrets.token_hex(4))
    version: int = 0
    watchers: int = 0
    stale: bool = True
    """To be read in full at the next tick."""
    changed: set[str] = field(default_factory=set)
    failing: bool = False
    read_at: int = 0
    """ms UTC of the newest successful read."""
    beat: bytes = b""
    parts: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Name to (version in which it last changed, JSON)."""
    frames: dict[int, bytes] = field(default_factory=dict)
    """Version that a watcher has to the frame that it needs; for the present version only."""
    pulse: asyncio.Event = field(default_factory=asyncio.Event)

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

    def _value(self, name: str) -> bytes | None:
        return self.parts[name][1] if name in self.parts else None


class Live:
    """All streams of one hub. It idles, and costs nothing, while nobody watches."""

    def __init__(
        self,
        tick_s: float = TICK_S,
        refresh_s: float = REFRESH_S,
        stream_life_s: float = STREAM_LIFE_S,
        max_streams: int = MAX_STREAMS,
    ) -> None:
        self._tick_s = tick_s
        self._refresh_s = refresh_s
        self._stream_life_s = stream_life_s
        self._max_streams = max_streams
        self._channels: dict[str, _Channel] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._reader = ThreadPoolExecutor(1, "tillsight-live")
        self._work = asyncio.Event()
        self._stopped = False
        self._lock = threading.Lock()
        self._committed: set[str] = set()
        """Touchpoints of commits that the loop was not told of yet."""

    @property
    def watchers(self) -> int:
        """Open streams."""
        return sum(channel.watchers for channel in self._channels.values())

    def commit_seen(self, committed: "Committed") -> None:
        """Events were committed; thread-safe and quick, called by the writer after each transaction."""
        self.touch(committed.touchpoints)

    def touch(self, touchpoints: frozenset[str]) -> None:
        """Something at these touchpoints changed; thread-safe."""
        with self._lock:
            if not self._channels or not touchpoints or self._stopped:
                return
            waiting = bool(self._committed)
            self._committed |= touchpoints
            if not waiting:
                self._call_soon(self._take_committed)

    def respond(self, view: View, last_event_id: str | None = None) -> StreamingResponse:
        """The answer that streams a view; TooManyStreams where there are too many already."""
        if self._stopped or self.watchers >= self._max_streams:
            raise TooManyStreams(f"{self.watchers} streams are open: no more than {self._max_streams}")
        return StreamingResponse(
            self.stream(view, last_event_id),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    async def stream(self, view: View, last_event_id: str | None = None) -> AsyncIterator[bytes]:
        """The events of a view until the stream's life is over, the watcher goes or the hub stops."""
        channel = self._join(view)
        clock = asyncio.get_running_loop().time
        end = clock() + self._stream_life_s
        try:
            yield b"retry: 1000\n\n"
            seen = channel.version_of(last_event_id)
            beat = channel.beat
            while not self._stopped:
                sign = b""
                if channel.beat is not beat:
                    sign = beat = channel.beat
                    if clock() > end:
                        return
                if channel.version > seen:
                    sign, seen = channel.frame_after(seen), channel.version
                if sign:
                    yield sign
                else:
                    await channel.pulse.wait()
        finally:
            self._leave(channel)

    def stop(self) -> None:
        """End every stream; thread-safe. The web server can only stop once they have ended."""
        with self._lock:
            self._stopped = True
            self._call_soon(self._close)

    def _join(self, view: View) -> _Channel:
        self._start()
        channel = self._channels.get(view.key)
        if channel is None:
            channel = self._channels[view.key] = _Channel(view)
            self._work.set()
        channel.watchers += 1
        return channel

    def _leave(self, channel: _Channel) -> None:
        channel.watchers -= 1
        if channel.watchers == 0 and self._channels.get(channel.view.key) is channel:
            del self._channels[channel.view.key]

    def _start(self) -> None:
        """The loop is known, and needed, once somebody watches."""
        if self._tasks:
            return
        self._loop = asyncio.get_running_loop()
        self._tasks = [
            self._loop.create_task(self._publish_changes()),
            self._loop.create_task(self._refresh()),
        ]

    def _call_soon(self, step: Callable[[], None]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody is left to tell
                self._loop.call_soon_threadsafe(step)

    def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._reader.shutdown(wait=False, cancel_futures=True)
        for channel in self._channels.values():
            channel.wake()

    def _take_committed(self) -> None:
        with self._lock:
            touchpoints, self._committed = frozenset(self._committed), set()
        for channel in self._channels.values():
            if channel.view.concerns(touchpoints):
                channel.changed |= touchpoints
        self._work.set()

    async def _publish_changes(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._work.wait()
            self._work.clear()
            started = loop.time()
            for channel in [c for c in self._channels.values() if c.stale or c.changed]:
                await self._publish(channel)
            await asyncio.sleep(max(0.0, started + self._tick_s - loop.time()))

    async def _publish(self, channel: _Channel) -> None:
        complete, changed = channel.stale, frozenset(channel.changed)
        channel.stale = False
        channel.changed.clear()
        loop = asyncio.get_running_loop()
        try:
            parts = await loop.run_in_executor(self._reader, channel.view.read, None if complete else changed)
        except Exception:
            self._failed(channel)
        else:
            if channel.failing:
                log.info("live view %s can be read again", channel.view.key)
            channel.failing = False
            channel.merge(parts, complete=complete)
        if complete or channel.failing:
            channel.beat = _beat(channel)
        channel.wake()

    def _failed(self, channel: _Channel) -> None:
        """The next commit or refresh tries again; until then watchers are told that what they see is old."""
        if not channel.failing:
            log.exception("live view %s cannot be read", channel.view.key)
        channel.failing = True
        channel.stale = True

    async def _refresh(self) -> None:
        while True:
            await asyncio.sleep(self._refresh_s)
            for channel in self._channels.values():
                channel.stale = True
            self._work.set()


def _beat(channel: _Channel) -> bytes:
    """A sign of life. Scripts do not see comments, so an event carries the hub's clock beside it."""
    now = time.time_ns() // 1_000_000
    return b': ping\nevent: beat\ndata: {"at":%d,"read_at":%d,"fresh":%s}\n\n' % (
        now,
        channel.read_at,
        b"false" if channel.failing else b"true",
    )
