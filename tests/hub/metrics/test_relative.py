"""Sums over touchpoints whose counters were audited apart, and counters that were hardly audited."""

from dataclasses import replace
from math import log

import pytest

from tillsight_hub.metrics.catalogue import catalogue
from tillsight_hub.metrics.counts import Audit, Calibration, Counts
from tillsight_hub.metrics.pooling import Correction
from tillsight_hub.metrics.registry import Score
from tillsight_hub.metrics.relative import served
from tillsight_hub.metrics.settings import MetricSettings
from tillsight_models.scales import scale

METRICS = catalogue(MetricSettings())
HALF = Calibration(Audit(90, 100), Audit(90, 180), of="till-1")
"""Misses half of the people; nine of ten that it counts are real."""
GOOD = Calibration(Audit(95, 100), Audit(95, 100), of="till-2")


def counts(calibration: Calibration | None, contacts: int = 1000, negative: int = 30) -> Counts:
    ratings = (negative, 0, 0, 100)
    return Counts(
        scale("smiley-4"),
        ratings=ratings,
        raw=ratings,
        events=1,
        contacts=contacts,
        rated_contacts=ratings,
        calibration=calibration,
    )


def width(score: Score) -> float:
    assert score.lower and score.upper
    return log(score.upper / score.lower)


def test_a_sum_adds_up_the_people_that_each_counter_stands_for() -> None:
    both = counts(HALF) + counts(GOOD)
    assert both.calibration is None
    assert METRICS["contacts"].score(both).value == pytest.approx(1000 * 0.9 / 0.5 + 1000)
    assert METRICS["relative_dissatisfaction"].score(both).value == pytest.approx(60 / 2800)
    assert METRICS["relative_dissatisfaction"].score(both).status == "ok"


def test_two_counters_err_apart_and_one_counter_errs_alike_every_day() -> None:
    other = replace(GOOD, of="till-3")
    one, two_days = (
        METRICS["contacts"].score(counts(GOOD)),
        METRICS["contacts"].score(counts(GOOD) + counts(GOOD)),
    )
    two_counters = METRICS["contacts"].score(counts(GOOD) + counts(other))
    assert width(two_days) == pytest.approx(width(one))
    assert width(two_counters) == pytest.approx(width(one) / 2**0.5)


def test_order_and_grouping_of_a_sum_do_not_matter() -> None:
    parts = counts(HALF), counts(GOOD), counts(HALF), counts(None)
    left = ((parts[0] + parts[1]) + parts[2]) + parts[3]
    right = parts[3] + (parts[2] + (parts[1] + parts[0]))
    for metric in ("contacts", "relative_dissatisfaction", "dissatisfied_among_all"):
        one, two = METRICS[metric].score(left), METRICS[metric].score(right)
        assert (one.value, one.lower, one.upper) == pytest.approx((two.value, two.lower, two.upper))


def test_what_all_counters_of_a_company_share_does_not_average_out() -> None:
    shared = Correction(1.0, variance=0.0025, shared=0.03)
    company = [
        (Calibration(Audit(9, 9), Audit(9, 9), of=f"till-{n}", pooled=shared), 100) for n in range(400)
    ]
    people = served(company)
    assert people is not None
    assert people.variance == pytest.approx(0.03**2 + (0.0025 - 0.03**2) / 400)


def test_a_counter_never_audited_stands_with_an_assumed_error() -> None:
    score = METRICS["contacts"].score(counts(None))
    assert (score.value, score.status) == (1000, "uncalibrated")
    assert width(score) == pytest.approx(2 * 1.959964 * 0.1, rel=1e-4)


def test_fewer_than_50_audited_contacts_do_not_make_a_counter_calibrated() -> None:
    hardly = Calibration(Audit(45, 48), Audit(45, 49), of="till-1")
    enough = Calibration(Audit(45, 48), Audit(45, 50), of="till-1")
    assert METRICS["response_rate"].score(counts(hardly)).status == "uncalibrated"
    assert METRICS["response_rate"].score(counts(enough)).status == "ok"


def test_one_counter_that_was_never_audited_marks_the_whole_sum() -> None:
    assert METRICS["response_rate"].score(counts(GOOD) + counts(None)).status == "uncalibrated"
    idle = counts(None, contacts=0, negative=0)
    assert METRICS["response_rate"].score(counts(GOOD) + idle).status == "ok"


def test_an_audit_that_found_nobody_gives_no_number_per_contact() -> None:
    blind = Calibration(Audit(0, 60), Audit(0, 60), of="till-1")
    score = METRICS["relative_dissatisfaction"].score(counts(blind))
    assert (score.value, score.status) == (None, "no_data")


def test_more_responses_than_people_leave_no_room_for_silence() -> None:
    score = METRICS["dissatisfied_among_all"].score(counts(GOOD, contacts=100))
    assert score.bound_lower == pytest.approx(30 / 130)
    assert score.bound_upper == pytest.approx(30 / 130)
    assert "counter-under-counts" in score.flags
