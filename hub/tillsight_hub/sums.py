"""Sums of rollup rows: per touchpoint, per business day and per local hour, each in one statement.

The day rollup and the hour rollup give the same sums for the same business days, but for what is known to the
day only, which is in no hour.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Float,
    Table,
    case,
    cast,
    func,
    or_,
    select,
)

from .hierarchy import Touchpoint
from .periods import Period, hour_bounds
from .release import DaySize, merged, without_moods, without_ratings
from .rollups import TO_THE_HOUR, count_events, stored_events
from .tables import (
    CONTACT_COUNTERS,
    EMOTION_COUNTERS,
    LABEL_COUNTERS,
    RATING_COUNTERS,
    RAW_COUNTERS,
    UNCOVERED_COUNTERS,
    event,
    rollup_day,
    rollup_hour,
    touchpoint,
)

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

RATED = (*RATING_COUNTERS, *RAW_COUNTERS, *UNCOVERED_COUNTERS)

Sums = Mapping[str, int]
Kind = tuple[str, str | None, str | None]
"""Scale, contact source, and the touchpoint where that was audited: what the counters of a row mean."""


class Rows(Protocol):
    """Where sums come from: this module reads the rollups, `recount.EventRows` counts the events."""

    def of_touchpoints(
        self, connection: Connection, places: Sequence[Touchpoint], period: Period
    ) -> dict[str, dict[str, int]]: ...

    def of_days(
        self,
        connection: Connection,
        places: Sequence[Touchpoint],
        period: Period,
        audited: Collection[str] = (),
    ) -> Iterator[tuple[str, Kind, Sums]]: ...

    def of_hours(
        self,
        connection: Connection,
        places: Sequence[Touchpoint],
        period: Period,
        audited: Collection[str] = (),
    ) -> Iterator[tuple[int, Kind, Sums]]: ...


def of_touchpoints(
    connection: Connection, places: Sequence[Touchpoint], period: Period, smallest_cell: int
) -> dict[str, dict[str, int]]:
    """By touchpoint; one without anything stored in the period is absent."""
    names, columns = _columns(rollup_day, places, smallest_cell)
    query = (
        select(rollup_day.c.tp, *columns)
        .where(rollup_day.c.tp.in_([place.id for place in places]))
        .where(rollup_day.c.day.between(period.first, period.last))
        .group_by(rollup_day.c.tp)
    )
    return {tp: dict(zip(names, sums, strict=True)) for tp, *sums in connection.execute(query)}


def of_days(
    connection: Connection,
    places: Sequence[Touchpoint],
    period: Period,
    smallest_cell: int,
    audited: Collection[str] = (),
) -> Iterator[tuple[str, Kind, Sums]]:
    """By business day and kind of touchpoint, in order of time; those in `audited` are a kind each."""
    day = rollup_day.c.day
    within = day.between(period.first, period.last)
    return _of_buckets(connection, day, within, places, audited, smallest_cell)


def of_hours(
    connection: Connection, places: Sequence[Touchpoint], period: Period, audited: Collection[str] = ()
) -> Iterator[tuple[int, Kind, Sums]]:
    """By local hour (UTC seconds of its begin) and kind, in order of time, of touchpoints with one calendar.

    Where a business day ends within an hour (02:30), the events of the first and last hour are counted one
    by one, because the rollup has the hour whole; ratings are withheld there.
    """
    calendar = places[0].calendar
    start, end = period.bounds(calendar)
    first_hour, last_hour = calendar.hour_start(start), calendar.hour_start(end)
    if first_hour * 1000 < start:
        yield from _part_of_hour(connection, places, first_hour, period, audited)
    hour = rollup_hour.c.hour
    whole = hour.between(-(-start // 1000), last_hour - 1)
    yield from _of_buckets(connection, hour, whole, places, audited)
    if first_hour < last_hour and last_hour * 1000 < end:
        yield from _part_of_hour(connection, places, last_hour, period, audited)


def add_to(total: dict[str, int], sums: Sums, times: int = 1) -> None:
    """Add `sums` into `total`; -1 takes them out again."""
    for name, number in sums.items():
        total[name] = total.get(name, 0) + times * number


def sizes_of_days(
    connection: Connection, places: Sequence[Touchpoint], period: Period
) -> Iterator[tuple[str, str, DaySize]]:
    """Touchpoint, business day, and how many people it tells of; without the days that tell of nobody."""
    ratings = _most_ratings(places)
    accepted = _total(rollup_day, RATING_COUNTERS[:ratings])
    uncovered = _total(rollup_day, UNCOVERED_COUNTERS[:ratings])
    faces = _total(rollup_day, EMOTION_COUNTERS[:3])
    query = select(rollup_day.c.tp, rollup_day.c.day, accepted, uncovered, faces).where(
        rollup_day.c.tp.in_([place.id for place in places]),
        rollup_day.c.day.between(period.first, period.last),
        or_(rollup_day.c.presses > 0, faces > 0),
    )
    for tp, day, *sizes in connection.execute(query.execution_options(yield_per=5000)):
        yield tp, day, DaySize(*sizes)


def rows_of_days(
    connection: Connection, places: Sequence[Touchpoint], days: Collection[str], smallest_cell: int
) -> Iterator[tuple[str, str, Sums]]:
    """Touchpoint, business day and what ratings may be taken out of, of at least these days."""
    names, columns = _rated_columns(rollup_day, places, smallest_cell)
    query = select(rollup_day.c.tp, rollup_day.c.day, *columns).where(
        rollup_day.c.tp.in_([place.id for place in places]), rollup_day.c.day.in_(sorted(days))
    )
    for tp, day, *row in connection.execute(query.execution_options(yield_per=5000)):
        yield tp, day, dict(zip(names, row, strict=True))


def rows_of_hours(
    connection: Connection, places: Sequence[Touchpoint], start: int, end: int
) -> Iterator[tuple[str, int, Sums]]:
    """Touchpoint, local hour (UTC seconds of its begin) and the same, of hours with presses or faces that begin
    between the instants (ms UTC, half-open)."""
    names, columns = _rated_columns(rollup_hour, places, None)
    query = select(rollup_hour.c.tp, rollup_hour.c.hour, *columns).where(
        rollup_hour.c.tp.in_([place.id for place in places]),
        rollup_hour.c.hour.between(-(-start // 1000), (end - 1) // 1000),
        or_(rollup_hour.c.presses > 0, _total(rollup_hour, EMOTION_COUNTERS[:3]) > 0),
    )
    for tp, hour, *row in connection.execute(query.execution_options(yield_per=5000)):
        yield tp, hour, dict(zip(names, row, strict=True))


def _of_buckets(
    connection: Connection,
    bucket: Column[Any],
    where: ColumnElement[bool],
    places: Sequence[Touchpoint],
    audited: Collection[str],
    smallest_cell: int | None = None,
) -> Iterator[tuple[Any, Kind, Sums]]:
    rollup = bucket.table
    names, columns = _columns(rollup, places, smallest_cell)
    apart = case((rollup.c.tp.in_(sorted(audited)), rollup.c.tp), else_=None)
    keys = bucket, touchpoint.c.scale, touchpoint.c.contact_source, apart
    query = (
        select(*keys, *columns)
        .join(touchpoint, touchpoint.c.id == rollup.c.tp)
        .where(rollup.c.tp.in_([place.id for place in places]), where)
        .group_by(*keys)
        .order_by(bucket)
        .execution_options(yield_per=1000)
    )
    for key, scale_id, source, of, *sums in connection.execute(query):
        yield key, (scale_id, source, of), dict(zip(names, sums, strict=True))


def _part_of_hour(
    connection: Connection,
    places: Sequence[Touchpoint],
    hour: int,
    period: Period,
    audited: Collection[str],
) -> Iterator[tuple[int, Kind, Sums]]:
    for place in places:
        apart = place.id if place.id in audited else None
        start, end = hour_bounds(place.calendar, hour)
        within = event.c.t.between(start, end - 1) & event.c.tq.in_(TO_THE_HOUR)
        days = count_events(place, stored_events(connection, place.id, within)).days()
        for (_, day), sums in days.items():
            if period.first <= day <= period.last:
                known = {name: sums[name] for name in SUMMED if name in sums}
                add_to(known, merged(without_ratings(known, place.contact_source), without_moods(known)))
                yield hour, (place.scale.id, place.contact_source, apart), known


def _columns(
    rollup: Table, places: Sequence[Touchpoint], smallest_cell: int | None
) -> tuple[list[str], list[ColumnElement[Any]]]:
    """Names and sums. PostgreSQL sums bigints into decimals; these stay whole."""
    names, columns = _rated_columns(rollup, places, smallest_cell)
    rated = dict(zip(names, columns, strict=True))
    names = [*(name for name in SUMMED if name not in RATED and name not in rated), *names]
    return names, [
        func.sum(cast(rollup.c[name], Float))
        if name in SQUARES
        else cast(func.sum(rated.get(name, rollup.c.get(name))), BigInteger)
        for name in names
    ]


def _rated_columns(
    rollup: Table, places: Sequence[Touchpoint], smallest_cell: int | None
) -> tuple[list[str], list[ColumnElement[int]]]:
    """Names and columns of what people said, of as many ratings as there are, and of what that is divided by.

    Presses that are not accepted are in the raw ratings only where a row has enough of them, for None nowhere:
    else those less the accepted ones would tell on them.
    """
    ratings = _most_ratings(places)
    counted = dict(zip(RATING_COUNTERS[:ratings], RAW_COUNTERS, strict=False))
    beside = rollup.c.presses - rollup.c.other_scale - _total(rollup, list(counted))
    few = beside > 0 if smallest_cell is None else beside.between(1, smallest_cell - 1)
    columns = {
        **{name: rollup.c[name] for name in counted},
        **{raw: case((few, rollup.c[name]), else_=rollup.c[raw]) for name, raw in counted.items()},
        **{name: rollup.c[name] for name in UNCOVERED_COUNTERS[:ratings]},
        "withheld_raw": case((few, beside), else_=0),
        **{name: rollup.c[name] for name in (*CONTACT_COUNTERS.values(), *EMOTION_COUNTERS)},
    }
    return list(columns), list(columns.values())


def _most_ratings(places: Sequence[Touchpoint]) -> int:
    """Of the scales of these touchpoints."""
    return max((place.scale.ratings for place in places), default=0)


def _total(rollup: Table, names: Sequence[str]) -> ColumnElement[int]:
    return reduce(add, (rollup.c[name] for name in names))
