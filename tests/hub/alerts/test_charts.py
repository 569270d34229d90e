"""Charts: what alarms, what does not, and that it does not matter how time is cut."""

from datetime import date, timedelta
from itertools import pairwise

import numpy as np
import pytest
from tests.harness.quiet_weeks import MONDAY, learnt_from, quiet_stream, slots_of

from tillsight_hub.alerts.charts import Alarm, Chart, Cleared, StoreCharts, StoreState
from tillsight_hub.alerts.evidence import evidence
from tillsight_hub.alerts.false_alarms import Rates, Side, Threshold, false_alarms
from tillsight_hub.alerts.streams import Stream

HOUR = 3_600_000
NEXT_MONDAY = MONDAY + timedelta(days=14)
TODAY = NEXT_MONDAY.toordinal()


@pytest.fixture(scope="module")
def chart() -> Chart:
    slots = slots_of(MONDAY, 14)
    baseline = learnt_from(quiet_stream(slots, 1), slots)
    rates = false_alarms([Side(baseline, evidence(baseline))], slots_of(MONDAY, 7), [1])
    return Chart(baseline, evidence(baseline), rates.threshold(0.5))


def day(seed: int, wrong: tuple[int, int] | None = None) -> Stream:
    """Next Monday; `wrong` in hours after opening at 9."""
    slots = slots_of(NEXT_MONDAY, 1)
    opens = int(slots.start[0])
    spans = [] if wrong is None else [(opens + wrong[0] * HOUR, opens + wrong[1] * HOUR)]
    return quiet_stream(slots, seed, wrong=spans)


def test_something_wrong_alarms_soon_and_is_over_afterwards(chart: Chart) -> None:
    stream = day(2, (3, 5))
    told = StoreCharts({"till": chart}).advance(StoreState(), TODAY, {"till": stream})
    alarms = [each for each in told if isinstance(each, Alarm)]
    opens = int(slots_of(NEXT_MONDAY, 1).start[0])
    assert len(alarms) == 1
    assert 3 * HOUR <= alarms[0].t - opens < 4 * HOUR
    assert alarms[0].statistic >= alarms[0].threshold
    assert alarms[0].negative > 3 * alarms[0].expected
    over = [each for each in told if isinstance(each, Cleared)]
    assert [each.raised for each in over] == [alarms[0].t]
    assert over[0].t is not None
    assert 5 * HOUR < over[0].t - opens < 8 * HOUR


def test_an_ordinary_day_does_not_alarm(chart: Chart) -> None:
    assert not StoreCharts({"till": chart}).advance(StoreState(), TODAY, {"till": day(3)})


@pytest.mark.parametrize("pieces", [2, 60, 700])
def test_where_time_is_cut_makes_no_difference(chart: Chart, pieces: int) -> None:
    charts = StoreCharts({"till": chart, "desk": chart}, Threshold(5.0, 0.1, 0.01))
    streams = {"till": day(2, (3, 5)), "desk": day(4, (3, 5))}
    whole = charts.advance(StoreState(), TODAY, streams)
    slots = slots_of(NEXT_MONDAY, 1)
    edges = np.linspace(slots.start[0], slots.end[-1], pieces + 1).astype(np.int64)
    state, told = StoreState(), []
    for begin, end in pairwise(edges.tolist()):
        part = {
            tp: each.part(
                (each.vote_t >= begin) & (each.vote_t < end),
                (each.contact_t >= begin) & (each.contact_t < end),
            )
            for tp, each in streams.items()
        }
        state = StoreState.from_json(state.to_json())
        told += charts.advance(state, TODAY, part)
    alarms = [(each.tp, each.t, each.chart) for each in whole if isinstance(each, Alarm)]
    assert alarms
    assert [(each.tp, each.t, each.chart) for each in told if isinstance(each, Alarm)] == alarms
    assert {each.tp for each in told if isinstance(each, Cleared)} == {
        each.tp for each in whole if isinstance(each, Cleared)
    }


