"""Hour cells: what may be told of touchpoints' hours, by themselves and as hours of the week."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from ..calendar import PlaceCalendar
from ..hierarchy import Touchpoint
from ..periods import Period, bucket_days, hour_bounds
from ..tables import EMOTION_COUNTERS, RATING_COUNTERS, UNCOVERED_COUNTERS
from .day_cells import DayCells
from .release import told_hours, without_moods, without_what_was_said
from .sums import Sums, rows_of_hours, with_shifts
from .week_release import Shared, ToldWeek, WeekHour, told_week

DAY_MS = 86_400_000

NOTHING = ToldWeek()
NOBODY: Sums = {}
MOODS = frozenset(EMOTION_COUNTERS[:3])


class HeardHour(NamedTuple):
    """A local hour in which somebody answered at one touchpoint."""

    place: Touchpoint
    hour: int
    """UTC seconds of its begin."""
    day: str
    """The business day that it lies in; empty where one ends within it."""
    week_hour: WeekHour
    """Where a business day ends within it: of the one in which it begins."""
    row: Sums
    """Without what is zero."""
    responses: int
    """None that the contact counter did not see, where `is_covered`."""
    is_covered: bool

    def withheld(self) -> Sums:
        """What to add to sums that it is part of where it may not be told."""
        return without_what_was_said(self.row, self.place.contact_source)

    def told(self) -> Sums:
        """The same where it may: what people looked like is told of no hour."""
        return NOBODY if MOODS.isdisjoint(self.row) else without_moods(self.row)


@dataclass(frozen=True)
class HourCells:
    """The heard hours of a period at touchpoints that share one calendar."""

    hours: Sequence[HeardHour]
    alone: Collection[tuple[str, int]]
    """Touchpoint and hour of those that are told by themselves."""
    weeks: Mapping[tuple[str, str], ToldWeek]
    """By touchpoint and month, of the months that are over and lie in the period as a whole."""
    crossed: Mapping[str, Mapping[str, int]]
    """By touchpoint: see `DayCells.crossed`."""

    @classmethod
    def of(
        cls,
        connection: Connection,
        members: Sequence[Touchpoint],
        period: Period,
        days: Mapping[str, DayCells],
        smallest: int,
    ) -> "HourCells":
        """`days` by touchpoint, of the whole months that the period touches, but for those of which hours
        tell nothing."""
        hours = list(_heard(connection, members, period))
        alone = _alone(hours, days, smallest)
        crossed = {tp: found.crossed(smallest) for tp, found in days.items()}
        return cls(hours, alone, {}, crossed)

    def with_weeks(
        self, months: Mapping[str, Collection[str]], days: Mapping[str, DayCells], smallest: int
    ) -> "HourCells":
        """With what is told of hours of the week in these months, by touchpoint."""
        shared: dict[tuple[str, str], dict[tuple[int, int, int], int]] = {
            (tp, month): _ground(days[tp], self.crossed[tp], month)
            for tp, found in months.items()
            if tp in days
            for month in found
        }
        for place, hour, day, (weekday, hour_of_day), _, responses, is_covered in self.hours:
            edges = shared.get((place.id, day[:7])) if is_covered else None
            cell = self.crossed[place.id].get(day) if edges is not None else None
            if edges is not None and cell is not None:
                key = cell, weekday, hour_of_day
                unknown = 0 if (place.id, hour) in self.alone else responses
                edges[key] = edges.get(key, 0) + unknown
                edges[cell, 0, 0] -= responses
        weeks = {key: _told_week(edges, smallest) for key, edges in shared.items()}
        return HourCells(self.hours, self.alone, weeks, self.crossed)

    def can_cross(self, each: HeardHour) -> bool:
        """Whether hours of the week can tell of it at all."""
        return each.is_covered and each.day in self.crossed.get(each.place.id, ())

    def is_alone(self, each: HeardHour) -> bool:
        """Whether it is told by itself."""
        return (each.place.id, each.hour) in self.alone

    def week_of(self, each: HeardHour) -> ToldWeek:
        """What is told of the hours of the week in its month, if it is in any of them."""
        return self.weeks.get((each.place.id, each.day[:7]), NOTHING) if self.can_cross(each) else NOTHING


def day_of_hour(calendar: PlaceCalendar, hour: int) -> str:
    """The business day that the local hour lies in; none where one ends within the hour."""
    start, end = hour_bounds(calendar, hour)
    day = calendar.business_day(start)
    return day if calendar.business_day(end - 1) == day else ""


def week_hour_of(calendar: PlaceCalendar, hour: int, start: int = 0) -> WeekHour:
    """The hour of the week of a local hour (UTC seconds); `start` (ms UTC) is where its part begins."""
    t = max(hour * 1000, start)
    return _weekday(calendar.business_day(t)), calendar.local(t).hour


def months_with_shifts(
    connection: Connection, members: Sequence[Touchpoint], months: Collection[str]
) -> dict[str, frozenset[str]]:
    """By month: the touchpoints whose rota cuts its days; they share one calendar."""
    spans = {month: bucket_days(f"{month}-01", "month").bounds(members[0].calendar) for month in months}
    start, end = min(start for start, _ in spans.values()), max(end for _, end in spans.values())
    if not with_shifts(connection, members, start - DAY_MS, end + DAY_MS):
        return dict.fromkeys(months, frozenset())
    return {
        month: with_shifts(connection, members, start - DAY_MS, end + DAY_MS)
        for month, (start, end) in spans.items()
    }


def _heard(connection: Connection, members: Sequence[Touchpoint], period: Period) -> Iterator[HeardHour]:
    calendar = members[0].calendar
    by_id = {place.id: place for place in members}
    known: dict[int, tuple[str, WeekHour]] = {}
    ratings = max(place.scale.ratings for place in members)
    for tp, hour, row in rows_of_hours(connection, members, period):
        if hour not in known:
            known[hour] = day_of_hour(calendar, hour), week_hour_of(calendar, hour)
        responses = _total(row, RATING_COUNTERS[:ratings])
        uncovered = _total(row, UNCOVERED_COUNTERS[:ratings])
        yield HeardHour(by_id[tp], hour, *known[hour], row, responses, is_covered=not uncovered)


def _alone(
    hours: Sequence[HeardHour], days: Mapping[str, DayCells], smallest: int
) -> frozenset[tuple[str, int]]:
    sizes: dict[tuple[str, str], dict[int, int]] = {}
    of_their_own = {tp: found.alone() for tp, found in days.items()}
    for each in hours:
        if each.is_covered and each.day in of_their_own.get(each.place.id, ()):
            sizes.setdefault((each.place.id, each.day), {})[each.hour] = each.responses
    return frozenset(
        (tp, hour)
        for (tp, day), found in sizes.items()
        for hour in told_hours(found, days[tp].covered(day), smallest)
    )


def _ground(days: DayCells, crossed: Mapping[str, int], month: str) -> dict[tuple[int, int, int], int]:
    """All that hours of the week could tell, by day cell of the month."""
    found: dict[tuple[int, int, int], int] = {}
    for day, cell in crossed.items():
        if day.startswith(month):
            found[cell, 0, 0] = found.get((cell, 0, 0), 0) + days.covered(day)
    return found


def _told_week(edges: Mapping[tuple[int, int, int], int], smallest: int) -> ToldWeek:
    """Day cells are numbered from 0 on, in order."""
    number = {cell: at for at, cell in enumerate(sorted({cell for cell, _, _ in edges}))}
    return told_week(
        tuple(
            Shared(number[cell], weekday, hour, max(0, people))
            for (cell, weekday, hour), people in sorted(edges.items())
        ),
        smallest,
    )


def _total(row: Sums, names: Sequence[str]) -> int:
    return sum(row[name] for name in names if name in row)


def _weekday(day: str) -> int:
    return date.fromisoformat(day).isoweekday()
