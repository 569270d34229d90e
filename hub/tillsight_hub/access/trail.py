"""Reading the audit trail: who did what, the newest first."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from ..tables import audit

AT_ONCE = 100


@dataclass(frozen=True)
class Deed:
    """A line of the trail."""

    id: int
    at: int
    """ms UTC"""
    actor: str
    action: str
    detail: str


@dataclass(frozen=True)
class Wanted:
    """Which lines; what is empty does not narrow."""

    actor: str = ""
    action: str = ""
    """A whole action, `user.add`, or what it is about, `user`."""
    find: str = ""
    """Anywhere in the detail, whatever the case."""
    before: int | None = None
    """Id of the line that ended the page before."""


def read_trail(connection: Connection, wanted: Wanted, limit: int = AT_ONCE) -> list[Deed]:
    """At most `limit` lines."""
    query = select(audit.c.id, audit.c.at, audit.c.actor, audit.c.action, audit.c.detail)
    if wanted.actor:
        query = query.where(audit.c.actor == wanted.actor)
    if wanted.action:
        about = audit.c.action.startswith(f"{wanted.action}.", autoescape=True)
        query = query.where((audit.c.action == wanted.action) | about)
    if wanted.find:
        query = query.where(func.lower(audit.c.detail).contains(wanted.find.lower(), autoescape=True))
    if wanted.before is not None:
        query = query.where(audit.c.id < wanted.before)
    rows = connection.execute(query.order_by(audit.c.id.desc()).limit(limit))
    return [Deed(*row) for row in rows]


def actors_and_actions(connection: Connection) -> tuple[list[str], list[str]]:
    """Everybody and everything that the trail names, to choose from."""
    return (
        sorted(connection.scalars(select(audit.c.actor).distinct())),
        sorted(connection.scalars(select(audit.c.action).distinct())),
    )


def last_logins(connection: Connection) -> Mapping[str, int]:
    """By user, ms UTC."""
    query = select(audit.c.actor, func.max(audit.c.at).label("at")).where(audit.c.action == "login")
    return {row.actor: row.at for row in connection.execute(query.group_by(audit.c.actor))}
