"""Impact: which drivers the outcome goes with, how far that is known, and how well each is done today."""

from collections.abc import Sequence
from dataclasses import dataclass

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

    lmg: float
    """Share of the explained variance: the mean over all orders of the drivers of what each adds."""
    interval: Interval
    """Of that share."""
    johnson: float
    """The same by relative weights."""
    correlation: float
    """With the outcome alone."""
    performance: Estimate
    """Share of the best answers."""

    @property
    def priority(self) -> float:
        """lmg x (1 - performance): much impact, and much left to do."""
        return self.lmg * (1 - (self.performance.value or 0.0))


@dataclass(frozen=True)
class Impact:
    """All drivers of an outcome, in the order given."""

    n: int
    """People who answered everything."""
    withheld: str = ""
    """Why nothing more is told; empty where it is."""
    r2: float | None = None
    """Share of the outcome's variance that all drivers explain together."""
    r2_interval: Interval | None = None
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
    shares, r2s = _bootstrap(answers)
    tail = (1 - level) / 2
    ends = np.quantile(shares, [tail, 1 - tail], axis=0).T
    drivers = tuple(
        Driver(
            lmg=weight / found.r2,
            interval=_around(weight / found.r2, *map(float, end)),
            johnson=johnson / found.r2,
            correlation=correlation,
            performance=share(int((column >= top).sum()), n, level),
        )
        for weight, johnson, correlation, end, column, top in zip(
            found.lmg, found.johnson, found.correlation, ends, answers.T[:-1], top_boxes, strict=True
        )
    )
    r2_ends = map(float, np.quantile(r2s, [tail, 1 - tail]))
    return Impact(n, r2=found.r2, r2_interval=_around(found.r2, *r2_ends), drivers=drivers)


def _around(value: float, lower: float, upper: float) -> Interval:
    """A range of draws may leave out what was found, where that lies at the end of what is possible."""
    return Interval(min(lower, value), max(upper, value))


def _bootstrap(answers: _Numbers) -> tuple[_Numbers, _Numbers]:
    """Shares of each driver and R^2, by draw of as many people with replacement."""
    n, columns = answers.shape
    draws = np.random.default_rng([n, columns])
    matrices = np.array([correlation_matrix(answers[draws.integers(0, n, n)].T) for _ in range(DRAWS)])
    weights = lmg(matrices)
    r2s = weights.sum(axis=1)
    explains = r2s > 0
    return weights[explains] / r2s[explains, None], r2s
