"""Single events go after their time; what was counted from them stays, and says so."""

from typing import Any

import pytest
from sqlalchemy import Engine, select
from tests.harness.ingesting import DAY, HOUR, NOON, Box, intake, rollups_of, take

from tillsight_hub.compliance.raw_events import delete_raw, last_gone
from tillsight_hub.compliance.retention import due, forget
from tillsight_hub.compliance.settings import RetentionSettings
from tillsight_hub.consistency import verify
from tillsight_hub.database import writing
from tillsight_hub.errors import EventsGone
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.periods import Period
from tillsight_hub.rollups import rebuild
from tillsight_hub.scores.doubts import read_doubts
from tillsight_hub.scores.recount import recounted
from tillsight_hub.scores.scores import read_counts
from tillsight_hub.tables import event, stream, stream_gap
from tillsight_models.events import CounterAudited

FIRST = "2026-10-06"
"""The business day of NOON."""
AUDIT = CounterAudited(source="presence", period_s=3600, observed=60, matched=50, counted=55)


def presses(box: Box, day: int) -> list[bytes]:
    t = NOON + day * DAY
    return [box.contact(t=t), box.press(1, t=t + 20_000), box.press(4, t=t + 8 * HOUR)]


@pytest.fixture
def used(either_engine: Engine) -> tuple[Engine, Box]:
    """Two days before the day from which on events are kept, and one on it."""
    box = Box()
    times = intake(either_engine, NOON + 9 * DAY)
    for day in (-2, -1, 0):
        take(times, (box, presses(box, day)), received=NOON + day * DAY + 9 * HOUR)
    take(times, (box, box.event(AUDIT, t=NOON - DAY)), received=NOON)
    take(times, (box, box.press(2, t=5000, tq="unsynced")), received=NOON)
    return either_engine, box


def types(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(event.c.type).order_by(event.c.seq)))


def scores(engine: Engine) -> Any:
    with engine.connect() as connection:
        place = read_hierarchy(connection).touchpoints["till-1"]
        return [
            group.counts
            for by in ("touchpoint", "day", "hour")
            for group in read_counts(connection, [place], "2026-10-04", FIRST, by)  # type: ignore[arg-type]
        ]


def test_totals_stay_as_they_were_counted(used: tuple[Engine, Box]) -> None:
    engine, _ = used
    before, told = rollups_of(engine), scores(engine)
    assert delete_raw(engine, FIRST) == 6
    assert types(engine) == [*("contact.end", "button.press", "button.press"), AUDIT.TYPE, "button.press"]
    assert (rollups_of(engine), scores(engine)) == (before, told)
    assert verify(engine, "all").mismatches == 0
    rebuild(engine)
    assert (rollups_of(engine), scores(engine)) == (before, told)
    assert delete_raw(engine, FIRST) == 0


def test_what_is_kept_is_still_counted_again_and_checked(used: tuple[Engine, Box]) -> None:
    engine, box = used
    delete_raw(engine, FIRST)
    before = rollups_of(engine)
    with writing(engine) as connection:
        connection.exec_driver_sql("UPDATE rollup_day SET presses = presses + 1, events = events + 1")
    assert verify(engine, "all").mismatches > 0
    rebuild(engine)
    broken = [row["day"] for row in rollups_of(engine)["rollup_day"] if row not in before["rollup_day"]]
    assert broken == ["2026-10-04", "2026-10-05"]
    take(engine, (box, box.press(4, t=NOON + 2 * HOUR)), received=NOON + 3 * HOUR)
    assert verify(engine, "all").mismatches == 0


def test_nobody_counts_them_anew_from_what_is_left(used: tuple[Engine, Box]) -> None:
    engine, _ = used
    delete_raw(engine, FIRST)
    with engine.connect() as connection:
        place = read_hierarchy(connection).touchpoints["till-1"]
        with (
            pytest.raises(EventsGone, match="raw events of before 2026-10-06 are deleted"),
            recounted(connection, [place], Period("2026-10-05", FIRST)),
        ):
            pass
        with recounted(connection, [place], Period(FIRST, FIRST)) as fresh:
            assert read_counts(fresh, [place], FIRST, FIRST)[0].counts.presses == 2


def test_sent_once_more_they_are_accounted_for_and_not_counted(used: tuple[Engine, Box]) -> None:
    engine, _ = used
    delete_raw(engine, FIRST)
    before, again = rollups_of(engine), Box()
    outcome = take(engine, (again, presses(again, -2)), received=NOON + DAY)
    assert (outcome.receipt.stored, outcome.receipt.duplicates) == (0, 3)
    assert rollups_of(engine) == before
    with engine.connect() as connection:
        assert connection.execute(select(stream_gap.c.first, stream_gap.c.last)).all() == [(0, 6)]
        assert connection.scalar(select(stream.c.upto)) == 11
        assert not list(read_doubts(connection, ["till-1"], NOON - 3 * DAY, NOON))


def test_only_whole_months_go(used: tuple[Engine, Box]) -> None:
    engine, _ = used
    settings = RetentionSettings(events_days=400)
    now = NOON + 405 * DAY
    assert last_gone(now, 400) == "2026-10-01"
    assert due(engine, settings, now)["events"] == forget(engine, settings, now).events == 0
    later = NOON + 430 * DAY
    assert last_gone(later, 400) == "2026-11-01"
    assert due(engine, settings, later)["events"] == 9
    assert forget(engine, settings, later).events == 9
    assert verify(engine, "all").mismatches == 0
