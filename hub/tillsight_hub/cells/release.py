"""Which ratings may be told: those of whole cells, each of enough responses, and the same for every question.

A cell is a set of a touchpoint's business days. Whatever is told is a sum of whole cells, so no difference of
two answers, and no other combination of them, can be about fewer people than the smallest cell.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import groupby
from typing import NamedTuple, TypeVar

from ..tables import CONTACT_COUNTERS, EMOTION_COUNTERS, RATING_COUNTERS, RAW_COUNTERS, UNCOVERED_COUNTERS

Cell = tuple[str, ...]
"""Business days, in order."""
Key = TypeVar("Key", int, str)

_MOODS = EMOTION_COUNTERS[:3]


class DaySize(NamedTuple):
    """How many people a touchpoint's day tells of."""

    responses: int
    """Accepted presses."""
    uncovered: int
    """Of them, those while the contact counter could not see."""
    faces: int = 0
    """People with a known mood."""

    def told(self, smallest: int) -> int:
        """Responses without a handful of uncovered ones.

        What is told of all responses less what is told per contact is about the uncovered ones.
        """
        return self.responses - (self.uncovered if 0 < self.uncovered < smallest else 0)

    def tells_of_contacts(self, smallest: int) -> bool:
        """Whether what is left without the uncovered ones is enough to be told."""
        return self.uncovered < smallest or self.responses - self.uncovered >= smallest


# --- Cells ------------------------------------------------------------------------------------------------


def cells_of(
    sizes: Mapping[str, int], smallest: int, running_month: str, apart: Collection[str] = ()
) -> list[Cell]:
    """The cells of one touchpoint, from people by business day; all days of each month have to be given.

    `running_month` (2026-03) and later ones are not over yet: what is left of them is not told. Days in
    `apart` are not joined by others.
    """
    months = groupby(sorted(day for day, size in sizes.items() if size > 0), key=lambda day: day[:7])
    return [
        cell
        for month, days in months
        for cell in _cells_of_month(
            {day: sizes[day] for day in days}, smallest, apart, is_over=month < running_month
        )
    ]


def _cells_of_month(
    sizes: Mapping[str, int], smallest: int, apart: Collection[str], *, is_over: bool
) -> list[Cell]:
    """A day with enough is a cell; smaller ones are put together, in order, until they have enough.

    The days that are left over join the last of those, or else the smallest other day. A month with too few
    altogether has no cell.
    """
    alone = [day for day, size in sizes.items() if size >= smallest]
    together: list[Cell] = []
    left: Cell = ()
    for day in sizes:
        if sizes[day] < smallest:
            left = (*left, day)
            if sum(sizes[each] for each in left) >= smallest:
                together.append(left)
                left = ()
    if left and is_over and together:
        together[-1] += left
    elif left and is_over and (joinable := [day for day in alone if day not in apart]):
        joining = min(joinable, key=lambda day: (sizes[day], day))
        alone.remove(joining)
        together.append(tuple(sorted((*left, joining))))
    return sorted([*((day,) for day in alone), *together])


def want_company(sizes: Mapping[str, int], smallest: int, running_month: str) -> bool:
    """Whether a month that is over leaves a few days that only one with enough of its own could join.

    Days with enough may be left out of `sizes`.
    """
    of_month: dict[str, int] = {}
    for day, size in sizes.items():
        if size < smallest and day[:7] < running_month:
            of_month[day[:7]] = of_month.get(day[:7], 0) + size
    return any(0 < size < smallest for size in of_month.values())


def told_days(cells: Iterable[Cell], key: Callable[[str], str | None]) -> set[str]:
    """The days of the cells that lie in one sum as a whole, where days with the same key are summed and those
    with none left out."""
    whole = (cell for cell in cells if len({key(day) for day in cell}) == 1 and key(cell[0]) is not None)
    return {day for cell in whole for day in cell}


def told_hours(sizes: Mapping[Key, int], of_day: int, smallest: int) -> set[Key]:
    """The hours of a told day whose ratings may be told as well, from people by hour.

    Hours with enough, as long as the rest of the day, which anyone can work out, has enough too or none.
    """
    told = {hour for hour, size in sizes.items() if size >= smallest}
    rest = of_day - sum(sizes[hour] for hour in told)
    while 0 < rest < smallest and told:
        joining = min(told, key=lambda hour: (sizes[hour], hour))
        told.remove(joining)
        rest += sizes[joining]
    return told


# --- Taking answers out of sums ---------------------------------------------------------------------------


def without_what_was_said(row: Mapping[str, int], contact_source: str | None) -> dict[str, int]:
    """What to add to sums that the row is part of, so that they tell none of its ratings and moods."""
    return {**without_ratings(row, contact_source), **without_moods(row)}


def without_ratings(row: Mapping[str, int], contact_source: str | None) -> dict[str, int]:
    """The same for its ratings only.

    Contacts of a time without any response stay what ratings are divided by: that nobody pressed is no
    secret.
    """
    responses = sum(row.get(name, 0) for name in RATING_COUNTERS)
    uncovered = sum(row.get(name, 0) for name in UNCOVERED_COUNTERS)
    contacts = row.get(CONTACT_COUNTERS[contact_source], 0) if contact_source and responses else 0
    return {
        **_less(row, RATING_COUNTERS),
        **_less(row, UNCOVERED_COUNTERS),
        "withheld": responses,
        "withheld_rated": responses - uncovered,
        "withheld_contacts": contacts,
    }


def without_uncovered(row: Mapping[str, int]) -> dict[str, int]:
    """The same for the ratings given while the contact counter could not see."""
    uncovered = [row.get(name, 0) for name in UNCOVERED_COUNTERS]
    rated = {name: -number for name, number in zip(RATING_COUNTERS, uncovered, strict=True) if number}
    return {**rated, **_less(row, UNCOVERED_COUNTERS), "withheld": sum(uncovered)}


def without_covered(row: Mapping[str, int], contact_source: str | None) -> dict[str, int]:
    """The same for numbers per contact: the ratings stay, and none of them counts as given by a contact."""
    covered = {
        uncovered: row.get(rating, 0) - row.get(uncovered, 0)
        for rating, uncovered in zip(RATING_COUNTERS, UNCOVERED_COUNTERS, strict=True)
    }
    contacts = row.get(CONTACT_COUNTERS[contact_source], 0) if contact_source else 0
    return {**covered, "withheld_rated": sum(covered.values()), "withheld_contacts": contacts}


def without_moods(row: Mapping[str, int]) -> dict[str, int]:
    """The same for what people looked like; how many faces said nothing stays."""
    return {**_less(row, _MOODS), "withheld_faces": sum(row.get(name, 0) for name in _MOODS)}


def without_raw(row: Mapping[str, int]) -> dict[str, int]:
    """The same for the ratings of presses that are not accepted: less the accepted ones they would be about
    the few that were taken back or set aside."""
    raw = {
        name: row.get(rating, 0) - row.get(name, 0)
        for rating, name in zip(RATING_COUNTERS, RAW_COUNTERS, strict=True)
    }
    return {**raw, "withheld_raw": -sum(raw.values())}


def _less(row: Mapping[str, int], names: Iterable[str]) -> dict[str, int]:
    return {name: -row[name] for name in names if row.get(name)}
