"""The pages of cases: who may what, whose words are shown to whom, and that nothing that was typed is run."""

import json
from collections.abc import Callable, Iterator

import httpx
import pytest
from sqlalchemy import Engine
from tests.harness.ingesting import table_rows
from tests.harness.phones import Phone, code_of, visit_id
from tests.harness.websites import Visitor, Website, website

from tillsight_hub.access import create_token

Visit = Callable[[Website], Visitor]
NUMBERS = iter(range(10_000, 20_000))
CORPUS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</textarea><script>alert(1)</script>",
    "' onfocus='alert(1)' autofocus='",
    "javascript:alert(1)",
    "{{ 7 * 7 }}<svg/onload=alert(1)>",
    "<!--<script>-->",
]
"""What somebody may type who means harm."""
MARKS = ("<script>alert", "<img src=x", "<svg/onload", "' onfocus='", "</textarea><script", "<!--<script")
"""None of these is ever in a page."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    with website(tmp_path_factory.mktemp("site")) as running:
        yield running


def engine_of(site: Website) -> Engine:
    return site.services.engine


def inert(text: str) -> bool:
    return not any(mark in text for mark in MARKS) and "49<svg" not in text


def opened(visitor: Visitor, title: str = "The door squeaks", place: str = "till-1") -> httpx.Response:
    form = {"title": title, "place": place, "csrf_token": visitor.csrf_token("/cases")}
    return visitor.client.post("/cases", data=form)


def asked(site: Website, **wish: str) -> int:
    """Somebody wants to be answered; the number of the case."""
    with httpx.Client(base_url=site.url) as client:
        phone = Phone(client, code_of(engine_of(site), visit_id(next(NUMBERS))))
        phone.send("skip")
        assert phone.send("contact", **{"consent": "yes", **wish}).status_code == 303
    return max(row["id"] for row in table_rows(engine_of(site), "service_case"))


def test_a_manager_works_on_a_case_of_their_store(site: Website, visit: Visit) -> None:
    mona = visit(site)
    mona.log_in("mona")
    path = opened(mona).headers["location"]
    token = {"csrf_token": mona.csrf_token(path)}
    assert "with nobody yet" in mona.client.get(path).text
    assert mona.client.post(path, data=token | {"do": "take"}).status_code == 303
    assert mona.client.post(path, data=token | {"do": "note", "note": "Oil is ordered."}).status_code == 303
    closing = token | {"do": "close", "cause": "No oil", "outcome": "Oiled it."}
    assert mona.client.post(path, data=closing).status_code == 303
    text = mona.client.get(path).text
    assert all(words in text for words in ("Oil is ordered.", "No oil", "Oiled it.", "Reopen"))
    assert "The door squeaks" in mona.client.get("/cases?show=closed").text
    assert "The door squeaks" not in mona.client.get("/cases?show=mine").text


def test_what_cannot_be_done_is_said_and_what_was_typed_is_kept(site: Website, visit: Visit) -> None:
    mona = visit(site)
    mona.log_in("mona")
    answer = opened(mona, " ")
    assert answer.status_code == 422
    assert "Please say in 1 to 120 characters" in answer.text
    path = opened(mona).headers["location"]
    token = {"csrf_token": mona.csrf_token(path)}
    answer = mona.client.post(path, data=token | {"do": "close", "cause": "", "outcome": "I tried"})
    assert answer.status_code == 422
    assert "why it happened" in answer.text
    assert "I tried" in answer.text
    assert mona.client.post(path, data=token | {"do": "reopen"}).status_code == 409
    assert mona.client.post(path, data=token | {"do": "dance"}).status_code == 422


def test_roles_and_scopes(site: Website, visit: Visit) -> None:
    mona, anna, otto, ada = (visit(site) for _ in range(4))
    for visitor, name in ((mona, "mona"), (anna, "anna"), (otto, "otto"), (ada, "ada")):
        visitor.log_in(name)
    there = opened(ada, "In Pune", "stall").headers["location"]
    assert mona.client.get(there).status_code == 404
    assert "In Pune" not in mona.client.get("/cases").text
    assert opened(mona, "In Pune too", "stall").status_code == 404
    path = opened(mona).headers["location"]
    for visitor in (anna, otto):
        token = {"csrf_token": visitor.csrf_token("/account")}
        assert visitor.client.get(path).status_code == 200
        for where in ("/cases", path, f"{path}/contact", f"{path}/alert"):
            assert visitor.client.post(where, data=token | {"do": "take"}).status_code == 403
    token = {"csrf_token": mona.csrf_token("/account")}
    for where in (there, f"{there}/contact", f"{there}/alert"):
        sent = token | {"do": "take", "as": "true"}
        assert mona.client.post(where, data=sent).status_code == 404


def test_a_form_from_elsewhere_changes_nothing(site: Website, visit: Visit) -> None:
    mona = visit(site)
    mona.log_in("mona")
    path = opened(mona).headers["location"]
    before = table_rows(engine_of(site), "service_case")
    for where in ("/cases", path, f"{path}/contact", f"{path}/alert"):
        assert (
            mona.client.post(where, data={"do": "take", "title": "x", "place": "till-1"}).status_code == 403
        )
    assert table_rows(engine_of(site), "service_case") == before


def test_only_who_answers_reads_the_words_and_it_is_noted_who_saw_the_address(
    site: Website, visit: Visit
) -> None:
    number = asked(site, name="Ugo Secret", address="ugo@secret.example", message="It was so cold.")
    path = f"/cases/{number}"
    for name, sees in (("mona", True), ("ada", True), ("anna", False), ("otto", False)):
        visitor = visit(site)
        visitor.log_in(name)
        text = visitor.client.get(path).text
        assert ("It was so cold." in text) is sees, name
        assert "ugo@secret" not in text
        assert "Ugo Secret" not in text
    mona = visit(site)
    mona.log_in("mona")
    answer = mona.client.post(f"{path}/contact", data={"csrf_token": mona.csrf_token(path)})
    assert "ugo@secret.example" in answer.text
    assert "I agree that Acme keeps" in answer.text
    (read,) = (row for row in table_rows(engine_of(site), "audit") if row["action"] == "contact.read")
    assert (read["actor"], json.loads(read["detail"])["case"]) == ("mona", number)
    assert "ugo" not in read["detail"].lower()
    erasing = {"csrf_token": mona.csrf_token(path), "do": "erase"}
    assert mona.client.post(f"{path}/contact", data=erasing).status_code == 303
    assert "What they wrote is erased" in mona.client.get(path).text
    (row,) = (row for row in table_rows(engine_of(site), "audit") if row["action"] == "contact.erased")
    assert row["actor"] == "mona"


def test_the_api_says_and_does_the_same(site: Website) -> None:
    number = asked(site, address="+39 06 7654321", message="Call me.")
    url = f"{site.url}/api/v1/cases"

    def bearer(role: str, scope: str | None = None) -> dict[str, str]:
        return {"Authorization": f"Bearer {create_token(engine_of(site), role, role, scope)}"}

    manager, analyst = bearer("manager", "rome"), bearer("analyst")
    assert number in [case["id"] for case in httpx.get(url, headers=analyst).json()]
    listed = httpx.get(url, headers=analyst).text + httpx.get(f"{url}/{number}", headers=analyst).text
    assert "7654321" not in listed
    assert "Call me" not in listed
    assert httpx.get(f"{url}/{number}/contact", headers=analyst).status_code == 403
    assert httpx.get(f"{url}/{number}/contact", headers=manager).json()["address"] == "+39 06 7654321"
    assert httpx.get(f"{url}/{number}/contact", headers=bearer("manager", "pune")).status_code == 404
    change = httpx.patch(f"{url}/{number}", headers=manager, json={"do": "take"}).json()
    assert (change["state"], change["owner"]) == ("working", "token manager")
    again = httpx.patch(f"{url}/{number}", headers=bearer("admin"), json={"do": "take"})
    assert again.status_code == 409 or again.json()["owner"] == "token admin"
    assert httpx.patch(f"{url}/{number}", headers=analyst, json={"do": "take"}).status_code == 403
    assert httpx.patch(f"{url}/{number}", headers=manager, json={"do": "fly"}).status_code == 422
    made = httpx.post(url, headers=manager, json={"touchpoint": "desk", "title": "By a program"})
    assert (made.status_code, made.json()["origin"]) == (201, "person")
    assert httpx.post(url, headers=manager, json={"touchpoint": "stall", "title": "x"}).status_code == 404
    assert httpx.post(url, headers=manager, json={"alert": 99}).status_code == 404
    assert httpx.get(f"{url}?show=nonsense", headers=manager).status_code == 422


def test_nothing_that_was_typed_is_run(site: Website, visit: Visit) -> None:
    ada = visit(site)
    ada.log_in("ada")
    token = {"csrf_token": ada.csrf_token("/cases")}
    for text in CORPUS:
        new = ada.client.post("/cases", data=token | {"title": text, "place": "till-1"})
        path = new.headers["location"]
        ada.client.post(path, data=token | {"do": "note", "note": text})
        wrong = ada.client.post(path, data=token | {"do": "close", "cause": text, "outcome": ""})
        assert wrong.status_code == 422
        ada.client.post(path, data=token | {"do": "close", "cause": text, "outcome": text})
        wish = f"/cases/{asked(site, name=text, address='a@b.example', message=text)}"
        shown = ada.client.post(f"{wish}/contact", data=token)
        pages = [ada.client.get(each).text for each in (f"/cases?place={text}", path, wish)]
        assert all(inert(page) for page in [*pages, shown.text, wrong.text])
    assert inert(ada.client.get("/cases?show=all").text)


def test_nothing_that_was_typed_on_a_phone_is_run(site: Website) -> None:
    site.app.state.brake.__init__()
    for text in CORPUS:
        with httpx.Client(base_url=site.url) as client:
            phone = Phone(client, code_of(engine_of(site), visit_id(next(NUMBERS))))
            phone.send("answer", value=text)
            phone.back()
            assert inert(phone.page.text)
            phone.send("enough")
            answer = phone.send("contact", name=text, address=text, message=text)
            assert answer.status_code == 422
            assert inert(answer.text)
