"""`/api/v1/week`: one metric by weekday and hour, over the whole months of a period."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.responses import Response

from tillsight_models.scales import SCALES

from ..access import CurrentViewer
from ..cells.week_release import WeekHour
from ..errors import UnknownMetric
from ..exports.columns import Column
from ..exports.formats import MEDIA_TYPES, encode
from ..hierarchy import Touchpoint
from ..metrics.registry import Metric
from ..metrics.shrinkage import Shrunk
from ..scores.narrowing import Narrowing
from ..scores.revisions import Revisions, read_revisions
from ..scores.score_ids import Edition, on_weekdays
from ..scores.week_cells import WeekCells, read_week_cells
from ..services import ServicesDep
from .reading import READ_ERRORS, DaysQuery, period_of, visible_places
from .scores import ScoreOut, UsedOut, named, used_out

router = APIRouter(prefix="/api/v1", tags=["scores"], responses=READ_ERRORS)


class WeekCellOut(BaseModel):
    """An hour of the week."""

    weekday: int = Field(description="of the business day: 1 (Monday) to 7")
    hour: int = Field(description="local hour, by its begin: 0 to 23")
    open_minutes: int | None = Field(description="opening time; null over places with different hours")
    accepted: int = Field(description="accepted presses, whatever their rating")
    withheld: int = Field(description="of them, those whose rating is withheld")
    contacts: int | None = Field(description="people served; null where nothing counts them")
    score: ScoreOut
    shrunk_value: float | None = Field(
        description="of shares of answers: after what its weekday and its hour say was weighed in"
    )
    shrunk_lower: float | None
    shrunk_upper: float | None


class WeekOut(BaseModel):
    """The hours of the week of touchpoints with one scale."""

    scale: str
    months: list[str] = Field(description="the whole months that were summed; none: the period has none")
    used: UsedOut | None = Field(description="their days")
    cells: list[WeekCellOut] = Field(description="those that are open, or in which anything happened")


class WeeksOut(BaseModel):
    """The answer to one question."""

    place: str | None
    first_day: str = Field(serialization_alias="from")
    last_day: str = Field(serialization_alias="to")
    metric: str
    level: float
    weeks: list[WeekOut] = Field(description="one for each scale")


class WeekQuery(DaysQuery):
    """Which metric of which places and months."""

    metric: str = Field("csat", description="id of a metric")
    format: Literal["json", "csv"] = Field("json", description="csv has a row for each hour of the week")


@router.get("/week", response_model=WeeksOut)
def week(
    viewer: CurrentViewer, services: ServicesDep, query: Annotated[WeekQuery, Query()]
) -> WeeksOut | Response:
    """One metric by weekday and hour, as far as it may be told, over the whole months that are over."""
    try:
        metric = services.metrics[query.metric]
    except UnknownMetric as error:
        raise HTTPException(422, str(error)) from error
    with services.engine.connect() as connection:
        _, places = visible_places(connection, viewer, query.place)
        period = period_of(query, places)
        weeks = read_week_cells(connection, places, period, services.metrics.smallest_cell)
        revisions = read_revisions(connection, places, period)
    asked = query.place or viewer.scope
    tables = [
        _Table(week, metric, query.level, asked, revisions, _members(places, week.scale))
        for week in weeks
        if metric.applies(SCALES[week.scale])
    ]
    if query.format == "csv":
        rows = ([column.cell(cell) for column in COLUMNS] for table in tables for cell in table.rows())
        return StreamingResponse(encode("csv", COLUMNS, rows), media_type=MEDIA_TYPES["csv"])
    return WeeksOut(
        place=query.place,
        first_day=period.first,
        last_day=period.last,
        metric=metric.id,
        level=query.level,
        weeks=[table.out() for table in tables],
    )


@dataclass(frozen=True)
class _Row:
    """One hour of the week."""

    week: WeekCells
    cell: WeekHour
    score: ScoreOut
    shrunk: Shrunk | None

    def out(self) -> WeekCellOut:
        counts = self.week.cells[self.cell]
        interval = self.shrunk.interval if self.shrunk else None
        return WeekCellOut(
            weekday=self.cell[0],
            hour=self.cell[1],
            open_minutes=self.week.open_minutes.get(self.cell),
            accepted=counts.accepted,
            withheld=counts.withheld,
            contacts=counts.contacts,
            score=self.score,
            shrunk_value=self.shrunk.estimate if self.shrunk else None,
            shrunk_lower=interval.lower if interval else None,
            shrunk_upper=interval.upper if interval else None,
        )


@dataclass(frozen=True)
class _Table:
    """The scores of the hours of a week."""

    week: WeekCells
    metric: Metric
    level: float
    asked: str | None
    revisions: Revisions
    members: Sequence[str]

    def out(self) -> WeekOut:
        return WeekOut(
            scale=self.week.scale,
            months=list(self.week.months),
            used=used_out(self.week.period),
            cells=[row.out() for row in self.rows()],
        )

    def rows(self) -> Iterator[_Row]:
        """By weekday and hour."""
        shrunk = self.week.shrunk(self.metric, self.level)
        weekdays, hours = self.week.used()
        for cell in ((weekday, hour) for weekday in weekdays for hour in hours):
            score = self.metric.score(self.week.cells[cell], self.level)
            yield _Row(self.week, cell, named(score, self._edition(cell)), shrunk.get(cell))

    def _edition(self, cell: WeekHour) -> Edition:
        period = self.week.period
        assert period
        part = Narrowing(frozenset((cell[0],)), frozenset((cell[1],)))
        revision = self.revisions.of(self.members, on_weekdays(period, part))
        return Edition(self.asked, self.week.scale, period, "hours", part.key, revision)


COLUMNS: tuple[Column[_Row], ...] = (
    Column("scale", "text", "rating scale", lambda row: row.week.scale),
    Column("months", "text", "the whole months that were summed", lambda row: ";".join(row.week.months)),
    Column("weekday", "integer", "of the business day: 1 (Monday) to 7", lambda row: row.cell[0]),
    Column("hour", "integer", "local hour, by its begin", lambda row: row.cell[1]),
    Column("open_minutes", "integer", "opening time", lambda row: row.week.open_minutes.get(row.cell)),
    Column("accepted", "integer", "accepted presses", lambda row: row.week.cells[row.cell].accepted),
    Column("withheld", "integer", "of them, withheld", lambda row: row.week.cells[row.cell].withheld),
    Column("contacts", "integer", "people served", lambda row: row.week.cells[row.cell].contacts),
    Column("metric", "text", "metric id", lambda row: row.score.metric),
    Column("value", "number", "the number", lambda row: row.score.value),
    Column("lower", "number", "lower end of its interval", lambda row: row.score.lower),
    Column("upper", "number", "upper end of its interval", lambda row: row.score.upper),
    Column("n", "integer", "answers, or people served, that it rests on", lambda row: row.score.n),
    Column("status", "text", "whether it is known and told", lambda row: row.score.status),
    Column("flags", "text", "what to know about it", lambda row: ";".join(row.score.flags)),
    Column("shrunk_value", "number", "see shrunk", lambda row: row.shrunk.estimate if row.shrunk else None),
    Column(
        "shrunk_lower",
        "number",
        "its interval",
        lambda row: row.shrunk.interval.lower if row.shrunk else None,
    ),
    Column(
        "shrunk_upper",
        "number",
        "its interval",
        lambda row: row.shrunk.interval.upper if row.shrunk else None,
    ),
    Column("score_id", "text", "names the number for ever", lambda row: row.score.id),
)


def _members(places: Iterable[Touchpoint], scale: str) -> list[str]:
    return [place.id for place in places if place.scale.id == scale]
