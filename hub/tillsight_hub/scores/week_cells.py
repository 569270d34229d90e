"""Week cells: what was counted in each hour of the week, over the whole months of a period that are over.

What people said is told as far as `week_release` tells it of each touchpoint and month; several touchpoints,
and several months, are the sums of what is told of each. How many came and answered is always told.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

from sqlalchemy import Connection

from ..calendar import PlaceCalendar
from ..cells import sums
from ..cells.hour_cells import HourCells, week_hour_of
from ..cells.release import without_ratings, without_what_was_said
from ..cells.sums import Kind, Sums, add_to
from ..cells.week_release import WeekHour
from ..cells.withholding import Withholding
from ..hierarchy import Touchpoint
from ..metrics.counts import Counts
from ..metrics.registry import DEFAULT_LEVEL, Metric
from ..metrics.settings import SUPPRESS_BELOW
from ..metrics.shrinkage import Shrunk
from ..metrics.two_way import crossed
from ..periods import Period, bucket_days, hour_bounds
from .asked import Asked, by_calendar, by_scale, doubted, shared_calendar
from .ranking import line_of, votes_of

WEEKDAYS, HOURS = tuple(range(1, 8)), tuple(range(24))
WEEK: tuple[WeekHour, ...] = tuple((day, hour) for day in WEEKDAYS for hour in HOURS)

Together = tuple[int, frozenset[int]]
"""An hour of the day, and the weekdays that are told of it as one sum."""


@dataclass(frozen=True)
class WeekCells:
    """The hours of the week of touchpoints that share a scale.

    A weekday is that of the *business day*: an hour after midnight belongs to the evening before. An hour is
    the local hour in which it began, 0 to 23.
    """

    scale: str
    months: tuple[str, ...]
    """The whole months that were summed (2026-03), in order; empty where the period has none that is over."""
    start: int
    """ms UTC, half-open like `end`: of the months."""
    end: int
    tz: str | None
    """None where the touchpoints lie in several zones."""
    _parts: "_Parts" = field(repr=False)

    @cached_property
    def cells(self) -> Mapping[WeekHour, Counts]:
        """By weekday (1 is Monday) and hour, all 168. `accepted`, `contacts` and the like are always whole;
        ratings are in it as far as they are told (`told` is None where none is), `withheld` says how many are
        not. Empty without any month."""
        return {cell: self._parts.cell(cell) for cell in WEEK if self.months}

    @cached_property
    def open_minutes(self) -> Mapping[WeekHour, int]:
        """Of the same months (of the period, where it has none); empty where opening hours differ."""
        calendar = shared_calendar(self._parts.members)
        return _open_minutes(calendar, self._parts.asked.period) if calendar else {}

    @property
    def period(self) -> Period | None:
        """The days of the months; None without any."""
        return period_of_months(self.months)

    def told(self) -> int:
        """Answers whose rating one of the cells tells."""
        return sum(counts.responses for counts in self.cells.values())

    def sum(self, weekdays: Collection[int] = (), hours: Collection[int] = ()) -> Counts:
        """The counts of these weekdays and hours; empty means all. More is told than of each cell: small
        cells of an hour of the day are told together where all of them are in the sum."""
        return self._parts.counts(frozenset(weekdays or WEEKDAYS), frozenset(hours or HOURS))

    def minutes(self, weekdays: Collection[int] = (), hours: Collection[int] = ()) -> int | None:
        """Opening minutes of these; None where the touchpoints' opening hours differ."""
        if not self.open_minutes:
            return None
        within = [(day, hour) for day in weekdays or WEEKDAYS for hour in hours or HOURS]
        return sum(self.open_minutes[cell] for cell in within)

    def profile(self, by: Literal["hour", "weekday"]) -> dict[int, Counts]:
        """The sums of all weekdays by hour 0 to 23, or of all hours by weekday 1 to 7."""
        if by == "hour":
            return {hour: self.sum(hours=(hour,)) for hour in HOURS}
        return {day: self.sum(weekdays=(day,)) for day in WEEKDAYS}

    def used(self) -> tuple[list[int], list[int]]:
        """The weekdays and the hours from the first to the last in which anything is open or happened."""
        busy = [
            cell
            for cell, counts in self.cells.items()
            if counts.presses or counts.contacts or self.open_minutes.get(cell)
        ]
        return _span({day for day, _ in busy}), _span({hour for _, hour in busy})

    def shrunk(self, metric: Metric, level: float = DEFAULT_LEVEL) -> dict[WeekHour, Shrunk]:
        """The told cells of a share of answers, each pulled towards what its weekday and its hour say, the
        more the fewer answers it has: see `metrics.two_way.crossed`. Empty for metrics of another kind."""
        if line_of(metric) != "counts":
            return {}
        scores = {cell: metric.score(counts, level) for cell, counts in self.cells.items()}
        return crossed(
            {cell: votes_of(score) for cell, score in scores.items() if score.value is not None}, level
        )


