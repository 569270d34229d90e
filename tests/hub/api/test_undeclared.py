"""What people look like is told by every way of reading only where, and of days when, that is declared."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete
from tests.harness.chain import Chain
from tests.harness.declared import AGES, EVER, declare_faces

from tillsight_hub.compliance.declared import told_spans
from tillsight_hub.hierarchy import read_hierarchy
from tillsight_hub.periods import Period
from tillsight_hub.scores.recount import recounted
from tillsight_hub.scores.scores import read_counts, series
from tillsight_hub.tables import declaration
from tillsight_models.events import EmotionWindowed

VALIDATION = ((80, 15, 5, 0), (10, 80, 10, 0), (5, 35, 60, 0))
WINDOW = EmotionWindowed(
    period_s=600, positive=30, neutral=20, negative=5, unknown=5, model="moods-2", validation=VALIDATION
)
SECOND_DAY = ("2026-03-03", "2199-01-01")
DAYS = {"from": "2026-03-02", "to": "2026-03-03"}


@pytest.fixture
def chain(chain: Chain) -> Chain:
    """Faces and presses at one till on two days, and at another store's."""
    for day in ("2026-03-02", "2026-03-03"):
        for touchpoint in ("till-1", "stall"):
            chain.press(touchpoint, f"{day}T12:05", 4, times=20)
            for payload in (WINDOW, AGES):
                chain.put(touchpoint, chain.at(touchpoint, f"{day}T12:00"), payload)
    chain.settle()
    return chain


def told_by_scores(client: TestClient) -> int:
    scores = client.get("/api/v1/scores", params={**DAYS, "place": "till-1", "by": "touchpoint"}).json()
    return int(next(each["n"] for each in _scores(scores) if each["metric"] == "positive_emotion_share"))


def _scores(answer: Any) -> list[dict[str, Any]]:
    found = list(answer.values()) if isinstance(answer, dict) else answer
    nested = [each for item in found if isinstance(item, dict | list) for each in _scores(item)]
    return [answer, *nested] if isinstance(answer, dict) and "metric" in answer else nested


def told_by_score_export(client: TestClient) -> int:
    days = {**DAYS, "place": "till-1", "by": "total", "format": "csv"}
    rows = csv.DictReader(io.StringIO(client.get("/api/v1/export", params=days).text))
    return int(next(row["n"] for row in rows if row["metric"] == "positive_emotion_share"))


def told_by_events(client: TestClient) -> int:
    events = client.get("/api/v1/events", params={"place": "till-1", "limit": 1000}).json()["events"]
    faces = [each for each in events if each["type"] in (WINDOW.TYPE, AGES.TYPE)]
    assert len(faces) == 2 * sum(each["type"] == WINDOW.TYPE for each in faces)
    return sum(
        sum(each["data"].get(name, 0) for name in ("positive", "neutral", "negative")) for each in faces
    )


def told_by_event_export(client: TestClient) -> int:
    days = {**DAYS, "place": "till-1", "kind": "events", "format": "csv"}
    rows = csv.DictReader(io.StringIO(client.get("/api/v1/export", params=days).text))
    faces = [json.loads(row["data"]) for row in rows if row["type"] == WINDOW.TYPE]
    return sum(each["positive"] + each["neutral"] + each["negative"] for each in faces)


WAYS: tuple[Callable[[TestClient], int], ...] = (
    told_by_scores,
    told_by_score_export,
    told_by_events,
    told_by_event_export,
)


@pytest.mark.parametrize("way", WAYS)
def test_faces_are_told_of_declared_days_only(
    chain: Chain, as_role: Any, way: Callable[[TestClient], int]
) -> None:
    client = as_role("analyst")
    assert way(client) == 0
    declare_faces(chain.engine, "south")
    assert way(client) == 0
    declare_faces(chain.engine, "market", days=SECOND_DAY)
    assert way(client) == 55
    declare_faces(chain.engine, "acme", days=EVER)
    assert way(client) == 110


@pytest.mark.parametrize("way", WAYS)
def test_of_a_declaration_that_has_ended_nothing_is_told_any_more(
    chain: Chain, as_role: Any, way: Callable[[TestClient], int]
) -> None:
    declare_faces(chain.engine, "acme", days=("2026-01-01", "2026-03-31"))
    assert way(as_role("analyst")) == 0


def test_hours_and_withheld_numbers_say_nothing_of_faces_either(chain: Chain) -> None:
    declare_faces(chain.engine, "market", days=SECOND_DAY)
    period = Period("2026-03-02", "2026-03-03")
    with chain.engine.connect() as connection:
        places = [read_hierarchy(connection).touchpoints[id] for id in ("till-1", "stall")]
        by_hour = read_counts(connection, places, period.first, period.last, "hour")
        assert sum(sum(group.counts.emotions) + group.counts.withheld_faces for group in by_hour) == 60
        by_day = {group.key: group for group in series(connection, places[0], period, "day")}
        assert sum(by_day["2026-03-02"].counts.emotions) == by_day["2026-03-02"].counts.withheld_faces == 0
        assert sum(by_day["2026-03-03"].counts.emotions) == 60
        with recounted(connection, places, period) as fresh:
            counted = read_counts(fresh, places, period.first, period.last)
        assert [sum(group.counts.emotions) for group in counted] == [60, 0]


def test_a_withdrawn_declaration_holds_for_no_day(chain: Chain) -> None:
    declare_faces(chain.engine, "acme")
    with chain.engine.begin() as connection:
        places = list(read_hierarchy(connection).touchpoints.values())
        assert sum(map(len, told_spans(connection, places).values())) == len(places)
        connection.execute(declaration.update().values(withdrawn=1))
        assert not told_spans(connection, places)
        connection.execute(delete(declaration))
