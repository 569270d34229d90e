"""Pairs of contacts and taps, and what their shares are worth."""

import itertools
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillsight_edge.matching import Tap, compare, pairs, share
from tillsight_hub.metrics.intervals import wilson

CASES = tomllib.loads((Path(__file__).parent / "cases" / "audits.toml").read_text(encoding="utf-8"))["case"]


def ms(seconds: list[float]) -> list[int]:
    return [round(1000 * each) for each in seconds]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_audits(case: dict[str, Any]) -> None:
    taps = [Tap(at) for at in ms(case["taps"])]
    taps += [Tap(at, pressed=True) for at in ms(case.get("pressers", []))]
    found = compare(ms(case["counted"]), taps, (0, 600_000), 10_000)
    assert [found.counted, found.observed, found.matched] == case["expected"]
    assert [found.pressers_observed, found.pressers_matched] == case.get("expected_pressers", [0, 0])


few = st.lists(st.integers(0, 40), max_size=4).map(sorted)


@settings(max_examples=150, deadline=None)
@given(few, few)
def test_no_other_matching_has_more_pairs_or_less_distance(counted: list[int], observed: list[int]) -> None:
    found = pairs(counted, observed, 8)
    assert len({left for left, _ in found}) == len({tap for _, tap in found}) == len(found)
    assert all(abs(counted[left] - observed[tap]) <= 8 for left, tap in found)
    best = (0, 0)
    for size in range(1, min(len(counted), len(observed)) + 1):
        for some in itertools.combinations(counted, size):
            for others in itertools.permutations(observed, size):
                distances = [abs(a - b) for a, b in zip(some, others, strict=True)]
                if max(distances) <= 8:
                    best = max(best, (size, -sum(distances)))
    assert (len(found), -sum(abs(counted[a] - observed[b]) for a, b in found)) == best


@pytest.mark.parametrize(("k", "n"), [(0, 1), (1, 1), (0, 7), (7, 7), (22, 23), (3, 10), (500, 1000)])
def test_intervals_are_those_of_the_hub(k: int, n: int) -> None:
    mine, theirs = share(k, n), wilson(k, n, 0.95)
    assert mine is not None
    assert theirs is not None
    assert (mine.value, mine.lower, mine.upper) == pytest.approx((k / n, *theirs), abs=1e-12)


def test_an_interval_as_published() -> None:
    """Newcombe (1998), table I, method 3: 81 of 263."""
    found = share(81, 263)
    assert found is not None
    assert (round(found.lower, 4), round(found.upper, 4)) == (0.2553, 0.3662)


def test_nothing_is_known_of_nobody() -> None:
    assert share(0, 0) is None
