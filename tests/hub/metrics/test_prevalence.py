"""Corrected shares are shares, and the nearest ones to what the classifier said."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillsight_hub.metrics.counts import Audit
from tillsight_hub.metrics.prevalence import adjusted_count, class_shares, nearest_shares

CLASSES = st.integers(2, 4).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 100), min_size=n, max_size=n).filter(any),
        st.lists(st.lists(st.integers(1, 50), min_size=n, max_size=n), min_size=n, max_size=n),
    )
)


@given(CLASSES)
@settings(max_examples=60, deadline=None)
def test_no_other_shares_are_nearer_to_what_was_said(drawn: tuple[list[int], list[list[int]]]) -> None:
    predicted, validation = drawn
    chances = (np.array(validation) / np.sum(validation, axis=1, keepdims=True)).T
    said = np.array(predicted) / sum(predicted)
    best = nearest_shares(chances, said)
    assert best.min() >= 0
    assert best.sum() == pytest.approx(1)
    missed = np.linalg.norm(chances @ best - said)
    for other in np.random.default_rng(1).dirichlet(np.ones(len(said)), 100):
        assert missed <= np.linalg.norm(chances @ other - said) + 1e-9


def test_a_stack_is_corrected_like_each_of_it() -> None:
    draws = np.random.default_rng(2)
    chances = draws.dirichlet([3, 1, 1], (5, 3)).swapaxes(-1, -2)
    said = draws.dirichlet([1, 1, 1], 5)
    together = nearest_shares(chances, said)
    for at in range(5):
        assert together[at] == pytest.approx(nearest_shares(chances[at], said[at]))


def test_shares_that_can_be_true_are_found_again() -> None:
    validation = [[80, 10, 10], [20, 70, 10], [5, 15, 80]]
    true = np.array([0.2, 0.3, 0.5])
    said = true @ (np.array(validation) / 100)
    found = class_shares(said * 1000, validation)
    assert found
    assert found.inverse == pytest.approx(list(true))
    assert found.simplex == pytest.approx(list(true))


@given(st.integers(0, 300), st.integers(6, 40), st.integers(6, 40), st.floats(0.8, 0.999))
@settings(max_examples=60)
def test_a_corrected_share_has_an_interval_within_zero_and_one(
    positives: int, sensitive: int, specific: int, level: float
) -> None:
    found = adjusted_count(positives, 300, Audit(sensitive, 40), Audit(specific, 40), level)
    if found is None:
        assert sensitive + specific <= 40
        return
    assert 0 <= found.interval.lower <= found.interval.upper <= 1
    assert 0 <= found.estimate <= 1
