"""Questionnaires, drivers, customer value and shifts over the API, of events that came over the wire."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.harness.asking import EVERYTHING, answered
from tests.harness.hubs import RunningHub, running_hub
from tests.harness.ingesting import DAY, HOUR, MINUTE, Box

from tillsight_models.events import AttemptEnded, StaffShifted, encode_message

MONDAY = 1_772_445_600_000
"""2026-03-02 11:00 in Rome."""
MARCH = {"from": "2026-03-01", "to": "2026-03-31"}
COSTS = {"margin": 120, "discount": 0.1, "customers": 1000, "cost": 20_000}
RETAINED = {"retention": 0.8, "retention_after": 0.82, "n": 500}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def asking_hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningHub]:
    """A running hub that asks everything, on each database in turn."""
    settings: dict[str, Any] = {"metrics": {"questions": EVERYTHING}}
    if request.param == "postgresql":
        settings["database"] = {"url": request.getfixturevalue("postgresql_url")}
    with running_hub(tmp_path, **settings) as running:
        yield running


@pytest.fixture(scope="module")
def plain_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A running hub whose settings name no question."""
    with running_hub(tmp_path_factory.mktemp("plain")) as running:
        yield running


def send(hub: RunningHub, box: Box, events: list[bytes]) -> None:
    token = hub.bearer("device", box.dev)
    for first in range(0, len(events), 100):
        message = encode_message(events[first : first + 100])
        answer = hub.client.post("/api/v1/ingest", content=message, headers=token)
        assert answer.status_code == 200, answer.text


