"""Withholding: what has to be taken out of sums of rollup rows before anybody sees them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from .calendar import PlaceCalendar
from .hierarchy import Touchpoint
from .periods import Period, bucket_days, hour_bounds
from .release import (
    Cell,
    DaySize,
    cells_of,
    told_days,
    told_hours,
    want_company,
    without_covered,
    without_moods,
    without_ratings,
    without_uncovered,
    without_what_was_said,
)
from .sums import Sums, add_to, rows_of_days, rows_of_hours, sizes_of_days, with_shifts

DAY_MS = 86_400_000

Less = tuple[Touchpoint, str, Sums]
"""What to add to a sum with the business day of that touchpoint in it."""
HourLess = tuple[Touchpoint, int, Sums]
"""The same for the local hour, by the UTC seconds of its begin."""


@dataclass(frozen=True)
class _Days:
    """The days of one touchpoint in the months that a period touches."""

    sizes: Mapping[str, DaySize]
    cells: Sequence[Cell]
    """Of ratings."""
    mood_cells: Sequence[Cell]
    wants_company: bool
    """Whether days with enough have to be known to make cells of the others."""

    @classmethod
    def of(cls, sizes: Mapping[str, DaySize], smallest: int, running_month: str) -> "_Days":
        """The cells of days of these sizes."""
        told = {day: size.told(smallest) for day, size in sizes.items()}
        apart = {day for day, size in sizes.items() if not size.tells_of_contacts(smallest)}
        faces = {day: size.faces for day, size in sizes.items()}
        return cls(
            sizes,
            cells_of(told, smallest, running_month, apart),
            cells_of(faces, smallest, running_month),
            want_company(told, smallest, running_month),
        )


@dataclass(frozen=True)
class Withholding:
    """What may not be told of some touchpoints' days, whatever is asked about them."""

    connection: Connection
    places: Sequence[Touchpoint]
    period: Period
    smallest_cell: int
    _running: Mapping[str, str]
    """By touchpoint, the month that is not over there."""
    _days: Mapping[str, _Days]

    @classmethod
    def of(
        cls,
        connection: Connection,
        places: Sequence[Touchpoint],
        period: Period,
        smallest_cell: int,
        now_ms: int,
    ) -> "Withholding":
        """Reads how many people the days of the months around the period tell of, but for plain days."""
        running = {place.id: place.calendar.business_day(now_ms)[:7] for place in places}
        self = cls(connection, places, period, smallest_cell, running, {})
        days = self._read(places, below=smallest_cell)
        lonely = [place for place in places if days[place.id].wants_company]
        return replace(self, _days=days | self._read(lonely, below=None))

    def _read(self, places: Sequence[Touchpoint], below: int | None) -> dict[str, "_Days"]:
        """By touchpoint; with `below` plain days are left out."""
        sizes: dict[str, dict[str, DaySize]] = {place.id: {} for place in places}
        if places:
            for tp, day, size in sizes_of_days(self.connection, places, _months(self.period), below):
                sizes[tp][day] = size
        return {tp: _Days.of(found, self.smallest_cell, self._running[tp]) for tp, found in sizes.items()}

    def of_days(self, key: Callable[[str], str]) -> Iterator[Less]:
        """What to take out where the period's days with the same key are summed."""
        by_id = {place.id: place for place in self.places}
        steps = {place.id: dict(self._steps(place, key)) for place in self.places}
        concerned = {day for of_place in steps.values() for day in of_place}
        if not concerned:
            return
        members = [place for place in self.places if steps[place.id]]
        for tp, day, row in rows_of_days(self.connection, members, concerned):
            if step := steps[tp].get(day):
                yield by_id[tp], day, step(row)

    def of_hours(self, members: Sequence[Touchpoint]) -> Iterator[HourLess]:
        """What to take out of hours that lie in the period as a whole; touchpoints with one calendar.

        Where a rota cuts the days of these months into shifts, what is told of shifts less what is told of
        hours would be about a few: hours then tell nothing.
        """
        calendar = members[0].calendar
        start, end = _months(self.period).bounds(calendar)
        by_shift = with_shifts(self.connection, members, start - DAY_MS, end + DAY_MS)
        days = {
            tp: {} if tp in by_shift else self._hours_told_on(found)
            for tp, found in self._read(members, below=None).items()
        }
        rows = list(rows_of_hours(self.connection, members, self.period))
        by_id = {place.id: place for place in members}
        day_of = {hour: day_of_hour(calendar, hour) for hour in {hour for _, hour, _ in rows}}
        hours: dict[tuple[str, str], dict[int, int]] = {}
        for tp, hour, row in rows:
            day, size = day_of[hour], _size(row)
            if day in days[tp] and not size.uncovered:
                hours.setdefault((tp, day), {})[hour] = size.responses
        told = {
            (tp, hour)
            for (tp, day), sizes in hours.items()
            for hour in told_hours(sizes, days[tp][day], self.smallest_cell)
        }
        for tp, hour, row in rows:
            place = by_id[tp]
            is_told = (tp, hour) in told
            yield (
                place,
                hour,
                without_moods(row) if is_told else without_what_was_said(row, place.contact_source),
            )

    def _hours_told_on(self, days: "_Days") -> dict[str, int]:
        """By business day whose hours may be told: its responses while the contact counter could see."""
        alone = (cell[0] for cell in days.cells if len(cell) == 1)
        return {
            day: days.sizes[day].responses - days.sizes[day].uncovered
            for day in alone
            if self.period.first <= day <= self.period.last
        }

    def _steps(
        self, place: Touchpoint, key: Callable[[str], str]
    ) -> Iterator[tuple[str, Callable[[Sums], Sums]]]:
        """By business day of the period, how to make of its row what has to be taken out."""
        days, period, smallest = self._days[place.id], self.period, self.smallest_cell

        def key_within(day: str) -> str | None:
            return key(day) if period.first <= day <= period.last else None

        told, moods_told = told_days(days.cells, key_within), told_days(days.mood_cells, key_within)
        for day, size in days.sizes.items():
            if period.first <= day <= period.last:
                is_told = day in told or size.told(smallest) == 0
                steps = list(_ratings_out(size, place.contact_source, smallest, is_told=is_told))
                if size.faces and day not in moods_told:
                    steps.append(without_moods)
                if steps:
                    yield day, _all_of(steps)


