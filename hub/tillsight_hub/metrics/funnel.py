"""Funnel plots: how far shares of so many people lie from the chain's by chance and by its usual spread."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np

from .intervals import z_value

TAIL = 0.1
"""The most extreme tenth on either side does not decide how far touchpoints usually spread."""
WINSORISED = 0.6787
"""What that leaves of a normal variance: (1 - 2t) - 2c phi(c) + 2t c^2 at the quantile c of t."""


class Funnel(NamedTuple):
    """What touchpoints of a chain are held against."""

    center: float
    """Share of all people together."""
    dispersion: float
    """Mean squared distance from the center in standard errors, without what is extreme; 1 is chance."""
    spread: float
    """Standard deviation between touchpoints beyond what chance makes; 0 where chance explains it all."""

    def limits(self, n: float, level: float) -> tuple[float, float]:
        """Between which a share of n people lies with this probability, clipped to 0..1."""
        reach = z_value(level) * sqrt(self.center * (1 - self.center) / n + self.spread**2)
        return max(0.0, self.center - reach), min(1.0, self.center + reach)


def funnel(shares: Sequence[float], n: Sequence[int]) -> Funnel | None:
    """Fitted to touchpoints with at least one person each; None for fewer than two of them.

    z = (y - p) / sqrt(p (1 - p) / n), winsorised and scaled back;
    spread^2 = (sum z^2 - (m - 1)) / (sum w - sum w^2 / sum w)
    with w = n / (p (1 - p)), never below 0: an additive random effect (Spiegelhalter 2005).
    """
    if len(shares) < 2:
        return None
    y, of = np.asarray(shares, dtype=float), np.asarray(n, dtype=float)
    center = float(np.sum(y * of) / np.sum(of))
    if not 0 < center < 1:
        return Funnel(center, 1.0, 0.0)
    weights = of / (center * (1 - center))
    z = (y - center) * np.sqrt(weights)
    z = np.clip(z, *np.quantile(z, [TAIL, 1 - TAIL]))
    total = float(np.sum(z**2)) / WINSORISED
    room = float(np.sum(weights) - np.sum(weights**2) / np.sum(weights))
    excess = (total - (len(z) - 1)) / room if room > 0 else 0.0
    return Funnel(center, total / len(z), sqrt(max(0.0, excess)))
