"""`/api/v1/scores/{id}/explain`: every number says where it comes from, and comes out of its events again."""

from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import update
from tests.harness.asking import EVERYTHING, answered
from tests.harness.chain import Chain
from tests.harness.hubs import running_hub
from tests.harness.ingesting import MINUTE, NOON, Box

from tillsight_hub import tables
from tillsight_hub.compliance.raw_events import delete_raw
from tillsight_hub.labels import Label
from tillsight_hub.scores import recount
from tillsight_models.events import CounterAudited, encode_message

PERIOD = {"from": "2026-03-23", "to": "2026-04-05"}


@pytest.fixture
def chain(chain: Chain) -> Chain:
    for day in ("2026-03-24", "2026-03-29", "2026-04-01"):
        chain.press("till-1", f"{day}T10:00", 1, times=12)
        chain.press("till-1", f"{day}T12:30", 4, times=30)
        chain.serve("till-1", f"{day}T11:00", 400)
        chain.press("till-2", f"{day}T10:00", 3, times=40)
        chain.press("counter", f"{day}T23:30", 2, times=14)
        chain.press("desk", f"{day}T09:30", 10, times=15)
    chain.press("counter", "2026-03-25T01:50", 4, times=20)
    chain.serve("counter", "2026-03-25T01:40", 25)
    chain.press("till-1", "2026-03-24T15:00", 2, times=3, labels=Label.REPEAT)
    chain.press("till-1", "2026-03-24T16:00", 4, times=2, labels=Label.STAFF | Label.SET_ASIDE)
    chain.press("till-1", "2026-03-24T17:00", 4, times=4, tq="bounded")
    chain.press("stall", "2026-03-24T10:00", 3, times=4)
    audit = CounterAudited(source="presence", period_s=3600, observed=100, matched=90, counted=95)
    chain.put("till-1", chain.at("till-1", "2026-03-02T10:00"), audit)
    chain.settle()
    return chain


@pytest.fixture
def reader(chain: Chain, as_role: Any) -> TestClient:
    assert chain
    client: TestClient = as_role("manager")
    return client


