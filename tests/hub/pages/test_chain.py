"""`/chain`: the tree, the forms, what is said before a change, and who may."""

import re
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from tests.harness.websites import Visitor, Website

from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.pages.place_form import slug_of, spans_of
from tillsight_hub.tables import audit, store, touchpoint

from .conftest import Visit


@pytest.fixture
def ada(fresh_site: Website, visit: Visit) -> Visitor:
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    return visitor


STORE = {"name": "Rome", "region": "north", "tz": "Europe/Rome", "language": "en"} | {
    f"hours_{day}": "09:00-21:00" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
}


def send(visitor: Visitor, path: str, **fields: Any) -> Any:
    return visitor.client.post(path, data={"csrf_token": visitor.csrf_token("/chain"), **fields})


def row(site: Website, table: Any, id: str) -> Any:
    with site.services.engine.connect() as connection:
        return connection.execute(select(table).where(table.c.id == id)).one_or_none()


def test_the_tree_shows_every_place_and_the_ways_to_change_it(ada: Visitor) -> None:
    page = ada.client.get("/chain").text
    for id in ("acme", "north", "rome", "pune", "till-1", "stall"):
        assert f'id="{"org" if id == "acme" else ""}' in page or f"/{id}" in page
    assert 'href="/chain/add/touchpoint?parent=rome"' in page
    assert 'href="/chain/device/box-1"' in page


def test_a_store_is_added_with_hours_as_people_write_them(fresh_site: Website, ada: Visitor) -> None:
    fields = {**STORE, "name": "Café Nuovo 7", "hours_fri": "9-13, 18:00–2:00", "hours_sun": ""}
    answer = send(ada, "/chain/add/store", **fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/chain#store-cafe-nuovo-7")
    made = row(fresh_site, store, "cafe-nuovo-7")
    assert '"fri": ["09:00-13:00", "18:00-02:00"]' in made.opening_hours
    assert '"sun": []' in made.opening_hours


def test_special_days_are_typed_a_line_each_and_hold_at_the_touchpoints(
    fresh_site: Website, ada: Visitor
) -> None:
    fresh_site.press(4)
    typed = "2030-12-24: 9-13\n25.12.2030 closed\n2030-08-10 – 2030-08-12"
    answer = send(ada, "/chain/store/rome", **STORE, hours_days=typed)
    assert answer.status_code == 303, "no event is of these days, so nothing is counted anew"
    with fresh_site.services.engine.connect() as connection:
        calendar = read_hierarchy(connection).touchpoints["till-1"].calendar
    minutes = [calendar.open_minutes(f"2030-{day}") for day in ("12-23", "12-24", "12-25", "08-10", "08-12")]
    assert minutes == [720, 240, 0, 0, 0]
    page = ada.client.get("/chain/store/rome").text
    assert "2030-08-10 – 2030-08-12\n2030-12-24: 09:00-13:00\n2030-12-25</textarea>" in page
    own = ada.client.get("/chain/touchpoint/till-1").text
    assert "special days hold here too" in own.replace("&#39;", "'")


def test_a_special_day_that_is_over_is_counted_anew_and_a_wrong_one_is_said(
    fresh_site: Website, ada: Visitor
) -> None:
    fresh_site.press(4)
    today = datetime.now(ZoneInfo("Europe/Rome")).date().isoformat()
    asked = send(ada, "/chain/store/rome", **STORE, hours_days=today)
    assert asked.status_code == 200
    assert "come into other hours and days" in asked.text
    for wrong in ("Christmas: 9-13", "2030-02-30", "2030-12-24 nine", "2030-12-24 - 2029-12-24"):
        refused = send(ada, "/chain/store/rome", **STORE, hours_days=wrong)
        assert refused.status_code == 422
        assert f"“{wrong}” cannot be read." in refused.text
        assert f">{wrong}</textarea>" in refused.text


def test_a_name_is_changed_at_once_and_audited(fresh_site: Website, ada: Visitor) -> None:
    assert send(ada, "/chain/store/rome", **{**STORE, "name": "Roma"}).status_code == 303
    assert row(fresh_site, store, "rome").name == "Roma"
    with fresh_site.services.engine.connect() as connection:
        last = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(1)).one()
    assert (last.actor, last.action, last.detail) == (
        "ada",
        "place.change",
        "store rome: name Rome to Roma",
    )


