"""Charts: their run lengths are what simulated votes run, and nothing is lost in long ones."""

import numpy as np
import pytest

from tillsight_hub.metrics.charts import bernoulli_cusum, cusum_run_length


def test_the_run_length_is_the_mean_of_simulated_runs() -> None:
    exact = cusum_run_length(0.2, up=2, limit=6)
    assert exact is not None
    draws = np.random.default_rng(7)
    state = np.zeros(4000, dtype=int)
    length = np.zeros(4000)
    running = np.ones(4000, dtype=bool)
    while running.any():
        negative = draws.random(4000) < 0.2
        state = np.where(negative, state + 2, np.maximum(state - 1, 0))
        length += running
        running &= state < 6
    assert exact == pytest.approx(float(length.mean()), rel=4 / 4000**0.5)


def test_a_run_length_too_long_for_any_matrix_is_still_exact() -> None:
    """With up = 1 the chance of a climb is a gambler's: the length grows by (q/p)^limit."""
    lengths = [cusum_run_length(0.01, up=1, limit=limit) for limit in (20, 21)]
    assert lengths[0] and lengths[1]
    assert lengths[0] > 1e39
    assert lengths[1] / lengths[0] == pytest.approx(99, rel=1e-6)


def test_fewer_alarms_come_with_a_higher_limit() -> None:
    lengths = [cusum_run_length(0.1, up=3, limit=limit) for limit in range(1, 30)]
    assert lengths == sorted(lengths, key=lambda length: length or 0)
    assert lengths[0] == pytest.approx(10)


@pytest.mark.parametrize(("p0", "p1"), [(0, 0.5), (1, 1), (0.2, 1.1)])
def test_shares_that_are_none_are_refused(p0: float, p1: float) -> None:
    with pytest.raises(ValueError, match="expected 0 < p0 < 1"):
        bernoulli_cusum([1], p0, p1, 4)