def read_week_cells(
    connection: Connection,
    places: Iterable[Touchpoint],
    period: Period,
    smallest_cell: int = SUPPRESS_BELOW,
    now: int | None = None,
) -> list[WeekCells]:
    """One for each scale, in the order of the touchpoints. `now` (ms UTC) says which months are over."""
    members = tuple(places)
    return read_weeks_of(connection, {"": members}, period, smallest_cell, now)[""] if members else []


def read_weeks_of(
    connection: Connection,
    groups: Mapping[str, Sequence[Touchpoint]],
    period: Period,
    smallest_cell: int = SUPPRESS_BELOW,
    now: int | None = None,
) -> dict[str, list[WeekCells]]:
    """The same of several places, read at once; no group may be empty."""
    places = tuple(place for members in groups.values() for place in members)
    if not places:
        return {}
    now = now or time.time_ns() // 1_000_000
    months = tuple(whole_months(places, period, now))
    within = period_of_months(months) or period
    withholding = Withholding.of(connection, places, within, smallest_cell, now)
    asked = Asked.about(connection, places, within, withholding)
    found = _Sums(asked, by_touchpoint=len(groups) > 1)
    if months:
        for alike in by_calendar(places):
            found.add(alike)
    return {
        key: [_week(found, some, months) for some in by_scale(members)] for key, members in groups.items()
    }


def whole_months(places: Iterable[Touchpoint], period: Period, now: int) -> Iterator[str]:
    """The months that lie in the period as a whole and are over at all of the places."""
    running = min(place.calendar.business_day(now)[:7] for place in places)
    day = period.first
    while day <= period.last:
        month = bucket_days(day, "month")
        if period.first <= month.first and month.last <= period.last and day[:7] < running:
            yield day[:7]
        day = (date.fromisoformat(month.last) + timedelta(days=1)).isoformat()


def period_of_months(months: Sequence[str]) -> Period | None:
    """From the first day of the first to the last day of the last."""
    if not months:
        return None
    return Period(f"{months[0]}-01", bucket_days(f"{months[-1]}-01", "month").last)


