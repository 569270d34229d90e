"""Impact of drivers: who is told of, what is withheld, and how far it is known."""

import numpy as np
import pytest

from tillsight_hub.metrics.drivers import correlation_matrix, key_drivers
from tillsight_hub.metrics.impact import DRAWS, impact
from tillsight_hub.metrics.registry import Estimate


def people(n: int, weights: list[float], seed: int = 3) -> list[list[int]]:
    """Answers 1 to 10 to drivers that do not go together, and an outcome made of them and of chance."""
    draws = np.random.default_rng(seed)
    drivers = draws.integers(1, 11, (n, len(weights)))
    outcome = drivers @ np.array(weights) + draws.normal(size=n)
    scaled = np.clip(np.round(5.5 + 2 * (outcome - outcome.mean()) / outcome.std()), 1, 10)
    return [[*map(int, row), int(last)] for row, last in zip(drivers, scaled, strict=True)]


def value(estimate: Estimate) -> float:
    assert estimate.value is not None
    return estimate.value


def test_the_strongest_driver_has_the_largest_share_and_its_interval_holds_it() -> None:
    found = impact(people(400, [1.0, 0.5, 0.0]), [8, 8, 8], 0.95)
    assert found.withheld == ""
    shares = [value(driver.lmg) for driver in found.drivers]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(1)
    assert sum(driver.johnson for driver in found.drivers) == pytest.approx(1)
    for driver in found.drivers:
        for number in (driver.lmg, driver.correlation, driver.performance, driver.priority):
            assert number.interval and number.interval.lower <= value(number) <= number.interval.upper
            assert number.interval.upper - number.interval.lower < 0.25
            assert number.n == 400
    _, middle, nothing = (driver.lmg.interval for driver in found.drivers)
    assert nothing and middle and nothing.upper < middle.lower
    assert found.r2 and found.r2.interval
    assert found.r2.interval.lower < value(found.r2) < found.r2.interval.upper


def test_priority_is_impact_times_what_is_left_to_do() -> None:
    answers = [[10, *row[1:]] if number % 4 else row for number, row in enumerate(people(200, [1.0, 1.0]))]
    found = impact(answers, [8, 8], 0.95)
    for driver in found.drivers:
        left = 1 - value(driver.performance)
        assert value(driver.priority) == pytest.approx(value(driver.lmg) * left)
    assert found.drivers[0].performance.value == pytest.approx(0.8, abs=0.05)


def test_the_numbers_are_those_of_the_formula_and_always_the_same() -> None:
    answers = people(150, [1.0, 0.5, 0.2, 0.0])
    found, again = impact(answers, [8] * 4, 0.95), impact(answers, [8] * 4, 0.95)
    assert found == again
    plain = key_drivers(correlation_matrix(list(zip(*answers, strict=True))))
    assert plain and found.r2 and value(found.r2) == pytest.approx(plain.r2)
    assert [value(driver.lmg) * plain.r2 for driver in found.drivers] == pytest.approx(plain.lmg)
    assert [value(driver.correlation) for driver in found.drivers] == pytest.approx(plain.correlation)
    assert DRAWS == 400


@pytest.mark.parametrize(
    ("n", "drivers", "reason"),
    [
        (0, 2, "0 people answered all 3 questions: expected at least 100"),
        (99, 2, "99 people answered all 3 questions: expected at least 100"),
        (119, 12, "119 people answered all 13 questions: expected at least 120"),
    ],
)
def test_too_few_people_are_withheld_with_the_reason(n: int, drivers: int, reason: str) -> None:
    found = impact(people(n, [1.0] * drivers) if n else [], [8] * drivers, 0.95)
    assert (found.withheld, found.n, found.r2, found.drivers) == (reason, n, None, ())


def test_twelve_drivers_of_enough_people_are_told() -> None:
    assert len(impact(people(120, [1.0] * 12), [8] * 12, 0.95).drivers) == 12


@pytest.mark.parametrize("alike", ["outcome", "drivers"])
def test_answers_that_are_all_alike_explain_nothing(alike: str) -> None:
    answers = people(150, [1.0, 1.0])
    same = [[*row[:2], 5] if alike == "outcome" else [5, 5, row[2]] for row in answers]
    assert (
        impact(same, [8, 8], 0.95).withheld == "the drivers explain no more of the outcome than chance would"
    )


def test_drivers_that_repeat_each_other_share_their_weight() -> None:
    answers = [[row[0], row[0], row[1]] for row in people(200, [1.0])]
    found = impact(answers, [8, 8], 0.95)
    assert [value(driver.lmg) for driver in found.drivers] == pytest.approx([0.5, 0.5])
