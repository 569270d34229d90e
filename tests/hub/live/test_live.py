"""Live updates: what watchers get, when, and that none of them can hold up another."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from tillsight_hub.live.live import Live, Parts, TooManyStreams


class Tally:
    """A view of one part per touchpoint: how often the test has counted there."""

    def __init__(self, *touchpoints: str) -> None:
        self.key = "tally " + " ".join(touchpoints)
        self.counts = dict.fromkeys(touchpoints, 0)
        self.reads: list[frozenset[str] | None] = []
        self.broken = False

    def concerns(self, touchpoints: frozenset[str]) -> bool:
        return bool(touchpoints & self.counts.keys())

    def read(self, changed: frozenset[str] | None) -> Parts:
        self.reads.append(changed)
        if self.broken:
            raise OSError("disk is away")
        names = self.counts.keys() if changed is None else changed & self.counts.keys()
        return {name: str(self.counts[name]).encode() for name in names}


class Watcher:
    """One open stream, read event by event."""

    def __init__(self, live: Live, view: Tally, last_event_id: str | None = None) -> None:
        self.stream: AsyncIterator[bytes] = live.stream(view, last_event_id)
        self.last_id = ""

    async def event(self) -> dict[str, Any] | None:
        """The next frame's parts or the next beat's data; None at the end of the stream."""
        async for chunk in self.stream:
            fields = dict(
                line.split(": ", 1) for line in chunk.decode().strip().split("\n") if line[0] != ":"
            )
            self.last_id = fields.get("id", self.last_id)
            if "data" in fields:
                data: dict[str, Any] = json.loads(fields["data"])
                return data
        return None

    async def parts(self) -> dict[str, Any]:
        event = await self.event()
        assert event is not None
        parts: dict[str, Any] = event["parts"]
        return parts


class SlowWire:
    """A watcher's connection; once it was read from, each chunk fills it until that is taken in."""

    def __init__(self) -> None:
        self.chunks: list[bytes] = []
        self._taken = asyncio.Event()
        self._was_read = False

    @property
    def is_full(self) -> bool:
        return self._was_read and not self._taken.is_set()

    async def drain(self) -> None:
        await self._taken.wait()

    def write(self, chunk: bytes) -> None:
        self.chunks.append(chunk)
        self._taken.clear()

    async def take_in(self, chunks: int) -> None:
        """All until it was sent so many."""
        self._was_read = True
        while len(self.chunks) < chunks:
            self._taken.set()
            await asyncio.sleep(0.001)


def counted(chunk: bytes) -> dict[str, Any]:
    """The parts in a chunk of one frame."""
    length, _, rest = chunk.partition(b"\r\n")
    assert len(rest) == int(length, 16) + 2
    parts: dict[str, Any] = json.loads(rest.partition(b"data: ")[2])["parts"]
    return parts


def play(scene: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(scene(), 60)

    asyncio.run(bounded())


def test_a_watcher_gets_everything_first_and_then_only_what_changed() -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.01), Tally("till-1", "till-2")
        watcher = Watcher(live, view)
        assert await watcher.parts() == {"till-1": 0, "till-2": 0}
        view.counts["till-2"] = 7
        live.touch(frozenset({"till-2", "elsewhere"}))
        assert await watcher.parts() == {"till-2": 7}
        assert view.reads == [None, frozenset({"till-2", "elsewhere"})]
        live.stop()

    play(scene)


def test_a_commit_elsewhere_reads_nothing() -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.01), Tally("till-1")
        watcher = Watcher(live, view)
        await watcher.parts()
        live.touch(frozenset({"elsewhere"}))
        view.counts["till-1"] = 1
        await asyncio.sleep(0.05)
        live.touch(frozenset({"till-1"}))
        await watcher.parts()
        assert view.reads == [None, frozenset({"till-1"})]
        live.stop()

    play(scene)


