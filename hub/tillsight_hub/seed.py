"""The seed file: a whole hierarchy in TOML, and how it gets into the tables."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, field_validator, model_validator
from sqlalchemy import Connection, Engine, Table, insert, select, text, update

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
    language: Annotated[str, Field(pattern="^[a-z]{2,3}$")] = "en"
    """ISO 639 code: what its reports and its shoppers' screens speak."""
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
    owner: Annotated[str, Field(max_length=200)] | None = None
    """Who answers for it. Like the three dates: what is not named stays as it is."""
    opened: date | None = None
    """From which day on its numbers mean something."""
    closed: date | None = None
    """Its last day."""
    review_due: date | None = None
    """By when somebody looks at it again."""

    @model_validator(mode="after")
    def _opens_before_it_closes(self) -> "TouchpointSeed":
        if self.opened and self.closed and self.closed < self.opened:
            raise ValueError(f"closed {self.closed} is before opened {self.opened}")
        return self

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

    def rows(self, known: Mapping[str, str]) -> Iterator[tuple[Table, dict[str, Any]]]:
        """The tables' rows, parents first; `known` has the orgs of regions that are there already."""
        org_of = {**known, **{region.id: region.org for region in self.region}}
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
    nothing: dict[str, set[str]] = {}
    if problems := [*_duplicates(seed), *_dangling(seed, nothing, "the file")]:
        raise BadConfig(problems)
    return seed


def _store_row(store: StoreSeed, org: str) -> dict[str, Any]:
    return {
        "id": store.id,
        "name": store.name,
        "org_id": org,
        "region_id": store.region,
        "tz": store.tz,
        "language": store.language,
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
        **{name: _text(getattr(touchpoint, name)) for name in LIFE if name in touchpoint.model_fields_set},
    }


LIFE = ("owner", "opened", "closed", "review_due")
"""Columns of a touchpoint that no number depends on."""


def _text(value: str | date | None) -> str | None:
    """Dates as ISO texts; what is empty is nothing."""
    return str(value) if value else None


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


def _dangling(seed: Seed, here: Mapping[str, set[str]], where: str) -> Iterator[str]:
    """Parents that are neither in the seed nor, by kind, in `here`."""
    parents: list[tuple[str, tuple[Any, ...], str, tuple[Any, ...]]] = [
        ("region", seed.region, "org", seed.org),
        ("store", seed.store, "region", seed.region),
        ("touchpoint", seed.touchpoint, "store", seed.store),
        ("device", seed.device, "touchpoint", seed.touchpoint),
    ]
    for kind, children, parent_kind, known in parents:
        ids = {parent.id for parent in known} | here.get(parent_kind, set())
        for child in children:
            if (parent := getattr(child, parent_kind)) not in ids:
                yield f"{kind} {child.id}: {parent_kind} {parent!r} is not in {where}"


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


@dataclass(frozen=True)
class Written:
    """The hierarchy before and after places were written."""

    before: Hierarchy
    after: Hierarchy
    added: int
    changed: int

    @property
    def rebucketed(self) -> tuple[str, ...]:
        """Touchpoints whose hours, zone or scale changed: their events belong to other hours and days."""
        known, after = self.before.touchpoints.items(), self.after.touchpoints
        soon = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()  # no event is of a later day
        return tuple(id for id, place in known if place.bucketing(soon) != after[id].bucketing(soon))

    @property
    def resourced(self) -> tuple[str, ...]:
        """Touchpoints of which something else counts who was served."""
        known = self.before.touchpoints.items()
        return tuple(
            id for id, place in known if place.contact_source != self.after.touchpoints[id].contact_source
        )


def apply_seed(engine: Engine, seed: Seed) -> SeedResult:
    """Write the seed into the tables, in one transaction; a second time changes nothing; deletes nothing."""
    with writing(engine) as connection:
        written = write_places(connection, seed)
        count_anew(connection, written)
    after = written.after
    return SeedResult(after.version, written.added, written.changed, written.rebucketed, _absent(seed, after))


def write_places(connection: Connection, seed: Seed) -> Written:
    """The places and nothing else; the rollups are then still those of before.

    BadConfig where an id is taken by another kind of place, or a parent is neither in the seed nor here.
    """
    hold_hierarchy(connection)
    before = read_hierarchy(connection)
    _refuse_clashes(seed, before)
    orgs_of_regions = {region.id: region.org_id for region in before.regions.values()}
    rows = seed.rows(orgs_of_regions)
    outcomes = Counter(_put(connection, table, row) for table, row in rows)
    if outcomes["added"] or outcomes["changed"]:
        connection.execute(_STORES_FOLLOW)
        count_up(connection, before.version)
    return Written(before, read_hierarchy(connection), outcomes["added"], outcomes["changed"])


def count_anew(connection: Connection, written: Written) -> None:
    """Bring the rollups to what the hierarchy now says, in the transaction that changed it."""
    if stale := written.rebucketed:
        from .rollups import recompute_touchpoints

        recompute_touchpoints(connection, stale)
    from .cleaning.uncleaned import note_anew

    # Opening hours, scale and what counts contacts decide which presses are answers.
    note_anew(connection, {*stale, *written.resourced})


_STORES_FOLLOW = text(
    "UPDATE store SET org_id = (SELECT org_id FROM region WHERE region.id = store.region_id) "
    "WHERE org_id <> (SELECT org_id FROM region WHERE region.id = store.region_id)"
)
"""A region that moves to another org takes its stores along, those that the seed does not name too."""


def hold_hierarchy(connection: Connection) -> None:
    """Wait for who holds the version, and let nobody hold it until we are done."""
    row = select(tables.setting.c.value).where(tables.setting.c.key == VERSION_KEY)
    if connection.scalar(row.with_for_update()) is None:
        connection.execute(insert(tables.setting).values(key=VERSION_KEY, value="0"))


def count_up(connection: Connection, version: int) -> None:
    """Tell every reader that the hierarchy is another one than that of `version`."""
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
    if problems := [*problems, *_dangling(seed, here, "the hub")]:
        raise BadConfig(problems)


def _absent(seed: Seed, after: Hierarchy) -> tuple[str, ...]:
    touchpoints = set(after.touchpoints) - {item.id for item in seed.touchpoint}
    boxes = {device.id for device in after.devices.values() if not device.is_import}
    devices = boxes - {item.id for item in seed.device}
    return tuple(f"touchpoint {id}" for id in sorted(touchpoints)) + tuple(
        f"device {id}" for id in sorted(devices)
    )
