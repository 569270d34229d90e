"""`/api/v1/scores` and `/api/v1/metrics`: numbers with their intervals, and what they mean."""

import time
from importlib.metadata import version
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from ..access import CurrentViewer
from ..errors import UnknownMetric
from ..metrics.catalogue import catalogue
from ..metrics.registry import Metric, Score, Status, Unit
from ..scores import By, Group, read_counts, scores_of
from ..services import ServicesDep
from .reading import READ_ERRORS, ScoreQuery, Utc, period_of, utc, visible_places

router = APIRouter(prefix="/api/v1", tags=["scores"], responses=READ_ERRORS)


class PeriodOut(BaseModel):
    """Whole business days, as instants and in local time."""

    start: Utc = Field(description="first instant, in UTC")
    end: Utc = Field(description="first instant after it, in UTC")
    start_local: str | None = Field(description="the same in local time; null over several time zones")
    end_local: str | None = Field(description="the same in local time; null over several time zones")
    tz: str | None = Field(description="IANA time zone; null over several")
    open_minutes: int | None = Field(description="opening time in it; null over places with different hours")


class CountsOut(BaseModel):
    """What the scores are made of."""

    raw: list[int] = Field(description="all presses by rating, worst first")
    responses: list[int] = Field(description="accepted presses by rating, worst first")
    presses: int = Field(description="all presses on whatever scale")
    repeats: int = Field(description="presses inside the cool-down, not accepted")
    undone: int = Field(description="presses taken back, not accepted")
    other_scale: int = Field(description="presses on another scale than the touchpoint's, not accepted")
    closed: int = Field(description="presses outside opening hours, accepted")
    contacts: int | None = Field(description="people served, as counted; null where nothing counts them")
    contact_sources: list[str] = Field(description="what counted them")


class ScoreOut(BaseModel):
    """One number, never without n, status and flags."""

    metric: str
    version: int = Field(description="of the formula")
    value: float | None = Field(description="null where `status` is no_data or suppressed")
    lower: float | None = Field(description="lower end of the interval")
    upper: float | None = Field(description="upper end of the interval")
    level: float = Field(description="confidence level of the interval")
    interval_method: str
    n: int = Field(description="answers, or people served, that the value rests on")
    status: Status
    flags: list[str]
    weights: list[float] = Field(description="of the ratings, worst first, where the formula has weights")


class ResultOut(BaseModel):
    """One group: a place or a piece of time, of one scale."""

    key: str = Field(
        description="id of the place, 2026-03-29, 2026-W13, 2026-03, weekday 1 to 7, hour 00 to 23"
    )
    label: str
    scale: str = Field(description="rating scale; places with several scales have several results")
    period: PeriodOut
    counts: CountsOut
    scores: list[ScoreOut]


class ScoresOut(BaseModel):
    """The answer to one question."""

    place: str | None
    first_day: str = Field(description="first business day", serialization_alias="from")
    last_day: str = Field(description="last business day, included", serialization_alias="to")
    by: By
    computed_at: Utc
    software_version: str
    results: list[ResultOut]


class MetricOut(BaseModel):
    """What a metric is."""

    id: str
    name: str
    unit: Unit
    formula: str
    version: int
    inputs: list[str]
    interval: str
    minimum_n: int = Field(description="below it a number is low_n; 0 for plain counts")
    source: str


class ScoresQuery(ScoreQuery):
    """Which scores of which days, grouped."""

    by: By = Field("touchpoint", description="one result per ...")


@router.get("/scores")
def scores(viewer: CurrentViewer, services: ServicesDep, query: Annotated[ScoresQuery, Query()]) -> ScoresOut:
    """Scores of places or times over whole business days, each with its interval, n and flags."""
    try:
        metrics = catalogue(services.config.metrics).chosen(query.metric)
    except UnknownMetric as error:
        raise HTTPException(422, str(error)) from error
    with services.engine.connect() as connection:
        _, places = visible_places(connection, viewer, query.place)
        period = period_of(query, places)
        groups = read_counts(
            connection, places, period.first, period.last, query.by, questions=metrics.questions
        )
    return ScoresOut(
        place=query.place,
        first_day=period.first,
        last_day=period.last,
        by=query.by,
        computed_at=utc(time.time_ns() // 1_000_000),
        software_version=version("tillsight"),
        results=[_result(group, found) for group, found in scores_of(groups, metrics, query.level)],
    )


@router.get("/metrics")
def metrics(_: CurrentViewer, services: ServicesDep) -> list[MetricOut]:
    """Every metric with its formula, in the order in which it is shown."""
    return [_metric(metric) for metric in catalogue(services.config.metrics)]


def _result(group: Group, found: list[Score]) -> ResultOut:
    return ResultOut(
        key=group.key,
        label=group.label,
        scale=group.counts.scale.id,
        period=_period(group),
        counts=_counts(group),
        scores=[ScoreOut.model_validate(score, from_attributes=True) for score in found],
    )


def _period(group: Group) -> PeriodOut:
    start, end = utc(group.start), utc(group.end)
    zone = ZoneInfo(group.tz) if group.tz else None
    return PeriodOut(
        start=start,
        end=end,
        start_local=start.astimezone(zone).isoformat() if zone else None,
        end_local=end.astimezone(zone).isoformat() if zone else None,
        tz=group.tz,
        open_minutes=group.open_minutes,
    )


def _counts(group: Group) -> CountsOut:
    counts = group.counts
    return CountsOut(
        raw=list(counts.raw),
        responses=list(counts.ratings),
        presses=counts.presses,
        repeats=counts.repeats,
        undone=counts.undone,
        other_scale=counts.other_scale,
        closed=counts.closed,
        contacts=counts.contacts,
        contact_sources=sorted(counts.contact_sources),
    )


def _metric(metric: Metric) -> MetricOut:
    return MetricOut.model_validate(metric, from_attributes=True)
