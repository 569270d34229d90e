"""One transaction: what is new is stored once, counted once, and answered for."""

import pytest
from sqlalchemy import Engine
from tests.harness.ingesting import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    SEED,
    Box,
    changed,
    counted,
    intake,
    rollups_of,
    table_rows,
    take,
)

from tillsight_hub.ingest.checks import read_message
from tillsight_hub.ingest.messages import Incoming
from tillsight_hub.labels import Label
from tillsight_hub.seed import Seed, apply_seed


def labels(engine: Engine) -> dict[int, int]:
    return {row["seq"]: row["labels"] for row in table_rows(engine, "event", "seq", "labels")}


def reasons(engine: Engine) -> list[str]:
    return [row["reason"] for row in table_rows(engine, "quarantine", "reason")]


def test_an_event_is_stored_as_it_came(either_engine: Engine) -> None:
    box = Box()
    take(either_engine, (box, changed(box.press(3, repeat=True, mono=77), mood="good")), received=NOON + 5)
    assert table_rows(either_engine, "event") == [
        {
            "stream": box.stream,
            "seq": 1,
            "type": "button.press",
            "dev": "box-1",
            "tp": "till-1",
            "t": NOON + 1000,
            "tq": "ntp",
            "boot": "boot-1",
            "mono": 77,
            "device_t": NOON + 1000,
            "device_tq": "ntp",
            "received": NOON + 5,
            "rating": 3,
            "labels": Label.REPEAT,
            "data": '{"button":3,"rating":3,"scale":"smiley-4","labels":["repeat"]}',
            "extra": '{"mood":"good"}',
        }
    ]


def test_a_message_is_stored_once_however_often_it_comes(either_engine: Engine) -> None:
    box, taker = Box(), intake(either_engine)
    events = [box.press(), box.contact(), box.press(1)]
    first = take(taker, (box, events), (box, events[0]))
    before = rollups_of(either_engine)
    again = take(taker, (box, events), (box, events))
    assert (first.receipt.stored, first.receipt.duplicates) == (3, 1)
    assert (again.receipt.stored, again.receipt.duplicates) == (0, 6)
    assert rollups_of(either_engine) == before
    assert again.receipt.acks["box-1"].upto == 3, "a resend is always answered"
    assert again.committed.touchpoints == frozenset()


def test_the_answer_names_what_is_missing(either_engine: Engine) -> None:
    box, taker = Box(), intake(either_engine, window=50)
    events = [box.press() for _ in range(6)]
    (answer,) = take(taker, (box, [events[0], events[3], events[5]])).acks
    assert (answer.ack.stream, answer.ack.upto, answer.ack.window) == (box.stream, 1, 50)
    assert answer.ack.missing == [(2, 3), (5, 5)]
    assert answer.ack.now == NOON + DAY
    assert answer.place.of("ack") == "tillsight/v1/acme/rome/box-1/ack"
    (answer,) = take(taker, (box, events[1:5])).acks
    assert (answer.ack.upto, answer.ack.missing) == (6, [])


def test_quarantined_events_count_as_accounted(either_engine: Engine) -> None:
    box = Box()
    good, bad, late = box.press(), changed(box.press(), t="soon"), box.press()
    outcome = take(either_engine, (box, [good, bad, late]))
    assert outcome.receipt.acks["box-1"].upto == 3
    (row,) = table_rows(either_engine, "quarantine")
    assert (row["stream"], row["seq"], row["dev"], row["reason"]) == (box.stream, 2, "box-1", "bad-type")
    assert bytes(row["payload"]) == bad
    assert row["size"] == len(bad)


def test_dropped_ranges_count_as_accounted(either_engine: Engine) -> None:
    box = Box()
    first = box.press()
    box.skip(50)
    after = box.press()
    outcome = take(either_engine, (box, [first, after]))
    assert outcome.receipt.acks["box-1"].missing == [(2, 51)]
    outcome = take(either_engine, (box, box.dropped((2, 30), (31, 51))))
    assert outcome.receipt.acks["box-1"].upto == 53
    assert [row["first"] for row in table_rows(either_engine, "stream_gap")] == [2, 31]


