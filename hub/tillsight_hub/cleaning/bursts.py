"""Bursts: the runs of presses that a rule found, each with how unlikely it is that so many customers came."""

from dataclasses import dataclass

import numpy as np

from ..labels import NOT_COUNTED, Label
from ..metrics.arrivals import burst_tail
from .history import History
from .labelling import clean
from .rules import CleaningSettings

SHORTEST_S = 1.0
"""A burst is taken to have lasted so long at least."""


@dataclass(frozen=True)
class Burst:
    """A run of presses that mashing or staff was found in."""

    rule: str
    start: int
    """ms UTC of the first press, and of the last one."""
    end: int
    presses: int
    p_value: float
    """Probability that customers as frequent as this touchpoint's votes press so often in so short a time."""


def find_bursts(history: History, rules: CleaningSettings) -> list[Burst]:
    """Of a history, in order of time; rules that are off find none."""
    labels = clean(history, rules)
    votes = int(np.count_nonzero(labels & int(NOT_COUNTED) == 0))
    rate = votes / _open_s(history)
    found = []
    rules_of_bursts = (
        ("mashing", Label.MASHING, rules.mashing.gap_s),
        ("staff", Label.STAFF, rules.staff.spacing_s),
    )
    for rule, label, gap_s in rules_of_bursts:
        t = history.press_t[labels & int(label) != 0]
        for run in np.split(t, np.flatnonzero(np.diff(t) >= 1000 * gap_s) + 1):
            if len(run):
                start, end = int(run[0]), int(run[-1])
                p_value = burst_tail(rate, max(SHORTEST_S, (end - start) / 1000), len(run))
                found.append(Burst(rule, start, end, len(run), p_value))
    return sorted(found, key=lambda burst: (burst.start, burst.rule))


def _open_s(history: History) -> float:
    """Opening time in the history, in seconds; at least an hour, for the rate is of nothing shorter."""
    calendar = history.place.calendar
    first, last = (calendar.business_day(t) for t in (history.start, max(history.start, history.end - 1)))
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    return max(3600.0, 60.0 * sum(calendar.open_minutes(str(day)) for day in days))
