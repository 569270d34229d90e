"""Rollup rows whose ratings are code words, so that a sum tells which rows are in it.

An atom is the accepted presses of one touchpoint, day and hour, apart for those while the contact counter
could see and those while it could not; or the faces of one touchpoint and day. How many people it stands for
is all that decides about what is told; which ratings they gave is free, and spells the atom's number in three
ratings, a bit each. The fourth rating makes up for it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from sqlalchemy import Connection, delete, insert
from tests.harness.chain import Chain
from tests.harness.declared import declare_within

from tillsight_hub import tables
from tillsight_hub.calendar import PlaceCalendar
from tillsight_hub.metrics.counts import Counts

BITS = 60


class Hour(NamedTuple):
    """What happened in one hour of a business day."""

    touchpoint: str
    day: str
    wall: str
    """Local time, such as 2026-03-03T02:00; empty where the hour is not known."""
    covered: int
    """Accepted presses while the contact counter could see."""
    uncovered: int
    contacts: int


class Atoms:
    """The atoms of some hours and faces, in the tables of a chain."""

    def __init__(self, hours: Iterable[Hour], faces: dict[tuple[str, str], int]) -> None:
        self.people: list[int] = []
        """By number of the atom."""
        self.faces: list[int] = []
        """The same of faces, which have numbers of their own."""
        self._hours: list[tuple[Hour, dict[str, int]]] = [(hour, self._row(hour)) for hour in hours]
        self._faces = {key: self._face_row(number) for key, number in faces.items()}

    def store(self, chain: Chain, calendar: Callable[[str], PlaceCalendar]) -> None:
        """Write the rollups anew."""
        days: dict[tuple[str, str], dict[str, int]] = {}
        hours: dict[tuple[str, int], dict[str, int]] = {}
        for hour, row in self._hours:
            _add(days.setdefault((hour.touchpoint, hour.day), {}), row)
            start = (
                calendar(hour.touchpoint).hour_start(chain.at(hour.touchpoint, hour.wall)) if hour.wall else 0
            )
            _add(hours.setdefault((hour.touchpoint, start), {}), row)
        for key, row in self._faces.items():
            _add(days.setdefault(key, {}), row)
        with chain.engine.begin() as connection:
            declare_within(connection, "acme")
            _replace(connection, days, hours)

    def ratings_in(self, counts: Counts) -> list[frozenset[int]]:
        """The atoms whose ratings are told, and those whose ratings are told per contact."""
        return [_decoded(counts.ratings), _decoded(counts.rated_contacts)]

    def faces_in(self, counts: Counts) -> frozenset[int]:
        """The atoms whose moods are told."""
        return _bits(counts.emotions[0])

    def _row(self, hour: Hour) -> dict[str, int]:
        covered, uncovered = self._word(hour.covered), self._word(hour.uncovered)
        accepted = hour.covered + hour.uncovered
        row = {
            "events": 1,
            "presses": accepted,
            "contacts_presence": hour.contacts,
            "contacts_pos": hour.contacts,
        }
        for rating in range(4):
            row[f"rating_{rating + 1}"] = covered[rating] + uncovered[rating]
            row[f"raw_{rating + 1}"] = covered[rating] + uncovered[rating]
            row[f"uncovered_{rating + 1}"] = uncovered[rating]
        return row

    def _face_row(self, number: int) -> dict[str, int]:
        code = 1 << len(self.faces)
        self.faces.append(number)
        return {
            "events": 1,
            "emotion_positive": code,
            "emotion_negative": number - code,
            "emotion_unknown": 3,
        }

    def _word(self, number: int) -> tuple[int, int, int, int]:
        """That many ratings that spell the next atom; nobody spells nothing."""
        if not number:
            return 0, 0, 0, 0
        at, bit = divmod(len(self.people), BITS)
        self.people.append(number)
        code = [0, 0, 0]
        code[at] = 1 << bit
        return code[0], code[1], code[2], number - sum(code)


def cells_that_show(sums: Sequence[frozenset[int]]) -> dict[frozenset[int], list[int]]:
    """By the sums that they are in: the atoms that no combination of the sums can tell apart.

    Whatever anyone adds and subtracts is about all atoms of such a cell, or about none of them.
    """
    cells: dict[frozenset[int], list[int]] = {}
    for atom in sorted(set().union(*sums)):
        key = frozenset(number for number, members in enumerate(sums) if atom in members)
        cells.setdefault(key, []).append(atom)
    return cells


def fewest_singled_out(sums: Sequence[frozenset[int]], people_of: Sequence[int], enough: int) -> int:
    """How many people the smallest combination of sums is about; `enough` where none is about fewer.

    For each cell of fewer people a linear program weighs the sums so that the cell counts once and all others
    together, each with its people, count as little as can be: where sums are days and hours that cross this
    finds the fewest (a cut of a graph, whose linear program has whole solutions).
    """
    cells = cells_that_show(sums)
    keys = list(cells)
    people = np.array([sum(people_of[atom] for atom in cells[key]) for key in keys])
    told = np.array([[number in key for key in keys] for number in range(len(sums))], dtype=float)
    told = np.unique(told, axis=0)
    fewest = enough
    for cell in np.flatnonzero((people > 0) & (people < enough)):
        weighed = _least(told, people, int(cell))
        about = int(people[np.abs(weighed) > 1e-6].sum())
        fewest = min(fewest, about)
    return fewest


def _least(told: NDArray[np.float64], people: NDArray[np.int64], cell: int) -> NDArray[np.float64]:
    """How often each cell counts in the best combination that counts this one once; all if there is none."""
    sums, cells = told.shape
    both = np.block([[told.T, -np.eye(cells)], [-told.T, -np.eye(cells)]])
    found = linprog(
        c=[*np.zeros(sums), *people],
        A_ub=both,
        b_ub=np.zeros(2 * cells),
        A_eq=[[*told[:, cell], *np.zeros(cells)]],
        b_eq=[1.0],
        bounds=[(None, None)] * sums + [(0, None)] * cells,
        method="highs",
    )
    return told.T @ found.x[:sums] if found.status == 0 else np.ones(cells)


def _decoded(ratings: Sequence[int]) -> frozenset[int]:
    if not ratings:
        return frozenset()
    return frozenset(at * BITS + bit for at in range(3) for bit in _bits(ratings[at]))


def _bits(number: int) -> frozenset[int]:
    assert number >= 0, "a sum has something taken out that was never in it"
    return frozenset(bit for bit in range(number.bit_length()) if number >> bit & 1)


def _add(total: dict[str, int], row: dict[str, int]) -> None:
    for name, number in row.items():
        total[name] = total.get(name, 0) + number


def _replace(
    connection: Connection,
    days: dict[tuple[str, str], dict[str, int]],
    hours: dict[tuple[str, int], dict[str, int]],
) -> None:
    for table, bucket, rows in ((tables.rollup_day, "day", days), (tables.rollup_hour, "hour", hours)):
        connection.execute(delete(table))
        for (tp, key), row in rows.items():
            connection.execute(insert(table).values({"tp": tp, bucket: key, **row}))
