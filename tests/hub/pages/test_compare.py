"""Comparing over HTTP: the numbers are the API's, ties are said to be ties, strangers see nothing."""

import re
from datetime import date, datetime, time, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update
from tests.harness.websites import Visitor, Website, now_ms

from tillsight_hub.database import writing
from tillsight_hub.pages.figures import MINUS
from tillsight_hub.periods import Period, bucket_days
from tillsight_hub.tables import touchpoint

from .conftest import Visit

WEEK_MS = 7 * 86_400_000
TILLS = {"till-1": "box-1", "desk": "box-4", "stall": "box-3"}


@pytest.fixture(scope="module", autouse=True)
def some_traffic(site: Website) -> None:
    """Till 1 is bad; the others are alike."""
    for place, ratings in {
        "till-1": [1] * 40 + [4] * 40,
        "desk": [1] * 8 + [4] * 92,
        "stall": [1] * 9 + [4] * 92,
    }.items():
        box = TILLS[place]
        site.ingest(*(site.boxes[box].press(rating, t=now_ms()) for rating in ratings), box=box)


@pytest.fixture
def ada(site: Website, visit: Visit) -> Visitor:
    visitor = visit(site)
    visitor.log_in("ada")
    return visitor


def table_rows(text: str) -> dict[str, list[str]]:
    """By block and place, in order: what the page says of each."""
    (body,) = re.findall(r'<table class="standings">(.*?)</table>', text, re.DOTALL)
    found: dict[str, list[str]] = {}
    for block in re.findall(r'<tbody class="(\w+)">(.*?)</tbody>', body, re.DOTALL):
        for row in re.findall(r"<tr>(.*?)</tr>", block[1], re.DOTALL):
            cells = [
                " ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split())
                for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
            ]
            place = re.search(r"/places/([\w-]+)", row)
            assert place
            found[place[1]] = [block[0], *cells]
    return found


def ranking(visitor: Visitor, **more: str) -> dict[str, Any]:
    answer = visitor.client.get("/api/v1/ranking", params={"metric": "csat", **more})
    assert answer.status_code == 200, answer.text
    return {
        each["key"]: {**each, **scale} for scale in answer.json()["scales"] for each in scale["standings"]
    }


def test_the_page_has_the_numbers_of_the_api(ada: Visitor) -> None:
    text = ada.client.get("/compare?metric=csat&period=today").text
    rows, told = table_rows(text), ranking(ada)
    assert rows.keys() == {key for key, each in told.items() if each["rank"]}
    assert len(rows) == 3
    for key, (_, _, own, interval, n, shrunk, rank, p_worst, ties) in rows.items():
        each = told[key]
        score = each["score"]
        assert own == f"{score['value']:.0%}"
        assert interval == f"{100 * score['lower']:.0f}–{100 * score['upper']:.0f}%"
        assert n == str(score["n"])
        assert shrunk == f"{each['shrunk_value']:.0%}"
        low, high = each["rank_low"], each["rank_high"]
        assert rank == (str(low) if low == high else f"{low}–{high}")
        assert float(p_worst.rstrip("%")) == pytest.approx(100 * each["p_worst"], abs=0.6)
        assert ties == str(len(each["ties"]))
        assert f"/explain/{score['id']}" in text


def test_who_differs_from_the_others_is_apart_and_who_ties_is_not_ordered(ada: Visitor) -> None:
    text = ada.client.get("/compare?metric=csat&period=today").text
    rows, told = table_rows(text), ranking(ada)
    assert rows["till-1"][0] == "worse"
    assert "1 is worse than the others together" in " ".join(re.sub(r"<[^>]+>", " ", text).split())
    assert told["desk"]["ties"] == ["stall"]
    for key, row in rows.items():
        is_apart = told[key]["p_adjusted"] < 0.05
        assert (row[0] != "same") == is_apart


