"""The live board over HTTP: its tiles, what they carry, who sees which, and what its stream sends."""

import json
import re
from html import unescape

import pytest
from sqlalchemy import insert
from tests.harness.websites import Visitor, Website, now_ms

from tillsight_hub.database import writing
from tillsight_hub.tables import alert

from .conftest import Visit
from .test_overview import frames, next_with


@pytest.fixture
def ada(site: Website, visit: Visit) -> Visitor:
    visitor = visit(site)
    visitor.log_in("ada")
    return visitor


def tiles_in(text: str) -> dict[str, str]:
    """By part: the text of the tile without markup."""
    found = re.findall(r'<li class="wall-tile" data-part="([^"]+)"[^>]*>(.*?)</li>', text, re.DOTALL)
    return {part: " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split()) for part, html in found}


@pytest.fixture(scope="module", autouse=True)
def some_traffic(site: Website) -> None:
    site.serve(100)
    for rating in [1] * 20 + [4] * 20:
        site.press(rating)


def test_there_is_a_tile_for_every_touchpoint_with_what_it_carries(ada: Visitor) -> None:
    tiles = tiles_in(ada.client.get("/wall").text)
    assert tiles.keys() == {"tile.till-1", "tile.till-2", "tile.desk", "tile.stall"}
    for words in ("Till 1", "Rome", "20%", "Served 100", "Responses 40", "Silent 60%"):
        assert words in tiles["tile.till-1"], words
    assert "nothing counts who was served" not in tiles["tile.till-1"]


def test_the_number_of_a_tile_is_the_scores_own(ada: Visitor) -> None:
    text = ada.client.get("/wall?place=till-1").text
    link = re.search(r'href="(/explain/relative_dissatisfaction[^"]+)"', text)
    assert link
    answer = ada.client.get(
        "/api/v1/scores", params={"place": "till-1", "metric": "relative_dissatisfaction"}
    )
    (group,) = answer.json()["results"]
    score = group["scores"][0]
    assert 0.199 < score["value"] < 0.201
    assert f"{100 * score['lower']:.0f}–{100 * score['upper']:.0f}%" in text
    assert ada.client.get(link[1]).status_code == 200


def test_a_store_has_a_tile_for_each_of_its_scales(ada: Visitor) -> None:
    tiles = tiles_in(ada.client.get("/wall?by=store").text)
    assert tiles.keys() == {"tile.rome.smiley-4", "tile.rome.smiley-5", "tile.pune.smiley-4"}
    assert "Served 100" in tiles["tile.rome.smiley-4"]
    assert "Five smileys" in tiles["tile.rome.smiley-5"], "two tiles have the name of the store"
    assert "smileys" not in tiles["tile.pune.smiley-4"]


def test_a_place_shows_its_own_tiles_and_a_stranger_none(site: Website, ada: Visitor, visit: Visit) -> None:
    assert tiles_in(ada.client.get("/wall?place=pune").text).keys() == {"tile.stall"}
    mona = visit(site)
    mona.log_in("mona")
    assert tiles_in(mona.client.get("/wall").text).keys() == {"tile.till-1", "tile.till-2", "tile.desk"}
    for path in ("/wall?place=pune", "/wall?place=north", "/live/wall?place=pune", "/wall?place=nowhere"):
        assert mona.client.get(path).status_code == 404, path


@pytest.mark.parametrize("query", ["by=region", "measure=x", "rotate=-1", "rotate=3601", "rotate=x"])
def test_a_board_that_does_not_exist_is_refused(ada: Visitor, query: str) -> None:
    assert ada.client.get(f"/wall?{query}").status_code == 422


def test_a_press_is_in_the_next_frame_with_its_tile_alone(site: Website, ada: Visitor) -> None:
    with frames(ada, "/live/wall") as stream:
        assert {"tile.till-1", "tile.till-2", "strip", "structure"} <= next(stream)["parts"].keys()
        pressed = now_ms()
        site.press(5, box="box-2", scale="smiley-5")
        parts = next(stream)["parts"]
    assert set(parts) == {"tile.till-2", "strip"}
    assert parts["tile.till-2"]["last_press"] >= pressed


def test_a_stores_tile_grows_with_each_of_its_touchpoints(site: Website, ada: Visitor) -> None:
    with frames(ada, "/live/wall?by=store") as stream:
        before = next_with(stream, "tile.rome.smiley-4")
        site.press(4)
        after = next_with(stream, "tile.rome.smiley-4")
    assert after["presses"] == before["presses"] + 1


def test_what_people_said_is_withheld_where_too_few_did(fresh_site: Website, visit: Visit) -> None:
    fresh_site.serve(50)
    for _ in range(4):
        fresh_site.press(1)
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    tile = tiles_in(visitor.client.get("/wall").text)["tile.till-1"]
    assert "withheld: too few answers (4)" in tile
    assert "Responses 4" in tile


def test_an_open_alert_is_on_its_tile(fresh_site: Website, visit: Visit) -> None:
    now = now_ms()
    detail = {
        "chart": "touchpoint",
        **dict.fromkeys(("statistic", "threshold", "arl0_months"), 5.0),
        **dict.fromkeys(("votes_neg", "votes_pos", "contacts"), 5),
        "expected_neg": 0.3,
    }
    row = {"rule_id": 1, "rule_version": 1, "tp": "till-1", "since": now, "raised": now, "noticed": now}
    with writing(fresh_site.services.engine) as connection:
        connection.execute(insert(alert).values(**row, detail=json.dumps(detail)))
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    text = visitor.client.get("/wall").text
    assert tiles_in(text)["tile.till-1"].count("Alert") == 1
    assert "1 alert" in text
    assert "tile-face open" in text
