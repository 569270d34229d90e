"""The seed file: a whole hierarchy in TOML, and how it gets into the tables."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator
from sqlalchemy import Connection, Engine, Table, insert, select, update

from tillsight_models.configuration import Settings, load_settings
from tillsight_models.errors import BadConfig
from tillsight_models.events import SLUG_PATTERN, ContactSource
from tillsight_models.scales import scale

from . import tables
from .calendar import OpeningHours, zone
from .database import writing
from .errors import BadHours
from .hierarchy import VERSION_KEY, Hierarchy, read_hierarchy

Id = Annotated[str, Field(pattern=SLUG_PATTERN)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Hours = dict[str, list[str]]


class OrgSeed(Settings):
    """A company; the second level of its topics."""

    id: Id
    name: Name


class RegionSeed(Settings):
    """A part of an org."""

    id: Id
    name: Name
    org: Id


class StoreSeed(Settings):
    """A shop; the third level of its devices' topics."""

    id: Id
    name: Name
    region: Id
    tz: str
    opening_hours: Hours = Field(default_factory=dict)

    @field_validator("tz")
    @classmethod
    def _exists(cls, tz: str) -> str:
        return zone(tz).key

    @field_validator("opening_hours")
    @classmethod
    def _readable(cls, hours: Hours) -> Hours:
        return _checked(hours)


class TouchpointSeed(Settings):
    """A place where customers are served."""

    id: Id
    name: Name
    store: Id
    scale: str = "smiley-4"
    contact_source: ContactSource | None = None
    opening_hours: Hours | None = None
    """None means the store's."""

    @field_validator("scale")
    @classmethod
    def _exists(cls, id: str) -> str:
        return scale(id).id

    @field_validator("opening_hours")
    @classmethod
    def _readable(cls, hours: Hours | None) -> Hours | None:
        return hours if hours is None else _checked(hours)


class DeviceSeed(Settings):
    """A box at a touchpoint."""

    id: Id
    name: Name = ""
    """Empty means the id."""
    touchpoint: Id


class Seed(Settings):
    """A whole hierarchy, as `[[org]]`, `[[region]]`, `[[store]]`, `[[touchpoint]]` and `[[device]]`."""

    org: tuple[OrgSeed, ...] = ()
    region: tuple[RegionSeed, ...] = ()
    store: tuple[StoreSeed, ...] = ()
    touchpoint: tuple[TouchpointSeed, ...] = ()
    device: tuple[DeviceSeed, ...] = ()

    def rows(self) -> Iterator[tuple[Table, dict[str, Any]]]:
        """The tables' rows, parents first."""
        org_of = {region.id: region.org for region in self.region}
        for org in self.org:
            yield tables.org, {"id": org.id, "name": org.name}
        for region in self.region:
            yield tables.region, {"id": region.id, "name": region.name, "org_id": region.org}
        for store in self.store:
            yield tables.store, _store_row(store, org_of[store.region])
        for touchpoint in self.touchpoint:
            yield tables.touchpoint, _touchpoint_row(touchpoint)
        for device in self.device:
            place = {"name": device.name or device.id, "touchpoint_id": device.touchpoint}
            yield tables.device, {"id": device.id, **place}


def read_seed(path: Path) -> Seed:
    """The hierarchy in a TOML file; BadConfig has one line a problem, dangling references among them."""
    seed = load_settings(path, Seed)
    if problems := [*_duplicates(seed), *_dangling(seed)]:
        raise BadConfig(problems)
    return seed


def _store_row(store: StoreSeed, org: str) -> dict[str, Any]:
    return {
        "id": store.id,
        "name": store.name,
        "org_id": org,
        "region_id": store.region,
        "tz": store.tz,
        "opening_hours": OpeningHours.parse(store.opening_hours).to_json(),
    }


def _touchpoint_row(touchpoint: TouchpointSeed) -> dict[str, Any]:
    own = touchpoint.opening_hours
    return {
        "id": touchpoint.id,
        "name": touchpoint.name,
        "store_id": touchpoint.store,
        "scale": touchpoint.scale,
        "contact_source": touchpoint.contact_source,
        "opening_hours": None if own is None else OpeningHours.parse(own).to_json(),
    }


def _checked(hours: Hours) -> Hours:
    try:
        OpeningHours.parse(hours)
    except BadHours as error:
        raise ValueError("; ".join(error.problems)) from error
    return hours


def _duplicates(seed: Seed) -> Iterator[str]:
    """Ids that one scope or topic could not tell apart."""
    kinds: dict[str, tuple[Any, ...]] = {
        "org": seed.org,
        "region": seed.region,
        "store": seed.store,
        "touchpoint": seed.touchpoint,
    }
    places = Counter(item.id for items in kinds.values() for item in items)
    for id, times in places.items():
        if times > 1:
            where = [kind for kind, items in kinds.items() for item in items if item.id == id]
            yield f"{where[0]} {id}: the id is used {times} times ({', '.join(where)})"
    for id, times in Counter(device.id for device in seed.device).items():
        if times > 1:
            yield f"device {id}: the id is used {times} times"


