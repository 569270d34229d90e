"""Right times for events of a device that did not know the time when they happened.

A device that boots without the time stamps its events `unsynced`, with the boot's id and a monotonic clock.
Once it knows the time it sends an anchor: this monotonic instant of this boot was that wall time. Whatever
comes first, the events of that boot then get the time that the anchor with the lowest monotonic gives them.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, bindparam, exists, func, select, text, update

from tillsight_models.events import decode_payload

from .. import tables
from ..cleaning.uncleaned import Notes
from ..database import writing
from ..hierarchy import Touchpoint, read_hierarchy
from ..labels import CLEANED
from ..rollups import TO_THE_HOUR, Standing, Tallies, add, hold_writers
from ..tables import UNDATED_DAY

Boot = tuple[str, str]
"""Device id and boot id."""

EARLIEST_MS = 1_577_836_800_000
"""2020-01-01: a clock that says less does not know the time, whatever it says of its quality."""
AHEAD_MS = 3_600_000
"""An anchor that puts an event further than this after its arrival is wrong, and the event stays undated."""


@dataclass(frozen=True, slots=True, order=True)
class Anchor:
    """At monotonic ms `mono` of a boot it was `wall` ms UTC. The smallest anchor of a boot is used."""

    mono: int
    wall: int
    quality: str


def corrected(anchor: Anchor | None, mono: int, received: int) -> tuple[int, str] | None:
    """Time and clock quality of an unsynced event; None where they cannot be told."""
    if anchor is None:
        return None
    t = anchor.wall - (anchor.mono - mono)
    return (t, anchor.quality) if EARLIEST_MS <= t <= received + AHEAD_MS else None


# --- Anchors ----------------------------------------------------------------------------------------------


def learn(
    connection: Connection, news: Mapping[Boot, Collection[Anchor]], asked: Collection[Boot]
) -> tuple[dict[Boot, Anchor], list[Boot]]:
    """Store new anchors; the one to use for each boot in `news` and `asked`, and where that changed."""
    boots = {*news, *asked}
    known = _known_anchors(connection, boots) if boots else {}
    best, changed = {}, []
    for boot in sorted(boots):
        old = known.get(boot, [])
        anchors = [*old, *news.get(boot, ())]
        if anchors:
            best[boot] = min(anchors)
            if not old or min(old) != best[boot]:
                changed.append(boot)
    _store(connection, known, news)
    return best, changed


def restamp(
    connection: Connection,
    boot: Boot,
    anchor: Anchor,
    touchpoints: Mapping[str, Touchpoint],
    tallies: Tallies,
    *,
    notes: Notes,
) -> None:
    """Give the stored unsynced events of a boot the time that the anchor says, and move them in `tallies`.

    Where they were and where they are now, presses are cleaned anew.
    """
    event = tables.event.c
    query = select(*_MOVED).where(event.dev == boot[0], event.boot == boot[1], event.device_tq == "unsynced")
    moves = []
    for row in connection.execute(query).mappings():
        t, tq = corrected(anchor, row["mono"], row["received"]) or (row["device_t"], row["device_tq"])
        if (t, tq) != (row["t"], row["tq"]):
            moves.append(_moved(row, t, tq, touchpoints.get(row["tp"]), tallies, notes=notes))
    _write(connection, moves)


def _known_anchors(connection: Connection, boots: Collection[Boot]) -> dict[Boot, list[Anchor]]:
    clock = tables.device_clock.c
    query = select(clock.dev, clock.boot, clock.mono, clock.wall, clock.quality).where(
        clock.dev.in_({dev for dev, _ in boots}), clock.boot.in_({boot for _, boot in boots})
    )
    found: dict[Boot, list[Anchor]] = {}
    for dev, boot, mono, wall, quality in connection.execute(query):
        found.setdefault((dev, boot), []).append(Anchor(mono, wall, quality))
    return found


def _store(
    connection: Connection, known: Mapping[Boot, list[Anchor]], news: Mapping[Boot, Collection[Anchor]]
) -> None:
    """Keep the smallest anchor of each monotonic instant, so that the order of arrival does not matter."""
    rows = []
    for (dev, boot), anchors in sorted(news.items()):
        kept = {anchor.mono: anchor for anchor in known.get((dev, boot), [])}
        smallest = {anchor.mono: anchor for anchor in sorted(anchors, reverse=True)}
        rows += [
            {"dev": dev, "boot": boot, "mono": mono, "wall": anchor.wall, "quality": anchor.quality}
            for mono, anchor in sorted(smallest.items())
            if mono not in kept or anchor < kept[mono]
        ]
    if rows:
        connection.execute(_PUT_ANCHOR, rows)


_PUT_ANCHOR = text(
    "INSERT INTO device_clock (dev, boot, mono, wall, quality) VALUES (:dev, :boot, :mono, :wall, :quality) "
    "ON CONFLICT (dev, boot, mono) DO UPDATE SET wall = excluded.wall, quality = excluded.quality"
)


# --- Boots that never learnt the time ---------------------------------------------------------------------


def bound_unsynced(engine: Engine) -> int:
    """Date to the day what will hardly be dated better; how many events that were.

    An event of a boot that never learnt the time, and that another boot of the device followed, happened
    after the last dated event before it in its stream and before it was received. Where both lie in one
    business day of its touchpoint, it counts in that day. Its hour stays unknown.
    """
    with engine.connect() as connection:
        day = tables.rollup_day.c
        undated = connection.scalars(select(day.tp).where(day.day == UNDATED_DAY)).all()
    bounded = 0
    for tp in sorted(undated):
        with writing(engine) as connection:
            hold_writers(connection)
            touchpoint = read_hierarchy(connection).touchpoints.get(tp)
            if touchpoint is not None:
                bounded += _bound(connection, touchpoint)
    return bounded


def _bound(connection: Connection, touchpoint: Touchpoint) -> int:
    tallies, notes = Tallies(), Notes()
    business_day = touchpoint.calendar.business_day
    moves = [
        _moved(row, lower, "bounded", touchpoint, tallies, notes=notes)
        for stream, boot, first, last in _lost_boots(connection, touchpoint.id)
        for row, lower in _with_lower_bounds(connection, stream, first, last)
        if row["tp"] == touchpoint.id and row["boot"] == boot and row["tq"] == "unsynced"
        if business_day(lower) == business_day(row["received"])
    ]
    _write(connection, moves)
    add(connection, tallies)
    notes.write(connection)
    return len(moves)


def _lost_boots(connection: Connection, tp: str) -> list[tuple[str, str, int, int]]:
    """Stream, boot, first and last seq of the unsynced events of finished boots without an anchor."""
    event, clock = tables.event.c, tables.device_clock.c
    anchored = exists().where(clock.dev == event.dev, clock.boot == event.boot)
    query = (
        select(event.stream, event.boot, func.min(event.seq), func.max(event.seq))
        .where(event.tp == tp, event.tq == "unsynced", ~anchored)
        .group_by(event.stream, event.boot)
    )
    return [
        (stream, boot, first, last)
        for stream, boot, first, last in connection.execute(query).all()
        if _is_finished(connection, stream, boot)
    ]


def _is_finished(connection: Connection, stream: str, boot: str) -> bool:
    """Whether the device booted again: its stream goes on with another boot, or it has a newer stream."""
    event = tables.event.c
    newest = select(event.boot).where(event.stream == stream).order_by(event.seq.desc()).limit(1)
    if connection.scalar(newest) != boot:
        return True
    mine, other = tables.stream.alias(), tables.stream.alias()
    successor = select(other.c.id).where(
        mine.c.id == stream,
        other.c.device_id == mine.c.device_id,
        other.c.id != stream,
        other.c.first_seen > mine.c.last_seen,
    )
    return connection.scalar(successor.limit(1)) is not None


def _with_lower_bounds(
    connection: Connection, stream: str, first: int, last: int
) -> Iterator[tuple[RowMapping, int]]:
    """Events of a part of a stream, each with the time of the last dated event before it, if there is one."""
    event = tables.event.c
    before = (
        select(event.t)
        .where(event.stream == stream, event.seq < first, event.tq.in_(TO_THE_HOUR))
        .order_by(event.seq.desc())
        .limit(1)
    )
    lower = connection.scalar(before)
    part = select(*_MOVED).where(event.stream == stream, event.seq.between(first, last))
    for row in connection.execute(part.order_by(event.seq)).mappings().all():
        if lower is not None:
            yield row, lower
        if row["tq"] in TO_THE_HOUR:
            lower = row["t"]


# --- Moving stored events ---------------------------------------------------------------------------------

_MOVED = tuple(
    tables.event.c[name]
    for name in (
        "stream",
        "seq",
        "type",
        "tp",
        "t",
        "tq",
        "boot",
        "mono",
        "device_t",
        "device_tq",
        "received",
        "labels",
        "data",
    )
)


def _moved(
    row: RowMapping, t: int, tq: str, touchpoint: Touchpoint | None, tallies: Tallies, *, notes: Notes
) -> dict[str, Any]:
    """Count the event in its new buckets instead of its old ones, without what cleaning said of it; what to
    write."""
    payload = decode_payload(row["type"], row["data"].encode())
    old = Standing(row["t"], row["tq"], row["labels"])
    new = Standing(t, tq, row["labels"] & ~int(CLEANED))
    tallies.move(touchpoint, payload, old, new)
    for stands in (old, new):
        notes.add(row["tp"], payload, stands)
    return {"of_stream": row["stream"], "of_seq": row["seq"], **new._asdict()}


def _write(connection: Connection, moves: list[dict[str, Any]]) -> None:
    event = tables.event.c
    here = (event.stream == bindparam("of_stream"), event.seq == bindparam("of_seq"))
    if moves:
        connection.execute(update(tables.event).where(*here), moves)
