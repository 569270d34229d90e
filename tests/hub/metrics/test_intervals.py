"""Intervals hold what they promise; checked by summing over every possible outcome, not by simulation."""

from math import exp, lgamma, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillsight_hub.metrics.beta import beta_cdf, beta_quantile
from tillsight_hub.metrics.intervals import nps_adjusted, weighted_mean, wilson

LEVELS = st.floats(0.9, 0.999)


def binomial(n: int, p: float) -> list[float]:
    """P(k of n) for k = 0..n."""
    ways = [lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) for k in range(n + 1)]
    return [exp(way + k * log(p) + (n - k) * log(1 - p)) for k, way in enumerate(ways)]


@pytest.mark.parametrize("n", [20, 50, 100, 500])
def test_wilson_covers_95_percent_on_average_for_the_shares_of_a_till(n: int) -> None:
    ends = [wilson(k, n, 0.95) for k in range(n + 1)]
    shares = [0.02 + 0.005 * step for step in range(57)]
    covered = [
        sum(chance for end, chance in zip(ends, binomial(n, p), strict=True) if end and end[0] <= p <= end[1])
        for p in shares
    ]
    assert sum(covered) / len(covered) == pytest.approx(0.95, abs=0.01)


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


@given(st.floats(0.3, 500), st.floats(0.3, 500), st.floats(0.001, 0.999))
def test_beta_quantile_undoes_the_distribution(a: float, b: float, p: float) -> None:
    assert beta_cdf(beta_quantile(p, a, b), a, b) == pytest.approx(p, abs=1e-9)
