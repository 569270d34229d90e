"""`/api/v1/drivers`: what the outcome that people told goes together with."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from ..access import CurrentViewer
from ..metrics.analyses import CX_FORCES, KEY_DRIVERS, Analysis
from ..metrics.answers import Answers
from ..metrics.impact import Driver, Impact, impact
from ..metrics.questions import Questions, names_of, points_of, top_box
from ..metrics.registry import Estimate, Status
from ..scores.surveys import answers_of
from ..services import ServicesDep
from .reading import READ_ERRORS, DaysQuery, period_of, visible_places

router = APIRouter(prefix="/api/v1", tags=["drivers"], responses=READ_ERRORS)


class AboutOut(BaseModel):
    """What the analysis is."""

    id: str
    name: str
    formula: str
    version: int
    inputs: list[str]
    interval: str
    minimum_n: int = Field(description="below it nothing is told")
    source: str
    caution: str = Field(description="what must not be read out of it")


class DriverOut(BaseModel):
    """One driver; `lmg` and `johnson` are shares of the explained variance."""

    name: str
    lmg: float = Field(description="what it adds to R², mean over all orders of the drivers, of R²")
    lower: float = Field(description="lower end of the interval of lmg")
    upper: float = Field(description="upper end of the interval of lmg")
    johnson: float = Field(description="the same by relative weights, to compare with")
    correlation: float = Field(description="with the outcome alone")
    correlation_lower: float
    correlation_upper: float
    performance: float = Field(description="share of the best answers")
    performance_lower: float
    performance_upper: float
    priority: float = Field(description="lmg × (1 − performance)")
    priority_lower: float
    priority_upper: float


class ImpactOut(BaseModel):
    """The drivers of the outcome, in the order of the settings: their intervals overlap too often to rank."""

    about: AboutOut
    status: Status
    withheld: str = Field(description="why nothing is told; empty where something is")
    n: int = Field(description="people who answered the outcome and every driver")
    r2: float | None = Field(description="share of the outcome's variance that all drivers explain")
    r2_lower: float | None
    r2_upper: float | None
    level: float
    drivers: list[DriverOut]


class DriversOut(BaseModel):
    """Drivers as they were asked, and the forces of customer experience."""

    place: str | None
    first_day: str = Field(serialization_alias="from")
    last_day: str = Field(serialization_alias="to")
    key_drivers: ImpactOut
    cx_forces: ImpactOut


@router.get("/drivers")
def drivers(viewer: CurrentViewer, services: ServicesDep, query: Annotated[DaysQuery, Query()]) -> DriversOut:
    """What the outcome that people told goes together with. It is association, not cause."""
    questions = services.metric_settings.questions
    with services.engine.connect() as connection:
        _, places = visible_places(connection, viewer, query.place)
        period = period_of(query, places)
        answers = answers_of(connection, places, period, questions, services.metrics.smallest_cell)
    return DriversOut(
        place=query.place,
        first_day=period.first,
        last_day=period.last,
        key_drivers=_impact_out(KEY_DRIVERS, "driver", answers, questions, query.level),
        cx_forces=_impact_out(CX_FORCES, "force", answers, questions, query.level),
    )


def _impact_out(
    about: Analysis, kind: str, answers: Answers, questions: Questions, level: float
) -> ImpactOut:
    asked = names_of(questions, kind)
    found = _impact(asked, kind, answers, questions, level)
    return ImpactOut(
        about=about_out(about),
        status="ok" if not found.withheld else "suppressed" if found.n else "no_data",
        withheld=found.withheld,
        n=found.n,
        **_named("r2", found.r2),
        level=level,
        drivers=[_driver(name, driver) for name, driver in zip(asked, found.drivers, strict=False)],
    )


def _impact(asked: list[str], kind: str, answers: Answers, questions: Questions, level: float) -> Impact:
    if not asked or points_of(questions, "outcome") is None:
        return Impact(
            0, f"metrics.questions: no question is set to ask `outcome`, or none to ask `{kind}:NAME`"
        )
    tops = [top_box(points) for each in asked if (points := points_of(questions, each))]
    return impact(answers.to_all(*asked, "outcome"), tops, level)


def _driver(asked: str, driver: Driver) -> DriverOut:
    ends = driver.lmg.interval
    assert ends is not None
    numbers: dict[str, Any] = {
        "lmg": driver.lmg.value,
        "lower": ends.lower,
        "upper": ends.upper,
        **_named("correlation", driver.correlation),
        **_named("performance", driver.performance),
        **_named("priority", driver.priority),
    }
    return DriverOut(name=asked.partition(":")[2], johnson=driver.johnson, **numbers)


def _named(name: str, estimate: Estimate | None) -> dict[str, Any]:
    """Value and ends under their names; null where nothing is told."""
    ends = estimate.interval if estimate else None
    return {
        name: estimate.value if estimate else None,
        f"{name}_lower": ends.lower if ends else None,
        f"{name}_upper": ends.upper if ends else None,
    }


def about_out(analysis: Analysis) -> AboutOut:
    """For an answer."""
    return AboutOut.model_validate(analysis, from_attributes=True)
