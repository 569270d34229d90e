"""Recount: a small database in which the rollups of a period are counted from its raw events, afresh.

Whatever asks the hub's database for scores can ask this one the same, and should hear the same. Nothing of
the hub's own rollups of the period is in it, only those of the days around it, which decide what may be told.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    create_engine,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.pool import StaticPool

from tillsight_models.events import CounterAudited
from tillsight_models.problems import Problem

from .. import tables
from ..calendar import Span
from ..errors import EventsGone, TooManyEvents
from ..gone import gone_before
from ..hierarchy import Touchpoint
from ..periods import Period, bucket_days
from ..rollups import recompute_touchpoints
from ..tables import IS_RARE, event, rollup_day
from .calibrations import earliest_valid

MAX_EVENTS = 500_000
"""More take longer to count than anybody waits for an answer: some 10 s on two shared cores."""
_PLACES = (
    *(tables.org, tables.region, tables.store, tables.touchpoint),
    *(tables.setting, tables.declaration),
)
_EMPTY = (tables.device, tables.stream, tables.stream_gap, tables.rollup_hour)
_PAGE = 5000


def events_of(connection: Connection, places: Sequence[Touchpoint], period: Period) -> int:
    """How many events these business days have there."""
    return sum(
        connection.scalar(select(func.count()).select_from(event).where(_within(place, period))) or 0
        for place in places
    )


@contextmanager
def recounted(connection: Connection, places: Sequence[Touchpoint], period: Period) -> Iterator[Connection]:
    """A database in memory with the events of these touchpoints on these days and the rollups that they make.

    TooManyEvents where there are more than MAX_EVENTS, EventsGone where some are deleted.
    """
    if period.first < (since := gone_before(connection)):
        line = f"the raw events of before {since} are deleted: what was counted from them is kept"
        raise EventsGone(Problem(line, "events_gone", since=since))
    if (found := events_of(connection, places, period)) > MAX_EVENTS:
        line = f"{found} events in this period: expected at most {MAX_EVENTS} to count again"
        raise TooManyEvents(Problem(line, "too_many_events", has=found, most=MAX_EVENTS))
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        with engine.begin() as fresh:
            tables.metadata.create_all(fresh, tables=[*_PLACES, *_EMPTY, event, rollup_day])
            for table in _PLACES:
                _copy(connection, fresh, select(table))
            for place in places:
                _copy(connection, fresh, select(event).where(_within(place, period)))
            recompute_touchpoints(fresh, [place.id for place in places])
            _copy_around(connection, fresh, places, period)
        with engine.connect() as fresh:
            yield fresh
    finally:
        engine.dispose()


def _copy_around(
    connection: Connection, fresh: Connection, places: Sequence[Touchpoint], period: Period
) -> None:
    """What decides about the numbers of the period without being counted in them: audits, validations and
    questionnaires of before, and the size of the other days of its months."""
    ids = [place.id for place in places]
    months = Period(bucket_days(period.first, "month").first, bucket_days(period.last, "month").last)
    begin = min([earliest_valid(period), *(months.bounds(place.calendar)[0] for place in places)])
    rare = (IS_RARE, event.c.t >= begin, or_(event.c.tp.in_(ids), event.c.type == CounterAudited.TYPE))
    spans = {place.id: period.bounds(place.calendar) for place in places}
    _copy(connection, fresh, select(event).where(*rare), lambda row: not _is_copied(row, spans))
    day = rollup_day.c
    fresh.execute(delete(rollup_day).where(~day.day.between(period.first, period.last)))
    around = day.day.between(months.first, months.last) & ~day.day.between(period.first, period.last)
    _copy(connection, fresh, select(rollup_day).where(day.tp.in_(ids), around))


def _within(place: Touchpoint, period: Period) -> ColumnElement[bool]:
    """The events of these business days whose time is known to the day or better."""
    start, end = period.bounds(place.calendar)
    return (event.c.tp == place.id) & event.c.t.between(start, end - 1) & (event.c.tq != "unsynced")


def _is_copied(row: RowMapping, spans: Mapping[str, Span]) -> bool:
    start, end = spans.get(row["tp"], (0, 0))
    return row["tq"] != "unsynced" and row["t"] in range(start, end)


def _copy(
    source: Connection,
    to: Connection,
    query: Select[*tuple[Any, ...]],
    wanted: Callable[[RowMapping], bool] = lambda _: True,
) -> None:
    """The rows of the one table that is asked, into the same table there."""
    table = tables.metadata.tables[str(query.get_final_froms()[0])]
    columns = ", ".join(column.name for column in table.columns)
    put = f"INSERT INTO {table.name} ({columns}) VALUES ({', '.join('?' * len(table.columns))})"
    for page in source.execute(query.execution_options(yield_per=_PAGE)).partitions():
        if copied := [tuple(row) for row in page if wanted(row._mapping)]:
            to.exec_driver_sql(put, copied)
