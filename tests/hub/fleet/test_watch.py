"""What is only seen over a time: comings and goings, starts, and events that come out of order."""

import pytest
from sqlalchemy import Engine
from tests.harness.ingesting import MINUTE, NOON, Box

from tillsight_hub.fleet.watch import COMINGS, COMINGS_MS, DESCENTS, STARTS, Watch
from tillsight_hub.ingest.checks import read_message
from tillsight_hub.ingest.intake import Intake
from tillsight_hub.ingest.messages import DeviceNote, Incoming
from tillsight_models.delivery import Birth
from tillsight_models.events import DeviceStarted, encode_message
from tillsight_models.topics import DeviceTopics

HERE = DeviceTopics("acme", "rome", "box-1")


@pytest.fixture
def watch() -> Watch:
    return Watch(lambda: NOON)


def kinds(watch: Watch) -> list[tuple[str, str]]:
    return [(each.device, each.kind) for each in watch.seen()]


def test_a_box_that_comes_and_goes_is_told_with_how_many_boots_it_had(watch: Watch) -> None:
    for number in range(COMINGS):
        assert kinds(watch) == []
        watch.came("box-1", f"boot-{number % 2}", NOON - COMINGS_MS // 2 + number)
    [seen] = watch.seen()
    assert (seen.kind, seen.times, seen.detail) == ("flapping", 8, "2")
    assert kinds(watch) == []  # told once, until there are as many again


def test_a_box_that_reconnects_now_and_then_does_not_flap(watch: Watch) -> None:
    for number in range(4 * COMINGS):
        watch.came("box-1", "boot", NOON - number * COMINGS_MS // 4)
    assert kinds(watch) == []


def test_starts_within_an_hour_are_counted_and_others_are_not(watch: Watch) -> None:
    for number in range(STARTS):
        watch.started("box-1", NOON - number * MINUTE)
        watch.started("box-2", NOON - number * 20 * MINUTE)
    assert kinds(watch) == [("box-1", "restarts")]


def test_a_resend_after_a_lost_connection_is_no_disorder(watch: Watch) -> None:
    for _ in range(DESCENTS - 1):
        watch.told("box-1", "a", range(100, 300), NOON)
    assert kinds(watch) == []


def test_another_stream_begins_anew(watch: Watch) -> None:
    for number in range(2 * DESCENTS):
        watch.told("box-1", "ab"[number % 2], [1000 - number], NOON)
    assert kinds(watch) == []


def test_events_in_another_order_are_stored_and_seen(either_engine: Engine) -> None:
    watch = Watch(lambda: NOON)
    intake = Intake(either_engine, clock=lambda: NOON, watch=watch)
    box = Box()
    events = [box.press(4, t=NOON - MINUTE + number) for number in range(DESCENTS + 1)]
    message = encode_message(events[::-1])
    assert intake.take([read_message(Incoming(HERE.of("ev"), message, NOON))]).receipt.stored == len(events)
    [seen] = watch.seen()
    assert (seen.kind, seen.times) == ("reordered", 20)


def test_a_report_of_lost_events_goes_ahead_and_is_no_disorder(engine: Engine) -> None:
    watch = Watch(lambda: NOON)
    intake = Intake(engine, clock=lambda: NOON, watch=watch)
    for number in range(DESCENTS + 1):
        box = Box(stream=f"{number:016x}")
        box.skip(1)
        late = box.press(4, t=NOON - MINUTE)
        report = box.dropped((1, 1), t=NOON - MINUTE)
        intake.take([read_message(Incoming(HERE.of("ev"), encode_message([report, late]), NOON))])
    assert watch.seen() == []


def test_the_writer_tells_of_starts_and_births(engine: Engine) -> None:
    watch = Watch(lambda: NOON)
    intake = Intake(engine, clock=lambda: NOON, watch=watch)
    box = Box()
    starts = [box.event(DeviceStarted(version="1", boot="boot-1"), t=NOON) for _ in range(STARTS)]
    old = [box.event(DeviceStarted(version="1", boot="boot-0"), t=NOON - 60 * MINUTE) for _ in range(STARTS)]
    intake.take([read_message(Incoming(HERE.of("ev"), encode_message(old), NOON))])
    assert watch.seen() == []  # they waited in its outbox for an hour: it is not so now
    intake.take([read_message(Incoming(HERE.of("ev"), encode_message(starts), NOON))])
    for session in range(COMINGS):
        birth = Birth(version="1", stream="a" * 16, session=session, boot="boot-1", first_seq=1)
        intake.take(
            [], [DeviceNote(HERE, birth, NOON, retained=False), DeviceNote(HERE, birth, NOON, retained=True)]
        )
    assert kinds(watch) == [("box-1", "flapping"), ("box-1", "restarts")]
