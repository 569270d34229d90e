"""The index of people is the index of their means."""

import pytest

from tillsight_hub.metrics.satisfaction import STATE_OF_OHIO, satisfaction_index, satisfaction_of_people

PEOPLE = [(8, 7, 9), (10, 9, 8), (4, 5, 3), (7, 7, 7)]


def test_the_index_of_people_is_that_of_the_means() -> None:
    means = [sum(answers) / 4 for answers in zip(*PEOPLE, strict=True)]
    estimate = satisfaction_of_people(PEOPLE, STATE_OF_OHIO, 1, 10, 0.95)
    assert estimate.value == pytest.approx(satisfaction_index(means, STATE_OF_OHIO, 1, 10))
    assert (estimate.n, estimate.weights) == (4, STATE_OF_OHIO)
    assert estimate.interval
    assert 0 <= estimate.interval.lower < estimate.value < estimate.interval.upper <= 100


def test_nobody_has_no_index_and_one_person_no_interval() -> None:
    assert satisfaction_of_people([], STATE_OF_OHIO, 1, 10, 0.95).value is None
    assert satisfaction_of_people(PEOPLE[:1], STATE_OF_OHIO, 1, 10, 0.95).interval is None
