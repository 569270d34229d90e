"""Faces: what people looked like is told only of days and touchpoints where that is declared."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, case, literal, or_

from ..calendar import PlaceCalendar
from ..compliance.declared import FACES, Span, told_spans
from ..hierarchy import Touchpoint
from ..periods import Period
from ..tables import event, rollup_day, rollup_hour

EVER = Period("2000-01-01", "2199-12-31")
"""No event is of another time."""
Declared = ColumnElement[bool] | None
"""Whether the bucket of a row is declared; None: none is."""


def where_declared(declared: Declared, number: ColumnElement[int]) -> ColumnElement[int]:
    """The number, or 0 where nobody has declared that faces are looked at."""
    return literal(0) if declared is None else case((declared, number), else_=0)


def day_is_declared(connection: Connection, places: Sequence[Touchpoint]) -> Declared:
    """Of rows of `rollup_day`."""
    day = rollup_day.c.day
    told = told_spans(connection, places).items()
    return _one_of(
        rollup_day.c.tp,
        {tuple(and_(day >= first, day < end) for first, end in spans): tps for spans, tps in told},
    )


def hour_is_declared(connection: Connection, places: Sequence[Touchpoint], period: Period) -> Declared:
    """Of rows of `rollup_hour` in that period, of touchpoints with one calendar: an hour in which a business
    day ends belongs to the day in which it begins."""
    hour, calendar = rollup_hour.c.hour, places[0].calendar

    def within(span: Span) -> ColumnElement[bool]:
        start, end = _instants(span, calendar, period)
        return and_(hour * 1000 >= start, hour * 1000 < end)

    told = told_spans(connection, places).items()
    return _one_of(rollup_hour.c.tp, {tuple(map(within, spans)): tps for spans, tps in told})


def event_may_be_told(connection: Connection, places: Sequence[Touchpoint]) -> ColumnElement[bool]:
    """Of rows of `event`: it is about no face, or of a declared day. Without a known time it is of none."""
    calendars = {place.id: place.calendar for place in places}
    declared: dict[tuple[tuple[int, int], ...], list[str]] = {}
    for spans, tps in told_spans(connection, places).items():
        for tp in tps:
            moments = tuple(_instants(span, calendars[tp], EVER) for span in spans)
            declared.setdefault(moments, []).append(tp)
    t = event.c.t
    told = {
        tuple(and_(t >= start, t < end) for start, end in moments): tps for moments, tps in declared.items()
    }
    is_declared = _one_of(event.c.tp, told)
    if is_declared is None:
        return event.c.type.not_in(FACES)
    return or_(event.c.type.not_in(FACES), and_(event.c.tq != "unsynced", is_declared))


def _instants(span: Span, calendar: PlaceCalendar, period: Period) -> tuple[int, int]:
    """Those of a span of days that lie in the period, ms UTC, half-open."""
    first, last = max(span[0], period.first), min(_day_before(span[1]), period.last)
    return Period(first, last).bounds(calendar) if first <= last else (0, 0)


def _one_of(tp: Column[Any], told: Mapping[tuple[ColumnElement[bool], ...], Sequence[str]]) -> Declared:
    """A CASE, because SQLite takes a thousand conditions with OR between them for too deep."""
    some = [(and_(tp.in_(tps), or_(*spans)), literal(1)) for spans, tps in told.items()]
    return case(*some, else_=literal(0)) == 1 if some else None


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
