"""How much of the opening time was heard from each touchpoint: a strip of days, drawn as three paths."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Text, cast, func, select

from ..calendar import PlaceCalendar
from ..hierarchy import Touchpoint
from ..periods import Period, hour_bounds
from ..tables import UNDATED_DAY, rollup_day, rollup_hour
from ..tables import touchpoint as touchpoint_table

STEP, HEIGHT = 10, 30
"""Width of a day and height of the strip."""
WELL_HEARD = 0.9
"""Below this share of the opening time a day, or a touchpoint, is worth a word."""


@dataclass(frozen=True)
class DayHeard:
    """One business day, as far as it is over."""

    day: str
    open_minutes: int
    heard_minutes: int
    blind: float
    """Share of what the counting camera reported on in which it could not see."""


@dataclass(frozen=True)
class Strip:
    """One touchpoint's days. Days before it was first heard, or after its last day, are not in it."""

    place: Touchpoint
    days: tuple[DayHeard, ...]
    offset: int
    """Days of the period before the first of them."""
    revised: int
    """How often days of it changed after they were over: late events, or new labels."""
    undated: int
    """Events of it without a known day, ever."""

    @property
    def heard(self) -> float | None:
        """Share of the opening time in which anything at all was heard; None where it was never open."""
        total = sum(day.open_minutes for day in self.days)
        return sum(day.heard_minutes for day in self.days) / total if total else None

    @property
    def blind(self) -> float:
        """Share of the heard time in which the camera that counts could not see."""
        total = sum(day.heard_minutes for day in self.days)
        return sum(day.heard_minutes * day.blind for day in self.days) / total if total else 0.0

    @property
    def poor(self) -> list[DayHeard]:
        """Days that were heard badly, the worst first."""
        poor = [d for d in self.days if d.open_minutes and d.heard_minutes < WELL_HEARD * d.open_minutes]
        return sorted(poor, key=lambda d: (d.heard_minutes / d.open_minutes, d.day))

    @property
    def heard_path(self) -> str:
        return self._path(lambda day: (0.0, _heard(day) * (1 - day.blind)))

    @property
    def blind_path(self) -> str:
        return self._path(lambda day: (_heard(day) * (1 - day.blind), _heard(day)))

    @property
    def gap_path(self) -> str:
        return self._path(lambda day: (_heard(day), 1.0))

    def _path(self, span: Callable[[DayHeard], tuple[float, float]]) -> str:
        """Columns between two heights; days that look alike and follow each other are one rectangle."""
        drawn, run, width = [], (0, 0), 0
        ends = [*((round(a * HEIGHT), round(b * HEIGHT)) for a, b in map(span, self.days)), (-1, -1)]
        for at, (low, high) in enumerate(ends):
            is_open = at < len(self.days) and self.days[at].open_minutes > 0
            here = (low, high) if is_open else (0, 0)
            if here == run and at < len(self.days):
                width += 1
                continue
            if run[1] > run[0]:
                x = (self.offset + at - width) * STEP
                drawn.append(f"M{x} {HEIGHT - run[1]}h{width * STEP}v{run[1] - run[0]}h-{width * STEP}z")
            run, width = here, 1
        return "".join(drawn)


def read_strips(
    connection: Connection, places: Sequence[Touchpoint], period: Period, now: int
) -> list[Strip]:
    """In the order of the places; four statements, however many there are."""
    ids = [place.id for place in places]
    lives = _lives(connection, ids)
    daily = _daily(connection, ids, period)
    hours = _hours(connection, places, period)
    undated = _undated(connection, ids)
    return [
        _strip(place, period, lives.get(place.id), daily, hours.get(place.id, set()), undated, now)
        for place in places
    ]


def _strip(  # noqa: PLR0917
    place: Touchpoint,
    period: Period,
    life: tuple[str, str] | None,
    daily: Mapping[tuple[str, str], tuple[float, int]],
    hours: set[int],
    undated: Mapping[str, int],
    now: int,
) -> Strip:
    days: list[DayHeard] = []
    offset = revised = 0
    for day in period.days():
        blind, changed = daily.get((place.id, day), (0.0, 0))
        revised += changed
        if life is None or not life[0] <= day <= life[1]:
            offset += not days
            continue
        opened = heard = 0
        for hour, minutes, end in open_hours(place.calendar, day):
            if end <= now:
                opened += minutes
                heard += minutes if hour in hours else 0
        days.append(DayHeard(day, opened, heard, blind))
    return Strip(place, tuple(days), offset, revised, undated.get(place.id, 0))


@lru_cache(maxsize=20_000)
def open_hours(calendar: PlaceCalendar, day: str) -> tuple[tuple[int, int, int], ...]:
    """Of a business day: the local hours by their start in UTC seconds, open minutes, and end in ms UTC."""
    found = []
    for start, end in calendar.open_intervals(day):
        at = start
        while at < end:
            hour = calendar.hour_start(at)
            after = hour_bounds(calendar, hour)[1]
            found.append((hour, (min(after, end) - at) // 60_000, min(after, end)))
            at = after
    return tuple(found)


def _lives(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """First and last day by touchpoint: as somebody said, else since it was first heard."""
    day, place = rollup_day.c, touchpoint_table.c
    first = (
        select(func.min(day.day))
        .where(day.tp == place.id, day.day != UNDATED_DAY)
        .correlate(touchpoint_table)
    ).scalar_subquery()
    query = select(place.id, place.opened, place.closed, first).where(place.id.in_(ids))
    return {
        id: (opened or heard, closed or "9999-12-31")
        for id, opened, closed, heard in connection.execute(query)
        if opened or heard
    }


def _daily(
    connection: Connection, ids: Sequence[str], period: Period
) -> dict[tuple[str, str], tuple[float, int]]:
    """By touchpoint and day: the blind share, and how often it was revised; where there is either."""
    day = rollup_day.c
    query = select(day.tp, day.day, day.camera_ms, day.camera_working_ms, day.revised).where(
        day.tp.in_(ids), day.day.between(period.first, period.last), (day.camera_ms > 0) | (day.revised > 0)
    )
    return {
        (tp, on): (max(0.0, 1 - working / told) if told else 0.0, revised)
        for tp, on, told, working, revised in connection.execute(query)
    }


def _hours(connection: Connection, places: Sequence[Touchpoint], period: Period) -> dict[str, set[int]]:
    """The hours in which anything was heard, as UTC seconds of their start."""
    if not places:
        return {}
    bounds = [period.bounds(calendar) for calendar in {place.calendar for place in places}]
    first, last = min(start for start, _ in bounds) // 1000, max(end for _, end in bounds) // 1000
    hour = rollup_hour.c
    joined = func.group_concat if connection.dialect.name == "sqlite" else _string_agg
    query = (
        select(hour.tp, joined(hour.hour))
        .where(hour.tp.in_([place.id for place in places]), hour.hour.between(first, last), hour.events > 0)
        .group_by(hour.tp)
    )
    return {tp: set(map(int, told.split(","))) for tp, told in connection.execute(query)}


def _string_agg(column: Any) -> Any:
    return func.string_agg(cast(column, Text), ",")


def _undated(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    day = rollup_day.c
    query = select(day.tp, day.events).where(day.tp.in_(ids), day.day == UNDATED_DAY, day.events > 0)
    return {row.tp: row.events for row in connection.execute(query)}


def _heard(day: DayHeard) -> float:
    return day.heard_minutes / day.open_minutes if day.open_minutes else 0.0
