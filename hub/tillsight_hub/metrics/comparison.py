"""Comparison: whether two numbers differ, and which of many differ when so many are looked at."""

from collections.abc import Sequence
from math import hypot, sqrt
from typing import NamedTuple

import numpy as np
from scipy.special import ndtr

from .intervals import Interval, nps_standard_error, wilson


class Difference(NamedTuple):
    """After minus before."""

    value: float
    interval: Interval


class NpsChange(NamedTuple):
    """After minus before, in points."""

    value: float
    standard_error: float
    z: float | None
    """None, as is the p value, where all answers on either side agree: there is no error to measure by."""
    p_value: float | None
    """Two-sided."""


def share_change(k1: int, n1: int, k2: int, n2: int, level: float) -> Difference | None:
    """k2/n2 - k1/n1 with the interval made of both Wilson intervals (Newcombe 1998, method 10).

    None where either side has no answers.
    """
    before, after = wilson(k1, n1, level), wilson(k2, n2, level)
    if before is None or after is None:
        return None
    p1, p2 = k1 / n1, k2 / n2
    down = hypot(p2 - after.lower, before.upper - p1)
    up = hypot(after.upper - p2, p1 - before.lower)
    return Difference(p2 - p1, Interval(p2 - p1 - down, p2 - p1 + up))


def share_change_p_value(k1: int, n1: int, k2: int, n2: int) -> float | None:
    """Two-sided p value that both shares are one: the score test with the pooled share.

    1 where all answers agree; None where either side has no answers.
    """
    if n1 <= 0 or n2 <= 0:
        return None
    pooled = (k1 + k2) / (n1 + n2)
    error = sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return _two_sided((k2 / n2 - k1 / n1) / error) if error else 1.0


def nps_change(before: tuple[int, int, int], after: tuple[int, int, int]) -> NpsChange | None:
    """Change of the NPS between (detractors, passives, promoters); None where either side has no answers."""
    if not sum(before) or not sum(after):
        return None
    value = 100 * ((after[2] - after[0]) / sum(after) - (before[2] - before[0]) / sum(before))
    error = hypot(nps_standard_error(*before), nps_standard_error(*after))
    if not error:
        return NpsChange(value, error, None, None)
    return NpsChange(value, error, value / error, _two_sided(value / error))


def false_discovery(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values, in the order given (Benjamini, Hochberg 1995).

    Of the touchpoints called different where the adjusted value is below 5 %, at most about 5 % are not.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    raised = p[order] * (len(p) / np.arange(1, len(p) + 1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(1.0, np.minimum.accumulate(raised[::-1])[::-1])
    return [float(value) for value in adjusted]


def _two_sided(z: float) -> float:
    return float(2 * ndtr(-abs(z)))
