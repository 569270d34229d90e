"""Changes between two periods: a test of each, and an arrow only where it is hardly chance."""

import pytest

from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.comparison import nps_change, share_change
from tillsight_hub.metrics.counts import Audit, Calibration, Counts
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_hub.periods import Period
from tillsight_hub.scores.changes import Change, Seen, changes, months_before, period_before
from tillsight_models.scales import SCALES

METRICS = catalogue(MetricSettings())


def seen(metric: str, *ratings: int, contacts: int | None = None, scale: str = "smiley-4") -> Seen:
    audits = Calibration(precision=Audit(95, 100), recall=Audit(90, 100))
    counts = Counts(
        SCALES[scale],
        ratings=ratings,
        raw=ratings,
        events=1,
        contacts=contacts,
        rated_contacts=ratings if contacts else (),
        calibration=audits if contacts else None,
    )
    return Seen(METRICS[metric].score(counts), counts)


def change_of(metric: str, before: Seen, after: Seen) -> Change:
    return changes({"till": before}, {"till": after}, METRICS[metric])["till"]


def test_a_share_changes_by_newcombes_interval() -> None:
    found = change_of("csat", seen("csat", 40, 0, 0, 60), seen("csat", 20, 0, 0, 80))
    expected = share_change(60, 100, 80, 100, 0.95)
    assert expected is not None
    assert (found.kind, found.value) == ("difference", pytest.approx(0.2))
    assert (found.lower, found.upper) == expected.interval
    assert (found.arrow, found.is_better) == ("up", True)


def test_an_nps_changes_by_the_normal_test() -> None:
    before, after = (60, 0, 0, 0, 0, 0, 0, 20, 0, 20, 0), (20, 0, 0, 0, 0, 0, 0, 20, 0, 60, 0)
    found = change_of("nps", seen("nps", *before, scale="nps"), seen("nps", *after, scale="nps"))
    expected = nps_change((60, 20, 20), (20, 20, 60))
    assert expected is not None
    assert (found.value, found.p_value) == (pytest.approx(80), expected.p_value)
    assert found.lower == pytest.approx(80 - 1.959964 * expected.standard_error)


def test_a_number_per_person_served_changes_by_a_ratio() -> None:
    before = seen("relative_dissatisfaction", 40, 0, 0, 40, contacts=1000)
    after = seen("relative_dissatisfaction", 120, 0, 0, 40, contacts=1000)
    found = change_of("relative_dissatisfaction", before, after)
    assert (found.kind, found.value) == ("ratio", pytest.approx(3))
    assert found.lower is not None
    assert found.upper is not None
    assert 1 < found.lower < 3 < found.upper
    assert (found.arrow, found.is_better) == ("up", False)


def test_fewer_silent_customers_are_an_arrow_down_and_better() -> None:
    before = seen("silent_share", 10, 0, 0, 40, contacts=1000)
    after = seen("silent_share", 40, 0, 0, 260, contacts=1000)
    found = change_of("silent_share", before, after)
    assert (found.arrow, found.is_better) == ("down", True)


def test_what_may_be_chance_gets_no_arrow() -> None:
    found = change_of("csat", seen("csat", 40, 0, 0, 60), seen("csat", 36, 0, 0, 64))
    assert found.p_adjusted is not None
    assert found.p_adjusted > 0.05
    assert (found.arrow, found.is_better) == (None, None)


def test_many_touchpoints_ask_for_more() -> None:
    pair = seen("csat", 40, 0, 0, 60), seen("csat", 26, 0, 0, 74)
    quiet = seen("csat", 40, 0, 0, 60), seen("csat", 41, 0, 0, 59)
    alone = changes({"a": pair[0]}, {"a": pair[1]}, METRICS["csat"])
    assert alone["a"].arrow == "up"
    others = {f"t{n}": quiet for n in range(9)} | {"a": pair}
    found = changes(
        {key: each[0] for key, each in others.items()},
        {key: each[1] for key, each in others.items()},
        METRICS["csat"],
    )
    assert found["a"].arrow is None
    assert found["a"].p_value == alone["a"].p_value


def test_few_answers_are_not_tested() -> None:
    found = change_of("csat", seen("csat", 10, 0, 0, 10), seen("csat", 26, 0, 0, 74))
    assert found.reason == "before: low_n: rests on 20, a comparison needs 30"
    assert found.p_adjusted is None


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (("2026-03-11", "2026-03-11"), ("2026-03-04", "2026-03-04")),
        (("2026-03-09", "2026-03-15"), ("2026-03-02", "2026-03-08")),
        (("2026-03-02", "2026-03-11"), ("2026-02-16", "2026-02-25")),
        (("2026-03-01", "2026-03-31"), ("2026-01-25", "2026-02-24")),
    ],
)
def test_the_period_before_has_as_many_days_of_the_same_weekdays(
    period: tuple[str, str], before: tuple[str, str]
) -> None:
    assert period_before(Period(*period)) == Period(*before)


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (Period("2026-10-01", "2026-10-31"), Period("2026-09-01", "2026-09-30")),
        (Period("2026-01-01", "2026-03-31"), Period("2025-10-01", "2025-12-31")),
        (Period("2024-03-01", "2024-03-31"), Period("2024-02-01", "2024-02-29")),
    ],
)
def test_months_are_compared_with_as_many_whole_months_before(period: Period, before: Period) -> None:
    assert months_before(period) == before
