"""`/cases`: what somebody has to look after, the most pressing first."""

from collections.abc import Callable
from typing import cast

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import RedirectResponse, Response

from ..access import PageSession
from ..access.clock import now_ms
from ..access.forms import CheckedForm
from ..cases.desk import MAY_WORK, Desk
from ..cases.errors import BadCase
from ..cases.listing import SHOWN, Case, Shown, count_cases, read_cases
from ..cases.opening import LONGEST_TITLE
from ..database import writing
from ..hierarchy import read_hierarchy
from ..services import ServicesDep
from ..shown.places import own_places
from ..viewer import Viewer
from .figures import figures_of
from .rendering import Pages, PagesDep
from .source import Source, SourceDep
from .texts import DEFAULT_LANGUAGE, LANGUAGES, Texts, texts

router = APIRouter(include_in_schema=False)

ORIGINS = ("alert", "request", "reason", "person")


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
    chosen = (show if show in SHOWN else "open", origin if origin in ORIGINS else "", place)
    return _page(request, session, pages, source, chosen)


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
        return _page(request, session, pages, source, ("open", "", ""), typed, 422)
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
        raise HTTPException(403, f"your role is {viewer.role}; this needs {' or '.join(MAY_WORK)}")


def _page(  # noqa: PLR0917
    request: Request,
    session: PageSession,
    pages: Pages,
    source: Source,
    chosen: tuple[str, str, str],
    typed: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    viewer, now = session.viewer, now_ms()
    shown, origin, place = cast("Shown", chosen[0]), chosen[1], chosen[2]
    with source.reading() as (connection, hierarchy):
        seen = hierarchy.within(viewer.scope)
        here = [each for each in seen if each in hierarchy.within(place or None)]
        found = read_cases(
            connection,
            hierarchy,
            here,
            shown=shown,
            origin=origin or None,
            viewer=viewer.name,
            now=now,
        )
        numbers = count_cases(connection, here, viewer.name, now)
        places = own_places(hierarchy, viewer)
    return pages.page(
        request,
        "cases.html",
        session,
        status,
        cases=found,
        numbers=numbers,
        shown=shown,
        all_shown=SHOWN,
        origin=origin,
        origins=ORIGINS,
        place=place,
        places=places,
        touchpoints=seen,
        title_of=lambda case: title_of(case, pages.t),
        now=now,
        may_work=viewer.role in MAY_WORK,
        typed={"title": "", "place": place, "problem": ""} | (typed or {}),
        longest=LONGEST_TITLE,
    )