def _months(period: Period) -> Period:
    """The whole months that it touches."""
    return Period(bucket_days(period.first, "month").first, bucket_days(period.last, "month").last)


def _ratings_out(
    size: DaySize, contact_source: str | None, smallest: int, *, is_told: bool
) -> Iterator[Callable[[Sums], Sums]]:
    if not is_told:
        yield lambda row: without_ratings(row, contact_source)
    elif 0 < size.uncovered < smallest:
        yield without_uncovered
    elif not size.tells_of_contacts(smallest):
        yield lambda row: without_covered(row, contact_source)


def _all_of(steps: Sequence[Callable[[Sums], Sums]]) -> Callable[[Sums], Sums]:
    def less(row: Sums) -> Sums:
        total: dict[str, int] = {}
        for step in steps:
            add_to(total, step(row))
        return total

    return less


def _size(row: Sums) -> DaySize:
    numbers = row.items()
    return DaySize(
        responses=sum(number for name, number in numbers if name.startswith("rating_")),
        uncovered=sum(number for name, number in numbers if name.startswith("uncovered_")),
    )


def day_of_hour(calendar: PlaceCalendar, hour: int) -> str:
    """The business day that the local hour lies in; none where one ends within the hour."""
    start, end = hour_bounds(calendar, hour)
    day = calendar.business_day(start)
    return day if calendar.business_day(end - 1) == day else ""
