"""`/reports`: a report now, who gets which one by mail, and links that show a place to whoever has them."""

from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from ..access import PageSession, wrong_role
from ..access.audit import record
from ..access.clock import now_ms
from ..access.forms import CheckedForm
from ..calendar import PlaceCalendar
from ..chain.places import Kind as PlaceKind
from ..chain.places import choices
from ..database import writing
from ..hierarchy import Hierarchy, read_hierarchy
from ..reports.errors import BadSchedule, UnknownReport
from ..reports.kinds import KINDS, latest_over, name_of_period, next_due
from ..reports.making import MAY_READ
from ..reports.posting import ReportPost
from ..reports.schedules import (
    SENT,
    Schedule,
    add_schedule,
    find_schedule,
    last_mails,
    lies_within,
    read_schedules,
    remove,
    switch,
)
from ..reports.sharing import LIVES, create_link, read_links, revoke_link
from ..services import Services, ServicesDep
from ..viewer import Viewer
from .rendering import Pages, PagesDep
from .source import Source, SourceDep
from .telling import wrong_choice

router = APIRouter(include_in_schema=False)

MAY_KEEP = ("admin", "manager")
"""Who says which report goes where, and who shares a place; each within what they see."""
PATTERNS = {
    "weekly": r"\d{4}-W\d{2}|\d{4}-\d{2}-\d{2}",
    "monthly": r"\d{4}-\d{2}(-\d{2})?",
    "camera-check": r"\d{4}-H[12]|\d{4}-\d{2}(-\d{2})?",
}
"""How periods are written, for the browser."""
KINDS_OF_PLACE: tuple[PlaceKind, ...] = ("org", "region", "store", "touchpoint")


@dataclass(frozen=True)
class Typed:
    """What a form held that was not taken, and why not."""

    about: str = ""
    """`schedule` or `link`."""
    problem: str = ""
    at: str = ""
    """The field."""
    values: dict[str, str] = field(default_factory=dict)
    address: str = ""
    """Of a link that was just made: shown this once."""


@router.get("/reports")
def reports_page(
    request: Request, session: PageSession, services: ServicesDep, pages: PagesDep, source: SourceDep
) -> Response:
    """The page."""
    return _page(request, session, services, pages, source, typed=Typed())


@router.post("/reports/schedules")
def add(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    form: CheckedForm,
) -> Response:
    """Let somebody get reports, or alerts."""
    _may(session.viewer)
    values = {name: _text(form, name) for name in ("kind", "place", "recipients", "language")}
    try:
        with writing(services.engine) as connection:
            _sees(read_hierarchy(connection), session.viewer, values["place"])
            add_schedule(
                connection,
                values["kind"],
                values["place"],
                values["recipients"],
                language=_language(request, values["language"]),
                actor=session.viewer.name,
            )
    except BadSchedule as error:
        problem = pages.t(f"reports.wrong_{error.field}", value=error.value)
        typed = Typed("schedule", problem, error.field, values)
        return _page(request, session, services, pages, source, typed=typed, status=422)
    return RedirectResponse("/reports#schedules", 303)


@router.post("/reports/schedules/{number}")
def change(
    session: PageSession, services: ServicesDep, number: int, form: CheckedForm, request: Request
) -> Response:
    """Switch one off or on, send its latest report now, or remove it."""
    _may(session.viewer)
    do, actor = _text(form, "do"), session.viewer.name
    with writing(services.engine) as connection:
        schedule = _schedule(connection, session.viewer, number)
        if do in ("on", "off"):
            switch(connection, schedule, actor, enabled=do == "on")
        elif do == "remove":
            remove(connection, schedule, actor)
        elif do != "send" or schedule.kind == "alerts" or services.config.mail.host is None:
            raise wrong_choice("do", do, ("on", "off", "remove", "send"))
        else:
            record(connection, actor, "report sent again", str(schedule.id))
    if do == "send":
        spoken = request.app.state.pages
        config = services.config
        ReportPost(services.engine, lambda: spoken, services.metrics, config.reports).post_now(schedule)
    return RedirectResponse("/reports#schedules", 303)


@router.post("/reports/links")
def share(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    form: CheckedForm,
) -> Response:
    """Make a link; its address is on this answer and nowhere else."""
    _may(session.viewer)
    place, days = _text(form, "place"), _text(form, "days")
    if days not in map(str, LIVES):
        raise wrong_choice("days", str(days), map(str, LIVES))
    with writing(services.engine) as connection:
        _sees(read_hierarchy(connection), session.viewer, place)
        by_touchpoint = bool(form.get("by_touchpoint"))
        token = create_link(connection, place, int(days), session.viewer.name, by_touchpoint=by_touchpoint)
    base = services.config.reports.address or str(request.base_url)
    typed = Typed("link", address=f"{base.rstrip('/')}/shared/{token}")
    return _page(request, session, services, pages, source, typed=typed)


