"""API tokens: shown once, kept as a hash, ended by time or by hand."""

import pytest
from sqlalchemy import Engine, select

from tillsight_hub import tables
from tillsight_hub.access import BadAccount, create_token, list_tokens, revoke_token
from tillsight_hub.access.clock import now_ms
from tillsight_hub.access.tokens import find_token
from tillsight_hub.viewer import Viewer

DAY_MS = 86_400_000


def test_a_token_stands_for_a_role_and_scope(engine: Engine) -> None:
    token = create_token(engine, "bi", "analyst", "north")
    assert find_token(engine, token) == Viewer("token bi", "analyst", "north")


def test_the_database_does_not_hold_the_token(engine: Engine) -> None:
    token = create_token(engine, "bi", "analyst")
    with engine.connect() as connection:
        assert token not in str(connection.execute(select(tables.api_token)).one())
    assert token not in str(list_tokens(engine))


def test_a_token_ends_with_its_days(engine: Engine) -> None:
    token = create_token(engine, "bi", "analyst", days=2)
    assert find_token(engine, token, now_ms() + DAY_MS) is not None
    assert find_token(engine, token, now_ms() + 2 * DAY_MS + 1000) is None


def test_a_revoked_token_is_worth_nothing(engine: Engine) -> None:
    token, other = create_token(engine, "bi", "analyst"), create_token(engine, "other", "ops")
    revoke_token(engine, 1)
    assert find_token(engine, token) is None
    assert find_token(engine, other) is not None
    assert [entry.revoked for entry in list_tokens(engine)] == [False, True]


def test_the_last_use_is_kept_to_the_hour(engine: Engine) -> None:
    token = create_token(engine, "bi", "analyst")
    now = now_ms()
    for moment in (now, now + 1000, now + DAY_MS):
        find_token(engine, token, moment)
        seen = list_tokens(engine)[0].last_used
        assert seen is not None
        assert moment - 3_600_000 <= seen <= moment


@pytest.mark.parametrize(
    ("name", "role", "scope", "days", "problem"),
    [
        ("", "analyst", None, None, "token name ''"),
        ("bi", "boss", None, None, "role 'boss'"),
        ("bi", "analyst", "box-1", None, "scope 'box-1': no org, region or store has this id"),
        ("box", "device", None, None, "needs the device's id"),
        ("box", "device", "north", None, "scope 'north': no device has this id"),
        ("bi", "analyst", None, 0, "days 0"),
        ("bi", "analyst", None, 1e9, "days 1e[+]09"),
    ],
)
def test_a_token_that_will_not_do_is_refused_by_name(
    engine: Engine, name: str, role: str, scope: str | None, days: float | None, problem: str
) -> None:
    with pytest.raises(BadAccount, match=problem):
        create_token(engine, name, role, scope, days)
    assert list_tokens(engine) == []


def test_a_devices_token_names_the_device(engine: Engine) -> None:
    token = create_token(engine, "box", "device", "box-1")
    assert find_token(engine, token) == Viewer("token box", "device", "box-1")


def test_revoking_an_unknown_token_says_so(engine: Engine) -> None:
    with pytest.raises(BadAccount, match="token 9: there is none of this number"):
        revoke_token(engine, 9)
