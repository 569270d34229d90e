"""Charts: the CUSUM of every touchpoint, and of every store as a whole, one answer after the other.

A chart begins at 0 each business day, adds the evidence of each customer and never falls below 0. Only a
negative answer alarms. The same code serves the live hub, in slices of seconds, and files, in slices of days:
where a stretch of time is cut makes no difference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

import numpy as np

from .baseline import Baseline
from .evidence import Evidence
from .false_alarms import Threshold
from .streams import Stream

QUIET_MS = 7_200_000
"""After an alert the same touchpoint raises no other one for so long."""
STORE_ACTIVE_MS = 3_600_000
"""For so long after its store's chart alarmed a touchpoint with evidence of its own joins in."""
OWN_PART = 1.0
"""Evidence that a touchpoint must have of its own where the store's chart alarms."""
BEYOND_LOUDEST = 2.0
"""So much more evidence than the loudest touchpoint has alone must the store have: then several are worse."""

MOST_EVIDENCE = 10.0
"""More is not remembered, so that a matter that is over is soon seen to be."""

ChartName = Literal["touchpoint", "store"]


@dataclass(frozen=True)
class Chart:
    """A touchpoint's chart for one business day."""

    baseline: Baseline
    evidence: Evidence
    threshold: Threshold | None
    """None: it raises no alert of its own; it is part of its store's chart all the same."""


@dataclass
class Run:
    """One chart's way since it was last at 0."""

    value: float = 0.0
    """Since the last alarm: this is what alarms."""
    evidence: float = 0.0
    """Whatever alarmed in between: when it is 0 again, the matter is over."""
    since: int = 0
    """ms UTC of the first answer of the run."""
    negative: int = 0
    positive: int = 0
    contacts: int = 0
    expected: float = 0.0
    """Negative answers that these contacts usually bring."""

    def add(self, amount: float) -> None:
        """Never below 0."""
        self.value = max(0.0, self.value + amount)
        self.evidence = min(MOST_EVIDENCE, max(0.0, self.evidence + amount))

    def begin(self, t: int) -> None:
        """A run begins with the answer at `t`."""
        self.since, self.negative, self.positive, self.contacts, self.expected = t, 0, 0, 0, 0.0


@dataclass
class TouchpointRun(Run):
    """A touchpoint's chart, and its alert where one is open."""

    quiet_until: int = 0
    """ms UTC"""
    open_since: int = 0
    """ms UTC of the vote that raised the open alert; 0: none is open."""


@dataclass
class StoreState:
    """All charts of a store; goes to the table as JSON and back."""

    day: int = 0
    """Ordinal of the business day."""
    store: Run = field(default_factory=Run)
    active_until: int = 0
    """ms UTC; the store's chart alarmed lately and has not been at 0 since."""
    touchpoints: dict[str, TouchpointRun] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> Self:
        runs = {tp: TouchpointRun(**run) for tp, run in found["touchpoints"].items()}
        return cls(found["day"], Run(**found["store"]), found["active_until"], runs)


@dataclass(frozen=True)
class Alarm:
    """A chart crossed its threshold."""

    tp: str
    t: int
    """ms UTC of the answer that did it."""
    chart: ChartName
    since: int
    statistic: float
    threshold: float
    months: float
    """Mean time between false alarms at this touchpoint, of its own chart and its store's together."""
    negative: int
    positive: int
    contacts: int
    expected: float


@dataclass(frozen=True)
class Cleared:
    """An alert is over: its chart was at 0 again, or the day ended."""

    tp: str
    raised: int
    """ms UTC of the vote that had raised it."""
    t: int | None
    """ms UTC; None: at the end of its business day."""


