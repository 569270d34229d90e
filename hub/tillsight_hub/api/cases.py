"""`/api/v1/cases`: cases as programs read and change them."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from ..access import CurrentViewer, require_role
from ..access.clock import now_ms
from ..cases.contacts import read_contact, read_words
from ..cases.desk import Desk
from ..cases.errors import BadCase, CaseTaken, UnknownCase
from ..cases.listing import MOST, Case, Shown, find_case, read_cases, read_notes
from ..database import writing
from ..hierarchy import read_hierarchy
from ..services import Services, ServicesDep
from ..tables import alert
from ..viewer import Viewer
from .reading import READ_ERRORS, PlaceQuery, Utc, utc, visible_places

router = APIRouter(prefix="/api/v1", tags=["cases"], responses=READ_ERRORS)

Worker = Annotated[Viewer, Depends(require_role("admin", "manager"))]


class CaseQuery(PlaceQuery):
    """Which cases."""

    show: Shown = "open"


class CaseOut(BaseModel):
    """One case. What somebody wrote who wants to be answered is read elsewhere."""

    id: int
    touchpoint: str
    store: str
    origin: str = Field(description="alert, request, reason or person")
    title: str = Field(description="as a person wrote it, or the id of the reason; else empty")
    state: str = Field(description="open, working or closed")
    owner: str | None
    alert: int | None = Field(description="number of the alert that opened it")
    opened_at: Utc
    deadline: Utc
    is_overdue: bool
    escalated_at: Utc | None
    closed_at: Utc | None
    cause: str | None
    outcome: str | None


class NoteOut(BaseModel):
    """One line of its story."""

    at: Utc
    actor: str
    text: str


class CaseWithNotes(CaseOut):
    """One case and its story."""

    notes: list[NoteOut]


class CaseIn(BaseModel):
    """A new case: with a title, or for an alert that opened none."""

    model_config = ConfigDict(extra="forbid")

    touchpoint: str = ""
    title: str = ""
    alert: int | None = None


class CaseChange(BaseModel):
    """What to do with it: take, hand-over (`to`), note (`text`), close (`cause`, `outcome`) or reopen."""

    model_config = ConfigDict(extra="forbid")

    do: str
    to: str = ""
    text: str = ""
    cause: str = ""
    outcome: str = ""


class ContactOut(BaseModel):
    """What somebody left who wants to be answered; empty after erasure."""

    name: str
    address: str
    message: str
    language: str
    consent: str = Field(description="the words that they agreed to")
    erase_after: Utc


@router.get("/cases")
def list_cases(
    viewer: CurrentViewer, services: ServicesDep, query: Annotated[CaseQuery, Query()]
) -> list[CaseOut]:
    """The most pressing first; at most 500."""
    now = now_ms()
    with services.engine.connect() as connection:
        hierarchy, places = visible_places(connection, viewer, query.place)
        found = read_cases(
            connection, hierarchy, places, shown=query.show, viewer=viewer.name, now=now, limit=MOST
        )
    return [CaseOut(**_out(each, now)) for each in found]


@router.post("/cases", status_code=201)
def new_case(worker: Worker, services: ServicesDep, case: CaseIn) -> CaseOut:
    """Open one; for an alert that has a case already, that one is the answer."""
    with writing(services.engine) as connection:
        hierarchy = read_hierarchy(connection)
        tp, desk = case.touchpoint, _desk(connection, hierarchy, services, worker)
        if case.alert is not None:
            query = alert.select().where(alert.c.id == case.alert)
            row = connection.execute(query).mappings().first()
            tp = row["tp"] if row else ""
        if not hierarchy.contains(worker.scope, tp):
            raise HTTPException(404, f"touchpoint {tp!r:.60}: you see none of this id")
        try:
            number = desk.open(tp, case.title) if case.alert is None else desk.open_for(case.alert, tp)
        except BadCase as bad:
            raise HTTPException(422, str(bad)) from bad
        made = find_case(connection, hierarchy, hierarchy.within(worker.scope), number)
    services.live.touch(frozenset({made.place.id}))
    return CaseOut(**_out(made, desk.now))


@router.get("/cases/{number}")
def one_case(viewer: CurrentViewer, services: ServicesDep, number: int) -> CaseWithNotes:
    """With its notes."""
    with services.engine.connect() as connection:
        hierarchy, places = visible_places(connection, viewer, None)
        case = _found(connection, hierarchy, places, number)
        notes = read_notes(connection, number)
    told = [NoteOut(at=utc(note.at), actor=note.actor, text=note.text) for note in notes]
    return CaseWithNotes(**_out(case, now_ms()), notes=told)


@router.patch("/cases/{number}")
def change_case(worker: Worker, services: ServicesDep, number: int, change: CaseChange) -> CaseOut:
    """409 where somebody else was faster."""
    with writing(services.engine) as connection:
        hierarchy = read_hierarchy(connection)
        places = hierarchy.within(worker.scope)
        case, desk = (
            _found(connection, hierarchy, places, number),
            _desk(connection, hierarchy, services, worker),
        )
        try:
            _do(desk, case, change)
        except CaseTaken as taken:
            raise HTTPException(409, str(taken)) from taken
        except BadCase as bad:
            raise HTTPException(422, str(bad)) from bad
        changed = find_case(connection, hierarchy, places, number)
    services.live.touch(frozenset({changed.place.id}))
    return CaseOut(**_out(changed, desk.now))


@router.get("/cases/{number}/contact")
def contact_of(worker: Worker, services: ServicesDep, number: int) -> ContactOut:
    """What somebody left who wants to be answered; that it was read is in the audit trail."""
    with writing(services.engine) as connection:
        hierarchy = read_hierarchy(connection)
        case = _found(connection, hierarchy, hierarchy.within(worker.scope), number)
        contact = words = None
        if case.request_id is not None:
            contact = read_contact(connection, case.request_id, case.id, worker.name)
            words = read_words(connection, case.request_id)
    if contact is None or words is None:
        raise HTTPException(404, f"case {number}: nobody left anything, or it is erased")
    return ContactOut(
        name=contact.name,
        address=contact.address,
        message=words.message,
        language=words.language,
        consent=words.consent,
        erase_after=utc(words.erase_after),
    )


def _do(desk: Desk, case: Case, change: CaseChange) -> None:
    match change.do:
        case "take":
            desk.take(case)
        case "hand-over":
            desk.hand_over(case, change.to)
        case "note":
            desk.note(case, change.text)
        case "close":
            desk.close(case, change.cause, change.outcome)
        case "reopen":
            desk.reopen(case)
        case other:
            raise BadCase("do", f"do {other!r:.40}: expected take, hand-over, note, close or reopen")


def _desk(connection: Any, hierarchy: Any, services: Services, worker: Viewer) -> Desk:
    return Desk(connection, hierarchy, services.config.cases, worker.name, now_ms())


def _found(connection: Any, hierarchy: Any, places: Any, number: int) -> Case:
    try:
        return find_case(connection, hierarchy, places, number)
    except UnknownCase as error:
        raise HTTPException(404, str(error)) from error


def _out(case: Case, now: int) -> dict[str, Any]:
    return {
        "id": case.id,
        "touchpoint": case.place.id,
        "store": case.place.store_id,
        "origin": case.origin,
        "title": case.title,
        "state": case.state,
        "owner": case.owner,
        "alert": case.alert_id,
        "opened_at": utc(case.opened),
        "deadline": utc(case.deadline),
        "is_overdue": case.is_overdue(now),
        "escalated_at": None if case.escalated is None else utc(case.escalated),
        "closed_at": None if case.closed is None else utc(case.closed),
        "cause": case.cause,
        "outcome": case.outcome,
    }
