"""Key drivers: which answers move the outcome, as shares of its explained variance."""

from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_DRIVERS = 12
"""LMG looks at every subset of the drivers: 4,096 of them for twelve."""
_NOTHING_LEFT = 1e-9
"""Variance of a driver that the drivers before it say already, by rounding."""

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
    weights = lmg(matrix[None])[0]
    johnson = _johnson(among, outcome)
    r2 = float(weights.sum())
    shares: list[float | None] = [weight / r2 if r2 > 0 else None for weight in johnson]
    return Drivers(r2, outcome.tolist(), weights.tolist(), johnson, shares)


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


def lmg(matrices: _Numbers) -> _Numbers:
    """Of a stack of correlation matrices the mean gain in R^2 that each driver brings: matrices x drivers.

    R^2 of every subset of the drivers comes from the subset before it by taking one driver's part out of what
    is left of the later ones and the outcome. A driver of which nothing is left brings nothing.
    """
    drivers = matrices.shape[-1] - 1
    r2 = np.zeros((1 << drivers, len(matrices)))
    _explain(r2, matrices, 0, 0, drivers)
    sizes = np.array([subset.bit_count() for subset in range(1 << drivers)])
    chance = np.array([1 / (drivers * comb(drivers - 1, size)) for size in range(drivers)])
    weights = np.empty((len(matrices), drivers))
    for driver in range(drivers):
        without = np.flatnonzero(~np.arange(1 << drivers) >> driver & 1)
        weights[:, driver] = chance[sizes[without]] @ (r2[without | 1 << driver] - r2[without])
    return weights


def _explain(r2: _Numbers, left: _Numbers, subset: int, first: int, drivers: int) -> None:
    """Fill in R^2 of every subset that adds drivers from `first` on; `left` are the covariances of those and
    of the outcome, given the subset."""
    for driver in range(first, drivers):
        at = driver - first
        pivot = left[:, at, at]
        usable = pivot > _NOTHING_LEFT
        factor = np.where(usable[:, None], left[:, at, at + 1 :], 0.0) / np.where(usable, pivot, 1.0)[:, None]
        rest = left[:, at + 1 :, at + 1 :] - factor[:, :, None] * left[:, None, at, at + 1 :]
        with_it = subset | 1 << driver
        r2[with_it] = 1 - rest[:, -1, -1]
        _explain(r2, rest, with_it, driver + 1, drivers)


def _johnson(among: _Numbers, outcome: _Numbers) -> list[float]:
    values, vectors = np.linalg.eigh(among)
    lengths = np.sqrt(np.maximum(values, 0.0))
    present = lengths > 1e-5 * lengths.max()
    root = (vectors * lengths) @ vectors.T
    inverse = (vectors[:, present] / lengths[present]) @ vectors[:, present].T
    return [float(weight) for weight in root**2 @ (inverse @ outcome) ** 2]
