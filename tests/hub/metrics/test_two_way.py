"""Shares of crossed cells: pulled towards their row and column, with intervals that hold."""

import numpy as np
import pytest

from tillsight_hub.metrics.two_way import crossed

Votes = dict[tuple[int, int], tuple[int, int]]


def drawn(spread: float, n: int, seed: int) -> tuple[Votes, dict[tuple[int, int], float]]:
    """Votes and true shares: weekdays and hours differ, and the cells differ by themselves."""
    rng = np.random.default_rng(seed)
    days, hours = rng.normal(0, 0.06, 7), rng.normal(0, 0.08, 12)
    truth = {
        (day, hour): float(np.clip(0.7 + days[day] + hours[hour] + rng.normal(0, spread), 0.02, 0.98))
        for day in range(7)
        for hour in range(12)
    }
    return {cell: (int(rng.binomial(n, share)), n) for cell, share in truth.items()}, truth


@pytest.mark.parametrize("spread", [0.0, 0.05])
@pytest.mark.parametrize("n", [12, 60])
def test_pulled_shares_are_nearer_to_the_truth_than_plain_ones(spread: float, n: int) -> None:
    plain, pulled = [], []
    for seed in range(6):
        votes, truth = drawn(spread, n, seed)
        found = crossed(votes, 0.95)
        plain += [(votes[cell][0] / n - truth[cell]) ** 2 for cell in truth]
        pulled += [(found[cell].estimate - truth[cell]) ** 2 for cell in truth]
    assert np.mean(pulled) < 0.75 * np.mean(plain)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    inside = []
    for seed in range(8):
        votes, truth = drawn(0.06, 40, seed)
        found = crossed(votes, 0.95)
        inside += [found[cell].interval.lower <= truth[cell] <= found[cell].interval.upper for cell in truth]
    assert 0.88 <= np.mean(inside) <= 0.99


def test_a_cell_with_many_votes_keeps_its_own_share() -> None:
    votes, _ = drawn(0.08, 40, 1)
    votes[0, 0] = 100_000, 1_000_000
    assert crossed(votes, 0.95)[0, 0].estimate == pytest.approx(0.1, abs=0.001)


def test_cells_without_votes_are_absent_and_a_single_one_stays_as_it_is() -> None:
    assert crossed({(1, 9): (0, 0)}, 0.95) == {}
    assert crossed({(1, 9): (6, 12), (2, 9): (0, 0)}, 0.95)[1, 9].estimate == pytest.approx(0.5)


def test_all_alike_is_no_error() -> None:
    found = crossed({(day, hour): (12, 12) for day in range(3) for hour in range(3)}, 0.95)
    assert all(each.estimate > 0.99 for each in found.values())
