"""Key drivers: which answers move the outcome, as shares of its explained variance."""

from itertools import combinations
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_DRIVERS = 12
"""LMG looks at every subset of the drivers: 4,096 of them for twelve."""

_Numbers = NDArray[np.float64]


class Drivers(NamedTuple):
    """One number per driver, in the order given; both kinds of weights add up to `r2`."""

    r2: float
    """Share of the outcome's variance that all drivers explain together."""
    correlation: list[float]
    lmg: list[float]
    """The mean over all orders of the drivers of what each adds to R^2."""
    johnson: list[float]
    johnson_share: list[float | None]
    """johnson / r2; None where nothing is explained."""


def key_drivers(correlations: ArrayLike) -> Drivers | None:
    """Relative weights from the correlations of the drivers and, last, the outcome.

    LMG: the Shapley share of R^2 (Lindeman, Merenda, Gold 1980); Johnson: relative weights (2000),
    (X^1/2)^2 beta^2 with X^1/2 beta = r. Drivers that repeat each other share their weight, one that never
    varies (correlations 0) weighs nothing. None where these cannot be the correlations of anything.
    """
    matrix = np.asarray(correlations, dtype=float)
    drivers = len(matrix) - 1
    if not 1 <= drivers <= MOST_DRIVERS:
        raise ValueError(f"{drivers} drivers: expected 1 to {MOST_DRIVERS}")
    if not np.isfinite(matrix).all() or np.linalg.eigvalsh(matrix)[0] < -1e-4:
        return None
    among, outcome = matrix[:-1, :-1], matrix[:-1, -1]
    r2 = _explained(among, outcome)
    johnson = _johnson(among, outcome)
    shares: list[float | None] = [weight / r2 if r2 > 0 else None for weight in johnson]
    return Drivers(r2, outcome.tolist(), _lmg(among, outcome), johnson, shares)


def correlation_matrix(columns: ArrayLike) -> _Numbers:
    """Of answers by question, each column one question and each row one person; 0 where one never varies."""
    answers = np.asarray(columns, dtype=float)
    centred = answers - answers.mean(axis=1, keepdims=True)
    length = np.sqrt((centred**2).sum(axis=1))
    varies = length > 1e-12 * np.abs(answers).max(initial=1.0)
    units = np.where(varies[:, None], centred, 0.0) / np.where(varies, length, 1.0)[:, None]
    matrix = np.asarray(units @ units.T)
    np.fill_diagonal(matrix, 1.0)
    return matrix


def _lmg(among: _Numbers, outcome: _Numbers) -> list[float]:
    drivers = len(outcome)
    everyone = range(drivers)
    explained = {
        subset: _explained(among[np.ix_(subset, subset)], outcome[list(subset)])
        for size in range(drivers + 1)
        for subset in combinations(everyone, size)
    }
    weights = [0.0] * drivers
    for subset, r2 in explained.items():
        chance = 1 / (drivers * comb(drivers - 1, len(subset) - 1)) if subset else 0.0
        for driver in subset:
            others = tuple(other for other in subset if other != driver)
            weights[driver] += chance * (r2 - explained[others])
    return weights


def _johnson(among: _Numbers, outcome: _Numbers) -> list[float]:
    values, vectors = np.linalg.eigh(among)
    lengths = np.sqrt(np.maximum(values, 0.0))
    present = lengths > 1e-5 * lengths.max()
    root = (vectors * lengths) @ vectors.T
    inverse = (vectors[:, present] / lengths[present]) @ vectors[:, present].T
    return [float(weight) for weight in root**2 @ (inverse @ outcome) ** 2]


def _explained(among: _Numbers, outcome: _Numbers) -> float:
    """R^2; of drivers that repeat each other one is enough."""
    if not len(outcome):
        return 0.0
    return float(outcome @ np.linalg.pinv(among, rcond=1e-10, hermitian=True) @ outcome)
