"""`/api/v1/alerts`, rules and snoozes: who may see and do what, and the columns of the export."""

import csv
import io
import json
from typing import Any

import pytest
from sqlalchemy import insert
from tests.harness.chain import Chain
from tests.harness.ingesting import table_rows

from tillsight_hub import tables
from tillsight_hub.access.clock import now_ms
from tillsight_hub.alerts.listing import COLUMNS
from tillsight_hub.database import writing

DETAIL = {
    "chart": "touchpoint",
    "statistic": 6.1,
    "threshold": 6.0,
    "arl0_months": 2.0,
    "votes_neg": 5,
    "votes_pos": 1,
    "contacts": 30,
    "expected_neg": 0.6,
}


@pytest.fixture
def chain(chain: Chain) -> Chain:
    """With an open alert at the market and a cleared one at the bazaar."""
    now = now_ms()
    row = {"rule_id": 0, "rule_version": 1, "since": now - 900_000, "raised": now - 300_000}
    row |= {"noticed": now - 200_000, "sent": now - 200_000, "detail": json.dumps(DETAIL)}
    with writing(chain.engine) as connection:
        connection.execute(insert(tables.alert).values(**row, tp="till-1"))
        connection.execute(insert(tables.alert).values(**row, tp="stall", cleared=now))
    return chain


def test_alerts_are_of_the_viewers_own_part(as_role: Any) -> None:
    assert [each["touchpoint"] for each in as_role("admin").get("/api/v1/alerts").json()] == [
        "stall",
        "till-1",
    ]
    (own,) = as_role("manager", "market").get("/api/v1/alerts").json()
    assert (own["touchpoint"], own["votes_neg"], own["contacts"], own["arl0_months"]) == (
        "till-1",
        5,
        30,
        2.0,
    )
    assert own["text"].startswith("5 negative and 1 positive answers")
    assert as_role("manager", "market").get("/api/v1/alerts?place=bazaar").status_code == 404


def test_open_alerts_alone(as_role: Any) -> None:
    found = as_role("analyst").get("/api/v1/alerts", params={"state": "open"}).json()
    assert [each["touchpoint"] for each in found] == ["till-1"]


def test_the_export_has_the_agreed_columns(as_role: Any) -> None:
    answer = as_role("analyst").get("/api/v1/alerts", params={"format": "csv"})
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert [(row["touchpoint_id"], row["rule"], row["expected_neg"]) for row in rows] == [
        ("till-1", "baseline", "0.6"),
        ("stall", "baseline", "0.6"),
    ]
    assert rows[0]["cleared_at_utc"] == ""
    assert rows[1]["cleared_at_utc"].endswith("Z")


def test_a_word_on_an_alert_is_kept_and_shown_as_precision(as_role: Any, chain: Chain) -> None:
    (number,) = (row["id"] for row in table_rows(chain.engine, "alert") if row["tp"] == "till-1")
    manager = as_role("manager", "market")
    assert manager.post(f"/api/v1/alerts/{number}/qualify", json={"as": "false"}).status_code == 200
    (own,) = manager.get("/api/v1/alerts").json()
    assert own["qualified"] == "false"
    (rule,) = manager.get("/api/v1/alert-rules").json()
    assert (rule["precision"], rule["judged"]) == (0.0, 1)


def test_a_stranger_may_not_judge(as_role: Any, chain: Chain) -> None:
    (number,) = (row["id"] for row in table_rows(chain.engine, "alert") if row["tp"] == "stall")
    path = f"/api/v1/alerts/{number}/qualify"
    assert as_role("manager", "market").post(path, json={"as": "true"}).status_code == 404
    assert as_role("ops").post(path, json={"as": "true"}).status_code == 403
    assert as_role("admin").post(path, json={"as": "perhaps"}).status_code == 422


def test_the_built_in_rule_is_there_without_being_made(as_role: Any) -> None:
    (rule,) = as_role("analyst").get("/api/v1/alert-rules").json()
    assert (rule["id"], rule["kind"], rule["place"], rule["settings"]) == (0, "baseline", None, {"months": 2})
    assert rule["false_alarms_per_touchpoint_month"] is None


def test_a_rule_is_made_changed_and_removed_within_the_scope(as_role: Any, chain: Chain) -> None:
    manager = as_role("manager", "market")
    new = {"place": "till-1", "kind": "count", "settings": {"window_minutes": 15, "negative": 4}}
    made = manager.post("/api/v1/alert-rules", json=new)
    assert made.status_code == 201
    path = f"/api/v1/alert-rules/{made.json()['id']}"
    assert manager.put(path, json={"settings": {"negative": 5}, "enabled": False}).status_code == 200
    rule = manager.get("/api/v1/alert-rules").json()[1]
    assert (rule["version"], rule["enabled"], rule["settings"]["negative"]) == (2, False, 5)
    assert as_role("manager", "bazaar").put(path, json={"enabled": True}).status_code == 404
    assert as_role("manager", "bazaar").delete(path).status_code == 404
    assert len(as_role("manager", "bazaar").get("/api/v1/alert-rules").json()) == 1
    assert manager.delete(path).status_code == 200
    assert manager.delete(path).status_code == 404
    assert [row["action"] for row in table_rows(chain.engine, "audit") if "rule" in row["action"]] == [
        "alert-rule added",
        "alert-rule changed",
        "alert-rule removed",
    ]


@pytest.mark.parametrize(
    ("role", "scope", "new", "status", "says"),
    [
        ("analyst", None, {"place": "market", "kind": "count"}, 403, "your role"),
        ("manager", "market", {"place": "bazaar", "kind": "count"}, 404, "bazaar"),
        ("manager", "market", {"place": "north", "kind": "count"}, 404, "north"),
        ("admin", None, {"place": "market", "kind": "cusum"}, 422, "cusum"),
        ("admin", None, {"place": "market", "kind": "baseline", "settings": {"months": 4}}, 422, "months: 4"),
        (
            "admin",
            None,
            {"place": "market", "kind": "negative-share", "settings": {"share": 0.1, "least_answers": 4}},
            422,
            "one negative answer of 4 would alarm",
        ),
    ],
)
def test_a_rule_that_may_not_be_is_refused_with_the_reason(
    as_role: Any, role: str, scope: str | None, new: dict[str, Any], status: int, says: str
) -> None:
    answer = as_role(role, scope).post("/api/v1/alert-rules", json=new)
    assert answer.status_code == status
    assert says in answer.json()["detail"]


def test_one_place_has_one_rule_against_what_is_usual(as_role: Any) -> None:
    new = {"place": "market", "kind": "baseline", "settings": {"months": 6}}
    admin = as_role("admin")
    assert admin.post("/api/v1/alert-rules", json=new).status_code == 201
    assert "holds there already" in admin.post("/api/v1/alert-rules", json=new).json()["detail"]


def test_a_snooze_is_for_those_who_see_the_place(as_role: Any, chain: Chain) -> None:
    quiet = {"place": "market", "minutes": 60}
    assert as_role("analyst").post("/api/v1/snooze", json=quiet).status_code == 403
    assert as_role("manager", "bazaar").post("/api/v1/snooze", json=quiet).status_code == 404
    assert as_role("manager", "market").post("/api/v1/snooze", json=quiet).status_code == 200
    (row,) = table_rows(chain.engine, "snooze")
    assert row["place"] == "market"
    assert 59 * 60_000 < row["until"] - now_ms() <= 60 * 60_000
    assert as_role("admin").post("/api/v1/snooze", json=quiet | {"minutes": 1e9}).status_code == 422