# --- Sums -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Sums:
    """What was counted, as far as it may be told."""

    asked: Asked
    by_touchpoint: bool
    """Whether each touchpoint is summed by itself, or all of a kind together."""
    cells: dict[Kind, dict[WeekHour, dict[str, int]]] = field(default_factory=dict)
    together: dict[Kind, dict[Together, dict[str, int]]] = field(default_factory=dict)
    """What to add where all of these weekdays are summed."""

    def kind(self, place: Touchpoint) -> Kind:
        """What it is summed with."""
        scale, source, apart = self.asked.kind(place)
        return scale, source, place.id if self.by_touchpoint else apart

    def add(self, members: Sequence[Touchpoint]) -> None:
        """What was counted at touchpoints that share a calendar."""
        asked, calendar = self.asked, members[0].calendar
        start, end = asked.period.bounds(calendar)
        apart = [place.id for place in members] if self.by_touchpoint else asked.calibrations
        cell_of: dict[int, WeekHour] = {}
        for hour, kind, row in sums.of_hours(asked.connection, members, asked.period, apart):
            cell = cell_of.get(hour) or cell_of.setdefault(hour, week_hour_of(calendar, hour, start))
            total = self.cells.setdefault(kind, {}).setdefault(cell, {})
            add_to(total, row)
            begins, ends = hour_bounds(calendar, hour)
            if begins < start or ends > end:
                add_to(total, without_what_was_said(row, kind[1]))
        self._withhold(asked.withholding.hour_cells(members, with_weeks=True))

    def _withhold(self, hours: HourCells) -> None:
        """Take out what may not be told, summed first: there are many hours."""
        withheld: dict[tuple[Kind, WeekHour], dict[str, int]] = {}
        together: dict[tuple[Kind, Together], dict[str, int]] = {}
        kinds = {place.id: self.kind(place) for place in self.asked.places}
        for each in hours.hours:
            kind, week_hour = kinds[each.place.id], each.week_hour
            if moods := each.told():
                add_to(self.cells[kind][week_hour], moods)
            if not each.responses or hours.is_alone(each):
                continue
            week, (_, hour) = hours.week_of(each), week_hour
            if week_hour in week.alone:
                continue
            add_to(withheld.setdefault((kind, week_hour), {}), each.row)
            if week.tells(*week_hour):
                add_to(together.setdefault((kind, (hour, week.together[hour])), {}), each.row)
        for (kind, cell), row in withheld.items():
            add_to(self.cells[kind][cell], without_ratings(row, kind[1]))
        for (kind, part), row in together.items():
            total = self.together.setdefault(kind, {}).setdefault(part, {})
            add_to(total, without_ratings(row, kind[1]), times=-1)


@dataclass(frozen=True)
class _Parts:
    """The sums of the touchpoints of one scale."""

    sums: _Sums
    members: Sequence[Touchpoint]

    @property
    def asked(self) -> Asked:
        return self.sums.asked

    def counts(self, weekdays: frozenset[int], hours: frozenset[int]) -> Counts:
        """Of these cells together."""
        total: dict[tuple[str, Kind], dict[str, int]] = {}
        for kind, into in self._kinds().items():
            for (weekday, hour), row in self.sums.cells.get(kind, {}).items():
                if weekday in weekdays and hour in hours:
                    add_to(total.setdefault(("", into), {}), row)
            for (hour, days), row in self.sums.together.get(kind, {}).items():
                if hour in hours and days <= weekdays:
                    add_to(total.setdefault(("", into), {}), row)
        return self._of(total)

    def cell(self, cell: WeekHour) -> Counts:
        """Of one cell."""
        total: dict[tuple[str, Kind], dict[str, int]] = {}
        for kind, into in self._kinds().items():
            add_to(total.setdefault(("", into), {}), self.sums.cells.get(kind, {}).get(cell, {}))
        return self._of(total)

    def _kinds(self) -> dict[Kind, Kind]:
        """From what is summed to what its counters mean."""
        return {self.sums.kind(place): self.asked.kind(place) for place in self.members}

    def _of(self, total: Mapping[tuple[str, Kind], Sums]) -> Counts:
        return doubted(self.asked.of_kinds("", self.members, total), self.members, self.asked)


def _week(found: _Sums, members: Sequence[Touchpoint], months: tuple[str, ...]) -> WeekCells:
    spans = [found.asked.period.bounds(some[0].calendar) for some in by_calendar(members)]
    zones = {place.calendar.tz for place in members}
    return WeekCells(
        members[0].scale.id,
        months,
        min(start for start, _ in spans),
        max(end for _, end in spans),
        zones.pop() if len(zones) == 1 else None,
        _Parts(found, members),
    )


def _open_minutes(calendar: PlaceCalendar, period: Period) -> dict[WeekHour, int]:
    minutes = dict.fromkeys(WEEK, 0)
    for day in period.days():
        weekday = date.fromisoformat(day).isoweekday()
        for hour, opened in enumerate(calendar.open_minutes_by_hour(day)):
            minutes[weekday, hour] += opened
    return minutes


def _span(numbers: Collection[int]) -> list[int]:
    return list(range(min(numbers), max(numbers) + 1)) if numbers else []
