"""Cells: which days and hours of a touchpoint are told together, so that each tells of enough people."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillsight_hub.cells.release import cells_of, told_days, told_hours

MARCH = tuple(f"2026-03-{day:02}" for day in range(1, 32))
LATER, DURING = "2026-05", "2026-03"


def cells(*sizes: int, running_month: str = LATER) -> list[tuple[str, ...]]:
    """Of the first days of March."""
    return cells_of(dict(zip(MARCH, sizes, strict=False)), 10, running_month)


def days(*groups: tuple[int, ...]) -> list[tuple[str, ...]]:
    return [tuple(MARCH[day - 1] for day in group) for group in groups]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ((), []),
        ((9,), []),
        ((10,), [(1,)]),
        ((12, 0, 30), [(1,), (3,)]),
        ((4, 30, 6), [(1, 3), (2,)]),
        ((4, 6, 5, 5), [(1, 2), (3, 4)]),
        ((4, 6, 5), [(1, 2, 3)]),
        ((12, 30, 9), [(1, 3), (2,)]),
        ((12, 12, 1), [(1, 3), (2,)]),
        ((5, 4), []),
    ],
)
def test_small_days_are_put_together_until_they_tell_of_enough(
    sizes: tuple[int, ...], expected: list[tuple[int, ...]]
) -> None:
    assert cells(*sizes) == days(*expected)


def test_what_is_left_of_a_running_month_takes_no_other_day_with_it() -> None:
    assert cells(12, 30, 9, running_month=DURING) == days((1,), (2,))
    assert cells(4, 6, 5, running_month=DURING) == days((1, 2))


def test_months_do_not_share_cells() -> None:
    sizes = {"2026-03-31": 6, "2026-04-01": 6}
    assert cells_of(sizes, 10, LATER) == []


def test_a_day_that_stands_apart_is_joined_by_none() -> None:
    sizes = dict(zip(MARCH, (12, 30, 9), strict=False))
    assert cells_of(sizes, 10, LATER, apart=MARCH[:1]) == days((1,), (2, 3))
    assert cells_of(sizes, 10, LATER, apart=MARCH[:2]) == days((1,), (2,))


def test_a_cell_is_told_where_all_of_it_is_in_one_sum() -> None:
    found = days((1, 3), (2,), (4,))
    assert told_days(found, lambda _: "all") == set(MARCH[:4])
    assert told_days(found, lambda day: day) == {MARCH[1], MARCH[3]}
    assert told_days(found, lambda day: "in" if day < MARCH[2] else None) == {MARCH[1]}


@pytest.mark.parametrize(
    ("sizes", "of_day", "told"),
    [
        ((12, 40), 52, {0, 1}),
        ((12, 3, 40), 55, {2}),  # 3 people would be the day less the others: 12 more hide them
        ((12, 3, 0, 40), 55, {3}),  # that nobody pressed in an hour is known, and hides nobody
        ((12, 3, 4, 40), 59, {3}),
        ((12, 5, 5, 40), 62, {0, 3}),
        ((12, 40), 53, {1}),  # one press has no known hour
        ((9, 9), 18, set()),
        ((12,), 14, set()),
    ],
)
def test_hours_are_told_where_the_rest_of_the_day_has_enough(
    sizes: tuple[int, ...], of_day: int, told: set[int]
) -> None:
    assert told_hours(dict(enumerate(sizes)), of_day, 10) == told


@given(
    st.dictionaries(st.sampled_from(MARCH), st.integers(0, 25)),
    st.integers(5, 12),
    st.sampled_from([LATER, DURING]),
)
def test_every_cell_tells_of_enough_people_and_no_day_is_in_two(
    sizes: dict[str, int], smallest: int, running_month: str
) -> None:
    found = cells_of(sizes, smallest, running_month)
    told = [day for cell in found for day in cell]
    assert len(told) == len(set(told))
    assert all(sum(sizes[day] for day in cell) >= smallest for cell in found)
    assert all(one < other for cell in found for one, other in pairwise(cell))
    left = sum(size for day, size in sizes.items() if day not in told)
    assert left < smallest
    assert not (found and left and running_month == LATER), "a month that is over is told as a whole"


@given(st.dictionaries(st.integers(0, 23), st.integers(1, 25)), st.integers(0, 12), st.integers(5, 12))
def test_neither_an_hour_nor_the_rest_of_a_day_tells_of_a_few(
    sizes: dict[int, int], unknown: int, smallest: int
) -> None:
    of_day = sum(sizes.values()) + unknown
    told = told_hours(sizes, of_day, smallest)
    rest = of_day - sum(sizes[hour] for hour in told)
    assert all(sizes[hour] >= smallest for hour in told)
    assert rest == 0 or rest >= smallest or not told
