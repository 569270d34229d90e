"""The pages of actions: entering, changing, who may, and that no typed text is run."""

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine
from tests.harness.ingesting import table_rows
from tests.harness.websites import Visitor, Website, website

Visit = Callable[[Website], Visitor]
NEW = {
    "kind": "action",
    "place": "rome",
    "title": "A second till",
    "first_day": "2026-10-05",
    "metric": "csat",
    "responsible": "Ugo",
}
HARM = '"><script>alert(1)</script>'


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Website]:
    with website(tmp_path_factory.mktemp("site")) as running:
        yield running


def engine_of(site: Website) -> Engine:
    return site.services.engine


def token(visitor: Visitor) -> dict[str, str]:
    return {"csrf_token": visitor.csrf_token("/account")}


def test_an_action_is_entered_shown_changed_and_removed(site: Website, visit: Visit) -> None:
    mona = visit(site)
    mona.log_in("mona")
    answer = mona.client.post("/actions", data=NEW | token(mona) | {"quick_win": "yes", "case_id": "7"})
    path = answer.headers["location"]
    text = mona.client.get(path).text
    assert "A second till" in text
    assert "Ugo" in text
    assert "quick win" in text
    assert "From case 7" in text
    assert "No change can be told" in text
    assert "A second till" in mona.client.get("/actions?place=rome").text
    assert "A second till" not in mona.client.get("/actions?kind=incident").text
    changed = NEW | token(mona) | {"title": "A third till", "last_day": "2026-10-20", "do": "change"}
    assert mona.client.post(path, data=changed).status_code == 303
    assert "A third till" in mona.client.get(path).text
    assert mona.client.post(path, data=token(mona) | {"do": "remove"}).headers["location"] == "/actions"
    assert mona.client.get(path).status_code == 404


def test_what_will_not_do_is_said_beside_the_field_and_kept(site: Website, visit: Visit) -> None:
    mona = visit(site)
    mona.log_in("mona")
    wrong = NEW | token(mona) | {"last_day": "2026-10-01", "detail": "Keep me"}
    answer = mona.client.post("/actions", data=wrong)
    assert answer.status_code == 422
    assert 'id="last_day-problem">Please give a day that is not before' in answer.text
    assert "Keep me" in answer.text
    assert not [row for row in table_rows(engine_of(site), "action") if row["detail"] == "Keep me"]


def test_only_who_keeps_the_whole_place_may_enter_something_for_it(site: Website, visit: Visit) -> None:
    mona, anna, ada = visit(site), visit(site), visit(site)
    for visitor, name in ((mona, "mona"), (anna, "anna"), (ada, "ada")):
        visitor.log_in(name)
    assert anna.client.post("/actions", data=NEW | token(anna)).status_code == 403
    for place in ("acme", "north", "pune", "stall", "nowhere", ""):
        assert mona.client.post("/actions", data=NEW | token(mona) | {"place": place}).status_code == 404, (
            place
        )
    path = ada.client.post("/actions", data=NEW | token(ada) | {"place": "acme"}).headers["location"]
    text = mona.client.get(path).text
    assert "a part of this place only" in text
    assert 'name="title"' not in text
    assert mona.client.post(path, data=NEW | token(mona) | {"do": "remove"}).status_code == 404
    path = ada.client.post("/actions", data=NEW | token(ada) | {"place": "pune"}).headers["location"]
    assert mona.client.get(path).status_code == 404


def test_a_form_from_elsewhere_changes_nothing(site: Website, visit: Visit) -> None:
    ada = visit(site)
    ada.log_in("ada")
    before = table_rows(engine_of(site), "action")
    assert ada.client.post("/actions", data=NEW).status_code == 403
    assert ada.client.post("/actions/1", data={"do": "remove"}).status_code == 403
    assert table_rows(engine_of(site), "action") == before


def test_nothing_that_was_typed_is_run(site: Website, visit: Visit) -> None:
    ada = visit(site)
    ada.log_in("ada")
    roles = dict.fromkeys(("responsible", "accountable", "consulted", "informed", "goal", "detail"), HARM)
    good = NEW | token(ada) | roles | {"title": HARM}
    path = ada.client.post("/actions", data=good).headers["location"]
    texts = [ada.client.get(each).text for each in (path, "/actions", f"/actions?place={HARM}&kind={HARM}")]
    texts.append(ada.client.post("/actions", data=good | {"first_day": HARM, "kind": HARM}).text)
    texts.append(ada.client.post(path, data=good | {"last_day": HARM, "metric": HARM}).text)
    assert not [text for text in texts if "<script>alert" in text]
