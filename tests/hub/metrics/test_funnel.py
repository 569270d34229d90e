"""Funnel plots: limits that chance and the usual spread between touchpoints make."""

from math import sqrt

import numpy as np
import pytest

from tillsight_hub.metrics.funnel import funnel


def test_the_center_weighs_people_and_not_touchpoints() -> None:
    fitted = funnel([0.1, 0.4], [300, 100])
    assert fitted is not None
    assert fitted.center == pytest.approx((30 + 40) / 400)


def test_shares_that_differ_by_chance_alone_have_the_limits_of_chance() -> None:
    fitted = funnel([0.2, 0.2, 0.21, 0.19, 0.2], [100] * 5)
    assert fitted is not None
    assert fitted.spread == 0
    assert fitted.limits(100, 0.95) == pytest.approx(
        (0.2 - 1.959964 * sqrt(0.2 * 0.8 / 100), 0.2 + 1.959964 * sqrt(0.2 * 0.8 / 100)), abs=1e-4
    )


def test_the_spread_between_touchpoints_is_found_again_and_widens_the_limits() -> None:
    random = np.random.default_rng(7)
    n = [400] * 300
    truth = np.clip(random.normal(0.3, 0.06, 300), 0.05, 0.6)
    shares = [float(random.binomial(400, p)) / 400 for p in truth]
    fitted = funnel(shares, n)
    assert fitted is not None
    assert fitted.spread == pytest.approx(0.06, abs=0.006)
    outside = sum(not low <= share <= high for share in shares for low, high in [fitted.limits(400, 0.95)])
    by_chance = sum(abs(share - 0.3) > 1.96 * sqrt(0.3 * 0.7 / 400) for share in shares)
    assert 0.02 < outside / 300 < 0.08
    assert by_chance / 300 > 0.3


def test_one_that_is_far_off_does_not_hide_itself() -> None:
    fitted = funnel([0.1] * 20 + [0.5], [500] * 21)
    assert fitted is not None
    assert fitted.limits(500, 0.998)[1] < 0.5


def test_limits_narrow_with_people_and_stay_shares() -> None:
    fitted = funnel([0.02, 0.03, 0.01], [50, 80, 60])
    assert fitted is not None
    assert fitted.limits(5, 0.998)[0] == 0
    assert fitted.limits(10_000, 0.95)[1] < fitted.limits(100, 0.95)[1]


@pytest.mark.parametrize("shares", [[0.0, 0.0], [1.0, 1.0]])
def test_where_all_say_the_same_there_is_no_funnel_to_fall_out_of(shares: list[float]) -> None:
    fitted = funnel(shares, [10, 10])
    assert fitted is not None
    assert fitted.limits(10, 0.95) == (shares[0], shares[0])


def test_one_touchpoint_is_nothing_to_compare() -> None:
    assert funnel([0.2], [10]) is None
