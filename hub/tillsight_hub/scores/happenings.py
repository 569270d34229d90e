"""Happenings: alerts, incidents and actions at some touchpoints in a period."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection, or_, select

from ..hierarchy import Touchpoint
from ..periods import Period
from ..tables import action, alert

MOST_ALERTS = 2000


@dataclass(frozen=True)
class Happening:
    """One thing that happened."""

    kind: Literal["alert", "incident", "action"]
    id: int
    day: str
    """The business day on which it began."""
    last_day: str | None
    """None where it goes on, or was over at once."""
    place: str
    """Id of an org, region, store or touchpoint."""
    title: str
    """Empty for an alert."""
    t: int | None = None
    """ms UTC of an alert."""
    qualified: str | None = None
    """What people said of an alert: true, false or duplicate."""


def read_happenings(connection: Connection, places: Sequence[Touchpoint], period: Period) -> list[Happening]:
    """In order of time: what happened at these touchpoints, or at a place that holds or is in one of them."""
    found = [*_alerts(connection, places, period), *_actions(connection, places, period)]
    return sorted(found, key=lambda each: (each.day, each.t or 0, each.id))


def _alerts(connection: Connection, places: Sequence[Touchpoint], period: Period) -> list[Happening]:
    by_id = {place.id: place for place in places}
    bounds = [period.bounds(place.calendar) for place in places]
    query = (
        select(alert.c.id, alert.c.tp, alert.c.raised, alert.c.cleared, alert.c.qualified)
        .where(alert.c.tp.in_(list(by_id)))
        .where(alert.c.raised >= min(start for start, _ in bounds))
        .where(alert.c.raised < max(end for _, end in bounds))
        .order_by(alert.c.raised.desc())
        .limit(MOST_ALERTS)
    )
    rows = connection.execute(query)
    return [
        Happening("alert", id, by_id[tp].calendar.business_day(t), None, tp, "", t, qualified)
        for id, tp, t, _, qualified in rows
        if period.first <= by_id[tp].calendar.business_day(t) <= period.last
    ]


def _actions(connection: Connection, places: Sequence[Touchpoint], period: Period) -> list[Happening]:
    concerned = {id for place in places for id in (place.id, place.store_id, place.region_id, place.org_id)}
    columns = action.c
    query = (
        select(columns.id, columns.kind, columns.first_day, columns.last_day, columns.place, columns.title)
        .where(columns.place.in_(sorted(concerned)))
        .where(columns.first_day <= period.last)
        .where(or_(columns.first_day >= period.first, columns.last_day >= period.first))
    )
    return [
        Happening("incident" if kind == "incident" else "action", id, first, last, place, title)
        for id, kind, first, last, place, title in connection.execute(query)
    ]
