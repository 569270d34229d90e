"""Pooling: how far each contact counter of a company is off, from its own audits and those of the others.

A counter finds a share `recall` of the people served, and reports `ghosts` for every person served that were
none. So it counts recall + ghosts per person, and people served = counted / (recall + ghosts); `matched`, of
which precision and recall are both made, is used once. Each counter has a recall of its own out of a beta
distribution, and ghosts out of a gamma distribution; mean and spread of both are the company's, and all that
are plausible are weighed by how well they explain all audits (hierarchical Bayes over a grid). The few
contacts of one audit so lean on the other counters as far as these are alike.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

_Numbers = NDArray[np.float64]

SPREADS = (0.015, 0.02, 0.03, 0.04, 0.05, 0.07, 0.1, 0.15)
"""Standard deviations between the counters of a company that are thought possible; never are all alike."""
MEANS = 25
_WIDEST = 0.05
_REACH = 3.5


class AuditSums(NamedTuple):
    """All valid audits of one counter together; all 0 where it has none."""

    observed: int = 0
    """People served, as a person saw them."""
    matched: int = 0
    """Those of them that the counter found too."""
    counted: int = 0
    """What the counter reported."""


class Correction(NamedTuple):
    """From what a counter says to the people served."""

    factor: float
    """People served for every contact counted."""
    variance: float
    """Of the factor's logarithm."""
    shared: float = 0.0
    """Standard deviation of that logarithm which all counters of the company have in common."""
    recall_weight: float = 1.0
    """How much of the recall is the counter's own audit, 0..1; the rest is the company's mean."""
    ghosts_weight: float = 1.0
    """The same for the ghosts."""


@lru_cache(maxsize=64)
def pooled_corrections(audits: tuple[AuditSums, ...]) -> tuple[Correction, ...] | None:
    """The correction of each counter, in the same order; None where nobody was observed at any."""
    sums = np.array(audits, float).reshape(-1, 3)
    observed, matched = sums[:, 0], np.minimum(sums[:, 1], sums[:, 0])
    ghosts = np.maximum(0.0, sums[:, 2] - sums[:, 1])
    if not observed.sum():
        return None
    recall = _posterior(matched, observed, _beta)
    extra = _posterior(ghosts, observed, _gamma)
    per_person = recall.mean + extra.mean
    variance = (recall.variance + extra.variance) / per_person**2
    shared = np.sqrt(recall.shared + extra.shared) / per_person
    columns = (1 / per_person, variance, shared, recall.weight, extra.weight)
    return tuple(Correction(*map(float, row)) for row in zip(*columns, strict=True))


class _Posterior(NamedTuple):
    """Of one share, for every counter."""

    mean: _Numbers
    variance: _Numbers
    shared: _Numbers
    """The part of the variance that comes from not knowing the company's mean and spread."""
    weight: _Numbers
    """Of the own audit."""


class _Given(NamedTuple):
    """What holds for one mean and spread of the company."""

    log_likelihood: float
    mean: _Numbers
    variance: _Numbers
    weight: _Numbers


def _posterior(k: _Numbers, n: _Numbers, given: Callable[..., _Given | None]) -> _Posterior:
    cells = [
        cell for mean in _means(k, n) for spread in SPREADS if (cell := given(k, n, mean, spread)) is not None
    ]
    likelihood = np.array([cell.log_likelihood for cell in cells])
    plausible = np.exp(likelihood - likelihood.max())
    plausible /= plausible.sum()
    means, variances, weights = (
        np.array([getattr(cell, name) for cell in cells]) for name in ("mean", "variance", "weight")
    )
    mean = plausible @ means
    shared = np.maximum(0.0, plausible @ means**2 - mean**2)
    return _Posterior(mean, plausible @ variances + shared, shared, plausible @ weights)


def _means(k: _Numbers, n: _Numbers) -> Sequence[float]:
    """Candidates around the share in all audits together."""
    share = min(1.0, max(0.001, k.sum() / n.sum()))
    audited = np.count_nonzero(n)
    error = np.sqrt((share * abs(1 - share) + 1 / n.sum()) / n.sum() + _WIDEST**2 / audited)
    candidates = share + error * np.linspace(-_REACH, _REACH, MEANS)
    return [float(mean) for mean in candidates if mean > 0]


def _beta(k: _Numbers, n: _Numbers, mean: float, spread: float) -> _Given | None:
    """k of n, where the shares of the counters have a beta distribution; None where there is no such."""
    size = mean * (1 - mean) / spread**2 - 1
    if mean >= 1 or size <= 0:
        return None
    a, b = mean * size, (1 - mean) * size
    log = gammaln(a + k) + gammaln(b + n - k) - gammaln(size + n) - gammaln(a) - gammaln(b) + gammaln(size)
    own = (a + k) / (size + n)
    return _Given(float(log.sum()), own, own * (1 - own) / (size + n + 1), n / (size + n))


def _gamma(k: _Numbers, n: _Numbers, mean: float, spread: float) -> _Given:
    """k events in n people, Poisson, where the rates of the counters have a gamma distribution."""
    a, rate = mean**2 / spread**2, mean / spread**2
    log = gammaln(a + k) - gammaln(a) + a * np.log(rate) - (a + k) * np.log(rate + n)
    own = (a + k) / (rate + n)
    return _Given(float(log.sum()), own, own / (rate + n), n / (rate + n))
