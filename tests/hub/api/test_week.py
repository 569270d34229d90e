"""`/api/v1/week`, and `/api/v1/scores` of some weekdays and hours."""

import csv
from typing import Any

import pytest
from fastapi.testclient import TestClient
from tests.harness.chain import Chain

SPRING = {"from": "2026-03-01", "to": "2026-04-15"}
MONDAYS = ("2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23", "2026-03-30")
FRIDAYS = ("2026-03-06", "2026-03-13", "2026-03-20", "2026-03-27")


@pytest.fixture
def chain(chain: Chain) -> Chain:
    """In March: on Mondays 4 at ten and 8 at eleven; on Fridays 3 at ten, all at their worst."""
    for day in MONDAYS:
        chain.press("till-1", f"{day}T10:10", 4, times=4)
        chain.press("till-1", f"{day}T11:10", 3, times=8)
        chain.serve("till-1", f"{day}T10:05", 40)
    for day in FRIDAYS:
        chain.press("till-1", f"{day}T10:10", 1, times=3)
        chain.press("till-1", f"{day}T17:10", 4, times=9)
    chain.press("till-1", "2026-04-06T10:10", 4, times=20)
    chain.settle()
    return chain


@pytest.fixture
def reader(chain: Chain, as_role: Any) -> TestClient:
    assert chain
    client: TestClient = as_role("manager")
    return client


def week(reader: TestClient, **query: Any) -> dict[tuple[int, int], dict[str, Any]]:
    answer = reader.get("/api/v1/week", params={"place": "till-1", **SPRING, **query})
    assert answer.status_code == 200, answer.text
    [found] = answer.json()["weeks"]
    assert found["months"] == ["2026-03"]
    assert found["used"] == {"from": "2026-03-01", "to": "2026-03-31"}
    return {(cell["weekday"], cell["hour"]): cell for cell in found["cells"]}


def results(reader: TestClient, **query: Any) -> dict[str, Any]:
    answer = reader.get("/api/v1/scores", params={"place": "till-1", "metric": "csat", **SPRING, **query})
    assert answer.status_code == 200, answer.text
    return {result["key"]: result for result in answer.json()["results"] if result["scale"] == "smiley-4"}


def test_hours_of_the_week_are_told_of_the_whole_months_that_are_over(reader: TestClient) -> None:
    cells = week(reader)
    assert (cells[1, 10]["accepted"], cells[1, 10]["withheld"], cells[1, 10]["contacts"]) == (20, 0, 200)
    assert (cells[1, 10]["score"]["value"], cells[1, 10]["score"]["n"]) == (1.0, 20)
    assert cells[1, 11]["score"]["value"] == 1.0
    assert cells[5, 10]["score"]["value"] == 0.0
    assert cells[2, 9]["accepted"] == 0
    assert (cells[1, 10]["open_minutes"], cells[2, 9]["open_minutes"]) == (300, 300)


def test_shares_are_pulled_towards_their_weekday_and_their_hour(reader: TestClient) -> None:
    cell = week(reader)[5, 10]
    assert 0 <= cell["shrunk_lower"] < cell["shrunk_value"] < cell["shrunk_upper"] < 1
    assert week(reader, metric="happy_index")[5, 10]["shrunk_value"] is None


def test_every_hour_of_the_week_can_be_explained_and_recounted(reader: TestClient) -> None:
    for cell in (week(reader)[1, 10], week(reader)[5, 10], week(reader)[2, 9]):
        told = reader.get(cell["score"]["explain"])
        assert told.status_code == 200, told.text
        assert told.json()["score"] == cell["score"]
        assert told.json()["recomputed"]["agrees"]


def test_the_week_is_a_table_too(reader: TestClient) -> None:
    answer = reader.get("/api/v1/week", params={"place": "till-1", **SPRING, "format": "csv"})
    rows = list(csv.DictReader(answer.text.splitlines()))
    [row] = [row for row in rows if (row["weekday"], row["hour"]) == ("5", "10")]
    assert (row["value"], row["n"], row["accepted"], row["months"]) == ("0.0", "12", "12", "2026-03")
    assert row["score_id"] == "csat.till-1.smiley-4.2026-03-01.2026-03-31.hours-5_10.0-95"


