"""Withholding: what has to be taken out of sums of rollup rows before anybody sees them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from ..hierarchy import Touchpoint
from ..periods import Period, bucket_days
from .day_cells import DayCells
from .hour_cells import HourCells, months_with_shifts
from .release import DaySize, told_days, without_covered, without_moods, without_ratings, without_uncovered
from .sums import Sums, add_to, rows_of_days, sizes_of_days

Less = tuple[Touchpoint, str, Sums]
"""What to add to a sum with the business day of that touchpoint in it."""
HourLess = tuple[Touchpoint, int, Sums]
"""The same for the local hour, by the UTC seconds of its begin."""


@dataclass(frozen=True)
class Withholding:
    """What may not be told of some touchpoints' days, whatever is asked about them."""

    connection: Connection
    places: Sequence[Touchpoint]
    period: Period
    smallest_cell: int
    _running: Mapping[str, str]
    """By touchpoint, the month that is not over there."""
    _days: Mapping[str, DayCells]

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

    def _read(self, places: Sequence[Touchpoint], below: int | None) -> dict[str, DayCells]:
        """By touchpoint; with `below` plain days are left out."""
        sizes: dict[str, dict[str, DaySize]] = {place.id: {} for place in places}
        if places:
            for tp, day, size in sizes_of_days(self.connection, places, _months(self.period), below):
                sizes[tp][day] = size
        return {tp: DayCells.of(found, self.smallest_cell, self._running[tp]) for tp, found in sizes.items()}

    def of_days(self, key: Callable[[str], str | None]) -> Iterator[Less]:
        """What to take out where the period's days with the same key are summed, and those with none left
        out."""
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
        """What to take out of hours that lie in the period as a whole; touchpoints with one calendar."""
        cells = self.hour_cells(members)
        for each in cells.hours:
            yield each.place, each.hour, each.told() if cells.is_alone(each) else each.withheld()

    def of_hours_of_day(self, members: Sequence[Touchpoint]) -> Iterator[HourLess]:
        """The same where all hours of the period with the same name are summed: months that are over and lie
        in it as a whole tell more."""
        cells = self.hour_cells(members, with_weeks=True)
        for each in cells.hours:
            is_told = cells.is_alone(each) or cells.week_of(each).tells(*each.week_hour)
            yield each.place, each.hour, each.told() if is_told else each.withheld()

    def hour_cells(self, members: Sequence[Touchpoint], *, with_weeks: bool = False) -> HourCells:
        """What may be told of the hours of the period; touchpoints with one calendar.

        Where a rota cuts the days of a month into shifts, what is told of shifts less what is told of hours
        would be about a few: hours then tell nothing.
        """
        months = sorted({day[:7] for day in self.period.days()})
        by_shift = months_with_shifts(self.connection, members, months)
        days = {
            tp: found.without_months({month for month in months if tp in by_shift[month]})
            for tp, found in self._read(members, below=None).items()
        }
        cells = HourCells.of(self.connection, members, self.period, days, self.smallest_cell)
        if not with_weeks:
            return cells
        whole = [month for month in months if _is_whole(month, self.period)]
        over = {place.id: [month for month in whole if month < self._running[place.id]] for place in members}
        return cells.with_weeks(over, days, self.smallest_cell)

    def _steps(
        self, place: Touchpoint, key: Callable[[str], str | None]
    ) -> Iterator[tuple[str, Callable[[Sums], Sums]]]:
        """By business day of the period, how to make of its row what has to be taken out."""
        days, period, smallest = self._days[place.id], self.period, self.smallest_cell

        def key_within(day: str) -> str | None:
            return key(day) if period.first <= day <= period.last else None

        told, moods_told = told_days(days.cells, key_within), told_days(days.mood_cells, key_within)
        for day, size in days.sizes.items():
            if key_within(day) is not None:
                is_told = day in told or size.told(smallest) == 0
                steps = list(_ratings_out(size, place.contact_source, smallest, is_told=is_told))
                if size.faces and day not in moods_told:
                    steps.append(without_moods)
                if steps:
                    yield day, _all_of(steps)


def _months(period: Period) -> Period:
    """The whole months that it touches."""
    return Period(bucket_days(period.first, "month").first, bucket_days(period.last, "month").last)


def _is_whole(month: str, period: Period) -> bool:
    days = bucket_days(f"{month}-01", "month")
    return period.first <= days.first and days.last <= period.last


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
