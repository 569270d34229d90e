"""Live updates: server-sent events, one pre-encoded frame per view and tick, however many watch it.

A view is cut into named parts. When events are committed, the views that they concern are read again, the
parts that changed get a new version, and every watcher is sent the parts that are newer than what it has. A
slow watcher skips frames and gets the newest state only. Frames go straight to the connections (`wire.py`).
"""

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from tillsight_models.errors import TillsightError

from .channels import OPENING, Channel, Feed, Parts, Place, View, beat_of
from .wire import Wire, chunk_of, wire_of

if TYPE_CHECKING:
    from ..ingest.writer import Committed

__all__ = ["Live", "Parts", "TooManyStreams", "View"]

log = logging.getLogger(__name__)

TICK_S = 0.1
"""At most one frame per view in this time; the first change after a quiet time goes out at once."""
REFRESH_S = 15.0
"""Every view is read again this often, for what no event tells: a new day, a silent device. Also the beat."""
STREAM_LIFE_S = 300.0
"""A stream ends after this long and the browser opens the next one, which asks anew who is watching."""
MAX_STREAMS = 2000


class TooManyStreams(TillsightError):
    """The hub serves as many streams as it is willing to."""


class _LiveResponse(StreamingResponse):
    """Straight over the wire where the server has one that we know, else as any stream."""

    def __init__(self, live: "Live", view: View, last_event_id: str | None) -> None:
        super().__init__(
            live.stream(view, last_event_id),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
        self._live = live
        self._view = view
        self._last_event_id = last_event_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        wire = wire_of(scope, receive)
        if wire is None:
            await super().__call__(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        gone = asyncio.ensure_future(self.listen_for_disconnect(receive))
        try:
            await self._live.feed(self._view, self._last_event_id, wire, gone)
        finally:
            gone.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


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
        self._channels: dict[str, Channel] = {}
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
        return _LiveResponse(self, view, last_event_id)

    async def stream(self, view: View, last_event_id: str | None = None) -> AsyncIterator[bytes]:
        """The events of a view until the stream's life is over, the watcher goes or the hub stops."""
        with self._watching(view, last_event_id) as (channel, place):
            yield OPENING
            while (sign := place.next_sign()) is not None:
                if sign:
                    yield sign
                else:
                    await channel.pulse.wait()

    async def feed(
        self, view: View, last_event_id: str | None, wire: Wire, gone: asyncio.Future[None]
    ) -> None:
        """The same over a wire, until it is over or `gone` is done."""
        with self._watching(view, last_event_id) as (channel, place):
            feed = Feed(channel, place, wire)
            channel.feeds.add(feed)
            try:
                wire.write(chunk_of(OPENING))
                feed.send()
                await asyncio.wait({gone, feed.over}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                channel.feeds.discard(feed)
                feed.end()

    def stop(self) -> None:
        """End every stream; thread-safe. The web server can only stop once they have ended."""
        with self._lock:
            self._stopped = True
            self._call_soon(self._close)

    @contextlib.contextmanager
    def _watching(self, view: View, last_event_id: str | None) -> Iterator[tuple[Channel, Place]]:
        channel = self._join(view)
        try:
            end = asyncio.get_running_loop().time() + self._stream_life_s
            yield channel, Place(channel, channel.version_of(last_event_id), channel.beat, end)
        finally:
            self._leave(channel)

    def _join(self, view: View) -> Channel:
        self._start()
        channel = self._channels.get(view.key)
        if channel is None:
            channel = self._channels[view.key] = Channel(view, is_over=self._stopped)
            self._work.set()
        channel.watchers += 1
        return channel

    def _leave(self, channel: Channel) -> None:
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
        for channel in list(self._channels.values()):
            channel.is_over = True
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

    async def _publish(self, channel: Channel) -> None:
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
            channel.beat = beat_of(channel)
        channel.wake()

    def _failed(self, channel: Channel) -> None:
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
