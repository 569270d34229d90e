"""`/cases/{number}`: one case with all that helps to close it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, HTTPException, Request
from sqlalchemy import Connection, select
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from ..access import PageSession, wrong_role
from ..access.clock import now_ms
from ..access.forms import CheckedForm
from ..alerts.listing import WORDS, Entry, qualify, read_alerts
from ..alerts.rules import read_rules
from ..alerts.settings import AlertSettings
from ..cases.contacts import MAY_READ, Contact, Words, read_contact, read_words
from ..cases.desk import LONGEST_CAUSE, LONGEST_NOTE, MAY_WORK, Desk, who_may
from ..cases.errors import BadCase, CaseTaken, UnknownCase
from ..cases.listing import Case, Note, find_case, read_notes
from ..cases.opening import ALSO_AT, HUB
from ..database import writing
from ..hierarchy import Hierarchy, read_hierarchy
from ..services import Services, ServicesDep
from ..tables import alert
from ..viewer import Viewer
from ..visits.erasing import erase
from .cases import needs_worker, title_of
from .day import Day, read_day
from .hours import Hour
from .navigation import NAVIGATION
from .rendering import Pages, PagesDep
from .source import Source, SourceDep
from .telling import wrong_choice

router = APIRouter(include_in_schema=False)

HEADLINE = ("relative_dissatisfaction", "csat", "response_rate")
AROUND_S = 3600
CARDS = "/cards"
"""The page on which what was done is told to customers."""


@dataclass(frozen=True)
class Known:
    """What the page shows of a case."""

    case: Case
    alert: Entry | None
    words: Words | None
    """None for roles that do not answer people."""
    notes: list[Note]
    day: Day
    hours: list[Hour]
    """The hour in which it began, and those before and after."""
    workers: list[str]


@dataclass(frozen=True)
class Said:
    """What the page says after a form that could not be done, and what was typed."""

    problem: str = ""
    field: str = ""
    status: int = 200
    typed: Mapping[str, str] | None = None
    contact: Contact | None = None
    asked_contact: bool = False


@router.get("/cases/{number}")
def case_page(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    number: int,
) -> Response:
    """The page."""
    return _page(request, session, services, pages, source, number, Said())


@router.post("/cases/{number}")
def work(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    number: int,
    form: CheckedForm,
) -> Response:
    """Take it, hand it over, write a note, close it, reopen it."""
    needs_worker(session.viewer)
    try:
        with writing(services.engine) as connection:
            hierarchy = read_hierarchy(connection)
            case = _find(connection, hierarchy, session.viewer, number)
            desk = Desk(connection, hierarchy, services.config.cases, session.viewer.name, now_ms())
            _do(desk, case, form)
        services.live.touch(frozenset({case.place.id}))
    except BadCase as bad:
        typed = {name: str(form.get(name, "")) for name in ("note", "cause", "outcome")}
        most = LONGEST_CAUSE if bad.field == "cause" else LONGEST_NOTE
        said = Said(pages.t(f"cases.bad_{bad.field}", most=most), bad.field, 422, typed)
        return _page(request, session, services, pages, source, number, said)
    except CaseTaken:
        said = Said(pages.t("cases.changed_meanwhile"), "", 409)
        return _page(request, session, services, pages, source, number, said)
    return RedirectResponse(f"/cases/{number}", 303)


@router.post("/cases/{number}/alert")
def judge(session: PageSession, services: ServicesDep, number: int, form: CheckedForm) -> Response:
    """Say whether the alert behind it was right."""
    needs_worker(session.viewer)
    word = form.get("as")
    if word not in WORDS:
        raise wrong_choice("as", word, WORDS)
    with writing(services.engine) as connection:
        hierarchy = read_hierarchy(connection)
        case = _find(connection, hierarchy, session.viewer, number)
        if case.alert_id is None:
            raise HTTPException(404, f"case {number}: no alert opened it")
        qualify(connection, [case.place], case.alert_id, word, session.viewer.name)
    return RedirectResponse(f"/cases/{number}#alert", 303)


@router.post("/cases/{number}/contact")
def show_contact(
    *,
    request: Request,
    session: PageSession,
    services: ServicesDep,
    pages: PagesDep,
    source: SourceDep,
    number: int,
    form: CheckedForm,
) -> Response:
    """How to reach who wants to be answered, or erase it as they wish; both is in the audit trail."""
    viewer = session.viewer
    if viewer.role not in MAY_READ:
        raise wrong_role(viewer, MAY_READ)
    with writing(services.engine) as connection:
        case = _find(connection, read_hierarchy(connection), viewer, number)
        if case.request_id is None:
            raise HTTPException(404, f"case {number}: nobody behind it wants to be answered")
        erases = form.get("do") == "erase"
        contact = None if erases else read_contact(connection, case.request_id, case.id, viewer.name)
    if erases:
        erase(services.engine, case.request_id, now_ms(), viewer.name)
        return RedirectResponse(f"/cases/{number}#words", 303)
    said = Said(contact=contact, asked_contact=True)
    return _page(request, session, services, pages, source, number, said)


def _do(desk: Desk, case: Case, form: FormData) -> None:
    text = {name: str(form.get(name, "")) for name in ("to", "note", "cause", "outcome")}
    match form.get("do"):
        case "take":
            desk.take(case)
        case "hand-over":
            desk.hand_over(case, text["to"])
        case "note":
            desk.note(case, text["note"])
        case "close":
            desk.close(case, text["cause"], text["outcome"])
        case "reopen":
            desk.reopen(case)
        case other:
            raise wrong_choice("do", str(other), ("take", "hand-over", "note", "close", "reopen"))


def _find(connection: Connection, hierarchy: Hierarchy, viewer: Viewer, number: int) -> Case:
    try:
        return find_case(connection, hierarchy, hierarchy.within(viewer.scope), number)
    except UnknownCase as error:
        raise HTTPException(404, str(error)) from error


def _known(
    connection: Connection, hierarchy: Hierarchy, source: Source, settings: AlertSettings, case: Case
) -> Known:
    place = case.place
    entry = None
    if case.alert_id is not None:
        at = connection.scalar(select(alert.c.noticed).where(alert.c.id == case.alert_id)) or 0
        rules = read_rules(connection, settings)
        found = read_alerts(connection, hierarchy, [place], rules, start=at, end=at + 1)
        entry = next((each for each in found if each.id == case.alert_id), None)
    began = entry.raised if entry else case.opened
    day = read_day(connection, place, place.calendar.business_day(began), source.metrics, now_ms())
    return Known(
        case=case,
        alert=entry,
        words=None,
        notes=read_notes(connection, case.id),
        day=day,
        hours=[each for each in day.hours if _is_around(each, began // 1000)],
        workers=who_may(connection, hierarchy, place.id),
    )


def _is_around(hour: Hour, at: int) -> bool:
    return hour.start - AROUND_S <= at < hour.start + 2 * AROUND_S


def _page(  # noqa: PLR0917
    request: Request,
    session: PageSession,
    services: Services,
    pages: Pages,
    source: Source,
    number: int,
    said: Said,
) -> Response:
    viewer = session.viewer
    with source.reading() as (connection, hierarchy):
        case = _find(connection, hierarchy, viewer, number)
        known = _known(connection, hierarchy, source, services.config.alerts, case)
        if case.request_id is not None and viewer.role in MAY_READ:
            known = replace(known, words=read_words(connection, case.request_id))
    return pages.page(
        request,
        "case.html",
        session,
        said.status,
        known=known,
        case=case,
        title=title_of(case, pages.t),
        now=now_ms(),
        numbers=[known.day.numbers[id] for id in HEADLINE if id in known.day.numbers],
        per_hour=source.metrics.chosen(HEADLINE[:1]),
        note_text=lambda note: _note_text(note, pages, hierarchy),
        said=said,
        typed={"note": "", "cause": "", "outcome": ""} | dict(said.typed or {}),
        may_work=viewer.role in MAY_WORK,
        may_read=viewer.role in MAY_READ,
        may_write_cards=any(each.path == CARDS for group in NAVIGATION.values() for each in group),
        longest={"note": LONGEST_NOTE, "cause": LONGEST_CAUSE},
    )


def _note_text(note: Note, pages: Pages, hierarchy: Hierarchy) -> str:
    if note.actor != HUB or not note.text.startswith(ALSO_AT):
        return note.text
    place: Any = hierarchy.touchpoints.get(note.text.removeprefix(ALSO_AT))
    name = f"{place.store_name}, {place.name}" if place else json.dumps(note.text.removeprefix(ALSO_AT))
    return pages.t("cases.note_also", place=name)