def test_commits_from_another_thread_are_seen() -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.01), Tally("till-1")
        watcher = Watcher(live, view)
        await watcher.parts()
        view.counts["till-1"] = 3
        writer = threading.Thread(target=live.touch, args=(frozenset({"till-1"}),))
        writer.start()
        assert await watcher.parts() == {"till-1": 3}
        writer.join()
        live.stop()

    play(scene)


def test_many_commits_in_one_tick_become_one_frame() -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.2), Tally("till-1", "till-2")
        watcher = Watcher(live, view)
        await watcher.parts()
        for count in range(1, 51):
            view.counts["till-1"] = view.counts["till-2"] = count
            live.touch(frozenset({f"till-{1 + count % 2}"}))
            await asyncio.sleep(0)
        assert await watcher.parts() == {"till-1": 50, "till-2": 50}
        assert len(view.reads) == 2
        live.stop()

    play(scene)


def test_two_watchers_of_one_view_are_sent_the_very_same_bytes() -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.01), Tally("till-1")
        streams = [live.stream(view), live.stream(Tally("till-1"))]
        assert [await anext(stream) for stream in streams] == [b"retry: 1000\n\n"] * 2
        first, second = await asyncio.gather(*(anext(stream) for stream in streams))
        assert first is second
        assert live.watchers == 2
        live.stop()

    play(scene)


def test_a_slow_watcher_gets_the_newest_state_and_none_of_the_frames_between() -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.001), Tally("till-1", "till-2", "till-3")
        quick, slow = Watcher(live, view), Watcher(live, view)
        await quick.parts()
        await slow.parts()
        for count in range(1, 6):
            for name in ("till-1", "till-2"):
                view.counts[name] = count
                live.touch(frozenset({name}))
                assert await quick.parts() == {name: count}
        assert await slow.parts() == {"till-1": 5, "till-2": 5}
        live.stop()

    play(scene)


def test_a_watcher_that_comes_back_gets_what_it_missed() -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.001), Tally("till-1", "till-2")
        keeper, leaver = Watcher(live, view), Watcher(live, view)
        await keeper.parts()
        await leaver.parts()
        await leaver.stream.aclose()  # type: ignore[attr-defined]
        view.counts["till-2"] = 1
        live.touch(frozenset({"till-2"}))
        await keeper.parts()
        assert await Watcher(live, view, leaver.last_id).parts() == {"till-2": 1}
        live.stop()

    play(scene)


@pytest.mark.parametrize("strange", ["", "7", "0000.1", "x.y", "é.9999999999999999999999", "."])
def test_an_unknown_last_event_id_means_everything(strange: str) -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.001), Tally("till-1")
        assert await Watcher(live, view, strange).parts() == {"till-1": 0}
        live.stop()

    play(scene)


def test_what_disappears_is_sent_as_null_once() -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.001, refresh_s=0.01), Tally("till-1", "till-2")
        watcher = Watcher(live, view)
        await watcher.parts()
        del view.counts["till-2"]
        event = await watcher.event()
        while event is not None and "parts" not in event:
            event = await watcher.event()
        assert event is not None
        assert event["parts"] == {"till-2": None}
        after = await watcher.event()
        assert after is not None
        assert "parts" not in after
        live.stop()

    play(scene)


def test_without_news_there_is_a_beat_with_the_hubs_clock() -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.001, refresh_s=0.02), Tally("till-1")
        watcher = Watcher(live, view)
        await watcher.parts()
        beat = await watcher.event()
        assert beat is not None
        assert beat["fresh"] is True
        assert beat["read_at"] <= beat["at"]
        live.stop()

    play(scene)


def test_a_view_that_cannot_be_read_says_so_and_recovers(caplog: pytest.LogCaptureFixture) -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.001, refresh_s=0.02), Tally("till-1")
        watcher = Watcher(live, view)
        await watcher.parts()
        view.broken = True
        view.counts["till-1"] = 1
        live.touch(frozenset({"till-1"}))
        beats = [await watcher.event() for _ in range(3)]
        assert [beat and beat["fresh"] for beat in beats] == [False] * 3
        view.broken = False
        assert await watcher.parts() == {"till-1": 1}
        live.stop()

    play(scene)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "live view tally till-1 cannot be read"
    ]


