"""Sums of rollup rows: per touchpoint, per business day and per local hour, each in one statement.

The day rollup and the hour rollup give the same sums for the same business days, but for what is known to the
day only, which is in no hour.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, reduce
from operator import add
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Float,
    Table,
    and_,
    case,
    cast,
    func,
    or_,
    select,
)

from tillsight_models.events import StaffShifted

from ..compliance.declared import are_within, told_spans
from ..hierarchy import Touchpoint
from ..periods import Period, hour_bounds
from ..rollups import TO_THE_HOUR, count_events, stored_events
from ..tables import (
    CONTACT_COUNTERS,
    EMOTION_COUNTERS,
    IS_RARE,
    LABEL_COUNTERS,
    RATING_COUNTERS,
    RAW_COUNTERS,
    UNCOVERED_COUNTERS,
    event,
    rollup_day,
    rollup_hour,
    touchpoint,
)
from .faces import Declared, day_is_declared, hour_is_declared, where_declared
from .release import DaySize

SUMMED = (
    "events",
    "presses",
    "repeats",
    "undone",
    "other_scale",
    "closed",
    *RATING_COUNTERS,
    *RAW_COUNTERS,
    *UNCOVERED_COUNTERS,
    "set_aside",
    *LABEL_COUNTERS.values(),
    *CONTACT_COUNTERS.values(),
    "camera_ms",
    "camera_working_ms",
    "receipts",
    "sales_amount",
    "visitors_in",
    "attempts",
    "attempt_ms",
    "attempt_square",
    "check_reports",
    "check_receipts",
    "check_square",
    *EMOTION_COUNTERS,
)
"""The counters that metrics are made of."""

SQUARES = ("attempt_square", "check_square")
"""Summed as floats: their sum over a chain may be beyond what a whole number of the database holds."""

Sums = Mapping[str, int]
Kind = tuple[str, str | None, str | None]
"""Scale, contact source, and the touchpoint where that was audited: what the counters of a row mean."""


def of_touchpoints(
    connection: Connection,
    places: Sequence[Touchpoint],
    period: Period,
    days: Collection[str] | None = None,
) -> dict[str, dict[str, int]]:
    """By touchpoint; one without anything stored in the period is absent. `days` leaves out all others."""
    query = (
        select(rollup_day.c.tp, *_columns(rollup_day, day_is_declared(connection, places)))
        .where(rollup_day.c.tp.in_([place.id for place in places]))
        .where(rollup_day.c.day.between(period.first, period.last))
        .group_by(rollup_day.c.tp)
    )
    if days is not None:
        query = query.where(rollup_day.c.day.in_(days))
    return {tp: dict(zip(SUMMED, sums, strict=True)) for tp, *sums in connection.execute(query)}


def of_days(
    connection: Connection, places: Sequence[Touchpoint], period: Period, audited: Collection[str] = ()
) -> Iterator[tuple[str, Kind, Sums]]:
    """By business day and kind of touchpoint, in order of time; those in `audited` are a kind each."""
    day = rollup_day.c.day
    within = day.between(period.first, period.last)
    declared = day_is_declared(connection, places)
    return _of_buckets(connection, day, within, places, audited, declared=declared)


def of_hours(
    connection: Connection, places: Sequence[Touchpoint], period: Period, audited: Collection[str] = ()
) -> Iterator[tuple[int, Kind, Sums]]:
    """By local hour (UTC seconds of its begin) and kind, in order of time, of touchpoints with one calendar.

    Where a business day ends within an hour (02:30), the events of the first and last hour are counted one
    by one, because the rollup has the hour whole.
    """
    calendar = places[0].calendar
    start, end = period.bounds(calendar)
    first_hour, last_hour = calendar.hour_start(start), calendar.hour_start(end)
    if first_hour * 1000 < start:
        yield from _part_of_hour(connection, places, first_hour, period, audited)
    hour = rollup_hour.c.hour
    whole = hour.between(-(-start // 1000), last_hour - 1)
    declared = hour_is_declared(connection, places, period)
    yield from _of_buckets(connection, hour, whole, places, audited, declared=declared)
    if first_hour < last_hour and last_hour * 1000 < end:
        yield from _part_of_hour(connection, places, last_hour, period, audited)


def add_to(total: dict[str, int], sums: Sums, times: int = 1) -> None:
    """Add `sums` into `total`; -1 takes them out again."""
    for name, number in sums.items():
        if number:
            total[name] = total.get(name, 0) + times * number


def sizes_of_days(
    connection: Connection, places: Sequence[Touchpoint], period: Period, below: int | None = None
) -> Iterator[tuple[str, str, DaySize]]:
    """Touchpoint, business day, and how many people it tells of; without the days that tell of nobody.

    `below` leaves out the plain days: those with so many responses and more, and neither faces nor responses
    while the contact counter could not see.
    """
    ratings = max(place.scale.ratings for place in places)
    accepted = _total(rollup_day, RATING_COUNTERS[:ratings])
    uncovered = _total(rollup_day, UNCOVERED_COUNTERS[:ratings])
    faces = where_declared(day_is_declared(connection, places), _total(rollup_day, EMOTION_COUNTERS[:3]))
    query = select(rollup_day.c.tp, rollup_day.c.day, accepted, uncovered, faces).where(
        rollup_day.c.tp.in_([place.id for place in places]),
        rollup_day.c.day.between(period.first, period.last),
        or_(rollup_day.c.presses > 0, faces > 0),
    )
    if below is not None:
        query = query.where(or_(accepted < below, uncovered > 0, faces > 0))
    for tp, day, *sizes in connection.execute(query).all():
        yield tp, day, DaySize(*sizes)


def rows_of_days(
    connection: Connection, places: Sequence[Touchpoint], days: Collection[str]
) -> Iterator[tuple[str, str, Sums]]:
    """Touchpoint, business day, what people said and what that is divided by, but for what is zero."""
    day = rollup_day.c.day
    return _told(connection, day, day.in_(sorted(days)), places, day_is_declared(connection, places))


def rows_of_hours(
    connection: Connection, places: Sequence[Touchpoint], period: Period
) -> Iterator[tuple[str, int, Sums]]:
    """Touchpoint, local hour (UTC seconds of its begin) and the same, of hours that lie in the period as a
    whole and have presses or faces; touchpoints with one calendar."""
    start, end = period.bounds(places[0].calendar)
    hour = rollup_hour.c.hour
    whole = hour.between(-(-start // 1000), places[0].calendar.hour_start(end) - 1)
    declared = hour_is_declared(connection, places, period)
    faces = where_declared(declared, _total(rollup_hour, EMOTION_COUNTERS[:3]))
    return _told(connection, hour, and_(whole, or_(rollup_hour.c.presses > 0, faces > 0)), places, declared)


def with_shifts(connection: Connection, places: Sequence[Touchpoint], start: int, end: int) -> frozenset[str]:
    """The touchpoints of which the rota said anything between the instants (ms UTC, half-open)."""
    query = select(event.c.tp).where(
        IS_RARE,
        event.c.type == StaffShifted.TYPE,
        event.c.tp.in_([place.id for place in places]),
        event.c.t.between(start, end - 1),
    )
    return frozenset(connection.scalars(query.distinct()))


def _told(
    connection: Connection,
    bucket: Column[Any],
    where: ColumnElement[bool],
    places: Sequence[Touchpoint],
    declared: Declared,
) -> Iterator[tuple[str, Any, Sums]]:
    rollup = bucket.table
    ratings = max(place.scale.ratings for place in places)
    said = (
        *RATING_COUNTERS[:ratings],
        *UNCOVERED_COUNTERS[:ratings],
        *(CONTACT_COUNTERS[source] for source in sorted(_sources(places))),
    )
    names = (*said, *EMOTION_COUNTERS)
    faces = (where_declared(declared, rollup.c[name]) for name in EMOTION_COUNTERS)
    query = select(rollup.c.tp, bucket, *(rollup.c[name] for name in said), *faces).where(
        rollup.c.tp.in_([place.id for place in places]), where
    )
    for tp, key, *row in connection.execute(query.execution_options(yield_per=5000)):
        yield tp, key, {name: number for name, number in zip(names, row, strict=True) if number}


def _sources(places: Sequence[Touchpoint]) -> set[str]:
    """Who counts contacts at any of them."""
    return {place.contact_source for place in places if place.contact_source is not None}


def _of_buckets(
    connection: Connection,
    bucket: Column[Any],
    where: ColumnElement[bool],
    places: Sequence[Touchpoint],
    audited: Collection[str],
    *,
    declared: Declared,
) -> Iterator[tuple[Any, Kind, Sums]]:
    rollup = bucket.table
    apart = case((rollup.c.tp.in_(sorted(audited)), rollup.c.tp), else_=None)
    keys = bucket, touchpoint.c.scale, touchpoint.c.contact_source, apart
    query = (
        select(*keys, *_columns(rollup, declared))
        .join(touchpoint, touchpoint.c.id == rollup.c.tp)
        .where(rollup.c.tp.in_([place.id for place in places]), where)
        .group_by(*keys)
        .order_by(bucket)
        .execution_options(yield_per=1000)
    )
    for key, scale_id, source, of, *sums in connection.execute(query):
        yield key, (scale_id, source, of), dict(zip(SUMMED, sums, strict=True))


def _part_of_hour(
    connection: Connection,
    places: Sequence[Touchpoint],
    hour: int,
    period: Period,
    audited: Collection[str],
) -> Iterator[tuple[int, Kind, Sums]]:
    declared = {tp: spans for spans, tps in told_spans(connection, places).items() for tp in tps}
    for place in places:
        apart = place.id if place.id in audited else None
        start, end = hour_bounds(place.calendar, hour)
        within = event.c.t.between(start, end - 1) & event.c.tq.in_(TO_THE_HOUR)
        days = count_events(place, stored_events(connection, place.id, within)).days()
        for (_, day), sums in days.items():
            if period.first <= day <= period.last:
                hidden = () if are_within(day, declared.get(place.id, ())) else EMOTION_COUNTERS
                told = {name: number for name, number in sums.items() if name not in hidden}
                yield hour, (place.scale.id, place.contact_source, apart), told


def _columns(rollup: Table, declared: Declared) -> list[ColumnElement[Any]]:
    return [
        cast(func.sum(where_declared(declared, rollup.c[name])), BigInteger)
        if name in EMOTION_COUNTERS
        else _sum(rollup, name)
        for name in SUMMED
    ]


@cache
def _sum(rollup: Table, name: str) -> ColumnElement[Any]:
    """PostgreSQL sums bigints into decimals; these stay whole. Made once: there are 50 in each statement."""
    column = rollup.c[name]
    return func.sum(cast(column, Float)) if name in SQUARES else cast(func.sum(column), BigInteger)


def _total(rollup: Table, names: Sequence[str]) -> ColumnElement[int]:
    total: ColumnElement[int] = reduce(add, (rollup.c[name] for name in names))
    return total