@router.post("/reports/links/{number}/revoke")
def take_back(session: PageSession, services: ServicesDep, number: int, _: CheckedForm) -> Response:
    """End a link at once."""
    _may(session.viewer)
    with writing(services.engine) as connection:
        try:
            revoke_link(
                connection, read_hierarchy(connection), session.viewer.scope, number, session.viewer.name
            )
        except UnknownReport as error:
            raise HTTPException(404, str(error)) from error
    return RedirectResponse("/reports#links", 303)


# --- What the page shows ----------------------------------------------------------------------------------


def _page(
    request: Request,
    session: PageSession,
    services: Services,
    pages: Pages,
    source: Source,
    *,
    typed: Typed,
    status: int = 200,
) -> Response:
    viewer, now = session.viewer, now_ms()
    may_keep = viewer.role in MAY_KEEP
    with source.reading() as (connection, hierarchy):
        values = {
            "parts": _parts(hierarchy, viewer.scope),
            "kinds": [kind for kind in KINDS if viewer.role in MAY_READ[kind]],
            "usual": _usual(hierarchy, viewer.scope),
            "latest": _latest(hierarchy, viewer.scope, now),
            "lines": _lines(connection, hierarchy, viewer.scope, now) if may_keep else [],
            "links": read_links(connection, hierarchy, viewer.scope, now) if may_keep else [],
        }
    return pages.page(
        request,
        "reports.html",
        session,
        status,
        may_keep=may_keep,
        sent=SENT,
        lives=LIVES,
        patterns=PATTERNS,
        has_mail=services.config.mail.host is not None,
        typed=typed,
        now=now,
        utc=PlaceCalendar("UTC"),
        place_name=lambda place: _name(hierarchy, place),
        **values,
    )


@dataclass(frozen=True)
class Line:
    """A schedule with when it sends next and what became of its latest mail."""

    schedule: Schedule
    calendar: PlaceCalendar
    """In whose time the page tells; UTC where the place has several."""
    next: int | None
    """ms UTC; None for alerts, and while it rests."""
    last: Any


def _lines(connection: Connection, hierarchy: Hierarchy, scope: str | None, now: int) -> list[Line]:
    schedules = read_schedules(connection, hierarchy, scope)
    last = last_mails(connection, schedules)
    lines = []
    for each in schedules:
        calendars = [place.calendar for place in hierarchy.within(each.place)]
        rests = each.kind == "alerts" or not each.enabled
        following = None if each.kind == "alerts" or rests else next_due(each.kind, calendars, now)
        zones = {calendar.tz for calendar in calendars}
        calendar = calendars[0] if len(zones) == 1 else PlaceCalendar("UTC")
        lines.append(Line(each, calendar, following, last.get(each.id)))
    return lines


def _latest(hierarchy: Hierarchy, scope: str | None, now: int) -> dict[str, str]:
    """By kind: what the latest period is called that is over everywhere the viewer sees."""
    calendars = [place.calendar for place in hierarchy.within(scope)]
    if not calendars:
        return {}
    return {kind: name_of_period(kind, latest_over(kind, calendars, now)) for kind in KINDS}


def _usual(hierarchy: Hierarchy, scope: str | None) -> dict[str, str]:
    """By kind of report: which place it is mostly about, of those that the viewer sees."""
    wanted = {"weekly": "store", "monthly": "org", "camera-check": "org"}
    parts = dict(_parts(hierarchy, scope))
    return {kind: next((id for id, _ in parts[level]), "") for kind, level in wanted.items()}


def _parts(hierarchy: Hierarchy, scope: str | None) -> list[tuple[str, list[tuple[str, str]]]]:
    """By kind of place: ids and names of those that lie wholly within the scope."""
    return [
        (kind, [each for each in choices(hierarchy, kind) if lies_within(hierarchy, each[0], scope)])
        for kind in KINDS_OF_PLACE
    ]


def _name(hierarchy: Hierarchy, place: str) -> str:
    for known in (hierarchy.orgs, hierarchy.regions, hierarchy.stores):
        if place in known:
            return str(known[place].name)
    touchpoint = hierarchy.touchpoints[place]
    return f"{touchpoint.store_name}: {touchpoint.name}"


def _may(viewer: Viewer) -> None:
    if viewer.role not in MAY_KEEP:
        raise wrong_role(viewer, MAY_KEEP)


def _sees(hierarchy: Hierarchy, viewer: Viewer, place: str) -> None:
    if not lies_within(hierarchy, place, viewer.scope):
        raise HTTPException(
            404, f"place {place!r:.60}: you see no org, region, store or touchpoint of this id"
        )


def _schedule(connection: Connection, viewer: Viewer, number: int) -> Schedule:
    try:
        return find_schedule(connection, read_hierarchy(connection), viewer.scope, number)
    except UnknownReport as error:
        raise HTTPException(404, str(error)) from error


def _language(request: Request, text: str) -> str | None:
    """None for the place's; BadSchedule for one that is not spoken here."""
    if text and text not in request.app.state.pages:
        raise BadSchedule("language", f"language {text!r:.20}: is not spoken here", text[:20])
    return text or None


def _text(form: FormData, name: str) -> str:
    return str(form.get(name, "")).strip()
