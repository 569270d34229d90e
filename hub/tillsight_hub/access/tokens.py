"""API tokens: for programs, with a role, a scope and an end; shown once, kept as a SHA-256."""

import secrets
from dataclasses import dataclass
from typing import get_args

from sqlalchemy import Connection, Engine, exists, insert, select, update

from tillsight_models.problems import Problem

from .. import tables
from ..database import writing
from ..fleet.sightings import note_sighting
from ..viewer import Role, Viewer
from .accounts import check_role, check_scope
from .audit import record
from .clock import now_ms
from .errors import BadAccount
from .sessions import hash_token

PREFIX = "tillsight_"
"""Makes a leaked token findable by secret scanners."""
TOKEN_ROLES: tuple[str, ...] = get_args(Role)
_USE_STEP_MS = 3_600_000
"""`last_used` moves in steps, so that a busy program does not write at each request."""


@dataclass(frozen=True)
class Token:
    """A token as lists show it; the token itself is not kept."""

    id: int
    name: str
    role: str
    scope: str | None
    created: int
    """ms UTC"""
    expires: int | None
    """ms UTC; None never"""
    last_used: int | None
    """ms UTC, to the hour"""
    revoked: bool


def create_token(
    engine: Engine,
    name: str,
    role: str,
    scope: str | None = None,
    days: float | None = None,
    *,
    actor: str = "tillsight-hub",
) -> str:
    """A new token in clear: the only time that anybody sees it. `days` is its life, None for ever."""
    if not 1 <= len(name) <= 80:
        line = f"token name {name[:100]!r}: expected 1 to 80 characters"
        raise BadAccount(Problem(line, "token_name", most=80))
    check_role(role, TOKEN_ROLES)
    if days is not None and not 0 < days <= 3650:
        line = f"days {days:g}: expected more than 0 and at most 3650"
        raise BadAccount(Problem(line, "token_days", given=f"{days:g}", most=3650))
    token = PREFIX + secrets.token_urlsafe(32)
    now = now_ms()
    with writing(engine) as connection:
        _check_token_scope(connection, role, scope)
        connection.execute(
            insert(tables.api_token).values(
                name=name,
                token_hash=hash_token(token),
                role=role,
                scope=scope,
                created=now,
                expires=None if days is None else now + int(days * 86_400_000),
                revoked=False,
            )
        )
        record(connection, actor, "token.add", f"{name}: role {role}, scope {scope or 'everything'}")
    return token


def revoke_token(engine: Engine, token_id: int, *, actor: str = "tillsight-hub") -> None:
    """End a token at once; BadAccount where there is none of this number."""
    with writing(engine) as connection:
        revoked = connection.execute(
            update(tables.api_token).where(tables.api_token.c.id == token_id).values(revoked=True)
        )
        if revoked.rowcount == 0:
            line = f"token {token_id}: there is none of this number"
            raise BadAccount(Problem(line, "no_token", given=token_id))
        record(connection, actor, "token.revoke", str(token_id))


def list_tokens(engine: Engine) -> list[Token]:
    """Every token, the newest first."""
    columns = tables.api_token.c
    with engine.connect() as connection:
        rows = connection.execute(
            select(
                columns.id,
                columns.name,
                columns.role,
                columns.scope,
                columns.created,
                columns.expires,
                columns.last_used,
                columns.revoked,
            ).order_by(columns.id.desc())
        )
        return [Token(*row) for row in rows]


def find_token(engine: Engine, token: str, now: int | None = None) -> Viewer | None:
    """Who a token stands for; None where it is unknown, revoked or over."""
    now = now_ms() if now is None else now
    columns = tables.api_token.c
    query = select(columns.id, columns.name, columns.role, columns.scope, columns.expires, columns.last_used)
    with engine.connect() as connection:
        row = connection.execute(
            query.where(columns.token_hash == hash_token(token), columns.revoked.is_(False))
        ).one_or_none()
    if row is None:
        _note_revoked(engine, token, now)
        return None
    if row.expires is not None and row.expires <= now:
        return None
    if row.last_used is None or now - row.last_used > _USE_STEP_MS:
        with writing(engine) as connection:
            connection.execute(update(tables.api_token).where(columns.id == row.id).values(last_used=now))
    return Viewer(f"token {row.name}", row.role, row.scope)


def _note_revoked(engine: Engine, token: str, now: int) -> None:
    """A device whose token was revoked still tries; noted once a minute."""
    columns, seen = tables.api_token.c, tables.device_sighting.c
    mine = (columns.token_hash == hash_token(token)) & (columns.role == "device")
    with engine.connect() as connection:
        device = connection.scalar(select(columns.scope).where(mine, columns.revoked.is_(True)))
        if device is None:
            return
        last = connection.scalar(select(seen.last).where(seen.dev == device, seen.kind == "revoked-tries"))
    if last is None or now - last > 60_000:
        with writing(engine) as connection:
            note_sighting(connection, device, "revoked-tries", now, "came with a revoked token")


def _check_token_scope(connection: Connection, role: str, scope: str | None) -> None:
    if role != "device":
        check_scope(connection, scope)
        return
    if scope is None:
        line = "a token of role device needs the device's id as its scope"
        raise BadAccount(Problem(line, "token_device"))
    if not connection.scalar(select(exists().select_from(tables.device).where(tables.device.c.id == scope))):
        line = f"scope {scope!r}: no device has this id"
        raise BadAccount(Problem(line, "no_device", device=scope))
