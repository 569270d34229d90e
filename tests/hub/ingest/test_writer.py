"""The writer's thread: batches, answers in order, patience with the database, and no mercy for poison."""

import logging
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.event import listens_for
from tests.harness.ingesting import NOON, Box, changed, rollups_of, table_rows
from tests.harness.processes import wait_until

from tillsight_hub.ingest.messages import DeviceNote, Ignored, Incoming, Receipt
from tillsight_hub.ingest.writer import IngestWriter
from tillsight_hub.tables import event as event_table
from tillsight_models.delivery import Birth, DeviceState
from tillsight_models.events import HealthReported, encode_message
from tillsight_models.topics import DeviceTopics


class Desk:
    """Hands messages to a writer and keeps what comes back."""

    def __init__(self, writer: IngestWriter) -> None:
        self.writer = writer
        self.order: list[int] = []
        self.receipts: dict[int, Receipt] = {}
        self._given = 0

    def hand_in(self, box: Box, *events: bytes) -> int:
        number = self._next()
        self.writer.submit(Incoming(box.topic, encode_message(list(events)), NOON, self._taker(number)))
        return number

    def note(self, message: Any, device: str = "box-1", *, retained: bool = False, at: int = NOON) -> int:
        number = self._next()
        place = DeviceTopics("acme", "rome", device)
        self.writer.submit(DeviceNote(place, message, at, retained, self._taker(number)))
        return number

    def ignored(self) -> int:
        number = self._next()
        self.writer.submit(Ignored(self._taker(number)))
        return number

    def wait(self, number: int) -> Receipt:
        wait_until(lambda: number in self.receipts, f"receipt {number}")
        return self.receipts[number]

    def _taker(self, number: int) -> Any:
        def take(receipt: Receipt) -> None:
            self.order.append(number)
            self.receipts[number] = receipt

        return take

    def _next(self) -> int:
        self._given += 1
        return self._given


@pytest.fixture
def desk(engine: Engine) -> Iterator[Desk]:
    writer = IngestWriter(engine, future_tolerance_s=10**9)
    writer.start()
    yield Desk(writer)
    writer.stop()


def stored(engine: Engine) -> list[int]:
    return [row["seq"] for row in table_rows(engine, "event", "seq")]


@contextmanager
def locked(engine: Engine) -> Iterator[None]:
    """Another program holds the database."""
    path = engine.url.database
    assert path
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.rollback()
    other.close()


