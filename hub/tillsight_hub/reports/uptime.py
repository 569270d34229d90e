"""Uptime: how much of the opening time devices reported from, and cameras could see."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from tillsight_models.events import HealthReported

from ..calendar import Span
from ..hierarchy import Touchpoint
from ..imports.origin import is_box
from ..periods import Period
from ..tables import device, event

HEARD_FOR_MS = 1_800_000
"""A device reports its health every 15 minutes: who said nothing for twice as long was silent."""


@dataclass(frozen=True)
class Box:
    """A device as it is now."""

    id: str
    touchpoint: str
    state: str
    last_seen: int | None
    """ms UTC"""


def read_boxes(connection: Connection, places: Sequence[Touchpoint]) -> dict[str, list[Box]]:
    """By touchpoint."""
    query = select(device.c.id, device.c.touchpoint_id, device.c.state, device.c.last_seen)
    query = query.where(is_box(), device.c.touchpoint_id.in_([place.id for place in places]))
    found: dict[str, list[Box]] = {}
    for row in connection.execute(query.order_by(device.c.id)):
        found.setdefault(row.touchpoint_id, []).append(Box(*row))
    return found


def heard_share(connection: Connection, place: Touchpoint, period: Period, now: int) -> float | None:
    """Share of the opening time in which its devices reported; None where none reported at all, or it was
    never open."""
    start, end = period.bounds(place.calendar)
    query = select(event.c.t).where(
        event.c.tp == place.id,
        event.c.t >= start,
        event.c.t < end + HEARD_FOR_MS,
        event.c.type == HealthReported.TYPE,
    )
    heard = _joined(sorted((t - HEARD_FOR_MS, t) for t in connection.scalars(query)))
    opened = [
        (begin, min(until, now))
        for day in period.days()
        for begin, until in place.calendar.open_intervals(day)
        if begin < now
    ]
    total = sum(until - begin for begin, until in opened)
    return _overlap(heard, opened) / total if heard and total else None


def _joined(spans: Sequence[Span]) -> list[Span]:
    found: list[Span] = []
    for begin, end in spans:
        if found and begin <= found[-1][1]:
            found[-1] = found[-1][0], max(end, found[-1][1])
        else:
            found.append((begin, end))
    return found


def _overlap(some: Sequence[Span], others: Sequence[Span]) -> int:
    """ms in both; each in order and without overlaps."""
    total = at = 0
    for begin, end in some:
        while at < len(others) and others[at][1] <= begin:
            at += 1
        index = at
        while index < len(others) and others[index][0] < end:
            total += min(end, others[index][1]) - max(begin, others[index][0])
            index += 1
    return total
