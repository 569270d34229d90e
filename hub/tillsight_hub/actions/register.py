"""The register of actions and incidents."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, cast

from sqlalchemy import Connection, RowMapping, delete, insert, select, update

from tillsight_models.errors import TillsightError

from ..access.audit import record
from ..hierarchy import Hierarchy, Touchpoint
from ..tables import action

Kind = Literal["action", "incident"]
KINDS: tuple[Kind, ...] = ("action", "incident")
ROLES = ("responsible", "accountable", "consulted", "informed")
LONGEST_TITLE = 120
LONGEST_DETAIL = 2000
LONGEST_ROLE = 120
MOST = 1000


class BadAction(TillsightError, ValueError):
    """What somebody typed will not do, by field: `problems[field]` is a short word for it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in problems.items()))
        self.problems = problems


class UnknownAction(TillsightError, LookupError):
    """No action of this number that this viewer may see."""


@dataclass(frozen=True)
class Draft:
    """What somebody fills in."""

    place: str
    """Id of an org, region, store or touchpoint."""
    kind: Kind
    title: str
    first_day: str
    last_day: str | None = None
    """None: it goes on."""
    detail: str = ""
    roles: Mapping[str, str] | None = None
    """By role of RACI; who has none is left out."""
    metric: str | None = None
    """Which number it is to change."""
    goal: str | None = None
    quick_win: bool = False
    case_id: int | None = None


@dataclass(frozen=True)
class Action(Draft):
    """A row of the register."""

    id: int = 0
    created: int = 0
    """ms UTC"""
    actor: str = ""

    def is_on(self, day: str) -> bool:
        """Whether it was in force on that day."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


def read_actions(
    connection: Connection,
    hierarchy: Hierarchy,
    places: Iterable[Touchpoint],
    *,
    first: str = "",
    last: str = "9999-12-31",
    kind: Kind | None = None,
) -> list[Action]:
    """What concerns one of these touchpoints and was in force on one of these days, the latest first."""
    query = (
        select(action)
        .where(action.c.first_day <= last)
        .where(action.c.last_day.is_(None) | (action.c.last_day >= first))
        .order_by(action.c.first_day.desc(), action.c.id.desc())
    )
    if kind is not None:
        query = query.where(action.c.kind == kind)
    ids = {place.id for place in places}
    rows = connection.execute(query.limit(MOST)).mappings()
    return [each for each in map(_of, rows) if _concerns(hierarchy, each.place, ids)]


def find_action(
    connection: Connection, hierarchy: Hierarchy, places: Iterable[Touchpoint], number: int
) -> Action:
    """UnknownAction where there is none of this number that concerns these touchpoints."""
    row = connection.execute(select(action).where(action.c.id == number)).mappings().first()
    if row is None or not _concerns(hierarchy, row["place"], {place.id for place in places}):
        raise UnknownAction(f"action {number}: you see none of this number")
    return _of(row)


def add_action(connection: Connection, draft: Draft, actor: str, now: int) -> int:
    """Its number; BadAction where something will not do."""
    _check(draft)
    values = {**_values(draft), "created": now, "actor": actor[:80]}
    number = int(connection.execute(insert(action).values(values).returning(action.c.id)).scalar_one())
    record(connection, actor, "action.added", json.dumps({"action": number, "place": draft.place}))
    return number


def change_action(connection: Connection, number: int, draft: Draft, actor: str) -> None:
    """BadAction where something will not do."""
    _check(draft)
    connection.execute(update(action).where(action.c.id == number).values(_values(draft)))
    record(connection, actor, "action.changed", json.dumps({"action": number, "place": draft.place}))


def remove_action(connection: Connection, found: Action, actor: str) -> None:
    """It was entered by mistake."""
    connection.execute(delete(action).where(action.c.id == found.id))
    detail = json.dumps({"action": found.id, "place": found.place, "title": found.title})
    record(connection, actor, "action.removed", detail)


def _concerns(hierarchy: Hierarchy, place: str, ids: set[str]) -> bool:
    return any(each.id in ids for each in hierarchy.within(place)) if place else False


def _check(draft: Draft) -> None:
    problems = {}
    if not 1 <= len(draft.title) <= LONGEST_TITLE or not draft.title.isprintable():
        problems["title"] = "title"
    if len(draft.detail) > LONGEST_DETAIL or not _is_text(draft.detail):
        problems["detail"] = "detail"
    roles = (draft.roles or {}).items()
    if any(role not in ROLES or len(who) > LONGEST_ROLE or not who.isprintable() for role, who in roles):
        problems["roles"] = "roles"
    if draft.goal is not None and (len(draft.goal) > LONGEST_ROLE or not draft.goal.isprintable()):
        problems["goal"] = "roles"
    if draft.kind not in KINDS:
        problems["kind"] = "kind"
    if not _is_day(draft.first_day):
        problems["first_day"] = "day"
    if draft.last_day is not None and not (_is_day(draft.last_day) and draft.first_day <= draft.last_day):
        problems["last_day"] = "last_day"
    if problems:
        raise BadAction(problems)


def _is_text(text: str) -> bool:
    return all(each.isprintable() or each == "\n" for each in text)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text and "2000-01-01" <= text < "2200-01-01"
    except ValueError:
        return False


def _values(draft: Draft) -> dict[str, Any]:
    names = ("place", "kind", "title", "detail", "metric", "goal", "quick_win", "first_day", "last_day")
    values = {name: getattr(draft, name) for name in (*names, "case_id")}
    return {**values, "roles": json.dumps(dict(draft.roles or {}), ensure_ascii=False)}


def _of(row: RowMapping) -> Action:
    values = dict(row)
    return Action(**{**values, "roles": json.loads(row["roles"]), "kind": cast("Kind", row["kind"])})
