"""Withholding: what has to be taken out of sums of rollup rows before anybody sees them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

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


@dataclass(frozen=True)
class Withholding:
    """What may not be told of some touchpoints' days, whatever is asked about them."""

    connection: Connection
    places: Sequence[Touchpoint]
    period: Period
    smallest_cell: int
    _days: Mapping[str, _Days] = field(repr=False)

    @classmethod
    def of(
        cls,
        connection: Connection,
        places: Sequence[Touchpoint],
        period: Period,
        smallest_cell: int,
        now_ms: int,
    ) -> "Withholding":
        """Reads how many people each day of the months around the period tells of."""
        sizes: dict[str, dict[str, DaySize]] = {place.id: {} for place in places}
        for tp, day, size in sizes_of_days(connection, places, _months(period)):
            sizes[tp][day] = size
        running = {id(place.calendar): place.calendar.business_day(now_ms)[:7] for place in places}
        days = {
            place.id: _days_of(sizes[place.id], smallest_cell, running[id(place.calendar)])
            for place in places
        }
        return cls(connection, places, period, smallest_cell, days)

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
        days = {place.id: {} if place.id in by_shift else self._hours_told_on(place) for place in members}
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

    def _hours_told_on(self, place: Touchpoint) -> dict[str, int]:
        """By business day whose hours may be told: its responses while the contact counter could see."""
        days = self._days[place.id]
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


def _days_of(sizes: Mapping[str, DaySize], smallest: int, running_month: str) -> _Days:
    told = {day: size.told(smallest) for day, size in sizes.items()}
    apart = {day for day, size in sizes.items() if not size.tells_of_contacts(smallest)}
    faces = {day: size.faces for day, size in sizes.items()}
    return _Days(
        sizes,
        cells_of(told, smallest, running_month, apart),
        cells_of(faces, smallest, running_month),
    )


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
