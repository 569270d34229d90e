"""Simple rules: when they alarm, how often for nothing, and which ones are refused."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.harness.quiet_weeks import MONDAY, learnt_from, quiet_stream, slots_of

from tillsight_hub.alerts.baseline import Baseline
from tillsight_hub.alerts.rules import BadRule, read_settings_of
from tillsight_hub.alerts.simple import (
    LowIndex,
    NegativeCount,
    NegativeShare,
    false_alarms_of,
    firing,
    holds_at_end,
    lint,
    lint_on,
)

CASES = tomllib.loads((Path(__file__).parents[1] / "cases/simple_alert_rules.toml").read_text())["case"]


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    slots = slots_of(MONDAY, 14)
    return learnt_from(quiet_stream(slots, 1), slots)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_simple_rules_alarm_as_written(case: dict[str, Any]) -> None:
    settings = read_settings_of(case["kind"], case["settings"])
    t = np.array([int(each[:-1]) * 60_000 for each in case["answers"]], np.int64)
    negative = np.array([each.endswith("n") for each in case["answers"]])
    found = firing(settings, t, negative)  # type: ignore[arg-type]
    assert [int(t[index]) // 60_000 for index in found] == case["alarms"]


def test_the_rate_is_what_quiet_weeks_bring(baseline: Baseline) -> None:
    settings = NegativeShare(window_minutes=15, share=0.5, least_answers=4)
    stated = false_alarms_of(settings, baseline, slots_of(MONDAY, 7))
    alarms = 0
    for number in range(8):
        slots = slots_of(MONDAY + timedelta(days=7 * number), 7)
        stream = quiet_stream(slots, 100 + number)
        alarms += len(firing(settings, stream.vote_t, stream.negative))
    assert alarms / (8 * 7 / 30) == pytest.approx(stated, rel=0.35)
    assert stated > 5


def test_the_end_of_a_window_is_judged_as_the_whole_is() -> None:
    assert holds_at_end(NegativeCount(negative=2), np.array([True, False, True]))
    assert not holds_at_end(NegativeCount(negative=2), np.array([True, True, False]))
    assert not holds_at_end(NegativeCount(negative=1), np.zeros(0, np.bool_))


@pytest.mark.parametrize(
    "settings",
    [
        NegativeShare(share=0.2, least_answers=4),
        NegativeShare(share=0.9, least_answers=1),
        LowIndex(index=80, least_answers=4),
    ],
)
def test_a_rule_that_one_answer_sets_off_is_refused(settings: Any) -> None:
    assert lint(settings)


def test_a_rule_that_cannot_alarm_is_refused(baseline: Baseline) -> None:
    problem = lint_on(NegativeCount(window_minutes=5, negative=100), baseline, slots_of(MONDAY, 7))
    assert problem
    assert "cannot alarm" in problem


def test_a_rule_that_must_alarm_is_refused(baseline: Baseline) -> None:
    problem = lint_on(NegativeCount(window_minutes=60, negative=1), baseline, slots_of(MONDAY, 7))
    assert problem
    assert "must alarm" in problem
    assert lint_on(NegativeCount(window_minutes=15, negative=4), baseline, slots_of(MONDAY, 7)) is None


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        ("cusum", {}, "kind 'cusum': expected one of baseline, negative-share, count, index"),
        ("baseline", {"months": 3}, "months: 3"),
        ("count", {"share": 0.5}, "share: is not a setting"),
    ],
)
def test_settings_that_do_not_fit_are_refused_in_one_line(kind: str, values: Any, says: str) -> None:
    with pytest.raises(BadRule, match=says.replace("(", r"\(")):
        read_settings_of(kind, values)