@pytest.fixture
def impatient(engine: Engine) -> Engine:
    """The same database, but SQLite waits 50 ms only for its lock."""

    @listens_for(engine, "connect")
    def hurry(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA busy_timeout=50")

    return engine


def test_receipts_come_in_the_order_of_arrival(desk: Desk) -> None:
    box = Box()
    numbers = [desk.hand_in(box, box.press()) for _ in range(50)]
    numbers.append(desk.note(DeviceState(state="ready", session=1)))
    numbers.append(desk.ignored())
    desk.wait(numbers[-1])
    assert desk.order == numbers
    assert all(receipt.committed for receipt in desk.receipts.values())


def test_what_waits_goes_into_one_transaction(engine: Engine) -> None:
    writer = IngestWriter(engine, max_batch=30, future_tolerance_s=10**9)
    desk, box = Desk(writer), Box()
    numbers = [desk.hand_in(box, box.press()) for _ in range(50)]
    writer.start()
    desk.wait(numbers[-1])
    writer.stop()
    assert writer.counts.transactions == 2
    assert (desk.receipts[numbers[0]].stored, desk.receipts[numbers[-1]].stored) == (30, 20)
    assert (writer.counts.messages, writer.counts.stored) == (50, 50)


def test_acks_and_news_are_told_after_the_receipts(engine: Engine) -> None:
    told: list[str] = []
    writer = IngestWriter(engine, lambda _: told.append("news"), future_tolerance_s=10**9)
    writer.on_acks = lambda acks: told.append(f"ack {acks[0].ack.upto}")
    box = Box()
    done = threading.Event()
    writer.submit(Incoming(box.topic, box.press(), NOON, lambda _: told.append("receipt")))
    writer.start()
    writer.submit(Incoming(box.topic, b"rubbish", NOON, lambda _: done.set()))
    assert done.wait(60)
    writer.stop()
    assert told == ["receipt", "ack 1", "news"]


def test_a_listener_that_fails_does_not_stop_the_writer(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Any) -> None:
        raise RuntimeError("no audience")

    writer = IngestWriter(engine, fail, future_tolerance_s=10**9)
    writer.on_acks = fail
    desk, box = Desk(writer), Box()
    writer.start()
    writer.submit(Incoming(box.topic, box.press(), NOON, fail))
    desk.wait(desk.hand_in(box, box.press()))
    writer.stop()
    assert stored(engine) == [1, 2]
    assert "no audience" in caplog.text


def test_poison_never_stops_the_writer(desk: Desk, engine: Engine) -> None:
    box = Box()
    desk.hand_in(box, box.press(), changed(box.press(), tq="sundial"), box.press())
    desk.writer.submit(Incoming("nonsense", b"\xff", NOON))
    last = desk.hand_in(box, box.press())
    assert desk.wait(last).acks["box-1"].upto == 4
    assert stored(engine) == [1, 3, 4]
    assert desk.writer.counts.quarantined == {"bad-type": 1, "bad-topic": 1}


def test_each_kind_of_trouble_with_a_device_is_logged_once(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    mine, thief = Box(), Box("box-2", "till-2")
    desk.hand_in(mine, mine.press())
    for _ in range(3):
        number = desk.hand_in(thief, thief.press(), b"{}")
    desk.wait(number)
    told = [record.getMessage().split(": ")[1] for record in caplog.records]
    assert told == ["bad-type from device box-2", "foreign-stream from device box-2"]
    assert f"seq 1 of stream {mine.stream}, which belongs to device box-1" in caplog.text
    assert "a copied SD card" in caplog.text


def test_nothing_is_told_while_the_database_is_locked_and_all_of_it_afterwards(
    impatient: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    writer = IngestWriter(impatient, future_tolerance_s=10**9)
    desk, box = Desk(writer), Box()
    with locked(impatient):
        writer.start()
        number = desk.hand_in(box, box.press())
        wait_until(lambda: writer.counts.retries >= 2, "two attempts")
        assert desk.receipts == {}
        assert writer.counts.failing == "database is locked"
    assert desk.wait(number).committed
    assert writer.counts.failing is None
    writer.stop()
    told = [record.getMessage() for record in caplog.records if "writer" in record.name]
    assert told == [
        "the database takes no events, trying again: database is locked",
        "the database takes events again",
    ]


def test_a_stopping_writer_turns_away_what_it_cannot_store(impatient: Engine) -> None:
    writer = IngestWriter(impatient, future_tolerance_s=10**9)
    desk, box = Desk(writer), Box()
    with locked(impatient):
        writer.start()
        first = desk.hand_in(box, box.press())
        wait_until(lambda: writer.counts.retries >= 1, "an attempt")
        second = desk.hand_in(box, box.press())
        writer.stop()
    assert (desk.receipts[first].committed, desk.receipts[second].committed) == (False, False)
    assert stored(impatient) == []


def test_a_stopping_writer_stores_what_waits(engine: Engine) -> None:
    writer = IngestWriter(engine, future_tolerance_s=10**9)
    desk, box = Desk(writer), Box()
    numbers = [desk.hand_in(box, box.press()) for _ in range(5)]
    writer.start()
    writer.stop()
    assert [desk.receipts[number].committed for number in numbers] == [True] * 5
    assert not writer.running


def refuse_rating(engine: Engine, rating: int) -> None:
    """The database takes no press of this rating, for reasons of its own."""
    with engine.begin() as connection:
        connection.execute(
            text(
                f"CREATE TRIGGER refuse BEFORE INSERT ON {event_table.name} WHEN NEW.rating = {rating} "
                "BEGIN SELECT RAISE(ABORT, 'I do not like that'); END"
            )
        )


def test_what_the_database_refuses_is_found_and_set_aside_and_everything_else_is_stored(
    engine: Engine,
) -> None:
    refuse_rating(engine, 3)
    writer = IngestWriter(engine, future_tolerance_s=10**9)
    desk, box, other = Desk(writer), Box(), Box("box-2", "till-2", "bbbbbbbbbbbbbbbb")
    numbers = [desk.hand_in(box, box.press(4), box.press(3), box.press(2))]
    numbers += [desk.hand_in(box, box.press(rating)) for rating in (1, 3, 4, 4, 4)]
    numbers += [desk.note(DeviceState(state="ready", session=9))]
    numbers += [desk.hand_in(other, other.press(3))]
    writer.start()
    acks = desk.wait(numbers[-1]).acks
    writer.stop()
    assert desk.order == numbers
    assert acks["box-2"].upto == 1
    assert [row["rating"] for row in table_rows(engine, "event")] == [4, 2, 1, 4, 4, 4]
    rows = table_rows(engine, "quarantine")
    assert {row["reason"] for row in rows} == {"refused-by-database"}
    assert [row["seq"] for row in rows] == [2, 5, 1]
    assert rows[0]["detail"] == "I do not like that"
    assert [row["upto"] for row in table_rows(engine, "stream")] == [8, 1]
    assert sum(row["events"] for row in rollups_of(engine)["rollup_day"]) == 6
    assert table_rows(engine, "device")[0]["state"] == "ready"


def test_a_database_that_refuses_everything_is_tried_again_and_nothing_is_set_aside(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE rollup_hour RENAME TO away"))
    writer = IngestWriter(engine, future_tolerance_s=10**9)
    desk, box = Desk(writer), Box()
    writer.start()
    numbers = [desk.hand_in(box, box.press()) for _ in range(3)]
    wait_until(lambda: writer.counts.retries >= 2, "two attempts")
    assert desk.receipts == {}
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO rollup_hour"))
    desk.wait(numbers[-1])
    writer.stop()
    assert stored(engine) == [1, 2, 3]
    assert table_rows(engine, "quarantine") == []


# --- What devices say of themselves -----------------------------------------------------------------------


def device(engine: Engine) -> dict[str, Any]:
    return table_rows(engine, "device")[0]


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ([("ready", 1)], ("ready", 1)),
        ([("ready", 1), ("lost", 1)], ("lost", 1)),
        ([("ready", 1), ("ready", 2), ("lost", 1)], ("ready", 2)),
        ([("ready", 2), ("disconnected", 2)], ("disconnected", 2)),
        ([("ready", 57), ("ready", 1), ("lost", 57)], ("ready", 1)),
        ([("lost", 3)], ("lost", 3)),
        ([("ready", 1), ("lost", 5)], ("ready", 1)),
    ],
)
def test_a_late_will_of_an_older_session_changes_nothing(
    desk: Desk, engine: Engine, notes: list[tuple[Any, int]], expected: tuple[str, int]
) -> None:
    numbers = [desk.note(DeviceState(state=state, session=session)) for state, session in notes]
    desk.wait(numbers[-1])
    assert (device(engine)["state"], device(engine)["session"]) == expected


def test_a_kept_loss_of_a_session_that_we_missed_counts(desk: Desk, engine: Engine) -> None:
    desk.note(DeviceState(state="ready", session=1))
    desk.wait(desk.note(DeviceState(state="lost", session=2), retained=True))
    assert (device(engine)["state"], device(engine)["session"]) == ("lost", 2)


def test_birth_and_health_are_shown(desk: Desk, engine: Engine) -> None:
    birth = Birth(version="1.2", stream="s" * 16, session=1, boot="b", first_seq=1)
    desk.note(birth, at=NOON + 5)
    desk.wait(desk.note(HealthReported(outbox_events=3), at=NOON + 9, retained=False))
    row = device(engine)
    assert (row["version"], row["stream"], row["last_seen"]) == ("1.2", "s" * 16, NOON + 9)
    assert '"outbox_events":3' in row["health"]


def test_kept_messages_say_nothing_about_when_a_device_was_there(desk: Desk, engine: Engine) -> None:
    desk.wait(desk.note(DeviceState(state="ready", session=1), retained=True))
    assert device(engine)["last_seen"] is None


def test_health_that_comes_as_an_event_is_shown_while_it_is_fresh(desk: Desk, engine: Engine) -> None:
    box = Box()
    fresh = box.event(HealthReported(outbox_events=5), t=NOON - 1000)
    old = box.event(HealthReported(outbox_events=700), t=NOON - 10_000_000)
    desk.wait(desk.hand_in(box, fresh, old))
    assert '"outbox_events":5' in device(engine)["health"]


def test_notes_of_strangers_are_ignored(desk: Desk, engine: Engine) -> None:
    before = table_rows(engine, "device")
    desk.note(DeviceState(state="ready", session=1), device="box-9")
    desk.wait(desk.note(DeviceState(state="ready", session=1), device="box-3"))
    assert table_rows(engine, "device") == before, "box-3 is in another store"


def test_a_full_disk_is_waited_out(impatient: Engine) -> None:
    """What SQLite says when the disk is full: the page limit makes it so without filling one."""
    writer = IngestWriter(impatient, future_tolerance_s=10**9)
    desk, box = Desk(writer), Box()
    with impatient.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    limit = ["PRAGMA max_page_count"]

    @listens_for(impatient, "checkout")
    def set_limit(connection: Any, *_: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={pages if limit else 2**30}")

    writer.start()
    number = desk.hand_in(box, *[box.press() for _ in range(200)])
    wait_until(lambda: writer.counts.failing is not None, "a full disk")
    assert writer.counts.failing == "database or disk is full"
    limit.clear()
    assert desk.wait(number).stored == 200
    writer.stop()
