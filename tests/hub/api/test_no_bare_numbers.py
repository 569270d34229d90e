"""No score leaves the hub without n, interval and status, whatever is asked."""

import csv
import io
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from fastapi.testclient import TestClient
from tests.harness.chain import Chain
from tests.harness.declared import declare_faces

from tillsight_hub.metrics.registry import STATUSES
from tillsight_hub.periods import Every
from tillsight_hub.scores.scores import By
from tillsight_models.events import AttemptEnded, EmotionWindowed, SalesReported, TrafficCounted

PERIOD = {"from": "2026-03-02", "to": "2026-03-09"}
GROUPINGS = (*get_args(By), "shift")
WITHOUT_INTERVAL = ("part-over-whole", "one-report")
"""Flags of the few numbers that have none, and say why."""


@pytest.fixture
def chain(chain: Chain) -> Chain:
    """Enough, few, none; more answers than people; a counter alone; sellers and receipts."""
    chain.press("till-1", "2026-03-02T10:00", 1, times=20)
    chain.press("till-1", "2026-03-02T10:30", 4, times=30)
    chain.serve("till-1", "2026-03-02T11:00", 400)
    chain.press("till-1", "2026-03-03T10:00", 4, times=60)
    chain.serve("till-1", "2026-03-03T10:00", 20)
    chain.press("till-2", "2026-03-04T10:00", 4, times=12)
    chain.press("stall", "2026-03-02T10:00", 3, times=2)
    chain.serve("counter", "2026-03-05T19:00", 50)
    chain.press("desk", "2026-03-02T10:00", 10, times=55)
    declare_faces(chain.engine, "acme")
    at = chain.at("till-1", "2026-03-02T12:00")
    chain.put("till-1", at, AttemptEnded(duration_s=30), times=40)
    chain.put("till-1", at, SalesReported(period_s=60, receipts=3, amount=4200), times=12)
    chain.put("till-1", at, TrafficCounted(entrance="door", period_s=60, entered=9, left=8), times=10)
    chain.put("till-1", at, EmotionWindowed(period_s=600, positive=30, neutral=20, negative=5, unknown=5))
    chain.settle()
    return chain


def scores_in(answer: Any) -> Iterator[dict[str, Any]]:
    """Every score anywhere in a JSON answer; what is shrunk stands beside the score that it is of."""
    if isinstance(answer, list):
        for item in answer:
            yield from scores_in(item)
    elif isinstance(answer, dict):
        if "interval_method" in answer:
            yield answer
        for name, item in answer.items():
            if name != "shrunk":
                yield from scores_in(item)


def check(score: dict[str, Any], bounds: tuple[Any, Any]) -> None:
    """A number with all that belongs to it; `score` has numbers and lists, from whatever source."""
    assert score["status"] in STATUSES, score
    assert score["n"] >= 0, score
    assert 0.9 <= score["level"] < 1, score
    if score["value"] is None and bounds[0] is None:
        assert score["status"] in ("no_data", "suppressed"), score
        assert (score["lower"], score["upper"]) == (None, None), score
        return
    assert score["status"] not in ("no_data", "suppressed"), score
    if not any(flag in score["flags"] for flag in WITHOUT_INTERVAL):
        assert score["lower"] <= score["upper"], score
    if score["metric"] == "response_rate" and score["value"] > 1:
        assert "counter-under-counts" in score["flags"], score
        assert score["upper"] > 1, score


def asked(client: TestClient, route: str, **query: Any) -> Any:
    answer = client.get(f"/api/v1/{route}", params=PERIOD | query)
    assert answer.status_code == 200, (route, query, answer.text)
    return answer


def test_every_score_of_the_api_has_what_belongs_to_it(as_role: Any) -> None:
    client = as_role("analyst")
    seen: dict[str, set[str]] = {}
    answers = [asked(client, "scores", by=by).json() for by in GROUPINGS]
    for metric in ("csat", "relative_dissatisfaction", "nps", "response_rate", "happy_index"):
        answers += [asked(client, route, metric=metric).json() for route in ("ranking", "change")]
    for score in scores_in(answers):
        check(score, (score["bound_lower"], score["bound_upper"]))
        if score["n"] == 0 and score["metric"] not in ("presses", "responses", "contacts"):
            assert score["status"] in ("no_data", "suppressed"), score
        seen.setdefault(score["status"], set()).add(score["metric"])
    assert seen.keys() >= {"ok", "low_n", "suppressed", "no_data", "uncalibrated"}
    over = [s for s in scores_in(answers) if s["metric"] == "response_rate" and (s["value"] or 0) > 1]
    assert any(score["value"] == pytest.approx(3) for score in over)


def test_every_row_of_an_export_has_what_belongs_to_it(as_role: Any) -> None:
    client = as_role("analyst")
    statuses = set()
    for by in get_args(Every):
        text = asked(client, "export", by=by).text
        for row in csv.DictReader(io.StringIO(text.lstrip("\ufeff"))):
            score = {name: number(row[name]) for name in ("value", "lower", "upper", "n", "level")}
            told = score | {
                "status": row["status"],
                "flags": row["flags"].split(";"),
                "metric": row["metric"],
            }
            check(told, (number(row["bound_lower"]), number(row["bound_upper"])))
            assert row["interval_method"], row
            statuses.add(row["status"])
    assert statuses >= {"ok", "low_n", "suppressed", "no_data", "uncalibrated"}


def number(cell: str) -> float | None:
    return float(cell) if cell else None


def test_every_metric_can_be_explained_and_comes_out_again(as_role: Any) -> None:
    client = as_role("analyst")
    found = list(scores_in(asked(client, "scores", place="till-1").json()))
    found += list(scores_in(asked(client, "scores", place="desk", metric="nps").json()))
    assert len({score["metric"] for score in found}) > 20
    for number, score in enumerate(found):
        answer = client.get(score["explain"], params={"recompute": number % 6 == 0})
        assert answer.status_code == 200, (score["id"], answer.text)
        told = answer.json()
        assert told["recomputed"] is None or told["recomputed"]["agrees"], score["id"]
        is_told = score["value"] is not None or score["bound_lower"] is not None
        assert bool(told["working"]) == is_told, score["id"]
        assert told["inputs"], score["id"]