def test_a_new_zone_is_made_only_after_it_was_said_what_it_means(fresh_site: Website, ada: Visitor) -> None:
    for _ in range(3):
        fresh_site.press(4)
    fields = {**STORE, "tz": "Pacific/Auckland"}
    asked = send(ada, "/chain/store/rome", **fields)
    assert asked.status_code == 200
    assert "3 events of a touchpoint come into other hours and days" in asked.text
    assert row(fresh_site, store, "rome").tz == "Europe/Rome"
    seal = re.search(r'name="agreed" value="(\w+)"', asked.text)
    assert seal
    other = send(ada, "/chain/store/rome", **{**fields, "tz": "Asia/Tokyo"}, agreed=seal[1])
    assert other.status_code == 200, "agreed was another change"
    assert send(ada, "/chain/store/rome", **fields, agreed=seal[1]).status_code == 303
    assert row(fresh_site, store, "rome").tz == "Pacific/Auckland"


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_is_kept(ada: Visitor) -> None:
    fields = {**STORE, "name": "Nowhere", "tz": "Mars/Base", "hours_mon": "nine to five"}
    answer = send(ada, "/chain/add/store", **fields)
    assert answer.status_code == 422
    for words in ("There is no such time zone.", "nine to five is not understood", 'value="Mars/Base"'):
        assert words in answer.text
    taken = send(ada, "/chain/add/store", **STORE, id="north")
    assert "The id north is taken." in taken.text
    overlap = send(ada, "/chain/add/store", **{**STORE, "id": "new", "hours_sun": "20:00-10:00"})
    assert "These times overlap others" in overlap.text


def test_a_touchpoint_has_a_life(fresh_site: Website, ada: Visitor) -> None:
    fields = {"name": "Till 1", "store": "rome", "scale": "smiley-4", "contact_source": "presence"}
    life = {"owner": "Mona", "opened": "2026-01-01", "closed": "2026-02-01", "review_due": "2026-01-15"}
    assert send(ada, "/chain/touchpoint/till-1", **fields, **life).status_code == 303
    assert row(fresh_site, touchpoint, "till-1").owner == "Mona"
    tree = ada.client.get("/chain").text
    assert "closed 1 Feb" in tree
    assert "review by 15 Jan" in tree
    wrong = send(ada, "/chain/touchpoint/till-1", **fields, **{**life, "closed": "2025-01-01"})
    assert "The last day is before the first." in wrong.text


def test_only_what_was_never_heard_of_is_taken_out(fresh_site: Website, ada: Visitor) -> None:
    fresh_site.press(4)
    kept = send(ada, "/chain/device/box-1/remove")
    assert kept.status_code == 422
    assert "1 event</li>" in kept.text
    assert send(ada, "/chain/device/box-3/remove").status_code == 303
    assert send(ada, "/chain/touchpoint/stall/remove").status_code == 303
    assert send(ada, "/chain/store/pune/remove").status_code == 303
    assert row(fresh_site, store, "pune") is None


def test_what_a_file_says_is_changed_there(fresh_site: Website, ada: Visitor) -> None:
    path = fresh_site.folder / "seed.toml"
    path.write_text('[[org]]\nid = "acme"\nname = "Acme"\n')
    config = fresh_site.services.config.model_copy(update={"seed": path})
    object.__setattr__(fresh_site.services, "config", config)
    assert "is applied at every start of the hub" in ada.client.get("/chain/org/acme").text
    send(ada, "/chain/org/acme", name="Other")
    assert "<h1>Acme</h1>" in ada.client.get("/chain/org/acme").text


def test_ops_may_look_and_others_may_not(site: Website, visit: Visit) -> None:
    otto, mona = visit(site), visit(site)
    otto.log_in("otto")
    mona.log_in("mona")
    page = otto.client.get("/chain/store/rome")
    assert page.status_code == 200
    assert "<button>Save" not in page.text
    assert send_as(otto, "/chain/store/rome").status_code == 403
    assert mona.client.get("/chain").status_code == 403
    assert otto.client.get("/chain/store/oslo").status_code == 404


def send_as(visitor: Visitor, path: str) -> Any:
    return visitor.client.post(path, data={"csrf_token": visitor.csrf_token("/account"), **STORE})


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", []),
        ("9-13", ["09:00-13:00"]),
        ("09:00-13:00, 15.30-21", ["09:00-13:00", "15:30-21:00"]),
        ("0:00-24:00", ["00:00-00:00"]),
        ("18:00–02:00", ["18:00-02:00"]),
    ],
)
def test_opening_times_are_read_as_people_write_them(text: str, spans: list[str]) -> None:
    assert spans_of(text) == spans


def test_an_id_is_made_of_a_name() -> None:
    assert slug_of("Till 1, Café", ()) == "till-1-cafe"
    assert slug_of("Till 1", ("till-1", "till-1-2")) == "till-1-3"
    assert slug_of("日本", ()) == ""
