"""The daily chart: for touchpoints with too few answers for a hot alert, one look after each business day.

A p chart with exact limits: more negative answers than a day's number of answers brings by chance, with the
share of negative answers as uncertain as the baseline leaves it (beta-binomial distribution).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from math import exp, lgamma

from sqlalchemy import Connection, Engine, delete, insert, select

from ..cleaning.history import read_history
from ..database import writing
from ..hierarchy import Touchpoint, read_hierarchy
from ..periods import Period
from ..tables import alert_state
from .baseline import Baseline
from .chain import Knowledge
from .false_alarms import DAYS_A_MONTH
from .knowing import read_knowledge
from .outbox import Channel, News, file_news
from .rules import BUILT_IN, path_of, read_rules, rule_at
from .settings import AlertSettings
from .stating import months_of
from .streams import Stream, slots_between


@dataclass(frozen=True)
class DailyLimit:
    """Of one day with so many answers."""

    negative: int
    """So many negative answers alarm."""
    months: float
    """Mean time between false alarms if all days were like this one."""


def daily_limit(baseline: Baseline, answers: int, months: float) -> DailyLimit | None:
    """None where even a day of negative answers only would not be rare enough."""
    a, b = baseline.share
    allowed = 1 / (months * DAYS_A_MONTH)
    tail, limit = 0.0, None
    for negative in range(answers, 0, -1):
        tail += _chance(negative, answers, a, b)
        if tail > allowed:
            break
        limit = DailyLimit(negative, 1 / (tail * DAYS_A_MONTH))
    return limit


def judge_days(engine: Engine, channel: Channel, clock: Callable[[], int]) -> int:
    """Look at yesterday wherever nobody has yet; the number of alerts."""
    with engine.connect() as connection:
        hierarchy = read_hierarchy(connection)
        knowledge = read_knowledge(connection)
    raised = 0
    for place in hierarchy.touchpoints.values():
        if is_watched_daily(knowledge, place):
            with writing(engine) as connection:
                news = _judged(connection, place, knowledge, channel.settings, clock())
                file_news(connection, hierarchy, news, channel, clock())
            raised += len(news)
    return raised


def is_watched_daily(knowledge: Knowledge, place: Touchpoint) -> bool:
    """Whether it has too few answers for a chart of its own, as far as one can say by now."""
    learnt = knowledge.touchpoints.get(place.id)
    return learnt is not None and learnt.rates is None and not learnt.baseline.is_learning


def _judged(
    connection: Connection, place: Touchpoint, knowledge: Knowledge, settings: AlertSettings, now: int
) -> list[News]:
    day = date.fromisoformat(place.calendar.business_day(now)) - timedelta(days=1)
    start, end = Period(day.isoformat(), day.isoformat()).bounds(place.calendar)
    own = (alert_state.c.rule_id == BUILT_IN) & (alert_state.c.tp == place.id)
    seen = connection.scalar(select(alert_state.c.upto).where(own))
    rules = read_rules(connection, settings)
    months = months_of(rules, place)
    if months is None or (seen is not None and seen >= end):
        return []
    connection.execute(delete(alert_state).where(own))
    row = {"rule_id": BUILT_IN, "tp": place.id, "upto": end, "state": "{}"}
    connection.execute(insert(alert_state).values(**row))
    history = read_history(connection, place, start, end)
    stream = Stream.of(history, slots_between(place.calendar, day, day)).of_day(day.toordinal())
    baseline = knowledge.touchpoints[place.id].baseline
    answers, negative = len(stream.vote_t), int(stream.negative.sum())
    limit = daily_limit(baseline, answers, months)
    if limit is None or negative < limit.negative:
        return []
    a, b = baseline.share
    detail = {
        "chart": "daily",
        "statistic": negative,
        "threshold": limit.negative,
        "arl0_months": round(limit.months, 3),
        "votes_neg": negative,
        "votes_pos": answers - negative,
        "contacts": int(stream.people.sum()),
        "expected_neg": round(answers * a / (a + b), 3),
    }
    rule = rule_at(rules, path_of(place))
    first, last = int(stream.vote_t[0]), int(stream.vote_t[-1])
    return [News(rule.id, rule.version, place, first, last, detail, cleared=end)]


def _chance(k: int, n: int, a: float, b: float) -> float:
    """Of k of n, beta-binomial."""
    choose = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
    return exp(choose + _log_beta(k + a, n - k + b) - _log_beta(a, b))


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)
