"""Value: the interval of the return holds it, and is the same each time."""

from tillsight_hub.metrics.counts import Audit
from tillsight_hub.metrics.value import Programme, rocxi_interval, value_change

PROGRAMME = Programme(margin=120, discount=0.1, customers_before=1000, customers_after=1000, cost=20_000)


def test_the_return_lies_in_its_interval_which_is_the_same_each_time() -> None:
    before, after = Audit(800, 1000), Audit(820, 1000)
    value = value_change(PROGRAMME, 0.8, 0.82).rocxi
    interval = rocxi_interval(PROGRAMME, before, after, 0.95)
    assert value is not None
    assert interval is not None
    assert interval.lower < value < interval.upper
    assert interval == rocxi_interval(PROGRAMME, before, after, 0.95)


def test_more_customers_make_the_return_surer() -> None:
    few = rocxi_interval(PROGRAMME, Audit(80, 100), Audit(82, 100), 0.95)
    many = rocxi_interval(PROGRAMME, Audit(8000, 10_000), Audit(8200, 10_000), 0.95)
    assert few and many
    assert many.upper - many.lower < (few.upper - few.lower) / 5


def test_a_return_on_nothing_or_of_nobody_has_no_interval() -> None:
    free = Programme(margin=120, discount=0.1, customers_before=10, customers_after=10, cost=0)
    assert rocxi_interval(free, Audit(8, 10), Audit(8, 10), 0.95) is None
    assert rocxi_interval(PROGRAMME, Audit(0, 0), Audit(8, 10), 0.95) is None
