"""Periods: whole business days, and the hours, days, weeks and months that they are cut into."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from .calendar import HOUR_S, PlaceCalendar, Span
from .errors import BadPeriod

MAX_DAYS = 3660
"""Ten years."""

Bucket = Literal["day", "week", "month"]
Every = Literal["hour", Bucket, "total"]


@dataclass(frozen=True)
class Period:
    """Business days from `first` to `last`, both in it, as ISO dates."""

    first: str
    last: str

    @classmethod
    def between(cls, first: str, last: str) -> "Period":
        """BadPeriod where these are not dates in order, or more than ten years."""
        days = (_date(last) - _date(first)).days + 1
        if days < 1:
            raise BadPeriod(f"to {last}: expected a day on or after {first}")
        if days > MAX_DAYS:
            raise BadPeriod(f"{first} to {last}: {days} days, expected at most {MAX_DAYS}")
        return cls(_date(first).isoformat(), _date(last).isoformat())

    def days(self) -> Iterator[str]:
        """Every date in it."""
        day, last = date.fromisoformat(self.first), date.fromisoformat(self.last)
        while day <= last:
            yield day.isoformat()
            day += timedelta(days=1)

    def bounds(self, calendar: PlaceCalendar) -> Span:
        """All instants of these business days there, half-open, ms UTC."""
        return _begins(calendar, self.first), _begins(calendar, _after(self.last))

    def open_minutes(self, calendar: PlaceCalendar) -> int:
        """Real elapsed minutes of opening."""
        return sum(map(calendar.open_minutes, self.days()))

    def within(self, other: "Period") -> "Period":
        """The days that are in both; they must overlap."""
        return Period(max(self.first, other.first), min(self.last, other.last))


def bucket_of(day: str, every: Bucket) -> str:
    """2026-03-29, 2026-W13 (ISO 8601: the year of the week) or 2026-03."""
    if every == "day":
        return day
    if every == "month":
        return day[:7]
    year, week, _ = date.fromisoformat(day).isocalendar()
    return f"{year:04}-W{week:02}"


def bucket_days(day: str, every: Bucket) -> Period:
    """The whole bucket in which `day` lies."""
    on = date.fromisoformat(day)
    if every == "day":
        return Period(day, day)
    if every == "week":
        monday = on - timedelta(days=on.weekday())
        return Period(monday.isoformat(), (monday + timedelta(days=6)).isoformat())
    first = on.replace(day=1)
    next_first = (first + timedelta(days=31)).replace(day=1)
    return Period(first.isoformat(), (next_first - timedelta(days=1)).isoformat())


def hour_bounds(calendar: PlaceCalendar, hour: int) -> Span:
    """The local hour that began at `hour` (UTC seconds) in ms UTC; shorter where the clock shifts."""
    end = (hour + HOUR_S) * 1000
    last = calendar.hour_start(end - 1)
    return hour * 1000, end if last == hour else last * 1000


def open_minutes_by_hour(calendar: PlaceCalendar, period: Period) -> list[int]:
    """Opening minutes by local hour of day, 0 to 23, over the whole period."""
    return [sum(minutes) for minutes in zip(*map(calendar.open_minutes_by_hour, period.days()), strict=True)]


def hour_profile(calendar: PlaceCalendar, period: Period, instants: Iterable[int]) -> list[float | None]:
    """Events per *open* hour by local hour of day; None for hours that are never open.

    An instant (ms UTC) counts where the place was open, in a business day of the period. The hour that
    autumn repeats is one with up to 120 open minutes that day, the one that spring leaves out has none.
    """
    counts = [0] * 24
    for instant in instants:
        if calendar.is_open(instant) and period.first <= calendar.business_day(instant) <= period.last:
            counts[calendar.local(instant).hour] += 1
    pairs = zip(counts, open_minutes_by_hour(calendar, period), strict=True)
    return [60 * count / minutes if minutes else None for count, minutes in pairs]


def open_minutes_between(calendar: PlaceCalendar, start: int, end: int) -> int:
    """Minutes of opening between two instants of one hour, ms UTC."""
    days = {calendar.business_day(start), calendar.business_day(end - 1)}
    spans = [span for day in days for span in calendar.open_intervals(day)]
    return sum(max(0, min(closes, end) - max(opens, start)) for opens, closes in spans) // 60_000


def _begins(calendar: PlaceCalendar, day: str) -> int:
    """Midnight, or the end of an evening before where that was later; ms UTC."""
    evenings = _before(day), _before(_before(day))
    ends = [end for evening in evenings for _, end in calendar.open_intervals(evening)]
    return max([calendar.day_bounds(day)[0], *ends])


def _before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def _after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadPeriod(f"{text!r}: expected a date like 2026-03-29") from None
