"""`/api/v1/scores` and `/api/v1/metrics`: numbers with their intervals, and what they mean."""

import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from ..access import CurrentViewer
from ..errors import BadNarrowing, UnknownMetric
from ..hierarchy import Touchpoint
from ..metrics.registry import Catalogue, Metric, Score, Status, Unit
from ..periods import Period
from ..scores.narrowing import Narrowed, Narrowing, read_narrowed
from ..scores.ranking import Standing
from ..scores.score_ids import EXPLAIN_API, Edition, EditionOf, narrowed_editions
from ..scores.scores import By, Group, scores_of
from ..scores.shifts import read_shift_groups, shift_metrics
from ..scores.teams import shift_standings
from ..services import ServicesDep
from .reading import READ_ERRORS, ScoreQuery, Utc, period_of, utc, visible_places

router = APIRouter(prefix="/api/v1", tags=["scores"], responses=READ_ERRORS)


ScoresBy = Literal[By, "shift"]


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

    responses: list[int] | None = Field(
        description="accepted presses by rating, worst first, as far as they may be told; null: all withheld"
    )
    accepted: int = Field(description="accepted presses, whatever their rating")
    withheld: int = Field(description="of them, those whose rating is withheld: too few where they belong")
    presses: int = Field(description="all presses on whatever scale")
    repeats: int = Field(description="presses inside the cool-down, not accepted")
    undone: int = Field(description="presses taken back, not accepted")
    other_scale: int = Field(description="presses on another scale than the touchpoint's, not accepted")
    set_aside: int = Field(description="presses that a cleaning rule leaves out, not accepted")
    labelled: dict[str, int] = Field(
        description="presses by the cleaning rule that found them, set aside or not; several may find one"
    )
    closed: int = Field(description="presses outside opening hours")
    contacts: int | None = Field(description="people served, as counted; null where nothing counts them")
    rated_among: int | None = Field(
        description="of them, those of the time whose ratings may be told: what ratings are divided by"
    )
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
    weights: list[float] = Field(
        description="of the ratings, worst first, or of questions or dimensions, where the formula has any"
    )
    bound_lower: float | None = Field(None, description="of a number that the data leave open")
    bound_upper: float | None = Field(None, description="it lies between both under `assumption`")
    assumption: str = ""
    id: str | None = Field(None, description="names this number for ever; null for shifts")
    revision: int | None = Field(
        None, description="1, and 1 more for each change of its days after they were over"
    )
    explain: str | None = Field(None, description="address of where it comes from")


class ShrunkOut(BaseModel):
    """A team's score pulled towards those of its touchpoint's other teams, the more the less it rests on."""

    metric: str
    value: float | None = Field(description="null where it is not compared, see `reason`")
    lower: float | None
    upper: float | None
    ties: list[str] = Field(description="keys of the teams whose order with this one is not known")
    reason: str | None = Field(description="why it is not compared with others")


class PerOpenHourOut(BaseModel):
    """How much happened in an hour of opening, whatever hours of the clock these were."""

    presses: float
    responses: float
    contacts: float | None = Field(description="null where nothing counts them")


class ResultOut(BaseModel):
    """One group: a place or a piece of time, of one scale."""

    key: str = Field(
        description="id of the place, 2026-03-29, 2026-W13, 2026-03, weekday 1 to 7, hour 00 to 23, or "
        "touchpoint/team of a shift"
    )
    label: str
    scale: str = Field(description="rating scale; places with several scales have several results")
    period: PeriodOut
    counts: CountsOut
    per_open_hour: PerOpenHourOut | None = Field(
        description="counts ÷ open hours; null where it was never open, or places have different hours"
    )
    scores: list[ScoreOut]
    shrunk: list[ShrunkOut] = Field([], description="of shifts alone: beside their plain scores")


class UsedOut(BaseModel):
    """The part of the period that hours of the day are told of."""

    first_day: str = Field(serialization_alias="from")
    last_day: str = Field(serialization_alias="to")


class ScoresOut(BaseModel):
    """The answer to one question."""

    place: str | None
    first_day: str = Field(description="first business day", serialization_alias="from")
    last_day: str = Field(description="last business day, included", serialization_alias="to")
    by: ScoresBy
    weekdays: list[int] = Field([], description="business days asked for, 1 is Monday; empty: all")
    hours: list[int] = Field([], description="local hours asked for, by their begin; empty: all")
    used: UsedOut | None = Field(
        None,
        description="the days that the numbers are of: whole months that are over where hours are asked "
        "for; null where there is none",
    )
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

    by: ScoresBy = Field("touchpoint", description="one result per ...; a shift is a team at a touchpoint")
    weekdays: str = Field("", description="only these business days, 1 (Monday) to 7, such as 1,2,5")
    hours: str = Field(
        "",
        description="only these local hours, such as 9-12 for 9:00 to 12:00; of whole months that are over",
    )


