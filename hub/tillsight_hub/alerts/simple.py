"""Simple rules: a number of bad answers, their share or the index, over the last minutes.

They are what other products have. They know nothing of what is usual at a touchpoint, so each one is shown
with how often it alarms there for nothing.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from tillsight_models.configuration import Settings
from tillsight_models.problems import Problem

from ..cleaning.history import Times
from .baseline import Baseline
from .charts import QUIET_MS
from .false_alarms import DAYS_A_MONTH
from .streams import Flags, Slots

PLAYED_WEEKS = 150
MOST_OFTEN_PER_DAY = 6.0
"""A rule with more false alarms than this is refused: nobody would read them."""


class _Window(Settings):
    window_minutes: Annotated[float, Field(ge=1, le=720)] = 15.0


class NegativeShare(_Window):
    """At least `share` of at least `least_answers` answers are negative."""

    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    least_answers: Annotated[int, Field(ge=1, le=10_000)] = 4


class NegativeCount(_Window):
    """At least `negative` negative answers."""

    negative: Annotated[int, Field(ge=1, le=10_000)] = 3


class LowIndex(_Window):
    """The index, 100 x positive / (positive + negative), is at most `index`, of `least_answers` answers."""

    index: Annotated[float, Field(ge=0, lt=100)] = 50.0
    least_answers: Annotated[int, Field(ge=1, le=10_000)] = 4


SimpleSettings = NegativeShare | NegativeCount | LowIndex
SimpleKind = Literal["negative-share", "count", "index"]
SIMPLE: dict[SimpleKind, type[SimpleSettings]] = {
    "negative-share": NegativeShare,
    "count": NegativeCount,
    "index": LowIndex,
}


def firing(settings: SimpleSettings, t: Times, negative: Flags) -> Sequence[int]:
    """Indexes of the answers at which the rule alarms: negative ones, two hours apart."""
    begin = np.searchsorted(t, t - round(settings.window_minutes * 60_000), side="right")
    sums = np.r_[0, negative.cumsum()]
    bad, answers = sums[1:] - sums[begin], np.arange(1, len(t) + 1) - begin
    found, quiet_until = [], -QUIET_MS
    for index in np.flatnonzero(negative & _holds(settings, bad, answers)).tolist():
        if t[index] >= quiet_until:
            found.append(index)
            quiet_until = int(t[index]) + QUIET_MS
    return found


def holds_at_end(settings: SimpleSettings, negative: Flags) -> bool:
    """Whether the last answer of a window alarms."""
    bad = np.array([negative.sum()])
    return bool(len(negative) and negative[-1] and _holds(settings, bad, np.array([len(negative)]))[0])


def _holds(settings: SimpleSettings, bad: Times, answers: Times) -> Flags:
    if isinstance(settings, NegativeCount):
        return bad >= settings.negative
    enough = answers >= settings.least_answers
    if isinstance(settings, NegativeShare):
        return enough & (bad >= settings.share * answers - 1e-9)
    return enough & (100 * (answers - bad) <= settings.index * answers + 1e-9)


def false_alarms_of(settings: SimpleSettings, baseline: Baseline, week: Slots) -> float:
    """In 30 days at a touchpoint where nothing is ever wrong, by playing its own weeks."""
    if not len(week.start):
        return 0.0
    rng = np.random.default_rng([11, round(settings.window_minutes * 60), len(week.start)])
    times, flags = [], []
    pace = baseline.contacts_per_hour[week.cell] * week.hours
    for share, is_bad in ((baseline.negative, True), (baseline.positive, False)):
        numbers = rng.poisson(pace * share[week.cell], (PLAYED_WEEKS, len(pace)))
        slot = np.repeat(np.tile(np.arange(len(pace)), PLAYED_WEEKS), numbers.ravel())
        number = np.repeat(np.arange(PLAYED_WEEKS).repeat(len(pace)), numbers.ravel())
        inside = rng.random(len(slot)) * (week.end - week.start)[slot]
        times.append(week.start[slot] + inside.astype(np.int64) + number * 7 * 86_400_000)
        flags.append(np.full(len(slot), is_bad))
    t, negative = np.concatenate(times), np.concatenate(flags)
    order = np.argsort(t, kind="stable")
    alarms = len(firing(settings, t[order], negative[order]))
    return alarms / PLAYED_WEEKS * DAYS_A_MONTH / 7


def lint(settings: SimpleSettings) -> Problem | None:
    """Why a rule makes no sense whatever the traffic; None where it may."""
    if isinstance(settings, NegativeCount):
        return None
    least = settings.least_answers
    if least == 1:
        line = "least_answers 1: every single negative answer would alarm; expected 2 or more"
        return Problem(line, "rule_every")
    if isinstance(settings, NegativeShare) and round(settings.share * least, 9) <= 1:
        line = f"share {settings.share:g}: one negative answer of {least} would alarm"
        return Problem(line, "rule_one_of", least=least)
    if isinstance(settings, LowIndex) and settings.index >= 100 * (1 - 1 / least):
        line = f"index {settings.index:g}: one negative answer of {least} would alarm"
        return Problem(line, "rule_one_of", least=least)
    return None


def lint_on(settings: SimpleSettings, baseline: Baseline, week: Slots) -> Problem | None:
    """Why a rule makes no sense at a touchpoint with this baseline: it cannot alarm, or does all the time."""
    needed = settings.negative if isinstance(settings, NegativeCount) else settings.least_answers
    pace = (baseline.contacts_per_hour * (baseline.negative + baseline.positive))[week.cell]
    busiest = float(pace.max(initial=0.0)) * settings.window_minutes / 60
    if needed > 4 * busiest + 10:
        within, most = f"{settings.window_minutes:g}", f"{busiest:.1f}"
        line = (
            f"it needs {needed} answers in {within} minutes, and there are about "
            f"{most} in the busiest hour: it cannot alarm"
        )
        return Problem(line, "rule_never", needed=needed, within=within, most=most)
    per_month = false_alarms_of(settings, baseline, week)
    if per_month > MOST_OFTEN_PER_DAY * DAYS_A_MONTH / 2:
        line = f"it would raise {per_month:.0f} false alarms a month where nothing is wrong: it must alarm"
        return Problem(line, "rule_always", times=f"{per_month:.0f}")
    return None