def test_the_store_sees_what_each_touchpoint_alone_does_not(chart: Chart) -> None:
    """Four quiet touchpoints get worse together; each one's own threshold is out of reach."""
    deaf = Chart(chart.baseline, chart.evidence, None)
    names = [f"till-{n}" for n in range(4)]
    charts = StoreCharts(dict.fromkeys(names, deaf), Threshold(6.0, 0.1, 0.01))
    streams = {name: day(10 + n, (3, 5)) for n, name in enumerate(names)}
    alarms = [each for each in charts.advance(StoreState(), TODAY, streams) if isinstance(each, Alarm)]
    assert {each.tp for each in alarms} == set(names)
    assert {each.chart for each in alarms} == {"store"}


def test_one_bad_touchpoint_does_not_make_its_store_alarm(chart: Chart) -> None:
    names = [f"till-{n}" for n in range(4)]
    charts = StoreCharts(dict.fromkeys(names, chart), Threshold(6.0, 0.1, 0.01))
    streams = {name: day(30 + n, (3, 5) if n == 0 else None) for n, name in enumerate(names)}
    alarms = [each for each in charts.advance(StoreState(), TODAY, streams) if isinstance(each, Alarm)]
    assert {each.tp for each in alarms} == {"till-0"}


def test_a_positive_answer_never_alarms(chart: Chart) -> None:
    told = StoreCharts({"till": chart}).advance(StoreState(), TODAY, {"till": day(2, (3, 5))})
    stream = day(2, (3, 5))
    bad = set(stream.vote_t[stream.negative].tolist())
    assert {each.t for each in told if isinstance(each, Alarm)} <= bad


def test_a_new_day_begins_with_empty_charts(chart: Chart) -> None:
    state = StoreState()
    charts = StoreCharts({"till": chart})
    charts.advance(state, TODAY, {"till": day(2, (10, 12))})
    assert state.touchpoints["till"].open_since
    told = charts.advance(state, TODAY + 1, {})
    assert [each.t for each in told if isinstance(each, Cleared)] == [None]
    assert state.touchpoints["till"].evidence == 0


def test_the_stated_rate_is_kept(chart: Chart) -> None:
    """140 days on which nothing happens: at a level with one false alarm in 5 days there are about 28."""
    rates = false_alarms([Side(chart.baseline, chart.evidence)], slots_of(MONDAY, 7), [1])
    often = Chart(chart.baseline, chart.evidence, rates.threshold(6.0))
    assert often.threshold is not None
    alarms, state = 0, StoreState()
    for number in range(140):
        slots = slots_of(date(2026, 4, 1) + timedelta(days=number), 1)
        told = StoreCharts({"till": often}).advance(
            state, int(slots.day[0]), {"till": quiet_stream(slots, 500 + number)}
        )
        alarms += sum(isinstance(each, Alarm) for each in told)
    assert 0.6 < alarms / (140 / 30 * often.threshold.per_month) < 1.5


def test_rates_are_the_same_every_time_and_fall_with_the_level(chart: Chart) -> None:
    side = Side(chart.baseline, chart.evidence)
    once, again = (false_alarms([side], slots_of(MONDAY, 7), [5]) for _ in range(2))
    assert isinstance(once, Rates)
    assert (once.per_month == again.per_month).all()
    assert (np.diff(once.per_month) <= 0).all()
    assert once.threshold(1 / 6).level > once.threshold(1 / 2).level > once.threshold(1.0).level
    stated = once.threshold(0.5)
    assert stated.months == pytest.approx(2.0, rel=0.02)
    assert 0 < stated.error < 0.2 * stated.per_month


def test_answers_alone_do_where_nobody_counts_contacts() -> None:
    slots = slots_of(MONDAY, 14)
    baseline = learnt_from(quiet_stream(slots, 1), slots, counts_contacts=False)
    assert np.allclose(baseline.negative + baseline.positive, 1)
    rates = false_alarms([Side(baseline, evidence(baseline))], slots_of(MONDAY, 7), [1])
    chart = Chart(baseline, evidence(baseline), rates.threshold(0.5))
    told = StoreCharts({"till": chart}).advance(StoreState(), TODAY, {"till": day(2, (3, 5))})
    assert [each.tp for each in told if isinstance(each, Alarm)] == ["till"]
