"""Bounds: what the dissatisfied share of all who were served can be, when most of them kept silent."""

from math import sqrt
from typing import NamedTuple

from scipy.special import ndtr

from .intervals import Interval, z_value


class Bounds(NamedTuple):
    """The share lies between them whatever the silent customers think."""

    lower: float
    upper: float
    interval: Interval
    """Covers the share itself, not both bounds, with the level asked for."""


def worst_case_bounds(negative: float, positive: float, silent: float, level: float) -> Bounds | None:
    """[negative/n, (negative + silent)/n]: all of the silent content, or none (Manski 1989).

    The interval is that of Imbens and Manski (2004): bounds -+ c standard errors with
    Phi(c + width / larger error) - Phi(-c) = level, clipped to 0..1. Fewer than no silent customers (the
    counter misses people) count as none; None where nobody was served.
    """
    silent = max(0.0, silent)
    n = negative + positive + silent
    if n <= 0:
        return None
    lower, upper = negative / n, (negative + silent) / n
    errors = tuple(sqrt(max(0.0, share * (1 - share)) / n) for share in (lower, upper))
    return Bounds(lower, upper, interval_around(lower, upper, errors, level))


def interval_around(lower: float, upper: float, errors: tuple[float, ...], level: float) -> Interval:
    """Imbens and Manski's interval around two bounds with these standard errors, clipped to 0..1."""
    c = reach((upper - lower) / max(errors), level) if max(errors) else 0.0
    return Interval(max(0.0, lower - c * errors[0]), min(1.0, upper + c * errors[-1]))


def selection_bounds(negative: float, positive: float, eagerness: tuple[float, float]) -> Interval | None:
    """The share if the dissatisfied press m times as readily as the content, m between both of `eagerness`.

    (negative/m) / (negative/m + positive), an assumption to be shown with the number; None without votes.
    """
    shares = [
        negative / weight if (weight := negative + m * positive) > 0 else None for m in sorted(eagerness)
    ]
    if shares[0] is None or shares[1] is None:
        return None
    return Interval(shares[1], shares[0])


def reach(width: float, level: float) -> float:
    """The c of Imbens and Manski, between the one-sided and the two-sided normal quantile; by bisection."""
    low, high = 0.0, z_value(level)
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return middle
        if ndtr(middle + width) - ndtr(-middle) < level:
            low = middle
        else:
            high = middle