def test_what_another_device_claims_never_moves_a_watermark(engine: Engine) -> None:
    mine, thief, taker = Box(), Box("box-2", "till-2"), intake(engine)
    take(taker, (mine, mine.press()))
    stolen = [thief.press() for _ in range(3)]  # same stream, as from a copied SD card
    broken = changed(stolen[2], t="soon")
    outcome = take(taker, (thief, [stolen[1], broken]), (thief, changed(stolen[2], dev="box-1")))
    assert outcome.acks == []
    assert sorted(reasons(engine)) == ["bad-type", "foreign-device", "foreign-stream"]
    assert {row["stream"] for row in table_rows(engine, "quarantine")} == {None}
    (stream,) = table_rows(engine, "stream")
    assert (stream["device_id"], stream["upto"], stream["highest"]) == ("box-1", 1, 1)


def test_a_new_card_in_the_same_device_begins_a_new_stream(engine: Engine) -> None:
    old, new = Box(), Box(stream="bbbbbbbbbbbbbbbb")
    outcome = take(engine, (old, old.press()), (new, new.press()), (old, old.press()))
    assert outcome.receipt.stored == 3
    assert sorted((each.ack.stream, each.ack.upto) for each in outcome.acks) == [
        (old.stream, 2),
        (new.stream, 1),
    ]


def test_a_number_that_was_used_twice_is_set_aside(either_engine: Engine) -> None:
    box, restored, taker = Box(), Box(boot="boot-2"), intake(either_engine)
    events = [box.press(4), box.press(4)]
    take(taker, (box, events))
    outcome = take(taker, (restored, [restored.press(1), restored.press(1)]), (box, events))
    assert (outcome.receipt.stored, outcome.receipt.duplicates, outcome.receipt.quarantined) == (0, 2, 2)
    assert reasons(either_engine) == ["reused-seq", "reused-seq"]
    assert [row["rating"] for row in table_rows(either_engine, "event")] == [4, 4]


def test_events_that_are_refused_again_and_again_lie_in_quarantine_once(engine: Engine) -> None:
    box, taker = Box(), intake(engine)
    bad, nameless = changed(box.press(), type="button.hug"), b"not even JSON"
    for _ in range(3):
        take(taker, (box, bad), (box, nameless))
    assert sorted(reasons(engine)) == ["bad-json", "unknown-type"]
    take(intake(engine), (box, bad))
    assert sorted(reasons(engine)) == ["bad-json", "unknown-type"], "nor after a restart"


def test_what_lies_in_quarantine_can_be_printed_and_stored_anywhere(either_engine: Engine) -> None:
    box = Box()
    take(either_engine, (box, changed(box.press(), type="\a\u202e" + "z" * 60)), (box, b"\xff" * 5000))
    box.topic = "tillsight/v1/acme/rome/\x01\ud83d/ev"
    take(either_engine, (box, box.press()))
    for row in table_rows(either_engine, "quarantine"):
        assert row["detail"].isprintable()
        assert row["topic"].isprintable()
        assert len(row["detail"]) < 1000


def test_an_undo_takes_a_press_back_whichever_comes_first(either_engine: Engine) -> None:
    box, taker = Box(), intake(either_engine)
    presses = [box.press(rating) for rating in (1, 2, 3)]
    undos = [box.undo(1), box.undo(2), box.undo(3)]
    take(taker, (box, presses[0]))
    take(taker, (box, [undos[0], undos[1]]))
    take(taker, (box, [presses[1], presses[2], undos[2]]))
    assert labels(either_engine) == {1: 2, 2: 2, 3: 2, 4: 0, 5: 0, 6: 0}
    (hour,) = table_rows(either_engine, "rollup_hour")
    assert without_key(hour) == {"events": 6, "presses": 3, "undone": 3, "raw_1": 1, "raw_2": 1, "raw_3": 1}


def test_only_presses_of_the_same_stream_can_be_taken_back(engine: Engine) -> None:
    box, other = Box(), Box("box-2", "till-2", "bbbbbbbbbbbbbbbb")
    take(engine, (box, [box.contact(), box.press()]), (other, [other.press(scale="smiley-5") for _ in "123"]))
    take(engine, (box, box.undo(1)), (other, other.undo(2)))
    by_key = {(row["stream"], row["seq"]): row["labels"] for row in table_rows(engine, "event")}
    assert [key for key, value in by_key.items() if value] == [(other.stream, 2)]


