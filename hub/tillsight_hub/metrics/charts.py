"""Control charts: has a share got worse, judged vote by vote (CUSUM) or day by day (EWMA, p chart)?"""

from collections.abc import Iterable, Sequence
from math import log, sqrt
from typing import NamedTuple


class CusumPath(NamedTuple):
    """What a CUSUM did, vote by vote."""

    path: list[float]
    """Its value after each vote, before a restart."""
    alarms: list[int]
    """Indexes of the votes at which it alarmed."""


class EwmaPath(NamedTuple):
    """What an EWMA chart did, interval by interval."""

    z: list[float]
    upper_limits: list[float]
    alarms: list[int]
    """Indexes of the intervals whose z is above the limit."""


class PChart(NamedTuple):
    """Limits for each interval; None for those without votes."""

    center: float | None
    lower_limits: list[float | None]
    upper_limits: list[float | None]
    out: list[int]
    """Indexes of the intervals outside their limits."""


class CusumSteps(NamedTuple):
    """What a vote adds to a Bernoulli CUSUM."""

    negative: float
    other: float


def cusum_steps(p0: float, p1: float) -> CusumSteps:
    """Log-likelihood ratios of a share of negative votes gone from p0 to p1, 0 < p0 < 1 and 0 < p1 <= 1."""
    if not (0 < p0 < 1 and 0 < p1 <= 1):
        raise ValueError(f"p0 {p0}, p1 {p1}: expected 0 < p0 < 1 and 0 < p1 <= 1")
    return CusumSteps(log(p1 / p0), log((1 - p1) / (1 - p0)) if p1 < 1 else float("-inf"))


def bernoulli_cusum(negative: Iterable[int], p0: float, p1: float, threshold: float) -> CusumPath:
    """Adds up the steps of the votes, never below 0; alarms at the threshold and begins anew (Page 1954).

    `negative` holds 1 for a negative vote and 0 for another.
    """
    steps = cusum_steps(p0, p1)
    path, alarms, value = [], [], 0.0
    for index, is_negative in enumerate(negative):
        value = max(0.0, value + (steps.negative if is_negative else steps.other))
        path.append(value)
        if value >= threshold:
            alarms.append(index)
            value = 0.0
    return CusumPath(path, alarms)


def cusum_run_length(p: float, up: int, limit: int) -> float | None:
    """Mean number of votes to the alarm of a CUSUM of whole numbers; None where it never alarms.

    A negative vote (chance p) adds `up`, another takes 1 away, never below 0; it alarms at `limit`. The exact
    solution of its Markov chain (Brook, Evans 1972): down it goes one by one, so every state has a chance of
    alarming before the state below is reached, and a mean time to either. Only sums and products are taken,
    so that run lengths of any size are exact.
    """
    if limit <= 0:
        return 1.0
    alarm, time = [0.0] * limit, [0.0] * limit
    for state in range(limit - 1, -1, -1):
        back, until_back, alarm_first = 1.0, 0.0, 0.0
        if state + up >= limit:
            back, alarm_first = 0.0, 1.0
        for above in range(min(state + up, limit - 1) if back else state, state, -1):
            until_back += back * time[above]
            alarm_first += back * alarm[above]
            back *= 1 - alarm[above]
        if state == 0:
            leaves = p * alarm_first
            return (1 + p * until_back) / leaves if leaves > 0 else None
        leaves = (1 - p) + p * alarm_first
        alarm[state] = p * alarm_first / leaves
        time[state] = (1 + p * until_back) / leaves
    raise AssertionError("state 0 has returned")


def ewma(k: Sequence[int], n: Sequence[int], p0: float, weight: float, limit: float) -> EwmaPath:
    """Moving average of shares k/n that forgets with `weight`, from p0; one-sided (Roberts 1959).

    z = weight x + (1 - weight) z against p0 + limit sqrt(var), var = (1 - weight)^2 var +
    weight^2 p0 (1 - p0)/n. An interval without votes leaves both as they are.
    """
    z, variance = p0, 0.0
    path, limits, alarms = [], [], []
    for index, (some, of) in enumerate(zip(k, n, strict=True)):
        if of:
            z = weight * some / of + (1 - weight) * z
            variance = (1 - weight) ** 2 * variance + weight**2 * p0 * (1 - p0) / of
        path.append(z)
        limits.append(p0 + limit * sqrt(variance))
        if z > limits[-1]:
            alarms.append(index)
    return EwmaPath(path, limits, alarms)


def p_chart(k: Sequence[int], n: Sequence[int], sigma: float) -> PChart:
    """Mean share -+ sigma sqrt(p (1 - p)/n_i), clipped to 0..1, for each interval (Shewhart 1931)."""
    total = sum(n)
    center = sum(k) / total if total else None
    lower: list[float | None] = []
    upper: list[float | None] = []
    out = []
    for index, (some, of) in enumerate(zip(k, n, strict=True)):
        if center is None or not of:
            lower.append(None)
            upper.append(None)
            continue
        reach = sigma * sqrt(center * (1 - center) / of)
        low, high = max(0.0, center - reach), min(1.0, center + reach)
        lower.append(low)
        upper.append(high)
        if not low <= some / of <= high:
            out.append(index)
    return PChart(center, lower, upper, out)
