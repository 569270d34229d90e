"""Whether rollups and watermarks say what the stored events say; it tells, and mends nothing."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Literal
from zlib import crc32

from sqlalchemy import Connection, Engine, Table, func, insert, select, text, union

from . import tables
from .database import writing
from .gone import Counted, gone_before
from .hierarchy import Touchpoint, read_hierarchy
from .ingest.intake import now_ms
from .ingest.watermarks import accounted, survey
from .rollups import Counters, buckets, count_events, stored_events
from .tables import COUNTERS

log = logging.getLogger(__name__)

Depth = Literal["events", "sample", "all"]
"""Which counters are compared: the number of events everywhere, and the other counters nowhere, at one
touchpoint in ten (others every night), or everywhere."""

SAMPLE = 10
KEPT = 100
"""Mismatches that are listed; more are only counted."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Something that should be equal and is not."""

    where: str
    """Touchpoint or stream."""
    what: str
    """`hour 1791280800`, `day 2026-10-06`, or `stream`."""
    counter: str
    expected: int
    """By the stored events."""
    found: int

    def __str__(self) -> str:
        return f"{self.where}, {self.what}: {self.counter} is {self.found}, by the events {self.expected}"


@dataclass(frozen=True)
class Verdict:
    """Outcome of a check."""

    events: int
    mismatches: int
    examples: list[Mismatch]
    """The first ones."""


def verify(engine: Engine, depth: Depth = "sample") -> Verdict:
    """Compare every rollup row and every watermark with the stored events; the outcome is also stored. Rows
    whose events are deleted are left out.

    All is read in one snapshot, so events that come in meanwhile make no difference.
    """
    started = now_ms()
    with _snapshot(engine) as connection:
        events = connection.scalar(select(func.count()).select_from(tables.event)) or 0
        examples, mismatches = _gather(_all_mismatches(connection, depth))
    verdict = Verdict(events, mismatches, examples)
    _store(engine, verdict, started)
    if mismatches:
        log.error("%d mismatches between rollups and events, the first: %s", mismatches, examples[0])
    return verdict


@contextmanager
def _snapshot(engine: Engine) -> Iterator[Connection]:
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


def _gather(found: Iterator[Mismatch]) -> tuple[list[Mismatch], int]:
    examples = list(islice(found, KEPT))
    return examples, len(examples) + sum(1 for _ in found)


def _all_mismatches(connection: Connection, depth: Depth) -> Iterator[Mismatch]:
    touchpoints = read_hierarchy(connection).touchpoints
    sources = (tables.event, tables.rollup_hour, tables.rollup_day)
    for tp in sorted(connection.scalars(union(*(select(table.c.tp) for table in sources)))):
        touchpoint = touchpoints.get(tp)
        if touchpoint is None:
            yield Mismatch(tp, "hierarchy", "touchpoints", 1, 0)
        else:
            yield from _rollup_mismatches(connection, touchpoint, _is_deep(depth, tp))
    yield from _stream_mismatches(connection)


def _is_deep(depth: Depth, tp: str) -> bool:
    """Whether all counters of this touchpoint are compared today."""
    today = datetime.now(UTC).toordinal()
    return depth == "all" or (depth == "sample" and (crc32(tp.encode()) + today) % SAMPLE == 0)


# --- Rollups ----------------------------------------------------------------------------------------------


def _rollup_mismatches(connection: Connection, touchpoint: Touchpoint, is_deep: bool) -> Iterator[Mismatch]:
    count = _count_all if is_deep else _count_events
    hours, days = count(connection, touchpoint)
    counters = tuple(COUNTERS) if is_deep else ("events",)
    there = Counted(touchpoint.calendar, gone_before(connection))
    yield from _differences(connection, tables.rollup_hour, touchpoint.id, hours, counters, there)
    yield from _differences(connection, tables.rollup_day, touchpoint.id, days, counters, there)


def _count_all(
    connection: Connection, touchpoint: Touchpoint
) -> tuple[dict[Any, Counters], dict[Any, Counters]]:
    tallies = count_events(touchpoint, stored_events(connection, touchpoint.id))
    hours = {hour: counters for (_, hour), counters in tallies.hours().items()}
    return hours, {day: counters for (_, day), counters in tallies.days().items()}


