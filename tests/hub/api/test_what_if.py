"""`/api/v1/what-if`, and what `/api/v1/scores` says of cleaning."""

from typing import Any

import pytest
from tests.harness.chain import Chain

from tillsight_hub.cleaning.cleaner import Cleaner
from tillsight_hub.cleaning.rules import CleaningSettings
from tillsight_hub.tables import event, rollup_day, rollup_hour

DAY = {"from": "2026-03-02", "to": "2026-03-02", "place": "till-1"}


@pytest.fixture
def chain(chain: Chain) -> Chain:
    """Forty customers, one of whom pressed twice, and a burst of nine."""
    for minute in range(40):
        chain.press("till-1", f"2026-03-02T10:{minute:02}", 1 if minute % 4 else 4)
        chain.serve("till-1", f"2026-03-02T10:{minute:02}", 5)
    chain.press("till-1", "2026-03-02T10:20:02", 4)
    chain.press("till-1", "2026-03-02T15:00", 4, times=9)
    chain.settle()
    Cleaner(chain.engine, CleaningSettings()).clean_all()
    return chain


def asked(client: Any, *settings: str, **more: str) -> dict[str, Any]:
    answer = client.get("/api/v1/what-if", params={**DAY, "set": settings, **more})
    assert answer.status_code == 200, answer.text
    (result,) = answer.json()["results"]
    assert isinstance(result, dict)
    return result


def test_scores_say_how_many_presses_the_rules_found(as_role: Any) -> None:
    answer = as_role("manager").get("/api/v1/scores", params=DAY).json()
    counts = answer["results"][0]["counts"]
    assert (counts["presses"], counts["accepted"], counts["set_aside"]) == (50, 40, 10)
    assert counts["labelled"] == {"session": 9, "mashing": 9, "staff": 0, "orphan": 9, "out-of-hours": 0}


def test_scores_before_and_after(as_role: Any) -> None:
    result = asked(as_role("analyst"), "session.mode=off", "mashing.mode=off", metric="responses")
    assert (result["touchpoint"], result["relabelled"]) == ("till-1", 10)
    assert (result["before"]["counts"]["accepted"], result["after"]["counts"]["accepted"]) == (40, 50)
    assert [result[side]["scores"][0]["value"] for side in ("before", "after")] == [40, 50]
    assert result["bursts"] == []


def test_without_changes_both_are_what_is_stored(as_role: Any) -> None:
    result = asked(as_role("admin"))
    stored = as_role("admin").get("/api/v1/scores", params=DAY).json()["results"][0]
    assert result["before"] == result["after"]
    assert result["before"]["counts"] == stored["counts"]
    assert [(each["rule"], each["presses"]) for each in result["bursts"]] == [("mashing", 9)]
    assert result["bursts"][0]["p_value"] < 1e-9


def test_asking_changes_no_row(as_role: Any, chain: Chain) -> None:
    def rows() -> list[Any]:
        with chain.engine.connect() as connection:
            return [connection.execute(table.select()).all() for table in (event, rollup_hour, rollup_day)]

    before = rows()
    asked(as_role("analyst"), "session.mode=off")
    assert rows() == before


def test_the_answer_says_by_which_rules(as_role: Any) -> None:
    params = {**DAY, "set": "session.gap_s=10", "metric": "responses"}
    rules = as_role("analyst").get("/api/v1/what-if", params=params).json()["rules"]
    told = {rule["id"]: rule for rule in rules}
    assert told["session"]["settings"] == {"mode": "set-aside", "gap_s": 10.0, "change_s": 2.0}
    assert told["repeat"]["settings"] is None
    assert all(rule["sentence"] and rule["version"] == 1 for rule in rules)


@pytest.mark.parametrize("role", ["manager", "ops", "device"])
def test_it_is_for_who_may_read_events(as_role: Any, role: str) -> None:
    scope = "box-till-1" if role == "device" else None
    assert as_role(role, scope).get("/api/v1/what-if", params=DAY).status_code == 403


@pytest.mark.parametrize("setting", ["session", "session.gap_s=soon", "nobody.mode=off", "session.gap_s=-1"])
def test_a_wrong_setting_is_told_in_one_line(as_role: Any, setting: str) -> None:
    answer = as_role("analyst").get("/api/v1/what-if", params={**DAY, "set": setting})
    assert answer.status_code == 422
    assert setting.partition("=")[0] in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]


def test_others_places_do_not_exist(as_role: Any) -> None:
    answer = as_role("analyst", "bazaar").get("/api/v1/what-if", params=DAY)
    assert answer.status_code == 404
