"""Shrinkage pulls a touchpoint towards its chain, never past it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillsight_hub.metrics.shrinkage import (
    STRONGEST,
    WEAKEST,
    likelihood_prior,
    moments_prior,
    pulled,
    shrunk,
)

VOTES = st.integers(0, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(st.lists(VOTES, min_size=1, max_size=12), st.floats(0.8, 0.999))
@settings(max_examples=60)
def test_a_shrunk_share_lies_between_the_touchpoint_and_the_chain(
    votes: list[tuple[int, int]], level: float
) -> None:
    k, n = zip(*votes, strict=True)
    prior = moments_prior(k, n)
    if prior is None:
        assert not sum(n)
        return
    assert WEAKEST <= prior.strength <= STRONGEST
    for some, of in votes:
        place = shrunk(some, of, prior, level)
        ends = sorted([some / of if of else prior.mean, prior.mean])
        assert ends[0] - 1e-9 <= place.estimate <= ends[1] + 1e-9
        assert place.interval.lower <= place.interval.upper


def test_more_votes_are_shrunk_less() -> None:
    prior = moments_prior([5, 10, 30], [100, 100, 100])
    assert prior
    few, many = (shrunk(3 * times, 10 * times, prior, 0.95) for times in (1, 100))
    assert abs(many.estimate - 0.3) < abs(few.estimate - 0.3)
    assert many.interval.upper - many.interval.lower < few.interval.upper - few.interval.lower


@given(st.lists(st.tuples(st.integers(1, 200), st.floats(0, 1)), min_size=2, max_size=10))
@settings(max_examples=40, deadline=None)
def test_no_other_prior_makes_the_votes_likelier(places: list[tuple[int, float]]) -> None:
    n = [votes for votes, _ in places]
    k = [round(votes * share) for votes, share in places]
    fit = likelihood_prior(k, n)
    assert fit
    for mean in np.linspace(0.05, 0.95, 10):
        for strength in (0.1, 1.0, 10.0, 100.0, 1000.0):
            assert loglik(k, n, float(mean), strength) <= fit.loglik + 1e-6


def test_shares_that_spread_as_chance_does_are_taken_to_be_alike() -> None:
    fit = likelihood_prior([10, 11, 9], [100, 100, 100])
    assert fit
    assert fit.prior == pytest.approx((0.1, STRONGEST))


def loglik(k: list[int], n: list[int], mean: float, strength: float) -> float:
    """Of the beta-binomial, as a product of the votes one by one (Polya's urn)."""
    total = 0.0
    for some, of in zip(k, n, strict=True):
        yes, no = mean * strength, (1 - mean) * strength
        ways = np.sum(np.log(np.arange(some + 1, of + 1))) - np.sum(np.log(np.arange(1, of - some + 1)))
        drawn = np.log(yes + np.arange(some)).sum() + np.log(no + np.arange(of - some)).sum()
        total += float(ways + drawn - np.log(strength + np.arange(of)).sum())
    return total


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(0.1, 50)), min_size=2, max_size=12))
@settings(max_examples=60)
def test_a_pulled_score_lies_between_the_touchpoint_and_the_others_and_is_surer(
    scores: list[tuple[float, float]],
) -> None:
    values, errors = np.array(scores).T
    found = pulled(values, errors)
    assert (found.spread <= errors * (1 + 1e-9)).all()
    assert (found.centre >= values.min() - 1e-6).all()
    assert (found.centre <= values.max() + 1e-6).all()


def test_scores_far_apart_and_well_known_are_hardly_pulled() -> None:
    found = pulled(np.array([0.0, 50.0, 100.0]), np.full(3, 0.1))
    assert found.centre == pytest.approx([0, 50, 100], abs=0.01)
