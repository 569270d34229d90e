"""What the reading endpoints share: places a viewer may see, days they mean, and how times look."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer
from sqlalchemy import Connection

from tillsight_models import problems
from tillsight_models.configuration import problem_of

from ..errors import BadPeriod
from ..hierarchy import Hierarchy, Touchpoint, read_hierarchy
from ..metrics.registry import DEFAULT_LEVEL, LOWEST_LEVEL
from ..periods import Period
from ..viewer import Viewer

Utc = Annotated[
    datetime,
    PlainSerializer(
        lambda moment: moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        return_type=str,
    ),
]
"""In answers: 2026-03-29T01:00:00.000Z"""


class PlaceQuery(BaseModel):
    """Which places. An unknown parameter is refused: a mistyped filter must not mean everything."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    place: str | None = Field(
        None, description="id of an org, region, store or touchpoint; default: all that you may see"
    )


class DaysQuery(PlaceQuery):
    """Which business days."""

    first: str | None = Field(
        None, alias="from", description="first business day, such as 2026-03-01; default: `to`"
    )
    last: str | None = Field(None, alias="to", description="last business day, included; default: today")
    level: float = Field(
        DEFAULT_LEVEL, ge=LOWEST_LEVEL, lt=1, description="confidence level of the intervals"
    )


class ScoreQuery(DaysQuery):
    """Which scores of which days."""

    metric: list[str] = Field([], description="metric ids, may be given often; default: all")


def utc(t_ms: int) -> datetime:
    """An aware moment."""
    return datetime.fromtimestamp(t_ms / 1000, UTC)


def visible_places(
    connection: Connection, viewer: Viewer, place: str | None
) -> tuple[Hierarchy, list[Touchpoint]]:
    """The touchpoints of `place`; 404 where it is not wholly within what the viewer may see.

    A part of a place is never shown under the whole place's name.
    """
    hierarchy = read_hierarchy(connection)
    allowed = hierarchy.within(viewer.scope)
    if place is None:
        return hierarchy, allowed
    asked = hierarchy.within(place)
    if not asked or not {each.id for each in asked} <= {each.id for each in allowed}:
        raise HTTPException(404, f"place {place!r}: you see no org, region, store or touchpoint of this id")
    return hierarchy, asked


def period_of(query: DaysQuery, places: Sequence[Touchpoint]) -> Period:
    """The days asked for; today is the latest one that has begun at these places. 422 where it is none."""
    now = time.time_ns() // 1_000_000
    today = max((place.calendar.business_day(now) for place in places), default=utc(now).date().isoformat())
    last = query.last or max(today, query.first or today)
    try:
        return Period.between(query.first or last, last)
    except BadPeriod as error:
        raise HTTPException(422, str(error)) from error


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str = Field(description="one line for a person")


READ_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"model": Problem, "description": "nobody is logged in, or the token is unknown"},
    403: {"model": Problem, "description": "your role may not read this"},
    404: {"model": Problem, "description": "no place of this id that you may see"},
    422: {"model": Problem, "description": "a parameter is wrong; `detail` says which and what was expected"},
}
"""For the OpenAPI document."""


async def refuse(_: Request, error: Exception) -> JSONResponse:
    """422 with one line that names every parameter at fault, its value and what was expected."""
    assert isinstance(error, RequestValidationError)
    return JSONResponse({"detail": "; ".join(request_problems(error))}, 422)


def request_problems(error: RequestValidationError) -> list[problems.Problem]:
    """What is wrong with a request, parameter by parameter."""
    return [_problem(item) for item in error.errors()]


def _problem(item: Any) -> problems.Problem:
    found = problem_of(item, skip=1)
    if item["type"] == "extra_forbidden":
        return problems.Problem(f"{found.where}: is not a parameter here", "no_parameter", found.where)
    return found
