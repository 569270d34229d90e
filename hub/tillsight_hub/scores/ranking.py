"""Ranking: which touchpoint of a chain is better, as far as the numbers can tell.

Every answer comes from a posterior belief: a touchpoint's own score, pulled towards its chain's the more the
less it rests on. Two touchpoints whose order is not known tie.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log, sqrt
from typing import Literal, NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from ..metrics.comparison import false_discovery, share_change_p_value
from ..metrics.intervals import z_value
from ..metrics.registry import DEFAULT_LEVEL, Metric, Score
from ..metrics.shrinkage import moments_prior, pulled, shrunk

DRAWS = 2000
"""From the beliefs: a probability of them has a standard error of at most 0.011."""
WORST_SHARE = 8
"""The worst are one in so many, and at least one."""
RANKED_STATUSES = ("ok", "uncalibrated", "partial")

Line = Literal["counts", "log", "mirrored-log", "plain"]
"""On which line a score's error is about normal: a share of answers has its counts, a share of people
served is log-normal (what is silent: of those who answered), as are attempts per sale; anything else is
normal as it is."""
_Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Standing:
    """Where a touchpoint stands among those it is compared with."""

    reason: str | None = None
    """Why it is not ranked; None where it is, and then every other field has a value."""
    shrunk_value: float | None = None
    """Its score after the chain's was weighed in, with the interval of the level asked for."""
    shrunk_lower: float | None = None
    shrunk_upper: float | None = None
    rank: int | None = None
    """By the shrunk value, 1 is the best; `ties` says how little that may mean."""
    rank_low: int | None = None
    """Its true rank lies between these at the level asked for."""
    rank_high: int | None = None
    p_worst: float | None = None
    """Probability that it is truly among the worst eighth."""
    p_value: float | None = None
    """That it differs from the others together; two-sided."""
    p_adjusted: float | None = None
    """The same over all touchpoints compared (Benjamini, Hochberg)."""
    ties: tuple[str, ...] = field(default=())
    """Those whose order with it is not known, the nearest first."""


class Reading(NamedTuple):
    """A score on the line on which its error is normal."""

    value: float
    error: float
    """Standard error."""


class _Beliefs(NamedTuple):
    """What is believed of each touchpoint, one number each, on the metric's own scale but for the draws."""

    value: _Numbers
    lower: _Numbers
    upper: _Numbers
    centre: _Numbers
    """Mean and standard deviation on the line."""
    spread: _Numbers
    draws: _Numbers
    """DRAWS rows, on the line."""


def ranked(scores: Mapping[str, Score], metric: Metric, level: float = DEFAULT_LEVEL) -> dict[str, Standing]:
    """The standing of each score by its key, all of one metric, one scale and one period.

    The same scores always give the same standings. Scores with less than the metric's minimum n, or without
    an interval, or of a counter that misses people, are not ranked, and neither is a single one.
    """
    standings = {key: Standing(why_not(score, metric)) for key, score in scores.items()}
    members = sorted(key for key, standing in standings.items() if standing.reason is None)
    if len(members) < 2:
        return standings | {key: Standing("nothing to compare it with") for key in members}
    found = [scores[key] for key in members]
    beliefs = _beliefs(found, metric, level)
    return standings | _standings(members, beliefs, _p_values(found, metric), metric, level)


