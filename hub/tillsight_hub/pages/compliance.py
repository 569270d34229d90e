"""`/compliance`: declarations, what is watched where, how long things are kept; and public notices."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import select
from starlette.responses import RedirectResponse, Response

from ..access import PageSession, wrong_role
from ..access.clock import now_ms
from ..access.forms import CheckedForm
from ..calendar import utc
from ..chain.places import Kind as PlaceKind
from ..chain.places import choices
from ..compliance.declarations import BASES, BadDeclaration, declare, withdraw
from ..compliance.declared import WARNED_DAYS, Declaration, read_declarations
from ..compliance.documents import (
    DOCUMENTS,
    Document,
    answering,
    done_here,
    kept_rows,
    never_done,
    write_document,
)
from ..compliance.retention import last_run, rules
from ..compliance.sign import sign_pdf
from ..compliance.watching import Watching, watching
from ..database import writing
from ..gone import gone_before
from ..hierarchy import Hierarchy, Touchpoint, read_hierarchy
from ..reports.typesetting import pdf_of
from ..services import Services, ServicesDep
from ..tables import declaration
from ..viewer import Viewer
from ..visits.brake import WRONG_COSTS, Brake
from .rendering import Pages, PagesDep
from .source import Source, SourceDep
from .texts import LANGUAGES

router = APIRouter(include_in_schema=False)

KEEPERS = ("admin", "ops", "manager")
MAY_DECLARE = ("admin", "manager")
FIELDS = ("place", "purpose", "assessment", "legal_basis", "responsible", "sign_installed", "expires")
PAPERS = ("sign", *DOCUMENTS)
KINDS_OF_PLACE: tuple[PlaceKind, ...] = ("org", "region", "store", "touchpoint")


@router.get("/compliance")
def compliance_page(
    request: Request, session: PageSession, services: ServicesDep, pages: PagesDep, source: SourceDep
) -> Response:
    """All of it, of the viewer's places."""
    _must(session.viewer, KEEPERS)
    return _page(request, session, services, pages, source=source)


@router.post("/compliance/declarations")
def add_declaration(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    form: CheckedForm,
) -> Response:
    """Somebody declares for one of their places."""
    _must(session.viewer, MAY_DECLARE)
    sent = {name: str(form.get(name, "")).strip() for name in FIELDS}
    try:
        with writing(services.engine) as connection:
            _must_have(read_hierarchy(connection), session.viewer, sent["place"])
            declare(connection, sent, session.viewer.name)
    except BadDeclaration as error:
        return _page(request, session, services, pages, source=source, typed=sent, problems=error.problems)
    return RedirectResponse("/compliance", 303)


@router.post("/compliance/declarations/{number}/withdraw")
def withdraw_declaration(
    number: int,
    session: PageSession,
    services: ServicesDep,
    form: CheckedForm,  # noqa: ARG001 - checked
) -> Response:
    """It holds no more from now on."""
    _must(session.viewer, MAY_DECLARE)
    with writing(services.engine) as connection:
        place = connection.scalar(select(declaration.c.place).where(declaration.c.id == number))
        _must_have(read_hierarchy(connection), session.viewer, place or "")
        withdraw(connection, number, session.viewer.name)
    return RedirectResponse("/compliance", 303)


@router.get("/compliance/{touchpoint}/{document}.pdf")
def touchpoint_document(
    *,
    request: Request,
    touchpoint: str,
    document: str,
    session: PageSession,
    services: ServicesDep,
    source: SourceDep,
    language: str = "",
) -> Response:
    """In the language of the store unless another one is asked for."""
    _must(session.viewer, KEEPERS)
    with source.reading() as (connection, hierarchy):
        place = hierarchy.touchpoints.get(touchpoint)
        known = document in PAPERS and place is not None and place in hierarchy.within(session.viewer.scope)
        if not known or place is None:
            raise HTTPException(404, "there is no such document")
        seen = watching(connection, place, read_declarations(connection), now_ms())
        speaks = language or hierarchy.stores[place.store_id].language
    voice = request.app.state.pages[speaks if speaks in LANGUAGES else "en"]
    name = f'inline; filename="{document}-{touchpoint}.pdf"'
    made = _paper(document, seen, voice, services, f"{_address(request, services)}/notice/{touchpoint}")
    return Response(made, media_type="application/pdf", headers={"Content-Disposition": name})


