"""Customer satisfaction indexes in the form of the ACSI: several questions, weighed into 0..100."""

from collections.abc import Sequence
from math import fsum

from .intervals import t_interval
from .registry import Estimate

STATE_OF_OHIO = (0.3885, 0.3190, 0.2925)
"""Published weights of satisfaction, expectations met, and closeness to the ideal (Verint, 2013-09-16)."""


def satisfaction_index(
    means: Sequence[float], weights: Sequence[float], lowest: float, highest: float
) -> float | None:
    """100 sum w_i (mean_i - lowest) / (sum w_i (highest - lowest)); None where nothing has a weight.

    Three questions from 1 to 10 with equal weights: (S + E + P - 3) / 27 x 100 (Fornell et al. 1996).
    """
    whole = fsum(weights) * (highest - lowest)
    if not means or not whole:
        return None
    return 100 * fsum(w * (mean - lowest) for w, mean in zip(weights, means, strict=True)) / whole


def satisfaction_of_people(
    people: Sequence[Sequence[float]], weights: Sequence[float], lowest: float, highest: float, level: float
) -> Estimate:
    """The index of people who answered every question, with the t interval over people.

    It is the same as that of the means, because the index is linear; clipped to 0..100.
    """
    indexes = [satisfaction_index(answers, weights, lowest, highest) for answers in people]
    values = [index for index in indexes if index is not None]
    if not values:
        return Estimate(None, n=0)
    interval = t_interval(values, level)
    if interval:
        interval = interval._replace(lower=max(0.0, interval.lower), upper=min(100.0, interval.upper))
    return Estimate(fsum(values) / len(values), len(values), interval, weights=tuple(weights))