def worst_of(compared: int) -> int:
    """How many of so many are called the worst."""
    return max(1, compared // WORST_SHARE)


def why_not(score: Score, metric: Metric) -> str | None:
    """Why a score cannot be compared with others; None where it can."""
    if metric.unit == "count":
        return "a count is no score"
    if score.bound_lower is not None:
        return "the data leave it open: it has bounds and no value"
    if score.status not in RANKED_STATUSES or score.value is None:
        return f"{score.status}: rests on {score.n}, a comparison needs {metric.minimum_n}"
    if "counter-under-counts" in score.flags:
        return "counter under-counts: the counter misses people"
    return "it has no interval" if score.lower is None or score.upper is None else None


def line_of(metric: Metric) -> Line:
    """See Line."""
    if metric.interval == "inverted-wilson":
        return "log"
    if metric.unit != "share":
        return "plain"
    if metric.interval == "wilson":
        return "counts"
    return "mirrored-log" if metric.id == "silent_share" else "log"


def reading(score: Score, line: Line) -> Reading:
    """Value and standard error on the line; the error comes from the interval, with all that is in it."""
    assert score.value is not None and score.lower is not None and score.upper is not None
    value, lower, upper = score.value, score.lower, score.upper
    z = z_value(score.level)
    if line in ("counts", "plain"):
        return Reading(value, max(1e-9, (upper - lower) / (2 * z)))
    if line == "mirrored-log":
        value, lower, upper = 1 - value, 1 - upper, 1 - lower
    if value <= 0 or lower <= 0:
        return Reading(log(0.5 / score.n), sqrt(2))
    if upper >= 1:
        return Reading(log(value), max(1e-9, log(value / lower) / z))
    return Reading(log(value), max(1e-9, log(upper / lower) / (2 * z)))


def votes_of(score: Score) -> tuple[int, int]:
    """How many of how many a share of answers is."""
    assert score.value is not None
    return round(score.value * score.n), score.n


# --- Beliefs ----------------------------------------------------------------------------------------------


def _beliefs(scores: Sequence[Score], metric: Metric, level: float) -> _Beliefs:
    line = line_of(metric)
    rng = np.random.default_rng([crc32(metric.id.encode()), len(scores)])
    if line == "counts":
        return _beta_beliefs([votes_of(score) for score in scores], level, rng)
    return _normal_beliefs([reading(score, line) for score in scores], line, level, rng)


def _beta_beliefs(votes: Sequence[tuple[int, int]], level: float, rng: np.random.Generator) -> _Beliefs:
    """Empirical Bayes: the chain's beta distribution by moments, then each touchpoint's votes."""
    k, n = (list(column) for column in zip(*votes, strict=True))
    prior = moments_prior(k, n)
    assert prior is not None
    found = [shrunk(some, of, prior, level) for some, of in votes]
    a = np.maximum(0.5, prior.mean * prior.strength + np.array(k, dtype=float))
    b = np.maximum(0.5, (1 - prior.mean) * prior.strength + np.subtract(n, k))
    return _Beliefs(
        value=np.array([each.estimate for each in found]),
        lower=np.array([each.interval.lower for each in found]),
        upper=np.array([each.interval.upper for each in found]),
        centre=a / (a + b),
        spread=np.sqrt(a * b / (a + b + 1)) / (a + b),
        draws=rng.beta(a, b, (DRAWS, len(votes))),
    )


def _normal_beliefs(
    readings: Sequence[Reading], line: Line, level: float, rng: np.random.Generator
) -> _Beliefs:
    centre, spread = pulled(*np.array(readings).T)
    reach = z_value(level) * spread
    ends = sorted((_back(centre - reach, line), _back(centre + reach, line)), key=lambda end: float(end[0]))
    draws = rng.normal(centre, spread, (DRAWS, len(readings)))
    return _Beliefs(_back(centre, line), ends[0], ends[1], centre, spread, draws)


def _back(values: _Numbers, line: Line) -> _Numbers:
    """From the line to the metric's own scale."""
    if line == "plain":
        return values
    return 1 - np.exp(values) if line == "mirrored-log" else np.exp(values)


# --- Standings --------------------------------------------------------------------------------------------


def _standings(
    members: Sequence[str], beliefs: _Beliefs, p_values: Sequence[float], metric: Metric, level: float
) -> dict[str, Standing]:
    goodness = -1 if (metric.worst == "high") != (line_of(metric) == "mirrored-log") else 1
    ranks = 1 + np.argsort(np.argsort(-goodness * beliefs.draws, axis=1), axis=1)
    tail = (1 - level) / 2
    low, high = np.quantile(ranks, [tail, 1 - tail], axis=0, method="inverted_cdf")
    p_worst = np.mean(ranks > len(members) - worst_of(len(members)), axis=0)
    order = np.argsort(-goodness * beliefs.centre, kind="stable")
    rank = 1 + np.argsort(order)
    adjusted = false_discovery(p_values)
    return {
        key: Standing(
            shrunk_value=float(beliefs.value[at]),
            shrunk_lower=float(beliefs.lower[at]),
            shrunk_upper=float(beliefs.upper[at]),
            rank=int(rank[at]),
            rank_low=min(int(low[at]), int(rank[at])),
            rank_high=max(int(high[at]), int(rank[at])),
            p_worst=float(p_worst[at]),
            p_value=p_values[at],
            p_adjusted=adjusted[at],
            ties=_ties(at, members, beliefs, level),
        )
        for at, key in enumerate(members)
    }


def _ties(at: int, members: Sequence[str], beliefs: _Beliefs, level: float) -> tuple[str, ...]:
    """Those that are not surely better or worse, the nearest first."""
    apart = np.abs(beliefs.centre - beliefs.centre[at])
    unsure = apart < z_value(level) * np.hypot(beliefs.spread, beliefs.spread[at])
    nearest = np.argsort(apart, kind="stable")
    return tuple(members[other] for other in nearest if unsure[other] and other != at)


def _p_values(scores: Sequence[Score], metric: Metric) -> list[float]:
    """Of each against all others together."""
    line = line_of(metric)
    if line == "counts":
        votes = [votes_of(score) for score in scores]
        k, n = (sum(column) for column in zip(*votes, strict=True))
        found = [share_change_p_value(k - some, n - of, some, of) for some, of in votes]
        return [1.0 if p is None else p for p in found]
    values, errors = np.array([reading(score, line) for score in scores]).T
    return [float(p) for p in _against_others(values, errors, np.array([score.n for score in scores]), line)]


def _against_others(values: _Numbers, errors: _Numbers, n: NDArray[np.int64], line: Line) -> _Numbers:
    """Two-sided p values; the others weigh as much as the people that they rest on."""
    plain = line == "plain"
    level = values if plain else np.exp(values)
    error = errors if plain else level * errors
    total, variance = np.sum(n * level), np.sum((n * error) ** 2)
    others = (total - n * level) / (np.sum(n) - n)
    its_error = np.sqrt(np.maximum(0.0, variance - (n * error) ** 2)) / (np.sum(n) - n)
    if not plain:
        its_error, others = its_error / others, np.log(others)
    return np.asarray(2 * ndtr(-np.abs(values - others) / np.hypot(errors, its_error)))
