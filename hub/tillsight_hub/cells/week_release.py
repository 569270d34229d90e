"""Which hours of the week may be told of a month that is over, beside its days.

Of a touchpoint's month three kinds of sums are told: day cells, hours of a day by themselves (both see
`release`), and hours of the week, such as all Mondays of the month from 9 to 10. Days and hours of the week
cross, so each of them having enough people is not enough: all Mondays from 9 to 10, less what is known of
the other Mondays, may be about two people.

What anyone can work out is a combination of sums: day cell i taken a_i times, week hour j taken b_j times,
hours known by themselves as often as one likes. The people of day cell i in week hour j then count
a_i + b_j times, those of day cell i in no week hour that is told a_i times. Draw a graph: a node for each
day cell, a node for each week hour, one node (the ground) for everything that no week hour tells; an edge
from i to j, or to the ground, that weighs the people whom the two share, but for hours that are known by
themselves (their part of a combination can be chosen freely, so they neither hide nor show anybody else).
Put x_i = a_i on day cells, x_j = -b_j on week hours and x = 0 on the ground: the people of an edge count
x_i - x_j times. So a combination is about exactly the people of the edges whose ends differ in x.

*No combination is about fewer than k people (and about somebody) if and only if no connected component of the
graph can be cut in two by edges that weigh less than k.* Only if: for a cut (S, rest), with S the side
without the ground, x = 1 on S and 0 elsewhere is a combination about exactly the people of the cut. If: where
a combination is about anybody, some edge (u, v) has x_u and x_v that differ; S = the nodes of that component
with the value x_u leaves out v, so it is cut from the rest by edges whose ends differ, which weigh k or more,
and the combination is about all of their people.

Months, and touchpoints, share neither people nor sums: a combination over several is one of each. What was
counted while the contact counter was blind is in no week hour. A day cell that tells of such people as well
does not change anything: either a combination is about them, and then about k at least, or its a_i is 0.

Where a component has a smaller cut, a week hour of the smaller side is given up: it is told together with the
other small ones of its hour of the day, or not at all. Either way two nodes become one, which makes no cut
smaller.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

WeekHour = tuple[int, int]
"""Weekday of the business day, 1 (Monday) to 7, and local hour, 0 to 23."""

GROUND = 0

_Weights = NDArray[np.int64]


class Shared(NamedTuple):
    """People whom a day cell and a week hour share, but for those of hours that are known by themselves."""

    cell: int
    """Number of the day cell, from 0."""
    weekday: int
    """0 with `hour` 0 for the people of the cell whom no week hour can tell of."""
    hour: int
    people: int


@dataclass(frozen=True)
class ToldWeek:
    """What is told of the hours of the week of one touchpoint and month."""

    alone: frozenset[WeekHour] = frozenset()
    together: Mapping[int, frozenset[int]] = field(default_factory=dict)
    """By hour of the day: the weekdays of which it is told as one sum."""

    def tells(self, weekday: int, hour: int) -> bool:
        """Whether it is told, if only together with others of the same hour of the day."""
        return (weekday, hour) in self.alone or weekday in self.together.get(hour, ())


def told_week(shared: Iterable[Shared], smallest: int) -> ToldWeek:
    """The week hours that may be told of a month, from all edges of its graph.

    Edges without people are week hours whose hours are all known by themselves.
    """
    return _told_week(array("q", chain.from_iterable(shared)).tobytes(), smallest)


@lru_cache(maxsize=4096)
def _told_week(shared: bytes, smallest: int) -> ToldWeek:
    """Kept, because what is shared in a month that is over hardly ever changes; as bytes, because that is
    small: some 10 kB for a month."""
    rows = np.frombuffer(shared, dtype=np.int64).reshape(-1, len(Shared._fields)).tolist()
    graph = _Graph.of(map(Shared._make, rows), smallest)
    graph.settle()
    return graph.told()


@dataclass
class _Graph:
    """The graph, while nodes become one; those that no smaller cut parts are one already."""

    smallest: int
    hours: Mapping[int, WeekHour]
    """By number of the node; weekday 0 for the small ones of an hour of the day together."""
    people: Sequence[int]
    """By number of the node."""
    weights: _Weights
    members: list[list[int]]
    """The nodes in each row of `weights`; the first is the ground's."""
    part_of: dict[WeekHour, WeekHour | None]
    """Of week hours that were given up: what they are told in."""

    @classmethod
    def of(cls, shared: Iterable[Shared], smallest: int) -> "_Graph":
        """Week hours that share too few people with all days are given up at once."""
        edges = list(shared)
        sizes: dict[WeekHour, int] = {}
        for each in edges:
            if each.weekday:
                key = each.weekday, each.hour
                sizes[key] = sizes.get(key, 0) + each.people
        small = {key for key, people in sizes.items() if 0 < people < smallest}
        of_hour: dict[int, int] = {}
        for _, hour in small:
            of_hour[hour] = sum(sizes[key] for key in small if key[1] == hour)
        part_of: dict[WeekHour, WeekHour | None] = {
            key: (0, key[1]) if of_hour[key[1]] >= smallest else None for key in small
        }
        sums = {(0, hour): people for hour, people in of_hour.items() if people >= smallest}
        names = sorted({**{key: 0 for key in sizes if key not in small}, **sums})
        first = 1 + len({each.cell for each in edges})
        node = {key: first + at for at, key in enumerate(names)}
        weights = _weights(edges, node, part_of, first + len(names))
        people = [0] * first + [sums.get(key, sizes.get(key, 0)) for key in names]
        members = [[number] for number in range(len(weights))]
        return cls(smallest, {at: key for key, at in node.items()}, people, weights, members, part_of)

    def settle(self) -> None:
        """Give up week hours until nothing can be cut off by edges that weigh too little.

        Each round puts the nodes in a legal order (Nagamochi, Ibaraki 1992): always next the one that is tied
        most to those before. A node and the one right before it are tied by at least as much as the node to
        all before, so where that is enough no smaller cut parts them and they become one; what the last node
        of a component is tied by is a cut.
        """
        while pairs := list(self._pairs()):
            self._join(pairs)

    def told(self) -> ToldWeek:
        """What is left."""
        kept = {key for key in self.hours.values() if key not in self.part_of}
        together: dict[int, frozenset[int]] = {}
        for (weekday, hour), into in self.part_of.items():
            if weekday and into in kept:
                together[hour] = together.get(hour, frozenset()) | {weekday}
        return ToldWeek(frozenset(key for key in kept if key[0]), together)

    def _pairs(self) -> Iterator[tuple[int, int]]:
        """Rows that are to become one."""
        order, ties = _legal_order(self.weights)
        for at, (row, tie) in enumerate(zip(order, ties, strict=True)):
            is_last = at + 1 == len(order) or not ties[at + 1]
            if tie >= self.smallest:
                yield order[at - 1], row
            elif tie and is_last:
                yield row, self._give_up(row)

    def _give_up(self, row: int) -> int:
        """The smallest week hour of the row; returns the row of what it joins."""
        found = [number for number in self.members[row] if number in self.hours]
        found = [number for number in found if self.hours[number] not in self.part_of]
        if not found:
            return GROUND
        key = self.hours[min(found, key=lambda number: (self.people[number], self.hours[number]))]
        sum_of_hour = (0, key[1])
        into = self._row_of(sum_of_hour) if key[0] and sum_of_hour not in self.part_of else None
        if into is None or into == row:
            self.part_of[key] = None
            return GROUND
        self.part_of[key] = sum_of_hour
        return into

    def _row_of(self, key: WeekHour) -> int | None:
        rows = (
            at
            for at, members in enumerate(self.members)
            if any(self.hours.get(each) == key for each in members)
        )
        return next(rows, None)

    def _join(self, pairs: Iterable[tuple[int, int]]) -> None:
        head = list(range(len(self.members)))

        def find(row: int) -> int:
            while head[row] != row:
                row = head[row]
            return row

        for one, other in pairs:
            low, high = sorted((find(one), find(other)))
            head[high] = low
        heads = sorted({find(row) for row in head})
        new = np.zeros((len(head), len(heads)), dtype=np.int64)
        members: list[list[int]] = [[] for _ in heads]
        for row, found in enumerate(self.members):
            at = heads.index(find(row))
            new[row, at] = 1
            members[at] += found
        self.members = members
        self.weights = new.T @ self.weights @ new
        np.fill_diagonal(self.weights, 0)


def _weights(
    edges: Iterable[Shared],
    node: Mapping[WeekHour, int],
    part_of: Mapping[WeekHour, WeekHour | None],
    size: int,
) -> _Weights:
    weights = np.zeros((size, size), dtype=np.int64)
    cells: dict[int, int] = {}
    for each in edges:
        day = cells.setdefault(each.cell, 1 + len(cells))
        key: WeekHour | None = (each.weekday, each.hour)
        key = part_of.get(key, key) if key else None
        hour = node[key] if key is not None and key in node else GROUND
        weights[day, hour] += each.people
        weights[hour, day] += each.people
    return weights


def _legal_order(weights: _Weights) -> tuple[list[int], list[int]]:
    """Rows from the ground on, always next the one tied most to those before; and how much each is tied.

    A component is complete where the next row is tied by nothing.
    """
    tied = np.zeros(len(weights), dtype=np.int64)
    order: list[int] = []
    ties: list[int] = []
    row = GROUND
    for _ in range(len(weights)):
        order.append(row)
        ties.append(int(tied[row]))
        tied[row] = -(2**62)
        tied += weights[row]
        row = int(tied.argmax())
    return order, ties
