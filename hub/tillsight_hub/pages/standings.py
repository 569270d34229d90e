"""Touchpoints, stores or regions beside each other: what ranking and change say of them, scale by scale."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import add
from typing import Literal

from sqlalchemy import Connection

from ..charts.caterpillar import Verdict
from ..hierarchy import Hierarchy, Touchpoint
from ..metrics.counts import Counts
from ..metrics.funnel import Funnel, funnel
from ..metrics.questions import Questions
from ..metrics.registry import Catalogue, Metric, Score
from ..periods import Period
from ..scores.changes import CERTAIN_BELOW, Change, Seen, changes, months_before, period_before
from ..scores.narrowing import Narrowed, Narrowing, read_narrowed
from ..scores.ranking import Standing, ranked, worst_of
from ..scores.score_ids import EXPLAIN_PAGE, EditionOf, ScoreId, narrowed_cut, narrowed_editions
from ..scores.scores import Group
from .choosing import MOST_MONTHS

By = Literal["touchpoint", "store", "region"]
LEAST_IN_FUNNEL = 5
"""Fewer points show no funnel."""


@dataclass(frozen=True)
class Question:
    """What is compared, and over which days."""

    places: Sequence[Touchpoint]
    asked: str | None
    """The place, or the viewer's scope, that `places` are."""
    period: Period
    by: By
    metric: Metric
    narrowing: Narrowing = field(default_factory=Narrowing)
    """Which weekdays and hours; hours are told of whole months that are over."""


@dataclass(frozen=True)
class Line:
    """One place: its score, where it stands, and what became of it."""

    group: Group
    above: str
    """The store's name where it is a touchpoint, the region's where it is a store; may be empty."""
    score: Score
    standing: Standing
    verdict: Verdict
    explain: str
    """Address of the page about the score."""
    change: Change | None
    explain_before: str

    @property
    def place(self) -> str:
        return self.group.key

    @property
    def name(self) -> str:
        """Enough to know it by."""
        return f"{self.group.label}, {self.above}" if self.above else self.group.label


@dataclass(frozen=True)
class Comparison:
    """The places of one rating scale: scores of two scales do not compare."""

    scale: str
    metric: Metric
    lines: Sequence[Line]
    """In the order of the hierarchy."""
    mean: Score
    """Of all of them together."""
    explain_mean: str

    @cached_property
    def ranked(self) -> list[Line]:
        """By the shrunk value, the best first."""
        found = [line for line in self.lines if line.standing.rank is not None]
        return sorted(found, key=lambda line: line.standing.rank or 0)

    @cached_property
    def unranked(self) -> list[Line]:
        return [line for line in self.lines if line.standing.rank is None]

    def of(self, verdict: Verdict) -> list[Line]:
        """Ranked ones of which that can be said, in the order of the hierarchy: no other one is known."""
        return [line for line in self.lines if line.standing.rank is not None and line.verdict == verdict]

    @property
    def worst_of(self) -> int:
        return worst_of(len(self.ranked))

    @cached_property
    def tested(self) -> list[Line]:
        """Those whose change could be tested."""
        return [line for line in self.lines if line.change and line.change.reason is None]

    def changed(self, *, is_better: bool) -> list[Line]:
        """Those whose change is more than chance."""
        return [line for line in self.tested if line.change and line.change.is_better is is_better]

    @cached_property
    def funnel(self) -> Funnel | None:
        """None where the metric is no share, or too few places have enough people."""
        members = self.in_funnel
        if self.metric.unit != "share" or len(members) < LEAST_IN_FUNNEL:
            return None
        shares = [line.score.value for line in members if line.score.value is not None]
        return funnel(shares, [line.score.n for line in members])

    @cached_property
    def in_funnel(self) -> list[Line]:
        """Those with a value between 0 and 1."""
        return [line for line in self.ranked if line.score.n and 0 <= (line.score.value or 0) <= 1]


@dataclass(frozen=True)
class Compared:
    """The answer to one question."""

    comparisons: Sequence[Comparison]
    """One for each scale, in the order of the places."""
    sums: Sequence[Counts]
    """Of each scale."""
    used: Period | None
    """The days that the numbers are of; None where hours are asked for and no whole month is over."""
    earlier: Period
    """What changes are tested against."""


