"""What a metric is: a named formula from counts to a number with its interval, n, status and flags."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from tillsight_models.problems import Problem
from tillsight_models.scales import Scale

from ..errors import UnknownMetric
from .counts import Counts
from .intervals import Interval
from .questions import Questions
from .settings import SUPPRESS_BELOW

Status = Literal["ok", "low_n", "suppressed", "uncalibrated", "partial", "no_data"]
Unit = Literal["count", "share", "points", "index", "rating", "seconds", "money"]
"""Money is in minor units of the till's currency."""

STATUSES: dict[Status, str] = {
    "ok": "enough answers, nothing in doubt",
    "uncalibrated": "the contact counter was hardly or never compared with a count by hand",
    "partial": "events were lost, or more than a tenth of the answers is withheld: see the flags",
    "low_n": "fewer than the metric's minimum n: show it with its interval, do not rank it",
    "suppressed": "withheld: it would tell what too few people said",
    "no_data": "nothing to divide by",
}
"""What each status says, from the best to the worst; a number has the worst that holds."""

PARTIAL_ABOVE = 0.1
"""Share of the answers that may be withheld before a number made of the others is called partial."""
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
    bounds: Interval | None = None
    """Between which the number lies, where the data leave it open: the value is None then, and the interval
    is around both bounds."""
    assumption: str = ""
    """Under which the bounds hold."""


class Told(NamedTuple):
    """Whose answers a number tells together, in people."""

    told: int
    withheld: int
    """Of the same places and times, left out because they are too few where they belong."""


def told_ratings(counts: Counts) -> Told:
    """Of a number made of accepted presses."""
    return Told(counts.responses, counts.withheld)


def told_per_contact(counts: Counts) -> Told:
    """Of a number made of accepted presses where and while contacts were counted."""
    return Told(sum(counts.rated_contacts), counts.withheld_rated)


def told_moods(counts: Counts) -> Told:
    """Of a number made of faces whose mood is known."""
    return Told(sum(counts.emotions[:3]), counts.withheld_faces)


def told_nothing(_: Counts) -> Told:
    """Of a number that tells how many people there were, and not what they said."""
    return Told(0, 0)


_TOLD: dict[str, Callable[[Counts], Told]] = {
    "ratings": told_ratings,
    "rated_contacts": told_per_contact,
    "emotions": told_moods,
}
"""By input of a metric that does not say otherwise."""


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
    """Of the ratings, worst first, or of the questions or dimensions, where the formula weighs them."""
    bound_lower: float | None = None
    """Of a number that the data leave open: it lies between both bounds under the assumption, and no value is
    given. `lower` and `upper` then say how far the bounds themselves may be off."""
    bound_upper: float | None = None
    assumption: str = ""


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
    """The method; `exact` for plain counts, whose interval has no width."""
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
    told: Callable[[Counts], Told] | None = None
    """Whose answers it tells; None: by its inputs."""
    smallest_cell: int = SUPPRESS_BELOW
    """How many answers it has to rest on before it is told at all."""

    def score(self, counts: Counts, level: float = DEFAULT_LEVEL) -> Score:
        """The number for these counts with its two-sided interval of this level."""
        estimate = self.compute(counts, level)
        told = self._told(counts)
        flags = estimate.flags | counts.doubts | ({"other-scale"} if counts.other_scale else set())
        flags |= {"small-cells"} if told.withheld else set()
        status = self._status(estimate, told, flags)
        shown = status not in ("no_data", "suppressed")
        flags -= set() if shown else {"all-alike"}  # it would tell what they said
        interval = estimate.interval if shown else None
        bounds = estimate.bounds if shown else None
        return Score(
            metric=self.id,
            version=self.version,
            value=estimate.value if shown else None,
            lower=interval.lower if interval else None,
            upper=interval.upper if interval else None,
            level=level,
            n=sum(told) if status == "suppressed" and told.withheld else estimate.n,
            interval_method=self.interval,
            status=status,
            flags=tuple(sorted(flags)),
            weights=estimate.weights,
            bound_lower=bounds.lower if bounds else None,
            bound_upper=bounds.upper if bounds else None,
            assumption=estimate.assumption if shown else "",
        )

    def _told(self, counts: Counts) -> Told:
        if not self.minimum_n:
            return told_nothing(counts)
        tells = self.told or next((_TOLD[name] for name in self.inputs if name in _TOLD), told_nothing)
        return tells(counts)

    def _status(self, estimate: Estimate, told: Told, flags: Iterable[str]) -> Status:
        if estimate.value is None and estimate.bounds is None:
            return "suppressed" if told.withheld else "no_data"
        if self.minimum_n and estimate.n < self.smallest_cell:
            return "suppressed"
        if sum(told) > 0 and told.told < max(self.smallest_cell, told.withheld):
            return "suppressed"
        if estimate.n < self.minimum_n:
            return "low_n"
        if "incomplete" in flags or told.withheld > PARTIAL_ABOVE * sum(told):
            return "partial"
        return "uncalibrated" if "uncalibrated" in flags else "ok"


class Catalogue:
    """The metrics that this hub computes, in the order in which they are shown."""

    def __init__(
        self, metrics: Iterable[Metric], smallest_cell: int = SUPPRESS_BELOW, questions: Questions = ()
    ) -> None:
        self.smallest_cell = smallest_cell
        self._questions = questions
        self._metrics = {metric.id: replace(metric, smallest_cell=smallest_cell) for metric in metrics}

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._metrics.values())

    def __getitem__(self, metric_id: str) -> Metric:
        try:
            return self._metrics[metric_id]
        except KeyError:
            known = ", ".join(self._metrics)
            line = f"metric {metric_id!r}: expected one of {known}"
            raise UnknownMetric(Problem(line, "metric_unknown", metric=metric_id, known=known)) from None

    def chosen(self, metric_ids: Iterable[str]) -> "Catalogue":
        """Only these, in the catalogue's order; all of them where none is named."""
        wanted = {self[metric_id].id for metric_id in metric_ids}
        chosen = (metric for metric in self if not wanted or metric.id in wanted)
        return Catalogue(chosen, self.smallest_cell, self._questions)

    @property
    def questions(self) -> Questions:
        """Whose answers these metrics need; none where no metric here needs any."""
        return self._questions if any("answers" in metric.inputs for metric in self) else ()

    def scores(self, counts: Counts, level: float = DEFAULT_LEVEL) -> list[Score]:
        """Every metric that applies to the scale of these counts."""
        return [metric.score(counts, level) for metric in self if metric.applies(counts.scale)]
