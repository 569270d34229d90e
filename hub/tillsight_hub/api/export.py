"""`/api/v1/export`: the same files as `tillsight-hub export`, streamed."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from ..access import CurrentViewer, require_role
from ..access.audit import record
from ..cleaning.rules import DEVICE_RULES, RULES
from ..database import writing
from ..errors import PartMissing, UnknownMetric
from ..exports.columns import EVENT_COLUMNS, SCORE_COLUMNS, Kind
from ..exports.dictionary import assumptions
from ..exports.export import Export, ExportKind, write_export
from ..exports.formats import MEDIA_TYPES, Columns, Format
from ..metrics.counts import FLAGS
from ..metrics.registry import STATUSES
from ..periods import Every
from ..services import ServicesDep
from ..viewer import Viewer
from .reading import READ_ERRORS, ScoreQuery, period_of, visible_places

router = APIRouter(prefix="/api/v1/export", tags=["export"], responses=READ_ERRORS)

ExportReader = Annotated[Viewer, Depends(require_role("admin", "analyst"))]


class ColumnOut(BaseModel):
    """A column of an exported table."""

    name: str
    type: Kind
    unit: str
    meaning: str
    empty: str = Field(description="when it is empty; never, where this is")


class MetricMeaning(BaseModel):
    """What a value of `metric` stands for."""

    id: str
    name: str
    version: int
    unit: str
    formula: str
    inputs: tuple[str, ...]
    interval: str
    minimum_n: int
    worst: str
    source: str


class LabelMeaning(BaseModel):
    """What a label says of a press, by which version of its rule."""

    id: str
    version: int
    sentence: str


class AssumptionOut(BaseModel):
    """Under which a metric is a range."""

    metric: str
    text: str


class DictionaryOut(BaseModel):
    """What an export's columns and words mean."""

    scores: list[ColumnOut]
    events: list[ColumnOut]
    metrics: list[MetricMeaning]
    statuses: dict[str, str]
    flags: dict[str, str]
    labels: list[LabelMeaning]
    assumptions: list[AssumptionOut]


class ExportQuery(ScoreQuery):
    """What to export, and into which format."""

    format: Format = Field("csv", description="parquet needs the part `analytics`")
    kind: ExportKind = Field("scores", description="scores, or the events one by one")
    by: Every = Field("day", description="of scores: one row per metric and ...")
    ranks: bool = Field(True, description="compare touchpoints with each other")


@router.get("", response_class=StreamingResponse)
def export(
    viewer: ExportReader, services: ServicesDep, query: Annotated[ExportQuery, Query()]
) -> StreamingResponse:
    """A file of scores or events, written while it is sent. The audit trail says who took events."""
    with services.engine.connect() as connection:
        _, places = visible_places(connection, viewer, query.place)
    asked = Export(
        kind=query.kind,
        format=query.format,
        places=tuple(places),
        period=period_of(query, places),
        every=query.by,
        level=query.level,
        metrics=services.metrics,
        chosen=tuple(query.metric),
        ranks=query.ranks,
    )
    try:
        asked.check()
    except UnknownMetric as error:
        raise HTTPException(422, str(error)) from error
    except PartMissing as error:
        raise HTTPException(501, str(error)) from error
    if query.kind == "events":
        with writing(services.engine) as connection:
            record(connection, viewer.name, "events.export", query.model_dump_json(exclude_defaults=True))
    return StreamingResponse(
        write_export(services.engine, asked),
        media_type=MEDIA_TYPES[query.format],
        headers={"Content-Disposition": f'attachment; filename="{asked.file_name}"'},
    )


@router.get("/dictionary")
def dictionary(_: CurrentViewer, services: ServicesDep) -> DictionaryOut:
    """What every column, metric, status, flag, label and assumption of an export means."""
    metrics = list(services.metrics)
    return DictionaryOut(
        scores=_columns(SCORE_COLUMNS),
        events=_columns(EVENT_COLUMNS),
        statuses={str(word): text for word, text in STATUSES.items()},
        flags=FLAGS,
        metrics=[MetricMeaning.model_validate(metric, from_attributes=True) for metric in metrics],
        labels=[LabelMeaning.model_validate(rule, from_attributes=True) for rule in (*DEVICE_RULES, *RULES)],
        assumptions=[AssumptionOut(metric=each.metric, text=each.text) for each in assumptions(metrics)],
    )


def _columns(columns: Columns) -> list[ColumnOut]:
    return [
        ColumnOut(
            name=column.name,
            type=column.kind,
            unit=column.unit,
            meaning=column.meaning,
            empty=column.empty,
        )
        for column in columns
    ]
