"""Rollups: what each event counts, in which hour and day, and making them anew."""

import tracemalloc
from typing import Any

import pytest
from sqlalchemy import Engine, text, update
from tests.harness.ingesting import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    SEED,
    Box,
    counted,
    intake,
    rollups_of,
    table_rows,
    take,
)

from tillsight_hub import tables
from tillsight_hub.database import writing
from tillsight_hub.labels import Label
from tillsight_hub.rollups import Progress, rebuild, recompute, recompute_touchpoints, tally
from tillsight_hub.seed import Seed, apply_seed
from tillsight_hub.tables import COUNTERS, UNDATED_DAY, UNDATED_HOUR
from tillsight_models.events import (
    AttemptEnded,
    ButtonPressed,
    CameraReported,
    ContactEnded,
    EmotionWindowed,
    Payload,
    PressUndone,
    QueueWatched,
    SalesReported,
    TrafficCounted,
)

PRESS = ButtonPressed(button=1, rating=2, scale="smiley-4")


@pytest.mark.parametrize(
    ("payload", "labels", "expected"),
    [
        (PRESS, 0, {"presses": 1, "raw_2": 1, "rating_2": 1}),
        (PRESS, Label.REPEAT, {"presses": 1, "repeats": 1, "raw_2": 1}),
        (PRESS, Label.UNDONE, {"presses": 1, "undone": 1, "raw_2": 1}),
        (PRESS, Label.REPEAT | Label.UNDONE, {"presses": 1, "repeats": 1, "undone": 1, "raw_2": 1}),
        (ButtonPressed(button=1, rating=2, scale="nps"), 0, {"presses": 1, "other_scale": 1}),
        (PressUndone(press=1), 0, {}),
        (
            ContactEnded(source="camera", dwell_s=1.2345, people=3),
            0,
            {"contacts_camera": 3, "dwell_ms": 3702, "dwell_contacts": 3},
        ),
        (ContactEnded(source="presence", dwell_s=0, people=2), 0, {"contacts_presence": 2}),
        (
            SalesReported(period_s=1, receipts=2, amount=399),
            0,
            {
                "contacts_pos": 2,
                "receipts": 2,
                "sales_amount": 399,
                "check_reports": 1,
                "check_receipts": 2,
                "check_square": 796,  # 399² ÷ 2 ÷ 100
            },
        ),
        (SalesReported(period_s=60, receipts=2), 0, {"contacts_pos": 2, "receipts": 2}),
        (
            SalesReported(period_s=60, receipts=1, amount=1 << 60),
            0,
            {
                "contacts_pos": 1,
                "receipts": 1,
                "sales_amount": 1 << 60,
                "check_reports": 1,
                "check_receipts": 1,
                "check_square": 1 << 48,
            },
        ),
        (
            TrafficCounted(entrance="a", period_s=1, entered=5, left=4),
            0,
            {"visitors_in": 5, "visitors_out": 4},
        ),
        (AttemptEnded(duration_s=61.5), 0, {"attempts": 1, "attempt_ms": 61_500, "attempt_square": 3782}),
        (
            CameraReported(camera="till", state="covered", period_s=300, working_s=214.5),
            0,
            {"camera_ms": 300_000, "camera_working_ms": 214_500},
        ),
        (CameraReported(camera="door", state="ok", period_s=300, working_s=300, contacts=False), 0, {}),
        (
            QueueWatched(period_s=300, mean_people=1.4, most_people=4, waited=6, mean_wait_s=48.5),
            0,
            {"queue_ms": 300_000, "queue_people_ms": 420_000, "waits": 6, "wait_ms": 291_000},
        ),
        (
            EmotionWindowed(period_s=900, positive=11, neutral=20, negative=10, unknown=3),
            0,
            {"emotion_positive": 11, "emotion_neutral": 20, "emotion_negative": 10, "emotion_unknown": 3},
        ),
    ],
)
def test_what_an_event_counts(payload: Payload, labels: int, expected: dict[str, int]) -> None:
    found = tally(payload, int(labels), "smiley-4", is_closed=False)
    assert {name: number for name, number in found.items() if number} == {"events": 1, **expected}
    assert set(found) <= set(COUNTERS)


def test_a_press_outside_opening_hours_is_counted_as_such_and_as_a_press() -> None:
    assert tally(PRESS, 0, "smiley-4", is_closed=True)["closed"] == 1
    assert tally(PRESS, 0, "smiley-4", is_closed=True)["rating_2"] == 1


def test_what_a_camera_sees_of_a_closed_store_is_no_coverage() -> None:
    report = CameraReported(camera="till", state="dark", period_s=300, working_s=0)
    assert tally(report, 0, "smiley-4", is_closed=True) == {"events": 1}


def test_hours_and_days_are_those_of_the_place(engine: Engine) -> None:
    stall = Box("box-3", "stall", site="pune")
    take(engine, (stall, [stall.press(t=NOON), stall.press(t=NOON + 9 * HOUR)]))
    assert [row["hour"] for row in table_rows(engine, "rollup_hour")] == [
        (NOON - 30 * MINUTE) // 1000,
        (NOON + 8 * HOUR + 30 * MINUTE) // 1000,
    ], "15:30 and 0:30 in a zone of half an hour"
    assert [row["day"] for row in table_rows(engine, "rollup_day")] == ["2026-10-06", "2026-10-07"]


