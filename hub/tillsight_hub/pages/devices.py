"""`/devices`: every box and what is wrong with it; one box over time; and how a new one is connected."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Header, HTTPException, Query, Request
from starlette.responses import Response

from ..access import CurrentViewer, PageSession, wrong_role
from ..access.clock import now_ms
from ..commands.orders import read_orders
from ..fleet.alarm_book import HUB, Alarm, read_alarms
from ..fleet.boxes import Box, read_boxes
from ..fleet.reports import HEIGHT, WIDTH, lines, read_happenings, read_reports
from ..fleet.sightings import last_turned_away
from ..live.live import Parts
from ..services import ServicesDep
from ..viewer import Viewer
from .rendering import Pages, PagesDep
from .source import Source, SourceDep

router = APIRouter(include_in_schema=False)

READERS = ("admin", "ops", "manager")
Days = Literal["1", "7", "30"]
DAY_MS = 86_400_000
ORDERS_SHOWN = 8
ALARM_DAYS, ALARMS_SHOWN = 90, 20
"""Of one device's page."""
KEEPERS = ("admin", "ops")
"""Who answers for alarms."""


@dataclass(frozen=True)
class Summary:
    """How many boxes are how."""

    boxes: int
    good: int
    soon: int
    now: int


@router.get("/devices")
def devices_page(
    *,
    request: Request,
    session: PageSession,
    pages: PagesDep,
    source: SourceDep,
    find: Annotated[str, Query(max_length=80)] = "",
) -> Response:
    """The most troubled first."""
    may_read(session.viewer)
    version, boxes = _boxes(source, session.viewer.scope)
    alarms, address = _alarms(source, boxes, session.viewer.scope)
    words = find.lower().split()
    return pages.page(
        request,
        "devices.html",
        session,
        structure=version,
        boxes=[box for box in boxes if all(word in _text(box) for word in words)],
        summary=_summary(boxes),
        alarms=alarms,
        address=address,
        by_id={box.id: box for box in boxes},
        may_answer=session.viewer.role in KEEPERS,
        find=find,
    )


@router.get("/live/devices")
async def devices_stream(
    services: ServicesDep,
    viewer: CurrentViewer,
    pages: PagesDep,
    source: SourceDep,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """The changes of the page as server-sent events."""
    may_read(viewer)
    view = DevicesView(pages, source, viewer.scope, may_answer=viewer.role in KEEPERS)
    return services.live.respond(view, last_event_id)


@router.get("/devices/{id}")
def device_page(
    *, request: Request, session: PageSession, pages: PagesDep, source: SourceDep, id: str, days: Days = "7"
) -> Response:
    """One box, and what it said of itself lately."""
    may_read(session.viewer)
    now = now_ms()
    since = now - int(days) * DAY_MS
    box = find_box(source, session.viewer, id)
    with source.reading() as (connection, _):
        reports = read_reports(connection, box, since)
        happenings = read_happenings(connection, box, since)
        orders = read_orders(connection, box.id, ORDERS_SHOWN)
        alarms = read_alarms(
            connection, subjects={box.id}, since=now - ALARM_DAYS * DAY_MS, limit=ALARMS_SHOWN
        )
    return pages.page(
        request,
        "devices/box.html",
        session,
        box=box,
        place=box.place,
        days=days,
        lines=lines(reports, since, now),
        reports=reports[::-1][:50],
        happenings=happenings,
        orders=orders,
        alarms=alarms,
        alarm_days=ALARM_DAYS,
        now=now,
        may_order=session.viewer.role in KEEPERS,
        since=since,
        width=WIDTH,
        height=HEIGHT,
        may_connect=session.viewer.role == "admin" and session.viewer.scope is None,
    )


class DevicesView:
    """The boxes of one scope: the sums, and a part for each box. What changes it comes by no event but by the
    state of a connection, so that it is read again at every beat. The buttons of alarms belong to a form that
    stands outside of it, because its token is one session's."""

    def __init__(self, pages: Pages, source: Source, scope: str | None, *, may_answer: bool) -> None:
        self.key = f"devices {scope or '*'} {pages.language} {may_answer}"
        self._pages = pages
        self._source = source
        self._scope = scope
        self._may_answer = may_answer

    def concerns(self, touchpoints: frozenset[str]) -> bool:  # noqa: ARG002 - no commit does
        return False

    def read(self, changed: frozenset[str] | None) -> Parts:  # noqa: ARG002 - it is always read as a whole
        version, boxes = _boxes(self._source, self._scope)
        parts = {f"box.{box.id}": self._part("devices/row.html", box=box) for box in boxes}
        parts["summary"] = self._part("devices/summary.html", summary=_summary(boxes))
        alarms, address = _alarms(self._source, boxes, self._scope)
        parts["alarms"] = self._part(
            "devices/alarms.html",
            alarms=alarms,
            address=address,
            by_id={box.id: box for box in boxes},
            may_answer=self._may_answer,
        )
        return parts | {"structure": msgspec.json.encode(version)}

    def _part(self, template: str, **values: Any) -> bytes:
        return msgspec.json.encode({"html": self._pages.html(template, **values)})


def may_read(viewer: Viewer) -> None:
    """403 for who has nothing to do with boxes."""
    if viewer.role not in READERS:
        raise wrong_role(viewer, READERS)


def find_box(source: Source, viewer: Viewer, id: str) -> Box:
    """404 where there is none of this id that the viewer may see."""
    _, boxes = _boxes(source, viewer.scope)
    found = next((box for box in boxes if box.id == id), None)
    if found is None:
        raise HTTPException(404, f"device {id!r}: you see none of this id")
    return found


def _boxes(source: Source, scope: str | None) -> tuple[int, list[Box]]:
    with source.reading() as (connection, hierarchy):
        places: Mapping[str, Any] = {place.id: place for place in hierarchy.within(scope)}
        return hierarchy.version, read_boxes(connection, hierarchy, places, now_ms())


def seen_subjects(source: Source, viewer: Viewer) -> set[str]:
    """Whose alarms the viewer sees: the hub's own who sees everything."""
    return _subjects(_boxes(source, viewer.scope)[1], viewer.scope)


def _subjects(boxes: list[Box], scope: str | None) -> set[str]:
    return {box.id for box in boxes} | ({HUB} if scope is None else set())


def _alarms(source: Source, boxes: list[Box], scope: str | None) -> tuple[list[Alarm], str | None]:
    """What goes on, and from where the broker turned somebody away last."""
    with source.reading() as (connection, _):
        found = read_alarms(connection, subjects=_subjects(boxes, scope), is_open=True)
        address = last_turned_away(connection, now_ms()) if scope is None else None
    return found, address


def _summary(boxes: list[Box]) -> Summary:
    severities = [box.severity for box in boxes]
    return Summary(len(boxes), severities.count(0), severities.count(1), severities.count(2))


def _text(box: Box) -> str:
    place = box.place
    return f"{box.id} {box.name} {place.name} {place.store_name} {place.region_name} {box.version}".lower()
