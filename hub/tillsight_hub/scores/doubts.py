"""Doubts: times from which events of a touchpoint are missing, or may be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, ScalarSelect, func, or_, select

from ..gone import EXPIRED
from ..tables import CONTACT_COUNTERS, UNDATED_DAY, device, event, rollup_day, stream, stream_gap

COUNTED_TYPES = ("button.press", "contact.end", "pos.sales")
HOUR_MS = 3_600_000


@dataclass(frozen=True)
class Doubt:
    """Every number of this touchpoint that covers some of the time between carries the flag."""

    touchpoint: str
    flag: str
    start: int
    """ms UTC, like `end`; both belong to it."""
    end: int

    def touches(self, start: int, end: int) -> bool:
        """Whether it concerns the half-open time, ms UTC."""
        return self.start < end and self.end >= start


def read_doubts(connection: Connection, touchpoints: Iterable[str], start: int, end: int) -> list[Doubt]:
    """The doubts of these touchpoints that concern the half-open time between, ms UTC."""
    ids = list(touchpoints)
    found = [*_lost(connection, ids, start), *_undated(connection, ids, start, end)]
    return [doubt for doubt in found if doubt.touches(start, end)]


def _lost(connection: Connection, touchpoints: list[str], start: int) -> Iterator[Doubt]:
    """Ranges that a device gave up: they happened between their neighbours in the stream."""
    before = _nearest(event.c.seq < stream_gap.c.first, event.c.seq.desc())
    after = _nearest(event.c.seq > stream_gap.c.last, event.c.seq)
    query = (
        select(device.c.touchpoint_id, before, after, stream_gap.c.reported)
        .join(stream, stream.c.id == stream_gap.c.stream)
        .join(device, device.c.id == stream.c.device_id)
        .where(device.c.touchpoint_id.in_(touchpoints), stream_gap.c.reported >= start)
        .where(stream_gap.c.reason != EXPIRED)
    )
    for touchpoint, earliest, latest, reported in connection.execute(query):
        yield Doubt(touchpoint, "incomplete", earliest or 0, reported if latest is None else latest)


def _nearest(side: ColumnElement[bool], order: ColumnElement[Any]) -> ScalarSelect[int]:
    """Time of the next event in the stream whose time is known."""
    dated = select(event.c.t).where(event.c.stream == stream_gap.c.stream, side, event.c.tq != "unsynced")
    return dated.order_by(order).limit(1).correlate(stream_gap).scalar_subquery()


def _undated(connection: Connection, touchpoints: list[str], start: int, end: int) -> Iterator[Doubt]:
    """Presses and contacts without a time, by when the hub received them."""
    counters = (rollup_day.c.presses, *(rollup_day.c[name] for name in CONTACT_COUNTERS.values()))
    having = select(rollup_day.c.tp).where(
        rollup_day.c.day == UNDATED_DAY,
        rollup_day.c.tp.in_(touchpoints),
        or_(*(counter > 0 for counter in counters)),
    )
    concerned = list(connection.scalars(having))
    if not concerned:
        return
    received = event.c.received
    query = (
        select(event.c.tp, func.min(received), func.max(received))
        .where(event.c.tp.in_(concerned), event.c.tq == "unsynced", event.c.type.in_(COUNTED_TYPES))
        .where(received >= start, received < end)
        .group_by(event.c.tp, received // HOUR_MS)
    )
    for touchpoint, first, last in connection.execute(query):
        yield Doubt(touchpoint, "undated-events", first, last)
