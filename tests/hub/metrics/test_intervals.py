"""Intervals hold what they promise; checked by summing over every possible outcome, not by simulation."""

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, pairwise
from math import exp, lgamma, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillsight_hub.metrics.intervals import Interval, nps_adjusted, weighted_mean
from tillsight_hub.metrics.responses import equal_steps, share

LEVELS = st.floats(0.9, 0.999)


def binomial(n: int, p: float) -> list[float]:
    """P(k of n) for k = 0..n."""
    ways = [lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) for k in range(n + 1)]
    return [exp(way + k * log(p) + (n - k) * log(1 - p)) for k, way in enumerate(ways)]


def multinomial(n: int, shares: Sequence[float]) -> Iterator[tuple[tuple[int, ...], float]]:
    """Every outcome of n answers with its chance; no share may be 0."""
    for cuts in combinations_with_replacement(range(n + 1), len(shares) - 1):
        counts = tuple(after - before for before, after in pairwise((0, *cuts, n)))
        ways = lgamma(n + 1) - sum(lgamma(count + 1) for count in counts)
        yield counts, exp(ways + sum(count * log(p) for count, p in zip(counts, shares, strict=True)))


def covered(ends: Sequence[Interval | None], n: int) -> float:
    """Mean chance over the shares of a till, 2 to 30 %, that the interval of k of n holds the share."""
    shares = [0.02 + 0.005 * step for step in range(57)]
    held = [
        sum(chance for end, chance in zip(ends, binomial(n, p), strict=True) if end and end[0] <= p <= end[1])
        for p in shares
    ]
    return sum(held) / len(held)


@pytest.mark.parametrize("n", [10, 20, 50, 100, 500])
def test_the_interval_of_a_share_covers_95_percent_on_average_for_the_shares_of_a_till(n: int) -> None:
    """The interval that is shown with every share, whatever its method is."""
    assert covered([share(k, n, 0.95).interval for k in range(n + 1)], n) == pytest.approx(0.95, abs=0.01)


def test_the_textbook_interval_would_cover_72_percent_of_ten_answers() -> None:
    reaches = [1.96 * sqrt(k / 10 * (1 - k / 10) / 10) for k in range(11)]
    wald = [Interval(k / 10 - reach, k / 10 + reach) for k, reach in enumerate(reaches)]
    assert covered(wald, 10) == pytest.approx(0.72, abs=0.01)


@pytest.mark.parametrize(
    "shares",
    [
        (0.05, 0.05, 0.2, 0.7),
        (0.02, 0.03, 0.15, 0.8),
        (0.25, 0.25, 0.25, 0.25),
        (0.4, 0.1, 0.1, 0.4),
        (0.15, 0.1, 0.25, 0.5),
    ],
)
def test_the_interval_of_the_happy_index_covers_91_to_97_percent_from_ten_answers_on(
    shares: tuple[float, ...],
) -> None:
    steps = equal_steps(4)
    true = sum(step * p for step, p in zip(steps, shares, strict=True))
    for n in (10, 20, 30):
        held = 0.0
        for counts, chance in multinomial(n, shares):
            interval = weighted_mean(counts, steps, 0.95)
            held += chance if interval and interval.lower <= true <= interval.upper else 0
        assert 0.91 <= held <= 0.975, n


@given(st.lists(st.integers(0, 2000), min_size=2, max_size=11), LEVELS)
def test_the_mean_lies_in_its_interval(counts: list[int], level: float) -> None:
    weights = [100 * step / (len(counts) - 1) for step in range(len(counts))]
    interval = weighted_mean(counts, weights, level)
    if not sum(counts):
        assert interval is None
        return
    assert interval is not None
    mean = sum(weight * count for weight, count in zip(weights, counts, strict=True)) / sum(counts)
    assert interval.lower - 1e-9 <= mean <= interval.upper + 1e-9
    assert interval.lower >= 0
    assert interval.upper <= 100


@given(st.integers(0, 3000), st.integers(0, 3000), st.integers(10, 3000), LEVELS)
def test_nps_lies_in_its_interval_from_ten_answers_on(
    detractors: int, passives: int, promoters: int, level: float
) -> None:
    interval = nps_adjusted(detractors, passives, promoters, level)
    assert interval is not None
    score = 100 * (promoters - detractors) / (detractors + passives + promoters)
    assert interval.lower <= score <= interval.upper
