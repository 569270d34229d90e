"""`/explore`: the API's numbers as a table in any order, each with its explanation, and as files."""

import csv
import io
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.harness.chain import Chain, open_chain
from tests.harness.websites import PASSWORD, UNCLEANED, Visitor

from tillsight_hub.access import add_user
from tillsight_hub.app import create_app
from tillsight_hub.config import HubConfig
from tillsight_models.configuration import read_settings

MARCH = "first=2026-03-01&last=2026-04-10"
USERS = {"anna": ("analyst", None), "mona": ("manager", "market")}


@pytest.fixture(scope="module")
def browsers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, TestClient]]:
    """By name: somebody logged in at a hub with a March."""
    folder: Path = tmp_path_factory.mktemp("explore")
    with open_chain(f"sqlite:///{folder / 'hub.db'}") as chain:
        fill(chain)
        settings = {
            "data_dir": str(folder),
            "database": {"url": str(chain.engine.url)},
            "mqtt": {"embedded": False, "port": 1},
            "cleaning": UNCLEANED,
        }
        app = create_app(read_settings(settings, HubConfig))
        found = {}
        for name, (role, scope) in USERS.items():
            add_user(chain.engine, name, PASSWORD, role, scope)
            found[name] = TestClient(app)
            Visitor(found[name]).log_in(name)  # type: ignore[arg-type]
        yield found
        app.state.services.engine.dispose()


def fill(chain: Chain) -> None:
    for day in (2, 9, 16, 23, 30):
        chain.press("till-1", f"2026-03-{day:02}T10:10", 4, times=9)
        chain.press("till-1", f"2026-03-{day:02}T17:10", 1, times=6)
        chain.press("till-2", f"2026-03-{day:02}T10:10", 4, times=12)
        chain.press("till-2", f"2026-03-{day + 1 if day < 30 else 31:02}T10:10", 1, times=1)
        chain.serve("till-1", f"2026-03-{day:02}T10:05", 60)
        chain.press("desk", f"2026-03-{day:02}T10:10", 10, times=5)
    chain.press("till-1", "2026-04-06T10:10", 1, times=40)
    chain.settle()


@pytest.fixture
def anna(browsers: dict[str, TestClient]) -> TestClient:
    return browsers["anna"]


def rows(client: TestClient, query: str) -> list[list[str]]:
    """The cells of the first table, head first."""
    answer = client.get(f"/explore?{query}")
    assert answer.status_code == 200, answer.text
    table = re.findall(r'<table class="explored">(.*?)</table>', answer.text, re.DOTALL)[0]
    return [
        [
            " ".join(unescape(re.sub(r"<[^>]+>", " ", cell)).split())
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)
    ]


def told(client: TestClient, **query: Any) -> dict[str, dict[str, Any]]:
    """The API's scores by key."""
    asked = {"from": "2026-03-01", "to": "2026-04-10", "metric": "csat", **query}
    answer = client.get("/api/v1/scores", params=asked)
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    return {each["key"]: each["scores"][0] for each in results if each["scale"] == "smiley-4"}


@pytest.mark.parametrize(
    ("page", "api"),
    [
        ("by=touchpoint", {}),
        ("by=month", {"by": "month"}),
        ("by=weekday&weekday=1&weekday=2", {"by": "weekday", "weekdays": "1,2"}),
        ("by=touchpoint&from_hour=9&until_hour=12", {"hours": "9-12"}),
        ("by=hour&from_hour=9&until_hour=18&weekday=1", {"by": "hour", "hours": "9-18", "weekdays": "1"}),
    ],
)
def test_the_table_has_the_numbers_of_the_api(anna: TestClient, page: str, api: dict[str, str]) -> None:
    shown = [row[1].split()[0] for row in rows(anna, f"{MARCH}&metric=csat&place=market&{page}")[1:]]
    scores = told(anna, place="market", **api).values()
    expected = ["–" if score["value"] is None else f"{100 * score['value']:.0f}%" for score in scores]
    words = {"too": "–", "nothing": "–"}
    found = [words.get(each, each) for each in shown]
    assert [each for each in found if each != "–"] == [each for each in expected if each != "–"]
    assert found