def test_places_that_tie_stand_in_the_order_of_places_whatever_their_scores(
    fresh_site: Website, visit: Visit
) -> None:
    """Pune comes before Rome, though a hair worse."""
    for box, bad in (("box-1", 8), ("box-3", 9), ("box-4", 7)):
        events = [fresh_site.boxes[box].press(rating, t=now_ms()) for rating in [1] * bad + [4] * 92]
        fresh_site.ingest(*events, box=box)
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    rows = table_rows(visitor.client.get("/compare?metric=csat&period=today").text)
    assert list(rows) == ["stall", "desk", "till-1"]
    assert {row[0] for row in rows.values()} == {"same"}


def test_who_is_not_compared_says_why(site: Website, ada: Visitor) -> None:
    for _ in range(12):
        site.press(5, box="box-2", scale="smiley-5")
    text = ada.client.get("/compare?metric=csat&period=today").text
    assert "too few: 12, a comparison needs 30" in text
    assert "nothing counted" in ada.client.get("/compare?metric=csat&period=yesterday").text


def test_changes_are_those_of_the_api(fresh_site: Website, visit: Visit) -> None:
    """Till 1 has become worse in a week, the desk has not."""
    for box, before, after in (("box-1", 8, 50), ("box-4", 9, 10)):
        for t, bad in ((now_ms() - WEEK_MS, before), (now_ms(), after)):
            presses = (fresh_site.boxes[box].press(rating, t=t) for rating in [1] * bad + [4] * (100 - bad))
            fresh_site.ingest(*presses, box=box)
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    told = visitor.client.get("/api/v1/change", params={"metric": "csat"}).json()
    changed = {each["key"]: each for each in told["changes"]}
    assert (changed["till-1"]["arrow"], changed["desk"]["arrow"]) == ("down", None)
    text = visitor.client.get("/compare?metric=csat&period=today").text
    (listed,) = re.findall(r'<ul class="changed">(.*?)</ul>', text, re.DOTALL)
    assert re.findall(r"/places/([\w-]+)", listed) == ["till-1"]
    points = [100 * changed["till-1"][name] for name in ("value", "lower", "upper")]
    written = "{:.1f} points ({:.1f} to {:.1f})".format(*points).replace("-", MINUS)
    assert written in listed
    assert "1 has become worse" in text
    assert changed["till-1"]["before"]["id"] in listed
    assert changed["till-1"]["after"]["id"] in listed


def mornings(site: Website, months_back: int, bad: dict[str, int]) -> Period:
    """200 answers in the morning, and as many satisfied ones in the afternoon, in a month that is over."""
    month = bucket_days(date.today().isoformat(), "month")  # noqa: DTZ011 - far from its ends
    for _ in range(months_back):
        before = date.fromisoformat(month.first) - timedelta(days=1)
        month = bucket_days(before.isoformat(), "month")
    for box, negative in bad.items():
        zone = ZoneInfo("Asia/Kolkata" if box == "box-3" else "Europe/Rome")
        for hour, ratings in ((10, [1] * negative + [4] * (200 - negative)), (16, [4] * 200)):
            start = datetime.combine(date.fromisoformat(month.first), time(hour), zone)
            days = timedelta(days=1)
            presses = [
                site.boxes[box].press(rating, t=int((start + days * (n % 28)).timestamp() * 1000) + n)
                for n, rating in enumerate(ratings)
            ]
            site.ingest(*presses, box=box)
    return month


