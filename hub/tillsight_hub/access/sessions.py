"""Login sessions: a random token in a cookie, of which the hub keeps only the SHA-256."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from .. import tables
from ..database import writing
from ..viewer import Viewer
from .accounts import set_password
from .audit import record
from .clock import now_ms
from .errors import LoginRefused
from .passwords import hash_password, needs_rehash, password_matches
from .throttle import Throttle

IDLE_MS = 12 * 3_600_000
"""A session unused for this long is over: a working day at an unattended counter."""
ABSOLUTE_MS = 30 * 86_400_000
"""No session lives longer than this, used or not."""
_EXTEND_STEP_MS = 15 * 60_000
"""Expiry moves in steps, so that reading pages does not write to the database each time."""


@dataclass(frozen=True)
class OpenSession:
    """Who a session cookie belongs to."""

    viewer: Viewer
    token: str

    @property
    def token_hash(self) -> str:
        return hash_token(self.token)

    @property
    def csrf_token(self) -> str:
        return csrf_token(self.token)


def log_in(engine: Engine, throttle: Throttle, name: str, password: str, address: str) -> OpenSession:
    """A new session; LoginRefused for a wrong name or password, TooManyAttempts while they have to wait.

    Takes the same time whether or not the name exists.
    """
    throttle.check(name, address)
    columns = tables.user.c
    with engine.connect() as connection:
        query = select(columns.id, columns.name, columns.role, columns.scope, columns.password_hash)
        user = connection.execute(
            query.where(func.lower(columns.name) == name.lower(), columns.disabled.is_(False))
        ).one_or_none()
    if not password_matches(user.password_hash if user else None, password) or user is None:
        throttle.failed(name, address)
        with writing(engine) as connection:
            # An unknown name is not written down: people type their password into the wrong field.
            record(connection, user.name if user else "unknown name", "login.refused", f"from {address}")
        raise LoginRefused("name or password is wrong")
    throttle.succeeded(name)
    session = OpenSession(Viewer(user.name, user.role, user.scope), secrets.token_urlsafe(32))
    rehashed = hash_password(password) if needs_rehash(user.password_hash) else None
    with writing(engine) as connection:
        _forget_expired(connection)
        if rehashed:
            changed = update(tables.user).where(columns.id == user.id).values(password_hash=rehashed)
            connection.execute(changed)
        _insert_session(connection, session.token_hash, user.id)
        record(connection, user.name, "login", f"from {address}")
    return session


def find_session(engine: Engine, token: str, now: int | None = None) -> OpenSession | None:
    """The session of a cookie, its idle time begun anew; None if unknown, over or its user disabled."""
    now = now_ms() if now is None else now
    columns = tables.session.c
    query = (
        select(tables.user.c.name, tables.user.c.role, tables.user.c.scope, columns.created, columns.expires)
        .join_from(tables.session, tables.user)
        .where(
            columns.token_hash == hash_token(token), columns.expires > now, tables.user.c.disabled.is_(False)
        )
    )
    with engine.connect() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    wanted = min(now + IDLE_MS, row.created + ABSOLUTE_MS)
    if wanted - row.expires > _EXTEND_STEP_MS:
        with writing(engine) as connection:
            longer = update(tables.session).where(columns.token_hash == hash_token(token))
            connection.execute(longer.values(expires=wanted))
    return OpenSession(Viewer(row.name, row.role, row.scope), token)


def change_password(
    engine: Engine, throttle: Throttle, session: OpenSession, *, current: str, new: str, address: str
) -> None:
    """A person's own new password, for who knows the present one; ends their other sessions."""
    name = session.viewer.name
    throttle.check(name, address)
    with engine.connect() as connection:
        query = select(tables.user.c.password_hash).where(tables.user.c.name == name)
        stored = connection.scalar(query)
    if not password_matches(stored, current):
        throttle.failed(name, address)
        raise LoginRefused("the present password is wrong")
    set_password(engine, name, new, actor=name, keep_session=session.token_hash)


def log_out(engine: Engine, session: OpenSession) -> None:
    """End this session; its cookie is worth nothing from here on."""
    with writing(engine) as connection:
        connection.execute(delete(tables.session).where(tables.session.c.token_hash == session.token_hash))
        record(connection, session.viewer.name, "logout")


def hash_token(token: str) -> str:
    """What the hub keeps of a random token: without a salt, since 256 random bits cannot be guessed."""
    return hashlib.sha256(token.encode()).hexdigest()


def csrf_token(token: str) -> str:
    """A form token that belongs to a session or login cookie: nobody can make it without the cookie.

    Another text each time (a random mask, and the token under it), so that the size of a compressed page
    tells nothing about it.
    """
    mask = secrets.token_bytes(32)
    return (mask + _xor(mask, _form_token(token))).hex()


def is_csrf_token(token: str, sent: str) -> bool:
    """Whether `sent` is a form token of this cookie."""
    try:
        masked = bytes.fromhex(sent)
    except ValueError:
        return False
    return len(masked) == 64 and hmac.compare_digest(_xor(masked[:32], masked[32:]), _form_token(token))


def _form_token(token: str) -> bytes:
    return hmac.digest(token.encode(), b"tillsight form", "sha256")


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _insert_session(connection: Connection, token_hash: str, user_id: int) -> None:
    now = now_ms()
    connection.execute(
        insert(tables.session).values(
            token_hash=token_hash, user_id=user_id, created=now, expires=now + IDLE_MS
        )
    )


def _forget_expired(connection: Connection) -> None:
    connection.execute(delete(tables.session).where(tables.session.c.expires <= now_ms()))
