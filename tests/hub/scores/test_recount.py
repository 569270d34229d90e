"""Recount: a fresh database of raw events comes to the rollups that the hub has."""

from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select
from tests.harness.ingesting import DAY, HOUR, NOON, Box, take

from tillsight_hub.errors import TooManyEvents
from tillsight_hub.hierarchy import Touchpoint, read_hierarchy
from tillsight_hub.periods import Period
from tillsight_hub.scores import recount
from tillsight_hub.scores.recount import events_of, recounted
from tillsight_hub.tables import rollup_day, rollup_hour
from tillsight_models.events import CounterAudited

TODAY = Period("2026-10-06", "2026-10-06")


@pytest.fixture
def used(either_engine: Engine) -> Engine:
    """Three days at two touchpoints, a press taken back, one without a time, and an old audit."""
    till, other = Box(), Box("box-2", "till-2", "bbbbbbbbbbbbbbbb")
    audit = CounterAudited(source="presence", period_s=3600, observed=60, matched=50, counted=55)
    take(either_engine, (till, till.event(audit, t=NOON - 40 * DAY)))
    for day in (-1, 0, 1):
        t = NOON + day * DAY
        take(
            either_engine,
            (till, [till.contact(t=t), till.press(1, t=t + 1000), till.press(4, t=t + HOUR)]),
            (other, other.press(5, scale="smiley-5", t=t)),
            received=t + 2 * HOUR,
        )
    take(either_engine, (till, till.undo(6, t=NOON + 2 * HOUR)), received=NOON + 3 * HOUR)
    take(either_engine, (till, till.press(t=5000, tq="unsynced")), received=NOON + HOUR)
    return either_engine


def rows(connection: Connection, table: Any, tp: str, day: str | None = None) -> list[dict[str, Any]]:
    query = select(table).where(table.c.tp == tp)
    if day:
        query = query.where(table.c.day == day)
    found = connection.execute(query.order_by(*table.primary_key.columns)).mappings()
    return [{name: value for name, value in row.items() if value and name != "revised"} for row in found]


def place(connection: Connection, tp: str = "till-1") -> Touchpoint:
    return read_hierarchy(connection).touchpoints[tp]


def test_the_events_make_the_rollups_again(used: Engine) -> None:
    with used.connect() as connection, recounted(connection, [place(connection)], TODAY) as fresh:
        assert rows(fresh, rollup_day, "till-1", TODAY.first) == rows(
            connection, rollup_day, "till-1", TODAY.first
        )
        stored = rows(connection, rollup_hour, "till-1")
        hours = rows(fresh, rollup_hour, "till-1")
        assert hours
        assert all(hour in stored for hour in hours)
        assert not rows(fresh, rollup_hour, "till-2")


def test_the_days_around_are_as_the_hub_has_them(used: Engine) -> None:
    with used.connect() as connection:
        with recounted(connection, [place(connection)], TODAY) as fresh:
            days = [row["day"] for row in rows(fresh, rollup_day, "till-1")]
            around = rows(fresh, rollup_day, "till-1", "2026-10-07")
        assert days == ["2026-10-05", "2026-10-06", "2026-10-07"]
        assert around == rows(connection, rollup_day, "till-1", "2026-10-07")


def test_audits_of_before_come_along_and_count_nothing(used: Engine) -> None:
    with used.connect() as connection, recounted(connection, [place(connection)], TODAY) as fresh:
        types = fresh.exec_driver_sql("SELECT type FROM event ORDER BY t").scalars().all()
    assert types[0] == "device.audit"
    assert len(types) == 1 + 4


def test_only_so_many_events_are_counted_again(used: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recount, "MAX_EVENTS", 3)
    with used.connect() as connection:
        till = place(connection)
        assert events_of(connection, [till], TODAY) == 4
        with (
            pytest.raises(TooManyEvents, match="4 events in this period: expected at most 3"),
            recounted(connection, [till], TODAY),
        ):
            pass
