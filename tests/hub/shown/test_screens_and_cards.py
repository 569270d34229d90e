"""The pages of screens and cards over HTTP: who decides, who has taken it over, and whose words are whose."""

from sqlalchemy import insert
from tests.harness.shown import ask, content_of, show
from tests.harness.websites import Website, now_ms

from tillsight_hub import tables
from tillsight_hub.shown.cards import read_cards
from tillsight_hub.shown.kiosk_section import KioskSection
from tillsight_hub.shown.looks import read_looks
from tillsight_hub.wanted.keeping import note_answer, read_wanted
from tillsight_hub.wanted.publisher import Publisher
from tillsight_models.wanted import ConfigIs

from .conftest import AsPerson

HOSTILE = "<script>alert(1)</script>"


def settle(site: Website, **answer: list[str]) -> None:
    """What is wanted is made, and box-1 says this to it."""
    engine = site.services.engine
    Publisher(engine, None, [KioskSection()]).turn()
    with engine.begin() as connection:
        wanted = read_wanted(connection, ["box-1"])["box-1"]
        note_answer(connection, "box-1", ConfigIs(version=wanted.version, **answer), now_ms())


def test_a_look_is_set_for_a_place_and_its_state_is_told(site: Website, log_in: AsPerson) -> None:
    ask(site.services.engine, content_of(id="look"))
    mona = log_in("mona")
    fields = mona.fields("/screens/rome", "/screens/rome")
    fields |= {"survey": "look", "idle_s": "45", "tally": "no", "question_en": "How was it?"}
    assert mona.send("/screens/rome", **fields).status_code == 303
    with site.services.engine.connect() as connection:
        look = read_looks(connection)["rome"]
    assert (look.survey_id, look.settings["idle_s"], look.settings["tally"]) == ("look", 45, False)
    settle(site)
    page = mona.open("/screens")
    assert "taken over" in page
    assert "set for Rome" in page
    settle(site, problems=["kiosk.survey: too new for this device"])
    page = mona.open("/screens")
    assert "too new for this device" in page
    assert "refused" in page
    assert 'placeholder="45"' in mona.open("/screens/till-1")


def test_what_no_screen_can_be_is_said_beside_the_field(site: Website, log_in: AsPerson) -> None:
    mona = log_in("mona")
    fields = mona.fields("/screens/till-2", "/screens/till-2")
    for name, value in (("idle_s", "3"), ("idle_s", "soon"), ("default_language", "de")):
        sent = {**fields, name: value, "speaks_en": "yes"}
        refused = mona.send("/screens/till-2", **sent)
        assert refused.status_code == 422, name
        assert f'id="wrong-{name}"' in refused.text
        assert value in refused.text


def test_two_who_set_one_screen_are_told(site: Website, log_in: AsPerson) -> None:
    mona, ada = log_in("mona"), log_in("ada")
    hers, his = (one.fields("/screens/desk", "/screens/desk") for one in (mona, ada))
    assert ada.send("/screens/desk", **his | {"thanks_s": "9"}).status_code == 303
    refused = mona.send("/screens/desk", **hers | {"thanks_s": "11"})
    assert refused.status_code == 409
    assert "ada has changed this meanwhile" in refused.text
    assert 'value="11"' in refused.text


def test_screens_of_others_are_not_there(site: Website, log_in: AsPerson) -> None:
    mona, otto = log_in("mona"), log_in("otto")
    assert mona.client.get("/screens/pune").status_code == 404
    assert mona.send("/screens/acme", base="0").status_code == 404
    assert "Stall" not in mona.open("/screens")
    assert otto.send("/screens/rome", base="0").status_code == 403
    assert mona.client.post("/screens/rome", data={"base": "0"}).status_code == 403


def test_a_card_is_written_taken_over_and_taken_down(site: Website, log_in: AsPerson) -> None:
    mona = log_in("mona")
    new = mona.fields("/cards", "/cards") | {"place": "rome"}
    incomplete = mona.send("/cards", **new | {"said_en": "Too cold"})
    assert incomplete.status_code == 422
    assert "Too cold" in incomplete.text
    assert 'id="wrong-did_en"' in incomplete.text
    made = mona.send("/cards", **new | {"said_en": HOSTILE, "did_en": "Warmer"})
    assert made.status_code == 303
    page = mona.open("/cards")
    assert "taken over by 0 of" in page
    assert HOSTILE not in page
    settle(site)
    assert "taken over by 1 of" in mona.open("/cards")
    with site.services.engine.connect() as connection:
        [card] = read_cards(connection)
    fields = mona.fields(f"/cards/{card.id}", "/cards") | {"last_day": "2020-01-01"}
    assert mona.send("/cards", **fields).status_code == 422
    assert mona.send(f"/cards/{card.id}/remove").status_code == 303
    assert "Warmer" not in mona.open("/cards")


def test_a_closed_case_becomes_a_card(site: Website, log_in: AsPerson) -> None:
    with site.services.engine.begin() as connection:
        for number, (tp, state) in enumerate(
            (("till-1", "closed"), ("till-1", "open"), ("stall", "closed")), 71
        ):
            row = {"id": number, "tp": tp, "opened": 1, "origin": "reason", "title": "The door sticks"}
            row |= {"state": state, "deadline": 2, "outcome": "It was planed"}
            connection.execute(insert(tables.service_case).values(row))
    mona = log_in("mona")
    page = mona.open("/cards?case=71")
    assert "The door sticks" in page
    assert "It was planed" in page
    assert mona.client.get("/cards?case=72").status_code == 404
    assert mona.client.get("/cards?case=73").status_code == 404


def test_a_place_that_is_set_to_nothing_is_as_if_nobody_had_touched_it(site: Website) -> None:
    show(site.services.engine, "till-2", None, idle_s=30)
    show(site.services.engine, "till-2", None)
    with site.services.engine.connect() as connection:
        assert "till-2" not in read_looks(connection)