def get(hub: RunningHub, path: str, params: dict[str, Any], role: str = "analyst") -> Any:
    answer = hub.client.get(f"/api/v1/{path}", params=params, headers=hub.bearer(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


def questioned(box: Box, people: int) -> list[bytes]:
    """People whose outcome is made of speed and, less, of price."""
    draws = np.random.default_rng(8)
    events = []
    for number in range(people):
        speed, price, control, status = map(int, draws.integers(1, 11, 4))
        outcome = int(np.clip(round(0.6 * speed + 0.3 * price + draws.normal()), 1, 10))
        given = {"driver-speed": speed, "driver-price": price, "force-control": control}
        given |= {"force-status": status, "outcome": outcome, "nps": outcome, "actual": speed, "expected": 8}
        for question, value in given.items():
            payload = answered(question, value, visit=f"v-{number}")
            events.append(box.event(payload, t=MONDAY + number % 20 * DAY))
    return events


def test_answers_are_scores_drivers_and_rows_of_an_export(asking_hub: RunningHub) -> None:
    box = Box()
    send(asking_hub, box, questioned(box, 120))
    (result,) = get(asking_hub, "scores", {"place": "till-1", **MARCH})["results"]
    scores = {score["metric"]: score for score in result["scores"]}
    for metric in ("survey_nps", "experience_gap"):
        score = scores[metric]
        assert (score["n"], score["status"]) == (120, "ok")
        assert score["lower"] < score["value"] < score["upper"]
    assert scores["womi"] == scores["womi"] | {"n": 0, "status": "no_data", "value": None}

    found = get(asking_hub, "drivers", {"place": "rome", **MARCH})
    drivers = found["key_drivers"]
    assert (drivers["n"], drivers["status"], drivers["withheld"]) == (120, "ok", "")
    assert [driver["name"] for driver in drivers["drivers"]] == ["speed", "price"]
    assert drivers["r2_lower"] < drivers["r2"] < drivers["r2_upper"]
    for driver in drivers["drivers"]:
        assert driver["lower"] <= driver["lmg"] <= driver["upper"]
        for name in ("correlation", "performance", "priority"):
            assert driver[f"{name}_lower"] <= driver[name] <= driver[f"{name}_upper"], name
        assert driver["priority"] == pytest.approx(driver["lmg"] * (1 - driver["performance"]))
    assert "association, not cause" in drivers["about"]["caution"]
    assert found["cx_forces"]["withheld"] == "the drivers explain no more of the outcome than chance would"

    params = {**MARCH, "by": "month", "place": "till-1", "metric": ["survey_nps"]}
    token = asking_hub.bearer("analyst")
    file = asking_hub.client.get("/api/v1/export", params=params, headers=token).text
    (row,) = csv.DictReader(io.StringIO(file))
    assert float(row["value"]) == pytest.approx(scores["survey_nps"]["value"])
    assert (row["n"], row["status"]) == ("120", "ok")


def test_drivers_of_too_few_people_are_withheld_with_the_reason(asking_hub: RunningHub) -> None:
    box = Box()
    send(asking_hub, box, questioned(box, 40))
    drivers = get(asking_hub, "drivers", {"place": "till-1", **MARCH})["key_drivers"]
    assert drivers["withheld"] == "40 people answered all 3 questions: expected at least 100"
    assert (drivers["status"], drivers["n"], drivers["drivers"], drivers["r2"]) == (
        "suppressed",
        40,
        [],
        None,
    )
    assert get(asking_hub, "drivers", {"place": "desk", **MARCH})["key_drivers"]["status"] == "no_data"


def test_scores_by_shift_have_the_pulled_number_beside_the_plain_one(asking_hub: RunningHub) -> None:
    box = Box()
    events = []
    for day in range(4):
        for team, after, good in (("early", 0, 20), ("late", 4 * HOUR, 15)):
            start = MONDAY + day * DAY + after
            events.append(box.event(StaffShifted(team=team, state="start"), t=start))
            events += [box.press(4 if n < good else 1, t=start + 10 * MINUTE + n * MINUTE) for n in range(30)]
            events += [box.contact(t=start + 10 * MINUTE + n * MINUTE) for n in range(90)]
            events.append(box.event(StaffShifted(team=team, state="end"), t=start + 4 * HOUR))
    events.append(box.event(AttemptEnded(duration_s=60), t=MONDAY))
    send(asking_hub, box, events)
    found = get(asking_hub, "scores", {"place": "till-1", "by": "shift", **MARCH}, "manager")
    assert (found["by"], [result["key"] for result in found["results"]]) == (
        "shift",
        ["till-1/early", "till-1/late"],
    )
    early, late = found["results"]
    plain = {score["metric"]: score for score in early["scores"]}
    pulled = {each["metric"]: each for each in early["shrunk"]}
    assert (plain["csat"]["value"], plain["csat"]["n"]) == (pytest.approx(80 / 120), 120)
    assert plain["response_rate"]["value"] == pytest.approx(1 / 3)
    assert 0.5 < pulled["csat"]["lower"] < pulled["csat"]["value"] < plain["csat"]["value"]
    assert late["shrunk"] and not late["scores"][0].get("rank")
    assert not [metric for metric in plain if "emotion" in metric or "valence" in metric]
    assert not plain.keys() & {"closing_rate", "exact_conversion", "survey_nps", "average_check"}
    wrong = {"by": "shift", "metric": "closing_rate", **MARCH}
    assert [result["scores"] for result in get(asking_hub, "scores", wrong)["results"]] == [[], []]


def test_without_questions_drivers_say_what_is_missing(plain_hub: RunningHub) -> None:
    drivers = get(plain_hub, "drivers", MARCH)["key_drivers"]
    assert drivers["status"] == "no_data"
    assert drivers["withheld"].startswith("metrics.questions: no question is set to ask `outcome`")
    scores = get(plain_hub, "scores", {"place": "till-1", **MARCH})["results"][0]["scores"]
    assert "survey_nps" not in {score["metric"] for score in scores}


def test_the_value_of_customers_has_an_interval_on_every_number(plain_hub: RunningHub) -> None:
    found = get(plain_hub, "value", COSTS | RETAINED)
    assert found["clv_before"]["value"] == pytest.approx(320)
    assert found["clv_after"]["value"] == pytest.approx(351.428571)
    assert found["gain"]["value"] == pytest.approx(31_428.571)
    assert found["rocxi"]["value"] == pytest.approx(0.571429)
    for name in ("clv_before", "clv_after", "gain", "rocxi"):
        number = found[name]
        assert number["lower"] < number["value"] < number["upper"], name
        assert (number["n"], number["status"]) == (500, "ok"), name
    assert found["rocxi"]["lower"] < 0  # of 500 customers two points more may be chance
    assert found == get(plain_hub, "value", COSTS | RETAINED)


@pytest.mark.parametrize(
    ("change", "name", "status"),
    [
        ({"cost": 0}, "rocxi", "no_data"),
        ({"n": 0}, "clv_before", "no_data"),
        ({"n_after": 0}, "gain", "no_data"),
        ({"n": 9}, "clv_before", "suppressed"),
        ({"n": 29}, "clv_before", "low_n"),
        ({"discount": 0, "retention": 1}, "clv_before", "no_data"),
    ],
)
def test_a_value_without_ground_is_not_told(
    plain_hub: RunningHub, change: dict[str, Any], name: str, status: str
) -> None:
    number = get(plain_hub, "value", COSTS | RETAINED | change)[name]
    assert number["status"] == status
    assert (number["value"] is None) == (status != "low_n")


@pytest.mark.parametrize(
    ("path", "params", "detail"),
    [
        (
            "value",
            COSTS | RETAINED | {"retention": 1.2},
            "retention: '1.2': should be less than or equal to 1",
        ),
        ("value", COSTS, "retention: is missing; retention_after: is missing; n: is missing"),
        ("drivers", MARCH | {"metric": "csat"}, "metric: is not a parameter here"),
        ("drivers", {"from": "soon"}, "'soon': expected a date like 2026-03-29"),
    ],
)
def test_a_wrong_parameter_is_one_clear_line(
    plain_hub: RunningHub, path: str, params: dict[str, Any], detail: str
) -> None:
    answer = plain_hub.client.get(f"/api/v1/{path}", params=params, headers=plain_hub.bearer("manager"))
    assert (answer.status_code, answer.json()["detail"]) == (422, detail)


@pytest.mark.parametrize("path", ["drivers", "value"])
def test_devices_read_no_analyses(plain_hub: RunningHub, path: str) -> None:
    params = COSTS | RETAINED if path == "value" else MARCH
    device = plain_hub.bearer("device", "box-1")
    assert plain_hub.client.get(f"/api/v1/{path}", params=params, headers=device).status_code == 403
    assert plain_hub.client.get(f"/api/v1/{path}", params=params).status_code == 401
    elsewhere = plain_hub.bearer("manager", "pune")
    answer = plain_hub.client.get("/api/v1/drivers", params={"place": "rome"}, headers=elsewhere)
    assert answer.status_code == 404
