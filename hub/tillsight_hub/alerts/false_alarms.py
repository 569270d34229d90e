"""False alarms: how often a chart alarms though nothing is wrong, found by playing the touchpoint's own week.

Played is what makes an alarm, not the years between two: runs of bad answers are drawn as they come when
something is wrong and weighed by how likely they are when nothing is (importance sampling), with the share
of negative answers drawn from what the baseline leaves open. Always the same answer for the same baseline.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from .baseline import Baseline, Numbers
from .evidence import Evidence
from .streams import Slots

DAYS_A_MONTH = 30.0
LEVELS = np.arange(2.0, 16.01, 0.25)
"""Thresholds for which the rate is found; in between it is log-linear."""
RUNS = 600
STARTS, START_VOTES = 300, 40
LONGEST_RUN = 150
"""In answers; a run that is still going by then is given up."""
DAY_TO_DAY = 0.04
"""Standard deviation of the log of what one day differs from the next beyond chance: a promotion, a queue, a
child's press that cleaning did not find."""
UNSEEN = 0.1
"""Share of customers with an answer whom the counter misses, so that no contact stands beside the answer."""

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Threshold:
    """Where a chart alarms, and how often it does so for nothing."""

    level: float
    per_month: float
    """False alarms in 30 days."""
    error: float
    """Standard error of `per_month` from the simulation."""

    @property
    def months(self) -> float:
        """Mean time between false alarms, in months of 30 days: the chart's ARL0."""
        return 1 / self.per_month


@dataclass(frozen=True)
class Side:
    """A touchpoint as the simulation plays it."""

    baseline: Baseline
    evidence: Evidence


@dataclass(frozen=True)
class Rates:
    """False alarms in 30 days at each of LEVELS, and their standard errors."""

    per_month: Numbers
    errors: Numbers

    def threshold(self, per_month: float) -> Threshold:
        """The lowest level with at most so many false alarms; the highest there is where none has."""
        enough = np.flatnonzero(self.per_month <= per_month)
        if not len(enough):
            return self.at(float(LEVELS[-1]))
        after = int(enough[0])
        if after == 0:
            return self.at(float(LEVELS[0]))
        above, below = np.log(np.maximum(self.per_month[after - 1 : after + 1], 1e-12))
        part = (above - np.log(per_month)) / (above - below)
        return self.at(float(LEVELS[after - 1] + part * (LEVELS[1] - LEVELS[0])))

    def at(self, level: float) -> Threshold:
        """What is said of a chart with this threshold."""
        logs = np.log(np.maximum(self.per_month, 1e-12))
        rate = float(np.exp(np.interp(level, LEVELS, logs)))
        relative = float(np.interp(level, LEVELS, self.errors / np.maximum(self.per_month, 1e-12)))
        return Threshold(level, rate, rate * relative)


def false_alarms(sides: Sequence[Side], week: Slots, seed: Sequence[int]) -> Rates:
    """Of a chart of one touchpoint, or of one chart of all touchpoints of a store."""
    play = _Play(sides, week, np.random.default_rng(list(seed)))
    starts = play.starts_per_week()
    if starts <= 0:
        nothing = np.zeros(len(LEVELS))
        return Rates(nothing, nothing)
    reached = play.reached()
    mean = reached.mean(axis=0)
    error = reached.std(axis=0) / np.sqrt(len(reached))
    scale = starts * DAYS_A_MONTH / 7
    return Rates(mean * scale, error * scale)