def _count_events(
    connection: Connection, touchpoint: Touchpoint
) -> tuple[dict[Any, Counters], dict[Any, Counters]]:
    """The number of events alone, without looking into them."""
    hours: dict[Any, Counters] = {}
    days: dict[Any, Counters] = {}
    event = tables.event.c
    query = select(event.t, event.tq).where(event.tp == touchpoint.id)
    for t, tq in connection.execute(query.execution_options(yield_per=5000)):
        for sums, bucket in zip((hours, days), buckets(touchpoint, t, tq), strict=True):
            counters = sums.setdefault(bucket, {"events": 0})
            counters["events"] += 1
    return hours, days


def _differences(  # noqa: PLR0917
    connection: Connection,
    table: Table,
    tp: str,
    expected: dict[Any, Counters],
    counters: tuple[str, ...],
    there: Counted,
) -> Iterator[Mismatch]:
    unit, has = ("hour", there.has_hour) if table is tables.rollup_hour else ("day", there.has_day)
    query = select(table.c[unit], *(table.c[counter] for counter in counters)).where(table.c.tp == tp)
    found: dict[Any, Sequence[int]] = {row[0]: row[1:] for row in connection.execute(query)}
    nothing = (0,) * len(counters)
    for bucket in sorted(filter(has, {*expected, *found}), key=str):
        counted = expected.get(bucket, {})
        wanted = tuple(counted.get(counter, 0) for counter in counters)
        stored = tuple(found.get(bucket, nothing))
        if wanted != stored:
            for counter, right, wrong in zip(counters, wanted, stored, strict=True):
                if right != wrong:
                    yield Mismatch(tp, f"{unit} {bucket}", counter, right, wrong)


# --- Watermarks -------------------------------------------------------------------------------------------


def _stream_mismatches(connection: Connection) -> Iterator[Mismatch]:
    """Up to a watermark every seq is stored, quarantined or reported as lost; the next one is not."""
    for id, upto, highest, stored, last in connection.execute(_STREAMS).all():
        quarantined = connection.scalar(_QUARANTINED, {"stream": id, "upto": upto}) or 0
        lost = sum(_lost(connection, id, first, last) for first, last in _loss_ranges(connection, id, upto))
        if stored + quarantined + lost != upto:
            yield Mismatch(id, "stream", "upto", stored + quarantined + lost, upto)
        reached, _ = survey(accounted(connection, id, upto), upto)
        if reached != upto:
            yield Mismatch(id, "stream", "upto", reached, upto)
        if last is not None and last > highest:
            yield Mismatch(id, "stream", "highest", last, highest)


def _loss_ranges(connection: Connection, stream: str, upto: int) -> Iterator[tuple[int, int]]:
    """The lost ranges up to `upto`, without overlaps."""
    gap = tables.stream_gap.c
    query = select(gap.first, gap.last).where(gap.stream == stream, gap.first <= upto)
    counted = 0
    for first, last in connection.execute(query.order_by(gap.first)).all():
        start, end = max(first, counted + 1), min(last, upto)
        if start <= end:
            yield start, end
            counted = end


def _lost(connection: Connection, stream: str, first: int, last: int) -> int:
    """How many of a range are really not there: an event may come after it was given up."""
    here = connection.scalar(_HERE, {"stream": stream, "first": first, "last": last}) or 0
    return last - first + 1 - here


_STREAMS = text(
    "SELECT id, upto, highest, "
    "(SELECT count(*) FROM event e WHERE e.stream = s.id AND e.seq <= s.upto), "
    "(SELECT max(seq) FROM event e WHERE e.stream = s.id) FROM stream s ORDER BY id"
)
_QUARANTINED = text(
    "SELECT count(DISTINCT seq) FROM quarantine q WHERE stream = :stream AND seq <= :upto "
    "AND NOT EXISTS (SELECT 1 FROM event e WHERE e.stream = q.stream AND e.seq = q.seq)"
)
_HERE = text(
    "SELECT count(*) FROM (SELECT seq FROM event WHERE stream = :stream AND seq BETWEEN :first AND :last "
    "UNION SELECT seq FROM quarantine WHERE stream = :stream AND seq BETWEEN :first AND :last) here"
)


def _store(engine: Engine, verdict: Verdict, started: int) -> None:
    row = {
        "started": started,
        "finished": now_ms(),
        "events": verdict.events,
        "mismatches": verdict.mismatches,
        "detail": json.dumps([asdict(mismatch) for mismatch in verdict.examples]),
    }
    with writing(engine) as connection:
        connection.execute(insert(tables.consistency_run).values(row))
