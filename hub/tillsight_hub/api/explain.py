"""`/api/v1/scores/{id}/explain`: where a number comes from."""

import json
import time
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from ..access import CurrentViewer
from ..errors import BadScoreId, EventsGone, TooManyEvents, UnknownPlace
from ..hierarchy import read_hierarchy
from ..metrics.counts import Calibration
from ..metrics.relative import correction
from ..scores.explain import Explanation, Recomputed, explain, recompute
from ..services import ServicesDep
from .reading import READ_ERRORS, Utc, utc
from .scores import MetricOut, PeriodOut, ScoreOut, period_out, score_out

router = APIRouter(prefix="/api/v1", tags=["scores"], responses=READ_ERRORS)


class InputOut(BaseModel):
    """One of the counts that the score is made of."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    value: Any = Field(description="a list is by rating, worst first; null: nothing counts it, or withheld")
    meaning: str


class PlaceFilterOut(BaseModel):
    """A touchpoint in the score."""

    id: str
    name: str
    store: str
    tz: str
    contact_source: str | None
    opening_hours: dict[str, list[str]] = Field(
        description="by weekday, then special days by date; empty where they are not known"
    )


class FiltersOut(BaseModel):
    """What the score is of."""

    place: str | None = Field(description="null: everything")
    scale: str
    first_day: str = Field(serialization_alias="from")
    last_day: str = Field(serialization_alias="to")
    cut: str = Field(description="total, or which part of the period: day, week, month, weekday, hour")
    key: str = Field(description="2026-W13, weekday 1 to 7, hour 00 to 23, hour of one day; empty for total")
    period: PeriodOut
    touchpoints: list[PlaceFilterOut]


class LostOut(BaseModel):
    """A time in which a device gave up events."""

    touchpoint: str
    start: Utc
    end: Utc


class CoverageOut(BaseModel):
    """How much of it the hub could know."""

    open_minutes: int | None = Field(description="null over places with different hours")
    counter_up_minutes: int | None = Field(
        description="of them, all but those in which its cameras could not see; null where nothing counts"
    )
    camera_share: float | None = Field(
        description="of the time that its cameras reported on, how much they could see"
    )
    lost: list[LostOut]
    undated_events: int = Field(description="events whose time is not known; they are in no day")


class RuleOut(BaseModel):
    """What one rule did to presses."""

    model_config = ConfigDict(from_attributes=True)

    rule: str
    version: int
    mode: str = Field(description="set-aside: not counted; label: labelled and counted; off; device")
    meaning: str
    presses: int


class LabelsOut(BaseModel):
    """From all presses to those that count."""

    presses: int
    accepted: int
    set_aside: int = Field(description="by any cleaning rule")
    other_scale: int
    rules: list[RuleOut] = Field(description="one press may be found by several rules")


class AuditOut(BaseModel):
    """Somebody counted beside a counter."""

    touchpoint: str
    at: Utc
    source: str
    observed: int
    matched: int
    counted: int


class CorrectionOut(BaseModel):
    """How a counter is corrected."""

    touchpoint: str = Field(description="empty: all counters here that were never audited")
    counted: int
    precision: tuple[int, int] = Field(description="k of n")
    recall: tuple[int, int] = Field(description="k of n")
    pressers: tuple[int, int] = Field(description="recall of those who pressed, k of n; corrects nothing")
    pooled: bool = Field(description="whether the correction leans on the company's other counters")
    factor: float | None = Field(description="people served for every contact counted")
    factor_error: float | None = Field(description="standard error of the factor's logarithm")
    own_recall_weight: float | None = Field(description="how much of the recall is the own audit, 0 to 1")
    own_ghosts_weight: float | None = Field(description="the same for what was counted and was nobody")


class WithheldOut(BaseModel):
    """What is left out because it would tell what too few people said."""

    smallest_cell: int
    ratings: int = Field(description="accepted presses whose rating is withheld")
    ratings_per_contact: int = Field(description="of them, those that numbers per contact would be made of")
    moods: int


class RecomputedOut(BaseModel):
    """The same score from the raw events, not from the rollups."""

    score: ScoreOut
    events: int
    agrees: bool


class ExplanationOut(BaseModel):
    """Everything about one number."""

    id: str
    revision: int
    score: ScoreOut
    metric: MetricOut
    working: str = Field(description="the formula with the numbers put in; empty where it is withheld")
    inputs: list[InputOut]
    filters: FiltersOut
    coverage: CoverageOut
    labels: LabelsOut
    audits: list[AuditOut]
    corrections: list[CorrectionOut]
    withheld: WithheldOut
    latest_arrival: Utc | None = Field(description="when something last came from a device that stands here")
    computed_at: Utc
    software_version: str
    recomputed: RecomputedOut | None = Field(
        description="null where it was not asked for, or where the events are deleted"
    )
    not_recomputed: str | None = Field(None, description="why it could not be counted again")


class ExplainQuery(BaseModel):
    """How thorough."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recompute: bool = Field(True, description="count the score again from its raw events; 422 above 500,000")


