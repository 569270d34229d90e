"""Stating: how often a rule is wrong, said of the rule before anybody relies on it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..hierarchy import Touchpoint
from .chain import FIRST_DAYS, Knowledge, charts_of
from .knowing import false_alarms_at
from .rules import Rule, UsualSettings, months_at, path_of, rule_at


@dataclass(frozen=True)
class Stated:
    """Of one rule, over the touchpoints where it holds."""

    per_month: float | None
    """False alarms in 30 days per touchpoint with hot alerts; None while nothing is learnt."""
    error: float | None
    """Its standard error, from the simulation."""
    hot: int = 0
    """Touchpoints with a chart of their own; among them are those that still learn."""
    learning: int = 0
    daily: int = 0
    """Touchpoints with too few answers for one."""


def stated(rule: Rule, rules: Sequence[Rule], places: Iterable[Touchpoint], knowledge: Knowledge) -> Stated:
    """What is known of a rule's false alarms at these touchpoints."""
    on = list(places)
    if not isinstance(rule.settings, UsualSettings):
        return Stated(false_alarms_at(knowledge, on, rule.settings), None, hot=len(on))
    own = [
        place for place in on if rule_at(rules, path_of(place)) is rule and place.id in knowledge.touchpoints
    ]
    charts = charts_of(own, knowledge, lambda _: float(rule.settings.months))  # type: ignore[union-attr]
    own_charts = [
        (charts[place.store_id], place.id) for place in own if place.id in charts[place.store_id].charts
    ]
    hot = [(store, tp) for store, tp in own_charts if store.charts[tp].threshold]
    rates = [1 / store.months_at(tp) for store, tp in hot]
    errors = [store.charts[tp].threshold for store, tp in hot]
    error = sum(each.error**2 for each in errors if each) ** 0.5 / len(errors) if errors else None
    return Stated(
        sum(rates) / len(rates) if rates else None,
        error,
        hot=len(hot),
        learning=sum(knowledge.touchpoints[place.id].baseline.is_learning for place in own),
        daily=sum(
            knowledge.touchpoints[place.id].rates is None
            and knowledge.touchpoints[place.id].baseline.days >= FIRST_DAYS
            for place in own
        ),
    )


def months_of(rules: Sequence[Rule], place: Touchpoint) -> float | None:
    """Of the rule of kind `baseline` that holds at a touchpoint."""
    return months_at(rules, path_of(place))
