"""Shrinkage: how far the share of one touchpoint is pulled towards the shares of its chain."""

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, betaln, digamma, gammaln, polygamma

from .intervals import Interval

WEAKEST, STRONGEST = 1.0, 1e6
"""What a chain's shares weigh at least and at most against a touchpoint's own votes, in votes."""
ALIKE = 1e-6
"""Least spread between touchpoints, as a part of their own variance: even then nobody's order is certain."""

_Numbers = NDArray[np.float64]


class Prior(NamedTuple):
    """What the chain says about a touchpoint that nobody has voted at: Beta(mean x strength, ...)."""

    mean: float
    strength: float
    """In votes: a touchpoint with as many of its own is pulled half the way."""


class Shrunk(NamedTuple):
    """A touchpoint's share after the chain's was weighed in."""

    estimate: float
    interval: Interval


class Pulled(NamedTuple):
    """Scores of touchpoints after the chain's mean was weighed in, and their standard deviations."""

    centre: _Numbers
    spread: _Numbers


class Fit(NamedTuple):
    """A prior found by maximum likelihood."""

    prior: Prior
    loglik: float
    """Natural logarithm of the chance of just these counts."""


def moments_prior(k: Sequence[int], n: Sequence[int]) -> Prior | None:
    """The chain's beta distribution from k_i of n_i votes by moments; None where nobody voted.

    With p = K/N and the spread v between touchpoints beyond what chance makes (of m touchpoints with votes):
    v = (sum n_i (k_i/n_i - p)^2 - p(1-p)(m-1)) / (N - sum n_i^2/N), strength = p(1-p)/v - 1
    (Kleinman 1973, weights n_i). No spread beyond chance: STRONGEST, all are taken to be alike.
    """
    pairs = [(some, of) for some, of in zip(k, n, strict=True) if of]
    total = sum(of for _, of in pairs)
    if not total:
        return None
    mean = sum(some for some, _ in pairs) / total
    chance = mean * (1 - mean)
    spread = sum(of * (some / of - mean) ** 2 for some, of in pairs) - chance * (len(pairs) - 1)
    room = total - sum(of * of for _, of in pairs) / total
    if chance <= 0 or room <= 0 or spread <= 0:
        return Prior(mean, STRONGEST)
    return Prior(mean, min(STRONGEST, max(WEAKEST, chance * room / spread - 1)))


def shrunk(k: int, n: int, prior: Prior, level: float) -> Shrunk:
    """Mean and equal tails of Beta(mean s + k, (1 - mean) s + n - k); without votes the chain's own."""
    a = prior.mean * prior.strength + k
    b = (1 - prior.mean) * prior.strength + n - k
    if a <= 0 or b <= 0:
        certain = 0.0 if a <= 0 else 1.0
        return Shrunk(certain, Interval(certain, certain))
    tail = (1 - level) / 2
    lower, upper = betaincinv(a, b, [tail, 1 - tail])
    return Shrunk(a / (a + b), Interval(float(lower), float(upper)))


def pulled(values: _Numbers, errors: _Numbers) -> Pulled:
    """Scores with about normal errors, each pulled towards their mean the more the larger its error is.

    The spread between touchpoints comes by moments (DerSimonian, Laird 1986).
    """
    between = _between(values, errors)
    weights = 1 / (errors**2 + between)
    mean = np.sum(weights * values) / np.sum(weights)
    spread = np.sqrt(1 / (1 / errors**2 + 1 / between))
    return Pulled(spread**2 * (values / errors**2 + mean / between), spread)


def _between(values: _Numbers, errors: _Numbers) -> float:
    """Variance of the true values between touchpoints."""
    weights = 1 / errors**2
    mean = np.sum(weights * values) / np.sum(weights)
    excess = np.sum(weights * (values - mean) ** 2) - (len(values) - 1)
    room = np.sum(weights) - np.sum(weights**2) / np.sum(weights)
    return float(max(excess / room if room > 0 else 0.0, ALIKE * np.median(errors**2)))


def likelihood_prior(k: Sequence[int], n: Sequence[int]) -> Fit | None:
    """The chain's beta distribution by maximum likelihood of the beta-binomial; None where nobody voted.

    Found by Newton's method with halved steps on the logarithms of both shapes. Shares that spread no more
    than chance have their maximum at an endless strength: then it is STRONGEST.
    """
    start = moments_prior(k, n)
    if start is None:
        return None
    some, of = np.array([pair for pair in zip(k, n, strict=True) if pair[1]], dtype=float).T
    binomial = float(np.sum(gammaln(of + 1) - gammaln(some + 1) - gammaln(of - some + 1)))
    if not 0 < start.mean < 1:
        return Fit(start, 0.0)
    strength = min(start.strength, 1000.0)
    shapes = _climb(np.log([start.mean * strength, (1 - start.mean) * strength]), some, of)
    a, b = np.exp(shapes)
    if a + b >= STRONGEST:
        at_most = np.log([start.mean * STRONGEST, (1 - start.mean) * STRONGEST])
        return Fit(Prior(start.mean, STRONGEST), binomial + _loglik(at_most, some, of))
    return Fit(Prior(float(a / (a + b)), float(a + b)), binomial + _loglik(shapes, some, of))


def _climb(shapes: _Numbers, k: _Numbers, n: _Numbers) -> _Numbers:
    """The logarithms of both shapes at the maximum; stops where they pass STRONGEST."""
    here = _loglik(shapes, k, n)
    for _ in range(200):
        gradient, curvature = _slopes(shapes, k, n)
        step = _uphill(gradient, curvature)
        scale = 1.0
        while scale > 1e-9 and _loglik(shapes + scale * step, k, n) < here:
            scale /= 2
        shapes = shapes + scale * step
        there = _loglik(shapes, k, n)
        settled = there - here < 1e-12 * abs(here) and np.abs(step).max() < 1e-7
        if settled or np.exp(shapes).sum() > STRONGEST:
            break
        here = max(here, there)
    return shapes


def _uphill(gradient: _Numbers, curvature: _Numbers) -> _Numbers:
    """Newton's step where the likelihood is concave, else along the gradient; never more than e-fold."""
    values, vectors = np.linalg.eigh(curvature)
    step = vectors @ ((vectors.T @ gradient) / np.maximum(np.abs(values), 1e-9))
    return np.asarray(step / max(1.0, float(np.abs(step).max())))


def _loglik(shapes: _Numbers, k: _Numbers, n: _Numbers) -> float:
    """Without the binomial coefficients, which do not depend on the shapes."""
    a, b = exp(shapes[0]), exp(shapes[1])
    return float(np.sum(betaln(k + a, n - k + b) - betaln(a, b)))


def _slopes(shapes: _Numbers, k: _Numbers, n: _Numbers) -> tuple[_Numbers, _Numbers]:
    """Gradient and curvature of `_loglik` in the logarithms of the shapes."""
    a, b = np.exp(shapes)
    both = np.sum(digamma(n + a + b) - digamma(a + b))
    by_a = np.sum(digamma(k + a) - digamma(a)) - both
    by_b = np.sum(digamma(n - k + b) - digamma(b)) - both
    mixed = np.sum(polygamma(1, a + b) - polygamma(1, n + a + b))
    by_aa = np.sum(polygamma(1, k + a) - polygamma(1, a)) + mixed
    by_bb = np.sum(polygamma(1, n - k + b) - polygamma(1, b)) + mixed
    gradient = np.array([a * by_a, b * by_b])
    curvature = np.array([[a * a * by_aa, a * b * mixed], [a * b * mixed, b * b * by_bb]])
    return gradient, curvature + np.diag(gradient)
