"""`/api/v1/surveys`: surveys, what is asked where, and what people answered."""

import time
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from pydantic import BaseModel, Field

from ..access import CurrentViewer
from ..services import ServicesDep
from ..shown.answers import Asking
from ..shown.looks import read_looks
from ..shown.places import orgs_of
from ..shown.results import Told, read_funnel, read_results
from ..shown.surveys import Kept, asked_ever, find_survey, read_surveys
from .reading import READ_ERRORS, DaysQuery, period_of, visible_places

router = APIRouter(prefix="/api/v1", tags=["surveys"], responses=READ_ERRORS)


class VersionOut(BaseModel):
    """One version of a survey."""

    version: int
    state: str = Field(description="draft, published or retired")
    content: dict[str, Any] = Field(description="the survey as devices read it")


class SurveyOut(BaseModel):
    """A survey with its versions, the newest first."""

    id: str
    org: str
    places: list[str] = Field(description="whose screens ask it, as far as you see them")
    versions: list[VersionOut]


class ShareOut(BaseModel):
    """One answer."""

    answer: str
    people: int
    share: float
    lower: float | None
    upper: float | None


class QuestionOut(BaseModel):
    """What may be told of a question."""

    question: str
    row: str | None = Field(description="of a table of points")
    people: int = Field(description="whose answers are in the shares")
    withheld: int = Field(description="whose answers are not, because too few answered on their days")
    together_with: list[str] = Field(description="other surveys that ask the same; their answers are in it")
    mean: float | None
    shares: list[ShareOut]


class ResultsOut(BaseModel):
    """What people answered to a survey."""

    survey: str
    place: str | None
    first_day: str = Field(serialization_alias="from")
    last_day: str = Field(serialization_alias="to")
    ended: dict[str, int] = Field(description="how many: complete, partial, timeout, abandoned")
    questions: list[QuestionOut]


@router.get("/surveys")
def surveys(viewer: CurrentViewer, services: ServicesDep) -> list[SurveyOut]:
    """Every survey of the orgs that you see something of."""
    with services.engine.connect() as connection:
        hierarchy, places = visible_places(connection, viewer, None)
        seen = {id for place in places for id in (place.id, place.store_id, place.region_id, place.org_id)}
        looks = read_looks(connection)
        found = read_surveys(connection, orgs_of(hierarchy, viewer))
    shown = {
        kept.id: [id for id, look in looks.items() if look.survey_id == kept.id and id in seen]
        for kept in found
    }
    return [_survey(kept, shown[kept.id]) for kept in found]


@router.get("/surveys/{survey}/results")
def results(
    viewer: CurrentViewer, services: ServicesDep, survey: str, query: Annotated[DaysQuery, Query()]
) -> ResultsOut:
    """Shares of each answer with their intervals, in cells that tell nothing about a handful of people."""
    with services.engine.connect() as connection:
        hierarchy, places = visible_places(connection, viewer, query.place)
        try:
            kept = find_survey(connection, survey)
        except LookupError as error:
            raise HTTPException(404, str(error)) from error
        if kept.newest.org_id not in orgs_of(hierarchy, viewer):
            raise HTTPException(404, f"survey {survey!r}: there is none")
        period = period_of(query, places)
        smallest = services.config.privacy.smallest_cell
        asking = Asking(places, period, smallest, time.time_ns() // 1_000_000)
        questions = list(asked_ever(kept).questions)
        told = read_results(connection, asking, survey, questions, services.metric_settings.questions)
        ended = read_funnel(connection, asking, survey)
    return ResultsOut(
        survey=survey,
        place=query.place,
        first_day=period.first,
        last_day=period.last,
        ended=ended,
        questions=[_question(each) for each in told],
    )


def _survey(kept: Kept, places: list[str]) -> SurveyOut:
    versions = [
        VersionOut(version=each.version, state=each.state, content=each.content) for each in kept.versions
    ]
    return SurveyOut(id=kept.id, org=kept.newest.org_id, places=places, versions=versions)


def _question(told: Told) -> QuestionOut:
    shares = []
    for each in told.shares:
        interval = each.estimate.interval
        shares.append(
            ShareOut(
                answer=each.answer,
                people=each.people,
                share=each.estimate.value or 0.0,
                lower=interval.lower if interval else None,
                upper=interval.upper if interval else None,
            )
        )
    return QuestionOut(
        question=told.question.id,
        row=told.row,
        people=told.people,
        withheld=told.withheld,
        together_with=list(told.together),
        mean=told.mean,
        shares=shares,
    )
