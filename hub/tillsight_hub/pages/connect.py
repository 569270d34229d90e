"""`/devices/{id}/connect`: a new box's configuration, its token, and the wait for its first press."""

from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Request
from sqlalchemy import Connection, func, select
from starlette.responses import Response

from ..access import CurrentAdmin, PageSession, create_token
from ..access.asking import whole_admin
from ..access.forms import CheckedForm
from ..fleet.boxes import Box
from ..live.live import Parts
from ..services import Services, ServicesDep
from ..tables import device, event
from .devices import find_box
from .rendering import Pages, PagesDep
from .source import Source, SourceDep

router = APIRouter(include_in_schema=False)

TOKEN_FILE = "/etc/tillsight/token"  # noqa: S105 - the name of a file


@dataclass(frozen=True)
class Progress:
    """How far a box has come."""

    last_seen: int | None
    """ms UTC"""
    first_press: int | None
    """ms UTC; of this box at its touchpoint."""


@router.get("/devices/{id}/connect")
def connect_page(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    id: str,
) -> Response:
    """What to do at the box, and how far it is."""
    whole_admin(session.viewer)
    return _page(request, session, services, pages, source, id)


@router.post("/devices/{id}/token")
def make_token(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    id: str,
    _: CheckedForm,
) -> Response:
    """A token of the box, shown this once."""
    whole_admin(session.viewer)
    find_box(source, session.viewer, id)
    token = create_token(services.engine, id, "device", id, actor=session.viewer.name)
    return _page(request, session, services, pages, source, id, token=token)


@router.get("/live/devices/{id}/connect")
def connect_stream(
    *,
    services: ServicesDep,
    viewer: CurrentAdmin,
    pages: PagesDep,
    source: SourceDep,
    id: str,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """How far the box is, as server-sent events."""
    view = ConnectView(pages, source, find_box(source, viewer, id))
    return services.live.respond(view, last_event_id)


class ConnectView:
    """The steps of one box; a press ticks the last one off at once."""

    def __init__(self, pages: Pages, source: Source, box: Box) -> None:
        self.key = f"connect {box.id} {pages.language}"
        self._pages = pages
        self._source = source
        self._box = box

    def concerns(self, touchpoints: frozenset[str]) -> bool:
        return self._box.place.id in touchpoints

    def read(self, changed: frozenset[str] | None) -> Parts:  # noqa: ARG002 - it is one part
        with self._source.reading() as (connection, hierarchy):
            progress = read_progress(connection, self._box)
        html = self._pages.html("devices/progress.html", box=self._box, progress=progress)
        return {
            "progress": msgspec.json.encode({"html": html}),
            "structure": msgspec.json.encode(hierarchy.version),
        }


def read_progress(connection: Connection, box: Box) -> Progress:
    """As it is now."""
    seen = connection.scalar(select(device.c.last_seen).where(device.c.id == box.id))
    pressed = select(func.min(event.c.t)).where(
        event.c.tp == box.place.id, event.c.type == "button.press", event.c.dev == box.id
    )
    return Progress(seen, connection.scalar(pressed))


def _page(  # noqa: PLR0917
    request: Request,
    session: PageSession,
    services: Services,
    pages: Pages,
    source: Source,
    id: str,
    token: str = "",
) -> Response:
    box = find_box(source, session.viewer, id)
    with source.reading() as (connection, hierarchy):
        progress = read_progress(connection, box)
    mqtt: Any = services.config.mqtt
    return pages.page(
        request,
        "devices/connect.html",
        session,
        structure=hierarchy.version,
        box=box,
        place=box.place,
        progress=progress,
        token=token,
        token_file=TOKEN_FILE,
        url=str(request.base_url).rstrip("/"),
        mqtt=None if mqtt.embedded else mqtt,
        is_loopback=request.url.hostname in ("127.0.0.1", "localhost", "::1"),
    )
