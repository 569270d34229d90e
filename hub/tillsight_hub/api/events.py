"""`/api/v1/events`: the stored events, newest arrival first, page by page."""

import base64
import binascii
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import ColumnElement, RowMapping, literal, select, tuple_

from tillsight_models.events import PAYLOADS

from ..access import require_role
from ..access.audit import record
from ..cells.faces import event_may_be_told
from ..database import writing
from ..exports.columns import label_names
from ..hierarchy import Hierarchy, Touchpoint
from ..services import ServicesDep
from ..tables import event
from ..viewer import Viewer
from .reading import READ_ERRORS, PlaceQuery, Utc, utc, visible_places

router = APIRouter(prefix="/api/v1", tags=["events"], responses=READ_ERRORS)

EventReader = Annotated[Viewer, Depends(require_role("admin", "analyst"))]
MAX_EVENTS = 1000

Position = tuple[int, str, int]
"""Where a page ended: received, stream, seq."""


class EventOut(BaseModel):
    """One stored event."""

    id: str = Field(description="stream and number, unique for ever")
    stream: str
    seq: int
    type: str
    device: str
    touchpoint: str
    t: Utc = Field(description="when it happened, corrected where the device's clock was wrong")
    t_local: str | None = Field(description="the same in local time; null where the time is not known")
    clock_quality: str = Field(
        description="ntp, rtc, bounded (only the day is known) or unsynced (nothing is)"
    )
    received: Utc = Field(description="when the hub received it")
    rating: int | None = Field(description="of a press; 1 is the worst")
    labels: list[str] = Field(description="why a press is not a response")
    data: dict[str, Any] = Field(description="the rest, as the device sent it")
    extra: dict[str, Any] | None = Field(description="fields of a newer contract, as they came")


class EventsOut(BaseModel):
    """One page of events."""

    events: list[EventOut]
    next: str | None = Field(description="`cursor` of the next page; null where this is the last one")


class EventsQuery(PlaceQuery):
    """Which events."""

    device: str | None = Field(None, description="id of a device")
    type: str | None = Field(None, description="type of event, such as button.press")
    since: AwareDatetime | None = Field(
        None, alias="from", description="happened at or after, such as 2026-03-01T09:00:00Z"
    )
    until: AwareDatetime | None = Field(None, alias="to", description="happened before")
    cursor: str | None = Field(None, description="`next` of the page before")
    limit: int = Field(100, ge=1, le=MAX_EVENTS)


@router.get("/events")
def events(viewer: EventReader, services: ServicesDep, query: Annotated[EventsQuery, Query()]) -> EventsOut:
    """Events as the hub holds them: raw data, person by person. Who reads them is written to the audit trail.

    What arrives meanwhile comes before the first page, and shifts none.
    """
    if query.type is not None and query.type not in PAYLOADS:
        raise HTTPException(422, f"type: {query.type!r}: expected one of {', '.join(PAYLOADS)}")
    newest_first = event.c.received.desc(), event.c.stream.desc(), event.c.seq.desc()
    with services.engine.connect() as connection:
        hierarchy, places = visible_places(connection, viewer, query.place)
        everywhere = viewer.scope is None and query.place is None
        where = [*_at(places, everywhere=everywhere), *_filters(query), *_after(query.cursor)]
        where.append(event_may_be_told(connection, places))
        chosen = select(event).where(*where).order_by(*newest_first).limit(query.limit)
        rows = connection.execute(chosen).mappings().all()
    with writing(services.engine) as connection:
        record(connection, viewer.name, "events.read", query.model_dump_json(exclude_defaults=True))
    more = _cursor(rows[-1]) if len(rows) == query.limit else None
    return EventsOut(events=[_event(row, hierarchy) for row in rows], next=more)


def _at(places: list[Touchpoint], *, everywhere: bool) -> list[ColumnElement[bool]]:
    """Of several touchpoints the order of arrival is walked, not each one's index: a page is soon full."""
    if everywhere:
        return []
    ids = [place.id for place in places]
    return [event.c.tp == ids[0]] if len(ids) == 1 else [event.c.tp.concat(literal("")).in_(ids)]


def _filters(query: EventsQuery) -> Iterator[ColumnElement[bool]]:
    if query.device is not None:
        yield event.c.dev == query.device
    if query.type is not None:
        yield event.c.type == query.type
    if query.since is not None:
        yield event.c.t >= _ms(query.since)
    if query.until is not None:
        yield event.c.t < _ms(query.until)


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _after(cursor: str | None) -> list[ColumnElement[bool]]:
    if cursor is None:
        return []
    position = _position(cursor)
    key = tuple_(event.c.received, event.c.stream, event.c.seq)
    return [event.c.received <= position[0], key < tuple_(*map(literal, position))]


def _cursor(row: RowMapping) -> str:
    position = [row["received"], row["stream"], row["seq"]]
    return base64.urlsafe_b64encode(json.dumps(position).encode()).decode().rstrip("=")


def _position(cursor: str) -> Position:
    try:
        received, stream, seq = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return int(received), str(stream), int(seq)
    except (ValueError, TypeError, binascii.Error):
        raise HTTPException(422, f"cursor {cursor!r}: expected `next` of another page") from None


def _event(row: RowMapping, hierarchy: Hierarchy) -> EventOut:
    place = hierarchy.touchpoints.get(row["tp"])
    dated = place is not None and row["tq"] != "unsynced"
    return EventOut(
        id=f"{row['stream']}-{row['seq']}",
        stream=row["stream"],
        seq=row["seq"],
        type=row["type"],
        device=row["dev"],
        touchpoint=row["tp"],
        t=utc(row["t"]),
        t_local=place.calendar.local(row["t"]).isoformat() if place and dated else None,
        clock_quality=row["tq"],
        received=utc(row["received"]),
        rating=row["rating"],
        labels=list(label_names(row["labels"])),
        data=json.loads(row["data"]),
        extra=json.loads(row["extra"]) if row["extra"] else None,
    )
