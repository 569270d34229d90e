"""Weighted shares: of answers that stand for unequal numbers of people."""

from collections.abc import Sequence
from math import fsum
from typing import NamedTuple

from .intervals import Interval, wilson


class WeightedShare(NamedTuple):
    """A share of the weight."""

    estimate: float
    n_effective: float
    """As many answers of equal weight would say as much."""
    interval: Interval | None


def weighted_share(yes: Sequence[bool], weights: Sequence[float], level: float) -> WeightedShare | None:
    """sum(w y) / sum(w) with Wilson's interval at n = sum(w)^2 / sum(w^2) (Kish 1965).

    None where nothing has a weight.
    """
    total = fsum(weights)
    if total <= 0:
        return None
    share = fsum(weight for is_yes, weight in zip(yes, weights, strict=True) if is_yes) / total
    n = total * total / fsum(weight * weight for weight in weights)
    return WeightedShare(share, n, wilson(share * n, n, level))
