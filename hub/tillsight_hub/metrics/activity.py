"""Metrics of sellers: how much they sell actively, and what comes of it; of a place, never of a person."""

from math import exp, sqrt

from scipy.special import stdtrit

from .counts import Counts
from .intervals import Interval, z_value
from .registry import Estimate, Metric
from .sellers import Ratio, seller_activity

PROLAN = "ProLAN, Sellers Activity Button"
ONE_REPORT = frozenset({"one-report"})
MORE_THAN_ALL = frozenset({"part-over-whole"})


def exact_conversion(counts: Counts, level: float) -> Estimate:
    """Attempts per sale, with the interval of sales per attempt upside down; None without a sale."""
    rate = closing_rate(counts, level)
    if not rate.value or rate.interval is None:
        return Estimate(None, n=counts.attempts)
    lower, upper = rate.interval
    return Estimate(1 / rate.value, rate.n, Interval(1 / upper, 1 / lower), rate.flags)


def closing_rate(counts: Counts, level: float) -> Estimate:
    """Sales per attempt."""
    found = seller_activity(counts.attempts, counts.receipts, counts.visitors, level)
    return _ratio(found.closing_rate, counts.receipts, counts.attempts, level)


def visitor_reach(counts: Counts, level: float) -> Estimate:
    """Attempts per visitor."""
    found = seller_activity(counts.attempts, counts.receipts, counts.visitors, level)
    return _ratio(found.reach_rate, counts.attempts, counts.visitors, level)


def _ratio(ratio: Ratio, part: int, whole: int, level: float) -> Estimate:
    """More than all is no share: the ratio stays as it is, its interval is that of two counts apart.

    Poisson: var(log ratio) = 1/part + 1/whole. It is not cut at 1.
    """
    if ratio.value is None or ratio.interval is not None:
        return Estimate(ratio.value, n=whole, interval=ratio.interval)
    reach = z_value(level) * sqrt(1 / part + 1 / whole)
    interval = Interval(ratio.value * exp(-reach), ratio.value * exp(reach))
    return Estimate(ratio.value, n=whole, interval=interval, flags=MORE_THAN_ALL)


def attempt_duration(counts: Counts, level: float) -> Estimate:
    """Mean seconds of an attempt."""
    n, total = counts.attempts, counts.attempt_ms / 1000
    if n < 2:
        return Estimate(None, n=n)
    variance = max(0.0, counts.attempt_square - total * total / n) / (n - 1)
    return _mean(total / n, variance, n, n, level)


def average_check(counts: Counts, level: float) -> Estimate:
    """Mean amount of a receipt, in minor units.

    Tills report sums of several receipts: the variance of one is what their sums differ by, weighed by
    receipts, (sum a_i^2/r_i - A^2/R) / (reports - 1).
    """
    receipts, reports = counts.check_receipts, counts.check_reports
    if reports < 2:
        return Estimate(None, n=receipts, flags=ONE_REPORT if receipts else frozenset())
    square = 100 * counts.check_square - counts.sales_amount**2 / receipts
    return _mean(counts.sales_amount / receipts, max(0.0, square) / (reports - 1), receipts, reports, level)


def _mean(mean: float, variance: float, n: int, seen: int, level: float) -> Estimate:
    """A mean of n with the t interval of a variance that was made of `seen` values."""
    reach = float(stdtrit(seen - 1, (1 + level) / 2)) * sqrt(variance / n)
    flags = frozenset[str]() if reach else frozenset({"all-alike"})
    return Estimate(mean, n, Interval(max(0.0, mean - reach), mean + reach), flags)


def activity_metrics() -> list[Metric]:
    """The metrics of this module."""
    return [
        Metric(
            id="exact_conversion",
            name="Exact conversion",
            unit="rating",
            formula="attempts to sell ÷ sales (receipts): how many attempts a sale takes",
            inputs=("attempts", "receipts"),
            interval="inverted-wilson",
            source=PROLAN,
            worst="high",
            compute=exact_conversion,
        ),
        Metric(
            id="closing_rate",
            name="Closing rate",
            unit="share",
            formula="sales (receipts) ÷ attempts to sell, not clipped above 1",
            inputs=("receipts", "attempts"),
            interval="wilson",
            source="common practice: exact conversion the other way about",
            compute=closing_rate,
        ),
        Metric(
            id="visitor_reach",
            name="Visitor reach rate",
            unit="share",
            formula="attempts to sell ÷ visitors who came in, not clipped above 1",
            inputs=("attempts", "visitors"),
            interval="wilson",
            source=PROLAN,
            compute=visitor_reach,
        ),
        Metric(
            id="attempt_duration",
            name="Length of an attempt to sell",
            unit="seconds",
            formula="Σ seconds of attempts ÷ attempts",
            inputs=("attempt_ms", "attempt_square", "attempts"),
            interval="t",
            source=PROLAN,
            compute=attempt_duration,
        ),
        Metric(
            id="average_check",
            name="Average check",
            unit="money",
            formula="Σ amounts ÷ receipts of the reports that have an amount, in minor units of the currency",
            inputs=("sales_amount", "check_receipts", "check_reports", "check_square"),
            interval="t",
            source="common practice; interval from how the tills' reports differ",
            compute=average_check,
        ),
    ]