@router.get("/scores/{score_id}/explain")
def explain_score(
    viewer: CurrentViewer, services: ServicesDep, score_id: str, query: Annotated[ExplainQuery, Query()]
) -> ExplanationOut:
    """Formula with its numbers, inputs, filters, coverage, labels, audits, and the score from raw events."""
    metrics, again, gone = services.metrics, None, None
    with services.engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        try:
            found = explain(
                connection,
                hierarchy,
                viewer.scope,
                score_id,
                metrics=metrics,
                rules=services.config.cleaning,
            )
            if query.recompute:
                again = recompute(connection, hierarchy, found, metrics)
        except (BadScoreId, UnknownPlace) as error:
            raise HTTPException(404, str(error)) from error
        except EventsGone as error:
            gone = str(error)
        except TooManyEvents as error:
            raise HTTPException(422, f"too-large: {error}, or recompute=false") from error
    return _explanation(found, again, gone, metrics.smallest_cell)


def _explanation(
    found: Explanation, again: Recomputed | None, gone: str | None, smallest_cell: int
) -> ExplanationOut:
    counts, score_id = found.group.counts, str(found.question)
    return ExplanationOut(
        id=score_id,
        revision=found.revision,
        score=score_out(found.score, score_id, found.revision),
        metric=MetricOut.model_validate(found.metric, from_attributes=True),
        working=found.working,
        inputs=[InputOut.model_validate(each) for each in found.inputs],
        filters=_filters(found),
        coverage=_coverage(found),
        labels=LabelsOut(
            presses=counts.presses,
            accepted=counts.accepted,
            set_aside=counts.set_aside,
            other_scale=counts.other_scale,
            rules=[RuleOut.model_validate(rule) for rule in found.rules],
        ),
        audits=[AuditOut(**vars(audit) | {"at": utc(audit.t)}) for audit in found.audits],
        corrections=_corrections(found),
        withheld=WithheldOut(
            smallest_cell=smallest_cell,
            ratings=counts.withheld,
            ratings_per_contact=counts.withheld_rated,
            moods=counts.withheld_faces,
        ),
        latest_arrival=utc(found.latest_arrival) if found.latest_arrival else None,
        computed_at=utc(time.time_ns() // 1_000_000),
        software_version=version("tillsight"),
        recomputed=_recomputed(found, again, score_id) if again else None,
        not_recomputed=gone,
    )


def _filters(found: Explanation) -> FiltersOut:
    question = found.question
    return FiltersOut(
        place=question.place,
        scale=question.scale,
        first_day=question.period.first,
        last_day=question.period.last,
        cut=question.cut,
        key=question.key,
        period=period_out(found.group),
        touchpoints=[
            PlaceFilterOut(
                id=place.id,
                name=place.name,
                store=place.store_name,
                tz=place.calendar.tz,
                contact_source=place.contact_source,
                opening_hours=json.loads(place.calendar.hours.to_json()),
            )
            for place in found.places
        ],
    )


def _coverage(found: Explanation) -> CoverageOut:
    return CoverageOut(
        open_minutes=found.group.open_minutes,
        counter_up_minutes=found.group.counter_up_minutes,
        camera_share=found.group.counts.camera_share,
        lost=[
            LostOut(touchpoint=doubt.touchpoint, start=utc(doubt.start), end=utc(doubt.end))
            for doubt in found.lost
        ],
        undated_events=found.undated,
    )


def _corrections(found: Explanation) -> list[CorrectionOut]:
    return [
        _corrected(part.calibration, part.contacts) for part in found.group.counts.counted if part.calibration
    ]


def _corrected(calibration: Calibration, counted: int) -> CorrectionOut:
    known = correction(calibration)
    return CorrectionOut(
        touchpoint=calibration.of,
        counted=counted,
        precision=calibration.precision,
        recall=calibration.recall,
        pressers=calibration.pressers,
        pooled=calibration.pooled is not None,
        factor=known.factor if known else None,
        factor_error=known.variance**0.5 if known else None,
        own_recall_weight=known.recall_weight if known else None,
        own_ghosts_weight=known.ghosts_weight if known else None,
    )


def _recomputed(found: Explanation, again: Recomputed, score_id: str) -> RecomputedOut:
    return RecomputedOut(
        score=score_out(again.score, score_id, found.revision), events=found.events, agrees=again.agrees
    )
