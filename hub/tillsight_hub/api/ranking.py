"""`/api/v1/ranking` and `/api/v1/change`: who is better and what has changed, as far as that is known."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from ..access import CurrentViewer
from ..errors import BadPeriod, UnknownMetric
from ..hierarchy import Touchpoint
from ..metrics.registry import Catalogue, Metric
from ..periods import Period
from ..scores.changes import Change, Seen, changes, period_before
from ..scores.ranking import Standing, ranked, worst_of
from ..scores.score_ids import EditionOf, editions
from ..scores.scores import Group, read_counts, scores_of
from ..services import Services, ServicesDep
from .reading import READ_ERRORS, DaysQuery, period_of, visible_places
from .scores import ScoreOut, named

router = APIRouter(prefix="/api/v1", tags=["scores"], responses=READ_ERRORS)


class RankingQuery(DaysQuery):
    """Which touchpoints to rank, by what."""

    metric: str = Field(description="id of a metric with an interval")


class ChangeQuery(RankingQuery):
    """Which two periods to compare."""

    before_first: str | None = Field(
        None,
        alias="before_from",
        description="first business day before; default: as many days with the same weekdays",
    )
    before_last: str | None = Field(None, alias="before_to", description="last business day before, included")


class StandingOut(BaseModel):
    """Where one touchpoint stands."""

    key: str = Field(description="id of the touchpoint")
    label: str
    score: ScoreOut
    reason: str | None = Field(description="why it is not ranked; null where it is")
    shrunk_value: float | None = Field(
        description="the score after the others' was weighed in: what to rank by"
    )
    shrunk_lower: float | None
    shrunk_upper: float | None
    rank: int | None = Field(description="1 is the best")
    rank_low: int | None = Field(description="its true rank is at least this, at the level asked for")
    rank_high: int | None = Field(description="and at most this")
    p_worst: float | None = Field(description="probability to be among the worst `worst_of`")
    p_value: float | None = Field(description="that it differs from the others together")
    p_adjusted: float | None = Field(description="the same over all touchpoints (Benjamini-Hochberg)")
    ties: list[str] = Field(description="touchpoints whose order with this one is not known")


class ScaleRankingOut(BaseModel):
    """The touchpoints of one rating scale: scores of two scales do not compare."""

    scale: str
    compared: int = Field(description="how many touchpoints are ranked")
    worst_of: int = Field(description="how many of them `p_worst` calls the worst")
    standings: list[StandingOut] = Field(description="the best first, at the end those that are not ranked")


class RankingOut(BaseModel):
    """The answer to one question."""

    place: str | None
    first_day: str = Field(serialization_alias="from")
    last_day: str = Field(serialization_alias="to")
    metric: str
    worst: Literal["low", "high"] = Field(description="which end of the metric is bad")
    level: float
    scales: list[ScaleRankingOut]


class ChangeOut(BaseModel):
    """What became of one touchpoint's score."""

    key: str = Field(description="id of the touchpoint")
    label: str
    scale: str
    before: ScoreOut
    after: ScoreOut
    reason: str | None = Field(description="why it is not tested; null where it is")
    kind: Literal["difference", "ratio"] | None = Field(
        description="`value` is after minus before, or for numbers per person served after divided by before"
    )
    value: float | None
    lower: float | None
    upper: float | None
    p_value: float | None = Field(description="two-sided, that nothing has changed")
    p_adjusted: float | None = Field(description="the same over all touchpoints asked for")
    arrow: Literal["up", "down"] | None = Field(description="only where p_adjusted < 0.05")
    is_better: bool | None = Field(description="which way the arrow is, as the metric is meant")


class ChangesOut(BaseModel):
    """The answer to one question."""

    place: str | None
    first_day: str = Field(serialization_alias="from")
    last_day: str = Field(serialization_alias="to")
    before_first: str = Field(serialization_alias="before_from")
    before_last: str = Field(serialization_alias="before_to")
    metric: str
    worst: Literal["low", "high"]
    level: float
    changes: list[ChangeOut]


