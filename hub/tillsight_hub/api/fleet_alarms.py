"""`/api/v1/alarms`: what is wrong with devices and with the hub itself, and who sees to it."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, Field

from ..access import require_role
from ..access.clock import now_ms
from ..database import writing
from ..fleet.alarm_book import HUB, MOST, Alarm, UnknownAlarm, acknowledge, read_alarms
from ..hierarchy import Hierarchy, Touchpoint, read_hierarchy
from ..services import ServicesDep
from ..viewer import Viewer
from .reading import READ_ERRORS, PlaceQuery, Utc, utc, visible_places

router = APIRouter(prefix="/api/v1", tags=["devices"], responses=READ_ERRORS)

AlarmReader = Annotated[Viewer, Depends(require_role("admin", "ops", "manager"))]
AlarmKeeper = Annotated[Viewer, Depends(require_role("admin", "ops"))]
DAY_MS = 86_400_000


class AlarmOut(BaseModel):
    """An alarm of the fleet."""

    id: int
    subject: str = Field(description="device id; hub: the hub itself")
    condition: str = Field(description="as in the README of the fleet")
    severity: int = Field(description="1: look at it soon; 2: numbers are being lost or are wrong")
    text: str
    raised_at: Utc
    cleared_at: Utc | None = Field(description="null while it goes on")
    sent_at: Utc | None
    held: str | None = Field(description="budget, storm or undelivered: why it was not sent")
    acknowledged_at: Utc | None
    acknowledged_by: str | None
    needs_somebody: bool = Field(description="it goes on until somebody acknowledges it")


class AlarmQuery(PlaceQuery):
    """Which alarms."""

    device: str | None = Field(None, description="of this device alone")
    state: Literal["all", "open"] = "open"
    days: Annotated[float, Field(gt=0, le=3660)] = Field(30, description="over within the last so many days")
    limit: Annotated[int, Field(ge=1, le=MOST)] = MOST


class Acknowledged(BaseModel):
    """Done."""

    acknowledged: Literal[True] = True


@router.get("/alarms")
def alarms(
    viewer: AlarmReader, services: ServicesDep, query: Annotated[AlarmQuery, Query()]
) -> list[AlarmOut]:
    """Alarms of a place's devices, those that go on first; and of the hub itself where no place is named."""
    since = now_ms() - round(query.days * DAY_MS)
    with services.engine.connect() as connection:
        hierarchy, places = visible_places(connection, viewer, query.place)
        subjects = _subjects(hierarchy, places, with_hub=viewer.scope is None and query.place is None)
        if query.device is not None:
            subjects &= {query.device}
        is_open = query.state == "open"
        found = read_alarms(connection, subjects=subjects, is_open=is_open, since=since, limit=query.limit)
    return [_out(each) for each in found]


@router.post("/alarms/{number}/acknowledge")
def acknowledge_alarm(keeper: AlarmKeeper, services: ServicesDep, number: int) -> Acknowledged:
    """Say that you see to it. Who said so first stays."""
    with writing(services.engine) as connection:
        hierarchy = read_hierarchy(connection)
        places = hierarchy.within(keeper.scope)
        subjects = _subjects(hierarchy, places, with_hub=keeper.scope is None)
        try:
            acknowledge(connection, number, keeper.name, now_ms(), subjects)
        except UnknownAlarm as error:
            raise HTTPException(404, str(error)) from error
    return Acknowledged()


def _subjects(hierarchy: Hierarchy, places: list[Touchpoint], *, with_hub: bool) -> set[str]:
    seen = {place.id for place in places}
    devices = {id for id, place in hierarchy.devices.items() if place.touchpoint_id in seen}
    return devices | ({HUB} if with_hub else set())


def _out(alarm: Alarm) -> AlarmOut:
    def at(t_ms: int | None) -> Utc | None:
        return None if t_ms is None else utc(t_ms)

    return AlarmOut(
        id=alarm.id,
        subject=alarm.subject,
        condition=alarm.condition,
        severity=alarm.severity,
        text=alarm.text,
        raised_at=utc(alarm.raised),
        cleared_at=at(alarm.cleared),
        sent_at=at(alarm.sent),
        held=alarm.held,
        acknowledged_at=at(alarm.acknowledged),
        acknowledged_by=alarm.acknowledged_by,
        needs_somebody=alarm.needs_somebody,
    )