def test_every_counter_is_fed(either_engine: Engine) -> None:
    till, stall = Box(), Box("box-3", "stall", "cccccccccccccccc", "pune")
    take(
        either_engine,
        (till, [till.press(4), till.press(4, repeat=True), till.press(2, scale="nps")]),
        (till, [till.contact(dwell_s=12.5, people=2), till.press(1, t=NOON - 5 * HOUR)]),
        (stall, [stall.sales(3, 1050), stall.sales(2)]),
    )
    days = {row["tp"]: without_key(row) for row in table_rows(either_engine, "rollup_day")}
    assert days["till-1"] == {
        "events": 5,
        "presses": 4,
        "repeats": 1,
        "other_scale": 1,
        "closed": 1,
        "rating_1": 1,
        "rating_4": 1,
        "raw_1": 1,
        "raw_4": 2,
        "contacts_presence": 2,
        "dwell_ms": 25_000,
        "dwell_contacts": 2,
    }
    of_checks = {"check_reports": 1, "check_receipts": 3, "check_square": 3675}
    assert days["stall"] == {
        "events": 2,
        "contacts_pos": 5,
        "receipts": 5,
        "sales_amount": 1050,
        **of_checks,
    }
    assert len(table_rows(either_engine, "rollup_hour")) == 3


def test_a_changed_hierarchy_counts_from_the_next_transaction_on(engine: Engine) -> None:
    box, taker = Box("box-9"), intake(engine)
    take(taker, (box, box.press()))
    assert reasons(engine) == ["unknown-device"]
    device = {"id": "box-9", "touchpoint": "till-1"}
    apply_seed(engine, Seed.model_validate({**SEED, "device": [*SEED["device"], device]}))
    assert take(taker, (box, box.press())).receipt.stored == 1


def test_devices_show_when_they_were_last_heard(either_engine: Engine) -> None:
    box, taker = Box(), intake(either_engine)
    take(taker, (box, box.press()), received=NOON + 2 * MINUTE)
    take(taker, (box, b"rubbish"), received=NOON + MINUTE)
    device = table_rows(either_engine, "device")[0]
    assert (device["first_seen"], device["last_seen"]) == (NOON + 2 * MINUTE, NOON + 2 * MINUTE)


def test_a_hub_that_does_not_know_the_time_takes_no_event_for_a_future_one(engine: Engine) -> None:
    box = Box()
    outcome = take(intake(engine, now=40_000), (box, box.press()))
    assert (outcome.receipt.stored, outcome.receipt.quarantined) == (1, 0)
    outcome = take(intake(engine, now=NOON - HOUR, future_tolerance_s=60), (box, box.press()))
    assert (outcome.receipt.stored, outcome.receipt.quarantined) == (0, 1)
    assert reasons(engine) == ["far-future"]


def test_a_transaction_tells_what_it_changed(engine: Engine) -> None:
    box, other = Box(), Box("box-2", "till-2", "bbbbbbbbbbbbbbbb")
    committed = take(engine, (box, [box.press(2), box.undo(1)]), (other, other.contact())).committed
    assert committed.touchpoints == {"till-1", "till-2"}
    (press,) = committed.presses
    assert (press.tp, press.rating, press.labels, press.device) == ("till-1", 2, Label.UNDONE, "box-1")
    assert (press.t, press.received) == (NOON + 1000, NOON + HOUR)


def test_a_failed_transaction_leaves_no_trace_and_can_be_repeated(engine: Engine) -> None:
    box, taker = Box(), intake(engine)
    take(taker, (box, box.press()))
    before = {name: table_rows(engine, name) for name in ("event", "rollup_hour", "stream", "press_undone")}
    undo = read_message(Incoming(box.topic, box.undo(1), NOON))
    undo.arrivals[0].data = "\ud83d"  # no database takes half of a character
    with pytest.raises(UnicodeEncodeError):
        taker.take([undo])
    assert before == {name: table_rows(engine, name) for name in before}
    undo.arrivals[0].data = "{}"
    assert taker.take([undo]).receipt.stored == 1
    assert labels(engine)[1] == Label.UNDONE


def without_key(row: dict[str, object]) -> dict[str, object]:
    return {
        name: value for name, value in counted(row).items() if name not in ("tp", "hour", "day", "revised")
    }


def test_the_payload_is_kept_byte_for_byte(either_engine: Engine) -> None:
    box = Box()
    odd = '{\n\t"button" : 1,"rating":1, "scale":"smiley-4","lamp":[1.50,"\\\\N\\t\\u00e9\u00e9\U0001f600"]}'
    event = box.press().replace(b'{"button":4,"rating":4,"scale":"smiley-4"}', odd.encode())
    take(either_engine, (box, event))
    (row,) = table_rows(either_engine, "event", "data")
    assert row["data"] == odd
