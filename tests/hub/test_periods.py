"""Periods of whole business days, and the buckets that they are cut into."""

from itertools import pairwise
from typing import get_args

import pytest

from tillsight_hub.calendar import OpeningHours, PlaceCalendar
from tillsight_hub.errors import BadPeriod
from tillsight_hub.periods import (
    Bucket,
    Period,
    bucket_days,
    bucket_of,
    hour_bounds,
    open_minutes_between,
)

NIGHT = PlaceCalendar("Europe/Rome", OpeningHours.parse({"fri": ["18:00-02:30"]}))
HOUR_MS = 3_600_000


def ms(local: str, calendar: PlaceCalendar = NIGHT) -> int:
    """ms UTC of a wall time there."""
    midnight = calendar.day_bounds(local[:10])[0]
    return midnight + int(local[11:13]) * HOUR_MS + int(local[14:16]) * 60_000


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2026-03-06", "2026-03-06T00:00", "2026-03-07T02:30"),  # Friday runs into Saturday
        ("2026-03-07", "2026-03-07T02:30", "2026-03-08T00:00"),
        ("2026-03-08", "2026-03-08T00:00", "2026-03-09T00:00"),
    ],
)
def test_a_business_day_ends_when_its_last_opening_does(day: str, first: str, last: str) -> None:
    start, end = Period(day, day).bounds(NIGHT)
    assert (start, end) == (ms(first), ms(last))
    assert {NIGHT.business_day(t) for t in range(start, end, 600_000)} == {day}


def test_periods_that_follow_each_other_meet() -> None:
    days = list(Period("2026-03-23", "2026-03-31").days())
    bounds = [Period(day, day).bounds(NIGHT) for day in days]
    assert all(end == start for (_, end), (start, _) in pairwise(bounds))
    assert Period(days[0], days[-1]).bounds(NIGHT) == (bounds[0][0], bounds[-1][1])


@pytest.mark.parametrize(
    ("every", "day", "bucket", "days"),
    [
        ("day", "2026-03-29", "2026-03-29", Period("2026-03-29", "2026-03-29")),
        ("week", "2026-01-01", "2026-W01", Period("2025-12-29", "2026-01-04")),
        ("week", "2027-01-03", "2026-W53", Period("2026-12-28", "2027-01-03")),
        ("month", "2028-02-29", "2028-02", Period("2028-02-01", "2028-02-29")),
        ("month", "2026-12-31", "2026-12", Period("2026-12-01", "2026-12-31")),
    ],
)
def test_a_day_lies_in_its_bucket(every: Bucket, day: str, bucket: str, days: Period) -> None:
    assert bucket_of(day, every) == bucket
    assert bucket_days(day, every) == days
    assert {bucket_of(each, every) for each in days.days()} == {bucket}


def test_buckets_cover_every_day_once() -> None:
    for every in get_args(Bucket):
        for day in Period("2026-12-20", "2027-03-05").days():
            found = bucket_days(day, every)
            assert found.first <= day <= found.last


def test_an_hour_that_the_clock_cuts_is_shorter() -> None:
    lord_howe = PlaceCalendar("Australia/Lord_Howe")  # shifts by half an hour, at 02:00 on 5 April 2026
    start = lord_howe.day_bounds("2026-04-05")[0]
    hours = {lord_howe.hour_start(t) for t in range(start, start + 5 * HOUR_MS, 60_000)}
    bounds = sorted(hour_bounds(lord_howe, hour) for hour in hours)
    assert sorted(end - begin for begin, end in bounds)[0] == HOUR_MS // 2
    assert all(end == begin for (_, end), (begin, _) in pairwise(bounds))


def test_opening_time_within_an_hour() -> None:
    closing = ms("2026-03-07T02:00")
    assert open_minutes_between(NIGHT, closing, closing + HOUR_MS) == 30
    assert open_minutes_between(NIGHT, closing - HOUR_MS, closing) == 60
    assert open_minutes_between(NIGHT, closing + HOUR_MS, closing + 2 * HOUR_MS) == 0


@pytest.mark.parametrize(
    ("first", "last", "problem"),
    [
        ("2026-03-02", "2026-03-01", "to 2026-03-01: expected a day on or after 2026-03-02"),
        ("2026-02-30", "2026-03-01", "'2026-02-30': expected a date like"),
        ("yesterday", "2026-03-01", "'yesterday': expected a date like"),
        ("2010-01-01", "2026-03-01", "expected at most 3660"),
    ],
)
def test_days_that_are_no_period_are_refused(first: str, last: str, problem: str) -> None:
    with pytest.raises(BadPeriod, match=problem):
        Period.between(first, last)