def test_a_stream_ends_after_its_life_so_that_the_next_one_asks_who_is_watching() -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.001, refresh_s=0.01, stream_life_s=0.05), Tally("till-1")
        watcher = Watcher(live, view)
        events = 0
        while await watcher.event() is not None:
            events += 1
        assert events >= 1
        assert live.watchers == 0
        live.stop()

    play(scene)


def test_there_is_a_limit_to_streams() -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.001, max_streams=1), Tally("till-1")
        watcher = Watcher(live, view)
        await watcher.parts()
        with pytest.raises(TooManyStreams, match="1 streams are open"):
            live.respond(view)
        live.stop()

    play(scene)


def test_stop_ends_waiting_watchers_and_no_new_ones_are_let_in() -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.001), Tally("till-1")
        watcher = Watcher(live, view)
        await watcher.parts()
        waiting = asyncio.create_task(watcher.event())
        await asyncio.sleep(0.01)
        threading.Thread(target=live.stop).start()
        assert await waiting is None
        with pytest.raises(TooManyStreams):
            live.respond(view)

    play(scene)


def test_a_view_that_nobody_watches_is_forgotten_and_costs_nothing() -> None:
    async def scene() -> None:
        live, view = Live(tick_s=0.001, refresh_s=0.005), Tally("till-1")
        watcher = Watcher(live, view)
        await watcher.parts()
        await watcher.stream.aclose()  # type: ignore[attr-defined]
        assert live.watchers == 0
        reads = len(view.reads)
        live.touch(frozenset({"till-1"}))
        await asyncio.sleep(0.05)
        assert len(view.reads) == reads
        live.stop()

    play(scene)


def test_touching_before_anybody_watched_or_after_the_end_is_harmless() -> None:
    live = Live()
    live.touch(frozenset({"till-1"}))
    live.stop()
    live.touch(frozenset({"till-1"}))


def test_two_wires_are_sent_the_very_same_chunk() -> None:
    async def scene() -> None:
        live, view, wires = Live(tick_s=0.001), Tally("till-1"), [SlowWire(), SlowWire()]
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        feeds = [asyncio.create_task(live.feed(view, None, wire, gone)) for wire in wires]
        for wire in wires:
            await wire.take_in(2)
        assert wires[0].chunks[0] == b"d\r\nretry: 1000\n\n\r\n"
        assert counted(wires[0].chunks[1]) == {"till-1": 0}
        assert wires[0].chunks[1] is wires[1].chunks[1]
        gone.set_result(None)
        await asyncio.gather(*feeds)
        assert live.watchers == 0
        live.stop()

    play(scene)


def test_a_slow_wire_gets_the_newest_state_and_none_of_the_frames_between() -> None:
    async def scene() -> None:
        live, view, wire = Live(tick_s=0.001), Tally("till-1", "till-2", "till-3"), SlowWire()
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        feed, quick = asyncio.create_task(live.feed(view, None, wire, gone)), Watcher(live, view)
        await wire.take_in(2)
        await quick.parts()
        for count in range(1, 6):
            for name in ("till-1", "till-2"):
                view.counts[name] = count
                live.touch(frozenset({name}))
                assert await quick.parts() == {name: count}
        assert len(wire.chunks) == 2
        await wire.take_in(3)
        assert counted(wire.chunks[2]) == {"till-1": 5, "till-2": 5}
        live.stop()
        await feed

    play(scene)


def test_a_feed_ends_after_its_life_and_when_the_hub_stops() -> None:
    async def scene() -> None:
        short, long = Live(tick_s=0.001, refresh_s=0.01, stream_life_s=0.05), Live(tick_s=0.001)
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await short.feed(Tally("till-1"), None, SlowWire(), gone)
        assert short.watchers == 0
        feed = asyncio.create_task(long.feed(Tally("till-1"), None, SlowWire(), gone))
        while not long.watchers:
            await asyncio.sleep(0.001)
        long.stop()
        await feed
        short.stop()

    play(scene)
