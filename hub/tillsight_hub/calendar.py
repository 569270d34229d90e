"""Local time of a place: its hours, its business days, and when it is open."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, cached_property, lru_cache
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from .errors import BadHours, BadZone

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_MINUTES = 24 * 60
HOUR_S = 3600

Span = tuple[int, int]
"""Half-open: from, to."""

Day = tuple[Span, ...]
"""Minutes after its midnight, the end may lie in the next day; empty: closed."""

_span = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$")


@dataclass(frozen=True)
class OpeningHours:
    """When a place is open: in a normal week, and on the days that are not normal."""

    week: tuple[Day, ...] | None = None
    """Per weekday from Monday on. None where it is not known: the place then counts as open at any time."""
    days: tuple[tuple[str, Day], ...] = ()
    """Holidays and special days by ISO date, in order; they rule over the week."""

    @classmethod
    def parse(cls, hours: Mapping[str, Sequence[str]]) -> "OpeningHours":
        """From `{"mon": ["09:00-13:00", "15:00-21:00"], "fri": ["18:00-02:00"], "2026-12-25": []}`.

        BadHours has every problem.

        A weekday that is not named is closed. A close at or before the open is in the next day, so
        `00:00-00:00` is the whole day. A date has hours of its own, or none. No weekday named at all means
        that the hours of the week are not known.
        """
        problems = [
            f"{day}: expected one of {', '.join(WEEKDAYS)}, or a date such as 2026-12-25"
            for day in hours
            if day not in WEEKDAYS and not _is_date(day)
        ]
        malformed = [
            f"{day}: {text!r}: expected HH:MM-HH:MM"
            for day, texts in hours.items()
            for text in texts
            if not _span.match(text)
        ]
        if problems or malformed:
            raise BadHours(problems + malformed)
        week = None
        if any(day in hours for day in WEEKDAYS):
            week = tuple(tuple(sorted(map(_minutes, hours.get(day, ())))) for day in WEEKDAYS)
        dates = sorted(day for day in hours if day not in WEEKDAYS)
        found = cls(week, tuple((day, tuple(sorted(map(_minutes, hours[day])))) for day in dates))
        if overlaps := [*(_overlaps(week) if week else ()), *_overlaps_on(found)]:
            raise BadHours(overlaps)
        return found

    @classmethod
    def from_json(cls, text: str) -> "OpeningHours":
        """From the form in which the tables hold it."""
        return cls.parse(json.loads(text))

    def to_json(self) -> str:
        """One form for equal hours; every weekday is named unless the hours are not known."""
        week = () if self.week is None else zip(WEEKDAYS, self.week, strict=True)
        return json.dumps({day: [_clock(span) for span in spans] for day, spans in (*week, *self.days)})

    @cached_property
    def _by_date(self) -> Mapping[str, Day]:
        return dict(self.days)

    @property
    def is_known(self) -> bool:
        """Whether the place is ever closed."""
        return self.week is not None or bool(self.days)

    def on(self, day: date) -> Day | None:
        """When it is open on that day; None where nobody knows."""
        special = self._by_date.get(day.isoformat())
        if special is not None:
            return special
        return None if self.week is None else self.week[day.weekday()]

    def until(self, day: str) -> "OpeningHours":
        """Without the special days after that date."""
        return replace(self, days=tuple(each for each in self.days if each[0] <= day))

    def within(self, around: "OpeningHours") -> "OpeningHours":
        """Own hours of a part of a place: special days of the whole hold there too, unless it names them."""
        return replace(self, days=tuple(sorted({**around._by_date, **self._by_date}.items())))


UNKNOWN_HOURS = OpeningHours()


class _Minute(NamedTuple):
    hour_start: int
    business_day: str
    is_open: bool


class PlaceCalendar:
    """Turns instants into local hours and business days of one place; answers of late minutes are kept."""

    def __init__(self, tz: str, hours: OpeningHours = UNKNOWN_HOURS) -> None:
        self.tz = tz
        self.hours = hours
        self._zone = zone(tz)
        self._minute = lru_cache(maxsize=4096)(self._look_up)
        self._intervals = lru_cache(maxsize=1024)(self._find_intervals)

    def local(self, t_ms: int) -> datetime:
        """Wall time there, aware."""
        return self._at(t_ms // 1000).replace(microsecond=t_ms % 1000 * 1000)

    def hour_start(self, t_ms: int) -> int:
        """UTC *seconds* at which the local hour began.

        The two hours of an autumn night with the same wall time differ, and so do the pieces of an hour that
        a shift of half an hour cuts.
        """
        return self._minute(t_ms // 60_000).hour_start

    def business_day(self, t_ms: int) -> str:
        """ISO date on which the opening interval began; outside opening hours the local calendar date."""
        return self._minute(t_ms // 60_000).business_day

    def is_open(self, t_ms: int) -> bool:
        """Whether the place was open; true where its hours are not known."""
        return self._minute(t_ms // 60_000).is_open

    def day_bounds(self, day: str) -> Span:
        """The local calendar day as half-open ms UTC; 23 to 25 hours long."""
        midnight = date.fromisoformat(day)
        return self._instant(midnight, 0) * 1000, self._instant(midnight, DAY_MINUTES) * 1000

    def open_intervals(self, day: str) -> list[Span]:
        """Half-open intervals of that business day in ms UTC; the last may end in the next day."""
        return list(self._intervals(date.fromisoformat(day)))

    def open_minutes(self, day: str) -> int:
        """Real elapsed minutes of opening on that business day."""
        return sum(end - start for start, end in self.open_intervals(day)) // 60_000

    def open_minutes_by_hour(self, day: str) -> list[int]:
        """Open minutes of that business day by local hour of day, 0 to 23.

        The hour that autumn repeats has up to 120, the one that spring leaves out none.
        """
        minutes = [0] * 24
        for start, end in self.open_intervals(day):
            at = start // 1000
            while at < end // 1000:
                until = min(self._hour(at)[1], end // 1000)
                minutes[self._at(at).hour] += (until - at) // 60
                at = until
        return minutes

    def _at(self, t_s: int) -> datetime:
        return datetime.fromtimestamp(t_s, self._zone)

    def _offset(self, t_s: int) -> timedelta | None:
        return self._at(t_s).utcoffset()

    def _instant(self, day: date, minute: int) -> int:
        """UTC seconds of a wall time; the first one where it comes twice, and where the clock skips it the
        instant that keeps the distance to the times before."""
        ahead, minute = divmod(minute, DAY_MINUTES)
        wall = datetime.combine(day + timedelta(days=ahead), datetime.min.time(), self._zone)
        return int(wall.replace(hour=minute // 60, minute=minute % 60).timestamp())

    def _look_up(self, minute: int) -> _Minute:
        """Two days back, because a place may have skipped the day between, as Samoa did in 2011."""
        t_s = minute * 60
        today = self._at(t_s).date()
        for day in (today, today - timedelta(days=1), today - timedelta(days=2)):
            if any(start <= t_s * 1000 < end for start, end in self._intervals(day)):
                return _Minute(self._hour(t_s)[0], day.isoformat(), True)
        return _Minute(self._hour(t_s)[0], today.isoformat(), False)

    def _find_intervals(self, day: date) -> tuple[Span, ...]:
        spans = self.hours.on(day)
        if spans is None:
            return (self.day_bounds(day.isoformat()),)
        instants = ((self._instant(day, opens), self._instant(day, closes)) for opens, closes in spans)
        return tuple((start * 1000, end * 1000) for start, end in instants if start < end)

    def _hour(self, t_s: int) -> Span:
        """Bounds in UTC seconds of the local hour around `t_s`, cut where the offset changes."""
        local = self._at(t_s)
        start = t_s - local.minute * 60 - local.second
        end = start + HOUR_S
        if self._offset(start) != local.utcoffset():
            start = self._change(start, t_s)
        if self._offset(end - 1) != local.utcoffset():
            end = self._change(t_s, end - 1)
        return start, end

    def _change(self, before: int, after: int) -> int:
        """The first second with the offset that holds at `after`."""
        new = self._offset(after)
        while after - before > 1:
            middle = (before + after) // 2
            if self._offset(middle) == new:
                after = middle
            else:
                before = middle
        return after


@cache
def utc() -> PlaceCalendar:
    """The calendar of what belongs to no place: Greenwich's days, open at every hour."""
    return PlaceCalendar("UTC")