@router.get("/notice/{touchpoint}")
def notice(
    request: Request, touchpoint: str, services: ServicesDep, pages: PagesDep, source: SourceDep
) -> Response:
    """For whoever reads the code of the sign; open to everybody, and the same for all."""
    brake: Brake = request.app.state.brake
    address = request.client.host if request.client else "unknown"
    if not brake.allows(address):
        raise HTTPException(429, pages.t("shared.too_many"), headers={"Retry-After": "60"})
    with source.reading() as (connection, hierarchy):
        place = hierarchy.touchpoints.get(touchpoint)
        seen = watching(connection, place, read_declarations(connection), now_ms()) if place else None
    if seen is None:
        brake.allows(address, WRONG_COSTS)
        raise HTTPException(404, "there is nothing here")
    config = services.config
    return pages.page(
        request,
        "notice.html",
        place=seen.place,
        done=done_here(seen, pages),
        never=never_done(pages),
        who=answering(seen, pages, config.compliance),
        kept=kept_rows(rules(config.retention, config.cases), pages),
        undeclared=seen.undeclared,
    )


def _paper(name: str, seen: Watching, voice: Pages, services: Services, address: str) -> bytes:
    config, today = services.config, datetime.now(UTC).date()
    kind: Document | None = next((each for each in DOCUMENTS if each == name), None)
    if kind is None:
        return sign_pdf(seen, voice, config.compliance, address, today)
    kept = rules(config.retention, config.cases)
    return pdf_of(
        write_document(
            kind,
            seen=seen,
            voice=voice,
            settings=config.compliance,
            rules=kept,
            address=address,
            made=today,
        )
    )


def _page(
    request: Request,
    session: Any,
    services: Services,
    pages: Pages,
    *,
    source: Source,
    typed: Mapping[str, str] | None = None,
    problems: Mapping[str, str] | None = None,
) -> Response:
    now, config = now_ms(), services.config
    with source.reading() as (connection, hierarchy):
        declared = read_declarations(connection)
        mine = hierarchy.within(session.viewer.scope)
        seen = [watching(connection, place, declared, now) for place in mine]
        run, gone = last_run(connection), gone_before(connection)
    own = {place.id for place in mine}
    return pages.page(
        request,
        "compliance.html",
        session,
        422 if problems else 200,
        seen=seen,
        lines=[_line(each, pages, mine) for each in declared if own & _inside(hierarchy, each.place)],
        parts=[(kind, _choices(hierarchy, kind, own)) for kind in KINDS_OF_PLACE],
        may_declare=session.viewer.role in MAY_DECLARE,
        bases=BASES,
        typed=typed or {},
        problems=problems or {},
        kept=kept_rows(rules(config.retention, config.cases), pages),
        at=config.nightly.at.strftime("%H:%M"),
        run=run,
        gone=pages.figures.full_date(date.fromisoformat(gone)) if gone else "",
        utc=utc(),
        documents=PAPERS,
        missing=[
            name for name in ("security_contact", "privacy_contact", "controller") if not _set(config, name)
        ],
    )


def _line(each: Declaration, pages: Pages, mine: list[Touchpoint]) -> dict[str, Any]:
    day = mine[0].calendar.business_day(now_ms()) if mine else ""
    left = each.days_left(day) if day else 0
    state = "over" if left <= 0 else "soon" if left <= WARNED_DAYS else "holds"
    if day and day < each.sign_installed:
        state = "to_come"
    days = {
        name: pages.figures.full_date(datetime.fromisoformat(getattr(each, name)).date())
        for name in FIELDS[5:]
    }
    return {"it": each, "state": state, "left": left, **days}


def _set(config: Any, name: str) -> bool:
    return bool(getattr(config.compliance, name))


def _inside(hierarchy: Hierarchy, place: str) -> set[str]:
    return {each.id for each in hierarchy.within(place)}


def _choices(hierarchy: Hierarchy, kind: PlaceKind, own: set[str]) -> list[tuple[str, str]]:
    """Places that lie wholly in what the viewer sees."""
    return [
        (id, name)
        for id, name in choices(hierarchy, kind)
        if (inside := _inside(hierarchy, id)) and inside <= own
    ]


def _must(viewer: Viewer, roles: tuple[str, ...]) -> None:
    if viewer.role not in roles:
        raise wrong_role(viewer, roles)


def _must_have(hierarchy: Hierarchy, viewer: Viewer, place: str) -> None:
    own, inside = {each.id for each in hierarchy.within(viewer.scope)}, _inside(hierarchy, place)
    if not inside or not inside <= own:
        raise HTTPException(404, "there is no such place")


def _address(request: Request, services: Services) -> str:
    return (services.config.reports.address or str(request.base_url)).rstrip("/")
