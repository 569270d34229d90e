"""The overview over HTTP: what it shows, finds and sorts, and what its stream sends."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import update
from tests.harness.websites import Visitor, Website, now_ms

from tillsight_hub.database import writing
from tillsight_hub.hierarchy import hierarchy_version
from tillsight_hub.seed import count_up
from tillsight_hub.tables import touchpoint

from .conftest import Visit


@pytest.fixture
def ada(site: Website, visit: Visit) -> Visitor:
    visitor = visit(site)
    visitor.log_in("ada")
    return visitor


@contextmanager
def frames(visitor: Visitor, path: str) -> Iterator[Iterator[dict[str, Any]]]:
    """The data of a stream's events, one by one."""
    with visitor.client.stream("GET", path) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        yield (json.loads(line[6:]) for line in answer.iter_lines() if line.startswith("data: "))


def next_with(stream: Iterator[dict[str, Any]], part: str) -> dict[str, Any]:
    for event in stream:
        if part in event.get("parts", {}):
            found: dict[str, Any] = event["parts"][part]
            return found
    raise AssertionError(f"the stream ended without {part}")


def test_it_lists_every_touchpoint_under_its_store(ada: Visitor) -> None:
    text = ada.client.get("/").text
    assert text.index("Pune") < text.index("Stall") < text.index("Rome") < text.index("Till 1")


def test_a_press_is_in_the_next_frame_of_the_stream(site: Website, ada: Visitor) -> None:
    with frames(ada, "/live/overview") as stream:
        before = next_with(stream, "tp.till-1")
        pressed = now_ms()
        site.press(4)
        after = next_with(stream, "tp.till-1")
    assert after["presses"] == before["presses"] + 1
    assert after["last_press"] >= pressed
    assert "just now" not in after["html"], "words that age are the browser's business"


def test_a_frame_holds_what_changed_and_nothing_else(site: Website, ada: Visitor) -> None:
    with frames(ada, "/live/overview") as stream:
        assert {"tp.till-1", "tp.till-2", "tp.stall", "store.rome", "summary", "structure"} <= next(stream)[
            "parts"
        ].keys()
        site.press(5, box="box-2", scale="smiley-5")
        assert set(next(stream)["parts"]) == {"tp.till-2", "summary"}


def test_a_manager_is_sent_their_store_only(site: Website, visit: Visit) -> None:
    mona = visit(site)
    mona.log_in("mona")
    with frames(mona, "/live/overview") as stream:
        parts = next(stream)["parts"]
    assert {name for name in parts if name.startswith("tp.")} == {"tp.till-1", "tp.till-2", "tp.desk"}


def test_finding_leaves_what_has_all_words_in_its_name(ada: Visitor) -> None:
    text = ada.client.get("/?find=rome 2").text
    assert "Till 2" in text
    assert "Till 1" not in text
    assert "No touchpoint has this in its name." in ada.client.get("/?find=mars").text


def test_the_surest_score_comes_first_and_what_does_not_compare_last(
    fresh_site: Website, visit: Visit
) -> None:
    fresh_site.serve(100)
    for rating in [1] * 30 + [4] * 10:
        fresh_site.press(rating)
    stall = fresh_site.boxes["box-3"]
    for _ in range(15):
        fresh_site.press(5, box="box-2", scale="smiley-5")
    fresh_site.ingest(stall.sales(12, t=now_ms()), stall.press(1, t=now_ms()), box="box-3")
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    text = visitor.client.get("/?sort=score").text
    assert text.index(">Till 1<") < text.index(">Stall<") < text.index(">Till 2<")
    assert "30%" in text


@pytest.mark.parametrize("query", ["measure=x", "sort=x", "find=" + "x" * 81])
def test_a_look_that_does_not_exist_is_refused(ada: Visitor, query: str) -> None:
    answer = ada.client.get(f"/?{query}", headers={"Accept": "text/html"})
    assert answer.status_code in (400, 422)
    assert "That did not work" in answer.text


def test_markup_in_a_search_stays_text(ada: Visitor) -> None:
    assert '"><script>' not in ada.client.get("/", params={"find": '"><script>'}).text


def test_an_empty_hub_says_what_to_do_first(empty_site: Website, visit: Visit) -> None:
    visitor = visit(empty_site)
    visitor.log_in("ada")
    text = visitor.client.get("/").text
    assert "Welcome to Tillsight" in text
    assert "tillsight-hub seed" in text


def test_what_the_first_page_proposes_makes_a_chain(empty_site: Website, visit: Visit) -> None:
    visitor = visit(empty_site)
    visitor.log_in("ada")
    page = visitor.client.get("/").text
    proposed = dict(re.findall(r'<input id="(\w+)" name="\1" value="([^"]+)"', page))
    assert {"region", "tz", "hours", "touchpoint", "device"} == set(proposed)
    token = visitor.csrf_token("/")
    form = {**proposed, "org": "A", "store": "B", "csrf_token": token}
    made = visitor.client.post("/first", data=form)
    assert (made.status_code, made.headers["location"]) == (303, "/devices/b-till-1-box/connect")
    again = visitor.client.post("/first", data={**form, "tz": "Asia/Tokyo"})
    assert (again.status_code, again.headers["location"]) == (303, "/chain")


def test_pages_travel_compressed_and_streams_do_not(ada: Visitor) -> None:
    assert ada.client.get("/").headers["content-encoding"] == "gzip"
    with ada.client.stream("GET", "/live/overview") as answer:
        assert "content-encoding" not in answer.headers


def test_a_touchpoint_whose_last_day_is_over_is_history(fresh_site: Website, visit: Visit) -> None:
    ada = visit(fresh_site)
    ada.log_in("ada")
    assert "Till 1" in ada.client.get("/").text
    engine = fresh_site.services.engine
    with writing(engine) as connection:
        connection.execute(update(touchpoint).where(touchpoint.c.id == "till-1").values(closed="2020-01-31"))
        count_up(connection, hierarchy_version(connection))
    for path in ("/", "/wall"):
        assert "Till 1" not in ada.client.get(path).text, path
    assert ada.client.get("/places/till-1").status_code == 200
