"""Intervals: pure functions from counts to the range in which the true number plausibly lies.

Each returns None where the counts say nothing (n = 0). Shares are 0..1, NPS is -100..100.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import fsum, sqrt
from statistics import NormalDist
from typing import NamedTuple

from scipy.special import betaincinv, stdtrit


class Interval(NamedTuple):
    """Both ends belong to it."""

    lower: float
    upper: float


@lru_cache(maxsize=16)
def z_value(level: float) -> float:
    """How many standard errors a two-sided normal interval of this level reaches: 1.96 for 0.95."""
    return NormalDist().inv_cdf((1 + level) / 2)


def wilson(k: float, n: float, level: float) -> Interval | None:
    """Score interval of a share k/n without continuity correction (Wilson 1927).

    (p + z^2/2n -+ z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n). Our choice for every share: its mean coverage
    stays within a point of the level from n = 10 on, where the textbook interval falls to 72 %.
    """
    if n <= 0:
        return None
    z, p = z_value(level), k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return Interval(0.0 if k == 0 else centre - reach, 1.0 if k == n else centre + reach)


def agresti_coull(k: float, n: float, level: float) -> Interval | None:
    """Textbook interval of (k + z^2/2)/(n + z^2), clipped to 0..1 (Agresti, Coull 1998)."""
    if n <= 0:
        return None
    z = z_value(level)
    n_more = n + z * z
    p = (k + z * z / 2) / n_more
    reach = z * sqrt(p * (1 - p) / n_more)
    return Interval(max(0.0, p - reach), min(1.0, p + reach))


def jeffreys(k: int, n: int, level: float) -> Interval | None:
    """Equal tails of Beta(k + 1/2, n - k + 1/2); 0 where k = 0, 1 where k = n (Brown, Cai, DasGupta 2001)."""
    if n <= 0:
        return None
    tail = (1 - level) / 2
    return Interval(
        0.0 if k == 0 else _beta_quantile(tail, k + 0.5, n - k + 0.5),
        1.0 if k == n else _beta_quantile(1 - tail, k + 0.5, n - k + 0.5),
    )


def clopper_pearson(k: int, n: int, level: float) -> Interval | None:
    """The exact interval: covers at least `level` for every share, so it is wide (Clopper, Pearson 1934)."""
    if n <= 0:
        return None
    tail = (1 - level) / 2
    return Interval(
        0.0 if k == 0 else _beta_quantile(tail, k, n - k + 1),
        1.0 if k == n else _beta_quantile(1 - tail, k + 1, n - k),
    )


def t_interval(values: Sequence[float], level: float) -> Interval | None:
    """Interval of a mean of people's numbers: mean -+ t s / sqrt(n) (Student 1908); None below two people."""
    n = len(values)
    if n < 2:
        return None
    mean = fsum(values) / n
    deviation = sqrt(fsum((value - mean) ** 2 for value in values) / (n - 1))
    reach = float(stdtrit(n - 1, (1 + level) / 2)) * deviation / sqrt(n)
    return Interval(mean - reach, mean + reach)


def nps_standard_error(detractors: float, passives: float, promoters: float) -> float:
    """100 sqrt((P + D - (P - D)^2) / n), in points; n must not be 0."""
    n = detractors + passives + promoters
    score = (promoters - detractors) / n
    return 100 * sqrt(((promoters + detractors) / n - score * score) / n)


def nps_wald(detractors: float, passives: float, promoters: float, level: float) -> Interval | None:
    """100 (P - D) -+ z standard errors, clipped to -100..100."""
    n = detractors + passives + promoters
    if n <= 0:
        return None
    score = 100 * (promoters - detractors) / n
    reach = z_value(level) * nps_standard_error(detractors, passives, promoters)
    return Interval(max(-100.0, score - reach), min(100.0, score + reach))


def nps_adjusted(detractors: int, passives: int, promoters: int, level: float) -> Interval | None:
    """Wald after adding 3/4 detractors, 3/2 passives and 3/4 promoters (Rocks 2016, arXiv 1601.07235)."""
    if detractors + passives + promoters <= 0:
        return None
    return nps_wald(detractors + 0.75, passives + 1.5, promoters + 0.75, level)


class Posterior(NamedTuple):
    """Mean and standard deviation of what we believe after seeing the counts."""

    mean: float
    sd: float


def dirichlet_posterior(counts: Sequence[int], weights: Sequence[float], prior: float) -> Posterior | None:
    """Belief about sum(w_i p_i) under a Dirichlet(prior, ..., prior) before the counts were seen.

    None where nothing was believed and nothing seen.
    """
    total = sum(counts) + prior * len(counts)
    if total <= 0:
        return None
    shares = [(count + prior) / total for count in counts]
    mean = sum(w * p for w, p in zip(weights, shares, strict=True))
    spread = sum((w - mean) ** 2 * p for w, p in zip(weights, shares, strict=True))
    return Posterior(mean, sqrt(spread / (total + 1)))


def mean_standard_error(counts: Sequence[int], weights: Sequence[float]) -> float | None:
    """Standard error of a mean weight: the answers' own deviation / sqrt(n); None for no answers."""
    n = sum(counts)
    if n <= 0:
        return None
    mean = sum(w * count for w, count in zip(weights, counts, strict=True)) / n
    return sqrt(sum(count * (w - mean) ** 2 for w, count in zip(weights, counts, strict=True))) / n


def weighted_mean(counts: Sequence[int], weights: Sequence[float], level: float) -> Interval | None:
    """Interval of a mean weight: posterior mean -+ z sd, clipped to the weights.

    The prior is two answers spread evenly (1/2 each for four smileys), as adjusted Wald does for a share:
    with it the interval has a width even where everybody pressed the same button, and holds the plain mean.
    """
    if sum(counts) <= 0:
        return None
    belief = dirichlet_posterior(counts, weights, prior=2 / len(counts))
    assert belief
    reach = z_value(level) * belief.sd
    return Interval(max(min(weights), belief.mean - reach), min(max(weights), belief.mean + reach))


def _beta_quantile(p: float, a: float, b: float) -> float:
    return float(betaincinv(a, b, p))
