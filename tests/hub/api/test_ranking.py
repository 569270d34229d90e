"""`/api/v1/ranking` and `/api/v1/change`."""

from typing import Any

import pytest
from tests.harness.chain import Chain

WEEK = {"from": "2026-03-09", "to": "2026-03-15"}


@pytest.fixture
def chain(chain: Chain) -> Chain:
    chain.press("till-1", "2026-03-10T10:00", 1, times=60)
    chain.press("till-1", "2026-03-10T10:30", 4, times=40)
    chain.press("till-2", "2026-03-10T10:00", 4, times=70)
    chain.press("counter", "2026-03-10T19:00", 3, times=5)
    chain.press("desk", "2026-03-10T10:00", 10, times=20)
    chain.press("till-1", "2026-03-03T10:00", 1, times=10)
    chain.press("till-1", "2026-03-03T10:30", 4, times=90)
    chain.press("till-2", "2026-03-03T10:00", 4, times=70)
    chain.settle()
    return chain


def test_touchpoints_of_one_scale_are_ranked_and_the_others_say_why_not(as_role: Any) -> None:
    answer = as_role("manager").get("/api/v1/ranking", params={**WEEK, "metric": "csat"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["from"], found["to"], found["metric"], found["worst"]) == (*WEEK.values(), "csat", "low")
    (smileys,) = found["scales"]
    assert (smileys["scale"], smileys["compared"], smileys["worst_of"]) == ("smiley-4", 2, 1)
    best, worst, *others = smileys["standings"]
    assert (best["key"], best["rank"], best["ties"]) == ("till-2", 1, [])
    assert (worst["key"], worst["rank_low"], worst["p_worst"]) == ("till-1", 2, 1.0)
    assert worst["score"]["value"] == 0.4
    assert 0.4 < worst["shrunk_value"] < worst["shrunk_upper"] < 1
    assert {each["key"]: each["reason"][:10] for each in others} == {
        "counter": "suppressed",
        "stall": "no_data: r",
    }


def test_a_viewer_ranks_their_own_places_only(as_role: Any) -> None:
    found = as_role("manager", "market").get("/api/v1/ranking", params={**WEEK, "metric": "csat"}).json()
    assert {each["key"] for each in found["scales"][0]["standings"]} == {"till-1", "till-2"}
    answer = as_role("manager", "bar").get("/api/v1/ranking", params={"metric": "csat", "place": "market"})
    assert answer.status_code == 404


def test_a_change_is_tested_against_the_same_weekdays_before(as_role: Any) -> None:
    answer = as_role("manager").get("/api/v1/change", params={**WEEK, "metric": "csat"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["before_from"], found["before_to"]) == ("2026-03-02", "2026-03-08")
    changes = {change["key"]: change for change in found["changes"]}
    assert changes.keys() == {"till-1", "till-2", "counter", "stall"}
    till = changes["till-1"]
    assert (till["before"]["value"], till["after"]["value"], till["value"]) == (0.9, 0.4, -0.5)
    assert (till["arrow"], till["is_better"], till["kind"]) == ("down", False, "difference")
    assert changes["till-2"]["arrow"] is None
    assert changes["stall"]["reason"].startswith("before: no_data")


def test_the_period_before_may_be_chosen(as_role: Any) -> None:
    days = {"before_from": "2026-03-01", "before_to": "2026-03-02"}
    found = as_role("manager").get("/api/v1/change", params={**WEEK, **days, "metric": "csat"}).json()
    assert {change["before"]["n"] for change in found["changes"]} == {0}


@pytest.mark.parametrize(
    ("route", "wrong", "detail"),
    [
        ("ranking", {}, "metric: is missing"),
        ("ranking", {"metric": "nsp"}, "metric 'nsp': expected one of presses"),
        ("ranking", {"metric": "presses"}, "metric 'presses': expected one with an interval"),
        ("ranking", {"metric": "csat", "by": "store"}, "by: is not a parameter here"),
        ("change", {"metric": "csat", "before_from": "2026-03-01"}, "before_from, before_to: expected both"),
        (
            "change",
            {"metric": "csat", "before_from": "2026-03-02", "before_to": "2026-03-01"},
            "to 2026-03-01: expected a day on or after 2026-03-02",
        ),
    ],
)
def test_a_wrong_question_is_one_clear_line(
    as_role: Any, route: str, wrong: dict[str, str], detail: str
) -> None:
    answer = as_role("manager").get(f"/api/v1/{route}", params={**WEEK, **wrong})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(detail)
