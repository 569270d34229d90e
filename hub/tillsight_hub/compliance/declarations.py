"""Declarations: what a site says before faces are looked at there, made and withdrawn."""

import json
from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, insert, update

from tillsight_models.errors import TillsightError

from ..access.audit import record
from ..access.clock import now_ms
from ..tables import declaration
from .declared import Declaration

BASES = ("consent", "legitimate-interest", "public-task", "other-law")
_TEXTS = {"purpose": (10, 500), "assessment": (1, 200), "responsible": (1, 200)}


class BadDeclaration(TillsightError, ValueError):
    """It was not taken; `problems` has a text key by field."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = dict(problems)


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
