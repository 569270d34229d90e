"""The nightly check finds every number that is not what the events say, and changes none."""

import json

import pytest
from sqlalchemy import Engine, text
from tests.harness.ingesting import NOON, Box, changed, rollups_of, table_rows, take

from tillsight_hub.consistency import KEPT, Mismatch, verify
from tillsight_hub.rollups import rebuild


@pytest.fixture
def used(either_engine: Engine) -> Engine:
    """Two devices with events, a quarantined one, a lost range and a gap."""
    box, other = Box(), Box("box-2", "till-2", "bbbbbbbbbbbbbbbb")
    first = [box.press(), changed(box.press(), tq="sundial"), box.contact()]
    box.skip(5)
    dropped = [box.dropped((4, 6)), box.dropped((5, 8))]
    box.skip(2)
    take(either_engine, (box, first), (box, dropped), (box, box.press()))
    take(either_engine, (other, [other.press(scale="smiley-5"), other.press(t=1000, tq="unsynced")]))
    return either_engine


def found(used: Engine, *statements: str, depth: str = "all") -> list[str]:
    with used.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    return [str(mismatch) for mismatch in verify(used, depth).examples]  # type: ignore[arg-type]


@pytest.mark.parametrize("depth", ["events", "sample", "all"])
def test_what_ingest_wrote_is_consistent(used: Engine, depth: str) -> None:
    assert found(used, depth=depth) == []
    (run,) = table_rows(used, "consistency_run")
    assert (run["events"], run["mismatches"], run["detail"]) == (7, 0, "[]")
    assert run["started"] <= run["finished"]


def test_wrong_counts_are_found_and_left_as_they_are(used: Engine) -> None:
    statement = "UPDATE rollup_day SET events = events + 1 WHERE tp = 'till-1'"
    assert found(used, statement, depth="events") == ["till-1, day 2026-10-06: events is 6, by the events 5"]
    before = rollups_of(used)
    verify(used, "all")
    assert rollups_of(used) == before
    run = table_rows(used, "consistency_run")[0]
    assert run["mismatches"] == 1
    assert [Mismatch(**each).where for each in json.loads(run["detail"])] == ["till-1"]


def test_missing_and_surplus_buckets_are_found(used: Engine) -> None:
    told = found(
        used,
        "DELETE FROM rollup_hour WHERE tp = 'till-1'",
        "INSERT INTO rollup_day (tp, day, events) VALUES ('stall', '2026-01-01', 3)",
        depth="events",
    )
    assert told == [
        "stall, day 2026-01-01: events is 3, by the events 0",
        f"till-1, hour {NOON // 1000}: events is 0, by the events 5",
    ]


def test_every_counter_is_compared(used: Engine) -> None:
    statement = "UPDATE rollup_hour SET rating_4 = 9 WHERE tp = 'till-1'"
    assert found(used, statement, depth="events") == []
    assert found(used) == [f"till-1, hour {NOON // 1000}: rating_4 is 9, by the events 2"]


def test_a_label_that_nobody_counted_is_found(used: Engine) -> None:
    told = found(used, "UPDATE event SET labels = 2 WHERE tp = 'till-1' AND seq = 1")
    assert f"till-1, hour {NOON // 1000}: undone is 0, by the events 1" in told
    rebuild(used)
    assert verify(used, "all").mismatches == 0


def test_events_of_a_touchpoint_that_is_gone_are_told(used: Engine) -> None:
    statement = "UPDATE event SET tp = 'gone' WHERE tp = 'till-2'"
    assert "gone, hierarchy: touchpoints is 0, by the events 1" in found(used, statement)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE stream SET upto = 11", "stream: upto is 11, by the events 10"),
        ("UPDATE stream SET upto = 7", "stream: upto is 7, by the events 10"),
        ("UPDATE stream SET highest = 9", "stream: highest is 9, by the events 13"),
        ("DELETE FROM event WHERE seq = 3", "stream: upto is 10, by the events 9"),
        ("DELETE FROM quarantine", "stream: upto is 10, by the events 9"),
        ("DELETE FROM stream_gap WHERE first = 4", "stream: upto is 10, by the events 9"),
    ],
)
def test_a_watermark_must_be_accounted_for_and_reach_as_far_as_it_can(
    used: Engine, statement: str, expected: str
) -> None:
    where = " AND " if "WHERE" in statement else " WHERE "
    key = "id" if "UPDATE stream" in statement else "stream"
    told = found(used, f"{statement}{where}{key} = 'aaaaaaaaaaaaaaaa'")
    assert f"aaaaaaaaaaaaaaaa, {expected}" in told


def test_a_flood_of_mismatches_is_counted_and_not_listed(used: Engine) -> None:
    rows = [f"('stall', {n * 3600}, 1)" for n in range(1, KEPT + 51)]
    with used.begin() as connection:
        connection.execute(text(f"INSERT INTO rollup_hour (tp, hour, events) VALUES {', '.join(rows)}"))
    verdict = verify(used, "events")
    assert (verdict.mismatches, len(verdict.examples)) == (KEPT + 50, KEPT)
