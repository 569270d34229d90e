"""A genuine backlog that is larger than a device may hand in: it comes whole and in order."""

import random
import threading
from pathlib import Path

from tests.harness.outboxes import new_outbox, press_times

from tillsight_edge.fakes import FakeClock, MemoryBroker, MemoryHub
from tillsight_edge.uplink import Uplink
from tillsight_hub.fleet.watch import Watch
from tillsight_hub.ingest.limits import DeviceLimits
from tillsight_models.events import decode_event, split_message

BOX = "till-1-box"
RATE, EVENTS = 100.0, 1500


class Gate:
    """A hub with limits at a broker in memory; it notes in which order new events came."""

    def __init__(self, clock: FakeClock, limits: DeviceLimits) -> None:
        self.watch = Watch(lambda: clock.stamp().t)
        self.hub = MemoryHub(now=lambda: clock.stamp().t)
        self.broker = MemoryBroker(self.hub)
        self._limits = limits
        self._clock = clock
        self._publish = self.broker.publish
        self.broker.publish = self.publish  # type: ignore[method-assign]

    def publish(self, message: bytes) -> None:
        is_taken = self._limits.wait_s(BOX, len(message)) == 0.0
        self.broker.lossy = lambda: not is_taken
        events = [decode_event(raw) for raw in split_message(message)]
        new = [each.seq for each in events if (each.stream, each.seq) not in self.hub.events]
        self._publish(message)
        if is_taken and new:
            self.watch.told(BOX, events[0].stream, new, self._clock.stamp().t)


def test_a_backlog_beyond_the_limits_comes_later_and_whole(tmp_path: Path) -> None:
    clock = FakeClock()
    gate = Gate(clock, DeviceLimits(RATE, 400, 100_000, lambda: clock.mono_ms() / 1000))
    outbox = new_outbox(tmp_path, max_events=10_000)
    transport, woken = gate.broker.transport(), threading.Event()
    transport.start(woken.set)
    uplink = Uplink(outbox, transport, clock, random.Random(1))
    press_times(outbox, EVENTS)
    began = clock.mono_ms()
    while outbox.books().left:
        wait_s = uplink.turn()
        clock.advance(0.005 if woken.is_set() else wait_s)
        woken.clear()
        assert clock.mono_ms() - began < 1000 * 3 * EVENTS / RATE, "three times what the rate asks for"
    assert len(gate.hub.events) == EVENTS
    assert gate.watch.seen() == []
