"""Changes: whether a score is really another one than before, or looks so by chance."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from math import exp, hypot
from typing import Literal

from scipy.special import ndtr

from ..metrics.comparison import false_discovery, nps_change, share_change, share_change_p_value
from ..metrics.counts import Counts
from ..metrics.intervals import Interval, z_value
from ..metrics.registry import DEFAULT_LEVEL, Metric, Score
from ..periods import Period
from .ranking import line_of, reading, votes_of, why_not

CERTAIN_BELOW = 0.05
"""Adjusted p value below which a change gets an arrow."""


@dataclass(frozen=True)
class Seen:
    """A score with the counts that it is made of."""

    score: Score
    counts: Counts


@dataclass(frozen=True)
class Change:
    """What became of one touchpoint's score from one period to another."""

    before: Score
    after: Score
    reason: str | None = None
    """Why it is not tested; None where it is, and then every field but `arrow` has a value."""
    kind: Literal["difference", "ratio"] | None = None
    """After minus before, or for numbers per person served after divided by before."""
    value: float | None = None
    lower: float | None = None
    upper: float | None = None
    p_value: float | None = None
    """Two-sided."""
    p_adjusted: float | None = None
    """Over all touchpoints asked for (Benjamini, Hochberg)."""
    arrow: Literal["up", "down"] | None = None
    """Only where `p_adjusted` is below 0.05: anything else may be chance."""
    is_better: bool | None = None
    """Which way the arrow is, as this metric is meant; None without an arrow."""


def changes(
    before: Mapping[str, Seen], after: Mapping[str, Seen], metric: Metric, level: float = DEFAULT_LEVEL
) -> dict[str, Change]:
    """The change of each touchpoint that is in both, by its key."""
    found = {key: _change(before[key], after[key], metric, level) for key in after if key in before}
    tested = {key: change.p_value for key, change in found.items() if change.p_value is not None}
    adjusted = zip(tested, false_discovery(list(tested.values())), strict=True) if tested else ()
    return found | {key: _judged(found[key], p, metric) for key, p in adjusted}


def period_before(period: Period) -> Period:
    """As many days with the same weekdays, the latest ones that end before the period begins."""
    first, last = date.fromisoformat(period.first), date.fromisoformat(period.last)
    back = timedelta(days=-(-((last - first).days + 1) // 7) * 7)
    return Period((first - back).isoformat(), (last - back).isoformat())


def months_before(period: Period) -> Period:
    """As many whole months, the latest ones before that of the period's first day."""
    first, last = date.fromisoformat(period.first), date.fromisoformat(period.last)
    months = (last.year - first.year) * 12 + last.month - first.month + 1
    begin = first.year * 12 + first.month - 1 - months
    end = first.replace(day=1) - timedelta(days=1)
    return Period(date(begin // 12, begin % 12 + 1, 1).isoformat(), end.isoformat())


def _change(before: Seen, after: Seen, metric: Metric, level: float) -> Change:
    plain = Change(before.score, after.score)
    for when, seen in (("before", before), ("after", after)):
        if reason := why_not(seen.score, metric):
            return replace(plain, reason=f"{when}: {reason}")
    if metric.id == "nps":
        return _points(plain, before.counts, after.counts, level)
    if line_of(metric) == "counts":
        return _share(plain, level)
    return _normal(plain, metric, level)


def _share(plain: Change, level: float) -> Change:
    """Newcombe's interval and the score test."""
    votes = (*votes_of(plain.before), *votes_of(plain.after))
    difference = share_change(*votes, level)
    assert difference is not None
    return _filled(plain, "difference", *difference, share_change_p_value(*votes) or 0.0)


def _points(plain: Change, before: Counts, after: Counts, level: float) -> Change:
    """The normal test of two NPS."""
    found = nps_change(_opinions(before), _opinions(after))
    assert found is not None
    reach = z_value(level) * found.standard_error
    p_value = float(not found.value) if found.p_value is None else found.p_value
    interval = Interval(found.value - reach, found.value + reach)
    return _filled(plain, "difference", found.value, interval, p_value)


def _opinions(counts: Counts) -> tuple[int, int, int]:
    return counts.negative, counts.responses - counts.negative - counts.positive, counts.positive


def _normal(plain: Change, metric: Metric, level: float) -> Change:
    """A normal test on the line on which the errors are normal: for numbers per person served a ratio.

    Their errors hold that of the counter's audit, on both sides; where both share one audit, that is too much
    and the test calls fewer changes certain than there are.
    """
    line = line_of(metric)
    before, after = reading(plain.before, line), reading(plain.after, line)
    value, error = after.value - before.value, hypot(before.error, after.error)
    p_value = float(2 * ndtr(-abs(value) / error))
    ends = [value - z_value(level) * error, value + z_value(level) * error]
    if line == "plain":
        return _filled(plain, "difference", value, Interval(*ends), p_value)
    return _filled(plain, "ratio", exp(value), Interval(exp(ends[0]), exp(ends[1])), p_value)


def _filled(
    plain: Change,
    kind: Literal["difference", "ratio"],
    value: float,
    interval: Interval,
    p_value: float,
) -> Change:
    return replace(plain, kind=kind, value=value, lower=interval.lower, upper=interval.upper, p_value=p_value)


def _judged(change: Change, p_adjusted: float, metric: Metric) -> Change:
    change = replace(change, p_adjusted=p_adjusted)
    if p_adjusted >= CERTAIN_BELOW or change.before.value is None or change.after.value is None:
        return change
    rises = change.after.value > change.before.value
    return replace(change, arrow="up" if rises else "down", is_better=rises == (metric.worst == "low"))
