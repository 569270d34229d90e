"""Limits: what one device may hand in, and that the others do not notice when it wants more."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from tests.harness.guarded_broker import GuardedBroker, Visitor, visiting
from tests.harness.guarded_hub import hub_at
from tests.harness.ingesting import Box
from tests.harness.processes import wait_until

from tillsight_hub.fleet.sightings import Seen
from tillsight_hub.ingest import limits as limits_module
from tillsight_hub.ingest.limits import EVENT_BYTES, HOLD_S, DeviceLimits
from tillsight_hub.tables import event
from tillsight_models.delivery import Ack, decode

ONE = EVENT_BYTES


class Ticking:
    """Seconds that the test moves."""

    def __init__(self) -> None:
        self.s = 100.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Ticking:
    return Ticking()


def taken(limits: DeviceLimits, tries: int, device: str = "box-1", size: int = ONE) -> int:
    return sum(limits.wait_s(device, size) == 0.0 for _ in range(tries))


def test_so_much_at_once_and_then_so_much_a_second(clock: Ticking) -> None:
    limits = DeviceLimits(10, 50, 10_000, clock)
    assert taken(limits, 60) == 50
    assert limits.wait_s("box-1", ONE) == pytest.approx(HOLD_S)
    clock.s += 2
    assert taken(limits, 60) == 20


def test_another_device_has_its_own(clock: Ticking) -> None:
    limits = DeviceLimits(10, 50, 10_000, clock)
    assert taken(limits, 60) == 50
    assert taken(limits, 60, "box-2") == 50


def test_a_large_message_counts_as_many_events_whatever_it_says(clock: Ticking) -> None:
    limits = DeviceLimits(10, 50, 10_000, clock)
    assert taken(limits, 3, size=25 * ONE) == 2


def test_one_message_that_is_larger_than_all_is_taken_when_nothing_else_was(clock: Ticking) -> None:
    limits = DeviceLimits(10, 50, 10_000, clock)
    assert taken(limits, 1, size=200 * ONE) == 1
    assert limits.wait_s("box-1", 200 * ONE) == pytest.approx(5)


def test_a_day_has_an_end_too(clock: Ticking) -> None:
    limits = DeviceLimits(1000, 1000, 2400, clock)
    for _ in range(3):
        clock.s += 10
        taken(limits, 1000)
    assert limits.wait_s("box-1", ONE) > 0
    clock.s += 3600
    assert taken(limits, 1000) == 100  # a 24th


def test_what_a_device_says_of_itself_has_a_limit_of_its_own(clock: Ticking) -> None:
    limits = DeviceLimits(10, 50, 10_000, clock)
    taken(limits, 60)
    assert sum(limits.takes_note("box-1") for _ in range(300)) == limits_module.NOTES_AT_ONCE
    clock.s += 3
    assert sum(limits.takes_note("box-1") for _ in range(300)) == 6


def test_who_was_beyond_is_told_once_with_how_often(clock: Ticking) -> None:
    limits = DeviceLimits(10, 50, 10_000, clock)
    taken(limits, 60)
    assert limits.seen() == [Seen("box-1", "flood", "10 messages", 10)]
    assert limits.seen() == []


def test_invented_names_do_not_fill_the_memory(clock: Ticking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits_module, "REMEMBERED", 10)
    limits = DeviceLimits(10, 50, 50, clock)
    taken(limits, 50, "busy")
    for number in range(100):
        clock.s += 3600  # the accounts before are full again, but the busy one's of the day
        taken(limits, 50, "busy")
        limits.wait_s(f"nobody-{number}", ONE)
    assert len(limits._accounts) <= 10
    assert limits.wait_s("busy", ONE) > 0


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[GuardedBroker]:
    guarded = GuardedBroker(tmp_path)
    guarded.start()
    yield guarded
    guarded.stop()


def upto(till: Visitor) -> int:
    """What the hub said last that it has."""
    acks = [decode(payload, Ack).upto for topic, payload in list(till.heard) if topic.endswith("/ack")]
    return max(acks, default=0)


def stored(engine: Engine, device: str) -> int:
    with engine.connect() as connection:
        return connection.scalar(select(func.count()).where(event.c.dev == device)) or 0


def hand_in(till: Visitor, box: Box, payload: bytes) -> None:
    """As a till does: again, until the hub has it."""
    said: list[float] = []

    def has_it() -> bool:
        if not said or time.monotonic() - said[-1] > 1.0:
            till.client.publish(box.topic, payload, qos=1)
            said.append(time.monotonic())
        return upto(till) >= box.seq

    wait_until(has_it, f"event {box.seq} of {box.dev}")


@pytest.mark.mosquitto
def test_a_flooding_device_takes_nothing_from_another(broker: GuardedBroker, engine: Engine) -> None:
    """On a real broker with our configuration. What the flooding one is refused, it can hand in later."""
    began = time.monotonic()
    limits = DeviceLimits(50, 200, 100_000)
    bad, good = Box("box-1", "till-1"), Box("box-2", "till-2", stream="b" * 16)
    enough = threading.Event()
    sent: list[bytes] = []
    with (
        hub_at(broker, engine, limits),
        visiting(broker, broker.identity("box-1")) as flood,
        visiting(broker, broker.identity("box-2")) as till,
    ):
        for visitor, box in ((flood, bad), (till, good)):
            visitor.listens(box.topic.replace("/ev", "/ack"))

        def floods() -> None:
            while not enough.is_set() and len(sent) < 50_000:
                sent.append(bad.press())
                flood.client.publish(bad.topic, sent[-1], qos=1)
                if len(sent) % 50 == 0:
                    time.sleep(0.01)

        thread = threading.Thread(target=floods)
        thread.start()
        wait_until(lambda: len(sent) > 1000, "a flood")
        for _ in range(20):
            hand_in(till, good, good.press(scale="smiley-5"))
        enough.set()
        thread.join()
        most = 200 + 50 * (time.monotonic() - began)
        assert stored(engine, "box-2") == 20
        assert 0 < stored(engine, "box-1") <= most < len(sent)
        [seen] = limits.seen()
        assert (seen.device, seen.kind) == ("box-1", "flood")
        bad.seq = upto(flood) + 1
        hand_in(flood, bad, sent[bad.seq - 1])
