"""One place over a period: how much, why, and who exactly, as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tillsight_models.scales import Scale

from ..hierarchy import Hierarchy, Touchpoint
from ..metrics.counts import Counts
from ..metrics.registry import Metric, Score
from ..periods import Period, bucket_days, bucket_of
from ..scores.changes import Change
from ..scores.happenings import Happening
from ..scores.score_ids import EXPLAIN_PAGE, Cut, ScoreId, narrowed_cut
from .choosing import Choice
from .rendering import Pages

Level = Literal["org", "region", "store", "touchpoint"]
BELOW: Mapping[Level, Level] = {"org": "region", "region": "store", "store": "touchpoint"}
PER_SERVED = ("relative_dissatisfaction", "relative_satisfaction", "response_rate", "csat")
OF_PRESSED = ("csat", "happy_index", "nps", "responses")
"""What stands on top where nothing counts who was served."""
HEADLINES = (*PER_SERVED, *OF_PRESSED)
TRENDS = (
    "relative_dissatisfaction",
    "relative_satisfaction",
    "csat",
    "nps",
    "response_rate",
    "contacts",
    "responses",
)
"""What the line may show."""


@dataclass(frozen=True)
class Where:
    """A place, with what lies above it and the touchpoints in it."""

    id: str
    name: str
    level: Level
    members: tuple[Touchpoint, ...]
    above: tuple[tuple[str, str], ...]
    """Id and name of every place above it that the viewer sees as a whole, the highest first."""


@dataclass(frozen=True)
class Number:
    """A score of the period, and what became of it since the one before."""

    metric: Metric
    score: Score
    change: Change | None

    @property
    def tone(self) -> Literal["negative", "positive", "rate"]:
        """What colour it has."""
        return TONES.get(self.metric.id, "rate")


TONES: Mapping[str, Literal["negative", "positive", "rate"]] = {
    "relative_dissatisfaction": "negative",
    "relative_satisfaction": "positive",
    "csat": "positive",
    "happy_index": "positive",
    "nps": "positive",
}


@dataclass(frozen=True)
class Below:
    """A place within, as a row of the table."""

    id: str
    name: str
    scores: Mapping[str, Score]
    counts: Counts
    closed: str | None = None
    """Its last day, where it is closed."""
    review_due: str | None = None
    """Since when somebody should have looked at it."""


@dataclass(frozen=True)
class Who:
    """People who asked to be answered, and what somebody looks after; of the period."""

    requests: int
    answered: int
    """Requests whose case is closed."""
    cases: int
    open: int
    overdue: int


@dataclass(frozen=True)
class PlaceView:
    """All of it but the parts that are loaded afterwards."""

    where: Where
    choice: Choice
    scale: Scale
    scales: tuple[Scale, ...]
    """All that touchpoints here have; numbers of two are never added up."""
    members: tuple[Touchpoint, ...]
    """Those of the scale."""
    counts: Counts
    used: Period | None
    """The days that the numbers are of: of chosen hours the whole months in the period; None without any."""
    numbers: Mapping[str, Number]
    before: Period
    """What changes are measured against."""
    buckets: Sequence[tuple[str, Counts | None]]
    """First day of each part of the period; None where nothing was heard."""
    below: Sequence[Below]
    happenings: Sequence[Happening]
    who: Who
    names: Mapping[str, str] = field(default_factory=dict)
    """Of places that happenings are at."""

    @property
    def headline(self) -> list[Number]:
        """The numbers on top: per person served where somebody counts them."""
        ids = PER_SERVED if self.counts.contact_sources else OF_PRESSED
        return [self.numbers[id] for id in ids if id in self.numbers][:4]

    @property
    def trends(self) -> list[Metric]:
        """What the line may show here."""
        ids = (id for id in TRENDS if id in self.numbers)
        counted = bool(self.counts.contact_sources)
        return [self.numbers[id].metric for id in ids if counted or id in OF_PRESSED]

    @property
    def flags(self) -> list[str]:
        """Every flag that a number of the headline carries."""
        return sorted({flag for number in self.headline for flag in number.score.flags})

    @property
    def has_faces(self) -> bool:
        """Whether anything looked at expressions here."""
        return bool(sum(self.counts.emotions) + self.counts.withheld_faces)

    def explain(self, score: Score, place: str | None = None) -> str:
        """Address of the page about a score of the period; empty where it is of no days at all."""
        narrowing = self.choice.narrowing
        if self.used is None:
            return ""
        cut, key = narrowed_cut(narrowing)
        where = place or self.where.id
        id = ScoreId(score.metric, where, self.scale.id, self.used, cut, key, score.level)
        return EXPLAIN_PAGE.format(id=id)

    def explain_bucket(self, score: Score, first_day: str) -> str:
        """The same for one day, week or month of the line."""
        every, narrowing = self.choice.every, self.choice.narrowing
        cut: Cut = every
        within, key = self.choice.period, bucket_of(first_day, every)
        if narrowing.is_any and (every != "day" or narrowing.hours):
            cut, key = narrowed_cut(narrowing)
            within = bucket_days(first_day, every).within(within)
        return EXPLAIN_PAGE.format(
            id=ScoreId(score.metric, self.where.id, self.scale.id, within, cut, key, score.level)
        )


def find_place(hierarchy: Hierarchy, scope: str | None, id: str) -> Where | None:
    """The place; None where there is none, or not all of it lies within the scope."""
    members = tuple(hierarchy.within(id))
    seen = {place.id for place in hierarchy.within(scope)}
    if not members or not all(place.id in seen for place in members):
        return None
    one = members[0]
    line: list[tuple[Level, str, str]] = [
        ("org", one.org_id, hierarchy.orgs[one.org_id].name),
        ("region", one.region_id, one.region_name),
        ("store", one.store_id, one.store_name),
        ("touchpoint", one.id, one.name),
    ]
    at = next(number for number, (_, each, _) in enumerate(line) if each == id)
    above = tuple(
        (each, name)
        for _, each, name in line[:at]
        if all(place.id in seen for place in hierarchy.within(each))
    )
    return Where(id, line[at][2], line[at][0], members, above)


def members_of(where: Where, choice: Choice) -> tuple[Touchpoint, ...]:
    """The touchpoints that the page's numbers are of: those of one scale."""
    return of_scale(where, choice)[0]


def metric_name(pages: Pages, metric: Metric) -> str:
    """What a number is called here, in a manager's words."""
    return pages.t.of(f"place.metric_{metric.id}", pages.name_of(metric))


def of_scale(where: Where, choice: Choice) -> tuple[tuple[Touchpoint, ...], tuple[Scale, ...]]:
    """The touchpoints of the scale asked for (`scale` in the address), else of the one that most have."""
    by_scale: dict[str, list[Touchpoint]] = {}
    for place in where.members:
        by_scale.setdefault(place.scale.id, []).append(place)
    asked = dict(choice.others).get("scale", "")
    chosen = asked if asked in by_scale else max(by_scale, key=lambda id: len(by_scale[id]))
    return tuple(by_scale[chosen]), tuple(members[0].scale for members in by_scale.values())
