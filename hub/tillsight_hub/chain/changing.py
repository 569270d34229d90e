"""Changing a place: what that would mean, making the change, and taking a place out.

A place is written through the same models, checks and recount as a seed file. Its id never changes: events,
scores and accounts name it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Engine, delete, func, select, update

from tillsight_models.errors import TillsightError

from .. import tables
from ..access.audit import record
from ..database import trying, writing
from ..hierarchy import DevicePlace, Hierarchy, hierarchy_version
from ..seed import Seed, Written, count_anew, count_up, hold_hierarchy, write_places
from .places import TABLES, Kind

PER_SECOND = 25_000
"""Events that are counted anew in a second on two slow cores: a rough word for people who wait."""


class PlaceStays(TillsightError, ValueError):
    """A place that cannot be taken out; `held_by` says by what, and how many of each."""

    def __init__(self, kind: Kind, id: str, held_by: Mapping[str, int]) -> None:
        super().__init__(f"{kind} {id}: held by " + ", ".join(f"{n} {what}" for what, n in held_by.items()))
        self.held_by = held_by


class NoSuchPlace(TillsightError, LookupError):
    """No place of this kind and id."""


@dataclass(frozen=True)
class Outlook:
    """What a change would do beyond the names on the pages; touchpoints are named by id."""

    is_new: bool
    recounted: tuple[str, ...] = ()
    """Those whose events come into other hours and days, or count on another scale."""
    events: int = 0
    """Stored events of those, all of which are counted anew."""
    rescaled: tuple[str, ...] = ()
    """Those with another scale: presses on the old one are told apart, and are in no score."""
    resourced: tuple[str, ...] = ()
    """Those with history of which something else is now said to count who was served."""
    regrouped: tuple[str, ...] = ()
    """Those with history that come into another store, region or org, their past included."""
    readdressed: tuple[DevicePlace, ...] = ()
    """Devices that were heard before and have to be told where they are now."""

    @property
    def seconds(self) -> int:
        """How long nothing is taken in while it is counted, roughly."""
        return max(1, round(self.events / PER_SECOND))

    @property
    def is_plain(self) -> bool:
        """Whether nothing has to be said before it is done."""
        return self == Outlook(self.is_new)


def foresee(engine: Engine, seed: Seed) -> Outlook:
    """What writing these places would do; nothing is changed. BadConfig where it cannot be done."""
    with trying(engine) as connection:
        return _outlook(connection, write_places(connection, seed))


def change(engine: Engine, seed: Seed, actor: str, words: str) -> Written:
    """Write the places, recount what depends on them and audit it with these words, in one transaction."""
    with writing(engine) as connection:
        written = write_places(connection, seed)
        count_anew(connection, written)
        if written.added or written.changed:
            record(connection, actor, "place.add" if written.added else "place.change", words)
    return written


def remove(engine: Engine, kind: Kind, id: str, actor: str) -> None:
    """Take out a place that nothing was ever heard of and nothing lies in; PlaceStays says what holds it."""
    table = TABLES[kind]
    with writing(engine) as connection:
        hold_hierarchy(connection)
        if connection.scalar(select(table.c.id).where(table.c.id == id)) is None:
            raise NoSuchPlace(f"{kind} {id!r}: there is none of this id")
        if held := held_by(connection, kind, id):
            raise PlaceStays(kind, id, held)
        if kind == "device":
            token = tables.api_token
            its_own = (token.c.role == "device") & (token.c.scope == id)
            connection.execute(update(token).where(its_own).values(revoked=True))
        for column in _GOES_WITH[kind]:
            connection.execute(delete(column.table).where(column == id))
        connection.execute(delete(table).where(table.c.id == id))
        count_up(connection, hierarchy_version(connection))
        record(connection, actor, "place.remove", f"{kind} {id}")


def held_by(connection: Connection, kind: Kind, id: str) -> dict[str, int]:
    """What keeps a place from being taken out, and how many of each; empty where nothing does."""
    references = () if kind == "device" else _REFERENCES
    found = {
        what: connection.scalar(select(func.count()).select_from(column.table).where(column == id)) or 0
        for what, column in (*_INSIDE[kind], *references)
    }
    return {what: n for what, n in found.items() if n}


def _outlook(connection: Connection, written: Written) -> Outlook:
    before, after = written.before.touchpoints, written.after.touchpoints
    recounted = _heard(connection, written.rebucketed)
    return Outlook(
        is_new=bool(written.added),
        recounted=tuple(recounted),
        events=sum(recounted.values()),
        rescaled=tuple(id for id in recounted if before[id].scale != after[id].scale),
        resourced=tuple(_heard(connection, written.resourced)),
        regrouped=tuple(_heard(connection, _regrouped(written.before, written.after))),
        readdressed=_readdressed(connection, written.before, written.after),
    )


def _regrouped(before: Hierarchy, after: Hierarchy) -> list[str]:
    pairs = ((was, after.touchpoints[id]) for id, was in before.touchpoints.items())
    return [
        was.id
        for was, now in pairs
        if (was.store_id, was.region_id, was.org_id) != (now.store_id, now.region_id, now.org_id)
    ]


def _readdressed(connection: Connection, before: Hierarchy, after: Hierarchy) -> tuple[DevicePlace, ...]:
    """As they stand afterwards."""
    box = tables.device.c
    heard = set(connection.scalars(select(box.id).where(box.first_seen.is_not(None))))
    pairs = ((was, after.devices[id]) for id, was in before.devices.items() if id in heard)
    return tuple(
        now
        for was, now in pairs
        if (was.org_id, was.store_id, was.touchpoint_id) != (now.org_id, now.store_id, now.touchpoint_id)
    )


def _heard(connection: Connection, touchpoints: Sequence[str]) -> dict[str, int]:
    """Those that have stored events, and how many."""
    day = tables.rollup_day.c
    query = select(day.tp, func.sum(day.events)).where(day.tp.in_(touchpoints)).group_by(day.tp)
    return {tp: int(events) for tp, events in connection.execute(query.order_by(day.tp)) if events}


_Held = tuple[tuple[str, Column[Any]], ...]
_INSIDE: Mapping[Kind, _Held] = {
    "org": (("regions", tables.region.c.org_id), ("surveys", tables.survey.c.org_id)),
    "region": (("stores", tables.store.c.region_id),),
    "store": (("touchpoints", tables.touchpoint.c.store_id),),
    "touchpoint": (
        ("devices", tables.device.c.touchpoint_id),
        ("days", tables.rollup_day.c.tp),
        ("events", tables.event.c.tp),
        ("alerts", tables.alert.c.tp),
        ("cases", tables.service_case.c.tp),
    ),
    "device": (
        ("events", tables.event.c.dev),
        ("streams", tables.stream.c.device_id),
        ("quarantined", tables.quarantine.c.dev),
    ),
}
_REFERENCES: _Held = (
    ("users", tables.user.c.scope),
    ("tokens", tables.api_token.c.scope),
    ("rules", tables.alert_rule.c.place),
    ("screens", tables.kiosk_look.c.place),
    ("cards", tables.card.c.place),
    ("actions", tables.action.c.place),
    ("reports", tables.report_schedule.c.place),
    ("links", tables.share_link.c.place),
)
_GOES_WITH: Mapping[Kind, tuple[Column[Any], ...]] = {
    "org": (tables.snooze.c.place,),
    "region": (tables.snooze.c.place,),
    "store": (tables.snooze.c.place,),
    "touchpoint": (tables.snooze.c.place, tables.uncleaned.c.tp, tables.alert_baseline.c.tp),
    "device": (tables.device_config.c.dev,),
}
"""What means nothing without the place."""
