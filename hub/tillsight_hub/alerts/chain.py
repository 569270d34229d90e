"""Chain: the charts of all stores for one business day, learnt from what happened before it.

What is learnt is learnt anew when a quarter more days are known; until then thresholds stay as they are.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from ..hierarchy import Touchpoint
from .baseline import Baseline, Traffic, learn
from .charts import Chart, StoreCharts
from .evidence import evidence
from .false_alarms import LEVELS, Rates, Side, Threshold, false_alarms
from .streams import Slots, week_of

STORE_PART = 0.3
"""Of the false alarms that are allowed at a touchpoint, so many may come from its store's chart."""
REACHES = 0.65
"""Of a store's touchpoints, so many have evidence of their own when its chart alarms for nothing, measured on
simulated chains (`scripts/bench_alerts`); the others are left alone."""
LEAST_VOTES_PER_HOUR = 2.0
"""With fewer answers a touchpoint raises no hot alert of its own; a daily chart watches it."""
FIRST_DAYS = 3
"""Nothing is raised before so many business days are known."""
LEARNING_EXTRA = 2.0
"""Added to the threshold while a baseline is learning."""

MonthsOf = Callable[[str], float | None]
"""By touchpoint or store: mean time between its false alarms in months; None: no alerts there."""


@dataclass(frozen=True)
class Learnt:
    """What is normal at a touchpoint, and how often each threshold would alarm there for nothing."""

    baseline: Baseline
    rates: Rates | None
    """None where it has too few answers for a chart of its own."""


@dataclass(frozen=True)
class Knowledge:
    """Of a whole chain on one day."""

    touchpoints: Mapping[str, Learnt]
    stores: Mapping[str, Rates]
    """By store; of those with two touchpoints or more that were seen for FIRST_DAYS."""


def is_due(days: int, learnt_days: int) -> bool:
    """Whether to learn anew: daily at first, then ever more seldom, and after a week at the latest."""
    enough = days >= learnt_days * 5 / 4 or days >= learnt_days + 7
    return days >= FIRST_DAYS and days > learnt_days and enough


def study(places: Sequence[Touchpoint], traffic: Mapping[str, Traffic], day: date) -> Knowledge:
    """Baselines and rates for the business day `day`; one org's touchpoints at a time."""
    touchpoints: dict[str, Learnt] = {}
    stores: dict[str, Rates] = {}
    weeks: dict[int, Slots] = {}
    for org in sorted({place.org_id for place in places}):
        own = [place for place in places if place.org_id == org and place.id in traffic]
        contactless = [place.id for place in own if place.contact_source is None]
        baselines = learn({place.id: traffic[place.id] for place in own}, contactless)
        for place in own:
            week = weeks.setdefault(id(place.calendar), week_of(place.calendar, day))
            touchpoints[place.id] = _learnt(place, baselines[place.id], week)
        lived = [place for place in own if traffic[place.id].days >= FIRST_DAYS]
        for store, members in by_store(lived).items():
            if len(members) > 1:
                week = max((weeks[id(place.calendar)] for place in members), key=lambda each: len(each.start))
                of_store = _rates([_side(baselines[place.id]) for place in members], week, store)
                stores[store] = Rates(of_store.per_month * REACHES, of_store.errors * REACHES)
    return Knowledge(touchpoints, stores)


def charts_of(places: Sequence[Touchpoint], knowledge: Knowledge, months: MonthsOf) -> dict[str, StoreCharts]:
    """By store; a touchpoint that was seen for fewer than FIRST_DAYS has no chart."""
    return {
        store: StoreCharts(
            {
                place.id: _chart(learnt, months(place.id), store in knowledge.stores)
                for place in members
                if (learnt := _seen_enough(knowledge, place)) is not None
            },
            _store_threshold(members, knowledge, months(store)),
        )
        for store, members in by_store(places).items()
    }


def threshold_of(learnt: Learnt, months: float, *, has_store_chart: bool) -> Threshold | None:
    """Of a touchpoint's own chart; None where it raises no hot alert of its own."""
    if learnt.rates is None or learnt.baseline.days < FIRST_DAYS:
        return None
    part = 1 - STORE_PART if has_store_chart else 1.0
    return _cautious(learnt.rates, learnt.rates.threshold(part / months), learnt.baseline.is_learning)


def by_store(places: Sequence[Touchpoint]) -> dict[str, list[Touchpoint]]:
    """The touchpoints of each store, in their order."""
    found: dict[str, list[Touchpoint]] = {}
    for place in places:
        found.setdefault(place.store_id, []).append(place)
    return found


def _learnt(place: Touchpoint, baseline: Baseline, week: Slots) -> Learnt:
    if baseline.votes_per_hour(week) < LEAST_VOTES_PER_HOUR:
        return Learnt(baseline, None)
    return Learnt(baseline, _rates([_side(baseline)], week, place.id))


def _side(baseline: Baseline) -> Side:
    return Side(baseline, evidence(baseline))


def _rates(sides: Sequence[Side], week: Slots, name: str) -> Rates:
    if not len(week.start):
        return Rates(np.zeros(len(LEVELS)), np.zeros(len(LEVELS)))
    return false_alarms(sides, week, [len(sides), *name.encode()])


def _chart(learnt: Learnt, months: float | None, has_store_chart: bool) -> Chart:
    threshold = None if months is None else threshold_of(learnt, months, has_store_chart=has_store_chart)
    return Chart(learnt.baseline, evidence(learnt.baseline), threshold)


def _seen_enough(knowledge: Knowledge, place: Touchpoint) -> Learnt | None:
    learnt = knowledge.touchpoints.get(place.id)
    return learnt if learnt is not None and learnt.baseline.days >= FIRST_DAYS else None


def _store_threshold(
    members: Sequence[Touchpoint], knowledge: Knowledge, months: float | None
) -> Threshold | None:
    rates = knowledge.stores.get(members[0].store_id)
    if rates is None or months is None:
        return None
    known = [learnt for place in members if (learnt := _seen_enough(knowledge, place)) is not None]
    is_learning = any(each.baseline.is_learning for each in known)
    return _cautious(rates, rates.threshold(STORE_PART / months), is_learning)


def _cautious(rates: Rates, threshold: Threshold, is_learning: bool) -> Threshold:
    return rates.at(threshold.level + LEARNING_EXTRA) if is_learning else threshold
