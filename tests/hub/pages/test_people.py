"""`/people` and `/audit`: secrets are shown once, changes count at once, and the trail tells all of it."""

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update
from tests.harness.mailboxes import mailbox
from tests.harness.websites import Visitor, Website

from tillsight_hub import tables
from tillsight_hub.access import BadAccount, add_user, disable_user
from tillsight_hub.access.accounts import set_role
from tillsight_hub.access.tokens import find_token
from tillsight_hub.mail.settings import MailSettings

from .conftest import Visit


@pytest.fixture
def ada(fresh_site: Website, visit: Visit) -> Visitor:
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    return visitor


def send(visitor: Visitor, path: str, **fields: Any) -> Any:
    return visitor.client.post(path, data={"csrf_token": visitor.csrf_token("/people"), **fields})


def secret_in(page: str) -> str:
    found = re.search(r"<output[^>]*>([^<]+)</output>", page)
    assert found
    return found[1]


def path_in(page: str) -> str:
    return urlsplit(secret_in(page)).path


def choose(visitor: Visitor, path: str, new: str, again: str | None = None) -> Any:
    """Fill in the form of a one-time link."""
    token = visitor.csrf_token(path)
    return visitor.client.post(path, data={"csrf_token": token, "new": new, "again": again or new})


def test_a_new_user_sets_a_password_by_a_link_that_works_once(
    fresh_site: Website, ada: Visitor, visit: Visit
) -> None:
    made = send(ada, "/people/users", name="lena", role="manager", scope="rome")
    path = path_in(made.text)
    assert path not in ada.client.get("/people").text
    lena = visit(fresh_site)
    for _ in range(2):
        assert "Choose the password for lena" in lena.client.get(path).text, "looking uses nothing up"
    assert "should have 10 to 200" in choose(lena, path, "short").text
    assert "differ" in choose(lena, path, "long enough for it", "something else").text
    done = choose(lena, path, "long enough for it")
    assert (done.status_code, done.headers["location"]) == (303, "/login?password_set=1")
    assert lena.client.get(path).status_code == 404
    assert (
        lena.client.post(path, data={"new": "another one here", "again": "another one here"}).status_code
        == 404
    )
    assert lena.log_in("lena", "long enough for it").status_code == 303
    assert "Till 1" in lena.client.get("/").text
    assert lena.client.get("/people").status_code == 403
    assert lena.client.get("/audit").status_code == 403
    trail = ada.client.get("/audit").text
    assert "<code>user.link</code>" in trail
    assert "by a one-time link" in trail


def test_who_forgot_the_password_gets_a_link_and_older_sessions_end_when_it_is_used(
    fresh_site: Website, ada: Visitor, visit: Visit
) -> None:
    otto = visit(fresh_site)
    otto.log_in("otto")
    older = path_in(send(ada, "/people/users/change", name="otto", do="link").text)
    path = path_in(send(ada, "/people/users/change", name="otto", do="link").text)
    assert otto.client.get(older).status_code == 404, "one link at a time"
    assert otto.client.get("/").status_code == 200
    stranger = visit(fresh_site)
    assert choose(stranger, path, "long enough for it").status_code == 303
    assert otto.client.get("/").status_code == 303
    assert otto.log_in("otto", "long enough for it").status_code == 303


def test_a_link_ends_by_itself_with_its_user_and_without_its_form(
    fresh_site: Website, ada: Visitor, visit: Visit
) -> None:
    engine = fresh_site.services.engine
    path = path_in(send(ada, "/people/users/change", name="otto", do="link").text)
    stranger = visit(fresh_site)
    new = {"new": "long enough for it", "again": "long enough for it"}
    assert stranger.client.post(path, data=new).status_code == 403
    assert send(ada, "/people/users/change", name="otto", do="lock").status_code == 303
    assert stranger.client.get(path).status_code == 404
    assert send(ada, "/people/users/change", name="otto", do="unlock").status_code == 303
    assert stranger.client.get(path).status_code == 200
    with engine.begin() as connection:
        connection.execute(update(tables.password_link).values(expires=1))
    assert stranger.client.get(path).status_code == 404
    assert "works once" in stranger.client.get("/password/nonsense").text