def _dangling(seed: Seed) -> Iterator[str]:
    parents: list[tuple[str, tuple[Any, ...], str, tuple[Any, ...]]] = [
        ("region", seed.region, "org", seed.org),
        ("store", seed.store, "region", seed.region),
        ("touchpoint", seed.touchpoint, "store", seed.store),
        ("device", seed.device, "touchpoint", seed.touchpoint),
    ]
    for kind, children, parent_kind, known in parents:
        ids = {parent.id for parent in known}
        for child in children:
            if (parent := getattr(child, parent_kind)) not in ids:
                yield f"{kind} {child.id}: {parent_kind} {parent!r} is not in the file"


@dataclass(frozen=True)
class SeedResult:
    """What a seed changed."""

    version: int
    added: int
    changed: int
    recomputed: tuple[str, ...]
    """Touchpoints whose hours, zone or scale changed: their rollups were made anew."""
    absent: tuple[str, ...]
    """Kind and id of what the hub has and the seed does not name; it stays, with its data."""


def apply_seed(engine: Engine, seed: Seed) -> SeedResult:
    """Write the seed into the tables, in one transaction; a second time changes nothing; deletes nothing."""
    with writing(engine) as connection:
        _lock(connection)
        before = read_hierarchy(connection)
        _refuse_clashes(seed, before)
        outcomes = Counter(_put(connection, table, row) for table, row in seed.rows())
        if outcomes["added"] or outcomes["changed"]:
            _count_up(connection, before.version)
        after = read_hierarchy(connection)
        stale = tuple(id for id in before.touchpoints if _rebuckets(before, after, id))
        if stale:
            from .rollups import recompute_touchpoints

            recompute_touchpoints(connection, stale)
        _clean_anew(connection, before, after)
    return SeedResult(after.version, outcomes["added"], outcomes["changed"], stale, _absent(seed, after))


def _lock(connection: Connection) -> None:
    """Wait for who holds the version, and let nobody hold it until we are done."""
    row = select(tables.setting.c.value).where(tables.setting.c.key == VERSION_KEY)
    if connection.scalar(row.with_for_update()) is None:
        connection.execute(insert(tables.setting).values(key=VERSION_KEY, value="0"))


def _count_up(connection: Connection, version: int) -> None:
    of_hierarchy = tables.setting.c.key == VERSION_KEY
    connection.execute(update(tables.setting).where(of_hierarchy).values(value=str(version + 1)))


def _put(connection: Connection, table: Table, row: dict[str, Any]) -> str:
    here = table.c.id == row["id"]
    existing = connection.execute(select(table).where(here)).mappings().one_or_none()
    if existing is None:
        connection.execute(insert(table).values(row))
        return "added"
    if all(existing[key] == value for key, value in row.items()):
        return "unchanged"
    connection.execute(update(table).where(here).values(row))
    return "changed"


def _clean_anew(connection: Connection, before: Hierarchy, after: Hierarchy) -> None:
    """Opening hours, scale and what counts contacts decide which presses are answers."""
    from .cleaning.uncleaned import note_anew

    known = before.touchpoints.items()
    sources = {id for id, place in known if place.contact_source != after.touchpoints[id].contact_source}
    note_anew(connection, sources | {id for id in before.touchpoints if _rebuckets(before, after, id)})


def _rebuckets(before: Hierarchy, after: Hierarchy, id: str) -> bool:
    return before.touchpoints[id].bucketing != after.touchpoints[id].bucketing


def _refuse_clashes(seed: Seed, before: Hierarchy) -> None:
    """An id must not be a store here and a region there: scopes could not tell them apart."""
    here: dict[str, set[str]] = {
        "org": set(before.orgs),
        "region": set(before.regions),
        "store": set(before.stores),
        "touchpoint": set(before.touchpoints),
    }
    problems = [
        f"{kind} {item.id}: the hub has a {other} of that id"
        for kind in here
        for item in getattr(seed, kind)
        for other in here
        if other != kind and item.id in here[other]
    ]
    if problems:
        raise BadConfig(problems)


def _absent(seed: Seed, after: Hierarchy) -> tuple[str, ...]:
    touchpoints = set(after.touchpoints) - {item.id for item in seed.touchpoint}
    boxes = {device.id for device in after.devices.values() if not device.is_import}
    devices = boxes - {item.id for item in seed.device}
    return tuple(f"touchpoint {id}" for id in sorted(touchpoints)) + tuple(
        f"device {id}" for id in sorted(devices)
    )
