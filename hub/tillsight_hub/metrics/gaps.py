"""Experience gaps: what customers got against what they expected, or would have found ideal."""

from collections.abc import Sequence
from math import fsum

from .intervals import t_interval
from .registry import Estimate


def experience_gap(
    reference: Sequence[float | None], actual: Sequence[float | None], level: float
) -> Estimate:
    """Mean of actual - reference over the people who gave both, with the paired t interval.

    One answer is no interval; None for nobody.
    """
    gaps = [
        got - wanted
        for wanted, got in zip(reference, actual, strict=True)
        if wanted is not None and got is not None
    ]
    if not gaps:
        return Estimate(None, n=0)
    return Estimate(fsum(gaps) / len(gaps), n=len(gaps), interval=t_interval(gaps, level))
