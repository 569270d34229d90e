"""What a metric is: a named formula from counts to a number with its interval, n, status and flags."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from tillsight_models.scales import Scale

from ..errors import UnknownMetric
from .counts import Counts
from .intervals import Interval

Status = Literal["ok", "low_n", "suppressed", "uncalibrated", "partial", "no_data"]
Unit = Literal["count", "share", "points", "index", "rating"]

STATUSES: dict[Status, str] = {
    "ok": "enough answers, nothing in doubt",
    "uncalibrated": "the contact counter was never compared with a count by hand",
    "partial": "events of this time were lost, see the flags",
    "low_n": "fewer than the metric's minimum n: show it with its interval, do not rank it",
    "suppressed": "fewer than 10 answers: withheld, because so few say nothing",
    "no_data": "nothing to divide by",
}
"""What each status says, from the best to the worst; a number has the worst that holds."""

SUPPRESS_BELOW = 10
"""A number that rests on fewer than this is withheld; plain counts are not."""
DEFAULT_LEVEL = 0.95
LOWEST_LEVEL = 0.9
"""Below it the adjusted intervals may leave out their own estimate."""


@dataclass(frozen=True)
class Estimate:
    """What a formula makes of counts, before anything is withheld."""

    value: float | None
    n: int
    """How many answers (or people served) it rests on."""
    interval: Interval | None = None
    flags: frozenset[str] = frozenset()
    weights: tuple[float, ...] = ()


@dataclass(frozen=True)
class Score:
    """A number as it is shown: never without n, status and flags."""

    metric: str
    version: int
    value: float | None
    """None where nothing is known or too little to tell; `status` says which."""
    lower: float | None
    upper: float | None
    level: float
    n: int
    interval_method: str
    status: Status
    flags: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()
    """Of the ratings, worst first, where the formula weighs them."""


@dataclass(frozen=True)
class Metric:
    """One formula. A change of its result on the same counts is a new version."""

    id: str
    name: str
    unit: Unit
    formula: str
    """In words and symbols, for people."""
    inputs: tuple[str, ...]
    """Fields of Counts that it reads."""
    interval: str
    """The method, or `none`."""
    source: str
    """Who published the formula."""
    compute: Callable[[Counts, float], Estimate]
    """From counts and level; never called for a scale that it does not apply to."""
    applies: Callable[[Scale], bool] = lambda _: True
    version: int = 1
    minimum_n: int = 30
    """Below it a number is shown but not ranked; 0 for plain counts, which are always shown."""
    worst: Literal["low", "high"] = "low"
    """Which end is bad news, for rankings and for the colour of a change."""

    def score(self, counts: Counts, level: float = DEFAULT_LEVEL) -> Score:
        """The number for these counts with its two-sided interval of this level."""
        estimate = self.compute(counts, level)
        flags = estimate.flags | counts.doubts | ({"other-scale"} if counts.other_scale else set())
        status = self._status(estimate, flags)
        shown = status not in ("no_data", "suppressed")
        interval = estimate.interval if shown else None
        return Score(
            metric=self.id,
            version=self.version,
            value=estimate.value if shown else None,
            lower=interval.lower if interval else None,
            upper=interval.upper if interval else None,
            level=level,
            n=estimate.n,
            interval_method=self.interval,
            status=status,
            flags=tuple(sorted(flags)),
            weights=estimate.weights,
        )

    def _status(self, estimate: Estimate, flags: Iterable[str]) -> Status:
        if estimate.value is None:
            return "no_data"
        if self.minimum_n and estimate.n < SUPPRESS_BELOW:
            return "suppressed"
        if estimate.n < self.minimum_n:
            return "low_n"
        if "incomplete" in flags:
            return "partial"
        return "uncalibrated" if "uncalibrated" in flags else "ok"


class Catalogue:
    """The metrics that this hub computes, in the order in which they are shown."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = {metric.id: metric for metric in metrics}

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._metrics.values())

    def __getitem__(self, metric_id: str) -> Metric:
        try:
            return self._metrics[metric_id]
        except KeyError:
            known = ", ".join(self._metrics)
            raise UnknownMetric(f"metric {metric_id!r}: expected one of {known}") from None

    def chosen(self, metric_ids: Iterable[str]) -> "Catalogue":
        """Only these, in the catalogue's order; all of them where none is named."""
        wanted = {self[metric_id].id for metric_id in metric_ids}
        return Catalogue(metric for metric in self if not wanted or metric.id in wanted)

    def scores(self, counts: Counts, level: float = DEFAULT_LEVEL) -> list[Score]:
        """Every metric that applies to the scale of these counts."""
        return [metric.score(counts, level) for metric in self if metric.applies(counts.scale)]
