"""Effect: a number after an action beside the same number before it, on the same weekdays.

What is told is an association: whatever else changed at the same time is in it too.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import add

from sqlalchemy import Connection

from ..hierarchy import Touchpoint
from ..metrics.counts import Counts
from ..metrics.registry import Catalogue
from ..periods import Period
from ..scores.changes import Change, Seen, changes
from ..scores.scores import read_counts
from .register import Action

WEEK = 7
MOST_DAYS = 8 * WEEK


@dataclass(frozen=True)
class Spans:
    """The days that are compared: as many before as after, a whole number of weeks each."""

    before: Period
    after: Period
    left_out: frozenset[str]
    """Days of incidents, and the days that they would be compared with."""


@dataclass(frozen=True)
class Effect:
    """What became of one number; by scale, since two scales are two numbers."""

    spans: Spans
    changes: dict[str, Change]
    """By scale; empty where the metric does not apply to any."""


def spans_of(action: Action, incidents: Iterable[Action], today: str) -> Spans | None:
    """None while less than a week has gone by. What was over within a week is judged by the days after it."""
    last = (date.fromisoformat(today) - timedelta(days=1)).isoformat()
    begin = action.first_day
    if action.last_day is not None:
        if _days(begin, action.last_day) < WEEK:
            begin = _shift(action.last_day, 1)
        else:
            last = min(last, action.last_day)
    days = min(MOST_DAYS, _days(begin, last)) // WEEK * WEEK
    if days < WEEK:
        return None
    after = Period(begin, _shift(begin, days - 1))
    before = Period(_shift(action.first_day, -days), _shift(action.first_day, -1))
    return Spans(before, after, _left_out(before, after, list(incidents)))


def read_effect(
    connection: Connection, places: Sequence[Touchpoint], spans: Spans, metrics: Catalogue, metric: str
) -> Effect:
    """`places` are all touchpoints of the action's place."""
    chosen = metrics.chosen([metric])
    seen = [
        {
            scale: Seen(scores[0], counts)
            for scale, counts in _counts(connection, places, period, spans.left_out, chosen).items()
            if (scores := chosen.scores(counts))
        }
        for period in (spans.before, spans.after)
    ]
    return Effect(spans, changes(seen[0], seen[1], chosen[metric]))


def _counts(
    connection: Connection,
    places: Sequence[Touchpoint],
    period: Period,
    left_out: frozenset[str],
    metrics: Catalogue,
) -> dict[str, Counts]:
    """By scale, as far as they may be told: of days that are told by themselves where some are left out."""
    groups = read_counts(
        connection,
        places,
        period.first,
        period.last,
        by="day" if left_out else "touchpoint",
        smallest_cell=metrics.smallest_cell,
    )
    parts: dict[str, list[Counts]] = {}
    for group in groups:
        if group.key not in left_out:
            parts.setdefault(group.counts.scale.id, []).append(group.counts)
    return {scale: reduce(add, found) for scale, found in parts.items()}


def _left_out(before: Period, after: Period, incidents: Sequence[Action]) -> frozenset[str]:
    out: set[str] = set()
    for day_before, day_after in zip(before.days(), _aligned(before, after), strict=True):
        if any(each.is_on(day) for each in incidents for day in (day_before, day_after)):
            out |= {day_before, day_after}
    return frozenset(out)


def _aligned(before: Period, after: Period) -> list[str]:
    """The days after in the weekdays' order of the days before."""
    days = list(after.days())
    behind = (date.fromisoformat(before.first).weekday() - date.fromisoformat(after.first).weekday()) % WEEK
    weeks = [days[start : start + WEEK] for start in range(0, len(days), WEEK)]
    return [day for week in weeks for day in (*week[behind:], *week[:behind])]


def _days(first: str, last: str) -> int:
    return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1


def _shift(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
