"""Narrowing: scores of some weekdays, and of some hours of the day, as far as these may be told.

Weekdays alone are sums of whole day cells. Hours are told of whole months that are over, see `week_release`,
so an answer says which part of its period was used.
"""

import re
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from sqlalchemy import Connection

from ..errors import BadNarrowing
from ..hierarchy import Touchpoint
from ..metrics.counts import Counts
from ..metrics.questions import Questions
from ..metrics.settings import SUPPRESS_BELOW
from ..periods import Period, bucket_days
from .scores import By, Group, PlaceBy, place_of, read_counts
from .week_cells import HOURS, WEEKDAYS, WeekCells, read_week_cells, read_weeks_of, whole_months

HOURS_BY = (*get_args(PlaceBy), "month", "weekday", "hour")
"""What scores of some hours may be grouped by."""

_SPAN = re.compile(r"(\d{1,2})-(\d{1,2})")


@dataclass(frozen=True)
class Narrowing:
    """Which weekdays and hours of the day; empty means all."""

    weekdays: frozenset[int] = frozenset()
    """Of business days: 1 (Monday) to 7."""
    hours: frozenset[int] = frozenset()
    """Local hours, 0 to 23, by their begin."""

    @classmethod
    def parse(cls, weekdays: str, hours: str) -> "Narrowing":
        """From `1,2,5` and `9-12` (from 9:00 to 12:00; `22-2` is a night); BadNarrowing. Empty means all."""
        return cls(frozenset(_weekdays(weekdays)), frozenset(_hours(hours)))

    @property
    def is_any(self) -> bool:
        """Whether anything is left out."""
        return bool(self.weekdays or self.hours)

    @property
    def key(self) -> str:
        """Every weekday and hour in digits: 125 or 12345_0910."""
        days = "".join(map(str, sorted(self.weekdays or WEEKDAYS)))
        return f"{days}_{''.join(f'{hour:02}' for hour in sorted(self.hours))}" if self.hours else days

    def spans(self) -> list[tuple[int, int]]:
        """The hours in a row, from the first to the one after the last (1 to 24)."""
        starts = [hour for hour in sorted(self.hours) if hour - 1 not in self.hours]
        ends = [hour + 1 for hour in sorted(self.hours) if hour + 1 not in self.hours]
        return list(zip(starts, ends, strict=True))

    @classmethod
    def of_key(cls, key: str) -> "Narrowing":
        """From its key; ValueError where it is none."""
        days, _, hours = key.partition("_")
        found = cls(
            frozenset(map(int, days)), frozenset(int(hours[at : at + 2]) for at in range(0, len(hours), 2))
        )
        if found.key != key or not found.weekdays <= set(WEEKDAYS) or not found.hours <= set(HOURS):
            raise ValueError(f"{key!r}: expected weekdays 1 to 7 and hours 00 to 23, such as 125_0910")
        return found


@dataclass(frozen=True)
class Narrowed:
    """Counts of some weekdays and hours."""

    groups: Sequence[Group]
    used: Period | None
    """The days that were asked for, or the whole months among them; None where there is none."""


def read_narrowed(
    connection: Connection,
    places: Sequence[Touchpoint],
    period: Period,
    by: By,
    narrowing: Narrowing,
    *,
    smallest_cell: int = SUPPRESS_BELOW,
    now: int | None = None,
    questions: Questions = (),
    most_months: int | None = None,
) -> Narrowed:
    """Like `read_counts`; without a whole month hours have no group. BadNarrowing for them by day or week.

    With `most_months`, hours are of the last months only: so many at most of all touchpoints together.
    """
    if not narrowing.hours and (by != "hour" or not narrowing.weekdays):
        groups = read_counts(
            connection,
            places,
            period.first,
            period.last,
            by,
            smallest_cell=smallest_cell,
            now=now,
            questions=questions,
            weekdays=narrowing.weekdays,
        )
        return Narrowed(groups, period)
    if by == "day" or by == "week":  # noqa: PLR1714 - the type checker follows this one
        raise BadNarrowing(f"hours by {by}: expected by one of {', '.join(HOURS_BY)}")
    if most_months is not None:
        period = _end_of(period, places, most_months, now)
    asked = _Asked(connection, places, period, narrowing, smallest_cell, now)
    found = list(asked.by_place(by) if by in get_args(PlaceBy) else asked.by_time(by))
    months = [week.period for week, _ in found if week.period]
    used = Period(min(each.first for each in months), max(each.last for each in months)) if months else None
    return Narrowed([group for _, group in found], used)


