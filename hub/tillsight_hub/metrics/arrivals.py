"""Arrivals: how likely so many presses are in so short a time, if they are customers."""

from math import ceil

from scipy.special import gammainc


def burst_tail(rate_per_s: float, window_s: float, presses: float) -> float:
    """P(at least this many presses in the window) for Poisson presses at this rate.

    Tiny where a burst is not that many customers. 1 for no presses, 0 where nobody ever comes.
    """
    return float(gammainc(ceil(presses), rate_per_s * window_s)) if presses > 0 else 1.0