@dataclass(frozen=True)
class StoreCharts:
    """The charts of one store for one business day."""

    charts: Mapping[str, Chart]
    """By touchpoint."""
    threshold: Threshold | None = None
    """Of the store's chart; None where it has none: one touchpoint, or nothing learnt."""

    def advance(self, state: StoreState, day: int, streams: Mapping[str, Stream]) -> list[Alarm | Cleared]:
        """Take what happened next on that business day into the state; what became of it, in order."""
        found: list[Alarm | Cleared] = []
        if day != state.day:
            found += end_day(state, day)
        ways = [
            _Way(tp, self.charts[tp], stream, state.touchpoints.setdefault(tp, TouchpointRun()))
            for tp, stream in streams.items()
            if tp in self.charts
        ]
        steps = sorted((t, i, k) for i, way in enumerate(ways) for k, t in enumerate(way.times))
        shared = _Silence.of_all(ways)
        for t, i, k in steps:
            way, run = ways[i], ways[i].run
            state.store.add(shared.until(t))
            if state.store.evidence <= 0:
                state.active_until = 0
            found += way.keep_silent(t)
            score, is_negative = way.scores[k], way.negative[k]
            for chart in (run, state.store):
                if chart.evidence <= 0:
                    chart.begin(t)
                chart.add(score)
                chart.negative += is_negative
                chart.positive += not is_negative
            if t < run.quiet_until:
                run.value = 0.0
            if t < state.active_until:
                state.store.value = 0.0
            if is_negative:
                found += self._judged(state, t, way.tp)
        state.store.add(shared.rest())
        if state.store.evidence <= 0:
            state.active_until = 0
        for way in ways:
            found += way.keep_silent(None)
        return found

    def months_at(self, tp: str) -> float:
        """Mean time between false alarms there, in months, over both charts; infinite where none can be."""
        both = (self.charts[tp].threshold, self.threshold)
        per_month = sum(threshold.per_month for threshold in both if threshold is not None)
        return 1 / per_month if per_month > 0 else float("inf")

    def _judged(self, state: StoreState, t: int, tp: str) -> list[Alarm | Cleared]:
        run, threshold = state.touchpoints[tp], self.charts[tp].threshold
        total = state.store.evidence
        if self._store_alarms(state, t):
            assert self.threshold is not None
            state.active_until, state.store.value = t + STORE_ACTIVE_MS, 0.0
            return [
                self._raised(each, other, t, chart="store", statistic=total, level=self.threshold.level)
                for each, other in state.touchpoints.items()
                if each in self.charts and _may_join(other, t)
            ]
        if threshold is not None and run.value >= threshold.level:
            value, run.value = run.value, 0.0
            if t >= run.quiet_until:
                return [self._raised(tp, run, t, chart="touchpoint", statistic=value, level=threshold.level)]
        elif t < state.active_until and self.threshold is not None and _may_join(run, t):
            return [self._raised(tp, run, t, chart="store", statistic=total, level=self.threshold.level)]
        return []

    def _store_alarms(self, state: StoreState, t: int) -> bool:
        if self.threshold is None or t < state.active_until or state.store.value < self.threshold.level:
            return False
        loudest = max(run.evidence for run in state.touchpoints.values())
        return state.store.evidence >= loudest + BEYOND_LOUDEST

    def _raised(
        self, tp: str, run: TouchpointRun, t: int, *, chart: ChartName, statistic: float, level: float
    ) -> Alarm:
        run.quiet_until, run.open_since, run.value = t + QUIET_MS, t, 0.0
        return Alarm(
            tp=tp,
            t=t,
            chart=chart,
            since=run.since,
            statistic=statistic,
            threshold=level,
            months=self.months_at(tp),
            negative=run.negative,
            positive=run.positive,
            contacts=run.contacts,
            expected=run.expected,
        )


def end_day(state: StoreState, day: int) -> list[Alarm | Cleared]:
    """Every chart begins anew, and what was open is over."""
    over: list[Alarm | Cleared] = [
        Cleared(tp, run.open_since, None) for tp, run in state.touchpoints.items() if run.open_since
    ]
    quiet = {tp: run.quiet_until for tp, run in state.touchpoints.items()}
    state.day, state.store, state.active_until = day, Run(), 0
    state.touchpoints = {tp: TouchpointRun(quiet_until=until) for tp, until in quiet.items()}
    return over


def _may_join(run: TouchpointRun, t: int) -> bool:
    return run.value >= OWN_PART and t >= run.quiet_until


class _Silence:
    """The evidence of people served between answers, added up."""

    def __init__(self, t: np.ndarray, amounts: np.ndarray) -> None:
        order = np.argsort(t, kind="stable")
        self._t = t[order]
        self._sums = np.r_[0.0, amounts[order].cumsum()]
        self._done = 0

    @classmethod
    def of_all(cls, ways: Sequence["_Way"]) -> "_Silence":
        if not ways:
            return cls(np.zeros(0, np.int64), np.zeros(0))
        return cls(
            np.concatenate([way.stream.contact_t for way in ways]),
            np.concatenate([way.silent for way in ways]),
        )

    def until(self, t: int) -> float:
        """Of contacts that ended up to `t`, since the last time that it was asked."""
        return self._move(int(np.searchsorted(self._t, t, side="right")))

    def rest(self) -> float:
        return self._move(len(self._t))

    def _move(self, upto: int) -> float:
        upto = max(upto, self._done)
        amount = float(self._sums[upto] - self._sums[self._done])
        self._done = upto
        return amount


class _Way:
    """One touchpoint's part of a slice, with the evidence of each customer."""

    def __init__(self, tp: str, chart: Chart, stream: Stream, run: TouchpointRun) -> None:
        self.tp, self.run, self.stream = tp, run, stream
        self.times = stream.vote_t.tolist()
        self.negative = stream.negative.tolist()
        of, cell = chart.evidence, stream.vote_cell
        seen = np.where(stream.negative, of.negative[cell], of.positive[cell])
        blind = np.where(stream.negative, of.blind_negative[cell], of.blind_positive[cell])
        self.scores = np.where(stream.blind, blind, seen).tolist()
        self.silent = of.silent[stream.contact_cell] * stream.people
        usual = chart.baseline.negative[stream.contact_cell] * stream.people
        self._people = np.r_[0, stream.people.cumsum()]
        self._usual = np.r_[0.0, usual.cumsum()]
        self._sums = np.r_[0.0, self.silent.cumsum()]
        self._done = 0

    def keep_silent(self, t: int | None) -> list[Alarm | Cleared]:
        """Those who were served up to `t`, or all; says when the open alert is over by that."""
        contact_t = self.stream.contact_t
        upto = len(contact_t) if t is None else int(np.searchsorted(contact_t, t, side="right"))
        run, done, self._done = self.run, self._done, max(upto, self._done)
        run.contacts += int(self._people[self._done] - self._people[done])
        run.expected += float(self._usual[self._done] - self._usual[done])
        run.add(float(self._sums[self._done] - self._sums[done]))
        if run.evidence <= 0 and run.open_since:
            over = Cleared(self.tp, run.open_since, t or int(contact_t[-1]))
            run.open_since = 0
            return [over]
        return []
