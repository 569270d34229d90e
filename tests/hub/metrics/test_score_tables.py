"""Scores checked against a table that an analyst can read and add to."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tillsight_hub.metrics.activity import activity_metrics
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.counts import Audit, Calibration, Counts
from tillsight_hub.metrics.questionnaires import questionnaire_metrics
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_models.scales import SCALES

TABLE = Path(__file__).parents[1] / "cases" / "scores.toml"
CASES: list[dict[str, Any]] = tomllib.loads(TABLE.read_text())["case"]


def counts_of(case: dict[str, Any]) -> Counts:
    known = "precision" in case or "validation" in case
    ratings = tuple(case["ratings"])
    contacts = case.get("contacts")
    return Counts(
        SCALES[case["scale"]],
        ratings=ratings,
        raw=ratings,
        events=1,
        contacts=contacts,
        rated_contacts=() if contacts is None else ratings,
        calibration=calibration_of(case) if known else None,
        emotions=tuple(case.get("emotions", (0, 0, 0, 0))),
    )


def calibration_of(case: dict[str, Any]) -> Calibration:
    return Calibration(
        Audit(*case.get("precision", (0, 0))),
        Audit(*case.get("recall", (0, 0))),
        validation=tuple(map(tuple, case["validation"])) if "validation" in case else None,
    )


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_score_is_the_one_in_the_table(case: dict[str, Any]) -> None:
    score = catalogue(MetricSettings())[case["metric"]].score(counts_of(case))
    assert (score.n, score.status) == (case["n"], case["status"])
    assert score.flags == tuple(case.get("flags", []))
    assert score.value == (pytest.approx(case["value"], abs=1e-4) if "value" in case else None)
    for end in ("lower", "upper", "bound_lower", "bound_upper"):
        if end in case:
            assert getattr(score, end) == pytest.approx(case[end], abs=1e-4), end


def test_every_metric_is_in_the_table() -> None:
    in_table = {case["metric"] for case in CASES}
    metrics = {metric.id for metric in catalogue(MetricSettings())}
    shares = {metric for metric in metrics if metric.startswith("share_rating_")}
    others = {metric.id for metric in [*questionnaire_metrics(MetricSettings()), *activity_metrics()]}
    assert metrics - shares - others - in_table == {"presses", "responses"}  # tested with the registry
