"""One-time links: who follows one sets a password of their own; it works once, and for a limited time."""

import secrets

from sqlalchemy import ColumnElement, Engine, delete, insert, select, update

from .. import tables
from ..database import writing
from .accounts import end_sessions, get_user
from .audit import record
from .clock import now_ms
from .errors import LinkOver
from .passwords import hash_password
from .sessions import hash_token

LIFE_MS = 3 * 86_400_000
_link, _user = tables.password_link.c, tables.user.c


def make_link(engine: Engine, name: str, *, actor: str) -> str:
    """The token of a new link for this user, which nobody sees again. Their older ones are over."""
    token, now = secrets.token_urlsafe(32), now_ms()
    with writing(engine) as connection:
        user = get_user(connection, name)
        over = (_link.user_id == user.id) | (_link.expires <= now)
        connection.execute(delete(tables.password_link).where(over))
        values = {"user_id": user.id, "created": now, "expires": now + LIFE_MS, "actor": actor[:80]}
        connection.execute(insert(tables.password_link).values(token_hash=hash_token(token), **values))
        record(connection, actor, "user.link", name)
    return token


def find_link(engine: Engine, token: str) -> str:
    """Whose password it sets; LinkOver where it is unknown, used or over, or its user locked out."""
    query = select(_user.name).join_from(tables.password_link, tables.user).where(_holds(token))
    with engine.connect() as connection:
        name = connection.scalar(query.where(_user.disabled.is_(False)))
    if name is None:
        raise LinkOver("this link is unknown, used or over")
    return str(name)


def use_link(engine: Engine, token: str, password: str) -> str:
    """Set the password, end all sessions of the user, and the link; the user's name.

    BadAccount where the password will not do: the link then works on.
    """
    name = find_link(engine, token)
    hashed = hash_password(password)
    with writing(engine) as connection:
        used = delete(tables.password_link).where(_holds(token)).returning(_link.user_id)
        user_id = connection.scalar(used)
        if user_id is None:
            raise LinkOver("this link was used a moment ago")
        connection.execute(update(tables.user).where(_user.id == user_id).values(password_hash=hashed))
        end_sessions(connection, user_id, None)
        record(connection, name, "user.password", "by a one-time link")
    return name


def _holds(token: str) -> ColumnElement[bool]:
    return (_link.token_hash == hash_token(token)) & (_link.expires > now_ms())
