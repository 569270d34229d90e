"""`tillsight-hub user` and `tillsight-hub token`, as one types them."""

import io
import re
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tillsight_hub.__main__ import main
from tillsight_hub.access import LoginRefused
from tillsight_hub.access.sessions import log_in
from tillsight_hub.access.throttle import Throttle
from tillsight_hub.access.tokens import find_token

PASSWORD = "correct horse battery"


@pytest.fixture
def hub(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The database that the commands find."""
    monkeypatch.setenv("TILLSIGHT_DATA_DIR", str(tmp_path))
    return engine


def test_a_new_users_password_is_printed_and_works(hub: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["user", "add", "mona", "--role", "manager", "--scope", "harbour"]) == 0
    printed = re.fullmatch(r"password of mona: ([a-z2-9-]{19})\n", capsys.readouterr().out)
    assert printed
    assert log_in(hub, Throttle(), "mona", printed[1], "::1").viewer.scope == "harbour"


def test_a_given_password_is_not_printed(
    hub: Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text(PASSWORD + "\n")
    assert main(["user", "add", "mona", "--role", "ops", "--password-file", str(tmp_path / "password")]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO("from standard input\n"))
    assert main(["user", "password", "mona", "--password-file", "-"]) == 0
    assert capsys.readouterr().out == ""
    assert log_in(hub, Throttle(), "mona", "from standard input", "::1").viewer.role == "ops"


def test_users_are_listed_disabled_and_enabled(hub: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    for name, role in (("ada", "admin"), ("otto", "ops")):
        assert main(["user", "add", name, "--role", role]) == 0
    assert main(["user", "disable", "otto"]) == 0
    capsys.readouterr()
    assert main(["user", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "name  role   scope       state",
        "ada   admin  everything  enabled",
        "otto  ops    everything  disabled",
    ]
    with pytest.raises(LoginRefused):
        log_in(hub, Throttle(), "otto", PASSWORD, "::1")
    assert main(["user", "enable", "otto"]) == 0


def test_a_token_is_printed_once_listed_and_revoked(hub: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "add", "bi", "--role", "analyst", "--days", "30"]) == 0
    token = capsys.readouterr().out.strip()
    assert find_token(hub, token)
    assert main(["token", "list"]) == 0
    listed = capsys.readouterr().out
    assert "bi" in listed
    assert token not in listed
    assert main(["token", "revoke", "1"]) == 0
    assert find_token(hub, token) is None


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["user", "disable", "nobody"], "user 'nobody': there is none of this name"),
        (
            ["user", "add", "mona", "--role", "ops", "--scope", "mars"],
            "scope 'mars': no org, region or store",
        ),
        (
            ["user", "add", "mona", "--role", "ops", "--password-file", "/nothing"],
            "password file /nothing: No such file",
        ),
        (
            ["token", "add", "box", "--role", "device"],
            "a token of role device needs the device's id as its scope",
        ),
        (["token", "revoke", "9"], "token 9: there is none of this number"),
    ],
)
def test_what_cannot_be_done_is_one_line(
    hub: Engine, capsys: pytest.CaptureFixture[str], words: list[str], problem: str
) -> None:
    assert main(words) != 0
    told = capsys.readouterr().err
    assert problem in told
    assert len(told.splitlines()) == 1
