"""Customer value: what a customer is worth, and what a better experience earned for its cost."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .counts import Audit
from .intervals import Interval

DRAWS = 4000


@dataclass(frozen=True)
class Programme:
    """What was spent on customers' experience, and how many customers there were before and after."""

    margin: float
    """Earned from a customer in a period, at its end."""
    discount: float
    """Of a period: 0.1 is 10 %."""
    customers_before: float
    customers_after: float
    cost: float


class ValueChange(NamedTuple):
    """In the currency of the margin; None where customers are worth no finite sum."""

    value_before: float | None
    """Of one customer."""
    value_after: float | None
    gain: float | None
    """Of all customers, cost not taken off."""
    rocxi: float | None
    """(gain - cost) / cost, the return on customer experience investment; None without a cost."""


def customer_value(margin: float, retention: float, discount: float) -> float | None:
    """margin x retention / (1 + discount - retention): what a customer will earn, without end.

    None where retention is not below 1 + discount: the sum has no limit.
    """
    left = 1 + discount - retention
    return margin * retention / left if left > 0 else None


def value_change(programme: Programme, retention_before: float, retention_after: float) -> ValueChange:
    """What the change of retention was worth, and what came back of each unit of cost."""
    before = customer_value(programme.margin, retention_before, programme.discount)
    after = customer_value(programme.margin, retention_after, programme.discount)
    if before is None or after is None:
        return ValueChange(before, after, None, None)
    gain = programme.customers_after * after - programme.customers_before * before
    rocxi = (gain - programme.cost) / programme.cost if programme.cost else None
    return ValueChange(before, after, gain, rocxi)


def rocxi_interval(programme: Programme, before: Audit, after: Audit, level: float) -> Interval | None:
    """Range of the ROCXI when k of n customers stayed: both retentions drawn again, 4,000 times.

    Drawn from Beta(k + 1/2, n - k + 1/2) with a fixed seed. None without a cost, without customers, or where
    some draw is worth no finite sum.
    """
    if not programme.cost or not before.n or not after.n:
        return None
    draws = np.random.default_rng([before.k, before.n, after.k, after.n])
    values = []
    for audit in (before, after):
        retention = draws.beta(audit.k + 0.5, audit.n - audit.k + 0.5, DRAWS)
        left = 1 + programme.discount - retention
        if left.min() <= 0:
            return None
        values.append(programme.margin * retention / left)
    gain = programme.customers_after * values[1] - programme.customers_before * values[0]
    tail = (1 - level) / 2
    lower, upper = np.quantile((gain - programme.cost) / programme.cost, [tail, 1 - tail])
    return Interval(float(lower), float(upper))
