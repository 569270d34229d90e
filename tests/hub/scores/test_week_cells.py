"""Hours of the week: whole months, business days, and what small tills may still tell."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.harness.chain import Chain, open_chain

from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.periods import Period
from tillsight_hub.scores.narrowing import Narrowing, read_narrowed
from tillsight_hub.scores.week_cells import WeekCells, read_week_cells
from tillsight_models.events import ButtonPressed, StaffShifted

SPRING = Period("2026-02-10", "2026-04-20")
CSAT = catalogue(MetricSettings(), 10)["csat"]


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    with open_chain(f"sqlite:///{tmp_path / 'hub.db'}") as made:
        yield made


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def any_chain(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Chain]:
    """On each database in turn."""
    on_sqlite = request.param == "sqlite"
    url = f"sqlite:///{tmp_path / 'any.db'}" if on_sqlite else request.getfixturevalue("postgresql_url")
    with open_chain(url) as made:
        yield made


def week(chain: Chain, *places: str, period: Period = SPRING, now: str = "2026-05-10T12:00") -> WeekCells:
    chain.settle()
    with chain.engine.connect() as connection:
        [found] = read_week_cells(
            connection, chain.touchpoints(*places), period, 10, now=chain.at(places[0], now)
        )
    return found


def told(found: WeekCells) -> dict[tuple[int, int], int]:
    return {cell: counts.responses for cell, counts in found.cells.items() if counts.responses}


def test_only_whole_months_that_are_over_are_summed(any_chain: Chain) -> None:
    chain = any_chain
    for day in ("2026-02-16", "2026-03-02", "2026-04-06"):
        chain.press("till-1", f"{day}T10:10", 4, times=20)
    found = week(chain, "till-1")
    assert (found.months, found.period) == (("2026-03",), Period("2026-03-01", "2026-03-31"))
    assert told(found) == {(1, 10): 20}
    assert week(chain, "till-1", now="2026-03-31T23:00").months == ()
    assert week(chain, "till-1", now="2026-03-31T23:00").sum().accepted == 0


def test_an_hour_of_the_night_is_of_the_evening_before(chain: Chain) -> None:
    chain.press("counter", "2026-03-07T01:10", 4, times=20)
    chain.press("counter", "2026-03-07T20:10", 4, times=30)
    assert told(week(chain, "counter")) == {(5, 1): 20, (6, 20): 30}


def test_the_hour_that_autumn_repeats_is_one(chain: Chain) -> None:
    hour = chain.at("till-1", "2026-10-25T02:10")
    press = ButtonPressed(button=1, rating=4, scale="smiley-4")
    for t in (hour, hour + 3_600_000):
        chain.put("till-1", t, press, times=6)
    found = week(chain, "till-1", period=Period("2026-10-01", "2026-10-31"), now="2026-11-10T12:00")
    assert told(found) == {(7, 2): 12}


def test_small_hours_of_the_week_are_told_as_hours_of_the_day(chain: Chain) -> None:
    for day in range(2, 7):
        chain.press("till-1", f"2026-03-{day:02}T10:10", 4, times=4)
        chain.press("till-1", f"2026-03-{day:02}T11:10", 1, times=6)
        chain.press("till-1", f"2026-03-{day:02}T12:10", 4, times=20)
    found = week(chain, "till-1")
    assert told(found) == {(day, 12): 20 for day in range(1, 6)}
    profile = found.profile("hour")
    assert (profile[10].told, profile[11].told) == ((0, 0, 0, 20), (30, 0, 0, 0))
    assert profile[10].withheld == 0
    assert found.sum(hours=(10,), weekdays=(1, 2)).told is None
    assert found.sum(hours=(10,), weekdays=(1, 2)).withheld == 8
    assert found.sum().responses == 150
    assert found.minutes(hours=(10,), weekdays=(1,)) == 5 * 60


def test_a_month_with_a_rota_tells_no_hours_and_the_others_do(chain: Chain) -> None:
    for day in ("2026-03-02", "2026-04-13"):
        chain.press("till-1", f"{day}T10:10", 4, times=20)
    shift = StaffShifted(team="early", state="start")
    chain.put("till-1", chain.at("till-1", "2026-03-02T09:00"), shift)
    found = week(chain, "till-1", period=Period("2026-03-01", "2026-04-30"))
    assert found.months == ("2026-03", "2026-04")
    assert (told(found), found.cells[1, 10].withheld) == ({(1, 10): 20}, 20)


def test_an_hour_is_not_told_where_the_days_less_it_would_be_about_a_few(chain: Chain) -> None:
    chain.press("till-1", "2026-03-02T10:10", 4, times=20)
    chain.press("till-1", "2026-03-03T11:10", 1, times=4)
    found = week(chain, "till-1")
    assert (told(found), found.cells[1, 10].withheld) == ({}, 20)


def test_several_touchpoints_are_the_sums_of_what_each_tells(any_chain: Chain) -> None:
    chain = any_chain
    chain.press("till-1", "2026-03-02T10:10", 4, times=20)
    chain.press("till-2", "2026-03-02T10:10", 1, times=10)
    chain.press("stall", "2026-03-02T10:10", 1, times=3)
    found = week(chain, "till-1", "till-2", "stall")
    assert (found.cells[1, 10].told, found.cells[1, 10].withheld) == ((10, 0, 0, 20), 3)
    assert found.tz is None
    assert found.shrunk(CSAT)[1, 10].estimate == pytest.approx(2 / 3, abs=0.01)


def test_weekdays_and_hours_are_read_alike_on_each_database(any_chain: Chain) -> None:
    for day in ("2026-03-02", "2026-03-04", "2026-03-09"):
        any_chain.press("till-1", f"{day}T10:10", 4, times=12)
        any_chain.press("till-2", f"{day}T11:10", 1, times=15)
    any_chain.settle()
    places = any_chain.touchpoints("till-1", "till-2")
    now = any_chain.at("till-1", "2026-05-10T12:00")
    found = {}
    with any_chain.engine.connect() as connection:
        for narrowing in (
            Narrowing.parse("1", ""),
            Narrowing.parse("1", "10-11"),
            Narrowing.parse("", "11-12"),
        ):
            groups = read_narrowed(connection, places, SPRING, "touchpoint", narrowing, now=now).groups
            found[narrowing.key] = {group.key: group.counts.responses for group in groups}
    assert found == {
        "1": {"till-1": 24, "till-2": 30},
        "1_10": {"till-1": 24, "till-2": 0},
        "1234567_11": {"till-1": 0, "till-2": 45},
    }


@pytest.mark.parametrize(
    ("most", "used"), [(None, "2026-01-01"), (6, "2026-01-01"), (4, "2026-02-01"), (1, "2026-03-01")]
)
def test_a_page_of_many_touchpoints_sums_the_last_months(chain: Chain, most: int | None, used: str) -> None:
    for place in ("till-1", "till-2"):
        for month in ("01", "02", "03"):
            chain.press(place, f"2026-{month}-16T10:10", 4, times=20)
    chain.settle()
    with chain.engine.connect() as connection:
        found = read_narrowed(
            connection,
            chain.touchpoints("till-1", "till-2"),
            Period("2026-01-01", "2026-04-20"),
            "org",
            Narrowing.parse("", "10-11"),
            now=chain.at("till-1", "2026-05-10T12:00"),
            most_months=most,
        )
    assert found.used == Period(used, "2026-03-31")
    assert [group.counts.accepted for group in found.groups] == [40 * (4 - int(used[5:7]))]