def zone(tz: str) -> ZoneInfo:
    """The IANA time zone; BadZone where there is none of that name."""
    try:
        return ZoneInfo(tz)
    except (KeyError, ValueError, OSError):
        raise BadZone(f"{tz!r}: expected an IANA time zone such as Europe/Rome") from None


def _minutes(text: str) -> Span:
    found = _span.match(text)
    assert found
    open_hour, open_minute, close_hour, close_minute = map(int, found.groups())
    opens, closes = open_hour * 60 + open_minute, close_hour * 60 + close_minute
    return opens, closes if closes > opens else closes + DAY_MINUTES


def _clock(span: Span) -> str:
    return "-".join(f"{minute // 60 % 24:02}:{minute % 60:02}" for minute in span)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _overlaps_on(hours: OpeningHours) -> Iterator[str]:
    """The same of special days: with themselves, the night before and the morning after."""
    told = set()
    for text, _ in hours.days:
        first = date.fromisoformat(text) - timedelta(days=1)
        days = [first + timedelta(days=ahead) for ahead in range(3)]
        spans = [
            (ahead * DAY_MINUTES + opens, ahead * DAY_MINUTES + closes, day, _clock((opens, closes)))
            for ahead, day in enumerate(days)
            for opens, closes in hours.on(day) or ()
        ]
        for (_, closes, day, one), (opens, _, next_day, other) in pairwise(spans):
            if opens < closes and text in (day.isoformat(), next_day.isoformat()) and (day, one) not in told:
                told.add((day, one))
                yield f"{text}: {day} {one} overlaps {next_day} {other}"


def _overlaps(week: tuple[tuple[Span, ...], ...]) -> Iterator[str]:
    """Each interval that begins before another one has ended; Sunday's night runs into Monday."""
    spans: list[Any] = [
        (day * DAY_MINUTES + opens, day * DAY_MINUTES + closes, WEEKDAYS[day % 7], _clock((opens, closes)))
        for day, spans in enumerate((*week, week[0][:1]))
        for opens, closes in spans
    ]
    for (_, closes, day, text), (opens, _, next_day, next_text) in pairwise(spans):
        if opens < closes:
            yield f"{day}: {text} overlaps {next_day}: {next_text}"