def read_comparisons(
    connection: Connection, hierarchy: Hierarchy, question: Question, metrics: Catalogue, now: int
) -> Compared:
    """Every place of the question beside the others of its scale, and beside itself before."""

    def groups(period: Period, questions: Questions) -> Narrowed:
        return read_narrowed(
            connection,
            question.places,
            period,
            question.by,
            question.narrowing,
            smallest_cell=metrics.smallest_cell,
            now=now,
            questions=questions,
            most_months=MOST_MONTHS,
        )

    def links(period: Period) -> EditionOf:
        return narrowed_editions(
            connection,
            hierarchy,
            question.places,
            asked=question.asked,
            period=period,
            by=question.by,
            narrowing=question.narrowing,
        )

    after = groups(question.period, metrics.questions)
    used = after.used or question.period
    earlier = months_before(used) if question.narrowing.hours else period_before(used)
    before = groups(earlier, metrics.chosen([question.metric.id]).questions)
    source = _Source(
        replace(question, period=used),
        _above(hierarchy, question.by),
        changes(_seen(before.groups, question.metric), _seen(after.groups, question.metric), question.metric),
        links(used),
        links(earlier),
    )
    scales: dict[str, list[Group]] = {}
    for group in after.groups:
        scales.setdefault(group.counts.scale.id, []).append(group)
    comparisons = [
        source.comparison(scale, members)
        for scale, members in scales.items()
        if question.metric.applies(members[0].counts.scale)
    ]
    return Compared(comparisons, [_sum(members) for members in scales.values()], after.used, earlier)


def comparable(metrics: Catalogue, sums: Iterable[Counts], chosen: str) -> list[Metric]:
    """Metrics with an interval that these counts have a number for, and the chosen one."""
    sums = list(sums)
    return [
        metric
        for metric in metrics
        if metric.id == chosen
        or (
            is_comparable(metric)
            and not metric.id.startswith("share_rating_")
            and any(metric.applies(c.scale) and metric.score(c).status != "no_data" for c in sums)
        )
    ]


def is_comparable(metric: Metric) -> bool:
    """Whether it is a score with an interval, not a plain count."""
    return metric.unit != "count" and metric.interval != "none"


def _key(group: Group) -> str:
    """Places other than touchpoints may have several scales."""
    return f"{group.key}/{group.counts.scale.id}"


def _seen(groups: Iterable[Group], metric: Metric) -> dict[str, Seen]:
    return {
        _key(group): Seen(metric.score(group.counts), group.counts)
        for group in groups
        if metric.applies(group.counts.scale)
    }


def _sum(groups: Sequence[Group]) -> Counts:
    return reduce(add, (group.counts for group in groups))


@dataclass(frozen=True)
class _Source:
    """What lines are made of."""

    question: Question
    above: Mapping[str, str]
    changes: Mapping[str, Change]
    link: EditionOf
    link_before: EditionOf

    def comparison(self, scale: str, groups: Sequence[Group]) -> Comparison:
        metric, asked = self.question.metric, self.question
        scores = {group.key: metric.score(group.counts) for group in groups}
        standings = ranked(scores, metric)
        mean = metric.score(_sum(groups))
        lines = [self._line(group, scores[group.key], standings[group.key], mean) for group in groups]
        cut, key = narrowed_cut(asked.narrowing)
        total = ScoreId(metric.id, asked.asked, scale, asked.period, cut, key, mean.level)
        return Comparison(scale, metric, lines, mean, EXPLAIN_PAGE.format(id=total))

    def _line(self, group: Group, score: Score, standing: Standing, mean: Score) -> Line:
        metric = self.question.metric
        return Line(
            group,
            self.above.get(group.key, ""),
            score,
            standing,
            _verdict(score, standing, mean, metric),
            EXPLAIN_PAGE.format(id=self.link(group).id(metric.id)),
            self.changes.get(_key(group)),
            EXPLAIN_PAGE.format(id=self.link_before(group).id(metric.id)),
        )


def _verdict(score: Score, standing: Standing, mean: Score, metric: Metric) -> Verdict:
    """Apart from the others together only where that is no chance, with so many looked at."""
    if standing.p_adjusted is None or standing.p_adjusted >= CERTAIN_BELOW:
        return "same"
    if score.value is None or mean.value is None:
        return "same"
    return "worse" if (score.value > mean.value) == (metric.worst == "high") else "better"


def _above(hierarchy: Hierarchy, by: By) -> dict[str, str]:
    """By place, the name of what it lies in, as far as that helps to know it."""
    if by == "touchpoint":
        return {id: place.store_name for id, place in hierarchy.touchpoints.items()}
    if by == "store":
        return {id: hierarchy.regions[store.region_id].name for id, store in hierarchy.stores.items()}
    return {}