@dataclass(frozen=True)
class _Asked:
    """Hours of the week, and how to group them."""

    connection: Connection
    places: Sequence[Touchpoint]
    period: Period
    narrowing: Narrowing
    smallest: int
    now: int | None

    def by_place(self, by: By) -> Iterator[tuple[WeekCells, Group]]:
        """One group per place and scale, in the order of the touchpoints."""
        members: dict[str, list[Touchpoint]] = {}
        labels = dict(place_of(place, by) for place in self.places)
        for place in self.places:
            members.setdefault(place_of(place, by)[0], []).append(place)
        weeks = read_weeks_of(self.connection, members, self.period, self.smallest, self.now)
        for key, found in weeks.items():
            for week in found:
                if week.months:
                    yield week, replace(_group(week, self.narrowing, key), label=labels[key])

    def by_time(self, by: Literal["month", "weekday", "hour"] | By) -> Iterator[tuple[WeekCells, Group]]:
        """One group per month, weekday or hour of the day, and scale."""
        if by == "month":
            for month in dict.fromkeys(day[:7] for day in self.period.days()):
                within = bucket_days(f"{month}-01", "month").within(self.period)
                for week in self._weeks(self.places, within):
                    yield week, _group(week, self.narrowing, month)
            return
        weeks = self._weeks(self.places, self.period)
        if by == "weekday":
            for day in sorted(self.narrowing.weekdays or WEEKDAYS):
                one = replace(self.narrowing, weekdays=frozenset((day,)))
                yield from ((week, _group(week, one, str(day))) for week in weeks)
        else:
            for hour in sorted(self.narrowing.hours or HOURS):
                one = replace(self.narrowing, hours=frozenset((hour,)))
                yield from ((week, _group(week, one, f"{hour:02}")) for week in weeks)

    def _weeks(self, places: Sequence[Touchpoint], period: Period) -> list[WeekCells]:
        weeks = read_week_cells(self.connection, places, period, self.smallest, self.now)
        return [week for week in weeks if week.months]


def _end_of(period: Period, places: Sequence[Touchpoint], most: int, now: int | None) -> Period:
    """From the first of its last whole months, `most` of all touchpoints together; one at least."""
    months = list(whole_months(places, period, now or time.time_ns() // 1_000_000)) if places else []
    kept = months[-max(1, most // max(1, len(places))) :]
    return Period(f"{kept[0]}-01", period.last) if len(kept) < len(months) else period


def _group(week: WeekCells, narrowing: Narrowing, key: str) -> Group:
    """The sum of these weekdays and hours."""
    counts: Counts = week.sum(narrowing.weekdays, narrowing.hours)
    label = f"{key}:00" if len(key) == len("00") else key
    minutes = week.minutes(narrowing.weekdays, narrowing.hours)
    return Group(key, label, counts, week.start, week.end, week.tz, minutes)


def _weekdays(text: str) -> Collection[int]:
    days = [part.strip() for part in text.split(",")] if text.strip() else []
    if wrong := [day for day in days if day not in map(str, WEEKDAYS)]:
        raise BadNarrowing(f"weekdays {wrong[0]!r:.40}: expected 1 (Monday) to 7, such as 1,2,5")
    return {int(day) for day in days}


def _hours(text: str) -> Collection[int]:
    """All hours from the first to the last; over midnight where the last is before the first."""
    if not text.strip():
        return ()
    found = _SPAN.fullmatch(text.strip())
    first, last = map(int, found.groups()) if found else (0, 0)
    if not found or first > HOURS[-1] or last > len(HOURS) or first == last:
        raise BadNarrowing(f"hours {text!r:.40}: expected the first and the last hour, such as 9-12 or 22-2")
    end = last if last > first else last + len(HOURS)
    return {hour % len(HOURS) for hour in range(first, end)}
