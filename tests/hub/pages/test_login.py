"""The way in and out, over HTTP: forms, cookies, refusals, and nothing that another site could send."""

import pytest
from sqlalchemy import select
from tests.harness.websites import PASSWORD, Visitor, Website

from tillsight_hub import tables
from tillsight_hub.access.forms import LOGIN_COOKIE, SESSION_COOKIE
from tillsight_hub.pages.login import local_path

from .conftest import Visit


@pytest.fixture
def visitor(site: Website, visit: Visit) -> Visitor:
    return visit(site)


def test_a_login_leads_to_where_one_wanted_to_go(visitor: Visitor) -> None:
    sent_away = visitor.client.get("/touchpoints/till-1?day=2026-10-06")
    assert sent_away.status_code == 303
    assert sent_away.headers["location"] == "/login?next=/touchpoints/till-1%3Fday%3D2026-10-06"
    visitor.client.get(sent_away.headers["location"])
    answer = visitor.log_in("ada", next="/touchpoints/till-1?day=2026-10-06")
    assert (answer.status_code, answer.headers["location"]) == (303, "/touchpoints/till-1?day=2026-10-06")
    assert visitor.client.get("/touchpoints/till-1").status_code == 200


def test_the_session_cookie_is_for_this_site_and_no_script(visitor: Visitor) -> None:
    cookie = visitor.log_in("ada").headers.get_list("set-cookie")[0]
    assert cookie.startswith(f"{SESSION_COOKIE}=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))


def test_a_wrong_password_says_so_and_keeps_the_name(visitor: Visitor) -> None:
    answer = visitor.log_in("ada", "wrong")
    assert answer.status_code == 401
    assert "Name or password is wrong." in answer.text
    assert 'value="ada"' in answer.text
    assert visitor.client.get("/").status_code == 303


def test_many_wrong_passwords_have_to_wait(fresh_site: Website, visit: Visit) -> None:
    visitor = visit(fresh_site)
    answers = [visitor.log_in("ada", "wrong") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert visitor.log_in("ada").status_code == 429
    assert visitor.log_in("otto").status_code == 303


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)
def test_a_form_from_another_site_is_refused(visitor: Visitor, headers: dict[str, str]) -> None:
    form = {"name": "ada", "password": PASSWORD, "csrf_token": visitor.csrf_token("/login")}
    assert visitor.client.post("/login", data=form, headers=headers).status_code == 403
    assert SESSION_COOKIE not in visitor.client.cookies
    visitor.log_in("ada")
    form = {"csrf_token": visitor.csrf_token("/")}
    assert visitor.client.post("/logout", data=form, headers=headers).status_code == 403
    assert visitor.client.get("/").status_code == 200


def test_a_form_without_the_cookies_token_is_refused(visitor: Visitor) -> None:
    visitor.client.get("/login")
    for token in ("", "0" * 64):
        form = {"name": "ada", "password": PASSWORD, "csrf_token": token}
        assert visitor.client.post("/login", data=form).status_code == 403
    visitor.client.cookies.clear()
    form["csrf_token"] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert visitor.client.post("/login", data=form).status_code == 403
    visitor.log_in("ada")
    for path in ("/logout", "/account"):
        assert visitor.client.post(path, data={"csrf_token": "x"}).status_code == 403


def test_a_login_does_not_keep_a_session_that_was_planted(visitor: Visitor) -> None:
    visitor.client.cookies.set(SESSION_COOKIE, "planted", domain="127.0.0.1")
    assert visitor.log_in("ada").status_code == 303
    assert visitor.client.cookies[SESSION_COOKIE] != "planted"


def test_logging_out_ends_the_session_for_who_copied_the_cookie_too(
    site: Website, visitor: Visitor, visit: Visit
) -> None:
    visitor.log_in("ada")
    thief = visit(site)
    thief.client.cookies.set(SESSION_COOKIE, visitor.client.cookies[SESSION_COOKIE])
    assert thief.client.get("/").status_code == 200
    answer = visitor.client.post("/logout", data={"csrf_token": visitor.csrf_token("/")})
    assert (answer.status_code, answer.headers["location"]) == (303, "/login?logged_out=1")
    assert visitor.client.get("/").status_code == 303
    assert thief.client.get("/").status_code == 303
    assert "You are logged out." in visitor.client.get("/login?logged_out=1").text


def test_a_new_password_needs_the_present_one(fresh_site: Website, visit: Visit) -> None:
    visitor, elsewhere = visit(fresh_site), visit(fresh_site)
    visitor.log_in("ada")
    elsewhere.log_in("ada")

    def change(current: str, new: str, again: str) -> tuple[int, str]:
        form = {"csrf_token": visitor.csrf_token("/account"), "current": current, "new": new, "again": again}
        answer = visitor.client.post("/account", data=form)
        return answer.status_code, answer.text

    for current, new, again, status, words in (
        (PASSWORD, "new and better", "another", 422, "The two new passwords differ."),
        ("wrong", "new and better", "new and better", 401, "The present password is wrong."),
        (PASSWORD, "short", "short", 422, "The password has 5 characters; it should have 10 to 200."),
        (PASSWORD, "new and better", "new and better", 200, "Your password is changed."),
    ):
        answer = change(current, new, again)
        assert answer[0] == status
        assert words in answer[1]
    assert visitor.client.get("/").status_code == 200
    assert elsewhere.client.get("/").status_code == 303
    assert visit(fresh_site).log_in("ada", "new and better").status_code == 303


def test_refused_logins_are_in_the_audit_trail(fresh_site: Website, visit: Visit) -> None:
    visit(fresh_site).log_in("otto", "wrong")
    visit(fresh_site).log_in("otto")
    with fresh_site.services.engine.connect() as connection:
        query = select(tables.audit.c.actor, tables.audit.c.action, tables.audit.c.detail)
        rows = [tuple(row) for row in connection.execute(query.where(tables.audit.c.action.like("login%")))]
    assert rows == [("otto", "login.refused", "from 127.0.0.1"), ("otto", "login", "from 127.0.0.1")]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "evil",
        "javascript:alert(1)",
        "/a\nb",
        "",
        "/\t/e",
    ],
)
def test_a_login_never_leads_to_another_site(target: str) -> None:
    assert local_path(target) == "/"


def test_a_login_leads_to_paths_of_ours() -> None:
    assert local_path("/touchpoints/till-1?day=2026-01-01") == "/touchpoints/till-1?day=2026-01-01"


def test_someone_who_is_logged_in_does_not_see_the_form(visitor: Visitor) -> None:
    visitor.log_in("ada")
    answer = visitor.client.get("/login?next=/account")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    assert LOGIN_COOKIE not in visitor.client.cookies