def scores(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/scores", params=PERIOD | query)
    assert answer.status_code == 200, answer.text
    return [score for result in answer.json()["results"] for score in result["scores"]]


def named(client: TestClient, metric: str, **query: Any) -> dict[str, Any]:
    (found,) = scores(client, metric=metric, **query)
    return found


def explained(client: TestClient, score: dict[str, Any], **query: Any) -> dict[str, Any]:
    answer = client.get(score["explain"], params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    "by", ["touchpoint", "store", "region", "org", "day", "week", "month", "weekday", "hour"]
)
def test_every_number_comes_out_again_from_its_events(reader: TestClient, by: str) -> None:
    metrics = ["csat", "relative_dissatisfaction", "contacts", "nps", "presses", "happy_index"]
    found = scores(reader, by=by, metric=metrics)
    assert len({score["id"] for score in found}) == len(found)
    telling = [score for score in found if score["n"]]
    assert telling
    for score in [*telling[::5], *[score for score in found if not score["n"]][:2]]:
        told = explained(reader, score)
        assert told["score"] == score, score["id"]
        assert told["recomputed"]["agrees"], (score, told["recomputed"])
        assert told["recomputed"]["score"] == score


def test_a_rollup_that_is_wrong_is_found_out(chain: Chain, reader: TestClient) -> None:
    score = named(reader, "csat", place="till-1")
    with chain.engine.begin() as connection:
        connection.execute(update(tables.rollup_day).values(rating_4=tables.rollup_day.c.rating_4 + 9))
    told = explained(reader, score)
    assert told["recomputed"]["agrees"] is False
    assert told["recomputed"]["score"]["value"] == score["value"]
    assert told["score"]["value"] > score["value"]


def test_an_explanation_says_what_the_number_is_made_of(reader: TestClient) -> None:
    told = explained(reader, named(reader, "relative_dissatisfaction", place="till-1"))
    assert told["id"] == "relative_dissatisfaction.till-1.smiley-4.2026-03-23.2026-04-05.total.0-95"
    assert told["metric"]["formula"].startswith("negative responses ÷ people served")
    assert told["working"].startswith("36 ÷ (1,200 × ")
    assert told["working"].endswith(f"= {told['score']['value']:.6g}")
    inputs = {each["name"]: each["value"] for each in told["inputs"]}
    assert (inputs["rated_contacts"], inputs["contacts"]) == ([36, 0, 0, 94], 1200)
    assert [
        (audit["observed"], audit["matched"], audit["counted"], audit["at"][:10]) for audit in told["audits"]
    ] == [(100, 90, 95, "2026-03-02")]
    (correction,) = told["corrections"]
    assert (correction["precision"], correction["recall"]) == ([90, 95], [90, 100])
    rules = {rule["rule"]: rule for rule in told["labels"]["rules"]}
    assert (rules["repeat"]["presses"], rules["repeat"]["mode"]) == (9 // 3, "device")
    assert (rules["staff"]["presses"], rules["staff"]["version"]) == (2, 1)
    assert told["labels"]["set_aside"] == 2
    assert told["labels"]["presses"] - told["labels"]["accepted"] == 5
    place = told["filters"]["touchpoints"][0]
    assert (place["tz"], place["opening_hours"]["mon"]) == ("Europe/Rome", ["09:00-21:00"])
    assert told["filters"]["period"]["start_local"] == "2026-03-23T00:00:00+01:00"
    assert told["filters"]["period"]["end_local"] == "2026-04-06T00:00:00+02:00"
    assert told["coverage"]["open_minutes"] == 14 * 12 * 60
    assert told["coverage"]["lost"] == []


@pytest.mark.parametrize(
    ("metric", "place", "working"),
    [
        ("csat", "till-1", "94 ÷ 130 = 0.723077"),
        ("csat_mean", "till-1", "(1 × 36 + 4 × 94) ÷ 130 = 3.16923"),
        ("csat_index", "till-1", "100 × ((1 × 36 + 4 × 94) ÷ 130 \N{MINUS SIGN} 1) ÷ 3 = 72.3077"),
        ("happy_index", "till-1", "(0 × 36 + 100 × 94) ÷ 130 = 72.3077"),
        ("nps", "desk", "100 × (45 ÷ 45 \N{MINUS SIGN} 0 ÷ 45) = 100"),
        ("share_rating_1", "till-1", "36 ÷ 130 = 0.276923"),
        ("presses", "till-1", "135 presses = 135"),
        ("responses", "till-1", "135 presses \N{MINUS SIGN} 5 not accepted = 130"),
    ],
)
def test_the_formula_has_its_numbers_put_in(
    reader: TestClient, metric: str, place: str, working: str
) -> None:
    assert explained(reader, named(reader, metric, place=place))["working"] == working


def test_a_withheld_number_is_explained_without_being_told(reader: TestClient) -> None:
    told = explained(reader, named(reader, "csat", place="stall"))
    assert (told["score"]["status"], told["working"]) == ("suppressed", "")
    assert told["withheld"] == {
        "smallest_cell": 10,
        "ratings": 4,
        "ratings_per_contact": 4,
        "moods": 0,
    }
    assert {each["name"]: each["value"] for each in told["inputs"]} == {"ratings": None}
    assert told["recomputed"]["agrees"]


def test_lost_and_undated_events_are_told(chain: Chain, reader: TestClient) -> None:
    chain.lose("till-1", "2026-03-30T10:00", 5)
    chain.press("till-1", "2026-03-31T10:00", 4, times=2, tq="unsynced")
    chain.settle()
    told = explained(reader, named(reader, "csat", place="till-1"))
    assert told["coverage"]["undated_events"] == 2
    assert [lost["touchpoint"] for lost in told["coverage"]["lost"]] == ["till-1"]
    assert told["score"]["status"] == "partial"
    assert told["recomputed"]["agrees"]


def test_of_days_whose_events_are_deleted_the_total_is_kept_and_nothing_counted_again(
    chain: Chain, reader: TestClient
) -> None:
    score = named(reader, "csat", place="till-1")
    delete_raw(chain.engine, "2026-04-01")
    assert named(reader, "csat", place="till-1") == score
    found = explained(reader, score)
    assert (found["score"]["value"], found["recomputed"]) == (score["value"], None)
    assert "the raw events of before 2026-04-01 are deleted" in found["not_recomputed"]


def test_too_many_events_are_refused_and_not_counted(
    reader: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = named(reader, "csat", place="till-1")
    monkeypatch.setattr(recount, "MAX_EVENTS", 100)
    answer = reader.get(score["explain"])
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("too-large: 13")
    assert explained(reader, score, recompute=False)["recomputed"] is None


@pytest.mark.parametrize(
    "score_id",
    [
        "csat",
        "csat.till-1.smiley-4.2026-03-23.2026-04-05.total",
        "nsp.till-1.smiley-4.2026-03-23.2026-04-05.total.0-95",
        "nps.till-1.smiley-4.2026-03-23.2026-04-05.total.0-95",
        "csat.nowhere.smiley-4.2026-03-23.2026-04-05.total.0-95",
        "csat.till-1.smiley-9.2026-03-23.2026-04-05.total.0-95",
        "csat.till-1.nps.2026-03-23.2026-04-05.total.0-95",
        "csat.till-1.smiley-4.2026-04-05.2026-03-23.total.0-95",
        "csat.till-1.smiley-4.2026-03-23.2026-04-05.weekday-8.0-95",
        "csat.till-1.smiley-4.2026-03-23.2026-04-05.each-hour-20260324T0300Z.0-95",
        "csat.till-1.smiley-4.2026-03-23.2026-04-05.total.0-5",
        "csat.till-1.smiley-4.2026-03-23.2026-04-05.total.0-950",
        "csat.till-1.smiley-4.2026-03-23.2026-04-05.shift-a.0-95",
        "csat.market.smiley-4.2026-03-23.2026-04-05.each-hour-20260324T0900Z.0-95",
    ],
)
def test_what_is_no_score_is_not_found(reader: TestClient, score_id: str) -> None:
    answer = reader.get(f"/api/v1/scores/{score_id}/explain")
    assert answer.status_code == 404, answer.text
    assert "\n" not in answer.json()["detail"]


def test_scores_of_other_scopes_are_not_found(reader: TestClient, as_role: Any) -> None:
    of_all = named(reader, "csat", by="org")
    of_bar = named(reader, "csat", place="bar", by="store")
    of_hour = next(score for score in scores(reader, by="hour", metric="csat") if score["n"])
    assert "._all." in of_hour["id"]
    stranger = as_role("manager", "market")
    for score in (of_all, of_bar, of_hour):
        assert stranger.get(score["explain"]).status_code == 404, score["id"]
    own = next(score for score in scores(stranger, by="hour", metric="csat") if score["n"])
    assert ".market." in own["id"]
    assert explained(stranger, own)["recomputed"]["agrees"]


def test_rankings_and_changes_name_their_scores(reader: TestClient) -> None:
    days = {"from": "2026-03-30", "to": "2026-04-05"}
    ranking = reader.get("/api/v1/ranking", params=days | {"metric": "csat"}).json()
    standings = ranking["scales"][0]["standings"]
    assert {standing["score"]["id"].split(".")[1] for standing in standings} == {
        "till-1",
        "till-2",
        "counter",
        "stall",
    }
    (change,) = reader.get("/api/v1/change", params=days | {"metric": "csat", "place": "till-1"}).json()[
        "changes"
    ]
    assert ".2026-03-23.2026-03-29." in change["before"]["id"]
    assert explained(reader, change["before"])["score"] == change["before"]


def test_answers_of_questionnaires_are_explained_without_what_one_person_said(tmp_path: Path) -> None:
    box = Box()
    with running_hub(tmp_path, metrics={"questions": EVERYTHING}) as hub:
        events = [
            box.event(answered("nps", number % 11, visit=f"v-{number}"), t=NOON + number * MINUTE)
            for number in range(40)
        ]
        token = hub.bearer("device", "box-1")
        sent = hub.client.post("/api/v1/ingest", content=encode_message(events), headers=token)
        assert sent.status_code == 200, sent.text
        reader = TestClient(hub.client.app, headers=hub.bearer("manager"))
        days = {"from": "2026-10-05", "to": "2026-10-11"}
        found = scores(reader, place="till-1", **days)
        assert len({score["metric"] for score in found}) > 40
        for score in [score for score in found if score["n"]][::2]:
            assert explained(reader, score)["recomputed"]["agrees"], score["id"]
        told = explained(reader, next(score for score in found if score["metric"] == "survey_nps"))
        assert told["score"]["n"] == 40
        assert told["inputs"] == [
            {
                "name": "answers",
                "value": "nps 40",
                "meaning": "people who answered, by topic of the questionnaire",
            }
        ]
