"""What the overview and the touchpoint page read, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, update
from tests.harness.chain import Chain, open_chain

from tillsight_hub import tables
from tillsight_hub.database import writing
from tillsight_hub.labels import Label
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.pages.board import Devices, Row, read_rows, total_by_scale
from tillsight_hub.pages.day import read_day

METRICS = catalogue(MetricSettings())
DAY = "2026-10-06"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def chain(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Chain]:
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_url")
    else:
        url = f"sqlite:///{tmp_path / 'hub.db'}"
    with open_chain(url) as made:
        yield made


def rows_at(chain: Chain, touchpoint: str, local: str) -> dict[str, Row]:
    """The rows at the moment of that wall time at the touchpoint."""
    now = chain.at(touchpoint, local)
    with chain.engine.connect() as connection:
        return {row.touchpoint.id: row for row in read_rows(connection, chain.touchpoints(), METRICS, now)}


def test_each_touchpoint_shows_the_business_day_of_its_own_place(chain: Chain) -> None:
    chain.settle()
    rows = rows_at(chain, "till-1", f"{DAY}T22:00")
    assert {id: row.day for id, row in rows.items()} == {
        "till-1": DAY,
        "till-2": DAY,
        "desk": DAY,
        "counter": DAY,
        "stall": "2026-10-07",
    }
    assert {id for id, row in rows.items() if row.is_open} == {"counter"}
    assert rows_at(chain, "till-1", "2026-10-07T02:00")["counter"].day == DAY


def test_a_row_has_the_days_counts_scores_hours_and_last_press(chain: Chain) -> None:
    chain.serve("till-1", f"{DAY}T10:30", 40)
    chain.press("till-1", f"{DAY}T10:31", 1, times=4)
    chain.press("till-1", f"{DAY}T12:00", 4, times=16)
    chain.press("till-1", f"{DAY}T12:05", 4, labels=Label.REPEAT)
    chain.press("till-1", "2026-10-05T12:00", 4, times=9)
    chain.settle()
    row = rows_at(chain, "till-1", f"{DAY}T13:30")["till-1"]
    assert (row.counts.contacts, row.counts.responses, row.counts.presses) == (40, 20, 21)
    assert row.scores["relative_dissatisfaction"].value == pytest.approx(0.1)
    assert row.last_press == chain.at("till-1", f"{DAY}T12:05")
    heard = {hour.label: hour.state for hour in row.hours}
    assert heard["09"] == heard["11"] == "gap"
    assert heard["10"] == heard["12"] == "heard"
    assert heard["14"] == "ahead"


def test_a_quiet_touchpoint_has_no_last_press_today(chain: Chain) -> None:
    chain.press("till-1", "2026-10-05T12:00", 4)
    chain.settle()
    assert rows_at(chain, "till-1", f"{DAY}T13:00")["till-1"].last_press is None


def test_two_devices_at_one_touchpoint_show_the_worse_state(chain: Chain) -> None:
    with writing(chain.engine) as connection:
        connection.execute(
            update(tables.device)
            .where(tables.device.c.id == "box-till-1")
            .values(state="ready", last_seen=500)
        )
        second = {"id": "box-2", "touchpoint_id": "till-1", "name": "Two", "state": "lost", "last_seen": 300}
        connection.execute(insert(tables.device).values(second))
    chain.settle()
    rows = rows_at(chain, "till-1", f"{DAY}T13:00")
    assert rows["till-1"].devices == Devices("lost", 500)
    assert rows["stall"].devices == Devices("unknown", None)


def test_sums_are_kept_apart_by_scale(chain: Chain) -> None:
    chain.press("till-1", f"{DAY}T12:00", 4, times=3)
    chain.press("till-2", f"{DAY}T12:00", 1, times=2)
    chain.press("desk", f"{DAY}T12:00", 11, times=5)
    chain.settle()
    totals = total_by_scale(rows_at(chain, "till-1", f"{DAY}T13:00").values())
    assert {counts.scale.id: counts.accepted for counts in totals} == {"smiley-4": 5, "nps": 5}


def test_no_touchpoints_are_no_rows(chain: Chain) -> None:
    with chain.engine.connect() as connection:
        assert read_rows(connection, [], METRICS, 0) == []


def test_a_day_page_shows_a_night_that_ends_after_midnight(chain: Chain) -> None:
    chain.press("counter", f"{DAY}T23:30", 4)
    chain.press("counter", "2026-10-07T02:10", 1)
    chain.press("counter", "2026-10-07T02:40", 3)
    chain.settle()
    [place] = chain.touchpoints("counter")
    with chain.engine.connect() as connection:
        day = read_day(connection, place, DAY, METRICS, chain.at("counter", "2026-10-07T12:00"))
        after = read_day(connection, place, "2026-10-07", METRICS, chain.at("counter", "2026-10-07T12:00"))
    times = [place.calendar.local(press.t).strftime("%H:%M") for press in (*day.presses, *after.presses)]
    assert times == ["02:10", "23:30", "02:40"]
    assert {hour.label: hour.counts.accepted for hour in day.hours if hour.counts.accepted} == {
        "23": 1,
        "02": 1,
    }
    assert (day.day_before, day.day_after, day.first_day) == ("2026-10-05", "2026-10-07", DAY)
    assert after.day_after is None


def test_presses_of_another_scale_and_of_an_unknown_time_are_told_apart(chain: Chain) -> None:
    chain.press("till-1", f"{DAY}T12:00", 5, scale="smiley-5")
    chain.press("till-1", f"{DAY}T12:01", 2, tq="bounded")
    chain.settle()
    [place] = chain.touchpoints("till-1")
    with chain.engine.connect() as connection:
        day = read_day(connection, place, DAY, METRICS, chain.at("till-1", f"{DAY}T13:00"))
    assert [(press.is_own_scale, press.is_dated) for press in day.presses] == [(True, False), (False, True)]
    assert day.unknown_hour is not None
    assert day.unknown_hour.presses == 1
    assert {"other-scale", "no-contacts"} <= day.flags.keys()