def test_every_number_links_to_where_it_comes_from(anna: TestClient) -> None:
    query = f"{MARCH}&metric=csat&metric=contacts&place=market&by=hour&from_hour=10&until_hour=12"
    text = anna.get(f"/explore?{query}").text
    links = re.findall(r'href="(/explain/[^"]+)"', text)
    assert "/explain/csat.market.smiley-4.2026-03-01.2026-03-31.hours-1234567_10.0-95" in links
    for link in links[:3]:
        page = anna.get(link)
        assert page.status_code == 200
        assert "11:00" in page.text


def test_the_head_of_a_column_sorts_by_it(anna: TestClient) -> None:
    names = [row[0] for row in rows(anna, f"{MARCH}&metric=csat&sort=-csat")[1:]]
    assert names[0].startswith("=cmd")
    assert rows(anna, f"{MARCH}&metric=csat&sort=csat")[1][0].startswith("Till 1")
    text = anna.get(f"/explore?{MARCH}&metric=csat&sort=-csat").text
    assert 'aria-sort="descending"' in text
    assert "sort=csat" in text
    assert anna.get(f"/explore?{MARCH}&sort=nonsense").status_code == 200


def test_it_says_which_part_of_the_period_hours_are_told_of(anna: TestClient) -> None:
    text = anna.get(f"/explore?{MARCH}&from_hour=9&until_hour=12").text
    assert re.search(r"these numbers are of 1 Mar\w*( 2026)? – 31 Mar\w* 2026", unescape(text))
    text = anna.get("/explore?first=2026-04-01&last=2026-04-10&from_hour=9&until_hour=12").text
    assert "this period has none" in text
    text = anna.get(f"/explore?{MARCH}&by=day&from_hour=9&until_hour=12").text
    assert "all hours are shown" in text


@pytest.mark.parametrize("format", ["csv", "xlsx", "parquet"])
def test_the_table_goes_into_a_file_as_it_is(anna: TestClient, format: str) -> None:
    query = f"{MARCH}&metric=csat&metric=presses&place=market&sort=-csat&from_hour=9&until_hour=12"
    answer = anna.get(f"/explore/export?{query}&format={format}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].endswith(f'.{format}"')
    if format != "csv":
        assert answer.content[:4] in (b"PK\x03\x04", b"PAR1")
        return
    found = list(csv.DictReader(io.StringIO(answer.text)))
    csat = [row for row in found if row["metric"] == "csat"]
    assert [row["key"] for row in csat] == ["till-1", "till-2"] or [row["key"] for row in csat] == [
        "till-2",
        "till-1",
    ]
    assert {row["last_day"] for row in found} == {"2026-03-31"}
    assert {row["hours"] for row in found} == {"09;10;11"}
    score = told(anna, place="market", hours="9-12")["till-1"]
    [row] = [row for row in csat if row["key"] == "till-1"]
    assert (float(row["value"]), int(row["n"]), row["score_id"]) == (score["value"], score["n"], score["id"])


def test_files_are_for_those_who_may_export(browsers: dict[str, TestClient]) -> None:
    answer = browsers["mona"].get(f"/explore/export?{MARCH}")
    assert answer.status_code == 403
    text = browsers["mona"].get(f"/explore?{MARCH}").text
    assert "/explore/export" not in text
    assert "Files are for analysts and administrators." in text


def test_who_sees_one_store_explores_that_alone(browsers: dict[str, TestClient]) -> None:
    mona = browsers["mona"]
    assert mona.get(f"/explore?{MARCH}&place=bar").status_code == 404
    assert mona.get(f"/explore/export?{MARCH}&place=bar").status_code in (403, 404)
    assert {row[0].split()[-1] for row in rows(mona, f"{MARCH}&by=store")[1:]} == {"Market"}


@pytest.mark.parametrize("query", ["metric=beauty", "by=moon", "&".join(["metric=csat"] * 13)])
def test_what_there_is_not_is_refused(anna: TestClient, query: str) -> None:
    assert anna.get(f"/explore?{query}").status_code == 422


def test_the_address_of_the_api_asks_the_same(anna: TestClient) -> None:
    text = anna.get(f"/explore?{MARCH}&metric=csat&weekday=1&from_hour=9&until_hour=12&place=market").text
    [address] = re.findall(r'href="(/api/v1/scores\?[^"]+)"', text)
    answer = anna.get(unescape(address)).json()
    assert (answer["weekdays"], answer["hours"], answer["place"]) == ([1], [9, 10, 11], "market")
