"""Drivers: both kinds of weights share out what is explained, none below nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillsight_hub.metrics.drivers import MOST_DRIVERS, correlation_matrix, key_drivers

ANSWERS = st.integers(1, 5).flatmap(
    lambda drivers: st.lists(
        st.lists(st.integers(1, 5), min_size=drivers + 1, max_size=drivers + 1), min_size=3, max_size=25
    )
)


@given(ANSWERS)
@settings(max_examples=60, deadline=None)
def test_both_weights_add_up_to_what_is_explained(people: list[list[int]]) -> None:
    found = key_drivers(correlation_matrix(list(zip(*people, strict=True))))
    assert found
    assert -1e-9 <= found.r2 <= 1 + 1e-9
    assert sum(found.lmg) == pytest.approx(found.r2, abs=1e-6)
    assert sum(found.johnson) == pytest.approx(found.r2, abs=1e-6)
    assert min(found.lmg) >= -1e-9
    assert min(found.johnson) >= 0


def test_a_question_that_everybody_answers_alike_moves_nothing() -> None:
    found = key_drivers(correlation_matrix([[1, 2, 3, 4], [5, 5, 5, 5], [1, 2, 3, 5]]))
    assert found
    assert (found.lmg[1], found.johnson[1]) == (0, 0)
    assert found.lmg[0] == pytest.approx(found.r2)


def test_the_order_of_the_drivers_does_not_matter() -> None:
    draws = np.random.default_rng(4)
    columns = draws.normal(size=(3, 50))
    outcome = columns[0] + 0.5 * columns[1] + draws.normal(size=50)
    forth = key_drivers(correlation_matrix([*columns, outcome]))
    back = key_drivers(correlation_matrix([*columns[::-1], outcome]))
    assert forth and back
    assert forth.lmg == pytest.approx(back.lmg[::-1])


def test_too_many_drivers_are_refused() -> None:
    with pytest.raises(ValueError, match="13 drivers: expected 1 to 12"):
        key_drivers(np.eye(MOST_DRIVERS + 2))
