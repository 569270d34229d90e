"""Ranges of lost numbers: exact, whatever comes in whatever order."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tillsight_edge.lost import join, subtract

ranges = st.lists(
    st.tuples(st.integers(1, 40), st.integers(0, 10)).map(lambda pair: (pair[0], pair[0] + pair[1]))
)


def numbers(ranges: list[tuple[int, int]]) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


@given(ranges, ranges)
def test_subtracting_leaves_exactly_the_rest(
    wanted: list[tuple[int, int]], known: list[tuple[int, int]]
) -> None:
    for part in wanted:
        assert numbers(subtract(part, known)) == numbers([part]) - numbers(known)


@given(ranges)
def test_joining_keeps_the_numbers_and_leaves_no_neighbours(given_ranges: list[tuple[int, int]]) -> None:
    joined = join(given_ranges)
    assert numbers(joined) == numbers(given_ranges)
    assert all(first > last + 1 for (_, last), (first, _) in pairwise(joined))