class _Play:
    """One touchpoint or several, hour by hour; arrays are slots by touchpoints, or runs by touchpoints."""

    def __init__(self, sides: Sequence[Side], week: Slots, rng: np.random.Generator) -> None:
        self.rng = rng
        self.sides = sides
        cell = week.cell

        def of(pick: Callable[[Side], Numbers]) -> Numbers:
            return np.stack([pick(side)[cell] for side in sides], axis=1)

        self.pace = of(lambda side: side.baseline.contacts_per_hour)
        self.n, self.q = of(lambda side: side.baseline.negative), of(lambda side: side.baseline.positive)
        self.n1 = of(lambda side: side.evidence.wrong_negative)
        self.q1 = of(lambda side: side.evidence.wrong_positive)
        self.silent = of(lambda side: side.evidence.silent)
        self.negative = of(lambda side: side.evidence.negative)
        self.positive = of(lambda side: side.evidence.positive)
        self.bounds = np.r_[0.0, week.hours.cumsum()]
        last = np.r_[np.flatnonzero(np.diff(week.day)), len(week.day) - 1]
        self.closes = np.repeat(self.bounds[last + 1], np.diff(np.r_[-1, last]))
        """By slot: when its business day ends, on the clock that counts opening hours only."""
        self.hours = week.hours
        self.counts = np.array([side.baseline.counts_contacts for side in sides])

    def starts_per_week(self) -> float:
        """Negative answers a week that meet an empty chart."""
        usual = (self.pace * self.n * self.hours[:, None]).sum()
        if not usual:
            return 0.0
        bad, good = self._draw(STARTS)
        slot = self.rng.choice(len(self.hours), STARTS, p=self.hours / self.hours.sum())
        at, value = self.bounds[slot], np.zeros(STARTS)
        met, empty = 0, 0
        for _ in range(START_VOTES):
            n, q = self.n[slot] * bad, self.q[slot] * good
            step = self._step(slot, n, q, n, q)
            at = at + step.gap
            open_still = at < self.closes[slot]
            value = np.maximum(value + step.silent, 0.0)
            met += int((step.is_negative & open_still).sum())
            empty += int((step.is_negative & open_still & (value <= 0)).sum())
            value = np.where(value > LEVELS[16], 0.0, np.maximum(value + step.vote, 0.0))
            value = np.where(open_still, value, 0.0)
            slot = np.where(open_still, self._slot(at), slot)
            at = np.where(open_still, at, self.bounds[slot])
        return float(usual * empty / max(met, 1))

    def reached(self) -> Numbers:
        """Of each run and level: its weight where it reached the level, else 0."""
        rng, runs = self.rng, np.arange(RUNS)
        share = self.pace * self.n * self.hours[:, None]
        which = rng.choice(share.size, RUNS, p=share.ravel() / share.sum())
        slot, who = np.divmod(which, share.shape[1])
        at = self.bounds[slot] + rng.random(RUNS) * self.hours[slot]
        stop = self.closes[slot]
        bad, good = self._draw(RUNS)
        first = np.arange(RUNS)
        log_weight = np.log(bad[first, who])
        value = self.negative[slot, who] + self._own_silent(slot, who)
        high = np.full(RUNS, -1)
        gained = np.zeros((RUNS, len(LEVELS) + 1))
        for _ in range(LONGEST_RUN):
            level = np.floor((value - LEVELS[0]) / (LEVELS[1] - LEVELS[0])).astype(int)
            level = np.minimum(level, len(LEVELS) - 1)
            up = level > high
            weight = np.exp(log_weight[up])
            gained[runs[up], high[up] + 1] += weight
            gained[runs[up], level[up] + 1] -= weight
            high = np.maximum(high, level)
            n = np.minimum(self.n[slot] * bad, 0.95)
            q = np.minimum(self.q[slot] * good, 1 - n)
            step = self._step(slot, n, q, self.n1[slot], self.q1[slot])
            log_weight = log_weight + step.log_weight
            value = value + step.silent
            going = value > 0
            value = value + step.vote
            at = at + step.gap
            going &= (value > 0) & (at < stop) & (high < len(LEVELS) - 1)
            runs, value, high, at, stop = runs[going], value[going], high[going], at[going], stop[going]
            log_weight, bad, good = log_weight[going], bad[going], good[going]
            if not len(runs):
                break
            slot = self._slot(at)
        reached: Numbers = gained.cumsum(axis=1)[:, :-1]
        return reached

    def _slot(self, at: Numbers) -> npt.NDArray[np.int64]:
        found: npt.NDArray[np.int64] = np.searchsorted(self.bounds, at, side="right") - 1
        return np.clip(found, 0, len(self.hours) - 1)

    def _own_silent(self, slot: npt.NDArray[np.int64], who: npt.NDArray[np.int64]) -> Numbers:
        """Of the contact that stands beside an answer, unless the counter missed it."""
        seen = self.rng.random(len(slot)) >= UNSEEN
        return np.where(seen, self.silent[slot, who], 0.0)

    def _draw(self, runs: int) -> tuple[Numbers, Numbers]:
        """What negative and positive answers may really be, over what the baseline says."""
        bad, good = np.ones((runs, len(self.sides))), np.ones((runs, len(self.sides)))
        for i, side in enumerate(self.sides):
            a, b = side.baseline.share
            share, mean = self.rng.beta(a, b, runs), a / (a + b)
            response: Numbers | float = 1.0
            if side.baseline.counts_contacts:
                c, d = side.baseline.response
                response = self.rng.beta(c, d, runs) / (c / (c + d))
            odds = np.exp(self.rng.normal(0, DAY_TO_DAY, runs))
            bad[:, i] = share / mean * response * odds
            good[:, i] = (1 - share) / (1 - mean) * response
        return bad, good

    def _step(
        self, slot: npt.NDArray[np.int64], n: Numbers, q: Numbers, drawn_n: Numbers, drawn_q: Numbers
    ) -> "_Step":
        """To the next answer: drawn with the shares `drawn_*`, weighed as if with `n` and `q`."""
        rng, pace, rows = self.rng, self.pace[slot], np.arange(len(slot))
        drawn_n, drawn_q = np.minimum(drawn_n, 0.95), np.minimum(drawn_q, 1 - np.minimum(drawn_n, 0.95))
        rates = pace * (drawn_n + drawn_q)
        total = np.maximum(rates.sum(axis=1), 1e-9)
        gap = rng.exponential(1.0, len(slot)) / total
        quiet, drawn_quiet = np.maximum(1 - n - q, 1e-6), np.maximum(1 - drawn_n - drawn_q, 1e-6)
        silent = rng.poisson(pace * np.where(self.counts, drawn_quiet, 0.0) * gap[:, None])
        who = (rng.random(len(slot))[:, None] * total[:, None] > rates.cumsum(axis=1)).sum(axis=1)
        who = np.minimum(who, rates.shape[1] - 1)
        chance = drawn_n[rows, who] / (drawn_n[rows, who] + drawn_q[rows, who])
        is_negative = rng.random(len(slot)) < chance
        ratio = np.where(
            is_negative,
            n[rows, who] / drawn_n[rows, who],
            q[rows, who] / np.maximum(drawn_q[rows, who], 1e-9),
        )
        log_weight = np.log(np.maximum(ratio, 1e-12)) + (silent * np.log(quiet / drawn_quiet)).sum(axis=1)
        score = np.where(is_negative, self.negative[slot, who], self.positive[slot, who])
        return _Step(
            gap,
            is_negative,
            (silent * self.silent[slot]).sum(axis=1),
            score + self._own_silent(slot, who),
            log_weight,
        )


@dataclass(frozen=True)
class _Step:
    gap: Numbers
    """Opening hours until the next answer."""
    is_negative: Flags
    silent: Numbers
    """What the people who said nothing until then add to the chart."""
    vote: Numbers
    log_weight: Numbers
