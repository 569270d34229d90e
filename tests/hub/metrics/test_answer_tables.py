"""Questionnaires and sellers checked against tables that an analyst can read and add to."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.harness.asking import EVERYTHING, people

from tillsight_hub.metrics.activity import activity_metrics
from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.counts import Counts
from tillsight_hub.metrics.questionnaires import questionnaire_metrics
from tillsight_hub.metrics.registry import Score
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_models.configuration import read_settings
from tillsight_models.scales import SCALES

FOLDER = Path(__file__).parents[1] / "cases"
ASKED: list[dict[str, Any]] = tomllib.loads((FOLDER / "questionnaires.toml").read_text())["case"]
SOLD: list[dict[str, Any]] = tomllib.loads((FOLDER / "sellers.toml").read_text())["case"]
EMPTY = Counts.none_yet(SCALES["smiley-4"])


def settings_of(case: dict[str, Any]) -> MetricSettings:
    questions = [
        question | {"scale": case["scale"]} if "scale" in case and question["asks"] == "csat" else question
        for question in EVERYTHING
    ]
    return read_settings({"questions": questions, **case.get("settings", {})}, MetricSettings)


def activity_of(case: dict[str, Any]) -> Counts:
    durations, checks = case.get("durations_s", []), case.get("checks", [])
    return replace(
        EMPTY,
        attempts=case.get("attempts", sum(times for times, _ in durations)),
        receipts=case.get("receipts", sum(times for times, _ in checks)),
        visitors=case.get("visitors", 0),
        attempt_ms=sum(1000 * times * seconds for times, seconds in durations),
        attempt_square=sum(times * seconds**2 for times, seconds in durations),
        sales_amount=sum(times * amount for times, amount in checks),
        check_reports=sum(times for times, _ in checks),
        check_receipts=sum(times for times, _ in checks),
        check_square=sum(times * amount**2 for times, amount in checks) / 100,
    )


def agrees(case: dict[str, Any], score: Score) -> None:
    assert (score.n, score.status) == (case["n"], case["status"])
    assert score.flags == tuple(case.get("flags", []))
    assert score.value == (pytest.approx(case["value"], abs=1e-4) if "value" in case else None)
    for end in ("lower", "upper"):
        if end in case:
            assert getattr(score, end) == pytest.approx(case[end], abs=1e-4), end
    if "weights" in case:
        assert list(score.weights) == case["weights"]


@pytest.mark.parametrize("case", ASKED, ids=[case["name"] for case in ASKED])
def test_answers_make_the_number_in_the_table(case: dict[str, Any]) -> None:
    counts = replace(EMPTY, answers=people(*case["people"]))
    agrees(case, catalogue(settings_of(case))[case["metric"]].score(counts))


@pytest.mark.parametrize("case", SOLD, ids=[case["name"] for case in SOLD])
def test_activity_makes_the_number_in_the_table(case: dict[str, Any]) -> None:
    agrees(case, catalogue(MetricSettings())[case["metric"]].score(activity_of(case)))


def test_every_metric_of_questionnaires_and_sellers_is_in_a_table() -> None:
    metrics = {metric.id for metric in [*questionnaire_metrics(MetricSettings()), *activity_metrics()]}
    dimensions = {"servqual_tangibles", "servqual_reliability", "servqual_responsiveness"}
    dimensions |= {"servqual_assurance"}
    assert metrics - {case["metric"] for case in ASKED + SOLD} == dimensions  # as empathy