@pytest.fixture
def full(engine: Engine) -> Engine:
    """Two weeks over the end of summer time, with every kind of event at every kind of time."""
    box = Box()
    events = []
    for n in range(300):
        at: dict[str, Any] = {"t": NOON + 12 * DAY + n * 67 * MINUTE, "mono": n}
        if n % 11 == 0:
            at["tq"] = "unsynced"
        if n % 13 == 0:
            at["tq"] = "bounded"
        events.append(box.press(n % 4 + 1, repeat=n % 5 == 0, **at) if n % 3 else box.contact(**at))
        if n % 17 == 4:
            events.append(box.undo(box.seq, **at))
    other = Box("box-2", "till-2", "bbbbbbbbbbbbbbbb")
    take_far(engine, (box, events[:200]), (box, events[200:]), (other, other.press(scale="smiley-5")))
    return engine


def take_far(engine: Engine, *messages: Any) -> None:
    taker = intake(engine, now=NOON + 60 * DAY)
    for message in messages:
        take(taker, message, received=NOON + 59 * DAY)


def spoil(engine: Engine) -> None:
    """Wrong numbers, a bucket too many and one too few."""
    with engine.begin() as connection:
        connection.execute(update(tables.rollup_hour).values(presses=77))
        connection.execute(update(tables.rollup_day).values(events=1_000))
        connection.execute(text("INSERT INTO rollup_hour (tp, hour, events) VALUES ('till-1', 3600, 9)"))
        connection.execute(text("INSERT INTO rollup_day (tp, day, events) VALUES ('gone', '2020-01-01', 9)"))
        connection.execute(text("DELETE FROM rollup_day WHERE day = '2026-10-20'"))


def test_a_rebuild_makes_the_rows_that_ingest_made(full: Engine) -> None:
    before = rollups_of(full)
    assert len(before["rollup_hour"]) > 200
    assert {UNDATED_HOUR, UNDATED_DAY} <= {
        before["rollup_hour"][0]["hour"],
        before["rollup_day"][-2]["day"],
    }
    spoil(full)
    told: list[Progress] = []
    assert rebuild(full, told.append).events == len(table_rows(full, "event"))
    assert rollups_of(full) == before
    assert [progress.touchpoints_done for progress in told] == list(range(1, told[0].touchpoints + 1))


def test_recomputed_buckets_are_those_that_ingest_made(full: Engine) -> None:
    before = rollups_of(full)
    spoil(full)
    hours = {(row["tp"], row["hour"]) for row in before["rollup_hour"]} | {("till-1", 3600)}
    days = {(row["tp"], row["day"]) for row in before["rollup_day"]}
    with writing(full) as connection:
        connection.execute(text("DELETE FROM rollup_day WHERE tp = 'gone'"))
        recompute(connection, hours, days)
    assert rollups_of(full) == before


def test_only_the_buckets_asked_for_are_recomputed(full: Engine) -> None:
    day = table_rows(full, "rollup_day")[3]
    spoil(full)
    with writing(full) as connection:
        recompute(connection, [], [(day["tp"], day["day"])])
    right = [row for row in table_rows(full, "rollup_day") if row["events"] != 1_000 and row["tp"] != "gone"]
    assert right == [day | {"revised": day["revised"] + 1}]


def test_a_reader_sees_the_old_rows_until_a_rebuild_has_all_new_ones(full: Engine) -> None:
    spoil(full)
    old = rollups_of(full)
    with writing(full) as connection:
        recompute_touchpoints(connection, ["till-1"])
        assert rollups_of(full) == old
    assert rollups_of(full) != old


def test_another_scale_or_other_hours_count_all_events_anew(full: Engine) -> None:
    touchpoint = {"id": "till-1", "name": "Till 1", "store": "rome", "scale": "nps"}
    stores = [{**SEED["store"][0], "opening_hours": {"mon": ["09:00-10:00"]}}, SEED["store"][1]]
    seed = {**SEED, "store": stores, "touchpoint": [touchpoint, *SEED["touchpoint"][1:]]}
    result = apply_seed(full, Seed.model_validate(seed))
    assert set(result.recomputed) == {"till-1", "till-2", "desk"}
    after = rollups_of(full)
    days = [counted(row) for row in after["rollup_day"] if row["tp"] == "till-1"]
    assert all("rating_4" not in day for day in days)
    assert sum(day.get("other_scale", 0) for day in days) == sum(day.get("presses", 0) for day in days)
    rebuild(full)
    assert rollups_of(full) == after


def test_memory_holds_buckets_and_not_events(engine: Engine) -> None:
    row = "'s', {0}, 'button.press', 'box-1', 'till-1', {1}, 'ntp', 'b', 0, 0, 'ntp', 0, 1, 0, "
    data = '{"button":1,"rating":1,"scale":"smiley-4"}'
    with engine.begin() as connection:
        for start in range(0, 20_000, 500):
            values = ", ".join(
                f"({row.format(n, NOON + n)}'{data}', NULL)" for n in range(start, start + 500)
            )
            connection.exec_driver_sql(f"INSERT INTO event VALUES {values}")
    tracemalloc.start()
    try:
        assert rebuild(engine).events == 20_000
        assert tracemalloc.get_traced_memory()[1] < 8_000_000, "20,000 events alone are 10 MB"
    finally:
        tracemalloc.stop()
