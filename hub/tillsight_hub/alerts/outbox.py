"""Outbox: which alerts are sent at once, and which are kept back by a budget, a snooze or a storm."""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from ..access.audit import record
from ..database import writing
from ..hierarchy import Hierarchy, Touchpoint
from ..periods import Period
from ..tables import alert, snooze
from .rules import path_of
from .settings import AlertSettings

Held = Literal["budget", "snooze", "storm", "undelivered"]
LONGEST_SNOOZE_DAYS = 31


@dataclass(frozen=True)
class News:
    """Something that a rule found at a touchpoint."""

    rule_id: int
    rule_version: int
    place: Touchpoint
    since: int
    """ms UTC, like `raised`."""
    raised: int
    detail: Mapping[str, Any]
    cleared: int | None = None
    """ms UTC, of what was over before it was noticed."""


@dataclass(frozen=True)
class Filed:
    """An alert as it was filed."""

    id: int
    place: Touchpoint
    noticed: int
    """ms UTC"""
    storm: int | None
    """The first alert of the storm that it is part of."""
    held: Held | None


FollowUp = Callable[[Connection, Filed], None]
"""Called for each alert, in the transaction that files it."""


def nothing_follows(*_: object) -> None:
    """Nobody looks after alerts."""


@dataclass(frozen=True)
class Channel:
    """Where alerts go, and how many."""

    settings: AlertSettings
    exists: bool = False
    """False: the list itself is where an alert is sent."""
    follow_up: FollowUp = nothing_follows


def file_news(
    connection: Connection, hierarchy: Hierarchy, news: Sequence[News], channel: Channel, now: int
) -> None:
    """Store alerts of one store in the transaction of the charts that raised them.

    What is to be sent has neither `sent` nor `held`.
    """
    settings = channel.settings
    snoozed = read_snoozes(connection, now)
    for each in news:
        head = _head_of_storm(connection, hierarchy, each, settings)
        held: Held | None = None
        if any(place in snoozed for place in path_of(each.place)):
            held = "snooze"
        elif head is not None:
            held = "storm"
        elif _is_spent(connection, hierarchy, each, settings):
            held = "budget"
        filed = connection.execute(
            insert(alert)
            .values(
                rule_id=each.rule_id,
                rule_version=each.rule_version,
                tp=each.place.id,
                storm=head,
                since=each.since,
                raised=each.raised,
                noticed=now,
                cleared=each.cleared,
                sent=None if held or channel.exists else now,
                held=held,
                detail=json.dumps(each.detail),
            )
            .returning(alert.c.id)
        )
        channel.follow_up(connection, Filed(int(filed.scalar_one()), each.place, now, head, held))


def clear(connection: Connection, tp: str, raised: int, t: int) -> None:
    """The alert that the vote at `raised` made is over at `t`, ms UTC."""
    query = update(alert).where(alert.c.tp == tp, alert.c.raised == raised, alert.c.cleared.is_(None))
    connection.execute(query.values(cleared=t))


def clear_old(engine: Engine, charted: Collection[int], raised_before: int, after_ms: int) -> None:
    """Alerts of simple rules, those whose rule is not in `charted`, are over after some time."""
    old = alert.c.cleared.is_(None) & (alert.c.raised < raised_before) & alert.c.rule_id.not_in(charted)
    with engine.connect() as connection:
        if connection.scalar(select(alert.c.id).where(old).limit(1)) is None:
            return
    with writing(engine) as connection:
        connection.execute(update(alert).where(old).values(cleared=alert.c.raised + after_ms))


def read_snoozes(connection: Connection, now: int) -> dict[str, int]:
    """By place: ms UTC until when it is quiet."""
    query = select(snooze.c.place, snooze.c.until).where(snooze.c.until > now)
    return {row.place: row.until for row in connection.execute(query)}


def set_snooze(connection: Connection, place: str, until: int, actor: str) -> None:
    """No alerts of that place are sent until then, ms UTC; what is past ends a snooze."""
    connection.execute(delete(snooze).where(snooze.c.place == place))
    connection.execute(insert(snooze).values(place=place, until=until, actor=actor[:80]))
    record(connection, actor, "alerts snoozed", json.dumps({"place": place, "until": until}))


def _head_of_storm(
    connection: Connection, hierarchy: Hierarchy, news: News, settings: AlertSettings
) -> int | None:
    """The first alert of the storm that this one belongs to: of many touchpoints of its store, or of as many
    stores of its chain."""
    begin = news.raised - round(settings.storm_minutes * 60_000)
    query = (
        select(alert.c.id, alert.c.tp, alert.c.storm)
        .where(alert.c.raised >= begin, alert.c.raised <= news.raised)
        .order_by(alert.c.raised, alert.c.id)
    )
    rows = connection.execute(query).all()
    for scope, unit in ((news.place.store_id, "id"), (news.place.org_id, "store_id")):
        around = [row for row in rows if hierarchy.contains(scope, row.tp)]
        units = {getattr(hierarchy.touchpoints[row.tp], unit) for row in around}
        if around and len(units | {getattr(news.place, unit)}) >= settings.storm_touchpoints:
            return int(around[0].storm or around[0].id)
    return None


def _is_spent(connection: Connection, hierarchy: Hierarchy, news: News, settings: AlertSettings) -> bool:
    """Whether the day's budget of the touchpoint or its store is used up by alerts that were sent."""
    calendar = news.place.calendar
    mates = [place.id for place in hierarchy.within(news.place.store_id)]
    day = calendar.business_day(news.raised)
    start, end = Period(day, day).bounds(calendar)
    sent = (
        select(alert.c.tp, func.count().label("number"))
        .where(alert.c.tp.in_(mates), alert.c.held.is_(None))
        .where(alert.c.raised >= start, alert.c.raised < end)
        .group_by(alert.c.tp)
    )
    numbers: dict[str, int] = {row.tp: row.number for row in connection.execute(sent)}
    own, all_of_store = numbers.get(news.place.id, 0), sum(numbers.values())
    return own >= settings.budget_per_touchpoint or all_of_store >= settings.budget_per_store


def to_send(connection: Connection, most: int = 20) -> list[Any]:
    """Alerts that wait for the channel, the oldest first."""
    query = select(alert).where(alert.c.sent.is_(None), alert.c.held.is_(None)).order_by(alert.c.id)
    return list(connection.execute(query.limit(most)).mappings())


def note_sent(connection: Connection, ids: Iterable[int], now: int) -> None:
    """The channel took them."""
    connection.execute(update(alert).where(alert.c.id.in_(list(ids))).values(sent=now))


def give_up(connection: Connection, ids: Iterable[int]) -> None:
    """Nobody took them in time; they stay in the list."""
    connection.execute(update(alert).where(alert.c.id.in_(list(ids))).values(held="undelivered"))