def test_weekdays_and_hours_narrow_it_as_the_api_does(fresh_site: Website, visit: Visit) -> None:
    mornings(fresh_site, 2, {"box-1": 20, "box-4": 20})
    month = mornings(fresh_site, 1, {"box-1": 100, "box-4": 20})
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    days = f"first={month.first}&last={month.last}"
    for query, asked in (
        ("&from_hour=10&until_hour=11", {"hours": "10-11"}),
        ("&weekday=1&weekday=3", {"weekdays": "1,3"}),
        ("", {}),
    ):
        found = {"from": month.first, "to": month.last, "metric": "csat", **asked}
        told = visitor.client.get("/api/v1/scores", params=found).json()["results"]
        text = visitor.client.get(f"/compare?metric=csat&{days}{query}").text
        rows = table_rows(text)
        assert rows.keys() == {"till-1", "desk"}
        for result in told:
            if result["key"] in rows:
                (score,) = result["scores"]
                assert rows[result["key"]][2] == f"{score['value']:.0%}"
                assert f"/explain/{score['id']}" in text
    hours = visitor.client.get(f"/compare?metric=csat&{days}&from_hour=10&until_hour=11").text
    assert table_rows(hours)["till-1"][2] == "50%"
    (listed,) = re.findall(r'<ul class="changed">(.*?)</ul>', hours, re.DOTALL)
    assert re.findall(r"/places/([\w-]+)", listed) == ["till-1"]
    for link in set(re.findall(r'href="(/explain/[^"]+)"', hours)):
        assert visitor.client.get(link).status_code == 200, link


def test_hours_of_a_month_that_is_not_over_are_not_told(ada: Visitor) -> None:
    text = ada.client.get("/compare?metric=csat&period=today&from_hour=9&until_hour=12").text
    assert "this period has none" in text
    assert 'class="standings"' not in text


def test_without_a_period_before_nothing_is_called_changed(ada: Visitor) -> None:
    text = ada.client.get("/compare?metric=csat&period=today").text
    assert "No place has enough in both periods to be tested." in text


@pytest.mark.parametrize("by", ["store", "region"])
def test_stores_and_regions_can_be_compared(ada: Visitor, by: str) -> None:
    text = ada.client.get(f"/compare?metric=csat&period=today&by={by}").text
    if by == "store":
        assert table_rows(text).keys() == {"rome", "pune"}
    else:
        assert "Fewer than two places have enough answers to be compared." in text


def test_every_number_leads_to_where_it_comes_from(ada: Visitor) -> None:
    text = ada.client.get("/compare?metric=csat&period=today&by=store").text
    links = set(re.findall(r'href="(/explain/[^"]+)"', text))
    assert len(links) >= 3
    for link in links:
        assert ada.client.get(link).status_code == 200, link


def test_a_manager_compares_their_own_places(site: Website, visit: Visit) -> None:
    mona = visit(site)
    mona.log_in("mona")
    assert table_rows(mona.client.get("/compare?metric=csat&period=today").text).keys() == {"till-1", "desk"}
    for place in ("pune", "north", "nowhere"):
        assert mona.client.get(f"/compare?place={place}").status_code == 404


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("metric=nonsense", "metric 'nonsense': expected one of"),
        ("metric=presses", "metric 'presses': expected one with an interval"),
        ("by=team", "by: 'team'"),
    ],
)
def test_a_question_that_cannot_be_answered_says_so(ada: Visitor, query: str, words: str) -> None:
    answer = ada.client.get(f"/compare?{query}")
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_a_wrong_day_is_said_beside_its_field(ada: Visitor) -> None:
    answer = ada.client.get("/compare?first=2026-13-01")
    assert answer.status_code == 422
    assert "2026-13-01" in answer.text


def test_markup_in_a_name_stays_text(fresh_site: Website, visit: Visit) -> None:
    evil = "</script><script>alert(1)</script>"
    with writing(fresh_site.services.engine) as connection:
        connection.execute(update(touchpoint).values(name=evil))
    for box in ("box-1", "box-4"):
        events = [fresh_site.boxes[box].press(rating, t=now_ms()) for rating in [1] * 8 + [4] * 92]
        fresh_site.ingest(*events, box=box)
    visitor = visit(fresh_site)
    visitor.log_in("ada")
    for path in ("/compare?metric=csat&period=today", "/wall"):
        text = visitor.client.get(path).text
        assert evil not in text
        assert "alert(1)" in text
