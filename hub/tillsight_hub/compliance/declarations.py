"""Declarations: what a site says before faces are looked at there, as the hub records it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select, update

from tillsight_models.errors import TillsightError

from ..access.audit import record
from ..access.clock import now_ms
from ..hierarchy import Touchpoint
from ..tables import declaration

BASES = ("consent", "legitimate-interest", "public-task", "other-law")
WARNED_DAYS = 30
"""So long before a declaration ends its end is told, as the device does."""
_TEXTS = {"purpose": (10, 500), "assessment": (1, 200), "responsible": (1, 200)}


class BadDeclaration(TillsightError, ValueError):
    """It was not taken; `problems` has a text key by field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = dict(problems)


@dataclass(frozen=True)
class Declaration:
    """A row."""

    id: int
    place: str
    purpose: str
    assessment: str
    legal_basis: str
    responsible: str
    sign_installed: str
    """2026-11-02"""
    expires: str
    """From this day on it holds no more."""

    def holds_on(self, day: str) -> bool:
        return self.sign_installed <= day < self.expires

    def days_left(self, day: str) -> int:
        return (date.fromisoformat(self.expires) - date.fromisoformat(day)).days


def read_declarations(connection: Connection) -> list[Declaration]:
    """All that were not withdrawn, the newest first."""
    query = select(declaration).where(declaration.c.withdrawn.is_(None)).order_by(declaration.c.id.desc())
    names = tuple(Declaration.__dataclass_fields__)
    return [
        Declaration(**{name: row[name] for name in names}) for row in connection.execute(query).mappings()
    ]


def declared_for(found: Iterable[Declaration], place: Touchpoint, day: str) -> Declaration | None:
    """What holds at a touchpoint on a day: of its nearest place, there the newest."""
    holding = [each for each in found if each.holds_on(day)]
    for id in (place.id, place.store_id, place.region_id, place.org_id):
        for each in holding:
            if each.place == id:
                return each
    return None


def declare(connection: Connection, sent: Mapping[str, str], actor: str) -> None:
    """Write it down, and who did; BadDeclaration where something is missing. The caller checks the place."""
    if problems := _problems(sent):
        raise BadDeclaration(problems)
    values = {name: sent[name] for name in Declaration.__dataclass_fields__ if name != "id"}
    connection.execute(insert(declaration).values(at=now_ms(), actor=actor, **values))
    brief = {name: values[name] for name in ("place", "assessment", "responsible", "expires")}
    record(connection, actor, "declaration.made", json.dumps(brief, ensure_ascii=False))


def withdraw(connection: Connection, number: int, actor: str) -> None:
    """It holds no more; the row stays."""
    mine = (declaration.c.id == number) & declaration.c.withdrawn.is_(None)
    if connection.execute(update(declaration).where(mine).values(withdrawn=now_ms())).rowcount:
        record(connection, actor, "declaration.withdrawn", str(number))


def _problems(sent: Mapping[str, str]) -> dict[str, str]:
    problems = {
        name: "text"
        for name, (least, most) in _TEXTS.items()
        if not least <= len(sent.get(name, "").strip()) <= most
    }
    if sent.get("legal_basis") not in BASES:
        problems["legal_basis"] = "basis"
    days = {name: _day(sent.get(name, "")) for name in ("sign_installed", "expires")}
    problems |= {name: "day" for name, day in days.items() if day is None}
    first, last = days["sign_installed"], days["expires"]
    if first and last and last <= first:
        problems["expires"] = "later"
    return problems


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None
