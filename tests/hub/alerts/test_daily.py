"""The daily chart of touchpoints with few answers."""

from datetime import timedelta

import pytest
from scipy.stats import betabinom
from sqlalchemy import Engine
from tests.harness.ingesting import table_rows
from tests.harness.quiet_weeks import MONDAY, learnt_from, quiet_stream, slots_of, store_stream

from tillsight_hub.alerts.baseline import Baseline
from tillsight_hub.alerts.daily import daily_limit
from tillsight_hub.alerts.settings import AlertSettings
from tillsight_hub.alerts.watcher import Watcher

HOUR = 3_600_000


@pytest.fixture(scope="module")
def baseline() -> Baseline:
    slots = slots_of(MONDAY, 14)
    return learnt_from(quiet_stream(slots, 1, contacts_per_hour=10), slots)


@pytest.mark.parametrize("answers", [8, 12, 40])
def test_the_limit_is_the_lowest_that_keeps_the_rate(baseline: Baseline, answers: int) -> None:
    limit = daily_limit(baseline, answers, 2.0)
    assert limit is not None
    a, b = baseline.share
    by_chance = betabinom(answers, a, b).sf
    assert by_chance(limit.negative - 1) <= 1 / 60 < by_chance(limit.negative - 2)
    assert limit.months == pytest.approx(1 / (30 * by_chance(limit.negative - 1)))
    assert limit.months >= 2.0


def test_a_day_with_one_answer_cannot_alarm(baseline: Baseline) -> None:
    assert daily_limit(baseline, 1, 2.0) is None
    assert daily_limit(baseline, 0, 2.0) is None


def test_a_bad_day_is_told_once_after_it_is_over(engine: Engine) -> None:
    few = {"contacts_per_hour": 12.0, "negative": 0.01}
    store_stream(engine, "till-1", quiet_stream(slots_of(MONDAY, 9), 1, **few))
    day = slots_of(MONDAY + timedelta(days=9), 1)
    wrong = [(int(day.start[0]), int(day.end[-1]))]
    bad = quiet_stream(day, 2, wrong=wrong, **few)
    store_stream(engine, "till-1", bad, seq=1_000_000)
    now = [wrong[0][0]]
    watcher = Watcher(engine, AlertSettings(), clock=lambda: now[0])
    watcher.learn()
    assert not table_rows(engine, "alert")
    now[0] += 24 * HOUR
    watcher.learn()
    watcher.learn()
    (row,) = table_rows(engine, "alert")
    assert '"chart": "daily"' in row["detail"]
    assert row["tp"] == "till-1"
