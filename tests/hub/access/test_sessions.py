"""Login sessions: who they belong to, when they are over, and what is kept of them."""

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, select, update

from tillsight_hub import tables
from tillsight_hub.access import LoginRefused, TooManyAttempts, add_user, passwords
from tillsight_hub.access.clock import now_ms
from tillsight_hub.access.passwords import password_matches
from tillsight_hub.access.sessions import (
    ABSOLUTE_MS,
    IDLE_MS,
    csrf_token,
    find_session,
    is_csrf_token,
    log_in,
    log_out,
)
from tillsight_hub.access.throttle import PER_NAME, Throttle
from tillsight_hub.database import writing
from tillsight_hub.viewer import Viewer

PASSWORD = "correct horse battery"


@pytest.fixture
def anna(engine: Engine) -> Viewer:
    add_user(engine, "anna", PASSWORD, "manager", "north")
    return Viewer("anna", "manager", "north")


def test_a_login_gives_a_session_with_role_and_scope(engine: Engine, anna: Viewer) -> None:
    session = log_in(engine, Throttle(), "Anna", PASSWORD, "10.0.0.1")
    found = find_session(engine, session.token)
    assert found is not None
    assert found.viewer == anna


def test_the_database_does_not_hold_the_cookie(engine: Engine, anna: Viewer) -> None:
    session = log_in(engine, Throttle(), "anna", PASSWORD, "10.0.0.1")
    with engine.connect() as connection:
        row = connection.execute(select(tables.session)).one()
    assert session.token not in str(row)
    assert row.token_hash == session.token_hash
    assert find_session(engine, row.token_hash) is None


@pytest.mark.parametrize(
    ("name", "password"), [("anna", "wrong"), ("nobody", PASSWORD), ("", ""), ("anna", "x" * 5000)]
)
def test_a_wrong_name_or_password_is_refused_in_the_same_words(
    engine: Engine, anna: Viewer, name: str, password: str
) -> None:
    with pytest.raises(LoginRefused, match=r"^name or password is wrong$"):
        log_in(engine, Throttle(), name, password, "10.0.0.1")


def test_an_unknown_name_costs_the_same_hashing_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Work, not time: a clock on a busy machine proves nothing."""
    verified: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            verified.append(str(hash).split("$")[3])
            return super().verify(hash, password)

    stored = passwords.hash_password(PASSWORD)
    monkeypatch.setattr(passwords, "_hasher", Counting)
    assert not password_matches(stored, "wrong")
    assert not password_matches(None, "wrong")
    assert not password_matches(None, "x" * 1000)
    assert verified == ["m=65536,t=3,p=4"] * 3


def test_logging_out_ends_this_session_only(engine: Engine, anna: Viewer) -> None:
    here, there = (log_in(engine, Throttle(), "anna", PASSWORD, "::1") for _ in range(2))
    log_out(engine, here)
    assert find_session(engine, here.token) is None
    assert find_session(engine, there.token) is not None


def test_an_unused_session_is_over_after_its_idle_time(engine: Engine, anna: Viewer) -> None:
    session = log_in(engine, Throttle(), "anna", PASSWORD, "::1")
    assert find_session(engine, session.token, now_ms() + IDLE_MS + 1000) is None


def test_use_keeps_a_session_alive_up_to_its_absolute_end(engine: Engine, anna: Viewer) -> None:
    session = log_in(engine, Throttle(), "anna", PASSWORD, "::1")
    start = now = now_ms()
    while now < start + ABSOLUTE_MS - IDLE_MS:
        now += IDLE_MS // 2
        assert find_session(engine, session.token, now) is not None
    assert find_session(engine, session.token, start + ABSOLUTE_MS - 60_000) is not None
    assert find_session(engine, session.token, start + ABSOLUTE_MS + 60_000) is None


def test_reading_pages_does_not_write_each_time(engine: Engine, anna: Viewer) -> None:
    session = log_in(engine, Throttle(), "anna", PASSWORD, "::1")
    with writing(engine):  # a second writer would wait here for ever
        assert find_session(engine, session.token) is not None


def test_logging_in_clears_away_sessions_that_are_over(engine: Engine, anna: Viewer) -> None:
    old = log_in(engine, Throttle(), "anna", PASSWORD, "::1")
    with writing(engine) as connection:
        connection.execute(update(tables.session).values(expires=now_ms() - 1))
    new = log_in(engine, Throttle(), "anna", PASSWORD, "::1")
    with engine.connect() as connection:
        assert list(connection.scalars(select(tables.session.c.token_hash))) == [new.token_hash]
    assert find_session(engine, old.token) is None


def test_a_hash_with_weaker_parameters_is_renewed_at_login(engine: Engine, anna: Viewer) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    with writing(engine) as connection:
        connection.execute(update(tables.user).values(password_hash=weak))
    log_in(engine, Throttle(), "anna", PASSWORD, "::1")
    with engine.connect() as connection:
        stored = connection.scalar(select(tables.user.c.password_hash))
    assert stored is not None
    assert "m=65536" in stored
    assert password_matches(stored, PASSWORD)


def test_too_many_wrong_passwords_have_to_wait_even_with_the_right_one(engine: Engine, anna: Viewer) -> None:
    throttle = Throttle()
    for _ in range(PER_NAME.free):
        with pytest.raises(LoginRefused):
            log_in(engine, throttle, "anna", "wrong", "10.0.0.1")
    with pytest.raises(TooManyAttempts, match=r"too many attempts: try again in \d+ s"):
        log_in(engine, throttle, "anna", PASSWORD, "10.0.0.2")


def test_a_form_token_belongs_to_its_cookie() -> None:
    assert is_csrf_token("one", csrf_token("one"))
    assert not is_csrf_token("two", csrf_token("one"))
    assert csrf_token("one") != csrf_token("one")
    assert not any(
        is_csrf_token("one", made_up) for made_up in ("", "00" * 64, "zz", "é", csrf_token("one")[:-2])
    )
    assert "one" not in csrf_token("one")
