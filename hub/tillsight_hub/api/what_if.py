"""`/api/v1/what-if`: scores under other cleaning rules, beside those that are stored."""

from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field

from tillsight_models.errors import BadConfig

from ..access import require_role
from ..cleaning.command import settings_of
from ..cleaning.rules import DEVICE_RULES, RULES, Rule
from ..cleaning.what_if import Comparison, what_if
from ..errors import TooManyEvents, UnknownMetric
from ..metrics.registry import Catalogue
from ..scores.scores import Group
from ..services import ServicesDep
from ..viewer import Viewer
from .reading import READ_ERRORS, ScoreQuery, Utc, period_of, utc, visible_places
from .scores import CountsOut, ScoreOut, counts_out, score_out

router = APIRouter(prefix="/api/v1", tags=["scores"], responses=READ_ERRORS)

Analyst = Annotated[Viewer, Depends(require_role("admin", "analyst"))]
"""Who may read single events anyway."""
MOST_BURSTS = 100


class UnderRulesOut(BaseModel):
    """Counts and scores of one touchpoint under some rules."""

    counts: CountsOut
    scores: list[ScoreOut]


class BurstOut(BaseModel):
    """A run of presses that would be mashing or staff."""

    rule: str
    start: Utc = Field(description="first press")
    end: Utc = Field(description="last press")
    presses: int
    p_value: float = Field(
        description="probability that so many customers press in so short a time, at this touchpoint's rate"
    )


class ComparedOut(BaseModel):
    """One touchpoint."""

    touchpoint: str
    name: str
    relabelled: int = Field(description="presses whose labels would be others")
    before: UnderRulesOut = Field(description="as it is stored")
    after: UnderRulesOut = Field(description="as it would be")
    bursts: list[BurstOut] = Field(description=f"the {MOST_BURSTS} least likely ones, in order of time")


class RuleOut(BaseModel):
    """A rule by which presses are labelled."""

    id: str
    version: int
    sentence: str = Field(description="what it finds, for people")
    settings: dict[str, str | float] | None = Field(
        description="as they were tried; null: the device's own rule"
    )


class WhatIfOut(BaseModel):
    """The answer; nothing was changed."""

    first_day: str = Field(serialization_alias="from")
    last_day: str = Field(serialization_alias="to")
    rules: list[RuleOut]
    results: list[ComparedOut]


class WhatIfQuery(ScoreQuery):
    """Which scores of which days under which rules."""

    changes: list[str] = Field(
        [],
        alias="set",
        description="a setting of a cleaning rule, such as session.gap_s=10; may be given often",
    )


@router.get("/what-if")
def compare(viewer: Analyst, services: ServicesDep, query: Annotated[WhatIfQuery, Query()]) -> WhatIfOut:
    """Scores as they are, and as they would be if the cleaning rules were others; nothing is written."""
    try:
        rules = services.config.cleaning.changed(settings_of(query.changes))
        metrics = services.metrics.chosen(query.metric)
    except (BadConfig, UnknownMetric) as error:
        raise HTTPException(422, str(error)) from error
    with services.engine.connect() as connection:
        _, places = visible_places(connection, viewer, query.place)
        period = period_of(query, places)
        try:
            found = what_if(
                connection,
                places,
                period,
                rules,
                smallest_cell=metrics.smallest_cell,
                questions=metrics.questions,
            )
        except TooManyEvents as error:
            raise HTTPException(422, str(error)) from error
    return WhatIfOut(
        first_day=period.first,
        last_day=period.last,
        rules=[
            *(_rule(rule, rules.of(rule.id).model_dump()) for rule in RULES),
            *(_rule(rule, None) for rule in DEVICE_RULES),
        ],
        results=[_compared(each, metrics, query.level) for each in found],
    )


def _rule(rule: Rule, settings: dict[str, str | float] | None) -> RuleOut:
    return RuleOut(id=rule.id, version=rule.version, sentence=rule.sentence, settings=settings)


def _compared(each: Comparison, metrics: Catalogue, level: float) -> ComparedOut:
    least_likely = sorted(each.bursts, key=lambda burst: burst.p_value)[:MOST_BURSTS]
    return ComparedOut(
        touchpoint=each.before.key,
        name=each.before.label,
        relabelled=each.relabelled,
        before=_under_rules(each.before, metrics, level),
        after=_under_rules(each.after, metrics, level),
        bursts=[
            BurstOut(
                rule=burst.rule,
                start=utc(burst.start),
                end=utc(burst.end),
                presses=burst.presses,
                p_value=burst.p_value,
            )
            for burst in sorted(least_likely, key=lambda burst: burst.start)
        ],
    )


def _under_rules(group: Group, metrics: Catalogue, level: float) -> UnderRulesOut:
    scores = metrics.scores(group.counts, level)
    return UnderRulesOut(counts=counts_out(group), scores=[score_out(each, None, None) for each in scores])
