"""Reading: the scores of a report, asked for in the way in which the API asks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from ..errors import UnknownPlace
from ..hierarchy import Hierarchy, Touchpoint
from ..metrics.registry import Catalogue, Score
from ..periods import Period
from ..scores.changes import Change, Seen, changes, period_before
from ..scores.score_ids import Edition, editions
from ..scores.scores import By, Group, PlaceBy, read_counts, scores_of

if TYPE_CHECKING:
    from ..charts.drawing import Voice

SHOWN = ("relative_dissatisfaction", "csat", "nps", "contacts", "responses", "response_rate")
"""The metrics of the reports about scores."""


@dataclass(frozen=True)
class Asked:
    """What a report is about, and all that making it needs."""

    connection: Connection
    hierarchy: Hierarchy
    place: str
    period: Period
    voice: "Voice"
    metrics: Catalogue
    now: int
    """ms UTC"""

    @property
    def places(self) -> list[Touchpoint]:
        return self.hierarchy.within(self.place)

    @property
    def level(self) -> PlaceBy:
        return level_of(self.hierarchy, self.place)

    @property
    def before(self) -> Period:
        """What the period is compared with: as many days with the same weekdays before it."""
        return period_before(self.period)


@dataclass(frozen=True)
class Told:
    """The scores of one group, with what they are called."""

    group: Group
    scores: Mapping[str, Score]
    """By metric."""
    edition: Edition

    @property
    def key(self) -> tuple[str, str]:
        """Place or time, and scale."""
        return self.group.key, self.group.counts.scale.id

    def id(self, metric: str) -> str:
        """Of one of its scores."""
        return self.edition.id(metric, self.scores[metric].level)


def level_of(hierarchy: Hierarchy, place: str) -> PlaceBy:
    """Which kind of place it is; UnknownPlace where there is none."""
    known: dict[PlaceBy, Iterable[str]] = {
        "org": hierarchy.orgs,
        "region": hierarchy.regions,
        "store": hierarchy.stores,
        "touchpoint": hierarchy.touchpoints,
    }
    for level, ids in known.items():
        if place in ids:
            return level
    raise UnknownPlace(f"place {place!r}: no org, region, store or touchpoint has this id")


def read_told(
    asked: Asked,
    by: By,
    period: Period | None = None,
    places: list[Touchpoint] | None = None,
    metrics: Iterable[str] = SHOWN,
) -> list[Told]:
    """The scores of the report's place and period, or others, grouped."""
    places = asked.places if places is None else places
    period = asked.period if period is None else period
    chosen = asked.metrics.chosen(metrics)
    groups = read_counts(
        asked.connection,
        places,
        period.first,
        period.last,
        by,
        smallest_cell=chosen.smallest_cell,
        now=asked.now,
        questions=chosen.questions,
    )
    edition_of = editions(asked.connection, asked.hierarchy, places, asked=asked.place, period=period, by=by)
    return [
        Told(group, {score.metric: score for score in scores}, edition_of(group))
        for group, scores in scores_of(groups, chosen)
    ]


def changed(
    asked: Asked, metric: str, after: Iterable[Told], before: Iterable[Told]
) -> dict[tuple[str, str], Change]:
    """By key and scale: what became of one metric."""
    seen = [
        {each.key: Seen(each.scores[metric], each.group.counts) for each in told if metric in each.scores}
        for told in (before, after)
    ]
    names = {str(number): key for number, key in enumerate(seen[1])}
    found = changes(
        {name: seen[0][key] for name, key in names.items() if key in seen[0]},
        {name: seen[1][key] for name, key in names.items()},
        asked.metrics[metric],
    )
    return {names[name]: change for name, change in found.items()}
