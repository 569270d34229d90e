"""Impact: which drivers the outcome goes with, how far that is known, and how well each is done today."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .drivers import correlation_matrix, key_drivers, lmg
from .intervals import Interval
from .registry import Estimate
from .responses import share

LEAST_PEOPLE = 100
LEAST_PEOPLE_PER_DRIVER = 10
DRAWS = 400
"""Of the bootstrap; its seed is fixed, so the same answers give the same interval."""

_Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Driver:
    """One driver; the shares of all of them add up to 1."""

    lmg: Estimate
    """Share of the explained variance: the mean over all orders of the drivers of what each adds."""
    johnson: float
    """The same by relative weights, to compare with."""
    correlation: Estimate
    """With the outcome alone."""
    performance: Estimate
    """Share of the best answers."""
    priority: Estimate
    """lmg x (1 - performance): much impact, and much left to do."""


@dataclass(frozen=True)
class Impact:
    """All drivers of an outcome, in the order given."""

    n: int
    """People who answered everything."""
    withheld: str = ""
    """Why nothing more is told; empty where it is."""
    r2: Estimate | None = None
    """Share of the outcome's variance that all drivers explain together."""
    drivers: tuple[Driver, ...] = ()


def impact(people: Sequence[Sequence[int]], top_boxes: Sequence[int], level: float) -> Impact:
    """Of people who answered all drivers and, last, the outcome; `top_boxes` are the drivers' best answers'
    lowest."""
    n, count = len(people), len(top_boxes)
    least = max(LEAST_PEOPLE, LEAST_PEOPLE_PER_DRIVER * count)
    if n < least:
        return Impact(n, f"{n} people answered all {count + 1} questions: expected at least {least}")
    answers = np.asarray(people, dtype=float)
    matrix = correlation_matrix(answers.T)
    found = key_drivers(matrix)
    if found is None or found.r2 <= count / (n - 1):
        return Impact(n, "the drivers explain no more of the outcome than chance would")
    tops = np.asarray(top_boxes)
    draws = _bootstrap(answers, tops)
    best = (answers[:, :-1] >= tops).sum(axis=0)
    drivers = tuple(
        Driver(
            lmg=_estimate(weight / found.r2, draws.share[:, at], n, level),
            johnson=johnson / found.r2,
            correlation=_estimate(correlation, draws.correlation[:, at], n, level),
            performance=share(int(best[at]), n, level),
            priority=_estimate(weight / found.r2 * (1 - best[at] / n), draws.priority[:, at], n, level),
        )
        for at, (weight, johnson, correlation) in enumerate(
            zip(found.lmg, found.johnson, found.correlation, strict=True)
        )
    )
    return Impact(n, r2=_estimate(found.r2, draws.r2, n, level), drivers=drivers)


def _estimate(value: float, draws: _Numbers, n: int, level: float) -> Estimate:
    """With the range of the draws, widened to what was found where that is at the end of the possible."""
    tail = (1 - level) / 2
    lower, upper = np.quantile(draws, [tail, 1 - tail])
    return Estimate(float(value), n, Interval(min(float(lower), value), max(float(upper), value)))


class _Draws(NamedTuple):
    """One row a draw, one column a driver."""

    r2: _Numbers
    share: _Numbers
    correlation: _Numbers
    priority: _Numbers


def _bootstrap(answers: _Numbers, tops: _Numbers) -> _Draws:
    """Of as many people with replacement."""
    n, columns = answers.shape
    rng = np.random.default_rng([n, columns])
    matrices = np.empty((DRAWS, columns, columns))
    left = np.empty((DRAWS, columns - 1))
    for draw in range(DRAWS):
        people = answers[rng.integers(0, n, n)]
        matrices[draw] = correlation_matrix(people.T)
        left[draw] = (people[:, :-1] < tops).mean(axis=0)
    weights = lmg(matrices)
    r2 = weights.sum(axis=1)
    share = weights / np.where(r2 > 0, r2, 1.0)[:, None]
    return _Draws(r2, share, matrices[:, :-1, -1], share * left)
