"""Comparisons: a change lies in its interval, and looking at many makes nobody more certain."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tillsight_hub.metrics.comparison import false_discovery, nps_change, share_change, share_change_p_value

GROUP = st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(GROUP, GROUP, st.floats(0.8, 0.999))
@settings(max_examples=80)
def test_a_change_lies_in_its_interval_and_back_is_the_opposite(
    before: tuple[int, int], after: tuple[int, int], level: float
) -> None:
    change, back = share_change(*before, *after, level), share_change(*after, *before, level)
    assert change and back
    assert -1 <= change.interval.lower <= change.value <= change.interval.upper <= 1
    assert abs(change.interval.lower + back.interval.upper) < 1e-9


@given(st.lists(st.floats(0, 1), max_size=30))
@settings(max_examples=60)
def test_adjusted_p_values_keep_their_order_and_only_rise(p_values: list[float]) -> None:
    adjusted = false_discovery(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[at] for at in order] == sorted(adjusted)


def test_the_p_value_of_a_share_is_small_where_the_interval_leaves_zero_out() -> None:
    p_value = share_change_p_value(10, 100, 25, 100)
    change = share_change(10, 100, 25, 100, 0.95)
    assert p_value is not None
    assert change is not None
    assert p_value < 0.05
    assert change.interval.lower > 0


def test_where_all_agree_a_share_has_not_changed() -> None:
    assert share_change_p_value(0, 10, 0, 20) == 1
    assert share_change_p_value(10, 10, 20, 20) == 1
    assert share_change_p_value(0, 0, 1, 2) is None


def test_a_change_of_nps_without_answers_is_not_known() -> None:
    assert nps_change((0, 0, 0), (1, 2, 3)) is None
