"""Users: who may log in, with which role, to which part of the hierarchy."""

import re
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import Connection, Engine, Row, Select, delete, exists, func, insert, select, update

from tillsight_models.problems import Problem

from .. import tables
from ..database import writing
from .audit import record
from .clock import now_ms
from .errors import BadAccount
from .passwords import hash_password, new_password

UserRole = Literal["admin", "ops", "manager", "analyst"]
USER_ROLES: tuple[UserRole, ...] = get_args(UserRole)

_name = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


@dataclass(frozen=True)
class User:
    """An account as lists show it."""

    id: int
    name: str
    role: str
    scope: str | None
    created: int
    """ms UTC"""
    disabled: bool


def ensure_first_user(engine: Engine) -> tuple[str, str] | None:
    """Make `admin` with a random password where there is no user yet; None where there is one.

    The password is in nobody's book: whoever starts the hub shows it once.
    """
    password = new_password()
    hashed = hash_password(password)
    with writing(engine) as connection:
        if connection.scalar(select(exists().select_from(tables.user))):
            return None
        _insert_user(connection, "admin", hashed, "admin", None)
        record(connection, "tillsight-hub", "user.add", "admin: role admin, first user")
    return "admin", password


def add_user(
    engine: Engine,
    name: str,
    password: str,
    role: str,
    scope: str | None = None,
    *,
    actor: str = "tillsight-hub",
) -> None:
    """Make an account; BadAccount where the name is taken, or role, scope or password will not do."""
    if not _name.fullmatch(name):
        line = f"user name {name!r}: expected 1 to 64 of letters, digits and ._@-"
        raise BadAccount(Problem(line, "user_name", name=name))
    check_role(role, USER_ROLES)
    hashed = hash_password(password)
    with writing(engine) as connection:
        check_scope(connection, scope)
        if _find(connection, name):
            raise BadAccount(Problem(f"user {name!r}: exists already", "user_exists", name=name))
        _insert_user(connection, name, hashed, role, scope)
        record(connection, actor, "user.add", f"{name}: role {role}, scope {scope or 'everything'}")


def set_password(
    engine: Engine, name: str, password: str, *, actor: str = "tillsight-hub", keep_session: str | None = None
) -> None:
    """Give a user a new password and end their sessions, all but the one whose token hash is given."""
    hashed = hash_password(password)
    with writing(engine) as connection:
        user = get_user(connection, name)
        connection.execute(
            update(tables.user).where(tables.user.c.id == user.id).values(password_hash=hashed)
        )
        end_sessions(connection, user.id, keep_session)
        record(connection, actor, "user.password", name)


def set_role(
    engine: Engine, name: str, role: str, scope: str | None, *, actor: str = "tillsight-hub"
) -> None:
    """Give a user another role or part of the hierarchy, which counts at once; one admin of all stays."""
    check_role(role, USER_ROLES)
    with writing(engine) as connection:
        check_scope(connection, scope)
        user = get_user(connection, name)
        if (role, scope) != ("admin", None) and _enabled_admins(connection, of_all=True) == {user.id}:
            line = f"user {name!r}: is the last enabled admin of everything"
            raise BadAccount(Problem(line, "last_admin_of_all", name=name))
        values = {"role": role, "scope": scope}
        connection.execute(update(tables.user).where(tables.user.c.id == user.id).values(values))
        record(connection, actor, "user.role", f"{name}: role {role}, scope {scope or 'everything'}")


def disable_user(engine: Engine, name: str, *, actor: str = "tillsight-hub") -> None:
    """Lock an account and end its sessions at once; the last enabled admin stays."""
    with writing(engine) as connection:
        user = get_user(connection, name)
        if user.role == "admin" and _enabled_admins(connection) == {user.id}:
            line = f"user {name!r}: is the last enabled admin"
            raise BadAccount(Problem(line, "last_admin", name=name))
        connection.execute(update(tables.user).where(tables.user.c.id == user.id).values(disabled=True))
        end_sessions(connection, user.id, None)
        record(connection, actor, "user.disable", name)


def enable_user(engine: Engine, name: str, *, actor: str = "tillsight-hub") -> None:
    """Unlock an account."""
    with writing(engine) as connection:
        user = get_user(connection, name)
        connection.execute(update(tables.user).where(tables.user.c.id == user.id).values(disabled=False))
        record(connection, actor, "user.enable", name)


def list_users(engine: Engine) -> list[User]:
    """Every account by name."""
    columns = tables.user.c
    with engine.connect() as connection:
        rows = connection.execute(
            select(
                columns.id, columns.name, columns.role, columns.scope, columns.created, columns.disabled
            ).order_by(columns.name)
        )
        return [User(*row) for row in rows]


def check_role(role: str, roles: tuple[str, ...]) -> None:
    """BadAccount names the roles there are."""
    if role not in roles:
        line = f"role {role!r}: expected one of {', '.join(roles)}"
        raise BadAccount(Problem(line, "role_unknown", role=role, known=", ".join(roles)))


def check_scope(connection: Connection, scope: str | None) -> None:
    """BadAccount where the scope is no org, region or store."""
    if scope is None:
        return
    for table in (tables.org, tables.region, tables.store):
        if connection.scalar(select(exists().select_from(table).where(table.c.id == scope))):
            return
    line = f"scope {scope!r}: no org, region or store has this id"
    raise BadAccount(Problem(line, "scope_unknown", scope=scope))


def _insert_user(connection: Connection, name: str, hashed: str, role: str, scope: str | None) -> None:
    connection.execute(
        insert(tables.user).values(
            name=name, password_hash=hashed, role=role, scope=scope, created=now_ms(), disabled=False
        )
    )


def _find(connection: Connection, name: str) -> Row[tuple[int, str]] | None:
    """Names differ by more than case, so that `Anna` and `anna` cannot be two people."""
    query: Select[tuple[int, str]] = select(tables.user.c.id, tables.user.c.role)
    return connection.execute(query.where(func.lower(tables.user.c.name) == name.lower())).one_or_none()


def get_user(connection: Connection, name: str) -> Row[tuple[int, str]]:
    """Id and role; BadAccount where there is none of this name."""
    user = _find(connection, name)
    if user is None:
        line = f"user {name!r}: there is none of this name"
        raise BadAccount(Problem(line, "no_user", name=name))
    return user


def _enabled_admins(connection: Connection, *, of_all: bool = False) -> set[int]:
    columns = tables.user.c
    query = select(columns.id).where(columns.role == "admin", columns.disabled.is_(False))
    return set(connection.scalars(query.where(columns.scope.is_(None)) if of_all else query))


def end_sessions(connection: Connection, user_id: int, but: str | None) -> None:
    """All of a user's, but the one of this token hash."""
    ending = delete(tables.session).where(tables.session.c.user_id == user_id)
    if but is not None:
        ending = ending.where(tables.session.c.token_hash != but)
    connection.execute(ending)
