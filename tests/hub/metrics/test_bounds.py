"""Bounds are in order, hold what can be true, and stay within their intervals."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tillsight_hub.metrics.bounds import selection_bounds, worst_case_bounds

COUNT = st.integers(0, 10_000)


@given(COUNT, COUNT, COUNT, st.floats(0.8, 0.999), st.floats(0, 1))
@settings(max_examples=80)
def test_whatever_the_silent_think_lies_between_the_bounds(
    negative: int, positive: int, silent: int, level: float, share: float
) -> None:
    found = worst_case_bounds(negative, positive, silent, level)
    served = negative + positive + silent
    if found is None:
        assert not served
        return
    true = (negative + share * silent) / served
    assert 0 <= found.interval.lower <= found.lower <= true + 1e-12
    assert true - 1e-12 <= found.upper <= found.interval.upper <= 1


@given(st.integers(0, 500), st.integers(0, 500), st.floats(0.1, 5), st.floats(0.1, 5))
@settings(max_examples=60)
def test_the_more_eager_the_dissatisfied_the_fewer_they_are(
    negative: int, positive: int, one: float, other: float
) -> None:
    found = selection_bounds(negative, positive, (one, other))
    if found is None:
        assert not negative + positive
        return
    assert 0 <= found.lower <= found.upper <= 1
    assert selection_bounds(negative, positive, (1, 1)) == (negative / (negative + positive),) * 2


def test_fewer_than_no_silent_customers_are_none() -> None:
    assert worst_case_bounds(5, 10, -3, 0.95) == worst_case_bounds(5, 10, 0, 0.95)
