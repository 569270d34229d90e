"""Raw events: deleted a business day at a time, by whole months, once they were kept long enough."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, delete, func, insert, select

from tillsight_models.events import CounterAudited

from ..database import writing
from ..gone import EXPIRED, note_gone
from ..hierarchy import Touchpoint, read_hierarchy
from ..periods import Period
from ..rollups import recompute
from ..tables import UNDATED_DAY, UNDATED_HOUR, event, stream, stream_gap

DAY_MS = 86_400_000
KEPT = (CounterAudited.TYPE,)
"""Nobody is in them, and numbers of kept totals rest on them."""
SLICE_MS = DAY_MS
"""Of one touchpoint in one transaction."""


def last_gone(now: int, days: int) -> str:
    """The first of the month before which everything is older than so many days."""
    oldest = datetime.fromtimestamp(now / 1000, UTC).date() - timedelta(days=days)
    return oldest.replace(day=1).isoformat()


def delete_raw(engine: Engine, day: str) -> int:
    """Of all business days before that one; the number of events. It is noted first, so that nobody counts
    anew from a half."""
    with writing(engine) as connection:
        note_gone(connection, day)
        places = list(read_hierarchy(connection).touchpoints.values())
    return sum(_delete_at(engine, place, day) for place in places)


def due_raw(connection: Connection, day: str) -> int:
    """How many that would delete."""
    found = 0
    for place in read_hierarchy(connection).touchpoints.values():
        query = select(func.count()).select_from(event).where(_old(place, _begin(place, day)))
        found += connection.scalar(query) or 0
    return found


def _delete_at(engine: Engine, place: Touchpoint, day: str) -> int:
    end, deleted = _begin(place, day), 0
    while True:
        with writing(engine) as connection:
            first = connection.scalar(select(func.min(event.c.t)).where(_old(place, end)))
            if first is None:
                if deleted:
                    recompute(connection, {(place.id, UNDATED_HOUR)}, {(place.id, UNDATED_DAY)})
                return deleted
            deleted += _delete_some(connection, _old(place, min(end, first + SLICE_MS)))


def _delete_some(connection: Connection, old: ColumnElement[bool]) -> int:
    """Their numbers are accounted for, so that the device need not send them, and nobody may again."""
    reached = select(event.c.stream, func.max(event.c.seq)).where(old).group_by(event.c.stream)
    for id, last in connection.execute(reached).all():
        _account(connection, id, last)
    return connection.execute(delete(event).where(old)).rowcount


def _account(connection: Connection, id: str, last: int) -> None:
    mine = (stream_gap.c.stream == id) & (stream_gap.c.reason == EXPIRED)
    before = connection.scalar(select(stream_gap.c.last).where(mine)) or 0
    upto = connection.scalar(select(stream.c.upto).where(stream.c.id == id))
    reached = min(last, last if upto is None else upto)
    if reached > before:
        connection.execute(delete(stream_gap).where(mine))
        row = {"stream": id, "first": 0, "last": reached, "reason": EXPIRED, "reported": 0}
        connection.execute(insert(stream_gap).values(row))


def _begin(place: Touchpoint, day: str) -> int:
    return Period(day, day).bounds(place.calendar)[0]


def _old(place: Touchpoint, end: int) -> ColumnElement[bool]:
    """Events whose time is not known to the day stay: they are in no score, and few."""
    dated = event.c.tq != "unsynced"
    return (event.c.tp == place.id) & (event.c.t < end) & dated & event.c.type.not_in(KEPT)
