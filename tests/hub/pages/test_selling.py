"""Hours of sellers from the rollups of either database: per open hour, and of who really counts."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import PostgreSQL
from tests.harness.chain import Chain, open_chain

from tillsight_hub.pages.selling import hours_period, read_hours
from tillsight_hub.periods import Period
from tillsight_models.events import AttemptEnded

DAY = "2026-03-10"
TODAY = Period(DAY, DAY)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def busy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Chain]:
    """On each database: 12 served and 6 attempts at ten, and 8 receipts at a stall."""
    if request.param == "sqlite":
        with open_chain(f"sqlite:///{tmp_path / 'hub.db'}") as chain:
            yield furnished(chain)
        return
    server: PostgreSQL = request.getfixturevalue("postgresql_server")
    with server.fresh_database() as url, open_chain(url) as chain:
        yield furnished(chain)


def furnished(chain: Chain) -> Chain:
    chain.serve("till-1", f"{DAY}T10:20", 12)
    chain.put("till-1", chain.at("till-1", f"{DAY}T10:30"), AttemptEnded(duration_s=60), times=6)
    chain.serve("stall", f"{DAY}T10:05", 8)
    chain.settle()
    return chain


def hours(chain: Chain, *places: str, period: Period = TODAY) -> dict[str, tuple[float | None, ...]]:
    with chain.engine.connect() as connection:
        found = read_hours(connection, chain.touchpoints(*places), period)
    return {hour.label: (hour.served, hour.receipts, hour.attempts) for hour in found}


def test_an_hour_has_what_was_counted_in_it_per_open_hour(busy: Chain) -> None:
    found = hours(busy, "till-1")
    assert list(found) == [f"{hour:02}" for hour in range(9, 21)]
    assert found["10"] == (12.0, None, 6.0)
    assert found["11"] == (0.0, None, 0.0)


def test_two_touchpoints_share_their_open_hours(busy: Chain) -> None:
    assert hours(busy, "till-1", "till-2")["10"] == (12.0, None, 3.0), (
        "nothing counts who is served at till 2"
    )


def test_two_days_are_twice_as_many_open_hours(busy: Chain) -> None:
    assert hours(busy, "till-1", period=Period("2026-03-09", DAY))["10"] == (6.0, None, 3.0)


def test_receipts_are_not_people_served_beside_themselves(busy: Chain) -> None:
    """At the stall receipts count who is served: there is nothing to compare them with."""
    assert hours(busy, "stall")["10"] == (None, 8.0, None)


def test_hours_are_shown_of_the_latest_days() -> None:
    assert hours_period(Period("2026-01-01", DAY)) == Period("2026-02-25", DAY)
    assert hours_period(Period("2026-03-09", DAY)) == Period("2026-03-09", DAY)