@router.get("/scores")
def scores(viewer: CurrentViewer, services: ServicesDep, query: Annotated[ScoresQuery, Query()]) -> ScoresOut:
    """Scores of places or times over whole business days, each with its interval, n and flags."""
    try:
        metrics = services.metrics.chosen(query.metric)
    except UnknownMetric as error:
        raise HTTPException(422, str(error)) from error
    if query.by == "shift":
        metrics = shift_metrics(metrics)
    narrowing = _narrowing(query)
    with services.engine.connect() as connection:
        hierarchy, places = visible_places(connection, viewer, query.place)
        period = period_of(query, places)
        narrowed = _narrowed(connection, places, period, metrics, by=query.by, narrowing=narrowing)
        groups = narrowed.groups
        edition_of: EditionOf | None = (
            None
            if query.by == "shift"
            else narrowed_editions(
                connection,
                hierarchy,
                places,
                asked=query.place or viewer.scope,
                period=narrowed.used or period,
                by=query.by,
                narrowing=narrowing,
            )
        )
    found = list(scores_of(groups, metrics, query.level))
    standings = shift_standings(found, metrics, query.level) if query.by == "shift" else {}
    return ScoresOut(
        place=query.place,
        first_day=period.first,
        last_day=period.last,
        by=query.by,
        weekdays=sorted(narrowing.weekdays),
        hours=sorted(narrowing.hours),
        used=used_out(narrowed.used),
        computed_at=utc(time.time_ns() // 1_000_000),
        software_version=version("tillsight"),
        results=[
            _result(group, scores, standings, edition_of(group) if edition_of else None)
            for group, scores in found
        ],
    )


@router.get("/metrics")
def metrics(_: CurrentViewer, services: ServicesDep) -> list[MetricOut]:
    """Every metric with its formula, in the order in which it is shown."""
    return [_metric(metric) for metric in services.metrics]


def _narrowing(query: ScoresQuery) -> Narrowing:
    """422 where these are no weekdays or hours, or shifts are asked for, which have their own."""
    try:
        narrowing = Narrowing.parse(query.weekdays, query.hours)
    except BadNarrowing as error:
        raise HTTPException(422, str(error)) from error
    if query.by == "shift" and narrowing.is_any:
        raise HTTPException(422, "weekdays, hours: expected none by shift")
    return narrowing


def _narrowed(
    connection: Connection,
    places: list[Touchpoint],
    period: Period,
    metrics: Catalogue,
    *,
    by: ScoresBy,
    narrowing: Narrowing,
) -> Narrowed:
    if by == "shift":
        return Narrowed(read_shift_groups(connection, places, period, metrics.smallest_cell), period)
    try:
        return read_narrowed(
            connection,
            places,
            period,
            by,
            narrowing,
            smallest_cell=metrics.smallest_cell,
            questions=metrics.questions,
        )
    except BadNarrowing as error:
        raise HTTPException(422, str(error)) from error


def used_out(used: Period | None) -> UsedOut | None:
    """The days that numbers are of."""
    return UsedOut(first_day=used.first, last_day=used.last) if used else None


def score_out(score: Score, score_id: str | None, revision: int | None) -> ScoreOut:
    """A score with what it is called, where that is known, and the address of its explanation."""
    out = ScoreOut.model_validate(score, from_attributes=True)
    address = EXPLAIN_API.format(id=score_id) if score_id else None
    return out.model_copy(update={"id": score_id, "revision": revision, "explain": address})


def named(score: Score, edition: Edition | None) -> ScoreOut:
    """A score of the group that the edition is of."""
    if edition is None:
        return score_out(score, None, None)
    return score_out(score, edition.id(score.metric, score.level), edition.revision)


def _result(
    group: Group,
    found: list[Score],
    standings: Mapping[tuple[str, str], Standing],
    edition: Edition | None,
) -> ResultOut:
    return ResultOut(
        key=group.key,
        label=group.label,
        scale=group.counts.scale.id,
        period=period_out(group),
        counts=counts_out(group),
        per_open_hour=_per_open_hour(group),
        scores=[named(score, edition) for score in found],
        shrunk=[
            _shrunk(score.metric, standing)
            for score in found
            if (standing := standings.get((group.key, score.metric)))
        ],
    )


def _shrunk(metric: str, standing: Standing) -> ShrunkOut:
    return ShrunkOut(
        metric=metric,
        value=standing.shrunk_value,
        lower=standing.shrunk_lower,
        upper=standing.shrunk_upper,
        ties=list(standing.ties),
        reason=standing.reason,
    )


def period_out(group: Group) -> PeriodOut:
    """Its time, in UTC and local."""
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


def _per_open_hour(group: Group) -> PerOpenHourOut | None:
    if not group.open_minutes:
        return None
    counts, hours = group.counts, group.open_minutes / 60
    return PerOpenHourOut(
        presses=counts.presses / hours,
        responses=counts.accepted / hours,
        contacts=None if counts.contacts is None else counts.contacts / hours,
    )


def counts_out(group: Group) -> CountsOut:
    """What a group's scores are made of."""
    counts = group.counts
    return CountsOut(
        responses=None if counts.told is None else list(counts.told),
        accepted=counts.accepted,
        withheld=counts.withheld,
        presses=counts.presses,
        repeats=counts.repeats,
        undone=counts.undone,
        other_scale=counts.other_scale,
        set_aside=counts.set_aside,
        labelled=counts.found,
        closed=counts.closed,
        contacts=counts.contacts,
        rated_among=counts.rated_among,
        contact_sources=sorted(counts.contact_sources),
    )


def _metric(metric: Metric) -> MetricOut:
    return MetricOut.model_validate(metric, from_attributes=True)
