"""Hours of the week: every cut of the graph of what is told weighs enough, and little is given up for it."""

from collections.abc import Mapping
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillsight_hub.cells.week_release import Shared, ToldWeek, WeekHour, told_week

SMALLEST = 10

cells = st.dictionaries(
    st.tuples(st.integers(0, 3), st.integers(1, 2), st.integers(9, 10)), st.integers(0, 14), max_size=12
)
"""People by day cell, weekday and hour."""
grounds = st.dictionaries(st.integers(0, 3), st.integers(0, 12))


def shared(
    people: Mapping[tuple[int, int, int], int], ground: Mapping[int, int] | None = None
) -> tuple[Shared, ...]:
    """Every day cell tells of enough people, as they do: the rest of them are in no week hour."""
    found = [Shared(*key, number) for key, number in people.items()]
    for cell in sorted({cell for cell, *_ in people}):
        of_cell = sum(each.people for each in found if each.cell == cell)
        rest = (ground or {}).get(cell, 0)
        found.append(Shared(cell, 0, 0, max(rest, SMALLEST - of_cell) if of_cell else 0))
    return tuple(sorted(found))


def smallest_cut(edges: tuple[Shared, ...], told: ToldWeek) -> int | None:
    """Of all ways to cut the nodes in two that cut any edge; found by trying them all."""
    sums: dict[tuple[WeekHour | None, int], int] = {}
    for each in edges:
        key = each.weekday, each.hour
        if key not in told.alone:
            key = (0, each.hour) if each.weekday in told.together.get(each.hour, ()) else (0, 0)
        sums[key, each.cell] = sums.get((key, each.cell), 0) + each.people
    nodes = sorted({("day", cell) for _, cell in sums} | {("hour", key) for key, _ in sums if key != (0, 0)})
    cuts = [
        sum(
            people
            for (key, cell), people in sums.items()
            if (("day", cell) in side) != (("hour", key) in side)
        )
        for size in range(1, len(nodes) + 1)
        for side in map(set, combinations(nodes, size))
    ]
    return min((cut for cut in cuts if cut), default=None)


@settings(max_examples=150, deadline=None)
@given(cells, grounds)
def test_no_cut_weighs_less_than_the_smallest_cell(
    people: dict[tuple[int, int, int], int], ground: dict[int, int]
) -> None:
    edges = shared(people, ground)
    cut = smallest_cut(edges, told_week(edges, SMALLEST))
    assert cut is None or cut >= SMALLEST


@settings(max_examples=100, deadline=None)
@given(cells, grounds)
def test_where_no_cut_is_too_small_everything_is_told(
    people: dict[tuple[int, int, int], int], ground: dict[int, int]
) -> None:
    edges = shared(people, ground)
    everything = frozenset((each.weekday, each.hour) for each in edges if each.weekday)
    cut = smallest_cut(edges, ToldWeek(everything))
    told = told_week(edges, SMALLEST)
    assert (told.alone == everything) == (cut is None or cut >= SMALLEST)


def test_small_hours_of_the_week_are_told_together_with_those_of_the_same_hour() -> None:
    edges = shared(
        {(day, weekday, 9): 4 for day, weekday in enumerate((1, 2, 3, 4))}, dict.fromkeys(range(4), 20)
    )
    assert told_week(edges, SMALLEST) == ToldWeek(frozenset(), {9: frozenset({1, 2, 3, 4})})


def test_too_few_together_are_not_told() -> None:
    edges = shared({(0, 1, 9): 4, (1, 2, 9): 5}, {0: 20, 1: 20})
    assert told_week(edges, SMALLEST) == ToldWeek()


def test_an_hour_that_one_day_has_almost_to_itself_is_not_told() -> None:
    """The evening of day 0, less day 0, is about the 3 people of day 1 and the 4 of its own rest."""
    people = {(0, 1, 20): 30, (1, 1, 20): 3, (1, 1, 9): 30}
    edges = shared(people, {0: 4, 1: 40})
    assert (1, 20) not in told_week(edges, SMALLEST).alone
    assert (1, 9) in told_week(edges, SMALLEST).alone


def test_what_is_known_by_itself_is_told_and_hides_nobody() -> None:
    edges = (Shared(0, 0, 0, 20), Shared(0, 1, 9, 0), Shared(1, 0, 0, 20), Shared(1, 1, 10, 6))
    assert told_week(edges, SMALLEST).alone == {(1, 9)}


@pytest.mark.parametrize("busy", [5, 12, 40])
def test_most_hours_of_a_till_are_told(busy: int) -> None:
    """Four weeks of 12 hours a day: each hour of the week has 4 x busy / 4 answers and more."""
    people = {
        (7 * week + weekday - 1, weekday, hour): (busy + 3 * (hour % 4) + week) // 2
        for week in range(4)
        for weekday in range(1, 8)
        for hour in range(9, 21)
    }
    told = told_week(shared(people), SMALLEST)
    assert len(told.alone) >= 0.9 * 7 * 12
