"""`/cases`: what somebody has to look after, the most pressing first."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Header, HTTPException, Request
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from tillsight_models.events import SLUG_PATTERN

from ..access import CurrentViewer, PageSession, wrong_role
from ..access.clock import now_ms
from ..access.forms import CheckedForm
from ..cases.desk import MAY_WORK, Desk
from ..cases.errors import BadCase
from ..cases.listing import SHOWN, Case, Shown, count_cases, read_cases
from ..cases.opening import LONGEST_TITLE
from ..database import writing
from ..hierarchy import Hierarchy, read_hierarchy
from ..live.live import Parts
from ..services import ServicesDep
from ..shown.places import own_places
from ..viewer import Viewer
from .figures import figures_of
from .rendering import Pages, PagesDep
from .source import Source, SourceDep
from .texts import DEFAULT_LANGUAGE, LANGUAGES, Texts, texts

router = APIRouter(include_in_schema=False)

PARTS = ("tabs", "list")
"""Fragments of the page that are renewed by themselves."""
_slug = re.compile(SLUG_PATTERN.removeprefix("^").removesuffix("$"))

ORIGINS = ("alert", "request", "reason", "person")


@dataclass(frozen=True)
class Chosen:
    """What the list shows."""

    shown: Shown = "open"
    origin: str = ""
    place: str = ""


@router.get("/cases")
def cases_page(
    *,
    request: Request,
    session: PageSession,
    pages: PagesDep,
    source: SourceDep,
    show: str = "open",
    origin: str = "",
    place: str = "",
) -> Response:
    """The list; `show` is one of open, mine, overdue, escalated, closed, all."""
    return _page(request, session, pages, source, chosen_of(show, origin, place))


@router.get("/live/cases")
async def cases_stream(  # noqa: PLR0917
    services: ServicesDep,
    viewer: CurrentViewer,
    pages: PagesDep,
    source: SourceDep,
    show: str = "open",
    origin: str = "",
    place: str = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """The changes of the list as server-sent events."""
    view = CasesView(pages, source, viewer, chosen_of(show, origin, place))
    return services.live.respond(view, last_event_id)


@router.post("/cases")
def open_case(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    form: CheckedForm,
) -> Response:
    """A person opens one."""
    viewer = session.viewer
    needs_worker(viewer)
    tp, title = str(form.get("place", "")), str(form.get("title", ""))
    try:
        with writing(services.engine) as connection:
            hierarchy = read_hierarchy(connection)
            if not hierarchy.contains(viewer.scope, tp):
                raise HTTPException(404, f"touchpoint {tp!r:.60}: you see none of this id")
            desk = Desk(connection, hierarchy, services.config.cases, viewer.name, now_ms())
            number = desk.open(tp, title)
    except BadCase as bad:
        typed = {
            "title": title,
            "place": tp,
            "problem": pages.t(f"cases.bad_{bad.field}", most=LONGEST_TITLE),
        }
        return _page(request, session, pages, source, Chosen(), typed, 422)
    services.live.touch(frozenset({tp}))
    return RedirectResponse(f"/cases/{number}", 303)


def title_of(case: Case, t: Texts) -> str:
    """What a case is about, in a line."""
    if case.origin == "person":
        return case.title
    return t(f"cases.title_{case.origin}", reason=case.title)


def letter_writer(phone_url: str | None) -> Callable[[Case, str], tuple[str, str]]:
    """Writes subject and text of the mail about a case that missed its deadline, in a language."""
    address = (phone_url or "").removesuffix("/go")

    def write(case: Case, language: str) -> tuple[str, str]:
        spoken = language if language in LANGUAGES else DEFAULT_LANGUAGE
        t, figures = texts(spoken), figures_of(spoken)
        values: dict[str, object] = {
            "title": title_of(case, t),
            "store": case.place.store_name,
            "touchpoint": case.place.name,
        }
        body = t(
            "cases.mail_body",
            **values,
            opened=figures.moment(case.place.calendar, case.opened),
            deadline=figures.moment(case.place.calendar, case.deadline),
            owner=t("cases.owned", name=case.owner) if case.owner else t("cases.nobody"),
            link=f"{address}/cases/{case.id}",
        )
        return t("cases.mail_subject", **values), body

    return write


def needs_worker(viewer: Viewer) -> None:
    """403 for who may only look."""
    if viewer.role not in MAY_WORK:
        raise wrong_role(viewer, MAY_WORK)


def chosen_of(show: str, origin: str, place: str) -> Chosen:
    """What is asked for, as far as it exists."""
    shown = show if show in SHOWN else "open"
    return Chosen(shown, origin if origin in ORIGINS else "", place if _slug.fullmatch(place) else "")


class CasesView:
    """The list of one viewer, in its parts."""

    def __init__(self, pages: Pages, source: Source, viewer: Viewer, chosen: Chosen) -> None:
        what = f"{chosen.shown} {chosen.origin} {chosen.place}"
        self.key = f"cases {viewer.name} {viewer.scope or '*'} {pages.language} {what}"
        self._pages = pages
        self._source = source
        self._viewer = viewer
        self._chosen = chosen
        self._places: frozenset[str] = frozenset()

    def concerns(self, touchpoints: frozenset[str]) -> bool:
        return not touchpoints.isdisjoint(self._places)

    def read(self, changed: frozenset[str] | None) -> Parts:  # noqa: ARG002 - the page is one of few parts
        with self._source.reading() as (connection, hierarchy):
            self._places = frozenset(each.id for each in hierarchy.within(self._viewer.scope))
            values = fragment_values(connection, hierarchy, self._viewer, self._chosen)
        values["title_of"] = lambda case: title_of(case, self._pages.t)
        return {
            "structure": msgspec.json.encode(str(hierarchy.version)),
            **{
                name: msgspec.json.encode({"html": self._pages.html(f"cases/{name}.html", **values)})
                for name in PARTS
            },
        }


def fragment_values(
    connection: Connection, hierarchy: Hierarchy, viewer: Viewer, chosen: Chosen
) -> dict[str, Any]:
    """What the page's fragments show."""
    now, inside = now_ms(), {each.id for each in hierarchy.within(chosen.place or None)}
    here = [each for each in hierarchy.within(viewer.scope) if each.id in inside]
    cases = read_cases(
        connection,
        hierarchy,
        here,
        shown=chosen.shown,
        origin=chosen.origin or None,
        viewer=viewer.name,
        now=now,
    )
    return {
        "cases": cases,
        "numbers": count_cases(connection, here, viewer.name, now, origin=chosen.origin or None),
        "shown": chosen.shown,
        "all_shown": SHOWN,
        "origin": chosen.origin,
        "place": chosen.place,
        "now": now,
    }


def _page(  # noqa: PLR0917
    request: Request,
    session: PageSession,
    pages: Pages,
    source: Source,
    chosen: Chosen,
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    viewer = session.viewer
    with source.reading() as (connection, hierarchy):
        values = fragment_values(connection, hierarchy, viewer, chosen)
        places = own_places(hierarchy, viewer)
        touchpoints = hierarchy.within(viewer.scope)
    query = urlencode({"show": chosen.shown, "origin": chosen.origin, "place": chosen.place})
    return pages.page(
        request,
        "cases.html",
        session,
        status,
        stream=f"/live/cases?{query}",
        structure=str(hierarchy.version),
        origins=ORIGINS,
        places=places,
        touchpoints=touchpoints,
        title_of=lambda case: title_of(case, pages.t),
        may_work=viewer.role in MAY_WORK,
        typed={"title": "", "place": chosen.place, "problem": ""} | (typed or {}),
        longest=LONGEST_TITLE,
        **values,
    )
