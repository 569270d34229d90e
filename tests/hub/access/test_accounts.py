"""Users: made, listed, disabled, given new passwords, and every step in the audit trail."""

import pytest
from sqlalchemy import Engine, select

from tillsight_hub import tables
from tillsight_hub.access import BadAccount, LoginRefused, add_user, disable_user, enable_user, list_users
from tillsight_hub.access.accounts import ensure_first_user, set_password
from tillsight_hub.access.sessions import find_session, log_in
from tillsight_hub.access.throttle import Throttle
from tillsight_hub.access.tokens import create_token, find_token
from tillsight_hub.database import open_database

PASSWORD = "correct horse battery"


def actions(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        query = select(tables.audit.c.actor, tables.audit.c.action).order_by(tables.audit.c.id)
        return [(row.actor, row.action) for row in connection.execute(query)]


def test_the_first_user_is_made_once_and_can_log_in(engine: Engine) -> None:
    made = ensure_first_user(engine)
    assert made is not None
    name, password = made
    assert log_in(engine, Throttle(), name, password, "::1").viewer.role == "admin"
    assert ensure_first_user(engine) is None
    assert [user.name for user in list_users(engine)] == ["admin"]


def test_a_password_is_stored_as_argon2id_only(engine: Engine) -> None:
    add_user(engine, "anna", PASSWORD, "manager")
    with engine.connect() as connection:
        stored = connection.scalar(select(tables.user.c.password_hash))
    assert stored is not None
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


@pytest.mark.parametrize(
    ("name", "password", "role", "scope", "problem"),
    [
        ("", PASSWORD, "manager", None, "user name '': expected 1 to 64"),
        ("a b", PASSWORD, "manager", None, "user name 'a b'"),
        ("anna\n", PASSWORD, "manager", None, "user name"),
        ("anna", "short", "manager", None, "password of 5 characters: expected 10 to 200"),
        ("anna", "x" * 201, "manager", None, "password of 201 characters"),
        ("anna", PASSWORD, "boss", None, "role 'boss': expected one of admin, ops, manager, analyst"),
        ("anna", PASSWORD, "device", None, "role 'device': expected one of"),
        ("anna", PASSWORD, "manager", "mars", "scope 'mars': no org, region or store has this id"),
        ("OLGA", PASSWORD, "manager", None, "user 'OLGA': exists already"),
    ],
)
def test_an_account_that_will_not_do_is_refused_by_name(
    engine: Engine, name: str, password: str, role: str, scope: str | None, problem: str
) -> None:
    add_user(engine, "olga", PASSWORD, "ops")
    with pytest.raises(BadAccount, match=problem):
        add_user(engine, name, password, role, scope)
    assert [user.name for user in list_users(engine)] == ["olga"]


@pytest.mark.parametrize("scope", ["acme", "north", "harbour", None])
def test_a_scope_is_an_org_region_or_store(engine: Engine, scope: str | None) -> None:
    add_user(engine, "anna", PASSWORD, "manager", scope)
    assert log_in(engine, Throttle(), "anna", PASSWORD, "::1").viewer.scope == scope


def test_disabling_ends_sessions_at_once_and_enabling_lets_in_again(engine: Engine) -> None:
    add_user(engine, "anna", PASSWORD, "manager")
    session = log_in(engine, Throttle(), "anna", PASSWORD, "::1")
    disable_user(engine, "anna")
    assert find_session(engine, session.token) is None
    with pytest.raises(LoginRefused):
        log_in(engine, Throttle(), "anna", PASSWORD, "::1")
    enable_user(engine, "anna")
    assert log_in(engine, Throttle(), "anna", PASSWORD, "::1").viewer.name == "anna"
    assert find_session(engine, session.token) is None


def test_the_last_enabled_admin_cannot_be_disabled(engine: Engine) -> None:
    add_user(engine, "first", PASSWORD, "admin")
    add_user(engine, "second", PASSWORD, "admin")
    disable_user(engine, "first")
    with pytest.raises(BadAccount, match="user 'second': is the last enabled admin"):
        disable_user(engine, "second")


def test_a_new_password_ends_other_sessions_and_keeps_the_one_that_changed_it(engine: Engine) -> None:
    add_user(engine, "anna", PASSWORD, "manager")
    here, there = (log_in(engine, Throttle(), "anna", PASSWORD, "::1") for _ in range(2))
    set_password(engine, "anna", "another good one", keep_session=here.token_hash)
    assert find_session(engine, here.token) is not None
    assert find_session(engine, there.token) is None
    with pytest.raises(LoginRefused):
        log_in(engine, Throttle(), "anna", PASSWORD, "::1")


def test_an_unknown_user_is_named(engine: Engine) -> None:
    for change in (disable_user, enable_user):
        with pytest.raises(BadAccount, match="user 'nobody': there is none of this name"):
            change(engine, "nobody")
    with pytest.raises(BadAccount, match="user 'nobody'"):
        set_password(engine, "nobody", PASSWORD)


def test_the_audit_trail_tells_who_did_what(engine: Engine) -> None:
    add_user(engine, "anna", PASSWORD, "manager", actor="admin")
    set_password(engine, "anna", PASSWORD + "!", actor="anna")
    disable_user(engine, "anna", actor="admin")
    with pytest.raises(LoginRefused):
        log_in(engine, Throttle(), "a password typed into the wrong field", "x", "::1")
    assert actions(engine) == [
        ("admin", "user.add"),
        ("anna", "user.password"),
        ("admin", "user.disable"),
        ("unknown name", "login.refused"),
    ]


@pytest.mark.postgresql
def test_accounts_sessions_and_tokens_work_on_postgresql(postgresql_url: str) -> None:
    engine = open_database(postgresql_url)
    try:
        made = ensure_first_user(engine)
        assert made is not None
        session = log_in(engine, Throttle(), *made, "::1")
        found = find_session(engine, session.token)
        assert found is not None
        assert found.viewer.role == "admin"
        assert find_token(engine, create_token(engine, "bi", "analyst")) is not None
        with pytest.raises(BadAccount, match="is the last enabled admin"):
            disable_user(engine, "admin")
    finally:
        engine.dispose()
