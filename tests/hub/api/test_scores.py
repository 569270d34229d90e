"""`/api/v1/scores` and `/api/v1/metrics`."""

from typing import Any

import pytest
from tests.harness.chain import Chain

from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.settings import MetricSettings

DAY = {"from": "2026-03-02", "to": "2026-03-02"}


@pytest.fixture
def chain(chain: Chain) -> Chain:
    chain.press("till-1", "2026-03-02T10:00", 1, times=10)
    chain.press("till-1", "2026-03-02T10:30", 4, times=30)
    chain.serve("till-1", "2026-03-02T11:00", 400)
    chain.press("till-2", "2026-03-02T10:00", 4, times=40)
    chain.press("stall", "2026-03-02T10:00", 3, times=2)
    chain.settle()
    return chain


def results(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {result["key"]: result for result in answer.json()["results"]}


def score(result: dict[str, Any], metric: str) -> dict[str, Any]:
    (found,) = (score for score in result["scores"] if score["metric"] == metric)
    assert isinstance(found, dict)
    return found


def test_every_number_comes_with_interval_n_status_and_flags(as_role: Any) -> None:
    found = results(as_role("manager").get("/api/v1/scores", params=DAY))
    assert score(found["till-1"], "csat") == {
        "metric": "csat",
        "version": 1,
        "value": 0.75,
        "lower": pytest.approx(0.598, abs=0.001),
        "upper": pytest.approx(0.858, abs=0.001),
        "level": 0.95,
        "interval_method": "wilson",
        "n": 40,
        "status": "ok",
        "flags": [],
        "weights": [],
        "bound_lower": None,
        "bound_upper": None,
        "assumption": "",
        "id": "csat.till-1.smiley-4.2026-03-02.2026-03-02.total.0-95",
        "revision": 2,
        "explain": "/api/v1/scores/csat.till-1.smiley-4.2026-03-02.2026-03-02.total.0-95/explain",
    }
    per_contact = score(found["till-1"], "relative_dissatisfaction")
    assert (per_contact["value"], per_contact["n"]) == (0.025, 400)
    assert (per_contact["status"], per_contact["flags"]) == ("uncalibrated", ["uncalibrated"])
    assert score(found["till-2"], "relative_dissatisfaction")["flags"] == ["no-contacts"]
    assert score(found["stall"], "csat")["status"] == "suppressed"
    assert score(found["counter"], "presses")["status"] == "no_data"


def test_a_result_says_what_it_is_of(as_role: Any) -> None:
    answer = as_role("analyst").get("/api/v1/scores", params={**DAY, "place": "counter"})
    counter = results(answer)["counter"]
    assert (counter["label"], counter["scale"]) == ("Counter", "smiley-4")
    assert counter["period"] == {
        "start": "2026-03-02T01:30:00.000Z",
        "end": "2026-03-03T01:30:00.000Z",
        "start_local": "2026-03-02T02:30:00+01:00",
        "end_local": "2026-03-03T02:30:00+01:00",
        "tz": "Europe/Rome",
        "open_minutes": 510,
    }
    head = answer.json()
    assert (head["from"], head["to"], head["place"], head["by"]) == (
        "2026-03-02",
        "2026-03-02",
        "counter",
        "touchpoint",
    )
    assert head["computed_at"].endswith("Z")
    assert head["software_version"]


def test_counts_of_too_few_presses_do_not_say_which(as_role: Any) -> None:
    counts = results(as_role("ops").get("/api/v1/scores", params=DAY))["stall"]["counts"]
    assert (counts["responses"], counts["accepted"], counts["withheld"], counts["presses"]) == (None, 2, 2, 2)


def test_counts_are_told_raw_and_clean(as_role: Any) -> None:
    counts = results(as_role("ops").get("/api/v1/scores", params=DAY))["till-1"]["counts"]
    assert (counts["responses"], counts["contacts"], counts["rated_among"]) == ([10, 0, 0, 30], 400, 400)
    assert (counts["presses"], counts["contact_sources"]) == (40, ["presence"])


@pytest.mark.parametrize(
    ("by", "keys"),
    [
        ("store", {"market", "bar", "bazaar"}),
        ("region", {"north", "south"}),
        ("org", {"acme"}),
        ("day", {"2026-03-02"}),
        ("week", {"2026-W10"}),
        ("month", {"2026-03"}),
        ("weekday", {"1"}),
        ("hour", {f"{hour:02}" for hour in range(24)}),
    ],
)
def test_scores_are_grouped_by_places_and_times(as_role: Any, by: str, keys: set[str]) -> None:
    assert results(as_role("manager").get("/api/v1/scores", params={**DAY, "by": by})).keys() == keys


def test_metrics_and_level_can_be_chosen(as_role: Any) -> None:
    params = {**DAY, "metric": ["nps", "csat"], "level": 0.99, "place": "till-1"}
    (found,) = results(as_role("manager").get("/api/v1/scores", params=params))["till-1"]["scores"]
    assert (found["metric"], found["level"]) == ("csat", 0.99)


def test_without_days_the_answer_is_about_today(as_role: Any) -> None:
    answer = as_role("manager").get("/api/v1/scores", params={"place": "stall"}).json()
    assert answer["from"] == answer["to"] > "2026-03-02"


@pytest.mark.parametrize(
    ("scope", "places", "outside"),
    [
        ("market", {"till-1", "till-2", "desk"}, ("counter", "bar", "north", "acme", "nowhere")),
        ("north", {"till-1", "till-2", "desk", "counter"}, ("stall", "south", "acme", "nowhere")),
        ("bazaar", {"stall"}, ("till-1", "market", "acme", "nowhere")),
    ],
)
def test_a_viewer_sees_their_own_places_only(
    as_role: Any, scope: str, places: set[str], outside: tuple[str, ...]
) -> None:
    client = as_role("manager", scope)
    assert set(results(client.get("/api/v1/scores", params=DAY))) == places
    for place in (scope, *places):
        assert client.get("/api/v1/scores", params={**DAY, "place": place}).status_code == 200, place
    for place in outside:
        answer = client.get("/api/v1/scores", params={**DAY, "place": place})
        assert (answer.status_code, place in answer.json()["detail"]) == (404, True), place


@pytest.mark.parametrize(
    ("wrong", "detail"),
    [
        ({"by": "shop"}, "by: 'shop': should be 'touchpoint', 'store'"),
        ({"level": "0.5"}, "level: '0.5': should be greater than or equal to 0.9"),
        ({"from": "yesterday"}, "'yesterday': expected a date like 2026-03-29"),
        ({"from": "2026-03-03"}, "to 2026-03-02: expected a day on or after 2026-03-03"),
        ({"metric": "nsp"}, "metric 'nsp': expected one of presses"),
        ({"touchpoint": "till-1"}, "touchpoint: is not a parameter here"),
    ],
)
def test_a_wrong_filter_is_one_clear_line(as_role: Any, wrong: dict[str, str], detail: str) -> None:
    answer = as_role("manager").get("/api/v1/scores", params={**DAY, **wrong})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(detail)


@pytest.mark.parametrize("path", ["/api/v1/scores", "/api/v1/metrics"])
def test_scores_are_for_people_and_their_programs_not_for_devices(as_role: Any, path: str) -> None:
    for role in ("manager", "analyst", "ops", "admin"):
        assert as_role(role).get(path).status_code == 200, role
    device = as_role("device", "box-till-1")
    assert device.get(path).status_code == 403
    assert device.get(path, headers={"Authorization": ""}).status_code == 401


def test_the_catalogue_tells_every_formula(as_role: Any) -> None:
    told = as_role("manager").get("/api/v1/metrics").json()
    assert [metric["id"] for metric in told] == [metric.id for metric in catalogue(MetricSettings())]
    assert all(metric["formula"] and metric["source"] and metric["version"] for metric in told)


def test_hours_and_weekdays_tell_how_much_happens_while_it_is_open(as_role: Any) -> None:
    client = as_role("manager")
    month = {"from": "2026-03-02", "to": "2026-03-08", "place": "till-1"}
    hours = results(client.get("/api/v1/scores", params={**month, "by": "hour"}))
    assert hours["10"]["period"]["open_minutes"] == 7 * 60
    assert hours["10"]["per_open_hour"] == {"presses": 40 / 7, "responses": 40 / 7, "contacts": 0}
    assert hours["11"]["per_open_hour"]["contacts"] == 400 / 7
    assert hours["03"]["per_open_hour"] is None
    monday = results(client.get("/api/v1/scores", params={**month, "by": "weekday"}))["1"]
    assert monday["per_open_hour"] == {"presses": 40 / 12, "responses": 40 / 12, "contacts": 400 / 12}