def test_weekdays_are_the_sums_of_their_days(reader: TestClient) -> None:
    assert results(reader, weekdays="1")["till-1"]["counts"]["accepted"] == 80
    assert results(reader, weekdays="1,5")["till-1"]["counts"]["accepted"] == 128
    by_month = results(reader, weekdays="5", by="month")
    assert {key: found["counts"]["accepted"] for key, found in by_month.items()} == {
        "2026-03": 48,
        "2026-04": 0,
    }
    assert set(results(reader, weekdays="1,5", by="weekday")) == {"1", "5"}
    assert list(results(reader, weekdays="5", by="day"))[:2] == ["2026-03-06", "2026-03-13"]


def test_hours_say_which_part_of_the_period_they_are_of(reader: TestClient) -> None:
    query = {"place": "till-1", "metric": "csat", "hours": "10-12", "weekdays": "1,5", **SPRING}
    answer = reader.get("/api/v1/scores", params=query).json()
    assert answer["used"] == {"from": "2026-03-01", "to": "2026-03-31"}
    assert (answer["weekdays"], answer["hours"]) == ([1, 5], [10, 11])
    [result] = answer["results"]
    assert (result["counts"]["accepted"], result["scores"][0]["value"]) == (72, 60 / 72)
    assert result["period"]["open_minutes"] == 9 * 120


@pytest.mark.parametrize("by", ["touchpoint", "store", "org", "month", "weekday", "hour"])
def test_hours_add_up_whatever_they_are_grouped_by(reader: TestClient, by: str) -> None:
    found = results(reader, by=by, hours="10-12", **({"place": "market"} if by == "store" else {}))
    assert sum(result["counts"]["accepted"] for result in found.values()) == 72


@pytest.mark.parametrize(
    "query",
    [
        {"weekdays": "1,5"},
        {"weekdays": "5", "by": "month"},
        {"weekdays": "1", "by": "week"},
        {"weekdays": "1", "by": "day"},
        {"weekdays": "1", "by": "hour"},
        {"hours": "10-12"},
        {"hours": "10-12", "by": "month"},
        {"hours": "10-12", "weekdays": "1,5", "by": "weekday"},
        {"hours": "10-12", "by": "hour", "place": "market"},
    ],
)
def test_every_narrowed_number_comes_out_again_from_its_events(
    reader: TestClient, query: dict[str, str]
) -> None:
    found = [score for result in results(reader, **query).values() for score in result["scores"]]
    assert len({score["id"] for score in found}) == len(found) > 0
    for score in [score for score in found if score["n"]][:3]:
        told = reader.get(score["explain"]).json()
        assert told["score"] == score, score["id"]
        assert told["recomputed"]["agrees"], told["recomputed"]


def test_a_period_without_a_whole_month_has_no_hours(reader: TestClient) -> None:
    query = {"place": "till-1", "from": "2026-03-02", "to": "2026-04-15"}
    assert reader.get("/api/v1/week", params=query).json()["weeks"][0] == {
        "scale": "smiley-4",
        "months": [],
        "used": None,
        "cells": [],
    }
    answer = reader.get("/api/v1/scores", params={**query, "hours": "9-12"}).json()
    assert (answer["used"], answer["results"]) == (None, [])


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ({"weekdays": "1,8"}, "weekdays '8': expected 1 (Monday) to 7, such as 1,2,5"),
        ({"hours": "noon"}, "hours 'noon': expected the first and the last hour, such as 9-12 or 22-2"),
        ({"hours": "9-9"}, "hours '9-9': expected the first and the last hour, such as 9-12 or 22-2"),
        (
            {"hours": "9-12", "by": "day"},
            "hours by day: expected by one of touchpoint, store, region, org, month, weekday, hour",
        ),
        ({"hours": "9-12", "by": "shift"}, "weekdays, hours: expected none by shift"),
    ],
)
def test_what_cannot_be_asked_is_refused(reader: TestClient, query: dict[str, str], problem: str) -> None:
    answer = reader.get("/api/v1/scores", params=query)
    assert (answer.status_code, answer.json()["detail"]) == (422, problem)
