"""Listing: cases as people and programs read them. What a person left to be reached is read elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, case, func, select

from ..hierarchy import Hierarchy, Touchpoint
from ..tables import case_note, service_case
from .errors import UnknownCase

Shown = Literal["open", "mine", "overdue", "escalated", "closed", "all"]
SHOWN: tuple[Shown, ...] = ("open", "mine", "overdue", "escalated", "closed", "all")
"""What a list shows: `open` is all that is not closed."""
MOST = 500
_case = service_case.c


@dataclass(frozen=True)
class Case:
    """One case."""

    id: int
    place: Touchpoint
    opened: int
    """ms UTC, like all times here."""
    origin: str
    alert_id: int | None
    request_id: int | None
    title: str
    """As a person wrote it, or the id of the reason; empty where an alert or a wish says it."""
    state: str
    owner: str | None
    deadline: int
    escalated: int | None
    closed: int | None
    cause: str | None
    outcome: str | None

    def is_overdue(self, now: int) -> bool:
        """Not closed, and the deadline is over."""
        return self.state != "closed" and self.deadline < now


@dataclass(frozen=True)
class Note:
    """One line of a case's story."""

    at: int
    actor: str
    text: str


def read_cases(
    connection: Connection,
    hierarchy: Hierarchy,
    places: Iterable[Touchpoint],
    *,
    shown: Shown = "open",
    origin: str | None = None,
    viewer: str = "",
    now: int,
    limit: int = MOST,
) -> list[Case]:
    """Cases at these touchpoints: the most pressing first, closed ones by when they were closed."""
    query = (
        select(service_case)
        .where(_case.tp.in_([place.id for place in places]), *_conditions(shown, viewer, now))
        .order_by(case((_case.state == "closed", 1), else_=0))
        .order_by(func.coalesce(-_case.closed, _case.deadline), _case.id)
        .limit(limit)
    )
    if origin is not None:
        query = query.where(_case.origin == origin)
    rows = connection.execute(query).mappings()
    return [_of(row, hierarchy) for row in rows if row["tp"] in hierarchy.touchpoints]


def count_cases(
    connection: Connection, places: Iterable[Touchpoint], viewer: str, now: int, *, origin: str | None = None
) -> dict[Shown, int]:
    """How many each list would show."""
    mine: list[Any] = [_case.tp.in_([place.id for place in places])]
    mine += [] if origin is None else [_case.origin == origin]
    return {
        shown: connection.scalar(select(func.count()).where(*mine, *_conditions(shown, viewer, now))) or 0
        for shown in SHOWN
    }


def find_case(
    connection: Connection, hierarchy: Hierarchy, places: Iterable[Touchpoint], number: int
) -> Case:
    """UnknownCase where there is none of this number at these touchpoints."""
    row = connection.execute(select(service_case).where(_case.id == number)).mappings().first()
    if row is None or row["tp"] not in {place.id for place in places}:
        raise UnknownCase(f"case {number}: you see none of this number")
    return _of(row, hierarchy)


def read_notes(connection: Connection, number: int) -> list[Note]:
    """Of a case, the oldest first."""
    query = select(case_note.c.at, case_note.c.actor, case_note.c.text).where(case_note.c.case_id == number)
    return [Note(*row) for row in connection.execute(query.order_by(case_note.c.id))]


def _conditions(shown: Shown, viewer: str, now: int) -> list[Any]:
    unclosed = _case.state != "closed"
    return {
        "open": [unclosed],
        "mine": [unclosed, _case.owner == viewer],
        "overdue": [unclosed, _case.deadline < now],
        "escalated": [unclosed, _case.escalated.is_not(None)],
        "closed": [_case.state == "closed"],
        "all": [],
    }[shown]


def _of(row: RowMapping, hierarchy: Hierarchy) -> Case:
    values = {name: row[name] for name in Case.__dataclass_fields__ if name != "place"}
    return Case(place=hierarchy.touchpoints[row["tp"]], **values)
