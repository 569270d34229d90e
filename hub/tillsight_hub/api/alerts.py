"""`/api/v1/alerts`, `/api/v1/alert-rules` and `/api/v1/snooze`: alerts, what raises them, and quiet."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from ..access import CurrentViewer, require_role
from ..access.clock import now_ms
from ..alerts.knowing import read_knowledge
from ..alerts.listing import (
    MOST,
    Entry,
    Precision,
    UnknownAlert,
    Word,
    csv_of,
    precisions,
    qualify,
    read_alerts,
)
from ..alerts.outbox import LONGEST_SNOOZE_DAYS, set_snooze
from ..alerts.rules import (
    BadRule,
    Rule,
    RuleKind,
    UnknownRule,
    add_rule,
    change_rule,
    find_rule,
    read_rules,
    remove_rule,
)
from ..alerts.stating import Stated, stated
from ..database import writing
from ..hierarchy import Hierarchy, Touchpoint, read_hierarchy
from ..services import ServicesDep
from ..viewer import Viewer
from .reading import READ_ERRORS, PlaceQuery, Utc, utc, visible_places

router = APIRouter(prefix="/api/v1", tags=["alerts"], responses=READ_ERRORS)

RuleKeeper = Annotated[Viewer, Depends(require_role("admin", "manager"))]
Judge = Annotated[Viewer, Depends(require_role("admin", "manager", "analyst"))]
Quietener = Annotated[Viewer, Depends(require_role("admin", "manager", "ops"))]


class AlertOut(BaseModel):
    """One alert."""

    id: int
    rule: int = Field(description="number of the rule; 0 is the built-in one")
    rule_version: int
    kind: str = Field(description="of the rule")
    touchpoint: str
    store: str
    since: Utc = Field(description="first answer of the run that raised it")
    raised_at: Utc = Field(description="when the hub raised it: its last answer had settled")
    cleared_at: Utc | None = Field(description="null while it is open")
    sent_at: Utc | None
    held: str | None = Field(description="budget, snooze, storm or undelivered: why it was not sent")
    storm: int | None = Field(description="number of the first alert of the storm that it belongs to")
    text: str
    chart: str = Field(description="touchpoint or store: whose chart alarmed; or the simple rule's kind")
    statistic: float
    threshold: float | None
    arl0_months: float | None = Field(description="mean time between false alarms of such alerts there")
    votes_neg: int
    votes_pos: int
    contacts: int
    expected_neg: float = Field(description="negative answers that are usual among these contacts")
    qualified: str | None
    qualified_by: str | None


class RuleOut(BaseModel):
    """A rule, and how often it is wrong."""

    id: int
    place: str | None = Field(description="null: everywhere, of the built-in rule")
    kind: RuleKind
    settings: dict[str, Any]
    version: int
    enabled: bool
    arl0_months: float | None = Field(description="mean time between false alarms at a touchpoint, in months")
    false_alarms_per_touchpoint_month: float | None = Field(
        description="found by playing the touchpoints' own weeks; null while nothing is learnt"
    )
    standard_error: float | None = Field(description="of that number, from the simulation")
    touchpoints: dict[str, int] = Field(
        description="how many are watched by their own chart (hot), learning, or by the daily chart"
    )
    precision: float | None = Field(description="share of judged alerts that were right")
    judged: int


class RuleIn(BaseModel):
    """A rule to make."""

    model_config = ConfigDict(extra="forbid")

    place: str = Field(description="id of an org, region, store or touchpoint")
    kind: RuleKind
    settings: dict[str, Any] = Field({}, description="per kind; absent ones have their defaults")


class RuleChange(BaseModel):
    """What to change of a rule; absent fields stay as they are."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[str, Any] | None = None
    enabled: bool | None = None


class Qualified(BaseModel):
    """What somebody says of an alert."""

    model_config = ConfigDict(extra="forbid")

    qualified: Word = Field(validation_alias="as")


class SnoozeIn(BaseModel):
    """Quiet for a place."""

    model_config = ConfigDict(extra="forbid")

    place: str = Field(description="id of an org, region, store or touchpoint")
    minutes: Annotated[float, Field(ge=0, le=LONGEST_SNOOZE_DAYS * 1440)] = Field(
        description="0 ends it; at most 31 days"
    )


class MadeRule(BaseModel):
    """The number of a new rule."""

    id: int


Done = dict[Literal["done"], bool]
DONE: Done = {"done": True}


class AlertQuery(PlaceQuery):
    """Which alerts."""

    state: Literal["all", "open"] = "all"
    days: Annotated[float, Field(gt=0, le=3660)] = Field(30, description="raised in the last so many days")
    limit: Annotated[int, Field(ge=1, le=MOST)] = Field(MOST, description="the newest ones")
    format: Literal["json", "csv"] = "json"


