"""The periods of reports, at the borders of days and time zones."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tillsight_hub.calendar import OpeningHours, PlaceCalendar
from tillsight_hub.errors import BadPeriod
from tillsight_hub.periods import Period
from tillsight_hub.reports.kinds import (
    due_at,
    latest_over,
    name_of_period,
    next_due,
    period_around,
    period_of,
)

ROME = PlaceCalendar("Europe/Rome", OpeningHours())
KOLKATA = PlaceCalendar("Asia/Kolkata", OpeningHours())
HONOLULU = PlaceCalendar("Pacific/Honolulu", OpeningHours())


def at(local: str, zone: str = "Europe/Rome") -> int:
    return int(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    "kind, text, first, last, name",
    [
        ("weekly", "2026-W47", "2026-11-16", "2026-11-22", "2026-W47"),
        ("weekly", "2026-11-22", "2026-11-16", "2026-11-22", "2026-W47"),
        ("weekly", "2027-01-01", "2026-12-28", "2027-01-03", "2026-W53"),
        ("monthly", "2026-02", "2026-02-01", "2026-02-28", "2026-02"),
        ("camera-check", "2026-H1", "2026-01-01", "2026-06-30", "2026-H1"),
        ("camera-check", "2026-11", "2026-07-01", "2026-12-31", "2026-H2"),
    ],
)
def test_what_a_period_is_called(kind: str, text: str, first: str, last: str, name: str) -> None:
    period = period_of(kind, text)  # type: ignore[arg-type]
    assert period == Period(first, last)
    assert name_of_period(kind, period) == name  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "soon", "2026-W60", "2026-13", "2026-02-30", "2026-H3", "H1", "W11"])
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(BadPeriod, match="expected 2026-W47"):
        period_of("weekly", text)


@pytest.mark.parametrize(
    "now, first",
    [
        ("2026-11-23T05:59", "2026-11-09"),
        ("2026-11-23T06:00", "2026-11-16"),
        ("2026-11-29T23:59", "2026-11-16"),
        ("2026-11-30T05:59", "2026-11-16"),
        ("2026-11-30T06:00", "2026-11-23"),
    ],
)
def test_a_week_is_ready_on_monday_at_six(now: str, first: str) -> None:
    assert latest_over("weekly", [ROME], at(now)).first == first
    assert next_due("weekly", [ROME], at(now)) == due_at(
        [ROME], period_around("weekly", date.fromordinal(date.fromisoformat(first).toordinal() + 7))
    )


def test_every_place_has_its_own_monday() -> None:
    now = at("2026-11-23T06:00", "Asia/Kolkata")
    assert latest_over("weekly", [KOLKATA], now).first == "2026-11-16"
    assert latest_over("weekly", [ROME], now).first == "2026-11-09"


def test_a_chain_waits_for_its_last_place() -> None:
    everywhere = [KOLKATA, ROME, HONOLULU]
    assert latest_over("monthly", everywhere, at("2026-12-01T12:00")) == Period("2026-10-01", "2026-10-31")
    ready = at("2026-12-01T06:00", "Pacific/Honolulu")
    assert due_at(everywhere, Period("2026-11-01", "2026-11-30")) == ready
    assert latest_over("monthly", everywhere, ready - 1).first == "2026-10-01"
    assert latest_over("monthly", everywhere, ready).first == "2026-11-01"


def test_half_years_end_in_june_and_december() -> None:
    assert latest_over("camera-check", [ROME], at("2026-07-01T05:00")).first == "2025-07-01"
    assert latest_over("camera-check", [ROME], at("2026-07-01T06:00")).first == "2026-01-01"
    assert latest_over("camera-check", [ROME], at("2027-01-01T06:00")).first == "2026-07-01"
