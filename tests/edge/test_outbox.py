"""The outbox: every committed event is there until the hub has it, and the books always balance."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from tests.harness.outboxes import PRESS, ack, all_held, at, new_outbox, press_times, send_all

from tillsight_edge.books import Book
from tillsight_edge.errors import OutboxUnwritable
from tillsight_edge.outbox import Outbox
from tillsight_models.delivery import Ack
from tillsight_models.events import ContactEnded, EventsDropped, PressUndone


def test_numbers_are_gap_free_from_1_and_survive_a_restart(tmp_path: Path) -> None:
    first = new_outbox(tmp_path)
    assert [first.append(PRESS, at()) for _ in range(3)] == [1, 2, 3]
    stream = first.stream
    first.close()
    again = new_outbox(tmp_path)
    assert again.append(PRESS, at()) == 4
    assert again.stream == stream
    assert [event.seq for event in all_held(again)] == [1, 2, 3, 4]


def test_an_event_says_who_it_is_from_and_when_it_was(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    outbox.append(PRESS, at(77))
    event = all_held(outbox)[0]
    assert (event.dev, event.tp, event.stream, event.seq) == ("till-1-box", "till-1", outbox.stream, 1)
    assert (event.payload, event.at) == (PRESS, at(77))


def test_only_what_the_hub_has_acknowledged_leaves(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    press_times(outbox, 5)
    send_all(outbox)
    assert outbox.acknowledge(ack(outbox, 3), live=True)
    assert [event.seq for event in all_held(outbox)] == [4, 5]
    assert (outbox.acked, outbox.first_seq) == (3, 4)


def test_an_ack_of_another_stream_is_ignored(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    press_times(outbox, 5)
    send_all(outbox)
    stream = outbox.stream
    for upto in (5, 50):
        stranger = Ack(stream="0123456789abcdef", upto=upto, missing=[(1, 4)], now=0)
        assert not outbox.acknowledge(stranger, live=True)
    assert (outbox.books().left, outbox.stream) == (5, stream)
    assert not outbox.report_lost(at())


def test_an_older_ack_after_a_newer_one_changes_nothing(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    press_times(outbox, 5)
    send_all(outbox)
    outbox.acknowledge(ack(outbox, 4), live=True)
    outbox.acknowledge(ack(outbox, 2), live=True)
    assert (outbox.acked, outbox.books().left) == (4, 1)


def test_books_count_each_type_and_balance(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    press_times(outbox, 3)
    outbox.append(ContactEnded(source="presence", dwell_s=4.5), at())
    send_all(outbox)
    outbox.acknowledge(ack(outbox, 2), live=True)
    outbox.close()
    books = new_outbox(tmp_path).books()
    assert books.by_type == {"button.press": Book(3, 2, 0), "contact.end": Book(1, 0, 0)}
    assert (books.total, books.left, books.last_seq, books.upto) == (Book(4, 2, 0), 2, 4, 2)


def test_messages_are_limited_by_events_and_by_bytes_but_never_empty(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    press_times(outbox, 10)
    size = len(outbox.held(0, 1, 1, 10_000)[0].raw) + 5
    assert [held.seq for held in outbox.held(2, 9, 3, 100_000)] == [3, 4, 5]
    assert [held.seq for held in outbox.held(2, 4, 100, 100_000)] == [3, 4]
    assert [held.seq for held in outbox.held(0, 10, 100, 2 * size)] == [1, 2]
    assert [held.seq for held in outbox.held(0, 10, 100, 1)] == [1]


def test_a_full_outbox_drops_the_oldest_and_reports_them_as_ranges(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path, max_events=100)
    press_times(outbox, 150)
    held = [event.seq for event in all_held(outbox)]
    assert held == list(range(held[0], 151))
    assert len(held) <= 100
    assert outbox.report_lost(at())
    assert not outbox.report_lost(at())
    (report,) = [event for event in all_held(outbox) if isinstance(event.payload, EventsDropped)]
    assert report.payload == EventsDropped(ranges=[(1, held[0] - 1)], reason="outbox-full")
    books = outbox.books()
    assert books.by_type["button.press"] == Book(150, 0, held[0] - 1)
    assert books.total.appended == books.total.acked + books.total.dropped + books.left


def test_a_report_that_was_itself_dropped_is_made_again(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path, max_events=100)
    press_times(outbox, 150)
    outbox.report_lost(at())
    press_times(outbox, 150)
    outbox.close()
    outbox = new_outbox(tmp_path, max_events=100)
    outbox.report_lost(at())
    reports = [event.payload for event in all_held(outbox) if isinstance(event.payload, EventsDropped)]
    first = all_held(outbox)[0].seq
    assert reports == [EventsDropped(ranges=[(1, first - 1)], reason="outbox-full")]


def test_what_was_dropped_but_had_arrived_is_not_reported(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path, max_events=100)
    press_times(outbox, 100)
    send_all(outbox)
    press_times(outbox, 10)
    outbox.acknowledge(ack(outbox, 60), live=True)
    assert outbox.books().total.dropped == 10
    assert not outbox.report_lost(at())


def test_reports_of_lost_ranges_can_be_sent_ahead_until_the_hub_has_them(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path, max_events=100)
    press_times(outbox, 150)
    outbox.report_lost(at())
    (report,) = outbox.reports()
    assert report.seq == 151
    send_all(outbox)
    outbox.acknowledge(ack(outbox, 151), live=True)
    assert outbox.reports() == []


def test_what_the_hub_misses_and_we_no_longer_hold_is_reported_once(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    press_times(outbox, 10)
    send_all(outbox)
    outbox.acknowledge(ack(outbox, 6), live=True)
    restored = ack(outbox, 2, missing=[(3, 8)])
    assert outbox.acknowledge(restored, live=True)
    assert outbox.report_lost(at())
    for missing in ([(3, 8)], [(4, 8)], [(2, 2), (5, 6)]):
        outbox.acknowledge(ack(outbox, 2, missing=missing), live=True)
    assert outbox.report_lost(at())
    assert not outbox.report_lost(at())
    payloads = [event.payload for event in all_held(outbox)]
    assert payloads[-2:] == [
        EventsDropped(ranges=[(3, 6)], reason="not-held"),
        EventsDropped(ranges=[(2, 2)], reason="not-held"),
    ]


def test_a_retained_ack_cannot_declare_anything_lost(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    press_times(outbox, 10)
    send_all(outbox)
    outbox.acknowledge(ack(outbox, 6), live=True)
    outbox.acknowledge(ack(outbox, 2, missing=[(3, 8)]), live=False)
    assert not outbox.report_lost(at())


def test_a_mark_is_stored_with_its_event(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    assert outbox.mark("panel") is None
    outbox.append(PRESS, at(), mark=("panel", "7:41"))
    outbox.close()
    assert new_outbox(tmp_path).mark("panel") == "7:41"


def test_sessions_are_never_given_twice(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    sessions = [outbox.next_session(), outbox.next_session()]
    outbox.close()
    assert [*sessions, new_outbox(tmp_path).next_session()] == [1, 2, 3]


def test_a_press_waits_for_the_disk_and_an_ack_does_not(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)

    def synchronous() -> str:
        assert outbox._connection is not None
        return {1: "normal", 2: "full"}[outbox._connection.execute("PRAGMA synchronous").fetchone()[0]]

    for seq in (1, 2):
        press_times(outbox, 1)
        assert synchronous() == "full"
        send_all(outbox)
        outbox.acknowledge(ack(outbox, seq), live=True)
        assert synchronous() == "normal"
    assert outbox._connection is not None
    assert outbox._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize("damage", [b"this is no database" * 500, None])
def test_a_damaged_file_is_kept_aside_and_a_new_stream_begins(tmp_path: Path, damage: bytes | None) -> None:
    outbox = new_outbox(tmp_path)
    press_times(outbox, 300)
    stream = outbox.stream
    outbox.close()
    file = tmp_path / "outbox.db"
    whole = file.read_bytes()
    file.write_bytes(damage or whole[:4096] + b"\xff" * (len(whole) - 4096))
    again = new_outbox(tmp_path)
    assert again.append(PRESS, at()) == 1
    assert again.stream != stream
    kept = tmp_path / again.set_aside
    assert ".damaged-" in kept.name
    assert kept.stat().st_size == len(damage or whole)


def test_damage_during_work_is_noticed_and_presses_go_on(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    press_times(outbox, 50)
    assert outbox._connection is not None
    outbox._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    file = tmp_path / "outbox.db"
    file.write_bytes(file.read_bytes()[:4096] + b"\xff" * 20_000)
    outbox._connection.execute("PRAGMA shrink_memory")
    with pytest.raises(OutboxUnwritable):
        for _ in range(50):
            outbox.append(PRESS, at())
    assert outbox.append(PRESS, at()) == 1
    assert ".damaged-" in outbox.set_aside


def test_the_outbox_of_another_device_is_kept_aside(tmp_path: Path) -> None:
    old = new_outbox(tmp_path)
    press_times(old, 4)
    old.close()
    new = new_outbox(tmp_path, device="till-9-box")
    assert new.books().left == 0
    assert ".of-another-device-" in new.set_aside
    with sqlite3.connect(tmp_path / new.set_aside) as kept:
        assert kept.execute("SELECT count(*) FROM event").fetchone() == (4,)


def test_a_disk_that_cannot_be_written_is_said_once_and_recovers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "gone"
    folder.write_text("a file where the folder should be", encoding="utf-8")
    outbox = new_outbox(folder)
    for _ in range(3):
        with pytest.raises(OutboxUnwritable, match=r"outbox\.db: "):
            outbox.append(PRESS, at())
    assert "outbox.db" in outbox.problem
    assert not outbox.probe()
    folder.unlink()
    assert outbox.probe()
    assert outbox.problem == ""
    assert outbox.append(PRESS, at()) == 1
    assert [record.levelname for record in caplog.records] == ["ERROR", "WARNING"]


def test_a_full_disk_refuses_the_press_and_keeps_what_is_there(tmp_path: Path) -> None:
    outbox = new_outbox(tmp_path)
    press_times(outbox, 3)
    assert outbox._connection is not None
    pages = outbox._connection.execute("PRAGMA page_count").fetchone()[0]
    outbox._connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OutboxUnwritable, match="full"):
        press_times(outbox, 500)
    left = outbox.books().left
    assert left >= 3
    outbox._connection.execute("PRAGMA max_page_count = 100000")
    assert outbox.append(PRESS, at()) == left + 1
    assert outbox.problem == ""


def test_on_a_card_that_went_back_in_time_new_events_get_a_new_stream(tmp_path: Path) -> None:
    """The hub knows 8 events of a file that was restored with 5: the numbers 6 to 8 are taken."""
    outbox = new_outbox(tmp_path)
    press_times(outbox, 5)
    send_all(outbox)
    outbox.acknowledge(ack(outbox, 4), live=True)
    stream = outbox.stream
    outbox.close()
    restored = new_outbox(tmp_path)
    seq = restored.append(PRESS, at(6))
    restored.append(PressUndone(press=seq), at(7))
    assert not restored.acknowledge(Ack(stream=stream, upto=8, now=0), live=True)
    assert restored.stream != stream
    events = all_held(restored)
    assert [(event.seq, event.at.mono) for event in events] == [(1, 6), (2, 7)]
    assert {event.stream for event in events} == {restored.stream}
    assert events[1].payload == PressUndone(press=1)
    assert restored.append(PRESS, at()) == 3
    books = restored.books()
    assert books.total.appended == books.total.acked + books.total.dropped + books.left


def test_two_who_open_a_new_outbox_at_once_find_the_same_one(tmp_path: Path) -> None:
    for number in range(10):
        outboxes = [new_outbox(tmp_path / str(number)) for _ in range(4)]
        together = Barrier(len(outboxes))

        def opened(outbox: Outbox, together: Barrier = together) -> str:
            together.wait()
            return outbox.stream

        with ThreadPoolExecutor(len(outboxes)) as threads:
            assert len(set(threads.map(opened, outboxes))) == 1
        for outbox in outboxes:
            outbox.close()
