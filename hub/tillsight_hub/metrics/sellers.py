"""Seller activity: what became of the visitors a shop had and the talks its sellers began."""

from typing import NamedTuple

from .intervals import Interval, wilson


class Ratio(NamedTuple):
    """A part of a whole; `value` is None where the whole is 0."""

    value: float | None
    interval: Interval | None
    """None where the part is larger than the whole, so that it is no share."""


class SellerActivity(NamedTuple):
    """The three ratios of attempts (talks that a seller began), sales and visitors."""

    exact_conversion: float | None
    """Attempts per sale; None without sales. It explodes with few sales, so it has no interval."""
    closing_rate: Ratio
    """Sales per attempt: the same the other way about."""
    reach_rate: Ratio
    """Attempts per visitor."""


def seller_activity(attempts: int, sales: int, visitors: int, level: float) -> SellerActivity:
    """Exact Conversion = attempts : sales, Visitor Reach Rate = attempts : visitors (both ProLAN)."""
    return SellerActivity(
        exact_conversion=attempts / sales if sales else None,
        closing_rate=_ratio(sales, attempts, level),
        reach_rate=_ratio(attempts, visitors, level),
    )


def _ratio(part: int, whole: int, level: float) -> Ratio:
    if not whole:
        return Ratio(None, None)
    return Ratio(part / whole, wilson(part, whole, level) if part <= whole else None)