def test_a_link_is_mailed_where_mail_is_configured(fresh_site: Website, ada: Visitor) -> None:
    refused = send(ada, "/people/users", name="lena", role="manager", mail="lena@example.org")
    assert refused.status_code == 422
    assert "sends no mail" in refused.text
    with mailbox() as box:
        mail = MailSettings(host="127.0.0.1", port=box.port, security="none", sender="hub@example.org")
        config = fresh_site.services.config.model_copy(update={"mail": mail})
        object.__setattr__(fresh_site.services, "config", config)
        wrong = send(ada, "/people/users", name="lena", role="manager", mail="lena at home")
        assert "is no mail address" in wrong.text
        sent = send(ada, "/people/users", name="lena", role="manager", mail="lena@example.org")
        assert "went to lena@example.org" in sent.text
        assert "<output" not in sent.text
        (letter,) = box.letters
        found = re.search(r"/password/[\w-]+", letter.text)
        assert found
        assert "Choose the password for lena" in ada.client.get(found[0]).text
        box.refuse_next.append("451 later")
        shown = send(ada, "/people/users/change", name="lena", do="link", mail="lena@example.org")
        assert "451 later" in shown.text
        assert ada.client.get(path_in(shown.text)).status_code == 200


def test_a_changed_role_counts_at_once_and_a_locked_user_is_out(
    fresh_site: Website, ada: Visitor, visit: Visit
) -> None:
    otto = visit(fresh_site)
    otto.log_in("otto")
    assert otto.client.get("/chain").status_code == 200
    changed = send(ada, "/people/users/change", name="otto", do="role", role="manager", scope="pune")
    assert changed.status_code == 303
    assert otto.client.get("/chain").status_code == 403
    assert "Till 1" not in otto.client.get("/").text
    assert send(ada, "/people/users/change", name="otto", do="lock").status_code == 303
    assert otto.client.get("/").status_code == 303
    assert "locked" in ada.client.get("/people").text
    assert send(ada, "/people/users/change", name="otto", do="unlock").status_code == 303
    renewed = send(ada, "/people/users/change", name="otto", do="password")
    assert otto.log_in("otto", secret_in(renewed.text)).status_code == 303


def test_somebody_stays_admin_of_everything(fresh_site: Website, ada: Visitor) -> None:
    refused = send(ada, "/people/users/change", name="ada", do="role", role="manager")
    assert refused.status_code == 422
    assert "last enabled admin of everything" in refused.text
    engine = fresh_site.services.engine
    add_user(engine, "part", "correct horse battery", "admin", "rome")
    with pytest.raises(BadAccount, match="last enabled admin of everything"):
        set_role(engine, "ada", "admin", "rome")
    add_user(engine, "second", "correct horse battery", "admin")
    set_role(engine, "ada", "analyst", None)
    disable_user(engine, "ada")


def test_what_is_wrong_with_a_name_is_said(ada: Visitor) -> None:
    assert "There is already a user OTTO." in send(ada, "/people/users", name="OTTO", role="ops").text
    assert "1 to 64 letters, digits" in send(ada, "/people/users", name="a b", role="ops").text
    assert send(ada, "/people/users", name="x", role="king").status_code == 422
    assert send(ada, "/people/users/change", name="otto", do="nonsense").status_code == 422


def test_a_token_is_shown_once_works_and_is_revoked(fresh_site: Website, ada: Visitor) -> None:
    engine = fresh_site.services.engine
    made = send(ada, "/people/tokens", name="BI", role="analyst", scope="rome", days="30")
    token = secret_in(made.text)
    viewer = find_token(engine, token)
    assert viewer is not None
    assert (viewer.role, viewer.scope) == ("analyst", "rome")
    page = ada.client.get("/people").text
    assert token not in page
    number = re.search(r'>BI <span class="quiet small">(\d+)<', page)
    assert number
    assert send(ada, f"/people/tokens/{number[1]}/revoke").status_code == 303
    assert find_token(engine, token) is None
    box = secret_in(send(ada, "/people/tokens", name="box", role="device", device="box-1", days="0").text)
    assert find_token(engine, box) is not None
    assert send(ada, "/people/tokens", name="box", role="device").status_code == 422


def test_the_trail_tells_who_did_what_and_can_be_narrowed(ada: Visitor) -> None:
    send(ada, "/people/users", name="lena", role="manager", scope="rome")
    send(ada, "/people/users/change", name="lena", do="lock")
    page = ada.client.get("/audit").text
    assert "lena: role manager, scope rome" in page
    only = ada.client.get("/audit", params={"action": "user.disable"}).text
    assert "<code>user.disable</code>" in only
    assert "<code>login</code>" not in only
    assert "<code>user.add</code>" in ada.client.get("/audit", params={"find": "LENA: role"}).text
    assert "Nothing of this kind." in ada.client.get("/audit", params={"find": "100%"}).text
    assert "Nothing of this kind." in ada.client.get("/audit", params={"before": "1"}).text
