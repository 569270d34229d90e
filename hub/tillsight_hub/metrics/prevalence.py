"""Prevalence: how many there really are of each class, when a classifier that errs has done the counting."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .counts import Audit
from .intervals import Interval, z_value

_Numbers = NDArray[np.float64]


class Prevalence(NamedTuple):
    """True share of the positives with its interval."""

    estimate: float
    interval: Interval


class ClassShares(NamedTuple):
    """Shares of the classes three ways."""

    classified: list[float]
    """As the classifier says."""
    inverse: list[float] | None
    """Corrected; may leave 0..1. None where the validation cannot tell the classes apart."""
    simplex: list[float] | None
    """Corrected within 0..1, adding up to 1: the one to show."""


def adjusted_count(
    positives: int, n: int, sensitivity: Audit, specificity: Audit, level: float
) -> Prevalence | None:
    """(share + Sp - 1) / (Se + Sp - 1), clipped to 0..1 (Rogan, Gladen 1978).

    The interval is that of Lang and Reiczigel (2014), which includes the error of both validation shares.
    None without counts or validation, or where the classifier is no better than a coin (Se + Sp <= 1).
    """
    if n <= 0 or sensitivity.n <= 0 or specificity.n <= 0:
        return None
    se, sp = sensitivity.k / sensitivity.n, specificity.k / specificity.n
    if sensitivity.k * specificity.n + specificity.k * sensitivity.n <= sensitivity.n * specificity.n:
        return None
    estimate = min(1.0, max(0.0, (positives / n + sp - 1) / (se + sp - 1)))
    return Prevalence(estimate, _lang_reiczigel(positives, n, sensitivity, specificity, level))


def class_shares(predicted: ArrayLike, validation: ArrayLike) -> ClassShares | None:
    """Shares of the classes from counts by predicted class; None where nothing was counted.

    `validation[true][said]` counts labelled examples. With M[said][true] the chance that a true class is
    said, `inverse` solves M p = shares (adjusted classify and count); `simplex` is the p nearest to that
    which is a share of each class.
    """
    counts = np.asarray(predicted, dtype=float)
    examples = np.asarray(validation, dtype=float)
    if counts.sum() <= 0:
        return None
    said = counts / counts.sum()
    rows = examples.sum(axis=1, keepdims=True)
    if (rows <= 0).any():
        return ClassShares(said.tolist(), None, None)
    chances = (examples / rows).T
    if np.linalg.matrix_rank(chances) < len(chances):
        return ClassShares(said.tolist(), None, None)
    inverse = np.linalg.solve(chances, said)
    return ClassShares(said.tolist(), inverse.tolist(), nearest_shares(chances, said).tolist())


def nearest_shares(chances: _Numbers, said: _Numbers) -> _Numbers:
    """The p with p >= 0 and sum p = 1 whose M p is nearest to `said`; exact.

    For each set of classes that may be present the least-squares solution is known; of those that are no
    share below 0 the nearest wins. Works on stacks too: chances (..., said, true), said (..., said). The
    work doubles with each class; there are a handful.
    """
    classes = chances.shape[-1]
    best = np.zeros((*said.shape[:-1], classes))
    distance = np.full(said.shape[:-1], np.inf)
    for size in range(1, classes + 1):
        for present in combinations(range(classes), size):
            shares = _shares_of(present, chances, said)
            missed = np.linalg.norm(np.einsum("...ij,...j->...i", chances, shares) - said, axis=-1)
            better = (shares >= -1e-12).all(axis=-1) & (missed < distance)
            best = np.where(better[..., None], np.maximum(shares, 0.0), best)
            distance = np.where(better, missed, distance)
    return best


def _shares_of(present: tuple[int, ...], chances: _Numbers, said: _Numbers) -> _Numbers:
    """Least squares with sum p = 1 where only these classes are present."""
    first, *others = present
    shares = np.zeros((*said.shape[:-1], chances.shape[-1]))
    origin = chances[..., :, first]
    if others:
        ways = chances[..., :, others] - origin[..., None]
        parts = np.einsum("...ij,...j->...i", np.linalg.pinv(ways), said - origin)
        shares[..., others] = parts
    shares[..., first] = 1 - shares[..., others].sum(axis=-1)
    return shares


def _lang_reiczigel(positives: int, n: int, sensitivity: Audit, specificity: Audit, level: float) -> Interval:
    """Wald around shares with pseudo-counts added, shifted towards where it covers best; clipped to 0..1."""
    z = z_value(level)
    m = n + z * z
    said = (positives + z * z / 2) / m
    se, sp = ((audit.k + 1) / (audit.n + 2) for audit in (sensitivity, specificity))
    gain = se + sp - 1
    if gain <= 0:
        return Interval(0.0, 1.0)
    share = (said + sp - 1) / gain
    var_se, var_sp = se * (1 - se) / (sensitivity.n + 2), sp * (1 - sp) / (specificity.n + 2)
    shift = 2 * z * z * (share * var_se - (1 - share) * var_sp)
    variance = said * (1 - said) / m + share**2 * var_se + (1 - share) ** 2 * var_sp
    reach = z * variance**0.5 / gain
    return Interval(*(min(1.0, max(0.0, share + shift + sign * reach)) for sign in (-1, 1)))