@router.get("/ranking")
def ranking(
    viewer: CurrentViewer, services: ServicesDep, query: Annotated[RankingQuery, Query()]
) -> RankingOut:
    """Touchpoints by one metric: shrunk scores, intervals of their ranks, and ties where nobody knows."""
    metrics, metric = _metric(services, query.metric)
    with services.engine.connect() as connection:
        hierarchy, places = visible_places(connection, viewer, query.place)
        period = period_of(query, places)
        edition_of = editions(connection, hierarchy, places, asked=query.place, period=period)
        seen = _seen(connection, places, period, metrics, query.level)
    scales = dict.fromkeys(group.counts.scale.id for group, _ in seen)
    return RankingOut(
        place=query.place,
        first_day=period.first,
        last_day=period.last,
        metric=metric.id,
        worst=metric.worst,
        level=query.level,
        scales=[
            _scale(scale, [each for each in seen if _is_of(each[0], scale)], metric, query.level, edition_of)
            for scale in scales
        ],
    )


@router.get("/change")
def change(
    viewer: CurrentViewer, services: ServicesDep, query: Annotated[ChangeQuery, Query()]
) -> ChangesOut:
    """What changed between two periods, touchpoint by touchpoint, with a test of whether it is chance."""
    metrics, metric = _metric(services, query.metric)
    with services.engine.connect() as connection:
        hierarchy, places = visible_places(connection, viewer, query.place)
        period = period_of(query, places)
        earlier = _before(query, period)
        edition_of = [
            editions(connection, hierarchy, places, asked=query.place, period=each)
            for each in (earlier, period)
        ]
        after = _seen(connection, places, period, metrics, query.level)
        before = _seen(connection, places, earlier, metrics, query.level)
    found = changes(_by_key(before), _by_key(after), metric, query.level)
    return ChangesOut(
        place=query.place,
        first_day=period.first,
        last_day=period.last,
        before_first=earlier.first,
        before_last=earlier.last,
        metric=metric.id,
        worst=metric.worst,
        level=query.level,
        changes=[_change(group, found[group.key], *edition_of) for group, _ in after],
    )


def _metric(services: Services, metric_id: str) -> tuple[Catalogue, Metric]:
    """422 where there is none of this id, or where it is a plain count."""
    try:
        metrics = services.metrics.chosen([metric_id])
    except UnknownMetric as error:
        raise HTTPException(422, str(error)) from error
    metric = metrics[metric_id]
    if metric.unit == "count" or metric.interval == "none":
        raise HTTPException(422, f"metric {metric_id!r}: expected one with an interval, not a plain count")
    return metrics, metric


def _before(query: ChangeQuery, period: Period) -> Period:
    """422 where only one end is given, or where they are no days in order."""
    first, last = query.before_first, query.before_last
    if first is None and last is None:
        return period_before(period)
    if first is None or last is None:
        raise HTTPException(422, "before_from, before_to: expected both or neither")
    try:
        return Period.between(first, last)
    except BadPeriod as error:
        raise HTTPException(422, str(error)) from error


def _seen(
    connection: Connection, places: Iterable[Touchpoint], period: Period, metrics: Catalogue, level: float
) -> list[tuple[Group, Seen]]:
    groups = read_counts(
        connection,
        places,
        period.first,
        period.last,
        smallest_cell=metrics.smallest_cell,
        questions=metrics.questions,
    )
    return [
        (group, Seen(found[0], group.counts)) for group, found in scores_of(groups, metrics, level) if found
    ]


def _is_of(group: Group, scale: str) -> bool:
    return group.counts.scale.id == scale


def _by_key(seen: Iterable[tuple[Group, Seen]]) -> dict[str, Seen]:
    return {group.key: each for group, each in seen}


def _scale(
    scale: str, seen: list[tuple[Group, Seen]], metric: Metric, level: float, edition_of: EditionOf
) -> ScaleRankingOut:
    standings = ranked({group.key: each.score for group, each in seen}, metric, level)
    compared = sum(standing.rank is not None for standing in standings.values())
    order = sorted(seen, key=lambda each: standings[each[0].key].rank or compared + 1)
    return ScaleRankingOut(
        scale=scale,
        compared=compared,
        worst_of=worst_of(compared) if compared else 0,
        standings=[
            StandingOut(
                key=group.key,
                label=group.label,
                score=named(each.score, edition_of(group)),
                **_fields(standings[group.key]),
            )
            for group, each in order
        ],
    )


def _change(group: Group, change: Change, before: EditionOf, after: EditionOf) -> ChangeOut:
    fields = _fields(change) | {
        "before": named(change.before, before(group)),
        "after": named(change.after, after(group)),
    }
    return ChangeOut(key=group.key, label=group.label, scale=group.counts.scale.id, **fields)


def _fields(answer: Standing | Change) -> dict[str, Any]:
    return dict(vars(answer))