@router.get("/alerts", response_model=list[AlertOut])
def alerts(viewer: CurrentViewer, services: ServicesDep, query: Annotated[AlertQuery, Query()]) -> Any:
    """Alerts of a place, the newest first."""
    begin = now_ms() - round(query.days * 86_400_000)
    with services.engine.connect() as connection:
        hierarchy, places = visible_places(connection, viewer, query.place)
        rules = read_rules(connection, services.config.alerts)
        found = read_alerts(
            connection,
            hierarchy,
            places,
            rules,
            start=begin,
            is_open=query.state == "open",
            limit=query.limit,
        )
    if query.format == "json":
        return [_alert(entry) for entry in found]
    return StreamingResponse(
        csv_of(entry.row() for entry in reversed(found)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="tillsight-alerts.csv"'},
    )


@router.post("/alerts/{number}/qualify")
def qualify_alert(judge: Judge, services: ServicesDep, number: int, said: Qualified) -> Done:
    """Say whether an alert was right: `true`, `false` or `duplicate`. A false one is learnt from again."""
    with writing(services.engine) as connection:
        places = read_hierarchy(connection).within(judge.scope)
        try:
            qualify(connection, places, number, said.qualified, judge.name)
        except UnknownAlert as error:
            raise HTTPException(404, str(error)) from error
    return DONE


@router.get("/alert-rules")
def alert_rules(viewer: CurrentViewer, services: ServicesDep) -> list[RuleOut]:
    """Every rule that holds somewhere you see, with its false alarms per touchpoint and month."""
    with services.engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        rules = read_rules(connection, services.config.alerts)
        knowledge, judged = read_knowledge(connection), precisions(connection)
    places = hierarchy.within(viewer.scope)
    return [
        _rule(rule, stated(rule, rules, on, knowledge), judged.get(rule.id, Precision(0, 0)))
        for rule in rules
        if (on := touchpoints_of(rule, hierarchy, places)) or rule.place is None
    ]


@router.post("/alert-rules", status_code=201)
def make_rule(keeper: RuleKeeper, services: ServicesDep, new: RuleIn) -> MadeRule:
    """Make a rule for a place. One that cannot or must alarm is refused, with the reason."""
    with writing(services.engine) as connection:
        hierarchy, _ = visible_places(connection, keeper, new.place)
        try:
            number = add_rule(connection, hierarchy, new.place, new.kind, new.settings, actor=keeper.name)
        except BadRule as error:
            raise HTTPException(422, str(error)) from error
    return MadeRule(id=number)


@router.put("/alert-rules/{number}")
def put_rule(keeper: RuleKeeper, services: ServicesDep, number: int, change: RuleChange) -> Done:
    """Give a rule other settings, or switch it off or on."""
    with writing(services.engine) as connection:
        hierarchy = read_hierarchy(connection)
        rule = _own_rule(connection, hierarchy, keeper, number)
        values = rule.settings.model_dump() if change.settings is None else change.settings
        enabled = rule.enabled if change.enabled is None else change.enabled
        try:
            change_rule(connection, hierarchy, rule, values, enabled=enabled, actor=keeper.name)
        except BadRule as error:
            raise HTTPException(422, str(error)) from error
    return DONE


@router.delete("/alert-rules/{number}")
def delete_rule(keeper: RuleKeeper, services: ServicesDep, number: int) -> Done:
    """Remove a rule; its alerts stay."""
    with writing(services.engine) as connection:
        rule = _own_rule(connection, read_hierarchy(connection), keeper, number)
        remove_rule(connection, rule, keeper.name)
    return DONE


@router.post("/snooze")
def snooze(who: Quietener, services: ServicesDep, quiet: SnoozeIn) -> Done:
    """Send no alerts of a place for some time; they are still listed."""
    with writing(services.engine) as connection:
        visible_places(connection, who, quiet.place)
        set_snooze(connection, quiet.place, now_ms() + round(quiet.minutes * 60_000), who.name)
    return DONE


def touchpoints_of(rule: Rule, hierarchy: Hierarchy, seen: Iterable[Touchpoint]) -> list[Touchpoint]:
    """Those where the rule holds, of these."""
    ids = {place.id for place in seen}
    return [place for place in hierarchy.within(rule.place) if place.id in ids]


def _own_rule(connection: Any, hierarchy: Hierarchy, viewer: Viewer, number: int) -> Rule:
    """404 where the rule does not lie wholly within what the viewer may see."""
    try:
        rule = find_rule(connection, number)
    except UnknownRule as error:
        raise HTTPException(404, str(error)) from error
    held = {place.id for place in hierarchy.within(rule.place)}
    if viewer.scope is not None and not held <= {place.id for place in hierarchy.within(viewer.scope)}:
        raise HTTPException(404, f"rule {number}: there is none of this number that you may change")
    return rule


def _alert(entry: Entry) -> AlertOut:
    return AlertOut(
        id=entry.id,
        rule=entry.rule_id,
        rule_version=entry.rule_version,
        kind=entry.kind,
        touchpoint=entry.place.id,
        store=entry.place.store_id,
        since=utc(entry.since),
        raised_at=utc(entry.noticed),
        cleared_at=None if entry.cleared is None else utc(entry.cleared),
        sent_at=None if entry.sent is None else utc(entry.sent),
        held=entry.held,
        storm=entry.storm,
        text=entry.text,
        qualified=entry.qualified,
        qualified_by=entry.qualified_by,
        **entry.detail,
    )


def _rule(rule: Rule, states: Stated, precision: Precision) -> RuleOut:
    per_month = states.per_month
    return RuleOut(
        id=rule.id,
        place=rule.place,
        kind=rule.kind,
        settings=rule.settings.model_dump(),
        version=rule.version,
        enabled=rule.enabled,
        arl0_months=1 / per_month if per_month else None,
        false_alarms_per_touchpoint_month=per_month,
        standard_error=states.error,
        touchpoints={"hot": states.hot, "learning": states.learning, "daily": states.daily},
        precision=precision.share,
        judged=precision.judged,
    )
